"""Reads tables that are drawn with dashes, as Pandoc, reStructuredText and terminals write them.

Cells stand under their column's dashes, or between pipes with a rule of +---+ above and below every row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sidebyside.pages.outline import MOST_COLUMNS, MOST_ROWS, Cell, Grid

Line = tuple[str, int, int, int]  # stripped text, start, end, 1-based number

_DASHES = re.compile(r"-{2,}|={2,}")
_UNDER = re.compile(r"(?:-{2,}[ ]+)+-{2,}|(?:={2,}[ ]+)+={2,}")
_OVER = re.compile(r"-{10,}|={10,}")
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
    """Rows between rules of +---+."""
    width = lines[first][0].count("+") - 1
    rows: list[tuple[Cell, ...]] = []
    group: list[Line] = []
    position = first + 1
    while position < len(lines) and len(rows) <= MOST_ROWS and width <= MOST_COLUMNS:
        line = lines[position]
        if _PLUS.fullmatch(line[0]):
            rows += [_boxed(group, width)] if group else []
            group = []
        elif line[0].startswith("|") and len(line[0]) <= _LONGEST and len(group) < _MOST_LINES:
            group.append(line)
        else:
            break
        position += 1
    # Terminals draw rules around the head row and the whole alone.
    if len(rows) == 2 and len(lines) > first + 3 and position - first > 6:
        rows = [rows[0], *(_boxed([line], width) for line in lines[first + 3 : position] if line[0].startswith("|"))]
    return (_grid(rows, lines[first][3]), position) if len(rows) > 1 else (None, first)


def _boxed(lines: Sequence[Line], width: int) -> tuple[Cell, ...]:
    found: list[list[str]] = [[] for _ in range(width)]
    for line in lines:
        for column, text in enumerate(line[0].strip("|").split("|")[:width]):
            found[column].append(text)
    return _placed([" ".join(" ".join(pieces).split()) for pieces in found], lines)


def _grid(rows: Sequence[tuple[Cell, ...]], line: int) -> Grid:
    return Grid(tuple(rows), rows[0][0].start, rows[-1][0].end, line)
