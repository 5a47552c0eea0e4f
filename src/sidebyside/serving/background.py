"""Work that a page waits for: done in a thread that tells how far it is, and goes on if nobody listens any more."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from sidebyside.errors import SidebysideError, no_room
from sidebyside.serving.run import UnforeseenError

log = logging.getLogger(__name__)

Result = TypeVar("Result")
# Called with a stage, steps done and steps in all.
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far work is: a stage with steps done and in all."""

    stage: str
    done: int
    total: int


def in_background(work: Callable[[Tell], Result], *, name: str, failed: str) -> Generator[Progress, None, Result]:
    """Begin `work` now; iterate for its progress, and get what it returns or raises at the end.

    An error that nobody foresaw goes to the log, and becomes an UnforeseenError with the text `failed`, or with what
    is full.
    """
    steps: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def run() -> None:
        try:
            steps.put((work(lambda *step: steps.put(Progress(*step))),))
        except SidebysideError as error:
            steps.put(error)
        except Exception as error:
            log.exception("%s failed", name)
            steps.put(UnforeseenError((no_room(error) if isinstance(error, OSError) else "") or failed))

    threading.Thread(target=run, name=name, daemon=True).start()
    return _follow(steps)


def _follow(steps: queue.SimpleQueue[Any]) -> Generator[Progress, None, Any]:
    while isinstance(step := steps.get(), Progress):
        yield step
    if isinstance(step, SidebysideError):
        raise step
    return step[0]
