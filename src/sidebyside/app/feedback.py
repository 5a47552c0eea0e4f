"""What readers say about answers: one JSON object a line in <index>/feedback.jsonl, and nowhere else."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sidebyside.app.turns import Turn

FILE_NAME = "feedback.jsonl"
NOTE_LIMIT = 500

_writing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many answers were rated, counting each answer once with its last rating."""

    up: int = 0
    down: int = 0
    notes: int = 0


def feedback_file(index: Path) -> Path:
    """Where the feedback of this index is kept."""
    return index / FILE_NAME


def record(index: Path, turn: Turn) -> None:
    """Append the rating and note of `turn`; a later line with the same id replaces an earlier one."""
    answer = turn.answer
    line = {
        "id": turn.id,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "rating": turn.rating,
        "note": turn.note,
        "question": turn.question,
        "answer": answer.text if answer else "",
        "status": answer.status if answer else "",
        "citations": [asdict(citation) for citation in answer.citations] if answer else [],
        "model": answer.model if answer else None,
        "generation": answer.generation if answer else "",
    }
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    index.mkdir(parents=True, exist_ok=True)
    # One write to a file opened for appending: lines of two processes do not run into each other.
    with _writing, feedback_file(index).open("ab", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())


def latest(index: Path) -> list[dict[str, Any]]:
    """The last word on each answer, oldest first; lines that are not whole are passed over."""
    found: dict[str, dict[str, Any]] = {}
    for line in _lines(feedback_file(index)):
        found.pop(line["id"], None)
        found[line["id"]] = line
    return list(found.values())


def counts(index: Path) -> Counts:
    """The numbers the page shows."""
    records = latest(index)
    return Counts(
        up=sum(item.get("rating") == "up" for item in records),
        down=sum(item.get("rating") == "down" for item in records),
        notes=sum(bool(item.get("note")) for item in records),
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return
    for line in raw.splitlines():
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            yield data
