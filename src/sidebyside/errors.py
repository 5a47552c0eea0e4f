"""The errors people can meet.

SidebysideError                 everything this package raises on purpose
├── PageError                   a page cannot be read: file, line where known, reason
├── NoPageError                 of the files that were handed over, none holds a page
├── LibraryIndexError           the index on disk
│   ├── IndexMissingError       nothing has been built yet
│   ├── IndexDamagedError       a version does not match its manifest
│   ├── IndexMismatchError      it was built with another encoder or by another version
│   └── IndexBusyError          another process is building
├── ModelError                  weights on disk
│   ├── ModelMissingError       not installed
│   ├── ModelDamagedError       size or hash differs from the catalogue
│   └── DownloadError           no source could deliver
├── GenerationError             the model process died, timed out, or its queue is full
├── BusyError                   more is asked at once than is taken on; later it will be
├── QuestionSetError            a file of evaluation questions cannot be read: file, line where known, reason
├── RecordError                 a decision record cannot be read or written: file, reason
└── SettingsError               a setting has an unusable value

Every message says what failed, where, and the next step, in one line.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class SidebysideError(Exception):
    """Base of every error that this package raises on purpose."""


class PageError(SidebysideError):
    """A page cannot be read.

    `source` is the file name, `reason` what is wrong with it, `line` the 1-based line where that is known.
    """

    def __init__(self, source: str, reason: str, line: int | None = None) -> None:
        self.source = source
        self.reason = reason
        self.line = line
        where = source if line is None else f"{source}, line {line}"
        super().__init__(f"{where}: {reason}")


class NoPageError(SidebysideError):
    """Of the files that were handed over, none holds a page; `skipped` has (file, reason) of each."""

    def __init__(self, skipped: Sequence[tuple[str, str]]) -> None:
        self.skipped = tuple(skipped)
        told = "; ".join(f"{name}: {reason}" for name, reason in self.skipped[:3]) or "there is no file"
        more = f"; and {len(self.skipped) - 3} more" if len(self.skipped) > 3 else ""
        super().__init__(f"no page could be read: {told}{more}. The library is as it was")


class LibraryIndexError(SidebysideError):
    """The index on disk cannot be used."""


class IndexMissingError(LibraryIndexError):
    """Nothing has been built yet."""


class IndexDamagedError(LibraryIndexError):
    """A version does not match its manifest."""


class IndexMismatchError(LibraryIndexError):
    """The index was built with another encoder or by another version."""


class IndexBusyError(LibraryIndexError):
    """Another process is building."""


class ModelError(SidebysideError):
    """Model weights cannot be used."""


class ModelMissingError(ModelError):
    """The weights are not installed."""


class ModelDamagedError(ModelError):
    """The weights differ from the catalogue in size or hash."""


class DownloadError(ModelError):
    """No source could deliver the weights."""


class GenerationError(SidebysideError):
    """The model process died, timed out, or its queue is full."""


class BusyError(SidebysideError):
    """More is asked at once than is taken on; the same will be done later."""


class SettingsError(SidebysideError):
    """A setting has an unusable value."""


class QuestionSetError(SidebysideError):
    """A file of evaluation questions cannot be read; arguments as for PageError."""

    def __init__(self, source: str, reason: str, line: int | None = None) -> None:
        self.source = source
        self.reason = reason
        self.line = line
        where = source if line is None else f"{source}, line {line}"
        super().__init__(f"{where}: {reason}")


def no_room(error: OSError) -> str:
    """What is full and what to do, "" for an error of the file system that is about something else."""
    from tempfile import gettempdir

    told = error.strerror or str(error)
    if told.startswith("No usable temporary directory"):
        return f"{told}; make room in one of them, or set TMPDIR to a folder that can be written"
    if error.errno not in _NO_ROOM:
        return ""
    # Writing into an open file tells no name.
    where = error.filename or f"the temporary folder {gettempdir()}, or else the disk of the index"
    return f"{where}: {told}; make room there, or set TMPDIR to another folder"


class RecordError(SidebysideError):
    """A decision record cannot be read or written; `source` is the file, `reason` what is wrong with it."""

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source}: {reason}")
