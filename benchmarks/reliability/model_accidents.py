"""R8: the model's process is killed, hangs, runs out of memory or talks nonsense in the middle of an answer.

    python benchmarks/reliability/model_accidents.py

The process is tests/fake_model_process.py, which has these accidents on request; with the real model they are in
tests/llm/test_real_model.py (`pytest --long`). The answer keeps its quotes and says that the model did not answer,
and the next question is written by a new process.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
from _rows import TESTS, Outcome, wait_until

from invented import open_assistant, write_index
from sidebyside.assistant import Assistant
from sidebyside.llm.process import LocalGenerator
from sidebyside.records import Message

_TIMEOUT = 2.0
_QUESTION = "How much context does Kestrel 7B answer?"
_NOTE = "language model did not answer"
_GOOD = "Kestrel 7B answers prompts of up to 32K tokens."


class Accident(LocalGenerator):
    """A generator whose next call goes wrong as `next` says; "" for a good reply."""

    next = ""

    def stream(self, _messages: Sequence[Message], **given: Any) -> Any:
        """Send the accident, or a sentence that the pages support, in place of the prompt."""
        text, self.next = self.next or _GOOD, ""
        return super().stream([Message("user", text)], **given)


def _after(seconds: float, act: Callable[[int], object], generator: LocalGenerator) -> threading.Thread:
    """Do something to the model process a moment after it has begun to work."""

    def work() -> None:
        wait_until(lambda: generator.pid is not None, 20)
        time.sleep(seconds)
        if generator.pid:
            act(generator.pid)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _starve(pid: int) -> None:
    """What a kernel short of memory does."""
    Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
    os.kill(pid, signal.SIGKILL)


# What goes wrong: what the process is told, and what is done to it meanwhile.
ACCIDENTS: dict[str, tuple[str, Callable[[int], object] | None]] = {
    "ends mid-answer": ("die", None),
    "hangs": ("hang", None),
    "stops listening": ("deaf", None),
    "talks nonsense": ("garbage", None),
    "killed": ("count 1000", lambda pid: os.kill(pid, signal.SIGKILL)),
    "stopped by a signal": ("count 1000", lambda pid: os.kill(pid, signal.SIGSTOP)),
    "crashes in native code": ("count 1000", lambda pid: os.kill(pid, signal.SIGSEGV)),
    "out of memory": ("count 1000", _starve),
    "illegal instruction": ("count 1000", lambda pid: os.kill(pid, signal.SIGILL)),
    "writes for ever": ("count 100000", None),
}


def _one(assistant: Assistant, generator: Accident, name: str, dice: random.Random) -> str:
    """What went wrong beyond the accident itself; "" for nothing."""
    generator.next, act = ACCIDENTS[name]
    timer = _after(dice.uniform(0.05, 0.5), act, generator) if act else None
    started = time.monotonic()
    answer = assistant.answer(_QUESTION)
    took = time.monotonic() - started
    if timer:
        timer.join(10)
    if took > _TIMEOUT + 8:
        return f"the answer took {took:.1f} s"
    if "32K" not in answer.text or not answer.citations:
        return f"the quotes are lost: {answer.text}"
    if answer.status != "answered" or not any(_NOTE in note for note in answer.notes):
        return f"it does not say so: {answer.notes}"
    after = assistant.answer(_QUESTION)
    if any(_NOTE in note for note in after.notes):
        return f"the next question: {after.notes}"
    return ""


def row(folder: Path, trials: int) -> Outcome:
    """R8: accidents of the model process at random moments; the answer falls back to quotes and says so."""
    outcome, dice = Outcome(), random.Random(8)
    index = write_index(folder)
    command = [sys.executable, str(TESTS / "fake_model_process.py")]
    generator = Accident("stand-in", {"op": "load", "path": "none"}, timeout=_TIMEOUT, command=command)
    with open_assistant(index, generator=generator) as assistant:
        for number in range(trials):
            name = list(ACCIDENTS)[number % len(ACCIDENTS)]
            wrong = _one(assistant, generator, name, dice)
            outcome.check(not wrong, f"{name}: {wrong}")
    left = [child for child in psutil.Process().children(recursive=True) if "fake_model" in " ".join(child.cmdline())]
    outcome.check(not left, f"{len(left)} model processes are left")
    return outcome


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = row(Path(scratch), 20)
        print(found.n, json.dumps(found.figures), *found.failures, sep="\n")
