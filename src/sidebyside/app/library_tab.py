"""The Library tab: what is in the library, one artifact's page, taking pages in, and tending those that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.utils import get_upload_folder

from sidebyside.app.adding import Added, add_dropped, add_pasted
from sidebyside.app.assets import asset
from sidebyside.app.graph_view import graph_html
from sidebyside.app.library_view import added_html, artifact_html, library_html, progress_html
from sidebyside.app.markup import message_html
from sidebyside.app.tending import Steps, Tending
from sidebyside.app.tending_view import refused_html
from sidebyside.app.welcome import current_masthead
from sidebyside.errors import SidebysideError
from sidebyside.graph import MatchGraph
from sidebyside.serving.provider import Provider

if TYPE_CHECKING:
    from sidebyside.records import Library
    from sidebyside.settings import Settings

_MAX_PASTED = 2_000_000
# Seconds between two looks at what watching has noticed.
_LOOK_EVERY = 2.0


class LibraryTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider, settings: Settings, masthead: gr.HTML) -> None:
        self._provider = provider
        self._settings = settings
        self.tending = Tending(settings)
        self._graph = MatchGraph(settings)
        plain: dict[str, Any] = {"apply_default_css": False}
        self.files = gr.File(
            label="Any saved page, or a zip of them", file_count="multiple", elem_id="drop", height=130
        )
        with gr.Accordion("Paste a page", open=False, elem_id="paste"):
            self.text = gr.Textbox(label="Text, Markdown or HTML", lines=6, max_lines=16, max_length=_MAX_PASTED)
            with gr.Row():
                self.name = gr.Textbox(label="Name (may be left out)", max_length=200)
                self.url = gr.Textbox(label="Address it is from (may be left out)", max_length=2000)
            self.paste = gr.Button("Add the page", elem_id="paste-add")
        self.report = gr.HTML(elem_id="report", js_on_load=asset("pages.js"), **plain)
        self.table = gr.HTML(elem_id="library", js_on_load=asset("library.js"), **plain)
        self.pages = gr.HTML(elem_id="pages", js_on_load=asset("pages.js"), **plain)
        self.watch = gr.Checkbox(
            label="Watch the folders: look again when something in them changes", elem_id="watch", container=False
        )
        self.noticed = gr.HTML(elem_id="noticed", js_on_load=None, **plain)
        self.detail = gr.HTML(elem_id="artifact", js_on_load=asset("detail.js"), **plain)
        self._timer = gr.Timer(_LOOK_EVERY, active=False)
        self._seen = gr.State(0.0)
        self._masthead = masthead
        self._bind()

    def _bind(self) -> None:
        private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        changing = private | {"outputs": self._changed, "concurrency_limit": 1}
        waiting = [self.files, self.text, self.name, self.url]
        self.files.upload(self._add, inputs=self.files, **changing)
        self.paste.click(self._paste, inputs=[self.text, self.name, self.url], **changing)
        self.report.confirm_replace(self._replace, inputs=waiting, **changing)
        self.report.keep_both(self._keep_both, inputs=waiting, **changing)
        self.report.leave(self._leave, inputs=self.files, **changing)
        self.report.confirm_remove(self._remove, **changing)
        self.pages.take_back(self._take_back, **changing)
        self.pages.ask_remove(self._ask_remove, outputs=self.report, **private)
        self.pages.compare(self._compare, outputs=self.report, **private)
        self.table.select(self._open, outputs=self.detail, queue=False, **private)
        self.table.counting(self._switch, outputs=self.table, queue=False, **private)
        self.table.forget(self._forget, outputs=self.table, queue=False, **private)
        self.watch.input(self._watch, inputs=self.watch, outputs=[self.noticed, self._timer], queue=False, **private)
        noticed = [self.noticed, self.table, self.pages, self._masthead, self._seen]
        self._timer.tick(self._look, inputs=self._seen, outputs=noticed, queue=False, **private)

    @property
    def _changed(self) -> list[Any]:
        """The components that a change of the library fills, in the order of `_frame`."""
        waiting = [self.files, self.text, self.name, self.url]
        return [self.report, self.table, self.pages, *waiting, self._masthead]

    @property
    def first_view(self) -> list[Any]:
        """The components that `shown` fills."""
        return [self.table, self.pages, self.watch, self.noticed, self._timer]

    def shown(self) -> list[Any]:
        """The tab as things are now."""
        running = self.tending.watcher.running
        return [self._table(), self._standing(), running, self.tending.watched(), gr.Timer(active=running)]

    def _table(self, problem: str = "") -> str:
        """The table of the library as it is now, and what was matched here."""
        try:
            return self._table_of(self._provider.library(), problem)
        except SidebysideError as error:
            return f'<p class="problem">{message_html(str(error))}</p>'

    def _standing(self) -> str:
        try:
            return self.tending.pages()
        except SidebysideError:
            return ""  # the table says what is wrong

    def _table_of(self, library: Library, problem: str = "") -> str:
        counts = self._graph.counts()
        graph = graph_html(counts, can_count=self._graph.can_count, problem=problem)
        return library_html(library, counts.times()) + graph

    def _switch(self, event: gr.EventData) -> str:
        return self._graph_changed(lambda: self._graph.switch(bool(event.on)))

    def _forget(self) -> str:
        return self._graph_changed(self._graph.forget)

    def _graph_changed(self, change: Callable[[], None]) -> str:
        try:
            change()
        except SidebysideError as error:
            return self._table(str(error))
        return self._table()

    def _open(self, event: gr.EventData) -> str:
        try:
            library = self._provider.library()
            artifact = library.get(str(event.id))
            return artifact_html(artifact, library, self._graph.counts().met_by(artifact.id))
        except KeyError:
            return '<p class="problem">This artifact is no longer in the library.</p>'
        except SidebysideError as error:
            return f'<p class="problem">{message_html(str(error))}</p>'

    # --- changes of the library ---

    def _add(self, files: list[str] | None) -> Iterator[list[Any]]:
        """Show what dropped files would replace, or take them in."""
        try:
            asked = self.tending.replacing([Path(file) for file in files or []], "files")
        except SidebysideError:
            asked = ""  # the report of taking them in says why
        if asked:
            yield self._frame(asked)
        else:
            yield from self._take_in(files)

    def _take_in(self, files: list[str] | None, *, replace_earlier: bool = True) -> Iterator[list[Any]]:
        try:
            yield from self._frames(add_dropped(files or [], self._settings, replace_earlier=replace_earlier))
        finally:
            _discard(files or [])

    def _paste(self, text: str, name: str, url: str) -> Iterator[list[Any]]:
        """Show what pasted text would replace, or take it in."""
        try:
            asked = self.tending.replacing_text(text, name, url.strip())
        except SidebysideError as error:
            yield self._frame(refused_html(str(error)))
            return
        if asked:
            yield self._frame(asked)
        else:
            yield from self._frames(add_pasted(text, self._settings, name=name, url=url.strip()))

    def _replace(
        self, files: list[str] | None, text: str, name: str, url: str, event: gr.EventData
    ) -> Iterator[list[Any]]:
        yield from self._decided(files, text, name, url, str(event.of), replace_earlier=True)

    def _keep_both(
        self, files: list[str] | None, text: str, name: str, url: str, event: gr.EventData
    ) -> Iterator[list[Any]]:
        yield from self._decided(files, text, name, url, str(event.of), replace_earlier=False)

    def _decided(
        self, files: list[str] | None, text: str, name: str, url: str, of: str, *, replace_earlier: bool
    ) -> Iterator[list[Any]]:
        if of == "files":
            yield from self._take_in(files, replace_earlier=replace_earlier)
        else:
            yield from self._frames(
                add_pasted(text, self._settings, name=name, url=url.strip(), replace_earlier=replace_earlier)
            )

    def _leave(self, files: list[str] | None) -> list[Any]:
        _discard(files or [])
        return [refused_html("Everything is as it was."), gr.skip(), gr.skip(), None, *[gr.skip()] * 4]

    def _ask_remove(self, event: gr.EventData) -> str:
        try:
            return self.tending.removing(str(event.name))
        except SidebysideError as error:
            return refused_html(str(error))

    def _remove(self, event: gr.EventData) -> Iterator[list[Any]]:
        try:
            steps = self.tending.remove(str(event.name), str(event.word))
        except SidebysideError as error:
            yield self._frame(refused_html(str(error)))
            return
        yield from self._frames(steps)

    def _take_back(self) -> Iterator[list[Any]]:
        yield from self._frames(self.tending.take_back())

    def _compare(self, event: gr.EventData) -> str:
        try:
            return self.tending.compare(str(event.old), str(event.new))
        except SidebysideError as error:
            return refused_html(str(error))

    def _frames(self, steps: Steps) -> Iterator[list[Any]]:
        """Show how far a change is, then what it did and the library as it is now; what was waiting is done with."""
        for step in steps:
            if isinstance(step, Added):
                table = self._table_of(step.library) if step.library else gr.skip()
                pasted = [gr.skip() if step.error else ""] * 3
                yield [added_html(step), table, self._standing(), None, *pasted, current_masthead(self._provider)]
            else:
                yield self._frame(progress_html(step))

    def _frame(self, report: str) -> list[Any]:
        """A report alone."""
        return [report, *(gr.skip() for _ in self._changed[1:])]

    # --- watching ---

    def _watch(self, on: bool) -> list[Any]:
        self.tending.watch(on)
        return [self.tending.watched(), gr.Timer(active=on)]

    def _look(self, seen: float) -> list[Any]:
        """What watching has noticed since this browser last looked."""
        told = self.tending.watcher.told
        latest = told[-1][0] if told else 0.0
        if latest <= seen:
            return [gr.skip()] * 5
        return [self.tending.watched(), self._table(), self._standing(), current_masthead(self._provider), latest]


def _discard(files: list[str]) -> None:
    """Remove what gradio kept of the dropped files; each lies in a folder of its own below its upload folder."""
    uploads = Path(get_upload_folder()).resolve()
    for file in map(Path, files):
        if uploads in file.resolve().parents:
            with suppress(OSError):
                file.unlink()
                file.parent.rmdir()
