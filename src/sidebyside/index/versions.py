"""The protocol on disk: build a version aside, publish it in one atomic step, find and check the live one.

    index/CURRENT                   the name of the live version; replaced atomically, never edited
    index/generations/<name>/       files that never change once published, and the manifest that lists their hashes
    index/generations/.building-*   what a build is working on, or what one that was killed left behind
    index/.lock, index/.writer      held by the one process that builds; who it is

This module knows nothing about what the files mean: opened.py does.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sidebyside.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    LibraryIndexError,
)

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows, where deleting an open file fails by itself
    fcntl = None  # type: ignore[assignment]

# Raised when older versions cannot be read, or may not be: 3 holds no sentences that address an assistant.
FORMAT = 3
MANIFEST = "manifest.json"
# How often and how fast a second writer looks who the first one is.
_LOOKS = 20
_PAUSE = 0.02
_BUILDING = ".building-"
_DELETING = ".deleting-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version is.

    `content` identifies what it says: equal for the same pages and encoder whatever the order, the machine or the
    time. `files` maps a path inside the version to (bytes, sha256).
    """

    format: int
    package: str
    created: str
    encoder: str
    fingerprint: str
    dimension: int
    reader: int
    content: str
    counts: Mapping[str, int]
    files: Mapping[str, tuple[int, str]]

    def dumps(self) -> str:
        """JSON with a checksum over itself, so that a flipped bit is noticed in the manifest too."""
        data = asdict(self)
        return json.dumps(data | {"checksum": _checksum(data)}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def loads(cls, text: str) -> Manifest:
        """The inverse of `dumps`; ValueError if it is not what `dumps` wrote."""
        data = json.loads(text)
        if not isinstance(data, dict) or data.pop("checksum", None) != _checksum(data):
            raise ValueError("its checksum does not match")
        data["files"] = {name: (size, digest) for name, (size, digest) in data["files"].items()}
        return cls(**data)


def _checksum(data: Mapping[str, Any]) -> str:
    return hash_text(json.dumps(data, sort_keys=True))


def rebuild_command(index_dir: Path) -> str:
    """The command that builds this index again, as error messages name it."""
    return "sidebyside index" if str(index_dir) == "index" else f'sidebyside index --index "{index_dir}"'


def missing_error(index_dir: Path) -> IndexMissingError:
    """That nothing has been built here, with a command that builds it: from the folder's own pages, or from others."""
    command, seeds = rebuild_command(index_dir), index_dir / "seeds"
    if not (seeds.is_dir() and any(seeds.iterdir())):
        where = command.removeprefix("sidebyside index")
        command = f"sidebyside index PAGES{where}, or with sample pages: sidebyside chat --yes{where}"
    return IndexMissingError(f"there is no index in {index_dir} yet; build it with: {command}")


# --- finding and checking -------------------------------------------------------------------------------------------


def current_name(index_dir: Path) -> str | None:
    """The name in CURRENT, or None if there is none that could be a version."""
    try:
        name = (index_dir / "CURRENT").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    # A name that is a path could lead out of the index.
    return name if name and not name.startswith(".") and Path(name).name == name else None


def other_names(index_dir: Path, name: str | None) -> list[str]:
    """Published versions other than `name`, newest first."""
    folders = []
    with suppress(OSError):
        for folder in (index_dir / "generations").iterdir():
            if not folder.name.startswith(".") and folder.name != name:
                folders.append((folder.stat().st_mtime_ns, folder.name))
    return [found for _, found in sorted(folders, reverse=True)]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a version. Raises IndexDamagedError, or IndexMismatchError for another format's."""
    try:
        text = (folder / MANIFEST).read_text("utf-8")
        found = json.loads(text).get("format")
        if isinstance(found, int) and found != FORMAT:
            raise IndexMismatchError(f"index version {folder.name} has format {found}, this program reads {FORMAT}")
        return Manifest.loads(text)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise IndexDamagedError(f"index version {folder.name}: {MANIFEST} cannot be read ({error})") from error


def check_files(folder: Path, files: Mapping[str, tuple[int, str]]) -> None:
    """Compare sizes, then hashes, with the manifest's. Raises IndexDamagedError naming the first file that differs."""
    check_sizes(folder, files)
    check_hashes(folder, files)


def check_sizes(folder: Path, files: Mapping[str, tuple[int, str]]) -> None:
    """Compare sizes with the manifest's. Raises IndexDamagedError naming the first file that differs."""
    with _named(folder):
        for name, (size, _) in files.items():
            found = (folder / name).stat().st_size
            if found != size:
                raise IndexDamagedError(f"index version {folder.name}: {name} has {found} bytes instead of {size}")


def check_hashes(folder: Path, files: Mapping[str, tuple[int, str]]) -> None:
    """Compare hashes with the manifest's. Raises IndexDamagedError naming the first file that differs."""
    with _named(folder):
        for name, (_, digest) in files.items():
            if hash_file(folder / name) != digest:
                raise IndexDamagedError(f"index version {folder.name}: {name} has been altered")


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexDamagedError(f"index version {folder.name}: {error.filename or ''}: {error.strerror}") from error


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_text(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, as 64 hex digits."""
    return hash_bytes(text.encode())


def hash_bytes(data: bytes) -> str:
    """SHA-256 of bytes, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def list_files(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file below a folder but the manifest, as Manifest.files holds them."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): (path.stat().st_size, hash_file(path)) for path in paths}


# --- holding --------------------------------------------------------------------------------------------------------


def hold(path: Path) -> int:
    """Open a file and hold a shared lock on it: what is held is not deleted. Returns the descriptor to close."""
    descriptor = os.open(path, os.O_RDONLY)
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks: then only the previous version is kept
            fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits at most for a look in is_held
    return descriptor


def is_held(path: Path) -> bool:
    """Whether some process on this machine holds the file. Locks end with their process, however it ends."""
    if fcntl is None:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


# --- writing --------------------------------------------------------------------------------------------------------


@contextmanager
def writer_lock(index_dir: Path) -> Iterator[None]:
    """Be the one writer. A second one is refused at once with IndexBusyError that names the holder's pid.

    Errors of the file system (full, read-only, no permission) become LibraryIndexError: the old index stays as it is.
    """
    from filelock import FileLock, Timeout

    with _disk_errors(index_dir):
        (index_dir / "generations").mkdir(parents=True, exist_ok=True)
        lock = FileLock(index_dir / ".lock")
        for attempt in range(_LOOKS):
            try:
                lock.acquire(timeout=0)
                break
            except Timeout:
                holder = _writer(index_dir)
                if holder is None and attempt < _LOOKS - 1:
                    time.sleep(_PAUSE)  # it is just starting or ending
                    continue
                raise IndexBusyError(
                    f"{holder or 'another process'} is building the index in {index_dir}; try again when it is done"
                ) from None
        try:
            (index_dir / ".writer").write_text(json.dumps({"pid": os.getpid()}), "utf-8")
            yield
        finally:
            with suppress(OSError):
                (index_dir / ".writer").unlink()
            lock.release()


def _writer(index_dir: Path) -> str | None:
    try:
        return f"process {int(json.loads((index_dir / '.writer').read_text('utf-8'))['pid'])}"
    except (OSError, ValueError, TypeError, KeyError):
        return None


@contextmanager
def _disk_errors(index_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or index_dir
        raise LibraryIndexError(
            f"cannot write {where}: {error.strerror or error}; the index in {index_dir} stays as it was. "
            "Free some space or choose a folder you may write to with --index"
        ) from error


def new_folder(index_dir: Path) -> Path:
    """An empty folder to build in. Call with the writer lock held."""
    return Path(tempfile.mkdtemp(prefix=_BUILDING, dir=index_dir / "generations"))


def publish(index_dir: Path, building: Path, manifest: Manifest) -> str:
    """Make a built folder the live version and return its name. Call with the writer lock held.

    Everything is on disk before the name appears, and CURRENT changes in one step: a crash at any moment leaves
    either the old or the new version live.
    """
    _write(building / MANIFEST, manifest.dumps())
    _sync_tree(building)
    published = index_dir / "generations"
    name = _free_name(published, manifest.content[:16])
    building.chmod(0o755)  # mkdtemp makes folders that only their owner can read
    building.rename(published / name)
    _sync(published)
    _write(index_dir / ".CURRENT.new", name + "\n")
    _sync(index_dir / ".CURRENT.new")
    (index_dir / ".CURRENT.new").replace(index_dir / "CURRENT")
    _sync(index_dir)
    return name


def _free_name(published: Path, stem: str) -> str:
    # The same content may be published again: over a damaged version, or with other roots to watch.
    name, number = stem, 1
    while (published / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clean_leftovers(index_dir: Path) -> None:
    """Delete what killed builds left, and nothing else. Call with the lock held."""
    names = {folder.name for folder in (index_dir / "generations").iterdir()}
    clean(index_dir, keep={name for name in names if not name.startswith((_BUILDING, _DELETING))})


def clean(index_dir: Path, keep: Set[str | None]) -> None:
    """Delete versions that are neither kept nor held, and what killed builds left. Call with the lock held."""
    published = index_dir / "generations"
    for folder in list(published.iterdir()):
        leftover = folder.name.startswith((_BUILDING, _DELETING))
        if folder.name in keep or (not leftover and is_held(folder / MANIFEST)):
            continue
        # Renamed first, so that a half-deleted version never looks like one. What cannot be deleted now, the next
        # build deletes.
        doomed = folder if leftover else folder.with_name(_DELETING + folder.name)
        with suppress(OSError):
            folder.rename(doomed)
            shutil.rmtree(doomed)
