"""Cells: what one cell of a comparison table states, as a value that can be ordered beside others of its row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Literal

from sidebyside.text.dates import read_date
from sidebyside.text.quantities import Quantity, find_quantities, is_known_unit, read_rate
from sidebyside.text.units import (
    COUNTED,
    CURRENCIES,
    DAY,
    MONEY,
    NUMBER,
    PERIODS,
    SCALES,
    UNITS,
    is_one_group,
    number_value,
    unit_of_noun,
)
from sidebyside.text.words import STOP_WORDS, stem, tokens

if TYPE_CHECKING:
    from packaging.version import Version

# "none": the cell says that there is no value; "text": words without an order, or more than one figure.
Kind = Literal["none", "text", "figure", "unlimited", "rating", "version", "date", "class"]
# Price classes, cheapest first.
PRICE_CLASSES = ("free", "freemium", "paid")
_MONTH = 30.4375 * DAY
# A month has 28 to 31 days, a year 365 or 366: so far from the mean length of months any number of them may be.
_MONTH_SLACK = 2.5 * DAY


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell states: anything from `low` to `high` (the same for a plain figure), in base units.

    `unit` is the base unit of a figure ("bytes", "usd/month", "" for a bare number), or the name of what a version is
    one of; `noun` is what a bare number counts ("seats"), `counts` has the stems of all words of that. `scale` is what
    a rating is out of, `months` the length of a time that is told in months or years. `bound` is "up" or "down" where a
    cell states one end alone ("100+", "<1 s"), which `stated` then is. `versions` are the ends of a "version".
    """

    text: str
    kind: Kind
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    noun: str = ""
    counts: frozenset[str] = frozenset()
    scale: float = 0.0
    months: float = 0.0
    bound: Literal["", "up", "down"] = ""
    stated: float = 0.0
    versions: tuple[Version, ...] = ()

    @property
    def head(self) -> str:
        """The stem of what a bare number counts."""
        return unit_of_noun(self.noun.lower()) if self.noun else ""


# What a cell holds where it has nothing to say.
_NOTHING = re.compile(
    r"(?:n\.?\s?/?\s?a\.?(?:\s*\(.*\))?|[-–—−?.\s]+|none|null|nil|nan|unknown|undefined|undisclosed|unspecified|tb[acd]|"
    r"no (?:data|information|value)|not (?:yet )?(?:available|applicable|stated|specified|disclosed|given|known|"
    r"provided|announced|published|listed|reported|tested)|to be (?:announced|determined|confirmed))\.?",
    re.IGNORECASE,
)
_UNLIMITED = re.compile(r"(?:unlimited|unmetered|infinite|no limits?|without limits?|∞)(?!\w)", re.IGNORECASE)

# --- versions and ratings --------------------------------------------------------------------------------------------

_VERSION = re.compile(
    r"(?<![\w.])v?(?P<release>\d+(?:\.\d+)*(?:[-._]?(?:alpha|beta|preview|dev|post|rc|a|b)[-._]?\d*)?)(?!\w|\.\w)",
    re.IGNORECASE,
)
_VERSION_ROW = re.compile(
    r".*\b(?:versions?|releases?)\b.*|(?:(?:min(?:imum)?|required|requires|supported) )?(?:python|node(?:\.?js)?|java|"
    r"php|ruby|go|rust|cuda|android|ios|macos|windows|ubuntu|linux kernel|kernel|bluetooth|usb|hdmi|openapi)",
    re.IGNORECASE,
)
# What is a version whatever its row is called; "1.234.567" is a number.
_VERSION_FORM = re.compile(r"v\d+(?:\.\d+)*\b|\d+\.\d+\.\d+(?:\.\d+)*(?!\w)", re.IGNORECASE)
_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}(?!\d)")
_VERSION_LEAD = re.compile(r"(?P<name>[A-Za-z][A-Za-z .#-]*?)?\s?(?:>=|<=|==|[<>~^≥≤=])?\s?")
_NO_NAME = frozenset(map(stem, "version v release latest stable current build from since min minimum at least".split()))

