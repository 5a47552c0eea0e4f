"""Linear classes over the encoder's vectors, learnt from examples: kinds of table rows, drawbacks and strengths.

Kinds of rows are "price", "context", "released" and the like, and "none" for what no table has a row for: "how much of
the chat does it remember" and "Max tokens" meet in "context" without a word in common (benchmarks/reading/rows.py).
Drawbacks ("con") and strengths ("pro") are told apart from plain description (benchmarks/judge/polarity.py).
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np

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
        found = files("sidebyside") / "weights" / f"{learnt}-{encoder}.npz"
        if "/" in encoder or not found.is_file():
            return None
        with found.open("rb") as file, np.load(file) as stored:
            if str(stored["fingerprint"]) != fingerprint:
                return None
            kinds = tuple(str(kind) for kind in stored["kinds"])
            return cls(kinds, stored["weight"].astype(np.float32), stored["bias"].astype(np.float32))

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """float32 (len(vectors), len(kinds)) for float32 unit vectors (n, dimension) ; rows sum to 1."""
        scores = vectors @ self._weight.T + self._bias
        grown = np.exp(scores - scores.max(axis=1, keepdims=True))
        result: np.ndarray = grown / grown.sum(axis=1, keepdims=True)
        return result
