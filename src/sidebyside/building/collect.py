"""Finds page files: single files, folders, globs and zip archives, and refuses what is not meant to be read."""

from __future__ import annotations

import glob
import os
import re
import stat
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from sidebyside.pages.files import MAX_BYTES, CollectedFile, open_archive, version
from sidebyside.pages.packages import look_into

_MOST_MEMBERS = 100_000
_MOST_UNPACKED = 4_000_000_000
# What iCloud leaves in the place of "page.txt" when it takes the file away.
_ICLOUD = re.compile(r"\.(.+)\.icloud")
# Marks of a file whose contents are elsewhere: Windows' "recall on access" and "offline", macOS' "dataless".
_RECALLED = 0x00400000 | 0x00001000
_DATALESS = 0x40000000
IN_CLOUD = "only in the cloud now; download it to have it read"
CANNOT_OPEN = "cannot be opened"
DAMAGED = "a damaged archive"

Skipped = tuple[str, str]


def collect_pages(
    paths: Iterable[str | Path], *, max_bytes: int = MAX_BYTES
) -> tuple[list[CollectedFile], list[Skipped]]:
    """Find every file behind files, folders, globs and zip archives; returns files and (path, reason) of the rest.

    Refused are hidden files, links that lead out of their folder, anything that is not a regular file, and archives
    that would write outside themselves. What a browser saves beside a page ("page_files/") is not looked at. Whether a
    file is a page is for `parse_pages` to say. A path that exists is a path, whatever characters it has; else brackets,
    stars and question marks in it make it a pattern.
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
        yield from _expand(Path(as_pattern(path)), path)
    else:
        yield str(path), "no such file or folder"


def as_pattern(path: Path) -> str:
    """The path as a glob: folders that are there are taken by their names, what comes behind them as it is written."""
    known = Path(path.anchor)
    parts: list[str] = []
    for part in path.parts[1:] if path.anchor else path.parts:
        known = known / part
        parts.append(glob.escape(part) if known.exists() else part)
    return str(Path(path.anchor, *parts))


def fixed_folder(pattern: Path) -> Path:
    """The folder before the first wildcard of a glob."""
    fixed: list[str] = []
    for part in pattern.parts[:-1]:
        name = re.sub(r"\[([*?\[])\]", r"\1", part)
        if glob.escape(name) != part:
            break
        fixed.append(name)
    return Path(*fixed)


def _expand(pattern: Path, given: Path) -> Iterator[Item]:
    root = fixed_folder(pattern)
    # Not Path.glob, which matches hidden files too.
    matches = sorted(glob.glob(str(pattern), recursive=True))  # noqa: PTH207
    if not matches:
        yield str(given), "nothing matches"
    for match in map(Path, matches):
        refusal = _refusal(match, root)
        if refusal:
            yield str(match), refusal
        elif match.is_dir():
            yield from _walk(match, root)
        else:
            yield from _look_at(match, root, match.relative_to(root).as_posix())


def _walk(folder: Path, root: Path) -> Iterator[Item]:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        yield str(folder), f"{CANNOT_OPEN}: {error.strerror or error}"
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
        return IN_CLOUD if _ICLOUD.fullmatch(path.name) else "hidden"
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
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            yield _printable(str(path)), "not a regular file"
        elif is_in_cloud(status):
            yield _printable(str(path)), IN_CLOUD
        elif not is_clean(source):
            yield _printable(str(path)), "its name holds characters that cannot be shown"
        elif zipfile.is_zipfile(path) and not _is_package(path):
            yield from _members(path, root, source)
        else:
            yield CollectedFile(source, root, path)
    except OSError as error:
        yield _printable(str(path)), f"{CANNOT_OPEN}: {error.strerror or error}"


def is_in_cloud(status: os.stat_result) -> bool:
    """Whether a file is a placeholder whose contents a cloud disk would have to fetch."""
    return bool(getattr(status, "st_file_attributes", 0) & _RECALLED or getattr(status, "st_flags", 0) & _DATALESS)


def placeholder_of(path: Path) -> Path:
    """Where iCloud leaves a note that it has taken this file away."""
    return path.with_name(f".{path.name}.icloud")


def _is_package(path: Path) -> bool:
    """Whether an archive is one file of some program: a Word document, a workbook, an e-book."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return False
    try:
        return any(look_into(open_archive(path, version(path))))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
        return False


def _members(path: Path, root: Path, source: str) -> Iterator[Item]:
    try:
        members = open_archive(path, version(path)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
        yield str(path), DAMAGED
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
    if not is_clean(member.filename):
        return "its name holds characters that cannot be shown"
    return None


def is_clean(name: str) -> bool:
    """Whether a file's name can be shown on a line as it is."""
    return _printable(name) == name


def _printable(name: str) -> str:
    """The name without what breaks or turns a line; spaces of all kinds and joiners are characters of names."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _breaks(char) else char for char in name)


def _breaks(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


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
