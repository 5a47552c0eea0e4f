"""What the routes take and give, where it is not already one of the package's nouns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sidebyside.app.conversation import MAX_QUESTION, MAX_TURNS
from sidebyside.records import (
    PART_CLASSES,
    Answer,
    Artifact,
    BuildReport,
    Capability,
    Comparison,
    Evidence,
    EvidenceClass,
    Fact,
    Found,
    Hit,
    SharedCapability,
    Source,
    Table,
)
from sidebyside.server.problems import Problem

MAX_FOUND = 50
MAX_TEXT = 20_000

QuestionText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION, pattern=r"\S"),
    Field(description="the question", examples=["Which handles a longer context, LLaVA Llama 3 or Llama 3.2?"]),
]
Words = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"\S")]


class Ask(BaseModel):
    """A question, with the conversation before it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "question": "What about pricing?",
                "history": [["Which has the higher UnfragileRank, Stable-Diffusion or Dreambooth?", "..."]],
                "no_llm": False,
            }
        },
    )

    question: QuestionText
    history: Annotated[list[tuple[Words, Words]], Field(max_length=MAX_TURNS)] = Field(
        default=[], description="earlier [question, answer text] pairs, oldest first"
    )
    no_llm: bool = Field(default=False, description="answer from tables and quotes alone")


class Compare(BaseModel):
    """Two to four artifacts to lay side by side, and what about them matters, if something in particular does."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"names": ["LLaVA Llama 3 (8B)", "Llama 3.2 90B Vision"], "aspect": "context length"}
        },
    )

    names: Annotated[list[Name], Field(min_length=2, max_length=4, description="names, labels or ids of artifacts")]
    aspect: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""
    no_llm: bool = Field(default=False, description="answer from tables and quotes alone")


class ArtifactSummary(BaseModel):
    """An artifact without its texts; `capabilities` counts those that the pages show, the total those they state."""

    id: str
    label: str
    name: str
    type: str
    aliases: list[str]
    url: str | None
    facts: list[Fact]
    capabilities: int
    capabilities_total: int | None
    sources: list[str]

    @classmethod
    def of(cls, artifact: Artifact) -> ArtifactSummary:
        return cls(**_summary(artifact))


class Part(BaseModel):
    """One text of a capability, with its place."""

    part: str
    evidence_class: EvidenceClass
    text: str
    source: Source


class CapabilityDetail(BaseModel):
    """Something an artifact does: what the pages say of it, part by part."""

    id: str
    parts: list[Part]
    sources: list[str]

    @classmethod
    def of(cls, capability: Capability) -> CapabilityDetail:
        parts = [
            Part(part=part, evidence_class=PART_CLASSES[part], text=excerpt.text, source=excerpt.source)
            for part, excerpt in capability.parts()
        ]
        return cls(id=capability.id, parts=parts, sources=list(capability.sources))


class ArtifactDetail(ArtifactSummary):
    """An artifact with everything its pages say; `conflicts` names the table labels on which they disagree."""

    details: list[CapabilityDetail]
    conflicts: list[str]

    @classmethod
    def of(cls, artifact: Artifact) -> ArtifactDetail:
        labels = dict.fromkeys(fact.label for fact in artifact.facts)
        conflicts = [label for label in labels if len({fact.value for fact in artifact.values(label)}) > 1]
        details = [CapabilityDetail.of(capability) for capability in artifact.capabilities]
        return cls(**_summary(artifact), details=details, conflicts=conflicts)


class Artifacts(BaseModel):
    """A stretch of the library, in the order of ids; `total` counts all that fit."""

    artifacts: list[ArtifactSummary]
    total: int
    generation: str


class Sides(BaseModel):
    """Artifacts side by side.

    `only` holds by artifact id what no other has, `answer` what the pages say of the aspect.
    """

    artifacts: list[ArtifactSummary]
    table: Table | None
    shared: list[SharedCapability]
    only: dict[str, list[Evidence]]
    verdicts: list[Evidence]
    notes: list[str]
    answer: Answer | None = None

    @classmethod
    def of(cls, comparison: Comparison, answer: Answer | None) -> Sides:
        return cls(
            artifacts=[ArtifactSummary.of(artifact) for artifact in comparison.artifacts],
            table=comparison.table,
            shared=list(comparison.shared),
            only={artifact: list(items) for artifact, items in comparison.only.items()},
            verdicts=list(comparison.verdicts),
            notes=list(comparison.notes),
            answer=answer,
        )


class Quote(BaseModel):
    """A sentence that was found; scores compare the quotes of one search, higher is better."""

    quote: str
    evidence_class: EvidenceClass
    source: Source
    score: float
    similarity: float

    @classmethod
    def of(cls, hit: Hit) -> Quote:
        place = Source(hit.passage.source.file, hit.sentence.start, hit.sentence.end, hit.passage.source.date)
        return cls(
            quote=hit.sentence.text,
            evidence_class=hit.passage.evidence_class,
            source=place,
            score=round(hit.score, 4),
            similarity=round(hit.similarity, 4),
        )


class FoundCapability(BaseModel):
    """A capability that fits what was searched for, with the sentences that say so, best first."""

    id: str
    title: str
    quotes: list[Quote]


class FoundArtifact(BaseModel):
    """An artifact that fits, with its capabilities, best first."""

    artifact: ArtifactSummary
    score: float
    capabilities: list[FoundCapability]

    @classmethod
    def of(cls, found: Found) -> FoundArtifact:
        grouped: dict[str, list[Quote]] = {}
        for hit in found.hits:
            grouped.setdefault(hit.passage.capability, []).append(Quote.of(hit))
        titles = {capability.id: _title(capability) for capability in found.artifact.capabilities}
        capabilities = [
            FoundCapability(id=capability, title=titles.get(capability, ""), quotes=quotes)
            for capability, quotes in grouped.items()
        ]
        score = round(max((hit.score for hit in found.hits), default=0.0), 4)
        return cls(artifact=ArtifactSummary.of(found.artifact), score=score, capabilities=capabilities)


class Search(BaseModel):
    """What was searched for, and the artifacts whose pages come nearest, best first.

    Nearest is not the same as stated: a question to /api/answer tells whether the pages say it.
    """

    query: str
    artifacts: list[FoundArtifact]


class Job(BaseModel):
    """Pages on their way into the library. `stage` is "read", "embed" or "store" while it is running."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "0f3c5e7a9b1d2f40",
                "state": "running",
                "files": ["lantern.md"],
                "stage": "embed",
                "done": 12,
                "total": 40,
                "report": None,
                "error": None,
            }
        }
    )

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    files: list[str]
    stage: str = ""
    done: int = 0
    total: int = 0
    report: BuildReport | None = None
    error: Problem | None = None


class Health(BaseModel):
    """Whether questions can be answered."""

    status: Literal["ok"] = "ok"


def _summary(artifact: Artifact) -> dict[str, Any]:
    return {
        "id": artifact.id,
        "label": artifact.label,
        "name": artifact.name,
        "type": artifact.type,
        "aliases": list(artifact.aliases),
        "url": artifact.url,
        "facts": list(artifact.facts),
        "capabilities": artifact.described,
        "capabilities_total": artifact.capabilities_total,
        "sources": list(artifact.sources),
    }


def _title(capability: Capability) -> str:
    """What a capability is called: its title, or the beginning of its description."""
    if capability.title is not None:
        return capability.title.text
    return capability.description.text.split(". ")[0] if capability.description is not None else ""
