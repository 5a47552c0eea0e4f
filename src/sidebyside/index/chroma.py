"""Passages as rows in Chroma: built once inside a version, read from a private copy.

A row's id is the passage's, its metadata artifact, capability and part, its vector the normalised mean of the
passage's sentence vectors. Texts stay in the plain files. chroma_server.py keeps rows on a server instead.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from sidebyside.errors import LibraryIndexError
from sidebyside.index import versions
from sidebyside.records import Passage

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

Progress = Callable[[int, int], None]

_COLLECTION = "passages"
_COPY = "sidebyside-chroma-"
# What keeps a temporary folder from taking a copy; a generation that cannot be read says something else.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
# How tempfile begins to say that it has tried all folders.
_NOWHERE = f"[Errno {errno.ENOENT}] No usable temporary directory"
# Rows per call; Chroma's own limit is 5461 where SQLite takes 32766 variables.
_BATCH = 5000
# Few rows may wait in Chroma's log: what is left there is replayed at every opening. Chroma looks at 100 rows a query
# by default, which finds .975 of the ten nearest among 300,000 passages in 1.4 ms; 400 rows find more in 5 ms.
# Where passages lie in clusters, as those of one field do, a graph of 16 neighbours leaves some out of reach: it finds
# .987 among 30,000 and .86 among 300,000, however many rows are looked at; 32 neighbours find .997 among 30,000.
CONFIGURATION: CreateCollectionConfiguration = {
    "hnsw": {
        "space": "cosine",
        "max_neighbors": 32,
        "ef_construction": 200,
        "ef_search": 400,
        "sync_threshold": 100,
        "batch_size": 100,
    }
}


def mean_rows(vectors: np.ndarray, first: np.ndarray, start: int = 0, stop: int | None = None) -> np.ndarray:
    """float32 (stop - start, dimension): the normalised mean of each passage's sentence vectors.

    `vectors` has one row per sentence; `first[i]` is the row of passage i's first sentence.
    """
    stop = len(first) if stop is None else stop
    if stop <= start:
        return np.zeros((0, vectors.shape[1]), dtype=np.float32)
    begin = int(first[start])
    end = int(first[stop]) if stop < len(first) else len(vectors)
    sums = np.add.reduceat(vectors[begin:end], first[start:stop] - begin, axis=0)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(norms, 1e-12), dtype=np.float32)


def build_rows(
    folder: Path,
    passages: Sequence[Passage],
    vectors: np.ndarray,
    first: np.ndarray,
    progress: Progress | None = None,
) -> None:
    """Write one row per passage into a new Chroma folder. `progress` gets (rows done, rows in all)."""
    folder.mkdir()
    with _client(folder) as client:
        rows: Any = client.create_collection(_COLLECTION, embedding_function=None, configuration=CONFIGURATION)
        put_all_rows(rows, passages, vectors, first, progress)


def update_rows(
    earlier: Path,
    folder: Path,
    removed: Sequence[str],
    changed: Sequence[int],
    passages: Sequence[Passage],
    vectors: np.ndarray,
    first: np.ndarray,
    progress: Progress | None = None,
) -> None:
    """Copy an earlier Chroma folder, take out the rows with the `removed` ids, put in the passages at `changed`.

    For few changes: what is deleted stays in the graph as dead weight. Measured with 30,000 rows: 30 changes take
    0.14 s of CPU instead of 8 s; recall at 10 is .996 after changing a fifth of all rows, .985 after a half.
    """
    shutil.copytree(earlier, folder, copy_function=shutil.copyfile)
    with _client(folder) as client:
        rows: Any = client.get_collection(_COLLECTION, embedding_function=None)
        for start in range(0, len(removed), _BATCH):
            rows.delete(ids=list(removed[start : start + _BATCH]))
        for start in range(0, len(changed), _BATCH):
            batch = changed[start : start + _BATCH]
            means = np.concatenate([mean_rows(vectors, first, place, place + 1) for place in batch])
            put_rows(rows, [passages[place] for place in batch], means)
            if progress is not None:
                progress(start + len(batch), len(changed))


def put_all_rows(
    rows: Any,
    passages: Sequence[Passage],
    vectors: np.ndarray,
    first: np.ndarray,
    progress: Progress | None = None,
    *,
    at_once: int = _BATCH,
) -> None:
    """Put one row per passage into a collection, `at_once` in a batch. `progress` gets (rows done, rows in all)."""
    for start in range(0, len(passages), at_once):
        batch = passages[start : start + at_once]
        put_rows(rows, batch, mean_rows(vectors, first, start, start + len(batch)))
        if progress is not None:
            progress(start + len(batch), len(passages))


def put_rows(rows: Any, passages: Sequence[Passage], vectors: np.ndarray) -> None:
    """Put one row per passage into a collection."""
    rows.upsert(
        ids=[passage.id for passage in passages],
        embeddings=vectors,
        metadatas=[{"artifact": p.artifact, "capability": p.capability, "part": p.part} for p in passages],
    )


def scored(found: Any) -> list[tuple[str, float]]:
    """What a query with distances found for its one vector, best first: (passage id, cosine)."""
    # Chroma's cosine space measures 1 - cosine; scores here are higher for better, converted at this one place.
    return [
        (name, 1.0 - float(distance)) for name, distance in zip(found["ids"][0], found["distances"][0], strict=True)
    ]


class NoRoomError(LibraryIndexError):
    """The temporary folder cannot take a copy; the message says what to do."""


class ChromaCopy:
    """A copy of a version's Chroma folder in the system's temporary folder, open for queries from any thread.

    A copy, because opening a Chroma folder writes to it: so the version stays as its manifest says, may lie on a
    read-only disk, and is never shared between processes.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        """Raises LibraryIndexError if Chroma cannot open it or there are not `rows` rows, NoRoomError if there is no
        room for the copy; OSError as it comes.
        """
        self._held = -1
        self._client: Client | None = None
        with _room_named():
            _remove_stale_copies()
            self._folder = Path(tempfile.mkdtemp(prefix=_COPY))
        try:
            with _room_named():
                self._held = _mark_held(self._folder)
                shutil.copytree(folder, self._folder / "rows", copy_function=shutil.copyfile)
            with _translated():
                self._client = _open(self._folder / "rows")
                self._rows = self._client.get_collection(_COLLECTION, embedding_function=None)
                count = self._rows.count()
            if count != rows:
                raise LibraryIndexError(f"Chroma has {count} rows instead of {rows}")
        except BaseException:
            self.close()
            raise

    def query(self, vector: np.ndarray, k: int) -> list[tuple[str, float]]:
        """The k nearest passages to a unit vector, best first: (passage id, cosine). Raises LibraryIndexError."""
        asked = vector[None, :].astype(np.float32)
        with _translated():
            return scored(self._rows.query(query_embeddings=asked, n_results=k, include=["distances"]))

    def close(self) -> None:
        """Close Chroma and delete the copy."""
        if self._client is not None:
            with suppress(LibraryIndexError), _translated():
                self._client.close()
            self._client = None
        if self._held >= 0:
            os.close(self._held)
            self._held = -1
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def _room_named() -> Iterator[None]:
    """Turn the error of a full or read-only temporary folder into one that names it. Others pass as they are."""
    try:
        yield
    except OSError as error:
        # Copying a folder collects its errors as (source, copy, text).
        told = str(error.args[0]) if isinstance(error, shutil.Error) else str(error)
        reason = next((os.strerror(number) for number in _NO_ROOM if os.strerror(number) in told), "")
        if not reason and not told.startswith(_NOWHERE):
            raise
        where = f"in the temporary folder {tempfile.gettempdir()} ({reason})" if reason else f"({error.strerror})"
        raise NoRoomError(
            f"there is no room for Chroma's copy of the index {where}; make room there, or set TMPDIR to another folder"
        ) from error


