"""Builds indexes of generated libraries and measures what a build, an update, an opening and a search cost.

    python benchmarks/index_build.py [--capabilities 10000] [--encoder words|real] [--keep]

`words` replaces the encoder by sums of random word vectors, so that what is measured is everything but the model
(reading, merging, Chroma, publishing); `real` is the default encoder. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from _reporting import machine, write_results

from sidebyside.building.build import build_index
from sidebyside.encoding.embedding import Encoder, load_encoder
from sidebyside.index.opened import open_index
from sidebyside.settings import Settings

CAPABILITIES_PER_SIDE = 8
VERBS = "Processes Converts Ranks Streams Schedules Compresses Translates Indexes Monitors Renders Signs Merges".split()
THINGS = (
    "documents images contracts invoices tickets packets sketches recipes tides ledgers meshes routes surveys "
    "melodies forecasts specimens manifests timetables portraits queries"
).split()
MANNERS = (
    "in one pass with a fixed memory budget of {n} MB",
    "through a queue that keeps {n} jobs in flight",
    "with a vocabulary of {n} thousand words and a learned ranking",
    "by splitting them into parts of {n} KB and checking each",
    "against a local table of {n} rules that people can edit",
    "on ordinary processors, {n} items a second and core",
)


class WordEncoder:
    """Random word vectors, added up: as fast as hashing, and texts that share words are near each other."""

    name = "words"
    dimension = 384
    fingerprint = "words-384"

    def __init__(self) -> None:
        self._table = np.random.default_rng(5).standard_normal((1 << 16, self.dimension)).astype(np.float32)

    def encode(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for position, text in enumerate(texts):
            words = [zlib.crc32(word.encode()) & 0xFFFF for word in re.findall(r"\w+", text.lower())] or [0]
            rows[position] = self._table[words].sum(axis=0)
        if progress is not None:
            progress(len(texts), len(texts))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def encode_questions(self, texts: Sequence[str]) -> np.ndarray:
        return self.encode(texts)


def write_library(folder: Path, capabilities: int) -> list[Path]:
    """Pages about pairs of invented artifacts, with as many capabilities in all."""
    folder.mkdir(parents=True)
    pages = []
    for number in range(max(1, capabilities // (2 * CAPABILITIES_PER_SIDE))):
        path = folder / f"{number:06}.txt"
        path.write_text(page(number, 0))
        pages.append(path)
    return pages


def page(number: int, revision: int) -> str:
    """One page; another revision says something else in one capability."""
    rng = random.Random(number)
    names = [f"{rng.choice(THINGS).title()}{rng.choice(VERBS)}-{number}{side}" for side in "AB"]
    counts = f"{CAPABILITIES_PER_SIDE} decomposed"
    lines = [
        f"{names[0]} vs {names[1]}",
        "Side-by-side comparison to help you choose.",
        f"| Feature | {names[0]} | {names[1]} |",
        "|---|---|---|",
        "| Type | Model | Repository |",
        f"| UnfragileRank | {rng.randrange(100)}/100 | {rng.randrange(100)}/100 |",
        "| Pricing | Free | Paid |",
        f"| Capabilities | {counts} | {counts} |",
    ]
    for name in names:
        for place in range(CAPABILITIES_PER_SIDE):
            lines += capability(rng, name, revision if place == 0 else 0)
    return "\n".join(lines) + "\n"


def capability(rng: random.Random, name: str, revision: int) -> list[str]:
    """The three lines of one capability: five sentences."""

    def clause() -> str:
        n = rng.randrange(2, 900)
        return f"{rng.choice(THINGS)} and {rng.choice(THINGS)} {rng.choice(MANNERS).format(n=n)}"

    changed = f" Revision {revision} adds {revision} more checks." if revision else ""
    return [
        f"{rng.choice(VERBS)} {clause()}. {name} also takes {clause()}. The result is written as {clause()}.{changed}",
        f"Unique: {rng.choice(VERBS)} {clause()} without leaving {name}",
        f"vs alternatives: Handles {clause()}, where others stop at {rng.randrange(2, 90)} items",
    ]


def measure(action: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def measure_build(build: Callable[[Callable[[str, int, int], None]], Any]) -> tuple[dict[str, Any], Any]:
    """Wall and CPU seconds of a build, and when each of its stages reported last."""
    seconds: dict[str, float] = {}
    cpu, started = time.process_time(), time.perf_counter()

    def note(stage: str, _done: int, _total: int) -> None:
        seconds[stage] = round(time.perf_counter() - started, 2)

    report = build(note)
    wall = round(time.perf_counter() - started, 2)
    return {"wall_s": wall, "cpu_s": round(time.process_time() - cpu, 2), "stage_ends_s": seconds}, report


def read_side(index: Path, queries: int) -> dict[str, Any]:
    """Open an index in this process and search: times in ms, recall against comparing every row, memory in MB."""
    opening, opened = measure(lambda: open_index(index))
    rng = np.random.default_rng(11)
    vectors = opened.vectors.all()
    rows = rng.integers(0, len(vectors), queries)
    questions = vectors[rows] + 0.6 / np.sqrt(vectors.shape[1]) * rng.standard_normal((queries, vectors.shape[1]))
    questions = (questions / np.linalg.norm(questions, axis=1, keepdims=True)).astype(np.float32)
    after_open = memory()
    first, _ = measure(lambda: opened.search(questions[0], 10))
    times, found, exact_times, exact = [], [], [], []
    for question in questions:
        seconds, hits = measure(lambda question=question: opened.search(question, 10))
        times.append(seconds)
        found.append({position for position, _ in hits})
    notice, after_searches = opened.notice, memory()
    for question in questions:
        seconds, hits = measure(lambda question=question: opened._nearest.search_exactly(question, 10))
        exact_times.append(seconds)
        exact.append({position for position, _ in hits})
    recall = np.mean([len(one & other) / len(other) for one, other in zip(found, exact, strict=True)])
    return {
        "open_s": round(opening, 3),
        "first_search_s": round(first, 3),
        "search_p50_ms": round(1000 * float(np.percentile(times, 50)), 2),
        "search_p95_ms": round(1000 * float(np.percentile(times, 95)), 2),
        "exact_p50_ms": round(1000 * float(np.percentile(exact_times[1:], 50)), 2),
        "recall_at_10": round(float(recall), 4),
        "memory_after_open_mb": after_open,
        "memory_mb": after_searches,
        "notice": notice,
    }


def memory() -> dict[str, int]:
    """What this process holds now, in MB; mapped files count as "shared" and can be dropped by the system."""
    info = psutil.Process().memory_info()
    return {"rss": round(info.rss / 1e6), "private": round((info.rss - info.shared) / 1e6)}


def run(capabilities: int, encoder: Encoder, folder: Path, queries: int) -> dict[str, Any]:
    """One library size: full build, nothing changed, one page changed, opening and searching in a fresh process."""
    pages = write_library(folder / "pages", capabilities)
    index = folder / "index"
    full, report = measure_build(
        lambda note: build_index([folder / "pages"], index=index, encoder=encoder, progress=note)
    )
    same, _ = measure_build(lambda note: build_index(index=index, encoder=encoder, progress=note))
    pages[len(pages) // 2].write_text(page(len(pages) // 2, 1))
    changed, update = measure_build(lambda note: build_index(index=index, encoder=encoder, progress=note))
    reader = subprocess.run(
        [sys.executable, __file__, "--read", str(index), "--queries", str(queries)],
        capture_output=True,
        text=True,
        check=True,
    )
    generation = index / "generations" / report.generation
    return {
        "capabilities": report.capabilities,
        "pages": report.pages,
        "passages": report.passages,
        "sentences_embedded": report.embedded,
        "build": full,
        "build_peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "nothing_changed": same,
        "one_page_changed": changed | {"embedded": update.embedded},
        "disk_mb": round(sum(path.stat().st_size for path in generation.rglob("*") if path.is_file()) / 1e6, 1),
        "read": json.loads(reader.stdout),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--capabilities", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--encoder", choices=["words", "real"], default="words")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/index_build_ENCODER.json")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        print(json.dumps(read_side(options.read, options.queries)))
        return
    encoder = WordEncoder() if options.encoder == "words" else load_encoder(Settings.load())
    results = []
    for capabilities in options.capabilities:
        with tempfile.TemporaryDirectory() as folder:
            results.append(run(capabilities, encoder, Path(folder), options.queries))
        print(json.dumps(results[-1]), file=sys.stderr)
    report = {
        "machine": machine("chromadb", "sentence-transformers", "torch"),
        "load_average": os.getloadavg()[0],
        "encoder": options.encoder,
        "results": results,
    }
    print(json.dumps(report, indent=1))
    if options.keep:
        write_results(f"index_build_{options.encoder}", report)


if __name__ == "__main__":
    main()
