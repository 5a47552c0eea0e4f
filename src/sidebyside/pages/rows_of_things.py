"""Reads a table with a row for each thing: its head row names the criteria, one of its columns the things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sidebyside.pages.blocks import ComparisonTable, Row
from sidebyside.pages.direction import leaning, mentions
from sidebyside.pages.outline import Cell
from sidebyside.pages.table_words import (
    COLUMN_WORDS,
    COMPARES,
    LISTED,
    MAYBE_THINGS,
    NO_THINGS,
    THINGS,
    head_of_criteria,
    head_of_things,
    is_name,
    row_weight,
)
from sidebyside.records.schema import LABELS, TYPE
from sidebyside.text.marks import plain_value

MOST_THINGS = 1_000
_LONGEST_LABEL = 120
# Columns among which the one with the names is looked for.
_FIRST_COLUMNS = 5
# Criteria that products are often compared by, of which so many tell; one in a longer label counts half.
_KNOWN = 1.5
_AGAINST = 1.0
_SITE = frozenset(label.casefold() for label in LABELS if label != TYPE)


@dataclass(slots=True)
class ThingRows:
    """What stands in the rows: `column` is that of the names, `leaning` what speaks for this direction.

    `labels` are the criteria by their columns, `unlabelled` the columns (from 1) with values but no label, `left_out`
    the rows that name nothing or say nothing, `twice` counts those about a thing that has a row already.
    """

    column: int
    leaning: float
    labels: dict[int, str]
    unlabelled: tuple[int, ...] = ()
    things: dict[str, list[tuple[Cell, Sequence[Cell]]]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    twice: int = 0


def find_things(
    header: Sequence[Cell], body: Sequence[Sequence[Cell]], first: int, title: str, headings: str
) -> ThingRows:
    """The rows as things; `first` is the first column that is no mere count, `headings` are those of the page."""
    column = _name_column(header, body, first)
    others = [place for place in range(first, len(header)) if place != column]
    lean = leaning(
        header[column].text if len(header) > column else "",
        [header[place].text for place in others],
        [row[column].text for row in body if len(row) > column],
        [[row[place].text for place in others if place < len(row)] for row in body],
        title,
        headings,
    )
    labels = _labels(header, body, others, column)
    unlabelled = [n for n in others if n not in labels and any(row[n].text for row in body if n < len(row))]
    found = ThingRows(column, lean, labels, tuple(place + 1 for place in unlabelled))
    for row in body:
        name = row[column] if column < len(row) else Cell()
        filled = any(row[place].text for place in found.labels if place < len(row))
        if name.text and filled and is_name(name.text) and name.text != header[column].text:
            known = found.things.setdefault(name.text.casefold(), [])
            found.twice += bool(known)
            known.append((name, row))
        elif name.text and name.text != header[column].text:
            found.left_out.append(name.text)
    return found


def things_refused(found: ThingRows, header: Sequence[Cell], title: str, headings: str) -> str:
    """Why these rows are not read as things; "" where they are."""
    told = " | ".join(cell.text[:30] for cell in header[:8])
    names = [occurrences[0][0].text for occurrences in found.things.values()]
    if len(names) < 2 or not found.labels or len(found.left_out) > len(names):
        return f"the head row ({told}) names columns, and the rows below name no two things"
    if len(names) > MOST_THINGS:
        return f"the table has more than {MOST_THINGS:,} rows of things"
    if found.twice > max(1, len(names) // 4):
        return f"the head row ({told}) names columns, and below one thing has several rows"
    if not _speaks(header[found.column].text, list(found.labels.values()), names, title, headings, found.leaning):
        return (
            f'the head row ({told}) names columns, and the rows could be anything; "Tool" or "Product" above the '
            'names, or "comparison" in a title, would tell'
        )
    return ""


def _speaks(
    corner: str, labels: Sequence[str], names: Sequence[str], title: str, headings: str, leaning: float
) -> bool:
    """Whether the table, or what stands around it, says that its rows are compared."""
    if sum(mentions(title, name) or mentions(headings, name) for name in names[:20]) > 1:
        return True
    folded = corner.casefold().strip(" #.:")
    # "Feature" may stand above things by mistake; then all else has to speak for them.
    maybe = head_of_things(corner) > 0 or not folded or (head_of_criteria(corner) and leaning > _AGAINST)
    if not maybe and (folded in NO_THINGS or folded in COLUMN_WORDS):
        return False
    if COMPARES.search(title):
        return True
    listed = {word for label in labels for word in re.findall(r"[\w-]+", label.casefold())} & LISTED
    known = sum(1.0 if label.casefold() in _SITE else row_weight(label) for label in labels)
    return not listed and (head_of_things(corner) == 1 or (maybe and known >= _KNOWN))


def _name_column(header: Sequence[Cell], body: Sequence[Sequence[Cell]], first: int) -> int:
    """The column with the names: the first one, unless another is said to have them ("Vendor | Model | Price")."""
    if len(header) <= first or head_of_criteria(header[first].text) or head_of_things(header[first].text) == 1:
        return first
    near = range(first, min(len(header), first + _FIRST_COLUMNS))
    for words in (THINGS, MAYBE_THINGS):
        for column in near:
            if header[column].text.casefold().strip(" :") in words and _holds_names(body, column):
                return column
    return first


def _holds_names(body: Sequence[Sequence[Cell]], column: int) -> bool:
    texts = [row[column].text for row in body if column < len(row) and row[column].text]
    named = {text.casefold() for text in texts if is_name(text)}
    return 2 * len(named) > len(texts)


def _labels(
    header: Sequence[Cell], body: Sequence[Sequence[Cell]], columns: Sequence[int], names: int
) -> dict[int, str]:
    """What the columns are called; where the head row has two lines, with the upper one in front."""
    below = body[0] if body and len(body[0]) > names and _is_one(body[0][names], header[names]) else ()
    labels = {}
    for place in columns:
        pieces = [header[place].text, below[place].text if place < len(below) else ""]
        label = " ".join(dict.fromkeys(filter(None, pieces)))
        if 0 < len(label) <= _LONGEST_LABEL and label.strip("#. "):
            labels[place] = label
    return labels


def _is_one(below: Cell, above: Cell) -> bool:
    """Whether a cell of the head row reaches down into the second line."""
    return bool(above.text) and (below.text, below.start) == (above.text, above.start)


def table_of_things(found: ThingRows, names: Sequence[str], line: int) -> ComparisonTable:
    """The same as a table of criteria; each value keeps the place of its own row. `names` are those to show."""
    rows = tuple(_rows(found, line))
    urls = tuple(occurrences[0][0].url for occurrences in found.things.values())
    return ComparisonTable(tuple(names), rows, line, urls)


def _rows(found: ThingRows, line: int) -> Iterator[Row]:
    """A row for each criterion; what a thing's second row says otherwise is a row of its own."""
    things = list(found.things.values())
    places = [[_place(row) for _, row in occurrences] for occurrences in things]
    start = min(begin for spans in places for begin, _ in spans)
    end = max(close for spans in places for _, close in spans)
    for column, label in found.labels.items():
        told = [[_value(row, column) for _, row in occurrences] for occurrences in things]
        for number in range(max(map(len, told))):
            values = tuple(
                texts[number] if number < len(texts) and texts[number] not in texts[:number] else "" for texts in told
            )
            if any(values):
                spans = tuple(span[min(number, len(span) - 1)] for span in places)
                yield Row(label, values, start, end, line, spans)


def _value(row: Sequence[Cell], column: int) -> str:
    return plain_value(row[column].text) if column < len(row) else ""


def _place(row: Sequence[Cell]) -> tuple[int, int]:
    filled = [cell for cell in row if cell.start >= 0]
    return min(cell.start for cell in filled), max(cell.end for cell in filled)
