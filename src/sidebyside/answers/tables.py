"""Questions that tables alone answer: one fact, a comparison of facts, the whole library."""

from __future__ import annotations

import re

from sidebyside.answers import table_sentences
from sidebyside.answers.compose import Evidences
from sidebyside.answers.draft import Draft
from sidebyside.answers.verdicts import contradictions
from sidebyside.evidence.grid import STATED
from sidebyside.evidence.quotes import as_evidence
from sidebyside.records import Artifact, Criterion, Hit, Library, Question
from sidebyside.text.quantities import find_quantities
from sidebyside.text.units import MONEY
from sidebyside.text.words import content_stems, join_names, tokens

_PRICE_WORDING = "how much it costs a month, its plans and prices"
_FREE_WORDING = "what the free plan gives without paying: so many a month free of charge"
# "Free of charge" and "the free tier", not "hands-free" or "free of noise".
_GIVES_FREE = re.compile(
    r"(?<![\w-])free\b(?! (?:of|from)\b(?! charge))|\b(?:no charge|without (?:charge|payment|paying)|costs? nothing)\b",
    re.IGNORECASE,
)
# Among so many of the nearest sentences what is free is looked for.
_NEAR = 5
# Among so many of the best sentences one on what is paid for in particular is looked for.
_FIRST = 3
# A sentence without a price has to be as likely as this.
_SAID = 0.45


def answer_fact(draft: Draft, artifacts: list[Artifact], question: Question, sources: Evidences) -> None:
    """One label of one artifact, or of each artifact that an ambiguous name may mean."""
    findings = [table_sentences.tell_fact(artifact, question, draft.cite) for artifact in artifacts]
    draft.blocks.extend(finding.text for finding in findings)
    stated = [finding for finding in findings if finding.status == "answered"]
    draft.status = "answered" if len(stated) == len(findings) else "partial" if stated else "not_found"
    draft.name(artifacts)
    draft.notes.extend(table_sentences.conflict_notes(artifacts, [question.label]))
    if question.label == "Pricing":
        for artifact in artifacts:
            _add_prices(draft, artifact, question, sources)


def answer_rank(draft: Draft, artifacts: list[Artifact], question: Question, sources: Evidences) -> None:
    """One label of several artifacts: who is ahead, by which values."""
    finding = table_sentences.compare_fact(artifacts, question, draft.cite)
    draft.blocks.append(finding.text)
    draft.status, draft.winner = finding.status, finding.winner
    draft.name(artifacts)
    draft.table = table_sentences.comparison_table(artifacts)
    if question.label == "Pricing":
        _add_all_prices(draft, artifacts, question, sources)
    draft.notes.extend(table_sentences.conflict_notes(artifacts, [question.label]))
    draft.notes.extend(contradictions(draft.library, artifacts))


def answer_library(draft: Draft, question: Question, library: Library) -> None:
    """Counts, lists, superlatives and filters over all artifacts."""
    finding = table_sentences.answer_library(library, question, draft.cite)
    draft.blocks.append(finding.text)
    draft.status = finding.status
    chosen = [draft.library.get(artifact) for artifact in finding.artifacts]
    draft.name(chosen)
    labels = [question.label, *(f.label for f in question.filters)]
    draft.notes.extend(table_sentences.conflict_notes(chosen, labels))


def _add_prices(draft: Draft, artifact: Artifact, question: Question, sources: Evidences) -> None:
    """Prices in figures from the texts, beside the price class of the table."""
    if question.polar and draft.status != "not_found":
        return
    told = [*_priced_apart(draft, artifact, question, sources), *_priced(draft, artifact, question, sources)]
    if told:
        draft.blocks.append(f"In figures: {' '.join(dict.fromkeys(told))}")


def _add_all_prices(draft: Draft, artifacts: list[Artifact], question: Question, sources: Evidences) -> None:
    """The same for several artifacts, one line each: two that are "Freemium" seldom give the same for nothing."""
    apart = {artifact.id: _priced_apart(draft, artifact, question, sources) for artifact in artifacts}
    lines = {artifact.id: _priced(draft, artifact, question, sources) for artifact in artifacts}
    given = [(a.label, dict.fromkeys((*apart[a.id], *lines[a.id]))) for a in artifacts if apart[a.id] or lines[a.id]]
    if not given:
        return
    draft.blocks.append("In figures:\n\n" + "\n".join(f"- **{name}**: {' '.join(told)}" for name, told in given))
    silent = [artifact for artifact in artifacts if not lines[artifact.id]]
    asked = frozenset[str]().union(*(content_stems(criterion.text) for criterion in question.criteria))
    if silent and any(asked & content_stems(line) for told in lines.values() for line in told):
        # "A hosted subscription" is more than the price class: only some pages tell of one.
        names = join_names((f"**{artifact.label}**" for artifact in silent), "or")
        draft.blocks.append(f"The pages give no such figures for {names}.")
        draft.status = "partial" if draft.status == "answered" else draft.status


def _priced(draft: Draft, artifact: Artifact, question: Question, sources: Evidences) -> list[str]:
    """The sentence about an artifact's prices that has a figure, or says what is free where that is asked; if any.

    The question may be a follow-up that does not say "price" itself.
    """
    said = {token.folded for criterion in question.criteria for token in tokens(criterion.text)}
    if "free" in said or any(condition.value == "Free" for condition in question.filters):
        hits = sources.retriever.inside(artifact.id, (_FREE_WORDING,), k=_NEAR)
        # A comparison with others says what these charge.
        given = (hit for hit in hits if hit.passage.part != "alternatives" and _GIVES_FREE.search(hit.sentence.text))
        if (best := next(given, None)) is not None:
            return [draft.quote(as_evidence(best))]
    priced = _general_price(artifact, sources)
    return [draft.quote(as_evidence(priced))] if priced is not None else []


def _general_price(artifact: Artifact, sources: Evidences) -> Hit | None:
    near = sources.retriever.inside(artifact.id, (_PRICE_WORDING,), k=2 * _NEAR)
    return next((hit for hit in near if hit.passage.part != "alternatives" and _gives_price(hit)), None)


def _gives_price(hit: Hit) -> bool:
    return any(quantity.unit.split("/")[0] in MONEY for quantity in find_quantities(hit.sentence.text))


def _priced_apart(draft: Draft, artifact: Artifact, question: Question, sources: Evidences) -> list[str]:
    """The sentence on what is paid for in particular ("what does one text cost us"), if one tells of it."""
    asked = next((criterion.whole for criterion in question.criteria if criterion.whole), "")
    if not asked:
        return []
    look, general = sources.grid.look(artifact, Criterion(asked, asked)), _general_price(artifact, sources)
    told = content_stems(general.sentence.text) if general is not None else frozenset()
    for item in look.rated[:_FIRST]:
        more = (content_stems(item.hit.sentence.text) & content_stems(asked)) - told
        enough = STATED if _gives_price(item.hit) else _SAID
        if more and look.probability >= enough and item.hit.passage.part != "alternatives":
            return [draft.quote(as_evidence(item.hit))]
    return []
