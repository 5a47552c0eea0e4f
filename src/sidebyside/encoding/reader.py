"""The trained reader: a question with its conversation -> what is wanted, and a label for each of its words.

Joint intent and slot reading on the encoder (Chen et al., "BERT for joint intent classification and slot filling",
2019) with low-rank changes, learnt from written questions; benchmarks/reading/ holds them and the training. Names that
the library knows are put as placeholders, so that a reading does not depend on what a thing is called.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from sidebyside.encoding.bert import Bert
from sidebyside.encoding.learnt import changes_in, read_weights, softmax

INTENTS = (
    *("value", "compare", "rank", "count", "list", "supports", "find", "recommend", "pros", "cons", "proscons"),
    *("similar", "differ", "overall", "why", "describe", "library", "alternatives", "bestfor", "conflicts", "verdict"),
    *("smalltalk", "help", "other"),
)
FLAGS = ("yn", "neg", "hi", "lo", "keepA", "keepC", "keepI")
LABELS = "arstckpxn"
TAGS = ("O", *(f"{part}-{label}" for label in LABELS for part in "BI"))
PLACEHOLDERS = 8
# Layers of the encoder that are used.
LAYERS = 4
MOST_PIECES = 160

# A word: letters and digits together, or one sign. "⟦2⟧" stands for the third name that the library knows.
WORD = re.compile(r"⟦\d+⟧|[^\W_]+|[^\w\s]|_")
_PLACEHOLDER = re.compile(r"⟦(\d+)⟧")
# Pieces of one word, words of one earlier turn, and earlier turns that are looked at.
_MOST_OF_A_WORD, _MOST_OF_A_TURN, _MOST_TURNS = 12, 40, 3


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a question with a label of LABELS: characters [start, end), and how sure that is (0 to 1)."""

    label: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """What the reader makes of a question.

    `intents` holds the three likeliest with their calibrated probabilities, best first; `flags` the probability of each
    of FLAGS.
    """

    intents: tuple[tuple[str, float], ...]
    flags: dict[str, float]
    spans: tuple[Span, ...]

    @property
    def probability(self) -> float:
        """How sure the whole reading is: that of the intent, or of the least sure span where that is lower."""
        return min([self.intents[0][1], *(span.probability for span in self.spans)])


class Reader:
    """The trained reader of one encoder. Safe to use from several threads."""

    def __init__(self, bert: Bert, weights: dict[str, np.ndarray]) -> None:
        self._bert = replace(bert, changes=changes_in(weights))
        self._weights = weights
        self._temperature = float(weights["temperature"])
        self._pieces = lru_cache(maxsize=20_000)(self._cut)

    @classmethod
    def load(cls, bert: Bert, encoder: str, fingerprint: str) -> Reader | None:
        """The reader of the catalogue's encoder of this name; None where none was trained, or for other weights."""
        weights = read_weights("reader", encoder, fingerprint)
        return cls(bert, weights) if weights is not None else None

    def read(self, text: str, before: Sequence[str] = ()) -> Labelled:
        """Label one question; `before` holds the user's earlier turns, oldest first. About 8 ms on one core."""
        words = [(m[0], m.start(), m.end()) for m in WORD.finditer(text)]
        rows, segments, firsts = [self._token("[CLS]")], [0], []
        for word, _start, _end in words:
            if len(segments) >= MOST_PIECES:
                break
            firsts.append(len(segments))
            vectors = self._pieces(word)
            rows.append(vectors)
            segments += [0] * len(vectors)
        end = len(segments)
        rows.append(self._token("[SEP]"))
        segments.append(0)
        for turn in list(reversed(before))[:_MOST_TURNS]:
            for word in WORD.findall(turn)[:_MOST_OF_A_TURN]:
                rows.append(self._pieces(word))
                segments += [1] * len(rows[-1])
            rows.append(self._token("[SEP]"))
            segments.append(1)
        most = MOST_PIECES + 96
        own = np.concatenate(rows)[:most]
        embedded = self._bert.embed(np.ones(len(own), dtype=np.int64), np.array(segments[:most]), own)
        hidden = self._bert.through(embedded, [slice(0, len(own))], range(LAYERS))
        pooled = np.concatenate([hidden[0], hidden[1:end].mean(axis=0) if end > 1 else np.zeros_like(hidden[0])])
        intents = softmax(self._head("intent", pooled) / self._temperature)
        flags = 1 / (1 + np.exp(-self._head("flags", pooled)))
        best = np.argsort(-intents)[:3]
        return Labelled(
            tuple((INTENTS[i], float(intents[i])) for i in best),
            {flag: float(value) for flag, value in zip(FLAGS, flags, strict=True)},
            self._spans(hidden[firsts], words),
        )

    def _spans(self, hidden: np.ndarray, words: Sequence[tuple[str, int, int]]) -> tuple[Span, ...]:
        if not len(hidden):
            return ()
        probabilities = softmax(self._head("tags", hidden))
        tags = decode_tags(np.log(probabilities + 1e-9))
        found: list[Span] = []
        for (_word, start, end), tag, row in zip(words, tags, probabilities, strict=False):
            name = TAGS[tag]
            if name.startswith("B"):
                found.append(Span(name[2:], start, end, float(row[tag])))
            elif name.startswith("I"):
                last = found[-1]
                found[-1] = Span(last.label, last.start, end, min(last.probability, float(row[tag])))
        return tuple(found)

    def _head(self, name: str, rows: np.ndarray) -> np.ndarray:
        scores: np.ndarray = rows @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return scores

    def _token(self, token: str) -> np.ndarray:
        place = self._bert.tokenizer.token_to_id(token)
        return self._bert.word_vectors([place if place is not None else 0])

    def _cut(self, word: str) -> np.ndarray:
        """float32 (pieces, width) of one word."""
        if slot := _PLACEHOLDER.fullmatch(word):
            place = int(slot[1]) % PLACEHOLDERS
            return self._weights["placeholders"][place : place + 1]
        pieces = self._bert.tokenizer.encode(word, add_special_tokens=False).ids[:_MOST_OF_A_WORD]
        return self._bert.word_vectors(pieces)


_INSIDE = {TAGS.index(f"I-{label}"): {TAGS.index(f"B-{label}"), TAGS.index(f"I-{label}")} for label in LABELS}


def decode_tags(scores: np.ndarray) -> list[int]:
    """The best sequence of tags in which no span begins inside; `scores` float32 (words, len(TAGS)), log-probabilities.

    Viterbi with forbidden transitions instead of learnt ones.
    """
    if not len(scores):
        return []
    best = scores[0].copy()
    best[list(_INSIDE)] = -np.inf
    back = np.zeros(scores.shape, dtype=np.int64)
    for place in range(1, len(scores)):
        new = np.empty_like(best)
        for tag in range(len(TAGS)):
            if tag in _INSIDE:
                options = sorted(_INSIDE[tag])
                chosen = options[int(np.argmax(best[options]))]
            else:
                chosen = int(np.argmax(best))
            back[place, tag] = chosen
            new[tag] = best[chosen] + scores[place, tag]
        best = new
    path = [int(np.argmax(best))]
    for place in range(len(scores) - 1, 0, -1):
        path.append(int(back[place, path[-1]]))
    return path[::-1]
