"""Retrieval: the sentences that answer a query, inside one artifact or across the library.

A query is one or more wordings of the same question, encoded and averaged. A sentence's score is its cosine
similarity to the query, plus a share of that of the capability it belongs to, plus a share of its BM25 score; the
weights are compared in benchmarks/evidence.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sidebyside.records import Hit, Library, Passage
from sidebyside.words import STOP_WORDS, stem, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Weight of the capability's similarity, and of the BM25 score (scaled to at most 1) beside the sentence's own.
CAPABILITY_WEIGHT = 0.5
LEXICAL_WEIGHT = 0.20
# Passages taken from Chroma and from BM25 before sentences are scored exactly.
_CANDIDATES = 80
# Sentences that stand for the whole library when a question's background is measured, and what to assume without them.
_SAMPLE = 20_000
_USUAL_BACKGROUND = 0.38

Query = Sequence[str]


class QueryEncoder(Protocol):
    """What retrieval needs of an encoder: texts to L2-normalised float32 rows."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Searchable(Protocol):
    """What retrieval needs of an open index; see `index.LibraryIndex`."""

    @property
    def library(self) -> Library: ...
    @property
    def passages(self) -> Sequence[Passage]: ...
    @property
    def vectors(self) -> NDArray[np.float32]: ...
    @property
    def first_rows(self) -> NDArray[np.int64]: ...
    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]: ...


class Retriever:
    """Finds sentences in one open index."""

    def __init__(self, index: Searchable, encoder: QueryEncoder) -> None:
        self._index = index
        self._encoder = encoder
        self._positions: dict[str, list[int]] = {}
        for position, passage in enumerate(index.passages):
            self._positions.setdefault(passage.artifact, []).append(position)
        self._encode_one = lru_cache(maxsize=512)(self._encode_text)
        self._lexical = _Lexical(index.passages)
        self._sample = self._sample_rows()

    def inside(self, artifact: str, query: Query, k: int = 8) -> list[Hit]:
        """The k best sentences of one artifact (its id), best first; empty where it has no text."""
        return self._score(self._positions.get(artifact, []), query)[:k]

    def across(self, query: Query, artifacts: int = 10, each: int = 3) -> dict[str, list[Hit]]:
        """The best sentences of the best artifacts, by artifact id, best artifact first."""
        near = [position for position, _ in self._index.search(self._encode(query), _CANDIDATES)]
        candidates = sorted({*near, *self._lexical.best(" ".join(query[:1]), _CANDIDATES)})
        grouped: dict[str, list[Hit]] = {}
        for hit in self._score(candidates, query):
            grouped.setdefault(hit.passage.artifact, []).append(hit)
        return {artifact: hits[:each] for artifact, hits in list(grouped.items())[:artifacts]}

    def knows(self, word: str) -> bool:
        """Whether a word, in any inflection, stands in the library's texts."""
        return stem(word) in self._lexical.vocabulary

    def rarity(self, words: Sequence[str]) -> dict[str, float]:
        """How telling each word's stem is: 2 where one sentence of the library has it, near 0 where most have.

        A word that no page has weighs 1: it may be there in other words.
        """
        return {stem(word): self._lexical.rarity(stem(word)) for word in words}

    def background(self, artifact: str, query: Query) -> float:
        """How similar the nearest hundredth of all other artifacts' sentences is to a query, on average.

        What stands out from it is stated; what does not is the topic that the whole library is about.
        """
        rows, owners = self._sample
        others = rows[owners != artifact]
        if len(others) < 50:
            return _USUAL_BACKGROUND
        similarities = np.sort(self._index.vectors[others] @ self._encode(query))
        return float(similarities[-max(2, len(others) // 100) :].mean())

    def capability_vectors(self, artifact: str) -> dict[str, NDArray[np.float32]]:
        """One L2-normalised vector per capability id: the mean of its sentences' vectors."""
        vectors: dict[str, list[NDArray[np.float32]]] = {}
        for position in self._positions.get(artifact, []):
            vectors.setdefault(self._index.passages[position].capability, []).append(self._rows(position))
        return {capability: _mean(np.concatenate(rows)) for capability, rows in vectors.items()}

    def _encode(self, query: Query) -> NDArray[np.float32]:
        return _mean(np.stack([self._encode_one(text) for text in query]))

    def _sample_rows(self) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
        """Evenly spread rows of `vectors`, at most _SAMPLE, with the artifact of each."""
        owners = np.array([p.artifact for p in self._index.passages for _ in p.sentences], dtype=object)
        rows = np.arange(0, len(owners), max(1, len(owners) // _SAMPLE), dtype=np.int64)
        return rows, owners[rows]

    def _encode_text(self, text: str) -> NDArray[np.float32]:
        row: NDArray[np.float32] = self._encoder.encode([text])[0]
        return row

    def _rows(self, position: int) -> NDArray[np.float32]:
        first = int(self._index.first_rows[position])
        return self._index.vectors[first : first + len(self._index.passages[position].sentences)]

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


class _Lexical:
    """BM25 over the stems of all sentences, one score per sentence row, scaled so that the best is 1."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        import bm25s

        corpus = [_terms(sentence.text) for passage in passages for sentence in passage.sentences]
        self._owner = np.repeat(np.arange(len(passages)), [len(passage.sentences) for passage in passages])
        self._size = len(corpus)
        self.vocabulary = Counter(term for terms in corpus for term in set(terms))
        self._bm25 = bm25s.BM25() if self.vocabulary else None
        if self._bm25 is not None:
            self._bm25.index(corpus, show_progress=False)
        self.scores = lru_cache(maxsize=64)(self._scores)

    def _scores(self, query: str) -> NDArray[np.float32]:
        known = [term for term in dict.fromkeys(_terms(query)) if term in self.vocabulary]
        if self._bm25 is None or not known:
            return np.zeros(self._size, dtype=np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores(known)
        best = float(scores.max())
        return scores / best if best > 0 else scores

    def rarity(self, term: str) -> float:
        """2 for a term of one sentence, falling to 0.2 for one of all sentences; 1 for an unknown one."""
        count = self.vocabulary.get(term, 0)
        if not count or self._size < 2:
            return 1.0
        return max(0.2, 2 * math.log(self._size / count) / math.log(self._size))

    def best(self, query: str, k: int) -> list[int]:
        """Positions of the passages that hold the k best sentences."""
        scores = self.scores(query)
        top = np.argsort(-scores, kind="stable")[:k]
        return [int(self._owner[row]) for row in top if scores[row] > 0]


def _terms(text: str) -> list[str]:
    return [stem(token.folded) for token in tokens(text) if token.folded not in STOP_WORDS]


def _mean(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = rows.mean(axis=0)
    length = float(np.linalg.norm(mean))
    result: NDArray[np.float32] = (mean / length if length else mean).astype(np.float32)
    return result
