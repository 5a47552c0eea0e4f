"""What opening a file gives: its text, in which all places count, and the parts of it that may hold pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from sidebyside.pages.blocks import Block
from sidebyside.pages.outline import Cell, Grid, Outline
from sidebyside.records.pages import PageFormat


@dataclass(frozen=True, slots=True)
class Body:
    """Characters [start, end) of a file's text, to be read on their own; `outline` where that has been done already.

    `url`, `date` and `title` are what the file says about this part.
    """

    start: int
    end: int
    outline: Outline | None = None
    url: str | None = None
    date: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A page file's text, how it was encoded, what was uncertain about it ("" if nothing), and its parts.

    `format` names what the text was taken out of; it is "" for a file that is text itself. `layout` says of a PDF where
    its text stands on paper.
    """

    text: str
    encoding: str
    warning: str = ""
    format: PageFormat | Literal[""] = ""
    bodies: tuple[Body, ...] = ()
    layout: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters [start, end) of a PDF's text stand in this box (left, top, right, bottom, in points) of this sheet."""

    start: int
    end: int
    sheet: int
    box: tuple[float, float, float, float]


@dataclass(slots=True)
class Rendering:
    """Writes down as text what a file holds that is no text, and keeps the place of every piece.

    A paragraph is a line; a table's row is a line with its cells between tabs.
    """

    lines: list[str] = field(default_factory=list)
    length: int = 0
    blocks: list[Block] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def add_text(self, text: str, *, level: int = 0, listed: bool = False) -> None:
        """A paragraph, or a heading of this level; white space in it is folded."""
        text = " ".join(text.split())
        if text:
            start, line = self._write(text)
            block = Block("heading" if level else "text", text, start, start + len(text), line, level=level)
            self.blocks.append(replace(block, paragraph=line, listed=listed))

    def add_table(self, rows: list[list[Cell]], caption: str = "") -> None:
        """A table; the cells' places are settled here."""
        placed: list[tuple[Cell, ...]] = []
        first = self.length
        number = len(self.lines) + 1
        for row in rows:
            texts = [" ".join(cell.text.split()) for cell in row]
            place, _ = self._write("\t".join(texts))
            cells = []
            for cell, text in zip(row, texts, strict=True):
                end = place + len(text)
                cells.append(Cell(text, place if text else -1, end, cell.url, cell.columns, cell.rows, cell.mute))
                place = end + 1
            placed.append(tuple(cells))
        if placed:
            self.grids.append(Grid(tuple(placed), first, self.length - 1, number, caption))

    def _write(self, line: str) -> tuple[int, int]:
        """Where the line begins, and its number."""
        start = self.length
        self.lines.append(line)
        self.length += len(line) + 1
        return start, len(self.lines)
