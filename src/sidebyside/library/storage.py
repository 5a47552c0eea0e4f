"""Libraries and pages as JSON lines on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from sidebyside.errors import IndexDamagedError
from sidebyside.records import Artifact, Capability, Library, Page, Verdict
from sidebyside.records.jsonl import LineFile, parse_record, parse_records, read_jsonl, write_jsonl

# What stands around an artifact's capabilities in its line. No text can hold it: a quote inside a text is escaped.
_BEFORE = b',"capabilities":['
_AFTER = b'],"capabilities_total":'
# How each of them begins.
_ONE = b'{"id":'
_VERDICT = b'{"excerpt":'
_Read = Callable[[int, int], tuple[Capability, ...]]
# Artifacts whose capabilities were read lately are kept: a few megabytes.
_KEPT = 256


def write_library(library: Library, path: str | Path) -> None:
    """Write artifacts, then verdicts, one a line; equal libraries give equal bytes."""
    write_jsonl(path, [*library.artifacts, *library.verdicts])


def read_library(path: str | Path) -> Library:
    """Read what `write_library` wrote. Raises IndexDamagedError."""
    records = list(read_jsonl(path, Artifact, Verdict))
    artifacts = tuple(record for record in records if isinstance(record, Artifact))
    return Library(artifacts, tuple(record for record in records if isinstance(record, Verdict)))


def open_library(path: str | Path) -> Library:
    """As `read_library`, but what artifacts can do is read when it is looked at; the file may be deleted meanwhile.

    Of 100,000 capabilities that leaves 12,500 artifacts with their tables to read: a sixth of the time and memory.
    """
    artifacts: list[Artifact] = []
    verdicts: list[Verdict] = []
    start = 0
    try:
        read = lru_cache(maxsize=_KEPT)(partial(_read_capabilities, LineFile(path), path))
        with Path(path).open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                where = f"{path}, line {number}"
                if line.startswith(_VERDICT):
                    verdicts.append(parse_record(line, Verdict, where=where))
                else:
                    artifacts.append(_read_head(line, read, start, where))
                start += len(line)
    except OSError as error:
        raise IndexDamagedError(f"{path} cannot be read ({error}); build the index again: sidebyside index") from None
    return Library(tuple(artifacts), tuple(verdicts))


class StoredArtifact(Artifact):
    """An artifact whose capabilities are read from the library's file whenever they are looked at."""

    __slots__ = ("_described", "_end", "_read", "_start")

    def __getattr__(self, name: str) -> Any:
        # Comes here for what is not set: the capabilities.
        if name != "capabilities":
            raise AttributeError(name)
        return self._read(self._start, self._end)

    @property
    def described(self) -> int:
        """How many capabilities there are to read."""
        number: int | None = getattr(self, "_described", None)  # not set on a changed copy
        return len(self.capabilities) if number is None else number

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Artifact):
            return NotImplemented
        return all(getattr(self, field.name) == getattr(other, field.name) for field in fields(Artifact))

    __hash__ = Artifact.__hash__


def _read_head(line: bytes, read: _Read, start: int, where: str) -> Artifact:
    """The artifact of a line that begins at byte `start` of the file."""
    first, last = line.find(_BEFORE), line.rfind(_AFTER)
    if min(first, last) < 0:
        raise IndexDamagedError(f"{where} is damaged; build the index again: sidebyside index")
    first += len(_BEFORE)
    head = parse_record(line[:first] + line[last:], Artifact, where=where)
    stored = StoredArtifact.__new__(StoredArtifact)
    for field in fields(Artifact):
        if field.name != "capabilities":
            object.__setattr__(stored, field.name, getattr(head, field.name))
    own = {"_read": read, "_start": start + first, "_end": start + last, "_described": line.count(_ONE, first, last)}
    for name, value in own.items():
        object.__setattr__(stored, name, value)
    return stored


def _read_capabilities(file: LineFile, path: str | Path, start: int, end: int) -> tuple[Capability, ...]:
    return parse_records(b"[" + file.read(start, end) + b"]", Capability, where=f"{path}, byte {start}")


def write_pages(pages: Iterable[Page], path: str | Path) -> None:
    """Write pages, one a line, so that an incremental build need not read unchanged files again."""
    write_jsonl(path, pages)


def read_pages(path: str | Path) -> tuple[Page, ...]:
    """Read what `write_pages` wrote. Raises IndexDamagedError."""
    return tuple(read_jsonl(path, Page))
