"""Uploads on their way into the library, one at a time, in the background.

A job's state is a file in the index folder: whichever worker process is asked, it can tell how far the job is.
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import psutil
from pydantic import ValidationError

from sidebyside.errors import BusyError, IndexBusyError, SidebysideError
from sidebyside.seeds import safe_name
from sidebyside.server.models import Job
from sidebyside.server.problems import Problem, kind_of, status_of

if TYPE_CHECKING:
    from sidebyside.records import BuildReport
    from sidebyside.settings import Settings

log = logging.getLogger(__name__)

MAX_WAITING = 8
MAX_KEPT = 100
# Seconds between two notes of progress, and until another process must have ended its build.
_NOTE_EVERY = 0.2
_PATIENCE = 900.0
FAILED = "The index could not be built; the one before is still in use. `sidebyside doctor` says more."
ENDED = "The server ended before the job was done; upload the files again."

Build = Callable[[Sequence[Path], "Settings", Callable[[str, int, int], None]], "BuildReport"]


class _Record(Job):
    """A job with the process that does it, so that others can tell when nobody does it any longer."""

    pid: int
    started: float

    def shown(self) -> Job:
        return Job(**self.model_dump(exclude={"pid", "started"}))


def build(files: Sequence[Path], settings: Settings, progress: Callable[[str, int, int], None]) -> BuildReport:
    """Take files into the library of these settings."""
    from sidebyside.indexing import add_pages

    return add_pages(files, index=settings.index, settings=settings, progress=progress)


class Jobs:
    """The uploads of one process; their states are shared with the other processes on the same index."""

    def __init__(self, settings: Settings, work: Build = build) -> None:
        self._settings = settings
        self._build = work
        self._folder = settings.index / "jobs"
        self._waiting: queue.Queue[tuple[_Record, Path] | None] = queue.Queue(MAX_WAITING)
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, files: Sequence[tuple[str, BinaryIO]]) -> Job:
        """Take (name, content) files as a new job. Raises BusyError when too many wait already."""
        if self._waiting.full() or self._ending.is_set():
            raise BusyError("Many uploads are waiting already. Please try again shortly.")
        place = Path(tempfile.mkdtemp(prefix="sidebyside-upload-"))
        try:
            names = [_keep(name, content, place / str(number)) for number, (name, content) in enumerate(files)]
            own = psutil.Process()
            record = _Record(
                id=secrets.token_hex(8), state="waiting", files=names, pid=own.pid, started=own.create_time()
            )
            self._note(record)
            self._waiting.put_nowait((record, place))
        except BaseException as error:
            shutil.rmtree(place, ignore_errors=True)
            if isinstance(error, queue.Full):
                raise BusyError("Many uploads are waiting already. Please try again shortly.") from None
            raise
        self._start()
        return record.shown()

    def get(self, job_id: str) -> Job | None:
        """The job with this id, None where there is none (any longer)."""
        record = self._read(self._path(job_id))
        if record is None:
            return None
        if record.state in ("waiting", "running") and not _alive(record):
            return _failed(record, "server-ended", 503, ENDED).shown()
        return record.shown()

    def close(self) -> None:
        """Take no more jobs; the one that is running ends by itself, those that wait are given up."""
        self._ending.set()
        while True:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is not None:
                self._note(_failed(item[0], "server-ended", 503, ENDED))
                shutil.rmtree(item[1], ignore_errors=True)
        self._waiting.put(None)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="build-jobs", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            record, place = item
            try:
                self._note(self._done(record, place))
            except Exception:
                log.exception("job %s could not be noted", record.id)
            finally:
                shutil.rmtree(place, ignore_errors=True)

    def _done(self, record: _Record, place: Path) -> _Record:
        """The job when it has ended, well or not."""
        try:
            report = self._patiently(record, sorted(path for path in place.rglob("*") if path.is_file()))
            return record.model_copy(update={"state": "done", "report": report})
        except SidebysideError as error:
            return _failed(record, kind_of(error), status_of(error), str(error))
        except Exception:
            log.exception("job %s failed", record.id)
            return _failed(record, "build-failed", 500, FAILED)

    def _patiently(self, record: _Record, files: Sequence[Path]) -> BuildReport:
        """Build, after whoever else is building has finished. Raises what the build raises."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return self._build(files, self._settings, self._progress(record))
            except IndexBusyError:
                if time.monotonic() > deadline or self._ending.wait(0.5):
                    raise

    def _progress(self, record: _Record) -> Callable[[str, int, int], None]:
        noted = 0.0

        def tell(stage: str, done: int, total: int) -> None:
            nonlocal noted
            if time.monotonic() - noted > _NOTE_EVERY:
                noted = time.monotonic()
                step = {"state": "running", "stage": stage, "done": done, "total": total}
                self._note(record.model_copy(update=step))

        return tell

    def _note(self, record: _Record) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(record.id)
        part = path.with_suffix(".part")
        part.write_text(record.model_dump_json(), "utf-8")
        part.replace(path)
        kept = sorted(self._folder.glob("*.json"), key=os.path.getmtime)
        for old in kept[:-MAX_KEPT]:
            old.unlink(missing_ok=True)

    def _path(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"

    @staticmethod
    def _read(path: Path) -> _Record | None:
        try:
            return _Record.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None


def _keep(name: str, content: BinaryIO, folder: Path) -> str:
    """Write one uploaded file into a folder of its own; returns the name it has there."""
    folder.mkdir()
    path = folder / safe_name(name)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
    return path.name


def _failed(record: _Record, kind: str, status: int, detail: str) -> _Record:
    error = Problem(type=f"urn:sidebyside:{kind}", title="The pages were not added", status=status, detail=detail)
    return record.model_copy(update={"state": "failed", "error": error})


def _alive(record: _Record) -> bool:
    """Whether the process that took the job is still there (and not another one with its number)."""
    try:
        return abs(psutil.Process(record.pid).create_time() - record.started) < 1
    except psutil.Error:
        return False
