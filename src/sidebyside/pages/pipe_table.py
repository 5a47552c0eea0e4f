"""Reads the tables of line-by-line formats: pipe tables, also with broken rows, cells between tabs, drawn ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sidebyside.errors import PageError
from sidebyside.pages.drawn_table import read_drawn
from sidebyside.pages.outline import MOST_COLUMNS, MOST_ROWS, Cell, Grid
from sidebyside.records.schema import LABELS

Line = tuple[str, int, int, int]  # stripped text, start, end, 1-based number

KNOWN_LABELS = frozenset(label.casefold() for label in LABELS)
_SEPARATOR = re.compile(r"[|\s:-]*-[|\s:-]*")
_PIPE = re.compile(r"(?<!\\)\|")
LONGEST_ROW = 10_000
# A row that is broken over more lines than this is none.
_MOST_PIECES = 60


@dataclass(slots=True)
class LineTables:
    """What `find_tables` found: tables, the lines outside them, and what was wrong with the first damaged table."""

    grids: list[Grid] = field(default_factory=list)
    rest: list[Line] = field(default_factory=list)
    failure: PageError | None = None


def find_tables(lines: Sequence[Line], page: str, source: str) -> LineTables:
    """Every table among these lines of a page, in order. A damaged one is left out, and what is wrong with it is told.

    Pipe tables may lack their outer pipes; rows of cells between tabs, as copied out of a browser, are tables too.
    """
    found = LineTables()
    position = 0
    while position < len(lines):
        try:
            grid, behind = _read_table(lines, position, page, source)
        except PageError as error:
            found.failure = found.failure or error
            grid, behind = None, _behind_pipes(lines, position)
        if grid is not None:
            found.grids.append(grid)
        elif behind == position:
            found.rest.append(lines[position])
            behind += 1
        position = behind
    return found


def _read_table(lines: Sequence[Line], first: int, page: str, source: str) -> tuple[Grid | None, int]:
    text = lines[first][0]
    if text.startswith("|"):
        return _read_pipes(lines, first, source)
    drawn, behind = read_drawn(lines, first, page)
    if drawn is not None:
        return drawn, behind
    if "|" in text and first + 1 < len(lines) and _is_rule(lines[first + 1][0], len(split_cells(text))):
        return _read_rows(lines, first, _piped)
    if "\t" in page[_line_start(page, lines[first]) : lines[first][2]]:
        return _read_tabs(lines, first, page)
    return None, first


def _behind_pipes(lines: Sequence[Line], first: int) -> int:
    position = first
    while position < len(lines) and lines[position][0].startswith("|"):
        position += 1
    return max(position, first + 1)


def _read_pipes(lines: Sequence[Line], first: int, source: str) -> tuple[Grid | None, int]:
    """A table whose rows begin with a pipe; where joining broken rows does not work out, every line is one row."""
    try:
        return _read_broken(lines, first, source)
    except PageError:
        # In a table of the known kind a row that lacks a cell is damage; elsewhere Markdown lets it end early.
        behind = _behind_pipes(lines, first)
        block = lines[first:behind]
        if len(block) < 3 or not _is_rule(block[1][0], len(split_cells(block[0][0]))):
            raise
        if any(_is_known(cell) for line in block for cell in split_cells(line[0])[:1]):
            raise
        grid, _ = _read_rows(block, 0, _piped)
        if grid is None:
            raise
        return grid, behind


def _read_broken(lines: Sequence[Line], first: int, source: str) -> tuple[Grid | None, int]:
    header, position = _read_header(lines, first, source)
    if not header:  # a rule that stands under no head row
        return None, first
    head_end = next(line[2] for line in reversed(lines[first:position]) if line[0])
    rows = [_cells_at(header, lines[first][1], head_end)]
    while position < len(lines) and (not lines[position][0] or lines[position][0].startswith("|")):
        if not lines[position][0] or _SEPARATOR.fullmatch(lines[position][0]):
            position += 1
            continue
        if len(rows) > 1 and position + 1 < len(lines) and _is_rule(lines[position + 1][0], 2):
            break  # the head row of another table
        row, position = _read_row(lines, position, len(header), source)
        rows.append(row)
        if len(rows) > MOST_ROWS:
            raise PageError(source, f"a table has more than {MOST_ROWS:,} rows", lines[first][3])
    if len(rows) == 1 and rows[0][0].text.casefold() != "feature":
        return None, first
    return _grid(rows, lines[first][3]), position


def _read_header(lines: Sequence[Line], first: int, source: str) -> tuple[list[str], int]:
    """The header's cells; it ends at the separator, which also may be broken."""
    position = first
    pending = ""
    while position < len(lines) and not _SEPARATOR.fullmatch(lines[position][0] or "-"):
        if position > first and _is_known(next(iter(split_cells(lines[position][0])), "")):
            break
        pending = _join(pending, lines[position][0])
        position += 1
        if len(pending) > LONGEST_ROW or position - first > _MOST_PIECES:
            raise PageError(source, "the table header has no end", lines[first][3])
    while position < len(lines) and _SEPARATOR.fullmatch(lines[position][0] or "-"):
        position += 1
    cells = split_cells(pending)
    if len(cells) > MOST_COLUMNS:
        raise PageError(source, f"a table has more than {MOST_COLUMNS} columns", lines[first][3])
    return cells, position


