"""Routes that tell before a change of the pages what it would change, remove pages, and take the last change back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sidebyside.server.core import Core
from sidebyside.server.pages import ACCEPTED, Paste, accepted
from sidebyside.serving.jobs import Job
from sidebyside.serving.problems import problem_responses
from sidebyside.serving.tending import (
    Compared,
    Removing,
    Replaced,
    VersionHere,
    check_confirmation,
    compare_versions,
    list_versions,
    preview_removing,
    preview_text,
    preview_uploads,
)

Version = Annotated[str, Query(max_length=100, description="a version's name, or a day")]


class Remove(BaseModel):
    """Pages to take out, by their names in /api/pages; `confirm` is what the first asking gave."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"names": ["lantern.md"], "confirm": ""}})

    names: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=1000)]], Field(min_length=1)]
    confirm: Annotated[str, StringConstraints(max_length=100)] = ""


def tending_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(tags=["pages"])

    @router.post(
        "/api/pages/preview",
        responses=problem_responses(401, 403, 411, 413, 422, 429),
        summary="See what files replace",
    )
    def preview(
        files: Annotated[list[UploadFile], File(description="page files or zip files", min_length=1, max_length=1000)],
    ) -> list[Replaced]:
        """The pages that would give way to these files, and what that would change; nothing is kept."""
        return preview_uploads([(file.filename or "", file.file) for file in files], core.settings)

    @router.post(
        "/api/pages/paste/preview",
        responses=problem_responses(401, 403, 411, 413, 422, 429),
        summary="See what pasted text replaces",
    )
    def paste_preview(given: Paste) -> list[Replaced]:
        """The pages that would give way to this text, and what that would change; nothing is kept."""
        return preview_text(given.text, given.name, given.url, core.settings)

    @router.post(
        "/api/pages/remove",
        responses={
            200: {"model": Removing},
            202: {"model": Job},
            **problem_responses(401, 403, 404, 411, 413, 422, 429, 503),
        },
        summary="Remove pages",
    )
    def remove(given: Remove, request: Request, response: Response) -> Removing | Job:
        """Asked for twice: without `confirm`, what would go and the word that confirms it; with it, the job that
        does it. The files themselves stay where they are; /api/pages/undo brings the pages back until the next build.
        """
        told = preview_removing(given.names, core.settings)
        if not given.confirm:
            return told
        check_confirmation(given.confirm, told.confirm)
        response.status_code = 202
        return accepted(core.jobs.remove(given.names), request, response)

    @router.post(
        "/api/pages/undo",
        status_code=202,
        responses={**ACCEPTED, **problem_responses(401, 403, 429, 503)},
        summary="Take back the last change",
    )
    def undo(request: Request, response: Response) -> Job:
        """Take back what the last upload, paste or removal did, as long as nothing was built since."""
        return accepted(core.jobs.undo(), request, response)

    @router.get("/api/versions", responses=problem_responses(401, 403, 429, 500), summary="List the versions")
    def versions() -> list[VersionHere]:
        """The versions of the library that can be compared, latest first."""
        return list_versions(core.settings)

    @router.get("/api/changes", responses=problem_responses(401, 403, 404, 422, 429, 500), summary="See what changed")
    def changes(old: Version = "", new: Version = "") -> Compared:
        """What changed from one version to another: each a name of /api/versions, or a day (2026-01-31) for the last
        version up to then. Without `new` up to now; without both, by the last rebuild.
        """
        return compare_versions(core.settings, old, new)

    return router
