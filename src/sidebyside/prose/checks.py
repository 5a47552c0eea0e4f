"""Bindings: whether the figures, denials and comparisons of a sentence are tied to the same words as in its quote.

All words of a sentence can stand in a quote while it says something else: "97% of calls parse and 99% name the right
function" has the words of "99% of calls parse and 97% name the right function". Written sentences keep close to their
quote, so what stands right beside such a word is compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sidebyside.text.polarity import NEGATIONS
from sidebyside.text.quantities import Quantity, find_quantities, is_known_unit
from sidebyside.text.words import STOP_WORDS, stem, tokens

# Values of number words; "one" is left out, being a pronoun too.
NUMBER_WORDS = {
    "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9,
    "trillion": 10**12, "dozen": 12, "hundreds": 100, "thousands": 1000, "millions": 10**6, "billions": 10**9,
}  # fmt: skip
# Stop words that say something all the same: how much, how far, in which order.
TELLING = frozenset(
    """all any before after above below under over up least most more less few fewer many much only some each every
    first last own other another both either neither never always within without between during since until unless if
    must should may might would will could off down out against same almost nearly about versus""".split()
)
# Words of degree that say the same.
WHOLE = frozenset({"all", "each", "every"})
# What stands between an active verb like these and the next content word is what it keeps out.
_EXCLUDING = re.compile(
    r"\b(?:instead of|rather than|except(?: for)?|unlike|other than|avoids?|prevents?|blocks?|forbids?|refuses?|"
    r"rejects?|excludes?|excluding|ignores?|omits?|skips?|drops?|disables?|removes?|lacks?|lacking|fails to)\b",
    re.IGNORECASE,
)
# Words that narrow what stands beside them; a sentence that leaves one out says more than its quote.
_NARROWING = re.compile(
    r"(?<!also )(?<!even )\b(?:only|solely|exclusively|unless|except|when|if|planned|experimental|beta|deprecated|"
    r"partly|partially|almost|nearly|hardly|rarely|sometimes|seldom)\b",
    re.IGNORECASE,
)
# Figures this many characters apart or fewer are the ends of a range.
_RANGE = 4
_BREAK = re.compile(r"[,;:()]\s|\s[—–-]\s|[.!?]\s|\b(?:and|but|while|whereas|though|although|or)\b")
_CLAUSE_END = re.compile(r"[,;:()]\s|\s[—–-]\s|[.!?](?:\s|$)|\b(?:but|while|whereas|though|although)\b")


def telling_stems(text: str) -> list[str]:
    """The stems of a text's words in order, without those that hold a sentence together."""
    found = (token.folded for token in tokens(text))
    return [stem(word) for word in found if word not in STOP_WORDS or word in TELLING]


def foreign_figure(sentence: str, quote: str) -> str:
    """What is wrong with a sentence's figures, "" if nothing: one that the quote lacks, or has of something else."""
    own = find_quantities(quote)
    digits = {token.folded.replace(",", "") for token in tokens(quote)}
    for quantity in find_quantities(sentence):
        same = [other for other in own if same_figure(quantity, other, sentence, quote)]
        if same:
            others = _rivals(quantity, same, own)
            if others and _nearer_to_another(quantity, same, others, sentence, quote):
                return f"{quantity.text} belongs to something else in the evidence"
            if others and _without_its_condition(same, others, sentence, quote):
                return f"leaves out what {quantity.text} holds for"
            continue
        if quantity.unit and any(other.value == quantity.value and other.unit for other in own):
            return f"{quantity.text} has another unit in the evidence"
        bare = not quantity.unit or not is_known_unit(quantity.unit)
        written = {t.folded.replace(",", "") for t in tokens(quantity.text) if t.folded[0].isdigit()}
        if not bare or not written <= digits:
            return f"{quantity.text} is not in the evidence"
    return _foreign_number_word(sentence, quote)


def same_figure(one: Quantity, other: Quantity, sentence: str, quote: str) -> bool:
    """Equal value and unit; what a price or rate is per belongs to the unit, and may only be left out altogether."""
    if one.value != other.value:
        return False
    if one.unit == other.unit or not one.unit:
        return True
    mine, theirs = one.unit.split("/"), other.unit.split("/")
    if mine[1:] and mine[1:] != theirs[1:]:
        return False
    if is_known_unit(one.unit) or is_known_unit(other.unit):
        return mine[0] == theirs[0]
    # A noun beside the number: the same one, or one that follows at once ("120 concurrent queries").
    return (
        mine[0] == theirs[0]
        or mine[0] in _behind(quote, other.start)[:3]
        or theirs[0] in _behind(sentence, one.start)[:3]
    )


def _rivals(quantity: Quantity, same: Sequence[Quantity], own: Sequence[Quantity]) -> list[Quantity]:
    """The other figures of a quote that a figure could be mistaken for: of its kind, and not the end of its range."""
    others = [other for other in own if other not in same and _kind(other) == _kind(quantity)]
    return [other for other in others if all(_gap(other, one) > _RANGE for one in same)]


