"""Takes out of a library's texts what addresses an assistant, once, before anything is searched, quoted or prompted.

A text that is interrupted so becomes several, each of them exactly what stands at its place in the page. What was taken
out stays with its artifact, as `withheld`, so that people can see it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import Any

from sidebyside.records import LIST_PARTS, TEXT_PARTS, Artifact, Capability, Excerpt, Source, Verdict
from sidebyside.text.instructions import addresses_assistant, may_address_assistant
from sidebyside.text.sentences import split_sentences


def withhold(artifacts: Iterable[Artifact], verdicts: Iterable[Verdict]) -> tuple[list[Artifact], list[Verdict]]:
    """The same artifacts and verdicts without sentences that address an assistant."""
    taken: dict[str, list[Excerpt]] = defaultdict(list)
    left = []
    for verdict in verdicts:
        honest, withheld = cut(verdict.excerpt)
        left += [replace(verdict, excerpt=part) for part in honest]
        for owner in verdict.artifacts[:1]:
            taken[owner] += withheld
    return [_withhold_from_artifact(artifact, taken[artifact.id]) for artifact in artifacts], left


def cut(excerpt: Excerpt) -> tuple[list[Excerpt], list[Excerpt]]:
    """(the stretches of a text that may be quoted, the sentences that address an assistant), in their order."""
    if not may_address_assistant(excerpt.text):
        return [excerpt], []
    spans = split_sentences(excerpt.text)
    found = [(addresses_assistant(excerpt.text[start:end]), start, end) for start, end in spans]
    withheld = [_stretch(excerpt, start, end) for addressed, start, end in found if addressed]
    if not withheld:
        return [excerpt], []
    runs = [list(run) for addressed, run in groupby(found, key=lambda item: item[0]) if not addressed]
    return [_stretch(excerpt, run[0][1], run[-1][2]) for run in runs], withheld


def _stretch(excerpt: Excerpt, start: int, end: int) -> Excerpt:
    """Characters [start, end) of a text, with their places."""
    source = Source(excerpt.source.file, *excerpt.span(start, end), excerpt.source.date)
    anchors = tuple((offset - start, place) for offset, place in excerpt.anchors if start < offset <= end)
    return Excerpt(excerpt.text[start:end], source, anchors)


def _withhold_from_artifact(artifact: Artifact, withheld: list[Excerpt]) -> Artifact:
    facts = []
    for fact in artifact.facts:
        if cut(Excerpt(fact.value, fact.source))[1]:
            withheld.append(Excerpt(fact.row, fact.source))
        else:
            facts.append(fact)
    capabilities = [_withhold_from_capability(capability, withheld) for capability in artifact.capabilities]
    if not withheld:
        return artifact
    # A capability that was nothing but an instruction is none.
    left = tuple(capability for capability in capabilities if any(capability.parts()))
    return replace(artifact, facts=tuple(facts), capabilities=left, withheld=tuple(withheld))


def _withhold_from_capability(capability: Capability, withheld: list[Excerpt]) -> Capability:
    """The capability without what addresses an assistant, which is added to `withheld`."""
    left: dict[str, list[Excerpt]] = defaultdict(list)
    before = len(withheld)
    for label, excerpt in capability.parts():
        honest, taken = cut(excerpt)
        left[label] += honest
        withheld += taken
    if len(withheld) == before:
        return capability
    fields: dict[str, Any] = {name: next(iter(left[name]), None) for name in TEXT_PARTS}
    fields |= {name: tuple(left[label]) for label, name in LIST_PARTS.items()}
    further = tuple((name, excerpt) for name in TEXT_PARTS for excerpt in left[name][1:])
    return replace(capability, **fields, further=further)
