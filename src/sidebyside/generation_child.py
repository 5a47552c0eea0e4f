"""A child process that takes and gives JSON lines, held so that it can never make its parent hang."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

Event = dict[str, Any]
_EXIT: Event = {"event": "exit"}
_WAKE: Event = {"event": "wake"}


class ChildProcess:
    """One child and the two threads that read from it and write to it.

    Threads, because a child that hangs must not make its parent hang in a read or a write. The child sees the end of
    its input when the parent dies, however it dies.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._stderr, env=environment)
        self.pid = self._process.pid
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._requests: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._hung_up = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._write)]
        for thread in self._threads:
            thread.start()

    def send(self, request: Event) -> None:
        """Pass a request on; if the child is dead, an "exit" event tells."""
        self._requests.put(request)

    def receive(self, deadline: float) -> Event | None:
        """The next event, or None when `deadline` (monotonic seconds) has come. "exit" is the child's last one."""
        left = deadline - time.monotonic()
        try:
            return self._events.get(timeout=left) if left > 0 else None
        except queue.Empty:
            return None

    def wake(self) -> None:
        """Let `receive` return a "wake" event."""
        self._events.put(_WAKE)

    def alive(self) -> bool:
        """Whether the child runs and its pipe is open."""
        return not self._hung_up.is_set() and self._process.poll() is None

    def end(self) -> str:
        """Kill the child, free everything, and say how it ended."""
        if self._hung_up.is_set():
            # It is ending by itself: leave it a moment, so that the status tells the cause and not our signal.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)
        self._process.kill()
        code = self._process.wait()
        self._requests.put(None)
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # bytes that never reached the dead child
                assert pipe
                pipe.close()
        words = self._last_words()
        self._stderr.close()
        return f"{_ending(code)}: {words}" if words else _ending(code)

    def _read(self) -> None:
        assert self._process.stdout
        with contextlib.suppress(ValueError):  # not JSON: as good as dead
            for line in self._process.stdout:
                self._events.put(json.loads(line))
        self._hung_up.set()
        self._events.put(_EXIT)
        self._process.wait()  # so that it does not stay as a zombie until somebody asks

    def _write(self) -> None:
        assert self._process.stdin
        with contextlib.suppress(OSError):
            while (request := self._requests.get()) is not None:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()

    def _last_words(self) -> str:
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 2000))
        lines = self._stderr.read().decode("utf-8", "replace").split("\n")
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
