"""The model process: reads requests as JSON lines, answers with events as JSON lines, and ends when its parent does.

llama.cpp is called from the main thread only. A second thread reads the requests, so that a cancellation is seen while
the first one computes, and so that the end of the parent (end of file) ends this process at once.

Requests: load, generate, options, prepare, cancel. Events: ready, piece, done, options, error. All but load, ready and
cancel carry the id of the call they belong to.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from sidebyside.errors import GenerationError
from sidebyside.llm.stop_text import TextAssembler
from sidebyside.records import Message

if TYPE_CHECKING:
    from sidebyside.llm.engine import Engine, Prompt

Emit = Callable[..., None]


def generate(engine: Engine, request: dict[str, Any], emit: Emit) -> None:
    """Write a reply as "piece" events and a "done" event with its usage; what is known of it comes at once."""
    from sidebyside.llm.engine import CancelledError, Reply

    started = time.monotonic()
    messages = _messages(request)
    prompt = engine.tokenise(messages)
    known = engine.replies.get(_key(prompt, request))
    if known is not None:
        emit("piece", text=known.text)
        if known.finish != "cancelled":
            usage = {"cached_tokens": prompt.tokens, "completion_tokens": known.tokens, "finish": known.finish}
            emit("done", usage={"prompt_tokens": prompt.tokens, **usage})
            return
    try:
        spared = engine.evaluate(prompt)
    except CancelledError:
        emit("done", usage={"prompt_tokens": prompt.tokens, "finish": "cancelled"})
        return
    prefilled = time.monotonic()
    text = _Text(emit, given=len(known.text) if known else 0)
    text.add(messages[-1].text if messages[-1].role == "assistant" else "")
    written, finish = _write(engine, request, min(request["max_tokens"], engine.context - prompt.tokens), text.add)
    engine.replies.put(_key(prompt, request), Reply(text.whole, written, finish))
    usage = {
        "prompt_tokens": prompt.tokens,
        "cached_tokens": spared,
        "completion_tokens": written,
        "prefill_seconds": prefilled - started,
        "decode_seconds": time.monotonic() - prefilled,
        "finish": finish,
    }
    emit("done", usage=usage)


class _Text:
    """The text of a reply as it grows; emits what goes beyond the characters that were given before."""

    def __init__(self, emit: Emit, given: int) -> None:
        self.whole = ""
        self._emit = emit
        self._given = given

    def add(self, piece: str) -> None:
        """The next piece."""
        self.whole += piece
        self._emit("piece", text=self.whole[self._given :])
        self._given = max(self._given, len(self.whole))


def _key(prompt: Prompt, request: dict[str, Any]) -> Hashable:
    """What decides a reply."""
    return prompt.batches, request["max_tokens"], tuple(request["stop"])


def _write(engine: Engine, request: dict[str, Any], limit: int, note: Callable[[str], None]) -> tuple[int, str]:
    """Note the pieces of a reply of at most `limit` tokens; returns (tokens written, why it ended)."""
    text = TextAssembler(request["stop"])
    for written in range(limit):
        token = int(engine.logits().argmax())
        if engine.vocabulary.is_end(token):
            note(text.rest())
            return written, "stop"
        note(text.feed(engine.vocabulary.bytes_of(token)))
        if text.stopped:
            return written + 1, "stop"
        if engine.cancelled():
            return written + 1, "cancelled"
        if written + 1 < limit:
            engine.extend(token)
    note(text.rest())
    return limit, "length"


def weigh_options(engine: Engine, request: dict[str, Any], emit: Emit) -> None:
    """Answer with an "options" event: probabilities of the options' first tokens, normalised over the options."""
    from sidebyside.llm.engine import CancelledError

    options: list[str] = request["options"]
    firsts = [(engine.vocabulary.tokens_of(option) or [-1])[0] for option in options]
    if len(set(firsts)) < len(firsts) or -1 in firsts:
        raise GenerationError(f"the options {', '.join(map(repr, options))} do not all begin with different tokens")
    try:
        engine.evaluate(engine.tokenise(_messages(request)))
    except CancelledError:
        emit("error", message="the call was cancelled")
        return
    scores = engine.logits()[firsts].astype(np.float64)
    weights = np.exp(scores - scores.max())
    emit("options", probabilities=dict(zip(options, (weights / weights.sum()).tolist(), strict=True)))