_RATING = re.compile(
    r"(?P<value>\d+(?:[.,]\d+)?)\s?(?:/|out of|of)\s?(?P<scale>\d+)(?:\s?(?:stars?|points?|pts))?"
    r"(?:\s*(?:\(.*|on\b.*|from\b.*|[,;].*))?",
    re.IGNORECASE,
)
_STARS = re.compile(r"(?=.{3,10}$)(?P<full>★*)☆*")

# --- figures ---------------------------------------------------------------------------------------------------------

# Several figures that are no range: 1920x1080, 8x7B, 16:9, 24/7, and places in an order: 1st, #2.
_NO_FIGURE = re.compile(r"\d\s?[x×]\s?\d|\d:\d|^\D{0,3}\d+/\d+$|^\D{0,5}\d+(?:st|nd|rd|th)\b|^#\s?\d", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d{1,2})(?![\d,])")
_WRITTEN = re.compile(rf"(?<![\w.,])(?:{NUMBER})")
# 1,00,000 as India writes a hundred thousand.
_LAKHS = re.compile(r"(?<![\d,])\d{1,2}(?:,\d{2})+,\d{3}(?!\d)")
_CONTINENTAL = re.compile(r"\d\.\d{3},\d|(?<![\d.,])\d+,\d{1,2}(?![\d,])")
_ENGLISH = re.compile(r"\d,\d{3}(?:[.,]\d)|(?<![\d.,])\d+\.\d{1,2}(?![\d.])")
_TO = re.compile(r"(?<=\d)(?![eE]-\d\d\b)(?P<unit>\s?[A-Za-z%€/]{0,7})\s?(?:-|–|—|−|\.{2,3}|…)\s?(?=[$€£]?\d)")
_SHARED_SCALE = re.compile(r"(\d+(?:\.\d+)?) to ([$€£]?)(\d+(?:\.\d+)?)(K|k|M|B|T|bn)\b")
_LOWER = re.compile(r"(?:>=?|≥|\bover|\bmore than|\babove|\bat least|\bmin(?:imum)?(?: of)?)\s?$", re.IGNORECASE)
_UPPER = re.compile(r"(?:<=?|≤|\bunder|\bless than|\bfewer than|\bbelow)\s?$", re.IGNORECASE)
_OR_MORE = re.compile(r"(?<=\w)\+(?=$|[\s(/,])|\b(?:or|and) (?:more|up|above|higher)\b", re.IGNORECASE)
_LEADS = re.compile(
    r"up to|about|around|approx\.?|approximately|from|max(?:imum)?(?: of)?|between|circa|c\.", re.IGNORECASE
)
_SCALED = re.compile(r"[^A-Za-z]*?\d[\d.e+]*(?:[KkMBT](?![A-Za-z])|bn\b|\s?(?:thousand|million|billion)\b)?")
_PARTICIPLE = re.compile(r"[a-z]{2,}(?<!e)ed", re.IGNORECASE)
_ONLY_NUMBERS = re.compile(r"[-\d.e+]+(?: to [-\d.e+]+)?")
_BRACKETS = re.compile(r"\((?!\s?(?:per\b|/))[^)]*\)")
_WORD = re.compile(r"\s?-?([A-Za-z][\w'-]*)")
_NEGATIVE = re.compile(r"[-−]\s?(?=[$€£]?\d)")
_CALENDAR = re.compile(r"month|year|yr", re.IGNORECASE)
_ONCE = re.compile(r"\b(?:one[- ]time|one-off|once|lifetime|perpetual)\b", re.IGNORECASE)
_FREE_TOO = re.compile(r"free(?:mium)?\b(?! trial)", re.IGNORECASE)

_ROW_OF_TIME = re.compile(r"\b(?:time|duration|latency|life|runtime|delay|timeout|retention|uptime)\b", re.IGNORECASE)
_ROW_OF_LENGTH = re.compile(
    r"(?<!context )(?<!prompt )(?<!sequence )\b(?:length|height|width|depth|range|distance)\b", re.IGNORECASE
)
_ROW_OF_BYTES = re.compile(r"\b(?:storage|memory|v?ram|disk|file size|download size|bytes)\b", re.IGNORECASE)
_LABEL_CURRENCY = re.compile(r"(?P<unit>[$€£]|\b(?:USD|EUR|GBP)\b)")
_LABEL_UNIT = re.compile(r"(?:[(\[]\s?(?:in )?|,\s|\bin )(?P<unit>[A-Za-z%µ$€£]+)[)\]]?$")


