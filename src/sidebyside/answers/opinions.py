"""Strengths and drawbacks: two lists from the page's own sentences, each clause with its quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sidebyside.answers.draft import Draft, DraftCell, DraftGrid, shorten
from sidebyside.answers.table_sentences import compare_fact, comparison_table
from sidebyside.evidence.polarity import Models, Opinion, Side, opinions
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import Artifact, Criterion, Question
from sidebyside.records.schema import RANK
from sidebyside.text.words import join_names

_NAMES: dict[Side, str] = {"pro": "strength", "con": "drawback"}
# Lines of each list.
_MOST = 4


def answer_opinions(
    draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever, models: Models
) -> None:
    """What speaks for artifacts and against them, as their own pages tell it; never what speaks for one alone."""
    sides: list[Side] = ["pro", "con"]
    wanted = {"pros": sides[:1], "cons": sides[1:]}.get(question.intent, sides)
    limit = question.limit or _MOST
    found = {
        (artifact.id, side): opinions(artifact.id, side, retriever, models, limit)
        for artifact in artifacts
        for side in wanted
    }
    draft.name(artifacts)
    told = [bool(found[artifact.id, side]) for artifact in artifacts for side in wanted]
    draft.status = "answered" if all(told) else "partial" if any(told) else "not_found"
    draft.blocks.append(_lead(artifacts, wanted, found))
    names: list[str] = []
    rows: list[list[DraftCell]] = []
    for side in wanted:
        for place in range(max(len(found[a.id, side]) for a in artifacts)):
            names.append(f"{_NAMES[side]} {place + 1}")
            rows.append([_cell(found[artifact.id, side], place) for artifact in artifacts])
    if rows:
        draft.grid = DraftGrid(names, list(artifacts), rows)
    if len(artifacts) > 1:
        draft.table = comparison_table(artifacts)
        ranked = replace(question, criteria=(Criterion(RANK, RANK, RANK),))
        finding = compare_fact(artifacts, ranked, draft.cite)
        if finding.status == "answered":
            draft.blocks.append(f"By the tables: {finding.text}")


def _lead(artifacts: Sequence[Artifact], wanted: Sequence[Side], found: dict[tuple[str, Side], list[Opinion]]) -> str:
    parts = []
    for artifact in artifacts:
        counts = [
            f"{len(found[artifact.id, side])} {_NAMES[side]}{'' if len(found[artifact.id, side]) == 1 else 's'}"
            if found[artifact.id, side]
            else f"no {_NAMES[side]}s"
            for side in wanted
        ]
        parts.append(f"**{artifact.label}**: its page tells {join_names(counts)}.")
    return " ".join(parts)


def _cell(told: Sequence[Opinion], place: int) -> DraftCell:
    if place >= len(told):
        return DraftCell("silent", "", "quote")
    opinion = told[place]
    return DraftCell("stated", shorten(opinion.clause, 18), "quote", (opinion.evidence,), opinion.probability)
