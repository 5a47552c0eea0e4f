"""One question with its answer, and its way into the browser's storage and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from sidebyside.records import Answer
from sidebyside.records.answers import check_shapes

if TYPE_CHECKING:
    from pydantic import TypeAdapter

TurnState = Literal["waiting", "writing", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and as much of its answer as has arrived.

    `error` says why there is no answer, `rating` is "up", "down" or "", `note` what the reader wrote about it,
    `titles` what the cited pages are called, by file.
    """

    question: str
    answer: Answer | None = None
    state: TurnState = "waiting"
    error: str = ""
    rating: str = ""
    note: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def running(self) -> bool:
        return self.state in ("waiting", "writing")

    def with_answer(self, answer: Answer, state: TurnState, titles: Mapping[str, str]) -> Turn:
        return replace(self, answer=answer, state=state, titles={file: name for file, name in titles.items() if name})

    def to_dict(self) -> dict[str, Any]:
        """The turn as plain JSON types."""
        return asdict(self)


def history(turns: list[Turn]) -> list[tuple[str, str]]:
    """The (question, answer text) pairs that follow-ups resolve against."""
    return [(turn.question, turn.answer.text) for turn in turns if turn.answer is not None]


def turn_from_dict(data: Any) -> Turn:
    """A stored turn. What a browser hands back is checked field by field; ValueError where it is no turn."""
    turn = _stored().validate_python(data)
    if turn.answer is not None:
        check_shapes(turn.answer.table, turn.answer.grid)
    # A turn that was running when the page was closed has nobody writing it any more.
    return turn if turn.state in ("done", "failed") else replace(turn, state="stopped")


@cache
def _stored() -> TypeAdapter[Turn]:
    from pydantic import TypeAdapter

    return TypeAdapter(Turn)
