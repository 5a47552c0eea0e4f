"""One running answer: the events of a lent assistant, which can be stopped, and what ended it early."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, aclosing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sidebyside.bridge import Reading
from sidebyside.errors import SidebysideError
from sidebyside.records import SHOWN, Event

if TYPE_CHECKING:
    from sidebyside.decisions.making import Given
    from sidebyside.records import (
        Artifact,
        Comparison,
        Correction,
        DecisionRecord,
        Found,
        Library,
        Match,
        Replay,
        Wish,
    )

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
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        *,
        write: bool = True,
        correction: Correction | None = None,
    ) -> Iterator[Event]: ...

    def warm(self) -> None: ...

    def compare(self, names: Sequence[str]) -> Comparison: ...

    def compare_on(self, names: Sequence[str], criteria: Sequence[str], *, write: bool = True) -> Iterator[Event]: ...

    def match(
        self, need: str = "", wishes: Sequence[Wish] = (), *, among: Sequence[str] = (), most: int = SHOWN
    ) -> Match: ...

    def record(
        self, given: Sequence[Given], *, history: Sequence[tuple[str, str]], artifacts: Sequence[str], title: str
    ) -> DecisionRecord: ...

    def replay(self, record: DecisionRecord, *, write: bool = True) -> Replay: ...

    def artifact(self, name: str) -> Artifact: ...

    def search(self, text: str, k: int = 10) -> tuple[Found, ...]: ...

    def close(self) -> None: ...


# Begins an answer: what is asked of whichever assistant is lent for it.
Ask = Callable[[AssistantLike], Iterator[Event]]


def asking(
    text: str, history: Sequence[tuple[str, str]] = (), *, write: bool = True, correction: Correction | None = None
) -> Ask:
    """A question; without `write` the LLM stays out of it, and `correction` is that of `Assistant.stream`."""
    options: dict[str, Any] = ({} if write else {"write": False}) | ({"correction": correction} if correction else {})
    return lambda assistant: assistant.stream(text, list(history), **options)


def comparing(names: Sequence[str], texts: Sequence[str], *, write: bool = True) -> Ask:
    """Artifacts on criteria in words, as `Assistant.compare_on` takes them."""
    return lambda assistant: assistant.compare_on(names, texts, write=write)


class Run:
    """Streams one answer; `stop()` ends it from any thread, and closing the iterator stops the model.

    `failure` is what ended the answer early, `error` its text.
    """

    def __init__(self, lease: AbstractContextManager[AssistantLike], ask: Ask) -> None:
        self._lease = lease
        self._ask = ask
        self._reading = Reading(self._stream)
        self.failure: SidebysideError | None = None
        self.error = ""
        self.abandoned = False

    @property
    def stopped(self) -> bool:
        return self._reading.stopped

    def stop(self) -> None:
        """Stop the stream; the iterator over `events` ends at once, the model as soon as it notices."""
        self._reading.stop()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Every event until the answer is complete, `stop` is called, or it fails (then `error` is set)."""
        try:
            async with aclosing(self._reading.items()) as events:
                async for event in events:
                    yield event
        except SidebysideError as error:
            self.failure, self.error = error, str(error)
        except Exception:
            # Whatever it was, the reader gets one line and the log gets the traceback.
            log.exception("answering failed")
            self.failure, self.error = UnforeseenError(FAILED), FAILED

    @contextmanager
    def _stream(self) -> Iterator[Iterator[Event]]:
        with self._lease as assistant:
            stream = self._ask(assistant)
            try:
                yield stream
            finally:
                close = getattr(stream, "close", None)
                if close is not None:
                    close()
