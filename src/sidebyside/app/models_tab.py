"""The Models tab: which models there are, pulling one, measuring one, and answering with another one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from sidebyside.app.assets import asset
from sidebyside.app.markup import message_html
from sidebyside.app.models_view import NO_MODEL, ModelRow, busy_html, done_html, models_html
from sidebyside.app.speeds import measure
from sidebyside.app.welcome import current_masthead
from sidebyside.errors import SidebysideError
from sidebyside.models.speeds import known_speeds
from sidebyside.serving.background import Tell, in_background
from sidebyside.serving.provider import Provider

if TYPE_CHECKING:
    from sidebyside.settings import Settings

# Does something, tells how far it is, and returns what the reader is told in the end.
Work = Callable[[Tell], str]


class ModelsTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider, settings: Settings, masthead: gr.HTML) -> None:
        self._provider = provider
        self._settings = settings
        self.table = gr.HTML(elem_id="models", js_on_load=asset("models.js"), apply_default_css=False)
        self.progress = gr.HTML(elem_id="models-progress", js_on_load=None, apply_default_css=False)
        options: dict[str, Any] = {
            "outputs": [self.progress, self.table, masthead],
            "show_progress": "hidden",
            "api_visibility": "private",
            "concurrency_limit": None,
            "trigger_mode": "multiple",
        }
        # What is being pulled or measured: one thing at a time, while switching need not wait for it.
        self._busy = ""
        self._guard = threading.Lock()
        self.table.use(self._use, **options)
        self.table.pull(self._pull, **options)
        self.table.measure(self._measure, **options)

    def shown(self) -> str:
        """The table as things are now."""
        from sidebyside.models.catalogue import load_catalogue, model_state

        try:
            with self._provider.lease() as assistant:
                writing = assistant.model
        except SidebysideError:
            writing = None
        try:
            catalogue = load_catalogue(self._settings.models).values()
            rows = [
                ModelRow(
                    model, model_state(model.name, self._settings), model.name in (writing, self._settings.encoder)
                )
                for model in catalogue
            ]
        except SidebysideError as error:
            return f'<p class="problem">{message_html(str(error))}</p>'
        return models_html(rows, known_speeds(self._settings.index), writing)

    def _use(self, event: gr.EventData) -> Iterator[list[Any]]:
        name = str(event.name)

        def work(_tell: Tell) -> str:
            self._switch(name)
            writer = "quotes only" if name == NO_MODEL else name
            return f"Answering with {writer} from the next question on."

        yield from self._run(f"Opening {name}", work)

    def _pull(self, event: gr.EventData) -> Iterator[list[Any]]:
        from sidebyside.models.catalogue import pull

        name = str(event.name)

        def work(tell: Tell) -> str:
            pull(name, self._settings, progress=tell)
            return f"{name} is installed and verified."

        yield from self._alone(f"Pulling {name}", work)

    def _measure(self, event: gr.EventData) -> Iterator[list[Any]]:
        name = str(event.name)

        def work(_tell: Tell) -> str:
            speed = measure(name, self._settings)
            return f"{name} reads {speed.reads:.0f} and writes {speed.writes:.0f} tokens a second here, at this moment."

        yield from self._alone(f"Measuring {name}", work)

    def _switch(self, name: str) -> None:
        from sidebyside.models.catalogue import load_catalogue

        # The name comes from a browser: only what the table offers can be opened, never a path.
        if name != NO_MODEL and name not in load_catalogue(self._settings.models):
            raise SidebysideError(f"no model is called {name!r}")
        self._provider.switch(name)

    def _alone(self, doing: str, work: Work) -> Iterator[list[Any]]:
        """Like `_run`, unless something of this kind is going on already."""
        with self._guard:
            before, self._busy = self._busy, self._busy or doing
        if before:
            told = f"{before} is not done yet; {doing[0].lower()}{doing[1:]} can come after it."
            yield [busy_html(told), gr.skip(), gr.skip()]
            return

        def whole(tell: Tell) -> str:
            try:
                return work(tell)
            finally:
                self._busy = ""

        yield from self._run(doing, whole)

    def _run(self, doing: str, work: Work) -> Iterator[list[Any]]:
        """Do `work` in a thread while the page shows how far it is, and last what it says."""
        failed = f"{doing} failed; `sidebyside doctor` may say more."
        steps = in_background(work, name=doing, failed=failed)
        yield [busy_html(f"{doing}…"), gr.skip(), gr.skip()]
        try:
            while True:
                step = next(steps)
                yield [busy_html(step.stage, step.done, step.total), gr.skip(), gr.skip()]
        except StopIteration as end:
            ending = done_html(end.value)
        except SidebysideError as error:
            ending = done_html(str(error), failed=True)
        yield [ending, self.shown(), current_masthead(self._provider)]