def _nearer_to_another(
    quantity: Quantity, same: Sequence[Quantity], others: Sequence[Quantity], sentence: str, quote: str
) -> bool:
    """Whether the words beside a figure are, in the quote, rather those beside another figure of its kind."""
    beside = _beside(quantity, sentence)
    best = max(len(beside & _beside(one, quote)) for one in same)
    return any(len(beside & _beside(other, quote)) > best for other in others) or (bool(beside) and best == 0)


def _without_its_condition(same: Sequence[Quantity], others: Sequence[Quantity], sentence: str, quote: str) -> bool:
    """Whether a sentence drops what tells a figure from its like: "30 days on the Free plan and a year on Team"."""
    theirs = set().union(*(_after(other, quote) for other in others))
    telling = [_after(one, quote) - theirs for one in same]
    return all(words and words.isdisjoint(telling_stems(sentence)) for words in telling)


def _gap(one: Quantity, other: Quantity) -> int:
    return max(one.start, other.start) - min(one.end, other.end)


def _kind(quantity: Quantity) -> str:
    return quantity.unit.split("/")[0]


def _beside(quantity: Quantity, text: str) -> set[str]:
    """The two telling words on either side of a figure, up to the next figure or break."""
    before = re.split(r"(?<![A-Za-z0-9])\d[\d.,]*\S*", _BREAK.split(text[: quantity.start])[-1])[-1]
    return {*telling_stems(before)[-2:]} | _after(quantity, text)


def _after(quantity: Quantity, text: str) -> set[str]:
    """The two telling words behind a figure, up to the next figure or break."""
    return set(telling_stems(re.split(r"(?<![A-Za-z0-9])[$€£]?\d", _BREAK.split(text[quantity.end :])[0])[0])[:2])


def _behind(text: str, start: int) -> list[str]:
    """The telling words from a place on, up to the next break, figures left out."""
    return [word for word in telling_stems(_BREAK.split(text[start:])[0]) if not word[0].isdigit()]


def _foreign_number_word(sentence: str, quote: str) -> str:
    """A number word that the quote lacks, or that counts something else there."""
    have = tokens(quote)
    digits = {token.folded.replace(",", "") for token in tokens(quote)}
    for token in tokens(sentence):
        word = token.folded
        if word not in NUMBER_WORDS:
            continue
        places = [other for other in have if other.folded == word]
        if not places and str(NUMBER_WORDS[word]) not in digits:
            return f"{word} is not in the evidence"
        counted = _behind(sentence, token.end)[:1]
        if places and counted and not any(counted[0] in _behind(quote, other.end)[:2] for other in places):
            return f"{word} belongs to something else in the evidence"
    return ""


def turned_denial(sentence: str, quote: str) -> str:
    """A word that one of the two denies, with "not" and its like right before it, and the other affirms."""
    own, theirs = set(telling_stems(sentence)), telling_stems(quote)
    denied, their_denied = _denied(sentence), _denied(quote)
    reached = _denied(sentence, reach=3)
    if denied and not their_denied and not _EXCLUDING.search(quote):
        return "denies what the evidence affirms"
    if turned := sorted(word for word in denied - their_denied if word in theirs):
        return f"denies what the evidence affirms ({turned[0]})"
    # What the quote also affirms elsewhere may be affirmed.
    plain = {word for word in their_denied if theirs.count(word) > 1}
    if turned := sorted((own & their_denied) - reached - plain):
        return f"affirms what the evidence denies ({turned[0]})"
    kept_out = _kept_out(quote)
    if (turned := sorted(own & kept_out - reached)) and not _EXCLUDING.search(sentence):
        return f"affirms what the evidence denies ({turned[0]})"
    return ""


def _denied(text: str, reach: int = 1) -> set[str]:
    """The `reach` words right behind each negation, or the one before it where none follows in the clause."""
    found: set[str] = set()
    for clause in _CLAUSE_END.split(text):
        for token in tokens(clause):
            if token.folded in _PLAIN_NEGATIONS:
                after, before = telling_stems(clause[token.end :]), telling_stems(clause[: token.start])
                found |= set(after[:reach] or before[-1:])
    return found


_PLAIN_NEGATIONS = frozenset(word for word in NEGATIONS if word.endswith(("n't", "not"))) | {
    "no", "never", "without", "nothing", "nobody", "nor", "neither", "none", "unable",
}  # fmt: skip


def _kept_out(text: str) -> set[str]:
    """The word right behind "instead of", "refuses" and their like."""
    return {word for match in _EXCLUDING.finditer(text) for word in _behind(text, match.end())[:1]}


def turned_comparison(sentence: str, quote: str) -> str:
    """A comparison that the quote does not make this way round, or one without what it compares with."""
    mine, theirs = _comparisons(sentence), _comparisons(quote)
    for compared, against in mine:
        if not any(against <= others and compared & words for words, others in theirs):
            return f"compares with {sorted(against)[0] if against else 'nothing'} where the evidence does not"
    said = set(telling_stems(sentence))
    if not mine and any(
        word in said for words, _ in theirs for word in words if word in _COMPARING or word[-2:] == "er"
    ):
        return "leaves out what the evidence compares with"
    return ""


