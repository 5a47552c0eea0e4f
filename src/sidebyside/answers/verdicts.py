"""What pages conclude about their artifacts, where their own tables say otherwise, and where pages disagree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sidebyside.answers.draft import Draft, verbatim
from sidebyside.answers.table_sentences import compare_fact, comparison_table, conflict_notes, distinct, row_evidence
from sidebyside.records import Artifact, Criterion, Evidence, Library, Question, Verdict
from sidebyside.text.comparing import compare_sides
from sidebyside.text.words import fold, join_names

# Measures of which nobody can say that more of them is better: a lead on weight may be the lighter one.
_EITHER_WAY = frozenset({"money", "class", "time", "mass", "length"})
_LEADS = re.compile(
    r"(?:leads|is stronger|is ahead|scores higher|wins|is better|does better) (?:on|"
    r"in)\s+(?P<labels>[^.;]+?)(?=,?\s+while\b|,?\s+but\b|[.;]|$)"
)


def answer_verdict(draft: Draft, artifacts: Sequence[Artifact]) -> None:
    """What the pages conclude about these artifacts, and whether their own tables bear it out."""
    draft.name(artifacts)
    draft.table = comparison_table(artifacts)
    found = verdicts_about(draft.library, artifacts)
    if not found:
        draft.status = "not_found"
        names = join_names(f"**{artifact.label}**" for artifact in artifacts)
        draft.blocks.append(f"No page compares {names} directly, so no page gives a verdict on them.")
    for verdict in found:
        evidence = verdict_evidence(verdict)
        draft.blocks.append(
            f"The verdict of {verdict.excerpt.source.file}: {verbatim(evidence.quote)} {draft.cite(evidence)}"
        )
    wrong = contradictions(draft.library, artifacts)
    draft.blocks.extend(wrong)
    ranked = [artifact for artifact in artifacts if artifact.values("UnfragileRank")]
    if len(ranked) > 1:
        asked = Question("", "compare", criteria=(Criterion("rank", "rank", "UnfragileRank"),))
        draft.blocks.append("By the tables, " + compare_fact(ranked, asked, draft.cite).text)
    if found and not wrong:
        draft.blocks.append("The verdict does not contradict its table.")
    for label in _leads_in(found, artifacts):
        asked = Question("", "compare", criteria=(Criterion(label, label, label),))
        draft.blocks.append(compare_fact(list(artifacts), asked, draft.cite).text)
    draft.notes.extend(conflict_notes(artifacts))


def answer_conflicts(draft: Draft, artifacts: Sequence[Artifact], question: Question) -> None:
    """Where the pages give different values for these artifacts (for all of them where none is named)."""
    looked_at = list(artifacts) or list(draft.library.artifacts)
    lines = []
    for artifact in looked_at:
        for label in dict.fromkeys(fact.label for fact in artifact.facts):
            values = distinct(artifact, label)
            if len(values) < 2 or (question.label and label != question.label):
                continue
            told = join_names(
                (f"{v.value} {draft.cite(row_evidence(artifact, v))} on {v.source.file}" for v in values),
                "but",
            )
            lines.append(f"- {label} of **{artifact.label}**: {told}")
            draft.name([artifact])
    wrong = contradictions(draft.library, looked_at)
    if lines:
        draft.blocks.append("The pages disagree:\n\n" + "\n".join(lines))
    elif artifacts:
        draft.name(artifacts)
        draft.blocks.append(
            f"The pages agree on {join_names(f'**{a.label}**' for a in artifacts)}"
            f"{_agreed(draft, artifacts, question)}."
        )
    else:
        draft.blocks.append("The pages do not contradict each other.")
    draft.blocks.extend(wrong)


def _agreed(draft: Draft, artifacts: Sequence[Artifact], question: Question) -> str:
    """The value that all pages give, where one label was asked about."""
    rows = [(a, fact) for a in artifacts for fact in distinct(a, question.label)[:1]] if question.label else []
    told = join_names(f"{fact.row} {draft.cite(row_evidence(artifact, fact))}" for artifact, fact in rows)
    return f": {told}" if told else ""


def _leads_in(found: Sequence[Verdict], artifacts: Sequence[Artifact]) -> list[str]:
    """The labels that verdicts speak about, besides the rank, in table order."""
    said = " ".join(fold(verdict.excerpt.text) for verdict in found)
    labels = dict.fromkeys(fact.label for artifact in artifacts for fact in artifact.facts)
    return [label for label in labels if label != "UnfragileRank" and re.search(rf"\b{re.escape(fold(label))}\b", said)]


def verdicts_about(library: Library, artifacts: Sequence[Artifact]) -> list[Verdict]:
    """Verdicts of pages that compare at least two of these artifacts."""
    ids = {artifact.id for artifact in artifacts}
    return [verdict for verdict in library.verdicts if len(ids & set(verdict.artifacts)) >= 2]


def verdict_evidence(verdict: Verdict) -> Evidence:
    """A verdict as citable evidence; it stands under the first artifact it is about."""
    return Evidence(verdict.artifacts[0], "verdict", verdict.excerpt.text, verdict.excerpt.source)


def contradictions(library: Library, artifacts: Sequence[Artifact]) -> list[str]:
    """A note for every lead that a verdict claims and the same page's table does not show."""
    notes = []
    for verdict in verdicts_about(library, artifacts):
        compared = [library.get(artifact) for artifact in verdict.artifacts]
        for leader, label in _claimed_leads(verdict, compared):
            cells = _cells_on_page(verdict, compared, label)
            if leader.id in cells and _is_not_ahead(list(cells).index(leader.id), list(cells.values()), label):
                shown = join_names(
                    f"{join_names(values, 'or')} for {a.label}" for a in compared if (values := cells.get(a.id))
                )
                notes.append(
                    f"The verdict of {verdict.excerpt.source.file} says that {leader.label} leads on {label}, "
                    f"but its table shows {shown}."
                )
    return notes


def _claimed_leads(verdict: Verdict, compared: Sequence[Artifact]) -> Iterator[tuple[Artifact, str]]:
    """(artifact, label) for every "X leads on adoption and quality"."""
    text = verdict.excerpt.text
    labels = {label for artifact in compared for label in (fact.label for fact in artifact.facts)}
    for found in _LEADS.finditer(text):
        # The nearest name before the phrase is the one that leads.
        before = fold(text[: found.start()])
        places = [(before.rfind(fold(a.name)), len(a.name), a) for a in compared]
        place, _, leader = max(places, key=lambda item: (item[0] + item[1] if item[0] >= 0 else -1, item[1]))
        if place < 0:
            continue
        for label in sorted(labels):
            if re.search(rf"\b{re.escape(fold(label))}\b", fold(found["labels"])):
                yield leader, label


def _cells_on_page(verdict: Verdict, compared: Sequence[Artifact], label: str) -> dict[str, list[str]]:
    """What the verdict's own page gives each artifact that has this row."""
    cells: dict[str, list[str]] = {}
    for artifact in compared:
        for fact in artifact.values(label):
            if fact.source.file == verdict.excerpt.source.file:
                cells.setdefault(artifact.id, []).append(fact.value)
    return cells


def _is_not_ahead(place: int, sides: Sequence[Sequence[str]], label: str) -> bool:
    """Whether a side is certainly level with or behind another, where more is known to be better."""
    comparison = compare_sides(sides, label)
    if comparison.measure in _EITHER_WAY:
        return False
    return any(comparison.behind(place, other, 1) for other in range(len(sides)) if other != place)
