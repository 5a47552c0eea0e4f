"""Question sets: one question a line of JSON, with what a right answer must and must not say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from sidebyside.errors import QuestionSetError
from sidebyside.records import Status

STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Case:
    """One question and what is expected of its answer.

    Regular expressions are searched without regard to case: each of `must` in all that the reader sees (text and
    notes), each of `must_not` in the same without the verbatim quotes, each of `quote` in the quotes of the
    citations, one of which it must match. `cite` names the artifacts of which each must be cited, `allow` those that
    may be cited as well ("*": any). `status` holds the acceptable ones. `swap_of` is the id of the question that
    asks the same with the names in the other order.
    """

    id: str
    kind: str
    question: str
    history: tuple[tuple[str, str], ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()
    quote: tuple[str, ...] = ()
    status: tuple[str, ...] = STATUSES
    swap_of: str | None = None
    allow: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The case as plain JSON types, as `load_questions` reads it."""
        return asdict(self)


def load_questions(path: str | Path) -> list[Case]:
    """Read a question set. Raises QuestionSetError with the line of the first thing that is wrong."""
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionSetError(path.name, f"cannot be read: {error}") from None
    cases: list[Case] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                cases.append(_read_case(json.loads(line)))
            except (ValueError, TypeError) as error:
                raise QuestionSetError(path.name, str(error), number) from None
    _check_set(path.name, cases)
    return cases


def save_questions(cases: Iterable[Case], path: str | Path) -> None:
    """Write a question set that `load_questions` reads back equal."""
    lines = [json.dumps(case.to_dict(), ensure_ascii=False) + "\n" for case in cases]
    Path(path).write_text("".join(lines), encoding="utf-8")


def _read_case(data: Any) -> Case:
    """One case from its JSON object. Raises ValueError saying what is wrong."""
    if not isinstance(data, dict):
        raise ValueError("a question must be a JSON object")
    unknown = data.keys() - set(Case.__slots__)
    if unknown:
        raise ValueError(f"unknown field {sorted(unknown)[0]!r}")
    for name in ("id", "kind", "question"):
        if not isinstance(data.get(name), str):
            raise ValueError(f"field {name!r} must be a text")
    fields = {name: _texts(data, name) for name in ("must", "must_not", "cite", "quote", "allow")}
    for pattern in (*fields["must"], *fields["must_not"], *fields["quote"]):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    status = _texts(data, "status") or STATUSES
    if not set(status) <= set(STATUSES):
        raise ValueError(f"field 'status' must be of {', '.join(STATUSES)}")
    swap_of = data.get("swap_of")
    if swap_of is not None and not isinstance(swap_of, str):
        raise ValueError("field 'swap_of' must be the id of a question or null")
    return Case(
        id=data["id"],
        kind=data["kind"],
        question=data["question"],
        history=_turns(data),
        status=status,
        swap_of=swap_of,
        **fields,
    )


def _turns(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    history = data.get("history") or []
    if not all(isinstance(turn, list) and [type(text) for text in turn] == [str, str] for turn in history):
        raise ValueError("field 'history' must be a list of [question, answer] pairs")
    return tuple((question, answer) for question, answer in history)


def _texts(data: dict[str, Any], name: str) -> tuple[str, ...]:
    """A field that holds a list of texts; a single text stands for a list of one."""
    value = data.get(name) or []
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"field {name!r} must be a text or a list of texts")
    return tuple(texts)


def _check_set(name: str, cases: list[Case]) -> None:
    """Ids are unique and swaps point at a question of the set."""
    ids = [case.id for case in cases]
    if not ids:
        raise QuestionSetError(name, "holds no question")
    for case in cases:
        if ids.count(case.id) > 1:
            raise QuestionSetError(name, f"two questions have the id {case.id!r}")
        if case.swap_of is not None and case.swap_of not in ids:
            raise QuestionSetError(name, f"{case.id!r} is the swap of {case.swap_of!r}, which is not in the set")
