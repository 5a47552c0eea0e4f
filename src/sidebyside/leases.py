"""Lends out a value that is replaced while it is in use: the new one is opened aside, the old one freed when idle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from sidebyside.errors import SidebysideError

Value = TypeVar("Value")


@dataclass(slots=True)
class _Lent(Generic[Value]):
    """A value, how many use it, whether a newer one has taken its place, and whether it was freed."""

    value: Value
    users: int = 0
    retired: bool = False
    freed: bool = False

    def end(self) -> bool:
        """Whether to free it now; says so once. Called with the lock held."""
        ended = self.retired and self.users == 0 and not self.freed
        self.freed = self.freed or ended
        return ended


class Leases(Generic[Value]):
    """The newest version of something that is opened from disk, for any number of threads.

    `newest` names the newest version and is asked with every lease; `load` opens it; `free` closes what `load` gave.
    """

    def __init__(
        self, newest: Callable[[], str | None], load: Callable[[], Value], free: Callable[[Value], None]
    ) -> None:
        """Opens the first value: raises what `load` raises."""
        self._newest = newest
        self._load = load
        self._free = free
        self._lock = threading.Lock()
        # The version that was last tried: one that is damaged is not tried again with every lease.
        self._seen = newest()
        self._current = _Lent(load())

    @contextmanager
    def lease(self) -> Iterator[Value]:
        """The newest value that can be opened. Whoever asks first for a new one opens it; others use the old meanwhile.

        Where it cannot be opened (SidebysideError), the old one stays.
        """
        if (version := self._untried()) is not None:
            self._exchange(version)
        with self._lock:
            lent = self._current
            lent.users += 1
        try:
            yield lent.value
        finally:
            with self._lock:
                lent.users -= 1
                ended = lent.end()
            if ended:
                self._free(lent.value)

    def close(self) -> None:
        """Free the value as soon as nobody uses it."""
        self._retire(self._current)

    def _untried(self) -> str | None:
        """A version that nobody has tried yet; the one who is told of it has to try it."""
        newest = self._newest()
        with self._lock:
            if newest is None or newest == self._seen or self._current.retired:
                return None
            self._seen = newest
            return newest

    def _exchange(self, version: str) -> None:
        try:
            newer = _Lent(self._load())
        except SidebysideError:
            return
        with self._lock:
            # Closed meanwhile, or a still newer version is being opened by somebody else: this one comes too late.
            late = self._current.retired or version != self._seen
            old = newer if late else self._current
            if not late:
                self._current = newer
        self._retire(old)

    def _retire(self, lent: _Lent[Value]) -> None:
        with self._lock:
            lent.retired = True
            ended = lent.end()
        if ended:
            self._free(lent.value)
