"""Rows compared: which cell is ahead by one measure, or why none is, and whether a cell meets a condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from sidebyside.text.comparatives import adjective
from sidebyside.text.units import MONEY, SIGNS, tidy
from sidebyside.text.values import Value, common_unit, read_cell, read_condition, read_row
from sidebyside.text.words import fold, join_names

Span = tuple[float, float]
# More converted figures than this are not told one by one.
_TOLD = 4


@dataclass(frozen=True, slots=True)
class Comparison:
    """The cells of one row, a tuple of values for each side (pages may disagree), on one measure.

    `spans` are the lowest and highest value of each side on that measure, None where a side states no value or states
    one that does not compare with the others; those of the second kind are `apart`, and `reason` says why. `measure`
    names what is compared ("bytes", "money", "date"...), "" where nothing is; `note` says what was converted.
    """

    label: str
    sides: tuple[tuple[Value, ...], ...]
    spans: tuple[Span | None, ...]
    measure: str = ""
    apart: tuple[int, ...] = ()
    reason: str = ""
    note: str = ""

    @property
    def stated(self) -> tuple[int, ...]:
        """The sides that state a value."""
        return tuple(place for place, values in enumerate(self.sides) if any(v.kind != "none" for v in values))

    @property
    def same(self) -> bool:
        """Whether all sides that state a value state the same one."""
        if any(len(self.sides[place]) > 1 and _is_wide(self.spans[place]) for place in self.stated):
            return False
        spans = {self.spans[place] for place in self.stated}
        texts = {fold(value.text).strip() for place in self.stated for value in self.sides[place]}
        return len(texts) == 1 if None in spans else len(spans) == 1

    def order(self, direction: int) -> list[int]:
        """The sides that compare, highest first where `direction` is 1, lowest first where it is -1."""
        known = [place for place, span in enumerate(self.spans) if span is not None]
        return sorted(known, key=lambda place: -direction * self.end(place, direction))

    def winner(self, direction: int = 1) -> int | None:
        """The side that is ahead of every other whichever of its values holds; None where there is none."""
        ordered = self.order(direction)
        if self.apart or len(ordered) < 2:
            return None
        return ordered[0] if all(self.ahead(ordered[0], other, direction) for other in ordered[1:]) else None

    def ahead(self, one: int, other: int, direction: int) -> bool:
        """Whether each value of one side is ahead of each value of the other."""
        first, second = self.spans[one], self.spans[other]
        if first is None or second is None:
            return False
        return first[0] > second[1] if direction > 0 else first[1] < second[0]

    def behind(self, one: int, other: int, direction: int) -> bool:
        """Whether one side is level with or behind the other, whichever of their values hold."""
        first, second = self.spans[one], self.spans[other]
        if first is None or second is None:
            return False
        return first[1] <= second[0] if direction > 0 else first[0] >= second[1]

    def end(self, place: int, direction: int) -> float:
        """The value of a side that is best in a direction."""
        low, high = self.spans[place] or (0.0, 0.0)
        return high if direction > 0 else low

    @property
    def disagreeing(self) -> bool:
        """Whether pages give a side values that differ on the measure."""
        return any(len(self.sides[place]) > 1 and _is_wide(span) for place, span in enumerate(self.spans))

    def why_none(self, direction: int = 1) -> str:
        """Why no side is ahead, in words; "" where one is."""
        if self.reason or self.winner(direction) is not None:
            return self.reason
        if len(self.stated) < 2:
            return "only one states it" if self.stated else "none states it"
        first, *rest = self.order(direction)
        close = next((place for place in rest if not self.ahead(first, place, direction)), rest[0])
        if self.spans[first] == self.spans[close]:
            return "they are the same"
        wide, other = (first, close) if _is_wide(self.spans[first]) else (close, first)
        more, less = (adjective(self.measure, way) for way in (1, -1))
        return f"{_texts(self.sides[wide])} may be {more} or {less} than {_texts(self.sides[other])}"


def compare_cells(cells: Sequence[str], label: str = "") -> Comparison:
    """One cell a side, all of the row `label`."""
    return compare_sides([(cell,) for cell in cells], label)


def compare_sides(sides: Sequence[Sequence[str]], label: str = "") -> Comparison:
    """The cells of each side, of which pages may give several that differ."""
    flat = read_row([cell for cells in sides for cell in cells], label)
    values = iter(flat)
    read = tuple(tuple(next(values) for _ in cells) for cells in sides)
    aligned = _align([value for value in flat if value.kind != "none"])
    spans: list[Span | None] = []
    apart = []
    for place, own in enumerate(read):
        stated = [aligned.spans[value] for value in own if value.kind != "none"]
        known = [span for span in stated if span is not None]
        complete = bool(known) and len(known) == len(stated)
        spans.append((min(low for low, _ in known), max(high for _, high in known)) if complete else None)
        if stated and not complete:
            apart.append(place)
    reason = _reason(flat, aligned) if apart else ""
    return Comparison(label, read, tuple(spans), aligned.measure, tuple(apart), reason, aligned.note)


# --- one measure for all ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Aligned:
    spans: dict[Value, Span | None]
    measure: str = ""
    note: str = ""


def _align(values: Sequence[Value]) -> _Aligned:
    """Every value on the measure that most of them share; None for the others, and for all where two share the lead."""
    merged = _merged(values)
    family = _main_family(values, merged)
    if family is None:
        return _Aligned(dict.fromkeys(values))
    members = [value for value in values if _belongs(value, family, merged)]
    span, note = _scale(members, family)
    return _Aligned(dict.fromkeys(values) | {value: span(value) for value in members}, measure_of(family), note)


def _family(value: Value) -> str:
    """What a value can be compared with: values of one family have one measure."""
    if value.kind == "figure" and value.unit:
        return common_unit(value.unit)[0]
    if value.kind == "figure":
        return f"count {value.head}" if value.head else "number"
    return f"version {value.unit}".strip() if value.kind == "version" else value.kind


def _main_family(values: Sequence[Value], merged: Mapping[str, str]) -> str | None:
    families = [_family(value) for value in values if value.kind not in {"text", "unlimited"}]
    if not families:
        return "number" if values and all(value.kind == "unlimited" for value in values) else None
    money = [family for family in families if _is_money(family)]
    if money:
        # "Free" is a price of nothing where the others are figures.
        families = [family for family in families if family != "class"] or families
        families += ["class"] * any(value.kind == "class" and value.low > 0 for value in values)
    counted = [family for family in families if family.startswith("count ") or family == "token"]
    if counted:
        families = [family for family in families if family != "number"]
    ranked = Counter(merged.get(family, family) for family in families).most_common(2)
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None


def _merged(values: Sequence[Value]) -> dict[str, str]:
    """Counts by several words for the same -> one of them: "languages supported" counts what "languages" does."""
    named = {(value.head, value.counts) for value in values if value.head}
    kin = {head: {head} for head, _ in named}
    for head, counts in named:
        for word in counts & kin.keys():
            kin[head].add(word)
            kin[word].add(head)
    return {f"count {head}": f"count {min(heads)}" for head, heads in kin.items()}


def _belongs(value: Value, family: str, merged: Mapping[str, str]) -> bool:
    own = _family(value)
    if own == family or merged.get(own) == family:
        return True
    if own == "number":
        return family == "token" or family.startswith("count ")
    if value.kind == "unlimited":
        return family not in {"rating", "date", "class"} and not family.startswith("version")
    return value.kind == "class" and value.low == 0 and _is_money(family)


def _scale(members: Sequence[Value], family: str) -> tuple[Callable[[Value], Span], str]:
    """(how a member is measured, what was converted)."""
    if family == "rating":
        return _rating_scale(members)
    if family.startswith("version"):
        ends = sorted({end for value in members for end in value.versions})
        places = {end: float(place) for place, end in enumerate(ends)}
        return lambda value: (places[value.versions[0]], places[value.versions[-1]]), ""
    if family == "time" and all(value.months for value in members):
        return lambda value: (tidy(value.months), tidy(value.months)), ""
    open_alike = len({value.bound for value in members}) == 1 and members[0].bound and len(members) > 1

    def measured(value: Value) -> Span:
        if value.kind == "class":
            return (0.0, 0.0) if _is_money(family) else (value.low, value.high)
        factor = common_unit(value.unit)[1] if value.kind == "figure" else 1.0
        ends = (value.stated, value.stated) if open_alike else (value.low, value.high)
        return tidy(ends[0] * factor), tidy(ends[1] * factor)

    if open_alike:
        return measured, f"as stated; each may be {'more' if members[0].bound == 'up' else 'less'}"
    return measured, _conversions(members, family)


def _rating_scale(members: Sequence[Value]) -> tuple[Callable[[Value], Span], str]:
    if len({value.scale for value in members}) == 1:
        return lambda value: (value.low, value.high), ""
    told = [f"{value.text} is {100 * value.low / value.scale:.3g}%" for value in dict.fromkeys(members)]
    note = "scores are compared as shares of their scales"
    note = f"as shares of their scales, {join_names(told)}" if len(told) <= _TOLD else note
    return lambda value: (tidy(value.low / value.scale), tidy(value.high / value.scale)), note


def _conversions(members: Sequence[Value], family: str) -> str:
    """What other periods come to: "$180/yr is $15 a month"."""
    told = []
    for value in dict.fromkeys(members):
        factor = common_unit(value.unit)[1] if value.kind == "figure" else 1.0
        if factor == 1.0 or not isfinite(value.stated):
            continue
        told.append(f"{value.text} is {_converted(value.stated * factor, family)}")
    if len(told) == len(members) and len({value.unit for value in members}) == 1:
        return ""
    return join_names(told) if len(told) <= _TOLD else "figures are compared over the same time"


def _converted(value: float, family: str) -> str:
    """A figure in the common unit, in words: "$15 a month", "160 Mbit a second"."""
    base, *per = family.split("/")
    each = f" a {' and '.join(per)}"
    if base == "bit":
        return f"{_figure(value / 1e6)} Mbit{each}"
    return f"{SIGNS.get(base, base.upper() + ' ') if base in MONEY else ''}{_figure(value)}{each}"


def _figure(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00") if value >= 0.01 else f"{value:.3g}"


def _is_money(family: str) -> bool:
    return family.split("/")[0] in MONEY


def measure_of(family: str) -> str:
    """The word for a unit or family that wordings go by: "money", "rate", "bytes"."""
    if _is_money(family):
        return "money"
    first = family.split(" ")[0]
    return "rate" if "/" in first else first


# --- why not ---------------------------------------------------------------------------------------------------------


def _reason(values: Sequence[Value], aligned: _Aligned) -> str:
    """Why some cells do not compare: the first two that differ, and what each is."""
    stated = [value for value in values if value.kind != "none"]
    first = next((value for value in stated if aligned.spans[value] is not None), stated[0])
    other = next((value for value in stated if aligned.spans[value] is None and value != first), first)
    one, two = _described(first), _described(other)
    if first == other or (one == two and first.kind == "text"):
        return "words have no order"
    if one == two:
        return f"{first.text} and {other.text} are not of one kind"
    return f"{_named(first)} is {one}, {_named(other)} is {two}"


def _named(value: Value) -> str:
    return value.text if value.kind != "text" else f"“{value.text}”"


_NAMES = {
    "time": "a length of time", "bytes": "a size in bytes", "mass": "a weight", "length": "a length",
    "percent": "a percentage", "hertz": "a frequency", "token": "a number of tokens", "energy": "an energy",
    "power": "a power", "charge": "a charge", "pixel": "a number of pixels", "bit": "a number of bits",
}  # fmt: skip


def _described(value: Value) -> str:
    """What a value is, in words."""
    if value.kind == "figure" and value.unit:
        base, *per = value.unit.split("/")
        each = f" per {' and '.join(per)}" if per else ""
        if per == ["once"]:
            each = " paid once"
        if base in MONEY:
            return f"a price in {SIGNS.get(base, base.upper())}{each}"
        return _NAMES.get(base, "a rate") + each
    if value.kind == "figure":
        return f"a number of {value.noun}" if value.noun else "a number without a unit"
    return {
        "rating": f"a score out of {value.scale:g}",
        "version": f"a version{f' of {value.unit}' if value.unit else ''}",
        "date": "a date",
        "class": "a price class",
        "unlimited": "no figure",
    }.get(value.kind, "no single figure")


def _texts(values: Sequence[Value]) -> str:
    return join_names(dict.fromkeys(value.text for value in values if value.kind != "none"), "or")


def _is_wide(span: Span | None) -> bool:
    return span is not None and span[0] < span[1]


# --- conditions ------------------------------------------------------------------------------------------------------

_CHECKS: dict[str, tuple[Callable[[Span, Span], bool], Callable[[Span, Span], bool]]] = {
    # op -> (certainly met, certainly not met) for the span of a cell and that of the condition
    ">": (lambda cell, bound: cell[0] > bound[1], lambda cell, bound: cell[1] <= bound[1]),
    ">=": (lambda cell, bound: cell[0] >= bound[0], lambda cell, bound: cell[1] < bound[0]),
    "<": (lambda cell, bound: cell[1] < bound[0], lambda cell, bound: cell[0] >= bound[0]),
    "<=": (lambda cell, bound: cell[1] <= bound[1], lambda cell, bound: cell[0] > bound[1]),
    "=": (
        lambda cell, bound: cell[0] >= bound[0] and cell[1] <= bound[1],
        lambda cell, bound: cell[0] > bound[1] or cell[1] < bound[0],
    ),
}


def meets(cell: str, op: str, wanted: str, label: str = "") -> bool | None:
    """Whether a cell meets a condition ("=", "!=", "<", "<=", ">", ">="); None where that cannot be told.

    Words are compared without case. A bare number takes the unit of the cell only where one reading is possible: the
    scale of a score, percent, what is counted; of "at least 1" nothing follows for 512 GB.
    """
    got, bound = read_condition(cell, wanted, label)
    if got.kind == "none":
        return None
    if op == "!=":
        same = meets(cell, "=", wanted, label)
        return None if same is None else not same
    if bound.kind == "class" and got.unit.split("/")[0] in MONEY:
        # What has a price is paid; what begins at nothing has a free part.
        place = float(2 if got.low > 0 else 1 if got.high > 0 else 0)
        got = Value(got.text, "class", place, place)
    if bound.kind in {"text", "none"} or "text" in {got.kind, bound.kind}:
        if op != "=":
            return None
        return fold(cell).strip() == fold(wanted).strip() if bound.kind in {"text", "class"} else None
    answers = {_check(op, got, reading) for reading in _readings(got, bound)}
    return answers.pop() if len(answers) == 1 else None


def _check(op: str, got: Value, bound: Value) -> bool | None:
    aligned = _align([got, bound])
    own, other = aligned.spans[got], aligned.spans[bound]
    if own is None or other is None:
        return None
    met, missed = _CHECKS[op]
    return True if met(own, other) else False if missed(own, other) else None


def _readings(got: Value, bound: Value) -> list[Value]:
    """What a condition may mean for a cell: as it stands, or in the cell's unit where it leaves its own out."""
    if bound.kind != "figure" or bound.head:
        return [bound]
    if got.kind == "version" and not bound.unit and (version := read_cell(f"v{bound.text.strip()}")).kind == "version":
        return [replace(version, unit=got.unit)]
    if not bound.unit and got.kind == "rating" and bound.high <= got.scale:
        return [replace(bound, kind="rating", scale=got.scale)]
    if not bound.unit and got.kind == "figure" and (got.unit in {"percent", ""} or got.unit in MONEY):
        return [replace(bound, unit=got.unit, noun=got.noun, counts=got.counts)]
    if bound.unit in MONEY and got.unit.split("/")[0] == bound.unit:
        # "Under $20" of "$15/mo" holds for any period; of "$180/yr" it hangs on the period that is meant.
        per = set(got.unit.split("/")[1:])
        if per <= {"month", "quarter", "year", "seat", "user", "member"}:
            rest = sorted(per - {"month", "quarter", "year"})
            monthly = "/".join([bound.unit, *sorted([*rest, "month"])])
            return [replace(bound, unit=got.unit), *([replace(bound, unit=monthly)] if per - set(rest) else [])]
    return [bound]
