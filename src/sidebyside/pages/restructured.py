"""Reads reStructuredText of a page with a comparison: underlined headings, drawn tables, list tables and CSV tables.

Tables whose rows stand in other files are refused, with the way out. Left out are comments, targets, and the directives
that show no text of the page.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sidebyside.errors import PageError
from sidebyside.pages.blocks import Block
from sidebyside.pages.outline import MOST_COLUMNS, MOST_ROWS, Cell, Grid, Outline
from sidebyside.pages.pipe_table import Line, find_tables
from sidebyside.pages.text import strip_lines

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}")
_DIRECTIVE = re.compile(r"\.\.[ \t]+([\w:-]+)::(?:[ \t]+(.*))?")
_SUBSTITUTION = re.compile(r"\.\.[ \t]+\|([^|]+)\|[ \t]+(replace|unicode|image)::[ \t]*(.*)")
_OPTION = re.compile(r":([\w-]+):[ \t]*(.*)")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)]|#\.)[ \t]+(?=\S)")
# What these directives hold is text of the page.
_TEXTS = frozenset("note tip hint important warning admonition container topic seealso table compound".split())
_ROW = re.compile(r"\*[ \t]+-(?:[ \t]+|$)")
_CELL = re.compile(r"-(?:[ \t]+|$)")
_LINK = re.compile(r"`([^`<>]*?)\s*(?:<([^`<>]*)>)?`__?")
_ROLE = re.compile(r":[\w:.+-]{1,40}:`([^`<>]*?)(?:\s*<[^`<>]*>)?`")
_EMPHASIS = re.compile(r"(?<!\w)(\*\*|\*|``|`)(\S(?:[^\n]{0,400}?\S)?)\1(?!\w)")
_WORD_LINK = re.compile(r"(?<=\w)__?(?!\w)")
_DAY = re.compile(r"\d{4}-[01]\d-[0-3]\d")
# So deep directives may stand in one another.
_DEEPEST = 20
_WAY_OUT = "convert the page to HTML (rst2html PAGE) and index that"


def read_rst(text: str, source: str, first: int = 0, last: int | None = None) -> Outline:
    """Read the reStructuredText in [first, last). Raises PageError for far too many lines."""
    reader = _Reader(text, source)
    # Headings first: their rules look like those of drawn tables.
    found = find_tables(reader.take_headings(reader.read(strip_lines(text, source, first, last))), text, source)
    reader.add_blocks(found.rest)
    reader.blocks.sort(key=lambda block: block.start)
    title = next((block.text for block in reader.blocks if block.kind == "heading"), "")
    address = reader.fields.get("source") or reader.fields.get("url") or ""
    day = _DAY.search(reader.fields.get("date", ""))
    grids = [*map(reader.plain_grid, found.grids), *map(reader.plain_grid, reader.grids)]
    return Outline(
        text,
        "rst",
        plain_rst(title[:500]),
        reader.blocks,
        sorted(grids, key=lambda grid: grid.start),
        day.group() if day else None,
        address if address.startswith(("http://", "https://")) else None,
        failure=reader.failure or found.failure,
    )


@dataclass(slots=True)
class _Reader:
    """What one pass over the lines finds; `styles` are the adornments of headings in the order of their levels."""

    text: str
    source: str
    blocks: list[Block] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    styles: list[str] = field(default_factory=list)
    failure: PageError | None = None

    def read(self, lines: Sequence[Line], depth: int = 0) -> list[Line]:
        """Take directives out of the lines; returns those that are left, among them drawn tables."""
        if depth > _DEEPEST:
            return []
        left: list[Line] = []
        position = 0
        while position < len(lines):
            line = lines[position]
            directive = _DIRECTIVE.fullmatch(line[0])
            if not line[0].startswith(".. "):
                left.append(line)
                position += 1
                continue
            end = self._behind(lines, position)
            inside = lines[position + 1 : end]
            told = _SUBSTITUTION.fullmatch(line[0])
            if told:
                self.replaced[told.group(1)] = _substituted(told, inside)
            elif directive:
                name, argument = directive.group(1).lower(), directive.group(2) or ""
                left += self._directive(name, argument, inside, line, depth)
            left.append(("", line[1], line[1], line[3]))
            position = end
        return left

    def _behind(self, lines: Sequence[Line], position: int) -> int:
        """Where the lines end that are indented below this one."""
        depth = self._indent(lines[position])
        end = position + 1
        while end < len(lines) and (not lines[end][0] or self._indent(lines[end]) > depth):
            end += 1
        return end

    def _indent(self, line: Line) -> int:
        begin = line[1]
        while begin > 0 and self.text[begin - 1] in " \t":
            begin -= 1
        return len(self.text[begin : line[1]].expandtabs(8))

    def _directive(self, name: str, argument: str, inside: Sequence[Line], line: Line, depth: int) -> Sequence[Line]:
        """What a directive leaves to be read as text; its table, if it is one, is kept."""
        options: dict[str, str] = {}
        start = 0
        while start < len(inside) and (option := _OPTION.fullmatch(inside[start][0])):
            options[option.group(1).lower()] = option.group(2)
            start += 1
        rows: list[tuple[Cell, ...]] = []
        if name == "list-table":
            rows = self._list_rows(inside[start:])
        elif name == "csv-table" and (options.keys() & {"file", "url"}):
            reason = f"reStructuredText with a table from another file, which is not read; {_WAY_OUT}"
            self.failure = self.failure or PageError(self.source, reason, line[3])
        elif name == "csv-table":
            rows = _csv_rows(inside[start:], options, inside[:start])
        elif name == "rubric" and argument:
            behind = line[0].index("::") + 2
            offset = behind + len(line[0][behind:]) - len(line[0][behind:].lstrip())
            self.blocks.append(Block("heading", *line, level=6).cut(offset))
        elif name in _TEXTS:
            return self.read(inside[start:], depth + 1)
        if len(rows) > 1:
            end = max(cell.end for row in rows for cell in row)
            self.grids.append(Grid(tuple(rows), rows[0][0].start, end, line[3], argument))
        return ()

    def _list_rows(self, lines: Sequence[Line]) -> list[tuple[Cell, ...]]:
        """Rows of a list in which every item is a row and holds a list of cells."""
        rows: list[list[Cell]] = []
        for text, start, end, _ in lines:
            row, cell = _ROW.match(text), _CELL.match(text)
            if row and len(rows) <= MOST_ROWS:
                rows.append([Cell(text[row.end() :], start, end)])
            elif cell and rows and len(rows[-1]) < MOST_COLUMNS:
                rows[-1].append(Cell(text[cell.end() :], start, end))
            elif text and rows:
                before = rows[-1][-1]
                rows[-1][-1] = replace(before, text=f"{before.text} {text}"[:20_000].strip(), end=end)
        return [tuple(row) for row in rows]

    def take_headings(self, lines: Sequence[Line]) -> list[Line]:
        """Take headings out of the lines; an empty line stays in the place of each."""
        left: list[Line] = []
        position = 0
        while position < len(lines):
            line = lines[position]
            heading = self._heading(lines, position)
            if heading:
                block, position = heading
                self.blocks.append(block)
            else:
                position += 1
            rule = heading is not None or _ADORNMENT.fullmatch(line[0])
            left.append(("", line[1], line[1], line[3]) if rule else line)
        return left

    def add_blocks(self, lines: Sequence[Line]) -> None:
        """Fields at the top, then list items and paragraphs of the lines outside tables."""
        paragraph = 0
        begun = False
        for line in lines:
            option = None if begun else _OPTION.fullmatch(line[0])
            if option:
                self.fields.setdefault(option.group(1).lower(), option.group(2))
            elif not line[0]:
                paragraph += 1
            else:
                begun = True
                item = _ITEM.match(line[0])
                paragraph += bool(item)
                block = Block("text", *line, paragraph=paragraph)
                self.blocks.append(replace(block.cut(item.end()), listed=True) if item else block)

    def _heading(self, lines: Sequence[Line], position: int) -> tuple[Block, int] | None:
        """A line with a rule below it, or below and above, and the line behind it."""
        over = _ADORNMENT.fullmatch(lines[position][0])
        title = position + 1 if over else position
        if title + 1 >= len(lines) or not lines[title][0] or _ADORNMENT.fullmatch(lines[title][0]):
            return None
        under = _ADORNMENT.fullmatch(lines[title + 1][0])
        if not under or (over and over.group(1) != under.group(1)) or len(under.group()) + 2 < len(lines[title][0]):
            return None
        if lines[title + 1][3] != lines[title][3] + 1:
            return None
        style = under.group(1) * (2 if over else 1)
        if style not in self.styles:
            self.styles.append(style)
        return Block("heading", *lines[title], level=min(self.styles.index(style) + 1, 6)), title + 2

    def plain_grid(self, grid: Grid) -> Grid:
        """Cells as they are shown; a link's address is kept."""
        rows = tuple(tuple(self._plain_cell(cell) for cell in row) for row in grid.rows)
        return replace(grid, rows=rows, caption=plain_rst(grid.caption))

    def _plain_cell(self, cell: Cell) -> Cell:
        text = re.sub(
            r"\|([^|\s][^|]{0,60})\|", lambda match: self.replaced.get(match.group(1), match.group()), cell.text
        )
        link = _LINK.search(text)
        url = link.group(2) if link and (link.group(2) or "").startswith(("http://", "https://")) else None
        return replace(cell, text=plain_rst(text), url=url, mute=bool(cell.text) and not plain_rst(text))


