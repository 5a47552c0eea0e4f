"""Questions worth asking: to begin with, and next after an answer; each is one that the library can answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from sidebyside.records import Answer, Artifact, Library
from sidebyside.records.schema import CAPABILITIES, PRICING, SCALES, TIMES_MATCHED, TYPE
from sidebyside.text.sentences import split_sentences
from sidebyside.text.short_names import infinitive, topic
from sidebyside.text.words import content_stems, fold, join_names

MOST_FIRST, MOST_NEXT = 4, 3
# So many of an answer's artifacts are asked about further.
_SIDES = 3
# Rows that say little about what an artifact is for.
_SCORES = frozenset({*SCALES, CAPABILITIES, TYPE, TIMES_MATCHED})
_OPINIONS = frozenset({"pros", "cons", "proscons"})


def first_questions(library: Library) -> tuple[str, ...]:
    """Up to four jobs of different kinds, the comparison first; the same library gives the same ones."""
    described = sorted(library.artifacts, key=lambda artifact: (-artifact.described, artifact.id))
    return _picked(_first(described), asked=(), most=MOST_FIRST)


def next_questions(answer: Answer, library: Library, asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Up to three questions that carry on from `answer`: on criteria that it does not have yet, none of `asked` again.

    An answer about nothing in the library leads back to what the library can tell.
    """
    found = {artifact.label: artifact for artifact in library.artifacts}
    sides = [found[label] for label in answer.artifacts[:_SIDES] if label in found]
    questions = _next(sides, library, answer) if sides else iter(first_questions(library))
    return _picked(questions, asked=(answer.question, *asked), most=MOST_NEXT)


def _first(described: Sequence[Artifact]) -> Iterator[str]:
    if not described:
        return
    first, others = described[0], described[1:]
    pair = [first, _partner(first, others)] if others else [first]
    if others:
        yield f"Compare {_names(pair)} on {' and '.join([*list(_topics(pair))[:1], 'price'])}"
    yield from (f"I want to {wish}. Which should I take?" for wish in _wishes(described))
    if others:
        yield f"How do {_names(pair)} differ?"
    yield f"What are the drawbacks of {described[-1].label if len(described) > 2 else pair[-1].label}?"
    yield f"What is {first.label} good for?"
    yield f"What does {first.label} cost?"


def _next(sides: Sequence[Artifact], library: Library, answer: Answer) -> Iterator[str]:
    """What the texts of all sides speak of, then rows of their tables, then what can be held against them."""
    for side in sides:
        yield from _dispute(side)
    others = [artifact for artifact in library.artifacts if artifact not in sides]
    compared = [sides[0], _partner(sides[0], others)] if len(sides) == 1 and others else list(sides)
    known = _asked_about(answer)
    topics = [name for name in _topics(compared) if not content_stems(name) <= known]
    rows = [name for label, name in _rows(compared) if not content_stems(f"{label} {name}") & known]
    yield from (_on(compared, name) for name in topics[:1])
    yield from (_on(compared, name) for name in rows[:1])
    if answer.reading is None or answer.reading.intent not in _OPINIONS:
        yield f"What are the drawbacks of {_names(sides)}?"
    yield from (_on(compared, name) for name in (*topics[1:], *rows[1:]))
    if len(compared) > 1:
        yield f"How do {_names(compared)} differ?"
    yield from (f"What is {side.label} good for?" for side in sides)
    yield from (f"What does {side.label} cost?" for side in sides if side.values(PRICING))


def _on(sides: Sequence[Artifact], name: str) -> str:
    if len(sides) == 1:
        return f"What does the page of {sides[0].label} say about {name}?"
    return f"How do {_names(sides)} compare on {name}?"


def _names(sides: Sequence[Artifact]) -> str:
    return join_names(artifact.label for artifact in sides)


def _asked_about(answer: Answer) -> frozenset[str]:
    """The words of what an answer has been about."""
    criteria = [*(answer.grid.criteria if answer.grid else ()), *(answer.reading.criteria if answer.reading else ())]
    return content_stems(" ".join([answer.question, *criteria]))


def _rows(sides: Sequence[Artifact]) -> Iterator[tuple[str, str]]:
    """The rows, scores aside, that all of these state, each with what people call it."""
    labels = dict.fromkeys(fact.label for artifact in sides for fact in artifact.facts)
    for label in sorted(labels, key=lambda label: label != PRICING):
        if label not in _SCORES and all(artifact.values(label) for artifact in sides):
            yield label, "price" if label == PRICING else label


def _topics(sides: Sequence[Artifact]) -> Iterator[str]:
    """What the pages of all of these speak of, named as one of them names it; no names of artifacts."""
    said = [_sentences(_all_texts(artifact)) for artifact in sides]
    named = [content_stems(artifact.label) for artifact in sides]
    for name in dict.fromkeys(topic(text) for artifact in sides for text in _texts(artifact)):
        begun = [word[:_STEM] for word in fold(name).split()]
        spoken_of = all(any(all(word in sentence for word in begun) for sentence in own) for own in said)
        if begun and spoken_of and not any(own <= content_stems(name) for own in named):
            yield name


# Letters of a word that its other forms have too.
_STEM = 6


@lru_cache(maxsize=256)
def _sentences(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(fold(text[start:end]) for text in texts for start, end in split_sentences(text))


def _all_texts(artifact: Artifact) -> tuple[str, ...]:
    return tuple(excerpt.text for capability in artifact.capabilities for _, excerpt in capability.parts())


def _texts(artifact: Artifact) -> Iterator[str]:
    for capability in artifact.capabilities:
        text = capability.title or capability.description
        if text is not None:
            yield text.text


def _wishes(described: Sequence[Artifact]) -> Iterator[str]:
    """One thing that somebody may want to do, taken from the artifact least likely to be thought of first."""
    for artifact in reversed(described):
        for text in _texts(artifact):
            wish = infinitive(text)
            if wish:
                yield wish
                return


def _dispute(artifact: Artifact) -> Iterator[str]:
    labels = {fact.label for fact in artifact.facts}
    if any(len({fact.value for fact in artifact.values(label)}) > 1 for label in labels):
        yield f"Where do the pages disagree about {artifact.label}?"


def _partner(artifact: Artifact, others: Sequence[Artifact]) -> Artifact:
    """What it is best compared with: of its type before others, then of its page."""
    sources = set(artifact.sources)

    def fit(other: Artifact) -> tuple[bool, bool]:
        return other.type == artifact.type, not sources.isdisjoint(other.sources)

    return max(others, key=fit)


def _picked(questions: Iterable[str], *, asked: Sequence[str], most: int) -> tuple[str, ...]:
    """The first `most` that have not been asked."""
    seen = {question.casefold().strip() for question in asked}
    fresh = (question for question in questions if question.casefold() not in seen)
    return tuple(dict.fromkeys(fresh))[:most]
