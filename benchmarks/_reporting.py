"""What the benchmarks of retrieval, evidence and verification share: measures, tables, and the file of results."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

RESULTS = Path(__file__).parent / "results"


def machine(*packages: str) -> dict[str, Any]:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("sidebyside", "numpy", *packages)},
    }


def auroc(positives: ArrayLike, negatives: ArrayLike) -> float:
    """How often a positive scores above a negative, ties counting half: the area under the ROC curve."""
    above = np.asarray(positives, float)[:, None] - np.asarray(negatives, float)[None, :]
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


def auroc_interval(positives: ArrayLike, negatives: ArrayLike, rounds: int = 500) -> tuple[float, float]:
    """The middle 95% of `auroc` when both groups are drawn anew with replacement."""
    ups, downs = np.asarray(positives, float), np.asarray(negatives, float)
    rng = np.random.default_rng(7)
    drawn = [auroc(rng.choice(ups, len(ups)), rng.choice(downs, len(downs))) for _ in range(rounds)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return round(float(low), 3), round(float(high), 3)


def share(outcomes: Sequence[bool]) -> float | None:
    """The share of true outcomes; None where there are none at all."""
    return round(sum(outcomes) / len(outcomes), 3) if outcomes else None


def print_table(title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print rows that have the same keys as a Markdown table; lists and dicts in them are left to the JSON."""
    names = [name for name, value in rows[0].items() if not isinstance(value, list | dict)]
    print(f"\n{title}\n\n| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for row in rows:
        print(f"| {' | '.join('-' if row[name] is None else str(row[name]) for name in names)} |")


def write_results(name: str, report: dict[str, Any]) -> None:
    """Keep a report as results/<name>.json."""
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwritten: {path.relative_to(RESULTS.parents[1])}")
