"""Takes dropped files into the library in a thread, tells how far it is, and last what it did and what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sidebyside.errors import IndexMissingError, SidebysideError
from sidebyside.serving.background import Progress, Tell, in_background
from sidebyside.serving.jobs import FAILED

if TYPE_CHECKING:
    from sidebyside.library import LibraryDiff
    from sidebyside.records import BuildReport, Library
    from sidebyside.settings import Settings

MAX_FILES = 1000


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did; where it failed, `error` says why and everything is as it was."""

    skipped: tuple[tuple[str, str], ...] = ()
    report: BuildReport | None = None
    diff: LibraryDiff | None = None
    library: Library | None = None
    error: str = ""


def add_dropped(
    paths: Sequence[str | Path], settings: Settings, *, replace_earlier: bool = True
) -> Iterator[Progress | Added]:
    """Take files in: yield the progress, and last what was done."""

    def work(tell: Tell) -> BuildReport:
        from sidebyside.building.build import add_pages

        files = [Path(path) for path in paths[:MAX_FILES]]
        report = add_pages(
            files, index=settings.index, settings=settings, progress=tell, replace_earlier=replace_earlier
        )
        left = tuple((Path(path).name, f"only {MAX_FILES:,} files are taken at a time") for path in paths[MAX_FILES:])
        return replace(report, skipped=(*report.skipped, *left))

    return change(work, settings, name="adding pages")


def add_pasted(
    text: str, settings: Settings, *, name: str = "", url: str = "", replace_earlier: bool = True
) -> Iterator[Progress | Added]:
    """Take pasted text in; without a name the page is called by what it compares."""

    def work(tell: Tell) -> BuildReport:
        from sidebyside.building.build import add_pages
        from sidebyside.building.pasting import paste_page

        with TemporaryDirectory(prefix="sidebyside-paste-") as folder:
            file = paste_page(
                text,
                Path(folder),
                name=name,
                url=url,
                max_bytes=settings.max_page_bytes,
                replaces_in=settings.index if replace_earlier else None,
            )
            return add_pages(
                [file], index=settings.index, settings=settings, progress=tell, replace_earlier=replace_earlier
            )

    return change(work, settings, name="pasting a page")


def change(work: Callable[[Tell], BuildReport], settings: Settings, *, name: str) -> Iterator[Progress | Added]:
    """Yield the progress of a change, and last what it did. It goes on in its thread if nobody listens any more."""
    try:
        yield (yield from in_background(lambda tell: _changed(work, settings, tell), name=name, failed=FAILED))
    except SidebysideError as error:
        yield Added(error=str(error))


def _changed(work: Callable[[Tell], BuildReport], settings: Settings, tell: Tell) -> Added:
    from sidebyside.library import diff_libraries

    before = _library(settings)
    report = work(tell)
    after = _library(settings)
    return Added(report.skipped, report, diff_libraries(before, after), after)


def _library(settings: Settings) -> Library:
    """The library on disk now; an empty one where there is none yet."""
    from sidebyside.index.opened import open_index
    from sidebyside.records import Library

    try:
        with closing(open_index(settings.index)) as index:
            return index.library
    except IndexMissingError:
        return Library(())
