"""Slips of the finger in everyday words: "hihgest" for "highest"."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from sidebyside.text.words import common_words, is_common, tokens

# Shorter words have too many neighbours.
_SHORTEST = 6
# Occurrences a billion words below which a word is rather a slip than one that few people use.
_RARE = 100


def corrected(text: str, is_known: Callable[[str], bool], is_name: Callable[[str], bool] = lambda _word: False) -> str:
    """A text with words that are one slip away from an everyday one put right.

    A slip is a letter too many, too few, exchanged, or two that changed places, not the first one. Words with capitals,
    words that `is_known` (of the pages, say), that may be a name, and words with other letters than a to z stay.
    """
    for token in reversed(tokens(text)):
        word = token.text
        if len(word) < _SHORTEST or not word.isascii() or not word.isalpha() or not word.islower():
            continue
        if is_common(word) or is_known(word) or is_name(word):
            continue
        near = _neighbours(word)
        # A word of the pages is meant before any other.
        if meant := next(filter(is_known, near), near[0] if near else ""):
            text = text[: token.start] + meant + text[token.end :]
    return text


@lru_cache(maxsize=4096)
def _neighbours(word: str) -> tuple[str, ...]:
    """The everyday words one slip away, the most frequent first; none for a word that people do use."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA
    from wordfreq import get_frequency_dict

    found = process.extract(word, _by_letter().get(word[0], ()), scorer=OSA.distance, score_cutoff=1, limit=None)
    if not found or get_frequency_dict("en", "large").get(word, 0.0) * 1e9 > _RARE:
        return ()
    often = get_frequency_dict("en", "small")
    return tuple(sorted((other for other, *_ in found), key=lambda other: (-often[other], other)))


@cache
def _by_letter() -> dict[str, tuple[str, ...]]:
    """Everyday words by their first letter."""
    words = sorted(word for word in common_words() if len(word) >= _SHORTEST - 1)
    return {letter: tuple(w for w in words if w[0] == letter) for letter in {word[0] for word in words}}
