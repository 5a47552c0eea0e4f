"""Questions about an aspect: does X support it, which artifact does, and how do several compare on it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidebyside import facts
from sidebyside.evidence import Measure, Side, better_end, common_measures, select_evidence
from sidebyside.lanes.draft import Draft
from sidebyside.lanes.missing import nearest_artifacts, nearest_block, silent_text
from sidebyside.names import NameIndex
from sidebyside.records import Artifact, Question
from sidebyside.retrieval import Retriever
from sidebyside.words import content_stems, join_names, stem

# Artifacts looked at, and shown, when the whole library is searched.
_SEARCHED = 20
_FOUND = 8
# A candidate is shown while its strength is at least this share of the best one's.
_NEAR_BEST = 0.72
_WANTS_WINNER = re.compile(r"\b(?:which|who|what'?s|better|best|worse|winner|prefer|should i|or)\b", re.IGNORECASE)
_COMPARATIVE = re.compile(
    r"\b(?P<word>longer|larger|bigger|higher|greater|smaller|shorter|lower|more|fewer|less|longest|largest|biggest|highest|greatest|"
    r"smallest|shortest|lowest|most|fewest|least)\s+(?P<noun>(?!than\b|or\b|between\b)[a-z][\w-]*(?:\s(?:window|length|size|limit|time|rate|count|latency))?)",
    re.IGNORECASE,
)
_ADVERB = re.compile(r"\b(faster|slower|cheaper|quicker|fastest|slowest|cheapest|quickest)\b", re.IGNORECASE)
_BASE_FORMS = {
    "longest": "longer", "largest": "larger", "biggest": "bigger", "highest": "higher", "greatest": "greater", "smallest": "smaller",
    "shortest": "shorter", "lowest": "lower", "most": "more", "fewest": "fewer", "least": "less", "fastest": "faster",
    "slowest": "slower", "cheapest": "cheaper", "quickest": "quicker",
}  # fmt: skip


def gather(artifact: Artifact, question: Question, retriever: Retriever, *, limit: int = 2) -> Side:
    """The evidence of one artifact for the question's aspect."""
    return select_evidence(
        artifact, retriever.inside(artifact.id, question.aspect or question.text, k=400), question, limit=limit
    )


def answer_support(draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever) -> None:
    """Whether and how one artifact does something; an ambiguous name is answered for each it may mean."""
    sides = [gather(artifact, question, retriever) for artifact in artifacts]
    _show_sides(draft, sides, question)
    if len(sides) == 1 and sides[0].stated and question.polar:
        draft.blocks.insert(0, _polar_lead(sides[0], question))


def answer_compare(
    draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever, names: NameIndex
) -> None:
    """Several artifacts on one aspect: the figure that decides it where there is one, and each side's own words."""
    sides = [gather(artifact, question, retriever) for artifact in artifacts]
    lead = _figures_lead(draft, sides, question) if all(side.stated for side in sides) else ""
    _show_sides(draft, sides, question, lead=lead)
    draft.table = facts.comparison_table(artifacts)
    if question.unknown:
        _add_unknown(draft, question, names)
    elif not lead and draft.status == "answered" and _WANTS_WINNER.search(question.text):
        draft.closing = "The pages do not settle which of them is ahead on this."


def answer_find(draft: Draft, question: Question, retriever: Retriever) -> None:
    """Which artifacts of the library do something, best first, each with its own words."""
    allowed = {artifact.id for artifact, _ in facts.matching(draft.library, question.filters)}
    sides = []
    for artifact_id in retriever.across(question.aspect or question.text, artifacts=_SEARCHED):
        if artifact_id in allowed:
            sides.append(gather(draft.library.get(artifact_id), question, retriever, limit=1))
    stated = sorted((side for side in sides if side.stated), key=lambda side: (-side.strength, side.artifact.label))
    if not stated:
        draft.status = "not_found"
        draft.blocks.append("No page in the library states this." + _filter_words(question))
        draft.consult(item for side in sides[:3] for item in side.evidence[:1])
        return
    shown = [side for side in stated if side.strength >= _NEAR_BEST * stated[0].strength][:_FOUND]
    draft.name([side.artifact for side in shown])
    best = shown[0].artifact.label
    if len(shown) == 1:
        draft.blocks.append(f"**{best}**: {draft.quote(shown[0].evidence[0])}")
    else:
        lines = [f"- **{side.artifact.label}**: {draft.quote(side.evidence[0])}" for side in shown]
        draft.blocks.append(
            f"{len(shown)} artifacts say so on their pages, the closest match first:\n\n" + "\n".join(lines)
        )
    for condition in question.filters:
        rows = "".join(
            draft.cite(facts.row_evidence(side.artifact, fact))
            for side in shown
            for fact in side.artifact.values(condition.label)[:1]
        )
        draft.blocks.append(
            f"{condition.label} {'is' if condition.op == '=' else condition.op} {condition.value}: {rows}"
        )
    draft.consult(item for side in stated for item in side.evidence)


