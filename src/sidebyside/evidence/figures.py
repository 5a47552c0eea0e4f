"""Figures in evidence: which measure what is asked, and whether several artifacts give one in the same unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sidebyside.evidence.amounts import asked_amount
from sidebyside.evidence.grid import EvidenceCell
from sidebyside.records import Artifact, Evidence, Question
from sidebyside.text.quantities import Quantity, find_quantities
from sidebyside.text.units import MONEY, tidy
from sidebyside.text.values import common_unit
from sidebyside.text.words import stem

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


# Figures of one kind of thing lie within so many times each other.
_WIDEST = 1e5


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that an artifact's evidence gives for the aspect."""

    artifact: Artifact
    quantity: Quantity
    evidence: Evidence


def measured_unit(question: Question) -> str:
    """The unit that the question's figures must have: "money", "token", "time", "bytes", or "" for any."""
    text = question.wording.casefold()
    asked = next(filter(None, map(asked_amount, question.texts)), None)
    if asked is not None and asked.noun:
        # "How many models at the same time" asks for no time.
        return ""
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


def find_measures(cell: EvidenceCell, question: Question) -> list[Measure]:
    """The figures in a cell's evidence that measure what is asked, best fit first, then best evidence first.

    Where its quotes have none with the unit asked for, the first of the sentences that came next.
    """
    measures = _measures(cell, cell.evidence, question)
    if not measures and measured_unit(question):
        measures = _measures(cell, cell.further, question)[:1]
    return measures


def _measures(cell: EvidenceCell, quotes: Sequence[Evidence], question: Question) -> list[Measure]:
    found = [
        (_fit(quantity, question), Measure(cell.artifact, quantity, evidence))
        for evidence in quotes
        for quantity in find_quantities(evidence.quote)
    ]
    best = max((fit for fit, _ in found), default=0)
    return [measure for fit, measure in found if fit == best and fit > 0]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of several cells that measure what is asked.

    `measures` has one figure a cell, largest first, where all cells give one in units of one kind (`unit`), each
    converted to it. Where they do not, `apart` has the figures of each cell, in the order of the cells.
    """

    measures: tuple[Measure, ...] = ()
    unit: str = ""
    apart: tuple[tuple[Measure, ...], ...] = ()


def compare_figures(cells: Sequence[EvidenceCell], question: Question) -> Figures:
    """One figure per cell on one measure; else what each gives, if anything, of the kind that is asked."""
    per_side = [find_measures(cell, question) for cell in cells]
    if len(cells) < 2:
        return Figures()
    for unit in dict.fromkeys(common_unit(m.quantity.unit)[0] for m in per_side[0] if m.quantity.unit):
        matching = [[m for m in measures if common_unit(m.quantity.unit)[0] == unit] for measures in per_side]
        if all(matching) and all(_agree(measures) for measures in matching) and _comparable(matching):
            ordered = sorted((measures[0] for measures in matching), key=lambda m: -common_value(m.quantity))
            return Figures(tuple(ordered), unit)
    # Figures that only stand beside words of the question may measure anything.
    sure = measured_unit(question) and all(_agree(measures) for measures in per_side)
    return Figures(apart=tuple(map(tuple, per_side))) if sure else Figures()


def common_value(quantity: Quantity) -> float:
    """A figure in the unit in which all of its kind are compared: a year's price by the month."""
    return tidy(quantity.value * common_unit(quantity.unit)[1])


def _comparable(matching: Sequence[Sequence[Measure]]) -> bool:
    """Whether figures may measure one thing: days of a trial and milliseconds of delay do not."""
    values = [abs(common_value(measures[0].quantity)) for measures in matching]
    return min(values) == 0 or max(values) / min(values) <= _WIDEST


def _agree(measures: Sequence[Measure]) -> bool:
    return len({(common_unit(m.quantity.unit)[0], common_value(m.quantity)) for m in measures}) <= 1
