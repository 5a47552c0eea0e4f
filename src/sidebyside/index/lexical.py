"""BM25 over the stems of all sentences: built with an index, stored beside it, mapped when it is opened.

Scores are those of bm25s (method "lucene", k1 1.5, b .75), scaled so that the best sentence of a query has 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sidebyside.text.words import STOP_WORDS, folded_words, stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Stored tables that are larger are mapped instead of read.
_MOST_IN_MEMORY = 64_000_000
# Scores of the last queries are kept: at most so many, in at most so many bytes.
_KEPT = 64
_KEPT_BYTES = 16_000_000


class LexicalTable:
    """The BM25 scores of every (stem, sentence); a sentence is known by its row in `embeddings.npy`."""

    def __init__(self, table: Any, size: int) -> None:
        """`table` is a bm25s.BM25, or None where no sentence has a word; `size` is the number of sentences."""
        self._table = table
        self._size = size
        self._vocabulary: dict[str, int] = {} if table is None else table.vocab_dict
        self.scores = lru_cache(maxsize=max(2, min(_KEPT, _KEPT_BYTES // (4 * size + 1))))(self._scores)

    @classmethod
    def build(cls, texts: Iterable[str]) -> LexicalTable:
        """The table of these sentences; the same bytes for the same sentences."""
        import bm25s

        found: dict[str, int] = {}
        rows = [[found.setdefault(term, len(found)) for term in terms(text)] for text in texts]
        if not found:
            return cls(None, len(rows))
        table = bm25s.BM25(csc_backend="numpy")
        table.index((rows, found), create_empty_token=False, show_progress=False)
        return cls(table, len(rows))

    def save(self, folder: Path) -> None:
        """Write the table into a new folder; a table without words has none."""
        if self._table is not None:
            self._table.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalTable:
        """Read what `save` wrote for `size` sentences. Raises OSError, ValueError and KeyError for other files."""
        if not folder.exists():
            return cls(None, size)
        import bm25s

        mapped = sum(path.stat().st_size for path in folder.iterdir()) > _MOST_IN_MEMORY
        table = bm25s.BM25.load(folder, mmap=mapped, backend="numpy", csc_backend="numpy")
        # Plain arrays over the map: operations on np.memmap would return np.memmap.
        table.scores |= {name: table.scores[name].view(np.ndarray) for name in ("data", "indices", "indptr")}
        if table.scores["num_docs"] != size:
            raise ValueError(f"the lexical table has {table.scores['num_docs']} sentences instead of {size}")
        return cls(table, size)

    def __contains__(self, term: str) -> bool:
        """Whether a stem stands in any sentence."""
        return term in self._vocabulary

    def rarity(self, term: str) -> float:
        """2 for a term of one sentence, falling to 0.2 for one of all sentences; 1 for an unknown one."""
        place = self._vocabulary.get(term)
        if place is None or self._size < 2:
            return 1.0
        starts = self._table.scores["indptr"]
        count = int(starts[place + 1] - starts[place])
        return max(0.2, 2 * math.log(self._size / count) / math.log(self._size))

    def best(self, query: str, k: int) -> NDArray[np.int64]:
        """The rows of the k best sentences, best first, earlier rows first among equals; none that scores 0."""
        scores = self.scores(query)
        rows = np.flatnonzero(scores)
        if len(rows) > k:
            least = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
            rows = rows[scores[rows] >= least]
        return rows[np.argsort(-scores[rows], kind="stable")[:k]]

    def _scores(self, query: str) -> NDArray[np.float32]:
        """float32 (sentences,): how well each fits the words of a query, read-only; the best has 1, or all have 0."""
        known = [term for term in dict.fromkeys(terms(query)) if term in self._vocabulary]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        scores: NDArray[np.float32] = self._table.get_scores(known)
        best = float(scores.max())
        scaled = scores / best if best > 0 else scores
        scaled.flags.writeable = False
        return scaled


def terms(text: str) -> list[str]:
    """The stems by which a text is found, in order, with repeats."""
    return [stem(word) for word in folded_words(text) if word not in STOP_WORDS]
