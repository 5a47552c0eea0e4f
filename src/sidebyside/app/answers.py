"""Turns -> HTML: the lead, the grid (or the table), prose, notes, how it was understood, and actions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sidebyside.app.drawing import Drawing
from sidebyside.app.evidence_view import CLASS_NAMES, evidence_html
from sidebyside.app.grid_view import PEN, grid_html, grid_markdown
from sidebyside.app.markup import clean, message_html
from sidebyside.app.palette import palette
from sidebyside.app.table_view import scores_html, sides_link, table_html
from sidebyside.app.understood import understood_html
from sidebyside.text.markup import split_text

if TYPE_CHECKING:
    from sidebyside.app.turns import Turn
    from sidebyside.records import Answer

STATUS_NAMES = {
    "answered": "",
    "partial": "Only part of this is stated on the pages",
    "not_found": "Your pages do not state this",
}


def turn_html(turn: Turn, number: int, *, last: bool = False, colours: Mapping[str, int] | None = None) -> str:
    """One turn; `number` counts from 1 and makes the ids unique. Only the `last` turn can be edited or retried.

    `colours` are those of the conversation (palette.py); without them the turn stands alone.
    """
    prefix = f"turn-{number}"
    body = _body_html(turn, number, prefix, last, palette([turn])[0] if colours is None else colours)
    busy = ' aria-busy="true"' if turn.running else ""
    # What the copy button copies and what the browser keeps for the next visit; plain text in hidden elements.
    kept = "" if turn.running else f'<pre hidden class="turn-data">{clean(json.dumps(turn.to_dict()))}</pre>'
    if turn.answer is not None and not turn.running:
        kept += f'<pre hidden class="copy-text">{clean(copy_text(turn))}</pre>'
    return (
        f'<article class="turn turn-{turn.state}" id="{prefix}" data-turn="{number}" data-key="{clean(turn.id)}" '
        f'aria-labelledby="{prefix}-question"><h2 class="question" id="{prefix}-question" tabindex="-1" dir="auto">'
        f'{clean(turn.question)}</h2><div class="answer"{busy}>{body}</div>{kept}</article>'
    )


def copy_text(turn: Turn) -> str:
    """The turn as Markdown: lead, grid, notes, and the quotes below them."""
    answer = turn.answer
    if answer is None:
        return turn.question
    quotes = [
        f'[{item.number}] {item.artifact}, {CLASS_NAMES[item.evidence_class][0]}: "{item.quote}" '
        f"({_place(item.source, turn.titles)}, characters {item.start}-{item.end})"
        for item in answer.citations
    ]
    lead, rest = split_text(answer.text)
    grid = grid_markdown(answer, answer.grid) if answer.grid else ""
    notes = [f"Note: {note}" for note in answer.notes]
    parts = [f"**{turn.question}**", lead, grid, rest, *notes, "\n".join(quotes)]
    return "\n\n".join(filter(None, parts)).strip()


def _place(file: str, titles: Mapping[str, str]) -> str:
    return f"{titles[file]}: {file}" if file in titles else file


def _body_html(turn: Turn, number: int, prefix: str, last: bool, colours: Mapping[str, int]) -> str:
    if turn.answer is None:
        waiting = _pending_html("Looking through your pages") if turn.running else ""
        return waiting + _problem_html(turn) + _actions_html(turn, number, last)
    return answer_parts_html(turn, Drawing(turn.answer, prefix, colours, turn.titles), number, last)


def answer_parts_html(turn: Turn, drawing: Drawing, number: int, last: bool) -> str:
    """The answer from its lead down to what can be asked next."""
    answer = drawing.answer
    writing = _pending_html(_progress(answer)) if turn.running else ""
    # Below sentences that are still coming it would be pushed down again and again; chips find their quotes in it.
    unseen = " hidden" if turn.running and answer.grid is None else ""
    return (
        understood_html(drawing, last=last, running=turn.running)
        + _status_html(answer)
        + lead_and_grid_html(drawing)
        + f'<div class="folds"{unseen}>{scores_html(drawing)}{evidence_html(drawing)}'
        f"{sides_link(answer) if answer.grid else ''}</div>"
        + writing
        + _problem_html(turn)
        + ("" if turn.running else _actions_html(turn, number, last) + _suggestions_html(answer, last))
    )


def lead_and_grid_html(drawing: Drawing) -> str:
    """The point, what it rests on, and what is left to read."""
    answer = drawing.answer
    lead, rest = split_text(answer.text)
    middle = grid_html(drawing, answer.grid) if answer.grid else table_html(drawing) if answer.table else ""
    return (
        f'<div class="direct" aria-live="polite">{drawing.markdown(lead)}</div>{middle}{_notes_html(drawing)}'
        f'<div class="prose-lane">{drawing.markdown(rest)}</div>'
    )


def _progress(answer: Answer) -> str:
    if answer.grid is None:
        return "Writing and checking each sentence"
    written, of = _cells(answer)
    return f"Writing and checking each cell: {written} of {of}" if written else "Writing and checking each cell"


def _cells(answer: Answer) -> tuple[int, int]:
    """How many cells the LLM wrote, and how many there are that it could write."""
    cells = [cell for row in answer.grid.cells for cell in row] if answer.grid else []
    return (
        sum(cell.by == "model" for cell in cells),
        sum(cell.by != "table" and cell.state != "silent" for cell in cells),
    )


def _status_html(answer: Answer) -> str:
    name = "" if answer.kind == "chat" else STATUS_NAMES[answer.status]
    if answer.kind == "unknown":
        name = "Not in your library"
    return f'<p class="status status-{answer.status}">{name}</p>' if name else ""


def _pending_html(text: str) -> str:
    return f'<p class="pending" role="status"><span class="dots" aria-hidden="true"></span>{text}…</p>'


def _notes_html(drawing: Drawing) -> str:
    notes = "".join(f'<li class="note">{drawing.markdown(note)}</li>' for note in drawing.answer.notes)
    return f'<ul class="notes" aria-label="Notes">{notes}</ul>' if notes else ""


def _problem_html(turn: Turn) -> str:
    if turn.state == "stopped":
        return '<p class="problem stopped">Stopped. What is above was checked before you stopped it.</p>'
    return f'<p class="problem failed" role="alert">{message_html(turn.error)}</p>' if turn.state == "failed" else ""


def _actions_html(turn: Turn, number: int, last: bool) -> str:
    buttons = []
    if turn.answer is not None:
        buttons.append(_button("copy", "Copy", number, "Copy the answer with its quotes"))
    if turn.answer is not None and not turn.running:
        buttons.append(_button("keep", "Keep", number, "Keep this answer on the shortlist", pressed=False))
    if last and not turn.running:
        buttons.append(_button("retry", "Retry", number, "Ask this question again"))
        buttons.append(_button("edit", "Edit", number, "Edit this question"))
    if turn.answer is not None and not turn.running:
        buttons.append(_button("up", "Helpful", number, "This answer helped", pressed=turn.rating == "up"))
        buttons.append(
            _button("down", "Not helpful", number, "This answer did not help", pressed=turn.rating == "down")
        )
    if not buttons:
        return ""
    group = f'<div class="actions" role="group" aria-label="Answer actions">{"".join(buttons)}</div>'
    return group + _note_form_html(turn, number) + _made_html(turn.answer)


def _made_html(answer: Answer | None) -> str:
    """Who wrote how much of the answer, what did not pass the check, and how long it took."""
    if answer is None or not answer.stats:
        return ""
    rejected = answer.stats.get("rejected_sentences") or 0
    parts = [_written(answer)]
    parts += [f"{rejected:g} failed the check and {'is' if rejected == 1 else 'are'} left out"] if rejected else []
    total = answer.stats.get("total_ms")
    parts += [f"{total / 1000:.1f} s" if total >= 1000 else f"{total:.0f} ms"] if total else []
    return f'<p class="made">{" · ".join(parts)}</p>'


def _written(answer: Answer) -> str:
    """The share of the LLM."""
    if not answer.model:
        read = answer.stats.get("prompt_tokens")
        nothing = "The model wrote nothing that passed the check: tables and quotes alone"
        return nothing if read else "From tables and quotes alone"
    sentences = answer.stats.get("model_sentences") or 0
    counted = "one sentence" if sentences == 1 else f"{sentences:g} sentences"
    cells, of = _cells(answer)
    if not cells:
        return f"{clean(answer.model)} wrote {counted}{',' if sentences == 1 else ', each'} checked"
    lead = " and the lead" if sentences else ""
    return f"{PEN} {clean(answer.model)} wrote {cells} of {of} cells{lead}, each checked against its quotes"


def _note_form_html(turn: Turn, number: int) -> str:
    if not turn.rating:
        return ""
    if turn.note:
        return f'<p class="note-saved">Your note is kept on this machine: “{clean(turn.note)}”</p>'
    label = "What made it useful?" if turn.rating == "up" else "What was wrong or missing?"
    return (
        f'<form class="note-form" data-turn="{number}"><label for="note-{turn.id}">{label}</label>'
        f'<input id="note-{turn.id}" name="note" maxlength="500" autocomplete="off">'
        f'<button type="submit" class="action">Save note</button></form>'
    )


def _button(action: str, text: str, number: int, title: str, *, pressed: bool | None = None) -> str:
    state = "" if pressed is None else f' aria-pressed="{"true" if pressed else "false"}"'
    return (
        f'<button type="button" class="action action-{action}" data-action="{action}" data-turn="{number}" '
        f'title="{title}"{state}>{text}</button>'
    )


def _suggestions_html(answer: Answer, last: bool) -> str:
    if not last or not answer.suggestions:
        return ""
    items = "".join(f"<li>{ask_button(text)}</li>" for text in answer.suggestions)
    return f'<ul class="suggestions" aria-label="Questions to ask next">{items}</ul>'


def ask_button(question: str) -> str:
    """A button that asks `question`."""
    safe = clean(question)
    return f'<button type="button" class="ask" data-action="ask" data-question="{safe}">{safe}</button>'
