"""The Library tab: what is in the library, one artifact's page, and dropping in more pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.utils import get_upload_folder

from sidebyside.app.adding import Added, add_dropped
from sidebyside.app.assets import asset
from sidebyside.app.library_view import added_html, artifact_html, library_html, progress_html
from sidebyside.app.markup import message_html
from sidebyside.app.provider import Provider
from sidebyside.app.welcome import current_masthead
from sidebyside.errors import SidebysideError

if TYPE_CHECKING:
    from sidebyside.settings import Settings


class LibraryTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider, settings: Settings, masthead: gr.HTML) -> None:
        self._provider = provider
        self._settings = settings
        plain: dict[str, Any] = {"apply_default_css": False}
        self.files = gr.File(
            label="Text, HTML, Markdown, JSON or zip",
            file_count="multiple",
            elem_id="drop",
            height=130,
        )
        self.report = gr.HTML(elem_id="report", js_on_load=None, **plain)
        self.table = gr.HTML(elem_id="library", js_on_load=asset("library.js"), **plain)
        self.detail = gr.HTML(elem_id="artifact", js_on_load=asset("detail.js"), **plain)
        private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.files.upload(
            self._add,
            inputs=self.files,
            outputs=[self.report, self.table, self.files, masthead],
            concurrency_limit=1,
            **private,
        )
        self.table.select(self._open, outputs=self.detail, queue=False, **private)

    def shown(self) -> str:
        """The table of the library as it is now."""
        try:
            return library_html(self._provider.library())
        except SidebysideError as error:
            return f'<p class="problem">{message_html(str(error))}</p>'

    def _open(self, event: gr.EventData) -> str:
        try:
            library = self._provider.library()
            return artifact_html(library.get(str(event.id)), library)
        except KeyError:
            return '<p class="problem">This artifact is no longer in the library.</p>'
        except SidebysideError as error:
            return f'<p class="problem">{message_html(str(error))}</p>'

    def _add(self, files: list[str] | None) -> Iterator[list[Any]]:
        """Show how far adding is, then the report and the new table; the drop zone is empty again."""
        try:
            for step in add_dropped(files or [], self._settings):
                if isinstance(step, Added):
                    table = library_html(step.library) if step.library else gr.skip()
                    yield [added_html(step), table, None, current_masthead(self._provider)]
                else:
                    yield [progress_html(step), gr.skip(), gr.skip(), gr.skip()]
        finally:
            _discard(files or [])


def _discard(files: list[str]) -> None:
    """Remove what gradio kept of the dropped files; each lies in a folder of its own below its upload folder."""
    uploads = Path(get_upload_folder()).resolve()
    for file in map(Path, files):
        if uploads in file.resolve().parents:
            with suppress(OSError):
                file.unlink()
                file.parent.rmdir()
