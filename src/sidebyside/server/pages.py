"""Routes that take pages in: /api/pages starts a build, /api/jobs tells how far it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Path, Response, UploadFile

from sidebyside.server.core import Core
from sidebyside.server.models import Job
from sidebyside.server.problems import NotHereError, problem_responses

_ID = "^[0-9a-f]{16}$"


def page_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(tags=["pages"])

    @router.post(
        "/api/pages",
        status_code=202,
        responses={
            202: {"headers": {"Location": {"description": "where to ask for progress", "schema": {"type": "string"}}}},
            **problem_responses(401, 403, 411, 413, 422, 503),
        },
        summary="Add page files",
    )
    def pages(
        files: Annotated[list[UploadFile], File(description="page files or zip files", min_length=1, max_length=1000)],
        response: Response,
    ) -> Job:
        """Take files into the library. They are built into it in the background, one upload after the other; questions
        are answered from the library before until that is done.
        """
        job = core.jobs.submit([(file.filename or "", file.file) for file in files])
        response.headers["Location"] = f"/api/jobs/{job.id}"
        return job

    @router.get("/api/jobs/{job_id}", responses=problem_responses(401, 403, 404, 422), summary="See how far a job is")
    def job(job_id: Annotated[str, Path(pattern=_ID, examples=["0f3c5e7a9b1d2f40"])]) -> Job:
        """The state of an upload: waiting, running with progress, done with its report, or failed with its error."""
        found = core.jobs.get(job_id)
        if found is None:
            raise NotHereError(f"there is no job {job_id}; only the latest are kept")
        return found

    return router