_COMPARING = frozenset({"more", "less", "fewer"})


def _comparisons(text: str) -> list[tuple[set[str], set[str]]]:
    """For every "than": the two telling words before it, and those after it in the clause."""
    pieces = re.split(r"\bthan\b", text, flags=re.IGNORECASE)
    return [
        (set(telling_stems(before)[-2:]), set(telling_stems(_CLAUSE_END.split(after)[0])))
        for before, after in pairwise(pieces)
    ]


def loose_word(sentence: str, quote: str) -> str:
    """A word of degree or order ("more", "every", "before") that stands beside other words than in the quote."""
    for token in tokens(sentence):
        if token.folded not in TELLING:
            continue
        same = WHOLE if token.folded in WHOLE else {token.folded}
        places = [other for other in tokens(quote) if other.folded in same]
        after = _behind(sentence, token.end)[:1]
        if places and after and not any(after == _behind(quote, other.end)[:1] for other in places):
            return f"{token.text} belongs to something else in the evidence"
    return ""


# Verbs in the form that follows a plural, and those that are the same for all: what stands before one is its subject.
_FINITE = frozenset(
    """is are was were has have can cannot must may will does do get gets pay pays need needs stay stays go goes work
    works run runs take takes cost costs come comes cover covers leave leaves keep keeps remain remains start starts
    end ends open opens fit fits count counts receive receives reach reaches follow follows apply applies""".split()
)


def dropped_subject(sentence: str, quote: str) -> str:
    """The subject of a quote that speaks of something else than the artifact, where the sentence leaves it out.

    "Students get the Team plan free" is not "Tern offers the Team plan free".
    """
    own = set(telling_stems(sentence))
    subject, said = _subject(quote)
    if subject <= own or not said & own:
        return ""
    return f"leaves out what the evidence speaks of ({sorted(subject - own)[0]})"


def _subject(quote: str) -> tuple[set[str], set[str]]:
    """The words before and behind the first verb of a quote whose subject is not the artifact; pages leave that out."""
    clause = _CLAUSE_END.split(quote)[0]
    words = tokens(clause)
    verb = next((i for i, word in enumerate(words[:8]) if word.folded in _FINITE), 0)
    if not verb:
        return set(), set()
    return set(telling_stems(clause[: words[verb].start])), set(telling_stems(clause[words[verb].end :]))


def dropped_limit(sentence: str, quote: str) -> str:
    """A narrowing word ("only", "unless", "planned") that the sentence leaves out between words it takes over."""
    own = set(telling_stems(sentence))
    said = {token.folded for token in tokens(sentence)}
    for match in _NARROWING.finditer(quote):
        word = match.group().lower()
        before, after = quote[: match.start()], quote[match.end() :]
        if word in _CONDITIONS:
            beside = telling_stems(before)[-1:]
        else:
            beside = telling_stems(_CLAUSE_END.split(before)[-1])[-1:] + telling_stems(_CLAUSE_END.split(after)[0])[:1]
        # A word that stands there twice does not tell which of the two places was taken over.
        alone = all(telling_stems(quote).count(one) == 1 or telling_stems(before).count(one) == 1 for one in beside)
        if beside and alone and own.issuperset(beside) and word not in said:
            return f"leaves out {word}"
    return ""


# What these narrow stands before them; behind them stands the condition.
_CONDITIONS = frozenset({"unless", "except", "when", "if"})


# What says something of a thing that is named right behind it, and of one right before it.
_COMPARED_WITH = re.compile(
    r"\b(?:than|unlike|versus|vs\.?|beats?|outperforms?|ahead of|behind|compared (?:to|with))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"(?:^|\b(?:but|while|whereas|though|although|because)\s)\W*(?:the\s+)?$", re.IGNORECASE)
_MAY_BEGIN = re.compile(r"(?:[,;:]|\band)\s+(?:the\s+)?$", re.IGNORECASE)
_RELATIVE = re.compile(r"\W*(?:which|who|whose|that)\b", re.IGNORECASE)


def told_of_another(sentence: str, others: Sequence[str]) -> str:
    """A statement about one of the other artifacts that a sentence names, where it should speak of its own.

    "Faster than Heron" and "Heron never does" say something of Heron; "connects to Heron" does not.
    """
    for other in others:
        for found in re.finditer(re.escape(other), sentence):
            before, after = sentence[: found.start()], sentence[found.end() :]
            if _COMPARED_WITH.search(before) or _BEGINS.search(before) or _RELATIVE.match(after):
                return f"says something of {other}"
            verb = next((token.folded for token in tokens(after)[:1]), "")
            states = verb in _FINITE or verb in NEGATIONS or verb in {"only", "always", "also"}
            if states or (_MAY_BEGIN.search(before) and verb.endswith("s")):
                return f"says something of {other}"
    return ""
