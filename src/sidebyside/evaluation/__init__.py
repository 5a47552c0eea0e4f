"""Question sets -> scores: reads or generates questions, asks an assistant, judges what it says."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidebyside.evaluation.cases import Case, load_questions, save_questions
from sidebyside.evaluation.formatting import format_report
from sidebyside.evaluation.generated import generate_questions
from sidebyside.evaluation.judging import Judgement, judge
from sidebyside.evaluation.scores import Report, Result, Score, run

if TYPE_CHECKING:
    from sidebyside.settings import Settings

__all__ = [
    "Case",
    "Judgement",
    "Report",
    "Result",
    "Score",
    "evaluate",
    "format_report",
    "generate_questions",
    "judge",
    "load_questions",
    "run",
    "save_questions",
]


def evaluate(
    index: str | Path = "index",
    file: str | Path | None = None,
    settings: Settings | None = None,
    *,
    model: str | None = None,
    seed: int = 0,
    limit: int = 100,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Ask the questions of `file`, or at most `limit` generated from the library, and count the right answers.

    Raises QuestionSetError for an unusable file, and what Assistant.open raises for an unusable index or model.
    """
    from sidebyside.assistant import Assistant

    cases = None if file is None else load_questions(file)
    with Assistant.open(index, settings=settings, model=model) as assistant:
        if cases is None:
            cases = generate_questions(assistant.library, seed=seed, limit=limit)
        report = run(assistant, cases, progress, about={})
        about = _about(assistant, file, seed)
    return Report(report.results, report.scores, report.total, report.swaps, about)


def _about(assistant: Any, file: str | Path | None, seed: int) -> dict[str, Any]:
    """What was evaluated, on what, with which versions."""
    system = f"{platform.machine()}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    packages = ("sidebyside", "llama-cpp-python", "chromadb", "sentence-transformers", "torch")
    return {
        "questions": Path(file).name if file is not None else f"generated, seed {seed}",
        "generation": assistant.generation,
        "artifacts": len(assistant.library.artifacts),
        "machine": system,
        "versions": {name: metadata.version(name) for name in packages},
    }
