"""The grid of an answer: criteria down, artifacts across, in the order in which they were asked for.

On a narrow screen every row is a card of its own (page.css), so each cell carries the name of its artifact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sidebyside.app.markup import CITATION, NO_BREAK, clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.app.drawing import Drawing
    from sidebyside.records import Answer, Cell, Grid

# Intents for which it is worth saying how many criteria an artifact meets.
_COUNTED = {"recommend", "find", "supports"}
_NO = re.compile(r"no\b[\s:,.–—-]*", re.IGNORECASE)
# A pen, drawn: fonts differ in how they show one.
PEN = (
    '<svg class="pen" viewBox="0 0 12 12" width="11" height="11" aria-hidden="true">'
    '<path d="M8.6 1.2l2.2 2.2-6.6 6.6-2.9.7.7-2.9z"/></svg>'
)


def columns(answer: Answer, grid: Grid) -> list[int]:
    """The grid's columns, those first that the question named, in its order."""
    named = list(answer.reading.artifacts) if answer.reading else []
    places = {label: named.index(label) for label in grid.artifacts if label in named}
    return sorted(
        range(len(grid.artifacts)), key=lambda column: (places.get(grid.artifacts[column], len(named)), column)
    )


def grid_html(drawing: Drawing, grid: Grid) -> str:
    """The grid as a table that stays one for a screen reader when its rows become cards."""
    order = columns(drawing.answer, grid)
    heads = "".join(_head_html(drawing, grid, column) for column in order)
    rows = "".join(_row_html(drawing, grid, row, order) for row in range(len(grid.criteria)))
    return (
        f'<div class="table-scroll grid-scroll" tabindex="0" role="region" aria-label="Comparison">'
        f'<table class="grid" role="table"><thead role="rowgroup"><tr role="row">'
        f'<td role="cell"></td>{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table></div>'
    )


def _head_html(drawing: Drawing, grid: Grid, column: int) -> str:
    label = grid.artifacts[column]
    intent = drawing.answer.reading.intent if drawing.answer.reading else ""
    counted = intent in _COUNTED and len(grid.criteria) > 1 and column < len(grid.met)
    met = f"<small>meets {grid.met[column]} of {len(grid.criteria)}</small>" if counted else ""
    return f'<th scope="col" role="columnheader" class="{drawing.side(label)}" dir="auto">{clean(label)}{met}</th>'


def _row_html(drawing: Drawing, grid: Grid, row: int, order: Sequence[int]) -> str:
    cells = "".join(cell_html(drawing, grid.artifacts[column], grid.cells[row][column]) for column in order)
    return f'<tr role="row"><th scope="row" role="rowheader" dir="auto">{clean(grid.criteria[row])}</th>{cells}</tr>'


def cell_html(drawing: Drawing, label: str, cell: Cell) -> str:
    """One cell of a grid, with the name of its artifact for narrow screens."""
    side = drawing.side(label)
    name = f'<span class="cell-name" aria-hidden="true" dir="auto">{clean(label)}</span>'
    body = _body_html(drawing, cell)
    mark = f'{NO_BREAK}{PEN}<span class="sr-only"> (written by the model)</span>' if cell.by == "model" else ""
    return (
        f'<td role="cell" class="cell {cell.state} by-{cell.by} {side}" dir="auto">{name}'
        f'<span class="cell-text">{body}{mark}</span></td>'
    )


def _body_html(drawing: Drawing, cell: Cell) -> str:
    if cell.state == "silent":
        return "not stated"
    text = with_chips(cell, drawing.answer)
    if cell.state == "denied":
        rest = _NO.sub("", text, count=1) if _NO.match(text) else text
        return f'<b class="no">no</b>{": " if _said(rest) else " "}{drawing.inline(rest)}'
    if cell.state == "conflict":
        values = "".join(f"<li>{drawing.inline(value)}</li>" for value in text.split(" / "))
        return f'<span class="flag">pages disagree</span><ul class="both">{values}</ul>'
    return drawing.inline(text)


def _said(text: str) -> str:
    return CITATION.sub("", text).strip(" .")


def with_chips(cell: Cell, answer: Answer) -> str:
    """The cell's text with a [n] for every quote; the quotes' own words where it has no text."""
    text = cell.text.strip()
    quotes = {item.number: item.quote for item in answer.citations}
    if not text:
        text = " / ".join(f"{quotes[number]} [{number}]" for number in cell.citations if number in quotes)
    there = {int(match[1]) for match in CITATION.finditer(text)}
    missing = [f"[{number}]" for number in cell.citations if number in quotes and number not in there]
    return " ".join([text, *missing])


def grid_markdown(answer: Answer, grid: Grid) -> str:
    """The grid as a Markdown table, for the clipboard."""
    order = columns(answer, grid)
    lines = [_line(["", *(grid.artifacts[column] for column in order)]), "|---" * (len(order) + 1) + "|"]
    for criterion, row in zip(grid.criteria, grid.cells, strict=True):
        lines.append(_line([criterion, *(_plain_cell(row[column], answer) for column in order)]))
    return "\n".join(lines)


def _plain_cell(cell: Cell, answer: Answer) -> str:
    if cell.state == "silent":
        return "not stated"
    text = with_chips(cell, answer)
    return f"no: {text}" if cell.state == "denied" and not _NO.match(text) else text


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
