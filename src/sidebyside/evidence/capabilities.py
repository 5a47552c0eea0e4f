"""Overlap: which capabilities of several artifacts mean the same, and which only one of them has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sidebyside.records import PART_CLASSES, Artifact, Capability, Evidence, SharedCapability
from sidebyside.text.sentences import split_sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Cosine similarity of two capabilities' mean sentence vectors from which they count as the same thing.
SAME = 0.66

Vectors = Mapping[str, "NDArray[np.float32]"]


def match_capabilities(
    artifacts: Sequence[Artifact], vectors: Mapping[str, Vectors]
) -> tuple[tuple[SharedCapability, ...], dict[str, tuple[Evidence, ...]]]:
    """Split the capabilities of some artifacts into shared ones and those that only one has.

    `vectors` maps artifact id to capability id to its vector. Pairs are matched best first, each capability once per
    other artifact. Returns (shared, artifact id -> what only it has), both in page order within an artifact.
    """
    shared: list[SharedCapability] = []
    matched: set[tuple[str, str]] = set()
    for first, second in combinations(artifacts, 2):
        for similarity, one, other in _pairs(first, second, vectors):
            matched |= {(first.id, one.id), (second.id, other.id)}
            shared.append(SharedCapability((headline(first, one), headline(second, other)), similarity))
    shared.sort(key=lambda item: -item.similarity)
    only = {a.id: tuple(headline(a, c) for c in a.capabilities if (a.id, c.id) not in matched) for a in artifacts}
    return tuple(shared), only


def _pairs(
    first: Artifact, second: Artifact, vectors: Mapping[str, Vectors]
) -> list[tuple[float, Capability, Capability]]:
    """The best one-to-one pairs of capabilities that are alike enough, best first."""
    candidates = [
        (float(vectors[first.id][a.id] @ vectors[second.id][b.id]), a, b)
        for a in first.capabilities
        for b in second.capabilities
        if a.id in vectors[first.id] and b.id in vectors[second.id]
    ]
    candidates.sort(key=lambda item: (-item[0], item[1].id, item[2].id))
    taken: set[str] = set()
    pairs = []
    for similarity, one, other in candidates:
        if similarity < SAME:
            break
        if one.id not in taken and other.id not in taken:
            taken |= {one.id, other.id}
            pairs.append((similarity, one, other))
    return pairs


def headline(artifact: Artifact, capability: Capability) -> Evidence:
    """The sentence that stands for a capability: the first of its description, else of what it has."""
    parts = list(capability.parts())
    label, excerpt = next((part for part in parts if part[0] == "description"), parts[0])
    start, end = next(iter(split_sentences(excerpt.text)), (0, len(excerpt.text)))
    source = excerpt.source
    place = type(source)(source.file, *excerpt.span(start, end), source.date)
    whole = capability.description or excerpt
    return Evidence(artifact.id, PART_CLASSES[label], excerpt.text[start:end], place, whole.text)
