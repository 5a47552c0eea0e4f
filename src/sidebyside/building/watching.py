"""Looks at the watched folders again when something in them changes, and tells what that changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sidebyside.building.build import build_index
from sidebyside.building.collect import fixed_folder
from sidebyside.building.kept import find_version, library_of, live_origins
from sidebyside.building.origins import SEEDS, Origins, root_path
from sidebyside.encoding.embedding import Encoder
from sidebyside.errors import IndexBusyError, IndexMissingError, SidebysideError
from sidebyside.index import versions
from sidebyside.library import LibraryDiff, diff_libraries
from sidebyside.records import BuildReport, Library
from sidebyside.settings import Settings

log = logging.getLogger(__name__)

# Milliseconds of quiet before a change counts, and between two looks at what the system does not tell about: single
# files, folders that are away, other machines' builds.
_QUIET = 400
_LOOK = 2000
# Seconds between two tries while another process builds.
_PATIENCE = 2.0

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at the folders: what the build did and what that changed, or why it could not be done.

    `changes` is None where the library stays as it was. `notices` are (file, reason) pairs that the look before did not
    give: what cannot be read, and pages that stay although their files are away.
    """

    report: BuildReport | None = None
    changes: LibraryDiff | None = None
    error: str = ""
    notices: tuple[tuple[str, str], ...] = ()

    @property
    def news(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.error or self.changes is not None or self.notices)


def watch_index(
    settings: Settings,
    stop: threading.Event,
    *,
    encoder: Encoder | None = None,
    ready: Callable[[], None] | None = None,
    known: BuildReport | None = None,
) -> Iterator[Looked]:
    """Build once, and whenever something below a root of the index changes; yield what each build changed.

    Ends when `stop` is set. Looks that found nothing new yield nothing. `ready` is called once the folders are watched;
    `known` is the report of the last build, whose notices are not given again.
    """
    index_dir = settings.index
    # What came before the folders were watched is looked at once.
    waiting = True
    while not stop.is_set():
        origins = live_origins(index_dir)
        seen, folders = _signature(index_dir, origins), _folders(index_dir, origins)
        if ready is not None:
            ready()
            ready = None
        for changed in _changes(index_dir, folders, stop):
            if stop.is_set():
                return
            if not (changed or waiting or _signature(index_dir, live_origins(index_dir)) != seen):
                continue
            waiting = False
            looked = _look(settings, encoder, stop, known)
            if looked is not None:
                known = looked.report or known
                if looked.news:
                    yield looked
            origins = live_origins(index_dir)
            seen = _signature(index_dir, origins)
            if _folders(index_dir, origins) != folders:
                waiting = True
                break


def _changes(index_dir: Path, folders: Sequence[Path], stop: threading.Event) -> Iterator[bool]:
    """Whether something changed in the folders since the last time; every two seconds, and at once where it did.

    What changes while nobody asks is told the next time.
    """
    from watchfiles import watch

    if not folders:
        while not stop.wait(_LOOK / 1000):
            yield False
        return
    inside = (index_dir.resolve(), (index_dir / SEEDS).resolve())
    for changes in watch(
        *folders, debounce=1600, step=_QUIET, stop_event=stop, yield_on_timeout=True, rust_timeout=_LOOK,
        watch_filter=lambda _change, path: _concerns(Path(path), *inside), raise_interrupt=True,
    ):  # fmt: skip
        yield bool(changes)


def _concerns(path: Path, index_dir: Path, seeds: Path) -> bool:
    """Whether a change may be one of pages: what the index writes into its own folder is none."""
    if path.name.startswith(".") and path.suffix != ".icloud":
        return False
    return seeds in path.parents or (path != index_dir and index_dir not in path.parents)


def _folders(index_dir: Path, origins: Origins) -> list[Path]:
    """The folders that the system is asked to tell about."""
    found = []
    for root in {*origins.roots, SEEDS}:
        path = fixed_folder(Path(root)) if root in origins.patterns else root_path(index_dir, root)
        if path.is_dir():
            found.append(path.resolve())
    return sorted(path for path in found if not any(other in path.parents for other in found))


def _signature(index_dir: Path, origins: Origins) -> Signature:
    """What tells that a root itself came, went or changed."""
    found = []
    for root in sorted({*origins.roots, SEEDS}):
        path = root_path(index_dir, root)
        try:
            status = path.stat()
        except OSError:
            continue
        is_folder = path.is_dir()
        found.append((root, 0 if is_folder else status.st_mtime_ns, status.st_ino if is_folder else status.st_size))
    return tuple(found)


def _look(
    settings: Settings, encoder: Encoder | None, stop: threading.Event, known: BuildReport | None
) -> Looked | None:
    """One build; None where it is time to stop."""
    before = _library(settings.index)
    while True:
        try:
            report = build_index(index=settings.index, settings=settings, encoder=encoder)
            break
        except IndexBusyError:
            if stop.wait(_PATIENCE):
                return None
        except SidebysideError as error:
            return Looked(error=str(error))
    told = {*known.skipped, *known.warnings} if known is not None else set()
    notices = tuple(pair for pair in dict.fromkeys((*report.skipped, *report.warnings)) if pair not in told)
    changes = diff_libraries(before, _library(settings.index)) if report.published else None
    return Looked(report, changes, notices=notices)


def _library(index_dir: Path) -> Library:
    name = versions.current_name(index_dir)
    try:
        return library_of(find_version(index_dir, name)) if name else Library(())
    except IndexMissingError:
        return Library(())


class Watcher:
    """Watches in a thread, for a page with a switch. `told` holds the latest looks with their times, newest last."""

    def __init__(self, settings: Settings, *, encoder: Encoder | None = None) -> None:
        self._settings = settings
        self._encoder = encoder
        self._guard = threading.Lock()
        self._stop: threading.Event | None = None
        self.told: list[tuple[float, Looked]] = []

    @property
    def running(self) -> bool:
        return self._stop is not None

    def start(self) -> None:
        """Begin, unless it runs already. What changed before is looked at, too."""
        with self._guard:
            if self._stop is None:
                self._stop = threading.Event()
                threading.Thread(target=self._run, args=(self._stop,), name="watch-pages", daemon=True).start()

    def stop(self) -> None:
        """End it; harmless where it does not run."""
        with self._guard:
            if self._stop is not None:
                self._stop.set()
                self._stop = None

    def _run(self, stop: threading.Event) -> None:
        try:
            for looked in watch_index(self._settings, stop, encoder=self._encoder):
                self._tell(looked)
        except Exception:
            log.exception("watching the folders failed")
            self._tell(Looked(error="The folders are no longer watched; `sidebyside doctor` says more."))
        finally:
            with self._guard:
                if self._stop is stop:
                    self._stop = None

    def _tell(self, looked: Looked) -> None:
        self.told = [*self.told, (time.time(), looked)][-20:]
