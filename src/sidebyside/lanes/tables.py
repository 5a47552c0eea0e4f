"""Questions that tables alone answer: one fact, a comparison of facts, the whole library."""

from __future__ import annotations

from dataclasses import replace

from sidebyside import facts
from sidebyside.evidence import disagreement, find_measures, select_evidence
from sidebyside.lanes.draft import Draft
from sidebyside.lanes.missing import add_unknown
from sidebyside.lanes.verdicts import contradictions
from sidebyside.names import NameIndex
from sidebyside.records import Artifact, Question
from sidebyside.retrieval import Retriever


def answer_fact(draft: Draft, artifacts: list[Artifact], question: Question, retriever: Retriever) -> None:
    """One label of one artifact, or of each artifact that an ambiguous name may mean."""
    findings = [facts.tell_fact(artifact, question, draft.cite) for artifact in artifacts]
    draft.blocks.extend(finding.text for finding in findings)
    stated = [finding for finding in findings if finding.status == "answered"]
    draft.status = "answered" if len(stated) == len(findings) else "partial" if stated else "not_found"
    draft.name(artifacts)
    draft.notes.extend(facts.conflict_notes(artifacts, [question.label]))
    if question.label == "Pricing":
        for artifact in artifacts:
            _add_prices(draft, artifact, question, retriever)


def answer_rank(draft: Draft, artifacts: list[Artifact], question: Question, names: NameIndex) -> None:
    """One label of several artifacts: who is ahead, by which values."""
    finding = facts.compare_fact(artifacts, question, draft.cite)
    draft.blocks.append(finding.text)
    draft.status = finding.status
    draft.name(artifacts)
    draft.table = facts.comparison_table(artifacts)
    draft.notes.extend(facts.conflict_notes(artifacts, [question.label]))
    draft.notes.extend(contradictions(draft.library, artifacts))
    add_unknown(draft, question, names)


def answer_library(draft: Draft, question: Question) -> None:
    """Counts, lists, superlatives and filters over all artifacts."""
    finding = facts.answer_library(draft.library, question, draft.cite)
    draft.blocks.append(finding.text)
    draft.status = finding.status
    chosen = [draft.library.get(artifact) for artifact in finding.artifacts]
    draft.name(chosen)
    labels = [question.label, *(f.label for f in question.filters)]
    draft.notes.extend(facts.conflict_notes(chosen, labels))


def _add_prices(draft: Draft, artifact: Artifact, question: Question, retriever: Retriever) -> None:
    """Prices in figures from the texts, beside the price class of the table."""
    if question.polar and draft.status != "not_found":
        return
    query = ("price, cost per month, subscription tiers, billing",)
    hits = retriever.inside(artifact.id, query, k=24)
    side = select_evidence(
        artifact, hits, question, background=retriever.background(artifact.id, query), rarity={}, limit=2
    )
    # The question may be a follow-up that does not say "price" itself.
    priced = replace(question, text="price")
    measured = {measure.evidence: None for measure in find_measures(side, priced)}
    differing = disagreement(side)
    told = " ".join(draft.quote(evidence) for evidence in list(measured)[: 2 if differing else 1])
    if told:
        draft.blocks.append(f"In figures: {told}")
        draft.notes.extend([differing] if differing else [])
