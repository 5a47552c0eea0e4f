"""Which table row a criterion means: by its wording, and by what the learnt kinds of rows say of both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from sidebyside.encoding.classes import NONE, Classes
from sidebyside.records.schema import RANK
from sidebyside.text.words import content_stems, content_words, fold, stem, tokens


class Kinds(Protocol):
    """What is needed of models; see `encoding.understanding.Understanding`."""

    @property
    def kinds(self) -> Classes | None: ...
    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


# From this probability on, a criterion means a row.
_MEANT = 0.5
# The same where the question is known to be about a row.
_FAINT = 0.12
# The same for the whole of a question.
_CERTAIN = 0.85
# Kinds that people call by the same words; the other is meant where a library has no row of the first.
_SIBLINGS = (("rating", "rank"), ("downloads", "adoption"), ("users", "adoption"))
# Share of a criterion's content words that a row's whole label has to be.
_WORDED = 0.5
# A word of so many letters is said as it is, or of several.
_SHORT = 4
# Words of so many letters may have a slip; rapidfuzz ratio from which it is one.
_SLIPPING, _SLIP = 6, 85


class RowFinder:
    """The rows of one library's tables; build once, use for every question."""

    def __init__(self, labels: Sequence[str], models: Kinds) -> None:
        """`labels` as the tables have them; `models` are loaded with the first words that are no label."""
        self._labels = tuple(labels)
        self._models = models
        self._of_labels: np.ndarray | None = None
        self._folded = {fold(label): label for label in labels}
        self.find = lru_cache(maxsize=4096)(self._find)
        self.certainly = lru_cache(maxsize=1024)(self._certainly)
        self.nearest = lru_cache(maxsize=1024)(self._nearest)

    @cached_property
    def _kinds(self) -> Classes | None:
        return self._models.kinds

    def named_in(self, text: str) -> tuple[str, ...]:
        """The labels whose words all stand in a text, in the tables' order."""
        said = {token.folded for token in tokens(text)}
        stems = frozenset(map(stem, said))
        own = {label: [token.folded for token in tokens(label)] for label in self._labels}
        return tuple(label for label, words in own.items() if all(_is_written(word, stems, said) for word in words))

    def alike(self, label: str) -> tuple[str, ...]:
        """The other labels of the same kind: "Starting Price" beside "Pricing"."""
        if self._kinds is None or label not in self._labels:
            return ()
        told = self._label_kinds()
        own = told[self._labels.index(label)]
        same = (told * own).sum(axis=1) >= _MEANT
        return tuple(other for other, alike in zip(self._labels, same, strict=True) if alike and other != label)

    def _find(self, words: str) -> str:
        """The label that these words of a question mean; "" for none."""
        if (label := self.worded(words)) or self._kinds is None or not self._labels or not tokens(words):
            return label
        label, probability = self._likeliest(words)
        return label if probability >= _MEANT else ""

    def _certainly(self, words: str) -> str:
        """The row that words mean beyond doubt: of a whole question, where other words mislead."""
        if self._kinds is None or not self._labels or not tokens(words):
            return ""
        label, probability = self._likeliest(words)
        return label if probability >= _CERTAIN else ""

    def _nearest(self, words: str) -> str:
        """The row that words mean where they do mean one: of things that are put in order, say."""
        if (label := self.worded(words)) or self._kinds is None or not self._labels or not tokens(words):
            return label
        label, probability = self._likeliest(words)
        return label if probability >= _FAINT else ""

    def _likeliest(self, words: str) -> tuple[str, float]:
        assert self._kinds is not None
        asked = self._kinds.probabilities(self._models.encode([words]))[0].copy()
        none = self._kinds.kinds.index(NONE)
        for kind, sibling in _SIBLINGS:
            place, other = self._kinds.kinds.index(kind), self._kinds.kinds.index(sibling)
            if not (self._label_kinds()[:, place] >= _MEANT).any():
                asked[other] += asked[place]
        # How likely both are about the same, whatever that is.
        same = self._label_kinds() * asked
        same[:, none] = 0
        meant = same.sum(axis=1)
        best = int(np.argmax(meant))
        return self._labels[best], float(meant[best])

    def worded(self, words: str) -> str:
        """The label whose words these are, give or take a few that say nothing more."""
        if exact := self._folded.get(fold(words.strip())):
            return exact
        stems = content_stems(words)
        content = {stem(word) for word in content_words(words)}
        said = {token.folded for token in tokens(words)}
        fitting = []
        for label in self._labels:
            own = {token.folded for token in tokens(label)}
            if own and all(_is_said(word, stems, said) for word in own) and len(own) >= _WORDED * len(content):
                fitting.append((len(own), label))
        return max(fitting)[1] if fitting else ""

    def _label_kinds(self) -> np.ndarray:
        """float32 (labels, kinds), computed when first asked for; a label that is plainly of a kind is of no other."""
        if self._of_labels is None:
            assert self._kinds is not None
            told = self._kinds.probabilities(self._models.encode(list(self._labels)))
            # A row is about something.
            told[:, self._kinds.kinds.index(NONE)] = 0
            told /= told.sum(axis=1, keepdims=True)
            best = told.argmax(axis=1)
            # A name of the site's own that says little to an encoder.
            ranks = np.array(self._labels) == RANK
            best[ranks] = self._kinds.kinds.index("rank")
            plain = ranks | (told.max(axis=1) >= _MEANT)
            told[plain] = np.eye(told.shape[1], dtype=np.float32)[best[plain]]
            self._of_labels = told
        return self._of_labels


def _is_written(word: str, stems: frozenset[str], said: set[str]) -> bool:
    """Whether a label's word is among the words of a text; a short one as it is, or of several."""
    if len(word) <= _SHORT:
        return word in said or f"{word}s" in said  # "typed out" is no "Type"
    return stem(word) in stems or word in said


def _is_said(word: str, stems: frozenset[str], said: set[str]) -> bool:
    """Whether a label's word is among the words of a question, give or take a slip of the finger in a long one."""
    if _is_written(word, stems, said):
        return True
    from rapidfuzz import fuzz

    return len(word) >= _SLIPPING and any(fuzz.ratio(word, other) >= _SLIP for other in said if len(other) >= _SLIPPING)
