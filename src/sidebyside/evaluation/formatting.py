"""A Report as text for a terminal: a table by kind, then the questions that failed."""

from __future__ import annotations

from sidebyside.evaluation.scores import TIMES, Ratio, Report, Score

_RATIOS = {
    "correct": "correct",
    "cite P": "citation_precision",
    "cite R": "citation_recall",
    "refuse P": "refusal_precision",
    "refuse R": "refusal_recall",
    "swaps": "swaps",
    "unsupp.": "unsupported",
    "by model": "model_sentences",
    "with model": "model_answers",
}
_TIME_TITLES = dict(zip(("facts", "prose", "end"), TIMES, strict=True))


def format_report(report: Report, failures: int = 10) -> str:
    """The table by kind and up to `failures` failed questions with their reasons."""
    header = ["kind", "n", *_RATIOS, *(f"{title} p50/p95 ms" for title in _TIME_TITLES)]
    rows = [header, *(_row(score) for score in (*report.scores, report.total))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = [
        "  ".join(_pad(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in (*lines, *_failure_lines(report, failures)))


def _row(score: Score) -> list[str]:
    ratios = [_percent(getattr(score, name)) for name in _RATIOS.values()]
    return [score.kind, str(score.questions), *ratios, *(_times(score, name) for name in _TIME_TITLES.values())]


def _percent(ratio: Ratio) -> str:
    return "-" if ratio.value is None else f"{100 * ratio.value:.1f}%"


def _times(score: Score, name: str) -> str:
    pair = score.times.get(name)
    return "-" if pair is None else f"{pair[0]:.0f}/{pair[1]:.0f}"


def _pad(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def _failure_lines(report: Report, limit: int) -> list[str]:
    failed = report.failures
    lines = ["", f"{len(failed)} of {len(report.results)} questions failed"] if failed else []
    for result in failed[:limit]:
        question = " ".join(result.case.question.split())[:120]
        lines += [f"{result.case.id}: {question!r}", *(f"    {reason}" for reason in result.judgement.reasons)]
    if len(failed) > limit > 0:
        lines.append(f"... and {len(failed) - limit} more, all in the JSON report")
    broken = [(a, b, judgement) for a, b, judgement in report.swaps if not judgement.passed]
    for a, b, judgement in broken[:limit]:
        lines += [f"{a} and its swap {b} differ", *(f"    {reason}" for reason in judgement.reasons)]
    return lines
