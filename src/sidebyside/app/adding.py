"""Takes dropped files into the library: checks each, puts the good ones among the seeds, builds, says what changed."""

from __future__ import annotations

import logging
import queue
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.errors import PageError, SidebysideError

if TYPE_CHECKING:
    from sidebyside.library import LibraryDiff
    from sidebyside.records import BuildReport, Library
    from sidebyside.settings import Settings

log = logging.getLogger(__name__)

MAX_FILES = 1000
SEEDS = "seeds"
# What an error of the build itself becomes; the traceback goes to the log.
FAILED = "The index could not be built; the one before is still in use. `sidebyside doctor` says more."

_UNSAFE = re.compile(r"[^\w.()\[\] -]+")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far adding is: a stage ("check", "read", "embed", "store") with steps done and in all."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did. `report` and `diff` are None where nothing was built; `error` says why it failed."""

    accepted: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    report: BuildReport | None = None
    diff: LibraryDiff | None = None
    library: Library | None = None
    error: str = ""


def add_pages(paths: Sequence[str | Path], settings: Settings) -> Iterator[Progress | Added]:
    """Yield the progress, and last what was done. The work goes on in a thread if nobody listens any more."""
    steps: queue.SimpleQueue[Progress | Added] = queue.SimpleQueue()

    def work() -> None:
        try:
            steps.put(_add(paths, settings, steps))
        except SidebysideError as error:
            steps.put(Added((), (), error=str(error)))
        except Exception:
            log.exception("adding pages failed")
            steps.put(Added((), (), error=FAILED))

    threading.Thread(target=work, name="add-pages", daemon=True).start()
    while True:
        step = steps.get()
        yield step
        if isinstance(step, Added):
            return


def _add(paths: Sequence[str | Path], settings: Settings, steps: queue.SimpleQueue[Progress | Added]) -> Added:
    from sidebyside.indexing import build_index
    from sidebyside.library import diff_libraries

    names, skipped = _take_in(paths, settings, steps)
    if not names:
        return Added((), tuple(skipped))
    before = _current_library(settings)
    try:
        report = build_index(
            index=settings.index,
            settings=settings,
            progress=lambda stage, done, total: steps.put(Progress(stage, done, total)),
        )
    except SidebysideError as error:
        # The files are right and stay; the next build takes them in.
        return Added(tuple(names), tuple(skipped), error=str(error))
    after = _current_library(settings)
    diff = diff_libraries(before, after)
    return Added(tuple(names), tuple(skipped) + report.skipped, report, diff, after)


def _take_in(
    paths: Sequence[str | Path], settings: Settings, steps: queue.SimpleQueue[Progress | Added]
) -> tuple[list[str], list[tuple[str, str]]]:
    """Copy every file that is a page to the seeds; returns their names there, and (file, reason) of the others."""
    from sidebyside.pages import collect_pages, parse_page

    files, skipped = collect_pages(paths, max_bytes=settings.max_page_bytes)
    refused = [(Path(path).name, reason) for path, reason in skipped]
    refused += [(file.source, f"only {MAX_FILES:,} files are taken at a time") for file in files[MAX_FILES:]]
    names: list[str] = []
    for done, file in enumerate(files[:MAX_FILES], start=1):
        try:
            data = file.read()
            parse_page(data, file.source, max_bytes=settings.max_page_bytes)
            names.append(_store(data, file.source, settings.index / SEEDS))
        except PageError as error:
            refused.append((file.source, error.reason))
        except OSError as error:
            refused.append((file.source, str(error.strerror or error)))
        steps.put(Progress("check", done, len(files)))
    return names, refused


def _store(data: bytes, source: str, folder: Path) -> str:
    """Write a page among the seeds, whole or not at all, under a name that is free or that holds the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    name = safe_name(source)
    stem, suffix = Path(name).stem, Path(name).suffix
    count = 1
    while (folder / name).exists() and (folder / name).read_bytes() != data:
        count += 1
        name = f"{stem}-{count}{suffix}"
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".adding-", delete=False) as file:
        file.write(data)
    Path(file.name).replace(folder / name)
    (folder / name).chmod(0o644)
    return name


def safe_name(source: str) -> str:
    """A plain file name out of whatever a browser or an archive calls a file."""
    base = source.replace("\\", "/").rsplit("/", 1)[-1]
    clean = Path(_UNSAFE.sub("_", base).strip(" .") or "page")
    return (clean.stem[:80] or "page") + clean.suffix[:10]


def _current_library(settings: Settings) -> Library:
    """The library on disk now; an empty one where there is none yet."""
    from sidebyside.index import open_index
    from sidebyside.records import Library

    try:
        with closing(open_index(settings.index)) as index:
            return index.library
    except SidebysideError:
        return Library(())
