"""Two to twelve artifacts side by side: table rows, scores as ranges, and the order the reader's weights give.

A score is a range because pages can disagree; a score that no page states is the whole scale. A total is therefore a
range too, and an order counts as settled only where the ranges do not overlap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sidebyside.records import SHOWN
from sidebyside.records.schema import SCALES

if TYPE_CHECKING:
    from sidebyside.records import Artifact, Fact

MIN_SIDES, MAX_SIDES = 2, SHOWN
MAX_WEIGHT = 10.0
DEFAULT_WEIGHTS: Mapping[str, float] = dict.fromkeys(SCALES, 5.0)

_SCORE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/\s*\d+(?:\.\d+)?)?\s*")


@dataclass(frozen=True, slots=True)
class Row:
    """One table label: for each artifact its facts (none, one, or several that disagree)."""

    label: str
    cells: tuple[tuple[Fact, ...], ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Score:
    """An artifact's score on one label as a range; `stated` is false where no page gives it."""

    low: float
    high: float
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Total:
    """An artifact's weighted total between 0 and 100, as a range."""

    artifact: str
    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Flip:
    """The weight of `label` at which `below` draws level with `above`, the other weights staying as they are."""

    label: str
    weight: float
    above: str
    below: str


@dataclass(frozen=True, slots=True)
class Sides:
    """Everything the side-by-side view shows; `scores` holds one Score per artifact for every label of SCALES."""

    artifacts: tuple[Artifact, ...]
    rows: tuple[Row, ...]
    scores: Mapping[str, tuple[Score, ...]]
    weights: Mapping[str, float]
    totals: tuple[Total, ...]
    flips: tuple[Flip, ...]

    @property
    def settled(self) -> bool:
        """Whether the first place holds for every value inside the ranges."""
        return len(self.totals) < 2 or self.totals[0].low > self.totals[1].high


def compare_sides(artifacts: Sequence[Artifact], weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> Sides:
    """Lay two to twelve artifacts side by side. `weights` run from 0 to 10 for the labels of SCALES."""
    used = {label: min(max(float(weights.get(label, 0)), 0), MAX_WEIGHT) for label in SCALES}
    scores = {label: tuple(_score(artifact, label) for artifact in artifacts) for label in SCALES}
    totals = sorted(
        (_total(artifact.label, position, scores, used) for position, artifact in enumerate(artifacts)),
        key=lambda total: (-total.middle, total.artifact),
    )
    positions = {artifact.label: position for position, artifact in enumerate(artifacts)}
    flips = [flip for above, below in pairwise(totals) for flip in _flips(above, below, positions, scores, used)]
    return Sides(tuple(artifacts), _rows(artifacts), scores, used, tuple(totals), tuple(flips))


def _rows(artifacts: Sequence[Artifact]) -> tuple[Row, ...]:
    """Every label that any of the artifacts has, in the order of the pages."""
    labels = dict.fromkeys(fact.label for artifact in artifacts for fact in artifact.facts)
    rows = []
    for label in labels:
        cells = tuple(_distinct(artifact.values(label)) for artifact in artifacts)
        values = {tuple(sorted(fact.value for fact in cell)) for cell in cells}
        rows.append(Row(label, cells, differs=len(values) > 1))
    return tuple(rows)


def _distinct(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """One fact for each different value."""
    return tuple({fact.value: fact for fact in reversed(facts)}.values())[::-1]


def _score(artifact: Artifact, label: str) -> Score:
    values = [float(match[1]) for fact in artifact.values(label) if (match := _SCORE.fullmatch(fact.value))]
    if not values:
        return Score(0, SCALES[label], stated=False)
    return Score(min(values), min(max(values), SCALES[label]))


def _total(name: str, position: int, scores: Mapping[str, Sequence[Score]], weights: Mapping[str, float]) -> Total:
    whole = sum(weights.values()) or 1
    shares = {label: weights[label] / whole / SCALES[label] * 100 for label in SCALES}
    low = sum(scores[label][position].low * share for label, share in shares.items())
    high = sum(scores[label][position].high * share for label, share in shares.items())
    return Total(name, low, high)


def _flips(
    above: Total,
    below: Total,
    positions: Mapping[str, int],
    scores: Mapping[str, Sequence[Score]],
    weights: Mapping[str, float],
) -> list[Flip]:
    """Single weights that would bring `below` level with `above`.

    With middles m, the lead is the sum of weight * (m_above - m_below): linear in each weight, so each has one root.
    """
    first, second = positions[above.artifact], positions[below.artifact]
    gaps = {label: (_middle(row[first]) - _middle(row[second])) / SCALES[label] for label, row in scores.items()}
    lead = sum(weights[label] * gap for label, gap in gaps.items())
    found = []
    for label, gap in gaps.items():
        if gap and lead:
            weight = weights[label] - lead / gap
            if 0 <= weight <= MAX_WEIGHT:
                found.append(Flip(label, weight, above.artifact, below.artifact))
    return found


def _middle(score: Score) -> float:
    return (score.low + score.high) / 2
