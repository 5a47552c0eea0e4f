"""Polarity: which words a sentence denies, what it requires, and words that turn a statement into its opposite."""

from __future__ import annotations

import re

from sidebyside.text.words import content_words, stem, tokens

NEGATIONS = frozenset(
    """not no never without cannot can't doesn't don't isn't aren't won't didn't wasn't couldn't shouldn't lacks lack
    lacking unable nor neither none ignored ignores unsupported unavailable impossible excluded refuses refused rejects
    rejected""".split()
)

# These negate their clause wherever they stand in it; the others only what follows.
_WHOLE = NEGATIONS - {"no", "without", "lacks", "lack", "lacking", "unable", "nor", "neither", "none"}

# Words that say by themselves that something is not there: "offline", "ad-free".
_PRIVATIVE = re.compile(r"\b(?:offline|\w+-free)\b", re.IGNORECASE)
_NOT_ONLY = re.compile(r"\bnot (?:only|just)\b", re.IGNORECASE)
_REQUIRES = re.compile(
    r"\b(?:requir(?:es?|ed|ing)|needs?|needed|must|ha(?:s|ve) to|depends on|mandatory|necessary)\b", re.IGNORECASE
)
# "Needed only for activation" leaves open what is asked.
_PARTLY = re.compile(r"\b(?:only|optional\w*|apart from|except)\b", re.IGNORECASE)

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
    """(denied, affirmed): stems of the content words that a text negates, and of all others.

    "Without", "no" and "lacks" negate what follows them in the clause; "not" and its like the clause as a whole.
    """
    denied: set[str] = set()
    affirmed: set[str] = set()
    for clause in _CLAUSE.split(text):
        words = [token.folded for token in tokens(clause)]
        if any(word in _WHOLE for word in words):
            denied |= _stems(clause)
            continue
        first = next((i for i, word in enumerate(words) if word in NEGATIONS), len(words))
        denied |= _stems(" ".join(words[first:]))
        affirmed |= _stems(" ".join(words[:first]))
    return denied, affirmed


def denies(asked: str, said: str) -> bool | None:
    """Whether a clause denies what is asked, as far as its negations tell; None where they tell nothing.

    It does where it negates the very words: "monitors servers", "it does not monitor servers". What asks for an
    absence ("works offline", "needs no account") is denied by what requires the thing, and a negation of that thing is
    no denial: "no network connection at any time".
    """
    denied, _ = denied_stems(said)
    if not asks_for_absence(asked):
        own = _stems(asked)
        return True if own and own <= denied else None
    if any(_stems(word) <= denied for word in _PRIVATIVE.findall(asked)):
        return True  # "There is no offline mode"
    if negations(said) or _PRIVATIVE.search(said):
        return False
    return True if _REQUIRES.search(said) and not _PARTLY.search(said) else None


def asks_for_absence(text: str) -> bool:
    """Whether a criterion asks that something is not there: "without a graphics card", "offline"."""
    return bool(negations(_NOT_ONLY.sub(" ", text)) or _PRIVATIVE.search(text))


def _stems(text: str) -> set[str]:
    return {stem(word) for word in content_words(text) if word not in NEGATIONS}
