"""`sidebyside.answer`: one call for one question, with the assistant kept open between calls."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Sequence
from pathlib import Path

from sidebyside.assistant import Assistant
from sidebyside.records import Answer

_open: dict[Path, Assistant] = {}
_lock = threading.Lock()


def answer(
    question: str, *, history: Sequence[tuple[str, str]] = (), index: Path | str = "index", write: bool = True
) -> Answer:
    """Answer one question from an index.

    `history` holds earlier (question, answer text) pairs, oldest first; with `write` false the LLM is left out. The
    assistant stays open for the next call with the same index and follows new generations. Raises SidebysideError
    where there is no usable index.
    """
    key = Path(index).resolve()
    with _lock:
        if key not in _open:
            _open[key] = Assistant.open(index)
        assistant = _open[key]
    return assistant.answer(question, history, write=write)


@atexit.register
def close_all() -> None:
    """Close every assistant that `answer` opened; the next call opens a new one."""
    with _lock:
        while _open:
            _open.popitem()[1].close()
