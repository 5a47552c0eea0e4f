"""Reads saved HTML of a comparison page, as a browser or a reader mode saves it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sidebyside.errors import PageError
from sidebyside.pages.assembly import RawPage, build_page
from sidebyside.pages.blocks import MORE, Block, ComparisonTable, Row
from sidebyside.pages.decoding import LineCounter
from sidebyside.pages.folded import FoldedText
from sidebyside.pages.html_tokens import Chars, Tag, split_entities, tokenize
from sidebyside.pages.pipe_table import KNOWN_LABELS, LONGEST_ROW, check_names
from sidebyside.records import Page

DEEPEST = 512
_IN_HEAD = frozenset("html head title meta link style script base noscript template".split())
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SKIPPED = frozenset(
    "head script style noscript template svg math nav header footer aside select iframe object audio video canvas "
    "textarea xmp noembed noframes dialog menu".split()
)
_BLOCKS = frozenset(
    "address article blockquote body button caption center dd details dir div dl dt fieldset figcaption figure form h1 "
    "h2 h3 h4 h5 h6 hr html legend li main ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_HEADINGS: Mapping[str, int] = {**{f"h{level}": level for level in range(1, 7)}, "summary": 6, "dt": 6}
# A start tag of this name ends an open element of these names.
_CLOSES: Mapping[str, frozenset[str]] = {
    "li": frozenset(["li", "p"]),
    "dt": frozenset(["dt", "dd", "p"]),
    "dd": frozenset(["dt", "dd", "p"]),
    "tr": frozenset(["tr", "td", "th", "p"]),
    "td": frozenset(["td", "th", "p"]),
    "th": frozenset(["td", "th", "p"]),
    "option": frozenset(["option"]),
}
_ENDS_PARAGRAPH = frozenset(["p"])
# A link or button with this little text leads elsewhere: "View profile", "Share".
_SHORT_LINK = 40
_DATE_NAMES = ("article:modified_time", "article:published_time", "date", "last-modified", "dc.date")


def read_html(text: str, source: str, sha256: str) -> Page:
    """Read saved HTML; scripts, styles, navigation and what is hidden are left out. Raises PageError."""
    if re.search(r"<!ENTITY", text[:100_000], re.IGNORECASE):
        raise PageError(source, "it declares entities of its own, which saved pages do not")
    scan = _Scan(text, source, LineCounter(text))
    for token in tokenize(text):
        scan.take(token)
    if scan.inside:
        raise PageError(source, "cut off in a table", scan.tables[-1].line)
    scan.flush()
    table = _choose_table(scan, source)
    raw = RawPage(text, source, sha256, "html", scan.title, table, scan.blocks, scan.date, by_line=False)
    return build_page(raw)


@dataclass(slots=True)
class _Cell:
    text: str
    start: int
    end: int
    url: str | None
    wide: bool


@dataclass(slots=True)
class _TableRows:
    line: int
    rows: list[list[_Cell]] = field(default_factory=list)


@dataclass(slots=True)
class _Scan:
    """The state of one pass over the page."""

    page: str
    source: str
    lines: LineCounter
    stack: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    tables: list[_TableRows] = field(default_factory=list)
    words: FoldedText = field(default_factory=FoldedText)
    title: str = ""
    date: str | None = None
    # How deep the stack was when something began that is not read, and how many tables are open.
    skipping: int = 0
    inside: int = 0
    paragraph: int = 0
    url: str | None = None
    wide: bool = False
    # Whether the block has text outside links and buttons.
    plain: bool = False

    def take(self, token: Tag | Chars) -> None:
        if isinstance(token, Chars):
            if not self.skipping:
                for piece in split_entities(self.page, token):
                    self.words.add(*piece)
                linked = "a" in self.stack or "button" in self.stack
                self.plain = self.plain or not (linked or self.page[token.start : token.end].isspace())
        elif token.closing:
            self._close(token)
        else:
            self._open(token)

    def _open(self, tag: Tag) -> None:
        if tag.name == "title" and not self.title:
            self.title = tag.content
        if tag.name in ("meta", "time"):
            self._read_date(tag)
        if "head" in self.stack and tag.name not in _IN_HEAD:
            self._close(replace(tag, name="head"))
        if self.skipping:
            self._push(tag)
            return
        if tag.name == "br":
            self.flush()
        elif tag.name in _BLOCKS:
            self._begin_block(tag)
        elif tag.name == "a" and self.inside:
            href = tag.attributes().get("href", "")
            self.url = self.url or (href if href.startswith(("http://", "https://")) else None)
        self._push(tag)

    def _begin_block(self, tag: Tag) -> None:
        self.flush()
        self.paragraph += 1
        self._close_implied(tag.name)
        if tag.name == "table":
            self.inside += 1
            if self.inside == 1:
                self.tables.append(_TableRows(self.lines.line_at(tag.start)))
        elif tag.name == "tr" and self.inside == 1:
            self.tables[-1].rows.append([])
        elif tag.name in ("td", "th") and self.inside == 1:
            self.words = FoldedText()
            self.url, self.wide = None, tag.attributes().get("colspan", "1") not in ("", "1")

    def _push(self, tag: Tag) -> None:
        if tag.name in _VOID or tag.source.endswith("/>"):
            return
        self.stack.append(tag.name)
        if len(self.stack) > DEEPEST:
            line = self.lines.line_at(tag.start)
            raise PageError(self.source, f"elements are nested deeper than {DEEPEST}", line)
        if not self.skipping and (tag.name in _SKIPPED or _is_hidden(tag)):
            self.flush()
            self.skipping = len(self.stack)

    def _close_implied(self, name: str) -> None:
        closes = _CLOSES.get(name, _ENDS_PARAGRAPH)
        while self.stack and self.stack[-1] in closes:
            self._pop()

    def _close(self, tag: Tag) -> None:
        if tag.name not in self.stack:
            return
        while self.stack:
            name = self.stack[-1]
            self._pop()
            if name == tag.name:
                break

    def _pop(self) -> None:
        name = self.stack[-1]
        if not self.skipping:
            if name in ("td", "th") and self.inside == 1:
                self._end_cell()
            elif name in _BLOCKS:
                self.flush()
                self.paragraph += 1
            if name == "table":
                self.inside -= 1
                self.words = FoldedText()
        self.stack.pop()
        if self.skipping > len(self.stack):
            self.skipping = 0

    def _end_cell(self) -> None:
        words, self.words = self.words, FoldedText()
        if self.tables and self.tables[-1].rows:
            start = words.start if words.length else -1
            self.tables[-1].rows[-1].append(_Cell(words.text, start, words.end, self.url, self.wide))

    def flush(self) -> None:
        """End the block that is being collected; inside a table cell the text goes on."""
        if self.inside:
            self.words.add_space(self.words.end)
            return
        words, self.words = self.words, FoldedText()
        plain, self.plain = self.plain, False
        if words.length:
            self._add_block(words, plain)

    def _add_block(self, words: FoldedText, plain: bool) -> None:
        name = next((name for name in reversed(self.stack) if name in _HEADINGS), None)
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
                listed="li" in self.stack[-3:],
            )
        )

    def _read_date(self, tag: Tag) -> None:
        attributes = tag.attributes()
        name = (attributes.get("property") or attributes.get("name") or "").lower()
        value = attributes.get("datetime", "") if tag.name == "time" else attributes.get("content", "")
        found = re.match(r"\d{4}-[01]\d-[0-3]\d", value)
        if found and self.date is None and (tag.name == "time" or name in _DATE_NAMES):
            self.date = found.group()


def _is_hidden(tag: Tag) -> bool:
    if not re.search(r"hidden|style", tag.source, re.IGNORECASE):
        return False
    attributes = tag.attributes()
    style = re.sub(r"\s", "", attributes.get("style", "")).lower()
    return (
        ("hidden" in attributes and attributes["hidden"] != "until-found")
        or attributes.get("aria-hidden", "").lower() == "true"
        or "display:none" in style
        or re.search(r"visibility:hidden|(?:^|;)(?:font-size|opacity):0(?:\.0*)?(?:px|em|rem|pt|%)?(?:;|!|$)", style)
        is not None
    )


def _choose_table(scan: _Scan, source: str) -> ComparisonTable:
    """The first table that has a row with a label of comparison pages, or is headed "Feature"."""
    for table in scan.tables:
        rows = [row for row in table.rows if row and not (len(row) == 1 and row[0].wide)]
        labels = {row[0].text.casefold() for row in rows}
        if labels & KNOWN_LABELS or "feature" in labels:
            return _read_table(rows, table.line, scan, source)
    raise PageError(source, "HTML without a comparison table")


def _read_table(rows: list[list[_Cell]], line: int, scan: _Scan, source: str) -> ComparisonTable:
    header, *body = rows
    names = tuple(cell.text for cell in header[1:])
    check_names(names, source, line)
    if header[0].text.casefold() in KNOWN_LABELS:
        raise PageError(source, "the table has no header", line)
    if not body:
        raise PageError(source, "the table has no rows", line)
    read = tuple(_read_row(row, len(header), scan, source) for row in body)
    return ComparisonTable(names, read, line, tuple(cell.url for cell in header[1:]))


def _read_row(row: list[_Cell], width: int, scan: _Scan, source: str) -> Row:
    filled = [cell for cell in row if cell.text]
    line = scan.lines.line_at(filled[0].start) if filled else None
    if max(len(cell.text) for cell in row) > LONGEST_ROW:
        raise PageError(source, f"a table cell is longer than {LONGEST_ROW:,} characters", line)
    if len(row) != width or not row[0].text:
        raise PageError(source, f"table row {row[0].text[:40]!r} lacks a cell or has one too many", line)
    return Row(row[0].text, tuple(cell.text for cell in row[1:]), row[0].start, filled[-1].end, line or 0)
