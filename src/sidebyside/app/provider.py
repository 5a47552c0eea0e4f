"""The one assistant behind the page: opened in the background, lent to questions, exchanged for another model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sidebyside.app.asking import AssistantLike
from sidebyside.errors import BusyError, SidebysideError
from sidebyside.settings import Settings

if TYPE_CHECKING:
    from sidebyside.records import Library

# Answers at once over all interfaces: each has a thread of its own.
MAX_ANSWERS = 64
BUSY = "Very many questions are being answered at the moment. Please try again shortly."

Opener = Callable[[Settings, str | None], AssistantLike]


def open_assistant(settings: Settings, model: str | None) -> AssistantLike:
    """Open the real assistant with this model ("none" for quotes only, None for what the settings say)."""
    from sidebyside.assistant import Assistant

    assistant: AssistantLike = Assistant.open(settings.index, settings=settings, model=model)
    return assistant


class _Held:
    """An assistant and the number of questions that are using it."""

    def __init__(self, assistant: AssistantLike) -> None:
        self.assistant = assistant
        self.users = 0
        self.retired = False


class Provider:
    """Lends the assistant: `with provider.lease() as assistant`.

    A retired assistant is closed when its last question is done, so switching the model cuts nobody off. An error on
    opening (no index, no model) is raised by the lease; the next lease tries again, so that mending it is enough.
    """

    def __init__(self, settings: Settings, opener: Opener = open_assistant) -> None:
        self._settings = settings
        self._opener = opener
        self._opening = threading.Lock()
        self._guard = threading.Lock()
        self._held: _Held | None = None
        self._model: str | None = None
        self._closed = False
        self._answers = 0

    def warm(self) -> None:
        """Open and load the assistant in the background, so that the first question need not wait for it."""
        threading.Thread(target=self._try_open, name="open-assistant", daemon=True).start()

    def switch(self, model: str) -> None:
        """Answer the next questions with `model`. Raises what opening raises, and then keeps the present one."""
        with self._opening:
            fresh = _Held(self._opener(self._settings, model))
            with self._guard:
                old, self._held, self._model = self._held, fresh, model
            self._retire(old)

    @contextmanager
    def lease(self) -> Iterator[AssistantLike]:
        """The assistant for one question. Raises SidebysideError when it cannot be opened."""
        held = self._take()
        try:
            yield held.assistant
        finally:
            with self._guard:
                held.users -= 1
                done = held.retired and held.users == 0
            if done:
                held.assistant.close()

    @contextmanager
    def answering(self) -> Iterator[AssistantLike]:
        """The assistant for one answer. Raises BusyError while MAX_ANSWERS are being written."""
        with self._guard:
            if self._answers >= MAX_ANSWERS:
                raise BusyError(BUSY)
            self._answers += 1
        try:
            with self.lease() as assistant:
                yield assistant
        finally:
            with self._guard:
                self._answers -= 1

    @property
    def answers(self) -> int:
        """How many answers are being written."""
        return self._answers

    def library(self) -> Library:
        """The library of the newest generation. Raises SidebysideError when it cannot be opened."""
        with self.lease() as assistant:
            return assistant.library

    def close(self) -> None:
        """Close the assistant when its last question is done; from now on nothing is lent."""
        with self._guard:
            self._closed = True
            old, self._held = self._held, None
        self._retire(old)

    def _take(self) -> _Held:
        with self._opening:
            if self._closed:
                raise SidebysideError("sidebyside has been closed; start it again with: sidebyside chat")
            held = self._held or _Held(self._opener(self._settings, self._model))
            with self._guard:
                held.users += 1
                # Closed while this was opening: whoever waited for it is the last one.
                held.retired = held.retired or self._closed
                self._held = None if held.retired else held
                return held

    def _try_open(self) -> None:
        try:
            with self.lease() as assistant:
                assistant.warm()
        except SidebysideError:
            # The page asks again and shows the message where the reader can see it.
            return

    def _retire(self, held: _Held | None) -> None:
        if held is None:
            return
        with self._guard:
            held.retired = True
            idle = held.users == 0
        if idle:
            held.assistant.close()
