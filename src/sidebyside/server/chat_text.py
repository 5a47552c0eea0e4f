"""An answer as the text of a chat message: how it grows, what closes it, and what a client wants around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sidebyside.records import Answer, Event, Table
from sidebyside.server.json_forms import answer_json, wants_json

# Stands between the answer's own text and table, notes and sources, so that both can be told apart when it comes back
# as part of a conversation.
RULE = "\n\n---\n\n"
# Where the grid of an answer begins, or the quotes behind it.
_GRID = re.compile(r"(?:^|\n\n)(?=\| \| |<details>)")


class Growing:
    """Turns the texts of an answer in progress into pieces that only ever add to each other.

    Sentences are put in before an answer's closing words, and which paragraph these are shows when the first sentence
    comes: until then the last paragraph waits. A grid is told when it is complete, as the LLM rewords its cells.
    """

    def __init__(self) -> None:
        self._told = ""
        self._first: str | None = None
        self._closing: str | None = None

    def add(self, event: Event) -> str:
        """What can be said for certain after this event, without what was said before."""
        text = event.answer.text
        if event.answer.grid is not None:
            return self._tell(_GRID.split(text, maxsplit=1)[0])
        if self._first is None:
            self._first = text
            return self._tell(text.rpartition("\n\n")[0])
        if self._closing is None:
            self._closing = "" if text.startswith(self._first) else self._first.rpartition("\n\n")[2]
        return self._tell(text.removesuffix(self._closing).removesuffix("\n\n"))

    def rest(self, answer: Answer) -> str:
        """What is left of the complete text."""
        if answer.text.startswith(self._told):
            return answer.text[len(self._told) :]
        return f"\n\n{answer.text}"  # it was worded anew; what was said before cannot be taken back

    def _tell(self, text: str) -> str:
        if not text.startswith(self._told):
            return ""
        added, self._told = text[len(self._told) :], text
        return added


@dataclass(frozen=True, slots=True)
class Wording:
    """How one client wants answers told: with `notes` of ours, between `before` and `after`, or as JSON (`form`)."""

    notes: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    form: Mapping[str, Any] | None = None

    @property
    def whole_only(self) -> bool:
        """Whether nothing can be told before everything is known."""
        return wants_json(self.form)

    def noted(self, answer: Answer) -> Answer:
        """The answer with the notes."""
        return replace(answer, notes=(*answer.notes, *self.notes)) if self.notes else answer

    def whole(self, answer: Answer) -> str:
        """The complete text of a message. Raises SidebysideError for a form that cannot be had."""
        if self.form is not None and self.whole_only:
            return answer_json(answer, self.form)
        return f"{self.before}{answer.text}{ending(answer)}{self.after}"


class Telling:
    """The pieces of one message, while its answer grows; they add up to `Wording.whole`."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._growing = Growing()
        self._begun = False

    def add(self, event: Event) -> str:
        """What can be told after this event; "" where nothing new is certain yet."""
        if self._wording.whole_only:
            return ""
        return self._after_beginning(self._growing.add(event))

    def rest(self, answer: Answer) -> str:
        """What is left of the message once its answer is complete. Raises SidebysideError; see Wording.whole."""
        if self._wording.whole_only:
            return self._wording.whole(answer)
        return self._after_beginning(f"{self._growing.rest(answer)}{ending(answer)}{self._wording.after}")

    def _after_beginning(self, added: str) -> str:
        if not added or self._begun:
            return added
        self._begun = True
        return self._wording.before + added


def ending(answer: Answer) -> str:
    """What follows the text of an answer: table, notes and sources."""
    blocks = [_table(answer.table)] if answer.table is not None else []
    blocks += [f"Note: {note}" for note in answer.notes if note not in answer.text]
    if answer.citations:
        lines = [
            f"- [{citation.number}] {citation.artifact}, {citation.evidence_class}: “{citation.quote}” "
            f"({citation.source}:{citation.start}-{citation.end})"
            for citation in answer.citations
        ]
        blocks.append("Sources:\n" + "\n".join(lines))
    return RULE + "\n\n".join(blocks) if blocks else ""


def _table(table: Table) -> str:
    rows = [table.header, ("---",) * len(table.header), *table.rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows)


def _cell(text: str) -> str:
    """The text so that it stays inside its cell."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