@contextmanager
def _translated() -> Iterator[None]:
    """Turn whatever Chroma raises into LibraryIndexError; errors of the file system pass as they are."""
    try:
        yield
    except (OSError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic in Chroma's native part is no Exception
        told = f"Chroma failed ({type(error).__name__}: {error})"
        if "disk is full" in str(error):  # SQLite's words; it writes to both places
            told += f"; make room in the temporary folder {tempfile.gettempdir()} and on the disk of the index"
        raise LibraryIndexError(told) from error


@contextmanager
def _client(folder: Path) -> Iterator[Client]:
    with _translated():
        client = _open(folder)
        try:
            yield client
        finally:
            client.close()


def load_chromadb() -> None:
    """Import chromadb, which asks for the home folder then, for a model that is not used here: there may be none."""
    missing = os.path.expanduser("~") == "~"  # noqa: PTH111 - Path.home() raises where this stays as it is
    if missing:
        os.environ["HOME"] = tempfile.gettempdir()
    try:
        import chromadb  # noqa: F401
    finally:
        if missing:
            os.environ.pop("HOME", None)  # another thread may have been here meanwhile


def _open(folder: Path) -> Client:
    load_chromadb()
    import chromadb
    from chromadb.config import Settings

    # No .env file: one that lies in the working folder for something else must not reconfigure Chroma.
    settings = Settings(_env_file=None, anonymized_telemetry=False)  # type: ignore[call-arg]
    # Declared as ClientAPI, which has no close(); what comes is a Client.
    return cast("Client", chromadb.PersistentClient(str(folder.resolve()), settings=settings))


def _mark_held(folder: Path) -> int:
    # The file gets its name only when it is locked: a copy is never seen with the mark and without the lock.
    mark = folder / "marking"
    mark.touch()
    descriptor = versions.hold(mark)
    mark.rename(folder / "held")
    return descriptor


def _remove_stale_copies() -> None:
    """Delete copies whose process was killed; a copy in use is held by its lock."""
    for folder in Path(tempfile.gettempdir()).glob(_COPY + "*"):
        with suppress(OSError):
            held = folder / "held"
            if folder.stat().st_uid == os.getuid() and held.exists() and not versions.is_held(held):
                shutil.rmtree(folder)
