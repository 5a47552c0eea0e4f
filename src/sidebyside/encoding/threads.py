"""Keeps linear algebra on one thread: for a build while texts are encoded, for good where questions are answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache


class OneThread:
    """A context for any number of threads at once: the first one in sets the limit, the last one out lifts it.

    The matrices of sentences are small, and libraries split them over all cores by the operation. When another
    process takes a core, as the LLM does while it writes, every operation waits for its slowest part: measured on
    2 cores with one of them busy, MiniLM then encodes 38 sentences a second, on one thread 137. So texts are split
    over threads, and operations are not: 139 a second with one core busy, 258 with none (245 the usual way).
    """

    def __init__(self, limit: Callable[[], Callable[[], object]]) -> None:
        """`limit` limits a library to one thread and returns what lifts the limit again."""
        self._limit = limit
        self._lift: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._lift = self._limit()
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._lift()


@cache
def limit_blas() -> None:
    """Keep numpy's products on one thread from now on, in the whole process.

    A question's products are small. On 2 cores beside other work, an answer with quotes took 47 ms of processor time
    on one thread and 272 ms on two, most of it waiting for each other; taking the limit away after each question and
    setting it again was no better, since the threads start anew.
    """
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().limit(limits=1, user_api="blas")
