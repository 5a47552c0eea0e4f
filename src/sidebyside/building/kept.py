"""Versions of the library that can be looked back at, and what the live one remembers.

index/history/<time>~<name>.jsonl.gz   the library of an earlier version, after the version itself has been deleted
"""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sidebyside.building.origins import Origins
from sidebyside.errors import SidebysideError
from sidebyside.index import versions
from sidebyside.index.opened import ORIGINS
from sidebyside.library import LibraryDiff, diff_libraries, read_library, read_pages
from sidebyside.records import Library, Page

HISTORY = "history"
# Versions that are kept, and the bytes all of them may take.
MOST_KEPT = 50
_MOST_BYTES = 300_000_000
_TIME = "%Y%m%dT%H%M%S.%fZ"
_DAY = re.compile(r"\d{4}-[01]\d-[0-3]\d")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the library: its name and when it was published (UTC, ISO)."""

    name: str
    created: str
    path: Path


def live_pages(index_dir: Path) -> list[Page]:
    """The pages of the live version; none where there is none."""
    folder = _live(index_dir)
    return list(read_pages(folder / "pages.jsonl")) if folder else []


def live_origins(index_dir: Path) -> Origins:
    """Where the pages of the live version come from."""
    folder = _live(index_dir)
    return Origins.loads((folder / ORIGINS).read_text("utf-8")) if folder else Origins()


def _live(index_dir: Path) -> Path | None:
    name = versions.current_name(index_dir)
    folder = index_dir / "generations" / str(name)
    return folder if name and (folder / "pages.jsonl").is_file() else None


def keep_library(index_dir: Path, name: str) -> None:
    """Keep the library of a version that has just been published; the oldest ones make room."""
    folder = index_dir / HISTORY
    folder.mkdir(exist_ok=True)
    path = folder / f"{datetime.now(UTC).strftime(_TIME)}~{name}.jsonl.gz"
    part = path.with_suffix(".part")
    plain = index_dir / "generations" / name / "library.jsonl"
    with plain.open("rb") as library, gzip.open(part, "wb", compresslevel=3) as packed:
        shutil.copyfileobj(library, packed)
    part.replace(path)
    size = 0
    for number, old in enumerate(sorted(folder.glob("*~*.jsonl.gz"), reverse=True)):
        size += old.stat().st_size
        if number >= MOST_KEPT or (number and size > _MOST_BYTES):
            old.unlink()


def kept_versions(index_dir: Path) -> list[Version]:
    """Every version that can be looked back at, newest first."""
    found: dict[str, Version] = {}
    for path in (index_dir / HISTORY).glob("*~*.jsonl.gz"):
        time, _, rest = path.name.partition("~")
        with suppress(ValueError):
            created = datetime.strptime(time, _TIME).replace(tzinfo=UTC).isoformat()
            version = Version(rest.removesuffix(".jsonl.gz"), created, path)
            # A name can come again after its version is gone.
            if version.name not in found or found[version.name].created < created:
                found[version.name] = version
    for name in filter(None, [versions.current_name(index_dir), *versions.other_names(index_dir, None)]):
        path = index_dir / "generations" / name / "library.jsonl"
        if name not in found and path.is_file():
            with suppress(SidebysideError):
                found[name] = Version(name, versions.read_manifest(path.parent).created, path)
    return sorted(found.values(), key=lambda version: (version.created, version.name), reverse=True)


def find_version(index_dir: Path, which: str) -> Version:
    """The version of this name (or its beginning), or the last one published up to a day (YYYY-MM-DD).

    Raises SidebysideError naming those there are.
    """
    there = kept_versions(index_dir)
    if not there:
        raise versions.missing_error(index_dir)
    if _DAY.fullmatch(which):
        fitting = [version for version in there if version.created[:10] <= which]
    else:
        fitting = [version for version in there if version.name == which]
        fitting = fitting or [version for version in there if which and version.name.startswith(which)]
        if len(fitting) > 1:
            fitting = []
    if not fitting:
        known = ", ".join(f"{version.name} ({version.created[:10]})" for version in there[:5])
        raise SidebysideError(f"no version {which!r} is kept; the latest are {known}")
    return fitting[0]


def library_of(version: Version) -> Library:
    """The library of a kept version."""
    if version.path.suffix != ".gz":
        return read_library(version.path)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "library.jsonl"
        with gzip.open(version.path) as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file)
        return read_library(plain)


def changes_between(old: Version, new: Version) -> LibraryDiff:
    """What changed from one version to another."""
    return diff_libraries(library_of(old), library_of(new))
