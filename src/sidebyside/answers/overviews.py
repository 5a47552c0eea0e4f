"""Questions about artifacts as a whole: what one is and is best for, how several compare, what could replace one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sidebyside.answers import missing
from sidebyside.answers.compose import Evidences, row_cell
from sidebyside.answers.draft import Draft, DraftCell, DraftGrid, shorten, verbatim
from sidebyside.answers.indirect import indirect_links
from sidebyside.answers.table_sentences import (
    compare_fact,
    comparison_table,
    conflict_notes,
    distinct,
    matching,
    row_evidence,
)
from sidebyside.answers.verdicts import contradictions, verdict_evidence, verdicts_about
from sidebyside.evidence.capabilities import headline, match_capabilities
from sidebyside.evidence.retrieval import Retriever
from sidebyside.question.names import NameIndex
from sidebyside.records import PART_CLASSES, Artifact, Comparison, Criterion, Evidence, Library, Question
from sidebyside.text.words import join_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How many capabilities stand for an artifact in an overview.
_SHOWN = 3
_ALTERNATIVES = 3
# Claims about third parties that are told where there is no alternative in the library.
_CLAIMS = 3
# Artifacts that a summary of the library tells of one by one.
_SUMMARISED = 12
# Likeness (mean cosine similarity of best matches, both ways) from which another artifact counts as near. A common type
# adds to it, and more so that a page compares the two: whoever saved it thought of one in place of the other.
_ALIKE = 0.40
_SAME_TYPE = 0.08
_SAME_PAGE = 0.15


def compare_artifacts(library: Library, artifacts: Sequence[Artifact], retriever: Retriever) -> Comparison:
    """Two or more artifacts side by side: table, shared capabilities, what only one has, the pages' own verdicts."""
    shared, only = match_capabilities(artifacts, {a.id: retriever.capability_vectors(a.id) for a in artifacts})
    links = indirect_links(library, artifacts, retriever, by_meaning=True)
    return Comparison(
        tuple(artifacts),
        comparison_table(artifacts),
        shared,
        only,
        tuple(verdict_evidence(verdict) for verdict in verdicts_about(library, artifacts)),
        (*conflict_notes(artifacts), *contradictions(library, artifacts), *(link.note for link in links)),
        links,
    )


# Rows of the grid of an overall answer, and those of tables that stand in it.
_MOST_ROWS = 5
_OVERALL_ROWS = ("Pricing", "Type")


def answer_overall(
    draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever, names: NameIndex
) -> None:
    """How artifacts compare as a whole, what they share, or what sets them apart: a lead and a grid of few rows."""
    if question.unknown:
        missing.answer_half_known(draft, artifacts, question, names, retriever)
        return
    comparison = compare_artifacts(draft.library, artifacts, retriever)
    draft.name(artifacts)
    draft.table = comparison.table
    draft.notes.extend(comparison.notes)
    draft.indirect = comparison.indirect
    shared = [] if question.intent == "differ" else _shared_rows(comparison, artifacts)
    alone = [] if question.intent == "similar" else _own_rows(comparison, artifacts)
    tabled = _table_rows(artifacts, question)
    rows = [*tabled[:2], *shared[: 3 if question.intent == "similar" else 1], *alone]
    rows = rows[:_MOST_ROWS] or tabled[:_MOST_ROWS]
    draft.blocks.append(_overall_lead(draft, artifacts, question, len(shared)))
    draft.grid = DraftGrid([name for name, _ in rows], list(artifacts), [cells for _, cells in rows])
    draft.consult(item for artifact in artifacts for item in comparison.only[artifact.id])
    draft.consult(item for link in comparison.indirect for item in (*link.claims, *link.shared))
    if question.intent == "overall":
        draft.verdict = next(iter(comparison.verdicts), None)
    if len({a.type for a in artifacts}) > 1:
        told = join_names(f"{a.label} is a {a.type}" for a in sorted(artifacts, key=lambda a: a.label))
        draft.notes.append(f"These are different types of artifact: {told}.")


def _overall_lead(draft: Draft, artifacts: Sequence[Artifact], question: Question, shared: int) -> str:
    """The point in a sentence or two: what is shared, or who ranks higher, and that no page decides the rest."""
    if question.intent == "similar":
        names = join_names(f"**{a.label}**" for a in artifacts)
        same = [label for label in ("Type", "Pricing") if _same(artifacts, label)]
        rows = f" They have the same {join_names(same)}." if same else ""
        if not shared:
            return f"The pages describe no capability that {names} have in common.{rows}"
        return f"{names} have {shared} described capabilit{'y' if shared == 1 else 'ies'} in common.{rows}"
    ranked = [a for a in artifacts if a.values("UnfragileRank")]
    asked = Question(question.text, "compare", criteria=(Criterion("rank", "rank", "UnfragileRank"),))
    lead = compare_fact(ranked, asked, draft.cite).text if len(ranked) > 1 else ""
    rest = "Which is better depends on what you need: beyond these figures the pages do not settle it."
    return f"{lead} {rest if question.intent != 'differ' else ''}".strip()


