"""The question inside the frame that a chat client puts around it: tags, retrieved texts, notes about its editor."""

from __future__ import annotations

import re

# What clients add for a model that works with files or quotes texts: never part of the question.
_ADDED = ("environment_details", "context", "system-reminder", "documents", "sources", "source", "file_content")
# Where clients put what the user wrote.
_ASKED = ("user_query", "user_question", "user_message", "task", "feedback", "question", "query", "answer")

# The label before a question in prompts made from a template, and the one that follows it there.
_LABEL = re.compile(
    r"^[ \t]*(?:(?:user|user's|customer) )?(?:question|query)[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE
)
_NEXT_LABEL = re.compile(r"\n[ \t]*(?:helpful |final )?(?:answer|response|instructions)[ \t]*:", re.IGNORECASE)
# Characters up to which a message is looked through; the question stands at its end.
_LONGEST = 400_000
# What Cline says of an answer that is no tool use. It is nobody's question.
_AUTOMATIC = "[ERROR] You did not use a tool in your previous response"


def unframed(text: str) -> str:
    """What the user asked; "" for a message that the client wrote by itself. Without a frame, the text as it is."""
    text = text[-_LONGEST:].strip()
    if text.startswith(_AUTOMATIC):
        return ""
    bare = text
    for tag in _ADDED:
        bare = _without(bare, tag)
    asked = next((inside for tag in _ASKED if (inside := _last_inside(bare, tag))), "")
    if asked:
        return asked
    *_, last = [None, *_LABEL.finditer(bare)]
    if last is not None:
        return _NEXT_LABEL.split(bare[last.end() :], maxsplit=1)[0].strip()
    if bare != text and text.startswith("### Task:"):
        # A template of Open WebUI, with the question after the texts that it found.
        return text.rpartition("</context>")[2].strip()
    return bare.strip()


def _without(text: str, tag: str) -> str:
    """The text without the elements of this name; one that is not closed stays."""
    kept, start = [], 0
    while (span := _element(text, tag, start)) is not None:
        kept.append(text[start : span[0]])
        start = span[3]
    return "".join((*kept, text[start:]))


def _last_inside(text: str, tag: str) -> str:
    """What the last element of this name holds."""
    inside, start = "", 0
    while (span := _element(text, tag, start)) is not None:
        inside, start = text[span[1] : span[2]].strip(), span[3]
    return inside


def _element(text: str, tag: str, start: int) -> tuple[int, int, int, int] | None:
    """Where the next element begins, its inside begins and ends, and it ends."""
    opening = re.compile(rf"<{tag}(?:\s[^<>]*)?>").search(text, start)
    closing = text.find(f"</{tag}>", opening.end()) if opening else -1
    if opening is None or closing < 0:
        return None
    return opening.start(), opening.end(), closing, closing + len(tag) + 3
