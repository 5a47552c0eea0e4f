"""Takes page files that somebody hands over into the seeds folder, if they are pages."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sidebyside.building.collect import collect_pages, is_clean
from sidebyside.errors import PageError
from sidebyside.pages import parse_pages
from sidebyside.records import Page

# An archive is copied whole, so it has a limit of its own; its members have that of single pages.
MAX_ARCHIVE = 50_000_000
_LONGEST_NAME = 150
# Characters that a file name cannot have on some system or that mean something in a glob.
_RESERVED = '<>:"/\\|?*[]'


@dataclass
class Stored:
    """`paths` are the files in the seeds folder that hold what was given; `new` those of them that were not there.

    `names` are what the sender called them, in the same order.
    """

    paths: list[Path] = field(default_factory=list)
    new: list[Path] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def undo(self) -> None:
        """Delete what was copied."""
        for path in self.new:
            path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Given:
    """A file that somebody hands over, with the pages in it."""

    path: Path
    pages: tuple[Page, ...]


def read_given(files: Iterable[str | Path], *, max_bytes: int) -> tuple[list[Given], list[tuple[str, str]]]:
    """(files that hold a page, (name, reason) of the others). What fails is called by the name the sender knows."""
    given: list[Given] = []
    skipped: list[tuple[str, str]] = []
    for file in map(Path, files):
        pages, reason = _pages(file, max_bytes)
        if pages:
            given.append(Given(file, pages))
        else:
            skipped.append((file.name, reason))
    return given, skipped


def store_pages(given: Iterable[Given], seeds: Path) -> Stored:
    """Copy files into `seeds` under names that are safe there.

    Nothing is overwritten: another content under a name that is taken becomes "name (2).txt". OSError as it comes.
    """
    seeds.mkdir(parents=True, exist_ok=True)
    stored = Stored()
    try:
        for item in given:
            _store(item.path, seeds, stored)
    except OSError:
        stored.undo()
        raise
    return stored


def _store(file: Path, seeds: Path, stored: Stored) -> None:
    path, is_new = _place(file, seeds)
    if is_new:
        # Copied under a hidden name, which no build looks at, so that a half copy never looks like a page.
        part = path.with_name(f".{path.name}.part")
        try:
            shutil.copyfile(file, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        stored.new.append(path)
    stored.paths.append(path)
    stored.names.append(file.name)


def _pages(file: Path, max_bytes: int) -> tuple[tuple[Page, ...], str]:
    """The pages in a file, or in the files of an archive; and why there is none."""
    if file.is_symlink() or not file.is_file():
        return (), "not a regular file"
    if file.stat().st_size > max(MAX_ARCHIVE, max_bytes):
        return (), f"larger than {max(MAX_ARCHIVE, max_bytes):,} bytes"
    found, skipped = collect_pages([file], max_bytes=max_bytes)
    pages: list[Page] = []
    reason = skipped[0][1] if skipped else "holds no page"
    for item in found:
        try:
            pages += parse_pages(item.read(), item.source, max_bytes=max_bytes)
        except PageError as error:
            reason = error.reason if error.line is None else f"line {error.line}: {error.reason}"
    return tuple(pages), reason


def _place(file: Path, seeds: Path) -> tuple[Path, bool]:
    """A path in `seeds` for this file, and whether it has to be copied there."""
    wanted = Path(safe_name(file.name))
    number = 1
    while True:
        path = seeds / (wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}")
        if not path.exists() and not path.is_symlink():
            return path, True
        if path.is_file() and filecmp.cmp(file, path, shallow=False):
            return path, False
        number += 1


def safe_name(name: str) -> str:
    """The last part of a name, without anything that could lead elsewhere, be hidden or not be shown."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join("_" if char in _RESERVED or not is_clean(char) else char for char in name).strip(" .")
    path = Path(name or "page.txt")
    room = _LONGEST_NAME - len(path.suffix.encode())
    return path.stem.encode()[:room].decode(errors="ignore") + path.suffix
