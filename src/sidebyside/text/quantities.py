"""Quantities in text: a number, its unit, and what it measures, made comparable where unit and thing agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sidebyside.text.units import (
    COMPOUND,
    COUNTED,
    CURRENCIES,
    CURRENCY,
    DIMENSIONS,
    MONEY,
    NUMBER,
    PERIODS,
    SCALE_WORDS,
    SCALES,
    TOKEN_SIDES,
    UNITS,
    number_value,
    tidy,
    unit_of_noun,
)
from sidebyside.text.words import STOP_WORDS, stem, tokens

# A number with its currency sign before and its scale after ("$1.5M", "128K", "8 million"). A figure that continues
# a name ("GPT-4", "v2") is none; "sub-5.5GB" and "~40%" are.
_NUMBER = re.compile(
    rf"(?P<currency>{CURRENCY})?\s?(?<![\w.])(?<![A-Z][-_])(?P<number>{NUMBER})"
    r"(?:\s?(?P<word>thousand|million|billion|trillion)\b|(?P<letter>[KkMBbT]|bn)(?![A-Za-z]))?"
)
_NAME_BEFORE = re.compile(r"[A-Za-z][A-Za-z0-9]*[A-Z0-9]-$|\b[A-Z][a-z]+-$|v$")
_RANGE = re.compile(r"\s?(?:-|–|to)\s?[$€£]?\d[\d.,]*\s?")
_UNIT = re.compile(r"\s?-?(?P<unit>[%€£]|[A-Za-zµμ]+)")
_PER = re.compile(r"\s?(?:/|\bper\b|\ba\b|\ban\b|\beach\b|\bevery\b|,?\s?\band\b)\s?(?P<per>[A-Za-z]+)")
_PER_COUNT = re.compile(
    r"\s?(?:/|\bper\b)\s?(?=\d|(?-i:[KM])\s|thousand|million|billion)(?P<count>\d+(?:[.,]\d+)*)?\s?"
    r"(?P<scale>k|m|b|thousand|million|billion)?\s(?P<noun>[a-z]+(?: tokens?)?)",
    re.IGNORECASE,
)
_PER_MTOK = re.compile(r"\s?(?:/|\bper\b)\s?(?P<noun>(?:[a-z]+ )?)mtok\b", re.IGNORECASE)
_SIDE = re.compile(rf"(?:{'|'.join(TOKEN_SIDES)})\s(?P<token>tokens?)\b", re.IGNORECASE)
_ADVERB = re.compile(r"\s(monthly|quarterly|yearly|annually|daily)\b", re.IGNORECASE)
# The next part of one figure: "1 h 30 min", "1h30m", "2 hours and 10 minutes".
_NEXT_PART = re.compile(r"(?P<and>\sand\s)?\s?(?P<number>\d+(?:\.\d+)?)\s?(?P<unit>[A-Za-z]+)\b")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in its base unit.

    `unit` is the base unit ("time", "usd/month", "token"...), comparable by equality; "" where the number has none.
    `text` is as written; `nouns` are stems of the words around it in the clause: what it may measure.
    """

    value: float
    unit: str
    text: str
    start: int
    end: int
    nouns: frozenset[str] = frozenset()

    @property
    def shown(self) -> str:
        """As written, with the word "tokens" where the page left it to "context" or "window"."""
        if self.unit != "token":
            return self.text
        return re.sub(r"[\s-]*(?:context|ctx|tokens?)$", "", self.text, flags=re.IGNORECASE) + " tokens"


def is_known_unit(unit: str) -> bool:
    """Whether a unit is one of measure or money, rather than a noun that stands beside a number."""
    base = unit.split("/")[0]
    return base == "token" or base in MONEY or base in DIMENSIONS


@lru_cache(maxsize=4_096)
def find_quantities(text: str) -> tuple[Quantity, ...]:
    """All quantities written in figures, in order; figures inside names ("GPT-4") are left out."""
    return tuple(_scan(text))


def _scan(text: str) -> Iterator[Quantity]:
    done = 0
    for match in _NUMBER.finditer(text):
        if match.start("number") < done:
            continue
        # The sign of "5 €10" is of the first figure, which has taken it.
        currency = match["currency"] if match.start("currency") >= done else None
        if not currency and _NAME_BEFORE.search(text[: match.start("number")]):
            continue
        value = number_value(match["number"]) * SCALES.get((match["word"] or match["letter"] or "").lower(), 1.0)
        unit, factor, end = _read_unit(text, match.end())
        if currency:
            unit, factor, end = CURRENCIES[currency.lower()], 1.0, match.end()
        value *= factor
        if unit in COMPOUND:
            more, end = _next_parts(text, unit, factor, end)
            value += more
        if unit and unit != "percent":
            rate, divisor, end = read_rate(text, end, money=unit in MONEY)
            unit, value = "/".join([unit, *rate]), value / divisor
        start = match.start("currency" if currency else "number")
        done = end
        yield Quantity(tidy(value), unit, text[start:end].strip(), start, end, _nouns(text, start, end))


