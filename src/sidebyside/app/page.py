"""The whole page: its tabs in one gradio Blocks, its look, and the one function that programs may call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from sidebyside.app.ask_tab import AskTab
from sidebyside.app.provider import Provider
from sidebyside.app.sides_tab import SidesTab
from sidebyside.app.welcome import TITLE, current_masthead, masthead_html

if TYPE_CHECKING:
    from sidebyside.settings import Settings

# Events that answer at once and are nobody's API.
_QUIET: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
HERE = Path(__file__).parent


def build_page(provider: Provider, settings: Settings) -> gr.Blocks:
    """All tabs; nothing is opened or read before a browser asks for it."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        masthead = gr.HTML(masthead_html(), elem_id="masthead", apply_default_css=False, js_on_load=None)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Ask", id="ask"):
                AskTab(provider, settings.index)
            with gr.Tab("Side by side", id="sides") as sides_item:
                sides = SidesTab(provider)

        def opened(request: gr.Request) -> list[Any]:
            query = {key: request.query_params.getlist(key) for key in request.query_params}
            chosen = gr.update(selected="sides") if "compare" in query else gr.skip()
            return [current_masthead(provider), chosen, *sides.open_view(query)]

        page.load(opened, outputs=[masthead, tabs, *sides.opened], **_QUIET)
        sides_item.select(sides.refresh_choices, outputs=sides.names, **_QUIET)
        gr.api(_programmatic(provider), api_name="ask", concurrency_limit=None, concurrency_id="ask")
    return page


def _programmatic(provider: Provider) -> Any:
    def ask(question: str, history: list[list[str]] | None = None) -> Iterator[dict[str, Any]]:
        """Answer a question; yields the answer as far as it is known, the last one complete.

        `history` holds [question, answer] pairs of the conversation so far.
        """
        pairs = [(str(asked), str(answered)) for asked, answered in history or []]
        with provider.lease() as assistant:
            for event in assistant.stream(question, pairs):
                yield event.answer.to_dict()

    return ask


def theme() -> gr.themes.Base:
    """Gradio's plainest theme in ink and paper, with fonts that come with gradio itself."""
    ink = gr.themes.colors.stone
    return gr.themes.Base(
        primary_hue=ink,
        secondary_hue=ink,
        neutral_hue=ink,
        font=("IBM Plex Sans", "system-ui", "sans-serif"),
        font_mono=("IBM Plex Mono", "ui-monospace", "monospace"),
    )


def stylesheet() -> str:
    """The page's own CSS."""
    return (HERE / "page.css").read_text("utf-8")
