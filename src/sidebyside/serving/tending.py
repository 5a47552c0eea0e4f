"""What people and programs are told of the pages of a library, without a path of this machine, and changes by hand."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from sidebyside.building.seeds import safe_name
from sidebyside.building.standing import PageStanding, library_standing
from sidebyside.errors import SidebysideError
from sidebyside.records import BuildReport
from sidebyside.serving.problems import NotHereError
from sidebyside.settings import Settings

Tell = Callable[[str, int, int], None]


class FactChanged(BaseModel):
    """One label of one artifact: its values before and after; none where there was none."""

    artifact: str
    label: str
    before: list[str]
    after: list[str]


class CapabilityChanged(BaseModel):
    """A capability that comes (`before` empty), goes (`after` empty) or is worded differently in `changed` parts."""

    artifact: str
    before: str
    after: str
    changed: list[str]


class Changes(BaseModel):
    """What a change adds, takes away and alters; artifacts by label."""

    artifacts_added: list[str]
    artifacts_removed: list[str]
    facts: list[FactChanged]
    capabilities: list[CapabilityChanged]


class Replaced(BaseModel):
    """A page of the library, `old`, that gives way to the file `new`."""

    old: str
    new: str
    changes: Changes


class Removing(BaseModel):
    """What removing pages takes away; asking again with `confirm` does it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "pages": ["lantern.md"],
                "changes": {
                    "artifacts_added": [],
                    "artifacts_removed": ["Paper Lantern"],
                    "facts": [],
                    "capabilities": [],
                },
                "confirm": "5d41402abc4b2a76",
            }
        }
    )

    pages: list[str]
    changes: Changes
    confirm: str


class PageHere(BaseModel):
    """A page of the library and where it stands.

    `version` is the beginning of its file's hash, `read` when it was first read with these contents, `date` its own
    date. `given` pages were handed over, the others lie in a watched folder. `newer` names a later version beside it.
    """

    source: str
    artifacts: list[str]
    format: str
    title: str
    url: str
    date: str
    read: str
    version: str
    given: bool
    stale: bool
    newer: str

    @classmethod
    def of(cls, page: PageStanding) -> PageHere:
        return cls(
            source=page.source,
            artifacts=list(page.artifacts),
            format=page.format,
            title=page.title,
            url=page.url,
            date=page.date,
            read=page.read,
            version=page.version,
            given=page.given,
            stale=page.stale,
            newer=page.newer,
        )


class PagesHere(BaseModel):
    """A stretch of the pages, by name; `undo` is what the last change by hand was, "" where it cannot be taken back."""

    pages: list[PageHere]
    total: int
    generation: str
    undo: str = Field(default="")


class VersionHere(BaseModel):
    """A version of the library that can be looked back at: its name, and when it was built (UTC, ISO)."""

    name: str
    created: str


class Compared(BaseModel):
    """What changed from one version to another."""

    old: VersionHere
    new: VersionHere
    changes: Changes


def list_versions(settings: Settings) -> list[VersionHere]:
    """The versions that can be compared, latest first."""
    from sidebyside.building.kept import kept_versions

    return [VersionHere(name=version.name, created=version.created) for version in kept_versions(settings.index)]


def compare_versions(settings: Settings, old: str, new: str) -> Compared:
    """What changed between two versions, each by its name or a day; without them by the last rebuild.

    Raises NotHereError for one that is not kept, or where there is one version only.
    """
    from sidebyside.building.kept import changes_between, find_version, kept_versions

    there = kept_versions(settings.index)
    if not old and len(there) < 2:
        raise NotHereError("there is one version of the library only")
    try:
        before = find_version(settings.index, old) if old else there[1]
        after = find_version(settings.index, new) if new else there[0]
    except SidebysideError as error:
        raise NotHereError(without_paths(str(error), settings)) from None
    changes = changes_between(before, after)
    return Compared(
        old=VersionHere(name=before.name, created=before.created),
        new=VersionHere(name=after.name, created=after.created),
        changes=Changes.model_validate(changes.to_dict()),
    )


