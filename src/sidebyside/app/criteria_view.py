"""Criteria in the reader's own words as rows of the side-by-side view: the form, the grid, and its rows for sheets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sidebyside.app.drawing import Drawing
from sidebyside.app.evidence_view import CLASS_NAMES, card_html, clauses
from sidebyside.app.grid_view import cell_html
from sidebyside.app.markup import CITATION, clean

if TYPE_CHECKING:
    from sidebyside.app.spreadsheets import Rows
    from sidebyside.records import Answer, Cell, Grid

PREFIX = "own"
MOST_WORDS = 200
# What stands before a cell's text where it is not plainly stated.
_STATES = {"stated": "", "denied": "no: ", "silent": "not stated", "conflict": "pages disagree: "}


def form_html() -> str:
    """Where a criterion is added; it stays while cells are being written."""
    return (
        '<form class="add-criterion"><label for="own-words">Compare on anything, in your words</label>'
        f'<div class="need-line"><input id="own-words" type="text" maxlength="{MOST_WORDS}" autocomplete="off" '
        'placeholder="runs on a phone, licence that allows selling ...">'
        '<button type="submit">Add</button></div></form><p class="sr-only" role="status"></p>'
    )


def criteria_html(answer: Answer, titles: Mapping[str, str], *, writing: bool = False) -> str:
    """The grid of an answer to criteria: a row each that can be removed, artifacts in their colours, quotes below."""
    grid = answer.grid
    if grid is None:
        return ""
    colours = {label: place for place, label in enumerate(grid.artifacts, start=1)}
    drawing = Drawing(answer, PREFIX, colours, titles)
    heads = "".join(
        f'<th scope="col" role="columnheader" class="{drawing.side(label)}" data-met="{met}" dir="auto">{clean(label)}'
        f"<small>{met} of {len(grid.criteria)} stated</small></th>"
        for label, met in zip(grid.artifacts, grid.met, strict=True)
    )
    rows = "".join(_row_html(drawing, grid, place) for place in range(len(grid.criteria)))
    busy = ' aria-busy="true"' if writing else ""
    return (
        f'<section class="own-criteria" data-criteria="{clean(json.dumps(list(grid.criteria)))}"{busy}>'
        f'<div class="own-head"><h3>Your criteria</h3>{_order_html(grid)}</div>'
        '<div class="table-scroll grid-scroll" tabindex="0" role="region" aria-label="Your criteria">'
        f'<table class="grid" role="table"><thead role="rowgroup"><tr role="row"><td role="cell"></td>{heads}</tr>'
        f'</thead><tbody role="rowgroup">{rows}</tbody></table></div>{_quotes_html(drawing)}</section>'
    )


def problem_html(text: str, criteria: Sequence[str]) -> str:
    """Why the cells of these criteria could not be filled."""
    return (
        f'<section class="own-criteria" data-criteria="{clean(json.dumps(list(criteria)))}">'
        f'<p class="problem failed" role="alert">{clean(text)}</p></section>'
    )


def _order_html(grid: Grid) -> str:
    """The choice of what artifacts are ordered by; own.js moves the columns of every table."""
    by = "".join(
        f'<option value="{place}">{clean(criterion)}</option>' for place, criterion in enumerate(grid.criteria)
    )
    return (
        '<label class="own-order">Order artifacts by <select data-action="order"><option value="">as chosen</option>'
        f'<option value="met">most stated</option>{by}</select></label>'
    )


def _row_html(drawing: Drawing, grid: Grid, place: int) -> str:
    words = clean(grid.criteria[place])
    cells = "".join(
        cell_html(drawing, label, cell) for label, cell in zip(grid.artifacts, grid.cells[place], strict=True)
    )
    return (
        f'<tr role="row" class="{"same" if is_same(grid.cells[place]) else "differs"}">'
        f'<th scope="row" role="rowheader" dir="auto"><span class="criterion">{words}</span> <button type="button" '
        f'class="drop" data-action="remove" data-place="{place}" aria-label="Remove criterion {words}">×</button></th>'
        f"{cells}</tr>"
    )


def is_same(cells: Sequence[Cell]) -> bool:
    """Whether a row says the same of all: one state and, of a table's values, one value."""
    values = {CITATION.sub("", cell.text).strip() for cell in cells if cell.by == "table"}
    return len({cell.state for cell in cells}) == 1 and len(values) <= 1


def _quotes_html(drawing: Drawing) -> str:
    answer = drawing.answer
    if not answer.citations:
        return ""
    cards = "".join(
        card_html(item, drawing, f"{PREFIX}-c{item.number}", clauses=clauses(answer, item.number))
        for item in answer.citations
    )
    title = "The quote" if len(answer.citations) == 1 else f"All {len(answer.citations)} quotes"
    return (
        f'<div class="folds"><details class="evidence" id="{PREFIX}-evidence"><summary>{title} behind these cells'
        f'</summary><div class="cards">{cards}</div></details></div>'
    )


def said(cell: Cell) -> str:
    """A cell in plain words, without its citations."""
    return f"{_STATES[cell.state]}{CITATION.sub('', cell.text).strip() if cell.state != 'silent' else ''}"


def criteria_rows(answer: Answer, titles: Mapping[str, str]) -> Rows:
    """The grid as rows of a sheet: each criterion, and below it the quotes with their pages."""
    if answer.grid is None:
        return []
    cited = {item.number: f"“{item.quote}” ({titles.get(item.source, item.source)})" for item in answer.citations}
    rows = []
    for criterion, cells in zip(answer.grid.criteria, answer.grid.cells, strict=True):
        rows.append([criterion, *map(said, cells)])
        quotes = [" ".join(cited[number] for number in cell.citations if number in cited) for cell in cells]
        rows += [[f"{criterion}: quotes", *quotes]] if any(quotes) else []
    return rows


def quote_rows(answer: Answer, titles: Mapping[str, str]) -> Rows:
    """Every quote behind the grid, with its artifact, class and place."""
    rows = [["Artifact", "Evidence", "Quote", "Page", "File", "Characters"]]
    for item in answer.citations:
        page = titles.get(item.source, item.source)
        kind = CLASS_NAMES[item.evidence_class][0]
        rows.append([item.artifact, kind, item.quote, page, item.source, f"{item.start}-{item.end}"])
    return rows
