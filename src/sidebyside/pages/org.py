"""Reads Org files of a page with a comparison: headings with stars, tables between pipes, keywords for its title.

Left out are drawers, comments and blocks of code; a row of a table is always one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sidebyside.pages.blocks import Block
from sidebyside.pages.outline import MOST_COLUMNS, MOST_ROWS, Cell, Grid, Outline
from sidebyside.pages.pipe_table import Line
from sidebyside.pages.text import strip_lines

_KEYWORD = re.compile(r"#\+(\w+):[ \t]*(.*)", re.IGNORECASE)
_HEADING = re.compile(r"(\*{1,20})[ \t]+(?:(?:TODO|DONE|NEXT|WAIT)[ \t]+)?(?:\[#[A-Z]\][ \t]+)?")
_TAGS = re.compile(r"[ \t]+:[\w@#%:]+:$")
_ITEM = re.compile(r"(?:[-+]|\d{1,3}[.)])[ \t]+(?:\[[ X-]\][ \t]+)?(?=\S)")
_RULE = re.compile(r"\|-[-+|]*")
# Rows that set widths and alignments or group columns.
_COOKIES = re.compile(r"(?:<[lcr]?\d{0,3}>|[/<>]|<>|)")
_LINK = re.compile(r"\[\[([^\[\]]*)\](?:\[([^\[\]]*)\])?\]")
_PICTURE = re.compile(r"\[\[(?:data:image/[^\[\]]*|[^\[\]]*\.(?:svg|png|jpe?g|gif|webp))\]\]", re.IGNORECASE)
_NOTE = re.compile(r"\^\{\[\[#[^{}]{0,200}\]\]?\}|\[fn:[^\[\]]*\]")
_TARGET = re.compile(r"<<[^<>]*>>")
_EMPHASIS = re.compile(r"(?<![\w*/_=~+])([*/_=~+])(\S(?:[^\n]{0,400}?\S)?)\1(?![\w*/_=~+])")
_DAY = re.compile(r"\d{4}-[01]\d-[0-3]\d")


def read_org(text: str, source: str, first: int = 0, last: int | None = None) -> Outline:
    """Read the Org text in [first, last). Raises PageError for far too many lines."""
    lines = strip_lines(text, source, first, last)
    keywords: dict[str, str] = {}
    blocks: list[Block] = []
    grids: list[Grid] = []
    warnings: list[str] = []
    open_ends: set[str] = set()
    paragraph = position = 0
    while position < len(lines):
        line = lines[position]
        content = line[0]
        keyword = _KEYWORD.fullmatch(content)
        star = _HEADING.match(content) if text[line[1] - 1 : line[1]] in ("", "\n", "\r") else None
        if content.startswith("|"):
            grid, position, told = _read_table(lines, position, keywords.pop("caption", ""))
            grids += [grid] if grid else []
            warnings += told
            paragraph += 1
            continue
        if keyword:
            keywords.setdefault(keyword.group(1).lower(), keyword.group(2).strip())
        elif content.lower().startswith("#+begin_") and not content.lower().startswith("#+begin_quote"):
            position = _behind(lines, position, "#+end_", open_ends)
        elif content.upper() in (":PROPERTIES:", ":LOGBOOK:"):
            end = _behind(lines, position, ":end:", open_ends)
            for inner in lines[position + 1 : end]:
                drawn = re.fullmatch(r":(source|url|date):[ \t]+(\S.*)", inner[0], re.IGNORECASE)
                keywords.setdefault(drawn.group(1).lower(), drawn.group(2)) if drawn else None
            position = end
        elif star:
            paragraph += 1
            end = len(_TAGS.sub("", content))
            if end > star.end():
                level = len(star.group(1))
                blocks.append(Block("heading", *line, level=level, paragraph=paragraph).cut(star.end(), end))
        elif content in ("", "#") or content.startswith(("# ", "#+", "-----")) or _TARGET.fullmatch(content):
            paragraph += 1
        else:
            item = _ITEM.match(content)
            paragraph += bool(item)
            block = Block("text", *line, paragraph=paragraph)
            blocks.append(replace(block.cut(item.end()), listed=True) if item else block)
        position += 1
    title = keywords.get("title") or next((block.text for block in blocks if block.kind == "heading"), "")
    address = keywords.get("source") or keywords.get("url") or ""
    day = _DAY.search(keywords.get("date", ""))
    return Outline(
        text,
        "org",
        plain_org(title[:500]),
        blocks,
        grids,
        day.group() if day else None,
        address if address.startswith(("http://", "https://")) else None,
        warnings=tuple(warnings[:20]),
    )


def _behind(lines: Sequence[Line], position: int, end: str, open_ends: set[str]) -> int:
    """The line that closes a block; the one that opens it where nothing does, which is looked for once."""
    if end in open_ends:
        return position
    found = next((at for at in range(position + 1, len(lines)) if lines[at][0].lower().startswith(end)), None)
    if found is None:
        open_ends.add(end)
    return position if found is None else found


def _read_table(lines: Sequence[Line], first: int, caption: str) -> tuple[Grid | None, int, list[str]]:
    """The table that begins here, the line behind it, and what was wrong with its rows."""
    rows: list[tuple[Cell, ...]] = []
    told: list[str] = []
    position = first
    while position < len(lines) and lines[position][0].startswith("|"):
        text, start, end, number = lines[position]
        position += 1
        cells = [cell.strip() for cell in text.removeprefix("|").removesuffix("|").split("|")]
        if _RULE.fullmatch(text) or all(map(_COOKIES.fullmatch, cells)) or len(rows) > MOST_ROWS:
            continue
        # A pipe within a cell parts it: nobody can say which values are whose then.
        if len(cells) > (len(rows[0]) if rows else MOST_COLUMNS):
            told.append(f"line {number}: a row with more cells than the table's first was passed over")
        else:
            rows.append(tuple(_cell(cell, start, end) for cell in cells))
    if len(rows) < 2:
        return None, position, told
    return Grid(tuple(rows), rows[0][0].start, rows[-1][0].end, lines[first][3], caption), position, told


def _cell(text: str, start: int, end: int) -> Cell:
    link = _LINK.search(text)
    url = link.group(1) if link and link.group(1).startswith(("http://", "https://")) else None
    plain = plain_org(text)
    return Cell(plain, start, end, url, mute=not plain and bool(_PICTURE.search(text)))


def plain_org(text: str) -> str:
    """A cell or title as Org shows it: without links, notes, emphasis and what stands for a pipe.

    Pictures have no words of their own in Org.
    """
    text = _NOTE.sub("", _PICTURE.sub("", text))
    text = _LINK.sub(lambda match: match.group(2) or match.group(1), text).replace("\\vert{}", "|")
    return " ".join(_EMPHASIS.sub(r"\2", text).replace("\\vert", "|").split())
