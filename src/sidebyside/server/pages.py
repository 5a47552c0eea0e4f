"""Routes that list and take in pages: /api/pages and /api/pages/paste start a job, /api/jobs tells how far it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Path, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sidebyside.server.core import Core
from sidebyside.serving.jobs import Job
from sidebyside.serving.problems import NotHereError, problem_responses
from sidebyside.serving.tending import PagesHere, list_pages

_ID = "^[0-9a-f]{16}$"
_DAY = r"^(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$"


ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"description": "where to ask for progress", "schema": {"type": "string"}}}}
}
MAX_PASTED = 2_000_000


class Paste(BaseModel):
    """A page as somebody copied it: text, Markdown or HTML, with a name and the address it is from."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "text": "Feature\tPaper Lantern\tTin Lamp\nType\tProduct\tProduct\nPricing\tFree\tPaid",
                "name": "lanterns",
                "url": "https://example.org/lanterns",
            }
        },
    )

    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASTED)]
    name: Annotated[str, StringConstraints(max_length=200)] = Field(default="", description="what to call the page")
    url: Annotated[str, StringConstraints(max_length=2000)] = Field(default="", description="where it is from")
    keep_both: bool = Field(default=False, description="keep a page that comes again beside the earlier one")


def accepted(job: Job, request: Request, response: Response) -> Job:
    """The job, with where to ask for its progress, below the path that a proxy gives the server."""
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/jobs/{job.id}"
    return job


def page_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(tags=["pages"])

    @router.post(
        "/api/pages",
        status_code=202,
        responses={**ACCEPTED, **problem_responses(401, 403, 411, 413, 422, 429, 503)},
        summary="Add page files",
    )
    def pages(
        files: Annotated[list[UploadFile], File(description="page files or zip files", min_length=1, max_length=1000)],
        request: Request,
        response: Response,
        keep_both: Annotated[bool, Query(description="keep a page that comes again beside the earlier one")] = False,
    ) -> Job:
        """Take files into the library. They are built into it in the background, one upload after the other; questions
        are answered from the library before until that is done. A page that comes again, by its address, name or title,
        replaces the earlier one: /api/pages/preview tells which. Where no file holds a page, the job fails.
        """
        job = core.jobs.submit([(file.filename or "", file.file) for file in files], keep_both=keep_both)
        return accepted(job, request, response)

    @router.get("/api/pages", responses=problem_responses(401, 403, 422, 429, 500), summary="List the pages")
    def pages_here(
        older_than: Annotated[
            str, Query(pattern=_DAY, description="mark pages before this day (YYYY-MM-DD) as stale")
        ] = "",
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> PagesHere:
        """Every page with when it was read, from where and in which version, in the order of names."""
        return list_pages(core.settings, older_than, offset, limit)

    @router.post(
        "/api/pages/paste",
        status_code=202,
        responses={**ACCEPTED, **problem_responses(401, 403, 411, 413, 422, 429, 503)},
        summary="Add pasted text",
    )
    def paste(given: Paste, request: Request, response: Response) -> Job:
        """Take text, Markdown or HTML that was copied from a page, with the name and the address to keep."""
        job = core.jobs.paste(given.text, given.name, given.url, keep_both=given.keep_both)
        return accepted(job, request, response)

    @router.get(
        "/api/jobs/{job_id}", responses=problem_responses(401, 403, 404, 422, 429), summary="See how far a job is"
    )
    def job(job_id: Annotated[str, Path(pattern=_ID, examples=["0f3c5e7a9b1d2f40"])]) -> Job:
        """The state of a change: waiting, running with progress, done with its report, or failed with its error."""
        found = core.jobs.get(job_id)
        if found is None:
            raise NotHereError(f"there is no job {job_id}; only the latest are kept")
        return found

    return router
