"""Reads AsciiDoc of a page with a comparison: headings with equals signs, and tables between |=== lines.

Tables inside cells and tables that are included from other files are refused, with the way out. Left out are comments,
listings and the macros of blocks.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from sidebyside.errors import PageError
from sidebyside.pages.blocks import Block
from sidebyside.pages.outline import MOST_COLUMNS, MOST_ROWS, Cell, Grid, Outline
from sidebyside.pages.pipe_table import Line
from sidebyside.pages.text import strip_lines

_HEADING = re.compile(r"(={1,6})[ \t]+(?=\S)")
_ATTRIBUTE = re.compile(r":([\w-]+):[ \t]*(.*)")
_ITEM = re.compile(r"(?:\*{1,5}|-|\.{1,5}|\d{1,3}\.)[ \t]+(?:\[[ x*]\][ \t]+)?(?=\S)")
_FENCE = re.compile(r"(-{4,}|\.{4,}|\+{4,}|/{4,}|={4,}|\*{4,}|_{4,}|```+|--)")
# Fences around what is no text of the page; the others only frame it.
_LISTED = ("----", "....", "++++", "////", "```")
_TABLE = re.compile(r"([|,:])={3,}")
_MACRO = re.compile(r"(?:image|include|video|audio|toc)::?.*\]|<<<|'{3,}|//.*|\[.*\]|\.[^\s.].*|\+")
_TITLE = re.compile(r"\.([^\s.].*)")
_CELL = re.compile(r"(?:(?<=\s)|^)(?:(\d{1,3})?(?:\.(\d{1,4}))?([+*]))?[<^>]?(?:\.[<^>])?[adehlmsv]?\|")
_COLUMNS = re.compile(r"""\bcols=(?:"([^"]*)"|'([^']*)'|([^,\]]*))""")
_LINK = re.compile(r"(?:(?:link:|mailto:)([^\s\[\]]+)|(https?://[^\s\[\]]+))\[([^\[\]]*)\]")
_NOTE = re.compile(r"\^(?:link|xref):#[^\^]{0,300}\^|footnote:\w*\[[^\[\]]*\]")
_PASSED = re.compile(r"\+\+(.{0,300}?)\+\+")
_CHARACTERS = {"plus": "+", "nbsp": "\u00a0", "vbar": "|", "asterisk": "*", "caret": "^", "tilde": "~", "backtick": "`"}
_CHARACTER = re.compile(r"\{(" + "|".join(_CHARACTERS) + r")\}")
_CROSS = re.compile(r"<<[^<>,]*(?:,([^<>]*))?>>|xref:[^\s\[\]]*\[([^\[\]]*)\]")
_PICTURE = re.compile(r"(?:image|icon):([^\s\[\]]*)\[([^\[\]]*)\]")
_EMPHASIS = re.compile(r"(?<!\w)([*_`#]{1,2})(\S(?:[^\n]{0,400}?\S)?)\1(?!\w)")
_ROLE = re.compile(r"\[[.#][^\[\]]*\](?=[#*_`])")
_DAY = re.compile(r"\d{4}-[01]\d-[0-3]\d")
_MOST_CELLS = 50_000
_WAY_OUT = "convert the page to HTML (asciidoctor PAGE) and index that"


def read_asciidoc(text: str, source: str, first: int = 0, last: int | None = None) -> Outline:
    """Read the AsciiDoc in [first, last). Raises PageError for far too many lines."""
    reader = _Reader(source)
    reader.read(strip_lines(text, source, first, last))
    title = next((block.text for block in reader.blocks if block.kind == "heading"), "")
    address = reader.attributes.get("source") or reader.attributes.get("url") or ""
    day = _DAY.search(reader.attributes.get("revdate") or reader.attributes.get("date") or "")
    return Outline(
        text,
        "asciidoc",
        plain_asciidoc(title[:500]),
        reader.blocks,
        reader.grids,
        day.group() if day else None,
        address if address.startswith(("http://", "https://")) else None,
        failure=reader.failure,
    )


