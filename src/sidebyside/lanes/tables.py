"""Questions that tables alone answer: one fact, a comparison of facts, the whole library."""

from __future__ import annotations

import re
from dataclasses import replace

from sidebyside import facts
from sidebyside.evidence import as_evidence, disagreement, find_measures, select_evidence
from sidebyside.labels import find_prices
from sidebyside.lanes.draft import Draft
from sidebyside.lanes.missing import add_unknown
from sidebyside.lanes.verdicts import contradictions
from sidebyside.names import NameIndex
from sidebyside.records import Artifact, Question
from sidebyside.retrieval import Retriever

_PRICE_WORDING = "price, cost per month, subscription tiers, billing"
_FREE_WORDING = "what the free plan gives without paying: so many a month free of charge"
# "Free of charge" and "the free tier", not "hands-free" or "free of noise".
_GIVES_FREE = re.compile(
    r"(?<![\w-])free\b(?! (?:of|from)\b(?! charge))|\b(?:no charge|without (?:charge|payment|paying)|costs? nothing)\b",
    re.IGNORECASE,
)
# Among so many of the nearest sentences what is free is looked for.
_NEAR = 5


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


def answer_rank(
    draft: Draft, artifacts: list[Artifact], question: Question, retriever: Retriever, names: NameIndex
) -> None:
    """One label of several artifacts: who is ahead, by which values."""
    finding = facts.compare_fact(artifacts, question, draft.cite)
    draft.blocks.append(finding.text)
    draft.status = finding.status
    draft.name(artifacts)
    draft.table = facts.comparison_table(artifacts)
    if question.label == "Pricing":
        _add_all_prices(draft, artifacts, question, retriever)
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
    told = _priced(draft, artifact, question, retriever)
    if told:
        draft.blocks.append(f"In figures: {told}")


def _add_all_prices(draft: Draft, artifacts: list[Artifact], question: Question, retriever: Retriever) -> None:
    """The same for several artifacts, one line each: two that are "Freemium" seldom give the same for nothing."""
    lines = [(artifact, _priced(draft, artifact, question, retriever)) for artifact in artifacts]
    told = [f"- **{artifact.label}**: {line}" for artifact, line in lines if line]
    if told:
        draft.blocks.append("In figures:\n\n" + "\n".join(told))


def _priced(draft: Draft, artifact: Artifact, question: Question, retriever: Retriever) -> str:
    """The sentence about an artifact's prices that has a figure, or says what is free where that is asked; "" if none.

    The question may be a follow-up that does not say "price" itself.
    """
    if any(price.value == "Free" for price in find_prices(question.text)):
        hits = retriever.inside(artifact.id, (_FREE_WORDING,), k=_NEAR)
        # A comparison with others says what these charge.
        given = (hit for hit in hits if hit.passage.part != "alternatives" and _GIVES_FREE.search(hit.sentence.text))
        if (best := next(given, None)) is not None:
            return draft.quote(as_evidence(best))
    query = (_PRICE_WORDING,)
    hits, background = retriever.inside(artifact.id, query, k=24), retriever.background(artifact.id, query)
    priced = replace(question, text="price")
    side = select_evidence(artifact, hits, priced, background=background, rarity={}, limit=2)
    measured = {measure.evidence: None for measure in find_measures(side, priced)}
    differing = disagreement(side)
    draft.notes.extend([differing] if measured and differing else [])
    return " ".join(draft.quote(evidence) for evidence in list(measured)[: 2 if differing else 1])