def _same(artifacts: Sequence[Artifact], label: str) -> bool:
    values = {fact.value for artifact in artifacts for fact in artifact.values(label)}
    return len(values) == 1 and all(artifact.values(label) for artifact in artifacts)


def _table_rows(artifacts: Sequence[Artifact], question: Question) -> list[tuple[str, list[DraftCell]]]:
    """The rows that are the same, those that differ, or price and type, as is asked."""
    labels = list(dict.fromkeys(fact.label for artifact in artifacts for fact in artifact.facts))
    if question.intent == "overall":
        labels = [label for label in _OVERALL_ROWS if label in labels]
    else:
        wanted = question.intent == "similar"
        labels = [label for label in labels if label != "UnfragileRank" and _same(artifacts, label) == wanted]
    return [(label, [row_cell(artifact, label) for artifact in artifacts]) for label in labels]


def _shared_rows(comparison: Comparison, artifacts: Sequence[Artifact]) -> list[tuple[str, list[DraftCell]]]:
    rows = []
    for pair in comparison.shared:
        by_artifact = {item.artifact: item for item in pair.evidence}
        # What is alike in two of several is not in all of them.
        shared = "both" if len(artifacts) == 2 else "in several"
        rows.append((shared, [_headline_cell(by_artifact.get(artifact.id)) for artifact in artifacts]))
    return rows


def _own_rows(comparison: Comparison, artifacts: Sequence[Artifact]) -> list[tuple[str, list[DraftCell]]]:
    """What only one of them has, side by side."""
    most = max((len(comparison.only[a.id]) for a in artifacts), default=0)
    return [
        ("only here", [_headline_cell(next(iter(comparison.only[a.id][place : place + 1]), None)) for a in artifacts])
        for place in range(min(most, _SHOWN))
    ]


def _headline_cell(evidence: Evidence | None) -> DraftCell:
    if evidence is None:
        return DraftCell("silent", "", "quote")
    return DraftCell("stated", shorten(evidence.quote), "quote", (evidence,))


def answer_why(draft: Draft, artifacts: Sequence[Artifact], question: Question) -> None:
    """Why one is ahead by the table: the rows that differ, the page's verdict, and that pages give no other reason."""
    label = question.label or "UnfragileRank"
    asked = Question(question.text, "compare", criteria=(Criterion(label, label, label),), direction=question.direction)
    draft.name(artifacts)
    draft.table = comparison_table(artifacts)
    lead = compare_fact(list(artifacts), asked, draft.cite)
    draft.status = lead.status
    rows = [
        (name, cells) for name, cells in _table_rows(artifacts, replace(question, intent="differ")) if name != label
    ]
    told = join_names(
        f"{name} ({join_names((f'{cell.text} {draft.cite(cell.evidence[0])}' for cell in cells), 'against')})"
        for name, cells in rows[:4]
        if all(cell.evidence for cell in cells)
    )
    differs = f" What differs besides: {told}." if told else " No other row differs."
    draft.blocks.append(f"{lead.text}{differs} The pages give no further reason.")
    draft.verdict = next(iter([verdict_evidence(v) for v in verdicts_about(draft.library, artifacts)]), None)
    draft.notes.extend(contradictions(draft.library, artifacts))


def answer_summary(draft: Draft) -> None:
    """What the library holds: a line for each artifact, with its rows and what it does first."""
    artifacts = sorted(draft.library.artifacts, key=lambda a: a.label)
    shown = artifacts[:_SUMMARISED]
    draft.name(shown)
    lines = []
    for artifact in shown:
        facts = [fact for label in ("Type", "UnfragileRank", "Pricing") for fact in distinct(artifact, label)[:1]]
        rows = ", ".join(f"{fact.value} {draft.cite(row_evidence(artifact, fact))}" for fact in facts)
        first = _headlines(artifact)[:1]
        does = f": {verbatim(shorten(first[0].quote, 16))} {draft.cite(first[0])}" if first else ""
        lines.append(f"- **{artifact.label}** ({rows}){does}")
    more = f" The first {len(shown)}:" if len(artifacts) > len(shown) else ""
    number = f"{len(artifacts)} artifact{'' if len(artifacts) == 1 else 's'}"
    kinds = Counter(artifact.type for artifact in artifacts if artifact.type)
    types = join_names(f"{kind} ({count})" for kind, count in kinds.most_common())
    by_type = f", by type {types}" if len(kinds) > 1 else ""
    draft.blocks.append(f"The library holds {number}{by_type}.{more}\n\n" + "\n".join(lines))


def answer_describe(draft: Draft, artifacts: Sequence[Artifact]) -> None:
    """What an artifact is: its table in a sentence and the first capabilities in its page's words."""
    for artifact in artifacts:
        draft.name([artifact])
        rows = [distinct(artifact, label)[:1] for label in ("Type", "UnfragileRank", "Pricing", "Capabilities")]
        told = [f"{fact.label} {fact.value} {draft.cite(row_evidence(artifact, fact))}" for row in rows for fact in row]
        draft.blocks.append(f"**{artifact.label}**: {join_names(told)}." if told else f"**{artifact.label}**:")
        items = _headlines(artifact)
        draft.blocks.append("\n".join(f"- {draft.quote(item)}" for item in items[:_SHOWN]))
        draft.consult(items)
    draft.notes.extend(conflict_notes(artifacts))
    draft.table = comparison_table(artifacts)


