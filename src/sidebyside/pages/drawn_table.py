"""Reads tables that are drawn with dashes, as Pandoc, reStructuredText and terminals write them.

Cells stand under their column's dashes, or between pipes with a rule of +---+ above and below every row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sidebyside.pages.outline import MOST_COLUMNS, MOST_ROWS, Cell, Grid

Line = tuple[str, int, int, int]  # stripped text, start, end, 1-based number

_DASHES = re.compile(r"-{2,}|={2,}")
_UNDER = re.compile(r"(?:-{2,}[ ]+)+-{2,}|(?:={2,}[ ]+)+={2,}")
_OVER = re.compile(r"-{10,}|={10,}")
_RULED = re.compile(r"[-=]{2,}")
_PLUS = re.compile(r"\+(?:[-=:]{2,}\+)+")
# Lines of a head cell that is wrapped, and of a row.
_MOST_LINES = 12
_LONGEST = 10_000


def read_drawn(lines: Sequence[Line], first: int, page: str) -> tuple[Grid | None, int]:
    """The table that begins with this line, and the line behind it; None and `first` where none does."""
    text = lines[first][0]
    if text.startswith("+") and _PLUS.fullmatch(text):
        return _read_boxes(lines, first)
    if _OVER.fullmatch(text) or _UNDER.fullmatch(text):
        rule = next(
            (at for at in range(first + 2, min(first + 2 + _MOST_LINES, len(lines))) if _is_under(lines[at])), 0
        )
        return _read_columns(lines, first, first + 1, rule, page) if rule else (None, first)
    if text and first + 1 < len(lines) and _is_under(lines[first + 1]):
        return _read_columns(lines, first, first, first + 1, page)
    return None, first


def _is_under(line: Line) -> bool:
    return len(line[0]) <= _LONGEST and _UNDER.fullmatch(line[0]) is not None


def _read_columns(lines: Sequence[Line], first: int, head: int, rule: int, page: str) -> tuple[Grid | None, int]:
    """Rows below a rule whose dashes tell the columns; where a rule stands above too, empty lines part the rows."""
    indent = lines[rule][1] - _begin(page, lines[rule])
    starts = [indent + match.start() for match in _DASHES.finditer(lines[rule][0])]
    if not 1 < len(starts) <= MOST_COLUMNS:
        return None, first
    parted = head > first and _OVER.fullmatch(lines[first][0]) is not None
    rows = [_row(lines[head:rule], starts, page)]
    group: list[Line] = []
    position = rule + 1
    while position < len(lines) and len(rows) <= MOST_ROWS:
        line = lines[position]
        if _OVER.fullmatch(line[0]) or _UNDER.fullmatch(line[0]) or not (line[0] or parted):
            position += 1
            break
        if line[0]:
            group.append(line)
        if group and not (parted and line[0] and len(group) < _MOST_LINES):
            rows.append(_row(group, starts, page))
            group = []
        position += 1
    if group:
        rows.append(_row(group, starts, page))
    return (_grid(rows, lines[first][3]), position) if len(rows) > 1 else (None, first)


def _row(lines: Sequence[Line], starts: Sequence[int], page: str) -> tuple[Cell, ...]:
    """One row: what stands under each column, line by line."""
    found: list[list[str]] = [[] for _ in starts]
    raw = [page[_begin(page, line) : line[2]].expandtabs(4) for line in lines]
    for text in raw:
        for column, (start, end) in enumerate(pairwise([*starts, _LONGEST])):
            found[column].append(text[0 if column == 0 else start : end])
    return _placed([" ".join(" ".join(pieces).split()) for pieces in found], lines)


def _placed(texts: Sequence[str], lines: Sequence[Line]) -> tuple[Cell, ...]:
    start, end = lines[0][1], lines[-1][2]
    if len(texts) > 1 and texts[0] and not any(texts[1:]):
        return (Cell(texts[0], start, end, columns=len(texts)),)
    return tuple(Cell(text, start, end) for text in texts)


def _begin(page: str, line: Line) -> int:
    """Where a line begins, with the spaces that were taken off it."""
    start = line[1]
    while start > 0 and page[start - 1] in " \t":
        start -= 1
    return start


def _read_boxes(lines: Sequence[Line], first: int) -> tuple[Grid | None, int]:
    """Rows between rules of +---+; a cell may reach over columns and over rows."""
    bounds = [place for place, char in enumerate(lines[first][0]) if char == "+"]
    rows: list[tuple[Cell, ...]] = []
    group: list[Line] = []
    position = first + 1
    while position < len(lines) and len(rows) <= MOST_ROWS and len(bounds) <= MOST_COLUMNS:
        line = lines[position]
        if _PLUS.fullmatch(line[0]):
            rows += _boxed(group, bounds) if group else []
            group = []
        elif line[0].startswith(("|", "+")) and len(line[0]) <= _LONGEST and len(group) < _MOST_LINES:
            group.append(line)
        else:
            break
        position += 1
    # Terminals draw rules around the head row and the whole alone.
    if len(rows) == 2 and len(lines) > first + 3 and position - first > 6:
        each = (_boxed([line], bounds) for line in lines[first + 3 : position] if line[0].startswith("|"))
        rows = [rows[0], *(row for found in each for row in found)]
    return (_grid(rows, lines[first][3]), position) if len(rows) > 1 else (None, first)


def _boxed(lines: Sequence[Line], bounds: Sequence[int]) -> list[tuple[Cell, ...]]:
    """The rows between two rules: one, unless shorter rules between some columns part it."""
    if any(len(line[0]) != bounds[-1] + 1 or line[0][-1] not in "|+" for line in lines):
        # Signs of double width move the pipes.
        pieces = [line[0].strip("|").split("|")[: len(bounds) - 1] for line in lines]
        texts = [" ".join(piece[place] for piece in pieces if place < len(piece)) for place in range(len(bounds) - 1)]
        return [_placed([" ".join(text.split()) for text in texts], lines)]
    parts: list[list[Line]] = [[]]
    cuts: list[list[bool]] = []  # for each rule inside, whether it runs below each column
    for line in lines:
        ruled = [_RULED.fullmatch(line[0][start + 1 : end]) is not None for start, end in pairwise(bounds)]
        if any(ruled) and "+" in line[0]:
            cuts.append(ruled)
            parts.append([])
        else:
            parts[-1].append(line)
    parts = [part for part in parts if part]
    if len(parts) != len(cuts) + 1:
        return []
    return [tuple(_cells(parts, cuts, number, bounds)) for number in range(len(parts))]


def _cells(
    parts: Sequence[Sequence[Line]], cuts: Sequence[Sequence[bool]], number: int, bounds: Sequence[int]
) -> Iterator[Cell]:
    """The cells that begin in one part of a row."""
    width = len(bounds) - 1
    column = 0
    while column < width:
        # No pipe at its right: the cell goes on over the next column.
        last = column
        while last + 1 < width and not all(line[0][bounds[last + 1]] in "|+" for line in parts[number]):
            last += 1
        if number == 0 or cuts[number - 1][column]:
            below = number
            while below < len(cuts) and not cuts[below][column]:
                below += 1
            reached = [line for part in parts[number : below + 1] for line in part]
            text = " ".join(" ".join(line[0][bounds[column] + 1 : bounds[last + 1]] for line in reached).split())
            rows = below - number + 1
            yield Cell(text, reached[0][1], reached[-1][2], columns=last - column + 1, rows=rows)
        column = last + 1


def _grid(rows: Sequence[tuple[Cell, ...]], line: int) -> Grid:
    return Grid(tuple(rows), rows[0][0].start, rows[-1][0].end, line)
