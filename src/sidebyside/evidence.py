"""Evidence: the sentences of one artifact that bear on an aspect, whether they suffice, and figures made comparable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sidebyside.quantities import Quantity, find_quantities
from sidebyside.records import Artifact, Evidence, Hit, Question
from sidebyside.words import content_stems, initials, is_common, stem

# A sentence states an aspect when similarity plus a share of word coverage reaches this. Calibrated on the development
# half of the question set: see benchmarks/evidence.py.
STATED = 0.44
COVERAGE_WEIGHT = 0.20
# Other evidence is shown beside the best while its score is at least this share of the best one's.
_NEAR_BEST = 0.80
# "vs alternatives" speaks about third parties: it is taken where nothing else says the same.
_ALTERNATIVES_PENALTY = 0.06

# What a question measures when it uses these words: the unit its figures must have.
_MEASURES: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:pric\w+|costs?|cheap\w*|expensive|subscription|fee|per (?:seat|month|user))\b|\bhow much (?:is|does|do|are)\b",
        "money",
    ),
    (r"\b(?:context|token|window)\w*\b", "token"),
    (r"\b(?:latency|response time|how fast|faster|fastest|slower|slowest|quick\w*|speed|how long|delay)\b", "time"),
    (r"\b(?:disk|storage|memory|vram|ram|file size|download size|gigabytes?|megabytes?)\b", "bytes"),
)
_MONEY = ("usd", "eur", "gbp", "jpy")
_LESS_IS_BETTER = re.compile(r"\b(?:faster|fastest|quicker|quickest|cheap\w*)\b")


@dataclass(frozen=True, slots=True)
class Side:
    """What one artifact's pages say about an aspect: evidence best first, and whether it states the aspect at all.

    `absent` holds words of the question that stand nowhere in the artifact's texts and cannot be paraphrased.
    """

    artifact: Artifact
    evidence: tuple[Evidence, ...]
    stated: bool
    strength: float = 0.0
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that an artifact's evidence gives for the aspect."""

    artifact: Artifact
    quantity: Quantity
    evidence: Evidence


def select_evidence(artifact: Artifact, hits: Sequence[Hit], question: Question, *, limit: int = 3) -> Side:
    """Choose what bears on the question among all sentences of one artifact (`hits`, best first)."""
    wanted = {stem(word) for word in question.topic}
    names = content_stems(artifact.name)
    absent = tuple(word for word in _strict_words(question) if stem(word) not in names and not _occurs(word, hits))
    rated = sorted(((_rate(hit, wanted, question), hit) for hit in hits[:24]), key=lambda pair: -pair[0])
    if not rated:
        return Side(artifact, (), False, 0.0, absent)
    best = rated[0][0]
    strength = max(_strength(hit, wanted) for _, hit in rated[:3])
    chosen: list[Evidence] = []
    for rating, hit in rated:
        evidence = as_evidence(hit, rating)
        if len(chosen) < limit and rating >= best * _NEAR_BEST and not _repeats(evidence, chosen):
            chosen.append(evidence)
    return Side(artifact, tuple(chosen), strength >= STATED and not absent, strength, absent)


def as_evidence(hit: Hit, score: float | None = None) -> Evidence:
    """A hit as citable evidence."""
    passage, sentence = hit.passage, hit.sentence
    source = passage.source
    place = type(source)(source.file, sentence.start, sentence.end, source.date)
    rating = hit.score if score is None else score
    return Evidence(
        passage.artifact, passage.evidence_class, sentence.text, place, passage.text, rating, hit.similarity
    )


def _rate(hit: Hit, wanted: set[str], question: Question) -> float:
    """Ranking score of a sentence: retrieval's, plus coverage, plus figures where figures are asked for."""
    rating = hit.score + COVERAGE_WEIGHT * _coverage(hit.sentence.text, wanted)
    if hit.passage.part == "alternatives":
        rating -= _ALTERNATIVES_PENALTY
    if measured_unit(question) and any(_fits(q, question) for q in find_quantities(hit.sentence.text)):
        rating += 0.15
    return rating


