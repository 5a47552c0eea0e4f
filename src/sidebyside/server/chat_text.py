"""An answer as the text of a chat message: how it grows, what closes it, and how it is read back as history."""

from __future__ import annotations

from collections.abc import Sequence

from sidebyside.app.conversation import MAX_QUESTION, MAX_TURNS
from sidebyside.errors import SidebysideError
from sidebyside.records import Answer, Event, Table
from sidebyside.server.chat_models import ChatMessage

# Stands between the answer's own text and table, notes and sources, so that both can be told apart when it comes back.
_RULE = "\n\n---\n\n"


class Growing:
    """Turns the texts of an answer in progress into pieces that only ever add to each other.

    Sentences are put in before an answer's closing words, and which paragraph these are shows when the first sentence
    comes: until then the last paragraph waits.
    """

    def __init__(self) -> None:
        self._told = ""
        self._first: str | None = None
        self._closing: str | None = None

    def add(self, event: Event) -> str:
        """What can be said for certain after this event, without what was said before."""
        text = event.answer.text
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
    return _RULE + "\n\n".join(blocks) if blocks else ""


def conversation(messages: Sequence[ChatMessage]) -> tuple[str, list[tuple[str, str]]]:
    """The question that is asked last, and the (question, answer text) pairs before it, oldest first.

    System and tool messages are left out. Raises SidebysideError where there is no question.
    """
    pairs: list[tuple[str, str]] = []
    question = ""
    for message in messages:
        if message.role == "user":
            question = message.text.strip()
        elif message.role == "assistant" and question:
            pairs.append((question, message.text.partition(_RULE)[0]))
            question = ""
    if messages[-1].role != "user" or not question:
        raise SidebysideError("the last message must be a question of the user")
    if len(question) > MAX_QUESTION:
        raise SidebysideError(f"the question has {len(question):,} characters; {MAX_QUESTION:,} are the most")
    return question, pairs[-MAX_TURNS:]


def _table(table: Table) -> str:
    rows = [table.header, ("---",) * len(table.header), *table.rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows)


def _cell(text: str) -> str:
    """The text so that it stays inside its cell."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
