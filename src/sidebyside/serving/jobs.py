"""Changes of the library on their way, one at a time, in the background: uploads, pasted text, removals, undo.

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
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from sidebyside.building.pasting import paste_page
from sidebyside.errors import BusyError, IndexBusyError, NoPageError, SidebysideError, no_room
from sidebyside.records import BuildReport
from sidebyside.serving.problems import NO_ROOM, Problem, kind_of, status_of
from sidebyside.serving.tending import add_files, keep_uploads, remove_pages, undo_change, without_paths

if TYPE_CHECKING:
    from sidebyside.settings import Settings

log = logging.getLogger(__name__)

MAX_WAITING = 8
MAX_KEPT = 100
# Seconds between two notes of progress, and until another process must have ended its build.
_NOTE_EVERY = 0.2
_PATIENCE = 900.0
TITLES = {"add": "The pages were not added", "remove": "The pages were not removed", "undo": "Nothing was taken back"}
FAILED = "The index could not be built; the one before is still in use. `sidebyside doctor` says more."
ENDED = "The server ended before the job was done; upload the files again."

Change = Literal["add", "remove", "undo"]
Progress = Callable[[str, int, int], None]
Build = Callable[..., "BuildReport"]
# Does the work of one job.
Work = Callable[[Progress], "BuildReport"]


class Job(BaseModel):
    """A change of the library: `files` come, or these pages go. `stage` is "read", "embed" or "store" while it runs."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "0f3c5e7a9b1d2f40",
                "what": "add",
                "state": "running",
                "files": ["lantern.md"],
                "stage": "embed",
                "done": 12,
                "total": 40,
                "report": None,
                "error": None,
            }
        }
    )

    id: str
    what: Change = "add"
    state: Literal["waiting", "running", "done", "failed"]
    files: list[str]
    stage: str = ""
    done: int = 0
    total: int = 0
    report: BuildReport | None = None
    error: Problem | None = None


class _Record(Job):
    """A job with the process that does it, so that others can tell when nobody does it any longer."""

    pid: int
    started: float

    def shown(self) -> Job:
        return Job(**self.model_dump(exclude={"pid", "started"}))


class Jobs:
    """The changes of one process; their states are shared with the other processes on the same index."""

    def __init__(self, settings: Settings, work: Build = add_files) -> None:
        self._settings = settings
        self._build = work
        self._folder = settings.index / "jobs"
        self._waiting: queue.Queue[tuple[_Record, Path, Work] | None] = queue.Queue(MAX_WAITING)
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, files: Sequence[tuple[str, BinaryIO]], *, keep_both: bool = False) -> Job:
        """Take (name, content) files as a new job; with `keep_both` pages that come again stand beside the old ones.

        Raises BusyError when too many wait already.
        """

        def keep(place: Path) -> list[str]:
            return [path.name for path in keep_uploads(files, place)]

        return self._submit("add", keep, keep_both=keep_both)

    def paste(self, text: str, name: str = "", url: str = "", *, keep_both: bool = False) -> Job:
        """Take pasted text as a new job. Raises PageError where it is no page, and as `submit` does."""

        def keep(place: Path) -> list[str]:
            limit, index = self._settings.max_page_bytes, None if keep_both else self._settings.index
            return [paste_page(text, place, name=name, url=url, max_bytes=limit, replaces_in=index).name]

        return self._submit("add", keep, keep_both=keep_both)

    def remove(self, names: Sequence[str]) -> Job:
        """Take pages out as a new job. Raises BusyError when too many wait already."""
        return self._submit("remove", lambda _: list(names))

    def undo(self) -> Job:
        """Take back the last change by hand as a new job. Raises BusyError when too many wait already."""
        return self._submit("undo", lambda _: [])

    def _submit(self, what: Change, keep: Callable[[Path], list[str]], *, keep_both: bool = False) -> Job:
        if self._waiting.full() or self._ending.is_set():
            raise BusyError("Many uploads are waiting already. Please try again shortly.")
        place = Path(tempfile.mkdtemp(prefix="sidebyside-upload-"))
        try:
            names = keep(place)
            own = psutil.Process()
            record = _Record(
                id=secrets.token_hex(8), what=what, state="waiting", files=names, pid=own.pid, started=own.create_time()
            )
            self._note(record)
            self._waiting.put_nowait((record, place, self._work_of(record, place, keep_both)))
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

    def _work_of(self, record: _Record, place: Path, keep_both: bool) -> Work:
        if record.what == "remove":
            return lambda progress: remove_pages(record.files, self._settings, progress)
        if record.what == "undo":
            return lambda progress: undo_change(self._settings, progress)
        options = {"replace_earlier": False} if keep_both else {}
        files = sorted(path for path in place.rglob("*") if path.is_file())
        return lambda progress: self._build(files, self._settings, progress, **options)

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            record, place, work = item
            try:
                self._note(self._done(record, work))
            except Exception:
                log.exception("job %s could not be noted", record.id)
            finally:
                shutil.rmtree(place, ignore_errors=True)

    def _done(self, record: _Record, work: Work) -> _Record:
        """The job when it has ended, well or not."""
        try:
            return record.model_copy(update={"state": "done", "report": self._patiently(record, work)})
        except NoPageError as error:
            failed = _failed(record, kind_of(error), status_of(error), str(error))
            assert failed.error is not None
            errors = [{"loc": ["files", name], "msg": reason} for name, reason in error.skipped]
            return failed.model_copy(update={"error": failed.error.model_copy(update={"errors": errors})})
        except SidebysideError as error:
            return _failed(record, kind_of(error), status_of(error), without_paths(str(error), self._settings))
        except Exception as error:
            log.exception("job %s failed", record.id)
            if isinstance(error, OSError) and (told := no_room(error)):
                return _failed(record, NO_ROOM, HTTPStatus.INSUFFICIENT_STORAGE, without_paths(told, self._settings))
            return _failed(record, "build-failed", 500, FAILED)

    def _patiently(self, record: _Record, work: Work) -> BuildReport:
        """Build, after whoever else is building has finished. Raises what the build raises."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return work(self._progress(record))
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


def _failed(record: _Record, kind: str, status: int, detail: str) -> _Record:
    error = Problem(type=f"urn:sidebyside:{kind}", title=TITLES[record.what], status=status, detail=detail)
    return record.model_copy(update={"state": "failed", "error": error})


def _alive(record: _Record) -> bool:
    """Whether the process that took the job is still there (and not another one with its number)."""
    try:
        return abs(psutil.Process(record.pid).create_time() - record.started) < 1
    except psutil.Error:
        return False
