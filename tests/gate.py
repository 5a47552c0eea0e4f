"""The gate on answers: every question set, asked without the LLM, beside the scores that are committed.

    python tests/gate.py           what changed against the committed scores, question by question
    python tests/gate.py --write   commit what is right now

`tests/data/questions/scores.json` holds the ids of the questions that are answered right, by set.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sidebyside import Assistant
from sidebyside.building.build import build_index
from sidebyside.evaluation import Result, load_questions, run
from sidebyside.models.machine import usable_cores

DATA = Path(__file__).resolve().parent / "data"
QUESTIONS = DATA / "questions"
SCORES = QUESTIONS / "scores.json"
SEEDS = DATA.parents[1] / "index" / "seeds"
# Question set -> the pages it is about: a folder below tests/data, or the committed pages.
SETS = {
    "development": "library",
    "development2": "library2",
    "development3": "library",
    "development4": "library3",
    "development5": "library2",
    "heldout": "library",
    "seeds": "seeds",
    "seeds2": "seeds",
    "blind1": "seeds",
    "blind2": "blind2",
    "blind3": "blind3",
    "blind4": "seeds",
    "blind5": "seeds",
    "blind6": "blind6",
    "blind7": "blind7",
    "blind8": "seeds",
    "blind9": "seeds",
    "blind10": "seeds",
    "blind11": "seeds",
    "blind12": "blind12",
    "blind13": "seeds",
    "blind14": "seeds",
    "blind15": "seeds",
    "blind16": "blind16",
    "blind17": "seeds",
    "blind18": "seeds",
    "blind19": "seeds",
    "blind20": "blind20",
    "blind21": "seeds",
    "blind22": "blind22",
    "blind23": "seeds",
    "blind24": "seeds",
    "blind25": "seeds",
    "blind26": "blind26",
    "blind27": "seeds",
    "blind28": "seeds",
    "blind29": "seeds",
    "blind30": "blind30",
    "blind31": "seeds",
    "blind32": "seeds",
    "blind33": "blind33",
    "blind34": "blind34",
    "blind35": "seeds",
    "blind36": "blind36",
    "blind37": "blind37",
    "blind38": "seeds",
    "blind39": "seeds",
    "blind40": "blind40",
    "blind41": "blind41",
    "blind42": "seeds",
    "blind43": "seeds",
}
# A set may lose so many questions: an answer can hang on the last digit of a similarity.
MAY_LOSE = 1


def folder_of(pages: str) -> Path:
    """The folder of the pages that SETS names so."""
    return SEEDS if pages == "seeds" else DATA / pages


@dataclass(frozen=True, slots=True)
class Change:
    """One question that was right and is wrong, or the other way round; `told` is the answer, `why` what it lacks."""

    questions: str
    id: str
    fixed: bool
    question: str
    told: str
    why: str


def ask_all(sets: Mapping[str, str] = SETS) -> dict[str, tuple[Result, ...]]:
    """Every set with its results; the sets are shared out among as many processes as there are cores."""
    with tempfile.TemporaryDirectory() as folder:
        indexes = {pages: Path(folder) / pages for pages in dict.fromkeys(sets.values())}
        for pages, index in indexes.items():
            build_index([folder_of(pages)], index=index)
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(usable_cores(), mp_context=spawn) as pool:
            asked = {name: pool.submit(_ask, name, indexes[pages]) for name, pages in sets.items()}
            return {name: found.result() for name, found in asked.items()}


def _ask(name: str, index: Path) -> tuple[Result, ...]:
    return run(_opened(index), load_questions(QUESTIONS / f"{name}.jsonl")).results


@cache
def _opened(index: Path) -> Assistant:
    """Opened once in a process: what was read of its sentences serves the next set too."""
    return Assistant.open(index, model="none")


def right(results: Mapping[str, tuple[Result, ...]]) -> dict[str, list[str]]:
    """Ids of the questions that are answered right, by set."""
    return {name: sorted(r.case.id for r in found if r.judgement.passed) for name, found in results.items()}


def committed() -> dict[str, list[str]]:
    """The committed scores; empty where there are none yet."""
    return dict(json.loads(SCORES.read_text("utf-8"))) if SCORES.is_file() else {}


def changes(results: Mapping[str, tuple[Result, ...]], before: Mapping[str, list[str]]) -> list[Change]:
    """What is fixed and what is broken since the committed scores."""
    found = []
    for name, asked in results.items():
        was = set(before.get(name, ()))
        for result in asked:
            passed, case = result.judgement.passed, result.case
            if passed != (case.id in was):
                text = result.answer.text if result.answer else "(an error)"
                why = "; ".join(result.judgement.reasons)
                found.append(Change(name, case.id, passed, case.question, text.replace("\n", " ")[:240], why))
    return found


def table(results: Mapping[str, tuple[Result, ...]], before: Mapping[str, list[str]]) -> str:
    """The scores by set, then what changed."""
    lines = [f"{'set':<14}{'questions':>10}{'was':>6}{'is':>6}"]
    for name, asked in results.items():
        passed = sum(result.judgement.passed for result in asked)
        lines.append(f"{name:<14}{len(asked):>10}{len(before.get(name, ())):>6}{passed:>6}")
    for change in changes(results, before):
        if change.questions == "heldout":
            continue  # totals only: nobody may tune on these
        lines.append(f"{'fixed ' if change.fixed else 'BROKEN'} {change.questions} {change.id}: {change.question}")
        if not change.fixed:
            lines.append(f"       {change.why} | {change.told}")
    return "\n".join(lines)


def main() -> None:
    began = time.perf_counter()
    results = ask_all()
    print(table(results, committed()))
    print(f"{sum(map(len, results.values()))} questions in {time.perf_counter() - began:.0f} s")
    if "--write" in sys.argv:
        lines = (f"{json.dumps(name)}: {json.dumps(ids)}" for name, ids in right(results).items())
        SCORES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
