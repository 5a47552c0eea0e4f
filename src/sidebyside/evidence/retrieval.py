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
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sidebyside.records import Hit, Library, Passage
from sidebyside.text.words import is_common, is_named, stem, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sidebyside.index.lexical import LexicalTable

# Weight of the capability's similarity, and of the BM25 score (scaled to at most 1) beside the sentence's own.
CAPABILITY_WEIGHT = 0.5
LEXICAL_WEIGHT = 0.07
# Passages taken from Chroma and from BM25 before sentences are scored exactly.
_CANDIDATES = 80

# Texts whose vectors are kept.
_MOST_KEPT = 512
# Passages whose names are remembered.
_MOST_NAMED = 5_000

Query = Sequence[str]


class QueryEncoder(Protocol):
    """What retrieval needs of an encoder: texts to L2-normalised float32 rows."""

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Vectors(Protocol):
    """One float32 unit row per sentence; see `vectors.StoredVectors`."""

    def __len__(self) -> int: ...
    def rows(self, start: int, stop: int) -> NDArray[np.float32]: ...


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

    def sentences(self, artifact: str) -> tuple[list[Hit], NDArray[np.float32]]:
        """All sentences of one artifact in the order of its pages, and their rows, float32 (sentences, dimension)."""
        positions = list(self._index.positions(artifact))
        hits = [
            Hit(self._index.passages[position], sentence, 0.0, 0.0)
            for position in positions
            for sentence in self._index.passages[position].sentences
        ]
        if not hits:
            return [], np.empty((0, 0), dtype=np.float32)
        return hits, np.concatenate([self._rows(position) for position in positions])

    def vector_of(self, artifact: str, sentence: str) -> NDArray[np.float32] | None:
        """The unit row of a sentence of one artifact; None where it has no such sentence."""
        hits, rows = self.sentences(artifact)
        return next((row for hit, row in zip(hits, rows, strict=True) if hit.sentence.text == sentence), None)

    @cached_property
    def names(self) -> frozenset[str]:
        """Folded words that the texts write as names alone, "slack" for Slack; of small libraries only.

        An everyday word that stands in a longer name is none by itself: "face" in "Hugging Face".
        """
        named: set[str] = set()
        other_words: set[str] = set()
        for passage in self._index.passages[:_MOST_NAMED]:
            for sentence in passage.sentences:
                words = tokens(sentence.text)
                capital = [place > 0 and is_named(word, sentence_start=False) for place, word in enumerate(words)]
                beside = [
                    one and two and not sentence.text[a.end : b.start].strip()
                    for (one, a), (two, b) in pairwise(zip(capital, words, strict=True))
                ]
                for place, word in enumerate(words[1:], 1):
                    longer = beside[place - 1] or any(beside[place : place + 1])
                    if not capital[place]:
                        other_words.add(word.folded)
                    elif not (longer and is_common(word.folded)):
                        named.add(word.folded)
        return frozenset(named - other_words)

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

    def describes(self, word: str) -> bool:
        """Whether a word stands in what pages say of their own artifacts; in large libraries, on any page."""
        return stem(word) in self._described if len(self._index.passages) <= _MOST_NAMED else self.knows(word)

    @cached_property
    def _described(self) -> frozenset[str]:
        own = (passage for passage in self._index.passages if passage.part != "alternatives")
        return frozenset(
            stem(token.folded) for passage in own for sentence in passage.sentences for token in tokens(sentence.text)
        )

    def rarity(self, words: Sequence[str]) -> dict[str, float]:
        """How telling each word's stem is: 2 where one sentence of the library has it, near 0 where most have.

        A word that no page has weighs 1: it may be there in other words.
        """
        return {stem(word): self._lexical.rarity(stem(word)) for word in words}

    def capability_vectors(self, artifact: str) -> dict[str, NDArray[np.float32]]:
        """One L2-normalised vector per capability id: the mean of its sentences' vectors."""
        vectors: dict[str, list[NDArray[np.float32]]] = {}
        for position in self._index.positions(artifact):
            vectors.setdefault(self._index.passages[position].capability, []).append(self._rows(position))
        return {capability: _mean(np.concatenate(rows)) for capability, rows in vectors.items()}

    def _encode(self, query: Query) -> NDArray[np.float32]:
        return _mean(self.vectors(query))

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
