"""Tells in which direction a table compares: criteria down its first column and things across, or things down it.

Nothing tells it alone. What is counted: words that are criteria, names that the page's title and headings mention, what
stands in the corner, and above all the cells: the values of one criterion are of one kind (prices, sizes, yes or no),
so the lines along which kinds agree are those of the criteria.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from sidebyside.pages.table_words import criterion_weight, head_of_criteria, head_of_things

# What "Feature" in the corner weighs: more than any one sign, less than all of them against it.
_SAID = 4
# So much of a table is looked at.
_ROWS, _COLUMNS, _NAMES = 40, 16, 20

_MARKS = re.compile(r"[✓✔✅☑🗸✗✘❌✖✕×❎🗴🗶☐][\ufe0e\ufe0f]?|:[a-z_]*(?:check_mark|tick|x|no_entry_sign):")
_WHETHER = frozenset(
    "yes no true false partial partially limited planned beta ja nein teilweise oui non sí si no sim não".split()
)
_PRICES = frozenset("free freemium paid open-source kostenlos gratis gratuit".split())
_NOTHING = re.compile(r"[-–—?.\s]*|n/?a|none|unknown|tb[ad]", re.IGNORECASE)
_MONEY = re.compile(r"(?:from |ab )?(?:[$€£¥]|USD|EUR|GBP)\s?\d|\d[\d.,]*\s?(?:[$€£¥]|USD|EUR|GBP)", re.IGNORECASE)
_DATE = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|(?:19|20)\d\d"
    r"|[A-Za-zäû]{3,9}\.? (?:\d{1,2}, )?(?:19|20)\d\d"
)
_VERSION = re.compile(r"v\d[\w.-]*|\d+\.\d+\.\d+[\w.-]*", re.IGNORECASE)
_RATIO = re.compile(r"\d[\d.,]*\s?/\s?\d[\d.,]*")
_NUMBER = re.compile(r"[~<>≤≥+-]?\s?\d[\d.,\s]*\s?([%°A-Za-zµ]*)(?:\b.{0,24})?", re.DOTALL)
_KINDS_OF_UNITS = {
    "bytes": "b kb mb gb tb kib mib gib tib bytes",
    "time": "ms s sec second seconds min minutes h hour hours d day days week weeks month months",
    "weight": "g kg lb lbs oz",
    "length": "mm cm m in inch",
    "number": "k million billion bn",
}
_UNITS = {unit: kind for kind, units in _KINDS_OF_UNITS.items() for unit in units.split()} | {"": "number"}


def leaning(
    corner: str, heads: Sequence[str], labels: Sequence[str], cells: Sequence[Sequence[str]], title: str, headings: str
) -> float:
    """How much speaks for things in rows (above 0) or in columns (below 0).

    `heads` are the head cells behind the corner, `labels` the cells of the first column, `cells` what is between them.
    """
    heads, labels, cells = heads[:_COLUMNS], labels[:_ROWS], [row[:_COLUMNS] for row in cells[:_ROWS]]
    columns = [[row[place] for row in cells if place < len(row)] for place in range(len(heads))]
    words = _mean(map(criterion_weight, heads)) - _mean(map(criterion_weight, labels))
    named = _mentioned(labels, title, headings) - _mentioned(heads, title, headings)
    kinds = _agreement(columns) - _agreement(cells)
    return 4 * words + 3 * named + 3 * kinds + head_of_things(corner) - _SAID * head_of_criteria(corner)


def _mean(weights: Iterable[float]) -> float:
    found = list(weights)
    return sum(found) / len(found) if found else 0.0


def _mentioned(names: Sequence[str], title: str, headings: str) -> float:
    """Whether two of these stand in the title (1) or among the headings (a half), or one does (half of that)."""
    in_title = sum(mentions(title, name) for name in names[:_NAMES])
    in_headings = sum(mentions(headings, name) for name in names[:_NAMES])
    return max(min(in_title, 2) / 2, min(in_headings, 2) / 4)


def mentions(text: str, name: str) -> bool:
    """Whether a text holds a name as words of their own."""
    return (
        bool(name)
        and name.casefold() in _folded(text)
        and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None
    )


@lru_cache(maxsize=4)
def _folded(text: str) -> str:
    """A page's headings are asked about for every name of every table."""
    return text.casefold()


def _agreement(lines: Sequence[Sequence[str]]) -> float:
    """The share of cells with a value of some kind that stand in a line of values of this kind."""
    known = agreeing = 0
    for line in lines:
        kinds = [kind for kind in map(_kind, line) if kind]
        counted = Counter(kind for kind in kinds if kind != "words")
        known += sum(counted.values())
        most = max(counted.values(), default=0)
        if most > 1 and most >= 0.6 * len(kinds):
            agreeing += most
    return agreeing / known if known else 0.0


def _kind(text: str) -> str:
    """What kind of value a cell holds; "" for none, "words" for what could be anything."""
    text = text.strip()[:60]
    folded = text.casefold()
    if _NOTHING.fullmatch(text):
        return ""
    if folded in _WHETHER or _MARKS.fullmatch(text):
        return "whether"
    if folded in _PRICES or _MONEY.match(text):
        return "price"
    for kind, form in (("date", _DATE), ("version", _VERSION), ("ratio", _RATIO)):
        if form.fullmatch(text):
            return kind
    if text.startswith(("http://", "https://", "www.")):
        return "address"
    number = _NUMBER.fullmatch(text)
    return _UNITS.get(number.group(1).casefold(), number.group(1).casefold()[:8]) if number else "words"
