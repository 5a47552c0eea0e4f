"""Drawbacks and strengths: the sentences of an artifact's own pages that a buyer would call so, and their clauses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from sidebyside.encoding.polarity import KINDS, Polarity
from sidebyside.evidence.grid import PER_WORD, beginning_costs, clauses
from sidebyside.evidence.quotes import as_evidence
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import Evidence, Hit
from sidebyside.text.words import content_stems

# What a clause begins with that goes on about the thing compared with.
_OTHERS = re.compile(r"(?:than|which)\b", re.IGNORECASE)

Side = Literal["con", "pro"]

# Sentences that are read after a first look, those of them that are read clause by clause, and the probability from
# which a clause counts; where fewer than two do, those from the second on count as well: "printing is locked then".
_READ, _LOOKED_AT = 24, 8
_COUNTS, _ELSE = 0.5, 0.25
# What stands under "Limitations" is one, and what is required is as good as one.
_PARTS = {"con": {"limitation": 1.0, "requirement": 0.75}, "pro": {"best_for": 0.6}}


class Models(Protocol):
    """What is needed of models; see `encoding.understanding.Understanding`."""

    @property
    def polarity(self) -> Polarity | None: ...


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
    place = KINDS.index(side)
    # Pages that another encoder has encoded are read whole.
    known = rows.shape[1] == learnt.dimension
    likely = (learnt.of_vectors(rows) if known else learnt.of_texts([hit.sentence.text for hit in hits]))[:, place]
    for position, hit in enumerate(hits):
        likely[position] = max(likely[position], _PARTS[side].get(hit.passage.part, 0.0))
    read = [hits[position] for position in np.argsort(-likely)[:_READ] if hits[position].passage.part != "title"]
    told = learnt.of_texts([hit.sentence.text for hit in read])[:, place]
    worth = [max(p, _PARTS[side].get(hit.passage.part, 0.0)) for p, hit in zip(told, read, strict=True)]
    best = [read[position] for position in np.argsort(-np.array(worth), kind="stable")[:_LOOKED_AT]]
    parts = {hit: _parts(hit.sentence.text) for hit in best}
    # Read together: one by one would take twice as long.
    learnt.of_texts([text for texts in parts.values() for text in texts])
    found = [opinion for hit, texts in parts.items() for opinion in _plainest(hit, texts, side, learnt)]
    found.sort(key=lambda opinion: -opinion.probability)
    chosen: list[Opinion] = []
    for opinion in found:
        own = content_stems(opinion.clause)
        if all(len(own & content_stems(c.clause)) < 0.6 * max(1, len(own)) for c in chosen):
            chosen.append(opinion)
    plain = [opinion for opinion in chosen if opinion.probability >= _COUNTS]
    return (plain if len(plain) > 1 else chosen)[:limit]


def _parts(sentence: str) -> list[str]:
    """A sentence and its clauses, but what goes on about another thing: "than X, which requires 1000 steps"."""
    own = [text for text in clauses(sentence, together=2) if not _OTHERS.match(text)]
    return list(dict.fromkeys([*own, sentence]))


def _plainest(hit: Hit, texts: Sequence[str], side: Side, learnt: Polarity) -> list[Opinion]:
    """The clause of a sentence that tells it most plainly, where that is plain enough."""
    sentence = hit.sentence.text
    told = learnt.of_texts(texts)[:, KINDS.index(side)]
    costs = [beginning_costs(text, sentence) + PER_WORD * len(text.split()) for text in texts]
    at = int(np.argmax(told - costs))
    given = _PARTS[side].get(hit.passage.part, 0.0)
    if max(told[at], given) < _ELSE:
        return []
    text = hit.sentence.text if given > told[at] else texts[at]
    return [Opinion(text, float(max(told[at], given)), as_evidence(hit))]
