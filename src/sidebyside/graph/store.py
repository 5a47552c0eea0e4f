"""The file of the match graph: an SQLite database that several processes write, bounded in size.

A connection lives for one operation, and each operation is one transaction, so that a process that dies leaves either
all of it or nothing. A file that is no such database is set aside under another name, and a new one begun.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sidebyside.errors import SidebysideError
from sidebyside.records import AskedWish, LedTo

Result = TypeVar("Result")

# Wishes that are kept in a file, over all libraries: those asked longest ago go first. With what each has led to, at
# most, and characters of one wish, a file stays below 20 MB.
MOST_WISHES = 2_000
MOST_LED_TO = 60
MOST_CHARACTERS = 300
# Seconds to wait for other processes that are writing.
_PATIENCE = 5.0
_VERSION = 1
_TABLES = """
CREATE TABLE wishes (
    id INTEGER PRIMARY KEY, library TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,
    times INTEGER NOT NULL, last TEXT NOT NULL, lacking INTEGER NOT NULL, UNIQUE (library, key));
CREATE TABLE led_to (
    wish INTEGER NOT NULL REFERENCES wishes ON DELETE CASCADE, artifact TEXT NOT NULL, capability TEXT NOT NULL,
    times INTEGER NOT NULL, PRIMARY KEY (wish, artifact, capability)) WITHOUT ROWID;
"""
# SQLite's codes for what no waiting mends: another schema, a damaged file, none at all.
_UNREADABLE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})


class _UnreadableError(Exception):
    """The file is not what this module writes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One wish of one match: what met it, as (artifact id, capability id or "").

    `lacking` is None where the match was not about the whole library, and so cannot tell what the library lacks.
    """

    text: str
    led_to: tuple[tuple[str, str], ...]
    lacking: bool | None


class MatchFile:
    """One file of counts. Every call raises SidebysideError where the file cannot be used, and says why."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def set_aside(self) -> Path:
        """Where a file that could not be read lies."""
        return self.path.with_name(f"{self.path.name}.unreadable")

    def count(self, library: str, outcomes: Sequence[Outcome]) -> None:
        """Add one match of `library` (a name for it, such as its path)."""
        now = datetime.now(UTC).isoformat(timespec="seconds")

        def add(file: sqlite3.Connection) -> None:
            for outcome in outcomes:
                _add(file, library, outcome, now)
            # Ids grow: of wishes asked in one second the newer one stays.
            file.execute(
                "DELETE FROM wishes WHERE id IN (SELECT id FROM wishes ORDER BY last DESC, id DESC LIMIT -1 OFFSET ?)",
                (MOST_WISHES,),
            )

        self._with_file(add)

    def read(self, library: str) -> tuple[AskedWish, ...]:
        """The wishes of one library, last asked first."""
        return self._with_file(lambda file: _read(file, library)) if self.path.exists() else ()

    def forget(self, library: str) -> None:
        """Take out everything about one library, and about those that are no longer there, beyond recovery."""

        def clear(file: sqlite3.Connection) -> None:
            known = [str(name) for (name,) in file.execute("SELECT DISTINCT library FROM wishes")]
            gone = [name for name in known if name == library or not Path(name).exists()]
            file.executemany("DELETE FROM wishes WHERE library = ?", [(name,) for name in gone])

        if self.path.exists():
            self._with_file(clear)
        with _translated(self.path):
            self.set_aside.unlink(missing_ok=True)

    def _with_file(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        with _translated(self.path):
            try:
                return self._once(work)
            except _UnreadableError:
                return self._anew(work)

    def _once(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Wishes are somebody's own words: nobody else reads them. SQLite's own files take these rights over.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            with closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as file:
                file.execute("PRAGMA foreign_keys = ON")
                file.execute("PRAGMA secure_delete = ON")
                # Nobody waits for the disk: a power cut may cost the counts, which are then set aside, never an answer.
                file.execute("PRAGMA synchronous = OFF")
                file.execute("BEGIN IMMEDIATE")
                _prepare(file)
                result = work(file)
                file.execute("COMMIT")
                return result
        except (sqlite3.Error, ValueError, TypeError) as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code is None or code & 0xFF in _UNREADABLE:
                raise _UnreadableError(str(error)) from error
            raise

    def _anew(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Set the file aside, an older one giving way, and begin anew; or go on with what another process began."""
        from filelock import FileLock

        with FileLock(f"{self.path}.lock", timeout=_PATIENCE):
            with suppress(_UnreadableError):
                return self._once(work)
            self.path.replace(self.set_aside)
            # A journal that was left of it would be played back into the new file.
            self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
            return self._once(work)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """What SQLite, the lock and the disk raise, as an error that people can read."""
    from filelock import Timeout

    try:
        yield
    except (sqlite3.Error, OSError, Timeout, _UnreadableError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SidebysideError(
            f"the match graph in {path} cannot be used ({reason}); mend that, or set SIDEBYSIDE_MATCHES to another "
            "file or to off"
        ) from error


def _prepare(file: sqlite3.Connection) -> None:
    """The tables of a new file; raises _UnreadableError where others stand in it."""
    (version,) = file.execute("PRAGMA user_version").fetchone()
    if version == _VERSION:
        return
    if version or file.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise _UnreadableError(f"it is a database of something else, or of version {version}")
    for statement in filter(str.strip, _TABLES.split(";")):
        file.execute(statement)
    file.execute(f"PRAGMA user_version = {_VERSION}")


def _add(file: sqlite3.Connection, library: str, outcome: Outcome, now: str) -> None:
    text = outcome.text[:MOST_CHARACTERS]
    (wish,) = file.execute(
        "INSERT INTO wishes (library, key, text, times, last, lacking) VALUES (?1, ?2, ?3, 1, ?4, ifnull(?5, 0)) "
        "ON CONFLICT (library, key) DO UPDATE SET text = ?3, times = times + 1, last = max(last, ?4), "
        "lacking = ifnull(?5, lacking) RETURNING id",
        (library, " ".join(text.casefold().split()), text, now, outcome.lacking),
    ).fetchone()
    file.executemany(
        "INSERT INTO led_to VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1",
        [(wish, artifact, capability) for artifact, capability in outcome.led_to],
    )
    file.execute(
        "DELETE FROM led_to WHERE wish = ?1 AND (artifact, capability) IN (SELECT artifact, capability FROM led_to "
        "WHERE wish = ?1 ORDER BY times DESC, artifact, capability LIMIT -1 OFFSET ?2)",
        (wish, MOST_LED_TO),
    )


def _read(file: sqlite3.Connection, library: str) -> tuple[AskedWish, ...]:
    led: dict[int, list[LedTo]] = {}
    rows = file.execute(
        "SELECT wish, artifact, capability, led_to.times FROM led_to JOIN wishes ON wishes.id = wish WHERE library = ? "
        "ORDER BY led_to.times DESC, artifact, capability",
        (library,),
    )
    for wish, artifact, capability, times in rows:
        led.setdefault(wish, []).append(LedTo(str(artifact), str(capability), int(times)))
    wishes = file.execute(
        "SELECT id, text, times, last, lacking FROM wishes WHERE library = ? ORDER BY last DESC, id DESC", (library,)
    )
    return tuple(
        AskedWish(str(text), int(times), str(last), bool(lacking), tuple(led.get(wish, ())))
        for wish, text, times, last, lacking in wishes
    )
