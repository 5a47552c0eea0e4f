"""The trained judge: what a sentence says of a criterion. It states it, denies it, or neither.

Criterion and sentence go through the encoder one by one, each with low-rank changes of its own, so that a sentence is
read once for all criteria. Each token of the criterion then looks for its like in the sentence and is compared with
what it found (Parikh et al., "A decomposable attention model", 2016; Khattab and Zaharia, "ColBERT", 2020).
benchmarks/judge/ holds the training and the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from sidebyside.encoding.bert import Bert, quick_gelu
from sidebyside.encoding.learnt import Kept, changes_in, read_weights
from sidebyside.models.machine import usable_cores

# Pieces of a text that are read.
MOST_CRITERION = 40
MOST_SENTENCE = 56
# Pieces that go through the layers together: what is computed of them stays in the cache of a core.
_BUNDLE = 200
# Texts whose reading is kept (a sentence takes 20 to 60 kB), and pairs.
_MOST_TEXTS = 3000
_MOST_PAIRS = 50_000

_Pair = tuple[str, str]
# A text to be read, and whether it is a criterion.
_Text = tuple[str, bool]


class Encoder(Protocol):
    """What is needed of the product's encoder; see `embedding.SentenceEncoder`."""

    @property
    def name(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def fingerprint(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Read:
    """A text as it is compared: one row per token and head, and of the whole."""

    looks: np.ndarray  # (heads, tokens, each), unit rows
    value: np.ndarray  # (tokens, inner)
    states: np.ndarray  # (tokens,): part of a token's weight that does not depend on what it found; of criteria
    mean: np.ndarray  # (dimension,), unit
    whole: np.ndarray  # (few,)


@dataclass(frozen=True)
class Judge:
    """Judges pairs of a criterion and a sentence. Safe to use from several threads."""

    criterion: Bert
    sentence: Bert
    head: dict[str, np.ndarray]
    _texts: Kept[_Text, _Read] = field(default_factory=lambda: Kept(_MOST_TEXTS), repr=False)
    _pairs: Kept[_Pair, np.ndarray] = field(default_factory=lambda: Kept(_MOST_PAIRS), repr=False)

    @classmethod
    def load(cls, encoder: Encoder) -> Judge | None:
        """The judge learnt for this encoder; None where there is none, or for other weights."""
        arrays = read_weights("judge", encoder.name, encoder.fingerprint)
        bert = Bert.load(encoder.folder) if arrays is not None else None
        if arrays is None or bert is None:
            return None
        bert = replace(bert, quick=True)
        return cls(
            criterion=replace(bert, changes=changes_in(arrays, "criterion.")),
            sentence=replace(bert, changes=changes_in(arrays, "sentence.")),
            head={name: array for name, array in arrays.items() if not name.startswith(("criterion.", "sentence."))},
        )

    def judge(self, pairs: Sequence[tuple[str, str, str]]) -> np.ndarray:
        """float32 (len(pairs), 3): the probabilities that a sentence states, denies or says nothing of a criterion.

        A pair is (criterion, sentence, context). The context, the first sentence of the sentence's capability, is not
        read: with it, the right sentence came first in .686 of cases, without in .680, in three quarters of the time.
        """
        if not pairs:
            return np.empty((0, 3), dtype=np.float32)
        wanted = [(criterion, sentence) for criterion, sentence, _ in pairs]
        known = self._pairs.get(wanted)
        new = [pair for pair in dict.fromkeys(wanted) if pair not in known]
        if new:
            judged = self._judge(new)
            self._pairs.put(judged)
            known |= judged
        return np.stack([known[pair] for pair in wanted])

    def anew(self) -> Judge:
        """The same judge, with nothing kept yet."""
        return replace(self, _texts=Kept(_MOST_TEXTS), _pairs=Kept(_MOST_PAIRS))

    def _judge(self, pairs: Sequence[_Pair]) -> dict[_Pair, np.ndarray]:
        by_criterion: dict[str, list[str]] = {}
        for criterion, sentence in pairs:
            by_criterion.setdefault(criterion, []).append(sentence)
        read = self._read([*((text, True) for text in by_criterion), *((text, False) for _, text in pairs)])
        found: dict[_Pair, np.ndarray] = {}
        for criterion, sentences in by_criterion.items():
            rows = self._compare(read[criterion, True], [read[sentence, False] for sentence in sentences])
            found |= zip([(criterion, sentence) for sentence in sentences], rows, strict=True)
        return found

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, texts: Sequence[_Text]) -> dict[_Text, _Read]:
        texts = list(dict.fromkeys(texts))
        known = self._texts.get(texts)
        new = [text for text in texts if text not in known]
        if not new:
            return known
        most = {True: MOST_CRITERION, False: MOST_SENTENCE}
        pieces = {(text, asked): self.sentence.pieces(text, most[asked]) for text, asked in new}
        bundles = list(_bundles(pieces))
        with ThreadPoolExecutor(min(len(bundles), usable_cores())) as pool:
            for part in pool.map(lambda bundle: self._read_bundle(bundle, pieces), bundles):
                known |= part
                self._texts.put(part)
        return known

    def _read_bundle(self, texts: Sequence[_Text], pieces: Mapping[_Text, np.ndarray]) -> dict[_Text, _Read]:
        """Texts of one kind: criteria or sentences."""
        asked = texts[0][1]
        bert = self.criterion if asked else self.sentence
        hidden, spans = bert.states([pieces[text] for text in texts])
        head, heads = self.head, len(self.head["sharp"])
        looks = hidden @ head["query" if asked else "key"].T
        looks = looks.reshape(len(looks), heads, -1)
        looks /= np.linalg.norm(looks, axis=-1, keepdims=True) + 1e-6
        value = hidden @ head["own" if asked else "value"].T
        inner = value.shape[1]
        weight = hidden @ head["weigh.weight"][0, inner:] if asked else np.zeros(len(hidden), dtype=np.float32)
        read = {}
        for text, span in zip(texts, spans, strict=True):
            mean = hidden[span].mean(axis=0)
            mean /= np.linalg.norm(mean)
            read[text] = _Read(
                looks[span].transpose(1, 0, 2), value[span], weight[span], mean, head["whole"] @ mean * 8
            )
        return read

    # --- comparing ----------------------------------------------------------------------------------------------------

    def _compare(self, asked: _Read, said: Sequence[_Read]) -> np.ndarray:
        """float32 (len(said), 3)."""
        head = self.head
        sharp = np.exp(head["sharp"])[:, None, None]
        longest = max(len(read.value) for read in said)
        heads, tokens, each = asked.looks.shape
        looks = np.zeros((len(said), heads, longest, each), dtype=np.float32)
        value = np.zeros((len(said), longest, heads, each), dtype=np.float32)
        there = np.zeros((len(said), 1, 1, longest), dtype=bool)
        for place, read in enumerate(said):
            looks[place, :, : len(read.value)] = read.looks
            value[place, : len(read.value)] = read.value.reshape(-1, heads, each)
            there[place, ..., : len(read.value)] = True
        scores = np.where(there, (asked.looks * sharp) @ looks.transpose(0, 1, 3, 2), np.float32(-1e4))
        best = scores.max(axis=-1, keepdims=True)
        weights = np.exp(scores - best)
        weights /= weights.sum(axis=-1, keepdims=True)
        found = (weights @ value.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3).reshape(len(said), tokens, -1)
        alike = (best / sharp)[..., 0].transpose(0, 2, 1)
        mine = np.broadcast_to(asked.value, found.shape)
        seen = np.concatenate([mine, found, mine * found, np.abs(mine - found), alike], axis=-1)
        compared = quick_gelu(seen @ head["compare.weight"].T + head["compare.bias"])
        weight = compared @ head["weigh.weight"][0, : compared.shape[-1]] + asked.states
        weight = np.exp(weight - weight.max(axis=1, keepdims=True))
        weight = (weight / weight.sum(axis=1, keepdims=True))[..., None]
        whole = np.stack([read.whole for read in said])
        mine = np.broadcast_to(asked.whole, whole.shape)
        cosine = np.stack([read.mean for read in said]) @ asked.mean
        parts = [(weight * compared).sum(axis=1), (weight * alike).sum(axis=1), mine, whole, mine * whole]
        mixed = np.concatenate([*parts, np.abs(mine - whole), cosine[:, None] * 8], axis=-1)
        logits = quick_gelu(mixed @ head["mix.weight"].T + head["mix.bias"]) @ head["told.weight"].T + head["told.bias"]
        push = head["near"] * (cosine - np.float32(0.4)) / 2
        logits += np.stack([push, push, -push], axis=1)
        return _probabilities(logits, head["said"], head["denied"])


def _probabilities(logits: np.ndarray, said: np.ndarray, denied: np.ndarray) -> np.ndarray:
    """float32 (pairs, 3). `said` and `denied` are slope and shift of two log odds, fitted on writers left out.

    That a sentence says anything of the criterion, and that it is a denial where it does (Platt, 1999).
    """
    speaks = _sigmoid((np.logaddexp(logits[:, 0], logits[:, 1]) - logits[:, 2]) * said[0] + said[1])
    denies = _sigmoid((logits[:, 1] - logits[:, 0]) * denied[0] + denied[1])
    return np.stack([speaks * (1 - denies), speaks * denies, 1 - speaks], axis=1).astype(np.float32)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    result: np.ndarray = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return result


def _bundles(pieces: Mapping[_Text, np.ndarray]) -> Iterator[list[_Text]]:
    """The texts in bundles of about _BUNDLE pieces, criteria and sentences apart."""
    for asked in (True, False):
        own = [text for text in pieces if text[1] == asked]
        bundles = max(1, -(-sum(len(pieces[text]) for text in own) // _BUNDLE))
        if not asked and bundles > 1 and bundles % 2:
            bundles += 1  # on two cores an odd bundle would leave one of them waiting
        yield from filter(None, (own[number::bundles] for number in range(bundles)))
