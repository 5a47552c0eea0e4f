"""The Ask tab: transcript, composer, conversation menu, and the functions behind their events.

Gradio is imported at the top because it reads the annotations of event functions; only `app.build_page` and
`app.launch` lead here, when they are called.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from sidebyside.answers.suggestions import first_questions
from sidebyside.app import feedback
from sidebyside.app.adding import Added, add_pasted
from sidebyside.app.answers import turn_html
from sidebyside.app.assets import asset
from sidebyside.app.conversation import Conversation, example_turn, restored
from sidebyside.app.library_view import added_html, progress_html
from sidebyside.app.palette import palette
from sidebyside.app.turns import Turn
from sidebyside.app.understood import KINDS, corrected_question, correction
from sidebyside.app.welcome import current_masthead, example_html, opening_html, welcome_parts
from sidebyside.errors import SidebysideError
from sidebyside.records import Correction
from sidebyside.serving.limits import MAX_QUESTION
from sidebyside.serving.provider import Provider

if TYPE_CHECKING:
    from sidebyside.settings import Settings

MENU = (
    '<div class="menu"><button type="button" data-action="new">New conversation</button>'
    '<details class="menu-list"><summary>Conversations</summary><ul aria-label="Conversations"></ul></details></div>'
)

NOTE = f'<div class="composer-note" role="alert" data-total="{MAX_QUESTION}" hidden></div>'


class AskTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider, settings: Settings, masthead: gr.HTML) -> None:
        self._provider = provider
        self._settings = settings
        self._masthead = masthead
        # The example of the first view, asked once for every version of the index.
        self._examples: dict[str, str] = {}
        self._conversation = Conversation(provider)
        transcript = asset("quote.js") + asset("transcript.js")
        self.turns = gr.State([])
        self.menu = gr.HTML(MENU, elem_id="menu", js_on_load=asset("menu.js"), apply_default_css=False)
        self.past = gr.HTML(elem_id="past", js_on_load=transcript, apply_default_css=False)
        self.live = gr.HTML(elem_id="live", js_on_load=transcript, apply_default_css=False)
        # Components of their own, hidden by CSS once there is a turn: filling them late never wipes a conversation.
        self.hero = gr.HTML(opening_html(), elem_id="hero", js_on_load=None, apply_default_css=False)
        with gr.Column(elem_id="dock"):
            self.added = gr.HTML(elem_id="added", js_on_load=None, apply_default_css=False)
            self.note = gr.HTML(NOTE, elem_id="composer-note", js_on_load=asset("composer.js"), apply_default_css=False)
            with gr.Row(elem_id="composer"):
                # No length of its own: what is too long is said, not cut.
                self.question = gr.Textbox(
                    elem_id="question",
                    label="Your question",
                    show_label=False,
                    container=False,
                    placeholder="Ask about your pages",
                    lines=1,
                    max_lines=6,
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                self.send = gr.Button("Ask", elem_id="send")
                self.stop = gr.Button("Stop", elem_id="stop", visible=False)
        self.welcome = gr.HTML(elem_id="welcome", js_on_load=transcript, apply_default_css=False)
        self.example = gr.HTML(elem_id="example", js_on_load=transcript, apply_default_css=False)
        self._connect()

    def _connect(self) -> None:
        private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        asking: dict[str, Any] = {
            "inputs": [self.turns],
            "outputs": [self.past, self.live, self.turns, self.question, self.send, self.stop],
            "concurrency_limit": None,
            "concurrency_id": "ask",
            **private,
        }
        gr.on([self.question.submit, self.send.click], self._ask, **asking | {"inputs": [self.turns, self.question]})
        # The menu asks what the address names (?q=).
        for asker in (self.welcome, self.menu):
            asker.option_select(self._ask_suggested, **asking)
        for transcript in (self.past, self.live):
            transcript.option_select(self._ask_suggested, **asking)
            transcript.retry(self._retry, **asking)
            transcript.edit(self._edit, **asking)
            transcript.correct(self._correct, **asking)
            transcript.like(
                self._rate, inputs=[self.turns], outputs=[self.past, self.live, self.turns], queue=False, **private
            )
        self.stop.click(self._stop, queue=False, **private)
        self.note.addition(self._add_page, outputs=[self.added, self._masthead], concurrency_limit=1, **private)
        self.menu.restore(
            self._restore,
            outputs=[self.past, self.live, self.turns, self.send, self.stop, *self.first_view],
            queue=False,
            **private,
        ).then(self._show_example, inputs=[self.turns], outputs=self.example, queue=False, **private)

    @property
    def first_view(self) -> list[Any]:
        """The components that `welcomed` fills."""
        return [self.hero, self.welcome]

    def welcomed(self) -> list[Any]:
        """What stands before the first question, as the library is now."""
        return list(welcome_parts(self._provider))

    def _show_example(self, turns: list[Turn]) -> Any:
        """A real answer of these pages, quotes alone; the first question need not wait for it."""
        if turns:
            return gr.skip()
        try:
            with self._provider.lease() as assistant:
                if assistant.generation not in self._examples:
                    question = next(iter(first_questions(assistant.library)), "")
                    self._examples[assistant.generation] = example_html(example_turn(assistant, question))
                return self._examples[assistant.generation]
        except SidebysideError:
            return ""

    def _add_page(self, event: gr.EventData) -> Iterator[list[Any]]:
        """Take a pasted page into the library, and tell how far that is."""
        for step in add_pasted(str(event.text), self._settings):
            if isinstance(step, Added):
                yield [added_html(step), current_masthead(self._provider)]
            else:
                yield [progress_html(step), gr.skip()]

    async def _ask(self, turns: list[Turn], question: str, request: gr.Request) -> AsyncIterator[list[Any]]:
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

    async def _correct(self, turns: list[Turn], event: gr.EventData, request: gr.Request) -> AsyncIterator[list[Any]]:
        """Ask what the chips of the last turn stand for now, in its place."""
        chips = {kind: getattr(event, kind, None) for kind in (*KINDS, "intent")}
        said = correction(chips, turns[-1].question if turns else "")
        async for frame in self._frames(corrected_question(chips), turns[:-1], request, said):
            yield frame

    async def _frames(
        self, question: str, turns: list[Turn], request: gr.Request, said: Correction | None = None
    ) -> AsyncIterator[list[Any]]:
        """What the page shows at each step: earlier turns once, then only the turn that is being written.

        Where chips were changed, the answer before stays until there is something to put in its place.
        """
        first = True
        async for shown in self._conversation.ask(question, turns, request.session_hash or "", said):
            ended = not shown[-1].running
            buttons = first or ended
            empty = said is not None and shown[-1].answer is None and not ended
            yield [
                past_html(shown) if first else gr.skip(),
                gr.skip() if empty else live_html(shown),
                shown,
                "" if first else gr.skip(),
                gr.update(visible=ended) if buttons else gr.skip(),
                gr.update(visible=not ended) if buttons else gr.skip(),
            ]
            first = False

    def _stop(self, request: gr.Request) -> None:
        self._conversation.stop(request.session_hash or "")

    def _restore(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        session = request.session_hash or ""
        self._conversation.abandon(session)
        turns = restored(event.turns)
        welcome = [gr.skip(), gr.skip()] if turns else self.welcomed()
        if self._conversation.answers(session):
            # Opening the library took a while, and the reader has asked meanwhile: that is what they want to see.
            return [*(gr.skip() for _ in range(5)), *welcome]
        return [
            past_html(turns),
            live_html(turns),
            turns,
            gr.update(visible=True),
            gr.update(visible=False),
            *welcome,
        ]

    def _rate(self, turns: list[Turn], event: gr.EventData) -> list[Any]:
        """Keep a thumb or a note; pressing the same thumb again takes it back."""
        position = int(event.turn) - 1
        if not 0 <= position < len(turns):
            return [gr.skip(), gr.skip(), gr.skip()]
        turn, rating, note = turns[position], str(event.rating), str(event.note)[: feedback.NOTE_LIMIT]
        if rating in ("up", "down"):
            turn = replace(turn, rating="" if rating == turn.rating else rating, note="")
        elif note:
            turn = replace(turn, note=note)
        feedback.record(self._settings.index, turn)
        rated = [*turns[:position], turn, *turns[position + 1 :]]
        return [past_html(rated), live_html(rated), rated]


def past_html(turns: list[Turn]) -> str:
    """Every turn but the last."""
    drawn = list(zip(turns, palette(turns), strict=True))[:-1]
    return "".join(turn_html(turn, number, colours=colours) for number, (turn, colours) in enumerate(drawn, start=1))


def live_html(turns: list[Turn]) -> str:
    """The last turn, which alone changes while it is answered."""
    return turn_html(turns[-1], len(turns), last=True, colours=palette(turns)[-1]) if turns else ""
