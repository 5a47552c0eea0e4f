"""Takes dropped files into the library in a thread, tells how far it is, and last what it did and what changed."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.errors import IndexMissingError, SidebysideError

if TYPE_CHECKING:
    from sidebyside.library import LibraryDiff
    from sidebyside.records import BuildReport, Library
    from sidebyside.settings import Settings

log = logging.getLogger(__name__)

MAX_FILES = 1000
# What an error of the build itself becomes; the traceback goes to the log.
FAILED = "The index could not be built; the one before is still in use. `sidebyside doctor` says more."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far adding is: a stage ("read", "embed", "store") with steps done and in all."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did; where it failed, `error` says why and everything is as it was."""

    skipped: tuple[tuple[str, str], ...] = ()
    report: BuildReport | None = None
    diff: LibraryDiff | None = None
    library: Library | None = None
    error: str = ""


def add_dropped(paths: Sequence[str | Path], settings: Settings) -> Iterator[Progress | Added]:
    """Yield the progress, and last what was done. The work goes on in its thread if nobody listens any more."""
    steps: queue.SimpleQueue[Progress | Added] = queue.SimpleQueue()

    def work() -> None:
        try:
            steps.put(_add(paths, settings, steps))
        except SidebysideError as error:
            steps.put(Added(error=str(error)))
        except Exception:
            log.exception("adding pages failed")
            steps.put(Added(error=FAILED))

    threading.Thread(target=work, name="add-pages", daemon=True).start()
    while True:
        step = steps.get()
        yield step
        if isinstance(step, Added):
            return


def _add(paths: Sequence[str | Path], settings: Settings, steps: queue.SimpleQueue[Progress | Added]) -> Added:
    from sidebyside.indexing import add_pages
    from sidebyside.library import diff_libraries

    before = _library(settings)
    report = add_pages(
        paths[:MAX_FILES],
        index=settings.index,
        settings=settings,
        progress=lambda stage, done, total: steps.put(Progress(stage, done, total)),
    )
    after = _library(settings)
    left = tuple((Path(path).name, f"only {MAX_FILES:,} files are taken at a time") for path in paths[MAX_FILES:])
    return Added((*report.skipped, *left), report, diff_libraries(before, after), after)


def _library(settings: Settings) -> Library:
    """The library on disk now; an empty one where there is none yet."""
    from sidebyside.index import open_index
    from sidebyside.records import Library

    try:
        with closing(open_index(settings.index)) as index:
            return index.library
    except IndexMissingError:
        return Library(())
