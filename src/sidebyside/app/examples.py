"""Questions to start with, made from what the library holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidebyside.records import Answer, Artifact, Library

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


def follow_ups(answer: Answer, library: Library) -> tuple[str, ...]:
    """Up to three questions that carry on from an answer and that this library can answer."""
    known = {artifact.label: artifact for artifact in library.artifacts}
    sides = [known[label] for label in answer.artifacts if label in known]
    questions = []
    if len(sides) >= 2:
        first, second = sides[0].label, sides[1].label
        questions.append(f"How do {first} and {second} differ?")
        if all(side.values(RANK) for side in sides[:2]):
            questions.append(f"Which has the higher {RANK}, {first} or {second}?")
    questions += [f"What is {side.label} best at?" for side in sides[:2] if side.capabilities]
    questions += [f"What does {side.label} cost?" for side in sides[:1] if side.values("Pricing")]
    return tuple(question for question in questions if question.casefold() != answer.question.casefold())[:3]


def _partner(described: list[Artifact]) -> Artifact:
    """The best described artifact of the same type as the first, else the next best."""
    first, rest = described[0], described[1:]
    return next((other for other in rest if other.type and other.type == first.type), rest[0])
