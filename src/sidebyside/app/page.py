"""The page: components, and which function answers which event.

Gradio is imported at the top because it reads the annotations of event functions; only `app.build_page` and
`app.launch` import this module, and they do it when they are called.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.themes.utils.fonts import LocalFont

from sidebyside.app.answers import ask_button, turn_html
from sidebyside.app.asking import Run
from sidebyside.app.examples import example_questions
from sidebyside.app.markup import clean
from sidebyside.app.provider import Provider
from sidebyside.app.turns import Turn, history
from sidebyside.errors import IndexMissingError, SidebysideError

if TYPE_CHECKING:
    from sidebyside.settings import Settings

HERE = Path(__file__).parent
TITLE = "sidebyside"
MAX_QUESTION = 2000


def theme() -> gr.Theme:
    """Gradio's base theme in ink and paper, with fonts that come with gradio itself."""
    ink = gr.themes.colors.stone
    return gr.themes.Base(
        primary_hue=ink,
        secondary_hue=ink,
        neutral_hue=ink,
        font=(LocalFont("IBM Plex Sans", weights=(400, 600)), "system-ui", "sans-serif"),
        font_mono=(LocalFont("IBM Plex Mono", weights=(400, 600)), "ui-monospace", "monospace"),
    )


def stylesheet() -> str:
    """The page's own CSS, with the serif for questions, also one of gradio's own files."""
    return str(LocalFont("Lora", weights=(400, 600)).stylesheet()["css"]) + (HERE / "page.css").read_text("utf-8")


class Conversation:
    """Answers questions for every open page; one answer at a time in each."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._running: dict[str, Run] = {}

    async def ask(self, question: str, turns: list[Turn], session: str) -> AsyncIterator[list[Turn]]:
        """Yield the conversation with the new turn, again and again as its answer grows."""
        question = question.strip()
        if not question or session in self._running:
            return
        turn = Turn(question)
        if len(question) > MAX_QUESTION:
            problem = f"That question has {len(question):,} characters; please keep it under {MAX_QUESTION:,}."
            yield [*turns, Turn(question[:200] + "…", state="failed", error=problem)]
            return
        run = self._running[session] = Run(self._provider.lease(), question, history(turns))
        try:
            yield [*turns, turn]
            async for event in run.events():
                turn = turn.with_answer(event.answer, "done" if event.type == "answer" else "writing")
                yield [*turns, turn]
        finally:
            self._running.pop(session, None)
        if turn.running:
            yield [*turns, _ended(turn, run)]

    def stop(self, session: str) -> None:
        """Stop the answer that this page is waiting for, if any."""
        run = self._running.get(session)
        if run is not None:
            run.stop()


def _ended(turn: Turn, run: Run) -> Turn:
    if run.error:
        return replace(turn, state="failed", error=run.error)
    return replace(turn, state="stopped")


def welcome_html(provider: Provider) -> str:
    """What the page shows before the first question: examples, or what is missing and how to mend it."""
    try:
        with provider.lease() as assistant:
            library = assistant.library
    except IndexMissingError as error:
        return _notice_html("There is nothing to compare yet", str(error))
    except SidebysideError as error:
        return _notice_html("The library cannot be opened", str(error))
    items = "".join(f"<li>{ask_button(question)}</li>" for question in example_questions(library))
    return (
        '<section class="welcome"><h2>Ask your comparison pages</h2>'
        "<p>Every sentence of an answer carries a quote from a page you saved, or it is not shown.</p>"
        f'<ul aria-label="Example questions">{items}</ul></section>'
    )


def _notice_html(title: str, text: str) -> str:
    return f'<section class="welcome"><h2>{title}</h2><p role="status">{clean(text)}</p></section>'


def masthead_html(provider: Provider) -> str:
    """Name, size of the library and the model in use."""
    try:
        with provider.lease() as assistant:
            library = assistant.library
        pages = {source for artifact in library.artifacts for source in artifact.sources}
        state = f"{len(library.artifacts)} artifacts from {len(pages)} pages"
    except SidebysideError:
        state = "no library"
    model = "quotes only, no model" if provider.model == "none" else clean(provider.model)
    return (
        f'<header class="masthead"><h1>{TITLE}</h1><p>{state}</p><p>{model}</p>'
        '<p class="private">Everything stays on this machine</p></header>'
    )


def build_page(assistant_provider: Provider, settings: Settings) -> gr.Blocks:  # noqa: ARG001 - tabs to come use them
    """The whole page as gradio Blocks; nothing is opened or read before a browser asks for it."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        masthead = gr.HTML(elem_id="masthead", apply_default_css=False)
        ask_tab = AskTab(assistant_provider)
        page.load(lambda: (masthead_html(assistant_provider), welcome_html(assistant_provider)),
                  outputs=[masthead, ask_tab.live], show_progress="hidden", api_visibility="private")
    return page


