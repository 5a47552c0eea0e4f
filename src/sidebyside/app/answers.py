"""Turns -> HTML: the direct answer, the comparison table, verified prose, notes and actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sidebyside.app.evidence_view import CLASS_NAMES, MAX_SIDES, evidence_html, side_class
from sidebyside.app.markup import answer_html, cited_text, clean, message_html, split_citations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.app.turns import Turn
    from sidebyside.records import Answer, Table

STATUS_NAMES = {
    "answered": "",
    "partial": "Only part of this is stated on the pages",
    "not_found": "Your pages do not state this",
}
# A table of so few rows is shown whole.
FEW_ROWS = 4


def turn_html(turn: Turn, number: int, *, last: bool = False) -> str:
    """One turn; `number` counts from 1 and makes the ids unique. Only the `last` turn can be edited or retried."""
    prefix = f"turn-{number}"
    body = _body_html(turn, number, prefix, last)
    evidence = evidence_html(turn.answer, prefix) if turn.answer else ""
    busy = ' aria-busy="true"' if turn.running else ""
    # What the copy button copies and what the browser keeps for the next visit; plain text in hidden elements.
    kept = "" if turn.running else f'<pre hidden class="turn-data">{clean(json.dumps(turn.to_dict()))}</pre>'
    if turn.answer is not None and not turn.running:
        kept += f'<pre hidden class="copy-text">{clean(copy_text(turn))}</pre>'
    return (
        f'<article class="turn turn-{turn.state}" id="{prefix}" data-turn="{number}" data-key="{clean(turn.id)}" '
        f'aria-labelledby="{prefix}-question">'
        f'<div class="turn-main"><h2 class="question" id="{prefix}-question" tabindex="-1" dir="auto">'
        f'{clean(turn.question)}</h2><div class="answer"{busy}>{body}</div></div>{evidence}{kept}</article>'
    )


def copy_text(turn: Turn) -> str:
    """The turn as Markdown, with its quotes below it."""
    if turn.answer is None:
        return turn.question
    quotes = [
        f'[{item.number}] {item.artifact}, {CLASS_NAMES[item.evidence_class][0]}: "{item.quote}" '
        f"({item.source}, characters {item.start}-{item.end})"
        for item in turn.answer.citations
    ]
    notes = [f"Note: {note}" for note in turn.answer.notes]
    return "\n\n".join([f"**{turn.question}**", turn.answer.text, *notes, "\n".join(quotes)]).strip()


def _body_html(turn: Turn, number: int, prefix: str, last: bool) -> str:
    if turn.answer is None:
        waiting = _pending_html("Looking through your pages") if turn.running else ""
        return waiting + _problem_html(turn) + _actions_html(turn, number, last)
    answer = turn.answer
    first, rest = _split_direct(answer.text)
    writing = _pending_html("Writing and checking each sentence") if turn.running else ""
    return (
        _status_html(answer)
        + f'<div class="direct" aria-live="polite">{_markdown(first, answer, prefix)}</div>'
        + (table_html(answer.table, answer, prefix) if answer.table else "")
        + _notes_html(answer, prefix)
        + f'<div class="prose-lane">{_markdown(rest, answer, prefix)}</div>'
        + writing
        + _problem_html(turn)
        + ("" if turn.running else _actions_html(turn, number, last) + _suggestions_html(answer, last))
    )


def _split_direct(text: str) -> tuple[str, str]:
    first, _, rest = text.strip().partition("\n\n")
    return first, rest


def _markdown(text: str, answer: Answer, prefix: str) -> str:
    return answer_html(text, lambda number: _reference(number, answer, prefix)) if text else ""


def _reference(number: int, answer: Answer, prefix: str) -> str:
    """The clickable [n]; nothing for a number that has no citation, so that it stays plain text."""
    citation = next((item for item in answer.citations if item.number == number), None)
    if citation is None:
        return ""
    side = side_class(citation.artifact, answer.artifacts)
    label = clean(f"Evidence {number}: {citation.artifact}")
    return (
        f'<a class="cite {side}" href="#{prefix}-c{number}" data-cite="{prefix}-c{number}" '
        f'aria-label="{label}">{number}</a>'
    )


def _status_html(answer: Answer) -> str:
    name = "" if answer.kind == "chat" else STATUS_NAMES[answer.status]
    if answer.kind == "unknown":
        name = "Not in your library"
    return f'<p class="status status-{answer.status}">{name}</p>' if name else ""


def table_html(table: Table, answer: Answer, prefix: str) -> str:
    """The small comparison table: what differs, in text as well as in colour, and on request what is the same."""
    heads = "".join(
        f'<th scope="col" class="{side_class(label, answer.artifacts)}" dir="auto">{clean(label)}</th>'
        for label in table.header[1:]
    )
    shown = [row for row in table.rows if _stands_out(row)] or list(table.rows)
    hidden = [row for row in table.rows if row not in shown]
    if len(table.rows) <= FEW_ROWS:
        shown, hidden = list(table.rows), []
    more = "".join(_row_html(row, answer, prefix) for row in hidden)
    return (
        f'<div class="table-box"><div class="table-scroll" tabindex="0" role="region" aria-label="Comparison table">'
        f'<table class="facts">'
        f"<thead><tr><td></td>{heads}</tr></thead>"
        f"<tbody>{''.join(_row_html(row, answer, prefix) for row in shown)}</tbody>"
        + (f'<tbody class="same-rows" id="{prefix}-same">{more}</tbody>' if hidden else "")
        + f'</table></div><p class="table-links">{_same_button(len(hidden), prefix)}{_sides_link(answer)}</p></div>'
    )


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


def _sides_link(answer: Answer) -> str:
    if not 2 <= len(answer.artifacts) <= MAX_SIDES:
        return ""
    query = urlencode([("compare", name) for name in answer.artifacts])
    return f'<a href="?{clean(query)}">Open side by side</a>'


def _row_html(row: Sequence[str], answer: Answer, prefix: str) -> str:
    differs = _differs(row)
    cells = "".join(f'<td dir="auto">{_cell_html(cell, answer, prefix)}</td>' for cell in row[1:])
    mark = '<span class="sr-only"> (differs)</span>' if differs else ""
    return f'<tr class="{"differs" if differs else "same"}"><th scope="row">{clean(row[0])}{mark}</th>{cells}</tr>'


def _without_citations(cell: str) -> str:
    return "".join(part for part in split_citations(cell) if isinstance(part, str)).strip().casefold()


def _cell_html(cell: str, answer: Answer, prefix: str) -> str:
    return "".join(cited_text(split_citations(cell), lambda number: _reference(number, answer, prefix)))


def _pending_html(text: str) -> str:
    return f'<p class="pending" role="status"><span class="dots" aria-hidden="true"></span>{text}…</p>'


def _notes_html(answer: Answer, prefix: str) -> str:
    notes = "".join(f'<li class="note">{_markdown(note, answer, prefix)}</li>' for note in answer.notes)
    return f'<ul class="notes" aria-label="Notes">{notes}</ul>' if notes else ""


def _problem_html(turn: Turn) -> str:
    if turn.state == "stopped":
        return '<p class="problem stopped">Stopped. What is above was checked before you stopped it.</p>'
    return f'<p class="problem failed" role="alert">{message_html(turn.error)}</p>' if turn.state == "failed" else ""


def _actions_html(turn: Turn, number: int, last: bool) -> str:
    buttons = []
    if turn.answer is not None:
        buttons.append(_button("copy", "Copy", number, "Copy the answer with its quotes"))
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
    """Who wrote the answer, what did not pass the check, and how long it took."""
    if answer is None or not answer.stats:
        return ""
    written, rejected = answer.stats.get("model_sentences") or 0, answer.stats.get("rejected_sentences") or 0
    if answer.model:
        counted = "one sentence, checked" if written == 1 else f"{written:g} sentences, each checked"
        parts = [f"{clean(answer.model)} wrote {counted}"]
    elif answer.stats.get("prompt_tokens"):
        parts = ["The model wrote nothing that passed the check: tables and quotes alone"]
    else:
        parts = ["From tables and quotes alone"]
    parts += [f"{rejected:g} failed the check and {'is' if rejected == 1 else 'are'} left out"] if rejected else []
    total = answer.stats.get("total_ms")
    parts += [f"{total / 1000:.1f} s" if total >= 1000 else f"{total:.0f} ms"] if total else []
    return f'<p class="made">{" · ".join(parts)}</p>'


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
