"""Questions worth asking: to begin with, and next after an answer; each is one that the library can answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sidebyside.records import Answer, Artifact, Library

RANK = "UnfragileRank"
MOST_FIRST, MOST_NEXT = 4, 3
# So many of an answer's artifacts are asked about further.
_SIDES = 2

# A question with the kind of answer it gets (records.QuestionKind).
_Asked = tuple[str, str]


def first_questions(library: Library) -> tuple[str, ...]:
    """Up to four questions of different kinds; the same library gives the same ones."""
    described = sorted(library.artifacts, key=lambda artifact: (-artifact.described, artifact.id))
    return _picked(_first(described), asked=(), most=MOST_FIRST)


def next_questions(answer: Answer, library: Library, asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Up to three questions that carry on from `answer`: other kinds than the one just asked, none of `asked` again.

    An answer about nothing in the library leads back to what the library can tell.
    """
    named = set(answer.artifacts[:_SIDES])
    found = {artifact.label: artifact for artifact in library.artifacts if artifact.label in named}
    sides = [found[label] for label in answer.artifacts[:_SIDES] if label in found]
    if not sides:
        return first_questions(library)[:MOST_NEXT]
    others = [(kind, question) for kind, question in _next(sides, library) if kind != answer.kind]
    return _picked(others, asked=(answer.question, *asked), most=MOST_NEXT)


def _first(described: Sequence[Artifact]) -> Iterator[_Asked]:
    if len(described) > 1:
        yield _difference(described[0], _partner(described[0], described[1:]))
    if sum(bool(artifact.values(RANK)) for artifact in described) > 1:
        yield "library", f"Which artifact has the highest {RANK}?"
    if described:
        yield from _particular(described[-1])
    yield from (question for artifact in described[:1] for question in _cost(artifact))


def _next(sides: Sequence[Artifact], library: Library) -> Iterator[_Asked]:
    """Questions about one or two artifacts, the most telling first."""
    if len(sides) > 1:
        yield _difference(*sides)
        yield from _higher(*sides)
    for side in sides:
        yield from _dispute(side)
    if len(sides) == 1:
        rest = [artifact for artifact in library.artifacts if artifact.id != sides[0].id]
        if rest:
            yield _difference(sides[0], _partner(sides[0], rest))
    for side in sides:
        yield from _particular(side)
    for side in sides:
        yield from _cost(side)
    yield "library", f"Which artifact has the highest {RANK}?"


def _difference(first: Artifact, second: Artifact) -> _Asked:
    return "overall", f"How do {first.label} and {second.label} differ?"


def _higher(first: Artifact, second: Artifact) -> Iterator[_Asked]:
    """The higher rank, where both are stated and there is one."""
    ranks = [{fact.value for fact in artifact.values(RANK)} for artifact in (first, second)]
    if all(ranks) and ranks[0] != ranks[1]:
        yield "rank", f"Which has the higher {RANK}, {first.label} or {second.label}?"


def _dispute(artifact: Artifact) -> Iterator[_Asked]:
    labels = {fact.label for fact in artifact.facts}
    if any(len({fact.value for fact in artifact.values(label)}) > 1 for label in labels):
        yield "conflicts", f"Where do the pages disagree about {artifact.label}?"


def _particular(artifact: Artifact) -> Iterator[_Asked]:
    if any(capability.unique for capability in artifact.capabilities):
        yield "describe", f"What is unique about {artifact.label}?"
    elif artifact.capabilities:
        yield "describe", f"What is {artifact.label}?"


def _cost(artifact: Artifact) -> Iterator[_Asked]:
    if artifact.values("Pricing"):
        yield "fact", f"What does {artifact.label} cost?"


def _partner(artifact: Artifact, others: Sequence[Artifact]) -> Artifact:
    """The first of the same type, else the first."""
    return next((other for other in others if other.type and other.type == artifact.type), others[0])


def _picked(questions: Iterable[_Asked], *, asked: Sequence[str], most: int) -> tuple[str, ...]:
    """The first `most` that have not been asked."""
    seen = {question.casefold().strip() for question in asked}
    fresh = (question for _kind, question in questions if question.casefold() not in seen)
    return tuple(dict.fromkeys(fresh))[:most]