@dataclass(slots=True)
class _Reader:
    """The state of one pass over the lines; `head` is the list of attributes in front of the next block."""

    source: str
    blocks: list[Block] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    failure: PageError | None = None
    head: str = ""
    caption: str = ""
    paragraph: int = 0

    def read(self, lines: Sequence[Line]) -> None:
        position = 0
        while position < len(lines):
            line = lines[position]
            table = _TABLE.fullmatch(line[0])
            fence = _FENCE.fullmatch(line[0])
            if table:
                end = _closing(lines, position)
                self._take_table(lines[position + 1 : end], table.group(1), line[3])
                position = end
            elif fence and fence.group(1).startswith(_LISTED):
                position = _closing(lines, position)
            else:
                self._take(line)
            position += 1

    def _take(self, line: Line) -> None:
        text = line[0]
        attribute, heading, title = _ATTRIBUTE.fullmatch(text), _HEADING.match(text), _TITLE.fullmatch(text)
        if text.startswith("[") and text.endswith("]"):
            self.head = text
        elif title:
            self.caption = title.group(1)
        if attribute:
            self.attributes.setdefault(attribute.group(1).lower(), attribute.group(2))
        elif heading:
            self.paragraph += 1
            self.blocks.append(Block("heading", *line, level=len(heading.group(1))).cut(heading.end()))
            self.head = self.caption = ""
        elif not text or _FENCE.fullmatch(text) or _MACRO.fullmatch(text):
            self.paragraph += 1
        else:
            item = _ITEM.match(text)
            self.paragraph += bool(item)
            block = Block("text", *line, paragraph=self.paragraph)
            block = replace(block.cut(item.end()), listed=True) if item else block
            self.blocks.append(_with_characters(block) if "{" in block.text else block)
            self.head = self.caption = ""

    def _take_table(self, lines: Sequence[Line], kind: str, number: int) -> None:
        head, caption, self.head, self.caption = self.head, self.caption, "", ""
        self.paragraph += 1
        form = re.search(r"format=[\"']?(\w+)", head)
        try:
            self._check(lines, number)
            separated = {"csv": ",", "tsv": "\t", "dsv": ":"}.get(form.group(1) if form else "", "")
            separated = separated or ("" if kind == "|" else kind)
            rows = _separated(lines, separated) if separated else self._rows(lines, head, number)
        except PageError as error:
            self.failure = self.failure or error
            return
        if len(rows) > 1:
            start, end = rows[0][0].start, max(cell.end for row in rows for cell in row)
            self.grids.append(Grid(tuple(rows), start, end, number, plain_asciidoc(caption)))

    def _check(self, lines: Sequence[Line], number: int) -> None:
        """Raises PageError for a table that cannot be read from its lines alone."""
        for sign, what in (("!===", "tables inside tables"), ("include::", "included tables")):
            if any(line[0].startswith(sign) for line in lines):
                raise PageError(self.source, f"AsciiDoc with {what}, which are not read; {_WAY_OUT}", number)

    def _rows(self, lines: Sequence[Line], head: str, number: int) -> list[tuple[Cell, ...]]:
        """The cells in rows; how wide a row is the attributes say, or the first line with cells does."""
        cells = list(islice(_cells(lines), _MOST_CELLS + 1))
        if len(cells) > _MOST_CELLS:
            raise PageError(self.source, f"a table has more than {_MOST_CELLS:,} cells", number)
        begun = next((line for line in lines if _CELL.search(line[0])), None)
        width = _width(head) or (sum(cell.columns for cell, at in cells if begun and at == begun[3]))
        if not 1 < width <= MOST_COLUMNS:
            return []
        rows: list[tuple[Cell, ...]] = []
        row: list[Cell] = []
        hanging: list[list[int]] = []  # columns and rows that cells above still take
        for cell, _ in cells:
            row.append(cell)
            if sum(one.columns for one in row) + sum(columns for columns, _ in hanging) >= width:
                rows.append(tuple(row))
                hanging = [[columns, left - 1] for columns, left in hanging if left > 1]
                hanging += [[one.columns, one.rows - 1] for one in row if one.rows > 1]
                row = []
        return rows


def _with_characters(block: Block) -> Block:
    """The text with the characters that AsciiDoc has names for, {plus} for one."""
    text, behind = "", 0
    anchors = [(0, block.start)]
    for found in _CHARACTER.finditer(block.text):
        text += block.text[behind : found.start()]
        anchors.append((len(text), block.start + found.start()))
        text += _CHARACTERS[found.group(1)]
        behind = found.end()
        anchors.append((len(text), block.start + behind))
    return replace(block, text=text + block.text[behind:], anchors=tuple(anchors)) if behind else block


