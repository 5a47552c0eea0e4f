"""The nouns of the package: frozen values that pass from stage to stage."""

from __future__ import annotations

from sidebyside.records.answers import (
    Answer,
    BuildReport,
    Citation,
    Comparison,
    Event,
    Message,
    SharedCapability,
    Status,
    Table,
)
from sidebyside.records.asking import (
    Evidence,
    Filter,
    Hit,
    Question,
    QuestionKind,
)
from sidebyside.records.pages import (
    PART_CLASSES,
    Artifact,
    Capability,
    Conflict,
    EvidenceClass,
    Excerpt,
    Fact,
    Library,
    Page,
    PageArtifact,
    Passage,
    Sentence,
    Source,
    Verdict,
)

__all__ = [
    "PART_CLASSES",
    "Answer",
    "Artifact",
    "BuildReport",
    "Capability",
    "Citation",
    "Comparison",
    "Conflict",
    "Event",
    "Evidence",
    "EvidenceClass",
    "Excerpt",
    "Fact",
    "Filter",
    "Hit",
    "Library",
    "Message",
    "Page",
    "PageArtifact",
    "Passage",
    "Question",
    "QuestionKind",
    "Sentence",
    "SharedCapability",
    "Source",
    "Status",
    "Table",
    "Verdict",
]
