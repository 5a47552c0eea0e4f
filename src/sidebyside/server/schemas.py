"""What the routes take and give, where it is not already one of the package's nouns."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from sidebyside.records import (
    MAX_WISH_WEIGHT,
    MOST_CRITERIA,
    MOST_SHOWN,
    PART_CLASSES,
    SHOWN,
    Answer,
    Artifact,
    Capability,
    Comparison,
    Evidence,
    EvidenceClass,
    Fact,
    Found,
    Hit,
    IndirectLink,
    Role,
    SharedCapability,
    Source,
    Table,
    Wish,
)
from sidebyside.serving.limits import MAX_QUESTION, MAX_TURNS

MAX_FOUND = 50
MAX_WISHES = 20
MAX_TEXT = 20_000

QuestionText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION, pattern=r"\S"),
    Field(description="the question", examples=["Which handles a longer context, LLaVA Llama 3 or Llama 3.2?"]),
]
NeedText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION, pattern=r"\S"),
    Field(description="wishes joined by commas", examples=["runs offline, answers questions about pictures, free"]),
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


CriterionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"\S")]
Criteria = Annotated[
    list[CriterionText], Field(max_length=MOST_CRITERIA, description="criteria in words of one's own, a row for each")
]


class Compare(BaseModel):
    """Two to twelve artifacts to lay side by side, and what about them matters, if something in particular does.

    An `aspect` is answered as a question, with a lead; `criteria` give a grid with a row for each, the aspect first
    where both are given.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "names": ["LLaVA Llama 3 (8B)", "Llama 3.2 90B Vision"],
                "criteria": ["at least 64K context", "price"],
            }
        },
    )

    names: Annotated[list[Name], Field(min_length=2, max_length=SHOWN, description="names, labels or ids of artifacts")]
    aspect: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""
    criteria: Criteria = []
    no_llm: bool = Field(default=False, description="answer from tables and quotes alone")


class WishWords(BaseModel):
    """One wish by itself; `query` and `row` come from the `asked` of an earlier match and may be left out."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"\S")]
    role: Role = Field(default="must", description="must be met, nice to have, or not to be stated")
    weight: float = Field(default=1.0, gt=0, le=MAX_WISH_WEIGHT, description="how much it counts among its like")
    query: Annotated[str, StringConstraints(max_length=MAX_QUESTION)] = ""
    row: Annotated[str, StringConstraints(max_length=300)] = ""

    def wish(self) -> Wish:
        return Wish(self.text, self.role, self.weight, self.query, self.row)


Wishes = Annotated[list[WishWords], Field(max_length=MAX_WISHES, description="wishes with a role and a weight")]
Among = Annotated[list[Name], Field(max_length=MOST_SHOWN, description="the only artifacts to look at")]
Most = Annotated[int, Field(ge=1, le=MOST_SHOWN, description="most artifacts to show")]


class Need(BaseModel):
    """What somebody is looking for: wishes in free words, joined by commas or "and", or each by itself."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"need": "answers questions about pictures, free", "wishes": [{"text": "fast", "role": "nice"}]}
        },
    )

    need: NeedText = ""
    wishes: Wishes = []
    among: Among = []
    most: Most = SHOWN

    @model_validator(mode="after")
    def _wishes_for_something(self) -> Self:
        if not self.need and not self.wishes:
            raise ValueError("give a need, or wishes")
        return self


class ArtifactSummary(BaseModel):
    """An artifact without its texts; `capabilities` counts those that the pages show, the total those they state.

    `matched_here` is how often it met a wish here, None where that is not looked up.
    """

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
    matched_here: int | None = None

    @classmethod
    def of(cls, artifact: Artifact, matched_here: int | None = None) -> ArtifactSummary:
        return cls(**_summary(artifact), matched_here=matched_here)


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
    """An artifact with everything its pages say; `conflicts` names the table labels on which they disagree.

    `withheld` has the places of sentences that address an assistant: they are in no answer, and not repeated here.
    """

    details: list[CapabilityDetail]
    conflicts: list[str]
    withheld: list[Source]

    @classmethod
    def of(cls, artifact: Artifact, matched_here: int | None = None) -> ArtifactDetail:
        labels = dict.fromkeys(fact.label for fact in artifact.facts)
        conflicts = [label for label in labels if len({fact.value for fact in artifact.values(label)}) > 1]
        details = [CapabilityDetail.of(capability) for capability in artifact.capabilities]
        withheld = [excerpt.source for excerpt in artifact.withheld]
        return cls(
            **_summary(artifact),
            matched_here=matched_here,
            details=details,
            conflicts=conflicts,
            withheld=withheld,
        )


class Artifacts(BaseModel):
    """A stretch of the library, in the order of ids; `total` counts all that fit."""

    artifacts: list[ArtifactSummary]
    total: int
    generation: str


class Sides(BaseModel):
    """Artifacts side by side.

    `only` holds by artifact id what no other has, `answer` what the pages say of the aspect or the criteria, `indirect`
    what links those that share no page.
    """

    artifacts: list[ArtifactSummary]
    table: Table | None
    shared: list[SharedCapability]
    only: dict[str, list[Evidence]]
    verdicts: list[Evidence]
    notes: list[str]
    answer: Answer | None = None
    indirect: list[IndirectLink] = []

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
            indirect=list(comparison.indirect),
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
