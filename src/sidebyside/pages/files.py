"""A file that may be a page, on disk or in a zip archive, and its bytes."""

from __future__ import annotations

import stat
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sidebyside.errors import PageError

# The default of the setting max_page_bytes: a saved page with its pictures in it has 6 MB easily.
MAX_BYTES = 25_000_000


@dataclass(frozen=True, slots=True)
class CollectedFile:
    """A file that may be a page.

    `source` is the name that citations show, unique in its collection; `root` the folder, archive or file that was
    asked for; `path` the file on disk, and `member` the name inside it where that file is an archive.
    """

    source: str
    root: Path
    path: Path
    member: str | None = None
    max_bytes: int = MAX_BYTES

    def read(self) -> bytes:
        """The file's bytes, at most one more than `max_bytes`. Raises PageError."""
        try:
            # Opening a pipe would wait for somebody to write into it.
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise PageError(self.source, "not a regular file")
            if self.member is None:
                with self.path.open("rb") as file:
                    return file.read(self.max_bytes + 1)
            with open_archive(self.path, version(self.path)).open(self.member) as member:
                return member.read(self.max_bytes + 1)
        except OSError as error:
            raise PageError(self.source, f"cannot be opened: {error.strerror or error}") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, KeyError):
            raise PageError(self.source, "cannot be unpacked: damaged, encrypted or of an unknown kind") from None


def version(path: Path) -> tuple[int, int]:
    """(time, size) of a file, which change when it does."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def open_archive(path: Path, version: tuple[int, int]) -> zipfile.ZipFile:  # noqa: ARG001
    """Reading the directory of a large archive for each of its members would take hours; ZipFile closes itself."""
    return zipfile.ZipFile(path)
