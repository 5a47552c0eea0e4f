"""What is learnt about questions for an encoder: low-rank changes of its weights.

People ask in everyday words for what pages say in technical ones ("who said what" for speaker diarization), and an
encoder that was trained on texts of all kinds puts such pairs far apart. benchmarks/queries/train.py learns changes
from pairs of both and keeps them in weights/, for each encoder by name. Vectors of pages stay as they are.
"""

from __future__ import annotations

from functools import cache

from sidebyside.encoding.bert import Changes
from sidebyside.encoding.learnt import changes_in, read_weights


@cache
def read_changes(encoder: str, fingerprint: str) -> Changes | None:
    """The changes for the catalogue's encoder of this name; None where none were learnt, or for other weights."""
    arrays = read_weights("questions", encoder, fingerprint)
    return changes_in(arrays) if arrays is not None else None
