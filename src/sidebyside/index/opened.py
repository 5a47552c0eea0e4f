"""What a version holds: library, passages, one vector a sentence, and Chroma rows.

    library.jsonl passages.jsonl pages.jsonl    the records, one a line
    origins.json                                which files the pages came from (building/origins.py writes it)
    passages.npz                                where each passage stands in its file, and whose it is
    embeddings.npy                              float32, one row per sentence, in the order of the passages
    lexical/                                    BM25 scores of all stems and sentences, as bm25s stores them
    chroma/                                     one row per passage: the normalised mean of its sentences' vectors;
                                                or, with a Chroma server, the name of the collection that has them

passages.npz, lexical/ and chroma/ can be made from the other files. Opening a Chroma folder changes it, so readers
open a private copy.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sidebyside.errors import (
    IndexDamagedError,
    IndexMismatchError,
    LibraryIndexError,
    SidebysideError,
)
from sidebyside.index import versions
from sidebyside.index.chroma import Progress, build_rows, mean_rows, update_rows
from sidebyside.index.chroma_files import is_live, publish_on_server
from sidebyside.index.chroma_remote import ChromaServer, Live, is_remote, open_rows
from sidebyside.index.lexical import LexicalTable
from sidebyside.index.nearest import NearestPassages
from sidebyside.index.passages import StoredPassages, first_rows, write_table
from sidebyside.index.vectors import StoredVectors
from sidebyside.index.versions import Manifest, rebuild_command
from sidebyside.library import open_library
from sidebyside.records import Library, Passage

if TYPE_CHECKING:
    from types import TracebackType

VECTORS = "embeddings.npy"
CHROMA = "chroma"
# Written by building/origins.py: which files the pages came from.
ORIGINS = "origins.json"
LEXICAL = "lexical"
# Rows that are looked for again before a version is published.
_SAMPLE = 32
# Chroma rows changed since they were all built anew: their number in the manifest, and the largest share of all rows.
CHURN = "rows_changed"
_MOST_CHURN = 0.2
# How often opening starts over because builds published and deleted versions under it.
_ATTEMPTS = 5


class LibraryIndex:
    """An opened version. It keeps answering from the same files while newer versions are published.

    Texts of `passages` and capabilities of `library` are read when they are looked at; `lexical` tells how well each
    sentence fits the words of a query. `vectors` has one unit row per sentence in the order of `passages`;
    `first_rows[i]` is the row of the first sentence of passage i. `notice` is set where something was worked around.
    """

    def __init__(self, folder: Path, manifest: Manifest, server: ChromaServer | None = None) -> None:
        self.version = folder.name
        self.folder = folder
        self.manifest = manifest
        self._notice: str | None = None
        self._held = versions.hold(folder / versions.MANIFEST)
        try:
            self._read(folder, manifest)
        except BaseException:
            os.close(self._held)
            raise
        self._nearest = NearestPassages(folder / CHROMA, self.passages, self.vectors, self.check_chroma, server)
        self._lock = threading.Lock()
        self._closed = False

    def _read(self, folder: Path, manifest: Manifest) -> None:
        """Read everything but Chroma's files, and compare it with the manifest meanwhile."""
        plain = {name: entry for name, entry in manifest.files.items() if not name.startswith(CHROMA + "/")}
        versions.check_sizes(folder, plain)
        with ThreadPoolExecutor(max_workers=1) as pool:
            checking = pool.submit(versions.check_hashes, folder, plain)
            try:
                self.library: Library = open_library(folder / "library.jsonl")
                self.passages = StoredPassages(folder)
                self.vectors = StoredVectors(folder / VECTORS)
                if len(self.vectors) != self.passages.sentences:
                    raise ValueError(f"{len(self.vectors)} vectors for {self.passages.sentences} sentences")
                self.first_rows = self.passages.first_rows
                self.lexical = LexicalTable.load(folder / LEXICAL, len(self.vectors))
            finally:
                checking.result()  # "altered" explains more than the error that reading an altered file raised

    @property
    def notice(self) -> str | None:
        """What was worked around in opening or searching, with what mends it; None where nothing was."""
        return self._notice or self._nearest.notice

    def rows(self, artifact_id: str) -> range:
        """The rows of `vectors` that hold this artifact's sentences; empty if it has none."""
        return self.passages.rows(artifact_id)

    def positions(self, artifact_id: str) -> range:
        """The positions in `passages` of this artifact's; empty if it has none."""
        return self.passages.positions(artifact_id)

    def search(self, vector: np.ndarray, k: int) -> list[tuple[int, float]]:
        """The k passages nearest to a unit vector over all artifacts, best first: (position in `passages`, cosine).

        Chroma answers; where it cannot (its folder is damaged, no space for the copy), every row is compared instead.
        """
        k = min(k, len(self.passages))
        return self._nearest.search(vector, k) if k > 0 else []

    def warm(self) -> None:
        """Do now what the first `search` would do: importing chromadb and opening a copy take about a second."""
        self._nearest.warm()

    def check_chroma(self) -> None:
        """Raise IndexDamagedError if the version's Chroma folder is not as it was published."""
        files = {name: entry for name, entry in self.manifest.files.items() if name.startswith(CHROMA + "/")}
        versions.check_files(self.folder, files)

    def is_where_a_build_puts_it(self, server: ChromaServer | None) -> bool:
        """Whether the rows are on this server, intact and live there; without one, whether they are in the folder."""
        folder = self.folder / CHROMA
        if server is None or not is_remote(folder):
            return server is None and not is_remote(folder)
        try:
            open_rows(folder, len(self.passages), server).close()
            return is_live(server, self.folder)
        except LibraryIndexError:
            return False

    def close(self) -> None:
        """Let go of the files. Closing twice is allowed."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._nearest.close()
            os.close(self._held)

    def __enter__(self) -> LibraryIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# --- opening --------------------------------------------------------------------------------------------------------


def current_version(index_dir: Path | str) -> str | None:
    """The name of the live version, or None where nothing was built: one small read, to be asked often."""
    index_dir = Path(index_dir)
    name = versions.current_name(index_dir)
    return name if name is not None and (index_dir / "generations" / name).is_dir() else None


def page_hashes(index_dir: Path | str, version: str) -> dict[str, tuple[str, str]]:
    """The page files of a version by the name under which they are cited: (SHA-256, when first read as UTC ISO or "").

    Empty where the version is not there any more.
    """
    # What comes from outside may name anything; only a plain name is a version.
    if not version or version.startswith(".") or Path(version).name != version:
        return {}
    try:
        files = json.loads((Path(index_dir) / "generations" / version / ORIGINS).read_text("utf-8"))["files"]
        return {str(file["source"]): (str(file["sha256"]), str(file.get("read", ""))) for file in files}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def open_index(
    index_dir: Path | str, *, fingerprint: str | None = None, server: ChromaServer | None = None
) -> LibraryIndex:
    """Open the live version after checking every file against its manifest.

    Where it is damaged, the newest intact one is opened instead and `notice` says so. Raises IndexMissingError,
    IndexMismatchError (another format, or another encoder than `fingerprint`), IndexDamagedError (none is intact).
    """
    index_dir = Path(index_dir)
    for attempt in range(_ATTEMPTS):
        name = versions.current_name(index_dir)
        try:
            return _open_any(index_dir, name, fingerprint, server)
        except IndexDamagedError:
            # Builds may have published and cleaned up since CURRENT was read: then start over.
            if attempt == _ATTEMPTS - 1 or versions.current_name(index_dir) == name:
                raise
    raise AssertionError("unreachable")


def _open_any(index_dir: Path, name: str | None, fingerprint: str | None, server: ChromaServer | None) -> LibraryIndex:
    names = versions.other_names(index_dir, name)
    if name is None and not names:
        raise versions.missing_error(index_dir)
    try:
        if name is None:
            raise IndexDamagedError(f"{index_dir / 'CURRENT'} names no version")
        return _open_one(index_dir, name, fingerprint, server)
    except IndexDamagedError as error:
        if versions.current_name(index_dir) != name:
            raise  # it was not damaged, but deleted as an old one
        reason = str(error)
    for other in names:
        with suppress(IndexDamagedError, IndexMismatchError):
            index = _open_one(index_dir, other, fingerprint, server)
            index._notice = (
                f"{reason}. Answering from the earlier index version {other}; mend with: {rebuild_command(index_dir)}"
            )
            return index
    raise IndexDamagedError(f"{reason}, and no earlier one is intact; rebuild with: {rebuild_command(index_dir)}")


def _open_one(index_dir: Path, name: str, fingerprint: str | None, server: ChromaServer | None) -> LibraryIndex:
    folder = index_dir / "generations" / name
    try:
        manifest = versions.read_manifest(folder)
    except IndexMismatchError as error:
        raise IndexMismatchError(f"{error}; rebuild with: {rebuild_command(index_dir)}") from None
    if fingerprint is not None and manifest.fingerprint != fingerprint:
        raise IndexMismatchError(
            f"the index in {index_dir} was built with encoder {manifest.encoder} ({manifest.fingerprint[:12]}), "
            f"now it is {fingerprint[:12]}; rebuild with: {rebuild_command(index_dir)}"
        )
    try:
        return LibraryIndex(folder, manifest, server)
    except SidebysideError:
        raise
    except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
        raise IndexDamagedError(f"index version {name} cannot be read ({type(error).__name__}: {error})") from error


# --- publishing -----------------------------------------------------------------------------------------------------


def content_hash(folder: Path, fingerprint: str) -> str:
    """What a version says, in 64 hex digits: its format, its encoder, its library and its passages.

    Vectors are left out: they follow from the rest, up to float noise of about 1e-7.
    """
    plain = [versions.hash_file(folder / name) for name in ("library.jsonl", "passages.jsonl")]
    return versions.hash_text("\n".join([str(versions.FORMAT), fingerprint, *plain]))


def publish_version(
    index_dir: Path | str,
    building: Path,
    *,
    passages: Sequence[Passage],
    encoder: tuple[str, str, int],
    reader: int,
    counts: Mapping[str, int],
    base: LibraryIndex | None = None,
    progress: Progress | None = None,
    server: ChromaServer | None = None,
    live: Live | None = None,
) -> str:
    """Complete, verify and publish a folder that holds the plain files and `embeddings.npy`; return its name.

    `encoder` is (name, fingerprint, dimension). `base` is an opened earlier version whose Chroma rows may be taken
    over. With a `server` the rows go there, and it is told first; `live` is what was live there when the build began.
    Call with versions.writer_lock held.
    """
    name, fingerprint, dimension = encoder
    vectors = StoredVectors(building / VECTORS).all()
    _verify_vectors(passages, vectors)
    write_table(passages, building)
    _write_lexical(building, passages)
    first = first_rows(passages)
    churn = _write_rows(building, base, fingerprint, passages, vectors, first, progress, server)
    manifest = Manifest(
        format=versions.FORMAT,
        package=version("sidebyside"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=name,
        fingerprint=fingerprint,
        dimension=dimension,
        reader=reader,
        content=content_hash(building, fingerprint),
        counts={**counts, CHURN: churn},
        files=versions.list_files(building),
    )
    if server is not None:
        publish_on_server(server, building, manifest, live)
    return versions.publish(Path(index_dir), building, manifest)


def _write_rows(
    building: Path,
    base: LibraryIndex | None,
    fingerprint: str,
    passages: Sequence[Passage],
    vectors: np.ndarray,
    first: np.ndarray,
    progress: Progress | None,
    server: ChromaServer | None,
) -> int:
    """Fill Chroma, from the earlier version's rows if few have changed; return how many did since a full build."""
    if server is not None:  # a server cannot copy a collection: all rows are written anew
        server.build_rows(building / CHROMA, passages, vectors, first, progress)
        _verify_rows(building, passages, vectors, first, server=server)
        return 0
    if base is not None and base.manifest.fingerprint == fingerprint:
        known = {passage.id: _wording(passage) for passage in base.passages}
        changed = [place for place, passage in enumerate(passages) if known.get(passage.id) != _wording(passage)]
        removed = sorted(known.keys() - {passage.id for passage in passages})
        churn = base.manifest.counts.get(CHURN, 0) + len(changed) + len(removed)
        if churn < _MOST_CHURN * len(passages):
            try:
                base.check_chroma()
                update_rows(
                    base.folder / CHROMA, building / CHROMA, removed, changed, passages, vectors, first, progress
                )
                _verify_rows(building, passages, vectors, first, changed)
                return churn
            except (LibraryIndexError, OSError):  # whatever is wrong with the old rows, new ones can be had
                shutil.rmtree(building / CHROMA, ignore_errors=True)
    build_rows(building / CHROMA, passages, vectors, first, progress)
    _verify_rows(building, passages, vectors, first)
    return 0


