"""Measures whether the default model can say which of two artifacts fits a need better, going by a quote of each.

    python benchmarks/winner.py [--threads N] [--minutes M]

data/winners.jsonl holds needs with a quote of two artifacts of tests/data/library*, and which of them fits by these
quotes, judged by hand: "a", "b", or "none" where the quotes do not settle it. The model is asked in both orders; it
names a winner where the same artifact is likelier in both, by the given margin at least. Precision is the share of
named winners that are right. A winner that the assistant may state would need 95%.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from _reporting import machine, print_table, write_results

from sidebyside.llm.generator import Generator, load_generator
from sidebyside.models.catalogue import resolve_model
from sidebyside.records import Message
from sidebyside.settings import DEFAULT_MODEL, Settings

CASES = Path(__file__).parent / "data" / "winners.jsonl"
MARGINS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)
OPTIONS = ("A", "B", "Neither")
_SYSTEM = (
    "You decide which of two artifacts fits a need better, going only by one sentence about each. "
    "Answer A, B, or Neither if the sentences do not settle it."
)


def question(need: str, first: str, second: str) -> tuple[Message, ...]:
    """One order of the two quotes."""
    return (
        Message("system", _SYSTEM),
        Message("user", f"A: {first}\nB: {second}\nNeed: {need}\nWhich fits better: A, B or Neither?"),
    )


def ask(generator: Generator, case: dict[str, str]) -> dict[str, Any]:
    """For each artifact its lower probability of the two orders, and what is right."""
    one = generator.option_probabilities(question(case["need"], case["a_quote"], case["b_quote"]), OPTIONS)
    other = generator.option_probabilities(question(case["need"], case["b_quote"], case["a_quote"]), OPTIONS)
    return {
        "need": case["need"],
        "fits": case["fits"],
        "a": round(min(one["A"], other["B"]), 3),
        "b": round(min(one["B"], other["A"]), 3),
        "neither": round(min(one["Neither"], other["Neither"]), 3),
    }


def named(row: dict[str, Any], margin: float) -> str:
    """The artifact that is likelier than the other by the margin in both orders, "" for none."""
    best = max("ab", key=lambda side: row[side])
    return best if row[best] >= max(margin, 0.34) and row[best] > row["neither"] else ""


def main() -> None:
    """Ask about all pairs there is time for, print the table, keep it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=5)
    options = parser.parse_args()
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    settings = Settings.load(threads=options.threads, model=DEFAULT_MODEL)
    generator = load_generator(settings, resolve_model(settings))
    until = time.time() + 60 * options.minutes
    rows = []
    for case in cases:
        if time.time() < until:
            rows.append(ask(generator, case))
            print(rows[-1], flush=True)
    generator.close()
    table = []
    for margin in MARGINS:
        given = [(row, winner) for row in rows if (winner := named(row, margin))]
        right = sum(row["fits"] == winner for row, winner in given)
        table.append(
            {
                "probability": margin,
                "pairs": len(rows),
                "winners named": len(given),
                "right": right,
                "precision": round(right / len(given), 3) if given else None,
            }
        )
    print_table("Winners by the model, asked in both orders", table)
    write_results(
        "winner", {"machine": machine("llama-cpp-python"), "model": DEFAULT_MODEL, "by": table, "pairs": rows}
    )


if __name__ == "__main__":
    main()
