"""Reads saved HTML of a page with a comparison, as a browser, an extension or a reader mode saves it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sidebyside.errors import PageError
from sidebyside.pages.blocks import MORE, Block
from sidebyside.pages.decoding import LineCounter
from sidebyside.pages.folded import FoldedText
from sidebyside.pages.html_tokens import Chars, Tag, split_entities
from sidebyside.pages.html_tree import BLOCKS, Closed, Opened, Part, read_tree
from sidebyside.pages.outline import MOST_COLUMNS, MOST_ROWS, Cell, Grid, Outline

_SKIPPED = frozenset(
    "noscript template math nav header footer aside select object audio video canvas dialog menu optgroup "
    "option".split()
)
_HEADINGS: Mapping[str, int] = {**{f"h{level}": level for level in range(1, 7)}, "summary": 6, "dt": 6}
_ROLES: Mapping[str, str] = {
    "table": "table",
    "grid": "table",
    "row": "tr",
    "cell": "td",
    "gridcell": "td",
    "columnheader": "td",
    "rowheader": "td",
}
_CELLS = frozenset(["td", "th"])
# A link or button with this little text leads elsewhere: "View profile", "Share".
_SHORT_LINK = 40
_DATE_NAMES = ("article:modified_time", "article:published_time", "date", "last-modified", "dc.date")
# What wikis and extensions put into pages that is no text of theirs.
_FURNITURE = re.compile(r"(?:^|\s)(?:mw-editsection|reference|sf-hidden|noprint|headerlink)(?:\s|$)")
# An icon font's or icon set's names for the two marks.
_ICON = r"(?:[-_]?(?:mark|circle|square|fill|lg|icon|solid|bold|round))*(?:\.(?:svg|png|gif|webp)\b\S*)?(?:\s|$)"
_YES = re.compile(rf"(?:^|[\s_#/-])(?:check|tick|yes|true){_ICON}", re.IGNORECASE)
_NO = re.compile(
    rf"(?:^|[\s_#/-])(?:cross|times|xmark|close|no|false|(?:lucide|bi|fa|icon|tabler)-x){_ICON}", re.IGNORECASE
)
_HEAD_TAG = re.compile(r"<(meta|link|time)\b[^<>]{0,2000}>", re.IGNORECASE)
_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d+\)(\S+) -->")
_SINGLEFILE = re.compile(r"Page saved with SingleFile\s+url: (\S+)\s+saved date: \w+ (\w+ \d+ \d{4})")


def read_html(text: str, source: str, start: int = 0, end: int | None = None) -> Outline:
    """Read the saved HTML in [start, end); scripts, styles, navigation and what is hidden are left out.

    Raises PageError.
    """
    if re.search(r"<!ENTITY", text[start : start + 100_000], re.IGNORECASE):
        raise PageError(source, "it declares entities of its own, which saved pages do not")
    scan = scan_html(text, source, start, end)
    failure = _drop_cut_table(scan, source, text[start:end], start)
    head = _Head()
    for tag in _HEAD_TAG.finditer(text, start, len(text) if end is None else end):
        head.take(Tag(tag.group(1).lower(), False, tag.group(), tag.start(), tag.end()))
    saved = _SINGLEFILE.search(text, start, start + 5000)
    link = saved or _SAVED_FROM.search(text, start, start + 5000)
    return Outline(
        text=text,
        format="html",
        title=scan.title,
        blocks=scan.blocks,
        grids=scan.grids,
        date=head.date or (_day(saved.group(2)) if saved else None),
        url=head.url or (link.group(1) if link else None),
        failure=failure,
    )


def scan_html(text: str, source: str, start: int = 0, end: int | None = None) -> Scan:
    """The blocks and tables of the HTML in [start, end). Raises PageError where it is nested too deeply."""
    parts = read_tree(text, source, start, end)
    scan = Scan(text, LineCounter(text), _layout_tables(parts))
    for part in parts:
        scan.take(part)
    scan.flush()
    return scan


def _drop_cut_table(scan: Scan, source: str, page: str, start: int) -> PageError | None:
    """Take out a table in which the page (from character `start` of the file) ends; returns what is wrong."""
    opened = [match.start() for match in re.finditer(r"<table\b", page, re.IGNORECASE)]
    if not opened or not scan.grids or scan.grids[-1].start < start + opened[-1]:
        return None
    if re.compile(r"</table\b", re.IGNORECASE).search(page, opened[-1]):
        return None
    return PageError(source, "cut off in a table", scan.grids.pop().line)


def _day(written: str) -> str | None:
    try:
        return datetime.strptime(written, "%b %d %Y").date().isoformat()
    except ValueError:
        return None


@dataclass(slots=True)
class _Head:
    """What a page says about itself: its date and its address."""

    date: str | None = None
    url: str | None = None

    def take(self, tag: Tag) -> None:
        attributes = tag.attributes()
        name = (attributes.get("property") or attributes.get("name") or "").lower()
        value = attributes.get("datetime", "") if tag.name == "time" else attributes.get("content", "")
        found = re.match(r"\d{4}-[01]\d-[0-3]\d", value)
        if found and self.date is None and (tag.name == "time" or name in _DATE_NAMES):
            self.date = found.group()
        link = value if name == "og:url" else ""
        if tag.name == "link" and "canonical" in attributes.get("rel", "").lower().split():
            link = attributes.get("href", "")
        if link.startswith(("http://", "https://")):
            self.url = self.url or link


def _layout_tables(parts: Sequence[Part]) -> set[int]:
    """The tables (by their place in `parts`) that only lay a page out: one inside has as many rows as they have."""
    open_tables: list[list[int]] = []  # place, rows, most rows of a table inside
    layout = set()
    kinds: list[str] = []
    for place, part in enumerate(parts):
        if isinstance(part, Opened):
            kinds.append(_kind(part))
            if kinds[-1] == "table":
                open_tables.append([place, 0, 0])
            elif kinds[-1] == "tr" and open_tables:
                open_tables[-1][1] += 1
        elif isinstance(part, Closed) and kinds and kinds.pop() == "table":
            closed, rows, inside = open_tables.pop()
            if inside > 1 and inside >= rows:
                layout.add(closed)
            if open_tables:
                open_tables[-1][2] = max(open_tables[-1][2], rows, inside)
    return layout


def _kind(part: Opened) -> str:
    """The element's name; that of a table's parts for what says that it is one by its role."""
    if part.tag is None or "role" not in part.tag.source:
        return part.name
    role = part.tag.attributes().get("role", "").lower()
    if part.name == "table" and role in ("presentation", "none"):
        return "div"
    return part.name if part.name in (*_CELLS, "tr", "table") else _ROLES.get(role, part.name)


@dataclass(slots=True)
class _Element:
    """An open element; `label` is what it says of itself where it holds no text, `size` the text there was before."""

    name: str
    label: str = ""
    tag: Tag | None = None
    size: int = 0


@dataclass(slots=True)
class _Table:
    """A table that is being read."""

    start: int
    rows: list[list[Cell]] = field(default_factory=list)
    end: int = 0
    depth: int = 0
    caption: str = ""


@dataclass(slots=True)
class Scan:
    """The state of one pass over the page, and what it found."""

    page: str
    lines: LineCounter
    layout: set[int]
    blocks: list[Block] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    title: str = ""
    stack: list[_Element] = field(default_factory=list)
    words: FoldedText = field(default_factory=FoldedText)
    table: _Table | None = None
    cell: Tag | None = None
    # What an icon in the cell stands for, if nothing else in the cell says anything.
    icon: tuple[str, Tag] | None = None
    place: int = -1
    # How deep the stack was when something began that is not read.
    skipping: int = 0
    paragraph: int = 0
    url: str | None = None
    mute: bool = False
    # Whether the block has text outside links and buttons.
    plain: bool = False

    def take(self, part: Part) -> None:
        self.place += 1
        if isinstance(part, Opened):
            self._open(part)
        elif isinstance(part, Closed):
            self._close()
        elif self.skipping:
            return
        elif isinstance(part, Chars):
            for piece in split_entities(self.page, part):
                self.words.add(*piece)
            self.plain = self.plain or not any(element.name in ("a", "button") for element in self.stack)
        else:
            self.words.add_space(self.words.end)

    def _open(self, part: Opened) -> None:
        kind = "div" if self.place in self.layout else _kind(part)
        element = _Element(kind, tag=part.tag, size=self.words.length)
        self.stack.append(element)
        if kind == "title" and not self.title and part.tag and not self._inside("svg"):
            self.title = part.tag.content
        if self.skipping:
            return
        if kind in _SKIPPED or (kind == "svg" and self.cell is None) or (part.tag and _is_hidden(part.tag)):
            if self.cell is not None and part.tag is not None:
                self._note_icon(kind, part.tag)
            self.flush()
            self.skipping = len(self.stack)
        elif kind == "br" or (kind in BLOCKS and kind not in ("table", "tr", *_CELLS)):
            self.flush()
            self.paragraph += kind != "br"
        elif kind in ("table", "tr", *_CELLS):
            self._open_table(kind, part.tag)
        elif self.cell is not None and part.tag is not None:
            self._open_in_cell(element, part.tag)

    def _open_table(self, kind: str, tag: Tag | None) -> None:
        if kind == "table":
            self.flush()
            self.paragraph += 1
            if self.table is None:
                self.table = _Table(tag.start if tag else self.words.end, depth=len(self.stack))
        elif self.table is None or self.cell is not None:
            self.flush()
        elif kind == "tr":
            if len(self.table.rows) < MOST_ROWS:
                self.table.rows.append([])
        elif tag is not None:
            self.words, self.url, self.mute, self.icon, self.cell = FoldedText(), None, False, None, tag

    def _open_in_cell(self, element: _Element, tag: Tag) -> None:
        """Links, and pictures that say what they mean."""
        attributes = tag.attributes()
        if element.name == "a":
            href = attributes.get("href", "")
            self.url = self.url or (href if href.startswith(("http://", "https://")) else None)
        self._note_icon(element.name, tag)
        element.label = " ".join((attributes.get("alt") or attributes.get("aria-label") or "").split())
        if element.name == "title":
            element.label = tag.content
        elif element.name == "input" and attributes.get("type", "").lower() == "checkbox":
            element.label = "Yes" if "checked" in attributes else "No"
        elif not element.label:
            element.label = " ".join(attributes.get("title", "").split())

    def _note_icon(self, name: str, tag: Tag) -> None:
        mark = _mark(tag.attributes())
        self.mute = self.mute or bool(mark) or name in ("img", "svg", "i", "input", "use")
        if mark and self.icon is None:
            self.icon = mark, tag

    def _close(self) -> None:
        element = self.stack[-1]
        if not self.skipping:
            self._end(element)
        self.stack.pop()
        if self.skipping > len(self.stack):
            self.skipping = 0

    def _end(self, element: _Element) -> None:
        if self.table is not None and element.name == "table" and self.table.depth == len(self.stack):
            self._end_table(self.table)
        elif self.cell is not None and element.tag is self.cell:
            self._end_cell()
        elif self.cell is not None:
            if element.label and element.tag is not None and self.words.length == element.size:
                self.words.add(element.label, element.tag.start, element.tag.end)
            if element.name in BLOCKS:
                self.words.add_space(self.words.end)
        elif element.name in BLOCKS:
            if element.name == "caption" and self.table is not None:
                self.table.caption = self.words.text
            self.flush()
            self.paragraph += 1

    def _end_cell(self) -> None:
        words, self.words = self.words, FoldedText()
        cell, self.cell = self.cell, None
        if self.table is None or not self.table.rows or len(self.table.rows[-1]) >= MOST_COLUMNS or cell is None:
            return
        attributes = cell.attributes()
        if not words.length and self.icon is not None:
            words.add(self.icon[0], self.icon[1].start, self.icon[1].end)
        self.table.rows[-1].append(
            Cell(
                words.text,
                words.start if words.length else -1,
                words.end,
                self.url,
                _span(attributes.get("colspan"), MOST_COLUMNS),
                _span(attributes.get("rowspan"), MOST_ROWS),
                self.mute and not words.length,
            )
        )
        self.table.end = max(self.table.end, words.end)

    def _end_table(self, table: _Table) -> None:
        rows = tuple(tuple(row) for row in table.rows if row)
        if rows:
            self.grids.append(
                Grid(rows, table.start, max(table.end, table.start), self.lines.line_at(table.start), table.caption)
            )
        self.table, self.words = None, FoldedText()

    def flush(self) -> None:
        """End the block that is being collected; inside a table cell the text goes on."""
        if self.cell is not None:
            self.words.add_space(self.words.end)
            return
        words, self.words = self.words, FoldedText()
        plain, self.plain = self.plain, False
        if words.length and self.table is None:
            self._add_block(words, plain)

    def _add_block(self, words: FoldedText, plain: bool) -> None:
        name = next((element.name for element in reversed(self.stack) if element.name in _HEADINGS), None)
        level = _HEADINGS[name] if name else 0
        if not (plain or level or len(words.text) >= _SHORT_LINK or MORE.fullmatch(words.text)):
            return
        if level == 1 and (not self.title or " vs " not in self.title):
            self.title = words.text
        self.blocks.append(
            Block(
                kind="heading" if level else "text",
                text=words.text,
                start=words.start,
                end=words.end,
                line=self.lines.line_at(words.start),
                anchors=words.steps(),
                level=level,
                paragraph=self.paragraph,
                listed=any(element.name == "li" for element in self.stack[-3:]),
            )
        )

    def _inside(self, name: str) -> bool:
        return any(element.name == name for element in self.stack)


def _span(value: str | None, most: int) -> int:
    found = re.match(r"\s*(\d{1,4})", value or "")
    return min(max(int(found.group(1)), 1), most) if found else 1


def _mark(attributes: Mapping[str, str]) -> str:
    """Yes or No for an icon whose names say so; "" for any other element."""
    keys = ("class", "data-icon", "src", "href", "xlink:href", "name")
    names = " ".join(attributes.get(key, "")[-200:] for key in keys)
    yes, no = _YES.search(names), _NO.search(names)
    return "" if bool(yes) == bool(no) else "Yes" if yes else "No"


def _is_hidden(tag: Tag) -> bool:
    if not re.search(r"hidden|style|class", tag.source, re.IGNORECASE):
        return False
    attributes = tag.attributes()
    style = re.sub(r"\s", "", attributes.get("style", "")).lower()
    return (
        ("hidden" in attributes and attributes["hidden"] != "until-found")
        or attributes.get("aria-hidden", "").lower() == "true"
        or _FURNITURE.search(attributes.get("class", "")) is not None
        or "display:none" in style
        or re.search(r"visibility:hidden|(?:^|;)(?:font-size|opacity):0(?:\.0*)?(?:px|em|rem|pt|%)?(?:;|!|$)", style)
        is not None
    )