def _wording(passage: Passage) -> tuple[str, ...]:
    return tuple(sentence.text for sentence in passage.sentences)


def _verify_vectors(passages: Sequence[Passage], vectors: np.ndarray) -> None:
    """Count them, and look at some."""
    rows = sum(len(passage.sentences) for passage in passages)
    some = vectors[:: max(1, rows // 1000)]
    if len(vectors) != rows or not np.allclose(np.linalg.norm(some, axis=1), 1, atol=1e-3):
        raise IndexDamagedError("the new version's vectors are incomplete; the old index stays")


def _write_lexical(building: Path, passages: Sequence[Passage]) -> None:
    """Write the lexical table, and ask what was written for some of the sentences."""
    texts = [sentence.text for passage in passages for sentence in passage.sentences]
    built = LexicalTable.build(texts)
    built.save(building / LEXICAL)
    stored = LexicalTable.load(building / LEXICAL, len(texts))
    for text in texts[:: max(1, len(texts) // _SAMPLE)]:
        if not np.array_equal(stored.scores(text), built.scores(text)):
            raise IndexDamagedError("the new version's lexical table is not as it was built; the old index stays")


def _verify_rows(
    building: Path,
    passages: Sequence[Passage],
    vectors: np.ndarray,
    first: np.ndarray,
    changed: Sequence[int] = (),
    server: ChromaServer | None = None,
) -> None:
    """Open Chroma as a reader does: count its rows, find some again by their own vectors, ask one question."""
    sample = [*np.linspace(0, len(passages) - 1, min(_SAMPLE, len(passages))).astype(int).tolist(), *changed[:_SAMPLE]]
    if not sample:
        return
    means = np.concatenate([mean_rows(vectors, first, place, place + 1) for place in sample])
    question = means.sum(axis=0) / max(float(np.linalg.norm(means.sum(axis=0))), 1e-12)
    chroma = open_rows(building / CHROMA, len(passages), server)
    try:
        # Passages with the same words have the same vector: the best score tells, not the id.
        found = sum(chroma.query(mean, 1)[0][1] > 0.999 for mean in means)
        answer = {name for name, _ in chroma.query(question, min(10, len(passages)))}
    finally:
        chroma.close()
    if found < 0.9 * len(sample):
        raise IndexDamagedError(f"Chroma finds only {found} of {len(sample)} rows again; the old index stays")
    if len(answer & {passage.id for passage in passages}) < min(10, len(passages)):
        raise IndexDamagedError("Chroma answers a sample question with rows that are not there; the old index stays")
