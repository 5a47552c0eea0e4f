"""Puts a report of `sidebyside eval` beside a peer's report on the same questions, both judged by the same words."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llamaindex import relax

from sidebyside.evaluation import Case, judge, load_questions
from sidebyside.records import Answer, Citation

Results = Mapping[str, Mapping[str, Any]]


def passes(case: Case, result: Mapping[str, Any] | None) -> bool:
    """Whether the answer in a report passes the relaxed case; no answer does not."""
    if result is None or result["answer"] is None:
        return False
    given = result["answer"]
    citations = tuple(Citation(**citation) for citation in given["citations"])
    answer = Answer(given["question"], given["text"], given["status"], citations, notes=tuple(given["notes"]))
    return judge(relax(case), answer).passed


def table(cases: list[Case], ours: Results, peer: Results) -> list[str]:
    """Markdown: by kind, our strict score, and both scores by words alone."""
    lines = [
        "| kind | n | ours, all checks | ours, words only | peer, words only |",
        "|---|---|---|---|---|",
    ]
    for kind in (*dict.fromkeys(case.kind for case in cases), "all"):
        mine = [case for case in cases if kind in ("all", case.kind)]
        strict = sum(bool(ours.get(case.id) and ours[case.id]["passed"]) for case in mine)
        words = [sum(passes(case, results.get(case.id)) for case in mine) for results in (ours, peer)]
        cells = (_share(count, len(mine)) for count in (strict, *words))
        lines.append(f"| {kind} | {len(mine)} | {' | '.join(cells)} |")
    return lines


def losses(cases: list[Case], ours: Results, peer: Results) -> list[str]:
    """The questions where the peer passes and we do not, with both answers."""
    lines = []
    for case in cases:
        if passes(case, peer.get(case.id)) and not passes(case, ours.get(case.id)):
            answers = (results[case.id]["answer"] if case.id in results else None for results in (ours, peer))
            mine, theirs = (" ".join(given["text"].split())[:400] if given else "(error)" for given in answers)
            lines += [f"- **{case.id}** {case.question[:200]}", f"  - ours: {mine}", f"  - peer: {theirs}"]
    return lines


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.0f}%)" if total else "-"


def _times(report: Mapping[str, Any]) -> str:
    times = report["total"]["times"]
    parts = [f"{name} {pair['p50']:.0f}/{pair['p95']:.0f}" for name, pair in times.items() if pair]
    return ", ".join(parts) + " (p50/p95)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("ours", type=Path)
    parser.add_argument("peer", type=Path)
    options = parser.parse_args()
    cases = load_questions(options.questions)
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in (options.ours, options.peer)]
    ours, peer = ({result["id"]: result for result in report["results"]} for report in reports)
    lost = losses(cases, ours, peer) or ["none"]
    lines = [*table(cases, ours, peer), "", f"ours: {_times(reports[0])}", "", f"peer: {_times(reports[1])}"]
    print("\n".join([*lines, "", "Where the peer is right and we are not:", "", *lost]))


if __name__ == "__main__":
    main()
