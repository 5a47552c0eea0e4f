"""Verification: whether a sentence is supported by its evidence, and why not.

Written sentences keep close to their quotes, so the rule is strict: each part of a sentence rests on one quote, which
has all its words but those that only hold a sentence together; its figures, names, denials and comparisons are tied to
the same words as there. What that lets through and what it costs: benchmarks/verification.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sidebyside.prose.checks import (
    dropped_limit,
    dropped_subject,
    foreign_figure,
    loose_word,
    telling_stems,
    told_of_another,
    turned_comparison,
    turned_denial,
)
from sidebyside.text.polarity import OPPOSITES, denied_stems, negations
from sidebyside.text.quantities import find_quantities
from sidebyside.text.words import content_stems, content_words, fold, initials, is_common, is_named, stem, tokens

# Share of a sentence's telling words that must stand in the quotes its parts rest on. Words of the passage around a
# quote are not enough: of 103 sentences of the model that saved 2, and let through a tenth of planted mixtures.
COVERAGE = 1.0

_EMPTY_REPLY = re.compile(
    r"\b(?:not (?:stated|mentioned|specified|provided|described)|no information|does not (?:state|mention|say|"
    r"specify|provide)|the (?:quotes?|page|sentences?|text) (?:do(?:es)?|says?|states?|mentions?)\b)"
)
_FORBIDDEN = re.compile(r"https?://|www\.|<[a-z/!]|\]\(|```|\[\d+\]", re.IGNORECASE)
_JUDGING = frozenset(
    """best better worst worse fastest faster slowest slower cheapest cheaper highest higher lowest lower largest larger
    smallest smaller longest longer shortest shorter greatest greater most least leading superior inferior ideal perfect
    excellent outstanding unmatched top winner wins beats outperforms""".split()
)
# Words a summary may add without adding a statement.
_FREE_STEMS = frozenset(
    stem(word)
    for word in """include including such e.g i.e thus therefore artifact support offer provide handle allow enable
    cover feature capability use able capable available here has have it its""".split()
)
# Words that say the same.
_SAME = tuple(
    frozenset(map(stem, group.split()))
    for group in (
        "need require",
        "keep retain store",
        "accept admit take",
        "make create produce generate",
        "remove delete erase",
        "find detect",
        "show display",
        "recognise recognize",
        "start begin",
        "run work",
        "all each every",
    )
)
# Words that a figure's unit implies.
_IMPLIED = {
    **dict.fromkeys(("usd", "eur", "gbp", "jpy"), ("cost", "price", "charge")),
    "token": ("context", "window", "token"),
    "time": ("take", "time", "long"),
    "bytes": ("size", "take", "large"),
}
# A part that begins with one of these continues the part before it.
_CONTINUES = re.compile(
    r"\s*(?:with|without|at|for|in|on|by|from|per|up|under|over|to|of|within|as|than|that|which|where|when|if|so)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[,;:]\s|\s[—–]\s|[.!?]\s|\b(?:and|but|while|whereas)\b")


@dataclass(frozen=True, slots=True)
class Check:
    """The result for one sentence: supported or not, why not ("" if supported), word coverage from 0 to 1.

    `rests_on` holds positions of the evidence it rests on, in the order of the sentence.
    """

    supported: bool
    reason: str
    coverage: float
    rests_on: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a sentence, the position of the quote it rests on (None: no quote), and its words not found there."""

    text: str
    base: int | None
    missing: tuple[str, ...]


def verify_sentence(sentence: str, evidence: Sequence[str], *, name: str, others: Sequence[str] = ()) -> Check:
    """Check one sentence about the artifact `name` against its evidence texts.

    `others` are the words of it that name other artifacts: what a page claims about a rival is not told as a fact.
    """
    parts = _lay(sentence, evidence, name)
    words = own_words(sentence, name)
    missing = [word for part in parts for word in part.missing]
    coverage = max(0.0, 1 - len(missing) / len(words)) if words else 1.0
    rests_on = tuple(dict.fromkeys(part.base for part in parts if part.base is not None))
    reason = (
        _unusable(sentence, name)
        or told_of_another(sentence, others)
        or ("" if rests_on else "rests on no evidence")
        or next((wrong for part in parts if (wrong := _objection(part, evidence, name))), "")
        or ("" if coverage >= COVERAGE else f"only {coverage:.0%} of its words are in the evidence ({missing[0]})")
    )
    return Check(not reason, reason, coverage, rests_on)


def _objection(part: _Part, evidence: Sequence[str], name: str) -> str:
    """What a part says that the quote it rests on does not."""
    quote = evidence[part.base] if part.base is not None else ""
    return (
        foreign_figure(_without(name, part.text), quote)
        or _foreign_name(part.text, quote, name)
        or _judges(part.text, f"{quote} {name}")
        or _turned(_without(name, part.text), quote)
        or turned_denial(_without(name, part.text), quote)
        or turned_comparison(part.text, quote)
        or loose_word(_without(name, part.text), quote)
        or dropped_limit(part.text, quote)
        or dropped_subject(part.text, quote)
    )


def _unusable(sentence: str, name: str) -> str:
    if not sentence.strip() or len(content_words(sentence)) < 2:
        return "says nothing"
    if _EMPTY_REPLY.search(fold(sentence)):
        return "says that nothing is stated"
    if _FORBIDDEN.search(sentence):
        return "holds a link, markup or a citation of its own"
    if re.match(r"\s*[-–—]\s", _without(name, sentence)):
        return "is written like the question, not like a sentence"
    return ""


