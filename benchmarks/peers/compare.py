"""Asks the same questions of sidebyside and of a peer, LlamaIndex with its defaults, and sets the answers side by side.

    python benchmarks/peers/compare.py [--venv DIR] [--per-kind N] [--minutes M] [--first N]

The questions are the first N of each kind in tests/data/questions/development.jsonl and all of seeds.jsonl. The peer
runs in an environment of its own, made from requirements.txt where it is not there yet. Answers are kept in --work as
they come: a run that was stopped, or ran out of time, goes on where it was. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from _asking import ask_all, read_answers
from _reporting import RESULTS, machine, write_results

from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index
from sidebyside.evaluation import Case, judge, load_questions, save_questions
from sidebyside.evaluation.scores import TIMES, percentiles
from sidebyside.models.catalogue import resolve_model
from sidebyside.records import Answer
from sidebyside.settings import DEFAULT_ENCODER, DEFAULT_MODEL, Settings

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
QUESTIONS = ROOT / "tests" / "data" / "questions"
Answers = Mapping[str, Answer | None]


@dataclass(frozen=True, slots=True)
class Round:
    """Questions about the pages of one folder."""

    name: str
    pages: Path
    cases: tuple[Case, ...]


def rounds(per_kind: int, first: int | None) -> list[Round]:
    """The two rounds, the kinds taking turns, so that a run that is cut short has some of each."""
    taken: Counter[str] = Counter()
    chosen: list[tuple[int, Case]] = []
    for case in load_questions(QUESTIONS / "development.jsonl"):
        # A question with the names swapped would count what its twin counts.
        if taken[case.kind] < per_kind and case.swap_of is None:
            chosen.append((taken[case.kind], case))
            taken[case.kind] += 1
    development = [case for _, case in sorted(chosen, key=lambda pair: pair[0])]
    seeds = [replace(case, swap_of=None) for case in load_questions(QUESTIONS / "seeds.jsonl")]
    return [
        Round("seeds", ROOT / "index" / "seeds", tuple(seeds[:first])),
        Round("development", ROOT / "tests" / "data" / "library", tuple(development[:first])),
    ]


def relax(case: Case) -> Case:
    """What can be asked of an answer without citations: its words, and a refusal where only that is right."""
    status = case.status if case.status == ("not_found",) else ("answered", "partial", "not_found")
    return replace(case, cite=(), allow=(), quote=(), status=status)


def ask_ours(given: Round, work: Path, until: float) -> None:
    """Our answers, kept in the folder `work`."""
    index = work / f"index-{given.name}"
    if not (index / "CURRENT").exists():
        build_index([given.pages], index=index, settings=Settings.load())
    with Assistant.open(index) as assistant:
        assistant.warm()
        ask_all(assistant, given.cases, work / f"ours-{given.name}.jsonl", until=until)


def ask_peer(given: Round, work: Path, python: Path, until: float) -> None:
    """The peer's answers, kept in the folder `work`."""
    settings = Settings.load()
    model = resolve_model(settings)
    assert model is not None
    questions = work / f"questions-{given.name}.jsonl"
    save_questions(given.cases, questions)
    subprocess.run(
        [
            *(python, HERE / "llamaindex.py", questions, "--pages", given.pages, "--model", model.path),
            *("--encoder", settings.models / DEFAULT_ENCODER, "--until", str(until)),
            *("--output", work / f"peer-{given.name}.jsonl"),
        ],
        check=True,
    )


