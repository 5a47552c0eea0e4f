"""The one assistant behind the page: opened in the background, lent to questions, exchanged for another model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sidebyside.errors import BusyError, SidebysideError
from sidebyside.index.leases import Lent
from sidebyside.serving.limits import MAX_ANSWERS
from sidebyside.serving.run import AssistantLike
from sidebyside.settings import Settings

if TYPE_CHECKING:
    from sidebyside.records import Library

# Answers at once over all interfaces: each has a thread of its own.
BUSY = "Very many questions are being answered at the moment. Please try again shortly."

Opener = Callable[[Settings, str | None], AssistantLike]


def open_assistant(settings: Settings, model: str | None) -> AssistantLike:
    """Open the real assistant with this model ("none" for quotes only, None for what the settings say)."""
    from sidebyside.assistant import Assistant

    assistant: AssistantLike = Assistant.open(settings.index, settings=settings, model=model)
    return assistant


class Provider:
    """Lends the assistant: `with provider.lease() as assistant`.

    A retired assistant is closed when its last question is done, so switching the model cuts nobody off. An error on
    opening (no index, no model) is raised by the lease; the next lease tries again, so that mending it is enough.
    `model` is the one to begin with, where it is not the one of the settings.
    """

    def __init__(self, settings: Settings, opener: Opener = open_assistant, *, model: str | None = None) -> None:
        self._settings = settings
        self._opener = opener
        self._opening = threading.Lock()
        self._guard = threading.Lock()
        self._held: Lent[AssistantLike] | None = None
        self._model = model
        self._closed = False
        self._answers = 0

    @property
    def model(self) -> str | None:
        """The model that was chosen here, None for what the settings say."""
        return self._model

    def warm(self) -> None:
        """Open and load the assistant in the background, so that the first question need not wait for it."""
        threading.Thread(target=self._try_open, name="open-assistant", daemon=True).start()

    def switch(self, model: str) -> None:
        """Answer the next questions with `model`. Raises what opening raises, and then keeps the present one."""
        with self._opening:
            fresh = self._open(model)
            with self._guard:
                old, self._held, self._model = self._held, fresh, model
            if old is not None:
                old.retire()

    @contextmanager
    def lease(self) -> Iterator[AssistantLike]:
        """The assistant for one question. Raises SidebysideError when it cannot be opened."""
        held = self._take()
        try:
            yield held.value
        finally:
            held.give_back()

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
        """The library of the newest version. Raises SidebysideError when it cannot be opened."""
        with self.lease() as assistant:
            return assistant.library

    def close(self) -> None:
        """Close the assistant when its last question is done; from now on nothing is lent."""
        with self._guard:
            self._closed = True
            old, self._held = self._held, None
        if old is not None:
            old.retire()

    def _open(self, model: str | None) -> Lent[AssistantLike]:
        return Lent(self._opener(self._settings, model), lambda assistant: assistant.close(), self._guard)

    def _take(self) -> Lent[AssistantLike]:
        with self._opening:
            if self._closed:
                raise SidebysideError("sidebyside has been closed; start it again with: sidebyside chat")
            held = self._held or self._open(self._model)
            with self._guard:
                held.take()
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
