"""What the Library tab does with pages: paste, replace, remove, take back, watch, and tell what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sidebyside.app.adding import Added, change
from sidebyside.app.tending_view import changed_html, pages_html, removing_html, replacing_html, watched_html
from sidebyside.serving.tending import (
    check_confirmation,
    preview_removing,
    remove_pages,
    undo_change,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.records import BuildReport
    from sidebyside.serving.background import Progress, Tell
    from sidebyside.settings import Settings

Steps = Iterator["Progress | Added"]


class Tending:
    """The pages behind the Library tab. What it is told by a browser it looks up in the library before it acts."""

    def __init__(self, settings: Settings) -> None:
        from sidebyside.building.watching import Watcher

        self._settings = settings
        self.watcher = Watcher(settings)

    def pages(self) -> str:
        """Where every page stands."""
        from sidebyside.building.kept import kept_versions
        from sidebyside.building.standing import library_standing

        return pages_html(library_standing(self._settings.index), kept_versions(self._settings.index))

    def replacing(self, files: Sequence[Path], of: str) -> str:
        """What these files would replace, to be decided; "" where they replace nothing."""
        from sidebyside.building.preview import preview_pages

        replaced = preview_pages(files, index=self._settings.index, settings=self._settings)
        return replacing_html(replaced, of) if replaced else ""

    def replacing_text(self, text: str, name: str, url: str) -> str:
        """The same for pasted text. Raises PageError where it is no page."""
        from sidebyside.building.pasting import paste_page

        with TemporaryDirectory(prefix="sidebyside-paste-") as folder:
            limit, index = self._settings.max_page_bytes, self._settings.index
            file = paste_page(text, Path(folder), name=name, url=url, max_bytes=limit, replaces_in=index)
            return self.replacing([file], "text")

    def removing(self, name: str) -> str:
        """What would go with a page, to be decided. Raises NotHereError for what is no page."""
        from sidebyside.building.preview import preview_removal

        told = preview_removing([name], self._settings)
        return removing_html(preview_removal([name], index=self._settings.index), told.confirm)

    def remove(self, name: str, word: str) -> Steps:
        """Take a page out. Raises SidebysideError where the library has changed since the asking."""
        check_confirmation(word, preview_removing([name], self._settings).confirm)
        return self._do("removing a page", lambda tell: remove_pages([name], self._settings, tell))

    def take_back(self) -> Steps:
        """Take back the last change by hand."""
        return self._do("taking a change back", lambda tell: undo_change(self._settings, tell))

    def _do(self, name: str, work: Callable[[Tell], BuildReport]) -> Steps:
        return change(work, self._settings, name=name)

    def compare(self, old: str, new: str) -> str:
        """What changed between two versions. Raises SidebysideError for one that is not kept."""
        from sidebyside.building.kept import changes_between, find_version

        before, after = (find_version(self._settings.index, name) for name in (old, new))
        built = [version.created[:19].replace("T", " ") for version in (before, after)]
        return changed_html(built[0], built[1], changes_between(before, after))

    def watch(self, on: bool) -> None:
        """Switch watching on or off, for everybody at this page."""
        if on:
            self.watcher.start()
        else:
            self.watcher.stop()

    def watched(self) -> str:
        """What watching has noticed."""
        return watched_html(self.watcher.told, self.watcher.running)
