"""The passages nearest to a vector, over all artifacts: Chroma answers, and where it cannot, every row is compared."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sidebyside.errors import LibraryIndexError
from sidebyside.index import versions
from sidebyside.index.chroma import NoRoomError, mean_rows
from sidebyside.index.chroma_remote import ChromaServer, Rows, is_remote, open_rows
from sidebyside.index.passages import StoredPassages
from sidebyside.index.projection import Projection
from sidebyside.index.vectors import StoredVectors

# From so many passages on Chroma's graph leaves some out of reach: it finds .997 of the ten nearest among 30,000.
_LARGE = 50_000
# Seconds after which a Chroma server that failed is asked again.
AGAIN = 15.0


class NearestPassages:
    """Searches one version's rows, from any thread; opens them with the first search.

    `check` raises where the files of the rows are not as they were published. `notice` is set while Chroma cannot be
    used.
    """

    def __init__(
        self,
        folder: Path,
        passages: StoredPassages,
        vectors: StoredVectors,
        check: Callable[[], None],
        server: ChromaServer | None,
    ) -> None:
        self.notice: str | None = None
        self._folder = folder
        self._passages = passages
        self._vectors = vectors
        self._check = check
        self._server = server
        self._lock = threading.Lock()
        self._rows: Rows | None = None
        self._not_before = 0.0
        self._means: np.ndarray | None = None
        self._projecting = threading.Lock()
        self._projected: Projection | None = None
        self._closed = False

    def search(self, vector: np.ndarray, k: int) -> list[tuple[int, float]]:
        """The k passages nearest to a unit vector, best first: (position, cosine)."""
        rows = self.open()
        found: list[tuple[int, float]] | None = None
        if rows is not None:
            try:
                found = [(self._passages.position(name), score) for name, score in rows.query(vector, k)]
            except (LibraryIndexError, OSError, KeyError) as error:  # KeyError: a row that is not ours
                self._give_up(str(error))
        if len(self._passages) > _LARGE:
            return self._project().nearest(vector, k, np.array([place for place, _ in found or ()], dtype=np.int64))
        return self.search_exactly(vector, k) if found is None else found

    def search_exactly(self, vector: np.ndarray, k: int) -> list[tuple[int, float]]:
        """The same by comparing every row."""
        if self._means is None:
            self._means = mean_rows(self._vectors.all(), self._passages.first_rows)
        scores = self._means @ vector
        best = np.argpartition(-scores, k - 1)[:k]
        best = best[np.lexsort((best, -scores[best]))]
        return [(int(position), float(scores[position])) for position in best]

    def _project(self) -> Projection:
        with self._projecting:
            if self._projected is None:
                self._projected = Projection(self._vectors, self._passages.first_rows)
            return self._projected

    def warm(self) -> None:
        """Do now what the first search would do."""
        self.open()
        if len(self._passages) > _LARGE:
            self._project()

    def open(self) -> Rows | None:
        """The rows in Chroma, None where they cannot be had."""
        with self._lock:
            if self._rows is None and time.monotonic() >= self._not_before and not self._closed:
                try:
                    self._check()
                    self._rows = open_rows(self._folder, len(self._passages), self._server)
                    self.notice = None
                except NoRoomError as error:
                    self._fall_back(str(error), mend=False)
                except (LibraryIndexError, OSError) as error:
                    self._fall_back(f"Chroma cannot be opened ({error})")
            return self._rows

    def close(self) -> None:
        """Let go of the rows."""
        with self._lock:
            self._closed = True
            if self._rows is not None:
                self._rows.close()
                self._rows = None

    def _give_up(self, reason: str) -> None:
        with self._lock:
            if self._rows is not None:
                self._rows.close()
                self._rows = None
            self._fall_back(reason)

    def _fall_back(self, reason: str, *, mend: bool = True) -> None:
        # A server comes back by itself; a folder does not.
        comes_back = self._server is not None and is_remote(self._folder)
        self._not_before = time.monotonic() + AGAIN if comes_back else math.inf
        command = versions.rebuild_command(self._folder.parents[2])
        advice = f". Mend with: {command}" if mend and not comes_back else ""
        self.notice = f"{reason}; searching without it{advice}"
