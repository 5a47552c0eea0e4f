"""Asks a list of questions and keeps each answer as a line of JSON, so that a run that was stopped goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

from sidebyside.evaluation import Case
from sidebyside.evaluation.scores import Answerer
from sidebyside.records import Answer, Citation


def ask_all(answerer: Answerer, cases: Iterable[Case], path: Path, *, until: float) -> None:
    """Ask what the file has no line for yet; no question is begun after `until` (seconds as of `time.time`)."""
    done = read_answers(path)
    with path.open("a", encoding="utf-8") as file:
        for case in cases:
            if case.id in done:
                continue
            if time.time() >= until:
                print(f"out of time before {case.id}")
                return
            row = _ask(answerer, case)
            file.write(json.dumps({"id": case.id, **row}, ensure_ascii=False) + "\n")
            file.flush()
            print(f"{path.stem} {case.id} {row.get('error') or row['answer']['stats']['total_ms']}", flush=True)


def _ask(answerer: Answerer, case: Case) -> dict[str, object]:
    try:
        return {"answer": answerer.answer(case.question, history=case.history).to_dict()}
    # Whatever goes wrong is a wrong answer, and the other questions are still asked.
    except Exception as error:
        return {"answer": None, "error": f"{type(error).__name__}: {error}"}


def read_answers(path: Path) -> dict[str, Answer | None]:
    """The answers of a file by the id of their question, with what judging them takes; None where asking failed."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {row["id"]: _read(row["answer"]) for row in map(json.loads, lines)}


def _read(given: dict[str, object] | None) -> Answer | None:
    if given is None:
        return None
    citations = tuple(Citation(**citation) for citation in given["citations"])
    rest = {name: given[name] for name in ("question", "text", "status", "stats", "model")}
    return Answer(**rest, citations=citations, artifacts=tuple(given["artifacts"]), notes=tuple(given["notes"]))
