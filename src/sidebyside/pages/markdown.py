"""Reads Markdown of a comparison page: a pipe table and headings that title capabilities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sidebyside.pages.assembly import RawPage, build_page
from sidebyside.pages.blocks import Block, ComparisonTable
from sidebyside.pages.frontmatter import FrontMatter, split_front_matter
from sidebyside.pages.pipe_table import Line, read_pipe_table
from sidebyside.pages.text import find_header, strip_lines
from sidebyside.records import Page

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])[ \t]+(?=\S)")
_RULE = re.compile(r"(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|<!--.*-->|!\[[^\]]*\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})([^*_](?:.*[^*_\\])?)\1")
_FENCE = re.compile(r"(```+|~~~+)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*<?([^\s()<>]*)>?[^()]*\)")
_LONGEST_TITLE = 500
_ASIDE = 0xF000
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def read_markdown(text: str, source: str, sha256: str) -> Page:
    """Read a comparison page in Markdown. Raises PageError."""
    front = split_front_matter(text, source)
    lines = after_front_matter(strip_lines(text), front)
    header = find_header(lines, source)
    table, behind = read_pipe_table(lines, header, source)
    blocks = [*markdown_blocks(lines[:header]), *markdown_blocks(lines[behind:])]
    title = next((block.text for block in blocks if block.start < table.rows[0].start), "")
    date = front.date if front else None
    return build_page(
        RawPage(
            text,
            source,
            sha256,
            "markdown",
            plain_text(title[:_LONGEST_TITLE]),
            _plain_table(table),
            blocks,
            date,
            by_line=False,
        )
    )


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
        for line in lines:
            block = self._take(line)
            if block:
                yield block

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
    """A cell or title as Markdown shows it: without links, emphasis, code marks and backslashes."""
    # Escaped signs step aside into the private use area while the others are taken for what they mean.
    text = _ESCAPED.sub(lambda match: chr(_ASIDE + ord(match.group(1))), text)
    text = _LINK.sub(r"\1", text)
    text = re.sub(r"(\*\*\*|\*\*|\*|___|__|`)(\S(?:.*?\S)?)\1", r"\2", text)
    text = re.sub(r"(?<!\w)_(\S(?:.*?\S)?)_(?!\w)", r"\1", text)
    return "".join(chr(ord(char) - _ASIDE) if _ASIDE < ord(char) < _ASIDE + 128 else char for char in text).strip()


def _plain_table(table: ComparisonTable) -> ComparisonTable:
    urls = [_LINK.search(name) for name in table.names]
    return replace(
        table,
        names=tuple(plain_text(name) for name in table.names),
        rows=tuple(
            replace(row, label=plain_text(row.label), values=tuple(plain_text(value) for value in row.values))
            for row in table.rows
        ),
        urls=tuple(url.group(2) if url and url.group(2).startswith("http") else None for url in urls),
    )
