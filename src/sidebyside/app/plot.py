"""Scores as inline SVG: one row per score and artifact, on an axis that shows the whole scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.app.markup import clean
from sidebyside.records.schema import SCALES

if TYPE_CHECKING:
    from sidebyside.app.sides import Score, Sides

BAR, GAP, AXIS = 10, 6, 20


def plot_html(sides: Sides) -> str:
    """All scores; positions are in percent, so the drawing fits any width and its letters keep their size."""
    rows = "".join(_row_html(sides, label) for label in SCALES if any(score.stated for score in sides.scores[label]))
    return f'<div class="plot">{rows}</div>' if rows else ""


def _row_html(sides: Sides, label: str) -> str:
    scale = SCALES[label]
    scores = sides.scores[label]
    height = len(scores) * (BAR + GAP) + AXIS
    words = "; ".join(
        f"{artifact.label}: {describe(score, scale)}" for artifact, score in zip(sides.artifacts, scores, strict=True)
    )
    bars = "".join(_bar_svg(position, score, scale) for position, score in enumerate(scores))
    kind = "rank" if scale > 1 else "component"
    drawing = (
        f'<svg role="img" aria-label="{clean(f"{label}. {words}")}" width="100%" height="{height}">'
        f"{_axis_svg(scale, height)}{bars}</svg>"
    )
    return f'<figure class="{kind}"><figcaption>{clean(label)}</figcaption>{drawing}</figure>'


def describe(score: Score, scale: float) -> str:
    """A score in words: its value, its range where pages disagree, or that it is not stated."""
    if not score.stated:
        return "not stated"
    if score.low == score.high:
        return f"{score.low:g} of {scale:g}"
    return f"{score.low:g} to {score.high:g} of {scale:g}, pages disagree"


def _axis_svg(scale: float, height: int) -> str:
    """Tick lines over the whole scale: quarters of 100, or the two values a rounded component can have."""
    ticks = [0, 25, 50, 75, 100] if scale > 1 else [0, 1]
    drawn = []
    for tick in ticks:
        at = tick / scale
        anchor = "start" if at == 0 else "end" if at == 1 else "middle"
        drawn.append(
            f'<line class="tick" x1="{at:.2%}" x2="{at:.2%}" y1="0" y2="{height - AXIS}"/>'
            f'<text class="tick-label" x="{at:.2%}" y="{height - 5}" text-anchor="{anchor}">{tick}</text>'
        )
    return "".join(drawn)


def _bar_svg(position: int, score: Score, scale: float) -> str:
    y = position * (BAR + GAP) + GAP // 2
    side = f"side-{position + 1}"
    middle = y + BAR // 2
    if not score.stated:
        return f'<text class="unstated" x="1%" y="{middle + 4}">not stated</text>'
    low, high = score.low / scale, score.high / scale
    # A zero still gets a mark: an empty row would look like a missing value.
    bar = f'<rect class="bar {side}" x="0" y="{y}" width="{low:.2%}" height="{BAR}"/>'
    dot = f'<circle class="dot {side}" cx="{low:.2%}" cy="{middle}" r="4"/>' if low == 0 else ""
    if high <= low:
        return bar + dot
    ends = "".join(
        f'<line class="range {side}" x1="{at:.2%}" x2="{at:.2%}" y1="{y}" y2="{y + BAR}"/>' for at in (low, high)
    )
    return f'{bar}{dot}<rect class="band {side}" x="{low:.2%}" y="{y}" width="{high - low:.2%}" height="{BAR}"/>{ends}'
