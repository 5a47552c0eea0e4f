"""Runs a question set through an assistant and counts: a Report with a row of scores for each kind of question."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from sidebyside.evaluation.cases import Case
from sidebyside.evaluation.judging import Judgement, cites, compare_swapped, expected, judge
from sidebyside.evaluation.support import Unsupported, check_support
from sidebyside.records import Answer

REFUSALS = frozenset({"partial", "not_found"})
TIMES = ("facts_ms", "first_sentence_ms", "total_ms")


class Answerer(Protocol):
    """What is evaluated: an Assistant, or anything else that answers."""

    def answer(self, question: str, history: Sequence[tuple[str, str]] = ()) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Result:
    """One question with its answer and what was found wrong; `answer` is None where answering raised an error."""

    case: Case
    answer: Answer | None
    judgement: Judgement
    sentences: int = 0
    unsupported: tuple[Unsupported, ...] = ()


@dataclass(frozen=True, slots=True)
class Ratio:
    """`hits` out of `total`; `value` is None where there was nothing to count."""

    hits: int = 0
    total: int = 0

    @property
    def value(self) -> float | None:
        return self.hits / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Score:
    """The scores of one kind of question.

    correct: questions whose answer passed `judge`.
    citation_precision: citations that are of an artifact the case expects or allows, of all citations in answers
        to cases that name artifacts. citation_recall: expected artifacts that were cited, of all expected.
    refusal_precision: answers with status partial or not_found that were rightly so, of all such answers.
        refusal_recall: cases for which only these statuses are right that got one of them. Cases for which both
        an answer and a refusal are acceptable count in neither.
    swaps: pairs of questions with the names swapped that got the same content (`compare_swapped`).
    unsupported: shown sentences that `check_support` objects to.
    model_sentences: sentences written by the LLM, of those and the quotes shown in their place.
    model_answers: answers with at least one sentence by the LLM, of answers that show such sentences or quotes.
    times: 50th and 95th percentile in milliseconds, nearest rank, of each of TIMES; None where it never happened.
    """

    kind: str
    questions: int
    correct: Ratio
    citation_precision: Ratio
    citation_recall: Ratio
    refusal_precision: Ratio
    refusal_recall: Ratio
    swaps: Ratio
    unsupported: Ratio
    model_sentences: Ratio
    model_answers: Ratio
    times: Mapping[str, tuple[float, float] | None]


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run, a row of scores by kind, and their total. `about` says what was evaluated on what."""

    results: tuple[Result, ...]
    scores: tuple[Score, ...]
    total: Score
    swaps: tuple[tuple[str, str, Judgement], ...]
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.judgement.passed)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON types."""
        return {
            "about": dict(self.about),
            "total": _score_to_dict(self.total),
            "kinds": [_score_to_dict(score) for score in self.scores],
            "swaps": [{"ids": [a, b], "reasons": list(judgement.reasons)} for a, b, judgement in self.swaps],
            "results": [_result_to_dict(result) for result in self.results],
        }


def run(
    assistant: Answerer,
    cases: Iterable[Case],
    progress: Callable[[int, int], None] | None = None,
    about: Mapping[str, Any] | None = None,
) -> Report:
    """Ask every question once, in order. `progress` is called with (done, all) after each one."""
    cases = list(cases)
    library = getattr(assistant, "library", None)
    labels = tuple(artifact.label for artifact in library.artifacts) if library is not None else ()
    results = []
    for done, case in enumerate(cases, 1):
        results.append(_ask(assistant, case, labels))
        if progress is not None:
            progress(done, len(cases))
    return build_report(results, about)


def build_report(results: Sequence[Result], about: Mapping[str, Any] | None = None) -> Report:
    """Count the results of a run."""
    swaps = _swaps(results)
    kinds = dict.fromkeys(result.case.kind for result in results)
    scores = [_score(kind, [r for r in results if r.case.kind == kind], swaps) for kind in kinds]
    return Report(tuple(results), tuple(scores), _score("all", results, swaps), tuple(swaps), about or {})


def _ask(assistant: Answerer, case: Case, labels: Sequence[str]) -> Result:
    try:
        answer = assistant.answer(case.question, history=case.history)
    # Whatever goes wrong is a failed question, and the other questions are still asked.
    except Exception as error:
        return Result(case, None, Judgement((f"raised {type(error).__name__}: {error}",)))
    return Result(case, answer, judge(case, answer), *check_support(answer, labels))


def _swaps(results: Sequence[Result]) -> list[tuple[str, str, Judgement]]:
    answers = {result.case.id: result.answer for result in results}
    pairs = []
    for result in results:
        if result.case.swap_of in answers:
            first, second = answers[result.case.swap_of], result.answer
            failed = Judgement(("one of the two raised an error",))
            judgement = compare_swapped(first, second) if first and second else failed
            pairs.append((result.case.swap_of, result.case.id, judgement))
    return pairs


def _score(kind: str, results: Sequence[Result], swaps: Sequence[tuple[str, str, Judgement]]) -> Score:
    ids = {result.case.id for result in results}
    mine = [judgement for _, second, judgement in swaps if second in ids]
    answers = [result.answer for result in results if result.answer is not None]
    precision, recall = _citation_ratios(results)
    refusal_precision, refusal_recall = _refusal_ratios(results)
    prose = [(_stat(a, "model_sentences"), _stat(a, "quoted_sentences")) for a in answers]
    prose = [(model, quoted) for model, quoted in prose if model + quoted]
    return Score(
        kind=kind,
        questions=len(results),
        correct=Ratio(sum(result.judgement.passed for result in results), len(results)),
        citation_precision=precision,
        citation_recall=recall,
        refusal_precision=refusal_precision,
        refusal_recall=refusal_recall,
        swaps=Ratio(sum(judgement.passed for judgement in mine), len(mine)),
        unsupported=Ratio(sum(len(r.unsupported) for r in results), sum(r.sentences for r in results)),
        model_sentences=Ratio(sum(model for model, _ in prose), sum(model + quoted for model, quoted in prose)),
        model_answers=Ratio(sum(model > 0 for model, _ in prose), len(prose)),
        times={name: percentiles([a.stats.get(name) for a in answers]) for name in TIMES},
    )


def _citation_ratios(results: Sequence[Result]) -> tuple[Ratio, Ratio]:
    right = shown = found = wanted = 0
    for result in results:
        case, answer = result.case, result.answer
        wanted += len(case.cite)
        if answer is not None and (case.cite or case.allow):
            right += sum(expected(case, citation) for citation in answer.citations)
            shown += len(answer.citations)
            found += sum(cites(name, answer) for name in case.cite)
    return Ratio(right, shown), Ratio(found, wanted)


def _refusal_ratios(results: Sequence[Result]) -> tuple[Ratio, Ratio]:
    right = given = due = 0
    for result in results:
        accepted = set(result.case.status)
        must_refuse = accepted <= REFUSALS
        if not must_refuse and accepted & REFUSALS:
            continue
        refused = result.answer is not None and result.answer.status in REFUSALS
        given += refused
        due += must_refuse
        right += refused and must_refuse
    return Ratio(right, given), Ratio(right, due)


def percentiles(values: Iterable[float | int | None]) -> tuple[float, float] | None:
    """The 50th and 95th percentile by nearest rank; None without values."""
    known = sorted(float(value) for value in values if value is not None)
    if not known:
        return None
    return known[math.ceil(0.5 * len(known)) - 1], known[math.ceil(0.95 * len(known)) - 1]


def _stat(answer: Answer, name: str) -> int:
    return int(answer.stats.get(name) or 0)


def _score_to_dict(score: Score) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": score.kind, "questions": score.questions}
    for name in Score.__slots__:
        value = getattr(score, name)
        if isinstance(value, Ratio):
            data[name] = {"hits": value.hits, "total": value.total, "value": value.value}
    data["times"] = {
        name: None if pair is None else {"p50": pair[0], "p95": pair[1]} for name, pair in score.times.items()
    }
    return data


def _result_to_dict(result: Result) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "kind": result.case.kind,
        "passed": result.judgement.passed,
        "reasons": list(result.judgement.reasons),
        "unsupported": [asdict(finding) for finding in result.unsupported],
        "question": result.case.question,
        "answer": None if result.answer is None else result.answer.to_dict(),
    }
