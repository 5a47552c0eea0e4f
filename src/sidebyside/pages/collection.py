"""Finds page files: single files, folders, globs and zip archives, and refuses what is not meant to be read."""

from __future__ import annotations

import glob
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from sidebyside.errors import PageError

MAX_BYTES = 5_000_000
_MOST_MEMBERS = 100_000
_MOST_UNPACKED = 4_000_000_000

Skipped = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CollectedFile:
    """A file that may be a page.

    `source` is the name that citations show, unique in its collection; `root` the folder, archive or file that was
    asked for; `path` the file on disk, and `member` the name inside it where that file is an archive.
    """

    source: str
    root: Path
    path: Path
    member: str | None = None
    max_bytes: int = MAX_BYTES

    def read(self) -> bytes:
        """The file's bytes, at most one more than `max_bytes`. Raises PageError."""
        try:
            # Opening a pipe would wait for somebody to write into it.
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise PageError(self.source, "not a regular file")
            if self.member is None:
                with self.path.open("rb") as file:
                    return file.read(self.max_bytes + 1)
            with _open_archive(self.path, _version(self.path)).open(self.member) as member:
                return member.read(self.max_bytes + 1)
        except OSError as error:
            raise PageError(self.source, f"cannot be opened: {error.strerror or error}") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, KeyError):
            raise PageError(self.source, "cannot be unpacked: damaged, encrypted or of an unknown kind") from None


def collect_pages(
    paths: Iterable[str | Path], *, max_bytes: int = MAX_BYTES
) -> tuple[list[CollectedFile], list[Skipped]]:
    """Find every file behind files, folders, globs and zip archives; returns files and (path, reason) of the rest.

    Refused are hidden files, links that lead out of their folder, anything that is not a regular file, and archives
    that would write outside themselves. What a browser saves beside a page ("page_files/") is not looked at. Whether a
    file is a page is for `parse_page` to say.
    """
    files: dict[tuple[Path, str | None], CollectedFile] = {}
    skipped: list[Skipped] = []
    for path in paths:
        for item in _collect(Path(path).expanduser()):
            if isinstance(item, CollectedFile):
                files.setdefault((item.path.resolve(), item.member), replace(item, max_bytes=max_bytes))
            else:
                skipped.append(item)
    return _name_apart(list(files.values())), list(dict.fromkeys(skipped))


Item = CollectedFile | Skipped


def _collect(path: Path) -> Iterator[Item]:
    if path.is_dir():
        found = False
        for item in _walk(path, path):
            found = True
            yield item
        if not found:
            yield str(path), "the folder is empty"
    elif path.exists():
        yield from _look_at(path, path, path.name)
    elif glob.has_magic(str(path)):
        yield from _expand(path)
    else:
        yield str(path), "no such file or folder"


def _expand(pattern: Path) -> Iterator[Item]:
    root = Path(*_fixed_parts(pattern))
    # Not Path.glob, which matches hidden files too.
    matches = sorted(glob.glob(str(pattern), recursive=True))  # noqa: PTH207
    if not matches:
        yield str(pattern), "nothing matches"
    for match in map(Path, matches):
        refusal = _refusal(match, root)
        if refusal:
            yield str(match), refusal
        elif match.is_dir():
            yield from _walk(match, root)
        else:
            yield from _look_at(match, root, match.relative_to(root).as_posix())


def _fixed_parts(pattern: Path) -> Iterator[str]:
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _walk(folder: Path, root: Path) -> Iterator[Item]:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        yield str(folder), f"cannot be opened: {error.strerror or error}"
        return
    for name in names:
        path = folder / name
        refusal = _refusal(path, root)
        if refusal:
            yield _printable(str(path)), refusal
        elif not path.is_dir():
            yield from _look_at(path, root, path.relative_to(root).as_posix())
        elif _is_resource_folder(name, names):
            yield str(path), "belongs to a saved page, and holds none"
        else:
            yield from _walk(path, root)


def _is_resource_folder(name: str, siblings: list[str]) -> bool:
    """Whether a browser put it beside a page that it saved."""
    page = name.removesuffix("_files")
    return page != name and any(sibling in siblings for sibling in (f"{page}.html", f"{page}.htm"))


def _refusal(path: Path, root: Path) -> str | None:
    """Why a path below `root` is not looked at, or None."""
    if path.name.startswith("."):
        return "hidden"
    if not path.is_symlink():
        return None
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if not target.is_relative_to(root.resolve()):
        return "a link that leads out of its folder"
    return "a link to a folder" if target.is_dir() else None


def _look_at(path: Path, root: Path, source: str) -> Iterator[Item]:
    """One file on disk: itself, or, if it is an archive, its members."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            yield _printable(str(path)), "not a regular file"
        elif not _is_clean(source):
            yield _printable(str(path)), "its name holds characters that cannot be shown"
        elif zipfile.is_zipfile(path):
            yield from _members(path, root, source)
        else:
            yield CollectedFile(source, root, path)
    except OSError as error:
        yield _printable(str(path)), f"cannot be opened: {error.strerror or error}"


def _members(path: Path, root: Path, source: str) -> Iterator[Item]:
    try:
        members = _open_archive(path, _version(path)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
        yield str(path), "a damaged archive"
        return
    refusal = _archive_refusal(members)
    if refusal:
        yield str(path), refusal
        return
    seen: Counter[str] = Counter()
    for member in sorted(members, key=lambda info: info.filename):
        if member.is_dir():
            continue
        seen[member.filename] += 1
        reason = _member_refusal(member) or ("a second file of this name" if seen[member.filename] > 1 else None)
        if reason:
            yield _printable(f"{path}/{member.filename}"), reason
        else:
            yield CollectedFile(f"{source}/{member.filename}", root, path, member.filename)


def _archive_refusal(members: list[zipfile.ZipInfo]) -> str | None:
    if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _MOST_UNPACKED:
        return f"the archive holds more than {_MOST_MEMBERS:,} files or {_MOST_UNPACKED:,} bytes"
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or name[1:2] == ":" or ".." in PurePosixPath(name).parts:
            return f"the archive holds a path that leads out of it: {_printable(member.filename[:80])}"
    return None


def _member_refusal(member: zipfile.ZipInfo) -> str | None:
    if any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(member.filename).parts):
        return "hidden"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "a link" if kind == stat.S_IFLNK else "not a regular file"
    if not _is_clean(member.filename):
        return "its name holds characters that cannot be shown"
    return None


def _is_clean(name: str) -> bool:
    return all(char.isprintable() for char in name)


def _printable(name: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _open_archive(path: Path, version: tuple[int, int]) -> zipfile.ZipFile:  # noqa: ARG001
    """Reading the directory of a large archive for each of its members would take hours; ZipFile closes itself."""
    return zipfile.ZipFile(path)


def _name_apart(files: list[CollectedFile]) -> list[CollectedFile]:
    """Lengthen names that two files share, by the folders above them."""
    named = files
    for depth in range(1, 64):
        taken = Counter(file.source for file in named)
        if max(taken.values(), default=1) == 1:
            break
        named = [
            replace(file, source=_longer_name(file, original.source, depth)) if taken[file.source] > 1 else file
            for file, original in zip(named, files, strict=True)
        ]
    return named


def _longer_name(file: CollectedFile, name: str, depth: int) -> str:
    inner = file.member or ""
    outside = name.removesuffix(inner).rstrip("/") if inner else name
    parts = file.path.resolve().parts
    kept = len(PurePosixPath(outside).parts) + depth
    return "/".join(filter(None, ("/".join(parts[-kept:]).lstrip("/"), inner)))
