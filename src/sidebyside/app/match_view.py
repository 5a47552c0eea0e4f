"""A match as HTML: wishes as chips to be changed, artifacts by what they meet, what each wish rules out, and quotes.

On a narrow screen every artifact is a card of its own (page.css), so each cell carries the name of its wish.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sidebyside.app.drawing import Drawing
from sidebyside.app.evidence_view import card_html
from sidebyside.app.grid_view import with_chips
from sidebyside.app.markup import clean
from sidebyside.app.spreadsheets import csv_text
from sidebyside.records import MOST_SHOWN, ROLES, Answer, Cell, Match, Wish

if TYPE_CHECKING:
    from sidebyside.app.spreadsheets import Rows

WEIGHTS = (1, 2, 3, 5, 10)
PREFIX = "match"
# What a state means for a wish, in words that a reader and a spreadsheet see.
STATES = {"stated": "met", "denied": "not met", "silent": "not stated", "conflict": "pages disagree"}


def match_html(match: Match, titles: Mapping[str, str]) -> str:
    """The whole match; `titles` say what its pages are called, by file."""
    drawing = Drawing(Answer(match.need, match.text, "answered", match.citations, grid=match.grid), PREFIX, {}, titles)
    notes = "".join(f'<li class="note">{clean(note)}</li>' for note in match.notes)
    return (
        f'<section class="match" aria-label="Match" data-link="{clean(match_query(match))}" '
        f'data-said="{clean(_said(match))}">{_wishes_html(match)}'
        f'<div class="direct">{drawing.markdown(match.text)}</div>'
        f"{_table_html(match, drawing)}{_more_html(match)}{_ruled_out_html(match)}"
        + (f'<ul class="notes" aria-label="Notes">{notes}</ul>' if notes else "")
        + f"{_quotes_html(drawing)}{_keep_html(match, titles)}</section>"
    )


def _said(match: Match) -> str:
    """The match in a line, for who listens to the page."""
    if not match.artifacts:
        return "The library is empty"
    return f"{match.artifacts[0].label} comes first of {match.total}, meeting {match.counted(0)}"


# --- wishes ----------------------------------------------------------------------------------------------------------


def _wishes_html(match: Match) -> str:
    chips = "".join(_wish_html(wish, place) for place, wish in enumerate(match.asked))
    chips += "".join(_wish_html(Wish(name, "not"), len(match.asked) + n) for n, name in enumerate(match.excluded))
    only = "".join(
        f'<li class="chip wish only" data-name="{clean(name)}"><span>among: {clean(name)}</span>{_drop(name)}</li>'
        for name in match.among
    )
    return (
        f'<ul class="wishes" aria-label="Wishes" data-most="{max(len(match.artifacts), 1)}">{chips}{only}'
        '<li class="chip more"><button type="button" data-action="add" data-part="add">+ wish</button></li></ul>'
    )


def _wish_html(wish: Wish, place: int) -> str:
    words = clean(wish.text)
    roles = "".join(
        f'<option value="{role}"{" selected" if role == wish.role else ""}>{role}</option>' for role in ROLES
    )
    weights = sorted({*WEIGHTS, wish.weight})
    weighed = "".join(
        f'<option value="{weight:g}"{" selected" if weight == wish.weight else ""}>×{weight:g}</option>'
        for weight in weights
    )
    return (
        f'<li class="chip wish role-{wish.role}" data-place="{place}" data-text="{words}" '
        f'data-query="{clean(wish.query)}" data-row="{clean(wish.row)}">'
        f'<select data-part="role" aria-label="Must, nice or not: {words}">{roles}</select>'
        f'<button type="button" class="words" data-action="reword" data-part="words" dir="auto" '
        f'aria-label="Reword {words}">{words}</button>'
        f'<select data-part="weight" aria-label="Weight of {words}">{weighed}</select>{_drop(wish.text)}</li>'
    )


def _drop(words: str) -> str:
    return (
        f'<button type="button" class="drop" data-action="drop" data-part="drop" aria-label="Remove {clean(words)}">'
        "×</button>"
    )


def match_query(match: Match) -> str:
    """The query that opens this match again: wishes as the shell takes them, "3*offline" with its weight."""
    pairs = [("tab", "match")]
    for wish in match.asked:
        weight = f"{wish.weight:g}*" if wish.weight != 1 else ""
        pairs.append((wish.role, weight + wish.text))
    pairs += [("not", name) for name in match.excluded]
    pairs += [("among", name) for name in match.among]
    return urlencode(pairs)


# --- the table -------------------------------------------------------------------------------------------------------


def _table_html(match: Match, drawing: Drawing) -> str:
    if not match.artifacts:
        return '<p class="hint">The library is empty: add comparison pages on the Library tab.</p>'
    heads = "".join(
        f'<th scope="col" role="columnheader" dir="auto">{clean(head)}<small>{_rules_out(match, place)}</small></th>'
        for place, head in enumerate(match.table.header[1:])
    )
    rows = "".join(_row_html(match, drawing, place) for place in range(len(match.artifacts)))
    return (
        '<div class="table-scroll grid-scroll" tabindex="0" role="region" aria-label="Artifacts by what they meet">'
        f'<table class="grid matched" role="table" style="--wishes: {len(match.wishes)}"><thead role="rowgroup">'
        f'<tr role="row"><td role="cell"></td>{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table></div>'
    )


def _rules_out(match: Match, place: int) -> str:
    if match.asked[place].role == "nice":
        return "rules nothing out"
    return f"rules out {match.excludes[place]} of {match.total}"


def _row_html(match: Match, drawing: Drawing, place: int) -> str:
    artifact = match.artifacts[place]
    cells = "".join(
        _cell_html(drawing, head, row[place])
        for head, row in zip(match.table.header[1:], match.grid.cells, strict=True)
    )
    return (
        f'<tr role="row"><th scope="row" role="rowheader" dir="auto"><b>{clean(artifact.label)}</b>'
        f"<small>{clean(artifact.type)} · {match.counted(place)}</small></th>{cells}</tr>"
    )


def _cell_html(drawing: Drawing, wish: str, cell: Cell) -> str:
    name = f'<span class="cell-name" aria-hidden="true" dir="auto">{clean(wish)}</span>'
    said = "" if cell.state == "silent" else f": {drawing.inline(with_chips(cell, drawing.answer))}"
    state = f'<span class="state{" sr-only" if cell.state == "stated" else ""}">{STATES[cell.state]}</span>'
    # The mark says "met" to who sees, the word to who listens.
    said = f'<span class="sr-only">: </span>{said[2:]}' if cell.state == "stated" else said
    return (
        f'<td role="cell" class="cell {cell.state} by-{cell.by}" dir="auto">{name}'
        f'<span class="cell-text">{state}{said}</span></td>'
    )


def _more_html(match: Match) -> str:
    shown, all_of_them = len(match.artifacts), min(match.total, MOST_SHOWN)
    if shown >= all_of_them:
        return ""
    return (
        f'<p class="hint">{shown} of {match.total:,} artifacts. <button type="button" class="small" data-action="more" '
        f'data-part="more" data-most="{all_of_them}">Show {all_of_them}</button></p>'
    )


def _ruled_out_html(match: Match) -> str:
    """Each wish, what it rules out, and who is left without it; the one that rules out most first."""
    if len(match.wishes) < 2 or not any(match.excludes):
        return ""
    order = sorted(range(len(match.wishes)), key=lambda place: -match.excludes[place])
    heads = match.table.header[1:]
    rows = "".join(
        f'<tr><th scope="row" dir="auto">{clean(heads[place])}</th><td>{match.excludes[place]} of {match.total}</td>'
        f'<td dir="auto">{_left(match.without[place])}</td><td><button type="button" class="small" '
        f'data-action="without" data-place="{place}" aria-label="Drop {clean(heads[place])}">Drop it</button></td></tr>'
        for place in order
        if match.asked[place].role != "nice"
    )
    return (
        '<details class="ruled-out" id="match-ruled-out" open><summary>What each wish rules out</summary>'
        '<div class="table-scroll" tabindex="0" role="region" aria-label="What each wish rules out">'
        '<table class="facts"><thead><tr><th scope="col">Wish</th><th scope="col">Rules out</th>'
        f'<th scope="col">Keep all the others</th><td></td></tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _left(labels: Sequence[str]) -> str:
    return clean(", ".join(labels)) if labels else '<span class="unstated">none</span>'


# --- quotes and what can be taken along ------------------------------------------------------------------------------


def _quotes_html(drawing: Drawing) -> str:
    citations = drawing.answer.citations
    if not citations:
        return ""
    cards = "".join(card_html(item, drawing, f"{PREFIX}-c{item.number}") for item in citations)
    title = "The quote" if len(citations) == 1 else f"All {len(citations)} quotes"
    return (
        f'<div class="folds"><details class="evidence" id="{PREFIX}-evidence"><summary>{title} behind this match'
        f'</summary><div class="cards">{cards}</div></details></div>'
    )


def _keep_html(match: Match, titles: Mapping[str, str]) -> str:
    if not match.artifacts:
        return ""
    return (
        f'<pre class="csv" hidden>{clean(csv_text(match_rows(match, titles)))}</pre>'
        f'<nav class="links" aria-label="Keep this match"><a href="?{clean(match_query(match))}">Link to this match</a>'
        '<button type="button" class="action" data-action="copy">Copy CSV</button>'
        '<button type="button" class="action" data-action="download">Download CSV</button></nav>'
    )


def match_rows(match: Match, titles: Mapping[str, str]) -> Rows:
    """The match as the rows of a sheet: for each wish what is known, the quote that says so, and its page."""
    quotes = {citation.number: citation for citation in match.citations}
    heads = [part for head in match.table.header[1:] for part in (head, f"{head}: quote", f"{head}: page")]
    rows = [["Artifact", "Type", "Meets", *heads]]
    for place, artifact in enumerate(match.artifacts):
        line = [artifact.label, artifact.type, match.counted(place)]
        for row in match.grid.cells:
            cited = [quotes[number] for number in row[place].citations if number in quotes]
            pages = dict.fromkeys(titles.get(item.source, item.source) for item in cited)
            line += [STATES[row[place].state], " / ".join(item.quote for item in cited), " / ".join(pages)]
        rows.append(line)
    return rows
