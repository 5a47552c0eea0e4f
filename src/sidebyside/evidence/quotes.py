"""Hits as evidence that can be cited."""

from __future__ import annotations

from sidebyside.records import Evidence, Hit


def as_evidence(hit: Hit, score: float | None = None) -> Evidence:
    """A hit as citable evidence."""
    passage, sentence = hit.passage, hit.sentence
    source = passage.source
    place = type(source)(source.file, sentence.start, sentence.end, source.date)
    rating = hit.score if score is None else score
    return Evidence(
        passage.artifact, passage.evidence_class, sentence.text, place, passage.text, rating, hit.similarity
    )
