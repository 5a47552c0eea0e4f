"""Reads the text of a page with a comparison: an extract, or what was copied out of a browser."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidebyside.errors import PageError
from sidebyside.pages.blocks import Block, split_lines
from sidebyside.pages.outline import Outline
from sidebyside.pages.pipe_table import Line, find_tables

MOST_LINES = 200_000
_COMPARES = re.compile(r" vs\.? ")


def read_text(text: str, source: str, first: int = 0, last: int | None = None) -> Outline:
    """Read the text in [first, last): every line outside the tables is a paragraph.

    Raises PageError for far too many lines.
    """
    found = find_tables(strip_lines(text, source, first, last), text, source)
    before = min((grid.start for grid in found.grids), default=len(text))
    lead = [line[0] for line in found.rest if line[0] and line[1] < before]
    # What was copied out of a browser begins with its menu.
    title = next((line for line in lead if _COMPARES.search(line[:300])), next(iter(lead), ""))
    blocks = _blocks(found.rest)
    return Outline(text, "text", title, blocks, found.grids, claims_only=True, by_line=True, failure=found.failure)


def strip_lines(text: str, source: str, first: int = 0, last: int | None = None) -> list[Line]:
    """Every line of the text in [first, last) without surrounding white space: text, start, end, 1-based number."""
    lines = []
    for number, (begin, close) in enumerate(split_lines(text[first:last]), start=1):
        if number > MOST_LINES:
            raise PageError(source, f"more than {MOST_LINES:,} lines: not a comparison page")
        start, end = first + begin, first + close
        line = text[start:end]
        start += len(line) - len(line.lstrip())
        stripped = line.strip()
        lines.append((stripped, start, start + len(stripped), number))
    return lines


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
