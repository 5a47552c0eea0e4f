"""The generator that runs llama.cpp in a child process: one queue, one caller at a time, restarts, time limits."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Generator as Coroutine
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sidebyside.errors import GenerationError
from sidebyside.llm.generator import Generation, Usage
from sidebyside.models.machine import allowed_cores
from sidebyside.models.speeds import FlashTrial, can_remember, known_flash_trial, machine, remember_flash_trial
from sidebyside.records import Message

if TYPE_CHECKING:
    from sidebyside.llm.generator import ModelSpec
    from sidebyside.settings import Settings

Event = dict[str, Any]
_EXIT: Event = {"event": "exit"}
_WAKE: Event = {"event": "wake"}

LOAD_TIMEOUT = 300.0  # seconds; a large model on a slow disk
CANCEL_GRACE = 5.0  # seconds in which the model process must confirm a cancellation, or it is ended
RETRY_PAUSE = 5.0  # seconds after a failed start in which calls fail at once instead of loading again
PREPARE_LIMIT = 8  # prompts that may wait to be prepared; older ones are dropped

# The child imports from where its parent does, and, unlike with -m, not from the working folder before that.
_START = "import sys; sys.path[:] = sys.argv[1:]; from sidebyside.llm.worker import main; main()"

# llama.cpp's threads meet some 700 times a token. libgomp lets the one that comes first spin for milliseconds, and so
# keep a core from the one that is late; sleeping at once costs a quarter of the speed on an idle machine. A short spin
# has nearly the best of both. Measured on 2 cores in tokens a second, idle / beside much other work: libgomp's default
# 26.2 / 0.8, sleeping at once 18.6 / 9.2, spinning 300 turns 24.8 / 8.4, 1000 turns 26.8 / 5.7.
THREAD_WAITING = {"GOMP_SPINCOUNT": "1000"}


@dataclass(slots=True, eq=False)
class _Call:
    """One request on its way. `outbox` gets text pieces and results, then a Usage or an exception as the end."""

    id: int
    request: Event
    outbox: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    sent: bool = False
    cancelled_at: float | None = None


class LocalGenerator:
    """A GGUF model in a child process that starts with the first call and again after it died.

    `timeout` seconds are given to each call once the model works on it; waiting in the queue is limited by
    `queue_limit` calls. `on_ready` gets what the model process says of itself when it has loaded. Give `command` to run
    another worker (tests do).
    """

    concurrent = False

    def __init__(
        self,
        name: str,
        load: Event,
        *,
        timeout: float = 120.0,
        queue_limit: int = 16,
        command: Sequence[str] | None = None,
        on_ready: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self.name = name
        self._on_ready = on_ready
        self._load = load
        self._timeout = timeout
        self._queue_limit = queue_limit
        self._command = list(command or [sys.executable, "-P", "-c", _START, *sys.path])
        self._ids = itertools.count(1)
        self._changed = threading.Condition()
        self._waiting: deque[_Call] = deque()
        self._preparing: deque[_Call] = deque(maxlen=PREPARE_LIMIT)
        self._current: _Call | None = None
        self._wanted = False
        self._closed = False
        self._worker: ChildProcess | None = None
        self._failure = (0.0, "")
        self._thread: threading.Thread | None = None

    @classmethod
    def from_settings(cls, settings: Settings, spec: ModelSpec) -> LocalGenerator:
        """For a model of the catalogue or of the user's own."""
        threads = settings.threads or physical_cores()
        load = {
            "op": "load",
            "path": str(spec.path),
            "context": min(settings.context_tokens, spec.context or settings.context_tokens),
            "threads": threads,
            "cache_bytes": settings.kv_cache_bytes,
            "chat_format": settings.chat_format or spec.chat_format or "",
            "flash": flash_attention(settings, spec.name, threads),
        }

        def remember(ready: Event) -> None:
            if ready.get("tried"):
                remember_flash_trial(spec.name, FlashTrial(machine(threads), *ready["tried"]), settings.index)

        timeout, limit = settings.generation_timeout, settings.queue_limit
        return cls(spec.name, load, timeout=timeout, queue_limit=limit, on_ready=remember)

    @property
    def pid(self) -> int | None:
        """Process id of the model process, None while there is none."""
        worker = self._worker
        return worker.pid if worker and worker.alive() else None

    def stream(self, messages: Sequence[Message], *, max_tokens: int, stop: Sequence[str] = ()) -> Generation:
        """A reply; see Generator.stream."""
        request = {"op": "generate", "max_tokens": max_tokens, "stop": list(stop)}
        call = self._call(request, messages)
        self._submit(call)

        def write(cancelled: threading.Event) -> Coroutine[str, None, Usage]:
            while not isinstance(item := call.outbox.get(), Usage):
                if isinstance(item, Exception):
                    raise item
                if not cancelled.is_set():
                    yield item
            return item

        return Generation(write, on_cancel=lambda: self._cancel(call))

    def option_probabilities(self, messages: Sequence[Message], options: Sequence[str]) -> dict[str, float]:
        """Probabilities from the model's own scores; see Generator.option_probabilities."""
        call = self._call({"op": "options", "options": list(options)}, messages)
        self._submit(call)
        item = call.outbox.get()
        if isinstance(item, Exception):
            raise item
        return {option: float(item[option]) for option in options}

    def prepare(self, messages: Sequence[Message], *, max_tokens: int = 0, stop: Sequence[str] = ()) -> None:
        """Keep the reply, or the work for its reusable beginning; gives way to every call."""
        with self._changed:
            if not self._closed:
                request = {"op": "prepare", "max_tokens": max_tokens, "stop": list(stop)}
                self._preparing.append(self._call(request, messages))
                self._start()

    def stop_preparing(self) -> None:
        """Drop what waits to be prepared, and stop what is being prepared, within milliseconds."""
        with self._changed:
            self._preparing.clear()
            if self._current and self._current.request["op"] == "prepare":
                self._interrupt(self._current)

    def warm(self) -> None:
        """Start the model process now."""
        with self._changed:
            if not self._closed:
                self._wanted = True
                self._start()

    def close(self) -> None:
        """End the model process and every call."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if self._worker:
                self._worker.wake()
            thread = self._thread
        atexit.unregister(self.close)
        if thread and thread is not threading.current_thread():
            thread.join()

    def _call(self, request: Event, messages: Sequence[Message]) -> _Call:
        number = next(self._ids)
        turns = [asdict(message) for message in messages]
        return _Call(number, {**request, "id": number, "messages": turns})

    def _submit(self, call: _Call) -> None:
        with self._changed:
            if self._closed:
                raise GenerationError("this generator is closed; open a new one")
            if len(self._waiting) >= self._queue_limit:
                raise GenerationError(f"busy: {len(self._waiting)} calls are waiting for the model; ask again shortly")
            self._waiting.append(call)
            self._start()
            if self._current and self._current.request["op"] == "prepare":
                self._interrupt(self._current)

    def _start(self) -> None:
        """Have the thread that serves the queue run. Called with the lock held."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="sidebyside-generation", daemon=True)
            self._thread.start()
            atexit.register(self.close)
        self._changed.notify_all()

    def _cancel(self, call: _Call) -> None:
        """Cancel a waiting call at once, a running one through the model process."""
        with self._changed:
            if call in self._waiting:
                self._waiting.remove(call)
                call.outbox.put(Usage(finish="cancelled"))
            elif call is self._current:
                self._interrupt(call)

    def _interrupt(self, call: _Call) -> None:
        """Tell the model process to stop working on a call. Called with the lock held."""
        call.cancelled_at = call.cancelled_at or time.monotonic()
        if not call.sent:
            call.outbox.put(Usage(finish="cancelled"))
        elif self._worker:
            self._worker.send({"op": "cancel", "id": call.id})
            self._worker.wake()

    def _serve(self) -> None:
        """The thread that owns the model process: one call after the other until `close`."""
        while self._next_call():
            call = self._current
            try:
                worker = self._loaded_worker()
                if call:
                    self._work(worker, call)
            except GenerationError as error:
                if call:
                    call.outbox.put(error)
            except Exception as error:  # whatever happens here, nobody may be left waiting
                self._end_worker()
                if call:
                    call.outbox.put(GenerationError(f"unexpected {type(error).__name__} in generation: {error}"))
        self._end_worker()
        for call in self._waiting:
            call.outbox.put(GenerationError("the generator was closed"))

    def _next_call(self) -> bool:
        """Wait for something to do and make it current (None: only load); False when closed."""
        with self._changed:
            self._current = None
            while not (self._closed or self._waiting or self._preparing or self._wanted):
                self._changed.wait()
            if self._closed:
                return False
            if self._waiting:
                self._current = self._waiting.popleft()
            elif self._preparing and not self._wanted:
                self._current = self._preparing.popleft()
            self._wanted = False
            return True

    def _loaded_worker(self) -> ChildProcess:
        """The model process, started if there is none. Raises GenerationError."""
        if self._worker and self._worker.alive():
            return self._worker
        self._end_worker()
        failed_at, reason = self._failure
        if reason and time.monotonic() - failed_at < RETRY_PAUSE:
            raise GenerationError(reason)
        worker = ChildProcess(self._command, {**THREAD_WAITING, **os.environ})
        with self._changed:
            self._worker = worker
        worker.send({**self._load, "parent": os.getpid()})
        try:
            self._await_ready(worker)
        except GenerationError as error:
            self._failure = (time.monotonic(), str(error))
            raise
        self._failure = (0.0, "")
        return worker

    def _await_ready(self, worker: ChildProcess) -> None:
        deadline = time.monotonic() + LOAD_TIMEOUT
        while (event := worker.receive(deadline)) is None or event["event"] != "ready":
            if event is not None and event["event"] == "wake" and not self._closed:
                continue
            ending = self._end_worker()
            if event is None:
                reason = f"not loaded after {LOAD_TIMEOUT:.0f} s"
            elif event["event"] == "error":
                reason = event["message"]
            else:
                reason = "the generator was closed" if self._closed else f"its process ended ({ending})"
            raise GenerationError(
                f"model {self.name} cannot be loaded from {self._load['path']}: {reason}; run `sidebyside doctor`"
            )
        # A process that takes this one's place need not measure again, whether or not the figures can be kept.
        self._load["flash"] = event.get("flash", self._load.get("flash"))
        with contextlib.suppress(OSError):
            self._on_ready(event)

    def _work(self, worker: ChildProcess, call: _Call) -> None:
        """Have the model process do one call and pass on what comes. Raises GenerationError."""
        with self._changed:
            if call.cancelled_at is not None:
                return
            worker.send(call.request)
            call.sent = True
        deadline = time.monotonic() + self._timeout
        while not self._closed:
            limit = deadline if call.cancelled_at is None else min(deadline, call.cancelled_at + CANCEL_GRACE)
            event = worker.receive(limit)
            if event is None:
                self._give_up(worker, call)
                return
            if event["event"] == "exit":
                ending = self._end_worker()
                raise GenerationError(f"the model process ended while it worked ({ending}); ask again, it starts anew")
            if event.get("id") == call.id and _deliver(event, call):
                return
        raise GenerationError("the generator was closed")

    def _give_up(self, worker: ChildProcess, call: _Call) -> None:
        """Time is up: free the caller, and end the model process unless it confirms that it stopped."""
        if call.cancelled_at is None:
            call.outbox.put(
                GenerationError(
                    f"no complete reply within {self._timeout:g} s; ask again, take a smaller model, "
                    "or set SIDEBYSIDE_GENERATION_TIMEOUT higher"
                )
            )
            worker.send({"op": "cancel", "id": call.id})
            grace = time.monotonic() + CANCEL_GRACE
            while (event := worker.receive(grace)) is not None:
                if event.get("id") == call.id and event["event"] in ("done", "options", "error"):
                    return
                if event["event"] == "exit":
                    break
        self._end_worker()
        call.outbox.put(Usage(finish="cancelled"))

    def _end_worker(self) -> str:
        with self._changed:
            worker, self._worker = self._worker, None
        return worker.end() if worker else ""


def _deliver(event: Event, call: _Call) -> bool:
    """Put an event's content into the caller's outbox; whether it was the last one."""
    kind = event["event"]
    if kind == "piece":
        call.outbox.put(event["text"])
        return False
    if kind == "done":
        call.outbox.put(Usage(**event["usage"]))
    elif kind == "options":
        call.outbox.put(event["probabilities"])
    else:
        call.outbox.put(GenerationError(event["message"]))
    return True


def flash_attention(settings: Settings, name: str, threads: int) -> bool | None:
    """Whether a model uses flash attention; None where it is not known yet which way is faster, and can be kept."""
    if settings.flash_attention != "auto":
        return settings.flash_attention == "on"
    trial = known_flash_trial(name, threads, settings.index)
    if trial is not None:
        return trial.better
    return None if can_remember(settings.index) else True


def physical_cores() -> int:
    """Physical cores that this process may use, by affinity and by the share its container has; at least 1."""
    import psutil

    allowed = allowed_cores()
    return max(1, int(min(psutil.cpu_count(logical=False) or allowed, allowed)))


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
