"""Messages of a chat client as a question with the conversation before it: lenient where other servers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sidebyside.errors import SidebysideError
from sidebyside.server.chat_models import ChatMessage
from sidebyside.server.chat_text import RULE
from sidebyside.server.frames import unframed
from sidebyside.server.schemas import MAX_TEXT
from sidebyside.serving.limits import MAX_QUESTION, MAX_TURNS

_CONTINUE = frozenset({"continue", "please continue", "continue please", "go on", "please go on", "keep going", "more"})
# How Cline wants to be told that a task is done; its instructions name it, and without it Cline asks again.
_TOOL = "attempt_completion"
_BEFORE, _AFTER = f"<{_TOOL}>\n<result>\n", f"\n</result>\n</{_TOOL}>"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a conversation asks now.

    `history` holds (question, answer text) pairs, oldest first; `unread` what the message of the question holds beside
    its text ("a picture"); `before` and `after` is what the client wants around an answer.
    """

    question: str
    history: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()
    before: str = ""
    after: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader has to know about the way in which the question was read."""
        if not self.unread:
            return ()
        what = " and ".join(self.unread)
        return (f"The message also holds {what}, which cannot be read here: the answer is to its words alone.",)


def conversation(messages: Sequence[ChatMessage]) -> Asked:
    """The question that is asked last, and what was said before it.

    System, tool and function messages are left out wherever they stand. Where the assistant spoke last, or the user
    says "continue", the question before is answered again. A conversation of system messages alone asks the last of
    them. Raises SidebysideError where there is no question.
    """
    pairs: list[tuple[str, str]] = []
    question = ""
    unread: tuple[str, ...] = ()
    passed = False
    for message in messages:
        if message.role == "user":
            text = unframed(message.text)
            if passed and question:
                # Answered by a tool, or with nothing: what follows may lean on the question all the same.
                pairs.append((question, ""))
            passed = False
            if text.rstrip(".!… ").casefold() in _CONTINUE and pairs:
                question, unread = pairs.pop()[0], ()
            elif text:
                question, unread = text, message.unread
            elif message.unread:
                question, unread = "", message.unread
        elif message.role == "assistant" and question and message.text.strip():
            pairs.append((question, _said(message.text)))
            question = ""
        elif message.role in ("assistant", "tool", "function"):
            passed = True
    if not question and not unread and pairs:
        question = pairs.pop()[0]
    if not question:
        question = _without_user(messages, unread)
    if len(question) > MAX_QUESTION:
        raise SidebysideError(f"the question has {len(question):,} characters; {MAX_QUESTION:,} are the most")
    told = any(_TOOL in message.text for message in messages if message.role in ("system", "developer"))
    around = (_BEFORE, _AFTER) if told else ("", "")
    return Asked(question, tuple(pairs[-MAX_TURNS:]), unread, *around)


def _without_user(messages: Sequence[ChatMessage], unread: Sequence[str]) -> str:
    """The question of a conversation in which the user asks none in words."""
    if unread:
        raise SidebysideError(f"the message holds {' and '.join(unread)} and no words; ask in words")
    spoken = [
        text for message in messages if message.role in ("system", "developer") and (text := message.text.strip())
    ]
    if not spoken or any(message.role == "user" for message in messages):
        raise SidebysideError("there is no question of the user in this conversation; ask one in words")
    return unframed(spoken[-1])


def _said(text: str) -> str:
    """The text of an answer as it was before it was sent to the client."""
    text = text.removeprefix(_BEFORE).partition(RULE)[0]
    return text.removesuffix(_AFTER)[:MAX_TEXT]
