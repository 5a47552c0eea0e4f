"""Routes about what is in the library, and what wishes led to there: /api/search, /api/artifacts, /api/matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from sidebyside.records import Artifact, AskedWish, MatchCounts
from sidebyside.server.core import Core
from sidebyside.server.schemas import (
    MAX_FOUND,
    ArtifactDetail,
    Artifacts,
    ArtifactSummary,
    FoundArtifact,
    QuestionText,
    Search,
)
from sidebyside.serving.problems import NotHereError, problem_responses


class Counting(BaseModel):
    """Whether matches are to be counted from now on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"on": False}})

    on: bool


class Matches(BaseModel):
    """The local match graph: wishes that were matched here, last asked first, and what they led to.

    `missing` has those that found nothing when they were last asked; `notices` say what could not be read.
    """

    counting: bool
    wishes: list[AskedWish]
    missing: list[AskedWish] = Field(description="what the library lacks, most often asked first")
    notices: list[str]

    @classmethod
    def of(cls, counts: MatchCounts) -> Matches:
        return cls(
            counting=counts.counting,
            wishes=list(counts.wishes),
            missing=list(counts.missing),
            notices=list(counts.notices),
        )


def library_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(tags=["library"])
    errors = problem_responses(401, 403, 422, 429, 503)

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
        times = core.graph.counts().times()
        shown = [ArtifactSummary.of(item, times.get(item.id, 0)) for item in fitting[offset : offset + limit]]
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
        return ArtifactDetail.of(found, core.graph.counts().times().get(found.id, 0))

    @router.get("/api/matches", responses=problem_responses(401, 403, 429), summary="Read the local match graph")
    def matches() -> Matches:
        """Which wishes were matched here, how often, what they led to, and which of them found nothing."""
        return Matches.of(core.graph.counts())

    @router.post(
        "/api/matches/counting",
        responses=problem_responses(401, 403, 411, 413, 422, 429),
        summary="Switch counting on or off",
    )
    def counting(given: Counting) -> Matches:
        """Count matches from now on, or no longer; what was counted stays. No match changes by it."""
        core.graph.switch(given.on)
        return Matches.of(core.graph.counts())

    @router.post(
        "/api/matches/forget", responses=problem_responses(401, 403, 422, 429), summary="Forget the match graph"
    )
    def forget() -> Matches:
        """Take out every wish that was counted for this library; it cannot be brought back."""
        core.graph.forget()
        return Matches.of(core.graph.counts())

    return router
