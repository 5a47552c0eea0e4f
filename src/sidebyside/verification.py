"""Verification: whether a sentence is supported by its evidence, and why not.

A sentence passes when every figure and every name in it stands in the evidence, when its polarity is that of the
evidence, and when enough of its content words do. Thresholds: benchmarks/verification.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sidebyside.polarity import OPPOSITES, denied_stems, negations
from sidebyside.quantities import Quantity, find_quantities, is_known_unit
from sidebyside.words import content_words, fold, initials, is_common, is_named, stem, tokens

# Pieces of evidence one sentence may rest on.
_MOST_BASES = 4
# Share of a sentence's content words that must stand in the passages it rests on, and in the quotes themselves.
COVERAGE = 0.75
QUOTED = 0.5

_EMPTY_REPLY = re.compile(
    r"\b(?:not (?:stated|mentioned|specified|provided|described)|no information|does not (?:state|mention|say|"
    r"specify|provide)|the quotes?|the page)\b"
)
_FORBIDDEN = re.compile(r"https?://|www\.|<[a-z/!]|\]\(|```|\[\d+\]", re.IGNORECASE)
_JUDGING = frozenset(
    """best better worst worse fastest faster slowest slower cheapest cheaper highest higher lowest lower largest larger
    smallest smaller longest longer shortest shorter greatest greater most least leading superior inferior ideal perfect
    excellent outstanding unmatched top winner wins beats outperforms""".split()
)
_NUMBER_WORDS = {
    "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9,
    "trillion": 10**12, "dozen": 12, "hundreds": 100, "thousands": 1000, "millions": 10**6, "billions": 10**9,
}  # fmt: skip
# Words a summary may add without adding a statement.
_FREE_WORDS = frozenset(
    """include includes including well specifically such e.g i.e thus therefore artifact support supports supporting
    offer offers offering provide provides providing handle handles handling allow allows allowing enable enables
    enabling
    feature features capability capabilities use uses using used able capable available here""".split()
)


@dataclass(frozen=True, slots=True)
class Check:
    """The result for one sentence: supported or not, why not ("" if supported), word coverage from 0 to 1.

    `rests_on` holds positions of the evidence it rests on, most telling first.
    """

    supported: bool
    reason: str
    coverage: float
    rests_on: tuple[int, ...]


def verify_sentence(sentence: str, evidence: Sequence[str], *, name: str, contexts: Sequence[str] = ()) -> Check:
    """Check one sentence about the artifact `name` against its evidence texts.

    `contexts` are the passages around them, in the same order: what a sentence speaks about may be named there, while
    what it says (figures, names, polarity, half of its words) must stand in the evidence itself.
    """
    rests_on = _rests_on(sentence, evidence, name)
    basis = [evidence[i] for i in rests_on]
    support = " ".join(basis)
    quoted = _word_coverage(sentence, support, name)
    around = " ".join(contexts[i] for i in rests_on if i < len(contexts))
    coverage = _word_coverage(sentence, f"{support} {around}", name) if quoted >= QUOTED else quoted
    reason = (
        _unusable(sentence)
        or _foreign_figure(sentence, support, name)
        or _foreign_name(sentence, support, name)
        or _judges(sentence, support)
        or _turned(sentence, basis)
        or ("" if coverage >= COVERAGE else f"only {coverage:.0%} of its words are in the evidence")
    )
    return Check(not reason, reason, coverage, rests_on)


def _unusable(sentence: str) -> str:
    if not sentence.strip() or len(content_words(sentence)) < 2:
        return "says nothing"
    if _EMPTY_REPLY.search(fold(sentence)):
        return "says that nothing is stated"
    if _FORBIDDEN.search(sentence):
        return "holds a link, markup or a citation of its own"
    return ""


def _foreign_figure(sentence: str, support: str, name: str) -> str:
    """A figure that the evidence does not have in that unit; figures inside the artifact's name are no claim."""
    own = find_quantities(support)
    words = {token.folded for token in tokens(f"{support} {name}")}
    digits = {word.replace(",", "") for word in words}
    for quantity in find_quantities(sentence):
        if any(_same_figure(quantity, other) for other in own):
            continue
        if quantity.unit and any(other.value == quantity.value and other.unit for other in own):
            return f"{quantity.text} has another unit in the evidence"
        bare = not quantity.unit or not is_known_unit(quantity.unit)
        written = {t.folded.replace(",", "") for t in tokens(quantity.text) if t.folded[0].isdigit()}
        if not bare or not written <= digits:
            return f"{quantity.text} is not in the evidence"
    counted = {t.folded for t in tokens(sentence)} & _NUMBER_WORDS.keys()
    missing = sorted(word for word in counted if word not in words and str(_NUMBER_WORDS[word]) not in digits)
    return f"{missing[0]} is not in the evidence" if missing else ""


