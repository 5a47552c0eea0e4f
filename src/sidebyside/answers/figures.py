"""The sentence that decides a comparison by figures in one unit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidebyside.answers.draft import Draft
from sidebyside.evidence.figures import Figures, Measure, common_value, compare_figures
from sidebyside.evidence.grid import EvidenceCell
from sidebyside.records import Question
from sidebyside.text.comparatives import adjective, named_end
from sidebyside.text.comparing import compare_cells, measure_of
from sidebyside.text.words import join_names

_COMPARATIVE = re.compile(
    r"\b(?P<word>longer|larger|bigger|higher|greater|smaller|shorter|lower|more|fewer|less|longest|largest|biggest|highest|greatest|"
    r"smallest|shortest|lowest|most|fewest|least)\s+(?P<noun>(?!than\b|or\b|between\b)[a-z][\w-]*(?:\s(?:window|length|size|limit|time|rate|count|latency))?)",
    re.IGNORECASE,
)
_LESS = frozenset({"smaller", "shorter", "lower", "fewer", "less"})
_ADVERB = re.compile(r"\b(faster|slower|cheaper|quicker|fastest|slowest|cheapest|quickest)\b", re.IGNORECASE)
_BASE_FORMS = {
    "longest": "longer", "largest": "larger", "biggest": "bigger", "highest": "higher", "greatest": "greater",
    "smallest": "smaller",
    "shortest": "shorter", "lowest": "lower", "most": "more", "fewest": "fewer", "least": "less", "fastest": "faster",
    "slowest": "slower", "cheapest": "cheaper", "quickest": "quicker",
}  # fmt: skip


def figures_lead(draft: Draft, cells: Sequence[EvidenceCell], question: Question) -> str:
    """The sentence that decides a comparison by figures, or says why they do not; "" where there are none.

    Where only some give a figure the answer is partial.
    """
    figures = compare_figures(cells, question)
    if not figures.measures:
        return _undecided(draft, figures, cells)
    measures, measure = figures.measures, measure_of(figures.unit)
    end = _said_end(question) or named_end(question.wording, measure) or question.direction
    # Without a direction of its own, a comparison of prices asks for the lower one.
    end = end or (-1 if measure == "money" else 1)
    ordered = measures if end > 0 else measures[::-1]
    first, second = (common_value(m.quantity) for m in ordered[:2])
    if len({common_value(m.quantity) for m in measures}) == 1:
        labels = join_names(f"**{m.artifact.label}**" for m in ordered)
        marks = "".join(draft.cite(m.evidence) for m in ordered)
        return f"{labels} state the same figure: {ordered[0].quantity.shown} {marks}."
    converted = len({m.quantity.unit for m in measures}) > 1
    note = compare_cells([m.quantity.text for m in ordered]).note if converted else ""
    noted = f" ({note})" if note else ""
    if first == second:
        level = join_names(f"**{m.artifact.label}**" for m in ordered if common_value(m.quantity) == first)
        told = join_names(f"{_figure(m, draft)} for **{m.artifact.label}**" for m in ordered)
        return f"{level} share the first place: {told}{noted}."
    winner = f"**{ordered[0].artifact.label}** {_ahead(question, end, measure)}: {_figure(ordered[0], draft)}"
    draft.winner = ordered[0].artifact.id
    others = join_names(f"{_figure(m, draft)} for **{m.artifact.label}**" for m in ordered[1:])
    return f"{winner}, against {others}{noted}."


def _undecided(draft: Draft, figures: Figures, cells: Sequence[EvidenceCell]) -> str:
    """What each gives where their figures do not compare, or only some give one."""
    given = [measures[0] for measures in figures.apart if measures]
    if not given:
        return ""
    told = join_names(f"{_figure(m, draft)} for **{m.artifact.label}**" for m in given)
    if len(given) == len(cells):
        why = compare_cells([m.quantity.text for m in given]).why_none()
        return f"The figures do not compare: {told}{f'; {why}' if why else ''}."
    silent = join_names(
        (f"**{cell.artifact.label}**" for cell, own in zip(cells, figures.apart, strict=True) if not own), "or"
    )
    draft.status = "partial"
    return f"The only figure{'s are' if len(given) > 1 else ' is'} {told}; the pages give none for {silent}."


def _said_end(question: Question) -> int:
    """The end that the comparative names which the sentence repeats: "shorter" is -1; 0 where none is said."""
    found = _COMPARATIVE.search(question.aspect)
    return 0 if found is None else -1 if _BASE_FORMS.get(found["word"].lower(), found["word"].lower()) in _LESS else 1


def _figure(measure: Measure, draft: Draft) -> str:
    return f"{measure.quantity.shown} {draft.cite(measure.evidence)}"


def _ahead(question: Question, end: int, measure: str) -> str:
    """What being first means, in the question's own comparative: "has the longer context"."""
    if measure == "money":
        return "costs more" if end > 0 else "costs less"
    if adverb := _ADVERB.search(question.text):
        return f"is {_BASE_FORMS.get(adverb[1].lower(), adverb[1].lower())}"
    if found := _COMPARATIVE.search(question.aspect):
        word = found["word"].lower()
        return f"has the {_BASE_FORMS.get(word, word)} {found['noun']}"
    return f"states the {adjective(measure, end)} figure"
