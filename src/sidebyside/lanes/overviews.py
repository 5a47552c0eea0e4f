"""Questions about artifacts as a whole: what one is and is best for, how several compare, what could replace one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sidebyside import facts
from sidebyside.evidence import Side
from sidebyside.instructions import addresses_assistant
from sidebyside.lanes import missing
from sidebyside.lanes.draft import Draft, verbatim
from sidebyside.lanes.verdicts import contradictions, verdict_evidence, verdicts_about
from sidebyside.names import NameIndex
from sidebyside.overlap import headline, match_capabilities
from sidebyside.records import PART_CLASSES, Artifact, Comparison, Evidence, Library, Question
from sidebyside.retrieval import Retriever
from sidebyside.words import join_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How many capabilities stand for an artifact in an overview.
_SHOWN = 3
_ALTERNATIVES = 3
# Claims about third parties that are told where there is no alternative in the library.
_CLAIMS = 3
# Likeness (mean cosine similarity of best matches, both ways) from which another artifact counts as near. A common type
# adds to it, and more so that a page compares the two: whoever saved it thought of one in place of the other.
_ALIKE = 0.40
_SAME_TYPE = 0.08
_SAME_PAGE = 0.15


def compare_artifacts(library: Library, artifacts: Sequence[Artifact], retriever: Retriever) -> Comparison:
    """Two or more artifacts side by side: table, shared capabilities, what only one has, the pages' own verdicts."""
    shared, only = match_capabilities(artifacts, {a.id: retriever.capability_vectors(a.id) for a in artifacts})
    return Comparison(
        tuple(artifacts),
        facts.comparison_table(artifacts),
        shared,
        only,
        tuple(verdict_evidence(verdict) for verdict in verdicts_about(library, artifacts)),
        (*facts.conflict_notes(artifacts), *contradictions(library, artifacts)),
    )


def answer_overall(
    draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever, names: NameIndex
) -> None:
    """Rank, shared capabilities, what each offers alone, the page's verdict, and that no page decides the rest."""
    if question.unknown:
        missing.answer_half_known(draft, artifacts, question, names)
        return
    comparison = compare_artifacts(draft.library, artifacts, retriever)
    draft.name(artifacts)
    draft.table = comparison.table
    draft.notes.extend(comparison.notes)
    ranked = [a for a in artifacts if a.values("UnfragileRank")]
    if len(ranked) > 1:
        asked = Question(question.text, "rank", label="UnfragileRank")
        draft.blocks.append(facts.compare_fact(ranked, asked, draft.cite).text)
    lines = []
    for pair in comparison.shared[:2]:
        told = join_names(f"**{draft.library.get(item.artifact).label}** {draft.quote(item)}" for item in pair.evidence)
        lines.append(f"- Both: {told}")
    for artifact in artifacts:
        for item in comparison.only[artifact.id][:_SHOWN]:
            lines.append(f"- Only **{artifact.label}**: {draft.quote(item)}")
        draft.consult(comparison.only[artifact.id])
    if lines:
        draft.blocks.append("\n".join(lines))
    for verdict in comparison.verdicts[:1]:
        draft.blocks.append(f"The page's own verdict: {verbatim(verdict.quote)} {draft.cite(verdict)}")
    draft.sides = [
        _overview_side(artifact, comparison.only[artifact.id] or _headlines(artifact)) for artifact in artifacts
    ]
    draft.aspect = "What does it offer, in short?"
    draft.closing = "Which is better depends on what you need: beyond these figures the pages do not settle it."
    if len({a.type for a in artifacts}) > 1:
        told = join_names(f"{a.label} is a {a.type}" for a in artifacts)
        draft.notes.append(f"These are different types of artifact: {told}.")


def answer_describe(draft: Draft, artifacts: Sequence[Artifact]) -> None:
    """What an artifact is: its table in a sentence and the first capabilities in its page's words."""
    for artifact in artifacts:
        draft.name([artifact])
        rows = [facts.distinct(artifact, label)[:1] for label in ("Type", "UnfragileRank", "Pricing", "Capabilities")]
        told = [
            f"{fact.label} {fact.value} {draft.cite(facts.row_evidence(artifact, fact))}"
            for row in rows
            for fact in row
        ]
        draft.blocks.append(f"**{artifact.label}**: {join_names(told)}." if told else f"**{artifact.label}**:")
        items = _headlines(artifact)
        draft.blocks.append("\n".join(f"- {draft.quote(item)}" for item in items[:_SHOWN]))
        draft.consult(items)
    draft.notes.extend(facts.conflict_notes(artifacts))
    draft.table = facts.comparison_table(artifacts)


def answer_best_for(draft: Draft, artifacts: Sequence[Artifact]) -> None:
    """What a page says an artifact is for: its own "best for" lines where it has some, else what it does first."""
    for artifact in artifacts:
        draft.name([artifact])
        stated = [item for part in ("best_for", "intent") for item in _parts(artifact, part)]
        if stated:
            draft.blocks.append(
                "\n".join(f"- **{artifact.label}**: {draft.quote(item)}" for item in stated[: _SHOWN + 1])
            )
            continue
        draft.blocks.append(f"The pages do not say outright what **{artifact.label}** is best for. What they describe:")
        items = _headlines(artifact)[:_SHOWN]
        unique = _parts(artifact, "unique")[:1]
        draft.blocks.append("\n".join(f"- {draft.quote(item)}" for item in [*items, *unique]))
    if len(artifacts) == 1:
        draft.sides = [_overview_side(artifacts[0], _headlines(artifacts[0]))]
        draft.aspect = "What is it for?"


def answer_alternatives(draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever) -> None:
    """What could replace an artifact, or each artifact that an ambiguous name may mean."""
    for artifact in artifacts:
        _answer_alternatives(draft, artifact, question, retriever)


def _answer_alternatives(draft: Draft, artifact: Artifact, question: Question, retriever: Retriever) -> None:
    """The artifacts of the library that are most like this one, each with the capability that comes closest."""
    draft.name([artifact])
    own = retriever.capability_vectors(artifact.id)
    others = [other for other, _ in facts.matching(draft.library, question.filters) if other.id != artifact.id]
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
        rows = [fact for label in labels for fact in facts.distinct(other, label)[:1]]
        told = ", ".join(f"{fact.value} {draft.cite(facts.row_evidence(other, fact))}" for fact in rows)
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


def _overview_side(artifact: Artifact, items: Sequence[Evidence]) -> Side:
    return Side(artifact, tuple(items[:4]), True, 1.0)


def _headlines(artifact: Artifact) -> list[Evidence]:
    return [headline(artifact, capability) for capability in artifact.capabilities]


def _parts(artifact: Artifact, wanted: str) -> list[Evidence]:
    """Every text of one part of an artifact's capabilities, whole, as evidence."""
    found = []
    for capability in artifact.capabilities:
        for part, excerpt in capability.parts():
            if part == wanted and not addresses_assistant(excerpt.text):
                found.append(Evidence(artifact.id, PART_CLASSES[part], excerpt.text, excerpt.source, excerpt.text))
    return found
