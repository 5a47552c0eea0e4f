"""Cells of the grid by the LLM: from one cell's quotes alone, verified against them, shown in the clause's place.

The grid is complete with clauses before the model starts. A cell that is not supported by its quotes, or says no less
than the clause, is left as it is; one that only copies words of its quote is a shorter clause, not the model's.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sidebyside.answers.draft import MOST_WORDS, Draft, DraftCell
from sidebyside.errors import GenerationError
from sidebyside.prose.prompts import cell_messages
from sidebyside.prose.verify import verify_sentence
from sidebyside.text.quantities import find_quantities
from sidebyside.text.words import fold

if TYPE_CHECKING:
    from sidebyside.llm.generator import Generation, Generator
    from sidebyside.question.names import NameIndex
    from sidebyside.records import Artifact, Message

# Where a cell ends at the latest, and how long it may become.
_STOP = ("\n",)
_MOST_TOKENS = 28
_SILENT = re.compile(r"\bnot (?:stated|mentioned|specified|given)\b|^none\b", re.IGNORECASE)


class Stop:
    """A request to stop writing that any thread can make; it reaches the replies that are being written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = False
        self._replies: list[Generation] = []

    def __bool__(self) -> bool:
        return self._set

    def set(self) -> None:
        """Stop the replies that are being written, and start no other."""
        with self._lock:
            self._set = True
            for reply in self._replies:
                reply.cancel()

    def follow(self, reply: Generation) -> None:
        """A reply that is being written from now on."""
        with self._lock:
            self._replies.append(reply)
            if self._set:
                reply.cancel()

    def leave(self, reply: Generation) -> None:
        """A reply that has ended."""
        with self._lock:
            self._replies.remove(reply)


def cell_prompts(draft: Draft) -> list[tuple[Artifact, DraftCell, tuple[Message, ...]]]:
    """The cells to write, in reading order, each with its artifact and what the model is asked: the same for the same
    draft.
    """
    if draft.grid is None:
        return []
    return [
        (artifact, cell, cell_messages(artifact.label, cell.evidence, criterion))
        for criterion, row in zip(draft.grid.criteria, draft.grid.cells, strict=True)
        for artifact, cell in zip(draft.grid.artifacts, row, strict=True)
        if cell.by == "quote" and cell.state in ("stated", "denied") and cell.evidence
    ]


def prepare(draft: Draft, generator: Generator) -> None:
    """Have written ahead of time what a Writer of the same draft will ask for."""
    for *_, messages in cell_prompts(draft):
        generator.prepare(messages, max_tokens=_MOST_TOKENS, stop=_STOP)


class Writer:
    """Writes the cells of a draft, one after the other, and counts what was accepted."""

    def __init__(
        self, draft: Draft, generator: Generator | None, names: NameIndex, *, stop: Stop | None = None
    ) -> None:
        self._draft = draft
        self._names = names
        self._generator = generator
        self._stop = Stop() if stop is None else stop
        self.model_cells = 0
        self._rejected = 0
        self._repeated = 0
        self._prompt_tokens = 0
        self._cached_tokens = 0
        self._completion_tokens = 0

    def counts(self) -> dict[str, int]:
        """The part of an answer's stats that this lane knows."""
        cells = [cell for row in (self._draft.grid.cells if self._draft.grid else ()) for cell in row]
        return {
            "model_cells": self.model_cells,
            "model_sentences": self.model_cells,
            "quoted_sentences": sum(cell.by == "quote" and cell.state != "silent" for cell in cells),
            "rejected_sentences": self._rejected,
            "repeated_sentences": self._repeated,
            "prompt_tokens": self._prompt_tokens,
            "cached_tokens": self._cached_tokens,
            "completion_tokens": self._completion_tokens,
        }

    def cells(self) -> Iterator[str]:
        """The new text of each cell that changes, as it comes; a failing model ends the writing with a note.

        A server gets the prompts of all cells at once; a model of this machine gets them one after the other.
        """
        if self._generator is None:
            return
        prompts = cell_prompts(self._draft)
        unasked = deque(prompts)
        at_once = len(prompts) if self._generator.concurrent else 1
        replies: deque[Generation] = deque()
        try:
            for artifact, cell, _ in prompts:
                if self._stop:
                    return
                while unasked and len(replies) < at_once:
                    replies.append(self._ask(unasked.popleft()[2]))
                if told := self._fill(artifact, cell, self._read(replies.popleft())):
                    yield told
        except GenerationError as error:
            self._draft.notes.append(f"The language model did not answer ({error}); the quotes stand for themselves.")
        finally:
            for reply in replies:
                self._end(reply)

    def _fill(self, artifact: Artifact, cell: DraftCell, text: str) -> str:
        """Put a reply into its cell where it is supported; "" where the clause stays."""
        words = text.split()
        if not words or _SILENT.search(text):
            self._rejected += bool(words)
            return ""
        quotes = [item.quote for item in cell.evidence]
        sentence = _sentence(text)
        others = self._others(sentence, artifact)
        check = verify_sentence(sentence, quotes, name=artifact.label, others=others)
        if len(words) > MOST_WORDS or not check.supported or _loses_figure(text, cell.text):
            self._rejected += 1
            return ""
        # What the text rests on comes first; the other quotes stay, as they may say more than the text.
        cell.evidence = tuple(dict.fromkeys([*(cell.evidence[place] for place in check.rests_on), *cell.evidence]))
        if any(fold(text) in fold(quote) for quote in quotes):
            self._repeated += 1
            if len(words) >= len(cell.text.split()):
                return ""
            cell.text = text
            return text
        cell.text, cell.by = text, "model"
        self.model_cells += 1
        return text

    def _others(self, text: str, artifact: Artifact) -> list[str]:
        """The words of a text that name other artifacts of the library."""
        mentions = self._names.find(text).mentions
        return [
            mention.text for mention in mentions if mention.how != "misspelt" and artifact.id not in mention.artifacts
        ]

    def _ask(self, messages: Sequence[Message]) -> Generation:
        assert self._generator is not None
        reply = self._generator.stream(messages, max_tokens=_MOST_TOKENS, stop=_STOP)
        self._stop.follow(reply)
        return reply

    def _read(self, reply: Generation) -> str:
        try:
            return _plain("".join(reply))
        finally:
            self._end(reply)

    def _end(self, reply: Generation) -> None:
        """Stop a reply and count what it took."""
        self._stop.leave(reply)
        reply.cancel()
        with suppress(GenerationError):
            reply.read()  # what is left of a cancelled reply: nothing but its usage
        if reply.usage is not None:
            self._prompt_tokens += reply.usage.prompt_tokens
            self._cached_tokens += reply.usage.cached_tokens
            self._completion_tokens += reply.usage.completion_tokens


def _loses_figure(text: str, clause: str) -> bool:
    """Whether a cell leaves out the figures that the clause gives."""
    return bool(find_quantities(clause)) and not find_quantities(text)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _plain(text: str) -> str:
    """One line without what would turn it into Markdown structure."""
    line = text.strip().split("\n")[0]
    return re.sub(r"[`<>\[\]|\\*_]", "", line).strip().rstrip(".")
