"""The assistant for asyncio: the same answers from worker threads, so that an event loop is never held up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.assistant import Assistant, History
from sidebyside.bridge import Reading
from sidebyside.errors import SidebysideError
from sidebyside.records import (
    SHOWN,
    Answer,
    Comparison,
    DecisionRecord,
    Event,
    Found,
    Library,
    Match,
    OwnCell,
    Replay,
    Wish,
)

if TYPE_CHECKING:
    from types import TracebackType

    from sidebyside.decisions.making import Given
    from sidebyside.llm.generator import Generator
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
        reading = Reading(lambda: closing(self._assistant().stream(question, history, write=write)))
        async with aclosing(reading.items()) as events:
            async for event in events:
                yield event

    async def match(
        self, need: str = "", wishes: Sequence[Wish] = (), *, among: Sequence[str] = (), most: int = SHOWN
    ) -> Match:
        """As `Assistant.match`."""
        return await asyncio.to_thread(lambda: self._assistant().match(need, wishes, among=among, most=most))

    async def record(
        self,
        given: Given | Sequence[Given] = (),
        *,
        history: History = (),
        artifacts: Sequence[str] = (),
        taken: str = "",
        why: str = "",
        own: Sequence[OwnCell | tuple[str, str, str]] = (),
        title: str = "",
    ) -> DecisionRecord:
        """As `Assistant.record`."""
        return await asyncio.to_thread(
            lambda: self._assistant().record(
                given, history=history, artifacts=artifacts, taken=taken, why=why, own=own, title=title
            )
        )

    async def replay(self, record: DecisionRecord, *, write: bool = True) -> Replay:
        """As `Assistant.replay`."""
        return await asyncio.to_thread(lambda: self._assistant().replay(record, write=write))

    async def compare(self, names: Sequence[str]) -> Comparison:
        """As `Assistant.compare`."""
        return await asyncio.to_thread(lambda: self._assistant().compare(names))

    async def compare_on(
        self, names: Sequence[str], criteria: Sequence[str], *, write: bool = True
    ) -> AsyncIterator[Event]:
        """As `Assistant.compare_on`: `async for event in assistant.compare_on(names, criteria)`."""
        reading = Reading(lambda: closing(self._assistant().compare_on(names, criteria, write=write)))
        async with aclosing(reading.items()) as events:
            async for event in events:
                yield event

    async def search(self, text: str, k: int = 10) -> tuple[Found, ...]:
        """As `Assistant.search`."""
        return await asyncio.to_thread(lambda: self._assistant().search(text, k))

    async def library(self) -> Library:
        """The library of the current version."""
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
