"""What a page file holds, whatever its format: its blocks and its tables, each with its place in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sidebyside.errors import PageError
from sidebyside.pages.blocks import Block
from sidebyside.records.pages import PageFormat

# More columns or rows than this are no comparison; a cell that says it spans more is cut down to them.
MOST_COLUMNS = 64
MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; `start` is -1 where it holds no text.

    `columns` and `rows` say how far it spans; `mute` that it holds a picture which does not say what it means. `other`
    is what a link in it calls what is meant, where it shows another name.
    """

    text: str = ""
    start: int = -1
    end: int = -1
    url: str | None = None
    columns: int = 1
    rows: int = 1
    mute: bool = False
    other: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it stands in the file, [start, end), with its first line; `caption` is what it is called there."""

    rows: tuple[tuple[Cell, ...], ...]
    start: int
    end: int
    line: int
    caption: str = ""

    def squared(self) -> Grid:
        """The same with every spanning cell repeated where it reaches, within the width of the widest row."""
        if all(cell.columns == 1 and cell.rows == 1 for row in self.rows for cell in row):
            return self
        width = min(max(sum(cell.columns for cell in row) for row in self.rows), MOST_COLUMNS)
        hanging: dict[int, tuple[Cell, int]] = {}
        squared = []
        for row in self.rows:
            squared.append(_squared_row(row, width, hanging))
        return replace(self, rows=tuple(squared))


def _squared_row(row: Sequence[Cell], width: int, hanging: dict[int, tuple[Cell, int]]) -> tuple[Cell, ...]:
    """One row with what hangs down from the rows above it; `hanging` is brought up to date."""
    cells: list[Cell] = []
    waiting = iter(row)
    while len(cells) < width:
        column = len(cells)
        above, left = hanging.pop(column, (None, 0))
        if above is not None:
            cells.append(above)
            if left > 1:
                hanging[column] = (above, left - 1)
            continue
        cell = next(waiting, None)
        if cell is None:
            break
        plain = replace(cell, columns=1, rows=1)
        for place in range(column, min(column + cell.columns, width)):
            cells.append(plain)
            if cell.rows > 1:
                hanging[place] = (plain, cell.rows - 1)
    return tuple(cells)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a reader found in a file, or in one part of it.

    `text` is what all places count in. `claims_only` says that only "Unique:" and "vs alternatives:" are labels;
    `by_line` that every line is a paragraph. `failure` is what was wrong with the first table that could not be read.
    """

    text: str
    format: PageFormat
    title: str
    blocks: Sequence[Block]
    grids: Sequence[Grid]
    date: str | None = None
    url: str | None = None
    claims_only: bool = False
    by_line: bool = False
    warnings: tuple[str, ...] = ()
    failure: PageError | None = None
