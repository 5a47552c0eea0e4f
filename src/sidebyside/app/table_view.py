"""The table of an answer: what differs first, what is the same on request; scores fold away below a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sidebyside.app.markup import clean, split_citations
from sidebyside.app.sides import MAX_SIDES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.app.drawing import Drawing
    from sidebyside.records import Answer

# A table of so few rows is shown whole.
FEW_ROWS = 4
# What the rows of a page's table are, for those who have not met them.
MEANINGS = {
    "unfragilerank": "<b>UnfragileRank</b> is the page publisher's overall score, out of 100.",
    "adoption": "<b>Adoption</b>, <b>Quality</b> and <b>Ecosystem</b> are parts of it, rounded to 0 or 1.",
    "match graph": "<b>Match Graph</b> and <b>Times Matched</b> say how often the publisher's own search led there.",
    "capabilities": "<b>Capabilities</b> counts what the publisher listed (“decomposed”); a page shows up to eight.",
}
_SAME_MEANING = {"quality": "adoption", "ecosystem": "adoption", "times matched": "match graph"}


def table_html(drawing: Drawing) -> str:
    """The table of an answer that has no grid, and the way to the side-by-side view."""
    table = drawing.answer.table
    if table is None:
        return ""
    told = meanings([row[0] for row in table.rows if row])
    explained = f"<summary>What these rows are</summary><p>{told}</p>" if told else ""
    if explained:
        explained = f'<details class="meaning" id="{drawing.prefix}-meaning">{explained}</details>'
    return f'<div class="table-box">{_rows_html(drawing, table.rows)}{sides_link(drawing.answer)}{explained}</div>'


def _rows_html(drawing: Drawing, rows: Sequence[Sequence[str]]) -> str:
    """What differs, in text as well as in colour, and on request what is the same."""
    header = drawing.answer.table.header if drawing.answer.table else ()
    heads = "".join(
        f'<th scope="col" class="{drawing.side(label)}" dir="auto">{clean(label)}</th>' for label in header[1:]
    )
    shown = [row for row in rows if _stands_out(row)] or list(rows)
    hidden = [row for row in rows if row not in shown]
    if len(rows) <= FEW_ROWS:
        shown, hidden = list(rows), []
    same = f"{drawing.prefix}-same"
    more = "".join(_row_html(row, drawing) for row in hidden)
    return (
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="Comparison table">'
        f'<table class="facts">'
        f"<thead><tr><td></td>{heads}</tr></thead>"
        f"<tbody>{''.join(_row_html(row, drawing) for row in shown)}</tbody>"
        + (f'<tbody class="same-rows" id="{same}">{more}</tbody>' if hidden else "")
        + f"</table></div>{_same_button(len(hidden), drawing.prefix)}"
    )


def scores_html(drawing: Drawing) -> str:
    """Below a grid: the rows that it does not hold, folded, with a word on what they are."""
    answer = drawing.answer
    if answer.table is None or answer.grid is None:
        return ""
    asked = {criterion.casefold() for criterion in answer.grid.criteria}
    rows = [row for row in answer.table.rows if row and row[0].casefold() not in asked]
    if not rows:
        return ""
    told = meanings([row[0] for row in rows])
    return (
        f'<details class="scores" id="{drawing.prefix}-scores"><summary>Scores and other rows of the pages</summary>'
        f"{f'<p>{told}</p>' if told else ''}{_rows_html(drawing, rows)}</details>"
    )


def meanings(labels: Sequence[str]) -> str:
    """A word on what these rows are."""
    names = dict.fromkeys(_SAME_MEANING.get(label, label) for label in map(str.casefold, labels))
    return " ".join(MEANINGS[name] for name in names if name in MEANINGS)


def _stands_out(row: Sequence[str]) -> bool:
    """Whether a row differs between the sides or carries a citation."""
    return _differs(row) or any(isinstance(part, int) for cell in row[1:] for part in split_citations(cell))


def _differs(row: Sequence[str]) -> bool:
    return len({_without_citations(cell) for cell in row[1:]}) > 1


def _same_button(count: int, prefix: str) -> str:
    if not count:
        return ""
    return (
        f'<button type="button" class="rows-toggle" id="{prefix}-rows" data-action="rows" aria-expanded="false" '
        f'aria-controls="{prefix}-same">{count} rows are the same</button>'
    )


def sides_link(answer: Answer) -> str:
    """The way to the side-by-side view of the answer's artifacts, where they fit there."""
    if not 2 <= len(answer.artifacts) <= MAX_SIDES:
        return ""
    query = urlencode([("compare", name) for name in answer.artifacts])
    return f'<a class="sides-link" href="?{clean(query)}">Open side by side</a>'


def _row_html(row: Sequence[str], drawing: Drawing) -> str:
    differs = _differs(row)
    cells = "".join(f'<td dir="auto">{drawing.plain(cell)}</td>' for cell in row[1:])
    mark = '<span class="sr-only"> (differs)</span>' if differs else ""
    return f'<tr class="{"differs" if differs else "same"}"><th scope="row">{clean(row[0])}{mark}</th>{cells}</tr>'


def _without_citations(cell: str) -> str:
    return "".join(part for part in split_citations(cell) if isinstance(part, str)).strip().casefold()
