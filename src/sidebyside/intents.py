"""What a question is about, guessed from its embedding where its wording follows none of the known patterns.

A linear classifier (multinomial logistic regression) over the encoder's vector of the question, with "it" for every
name, and how many names it has. benchmarks/intents/train.py fits it on benchmarks/intents/examples.jsonl, once for
each encoder of the catalogue, and keeps the weights in weights/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Subjects that are rows of the table, with the label that pages give them.
LABELS = {
    "rank": "UnfragileRank",
    "pricing": "Pricing",
    "quality": "Quality",
    "adoption": "Adoption",
    "ecosystem": "Ecosystem",
    "match_graph": "Match Graph",
    "matched": "Times Matched",
    "capabilities": "Capabilities",
    "type": "Type",
}
# All subjects; "aspect" is whatever only the texts of a page can say, "outside" what no page is about.
SUBJECTS = (*LABELS, "count", "overview", "alternatives", "best_for", "conflicts", "verdict", "aspect", "outside")

# How much being about no, one or several named artifacts weighs beside a vector of length 1.
_NAMED_WEIGHT = 0.5

# (a question with "it" for names, how many names it has, texts that will be looked up after it) -> Guess
Guesser = Callable[[str, int, Sequence[str]], "Guess"]


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest subject of a question, one of SUBJECTS, and its probability."""

    subject: str
    probability: float


def features(vectors: NDArray[np.float32], named: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, dimension) vectors and (n,) numbers of names -> (n, dimension + 3) rows for the classifier."""
    counts = np.stack([named == 0, named == 1, named > 1], axis=1)
    return np.hstack([vectors, _NAMED_WEIGHT * counts]).astype(np.float32)


def load_guesser(encoder: str, encode: Callable[[Sequence[str]], NDArray[np.float32]]) -> Guesser | None:
    """The classifier for an encoder of the catalogue; None where there is none, and patterns alone have to do.

    `encode` turns texts into L2-normalised rows, and keeps them: what is encoded together with a question takes little
    more time than the question alone.
    """
    weights = _read_weights(encoder)
    if weights is None:
        return None

    def guess(text: str, named: int, beside: Sequence[str] = ()) -> Guess:
        row = features(encode((text, *beside))[:1], np.array([named]))[0]
        scores = weights["weights"] @ row + weights["bias"]
        odds = np.exp(scores - scores.max())
        best = int(odds.argmax())
        return Guess(str(weights["subjects"][best]), float(odds[best] / odds.sum()))

    return guess


@cache
def _read_weights(encoder: str) -> dict[str, NDArray[np.float32]] | None:
    found = files("sidebyside") / "weights" / f"intents-{encoder}.npz"
    if "/" in encoder or not found.is_file():
        return None
    with found.open("rb") as file, np.load(file) as stored:
        return {name: stored[name] for name in stored.files}
