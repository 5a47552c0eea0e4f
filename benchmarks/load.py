"""How many answers a second `sidebyside serve` gives without the LLM, with 1 and 2 workers and 1, 8 and 32 clients.

Everything runs on this machine over loopback, so the clients take a share of the same cores: `client_cpu` is how much
of one. `server_ms` is processor time for each answer, which other programs on the machine hardly change. Two kinds of
question: "tables" are settled by table rows alone, "quotes" need the encoder for words that were not asked before.

    python benchmarks/load.py [--seconds 6] [--index DIR]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from _reporting import machine, print_table, write_results

SEEDS = Path(__file__).resolve().parents[1] / "index" / "seeds"
WORKERS = (1, 2)
CLIENTS = (1, 8, 32)
NAMES = ("Stable-Diffusion", "Dreambooth-Stable-Diffusion", "Llama 3.2 90B Vision", "LLaVA Llama 3 (8B)")
LABELS = ("UnfragileRank", "Adoption", "Quality", "Ecosystem", "Pricing")
WORDS = (
    "images tokens memory training captions documents speed prompts languages quantization deployment reasoning videos "
    "licences charts tables loading weights batches noise faces styles samples adapters notebooks charts context cost"
).split()


def tables() -> Iterator[str]:
    """Questions that table rows settle, over and over."""
    pairs = itertools.combinations(NAMES, 2)
    higher = [f"Which has the higher {label}: {a} or {b}?" for a, b in pairs for label in LABELS]
    single = [f"What is the {label} of {name}?" for name in NAMES for label in LABELS]
    library = ["Which artifact has the highest UnfragileRank?", "How many artifacts are free?"]
    return itertools.cycle([*higher, *single, *library])


def quotes() -> Iterator[str]:
    """Comparisons on two words that have not come together before."""
    wanted = [(a, b, pair) for a, b in itertools.permutations(WORDS, 2) for pair in itertools.combinations(NAMES, 2)]
    random.Random(7).shuffle(wanted)
    return (f"How do {first} and {second} compare on {a} and {b}?" for a, b, (first, second) in wanted)


KINDS = {"tables": tables, "quotes": quotes}


@contextmanager
def served(index: Path, workers: int) -> Iterator[tuple[int, psutil.Process]]:
    """(port, process) of a server whose workers have all loaded what they need."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "sidebyside", "serve", "--no-llm", "--index", str(index), "--port", str(port)]
    process = subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL)
    try:
        asyncio.run(asyncio.wait_for(warmed(port, workers), 120))
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


async def warmed(port: int, workers: int) -> None:
    """Wait until the server answers, then ask so much on new connections that every worker has answered some."""
    while True:
        try:
            await ask(*await asyncio.open_connection("127.0.0.1", port), request("hello"))
            break
        except OSError:
            await asyncio.sleep(0.2)
    questions = quotes()
    await asyncio.gather(*(one_shot(port, next(questions)) for _ in range(8 * workers)))


async def one_shot(port: int, question: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await ask(reader, writer, request(question))
    finally:
        writer.close()


def request(question: str) -> bytes:
    """A question as HTTP/1.1; written by hand, because a client library would cost more than the answer."""
    body = json.dumps({"question": question, "no_llm": True}).encode()
    head = ("POST /api/answer HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    return "\r\n".join((*head, f"Content-Length: {len(body)}")).encode() + b"\r\n\r\n" + body


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: bytes) -> int:
    """The status of the answer, whose body is read to its end."""
    writer.write(question)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


async def client(port: int, questions: Iterator[str], end: float, times: list[float], errors: list[str]) -> None:
    """Ask one question after the other on one connection until the time is over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (started := time.perf_counter()) < end:
        try:
            status = await ask(reader, writer, request(next(questions)))
        except OSError as error:
            errors.append(str(error))
            return
        times.append(time.perf_counter() - started)
        if status != 200:
            errors.append(f"status {status}")
    writer.close()


def used(processes: Sequence[psutil.Process]) -> float:
    """Seconds of processor time that they have taken."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def press(port: int, server: Sequence[psutil.Process], kind: str, clients: int, seconds: float) -> dict[str, Any]:
    """What so many clients at once get."""
    times: list[float] = []
    errors: list[str] = []
    questions = KINDS[kind]()
    own, theirs = time.process_time(), used(server)
    started = time.perf_counter()
    end = started + seconds
    await asyncio.gather(*(client(port, questions, end, times, errors) for _ in range(clients)))
    lasted = time.perf_counter() - started
    p50, p95, worst = (round(float(value) * 1000, 1) for value in np.percentile(times, [50, 95, 100]))
    return {
        "answers": len(times),
        "per_second": round(len(times) / lasted, 1),
        "p50_ms": p50,
        "p95_ms": p95,
        "worst_ms": worst,
        "errors": len(errors),
        "server_ms": round((used(server) - theirs) * 1000 / len(times), 1),
        "client_cpu": round((time.process_time() - own) / lasted, 2),
    }


def measure(index: Path, seconds: float, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """All rows."""
    rows = []
    for workers in WORKERS:
        with served(index, workers) as (port, process):
            server = [process, *process.children(recursive=True)]
            for kind, clients in itertools.product(kinds, CLIENTS):
                row: dict[str, Any] = {"workers": workers, "questions": kind, "clients": clients}
                row |= asyncio.run(press(port, server, kind, clients, seconds))
                row["resident_mb"] = round(sum(member.memory_info().rss for member in server) / 1e6)
                rows.append(row)
                print(row, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="for each row")
    parser.add_argument("--index", type=Path, help="an index instead of one made of the two committed pages")
    parser.add_argument("--questions", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--note", default="", help="kept with the results: what else was running, say")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        index = given.index
        if index is None:
            from sidebyside.building.build import build_index

            index = Path(folder)
            build_index([SEEDS], index=index)
        before = os.getloadavg()[0]
        rows = measure(index, given.seconds, given.questions)
    print_table("Answers from tables and quotes over HTTP", rows)
    write_results(
        "load",
        {
            "machine": machine("uvicorn", "fastapi"),
            "load_before": round(before, 2),
            "note": given.note,
            "seconds_each": given.seconds,
            "rows": rows,
        },
    )


if __name__ == "__main__":
    main()