def answer_best_for(draft: Draft, artifacts: Sequence[Artifact], question: Question, sources: Evidences) -> None:
    """What a page says an artifact is for: its own "best for" lines where it has some, else what comes nearest."""
    for artifact in artifacts:
        draft.name([artifact])
        stated = [item for part in ("best_for", "intent") for item in _parts(artifact, part)]
        if stated:
            draft.blocks.append(
                "\n".join(f"- **{artifact.label}**: {draft.quote(item)}" for item in stated[: _SHOWN + 1])
            )
            continue
        draft.blocks.append(f"The pages do not say outright what **{artifact.label}** is best for. What they describe:")
        cell = sources.grid.cell(artifact, Criterion("best for", question.text))
        near = cell.evidence if cell.met else ()
        items = [*near, *_headlines(artifact)[:_SHOWN], *_parts(artifact, "unique")[:1]]
        said = {item.quote: item for item in items}
        draft.blocks.append("\n".join(f"- {draft.quote(item)}" for item in said.values()))


def answer_alternatives(draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever) -> None:
    """What could replace an artifact, or each artifact that an ambiguous name may mean."""
    for artifact in artifacts:
        _answer_alternatives(draft, artifact, question, retriever)


def _answer_alternatives(draft: Draft, artifact: Artifact, question: Question, retriever: Retriever) -> None:
    """The artifacts of the library that are most like this one, each with the capability that comes closest."""
    draft.name([artifact])
    own = retriever.capability_vectors(artifact.id)
    others = [
        other for other, _ in matching(draft.library, question.filters) if other.id != artifact.id and other.described
    ]
    rated = [(*_likeness(artifact, own, other, retriever), other) for other in others]
    rated.sort(key=lambda item: (-item[0], item[2].label))
    near = [item for item in rated if item[0] >= _ALIKE][:_ALTERNATIVES] or rated[:1]
    claims = _parts(artifact, "alternatives")
    draft.consult(claims)
    if not own or not near:
        draft.status = "not_found"
        nothing = "nothing of that kind" if question.filters else "nothing"
        draft.blocks.append(f"The library holds {nothing} to compare **{artifact.label}** with.")
        # What the page says about things outside the library is no answer, and still something to go by.
        _tell_claims(draft, claims[:_CLAIMS])
        return
    lines = []
    for _, evidence, other in near:
        draft.name([other])
        labels = dict.fromkeys(("Type", "UnfragileRank", *(f.label for f in question.filters)))
        rows = [fact for label in labels for fact in distinct(other, label)[:1]]
        told = ", ".join(f"{fact.value} {draft.cite(row_evidence(other, fact))}" for fact in rows)
        lines.append(f"- **{other.label}** ({told}): {draft.quote(evidence)}")
    come = "these come" if len(lines) > 1 else "this comes"
    draft.blocks.append(f"In the library, {come} closest to **{artifact.label}**:\n\n" + "\n".join(lines))
    _tell_claims(draft, claims[:1])


def _tell_claims(draft: Draft, claims: Sequence[Evidence]) -> None:
    """What an artifact's page claims about things that are not in the library."""
    if claims:
        told = " ".join(map(draft.quote, claims))
        draft.blocks.append(f"About things outside the library, {told}")


def _likeness(
    artifact: Artifact, own: Mapping[str, NDArray[np.float32]], other: Artifact, retriever: Retriever
) -> tuple[float, Evidence]:
    """How like another artifact is (mean best match, more for a common type or page), and what of it matches best."""
    theirs = retriever.capability_vectors(other.id)
    if not own or not theirs:
        return 0.0, headline(other, other.capabilities[0])
    matrix = np.stack(list(own.values())) @ np.stack(list(theirs.values())).T
    best = list(theirs)[int(matrix.max(axis=0).argmax())]
    capability = next(item for item in other.capabilities if item.id == best)
    likeness = float(matrix.max(axis=1).mean() + matrix.max(axis=0).mean()) / 2
    likeness += _SAME_TYPE * (bool(artifact.type) and artifact.type == other.type)
    likeness += _SAME_PAGE * (not set(artifact.sources).isdisjoint(other.sources))
    return likeness, headline(other, capability)


def _headlines(artifact: Artifact) -> list[Evidence]:
    return [headline(artifact, capability) for capability in artifact.capabilities]


def _parts(artifact: Artifact, wanted: str) -> list[Evidence]:
    """Every text of one part of an artifact's capabilities, whole, as evidence."""
    found = []
    for capability in artifact.capabilities:
        for part, excerpt in capability.parts():
            if part == wanted:
                found.append(Evidence(artifact.id, PART_CLASSES[part], excerpt.text, excerpt.source, excerpt.text))
    return found
