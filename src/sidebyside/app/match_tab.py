"""The Match tab: a need in free words, its wishes as chips, and all artifacts by what they meet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from pydantic import ValidationError

from sidebyside.app.assets import asset
from sidebyside.app.markup import clean, message_html
from sidebyside.app.match_view import match_html
from sidebyside.app.titles import page_titles
from sidebyside.errors import SidebysideError
from sidebyside.records import ROLES
from sidebyside.server.schemas import Need
from sidebyside.serving.limits import MAX_QUESTION
from sidebyside.serving.provider import Provider

EXAMPLE = "answers questions about pictures, free, context of at least 64K tokens"
_WEIGHED = re.compile(r"(\d+(?:\.\d+)?)\*(.+)", re.DOTALL)


class MatchTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        plain: dict[str, Any] = {"apply_default_css": False}
        self.need = gr.HTML(need_html(), elem_id="match-need", js_on_load=asset("need.js"), **plain)
        script = asset("quote.js") + asset("match.js")
        self.view = gr.HTML(hint_html(), elem_id="match-view", js_on_load=script, **plain)
        private: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "trigger_mode": "always_last",
            "queue": False,
        }
        self.need.wanted(self._match, outputs=self.view, **private)
        self.view.wanted(self._match, outputs=self.view, **private)

    @property
    def opened(self) -> list[Any]:
        """The components that `open_view` fills."""
        return [self.need, self.view]

    def open_view(self, query: Mapping[str, Sequence[str]]) -> list[Any]:
        """Updates for `opened`: the match that a link asks for; nothing where it asks for none."""
        wanted = requested_need(query)
        if not (wanted["need"] or wanted["wishes"]):
            return [gr.skip(), gr.skip()]
        return [need_html(wanted["need"]), self._shown(wanted)]

    def _match(self, event: gr.EventData) -> str:
        """A need was entered, or a wish was changed, added or removed."""
        return self._shown({key: getattr(event, key, None) for key in ("need", "wishes", "among", "most")})

    def _shown(self, given: Mapping[str, Any]) -> str:
        try:
            wanted = Need.model_validate({key: value for key, value in given.items() if value})
        except ValidationError as error:
            return _problem_html(_told(error)) if given.get("need") or given.get("wishes") else hint_html()
        try:
            with self._provider.lease() as assistant:
                wishes = [wish.wish() for wish in wanted.wishes]
                match = assistant.match(wanted.need, wishes, among=wanted.among, most=wanted.most)
                files = {citation.source for citation in match.citations}
                return match_html(match, page_titles(assistant.library, files))
        except SidebysideError as error:
            return _problem_html(str(error))


def need_html(need: str = "") -> str:
    """Where a need is entered; what is found is told in its status line, which stays where it is."""
    return (
        '<form class="need"><label for="need-words">What do you need?</label>'
        '<p id="need-hint" class="where">Wishes joined by commas. Enter matches them with every page.</p>'
        f'<div class="need-line"><textarea id="need-words" rows="2" maxlength="{MAX_QUESTION}" '
        f'aria-describedby="need-hint" placeholder="{EXAMPLE}">{clean(need)}</textarea>'
        '<button type="submit">Match</button></div></form><p class="sr-only" role="status"></p>'
    )


def hint_html() -> str:
    """What stands there before anything is asked."""
    return (
        '<p class="hint">Every artifact of your library is laid beside your wishes: met, not met, or not stated, each '
        f'with its quote. <button type="button" class="ask" data-action="example" data-need="{EXAMPLE}">'
        f"For example: {EXAMPLE}</button></p>"
    )


def requested_need(query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The need that a link describes: need=WORDS, must=, nice=, not=WISH ("3*offline" with a weight), among=NAME."""
    wishes = [_wish(words, role) for role in ROLES for words in query.get(role, ())]
    return {"need": " ".join(query.get("need", ())), "wishes": wishes, "among": list(query.get("among", ()))}


def _wish(words: str, role: str) -> dict[str, Any]:
    weighed = _WEIGHED.fullmatch(words)
    return {"text": weighed[2], "role": role, "weight": weighed[1]} if weighed else {"text": words, "role": role}


def _told(error: ValidationError) -> str:
    """What is wrong with a need, in a line."""
    first = error.errors()[0]
    return f"{' '.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")


def _problem_html(text: str) -> str:
    return f'<p class="problem failed" role="alert">{message_html(text)}</p>'
