"""Tells where every page stands: when it was read, from where, in which version, and whether it is old."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sidebyside.building.again import repeated
from sidebyside.building.kept import live_origins, live_pages
from sidebyside.building.origins import SEEDS, place_of
from sidebyside.building.undo import undoable
from sidebyside.errors import SettingsError
from sidebyside.index import versions

_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class PageStanding:
    """One page: `version` is the beginning of its file's hash, `read` when these contents were first read (UTC, ISO).

    `date` is the page's own, "" where it has none. `place` is the file on this machine ("" where that is not known),
    `given` whether it was handed over and lies with the index. `stale` pages are older than the date that was asked
    about; `newer` names a later version of the page beside it.
    """

    source: str
    artifacts: tuple[str, ...]
    format: str
    title: str
    url: str
    date: str
    read: str
    version: str
    place: str
    given: bool
    stale: bool = False
    newer: str = ""

    @property
    def age(self) -> str:
        """The day from which the page counts as old: its own date, or when it was read."""
        return self.date or self.read[:10]


@dataclass(frozen=True, slots=True)
class Standing:
    """The live version and its pages, by name; `undo` is what the last change by hand was, if it can be taken back."""

    version: str
    pages: tuple[PageStanding, ...]
    undo: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)


def library_standing(index: str | Path = "index", *, older_than: str = "") -> Standing:
    """Where the pages of the live version stand; those dated before `older_than` (YYYY-MM-DD) are stale.

    Raises SettingsError for what is no date.
    """
    index_dir = Path(index)
    if older_than and not _DAY.fullmatch(older_than):
        raise SettingsError(f"{older_than[:40]!r} is no date; write it as 2026-01-31")
    name = versions.current_name(index_dir)
    origins = live_origins(index_dir)
    pages = live_pages(index_dir)
    files = {file.sha256: file for file in sorted(origins.files, key=lambda file: file.root != SEEDS, reverse=True)}
    newer = repeated(pages, {sha: file.read for sha, file in files.items()})
    newer_names = {old.source: new.source for old, new in newer}
    found = []
    for page in pages:
        file = files.get(page.sha256)
        read = file.read if file else ""
        age = page.date or read[:10]
        found.append(
            PageStanding(
                source=page.source,
                artifacts=tuple(artifact.name for artifact in page.artifacts),
                format=page.format,
                title=page.title,
                url=page.url or "",
                date=page.date or "",
                read=read,
                version=page.sha256[:8],
                place=str(place_of(index_dir, file.root, file.name, origins)) if file else "",
                given=file is not None and file.root == SEEDS,
                stale=bool(older_than and age and age < older_than),
                newer=newer_names.get(page.source, ""),
            )
        )
    return Standing(name or "", tuple(found), undoable(index_dir, name))


def standing_of(sources: Iterable[str], standing: Standing) -> list[PageStanding]:
    """Those of the pages that have these sources, in the order of the sources."""
    known = {page.source: page for page in standing.pages}
    return [known[source] for source in sources if source in known]
