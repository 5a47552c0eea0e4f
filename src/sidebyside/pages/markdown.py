"""Reads Markdown of a page with a comparison: its tables, and headings that title capabilities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sidebyside.pages.blocks import Block
from sidebyside.pages.frontmatter import FrontMatter
from sidebyside.pages.html import scan_html
from sidebyside.pages.outline import Cell, Grid, Outline
from sidebyside.pages.pipe_table import Line, find_tables
from sidebyside.pages.text import strip_lines

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])[ \t]+(?=\S)")
_RULE = re.compile(
    r"(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|<!--.*-->"
    r"|(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?[ \t]*)+"  # pictures and badges
    r"|(?:</?[a-zA-Z][^<>]*>[ \t]*)+"  # tags of HTML alone
    r"|:{3,}.*"  # where a part of Pandoc's begins and ends
    r"|\[\^[^\[\]\s]{1,40}\]:.*"  # what a footnote says
)
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})([^*_](?:.*[^*_\\])?)\1")
_FENCE = re.compile(r"(```+|~~~+)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*<?([^\s()<>]*)>?[^()]*\)")
_PICTURE = re.compile(r"!\[([^\[\]]*)\]\([^()]*\)")
# [[Note]], [[Note#Part]] and [[Note|what is shown]].
_WIKILINK = re.compile(r"!?\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_TARGET = re.compile(r"\[\[([^\[\]|#]+)\|")
_HTML_TABLE = re.compile(r"^[ \t]{0,8}<table\b.*?(?:</table\s*>|\Z)", re.DOTALL | re.MULTILINE | re.IGNORECASE)
_MOST_HTML_TABLES = 200
_HTML_HEADING = re.compile(r"<(h[1-6]|summary)\b[^<>]*>\s*([^<>]*\S)\s*</\1\s*>", re.IGNORECASE)
_UNDERLINE = re.compile(r"=+|-{2,}")
_LONGEST_TITLE = 500
_ASIDE = 0xF000
_ATTRIBUTES = re.compile(r"(?<=[\])])\{[^{}\n]*\}")
_SPAN = re.compile(r"(?<!!)\[([^\[\]]*)\](?=\{)")
_NOTE = re.compile(r"\[\^[^\[\]\s]{1,40}\]")
_BREAK = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
_IMAGE = re.compile(r"""<img\b[^<>]*?\balt=["']([^"'<>]*)["'][^<>]*>""", re.IGNORECASE)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|code|del|em|font|i|img|ins|kbd|mark|p|s|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def read_markdown(
    text: str, source: str, front: FrontMatter | None, first: int = 0, last: int | None = None
) -> Outline:
    """Read the Markdown in [first, last), behind its front matter if it has some.

    Raises PageError for far too many lines.
    """
    lines = after_front_matter(strip_lines(text, source, first, last), front)
    html = _html_tables(text, front.end if front else first, len(text) if last is None else last, source)
    outside = [line for line in lines if not any(start <= line[1] < end for start, end, _ in html)]
    found = find_tables(outside, text, source)
    blocks = markdown_blocks(found.rest)
    grids = [*map(_plain_grid, found.grids), *(grid for _, _, grid in html if grid is not None)]
    before = min((grid.start for grid in grids), default=len(text))
    title = _title([block for block in blocks if block.start < before], front)
    return Outline(
        text,
        "markdown",
        plain_text(title[:_LONGEST_TITLE]),
        blocks,
        sorted(grids, key=lambda grid: grid.start),
        front.date if front else None,
        front.url if front else None,
        failure=found.failure,
    )


def _title(lead: Sequence[Block], front: FrontMatter | None) -> str:
    """A heading before the first table, or a line that says what is compared; else what the note is called."""
    named = next((block.text for block in lead if block.kind == "heading" or " vs " in block.text), "")
    return named or (front.text("title") if front else "") or next((block.text for block in lead), "")


def _html_tables(text: str, begin: int, end: int, source: str) -> list[tuple[int, int, Grid | None]]:
    """The stretches of the file that are HTML tables, as a clipper leaves those that Markdown cannot express."""
    found: list[tuple[int, int, Grid | None]] = []
    for match in _HTML_TABLE.finditer(text, begin, end):
        if len(found) == _MOST_HTML_TABLES:
            break
        grids = scan_html(text, source, match.start(), match.end()).grids
        found.append((match.start(), match.end(), grids[0] if grids else None))
    return found


def after_front_matter(lines: list[Line], front: FrontMatter | None) -> list[Line]:
    """The lines behind the front matter."""
    return [line for line in lines if line[1] >= front.end] if front else lines


def markdown_blocks(lines: Sequence[Line]) -> list[Block]:
    """Headings, list items and paragraphs, line by line; an empty line sets paragraphs apart."""
    return list(_Scan().blocks(lines))


@dataclass(slots=True)
class _Scan:
    paragraph: int = 0
    fence: str = ""

    def blocks(self, lines: Sequence[Line]) -> Iterator[Block]:
        before: Block | None = None
        position = 0
        while position < len(lines):
            below = lines[position + 1] if position + 1 < len(lines) else None
            block = self._underlined(lines[position], below, before)
            position += 1 if block is None else 2
            block = block or self._take(lines[position - 1])
            if block:
                yield block
            before = block

    def _underlined(self, line: Line, below: Line | None, before: Block | None) -> Block | None:
        """A heading of one line that is underlined with = or -."""
        alone = before is None or before.kind == "heading" or before.paragraph != self.paragraph
        if self.fence or not alone or below is None or not _UNDERLINE.fullmatch(below[0]) or below[3] != line[3] + 1:
            return None
        if not line[0] or any(sign.match(line[0]) for sign in (_FENCE, _HEADING, _ITEM)) or _RULE.fullmatch(line[0]):
            return None
        self.paragraph += 1
        return Block("heading", *line, level=1 if below[0].startswith("=") else 2)

    def _take(self, line: Line) -> Block | None:
        text = line[0]
        fence = _FENCE.match(text)
        if self.fence or fence:
            self._toggle_fence(text, fence)
            return Block("text", *line, paragraph=self.paragraph)
        if not text or _RULE.fullmatch(text):
            self.paragraph += 1
            return None
        heading = _HEADING.match(text)
        if heading:
            self.paragraph += 1
            return _heading(line, heading)
        tagged = _HTML_HEADING.fullmatch(text)
        if tagged:
            self.paragraph += 1
            level = int(tagged.group(1)[1]) if tagged.group(1).lower() != "summary" else 6
            return Block("heading", *line, level=level).cut(tagged.start(2), tagged.end(2))
        block = Block("text", *line, paragraph=self.paragraph)
        item = _ITEM.match(text)
        if not item:
            return block
        self.paragraph += 1
        return replace(block.cut(item.end()), listed=True, paragraph=self.paragraph)

    def _toggle_fence(self, text: str, fence: re.Match[str] | None) -> None:
        if not self.fence and fence:
            self.fence = fence.group(1)
        elif fence and text.rstrip() == fence.group(1) and text.startswith(self.fence):
            self.fence = ""


def _heading(line: Line, match: re.Match[str]) -> Block | None:
    """The heading's text; emphasis around the whole of it is no part of it."""
    inner = line[0].rstrip("#")
    end = len(inner.rstrip()) if inner.endswith((" ", "\t")) else len(line[0])
    if end <= match.end():
        return None
    block = Block("heading", *line, level=len(match.group(1))).cut(match.end(), end)
    emphasis = _EMPHASIS.fullmatch(block.text)
    return block.cut(emphasis.start(2), emphasis.end(2)) if emphasis else block