def read_cell(text: str, label: str = "", *, beside: str = "", continental: bool = False) -> Value:
    """What a cell of the row `label` states.

    `beside` is the unit of the other cells of the row ("time", "date"...), which settles what "30m" or "2025" is, and
    `continental` whether they are written with a comma before the decimals.
    """
    return _read(text, label, beside, continental)


# A superlative reads a row of the whole library, and the next question the same one.
@lru_cache(maxsize=65_536)
def _read(text: str, label: str, beside: str, continental: bool) -> Value:
    cell = " ".join(text.split())
    if not cell or _NOTHING.fullmatch(cell):
        return Value(text, "none")
    if _UNLIMITED.match(cell):
        return Value(text, "unlimited", inf, inf, stated=inf)
    if cell.casefold() in PRICE_CLASSES:
        place = float(PRICE_CLASSES.index(cell.casefold()))
        return Value(text, "class", place, place, stated=place)
    return (
        _read_version(text, cell, label)
        or _read_days(text, cell, label, beside)
        or _read_rating(text, cell)
        or _read_figure(text, cell, label, beside, continental)
        or Value(text, "text")
    )


def read_row(cells: Sequence[str], label: str = "") -> list[Value]:
    """All cells of a row, each read in the light of the others."""
    beside, continental = _unit_beside(cells, label), _is_continental(cells)
    return [read_cell(cell, label, beside=beside, continental=continental) for cell in cells]


def read_condition(cell: str, wanted: str, label: str = "") -> tuple[Value, Value]:
    """A cell and what is asked of it: whoever asks need not write numbers as the page does."""
    beside = _unit_beside((cell, wanted), label)
    own, other = (
        read_cell(text, label, beside=beside, continental=_is_continental((text,))) for text in (cell, wanted)
    )
    return own, other


# Units that a letter or a bare year beside them may have as well.
_SETTLING = ("time", "length", "bytes", "date")


def _unit_beside(cells: Sequence[str], label: str) -> str:
    """The unit of most cells that settles what a letter or a bare year in the others is; "" where none does."""
    settling = [unit for cell in cells if (unit := _unit_of(cell, label)) in _SETTLING]
    if len(set(settling)) > 1:
        # "30 m" beside "2 hours": what could be either leaves it to the others, whichever of them comes first.
        readings = ({_unit_of(cell, label, unit) for unit in _SETTLING} for cell in cells)
        settling = [unit for read in readings if len(read) == 1 for unit in read if unit in _SETTLING]
    counts = Counter(settling).most_common(2)
    return counts[0][0] if len(counts) == 1 or (counts and counts[0][1] > counts[1][1]) else ""


def _unit_of(cell: str, label: str, beside: str = "") -> str:
    value = read_cell(cell, label, beside=beside)
    return value.unit if value.kind == "figure" else value.kind


def _is_continental(cells: Sequence[str]) -> bool:
    return any(map(_CONTINENTAL.search, cells)) and not any(map(_ENGLISH.search, cells))


def _read_version(text: str, cell: str, label: str) -> Value | None:
    form = _VERSION_FORM.match(cell)
    named = _VERSION_ROW.fullmatch(label) is not None
    if not named and (not form or _GROUPS.match(cell) or read_date(cell)):
        return None
    cell = _BRACKETS.sub("", cell).strip()
    found = list(_VERSION.finditer(cell))
    lead = _VERSION_LEAD.fullmatch(cell[: found[0].start()]) if found else None
    measured = any(is_known_unit(quantity.unit) for quantity in find_quantities(cell))
    if not lead or len(found) > 2 or measured or read_date(cell, label):
        return None
    # "Release: 2" may be anything; with a point in it, it is a version.
    if not form and "." not in cell and not re.search(r"version", label, re.IGNORECASE):
        return None
    if len(found) == 2 and not re.fullmatch(r"\s?(?:-|–|—|to)\s?", cell[found[0].end() : found[1].start()]):
        return None
    ends = _parse_versions(found[0]["release"], found[-1]["release"])
    if ends is None:
        return None
    own = {stem(token.folded) for token in tokens(label)} | _NO_NAME
    name = " ".join(s for s in (stem(token.folded) for token in tokens(lead["name"] or "")) if s not in own)
    return Value(text, "version", unit=name, versions=ends)


