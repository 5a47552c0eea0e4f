"""The prose lane: one model-written sentence per side, shown only when its evidence supports it."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sidebyside.errors import GenerationError
from sidebyside.evidence import Side, asks_figure
from sidebyside.instructions import addresses_assistant
from sidebyside.lanes.clauses import without_next_clause
from sidebyside.lanes.draft import Draft
from sidebyside.lanes.second_look import states_it
from sidebyside.prompts import side_messages
from sidebyside.quantities import find_quantities
from sidebyside.verification import Check, own_words, verify_sentence
from sidebyside.words import content_stems

if TYPE_CHECKING:
    from sidebyside.generation import Generation, Generator
    from sidebyside.records import Message

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“(])|\n+")
# Where a reply ends at the latest.
_STOP = ("\n\n",)
# The model is asked for one sentence about a side; more than this are not read.
_MOST_SENTENCES = 2
# Share of the words of shown quotes from which a written sentence is these quotes again.
_SAME = 0.9
_QUOTED = re.compile(r"“([^”]+)”")


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


def side_prompts(draft: Draft) -> list[tuple[Side, tuple[Message, ...]]]:
    """The sides to write about, each with what the model is asked: the same for the same draft."""
    sides = [side for side in map(_descriptive, draft.sides) if side.evidence]
    return [(side, side_messages(side.artifact.label, side.evidence, _asked(draft))) for side in sides]


def prepare(draft: Draft, generator: Generator, *, max_tokens: int) -> None:
    """Have written ahead of time what a Writer of the same draft will ask for."""
    for _, messages in side_prompts(draft):
        generator.prepare(messages, max_tokens=max_tokens, stop=_STOP)


class Writer:
    """Writes about the sides of a draft, one after the other, and counts what was accepted."""

    def __init__(self, draft: Draft, generator: Generator | None, *, max_tokens: int, stop: Stop | None = None) -> None:
        self._draft = draft
        self._generator = generator
        self._max_tokens = max_tokens
        self._stop = Stop() if stop is None else stop
        self._written: list[str] = []
        self.model_sentences = 0
        self._rejected = 0
        self._repeated = 0
        self._prompt_tokens = 0
        self._cached_tokens = 0
        self._completion_tokens = 0

    def blocks(self) -> list[str]:
        """The accepted sentences as one paragraph."""
        return [" ".join(self._written)] if self._written else []

    def counts(self) -> dict[str, int]:
        """The part of an answer's stats that this lane knows."""
        return {
            "model_sentences": self.model_sentences,
            "quoted_sentences": sum(block.count("”") for block in (*self._draft.blocks, *self.blocks())),
            "rejected_sentences": self._rejected,
            "repeated_sentences": self._repeated,
            "prompt_tokens": self._prompt_tokens,
            "cached_tokens": self._cached_tokens,
            "completion_tokens": self._completion_tokens,
        }

    def sentences(self) -> Iterator[str]:
        """Verified sentences with their citations, as they come; a failing model ends the lane with a note.

        A server gets the prompts of all sides at once; a model of this machine gets them one after the other.
        """
        if self._generator is None:
            return
        prompts = side_prompts(self._draft)
        unasked = deque(prompts)
        at_once = len(prompts) if self._generator.concurrent else 1
        replies: deque[Generation] = deque()
        try:
            for side, _ in prompts:
                if self._stop:
                    return
                while unasked and len(replies) < at_once:
                    replies.append(self._ask(unasked.popleft()[1]))
                yield from self._about(side, replies.popleft())
            yield from self._second_looks(self._generator)
        except GenerationError as error:
            self._draft.notes.append(f"The language model did not answer ({error}); the quotes stand for themselves.")
        finally:
            for reply in replies:
                self._end(reply)

    def _second_looks(self, generator: Generator) -> Iterator[str]:
        """The quotes of sides that sounded silent and that the model finds to answer the question after all."""
        for side in self._draft.doubtful:
            # A server may not tell probabilities: then the first look stands.
            with suppress(GenerationError):
                if not self._stop and states_it(side, self._draft.question, generator):
                    self._draft.silent -= 1
                    self._draft.status = "partial" if self._draft.silent else "answered"
                    quotes = " ".join(self._draft.quote(item) for item in side.evidence[:2])
                    self._written.append(f"On a second look, **{side.artifact.label}** comes closest with {quotes}")
                    yield self._written[-1]

    def _ask(self, messages: Sequence[Message]) -> Generation:
        assert self._generator is not None
        reply = self._generator.stream(messages, max_tokens=self._max_tokens, stop=_STOP)
        self._stop.follow(reply)
        return reply

    def _about(self, side: Side, reply: Generation) -> Iterator[str]:
        try:
            for sentence in map(_direct, _sentences(reply, lambda said: self._says_enough(_direct(said), side))):
                check = self._check(sentence, side)
                if not check.supported:
                    self._rejected += 1
                elif self._adds_nothing(sentence, side, check):
                    self._repeated += 1
                else:
                    self._written.append(self._cited(sentence, side, check))
                    self.model_sentences += 1
                    yield self._written[-1]
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

    def _check(self, sentence: str, side: Side) -> Check:
        return verify_sentence(sentence, [item.quote for item in side.evidence], name=side.artifact.label)

    def _says_enough(self, sentence: str, side: Side) -> bool:
        """Whether a sentence may end before the clause that comes: it is supported, and says all that was asked for.

        That is every word of the question that its quotes have, and a figure where they have one and it is asked for.
        """
        check = self._check(sentence, side)
        if not check.supported:
            return False
        bases = " ".join(side.evidence[position].quote for position in check.rests_on)
        missing = content_stems(_asked(self._draft)) & content_stems(bases) - content_stems(sentence)
        figure = asks_figure(self._draft.question) and find_quantities(bases) and not find_quantities(sentence)
        return not missing and not figure

    def _adds_nothing(self, sentence: str, side: Side, check: Check) -> bool:
        """Whether a reader of the quotes on screen and of the question learns nothing from a sentence.

        So it is where it has nearly all words of the quotes it rests on; one that picks out what was asked, or joins a
        quote that is not on screen, is worth reading. Asking once more, for fewer words, is not: it made a shorter
        sentence of six repeating ones in ten, and left out a condition in two of these six.
        """
        if content_stems(_asked(self._draft)).issuperset(own_words(sentence, side.artifact.label)):
            return True
        own = content_stems(sentence)
        shown = {quote for block in self._draft.blocks for quote in _QUOTED.findall(block)}
        bases = [side.evidence[position].quote for position in check.rests_on]
        words = set().union(*map(content_stems, bases))
        return shown.issuperset(bases) and len(own & words) >= _SAME * len(words)

    def _cited(self, sentence: str, side: Side, check: Check) -> str:
        """A supported sentence with its citations, under the artifact's name."""
        marks = "".join(self._draft.cite(side.evidence[position]) for position in check.rests_on)
        body = sentence.rstrip(" .")
        named = body if side.artifact.name.casefold() in body.casefold() else f"**{side.artifact.label}**: {body}"
        return f"{_plain(named)} {marks}."


