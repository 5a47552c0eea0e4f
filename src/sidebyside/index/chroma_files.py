"""Publishing on a Chroma server: a version's plain files travel through it, and the pointer is switched last.

A builder uploads, reads back what it uploaded and only then moves the pointer; a reader downloads what the pointer
names into its own index folder, compares it with the manifest, and publishes it there as a build would.
"""

from __future__ import annotations

import base64
import logging
import shutil
import threading
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from sidebyside.errors import IndexBusyError, IndexDamagedError, LibraryIndexError, SidebysideError
from sidebyside.index import versions
from sidebyside.index.chroma_remote import ChromaServer, Live, collection_id
from sidebyside.index.versions import MANIFEST, Manifest

log = logging.getLogger(__name__)

CHROMA = "chroma"
# Bytes of a file in one record, before they are packed.
_PIECE = 512 * 1024
# Records a request.
_BATCH = 8
# Seconds between two looks at the pointer.
FOLLOW = 5.0


def publish_on_server(server: ChromaServer, building: Path, manifest: Manifest, base: Live | None) -> None:
    """Make a complete folder the live version on the server; `base` is what was live when the build began.

    Raises IndexBusyError if another machine published meanwhile, and LibraryIndexError; the pointer then stays.
    """
    made = collection_id(building / CHROMA)
    text = manifest.dumps()
    if server.files:
        _upload(server, made, building, manifest, text)
        _check_upload(server, made, manifest, text)
    server.complete(made)
    if server.live() != base:
        raise IndexBusyError("another machine published a version meanwhile; build again")
    previous = base.id if base is not None else ""
    server.point(Live(manifest.content[:16], versions.hash_text(text), made, previous))
    server.clean({made, previous})


def is_live(server: ChromaServer, folder: Path) -> bool:
    """Whether the pointer names exactly the version in this folder."""
    live = server.live()
    return live is not None and live.manifest == versions.hash_file(folder / MANIFEST)


def fetch(server: ChromaServer, index_dir: Path) -> bool:
    """Bring the index folder to what the pointer names; True if it changed.

    Where files do not travel through the server the folder is the shared one already. Raises LibraryIndexError;
    the index then stays as it was.
    """
    live = server.live() if server.files else None
    if live is None or _has(index_dir, live):
        return False
    with versions.writer_lock(index_dir):
        if _has(index_dir, live):
            return False
        before = versions.current_name(index_dir)
        building = versions.new_folder(index_dir)
        try:
            for name, data in _download(server, live.id):
                target = building / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
            if versions.hash_file(building / MANIFEST) != live.manifest:
                raise IndexDamagedError(f"{server.where}: the files of version {live.generation} are not its own")
            manifest = versions.read_manifest(building)
            versions.check_files(building, manifest.files)
            name = versions.publish(index_dir, building, manifest)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        versions.clean(index_dir, keep={name, before})
    return True


class Follower:
    """Fetches at once, and from `start` to `close` whatever others publish, in a thread.

    Making one raises LibraryIndexError if nothing was ever fetched and nothing can be; later troubles are logged.
    """

    def __init__(self, server: ChromaServer, index_dir: Path) -> None:
        self._server = server
        self._index_dir = index_dir
        self._ending = threading.Event()
        self._trouble = ""
        try:
            fetch(server, index_dir)
        except SidebysideError as error:
            if versions.current_name(index_dir) is None:
                server.close()
                raise
            self._note(str(error))

    def start(self) -> None:
        """Begin to follow."""
        threading.Thread(target=self._follow, name="follow-chroma-server", daemon=True).start()

    def close(self) -> None:
        """Stop following."""
        self._ending.set()

    def _follow(self) -> None:
        while not self._ending.wait(FOLLOW):
            try:
                fetch(self._server, self._index_dir)
                self._trouble = ""
            except IndexBusyError:
                continue  # another process on this machine is fetching or building
            except (SidebysideError, OSError) as error:
                self._note(str(error))

    def _note(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("the index stays as it is: %s", trouble)
        self._trouble = trouble


def _has(index_dir: Path, live: Live) -> bool:
    """Whether the folder's live version is the one that the pointer names."""
    name = versions.current_name(index_dir)
    manifest = index_dir / "generations" / str(name) / MANIFEST
    return name is not None and manifest.is_file() and versions.hash_file(manifest) == live.manifest


def _upload(server: ChromaServer, made: str, building: Path, manifest: Manifest, text: str) -> None:
    with server.translated():
        collection = server.new_collection("files", made)
        batch: list[tuple[str, int, bytes]] = []
        for name, part, data in _pieces(building, manifest.files, text):
            batch.append((name, part, data))
            if len(batch) == _BATCH:
                _put(collection, batch)
                batch = []
        if batch:
            _put(collection, batch)


def _pieces(building: Path, files: Mapping[str, Any], text: str) -> Iterator[tuple[str, int, bytes]]:
    yield MANIFEST, 0, text.encode()
    for name in files:
        with (building / name).open("rb") as file:
            part = 0
            while (data := file.read(_PIECE)) or part == 0:
                yield name, part, data
                part += 1


def _put(collection: Any, batch: list[tuple[str, int, bytes]]) -> None:
    collection.upsert(
        ids=[f"{part:08}/{name}" for name, part, _ in batch],
        # Chroma wants a vector with every row; these rows are never searched for.
        embeddings=[[1.0]] * len(batch),
        documents=[base64.b64encode(zlib.compress(data, 1)).decode() for _, _, data in batch],
        metadatas=[{"file": name, "part": part} for name, part, _ in batch],
    )


def _check_upload(server: ChromaServer, made: str, manifest: Manifest, text: str) -> None:
    """Read back what was uploaded, and compare it with what was meant."""
    wanted = {name: digest for name, (_, digest) in manifest.files.items()} | {MANIFEST: versions.hash_text(text)}
    found = {name: versions.hash_bytes(data) for name, data in _download(server, made)}
    if found != wanted:
        wrong = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
        raise LibraryIndexError(f"{server.where} does not give back {wrong[0]} as it was sent; nothing was published")


def _download(server: ChromaServer, made: str) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file of a version."""
    with server.translated():
        collection = server.client.get_collection(server.name("files", made), embedding_function=None)
        first = collection.get(where={"part": 0}, include=["metadatas"])
        names = sorted(str(entry["file"]) for entry in first["metadatas"] or ())
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
            raise IndexDamagedError(f"{server.where}: a file is called {name!r}")
        yield name, b"".join(_parts(server, collection, name))


def _parts(server: ChromaServer, collection: Any, name: str) -> Iterator[bytes]:
    part = 0
    while True:
        wanted = [f"{number:08}/{name}" for number in range(part, part + _BATCH)]
        with server.translated():
            found = collection.get(ids=wanted, include=["documents"])
            texts = dict(zip(found["ids"], found["documents"], strict=True))
            for key in wanted:
                if key not in texts:
                    return
                yield zlib.decompress(base64.b64decode(texts[key]))
        part += _BATCH
