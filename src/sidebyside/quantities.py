"""Quantities in text: a number, its unit, and what it measures, made comparable where unit and thing agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sidebyside.words import STOP_WORDS, stem, tokens

_SCALES = {
    "k": 1e3,
    "m": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "t": 1e12,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}

# unit as written -> (dimension, factor to the dimension's base unit)
_UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), ("time", 1e-9)),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds"), ("time", 1e-6)),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), ("time", 1e-3)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("time", 1.0)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("time", 60.0)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("time", 3600.0)),
    **dict.fromkeys(("day", "days"), ("time", 86_400.0)),
    **dict.fromkeys(("week", "weeks"), ("time", 604_800.0)),
    **dict.fromkeys(("month", "months"), ("time", 2_629_800.0)),
    **dict.fromkeys(("year", "years"), ("time", 31_557_600.0)),
    **dict.fromkeys(("byte", "bytes"), ("bytes", 1.0)),
    **dict.fromkeys(("kb", "kib"), ("bytes", 1e3)),
    **dict.fromkeys(("mb", "mib", "megabyte", "megabytes"), ("bytes", 1e6)),
    **dict.fromkeys(("gb", "gib", "gigabyte", "gigabytes"), ("bytes", 1e9)),
    **dict.fromkeys(("tb", "tib", "terabyte", "terabytes"), ("bytes", 1e12)),
    **dict.fromkeys(("%", "percent"), ("percent", 1.0)),
    **dict.fromkeys(("px", "pixel", "pixels"), ("pixel", 1.0)),
    **dict.fromkeys(("hz",), ("hertz", 1.0)),
    **dict.fromkeys(("khz",), ("hertz", 1e3)),
    **dict.fromkeys(("mhz",), ("hertz", 1e6)),
    **dict.fromkeys(("ghz",), ("hertz", 1e9)),
    **dict.fromkeys(("fps",), ("frame/second", 1.0)),
}
_CURRENCIES = {
    "$": "usd",
    "us$": "usd",
    "usd": "usd",
    "dollar": "usd",
    "dollars": "usd",
    "€": "eur",
    "eur": "eur",
    "euro": "eur",
    "euros": "eur",
    "£": "gbp",
    "gbp": "gbp",
    "¥": "jpy",
}
_PERIODS = {
    "mo": "month",
    "month": "month",
    "monthly": "month",
    "yr": "year",
    "year": "year",
    "yearly": "year",
    "annually": "year",
    "day": "day",
    "daily": "day",
    "week": "week",
    "hour": "hour",
    "hr": "hour",
    "h": "hour",
    "minute": "minute",
    "min": "minute",
    "second": "second",
    "sec": "second",
    "s": "second",
}
# What prices are counted in besides time.
_COUNTED = frozenset(
    """seat seats user users member members editor editors agent agents request requests call calls image images page
    pages token tokens gb license developer developers host hosts project projects""".split()
)
_SCALE_WORDS = frozenset(_SCALES) | {"hundred", "dozen"}

# A number with its currency sign before and its scale after ("$1.5M", "128K", "8 million"). A figure that continues
# a name ("GPT-4", "v2") is none; "sub-5.5GB" and "~40%" are.
_NUMBER = re.compile(
    r"(?P<currency>US\$|[$€£¥])?\s?(?<![\w.])(?<![A-Z][-_])"
    r"(?P<number>\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s?(?P<word>thousand|million|billion|trillion)\b|(?P<letter>[KkMBbT]|bn)(?![A-Za-z]))?"
)
_NAME_BEFORE = re.compile(r"[A-Za-z][A-Za-z0-9]*[A-Z0-9]-$|\b[A-Z][a-z]+-$|v$")
_RANGE = re.compile(r"\s?(?:-|–|to)\s?[$€£]?\d[\d.,]*\s?")
_UNIT = re.compile(r"\s?-?(?P<unit>%|[A-Za-zµμ]+)")
_PER = re.compile(r"\s?(?:/|\bper\b|\ba\b|\ban\b|\beach\b|\bevery\b|,?\s?\band\b)\s?(?P<per>[A-Za-z]+)")
_PER_COUNT = re.compile(
    r"\s?(?:/|\bper\b)\s?(?=\d|thousand|million|billion)(?P<count>\d+(?:\.\d+)?)?\s?"
    r"(?P<scale>k|m|b|thousand|million|billion)?\s(?P<noun>[a-z]+)",
    re.IGNORECASE,
)
_ADVERB = re.compile(r"\s(monthly|yearly|annually|daily)\b", re.IGNORECASE)


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

    def comparable(self, other: Quantity) -> bool:
        """Whether the two may be compared: the same unit, currency and period included."""
        return bool(self.unit) and self.unit == other.unit


def is_known_unit(unit: str) -> bool:
    """Whether a unit is one of measure or money, rather than a noun that stands beside a number."""
    base = unit.split("/")[0]
    return base == "token" or base in _CURRENCIES.values() or any(base == dimension for dimension, _ in _UNITS.values())


@lru_cache(maxsize=4_096)
def find_quantities(text: str) -> tuple[Quantity, ...]:
    """All quantities written in figures, in order; figures inside names ("GPT-4") are left out."""
    return tuple(_scan(text))


def _scan(text: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        if not match["currency"] and _NAME_BEFORE.search(text[: match.start("number")]):
            continue
        value = float(re.sub(r"[,\s]", "", match["number"])) * _SCALES.get(
            (match["word"] or match["letter"] or "").lower(), 1.0
        )
        unit, factor, end = _read_unit(text, match.end())
        if match["currency"]:
            unit, factor, end = _CURRENCIES[match["currency"].lower()], 1.0, match.end()
            if counted := _PER_COUNT.match(text, end):
                # "$1 per 1M tokens" and "$0.002 per 1K tokens" are both prices of a token.
                factor = 1 / (float(counted["count"] or 1) * _SCALES.get((counted["scale"] or "").lower(), 1.0))
                yield _priced(text, match, value * factor, f"{unit}/{stem(counted['noun'].lower())}", counted.end())
                continue
        if unit and unit != "percent":
            unit, end = _read_rate(text, unit, end)
        start = match.start("currency") if match["currency"] else match.start("number")
        written = text[start:end].strip()
        yield Quantity(value * factor, unit, written, start, end, _nouns(text, start, end))


def _priced(text: str, match: re.Match[str], value: float, unit: str, end: int) -> Quantity:
    start = match.start("currency")
    return Quantity(value, unit, text[start:end].strip(), start, end, _nouns(text, start, end))


def _read_unit(text: str, position: int) -> tuple[str, float, int]:
    """(unit, factor, end) of what stands after a number; a plain noun is its own unit, and "1-2 min" shares one."""
    if span := _RANGE.match(text, position):
        unit, factor, _ = _read_unit(text, span.end())
        return unit, factor, position
    found = _UNIT.match(text, position)
    if not found:
        return "", 1.0, position
    word = found["unit"].lower()
    if word in _UNITS and not (len(word) == 1 and found["unit"].isupper()):
        return *_UNITS[word], found.end()
    if word in _CURRENCIES:
        return _CURRENCIES[word], 1.0, found.end()
    if word in STOP_WORDS or word in _SCALE_WORDS or word in {"x", "th", "st", "nd", "rd"}:
        return "", 1.0, position
    # A context, window or sequence of models is measured in tokens, whether or not the page adds the word.
    unit = "token" if word in {"context", "ctx"} else stem(word)
    return unit, 1.0, found.end()


def _read_rate(text: str, unit: str, end: int) -> tuple[str, int]:
    """Append what a unit is per: "usd/month/seat"; the parts are sorted, so their order makes no difference."""
    parts: set[str] = set()
    money = unit in _CURRENCIES.values()
    while found := _PER.match(text, end):
        word = found["per"].lower()
        joins = found.group().strip().lower()
        joined = joins.startswith((",", "and"))
        known = word in _SCALE_WORDS or word in _PERIODS or word in _COUNTED
        if word in STOP_WORDS or (joined and not parts) or not (known or (money and not joined)):
            break
        parts.add(_PERIODS.get(word) or (word if word in _SCALE_WORDS else stem(word)))
        end = found.end()
    if adverb := _ADVERB.match(text, end):
        parts.add(_PERIODS[adverb[1].lower()])
        end = adverb.end()
    return "/".join([unit, *sorted(parts)]), end


def _nouns(text: str, start: int, end: int) -> frozenset[str]:
    """Stems of the quantity's own words, the six before and the six after, within its clause."""
    left = re.split(r"[;:.!?]\s|[()]", text[:start])[-1]
    right = re.split(r"[;:.!?](?:\s|$)|[()]", text[end:])[0]
    near = [*tokens(left)[-6:], *tokens(text[start:end]), *tokens(right)[:6]]
    return frozenset(stem(t.folded) for t in near if t.folded not in STOP_WORDS and not t.folded[0].isdigit())
