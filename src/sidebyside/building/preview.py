"""Tells before a change by hand what it would change: what given files replace, what goes with a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sidebyside.building.again import files_again, names_of
from sidebyside.building.kept import live_origins, live_pages
from sidebyside.building.origins import forget
from sidebyside.building.scanning import Pages, pages_by_file
from sidebyside.building.seeds import Given, read_given
from sidebyside.library import LibraryDiff, build_library, diff_libraries
from sidebyside.records import Page
from sidebyside.settings import Settings


@dataclass(frozen=True, slots=True)
class Replacement:
    """A page (`old`, by its source) that gives way to one in the given file `new`, and what that changes."""

    old: str
    new: str
    changes: LibraryDiff


@dataclass(frozen=True, slots=True)
class Removal:
    """The pages (by their sources) that would go, and what the library would no longer say."""

    pages: tuple[str, ...]
    changes: LibraryDiff


def preview_pages(
    files: Iterable[str | Path], *, index: str | Path = "index", settings: Settings | None = None
) -> tuple[Replacement, ...]:
    """What `add_pages` would replace, with what that changes; nothing is written."""
    settings = settings or Settings.load()
    given, _ = read_given(files, max_bytes=settings.max_page_bytes)
    known = pages_by_file(live_pages(Path(index)))
    return tuple(
        Replacement(
            page.source, item.path.name, diff_libraries(build_library(known[page.sha256]), build_library(item.pages))
        )
        for page, item in replaced_by(given, known)
    )


def preview_removal(names: Iterable[str], *, index: str | Path = "index") -> Removal:
    """What removing these pages would change; nothing is written. Raises SidebysideError for a name nothing has."""
    index_dir = Path(index)
    origins = live_origins(index_dir)
    left = {file.sha256 for file in forget(index_dir, origins, names).files}
    pages = live_pages(index_dir)
    gone = [page for page in pages if page.sha256 not in left]
    # Pages about other things say the same before and after.
    things = set().union(*(names_of(page) for page in gone))
    related = [page for page in pages if names_of(page) & things]
    after = build_library(page for page in related if page.sha256 in left)
    return Removal(tuple(page.source for page in gone), diff_libraries(build_library(related), after))


def replaced_by(given: Sequence[Given], known: Mapping[str, Pages]) -> list[tuple[Page, Given]]:
    """(first page of a file that is there, the given file in which all its pages come again)."""
    found: dict[str, tuple[Page, Given]] = {}
    for item in given:
        for sha in files_again(item.pages, known):
            found[sha] = (known[sha][0], item)
    return list(found.values())
