"""Spelling: slips in the words a question is made of ("hihgest", "capabilites") are mended before it is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sidebyside.words import ASKING_WORDS, STOP_WORDS, common_words, is_common, is_named, is_word, tokens

# The shortest word that is mended, and from which length two slips are forgiven instead of one. A slip is a letter
# too many, missing, wrong, or swapped with its neighbour.
_SHORTEST = 3
_LONG = 8

_TABLE_WORDS = frozenset(
    """rank ranks ranked ranking score scores rating adoption popular popularity quality ecosystem pricing price prices
    cost costs free paid freemium cheap cheaper cheapest expensive capabilities capability type types matched artifacts
    repository repositories models model servers server extension extensions product products platform dataset
    framework alternatives context compare comparison difference support supports""".split()
)


@cache
def _vocabulary() -> tuple[str, ...]:
    words = {word for word in STOP_WORDS | ASKING_WORDS if len(word) > _SHORTEST and "'" not in word}
    return tuple(sorted(words | _TABLE_WORDS))


@cache
def _swapped() -> dict[str, str]:
    """Short words of asking with two letters swapped, where that is no word: "hwo" is "how"."""
    words = ("how", "the", "and", "can", "has", "are", "for", "who", "its")
    swaps = {w[:i] + w[i + 1] + w[i] + w[i + 2 :]: w for w in reversed(words) for i in range(len(w) - 1)}
    return {swap: word for swap, word in swaps.items() if not is_common(swap)}


def correct(text: str, is_known: Callable[[str], bool]) -> str:
    """The text with slips mended; `is_known` tells whether a folded word is one of the library's own.

    Only words outside everyday English are touched, and only where a word of asking is almost the same.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    mended = text
    for position, token in reversed(list(enumerate(tokens(text)))):
        word = token.folded
        if len(word) < _SHORTEST or not word.isalpha() or is_common(word) or is_known(word):
            continue
        if is_named(token, sentence_start=position == 0):
            continue
        if word in _swapped():
            mended = mended[: token.start] + _swapped()[word] + mended[token.end :]
            continue
        slips = 2 if len(word) >= _LONG else 1
        best = process.extractOne(word, _vocabulary(), scorer=OSA.distance, score_cutoff=slips)
        if best and (best[0][0] == word[0] or len(word) < _LONG):
            mended = mended[: token.start] + best[0] + mended[token.end :]
        elif len(word) >= _LONG and not is_word(word) and (everyday := _everyday(word)):
            mended = mended[: token.start] + everyday + mended[token.end :]
    return mended


def _everyday(word: str) -> str | None:
    """The everyday word that is one slip from a long word which is none at all: "contrcats" is "contracts"."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    alike = [other for other in common_words() if other[0] == word[0] and abs(len(other) - len(word)) <= 1]
    best = process.extractOne(word, alike, scorer=OSA.distance, score_cutoff=1)
    return best[0] if best else None
