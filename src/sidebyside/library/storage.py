"""Libraries and pages as JSON lines on disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sidebyside.jsonl import read_jsonl, write_jsonl
from sidebyside.records import Artifact, Library, Page, Verdict


def write_library(library: Library, path: str | Path) -> None:
    """Write artifacts, then verdicts, one a line; equal libraries give equal bytes."""
    write_jsonl(path, [*library.artifacts, *library.verdicts])


def read_library(path: str | Path) -> Library:
    """Read what `write_library` wrote. Raises IndexDamagedError."""
    records = list(read_jsonl(path, Artifact, Verdict))
    artifacts = tuple(record for record in records if isinstance(record, Artifact))
    return Library(artifacts, tuple(record for record in records if isinstance(record, Verdict)))


def write_pages(pages: Iterable[Page], path: str | Path) -> None:
    """Write pages, one a line, so that an incremental build need not read unchanged files again."""
    write_jsonl(path, pages)


def read_pages(path: str | Path) -> tuple[Page, ...]:
    """Read what `write_pages` wrote. Raises IndexDamagedError."""
    return tuple(read_jsonl(path, Page))