def list_pages(settings: Settings, older_than: str, offset: int, limit: int) -> PagesHere:
    """The pages of the library. Raises SettingsError for what is no date."""
    standing = library_standing(settings.index, older_than=older_than)
    shown = [PageHere.of(page) for page in standing.pages[offset : offset + limit]]
    return PagesHere(pages=shown, total=len(standing.pages), generation=standing.version, undo=standing.undo)


def preview_files(files: Sequence[Path], settings: Settings) -> list[Replaced]:
    """What taking these files in would replace."""
    from sidebyside.building.preview import preview_pages

    return [
        Replaced(old=item.old, new=item.new, changes=Changes.model_validate(item.changes.to_dict()))
        for item in preview_pages(files, index=settings.index, settings=settings)
    ]


def preview_uploads(files: Sequence[tuple[str, BinaryIO]], settings: Settings) -> list[Replaced]:
    """What taking these (name, content) files in would replace; none of them is kept."""
    with tempfile.TemporaryDirectory(prefix="sidebyside-preview-") as folder:
        return preview_files(keep_uploads(files, Path(folder)), settings)


def preview_text(text: str, name: str, url: str, settings: Settings) -> list[Replaced]:
    """What taking pasted text in would replace. Raises PageError where it is no page."""
    from sidebyside.building.pasting import paste_page

    with tempfile.TemporaryDirectory(prefix="sidebyside-paste-") as folder:
        limit, index = settings.max_page_bytes, settings.index
        file = paste_page(text, Path(folder), name=name, url=url, max_bytes=limit, replaces_in=index)
        return preview_files([file], settings)


def preview_removing(names: Sequence[str], settings: Settings) -> Removing:
    """What removing pages would change, and the word that confirms it. Raises NotHereError for what is no page."""
    from sidebyside.building.preview import preview_removal

    standing = library_standing(settings.index)
    known = {page.source for page in standing.pages}
    for name in names:
        if name not in known:
            raise NotHereError(f"there is no page {name!r} in the library; pages are listed at /api/pages")
    removal = preview_removal(names, index=settings.index)
    return Removing(
        pages=list(removal.pages),
        changes=Changes.model_validate(removal.changes.to_dict()),
        confirm=confirmation(standing.version, *sorted(removal.pages)),
    )


def confirmation(*parts: str) -> str:
    """A word that somebody can only know who has been told what would happen to just this library."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def check_confirmation(given: str, wanted: str) -> None:
    """Raises SidebysideError unless the word is the one for the library as it is now."""
    if given != wanted:
        raise SidebysideError("the library has changed since, or `confirm` is another change's; ask again without it")


def keep_uploads(files: Sequence[tuple[str, BinaryIO]], folder: Path) -> list[Path]:
    """Write (name, content) files below `folder`, each into a folder of its own: several may have one name."""
    paths = []
    for number, (name, content) in enumerate(files):
        path = folder / str(number) / safe_name(name)
        path.parent.mkdir()
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
        paths.append(path)
    return paths


def add_files(
    files: Sequence[Path], settings: Settings, progress: Tell, *, replace_earlier: bool = True
) -> BuildReport:
    """Take files into the library of these settings."""
    from sidebyside.building.build import add_pages

    return add_pages(files, index=settings.index, settings=settings, progress=progress, replace_earlier=replace_earlier)


def remove_pages(names: Sequence[str], settings: Settings, progress: Tell) -> BuildReport:
    """Take pages out of the library; what the report tells of other files is left out."""
    from sidebyside.building.build import build_index

    report = build_index(index=settings.index, settings=settings, progress=progress, remove=names)
    return replace(report, skipped=(), warnings=())


def undo_change(settings: Settings, progress: Tell) -> BuildReport:
    """Take back the last change by hand; what the report tells of other files is left out."""
    from sidebyside.building.build import undo_build

    report = undo_build(index=settings.index, settings=settings, progress=progress)
    return replace(report, skipped=(), warnings=())


def without_paths(text: str, settings: Settings) -> str:
    """A message as somebody on another machine may read it."""
    for path in (str(settings.index.resolve()), str(settings.index)):
        if len(path) > 1 and Path(path).is_absolute():
            text = text.replace(f" in {path}", "").replace(path, "the index")
    return text.replace(tempfile.gettempdir() + "/", "")
