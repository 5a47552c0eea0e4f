"""Messages to the marked-up text that a model was trained on, as a table of formats.

The template inside a GGUF file is a program; it is never run. Markers and text are kept apart, so that a marker which
occurs inside a page ("<|im_end|>") stays plain text when the parts are tokenised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sidebyside.errors import GenerationError
from sidebyside.records import Message

DEFAULT_FORMAT = "chatml"


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """How turns are marked. In `opening`, {role} stands for the role, named as in `assistant` for the model's turns.

    A model whose vocabulary has all of `signs` uses the format. Where `system` is false there is no system turn, and
    its text opens the first user turn.
    """

    opening: str
    closing: str
    reply: str
    signs: tuple[str, ...]
    assistant: str = "assistant"
    reply_closing: str = ""
    system: bool = True


_CHATML = ("<|im_start|>{role}\n", "<|im_end|>\n")

# More particular formats stand first: `detect` takes the first one whose signs are all there. The formats are those of
# the models' own cards: Qwen and SmolLM2, Qwen3 with its thinking turned off, Llama 3, Gemma, Phi-3, Mistral.
FORMATS = {
    "chatml-no-think": ChatFormat(
        *_CHATML, "<|im_start|>assistant\n<think>\n\n</think>\n\n", ("<|im_start|>", "<think>")
    ),
    "chatml": ChatFormat(*_CHATML, "<|im_start|>assistant\n", ("<|im_start|>",)),
    "llama-3": ChatFormat(
        "<|start_header_id|>{role}<|end_header_id|>\n\n",
        "<|eot_id|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        ("<|start_header_id|>", "<|eot_id|>"),
    ),
    "gemma": ChatFormat(
        "<start_of_turn>{role}\n",
        "<end_of_turn>\n",
        "<start_of_turn>model\n",
        ("<start_of_turn>",),
        assistant="model",
        system=False,
    ),
    "phi-3": ChatFormat("<|{role}|>\n", "<|end|>\n", "<|assistant|>\n", ("<|assistant|>", "<|end|>")),
    "mistral": ChatFormat("[INST] ", "[/INST]", "", ("[INST]", "[/INST]"), reply_closing="</s>", system=False),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the prompt: a marker of the format, or text in which nothing may act as a marker."""

    text: str
    marker: bool


def find_format(name: str) -> ChatFormat:
    """The format of this name. Raises GenerationError that lists the names there are."""
    try:
        return FORMATS[name]
    except KeyError:
        known = ", ".join(sorted(FORMATS))
        raise GenerationError(
            f"chat format {name!r} is unknown; set SIDEBYSIDE_CHAT_FORMAT to one of {known}"
        ) from None


def detect_format(in_vocabulary: Callable[[str], bool]) -> str:
    """The name of the format whose markers the vocabulary has; DEFAULT_FORMAT where it has none."""
    for name, chat_format in FORMATS.items():
        if all(in_vocabulary(sign) for sign in chat_format.signs):
            return name
    return DEFAULT_FORMAT


def render(messages: Sequence[Message], chat_format: ChatFormat) -> list[list[Part]]:
    """The prompt in stretches: each but the last ends where a reusable beginning ends.

    A reusable beginning ends after the system message and after each of a message's `reusable` texts. A last message of
    the assistant is how the reply begins.
    Raises GenerationError for a conversation that is empty, has nothing to reply to, or has a late system message.
    """
    begun = messages[-1].text if messages and messages[-1].role == "assistant" else ""
    messages = messages[:-1] if begun else messages
    _check(messages)
    stretches: list[list[Part]] = [[]]
    system, turns = _split_system(messages)
    if system and chat_format.system:
        stretches[0] += _turn("system", system, chat_format)
        stretches.append([])
    for position, message in enumerate(turns):
        stretches[-1].append(Part(_opening(message.role, chat_format), True))
        if position == 0 and system and not chat_format.system:
            stretches[-1].append(Part(f"{system}\n\n", False))
            stretches.append([])
        for text in message.reusable:
            stretches[-1].append(Part(text, False))
            stretches.append([])
        stretches[-1] += [Part(message.content, False), Part(_closing(message.role, chat_format), True)]
    stretches[-1].append(Part(chat_format.reply, True))
    if begun:
        stretches[-1].append(Part(begun, False))
    return stretches


def defuse(text: str) -> str:
    """`text` with everything that looks like a marker of a format broken up by spaces, for servers that tokenise."""
    return re.sub(r"<\|(\w+)\|>|<(start_of_turn|end_of_turn|think|/think)>|\[(/?INST)\]", _spread, text)


def _spread(marker: re.Match[str]) -> str:
    return f"{marker[0][0]} {marker[0][1:-1]} {marker[0][-1]}"


def _check(messages: Sequence[Message]) -> None:
    if not messages or messages[-1].role != "user":
        raise GenerationError("a prompt must end with a message of the user")
    roles = [message.role for message in messages]
    if "system" in roles[1:]:
        raise GenerationError("only the first message of a prompt may be the system message")


def _split_system(messages: Sequence[Message]) -> tuple[str, Sequence[Message]]:
    if messages[0].role == "system":
        return messages[0].text, messages[1:]
    return "", messages


def _turn(role: str, text: str, chat_format: ChatFormat) -> list[Part]:
    return [Part(_opening(role, chat_format), True), Part(text, False), Part(_closing(role, chat_format), True)]


def _opening(role: str, chat_format: ChatFormat) -> str:
    if role == "assistant" and not chat_format.system and chat_format.reply_closing:
        return ""
    return chat_format.opening.format(role=chat_format.assistant if role == "assistant" else role)


def _closing(role: str, chat_format: ChatFormat) -> str:
    return chat_format.reply_closing or chat_format.closing if role == "assistant" else chat_format.closing