def _strength(hit: Hit, wanted: set[str]) -> float:
    """How plainly a sentence states the aspect, from its similarity and the share of the question's words in it."""
    return hit.similarity + COVERAGE_WEIGHT * _coverage(hit.passage.text, wanted)


def _coverage(text: str, wanted: set[str]) -> float:
    return len(wanted & content_stems(text)) / len(wanted) if wanted else 0.0


def _strict_words(question: Question) -> list[str]:
    """Topic words that must stand in the text: names, acronyms, words no everyday English has; paraphrase cannot replace them."""
    capitals = set(re.findall(r"(?<!^)\b(?:[A-Z][\w.]*[A-Z0-9][\w.]*|[A-Z]{2,})\b", question.aspect))
    folded = {word.casefold() for word in capitals}
    return [word for word in question.topic if word in folded or not is_common(word)]


def _occurs(word: str, hits: Sequence[Hit]) -> bool:
    """Whether a word stands in any of the sentences: itself, its stem, joined or spelled out ("ocr")."""
    wanted = stem(word)
    for hit in hits:
        text = hit.sentence.text
        if wanted in content_stems(text) or (
            len(word) >= 4 and word in text.casefold().replace("-", "").replace(" ", "")
        ):
            return True
        if 2 <= len(word) <= 5 and word in initials(text):
            return True
    return False


def _repeats(evidence: Evidence, chosen: Sequence[Evidence]) -> bool:
    """Whether a sentence adds hardly a word to those already chosen."""
    own = content_stems(evidence.quote)
    return any(len(own & content_stems(other.quote)) >= 0.7 * len(own) for other in chosen)


def measured_unit(question: Question) -> str:
    """The unit that the question's figures must have: "money", "token", "time", "bytes", or "" for any."""
    text = question.text.casefold()
    for words, unit in _MEASURES:
        if re.search(words, text):
            return unit
    return ""


def _fits(quantity: Quantity, question: Question) -> bool:
    """Whether a figure measures what the question asks for: the right unit, or the question's words beside it."""
    unit = measured_unit(question)
    base = quantity.unit.split("/")[0]
    if unit == "money":
        return base in _MONEY
    if unit == "time":
        return base == "time" or quantity.unit.endswith(("/second", "/minute"))
    if unit:
        return base == unit
    wanted = {stem(word) for word in question.topic}
    return bool(quantity.unit) and (base in wanted or len(wanted & quantity.nouns) * 2 >= len(wanted) > 0)


def find_measures(side: Side, question: Question) -> list[Measure]:
    """The figures in a side's evidence that measure what is asked, best evidence first."""
    return [
        Measure(side.artifact, quantity, evidence)
        for evidence in side.evidence
        for quantity in find_quantities(evidence.quote)
        if _fits(quantity, question)
    ]


def common_measures(sides: Sequence[Side], question: Question) -> list[Measure] | None:
    """One figure per side in a unit that all share, largest first; None where none is shared or a side is of two minds."""
    per_side = [find_measures(side, question) for side in sides]
    if len(sides) < 2 or not all(per_side):
        return None
    units = [m.quantity.unit for m in per_side[0] if m.quantity.unit]
    for unit in dict.fromkeys(units):
        matching = [[m for m in measures if m.quantity.unit == unit] for measures in per_side]
        if all(matching) and all(_agree(measures) for measures in matching):
            return sorted((measures[0] for measures in matching), key=lambda m: -m.quantity.value)
    return None


def _agree(measures: Sequence[Measure]) -> bool:
    return len({m.quantity.value for m in measures}) == 1


def better_end(question: Question, unit: str) -> int:
    """1 where the larger figure is what is asked for, -1 where the smaller one is, 0 where neither is."""
    text = question.text.casefold()
    if _LESS_IS_BETTER.search(text):
        return 1 if "/" in unit and unit.split("/")[0] not in _MONEY else -1
    if re.search(r"\b(?:slower|slowest)\b", text):
        return -1 if "/" in unit else 1
    return question.direction
