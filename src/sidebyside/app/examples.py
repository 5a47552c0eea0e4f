"""Questions to start with, made from what the library holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidebyside.records import Artifact, Library

RANK = "UnfragileRank"


def example_questions(library: Library) -> tuple[str, ...]:
    """Up to four questions of different kinds that this library can answer; the same library gives the same ones."""
    described = sorted(library.artifacts, key=lambda artifact: (-len(artifact.capabilities), artifact.id))
    questions: list[str] = []
    if len(described) >= 2:
        first, second = described[0], _partner(described)
        questions.append(f"How do {first.label} and {second.label} differ?")
    if sum(bool(artifact.values(RANK)) for artifact in described) >= 2:
        questions.append(f"Which artifact has the highest {RANK}?")
    if described:
        questions.append(f"What is unique about {described[-1].label}?")
    priced = [artifact for artifact in described if artifact.values("Pricing")]
    if priced:
        questions.append(f"What does {priced[0].label} cost?")
    return tuple(dict.fromkeys(questions))


def _partner(described: list[Artifact]) -> Artifact:
    """The best described artifact of the same type as the first, else the next best."""
    first, rest = described[0], described[1:]
    return next((other for other in rest if other.type and other.type == first.type), rest[0])