def _filter_words(question: Question) -> str:
    if not question.filters:
        return ""
    return f" (looked only where {join_names(f'{f.label} {f.op} {f.value}' for f in question.filters)})"


def _show_sides(draft: Draft, sides: Sequence[Side], question: Question, *, lead: str = "") -> None:
    """Status, lead and one block of quotes per side that states the aspect."""
    stated = [side for side in sides if side.stated]
    silent = [side for side in sides if not side.stated]
    draft.name([side.artifact for side in sides])
    draft.consult(item for side in sides for item in side.evidence)
    draft.status = "answered" if not silent else "partial" if stated else "not_found"
    if lead:
        draft.blocks.append(lead)
    if len(stated) == 1 and not silent:
        draft.blocks.append("\n".join(f"- {draft.quote(item)}" for item in stated[0].evidence[:2]))
    elif stated:
        draft.blocks.append("\n".join(f"- **{s.artifact.label}**: {draft.quote(s.evidence[0])}" for s in stated))
    if silent:
        draft.blocks.append(silent_text(silent, question))
    draft.sides = list(stated)


def _polar_lead(side: Side, question: Question) -> str:
    """ "Yes" where the best sentence plainly affirms it, else only that the page speaks about it."""
    quote = side.evidence[0].quote
    wanted = {stem(word) for word in question.topic}
    plain = side.strength >= 0.55 or (bool(wanted) and wanted <= content_stems(side.evidence[0].context))
    denied = re.search(r"\b(?:not|no|without|cannot|lacks?|never|un(?:able|supported))\b", quote, re.IGNORECASE)
    if plain and not denied and not question.negated:
        return f"Yes, going by the page of **{side.artifact.label}**:"
    return f"The page of **{side.artifact.label}** says:"


def _figures_lead(draft: Draft, sides: Sequence[Side], question: Question) -> str:
    """The sentence that decides a comparison by figures in one unit; "" where figures do not decide it."""
    measures = common_measures(sides, question)
    if measures is None:
        return ""
    end = better_end(question, measures[0].quantity.unit)
    ordered = measures if end >= 0 else list(reversed(measures))
    if len({m.quantity.value for m in measures}) == 1:
        labels = join_names(f"**{m.artifact.label}**" for m in ordered)
        marks = "".join(draft.cite(m.evidence) for m in ordered)
        return f"{labels} state the same figure: {ordered[0].quantity.shown} {marks}."
    winner = f"**{ordered[0].artifact.label}** {_ahead(question, end)}: {_figure(ordered[0], draft)}"
    others = join_names(f"{_figure(m, draft)} for **{m.artifact.label}**" for m in ordered[1:])
    return f"{winner}, against {others}."


def _figure(measure: Measure, draft: Draft) -> str:
    return f"{measure.quantity.shown} {draft.cite(measure.evidence)}"


def _ahead(question: Question, end: int) -> str:
    """What being first means, in the question's own comparative: "has the longer context"."""
    if adverb := _ADVERB.search(question.text):
        return f"is {_BASE_FORMS.get(adverb[1].lower(), adverb[1].lower())}"
    if found := _COMPARATIVE.search(question.aspect):
        word = found["word"].lower()
        return f"has the {_BASE_FORMS.get(word, word)} {found['noun']}"
    return "states the larger figure" if end >= 0 else "states the smaller figure"


def _add_unknown(draft: Draft, question: Question, names: NameIndex) -> None:
    """Sides that are not in the library at all."""
    told = join_names(f"**{name}**" for name in question.unknown)
    draft.blocks.append(
        f"{told} {'is' if len(question.unknown) == 1 else 'are'} not in the library. {nearest_block(draft, question.unknown, names)}"
    )
    draft.status = "not_found" if draft.status == "not_found" else "partial"


__all__ = ["answer_compare", "answer_find", "answer_support", "gather", "nearest_artifacts"]
