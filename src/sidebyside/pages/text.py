"""Reads the text extract of a comparison page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sidebyside.errors import PageError
from sidebyside.pages.assembly import assign_sides, build_artifacts, collect_capabilities
from sidebyside.pages.blocks import Block, BlockKind, classify, split_lines, verdict_pattern
from sidebyside.pages.pipe_table import Line, read_pipe_table
from sidebyside.records import Page

_CLAIM = re.compile(r"(Unique|vs\.? alternatives):[ \t]*", re.IGNORECASE)


def read_text(text: str, source: str, sha256: str) -> Page:
    """Read a text extract: title, table, capabilities, verdict. Raises PageError."""
    lines = strip_lines(text)
    header = find_header(lines, source)
    table, behind = read_pipe_table(lines, header, source)
    verdict = verdict_pattern(table.names)
    blocks = [Block("text", *line) for line in (*lines[:header], *lines[behind:]) if line[0]]
    known = [block for block in (classify(block, verdict) for block in blocks) if block]
    body = [_mark_claim(block) for block in known if block.start >= table.rows[-1].end]
    assembled = assign_sides(collect_capabilities(body), table, source)
    verdicts = tuple(block.excerpt(source, None) for block in known if block.kind == "verdict")
    return Page(source, sha256, "text", build_artifacts(table, assembled, source, None), verdicts, assembled.warnings)


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


def _mark_claim(block: Block) -> Block:
    match = _CLAIM.match(block.text) if block.kind == "text" else None
    if not match or match.end() == len(block.text):
        return block
    kind: BlockKind = "unique" if match.group(1).casefold() == "unique" else "alternatives"
    return replace(block.after(match.end()), kind=kind)