def _lay(sentence: str, evidence: Sequence[str], name: str) -> list[_Part]:
    """The parts of a sentence, each on the quote that has most of its words; a tie goes to a quote already used."""
    quotes = [_Words(text) for text in evidence]
    # A sentence that one quote has altogether rests on that quote alone.
    whole = _lay_part(sentence, quotes, range(len(quotes)), (), name)
    if not whole.missing:
        return [whole]
    texts = _parts(sentence, name)
    short = [len(own_words(text, name)) < 2 for text in texts]
    laid: list[_Part | None] = [None] * len(texts)
    for i in sorted(range(len(texts)), key=lambda i: short[i]):
        used = [part.base for part in laid if part is not None and part.base is not None]
        beside = [part.base for part in laid[max(0, i - 1) : i + 2] if part is not None and part.base is not None]
        # A single word ("saves" in "saves and restores state") belongs to what stands beside it.
        among = beside if short[i] and beside else range(len(quotes))
        laid[i] = _lay_part(texts[i], quotes, among, used, name)
    return [part for part in laid if part is not None]


def _lay_part(text: str, quotes: Sequence[_Words], among: Iterable[int], used: Sequence[int], name: str) -> _Part:
    """One part on the quote, of those at the positions `among`, that lacks fewest of its words."""
    wanted = own_words(text, name)
    rated = min(((len(quotes[i].missing(wanted)), i not in used, i) for i in among), default=None)
    if rated is None or (wanted and rated[0] == len(wanted) and not used):
        return _Part(text, None, tuple(wanted))
    return _Part(text, rated[2], tuple(quotes[rated[2]].missing(wanted)))


def _parts(sentence: str, name: str) -> list[str]:
    """A sentence cut where another statement may begin; what only continues a statement stays with it."""
    masked = _without(name, sentence)
    cuts = [0, *(match.end() for match in _PARTS.finditer(masked)), len(sentence)]
    found: list[str] = []
    for start, end in pairwise(cuts):
        piece = sentence[start:end]
        if found and (_CONTINUES.match(piece) or not own_words(piece, name)):
            found[-1] += piece
        elif piece.strip():
            found.append(piece)
    # A first piece that says nothing by itself belongs to what follows.
    if len(found) > 1 and not own_words(found[0], name):
        found[:2] = [found[0] + found[1]]
    return found


class _Words:
    """The words of a quote."""

    def __init__(self, quote: str) -> None:
        self._stems = set(telling_stems(quote)) | content_stems(quote)
        self._initials = initials(quote)
        self._implied = {
            stem(word) for quantity in find_quantities(quote) for word in _IMPLIED.get(quantity.unit.split("/")[0], ())
        }

    def missing(self, wanted: Sequence[str]) -> list[str]:
        """The wanted stems that the quote lacks."""
        return [word for word in wanted if not self._has(word)]

    def _has(self, word: str) -> bool:
        if word in self._stems or word in self._implied or any(word in g and g & self._stems for g in _SAME):
            return True
        # An acronym that the quote spells out; "fast" is no acronym of "finds a short title".
        return word in self._initials and not is_common(word)


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]", "", fold(text))


def _without(name: str, text: str) -> str:
    """A text with an artifact's name blanked out, however it is bracketed, so that nothing in it is a statement."""
    words = [re.escape(token.text) for token in tokens(name)]
    if not words:
        return text
    # "Cantata (1.6B)", "Cantata 1.6B" and "cantata-1.6b" are one name.
    written = r"(?<!\w)" + r"\W*".join(words) + r"(?!\w)"
    return re.sub(written, lambda match: " " * len(match.group()), text, flags=re.IGNORECASE)


def _foreign_name(sentence: str, support: str, name: str) -> str:
    """A proper name that stands neither in the evidence nor in the artifact's name."""
    words = tokens(sentence)
    allowed = {stem(t.folded) for t in tokens(f"{support} {name}")} | initials(support)
    squeezed = _squeeze(f"{support} {name}")
    starts = {0} | {i for i in range(1, len(words)) if re.search(r"[.!?:]\s*$", sentence[: words[i].start])}
    for position, word in enumerate(words):
        first = position in starts
        odd = first and word.text[0].isupper() and not is_common(word.folded.removesuffix("'s"))
        if not (odd or is_named(word, sentence_start=first)) or word.folded[0].isdigit():
            continue
        if stem(word.folded) not in allowed and re.sub(r"[\W_]", "", word.folded) not in squeezed:
            return f"{word.text} is not in the evidence"
    return ""


def _judges(sentence: str, support: str) -> str:
    """A judgement ("the best", "fastest") that the evidence does not make."""
    have = {token.folded for token in tokens(support)}
    made = sorted({token.folded for token in tokens(sentence)} & _JUDGING - have)
    return f"judges ({made[0]}) where the evidence does not" if made else ""


def _turned(sentence: str, quote: str) -> str:
    """Reversed polarity: a negation on one side only, or a word whose opposite is what the evidence says."""
    own = {stem(t.folded) for t in tokens(sentence)}
    theirs = {stem(t.folded) for t in tokens(quote)}
    for word in own - theirs:
        if opposite := OPPOSITES.get(word, set()) & theirs - own:
            return f"says {word} where the evidence says {sorted(opposite)[0]}"
    negated = negations(sentence)
    if negated and not negations(quote):
        return "denies what the evidence affirms"
    denied, affirmed = denied_stems(quote)
    if not negated and {stem(word) for word in content_words(sentence)} & (denied - affirmed):
        return "affirms what the evidence denies"
    return ""


def own_words(sentence: str, name: str) -> list[str]:
    """The telling words of a sentence, each once, without those of the artifact's name."""
    named = {stem(t.folded) for t in tokens(name)}
    found = (word for word in telling_stems(sentence) if word not in _FREE_STEMS and word not in named)
    return list(dict.fromkeys(found))
