"""Polarity: which words a sentence denies, and words that turn a statement into its opposite."""

from __future__ import annotations

import re

from sidebyside.words import content_words, stem, tokens

NEGATIONS = frozenset(
    """not no never without cannot can't doesn't don't isn't aren't won't didn't wasn't couldn't shouldn't lacks lack
    lacking unable nor neither none""".split()
)

_OPPOSITES = (
    ("higher", "lower"), ("more", "less"), ("more", "fewer"), ("faster", "slower"), ("larger", "smaller"),
    ("longer", "shorter"), ("better", "worse"), ("cheaper", "expensive"), ("free", "paid"), ("increase", "decrease"),
    ("increase", "reduce"), ("open", "closed"), ("local", "remote"), ("always", "never"), ("maximum", "minimum"),
    ("before", "after"), ("with", "without"), ("enable", "disable"), ("simple", "complex"), ("online", "offline"),
    ("strong", "weak"), ("high", "low"), ("synchronous", "asynchronous"),
)  # fmt: skip

_CLAUSE = re.compile(r"[,;:.()]\s|\s[—–-]\s|\b(?:but|and|while|though|although)\b")


def _pairs() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one, other in _OPPOSITES:
        found.setdefault(stem(one), set()).add(stem(other))
        found.setdefault(stem(other), set()).add(stem(one))
    return found


OPPOSITES = _pairs()


def negations(text: str) -> set[str]:
    """The negating words of a text."""
    return {token.folded for token in tokens(text)} & NEGATIONS


def denied_stems(text: str) -> tuple[set[str], set[str]]:
    """(denied, affirmed): stems of the content words in clauses with a negation, and in those without one."""
    denied: set[str] = set()
    affirmed: set[str] = set()
    for clause in _CLAUSE.split(text):
        stems = {stem(word) for word in content_words(clause) if word not in NEGATIONS}
        (denied if negations(clause) else affirmed).update(stems)
    return denied, affirmed


def denies(text: str, wanted: set[str]) -> bool:
    """Whether a sentence speaks of the wanted stems only where it negates."""
    denied, affirmed = denied_stems(text)
    return bool(wanted & denied) and not wanted & affirmed