class AskTab:
    """The conversation: transcript, composer and their events. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider) -> None:
        self._conversation = Conversation(provider)
        script = (HERE / "transcript.js").read_text("utf-8")
        self.turns = gr.State([])
        self.past = gr.HTML(elem_id="past", js_on_load=script, apply_default_css=False)
        self.live = gr.HTML(elem_id="live", js_on_load=script, apply_default_css=False)
        with gr.Row(elem_id="composer"):
            self.question = gr.Textbox(
                elem_id="question", label="Your question", show_label=False, container=False, autofocus=True,
                placeholder="Ask about the artifacts in your pages", lines=1, max_lines=6, max_length=MAX_QUESTION,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
            )
            self.send = gr.Button("Ask", elem_id="send")
            self.stop = gr.Button("Stop", elem_id="stop", visible=False)
        self._connect()

    def _connect(self) -> None:
        outputs = [self.past, self.live, self.turns, self.question, self.send, self.stop]
        common: dict[str, Any] = {
            "outputs": outputs, "show_progress": "hidden", "api_visibility": "private",
            "concurrency_limit": None, "concurrency_id": "ask",
        }
        gr.on([self.question.submit, self.send.click], self._ask, inputs=[self.question, self.turns], **common)
        for transcript in (self.past, self.live):
            transcript.option_select(self._ask_suggested, inputs=[self.turns], **common)
            transcript.retry(self._retry, inputs=[self.turns], **common)
            transcript.edit(self._edit, inputs=[self.turns], **common)
        self.stop.click(self._stop, queue=False, show_progress="hidden", api_visibility="private")

    async def _ask(self, question: str, turns: list[Turn], request: gr.Request) -> AsyncIterator[list[Any]]:
        async for frame in self._frames(question, turns, request):
            yield frame

    async def _ask_suggested(
        self, turns: list[Turn], event: gr.EventData, request: gr.Request
    ) -> AsyncIterator[list[Any]]:
        async for frame in self._frames(str(event.question), turns, request):
            yield frame

    async def _retry(self, turns: list[Turn], request: gr.Request) -> AsyncIterator[list[Any]]:
        async for frame in self._frames(turns[-1].question if turns else "", turns[:-1], request):
            yield frame

    async def _edit(self, turns: list[Turn], event: gr.EventData, request: gr.Request) -> AsyncIterator[list[Any]]:
        async for frame in self._frames(str(event.question), turns[:-1], request):
            yield frame

    def _stop(self, request: gr.Request) -> None:
        self._conversation.stop(request.session_hash or "")

    async def _frames(self, question: str, turns: list[Turn], request: gr.Request) -> AsyncIterator[list[Any]]:
        """What the page shows at each step: earlier turns once, then only the turn that is being written."""
        past = "".join(turn_html(turn, number) for number, turn in enumerate(turns, start=1))
        first = True
        async for shown in self._conversation.ask(question, turns, request.session_hash or ""):
            turn = shown[-1]
            live = turn_html(turn, len(shown), last=True)
            ended = not turn.running
            yield [
                past if first else gr.skip(),
                live,
                shown,
                "" if first else gr.skip(),
                gr.update(visible=ended) if first or ended else gr.skip(),
                gr.update(visible=not ended) if first or ended else gr.skip(),
            ]
            first = False
