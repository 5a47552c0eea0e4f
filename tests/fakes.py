"""Stand-ins shared by the tests: fast, deterministic, no weights on disk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import numpy as np

_WORD = re.compile(r"\w+")


class FakeEncoder:
    """A bag of words: every word has a fixed random direction, a text is the normalised sum of its words.

    Texts that share words are similar, equal texts have equal vectors, and nothing depends on the order or the
    batch in which they come. `calls` records every text that was encoded, so that tests can see what was reused.
    """

    def __init__(self, name: str = "fake", dimension: int = 64, fingerprint: str | None = None) -> None:
        self.name = name
        self.dimension = dimension
        self.fingerprint = fingerprint if fingerprint is not None else f"fake-{name}-{dimension}"
        self.calls: list[str] = []
        self._words: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """One L2-normalised float32 row per text."""
        self.calls.extend(texts)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for position, text in enumerate(texts):
            rows[position] = self._vector(text)
            if progress is not None:
                progress(position + 1, len(texts))
        return rows

    def encode_questions(self, texts: Sequence[str]) -> np.ndarray:
        """Questions are texts like any other."""
        return self.encode(texts)

    def _vector(self, text: str) -> np.ndarray:
        words = _WORD.findall(text.casefold()) or [""]
        total = np.sum([self._word(word) for word in words], axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)

    def _word(self, word: str) -> np.ndarray:
        if word not in self._words:
            seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
            self._words[word] = np.random.default_rng(seed).standard_normal(self.dimension)
        return self._words[word]


def comparison_page(left: str, right: str, *, ranks: tuple[int, int] = (40, 50), topics: Sequence[str] = ()) -> str:
    """A small comparison page as a text extract: one capability a side and topic, worded from names and topics."""
    topics = topics or ("speed", "memory")
    lines = [
        f"{left} vs {right}",
        "Side-by-side comparison to help you choose.",
        f"| Feature | {left} | {right} |",
        "|---|---|---|",
        "| Type | Model | Repository |",
        f"| UnfragileRank | {ranks[0]}/100 | {ranks[1]}/100 |",
        "| Pricing | Free | Paid |",
        f"| Capabilities | {len(topics)} decomposed | {len(topics)} decomposed |",
    ]
    for name in (left, right):
        for topic in topics:
            lines += [
                f"Treats {topic} as {name} does, step by step. It measures {topic} before and after every change.",
                f"Unique: {name} reports {topic} in a table of its own",
                f"vs alternatives: Simpler {topic} set-up than most other tools, though less known",
            ]
    return "\n".join(lines) + "\n"
