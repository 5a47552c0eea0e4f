"""A model's tokens: texts as tokens and back, and prompts cut into the batches they are evaluated in."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp as llama

from sidebyside.chat_formats import ChatFormat, render
from sidebyside.records import Message

# Tokens evaluated in one go. On 2 cores 64 was 10% slower than 128, and 256 or 512 no faster.
BATCH = 128

Batches = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A tokenised prompt: its batches, and after which of them a reusable beginning ends."""

    batches: Batches
    borders: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """How many tokens it has."""
        return count_tokens(self.batches)


def count_tokens(batches: Sequence[tuple[int, ...]]) -> int:
    """Tokens in all batches together."""
    return sum(map(len, batches))


def plan_prompt(stretches: Sequence[Sequence[int]], batch: int = BATCH) -> Prompt:
    """Cut the token stretches of a prompt into batches; no batch spans two stretches."""
    batches: list[tuple[int, ...]] = []
    borders: list[int] = []
    for stretch in stretches:
        batches += [tuple(stretch[start : start + batch]) for start in range(0, len(stretch), batch)]
        borders.append(len(batches))
    return Prompt(tuple(batches), tuple(borders[:-1]))


class Vocabulary:
    """The tokens of a model."""

    def __init__(self, model: Any) -> None:
        self._vocab = llama.llama_model_get_vocab(model)
        self.size: int = llama.llama_vocab_n_tokens(self._vocab)

    def tokenise(self, messages: Sequence[Message], chat_format: ChatFormat) -> Prompt:
        """The prompt for these messages."""
        stretches = [
            [token for part in parts for token in self.tokens_of(part.text, markers=part.marker)]
            for parts in render(messages, chat_format)
        ]
        if llama.llama_vocab_get_add_bos(self._vocab):
            stretches[0].insert(0, self.beginning)
        return plan_prompt(stretches)

    def tokens_of(self, text: str, *, markers: bool = False) -> list[int]:
        """The tokens of a text; without `markers` nothing in it becomes a control token."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (llama.llama_token * room)()
        count = llama.llama_tokenize(self._vocab, data, len(data), tokens, room, False, markers)
        return list(tokens[:count])

    def bytes_of(self, token: int) -> bytes:
        """The token's text, which may be part of a character; control tokens have none."""
        buffer = ctypes.create_string_buffer(64)
        length = llama.llama_token_to_piece(self._vocab, token, buffer, 64, 0, False)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = llama.llama_token_to_piece(self._vocab, token, buffer, -length, 0, False)
        return buffer.raw[:length]

    def is_end(self, token: int) -> bool:
        """Whether the token ends a reply."""
        return bool(llama.llama_vocab_is_eog(self._vocab, token))

    def is_control(self, token: int) -> bool:
        """Whether the token is a marker rather than text."""
        return bool(llama.llama_vocab_is_control(self._vocab, token))

    def has(self, text: str) -> bool:
        """Whether a text is one single token."""
        return len(self.tokens_of(text, markers=True)) == 1

    def name_of(self, token: int) -> str:
        """The token as the vocabulary spells it."""
        return str(llama.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace"))

    @property
    def beginning(self) -> int:
        """The token that begins a text, -1 if there is none."""
        return int(llama.llama_vocab_bos(self._vocab))
