"""Cuts a library into passages and sentences, each with a stable id and its place in the page; keeps them on disk."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import overload

import numpy as np

from sidebyside.errors import IndexDamagedError
from sidebyside.records import Artifact, Capability, Excerpt, Library, Passage, Sentence
from sidebyside.records.jsonl import LineFile, read_jsonl, write_jsonl
from sidebyside.text.sentences import split_sentences

__all__ = [
    "PASSAGES",
    "TABLE",
    "StoredPassages",
    "build_passages",
    "first_rows",
    "read_passages",
    "write_passages",
    "write_table",
]

PASSAGES = "passages.jsonl"
TABLE = "passages.npz"
# Passages that were read lately are kept: a few megabytes.
_KEPT = 4096


def build_passages(library: Library) -> tuple[Passage, ...]:
    """One passage per part of every capability, in the library's order, so that an artifact's stand together."""
    return tuple(
        passage
        for artifact in library.artifacts
        for capability in artifact.capabilities
        for passage in _passages(artifact, capability)
    )


def write_passages(passages: Iterable[Passage], path: str | Path) -> None:
    """Write passages as JSON lines."""
    write_jsonl(path, passages)


def read_passages(path: str | Path) -> tuple[Passage, ...]:
    """Read what `write_passages` wrote. Raises IndexDamagedError."""
    return tuple(read_jsonl(path, Passage))


class StoredPassages(Sequence[Passage]):
    """The passages of a version, each read from its file when it is looked at.

    `first_rows[i]` is the row in `embeddings.npy` of the first sentence of passage i; `sentences` is the number of all.
    """

    def __init__(self, folder: Path) -> None:
        """Raises OSError, ValueError and KeyError for files that `write_passages` and `write_table` did not write."""
        with np.load(folder / TABLE, allow_pickle=False) as table:
            self._places = table["places"]
            self._ids = table["ids"]
            rows = table["rows"]
            artifacts = table["artifacts"].tolist()
            starts = table["starts"].tolist()
        self.first_rows: np.ndarray = rows[:-1]
        self.sentences = int(rows[-1])
        self._bounds = {artifact: range(*span) for artifact, span in zip(artifacts, pairwise(starts), strict=True)}
        self._rows = rows
        self._order = np.argsort(self._ids)
        self._path = folder / PASSAGES
        self._read = lru_cache(maxsize=_KEPT)(partial(LineFile(self._path, self._places).record, kind=Passage))

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, place: int) -> Passage: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Passage, ...]: ...
    def __getitem__(self, place: int | slice) -> Passage | tuple[Passage, ...]:
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        found: Passage = self._read(int(place) % len(self))
        return found

    def __iter__(self) -> Iterator[Passage]:
        return iter(read_jsonl(self._path, Passage)) if len(self) else iter(())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StoredPassages | tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def positions(self, artifact: str) -> range:
        """The positions of an artifact's passages; empty if it has none."""
        return self._bounds.get(artifact, range(0))

    def rows(self, artifact: str) -> range:
        """The rows of an artifact's sentences; empty if it has none."""
        span = self.positions(artifact)
        return range(int(self._rows[span.start]), int(self._rows[span.stop]))

    def artifacts(self) -> Iterator[tuple[str, range]]:
        """(artifact, positions of its passages), in their order."""
        yield from self._bounds.items()

    def position(self, identity: str) -> int:
        """Where the passage with this id is. Raises KeyError."""
        wanted = identity.encode()
        found = int(np.searchsorted(self._ids, wanted, sorter=self._order))
        if found == len(self) or self._ids[self._order[found]] != wanted:
            raise KeyError(identity)
        return int(self._order[found])


def write_table(passages: Sequence[Passage], folder: Path) -> None:
    """Write what finds passages in the folder's file of them without reading it; the same bytes for the same passages.

    places: int64 (passages + 1,), the byte where each line begins; rows: int64 (passages + 1,), the row of each one's
    first sentence; ids: bytes (passages,); artifacts: str (artifacts,); starts: int64 (artifacts + 1,), where the
    passages of each begin, as they stand together.
    """
    data = np.fromfile(folder / PASSAGES, dtype=np.uint8)
    places = np.concatenate(([0], np.flatnonzero(data == ord("\n")) + 1))
    if len(places) != len(passages) + 1:
        raise IndexDamagedError(
            f"the new version has {len(places) - 1} of {len(passages)} passages; the old index stays"
        )
    starts = [
        place for place, passage in enumerate(passages) if not place or passages[place - 1].artifact != passage.artifact
    ]
    sentences = sum(len(passage.sentences) for passage in passages)
    np.savez(
        folder / TABLE,
        places=places,
        rows=np.concatenate((first_rows(passages), [sentences])),
        ids=np.array([passage.id.encode() for passage in passages], dtype=bytes),
        artifacts=np.array([passages[place].artifact for place in starts], dtype=str),
        starts=np.array([*starts, len(passages)], dtype=np.int64),
    )


def first_rows(passages: Sequence[Passage]) -> np.ndarray:
    """int64 (passages,): the row of each passage's first sentence."""
    counts = np.fromiter((len(passage.sentences) for passage in passages), dtype=np.int64, count=len(passages))
    return np.concatenate(([0], np.cumsum(counts)[:-1])) if len(counts) else counts


def _passages(artifact: Artifact, capability: Capability) -> list[Passage]:
    found = []
    seen: Counter[str] = Counter()
    for part, excerpt in capability.parts():
        key = f"{artifact.id}\n{capability.id}\n{part}\n{seen[part]}"
        seen[part] += 1
        identity = hashlib.sha256(key.encode()).hexdigest()[:16]
        sentences = _sentences(excerpt)
        found.append(Passage(identity, artifact.id, capability.id, part, excerpt.text, excerpt.source, sentences))
    return found


def _sentences(excerpt: Excerpt) -> tuple[Sentence, ...]:
    spans = split_sentences(excerpt.text)
    return tuple(Sentence(excerpt.text[start:end], *excerpt.span(start, end)) for start, end in spans)
