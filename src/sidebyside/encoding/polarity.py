"""Drawbacks ("con") and strengths ("pro") told from plain description ("neither"), learnt from clauses.

"Faster than X because it caches" and "slower than X because it does not" lie next to each other in the encoder's
vectors, so its upper layers are changed (low rank) for telling them. Stored vectors of sentences are good for a first
look, through one linear layer. benchmarks/judge/ holds training and figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from sidebyside.encoding.bert import Bert
from sidebyside.encoding.judge import Encoder
from sidebyside.encoding.learnt import Kept, changes_in, read_weights, softmax
from sidebyside.models.machine import usable_cores

KINDS = ("con", "neither", "pro")
# Pieces of a text that are read, and texts whose kinds are kept.
_MOST_PIECES, _MOST_TEXTS = 56, 20_000
# Texts that go through the layers together, on one core.
_BUNDLE = 12


@dataclass(frozen=True)
class Polarity:
    """Tells the kinds of texts. Safe to use from several threads."""

    bert: Bert
    head: dict[str, np.ndarray]
    _kept: Kept[str, np.ndarray] = field(default_factory=lambda: Kept(_MOST_TEXTS), repr=False)

    @classmethod
    def load(cls, encoder: Encoder) -> Polarity | None:
        """What was learnt for this encoder; None where nothing was, or for other weights."""
        arrays = read_weights("polarity", encoder.name, encoder.fingerprint)
        bert = Bert.load(encoder.folder) if arrays is not None else None
        if arrays is None or bert is None:
            return None
        head = {name: array for name, array in arrays.items() if not name.startswith("text.")}
        return cls(replace(bert, changes=changes_in(arrays, "text."), quick=True), head)

    @property
    def dimension(self) -> int:
        """Of the vectors that it can look at."""
        return int(self.head["first.weight"].shape[1])

    def of_vectors(self, vectors: np.ndarray) -> np.ndarray:
        """float32 (len(vectors), 3), the probabilities of KINDS, for float32 unit vectors of the encoder."""
        return softmax(vectors @ self.head["first.weight"].T + self.head["first.bias"])

    def of_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (len(texts), 3), the probabilities of KINDS; a text is read once."""
        if not texts:
            return np.empty((0, len(KINDS)), dtype=np.float32)
        known = self._kept.get(texts)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            bundles = [new[start : start + _BUNDLE] for start in range(0, len(new), _BUNDLE)]
            with ThreadPoolExecutor(min(len(bundles), usable_cores())) as pool:
                for bundle, rows in zip(bundles, pool.map(self._read, bundles), strict=True):
                    told = dict(zip(bundle, rows, strict=True))
                    self._kept.put(told)
                    known |= told
        return np.stack([known[text] for text in texts])

    def _read(self, texts: Sequence[str]) -> np.ndarray:
        hidden, spans = self.bert.states([self.bert.pieces(text, _MOST_PIECES) for text in texts])
        rows = np.stack([self._pooled(hidden[span]) for span in spans])
        return softmax(rows @ self.head["told.weight"].T + self.head["told.bias"])

    def _pooled(self, hidden: np.ndarray) -> np.ndarray:
        """The tokens that count, and the mean of all."""
        scores = hidden @ self.head["weigh.weight"][0]
        weights = np.exp(scores - scores.max())
        mean = hidden.mean(axis=0)
        return np.concatenate([(weights / weights.sum()) @ hidden, mean / np.linalg.norm(mean) * 4])
