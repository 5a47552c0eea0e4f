"""What a Chroma server costs per row and per query, for docs/scale.md: `chroma run` on loopback, vectors in clusters.

The rows are made: unit vectors of 384 numbers around 500 centres, as sentence vectors lie, so that the search has
something to find. Client and server share the machine's cores; both are counted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from _reporting import machine, write_results

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from chroma_running import chroma_running
from sidebyside.index.chroma_remote import ChromaServer
from sidebyside.records import Passage, Source

DIMENSION, CENTRES = 384, 500
# What the assistant asks for when it searches the whole library.
NEAREST = 80


def rows_of(count: int) -> tuple[list[Passage], np.ndarray]:
    """Passages without texts, and a unit vector for each."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((CENTRES, DIMENSION)).astype(np.float32)
    vectors = centres[rng.integers(0, CENTRES, count)] + 0.7 * rng.standard_normal((count, DIMENSION), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    place = Source("page.txt", 0, 1)
    passages = [Passage(f"p{n}", f"a{n // 24}", f"c{n // 3}", "description", "", place, ()) for n in range(count)]
    return passages, vectors


def server_process(url: str) -> psutil.Process:
    """The child of this process that listens there."""
    port = int(url.rpartition(":")[2])
    for child in psutil.Process().children(recursive=True):
        if any(connection.laddr.port == port for connection in child.net_connections("tcp")):
            return child
    raise RuntimeError("no child listens")


def measure(url: str, store: Path, count: int, seconds: float) -> dict[str, float]:
    """Fill a collection and search it, alone and from eight threads at once."""
    passages, vectors = rows_of(count)
    process, own = server_process(url), psutil.Process()
    base = process.memory_info().rss
    server = ChromaServer(url, f"bench-{count}")
    folder = store.parent / f"rows-{count}"
    began, cpu = time.perf_counter(), sum(process.cpu_times()[:2])
    server.build_rows(folder, passages, vectors, np.arange(count))
    wall, cpu = time.perf_counter() - began, sum(process.cpu_times()[:2]) - cpu
    rows = server.open_rows(folder, count)
    found = hits = 0
    times = []
    for vector in vectors[:: max(1, count // 100)][:100]:
        began = time.perf_counter()
        names = {name for name, _ in rows.query(vector, NEAREST)}
        times.append(time.perf_counter() - began)
        best = np.argpartition(-(vectors @ vector), 10)[:10]
        found, hits = found + 10, hits + len(names & {f"p{n}" for n in best})

    def ask(thread: int) -> int:
        rng, asked, end = np.random.default_rng(thread), 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            rows.query(vectors[rng.integers(count)], NEAREST)
            asked += 1
        return asked

    before = sum(process.cpu_times()[:2]), sum(own.cpu_times()[:2])
    with ThreadPoolExecutor(8) as pool:
        asked = sum(pool.map(ask, range(8)))
    used = sum(process.cpu_times()[:2]) - before[0], sum(own.cpu_times()[:2]) - before[1]
    disk = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    memory = process.memory_info().rss - base
    server.close()
    return {
        "rows": count,
        "fill_s": round(wall, 1),
        "fill_server_cpu_ms_per_1000_rows": round(1e6 * cpu / count, 1),
        "query_p50_ms": round(1000 * float(np.median(times)), 2),
        "recall_of_10_in_80": round(hits / found, 4),
        "eight_threads_queries_per_s": round(asked / seconds, 1),
        "server_cpu_ms_per_query": round(1000 * used[0] / asked, 2),
        "client_cpu_ms_per_query": round(1000 * used[1] / asked, 2),
        "server_memory_bytes_per_row": round(memory / count),
        "disk_bytes_per_row": round(disk / count),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 40_000])
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    results = []
    for count in options.rows:
        with tempfile.TemporaryDirectory() as folder, chroma_running(Path(folder) / "store") as url:
            results.append(measure(url, Path(folder) / "store", count, options.seconds))
            print(results[-1], flush=True)
    report = {"machine": machine("chromadb"), "load_average": os.getloadavg()[0], "results": results}
    write_results("chroma_server", report)


if __name__ == "__main__":
    main()
