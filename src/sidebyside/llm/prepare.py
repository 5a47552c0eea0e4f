"""Idle time: work that is done while nobody asks anything, one step at a time, and dropped when somebody does."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

Step = Callable[[], None]


class IdleWork:
    """Runs steps in a thread of its own between questions; whoever asks holds `busy()` meanwhile.

    A question drops the steps that have not begun and calls `interrupt`, which ends the work of the one that has.
    Nothing is promised: a step that fails is dropped too.
    """

    def __init__(self, interrupt: Step = lambda: None, *, pause: float = 0.2) -> None:
        """`pause` is how many seconds nobody must have asked anything before a step begins."""
        self._interrupt = interrupt
        self._pause = pause
        self._changed = threading.Condition()
        self._steps: deque[Step] = deque()
        self._asking = 0
        self._questions = 0
        self._began_at = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Somebody asks: idle work ends now, and goes on no earlier than after this."""
        with self._changed:
            self._asking += 1
            self._questions += 1
            self._steps.clear()
        self._interrupt()
        try:
            yield
        finally:
            with self._changed:
                self._asking -= 1
                self._changed.notify_all()

    def put(self, steps: Iterable[Step]) -> None:
        """The work to do next in idle time, in place of what is left of earlier work."""
        with self._changed:
            if self._closed:
                return
            self._steps = deque(steps)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sidebyside-idle", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def hand_on(self, action: Step) -> None:
        """Run `action`, which returns at once, unless somebody has asked since the step began that calls this.

        What a step hands on to another thread after it was interrupted would otherwise be worked on beside the
        question, and after its end.
        """
        with self._changed:
            if not self._closed and self._questions == self._began_at:
                action()

    def close(self) -> None:
        """End; waits for the step that is being done. Closing twice is allowed."""
        with self._changed:
            self._closed = True
            self._steps.clear()
            self._changed.notify_all()
            thread = self._thread
        self._interrupt()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while (step := self._next()) is not None:
            with contextlib.suppress(Exception):  # only prepared: when it is asked for, the same error is reported
                step()

    def _next(self) -> Step | None:
        """Wait until there is a step and nobody has asked for a moment; None when closed."""
        with self._changed:
            while not self._closed:
                if not self._steps or self._asking:
                    self._changed.wait()
                    continue
                questions = self._questions
                self._changed.wait_for(lambda: self._closed or self._questions != questions, timeout=self._pause)  # noqa: B023
                if self._steps and not self._asking and self._questions == questions and not self._closed:
                    self._began_at = questions
                    return self._steps.popleft()
            return None
