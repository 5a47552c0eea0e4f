"""One question with its answer, and its way into the browser's storage and back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args
from uuid import uuid4

from sidebyside.records import Answer, Citation, EvidenceClass, Status, Table

TurnState = Literal["waiting", "writing", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and as much of its answer as has arrived.

    `error` says why there is no answer, `rating` is "up", "down" or "", `note` what the reader wrote about it.
    """

    question: str
    answer: Answer | None = None
    state: TurnState = "waiting"
    error: str = ""
    rating: str = ""
    note: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def running(self) -> bool:
        return self.state in ("waiting", "writing")

    def with_answer(self, answer: Answer, state: TurnState) -> Turn:
        return replace(self, answer=answer, state=state)

    def to_dict(self) -> dict[str, Any]:
        """The turn as plain JSON types."""
        answer = self.answer.to_dict() if self.answer else None
        return {
            "question": self.question,
            "answer": answer,
            "state": self.state,
            "error": self.error,
            "rating": self.rating,
            "note": self.note,
            "id": self.id,
        }


def history(turns: list[Turn]) -> list[tuple[str, str]]:
    """The (question, answer text) pairs that follow-ups resolve against."""
    return [(turn.question, turn.answer.text) for turn in turns if turn.answer is not None]


def turn_from_dict(data: Any) -> Turn:
    """A stored turn. What a browser hands back is checked field by field; ValueError where it cannot be a turn."""
    if not isinstance(data, dict):
        raise ValueError("a turn must be an object")
    # A turn that was running when the page was closed has nobody writing it any more.
    state: TurnState = data["state"] if data.get("state") in ("done", "failed") else "stopped"
    answer = data.get("answer")
    return Turn(
        question=_text(data, "question"),
        answer=_answer(answer) if answer is not None else None,
        state=state,
        error=_text(data, "error"),
        rating=_text(data, "rating"),
        note=_text(data, "note"),
        id=_text(data, "id") or uuid4().hex,
    )


def _answer(data: Any) -> Answer:
    if not isinstance(data, dict) or data.get("status") not in get_args(Status):
        raise ValueError("an answer must be an object with a known status")
    stats = data.get("stats") or {}
    return Answer(
        question=_text(data, "question"),
        text=_text(data, "text"),
        status=data["status"],
        citations=tuple(_citation(item) for item in _items(data, "citations")),
        artifacts=_texts(data, "artifacts"),
        notes=_texts(data, "notes"),
        table=_table(data["table"]) if data.get("table") else None,
        stats={str(key): value for key, value in stats.items() if value is None or isinstance(value, int | float)},
        model=_text(data, "model") or None,
        kind=_text(data, "kind"),
        generation=_text(data, "generation"),
        consulted=tuple(_citation(item) for item in _items(data, "consulted")),
        suggestions=_texts(data, "suggestions"),
    )


def _citation(data: Any) -> Citation:
    if not isinstance(data, dict) or data.get("evidence_class") not in get_args(EvidenceClass):
        raise ValueError("a citation must be an object with a known class of evidence")
    return Citation(
        number=int(data["number"]),
        artifact=_text(data, "artifact"),
        evidence_class=data["evidence_class"],
        quote=_text(data, "quote"),
        source=_text(data, "source"),
        start=int(data["start"]),
        end=int(data["end"]),
        context=_text(data, "context"),
    )


def _table(data: Any) -> Table:
    rows = tuple(tuple(str(cell) for cell in row) for row in _items(data, "rows"))
    return Table(header=_texts(data, "header"), rows=rows)


def _items(data: Any, key: str) -> list[Any]:
    found = data.get(key) if isinstance(data, dict) else None
    if found is not None and not isinstance(found, list | tuple):
        raise ValueError(f"{key} must be a list")
    return list(found or ())


def _texts(data: Any, key: str) -> tuple[str, ...]:
    return tuple(str(item) for item in _items(data, key))


def _text(data: dict[str, Any], key: str) -> str:
    found = data.get(key)
    return found if isinstance(found, str) else ""
