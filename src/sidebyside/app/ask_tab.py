"""The Ask tab: transcript, composer, conversation menu, and the functions behind their events.

Gradio is imported at the top because it reads the annotations of event functions; only `app.build_page` and
`app.launch` lead here, when they are called.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from sidebyside.app import feedback
from sidebyside.app.answers import turn_html
from sidebyside.app.assets import asset
from sidebyside.app.conversation import MAX_QUESTION, Conversation, restored
from sidebyside.app.provider import Provider
from sidebyside.app.turns import Turn
from sidebyside.app.welcome import opening_html, welcome_html

MENU = (
    '<div class="menu"><button type="button" data-action="new">New conversation</button>'
    '<details class="menu-list"><summary>Conversations</summary><ul aria-label="Conversations"></ul></details></div>'
)


class AskTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider, index: Path) -> None:
        self._provider = provider
        self._index = index
        self._conversation = Conversation(provider)
        transcript = asset("transcript.js")
        self.turns = gr.State([])
        self.menu = gr.HTML(MENU, elem_id="menu", js_on_load=asset("menu.js"), apply_default_css=False)
        self.past = gr.HTML(elem_id="past", js_on_load=transcript, apply_default_css=False)
        self.live = gr.HTML(elem_id="live", js_on_load=transcript, apply_default_css=False)
        # A component of its own, hidden by CSS once there is a turn: filling it late never wipes a conversation.
        self.welcome = gr.HTML(opening_html(), elem_id="welcome", js_on_load=transcript, apply_default_css=False)
        with gr.Row(elem_id="composer"):
            self.question = gr.Textbox(
                elem_id="question",
                label="Your question",
                show_label=False,
                container=False,
                placeholder="Ask about your pages",
                lines=1,
                max_lines=6,
                max_length=MAX_QUESTION,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
            )
            self.send = gr.Button("Ask", elem_id="send")
            self.stop = gr.Button("Stop", elem_id="stop", visible=False)
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
        self.welcome.option_select(self._ask_suggested, **asking)
        for transcript in (self.past, self.live):
            transcript.option_select(self._ask_suggested, **asking)
            transcript.retry(self._retry, **asking)
            transcript.edit(self._edit, **asking)
            transcript.like(
                self._rate, inputs=[self.turns], outputs=[self.past, self.live, self.turns], queue=False, **private
            )
        self.stop.click(self._stop, queue=False, **private)
        self.menu.restore(
            self._restore,
            outputs=[self.past, self.live, self.turns, self.send, self.stop, self.welcome],
            queue=False,
            **private,
        )

    def welcomed(self) -> str:
        """What stands before the first question, as the library is now."""
        return welcome_html(self._provider)

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

    async def _frames(self, question: str, turns: list[Turn], request: gr.Request) -> AsyncIterator[list[Any]]:
        """What the page shows at each step: earlier turns once, then only the turn that is being written."""
        first = True
        async for shown in self._conversation.ask(question, turns, request.session_hash or ""):
            ended = not shown[-1].running
            buttons = first or ended
            yield [
                past_html(shown) if first else gr.skip(),
                live_html(shown),
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
        welcome = gr.skip() if turns else self.welcomed()
        if self._conversation.answers(session):
            # Opening the library took a while, and the reader has asked meanwhile: that is what they want to see.
            return [*(gr.skip() for _ in range(5)), welcome]
        return [
            past_html(turns),
            live_html(turns),
            turns,
            gr.update(visible=True),
            gr.update(visible=False),
            welcome,
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
        feedback.record(self._index, turn)
        rated = [*turns[:position], turn, *turns[position + 1 :]]
        return [past_html(rated), live_html(rated), rated]


def past_html(turns: list[Turn]) -> str:
    """Every turn but the last."""
    return "".join(turn_html(turn, number) for number, turn in enumerate(turns[:-1], start=1))


def live_html(turns: list[Turn]) -> str:
    """The last turn, which alone changes while it is answered."""
    return turn_html(turns[-1], len(turns), last=True) if turns else ""
