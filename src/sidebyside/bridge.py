"""From a thread to an event loop: a stream that is read in a thread of its own, awaited item by item."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

Item = TypeVar("Item")
_END = object()


class Reading(Generic[Item]):
    """Reads what `begin` opens, from the first item that is awaited on; made in the loop that awaits it.

    `stop` may come from any thread: the iteration then ends at once, and the stream is cancelled, where it has a
    `cancel`, and closed. What reading raises is raised where it is awaited.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Iterator[Item]]]) -> None:
        self.stopped = False
        self._begin = begin
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[object] = asyncio.Queue()
        self._lock = threading.Lock()
        self._stream: Iterator[Item] | None = None

    async def items(self) -> AsyncGenerator[Item, None]:
        """Every item until the stream ends or is stopped; leaving the iteration stops it."""
        # A thread of its own, not one of the loop's few: a slow model would hold up everybody else's calls.
        threading.Thread(target=self._read, name="sidebyside-answer", daemon=True).start()
        try:
            while (item := await self._queue.get()) is not _END:
                if isinstance(item, BaseException):
                    raise item
                yield item  # type: ignore[misc]
        finally:
            self.stop()

    def stop(self) -> None:
        """End the iteration and the stream; harmless when they have ended."""
        with self._lock:
            self.stopped = True
            cancel = getattr(self._stream, "cancel", None)
        if cancel is not None:
            cancel()
        self._put(_END)

    def _read(self) -> None:
        try:
            with self._begin() as stream:
                with self._lock:
                    self._stream = stream
                if self.stopped:
                    self.stop()
                for item in stream:
                    if self.stopped:
                        break
                    self._put(item)
        except BaseException as error:  # whatever it is, the one who waits must hear of it
            self._put(error)
        else:
            self._put(_END)

    def _put(self, item: object) -> None:
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
        except RuntimeError:  # the loop has ended: nobody waits any more
            self.stopped = True