def _parse_versions(first: str, last: str) -> tuple[Version, Version] | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(first), Version(last)
    except InvalidVersion:
        return None


def _read_days(text: str, cell: str, label: str, beside: str) -> Value | None:
    days = read_date(cell, label, among_dates=beside == "date")
    return Value(text, "date", *days, stated=days[0]) if days else None


def _read_rating(text: str, cell: str) -> Value | None:
    if (stars := _STARS.fullmatch(cell)) and cell:
        value, scale = float(len(stars["full"])), float(len(cell))
    elif found := _RATING.fullmatch(cell.lstrip("~≈ ")):
        value, scale = number_value(found["value"]), float(found["scale"])
    else:
        return None
    if scale < 2 or value > scale:
        return None
    return Value(text, "rating", value, value, scale=scale, stated=value)


def _read_figure(text: str, cell: str, label: str, beside: str, continental: bool) -> Value | None:
    """The figure of a cell, or the span of several in one unit; None where it has none, or several kinds of them."""
    doubtful = _doubtful_thousands(cell, continental)
    cell = _plain(cell, label, beside, continental)
    if _NO_FIGURE.search(cell):
        return None
    negative = _NEGATIVE.match(cell)
    cell = cell[negative.end() :] if negative else cell
    open_up = _OR_MORE.search(cell) is not None
    cell = _with_row_unit(_OR_MORE.sub("", cell), label)
    outside = _BRACKETS.sub(" ", cell)
    cell = outside if _chosen(outside, beside) else cell
    found = _priced(_chosen(cell, beside), cell, label)
    if not found:
        return None
    low, high = min(quantity.value for quantity in found), max(quantity.value for quantity in found)
    high = low * 1000 if doubtful and len(found) == 1 else high
    unit = found[-1].unit if is_known_unit(found[-1].unit) or "/" in found[-1].unit else ""
    low = 0.0 if unit.split("/")[0] in MONEY and _FREE_TOO.match(cell) else low
    low, high = (-high, -low) if negative else (low, high)
    before = cell[: found[0].start]
    bound: Literal["", "up", "down"] = (
        "down" if _UPPER.search(before) else "up" if open_up or _LOWER.search(before) else ""
    )
    noun, counts = ("", frozenset[str]()) if unit else _counted(cell, found[-1])
    calendar = unit == "time" and all(_CALENDAR.search(quantity.text) for quantity in found)
    slack = _MONTH_SLACK if calendar else 0.0
    return Value(
        text, "figure", (0.0 if bound == "down" else low) - slack, (inf if bound == "up" else high) + slack, unit,
        noun, counts, months=low / _MONTH if calendar and low == high else 0.0,
        bound=bound, stated=high if bound == "down" else low,
    )  # fmt: skip


def _doubtful_thousands(cell: str, continental: bool) -> bool:
    """Whether a price may be a thousand times what it looks like: "$1.299" has one figure too many for cents."""
    found = [match.group() for match in _WRITTEN.finditer(cell)]
    one = len(found) == 1 and "." in found[0] and is_one_group(found[0])
    small = re.search(r"token|request|image|call|gb\b", cell, re.IGNORECASE)
    return one and not (small or continental or "€" in cell) and re.search(r"[$£¥₹]\s?\d", cell) is not None