def peer_python(venv: Path) -> Path:
    """The Python of the peer's environment, which is made if it is not there."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
    return python


def passes(case: Case, answer: Answer | None) -> bool:
    """Whether an answer passes; no answer does not."""
    return answer is not None and judge(case, answer).passed


def score(cases: Sequence[Case], ours: Answers, peer: Answers) -> list[dict[str, Any]]:
    """By kind: our score by all checks, and both scores by words alone."""
    rows = []
    for kind in (*dict.fromkeys(case.kind for case in cases), "all"):
        mine = [case for case in cases if kind in ("all", case.kind)]
        counts = {
            "ours, all checks": sum(passes(case, ours[case.id]) for case in mine),
            "ours, words only": sum(passes(relax(case), ours[case.id]) for case in mine),
            "peer, words only": sum(passes(relax(case), peer[case.id]) for case in mine),
        }
        rows.append({"kind": kind, "questions": len(mine), **counts})
    return rows


def times(answers: Answers) -> dict[str, Any]:
    """Milliseconds to the facts, to the first written words and to the end: (50th, 95th percentile)."""
    given = [answer.stats for answer in answers.values() if answer is not None]
    return {name: percentiles([stats.get(name) for stats in given]) for name in TIMES}


def losses(cases: Sequence[Case], ours: Answers, peer: Answers) -> list[dict[str, str]]:
    """The questions where the peer passes by words and we do not, with both answers."""
    lost = [case for case in cases if passes(relax(case), peer[case.id]) and not passes(relax(case), ours[case.id])]
    return [
        {"id": case.id, "question": case.question, "ours": _text(ours[case.id]), "peer": _text(peer[case.id])}
        for case in lost
    ]


def _text(answer: Answer | None) -> str:
    return " ".join(answer.text.split())[:400] if answer else "(error)"


def markdown(report: Mapping[str, Any]) -> str:
    """The report as a page: scores by kind, times, and where the peer is right and we are not."""
    names = list(report["scores"][0])
    lines = [
        "# sidebyside and LlamaIndex on the same questions",
        "",
        f"| {' | '.join(names)} |",
        f"|{'---|' * len(names)}",
    ]
    lines += [f"| {' | '.join(str(row[name]) for name in names)} |" for row in report["scores"]]
    lines += ["", "| milliseconds, p50 / p95 | ours | peer |", "|---|---|---|"]
    for name in TIMES:
        pair = (report["times"][who][name] for who in ("ours", "peer"))
        lines.append(f"| {name} | {' | '.join(f'{p[0]:.0f} / {p[1]:.0f}' if p else '-' for p in pair)} |")
    lines += ["", "## Where the peer is right and we are not", ""]
    for lost in report["losses"]:
        lines += [f"- **{lost['id']}** {lost['question']}", f"  - ours: {lost['ours']}", f"  - peer: {lost['peer']}"]
    lines += ["" if report["losses"] else "none", f"On {report['machine']['cpu']}, {report['machine']['cores']} cores."]
    return "\n".join(lines) + "\n"


def summarise(given: Sequence[Round], work: Path) -> dict[str, Any]:
    """The report on what both have answered."""
    cases: list[Case] = []
    ours: dict[str, Answer | None] = {}
    peer: dict[str, Answer | None] = {}
    for each in given:
        mine, theirs = (read_answers(work / f"{who}-{each.name}.jsonl") for who in ("ours", "peer"))
        both = [case for case in each.cases if case.id in mine and case.id in theirs]
        cases += both
        ours |= {case.id: mine[case.id] for case in both}
        peer |= {case.id: theirs[case.id] for case in both}
    versions = json.loads((work / f"peer-{given[0].name}.versions.json").read_text("utf-8"))
    return {
        "machine": machine("llama-cpp-python", "chromadb", "sentence-transformers", "torch"),
        "peer versions": versions,
        "model": DEFAULT_MODEL,
        "encoder": DEFAULT_ENCODER,
        "scores": score(cases, ours, peer),
        "times": {"ours": times(ours), "peer": times(peer)},
        "losses": losses(cases, ours, peer),
        "answers": {case.id: {"ours": _text(ours[case.id]), "peer": _text(peer[case.id])} for case in cases},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, default=HERE / ".venv", help="environment of the peer")
    parser.add_argument("--work", type=Path, default=HERE / ".work", help="folder for answers and indexes")
    parser.add_argument("--per-kind", type=int, default=3)
    parser.add_argument("--first", type=int, help="ask only so many questions of each round")
    parser.add_argument("--minutes", type=float, default=25, help="begin no question after so long")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    given = rounds(options.per_kind, options.first)
    python = peer_python(options.venv)
    until = time.time() + 60 * options.minutes
    for each in given:
        ask_ours(each, options.work, until)
        ask_peer(each, options.work, python, until)
    report = summarise(given, options.work)
    print(page := markdown(report))
    if options.first is None:
        write_results("peers", report)
        (RESULTS / "peers.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
