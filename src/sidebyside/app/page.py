"""The whole page: its tabs in one gradio Blocks, its look, and the one function that programs may call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from sidebyside.app.ask_tab import AskTab
from sidebyside.app.assets import asset
from sidebyside.app.completion_view import completion_html
from sidebyside.app.feedback_tab import FeedbackTab
from sidebyside.app.library_tab import LibraryTab
from sidebyside.app.match_tab import MatchTab
from sidebyside.app.models_tab import ModelsTab
from sidebyside.app.shortlist_tab import ShortlistTab, keeper
from sidebyside.app.sides_tab import SidesTab
from sidebyside.app.welcome import TITLE, current_masthead, masthead_html
from sidebyside.errors import SidebysideError
from sidebyside.serving.limits import MAX_QUESTION, MAX_TURNS
from sidebyside.serving.provider import Provider

if TYPE_CHECKING:
    from sidebyside.serving.completing import Completion
    from sidebyside.settings import Settings

# Programs that are answered at once; more wait in gradio's queue, which turns away what it cannot hold.
MAX_CALLS = 32
# Seconds between two looks at how far the LLM is.
_LOOK_EVERY = 2.0
TABS = ("ask", "match", "sides", "shortlist", "library", "models", "feedback")
# Events that answer at once and are nobody's API.
_QUIET: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}


class ChatPage(gr.Blocks):  # type: ignore[misc] # gradio is not typed
    """The page; closing it closes the assistant behind it too."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600))
        self._provider = provider
        self.before_close: Callable[[], None] | None = None

    def close(self, verbose: bool = True) -> None:
        """Stop serving and free index and model; harmless when it has been closed."""
        super().close(verbose)
        if self.before_close is not None:
            self.before_close()
        self._provider.close()


def build_page(provider: Provider, settings: Settings, completion: Completion | None = None) -> gr.Blocks:
    """All tabs; nothing is opened or read before a browser asks for it.

    While `completion` gets what the LLM needs, a line below the head tells how far it is.
    """
    with ChatPage(provider) as page:
        masthead = gr.HTML(masthead_html(), elem_id="masthead", apply_default_css=False, js_on_load=asset("shell.js"))
        if completion is not None:
            _show_completion(completion, provider, masthead)
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            with gr.Tab("Ask", id="ask") as ask_item:
                ask = AskTab(provider, settings, masthead)
            with gr.Tab("Match", id="match"):
                match = MatchTab(provider)
            with gr.Tab("Side by side", id="sides") as sides_item:
                sides = SidesTab(provider)
            with gr.Tab("Shortlist", id="shortlist"):
                ShortlistTab()
            with gr.Tab("Library", id="library") as library_item:
                library = LibraryTab(provider, settings, masthead)
                page.before_close = library.tending.watcher.stop
            with gr.Tab("Models", id="models") as models_item:
                models = ModelsTab(provider, settings, masthead)
            with gr.Tab("Feedback", id="feedback") as feedback_item:
                feedback = FeedbackTab(settings.index)

        keeper()

        def opened(request: gr.Request) -> list[Any]:
            query = {key: request.query_params.getlist(key) for key in request.query_params}
            named = "sides" if "compare" in query else next(iter(query.get("tab", ())), "")
            chosen = gr.update(selected=named) if named in TABS else gr.skip()
            return [current_masthead(provider), chosen, *match.open_view(query), *sides.open_view(query)]

        loaded = page.load(opened, outputs=[masthead, tabs, *match.opened, *sides.opened], **_QUIET)
        loaded.then(**sides.filling)
        ask_item.select(ask.welcomed, outputs=ask.first_view, **_QUIET)
        sides_item.select(sides.refresh_choices, outputs=sides.names, **_QUIET)
        library_item.select(library.shown, outputs=library.first_view, **_QUIET)
        models_item.select(models.shown, outputs=models.table, **_QUIET)
        feedback_item.select(feedback.shown, outputs=feedback.view, **_QUIET)
        gr.api(_programmatic(provider, page), api_name="ask", concurrency_limit=MAX_CALLS)
    return page


def _show_completion(completion: Completion, provider: Provider, masthead: gr.HTML) -> None:
    """The line that tells how far the LLM is, until it has joined or cannot."""
    line = gr.HTML(completion_html(completion), elem_id="completion", apply_default_css=False, js_on_load=None)
    timer = gr.Timer(_LOOK_EVERY)

    def looked() -> list[Any]:
        ended = completion.state != "running"
        head = current_masthead(provider) if ended else gr.skip()
        return [completion_html(completion), head, gr.Timer(active=not ended)]

    timer.tick(looked, outputs=[line, masthead, timer], **_QUIET)


def _programmatic(provider: Provider, page: gr.Blocks) -> Any:
    def ask(
        question: str, history: list[list[str]] | None = None, request: gr.Request | None = None
    ) -> Iterator[dict[str, Any]]:
        """Answer a question; yields the answer as far as it is known, the last one complete.

        `history` holds [question, answer] pairs of the conversation so far.
        """
        if len(question) > MAX_QUESTION:
            raise gr.Error(
                f"the question has {len(question):,} characters; {MAX_QUESTION:,} are the most", print_exception=False
            )
        pairs = [(str(asked), str(answered)) for asked, answered in (history or [])[-MAX_TURNS:]]
        try:
            with provider.lease() as assistant:
                for event in assistant.stream(question, pairs):
                    yield event.answer.to_dict()
        except SidebysideError as error:
            raise gr.Error(str(error), print_exception=False) from None
        finally:
            # Gradio keeps 90 KB for every call of a program, up to 10,000 of them, as if it were an open page.
            page.state_holder.session_data.pop(request.session_hash if request else None, None)

    return ask


def theme() -> gr.themes.Base:
    """Gradio's plainest theme in ink and paper, with fonts that come with gradio itself."""
    ink = gr.themes.colors.stone
    base = gr.themes.Base(
        primary_hue=ink,
        secondary_hue=ink,
        neutral_hue=ink,
        font=("IBM Plex Sans", "system-ui", "sans-serif"),
        font_mono=("IBM Plex Mono", "ui-monospace", "monospace"),
    )
    colours = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--soft)",
        "block_background_fill": "transparent",
        "block_border_color": "transparent",
        "block_label_text_color": "var(--soft)",
        "block_title_text_color": "var(--soft)",
        "block_info_text_color": "var(--soft)",
        "border_color_primary": "var(--line)",
        "background_fill_primary": "var(--sheet)",
        "background_fill_secondary": "var(--wash)",
        "input_background_fill": "var(--sheet)",
        "input_border_color": "var(--soft)",
        "input_placeholder_color": "var(--soft)",
        "button_secondary_background_fill": "var(--sheet)",
        "button_secondary_background_fill_hover": "var(--wash)",
        "button_secondary_text_color": "var(--ink)",
        "button_secondary_border_color": "var(--soft)",
        "slider_color": "var(--ink)",
        "checkbox_label_background_fill": "var(--sheet)",
    }
    return base.set(**colours, **{f"{name}_dark": value for name, value in colours.items()})


def stylesheet() -> str:
    """The page's own CSS."""
    return asset("page.css") + asset("shortlist.css")