def _plain(cell: str, label: str, beside: str, continental: bool) -> str:
    """A cell with its numbers and units written in the one way that `find_quantities` reads."""
    euros = "€" in cell
    counted = re.search(r"(?<![\d.])[1-9]\d{0,2}\.\d{3}\s(?:tokens?|users?|seats?|requests?|languages?)\b", cell)

    def number(match: re.Match[str]) -> str:
        written = match.group()
        grouped = is_one_group(written) and "." in written and (euros or counted is not None)
        value = number_value(written, continental=continental or grouped)
        return f"{value:.12g}"

    cell = re.sub(r"^(\d+):(\d\d):(\d\d)$", r"\1 h \2 min \3 s", cell)
    cell = re.sub(r"(\d+):(\d\d)\s?h(?:ours?)?\b", r"\1 h \2 min", cell)
    cell = _LAKHS.sub(lambda match: match.group().replace(",", ""), cell)
    cell = _WRITTEN.sub(number, _DECIMAL_COMMA.sub(r"\1.\2", cell))
    cell = re.sub(r"\((\s?(?:per\b|/)[^)]*)\)", r"\1", cell)
    # "1 hour, 30 minutes" is one figure.
    cell = re.sub(r"(\d\s?[a-z]+),(?= \d+ (?:min|sec|h|oz|inch))", r"\1", cell)
    cell = re.sub(r"(\d+)\s?['′]\s?(\d+)\s?[\"″]?", r"\1 ft \2 inch", cell)
    cell = re.sub(r"(\d)\s?(?:[\"″]|in\b\.?)(?=\s*(?:$|[,(]))", r"\1 inch", cell)
    cell = re.sub(r"([\d.]+(?:e-?\d+)?)\s?\$(?!\d)", r"$\1", cell)
    cell = _TO.sub(lambda match: f"{match['unit'].rstrip()} to ", cell)
    cell = re.sub(r"([$€£])(\d[\d.]*[KMB]?) to (?=\d)", r"\1\2 to \1", cell)
    cell = _letters(cell, label, beside)
    return _SHARED_SCALE.sub(_share_scale, cell)


def _letters(cell: str, label: str, beside: str) -> str:
    """What a single letter behind a number means in this row: metres, minutes, millions, bytes."""
    if beside == "bytes" or _ROW_OF_BYTES.search(label):
        cell = re.sub(r"(\d)\s?([KMGTPkmgtp])(?=\s*(?:$|[,(;/]|to\b))", r"\1 \2B", cell)
        cell = re.sub(r"(\d)\s?B\b", r"\1 bytes", cell)
    if beside == "time" or (not beside and _ROW_OF_TIME.search(label)):
        cell = re.sub(r"(\d)\s?m\b", r"\1 min", cell)
        return re.sub(r"(\d)\s?d\b", r"\1 days", cell)
    lengths = beside == "length" or _ROW_OF_LENGTH.search(label)
    cell = re.sub(r"(?<!h )(?<!h)\b([\d.]+)m\b", r"\1 m" if lengths else r"\1M", cell)
    return re.sub(r"(\d)\s(?=(?:[KMBT]|bn)(?![A-Za-z]))", r"\1", cell)


def _share_scale(match: re.Match[str]) -> str:
    """ "10-20K" is from 10K, "500-1K" is not from 500K."""
    low, sign, high, scale = match.groups()
    return f"{low}{scale if float(low) < float(high) else ''} to {sign}{high}{scale}"


def _chosen(cell: str, beside: str) -> list[Quantity]:
    """The figures of a cell that are its value: one, the ends of a range, or several ways to say the same."""
    found = list(find_quantities(cell))
    measured = [quantity for quantity in found if is_known_unit(quantity.unit)]
    if measured:
        wanted = [q for q in measured if beside and q.unit == beside] or measured
        # The two ends of a range share what only the last one says: "$10 to $20/mo".
        last = wanted[-1].unit
        if any(q.unit.split("/")[0] != last.split("/")[0] for q in wanted):
            first = wanted[0].unit
            wanted = [q for q in wanted if q.unit == first]
            last = first
        if len({q.unit for q in wanted}) > 1:
            ends = len(wanted) == 2 and " to " in cell[wanted[0].end : wanted[1].start + 1]
            if ends and "/" not in wanted[0].unit:
                return wanted
            return [] if len({common_unit(q.unit)[0] for q in wanted}) > 1 else _in_common(wanted)
        return wanted
    lead = cell[: found[0].start].strip(" ~≈(") if found else ""
    if not found or (lead and not (_LOWER.search(lead) or _UPPER.search(lead) or _LEADS.fullmatch(lead))):
        return []
    ends = len(found) == 2 and cell[found[0].end : found[1].start].strip() in {"to", "and"}
    return found if len(found) == 1 or ends else []


