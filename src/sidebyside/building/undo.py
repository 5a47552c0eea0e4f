"""Keeps what the last change by hand did to the pages, so that it can be taken back until the next build.

index/undo/journal.json     the version that the change published, what to call it, and what was watched before
index/undo/<number>/<name>  files that were taken out of the seeds folder
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sidebyside.building.origins import Origins
from sidebyside.errors import SidebysideError

FOLDER = "undo"
_JOURNAL = "journal.json"


@dataclass
class Undo:
    """One change while it is made: files it took away, files it brought, and the origins before it."""

    index_dir: Path
    what: str
    before: Origins
    moved: list[tuple[Path, Path]] = field(default_factory=list)
    brought: list[Path] = field(default_factory=list)

    def take(self, path: Path) -> None:
        """Move a file out of the way."""
        place = self.index_dir / FOLDER / f"new-{len(self.moved)}" / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
        self.moved.append((path, place))

    def back(self) -> None:
        """Put everything where it was."""
        for path in self.brought:
            path.unlink(missing_ok=True)
        for path, place in reversed(self.moved):
            with suppress(OSError):
                place.replace(path)
                place.parent.rmdir()

    def keep(self, generation: str) -> None:
        """Write down how the change is taken back, now that it has been published; the one before can no longer be."""
        folder = self.index_dir / FOLDER
        names = {place.parent.name for _, place in self.moved}
        if folder.is_dir():
            for old in folder.iterdir():
                if old.name not in names:
                    shutil.rmtree(old) if old.is_dir() else old.unlink()
        folder.mkdir(exist_ok=True)
        moved = []
        for number, (path, place) in enumerate(self.moved):
            kept = folder / str(number)
            place.parent.rename(kept)
            moved.append([path.name, f"{number}/{place.name}"])
        data = {
            "generation": generation,
            "what": self.what,
            "before": self.before.dumps(),
            "moved": moved,
            "brought": [path.name for path in self.brought],
        }
        (folder / _JOURNAL).write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


def undoable(index_dir: Path, generation: str | None) -> str:
    """What the last change was, if it can still be taken back; else ""."""
    data = _read(index_dir)
    return str(data["what"]) if data and data["generation"] == generation else ""


def prepare_undo(index_dir: Path, generation: str | None, now: Origins, seeds: Path) -> tuple[Undo, Origins]:
    """(what to do should the build fail, the origins to build from), with the files back where they were.

    Raises SidebysideError where nothing is left to take back.
    """
    data = _read(index_dir)
    if not data or data["generation"] != generation:
        raise SidebysideError(
            "nothing to take back: the last build was not a change by hand, or pages were built since"
        )
    step = Undo(index_dir, f"taking back: {data['what']}", now)
    for name in data["brought"]:
        if (seeds / name).is_file():
            step.take(seeds / name)
    for name, kept in data["moved"]:
        place = index_dir / FOLDER / kept
        if place.is_file() and not (seeds / name).exists():
            shutil.copyfile(place, seeds / name)
            step.brought.append(seeds / name)
    before = Origins.loads(data["before"])
    return step, Origins(before.roots, now.files, before.removed, before.patterns, before.folders)


def forget_undo(index_dir: Path) -> None:
    """Nothing can be taken back any longer."""
    shutil.rmtree(index_dir / FOLDER, ignore_errors=True)


def _read(index_dir: Path) -> dict[str, Any] | None:
    try:
        data = json.loads((index_dir / FOLDER / _JOURNAL).read_text("utf-8"))
        Origins.loads(data["before"])
        if not {"generation", "what", "moved", "brought"} <= data.keys():
            return None
        found: dict[str, Any] = data
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
