"""Lends out a value that is replaced while it is in use: the new one is opened aside, the old one freed when idle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from sidebyside.errors import SidebysideError

Value = TypeVar("Value")


class Lent(Generic[Value]):
    """A value and how many use it: retired, it is freed when the last of them is done, once.

    Owners that exchange one value for another give both the same lock, so that no value is freed between being chosen
    and being taken.
    """

    def __init__(self, value: Value, free: Callable[[Value], None], lock: threading.Lock) -> None:
        self.value = value
        self.retired = False
        self._free = free
        self._lock = lock
        self._users = 0
        self._freed = False

    def take(self) -> None:
        """Use it until `give_back`. Call with the lock held."""
        self._users += 1

    def give_back(self) -> None:
        """One user less."""
        with self._lock:
            self._users -= 1
            ended = self._end()
        if ended:
            self._free(self.value)

    def retire(self) -> None:
        """Free it as soon as nobody uses it."""
        with self._lock:
            self.retired = True
            ended = self._end()
        if ended:
            self._free(self.value)

    def _end(self) -> bool:
        """Whether to free it now; says so once."""
        ended = self.retired and self._users == 0 and not self._freed
        self._freed = self._freed or ended
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
        self._current = self._open()

    @contextmanager
    def lease(self) -> Iterator[Value]:
        """The newest value that can be opened. Whoever asks first for a new one opens it; others use the old meanwhile.

        Where it cannot be opened (SidebysideError), the old one stays.
        """
        if (version := self._untried()) is not None:
            self._exchange(version)
        with self._lock:
            lent = self._current
            lent.take()
        try:
            yield lent.value
        finally:
            lent.give_back()

    def close(self) -> None:
        """Free the value as soon as nobody uses it."""
        self._current.retire()

    def _open(self) -> Lent[Value]:
        return Lent(self._load(), self._free, self._lock)

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
            newer = self._open()
        except SidebysideError:
            return
        with self._lock:
            # Closed meanwhile, or a still newer version is being opened by somebody else: this one comes too late.
            late = self._current.retired or version != self._seen
            old = newer if late else self._current
            if not late:
                self._current = newer
        old.retire()