def prepare(engine: Engine, request: dict[str, Any], emit: Emit) -> None:
    """Keep the reply, or, with no tokens to write, the work for its reusable beginning; answers "done"."""
    from sidebyside.llm.engine import CancelledError

    if request["max_tokens"]:
        generate(engine, request, lambda *_, **__: None)
    else:
        with contextlib.suppress(CancelledError):
            engine.evaluate_reusable(engine.tokenise(_messages(request)))
    emit("done", usage={})


def _messages(request: dict[str, Any]) -> list[Message]:
    return [Message(**message) for message in request["messages"]]


OPERATIONS = {"generate": generate, "options": weigh_options, "prepare": prepare}


class Worker:
    """The two threads and what they share."""

    def __init__(self, requests: IO[str], events: IO[str]) -> None:
        self._requests = requests
        self._events = events
        self._jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._cancelled = -1
        self._current = -1

    def run(self) -> None:
        """Load, then serve until the parent closes the pipe."""
        threading.Thread(target=self._read, daemon=True).start()
        first = self._jobs.get()
        threading.Thread(target=_watch_parent, args=(first["parent"],), daemon=True).start()
        engine = self._load(first)
        while engine is not None:
            self._serve(engine, self._jobs.get())

    def _read(self) -> None:
        for line in self._requests:
            request = json.loads(line)
            if request["op"] == "cancel":
                self._cancelled = request["id"]
            else:
                self._jobs.put(request)
        os._exit(0)

    def _load(self, request: dict[str, Any]) -> Engine | None:
        complaints = self._collect_complaints()
        try:
            from sidebyside.llm.engine import Engine

            engine = Engine(
                request["path"],
                context=request["context"],
                threads=request["threads"],
                cache_bytes=request["cache_bytes"],
                chat_format=request["chat_format"],
                flash=request["flash"],
            )
        except Exception as error:
            self._emit("error", id=0, message="; ".join([str(error), *complaints]))
            return None
        engine.cancelled = lambda: self._cancelled == self._current
        self._emit("ready", id=0, flash=engine.flash, tried=engine.tried)
        return engine

    def _serve(self, engine: Engine, request: dict[str, Any]) -> None:
        self._current = call = request["id"]

        def emit(event: str, **data: Any) -> None:
            if event != "piece" or data["text"]:
                self._emit(event, id=call, **data)

        try:
            OPERATIONS[request["op"]](engine, request, emit)
        except GenerationError as error:
            emit("error", message=str(error))
        except MemoryError:
            emit("error", message="the model process ran out of memory; close something, or take a smaller model")
            os._exit(1)
        except Exception as error:  # one bad request must not cost the loaded model
            emit("error", message=f"unexpected {type(error).__name__} in the model process: {error}")

    def _collect_complaints(self) -> list[str]:
        """Keep llama.cpp's first error message, which names the cause, instead of letting it print."""
        import llama_cpp as llama

        complaints: list[str] = []

        def listen(level: int, text: bytes, _: Any) -> None:
            if level == 4 and not complaints:  # GGML_LOG_LEVEL_ERROR
                complaints.append(text.decode("utf-8", "replace").strip()[:200])

        self._listener = llama.llama_log_callback(listen)  # llama.cpp does not keep it alive
        llama.llama_log_set(self._listener, ctypes.c_void_p(0))
        return complaints

    def _emit(self, event: str, **data: Any) -> None:
        try:
            self._events.write(json.dumps({"event": event, **data}) + "\n")
            self._events.flush()
        except OSError:
            os._exit(0)


def _watch_parent(parent: int) -> None:
    """End when the parent has gone. Its pipe says so first, unless another of its children holds that open."""
    while os.getppid() == parent or sys.platform == "win32":
        time.sleep(1)
    os._exit(0)


def _own_pipes() -> tuple[IO[str], IO[str]]:
    """Our ends of the parent's pipes; from here on, what native code prints goes to stderr, and stdin is empty."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    return requests, events


def main() -> None:
    """Serve the parent process."""
    # Ctrl-C in a terminal reaches every process there; it is the parent that decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # When memory runs out, this process is the one to lose: it is started again.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    Worker(*_own_pipes()).run()


if __name__ == "__main__":
    main()
