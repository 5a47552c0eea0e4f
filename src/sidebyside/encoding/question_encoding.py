"""What is learnt about questions for an encoder: low-rank changes of its weights.

People ask in everyday words for what pages say in technical ones ("who said what" for speaker diarization), and an
encoder that was trained on texts of all kinds puts such pairs far apart. benchmarks/queries/train.py learns changes
from pairs of both and keeps them in weights/, for each encoder by name. Vectors of pages stay as they are.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from sidebyside.encoding.bert import Changes

# The fingerprint of the encoder that the changes belong to, beside them.
FINGERPRINT = "fingerprint"


@cache
def read_changes(encoder: str, fingerprint: str) -> Changes | None:
    """The changes for the catalogue's encoder of this name; None where none were learnt, or for other weights."""
    found = files("sidebyside") / "weights" / f"questions-{encoder}.npz"
    if "/" in encoder or not found.is_file():
        return None
    with found.open("rb") as file, np.load(file) as stored:
        if str(stored[FINGERPRINT]) != fingerprint:
            return None
        layers = sorted(name.removesuffix(".down") for name in stored.files if name.endswith(".down"))
        return {
            layer: (stored[f"{layer}.down"].astype(np.float32), stored[f"{layer}.up"].astype(np.float32))
            for layer in layers
        }