def _closing(lines: Sequence[Line], position: int) -> int:
    """The line that closes what this one opens; where none does, what is open goes on to the end."""
    fence = lines[position][0]
    return next((at for at in range(position + 1, len(lines)) if lines[at][0] == fence), len(lines))


def _width(head: str) -> int:
    """How many columns the attributes of a table give it; 0 where they do not say."""
    found = _COLUMNS.search(head)
    columns = next(filter(None, found.groups()), "") if found else ""
    width = 0
    for piece in re.split("[,;]", columns) if columns.strip() else ():
        many = re.match(r"\s*(\d{1,3})\*", piece)
        width += int(many.group(1)) if many else 1
    return width


def _cells(lines: Sequence[Line]) -> Iterator[tuple[Cell, int]]:
    """Every cell and the line on which it begins; one goes on until the next begins."""
    pieces: list[str] = []
    begun: tuple[int, int, re.Match[str]] | None = None
    end = 0
    for text, start, _, number in lines:
        marks = [mark for mark in _CELL.finditer(text) if mark.end() < 2 or text[mark.end() - 2] != "\\"]
        if text.startswith("//"):
            continue
        rest = text[: marks[0].start()] if marks else text
        if begun and rest.strip():
            pieces.append(rest.strip())
            end = start + len(rest.rstrip())
        for place, mark in enumerate(marks):
            yield from _finished(begun, pieces, end)
            close = marks[place + 1].start() if place + 1 < len(marks) else len(text)
            pieces, begun = [text[mark.end() : close].strip()], (start + mark.start(), number, mark)
            end = start + mark.start() + len(text[mark.start() : close].rstrip())
    yield from _finished(begun, pieces, end)


def _finished(begun: tuple[int, int, re.Match[str]] | None, pieces: list[str], end: int) -> Iterator[tuple[Cell, int]]:
    if begun is None:
        return
    start, number, mark = begun
    columns, rows, sign = mark.groups()
    written = " ".join(filter(None, pieces))
    link = _LINK.search(written)
    address = (link.group(1) or link.group(2)) if link else ""
    mute = bool(_PICTURE.search(written)) and not plain_asciidoc(written)
    cell = Cell(plain_asciidoc(written), start, end, address if address.startswith("http") else None, mute=mute)
    times = min(int(columns or 1), MOST_COLUMNS) if sign == "*" else 1
    if sign == "+":
        cell = replace(cell, columns=min(int(columns or 1), MOST_COLUMNS), rows=min(int(rows or 1), MOST_ROWS))
    for _ in range(times):
        yield cell, number


def _separated(lines: Sequence[Line], delimiter: str) -> list[tuple[Cell, ...]]:
    """Rows of a table in CSV, a line each."""
    rows = []
    for text, start, end, _ in lines[: MOST_ROWS + 1]:
        try:
            cells = next(csv.reader([text], delimiter=delimiter), []) if text else []
        except csv.Error:
            cells = []
        if 1 < len(cells) <= MOST_COLUMNS:
            rows.append(tuple(Cell(plain_asciidoc(cell), start, end) for cell in cells))
    return rows


def plain_asciidoc(text: str) -> str:
    """A cell or title as AsciiDoc shows it: without links, notes, emphasis, roles and backslashes."""
    text = _PICTURE.sub(_picture, _NOTE.sub("", text))
    text = _LINK.sub(lambda match: match.group(3).rstrip("^").split(",")[0] or match.group(1) or match.group(2), text)
    text = _CROSS.sub(lambda match: match.group(1) or match.group(2) or "", text)
    text = _EMPHASIS.sub(r"\2", _ROLE.sub("", text))
    text = _PASSED.sub(r"\1", _CHARACTER.sub(lambda match: _CHARACTERS[match.group(1)], _EMPHASIS.sub(r"\2", text)))
    return " ".join(text.replace("\\|", "|").split())


def _picture(match: re.Match[str]) -> str:
    """What a picture is said to be; an icon's name may say yes or no."""
    told = match.group(2).split(",")[0].strip('" ')
    if told and "=" not in told:
        return told
    name = match.group(1).lower()
    return "Yes" if re.match(r"check|tick|yes", name) else "No" if re.match(r"times|cross|close|no\b", name) else ""
