"""One running question: the assistant's stream in a thread of its own, its events in the page's event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from sidebyside.errors import SidebysideError

if TYPE_CHECKING:
    from sidebyside.records import Artifact, Comparison, Event, Found, Library

log = logging.getLogger(__name__)

FAILED = "Something went wrong while answering. The question was not lost: try again, or run `sidebyside doctor`."


class UnforeseenError(SidebysideError):
    """An error that nobody foresaw; the log has its traceback."""


class AssistantLike(Protocol):
    """What the page needs of an assistant."""

    @property
    def library(self) -> Library: ...

    @property
    def generation(self) -> str: ...

    @property
    def model(self) -> str | None: ...

    def stream(
        self, question: str, history: Sequence[tuple[str, str]] = (), *, write: bool = True
    ) -> Iterator[Event]: ...

    def warm(self) -> None: ...

    def compare(self, names: Sequence[str]) -> Comparison: ...

    def artifact(self, name: str) -> Artifact: ...

    def search(self, text: str, k: int = 10) -> tuple[Found, ...]: ...

    def close(self) -> None: ...


class Run:
    """Streams one answer; `stop()` ends it from any thread, and closing the iterator stops the model.

    Without `write` the LLM stays out of it. `failure` is what ended the answer early, `error` its text.
    """

    def __init__(
        self,
        lease: AbstractContextManager[AssistantLike],
        question: str,
        history: Sequence[tuple[str, str]],
        *,
        write: bool = True,
    ) -> None:
        self._lease = lease
        self._question = question
        self._history = list(history)
        self._write = write
        self._stopped = threading.Event()
        self._queue: asyncio.Queue[Event | SidebysideError | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._stream: Iterator[Event] | None = None
        self.failure: SidebysideError | None = None
        self.error = ""
        self.abandoned = False

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        """Stop the stream; the iterator over `events` ends at once, the model as soon as it notices."""
        self._stopped.set()
        cancel = getattr(self._stream, "cancel", None)
        if cancel is not None:
            cancel()
        self._post(None)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Every event until the answer is complete, `stop` is called, or it fails (then `error` is set)."""
        threading.Thread(target=self._work, name="answer", daemon=True).start()
        try:
            while (item := await self._queue.get()) is not None:
                if isinstance(item, SidebysideError):
                    self.failure, self.error = item, str(item)
                    return
                yield item
        finally:
            self.stop()

    def _work(self) -> None:
        try:
            with self._lease as assistant:
                self._forward(assistant)
        except SidebysideError as error:
            self._post(error)
        except Exception:
            # Whatever it was, the reader gets one line and the log gets the traceback.
            log.exception("answering failed")
            self._post(UnforeseenError(FAILED))
        finally:
            self._post(None)

    def _forward(self, assistant: AssistantLike) -> None:
        options = {} if self._write else {"write": False}
        stream = self._stream = assistant.stream(self._question, self._history, **options)
        try:
            for event in stream:
                if self.stopped:
                    break
                self._post(event)
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()

    def _post(self, item: Event | SidebysideError | None) -> None:
        # The loop is closed when the server has been shut down meanwhile: nobody is left to read it.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