def _same_figure(one: Quantity, other: Quantity) -> bool:
    """Equal value and unit; what a price or rate is per may be left out, but not changed."""
    if one.value != other.value:
        return False
    if one.unit == other.unit or not one.unit:
        return True
    if not is_known_unit(one.unit):
        return not is_known_unit(other.unit)  # a noun beside the number; the words are checked by coverage
    return other.unit.startswith(f"{one.unit}/")


def _foreign_name(sentence: str, support: str, name: str) -> str:
    """A proper name that stands neither in the evidence nor in the artifact's name."""
    words = tokens(sentence)
    allowed = {stem(t.folded) for t in tokens(f"{support} {name}")} | initials(support)
    squeezed = re.sub(r"[\W_]", "", fold(f"{support} {name}"))
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


def _turned(sentence: str, basis: Sequence[str]) -> str:
    """Reversed polarity: a negation on one side only, or a word whose opposite is what the evidence says."""
    if not basis:
        return "rests on no evidence"
    own = {stem(t.folded) for t in tokens(sentence)}
    theirs = {stem(t.folded) for text in basis for t in tokens(text)}
    for word in own - theirs:
        if opposite := OPPOSITES.get(word, set()) & theirs - own:
            return f"says {word} where the evidence says {sorted(opposite)[0]}"
    negated = negations(sentence)
    if negated and not any(negations(text) for text in basis):
        return "denies what the evidence affirms"
    split = [denied_stems(text) for text in basis]
    affirmed = set().union(*(part for _, part in split))
    denied = set().union(*(part for part, _ in split)) - affirmed
    if not negated and {stem(word) for word in content_words(sentence)} & denied:
        return "affirms what the evidence denies"
    return ""


def _rests_on(sentence: str, evidence: Sequence[str], name: str) -> tuple[int, ...]:
    """The evidence a sentence rests on: the text that covers most of it, then any that adds what is still missing."""
    wanted = _own_words(sentence, name)
    chosen: list[int] = []
    stems = [{stem(w) for w in content_words(text)} for text in evidence]
    while wanted and len(chosen) < _MOST_BASES:
        gains = [(len(wanted & words), -i) for i, words in enumerate(stems) if i not in chosen]
        if not gains:
            break
        gain, position = max(gains)
        if gain == 0 or (chosen and gain < 2):
            break
        chosen.append(-position)
        wanted = wanted - stems[-position]
    return tuple(chosen)


def _own_words(sentence: str, name: str) -> set[str]:
    named = {stem(t.folded) for t in tokens(name)}
    return {stem(w) for w in content_words(sentence) if w not in _FREE_WORDS} - named


def _word_coverage(sentence: str, support: str, name: str) -> float:
    wanted = _own_words(sentence, name)
    if not wanted:
        return 1.0
    have = {stem(w) for w in content_words(support)} | {stem(t.folded) for t in tokens(support)}
    squeezed = re.sub(r"[\W_]", "", fold(support))
    found = {word for word in wanted if word in have or (len(word) >= 5 and word in squeezed)}
    return len(found) / len(wanted)
