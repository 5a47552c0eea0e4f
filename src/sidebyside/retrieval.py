"""Retrieval: the sentences that answer a query, inside one artifact or across the library.

A query is one or more wordings of the same question, encoded and averaged. A sentence's score is its cosine
similarity to the query, plus a share of that of the capability it belongs to, plus a share of its BM25 score; the
weights are compared in benchmarks/evidence.py.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sidebyside.records import Hit, Library, Passage
from sidebyside.words import stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sidebyside.lexical import LexicalTable

# Weight of the capability's similarity, and of the BM25 score (scaled to at most 1) beside the sentence's own.
CAPABILITY_WEIGHT = 0.5
LEXICAL_WEIGHT = 0.07
# Passages taken from Chroma and from BM25 before sentences are scored exactly.
_CANDIDATES = 80
# Sentences that stand for the whole library when a question's background is measured, and what to assume without them.
_SAMPLE = 20_000
_USUAL_BACKGROUND = 0.38

# Texts whose vectors are kept.
_MOST_KEPT = 512

Query = Sequence[str]


class QueryEncoder(Protocol):
    """What retrieval needs of an encoder: texts to L2-normalised float32 rows."""

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Vectors(Protocol):
    """One float32 unit row per sentence; see `vectors.StoredVectors`."""

    def __len__(self) -> int: ...
    def rows(self, start: int, stop: int) -> NDArray[np.float32]: ...
    def every(self, step: int) -> NDArray[np.float32]: ...


class Searchable(Protocol):
    """What retrieval needs of an open index; see `index.LibraryIndex`."""

    @property
    def library(self) -> Library: ...
    @property
    def passages(self) -> Sequence[Passage]: ...
    @property
    def vectors(self) -> Vectors: ...
    @property
    def first_rows(self) -> NDArray[np.int64]: ...
    @property
    def lexical(self) -> LexicalTable: ...
    def positions(self, artifact_id: str) -> range: ...
    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]: ...


class Retriever:
    """Finds sentences in one open index."""

    def __init__(self, index: Searchable, encoder: QueryEncoder) -> None:
        self._index = index
        self._encoder = encoder
        self._encoded: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()
        self._lexical = index.lexical
        self._bounds = np.append(index.first_rows, len(index.vectors))

    def inside(self, artifact: str, query: Query, k: int = 8) -> list[Hit]:
        """The k best sentences of one artifact (its id), best first; empty where it has no text."""
        return self._score(self._index.positions(artifact), query)[:k]

    def across(self, query: Query, artifacts: int = 10, each: int = 3) -> dict[str, list[Hit]]:
        """The best sentences of the best artifacts, by artifact id, best artifact first."""
        near = [position for position, _ in self._index.search(self._encode(query), _CANDIDATES)]
        worded = self._positions_of(self._lexical.best(" ".join(query[:1]), _CANDIDATES))
        candidates = sorted({*near, *worded.tolist()})
        grouped: dict[str, list[Hit]] = {}
        for hit in self._score(candidates, query):
            grouped.setdefault(hit.passage.artifact, []).append(hit)
        return {artifact: hits[:each] for artifact, hits in list(grouped.items())[:artifacts]}

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised rows of these texts; kept, as a question's wordings are looked up more than once."""
        with self._lock:
            rows = {text: self._encoded[text] for text in texts if text in self._encoded}
        new = [text for text in dict.fromkeys(texts) if text not in rows]
        if new:
            rows |= zip(new, self._encoder.encode_questions(new), strict=True)
        with self._lock:
            for text in rows:
                self._encoded[text] = rows[text]
                self._encoded.move_to_end(text)
            while len(self._encoded) > _MOST_KEPT:
                self._encoded.popitem(last=False)
        return np.stack([rows[text] for text in texts])

    def knows(self, word: str) -> bool:
        """Whether a word, in any inflection, stands in the library's texts."""
        return stem(word) in self._lexical

    def rarity(self, words: Sequence[str]) -> dict[str, float]:
        """How telling each word's stem is: 2 where one sentence of the library has it, near 0 where most have.

        A word that no page has weighs 1: it may be there in other words.
        """
        return {stem(word): self._lexical.rarity(stem(word)) for word in words}

    def background(self, artifact: str, query: Query) -> float:
        """How similar the nearest hundredth of all other artifacts' sentences is to a query, on average.

        What stands out from it is stated; what does not is the topic that the whole library is about.
        """
        rows, sample = self._sample
        span = self._index.positions(artifact)
        first, end = (int(self._bounds[place]) for place in (span.start, span.stop))
        before, after = np.searchsorted(rows, (first, end))
        similarities = sample @ self._encode(query)
        others = np.concatenate((similarities[:before], similarities[after:]))
        if len(others) < 50:
            return _USUAL_BACKGROUND
        count = max(2, len(others) // 100)
        return float(np.sort(np.partition(others, -count)[-count:]).mean())

    def capability_vectors(self, artifact: str) -> dict[str, NDArray[np.float32]]:
        """One L2-normalised vector per capability id: the mean of its sentences' vectors."""
        vectors: dict[str, list[NDArray[np.float32]]] = {}
        for position in self._index.positions(artifact):
            vectors.setdefault(self._index.passages[position].capability, []).append(self._rows(position))
        return {capability: _mean(np.concatenate(rows)) for capability, rows in vectors.items()}

    def _encode(self, query: Query) -> NDArray[np.float32]:
        return _mean(self.vectors(query))

    @cached_property
    def _sample(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Evenly spread rows of `vectors`, about _SAMPLE, and what stands there."""
        step = max(1, len(self._index.vectors) // _SAMPLE)
        return np.arange(0, len(self._index.vectors), step, dtype=np.int64), self._index.vectors.every(step)

    def _positions_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions of the passages that hold these rows of `vectors`."""
        return np.searchsorted(self._index.first_rows, rows, side="right") - 1

    def _rows(self, position: int) -> NDArray[np.float32]:
        first = int(self._index.first_rows[position])
        return self._index.vectors.rows(first, int(self._bounds[position + 1]))

    def _score(self, positions: Sequence[int], query: Query) -> list[Hit]:
        """Every sentence of these passages as a hit, best first."""
        if not positions:
            return []
        vector = self._encode(query)
        lexical = self._lexical.scores(" ".join(query[:1]))
        capabilities = self._capability_similarities(positions, vector)
        hits = []
        for position in positions:
            passage = self._index.passages[position]
            first = int(self._index.first_rows[position])
            similarities = self._rows(position) @ vector
            whole = capabilities[passage.artifact, passage.capability]
            for offset, sentence in enumerate(passage.sentences):
                similarity = float(similarities[offset])
                score = similarity + CAPABILITY_WEIGHT * whole + LEXICAL_WEIGHT * float(lexical[first + offset])
                hits.append(Hit(passage, sentence, score, similarity, whole))
        # Equal scores (the same sentence on two pages) keep a stable order.
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id, hit.sentence.start))

    def _capability_similarities(
        self, positions: Sequence[int], vector: NDArray[np.float32]
    ) -> dict[tuple[str, str], float]:
        rows: dict[tuple[str, str], list[NDArray[np.float32]]] = {}
        for position in positions:
            passage = self._index.passages[position]
            rows.setdefault((passage.artifact, passage.capability), []).append(self._rows(position))
        return {key: float(_mean(np.concatenate(parts)) @ vector) for key, parts in rows.items()}


def _mean(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = rows.mean(axis=0)
    length = float(np.linalg.norm(mean))
    result: NDArray[np.float32] = (mean / length if length else mean).astype(np.float32)
    return result