def _in_common(found: Iterable[Quantity]) -> list[Quantity]:
    """The same price told in two ways, in one unit: "$10/mo or $100/yr"."""
    common = [(quantity, *common_unit(quantity.unit)) for quantity in found]
    return [replace(quantity, value=quantity.value * factor, unit=unit) for quantity, unit, factor in common]


def _with_row_unit(cell: str, label: str) -> str:
    """A bare number with the unit that its row gives: "Weight (kg)", "Latency in ms", "Price ($)"."""
    found = _LABEL_UNIT.search(label) or _LABEL_CURRENCY.search(label)
    unit = found["unit"] if found else ""
    if not _ONLY_NUMBERS.fullmatch(cell):
        return cell
    if unit.lower() in CURRENCIES:
        return f"{unit} {cell}"
    return f"{cell} {unit}" if unit.lower() in UNITS or unit == "tokens" else cell


def _priced(found: list[Quantity], cell: str, label: str) -> list[Quantity]:
    """Prices with what they are per where the cell leaves it to its row: "Monthly price", "Price per seat"."""
    if any(quantity.unit.split("/")[0] not in MONEY for quantity in found):
        return found
    place = re.search(r"\bper\b|/", label)
    rate, divisor, _ = read_rate(label, place.start(), money=True) if place else ((), 1.0, 0)
    # "Price/performance" is no price of a performance.
    counted = {part for part in rate if part in _COUNTED or part.endswith("token")}
    words = [token.folded for token in tokens(label)]
    periods = {PERIODS[word] for word in words if word in PERIODS and word.endswith(("ly", "annual"))}
    periods |= {part for part in rate if part in _PERIODS}
    periods = {"once"} if _ONCE.search(cell) else periods
    priced = []
    for quantity in found:
        base, *own = quantity.unit.split("/")
        timed = any(part in _PERIODS for part in own)
        # What the cell itself says goes before what its row says of the same.
        added = counted if all(part in _PERIODS for part in own) else set[str]()
        parts = sorted({*own, *added, *(set() if timed else periods)})
        value = quantity.value / divisor if added else quantity.value
        priced.append(replace(quantity, value=value, unit="/".join([base, *parts])))
    return priced


def _counted(cell: str, quantity: Quantity) -> tuple[str, frozenset[str]]:
    """(what a bare number counts as written, the stems of all words of it): "active users" counts users."""
    number = _SCALED.match(quantity.text)
    place = quantity.start + (number.end() if number else 0)
    words: list[str] = []
    while (found := _WORD.match(cell, place)) and found[1].lower() not in STOP_WORDS and found[1].lower() not in SCALES:
        # "12 decomposed" and "90 supported" leave out what they count.
        if not _PARTICIPLE.fullmatch(found[1]):
            words.append(found[1])
        place = found.end()
    return (words[-1] if words else "", frozenset(unit_of_noun(word.lower()) for word in words))


def common_unit(unit: str) -> tuple[str, float]:
    """(the unit in which figures of this one are compared, by what they are multiplied for it).

    A year's price is twelve months', a user takes a seat, a minute's rate is sixty seconds'.
    """
    base, *per = unit.split("/")
    factor = 1.0
    parts = []
    for part in per:
        if base in MONEY:
            part, times = _MONTHS_OF.get(part, (_SEATS.get(part, part), 1.0))
        else:
            part, times = _SECONDS_OF.get(part, (part, 1.0))
        parts.append(part)
        factor /= times
    if base == "bytes" and "second" in parts:
        base, factor = "bit", factor * 8
    return "/".join([base, *sorted(parts)]), factor


_PERIODS = frozenset(PERIODS.values())
_COUNTED = frozenset(map(stem, COUNTED))
_MONTHS_OF = {"year": ("month", 12.0), "quarter": ("month", 3.0)}
_SEATS = dict.fromkeys(map(stem, ("user", "member", "seat")), "seat")
_SECONDS_OF = {"minute": ("second", 60.0), "hour": ("second", 3600.0), "day": ("second", DAY)}
