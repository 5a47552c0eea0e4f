"""Evidence: the sentences of one artifact that bear on an aspect, whether they suffice, and figures made comparable."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from sidebyside.disagreement import contradicts
from sidebyside.instructions import addresses_assistant
from sidebyside.quantities import Quantity, find_quantities
from sidebyside.records import Artifact, Evidence, Hit, Question
from sidebyside.words import content_stems, initials, is_common, is_named, is_word, stem, tokens

# How plainly the pages state something is the logistic function of these weights; from STATED on it counts as stated,
# below PLAIN with a word of caution: of named sides between the two 32 of 38 state it.
# Fitted on the question sets that are not held out, put to their own pages and to the two seed pages, which answer
# hardly any of them: see benchmarks/evidence.py.
STATED = 0.25
PLAIN = 0.40
_BIAS = -4.75
_WEIGHTS = {"similarity": 8.1, "whole": 5.7, "background": -1.0, "coverage": 2.5, "absent": -0.2, "figure": 1.3}

# Ranking inside one artifact, beside retrieval's score: a share of the question's words, figures where figures are
# asked for, and less for claims, above all for "vs alternatives", which speaks about third parties.
_COVERAGE_WEIGHT = 0.15
_FIGURE_BONUS = {2: 0.45, 1: 0.10, 0: 0.0}
_PENALTIES = {"unique": 0.02, "alternatives": 0.15}
# Other evidence is shown beside the best while its score is at least this share of the best one's.
_NEAR_BEST = 0.75
# The same for evidence that has a word of the question which the others lack.
_COMPLETING = 0.65

# What a question measures when it uses these words: the unit its figures must have.
_MEASURES: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:pric\w+|costs?|cheap\w*|expensive|subscription|fee|per (?:seat|month|user))\b|\bhow much (?:is|"
        r"does|do|are)\b",
        "money",
    ),
    (r"\b(?:context|token|window)\w*\b", "token"),
    (
        r"\b(?:latency|response time|how fast|faster|fastest|slower|slowest|quick\w*|speed|how long|delay|time|"
        r"how soon)\b",
        "time",
    ),
    (
        r"\bhow (?:large|big)\b|\b(?:disk|storage|memory|vram|ram|(?:file|download) size|"
        r"(?:smaller|bigger|larger) (?:download|file)|gigabytes?|megabytes?)\b",
        "bytes",
    ),
    (
        r"\blonger\b.*\b(?:keeps?|kept|stores?|retains?)\b|\b(?:keeps?|kept|stores?|retains?)\b.*\blonger\b|\btrial\b",
        "time",
    ),
)
_ASKS_FIGURE = re.compile(
    r"\bhow (?:much|many|long|big|large|fast|often|far|old|high|wide)\b|"
    r"\b(?:size|number|limit|rate|amount|capacity|count|length|maximum|minimum|more|fewer|most|fewest|up to|per)\b"
)
# "The 60s", "the 3rd": numbers in letters, which a page may give in figures or not at all.
_COUNTED = re.compile(r"\d+(?:s|st|nd|rd|th)")
MONEY = ("usd", "eur", "gbp", "jpy")
_LESS_IS_BETTER = re.compile(r"\b(?:faster|fastest|quicker|quickest|cheap\w*)\b")


@dataclass(frozen=True, slots=True)
class Side:
    """What one artifact's pages say about an aspect: evidence best first, and whether it states the aspect at all.

    `absent` holds rare words of the question that stand nowhere in the artifact's texts; `barred` is true where one of
    them cannot be paraphrased, so that nothing states it without that word.
    """

    artifact: Artifact
    evidence: tuple[Evidence, ...]
    stated: bool
    strength: float = 0.0
    absent: tuple[str, ...] = ()
    barred: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is stated so plainly that no word of caution is needed."""
        return self.stated and self.strength >= PLAIN


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that an artifact's evidence gives for the aspect."""

    artifact: Artifact
    quantity: Quantity
    evidence: Evidence


