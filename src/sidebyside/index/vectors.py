"""Sentence vectors of a version: in memory where they are few, read from their file row by row where they are many.

Mapping a large file instead would count every page that was looked at as memory of this process (700 MB for 500,000
sentences), and a mapped file that is cut off kills the process that looks at it.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path

import numpy as np

from sidebyside.errors import IndexDamagedError
from sidebyside.index.versions import rebuild_command

# Bytes of vectors that are held in memory: about 40,000 sentences of 384 numbers.
_MOST_IN_MEMORY = 64_000_000
# Rows that lie no further apart than this are read together with what lies between them.
_NEAR = 8


class StoredVectors:
    """float32 (sentences, dimension), read-only, one unit row per sentence in the order of the passages.

    Raises OSError and ValueError for a file that is not such an array, and IndexDamagedError where it is cut off later.
    Safe to use from several threads.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, columns_first, kind = read(file)
            self._start = file.tell()
        if len(shape) != 2 or columns_first or kind != np.float32:
            raise ValueError(f"{path.name} holds {kind} {shape}, not float32 rows")
        self._path = path
        self.shape: tuple[int, int] = shape
        self._width = 4 * shape[1]
        if os.fstat(self._file).st_size < self._start + shape[0] * self._width:
            raise ValueError(f"{path.name} ends early")
        small = shape[0] * self._width <= _MOST_IN_MEMORY
        self._rows: np.ndarray | None = self._read(0, shape[0]) if small else None

    def __len__(self) -> int:
        return self.shape[0]

    def rows(self, start: int, stop: int) -> np.ndarray:
        """float32 (stop - start, dimension)."""
        return self._read(start, stop) if self._rows is None else self._rows[start:stop]

    def every(self, step: int) -> np.ndarray:
        """Rows 0, step, 2 * step and so on, side by side in memory."""
        if self._rows is not None or step <= _NEAR:
            return np.ascontiguousarray(self.all()[::step])
        return np.concatenate([self._read(row, row + 1) for row in range(0, len(self), step)])

    def all(self) -> np.ndarray:
        """All rows as one array, mapped where they are many: for those who look at all of them."""
        if self._rows is not None:
            return self._rows
        return np.asarray(np.load(self._path, mmap_mode="r")).view(np.ndarray)

    def _read(self, start: int, stop: int) -> np.ndarray:
        data = os.pread(self._file, (stop - start) * self._width, self._start + start * self._width)
        if len(data) < (stop - start) * self._width:
            command = rebuild_command(self._path.parents[2])
            raise IndexDamagedError(f"{self._path} was cut off while it was in use; mend with: {command}")
        return np.frombuffer(data, dtype=np.float32).reshape(-1, self.shape[1])