def _read_unit(text: str, position: int) -> tuple[str, float, int]:
    """(unit, factor, end) of what stands after a number; a plain noun is its own unit, and "1-2 min" shares one."""
    if span := _RANGE.match(text, position):
        unit, factor, _ = _read_unit(text, span.end())
        return unit, factor, position
    found = _UNIT.match(text, position)
    if not found:
        return "", 1.0, position
    word = found["unit"].lower()
    if found["unit"] == "W":
        return "power", 1.0, found.end()
    if word in UNITS and not (len(word) == 1 and found["unit"].isupper()):
        return *UNITS[word], found.end()
    if word in CURRENCIES:
        return CURRENCIES[word], 1.0, found.end()
    if word in STOP_WORDS or word in SCALE_WORDS or word in {"x", "th", "st", "nd", "rd"}:
        return "", 1.0, position
    # A context, window or sequence of models is measured in tokens, whether or not the page adds the word.
    return unit_of_noun(word), 1.0, found.end()


def _next_parts(text: str, dimension: str, factor: float, end: int) -> tuple[float, int]:
    """What further parts of one figure add ("1 h" and then "30 min"), each smaller than one of the unit before it."""
    more = 0.0
    while part := _NEXT_PART.match(text, end):
        word = part["unit"].lower()
        own, smaller = ("time", 60.0) if dimension == "time" and word == "m" else UNITS.get(word, ("", 0.0))
        added = float(part["number"]) * smaller
        # "2 s and 300 ms" are two figures, "2 hours and 10 minutes" are one.
        if own != dimension or added >= factor or (part["and"] and smaller < 1.0):
            break
        more, factor, end = more + added, smaller, part.end()
    return more, end


def read_rate(text: str, end: int, *, money: bool) -> tuple[tuple[str, ...], float, int]:
    """What a unit is per, sorted ("month", "seat"), by how many of it the figure is counted, and where that ends.

    "$1 per 1M tokens" and "$0.002 per 1K tokens" are both prices of a token.
    """
    parts: set[str] = set()
    divisor = 1.0
    if money and (counted := _PER_MTOK.match(text, end) or _PER_COUNT.match(text, end)):
        groups = {"count": "1", "scale": "m", **counted.groupdict()}
        divisor = number_value(groups["count"] or "1") * SCALES.get((groups["scale"] or "").lower(), 1.0)
        parts.add(_counted(groups["noun"] or "token"))
        end = counted.end()
    while found := _PER.match(text, end):
        word = found["per"].lower()
        joins = found.group().strip().lower()
        joined = joins.startswith((",", "and"))
        known = word in SCALE_WORDS or word in PERIODS or word in COUNTED
        if word in STOP_WORDS or (joined and not parts) or not (known or (money and not joined)):
            break
        end = found.end()
        if side := _SIDE.match(text, found.start("per")):
            word, end = side.group(), side.end()
        parts.add(PERIODS.get(word) or (word if word in SCALE_WORDS else _counted(word)))
    if adverb := _ADVERB.match(text, end):
        parts.add(PERIODS[adverb[1].lower()])
        end = adverb.end()
    return tuple(sorted(parts)), divisor, end


def _counted(noun: str) -> str:
    """What a price is counted in, as one unit: "token", "prompt token" for tokens of the prompt or the input."""
    first, *rest = noun.lower().split()
    if rest or first in TOKEN_SIDES:
        return f"{TOKEN_SIDES.get(first, first)} token"
    return unit_of_noun(first)


def _nouns(text: str, start: int, end: int) -> frozenset[str]:
    """Stems of the quantity's own words, the six before and the six after, within its clause."""
    left = re.split(r"[;:.!?]\s|[()]", text[:start])[-1]
    right = re.split(r"[;:.!?](?:\s|$)|[()]", text[end:])[0]
    near = [*tokens(left)[-6:], *tokens(text[start:end]), *tokens(right)[:6]]
    return frozenset(stem(t.folded) for t in near if t.folded not in STOP_WORDS and not t.folded[0].isdigit())
