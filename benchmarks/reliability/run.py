"""Runs every reliability row and writes benchmarks/results/reliability.json; `make reliability` does.

    python benchmarks/reliability/run.py [--rows R1 S4 ...] [--share 0.2] [--no-model]

Each row runs in a process of its own under a time limit, so that a crash or a hang is a failure of that row. `--share`
runs that part of the trials; `--no-model` leaves out what needs the real language model.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _reporting import RESULTS, machine, write_results
from _rows import ROOT, Outcome

# Row -> (module beside this file, trials, seconds that it may take).
ROWS: dict[str, tuple[str, int, int]] = {
    **dict.fromkeys(("R1", "R2", "R3", "R4", "R9", "R10"), ("index_faults", 0, 900)),
    "R5": ("askers", 500, 400),
    "R6": ("odd_questions", 50, 300),
    "R7": ("soak", 500, 600),
    "R8": ("model_accidents", 20, 300),
    "S1": ("injection", 300, 400),
    "S2": ("lies", 50, 300),
    "S3": ("model_files", 56, 900),
    "S4": ("doors", 130, 300),
    "S5": ("payloads", 60, 400),
    "S6": ("uploads", 32, 600),
    "S7": ("offline", 1, 3600),
    "S8": ("dependencies", 1, 300),
}
# Rows that take the real model, by the command that runs them.
MODEL_ROWS: dict[str, tuple[list[str], int]] = {
    "S1 with the real model": (["benchmarks/reliability/injection.py", "--trials", "0", "--real", "24"], 1500),
    "R8 and S3 with llama.cpp": (["-m", "pytest", "--long", "-m", "long", "-q", "tests"], 1500),
}
_ORDER = sorted(ROWS, key=lambda name: (name[0], int(name[1:])))


def run_here(name: str, share: float) -> dict[str, Any]:
    """One row in this process."""
    module, trials, _seconds = ROWS[name]
    loaded = importlib.import_module(module)
    if module == "index_faults":
        found: dict[str, Any] = loaded.run_row(name, share, seed=1)
        return found
    with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
        outcome: Outcome = loaded.row(Path(folder), max(1, round(trials * share)))
    found = asdict(outcome)
    what = str(loaded.row.__doc__).partition(": ")[2].strip()
    return {
        "what": what,
        "n": found["n"],
        "failures": found["failures"],
        **found["figures"],
        "excluded": found["excluded"],
    }


def run_child(name: str, share: float) -> dict[str, Any]:
    """One row in a process of its own."""
    started = time.monotonic()
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, __file__, "--child", name, file.name, "--share", str(share)]
        try:
            ended = subprocess.run(
                command, cwd=ROOT, timeout=ROWS[name][2], capture_output=True, text=True, check=False
            )
            told = Path(file.name).read_text("utf-8")
            result = json.loads(told) if told else _failed(f"ended with {ended.returncode}: {ended.stderr[-600:]}")
        except subprocess.TimeoutExpired:
            result = _failed(f"not done after {ROWS[name][2]} s")
    return {**result, "seconds": round(time.monotonic() - started)}


def run_model_row(name: str) -> dict[str, Any]:
    """A row with the real model: what its command printed last, and whether it succeeded."""
    command, seconds = MODEL_ROWS[name]
    started = time.monotonic()
    try:
        ended = subprocess.run(
            [sys.executable, *command], cwd=ROOT, timeout=seconds, capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired:
        return _failed(f"not done after {seconds} s")
    text = ended.stdout.strip()
    rates = json.loads(text) if text.startswith("{") else {"ended": text.splitlines()[-1:]}
    failures = [] if ended.returncode == 0 else [f"{text[-400:]} {ended.stderr[-400:]}"]
    if "all defences" in rates:
        failures += rates["all defences"]["examples"]
    n = rates.get("all defences", {}).get("n", 1)
    return {"what": name, "n": n, "failures": failures, **rates, "seconds": round(time.monotonic() - started)}


def _failed(why: str) -> dict[str, Any]:
    return {"what": "", "n": 0, "failures": [why]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=[*_ORDER, *MODEL_ROWS], default=[])
    parser.add_argument("--share", type=float, default=1.0, help="share of the trials to run")
    parser.add_argument("--no-model", action="store_true", help="leave out what takes the real language model")
    parser.add_argument("--no-suite", action="store_true", help="leave out S7, which runs the whole test suite")
    parser.add_argument("--child", nargs=2, metavar=("ROW", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, file = options.child
        Path(file).write_text(json.dumps(run_here(name, options.share), ensure_ascii=False), encoding="utf-8")
        return
    everything = [*_ORDER, *([] if options.no_model else MODEL_ROWS)]
    names = options.rows or [name for name in everything if not (options.no_suite and name == "S7")]
    path = RESULTS / "reliability.json"
    report = json.loads(path.read_text("utf-8")) if path.exists() else {}
    rows = report.get("rows", {})
    failed = 0
    for name in names:
        result = run_model_row(name) if name in MODEL_ROWS else run_child(name, options.share)
        rows[name] = result | ({"share": options.share} if options.share != 1.0 else {})
        failed += bool(result["failures"])
        print(f"{name}: N={result['n']}, failures={len(result['failures'])}, {result['seconds']} s", flush=True)
        for failure in result["failures"][:5]:
            print(f"    {failure[:300]}", flush=True)
        order = [*_ORDER, *MODEL_ROWS]
        kept = {key: rows[key] for key in sorted(rows, key=order.index)}
        write_results("reliability", {"machine": machine("chromadb", "gradio", "llama-cpp-python"), "rows": kept})
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
