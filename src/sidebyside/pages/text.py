"""Reads the text extract of a comparison page."""

from __future__ import annotations

from collections.abc import Sequence

from sidebyside.errors import PageError
from sidebyside.pages.assembly import RawPage, build_page
from sidebyside.pages.blocks import Block, split_lines
from sidebyside.pages.pipe_table import Line, read_pipe_table
from sidebyside.records import Page


def read_text(text: str, source: str, sha256: str) -> Page:
    """Read a text extract: title, table, capabilities, verdict. Raises PageError."""
    lines = strip_lines(text)
    header = find_header(lines, source)
    table, behind = read_pipe_table(lines, header, source)
    title = next((line[0] for line in lines[:header] if line[0]), "")
    blocks = _blocks([*lines[:header], *lines[behind:]])
    return build_page(RawPage(text, source, sha256, "text", title, table, blocks, claims_only=True))


def strip_lines(text: str) -> list[Line]:
    """Every line without surrounding white space: text, start, end, 1-based number."""
    lines = []
    for number, (start, end) in enumerate(split_lines(text), start=1):
        line = text[start:end]
        start += len(line) - len(line.lstrip())
        stripped = line.strip()
        lines.append((stripped, start, start + len(stripped), number))
    return lines


def find_header(lines: Sequence[Line], source: str) -> int:
    """The position of the first table line. Raises PageError if there is none."""
    for position, line in enumerate(lines):
        if line[0].startswith("|"):
            return position
    raise PageError(source, "no comparison table")


def _blocks(lines: Sequence[Line]) -> list[Block]:
    """One block per line; an empty line sets paragraphs apart."""
    blocks = []
    paragraph = 0
    for line in lines:
        if line[0]:
            blocks.append(Block("text", *line, paragraph=paragraph))
        else:
            paragraph += 1
    return blocks