def _asked(draft: Draft) -> str:
    """What the sides are asked about."""
    return draft.aspect or draft.question.aspect or draft.question.text


def _descriptive(side: Side) -> Side:
    """A side without sentences that address an assistant: what the model does not read it cannot obey or repeat."""
    return replace(side, evidence=tuple(item for item in side.evidence if not addresses_assistant(item.quote)))


def _sentences(pieces: Iterator[str], enough: Callable[[str], bool]) -> Iterator[str]:
    """Whole sentences of a stream, at most _MOST_SENTENCES; an unfinished last one is dropped.

    The first one ends before a clause that only goes on, where that is `enough`, and the stream with it.
    """
    text, given = "", 0
    for piece in pieces:
        since, text = len(text), text + piece
        first = _SENTENCE_END.split(text, 1)[0] if not given else ""
        if (said := next(filter(enough, without_next_clause(first, since)), None)) is not None:
            yield said
            return
        while (end := _SENTENCE_END.search(text)) and given < _MOST_SENTENCES:
            sentence, text = text[: end.start()].strip(), text[end.end() :]
            if sentence:
                given += 1
                yield sentence
        if given >= _MOST_SENTENCES:
            return
    if text.strip().endswith((".", "!", "?")):
        yield text.strip()


def _direct(sentence: str) -> str:
    """A sentence without "The quotes say that" and its like in front."""
    told = re.sub(
        r"^(?:the )?(?:quotes?|sentences?|page|text)\s+(?:says?|states?|indicates?|mentions?)(?: that)?\s+",
        "",
        sentence,
        flags=re.I,
    )
    return told[:1].upper() + told[1:] if told != sentence else sentence


def _plain(sentence: str) -> str:
    """A sentence without characters that would turn it into Markdown structure; bold marks of ours stay."""
    return re.sub(r"[`<>\[\]|\\]|(?<!\*)\*(?!\*)", "", sentence)
