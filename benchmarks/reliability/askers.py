"""R5: 1, 4, 16 and 32 people ask at once through the page's API, each about an artifact of their own.

    python benchmarks/reliability/askers.py

Then more ask than there is room for, and one presses Stop.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _rows import Outcome, percentiles
from driving import free_port

from invented import page_text, write_index

PEOPLE = (1, 4, 16, 32)
_SECONDS = 90
# Words that have no word in common, so that names do not resemble each other.
_STEMS = "heron otter maple comet delta ember fjord glade harbor indigo jasper kelp lagoon meadow nectar onyx".split()
NAMES = tuple(f"{first.capitalize()}{second}" for second in ("wing", "stone") for first in _STEMS)


def write_library(folder: Path) -> Path:
    """An index of 32 artifacts, the n-th of which answers prompts of n K tokens."""

    def column(number: int) -> tuple[Any, ...]:
        says = f"Answers prompts of up to {number + 3}K tokens of context."
        return NAMES[number], ("Model", f"{number + 3}/100", "1", "0", "Free"), ((says, "Fast", "Smaller than most"),)

    pages = {f"{n:02}.txt": page_text(column(n), column(n + 1)) for n in range(0, len(NAMES), 2)}
    return write_index(folder, pages)


@dataclass(frozen=True, slots=True)
class Server:
    """A page that is being served."""

    port: int
    pid: int

    def post(self, path: str, data: object, **headers: str) -> tuple[int, Any]:
        """Status and decoded body of a POST."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        connection.request("POST", path, json.dumps(data), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def lines(self, path: str) -> Iterator[str]:
        """Lines of a GET, as they come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        connection.request("GET", path)
        answer = connection.getresponse()
        try:
            for line in answer:
                yield line.decode(errors="replace").rstrip("\n")
        finally:  # also when nobody wants the rest
            answer.close()
            connection.close()

    def get(self, path: str) -> str:
        """The whole body of a GET."""
        return "\n".join(self.lines(path))

    def ask(self, question: str, history: list[list[str]] | None = None) -> tuple[str, Any]:
        """("complete", answer), ("error", message), or ("busy", message) where the question was not even taken."""
        status, body = self.post("/gradio_api/call/ask", {"data": [question, history]})
        if status != 200:
            return ("busy" if status in (429, 503) else f"status {status}"), body
        kind, last = "", ""
        for line in self.lines(f"/gradio_api/call/ask/{body['event_id']}"):
            if line.startswith("event: "):
                kind = line.removeprefix("event: ").strip()
            elif line.startswith("data: "):
                data = line.removeprefix("data: ")
                if kind == "error":
                    return "error", data
                last = data if data not in ("null", "") else last
                if kind == "complete":
                    return kind, json.loads(last)[0]
        return "cut off", last


@contextmanager
def serve(index: Path, *options: str) -> Iterator[Server]:
    """The page in a process of its own."""
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("_page_server.py")), str(index), str(port), *options]
    with (index / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("sidebyside is at "), (index / "server.log").read_text()
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait(15)
            if process.stdout is not None:
                process.stdout.close()


def _ask_about(server: Server, number: int, marker: str) -> tuple[str, float]:
    """What is wrong with one answer, and how long it took."""
    name = NAMES[number % len(NAMES)]
    question = f"How many tokens of context does {name} answer? ({marker})"
    started = time.monotonic()
    kind, answer = server.ask(question, [[f"earlier {marker}", f"earlier answer {marker}"]])
    took = time.monotonic() - started
    if kind != "complete":
        return f"{kind}: {answer}", took
    figure = f"{number % len(NAMES) + 3}K"
    quotes = [citation["quote"] for citation in answer["citations"]]
    owners = {citation["artifact"] for citation in answer["citations"]}
    if answer["question"] != question or owners != {name} or not any(f" {figure} " in quote for quote in quotes):
        return f"asked {question!r}, answered {answer['question']!r}: {answer['text'][:200]!r}", took
    return "", took


def crowd(server: Server, outcome: Outcome, requests: int) -> None:
    """Every number of people, a quarter of the requests each."""
    for people in (number for number in PEOPLE if number <= max(4, requests)):
        each = max(people, requests // len(PEOPLE))
        with ThreadPoolExecutor(people) as pool:
            found = list(pool.map(lambda n: _ask_about(server, n, f"marker-{n * 7919}"), range(each)))
        for wrong, _took in found:
            outcome.check(not wrong, f"{people} at once: {wrong}")
        outcome.figures[f"{people} at once"] = {"requests": each, **percentiles([took for _wrong, took in found])}


def flood(server: Server, outcome: Outcome, people: int) -> None:
    """More than the queue holds: everybody is answered or told that it is full, nobody waits for nothing."""
    with ThreadPoolExecutor(people) as pool:
        started = time.monotonic()
        found = list(
            pool.map(lambda n: server.ask(f"How much unhurried context does {NAMES[n % 32]} answer?"), range(people))
        )
        took = time.monotonic() - started
    busy = [body for kind, body in found if kind != "complete"]
    told = [body for body in busy if "full" in str(body).lower() or "busy" in str(body).lower()]
    outcome.check(
        len(told) == len(busy), f"{len(busy) - len(told)} of {people} got neither answer nor 'busy': {busy[:1]}"
    )
    outcome.check(took < _SECONDS, f"{people} at once took {took:.0f} s")
    queue_full = sum("waiting" in str(body.get("notes")) for kind, body in found if kind == "complete")
    outcome.check(bool(busy) or queue_full > 0, f"{people} at once and no queue was full")
    outcome.figures[f"{people} at once, 17 have room with the model"] = {
        "answered": people - len(busy),
        "told busy": len(told),
        "answered without the model, whose queue was full": queue_full,
        "seconds": round(took, 1),
    }


def stop_frees(server: Server, outcome: Outcome) -> None:
    """Stop ends an answer that would take 20 seconds, and the model is free for the next question."""
    config = json.loads(server.get("/config"))
    parts = {item["id"]: item["props"].get("elem_id") for item in config["components"]}

    def function(element: str, event: str) -> dict[str, Any]:
        return next(
            item
            for item in config["dependencies"]
            if any(parts.get(target[0]) == element and target[1] == event for target in item["targets"])
        )

    session = "stopper"
    ask, stop = function("question", "submit"), function("stop", "click")
    data = [None, f"Describe slowly how much context {NAMES[0]} answers"]
    server.post("/gradio_api/queue/join", {"data": data, "fn_index": ask["id"], "session_hash": session})
    started, stopped = time.monotonic(), 0.0
    for line in server.lines(f"/gradio_api/queue/data?session_hash={session}"):
        if not stopped and ("K tokens" in line or time.monotonic() - started > 8):
            stopped = time.monotonic()
            server.post("/gradio_api/run/predict", {"data": [], "fn_index": stop["id"], "session_hash": session})
        if "process_completed" in line:
            break
    ended = time.monotonic()
    outcome.check(bool(stopped) and ended - stopped < 3, f"Stop took {ended - stopped:.1f} s")
    wrong, took = _ask_about(server, 5, "after Stop")
    outcome.check(not wrong and took < 5, f"after Stop: {wrong or f'{took:.1f} s'}")
    outcome.figures["Stop"] = {"seconds to the end": round(ended - stopped, 2), "next answer s": round(took, 2)}


def row(folder: Path, trials: int) -> Outcome:
    """R5: people asking at once through the page's API, each with a marker of their own."""
    outcome = Outcome()
    with serve(write_library(folder)) as server:
        crowd(server, outcome, trials)
        flood(server, outcome, 160 if trials >= 100 else 24)
        stop_frees(server, outcome)
    log = (folder / "index" / "server.log").read_text()
    outcome.check("Traceback" not in log, f"the server's log holds a traceback: {log[-300:]}")
    return outcome


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = row(Path(scratch), 500)
        print(found.n, json.dumps(found.figures, indent=1), *found.failures[:20], len(found.failures), sep="\n")