def select_evidence(
    artifact: Artifact,
    hits: Sequence[Hit],
    question: Question,
    *,
    background: float,
    rarity: Mapping[str, float],
    limit: int = 3,
) -> Side:
    """Choose what bears on the question among all sentences of one artifact (`hits`, best first).

    `background` is how similar the rest of the library is to the question, `rarity` how telling the stems of its words
    are; see `Retriever`.
    """
    hits = [hit for hit in hits if not addresses_assistant(hit.sentence.text)]
    names = content_stems(artifact.name)
    wanted = {stem(word): rarity.get(stem(word), 1.0) for word in question.topic if stem(word) not in names}
    absent = tuple(w for w in question.topic if stem(w) in wanted and not is_common(w) and not _occurs(w, hits))
    # A title names its capability; what the capability does stands in the sentences under it.
    hits = [hit for hit in hits if hit.passage.part != "title"] or hits
    rated = sorted(((_rate(hit, wanted, question), hit) for hit in hits[:24]), key=lambda pair: -pair[0])
    if not rated:
        return Side(artifact, (), False, 0.0, absent)
    strength = _strength(hits, wanted, background, bool(absent), _tells_figure(rated[0][1], wanted, question))
    chosen: list[Evidence] = []
    for rating, hit in rated:
        evidence = as_evidence(hit, rating)
        if len(chosen) < limit and rating >= rated[0][0] * _NEAR_BEST and not _repeats(evidence, chosen):
            chosen.append(evidence)
    if limit > 2 and chosen:
        chosen = _with_lead(chosen, rated[0][1], hits)[:limit]
    if limit > 1 and chosen and (completing := _completing(chosen, rated, wanted)):
        chosen = [*chosen[: limit - 1], completing]
    if chosen and (against := _against(chosen, rated)):
        chosen = [chosen[0], against, *(item for item in chosen[1:] if item.source != against.source)]
    barred = any(_must_occur(word, question) for word in absent)
    return Side(artifact, tuple(chosen), strength >= STATED and not barred, strength, absent, barred)


def _completing(
    chosen: Sequence[Evidence], rated: Sequence[tuple[float, Hit]], wanted: Mapping[str, float]
) -> Evidence | None:
    """The best sentence with a word of the question that the chosen ones lack, where it is hardly worse than they."""
    missing = wanted.keys() - set().union(*(content_stems(item.quote) for item in chosen))
    for rating, hit in rated:
        if rating < rated[0][0] * _COMPLETING or not missing:
            return None
        if not missing.isdisjoint(content_stems(hit.sentence.text)):
            return as_evidence(hit, rating)
    return None


def _against(chosen: Sequence[Evidence], rated: Sequence[tuple[float, Hit]]) -> Evidence | None:
    """The best sentence of another page that contradicts the best evidence: both are shown, or neither is honest."""
    best = chosen[0]
    for rating, hit in rated:
        if hit.passage.source.file != best.source.file and contradicts(best.quote, hit.sentence.text):
            return as_evidence(hit, max(rating, best.score))
    return None


def disagreement(side: Side) -> str:
    """What to note where the pages contradict each other about an artifact, "" where they do not."""
    for item in side.evidence[1:2]:
        best = side.evidence[0]
        if item.source.file != best.source.file and contradicts(best.quote, item.quote):
            told = f"“{best.quote}” ({best.source.file}), but “{item.quote}” ({item.source.file})"
            return f"Pages disagree about {side.artifact.label}: {told}."
    return ""


def _with_lead(chosen: list[Evidence], best: Hit, hits: Sequence[Hit]) -> list[Evidence]:
    """The chosen evidence with the sentence that opens the best one's capability in second place."""
    own = [
        hit for hit in hits if hit.passage.capability == best.passage.capability and hit.passage.part == "description"
    ]
    if not own:
        return chosen
    lead = as_evidence(min(own, key=lambda hit: hit.sentence.start))
    rest = [item for item in chosen[1:] if item.source != lead.source]
    return [chosen[0], *([lead] if lead.source != chosen[0].source else []), *rest]


def as_evidence(hit: Hit, score: float | None = None) -> Evidence:
    """A hit as citable evidence."""
    passage, sentence = hit.passage, hit.sentence
    source = passage.source
    place = type(source)(source.file, sentence.start, sentence.end, source.date)
    rating = hit.score if score is None else score
    return Evidence(
        passage.artifact, passage.evidence_class, sentence.text, place, passage.text, rating, hit.similarity
    )


