"""What chat clients ask for themselves, beside the user's questions: a title, tags, questions to go on with.

They send it as if it were a question. It is answered by code, in the form that the client can read, before anything is
looked for in the pages. Recognised are the prompts of Open WebUI (JSON by a named key), of LibreChat, Jan, Chatbox and
others (a title as plain text).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sidebyside.server.chat_models import ChatMessage
from sidebyside.server.frames import unframed
from sidebyside.server.mentions import mentioned
from sidebyside.text.words import ASKING_WORDS, STOP_WORDS, fold

# The keys of the JSON that clients want, and what is given where nothing else is known.
_KEYS: dict[str, Any] = {
    "title": "",
    "tags": [],
    "follow_ups": [],
    "queries": [],
    "prompt": "",
    "text": "",
    "tool_calls": [],
}
_KEY = re.compile(rf"""["']({"|".join(_KEYS)})["']\s*:""")
_HISTORY = re.compile(r"<chat_history>|### chat history|<text>", re.IGNORECASE)
_SPOKEN = re.compile(r"^[ \t]*(user|human|you|assistant|ai|model)[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE)
_USERS = frozenset({"user", "human", "you"})

# A wish for a title says what is to be named, how long the name may be, and that nothing else is wanted.
_TITLE = re.compile(r"\b(?:title|name)\b", re.IGNORECASE)
_OF_WHAT = re.compile(
    r"\b(?:conversations?|chats?|dialogues?|discussion|(?:previous|user) (?:query|message)|the message)\b", re.I
)
_LENGTH = re.compile(
    r"\b(?:\d+|three|four|five|six|ten)[- ]?(?:to|or|–|-)?[- ]?\d*[- ]?(?:words?|char(?:acter)?s?|letters)\b"
    r"|\bconcise\b|\bshort\b|\bbrief\b",
    re.IGNORECASE,
)
_NOTHING_ELSE = re.compile(
    r"\bonly\b|\bno (?:punctuation|quot)|\bwithout quot|\bnothing else\b|\btitle:\s*$", re.IGNORECASE
)
_QUOTED = re.compile(r"here is the message:\s*[\"“](.*?)[\"”]?\s*$|-{6,}\s*(.*?)\s*-{6,}", re.IGNORECASE | re.DOTALL)
_EMOJI = re.compile(r"facial expression through a fitting emoji", re.IGNORECASE)

_LONGEST_PROMPT = 60_000
_TITLE_WORDS, _TAGS, _FOLLOW_UPS = 6, 3, 5


@dataclass(frozen=True, slots=True)
class Task:
    """What a client wants: the JSON with this key, or with `plain` its text alone.

    `chat` holds the conversation that it is about, as (whether the user said it, text).
    """

    key: str
    plain: bool
    chat: tuple[tuple[bool, str], ...]

    @property
    def question(self) -> str:
        """What the user asked last in that conversation."""
        return next((text for user, text in reversed(self.chat) if user), "")

    @property
    def history(self) -> list[tuple[str, str]]:
        """The turns before it."""
        pairs: list[tuple[str, str]] = []
        asked = ""
        for user, text in self.chat:
            if user:
                asked = text
            elif asked:
                pairs.append((asked, text))
                asked = ""
        return pairs if asked else pairs[:-1]


def task_of(messages: Sequence[ChatMessage]) -> Task | None:
    """The task in a request of a client, None where it is a question of the user."""
    text = messages[-1].text.strip()[:_LONGEST_PROMPT]
    if messages[-1].role not in ("user", "system", "developer"):
        return None
    if _EMOJI.search(text):
        return Task("emoji", True, ())
    wanted = _KEY.search(text)
    if wanted and "json" in text.casefold() and _HISTORY.search(text):
        return Task(wanted[1], False, _chat_in(text))
    first = messages[0].text.strip()[:_LONGEST_PROMPT] if messages[0].role == "system" else ""
    if first.startswith("Available Tools:") and '"tool_calls"' in first:
        return Task("tool_calls", False, ())
    if _wants_title(text):
        return Task("title", True, _chat_in(text) or _quoted(text) or _chat_before(messages[:-1]))
    if first and _wants_title(first) and _SPOKEN.match(text):
        return Task("title", True, _chat_in(text))
    return None


def _wants_title(text: str) -> bool:
    """Whether a prompt wants a conversation named. Its instructions stand before the conversation or after it."""
    for told in (text[:900], text[-900:]):
        if all(sign.search(told) for sign in (_TITLE, _OF_WHAT, _LENGTH, _NOTHING_ELSE)):
            return True
    return False


def _chat_in(text: str) -> tuple[tuple[bool, str], ...]:
    """The conversation that a prompt quotes, line by line with who speaks."""
    inside = text.rpartition("<chat_history>")[2].partition("</chat_history>")[0]
    marks = list(_SPOKEN.finditer(inside))
    ends = [*(mark.start() for mark in marks[1:]), len(inside)]
    said = [(mark[1], inside[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=False)]
    turns = [(who.casefold() in _USERS, words) for who, words in said]
    return tuple((user, unframed(words) if user else words) for user, words in turns if words)


def _quoted(text: str) -> tuple[tuple[bool, str], ...]:
    found = _QUOTED.search(text)
    words = (found[1] or found[2] or "").strip() if found else ""
    return ((True, words),) if words else ()


def _chat_before(messages: Sequence[ChatMessage]) -> tuple[tuple[bool, str], ...]:
    spoken = [(message.role == "user", message.text) for message in messages if message.role in ("user", "assistant")]
    return tuple((user, unframed(text) if user else text) for user, text in spoken if text.strip())


def done(task: Task, labels: Sequence[str], follow_ups: Sequence[str] = ()) -> Any:
    """What the task asks for: the value of its key."""
    match task.key:
        case "title":
            return title(task, labels)
        case "tags":
            return [*mentioned(task.question, labels)[:_TAGS], "Comparison"] if task.question else ["General"]
        case "follow_ups":
            return list(follow_ups[:_FOLLOW_UPS])
        case "prompt":
            return task.question
        case "emoji":
            return "🙂"
        case _:
            return _KEYS[task.key]


def title(task: Task, labels: Sequence[str]) -> str:
    """A name for a conversation: the artifacts of its first question and what was asked of them, in few words."""
    question = next((text for user, text in task.chat if user), "").strip()
    names = mentioned(question, labels)
    if not names:
        words = question.split()
        return " ".join(words[:_TITLE_WORDS]).rstrip("?.,;:!") or "Comparison"
    left = question
    for name in names:
        at = left.casefold().find(name.casefold())
        left = f"{left[:at]} {left[at + len(name) :]}" if at >= 0 else left
    about = [word.strip("?.,;:!()\"'“”") for word in left.split()]
    about = [word for word in about if word and fold(word) not in STOP_WORDS | ASKING_WORDS]
    shown = " vs ".join(names[:2]) + (" and more" if len(names) > 2 else "")
    return f"{shown}: {' '.join(about[:2])}" if about else shown
