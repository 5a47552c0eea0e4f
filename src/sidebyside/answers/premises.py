"""What a question takes for granted, checked before it is answered: corrected, confirmed, or said not to be stated."""

from __future__ import annotations

from collections.abc import Sequence

from sidebyside.answers.compose import Evidences
from sidebyside.answers.draft import Draft, shorten, verbatim
from sidebyside.answers.table_sentences import distinct, row_evidence
from sidebyside.evidence.grid import PLAIN, EvidenceCell
from sidebyside.question.rows import RowFinder
from sidebyside.records import Artifact, Criterion, Evidence
from sidebyside.text.quantities import Quantity, find_quantities, is_known_unit
from sidebyside.text.words import join_names


def check_premises(
    draft: Draft, artifacts: Sequence[Artifact], premises: Sequence[str], sources: Evidences, rows: RowFinder
) -> None:
    """One sentence for each premise, before everything else; about each artifact it may be said of."""
    told = []
    for premise in premises:
        for artifact in artifacts[:2]:
            told.append(_check(draft, artifact, premise, sources, rows))
    draft.blocks[:0] = [" ".join(dict.fromkeys(filter(None, told)))] if any(told) else []


def _check(draft: Draft, artifact: Artifact, premise: str, sources: Evidences, rows: RowFinder) -> str:
    name = f"**{artifact.label}**"
    if (label := rows.find(premise)) and (facts := distinct(artifact, label)):
        fact = facts[0]
        return f"On what you take for granted: the {label} of {name} is {fact.value} " \
               f"{draft.cite(row_evidence(artifact, fact))}."  # fmt: skip
    cell = sources.grid.cell(artifact, Criterion(premise, premise))
    figure = _other_figure(premise, cell)
    if figure is not None:
        quantity, evidence = figure
        return f"Not as you say: the page of {name} gives {quantity.text} {draft.cite(evidence)}."
    if cell.state == "silent":
        return f"The pages do not state that {name} {premise.removeprefix('it ')}."
    if cell.state == "conflict":
        said = join_names(f"{verbatim(shorten(item.quote, 20))} {draft.cite(item)}" for item in cell.evidence[:2])
        return f"On what you take for granted the pages about {name} disagree: {said}."
    words = f"{verbatim(shorten(cell.clause, 20))} {draft.cite(cell.evidence[0])}"
    figures = find_quantities(premise)
    undecided = cell.probability < PLAIN or cell.is_doubtful
    if undecided or (cell.state != "denied" and figures and not _gives(figures, cell)):
        return f"On what you take for granted, the page of {name} says {words}."
    if cell.state == "denied":
        return f"Not as you say: the page of {name} says {words}."
    return f"As you say, going by the page of {name}: {words}."


def _gives(figures: Sequence[Quantity], cell: EvidenceCell) -> bool:
    """Whether the evidence has one of the premise's figures."""
    told = {quantity.value for item in cell.evidence for quantity in find_quantities(item.quote)}
    return any(figure.value in told for figure in figures)


def _other_figure(premise: str, cell: EvidenceCell) -> tuple[Quantity, Evidence] | None:
    """A figure of the same unit in the evidence, where none is the premise's own."""
    for asked in find_quantities(premise):
        same = [
            (quantity, item)
            for item in cell.evidence
            for quantity in find_quantities(item.quote)
            if (quantity.unit and quantity.unit == asked.unit)
            # "128K of context" has no unit of its own: what both speak of tells.
            or (not asked.unit and is_known_unit(quantity.unit) and asked.nouns & quantity.nouns)
        ]
        if same and all(quantity.value != asked.value for quantity, _ in same):
            return same[0]
    return None
