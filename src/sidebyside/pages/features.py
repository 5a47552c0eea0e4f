"""Tells whether a table compares things feature by feature, and what the text around it says about each of them.

Such tables stand on vendors' pages, in wikis, READMEs and sheets: the head row names two to six things, the first
column what they are compared by; or there is a row for each thing. A table of tasks, readings or prices looks much the
same, so more has to speak for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sidebyside.pages.blocks import Block, ComparisonTable, Row
from sidebyside.pages.direction import mentions
from sidebyside.pages.drafts import Draft
from sidebyside.pages.outline import Cell, Grid
from sidebyside.pages.part_labels import mark_label
from sidebyside.pages.rows_of_things import find_things, table_of_things, things_refused
from sidebyside.pages.table_words import COMPARES, FEATURE, head_of_criteria, head_of_things, is_known_row, is_name
from sidebyside.text.marks import plain_value

MOST_NAMES = 6
# What has to speak for things in rows (or, with a minus, in columns) where both can be read, and to be sure of it.
_LEANS = 0.5
_SURELY = 2.0
# Text under a heading that is shorter than this is a button or a caption.
_SHORTEST = 25
_LONGEST_HEADING = 1_000
# Names that are tried on one heading.
_MOST_TRIED = 100
# What the cells of a row say that asks whether something is there.
_WHETHER = frozenset("yes no true false partial partially limited planned beta soon".split())


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """A table that compares; `left_out` are columns that belong to nothing, `mute` its silent rows.

    `by_row` says that it had a row for each thing, `rows_left_out` which of these named or said nothing, `unsure` that
    it could be meant the other way.
    """

    table: ComparisonTable
    left_out: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()
    by_row: bool = False
    rows_left_out: tuple[str, ...] = ()
    unsure: bool = False


def read_features(grid: Grid, title: str, headings: str) -> FeatureTable | str:
    """The table as a comparison, or why it is none.

    `title` is what names it, `headings` are those of the page, a line each. Things may stand across, with criteria down
    the first column, or down, a row for each; what speaks for either is weighed (`direction`).
    """
    rows = [row for row in grid.rows if not is_section(row)]
    while len(rows) > 2 and rows[0] and rows[0][0].text and not any(cell.text for cell in rows[0][1:]):
        title, rows = f"{title}\n{rows[0][0].text[:300]}", rows[1:]  # what the table is called, in a row of its own
    if len(rows) < 2:
        return "the table has no rows"
    header, *body = Grid(tuple(rows), grid.start, grid.end, grid.line).squared().rows
    first = 1 if header and header[0].text.strip("#. ").casefold() in ("", "no", "nr") and _is_counted(body) else 0
    if len(header) <= first:
        return "the head row names nothing"
    found = find_things(header, body, first, title, headings)
    refused = things_refused(found, header, title, headings)
    across = _things_across(header, body, first, title, headings, found.leaning, grid)
    if not refused and (found.leaning > _LEANS or (isinstance(across, str) and found.leaning >= 0)):
        names = [name_of(occurrences[0][0], title) for occurrences in found.things.values()]
        table = table_of_things(found, names, grid.line)
        unlabelled = tuple(f"number {number}" for number in found.unlabelled)
        mute = tuple(row[found.column].text for row in body if any(cell.mute for cell in row))
        return FeatureTable(table, unlabelled, mute, by_row=True, rows_left_out=tuple(found.left_out))
    if isinstance(across, FeatureTable) and found.leaning < _SURELY:
        return replace(across, unsure=not refused and found.leaning > -_LEANS)
    # The reason that fits what the table seems to be.
    return refused if refused and (found.leaning > 0 or not isinstance(across, str)) else str(across)


def _things_across(
    header: Sequence[Cell],
    body: Sequence[Sequence[Cell]],
    first: int,
    title: str,
    headings: str,
    lean: float,
    grid: Grid,
) -> FeatureTable | str:
    """The table with its head row as names and its first column as criteria, or why it is none such."""
    label, columns = header[first], range(first + 1, len(header))
    kept = [place for place in columns if is_name(header[place].text)]
    names = tuple(name_of(header[place], title) for place in kept)
    told = " | ".join(cell.text[:30] for cell in header[:8])
    if not names or len(set(map(str.casefold, names))) < len(names):
        return f"the head row ({told}) does not name what is compared"
    if len(names) > MOST_NAMES:
        return f"the table has more than {MOST_NAMES} columns of things"
    read = tuple(_rows(body, first, kept, grid))
    # "Model" may stand above the names too, if what is below are criteria.
    beside = len(names) > 1 and head_of_things(label.text) > 0 and lean < -_SURELY
    if not read or not (beside or _speaks(label.text, names, read, title, headings)):
        return f'the head row ({told}) could name anything; "vs" in a title or "Feature" before the names would tell'
    table = ComparisonTable(names, read, grid.line, tuple(header[place].url for place in kept))
    left_out = tuple(header[place].text for place in columns if place not in kept and header[place].text)
    mute = tuple(row[first].text for row in body if len(row) > first and any(cell.mute for cell in row))
    return FeatureTable(table, left_out, mute)


def is_section(row: Sequence[Cell]) -> bool:
    """Whether a row is a heading inside the table: one cell over all columns."""
    return len(row) == 1 and row[0].columns > 1


def _is_counted(body: Sequence[Sequence[Cell]]) -> bool:
    return all(row and row[0].text.strip(".) ").isdigit() for row in body)


def name_of(cell: Cell, title: str) -> str:
    """What the head row calls a thing; where it shows another name than it links to, that which the title has."""
    return cell.other if cell.other and cell.other in title and cell.text not in title.split(cell.other) else cell.text


def _rows(body: Sequence[Sequence[Cell]], first: int, kept: Sequence[int], grid: Grid) -> Iterable[Row]:
    for row in body:
        if len(row) <= first or not row[first].text or row[first].text.casefold() in FEATURE:
            continue
        values = tuple(plain_value(row[place].text) if place < len(row) else "" for place in kept)
        places = [cell for cell in row if cell.start >= 0]
        if any(values):
            yield Row(
                row[first].text,
                values,
                min(cell.start for cell in places),
                max(cell.end for cell in places),
                grid.line,
            )


def _speaks(label: str, names: Sequence[str], rows: Sequence[Row], title: str, headings: str) -> bool:
    """Whether the table, or what stands around it, says that things are compared."""
    featured = head_of_criteria(label)
    named = sum(mentions(title, name) or mentions(headings, name) for name in names)
    if len(names) == 1:
        return featured and named == 1 and not COMPARES.search(title)
    known = sum(is_known_row(row.label) for row in rows)
    whether = not label and any(_asks_whether(row.values) for row in rows)
    return featured or bool(COMPARES.search(f"{title} {label}")) or named > 1 or known > 1 or whether


def _asks_whether(values: Sequence[str]) -> bool:
    """Whether a row tells of each thing if it has something; with no word above the labels, that is a comparison."""
    told = [value.casefold() for value in values if value.strip("-–— ")]
    return (
        len(told) > 1 and all(value in _WHETHER for value in told) and bool({"yes", "no", "true", "false"} & set(told))
    )


def texts_by_heading(blocks: Iterable[Block], names: Sequence[str]) -> list[list[Draft]]:
    """For each name the text under headings that name it and no other, heading by heading or paragraph by paragraph."""
    found: list[list[Draft]] = [[] for _ in names]
    known = _Names(names)
    side: int | None = None
    level = 0
    draft: Draft | None = None
    for block in blocks:
        if block.kind == "heading":
            named = known.within(block.text)
            if len(named) == 1:
                side, level, draft = named[0], block.level, None
            elif named or side is None or block.level <= level:
                side, draft = None, None
            else:
                draft = Draft(block.line, side)
                draft.parts["title"] = [block]
        elif side is not None:
            draft = _take(block, draft, found[side], side)
    return found


class _Names:
    """Finds names in headings; of many names only those are tried whose rarest word a heading has."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._by_word: dict[str, list[int]] = {}
        words = [_words(name) or [""] for name in names]
        common = Counter(word for found in words for word in set(found))
        for place, found in enumerate(words):
            self._by_word.setdefault(min(found, key=common.__getitem__), []).append(place)

    def within(self, heading: str) -> list[int]:
        """The names in a heading; one inside a longer one is not meant."""
        near = dict.fromkeys(place for word in ("", *_words(heading)) for place in self._by_word.get(word, ()))
        places = [place for place in islice(near, _MOST_TRIED) if mentions(heading, self._names[place])]
        folded = {place: self._names[place].casefold() for place in places}
        return [
            place
            for place in sorted(places)
            if not any(other != place and folded[place] in folded[other] for other in places)
        ]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text[:_LONGEST_HEADING].casefold())


def _take(block: Block, draft: Draft | None, found: list[Draft], side: int) -> Draft | None:
    """Put a block of text where it belongs; returns the draft that the next one may go on with."""
    block = mark_label(block, claims_only=False)
    if block.kind not in ("text", "unique", "alternatives", "best_for", "limitation", "requirement"):
        return draft
    part = "description" if block.kind == "text" else block.kind
    titled = draft is not None and "title" in draft.parts
    if draft is None or not (titled or block.listed or block.kind != "text"):
        if len(block.text) < _SHORTEST:
            return None
        draft = Draft(block.line, side)
    if not block.text:
        return draft
    draft.parts.setdefault(part, []).append(block)
    if not found or found[-1] is not draft:
        found.append(draft)
    return draft
