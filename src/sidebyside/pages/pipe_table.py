"""Reads a pipe table whose rows a text extract may have broken over lines anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidebyside.errors import PageError
from sidebyside.pages.blocks import ComparisonTable, Row

Line = tuple[str, int, int, int]  # stripped text, start, end, 1-based number

KNOWN_LABELS = frozenset(
    label.casefold()
    for label in (
        "Type",
        "UnfragileRank",
        "Adoption",
        "Quality",
        "Ecosystem",
        "Match Graph",
        "Pricing",
        "Capabilities",
        "Times Matched",
    )
)
_SEPARATOR = re.compile(r"[|\s:-]*-[|\s:-]*")
_PIPE = re.compile(r"(?<!\\)\|")
LONGEST_ROW = 10_000
LONGEST_NAME = 200


def read_pipe_table(lines: Sequence[Line], first: int, source: str) -> tuple[ComparisonTable, int]:
    """Read the table whose header begins at `lines[first]`; returns it and the position of the first line behind it.

    Raises PageError where a row lacks a cell or the file ends inside one.
    """
    header, position = _read_header(lines, first, source)
    names = tuple(cell for cell in header[1:])
    number = lines[first][3]
    check_names(names, source, number)
    rows: list[Row] = []
    while position < len(lines) and (not lines[position][0] or lines[position][0].startswith("|")):
        if not lines[position][0] or _SEPARATOR.fullmatch(lines[position][0]):
            position += 1
            continue
        row, position = _read_row(lines, position, len(header), source)
        rows.append(row)
    if not rows:
        raise PageError(source, "the table has no rows", number)
    if header[0].casefold() != "feature" and not any(_is_known(row.label) for row in rows):
        raise PageError(
            source, "no comparison table: the one here has no row that such pages have, such as Type", number
        )
    return ComparisonTable(names, tuple(rows), number), position


def check_names(names: Sequence[str], source: str, line: int | None) -> None:
    """Raises PageError for a header that names nobody, or cells too long to be names."""
    if not names or not all(names):
        raise PageError(source, "the table header lacks a name", line)
    if max(map(len, names)) > LONGEST_NAME:
        raise PageError(source, f"a name in the table header is longer than {LONGEST_NAME} characters", line)


def _read_header(lines: Sequence[Line], first: int, source: str) -> tuple[list[str], int]:
    """The header's cells; it ends at the separator, which also may be broken."""
    position = first
    pending = ""
    while position < len(lines) and not _SEPARATOR.fullmatch(lines[position][0] or "-"):
        if position > first and _cells(lines[position][0])[:1] and _is_known(_cells(lines[position][0])[0]):
            break
        pending = _join(pending, lines[position][0])
        position += 1
        if len(pending) > LONGEST_ROW:
            raise PageError(source, "the table header has no end", lines[first][3])
    while position < len(lines) and _SEPARATOR.fullmatch(lines[position][0] or "-"):
        position += 1
    return _cells(pending), position


def _read_row(lines: Sequence[Line], first: int, width: int, source: str) -> tuple[Row, int]:
    _, start, end, number = lines[first]
    pending = ""
    position = first
    while not _is_complete(pending, width):
        if position == len(lines) or len(pending) > LONGEST_ROW:
            raise PageError(source, f"table row {_name_row(pending)} is cut off", number)
        pending = _join(pending, lines[position][0])
        end = lines[position][2] if lines[position][0] else end
        position += 1
    if len(pending) > LONGEST_ROW:
        raise PageError(source, f"table row {_name_row(pending)} is longer than {LONGEST_ROW:,} characters", number)
    cells = _cells(pending)
    misplaced = [cell for cell in cells[1:] if _is_known(cell)]
    if len(cells) != width or misplaced:
        raise PageError(source, f"table row {_name_row(pending)} lacks a cell or has one too many", number)
    return Row(cells[0], tuple(cells[1:]), start, end, number), position


def _is_complete(pending: str, width: int) -> bool:
    return len(_cells(pending)) >= width and bool(re.search(r"(?<!\\)\|$", pending))


def _join(pending: str, line: str) -> str:
    """Continue a broken row: a line that begins with a pipe closes the cell before it."""
    if not pending or not line:
        return pending or line
    if pending.endswith("|") and line.startswith("|"):
        return pending + line[1:]
    return f"{pending} {line}"


def _cells(row: str) -> list[str]:
    inner = re.sub(r"(?<!\\)\|$", "", row.removeprefix("|").rstrip()) if row else ""
    return [" ".join(cell.replace("\\|", "|").split()) for cell in _PIPE.split(inner)] if row else []


def _is_known(cell: str) -> bool:
    return cell.casefold() in KNOWN_LABELS


def _name_row(pending: str) -> str:
    cells = _cells(pending)
    return repr(cells[0][:40]) if cells else "at the end of the file"
