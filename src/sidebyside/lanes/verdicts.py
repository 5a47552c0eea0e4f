"""What pages conclude about their artifacts, and where their own tables say otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sidebyside.labels import number_in
from sidebyside.records import Artifact, Evidence, Library, Verdict
from sidebyside.words import fold

_LEADS = re.compile(
    r"(?:leads|is stronger|is ahead|scores higher|wins|is better|does better) (?:on|in)\s+(?P<labels>[^.;]+?)(?=,?\s+while\b|,?\s+but\b|[.;]|$)"
)


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
            values = _values_on_page(verdict, compared, label)
            rivals = [number for artifact, number in values.items() if artifact != leader.id]
            if leader.id in values and rivals and values[leader.id] <= max(rivals):
                shown = " and ".join(f"{values[a.id]:g} for {a.label}" for a in compared if a.id in values)
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


def _values_on_page(verdict: Verdict, compared: Sequence[Artifact], label: str) -> dict[str, float]:
    """What the verdict's own page gives each artifact for a label, as numbers."""
    values = {}
    for artifact in compared:
        for fact in artifact.values(label):
            number = number_in(fact.value)
            if fact.source.file == verdict.excerpt.source.file and number is not None:
                values[artifact.id] = number
    return values