def _rate(hit: Hit, wanted: Mapping[str, float], question: Question) -> float:
    """Ranking score of a sentence."""
    rating = hit.score - _PENALTIES.get(hit.passage.part, 0.0)
    rating += _COVERAGE_WEIGHT * _share(wanted, content_stems(hit.sentence.text))
    if asks_figure(question) and (quantities := find_quantities(hit.sentence.text)):
        fit = max(_fit(quantity, question) for quantity in quantities)
        # Where the unit is open, any figure in a sentence about the matter may be it: "a glossary of 10,000 entries".
        near = not measured_unit(question) and not wanted.keys().isdisjoint(content_stems(hit.sentence.text))
        rating += _FIGURE_BONUS[max(fit, int(near))]
    return rating


def _tells_figure(hit: Hit, wanted: Mapping[str, float], question: Question) -> bool:
    """Whether a figure is asked for and the sentence gives one in the right unit for one of the question's words."""
    if not asks_figure(question) or wanted.keys().isdisjoint(content_stems(hit.passage.text)):
        return False
    return any(_fit(quantity, question) == 2 for quantity in find_quantities(hit.sentence.text))


def _strength(hits: Sequence[Hit], wanted: Mapping[str, float], background: float, absent: bool, figure: bool) -> float:
    """How plainly an artifact's sentences state the aspect, 0 to 1.

    From the best sentence's similarity and its capability's, against those of the rest of the library, and the largest
    share of the question's words that stand in one sentence.
    """
    best = max(hits, key=lambda hit: hit.similarity)
    features = {
        "similarity": best.similarity,
        "whole": best.whole,
        "background": background,
        "coverage": max(_share(wanted, content_stems(hit.sentence.text)) for hit in hits),
        "absent": float(absent),
        "figure": float(figure),
    }
    return 1 / (1 + math.exp(-_BIAS - sum(_WEIGHTS[name] * value for name, value in features.items())))


def _share(wanted: Mapping[str, float], found: Set[str]) -> float:
    """The share of the wanted stems that were found, each by its weight."""
    total = sum(wanted.values())
    return sum(weight for word, weight in wanted.items() if word in found) / total if total else 0.0


def _must_occur(word: str, question: Question) -> bool:
    """Whether a word cannot be paraphrased: a name or an acronym by its spelling, or a word that no dictionary has."""
    if _COUNTED.fullmatch(word):
        return False
    written = next((token for token in tokens(question.aspect) if token.folded == word), None)
    named = written is not None and is_named(written, sentence_start=False)
    return named or not is_word(word)


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


def asks_figure(question: Question) -> bool:
    """Whether the answer is a figure: a price, a size, a number of things."""
    return bool(measured_unit(question) or _ASKS_FIGURE.search(question.wording.casefold()))


def measured_unit(question: Question) -> str:
    """The unit that the question's figures must have: "money", "token", "time", "bytes", or "" for any."""
    text = question.wording.casefold()
    for words, unit in _MEASURES:
        if re.search(words, text):
            return unit
    return ""


def _fit(quantity: Quantity, question: Question) -> int:
    """How well a figure measures what the question asks for: 2 by its unit, 1 by the words beside it, 0 not at all."""
    unit = measured_unit(question)
    base = quantity.unit.split("/")[0]
    if unit == "money":
        return 2 if base in MONEY else 0
    if unit == "time":
        return 2 if base == "time" or quantity.unit.endswith(("/second", "/minute")) else 0
    if unit:
        return 2 if base == unit else 0
    wanted = {stem(word) for word in question.topic}
    return 2 if base in wanted else 1 if wanted & quantity.nouns else 0


def find_measures(side: Side, question: Question) -> list[Measure]:
    """The figures in a side's evidence that measure what is asked, best fit first, then best evidence first."""
    found = [
        (_fit(quantity, question), Measure(side.artifact, quantity, evidence))
        for evidence in side.evidence
        for quantity in find_quantities(evidence.quote)
    ]
    best = max((fit for fit, _ in found), default=0)
    return [measure for fit, measure in found if fit == best and fit > 0]


def common_measures(sides: Sequence[Side], question: Question) -> list[Measure] | None:
    """One figure per side in a unit that all share, largest first; None where none is shared or a side gives two."""
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
    text = question.wording.casefold()
    if _LESS_IS_BETTER.search(text):
        return 1 if "/" in unit and unit.split("/")[0] not in MONEY else -1
    if re.search(r"\b(?:slower|slowest)\b", text):
        return -1 if "/" in unit else 1
    return question.direction
