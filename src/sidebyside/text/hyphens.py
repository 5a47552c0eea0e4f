"""Puts words together again that were broken over two lines."""

from __future__ import annotations

import re
from collections.abc import Collection

SOFT = "\u00ad"
_BROKEN = re.compile(r"(?<![\w-])([^\W_](?:['’]?\w)*)([-‐\u00ad])$")
_COMPOUND = re.compile(r"\w[-‐]\w+[-‐]$")
_WORD = re.compile(r"[^\W_](?:['’]?\w)*")
# "pre- and post-processing": the hyphen stands for what is still to come.
_SUSPENDING = frozenset("and or to nor und oder bis et ou y o e".split())
# From here up (Zipf, by wordfreq) a word is written together: "interpolated" 2.4; "opensource" 2.2 is not.
_TOGETHER = 2.4


def joined_lines(before: str, after: str, known: Collection[str]) -> str:
    """The first of two lines as it goes on to the second: with a space, or without the hyphen that broke a word.

    `known` holds words (folded) that the text uses elsewhere; they say how the word is written. A hyphen that belongs
    to the word stays.
    """
    if not after or not before.endswith(("-", "‐", SOFT)):
        return f"{before} "
    next_word = _WORD.match(after)
    if next_word is None or next_word.group().casefold() in _SUSPENDING:
        return f"{before} "
    if before.endswith(SOFT):
        return before[:-1]
    if _COMPOUND.search(before):
        return before
    broken = _BROKEN.search(before)
    if broken is None:
        return f"{before} "
    first, second = broken.group(1), next_word.group()
    return before[:-1] if second[0].islower() and _is_one(first, second, known) else before


def _is_one(first: str, second: str, known: Collection[str]) -> bool:
    """Whether two halves are one word without a hyphen."""
    from wordfreq import zipf_frequency

    from sidebyside.text.words import is_common

    together = f"{first}{second}".casefold()
    if together in known or f"{first}-{second}".casefold() in known:
        return together in known
    if zipf_frequency(together, "en") >= _TOGETHER:
        return True
    return not (is_common(first.casefold()) and is_common(second.casefold()))
