"""Drawbacks and strengths: the sentences of an artifact's own pages that a buyer would call so, and their clauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from sidebyside.encoding.classes import Classes
from sidebyside.evidence.grid import beginning_costs, clauses
from sidebyside.evidence.quotes import as_evidence
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import Evidence, Hit
from sidebyside.text.words import content_stems

Side = Literal["con", "pro"]

# Sentences that are looked at clause by clause, and the probability from which one counts.
_LOOKED_AT = 10
_COUNTS = 0.5
# What stands under "Limitations" is one, and what is required is as good as one.
_PARTS = {"con": {"limitation": 1.0, "requirement": 0.75}, "pro": {"best_for": 0.6}}


class Models(Protocol):
    """What is needed of models; see `encoding.understanding.Understanding`."""

    @property
    def polarity(self) -> Classes | None: ...
    def encode_texts(self, texts: Sequence[str]) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Opinion:
    """A clause that tells a drawback or a strength, with the quote it stands in."""

    clause: str
    probability: float
    evidence: Evidence


def opinions(artifact: str, side: Side, retriever: Retriever, models: Models, limit: int = 4) -> list[Opinion]:
    """The plainest drawbacks or strengths of one artifact, plainest first."""
    learnt = models.polarity
    hits, rows = retriever.sentences(artifact)
    if learnt is None or not hits:
        return []
    place = learnt.kinds.index(side)
    likely = learnt.probabilities(rows)[:, place]
    for position, hit in enumerate(hits):
        likely[position] = max(likely[position], _PARTS[side].get(hit.passage.part, 0.0))
    best = [hits[position] for position in np.argsort(-likely)[:_LOOKED_AT] if hits[position].passage.part != "title"]
    found = [opinion for hit in best for opinion in _in_clauses(hit, side, place, learnt, models)]
    found.sort(key=lambda opinion: -opinion.probability)
    chosen: list[Opinion] = []
    for opinion in found:
        own = content_stems(opinion.clause)
        if all(len(own & content_stems(c.clause)) < 0.6 * max(1, len(own)) for c in chosen):
            chosen.append(opinion)
    return chosen[:limit]


def _in_clauses(hit: Hit, side: Side, place: int, learnt: Classes, models: Models) -> list[Opinion]:
    """The clause of a sentence that tells it most plainly, where that is plain enough."""
    texts = list(dict.fromkeys([*clauses(hit.sentence.text, together=2), hit.sentence.text]))
    told = learnt.probabilities(models.encode_texts(texts))[:, place]
    at = int(np.argmax(told - [beginning_costs(text, hit.sentence.text) for text in texts]))
    given = _PARTS[side].get(hit.passage.part, 0.0)
    if max(told[at], given) < _COUNTS:
        return []
    text = hit.sentence.text if given > told[at] else texts[at]
    return [Opinion(text, float(max(told[at], given)), as_evidence(hit))]