def plain_text(text: str) -> str:
    """A cell or title as Markdown shows it: without links, emphasis, tags, code marks, notes and backslashes."""
    # Escaped signs step aside into the private use area while the others are taken for what they mean.
    text = _ESCAPED.sub(lambda match: chr(_ASIDE + ord(match.group(1))), text)
    text = _ATTRIBUTES.sub("", _SPAN.sub(r"\1", text)) if "{" in text else text
    text = _INLINE.sub("", _IMAGE.sub(r"\1", _BREAK.sub(" ", text))) if "<" in text else text
    text = _NOTE.sub("", text)
    text = _PICTURE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _WIKILINK.sub(r"\1", text)
    text = re.sub(r"(\*\*\*|\*\*|\*|___|__|`)(\S(?:.*?\S)?)\1", r"\2", text)
    text = re.sub(r"(?<!\w)_(\S(?:.*?\S)?)_(?!\w)", r"\1", text)
    return "".join(chr(ord(char) - _ASIDE) if _ASIDE < ord(char) < _ASIDE + 128 else char for char in text).strip()


def _plain_grid(grid: Grid) -> Grid:
    """Cells as Markdown shows them; a link's address is kept."""
    return replace(grid, rows=tuple(tuple(map(_plain_cell, row)) for row in grid.rows))


def _plain_cell(cell: Cell) -> Cell:
    link = _LINK.search(cell.text)
    url = link.group(2) if link and link.group(2).startswith(("http://", "https://")) else None
    target = _TARGET.search(cell.text)
    return replace(cell, text=plain_text(cell.text), url=url, other=target.group(1).strip() if target else "")
