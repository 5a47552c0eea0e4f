"""The assistant for asyncio: the same answers from worker threads, so that an event loop is never held up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidebyside.assistant import AnswerStream, Assistant, History
from sidebyside.errors import SidebysideError
from sidebyside.records import Answer, Comparison, Event, Found, Library

if TYPE_CHECKING:
    from types import TracebackType

    from sidebyside.generation import Generator
    from sidebyside.settings import Settings


class AsyncAssistant:
    """An `Assistant` whose calls are awaited; use it in an `async with` statement, or end it with `await close()`.

    Every question has a thread of its own. Cancelling the task that waits for an answer stops the model within about
    a token. Arguments and errors are those of `Assistant.open`; opening happens at the first use.
    """

    def __init__(
        self,
        index: Path | str = "index",
        *,
        settings: Settings | None = None,
        model: str | None = None,
        generator: Generator | None = None,
    ) -> None:
        self._opening = partial(Assistant.open, index, settings=settings, model=model, generator=generator)
        self._lock = threading.Lock()
        self._inner: Assistant | None = None
        self._owned = True
        self._closed = False

    @classmethod
    def around(cls, assistant: Assistant) -> AsyncAssistant:
        """For an assistant that is open already, which `close` then leaves open."""
        made = cls()
        made._inner, made._owned = assistant, False
        return made

    async def answer(self, question: str, history: History = (), *, write: bool = True) -> Answer:
        """As `Assistant.answer`."""
        last: Event | None = None
        async for event in self.stream(question, history, write=write):
            last = event
        assert last is not None
        return last.answer

    async def stream(self, question: str, history: History = (), *, write: bool = True) -> AsyncIterator[Event]:
        """As `Assistant.stream`: `async for event in assistant.stream(question)`. Leaving the loop stops the model."""
        reading = _Reading(lambda: self._assistant().stream(question, history, write=write))
        try:
            while (item := await reading.queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            reading.stop()

    async def compare(self, names: Sequence[str]) -> Comparison:
        """As `Assistant.compare`."""
        return await asyncio.to_thread(lambda: self._assistant().compare(names))

    async def search(self, text: str, k: int = 10) -> tuple[Found, ...]:
        """As `Assistant.search`."""
        return await asyncio.to_thread(lambda: self._assistant().search(text, k))

    async def library(self) -> Library:
        """The library of the current generation."""
        return await asyncio.to_thread(lambda: self._assistant().library)

    async def warm(self) -> None:
        """As `Assistant.warm`."""
        await asyncio.to_thread(lambda: self._assistant().warm())

    async def close(self) -> None:
        """Free the index and the model; questions under way end as they would after `Assistant.close`."""
        self._closed = True
        inner, self._inner = self._inner, None
        if inner is not None and self._owned:
            await asyncio.to_thread(inner.close)

    async def __aenter__(self) -> AsyncAssistant:
        await asyncio.to_thread(self._assistant)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _assistant(self) -> Assistant:
        """The assistant behind this one; runs in a worker thread, since opening takes seconds."""
        with self._lock:
            if self._closed:
                raise SidebysideError("this assistant is closed; open a new one")
            if self._inner is None:
                self._inner = self._opening()
            return self._inner


class _Reading:
    """A thread that reads one stream into `queue`: events, then None for the end or the exception that ended it."""

    def __init__(self, begin: Callable[[], AnswerStream]) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._stopped = False
        self._stream: AnswerStream | None = None
        # A thread of its own, not one of the loop's few: a slow model would hold up everybody else's calls.
        threading.Thread(target=self._read, args=(begin,), name="sidebyside-answer", daemon=True).start()

    def stop(self) -> None:
        """End the answer; harmless when it is complete."""
        with self._lock:
            self._stopped = True
            if self._stream is not None:
                self._stream.cancel()

    def _read(self, begin: Callable[[], AnswerStream]) -> None:
        try:
            stream = begin()
            with self._lock:
                self._stream = stream
                if self._stopped:
                    stream.cancel()
            try:
                for event in stream:
                    self._put(event)
            finally:
                stream.close()
        except BaseException as error:  # whatever it is, the one who waits must hear of it
            self._put(error)
        else:
            self._put(None)

    def _put(self, item: Event | BaseException | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self.queue.put_nowait, item)
        except RuntimeError:  # the loop has ended: nobody waits any more
            self.stop()
