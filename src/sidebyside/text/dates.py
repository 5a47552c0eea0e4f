"""Dates in cells: "2026-01-31", "March 2025", "Q3 2025", "early 2024", each as the days it may mean."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
# Parts of a year that have no first day of their own: as the months they may cover.
_PARTS = {
    "q1": (1, 3), "q2": (4, 6), "q3": (7, 9), "q4": (10, 12), "h1": (1, 6), "h2": (7, 12),
    "early": (1, 4), "mid": (5, 8), "late": (9, 12),
    # Half of the world has its winter in July.
    "spring": (1, 12), "summer": (1, 12), "autumn": (1, 12), "fall": (1, 12), "winter": (1, 12),
}  # fmt: skip
_PART = rf"(?P<part>{'|'.join(_PARTS)})"
_FORMS = tuple(
    re.compile(rf"(?<![\w.]){form}", re.IGNORECASE)
    for form in (
        rf"{_YEAR}-(?P<number>\d\d)-(?P<day>\d\d)(?:[T ](?P<hour>\d\d):(?P<minute>\d\d))?(?!\d)",
        rf"{_YEAR}-(?P<number>\d\d)(?![\d-])",
        rf"{_YEAR}[/.](?P<number>\d{{1,2}})[/.](?P<day>\d{{1,2}})(?!\d)",
        rf"(?P<day>\d{{1,2}})(?P<mark>[/.])(?P<number>\d{{1,2}})(?P=mark){_YEAR}",
        rf"(?P<number>\d{{1,2}})/{_YEAR}",
        rf"{_DAY}[ -](?:of )?{_MONTH},?[ -]{_YEAR}",
        rf"{_MONTH}\s{_DAY},?\s{_YEAR}",
        rf"{_MONTH}(?: of |[\s,-]+){_YEAR}",
        rf"{_PART}(?: of |[\s/-]*){_YEAR}",
        rf"{_YEAR}[\s/-]*{_PART}\b",
    )
)
_BARE_YEAR = re.compile(rf"(?<![\w.,$€£]){_YEAR}(?![.,]?\d|\s?%|\s?[A-Za-z])")
# Rows in which four figures are a year.
_ROW_OF_DATES = re.compile(
    r"\b(?:years?|dates?|day|released?|launch(?:ed)?|founded|established|since|updated?|published|created|introduced|"
    r"announced|available|cut-?off|expires?|until|end of (?:life|support))\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s?(?:-|–|—|to|until|and)\s?", re.IGNORECASE)
# What may stand before a date for the cell to be one: words, no figures.
_LEAD = re.compile(r"[^\d$€£%]*")
_BEFORE = re.compile(r"\bbefore\s*$", re.IGNORECASE)
_AFTER = re.compile(r"\bafter\s*$", re.IGNORECASE)

Days = tuple[float, float]


def read_date(text: str, label: str = "", *, among_dates: bool = False) -> Days | None:
    """The first and last day that a cell may mean, counted as `date.toordinal` does; None where it is no date.

    A bare year is one in a row of dates, by its label or `among_dates`. "01/02/2026" may be either day.
    """
    found = sorted(_find(text, years=among_dates or _ROW_OF_DATES.search(label) is not None))
    if not found or not _LEAD.fullmatch(text[: found[0][0]]):
        return None
    start, end, days = found[0]
    if len(found) > 1 and _BETWEEN.fullmatch(text[end : found[1][0]]):
        return days[0], found[1][2][1]
    if _BEFORE.search(text[:start]):
        return float("-inf"), days[0] - 1
    return (days[1] + 1, float("inf")) if _AFTER.search(text[:start]) else days


def date_in(text: str) -> str:
    """The first date with more than a year that a text has, as written; "" if none."""
    start, end, _ = min(_find(text, years=False), default=(0, 0, None))
    return text[start:end]


def _find(text: str, *, years: bool) -> Iterator[tuple[int, int, Days]]:
    """(start, end, days) of every date, in any order; a form that says more wins over those inside it."""
    taken: list[tuple[int, int]] = []
    for form in (*_FORMS, *([_BARE_YEAR] if years else [])):
        for match in form.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            if days := _days(match):
                taken.append(match.span())
                yield *match.span(), days


def _days(match: re.Match[str]) -> Days | None:
    groups = {"month": None, "number": None, "day": None, "part": None, "mark": None, **match.groupdict()}
    year, day = int(match["year"]), int(groups["day"] or 0)
    if groups["part"]:
        first, last = _PARTS[groups["part"].lower()]
        return _from(year, first)[0], _from(year, last)[1]
    if groups["month"]:
        month = _MONTHS.index(groups["month"][:3].lower()) + 1
        return _from(year, month, day) if _is_day(year, month, day) else None
    if not groups["number"]:
        return _from(year, 1)[0], _from(year, 12)[1]
    month = int(groups["number"])
    readings = [(month, day)] if groups["mark"] != "/" else [(month, day), (day, month)]
    spans = [_from(year, *reading) for reading in readings if _is_day(year, *reading)]
    if not spans:
        return None
    if groups.get("hour"):
        moment = spans[0][0] + (int(match["hour"]) * 60 + int(match["minute"])) / 1440
        return moment, moment
    return min(low for low, _ in spans), max(high for _, high in spans)


def _is_day(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and day <= monthrange(year, month)[1]


def _from(year: int, month: int, day: int = 0) -> Days:
    """The days of a month, or one day from its first minute to its last."""
    first = date(year, month, day or 1).toordinal()
    last = first if day else date(year, month, monthrange(year, month)[1]).toordinal()
    return float(first), last + 1439 / 1440