def _read_row(lines: Sequence[Line], first: int, width: int, source: str) -> tuple[tuple[Cell, ...], int]:
    _, start, end, number = lines[first]
    pending = ""
    position = first
    while not _is_complete(pending, width):
        if position == len(lines) or len(pending) > LONGEST_ROW or position - first > _MOST_PIECES:
            raise PageError(source, f"table row {_name_row(pending)} is cut off", number)
        pending = _join(pending, lines[position][0])
        end = lines[position][2] if lines[position][0] else end
        position += 1
    if len(pending) > LONGEST_ROW:
        raise PageError(source, f"table row {_name_row(pending)} is longer than {LONGEST_ROW:,} characters", number)
    cells = split_cells(pending)
    misplaced = [cell for cell in cells[1:] if _is_known(cell)]
    if len(cells) != width or misplaced:
        raise PageError(source, f"table row {_name_row(pending)} lacks a cell or has one too many", number)
    return _cells_at(cells, start, end), position


def _is_complete(pending: str, width: int) -> bool:
    return len(split_cells(pending)) >= width and bool(re.search(r"(?<!\\)\|$", pending))


def _join(pending: str, line: str) -> str:
    """Continue a broken row: a line that begins with a pipe closes the cell before it."""
    if not pending or not line:
        return pending or line
    if pending.endswith("|") and line.startswith("|"):
        return pending + line[1:]
    return f"{pending} {line}"


def split_cells(row: str) -> list[str]:
    """The cells of one line of a pipe table, with or without its outer pipes."""
    inner = re.sub(r"(?<!\\)\|$", "", row.removeprefix("|").rstrip()) if row else ""
    return [" ".join(cell.replace("\\|", "|").split()) for cell in _PIPE.split(inner)] if row else []


def _is_known(cell: str) -> bool:
    return cell.strip("*_ ").casefold() in KNOWN_LABELS


def _name_row(pending: str) -> str:
    cells = split_cells(pending)
    return repr(cells[0][:40]) if cells else "at the end of the file"


def _is_rule(line: str, width: int) -> bool:
    """Whether a line is the rule between a table's head row and its rows."""
    return bool(_SEPARATOR.fullmatch(line)) and 1 < len(split_cells(line)) >= min(width, 2) and "|" in line


# --- one line a row --------------------------------------------------------------------------------------------------


def _read_rows(
    lines: Sequence[Line], first: int, cells_of: Callable[[Line], list[str]], *, gaps: bool = False
) -> tuple[Grid | None, int]:
    """A table in which every line is a row; a row may end early, as the head row says how wide it is.

    `cells_of` gives no cells for a line that is no row; `gaps` says whether there may be empty lines between rows.
    """
    header = cells_of(lines[first])
    rows = [_cells_at(header, lines[first][1], lines[first][2])]
    position = behind = first + 1
    while position < len(lines) and len(rows) <= MOST_ROWS:
        line = lines[position]
        position += 1
        if gaps and not line[0]:
            continue
        if _SEPARATOR.fullmatch(line[0] or " ") and "|" in line[0]:
            behind = position
            continue
        cells = cells_of(line)
        if not cells:
            below = lines[position] if position < len(lines) else line
            # A line without pipes inside a table is a row with one cell, as a heading in there comes out.
            if gaps or not line[0] or len(cells_of(below)) != len(header):
                break
            rows.append((Cell(line[0], line[1], line[2], columns=len(header)),))
            continue
        cells = (cells + [""] * len(header))[: len(header)]
        rows.append(_cells_at(cells, line[1], line[2]))
        behind = position
    return (_grid(rows, lines[first][3]), behind) if len(rows) > 1 else (None, first)


def _piped(line: Line) -> list[str]:
    return split_cells(line[0]) if "|" in line[0] else []


def _read_tabs(lines: Sequence[Line], first: int, page: str) -> tuple[Grid | None, int]:
    """Rows of cells between tabs; two lines are not enough to tell them from text."""
    width = MOST_COLUMNS

    def cells_of(line: Line) -> list[str]:
        cells = [" ".join(cell.split()) for cell in page[_line_start(page, line) : _line_end(page, line)].split("\t")]
        return cells if 1 < len(cells) <= width else []

    header = cells_of(lines[first])
    if sum(map(bool, header)) < 2:
        return None, first
    width = len(header)
    grid, behind = _read_rows(lines, first, cells_of, gaps=True)
    return (grid, behind) if grid is not None and len(grid.rows) > 2 else (None, first)


def _line_start(page: str, line: Line) -> int:
    """Where a line begins, with the white space that was taken off it."""
    start = line[1]
    while start > 0 and page[start - 1] in " \t":
        start -= 1
    return start


def _line_end(page: str, line: Line) -> int:
    """Where a line ends, with the tabs behind it: cells with pictures alone come out of a browser empty."""
    end = line[2]
    while line[0] and end < len(page) and page[end] in " \t":
        end += 1
    return end


def _cells_at(cells: Sequence[str], start: int, end: int) -> tuple[Cell, ...]:
    """Cells that all stand for the place of their row."""
    return tuple(Cell(text, start, end) for text in cells)


def _grid(rows: Sequence[tuple[Cell, ...]], line: int) -> Grid:
    return Grid(tuple(rows), rows[0][0].start, rows[-1][0].end, line)