def _substituted(told: re.Match[str], inside: Sequence[Line]) -> str:
    """What stands for a |name|: a text, a sign, or what a picture is said to be."""
    name, kind, argument = told.groups()
    if kind == "replace":
        return argument
    if kind == "unicode":
        code = re.match(r"(?:U\+|0x|\\[xu])([0-9A-Fa-f]{2,5})\b", argument)
        return chr(int(code.group(1), 16)) if code and 0x20 <= int(code.group(1), 16) < 0xD800 else argument
    said = next((line[0].removeprefix(":alt:").strip() for line in inside if line[0].startswith(":alt:")), "")
    return said or ("" if re.fullmatch(r"image\d*", name) else name)


def _csv_rows(lines: Sequence[Line], options: dict[str, str], head: Sequence[Line]) -> list[tuple[Cell, ...]]:
    delimiter = {"tab": "\t", "space": " "}.get(options.get("delim", ","), options.get("delim", ",")[:1] or ",")
    header = next((line for line in head if line[0].lower().startswith(":header:")), None)
    rows = []
    told = [(options.get("header", ""), *header[1:])] if header else []
    for text, start, end, _ in [*told, *lines[: MOST_ROWS + 1]]:
        try:
            cells = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), []) if text else []
        except (csv.Error, TypeError, ValueError):
            cells = []
        if 1 < len(cells) <= MOST_COLUMNS:
            rows.append(tuple(Cell(cell, start, end) for cell in cells))
    return rows


def plain_rst(text: str) -> str:
    """A cell or title as it is shown: without links, roles and emphasis."""
    text = _LINK.sub(lambda match: match.group(1) or match.group(2) or "", _ROLE.sub(r"\1", text))
    text = _WORD_LINK.sub("", _EMPHASIS.sub(r"\2", text))
    return " ".join(re.sub(r"\\(?:\s|$)|\\([!-/:-@\[-`{-~])", lambda match: match.group(1) or "", text).split())
