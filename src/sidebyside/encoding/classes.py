"""Linear classes over the encoder's vectors, learnt from examples: kinds of table rows.

Kinds of rows are "price", "context", "released" and the like, and "none" for what no table has a row for: "how much of
the chat does it remember" and "Max tokens" meet in "context" without a word in common (benchmarks/reading/rows.py).
"""

from __future__ import annotations

import numpy as np

from sidebyside.encoding.learnt import read_weights, softmax

NONE = "none"


class Classes:
    """The learnt layer of one encoder. Safe to use from several threads."""

    def __init__(self, kinds: tuple[str, ...], weight: np.ndarray, bias: np.ndarray) -> None:
        self.kinds = kinds
        self._weight, self._bias = weight, bias

    @classmethod
    def load(cls, learnt: str, encoder: str, fingerprint: str) -> Classes | None:
        """What was learnt under this name ("rows") for the catalogue's encoder; None where nothing was, or for other
        weights."""
        arrays = read_weights(learnt, encoder, fingerprint)
        if arrays is None:
            return None
        return cls(tuple(map(str, arrays["kinds"])), arrays["weight"], arrays["bias"])

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """float32 (len(vectors), len(kinds)) for float32 unit vectors (n, dimension) ; rows sum to 1."""
        return softmax(vectors @ self._weight.T + self._bias)
