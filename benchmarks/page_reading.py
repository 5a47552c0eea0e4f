"""Measures reading: pages per second and peak memory on generated pages.

    python benchmarks/page_reading.py [--pages 10000] [--json FILE]

The pages are made up: 16 capabilities each, of artifacts that come back on other pages, two thirds text extracts and
one third saved HTML. Each stage runs in its own process, so that its peak memory is its own. Sizes and times go to
standard output; nothing is kept.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sidebyside.building.collect import collect_pages
from sidebyside.index.passages import build_passages, write_passages
from sidebyside.library import build_library, read_pages, write_library, write_pages
from sidebyside.pages import parse_page

_VERBS = "Reads Writes Sorts Checks Splits Joins Draws Plays Tests Keeps Sends Turns Finds Cleans Signs".split()
_NOUNS = "images tables sounds files maps letters graphs tokens models frames queues prompts layers keys ports".split()
_LABELS = ("UnfragileRank", "Adoption", "Quality", "Ecosystem", "Match Graph")
_SHOWN = 8


def make_pages(folder: Path, count: int) -> int:
    """Write `count` pages about `count` / 2 artifacts; returns their bytes."""
    dice = random.Random(11)
    artifacts = [_make_artifact(number, dice) for number in range(max(count // 2, 2))]
    size = 0
    for number in range(count):
        pair = dice.sample(artifacts, 2)
        rows = _make_rows(pair, dice)
        text = _as_html(pair, rows) if number % 3 == 0 else _as_text(pair, rows)
        path = folder / f"{number:06}.{'html' if number % 3 == 0 else 'txt'}"
        size += path.write_bytes(text.encode())
    return size


def _make_artifact(number: int, dice: random.Random) -> dict[str, Any]:
    parts = [[_sentence(dice) + " " + _sentence(dice), _sentence(dice), _sentence(dice)] for _ in range(_SHOWN)]
    return {"name": f"Artifact {number}", "total": dice.randint(9, 40), "capabilities": parts}


def _sentence(dice: random.Random) -> str:
    words = " ".join(
        f"{dice.choice(_NOUNS)} {dice.randint(1, 500)} {dice.choice(('by', 'with', 'into'))}" for _ in range(8)
    )
    return f"{dice.choice(_VERBS)} {words} {dice.choice(_NOUNS)}."


def _make_rows(pair: list[dict[str, Any]], dice: random.Random) -> list[list[str]]:
    rows = [["Feature", *(artifact["name"] for artifact in pair)], ["Type", "Model", "Model"]]
    rows += [[label, f"{dice.randint(0, 99)}/100", f"{dice.randint(0, 99)}/100"] for label in _LABELS]
    return [*rows, ["Capabilities", *(f"{artifact['total']} decomposed" for artifact in pair)]]


def _as_text(pair: list[dict[str, Any]], rows: list[list[str]]) -> str:
    lines = [f"{pair[0]['name']} vs {pair[1]['name']}", "Side-by-side comparison to help you choose."]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(3, "|---|---|---|")
    for artifact in pair:
        for description, unique, alternatives in artifact["capabilities"]:
            lines += [description, f"Unique: {unique}", f"vs alternatives: {alternatives}"]
        lines.append(f"+{artifact['total'] - _SHOWN} more capabilities")
    return "\n".join(lines)


def _as_html(pair: list[dict[str, Any]], rows: list[list[str]]) -> str:
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    out = [f"<html><body><nav><p>Home</p></nav><h1>Compare</h1><table>{table}</table>"]
    for artifact in pair:
        out.append(f"<h2>{artifact['name']} Capabilities</h2>")
        for number, (description, unique, alternatives) in enumerate(artifact["capabilities"]):
            out.append(f'<div class="card"><h3>Part {number}</h3><p>{description}</p>')
            out.append(f"<p><b>Unique:</b> {unique}</p><p><b>vs alternatives:</b> {alternatives}</p></div>")
        out.append(f"<button>+{artifact['total'] - _SHOWN} more capabilities</button>")
    return "\n".join([*out, "</body></html>"])


def read_all(folder: Path) -> dict[str, int]:
    """Read every page and keep what was read on disk."""
    files, skipped = collect_pages([folder])
    pages = [parse_page(file.read(), file.source) for file in files]
    write_pages(pages, folder.parent / "pages.jsonl")
    return {"pages": len(pages), "skipped": len(skipped), "warnings": sum(len(page.warnings) for page in pages)}


def merge_all(folder: Path) -> dict[str, int]:
    """Merge what was read."""
    library = build_library(read_pages(folder.parent / "pages.jsonl"))
    write_library(library, folder.parent / "library.jsonl")
    capabilities = sum(len(artifact.capabilities) for artifact in library.artifacts)
    return {"artifacts": len(library.artifacts), "capabilities": capabilities, "conflicts": len(library.conflicts())}


def cut_all(folder: Path) -> dict[str, int]:
    """Cut the library into passages."""
    from sidebyside.library import read_library

    passages = build_passages(read_library(folder.parent / "library.jsonl"))
    write_passages(passages, folder.parent / "passages.jsonl")
    return {"passages": len(passages), "sentences": sum(len(passage.sentences) for passage in passages)}


def measure(stage: Callable[[Path], dict[str, int]], folder: Path) -> dict[str, Any]:
    """Run a stage in a process of its own; seconds of wall clock and CPU, and its peak memory in MB."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (stage, folder))


def _measured(stage: Callable[[Path], dict[str, int]], folder: Path) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = stage(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = {"seconds": round(time.perf_counter() - wall, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return {"stage": stage.__name__, **seconds, "peak_mb": round(peak), **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "pages"
        folder.mkdir()
        size = make_pages(folder, options.pages)
        stages = [measure(stage, folder) for stage in (read_all, merge_all, cut_all)]
    reading = stages[0]
    report = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "bytes": size,
        "pages_per_second": round(reading["pages"] / reading["seconds"]),
        "pages_per_cpu_second": round(reading["pages"] / reading["cpu_seconds"]),
        "stages": stages,
    }
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
