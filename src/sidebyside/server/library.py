"""Routes about what is in the library: /api/search and /api/artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query

from sidebyside.records import Artifact
from sidebyside.server.core import Core
from sidebyside.server.models import (
    MAX_FOUND,
    ArtifactDetail,
    Artifacts,
    ArtifactSummary,
    FoundArtifact,
    QuestionText,
    Search,
)
from sidebyside.server.problems import NotHereError, problem_responses


def library_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(tags=["library"])
    errors = problem_responses(401, 403, 422, 503)

    @router.get("/api/search", responses=errors, summary="Find artifacts by what they should do")
    def search(
        q: Annotated[QuestionText, Query(examples=["caption an image"])],
        k: Annotated[int, Query(ge=1, le=MAX_FOUND, description="most artifacts to give")] = 10,
    ) -> Search:
        """From an intent to the capabilities that fit it, and to the artifacts that have them, with quotes."""
        with core.provider.answering() as assistant:
            found = assistant.search(q, k)
        return Search(query=q, artifacts=[FoundArtifact.of(item) for item in found])

    @router.get("/api/artifacts", responses=errors, summary="List the artifacts")
    def artifacts(
        type: Annotated[str, Query(max_length=100, description="only artifacts of this type")] = "",  # noqa: A002
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Artifacts:
        """What the library holds, in the order of ids, a stretch at a time."""
        with core.provider.lease() as assistant:
            library, generation = assistant.library, assistant.generation
        fitting: Sequence[Artifact] = library.artifacts
        if type:
            fitting = [item for item in fitting if item.type.casefold() == type.casefold()]
        shown = [ArtifactSummary.of(item) for item in fitting[offset : offset + limit]]
        return Artifacts(artifacts=shown, total=len(fitting), generation=generation)

    @router.get(
        "/api/artifacts/{artifact_id}", responses={**errors, **problem_responses(404)}, summary="Read one artifact"
    )
    def artifact(artifact_id: Annotated[str, Path(max_length=300, examples=["stable-diffusion"])]) -> ArtifactDetail:
        """Everything the pages say about one artifact, with the places where they say it."""
        try:
            found = core.provider.library().get(artifact_id)
        except KeyError:
            raise NotHereError(f"no artifact has the id {artifact_id!r}; ids are listed at /api/artifacts") from None
        return ArtifactDetail.of(found)

    return router
