"""What every comparison page comes down to, whatever its format: a table and a run of blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from sidebyside.records import Excerpt, Fact, Source

BlockKind = Literal[
    "heading", "text", "unique", "alternatives", "intent", "best_for", "limitation", "requirement", "more", "verdict"
]

MORE = re.compile(r"\+\s?(\d{1,6}) more capabilit(?:y|ies)")
_FOOTER = re.compile(
    r"Need something different\?"
    r"|(?:Need something different\?\s*)?Search the match graph\s*(?:↗|→|->)?\s*(?:©\s*\d{4}\b.{0,80})?"
    r"|©\s*\d{4}\s+Unfragile\b.{0,80}"
)


@dataclass(frozen=True, slots=True)
class Block:
    """One line, paragraph, list item or heading: its text, where it stands in the file, and its 1-based line.

    For kind "more" `text` is the number of capabilities that the page does not show. `level` is that of a heading.
    `paragraph` is equal for lines that the page does not set apart; `listed` marks list items.
    """

    kind: BlockKind
    text: str
    start: int
    end: int
    line: int
    anchors: tuple[tuple[int, int], ...] = ()
    level: int = 0
    paragraph: int = 0
    listed: bool = False

    def excerpt(self, file: str, date: str | None) -> Excerpt:
        return Excerpt(self.text, Source(file, self.start, self.end, date), self.anchors)

    def cut(self, first: int, last: int | None = None) -> Block:
        """The same block with only the characters [first, last) of its text."""
        last = len(self.text) if last is None else last
        start, end = self.excerpt("", None).span(first, last)
        anchors = tuple((text - first, file) for text, file in self.anchors if first < text <= last)
        return replace(
            self, text=self.text[first:last], start=start, end=end, anchors=((0, start), *anchors) if anchors else ()
        )


def join_blocks(blocks: Sequence[Block], page: str) -> Block:
    """Several blocks as one; exactly the page's characters where only white space stands between them."""
    first, last = blocks[0], blocks[-1]
    if len(blocks) == 1:
        return first
    gaps = (page[before.end : block.start] for before, block in pairwise(blocks))
    if not any(block.anchors for block in blocks) and all(gap.isspace() for gap in gaps):
        return replace(first, text=page[first.start : last.end], end=last.end)
    anchors: list[tuple[int, int]] = []
    size = 0
    for block in blocks:
        if anchors:
            anchors.append((size, anchors[-1][1] + size - anchors[-1][0]))
            size += 1
        anchors += [(size, block.start), *((size + text, file) for text, file in block.anchors if text)]
        size += len(block.text)
    return replace(first, text=" ".join(block.text for block in blocks), end=last.end, anchors=tuple(anchors))


@dataclass(frozen=True, slots=True)
class Row:
    """One table row: label and one value per artifact.

    `places` says where each value stands where that is not in this row: in a table with a row for each artifact.
    """

    label: str
    values: tuple[str, ...]
    start: int
    end: int
    line: int
    places: tuple[tuple[int, int], ...] = ()

    def place(self, side: int) -> tuple[int, int]:
        """The characters that are quoted for one artifact's value."""
        return self.places[side] if self.places else (self.start, self.end)


@dataclass(frozen=True, slots=True)
class ComparisonTable:
    """A page's table; `names` are the artifacts as its header words them, `urls` what the header links to.

    `more` are rows of further tables about the same artifacts; `mute` names rows with pictures that say nothing.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int
    urls: tuple[str | None, ...] = ()
    more: tuple[Row, ...] = ()
    mute: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        return self.rows[-1].end

    def facts(self, side: int, file: str, date: str | None) -> tuple[Fact, ...]:
        """The facts of one artifact; cells that hold nothing or only a dash state nothing."""
        return tuple(
            Fact(row.label, row.values[side], Source(file, *row.place(side), date))
            for row in (*self.rows, *self.more)
            if row.values[side].strip("-–— ")
        )

    def totals(self) -> list[int | None]:
        """How many capabilities the table says each artifact has; None where it does not say."""
        found: list[int | None] = [None] * len(self.names)
        for row in self.rows:
            if row.label.casefold() == "capabilities":
                numbers = [re.search(r"\d{1,6}", value) for value in row.values]
                found = [int(number.group()) if number else None for number in numbers]
        return found


def split_lines(text: str) -> Iterator[tuple[int, int]]:
    """The character span of every line, line end excluded; only CR, LF and CRLF end lines."""
    start = 0
    for match in re.finditer(r"\r\n|\r|\n", text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def classify(block: Block, verdict: re.Pattern[str]) -> Block | None:
    """Recognise what the page itself says between capabilities; None for a footer, which says nothing."""
    forms = plain_forms(block.text)
    if is_footer(block):
        return None
    if block.kind != "text":
        return block
    more = next(filter(None, map(MORE.fullmatch, forms)), None)
    if more:
        return replace(block, kind="more", text=more.group(1))
    if any(verdict.match(form) for form in forms):
        return replace(block, kind="verdict")
    return block


def is_footer(block: Block) -> bool:
    """Whether a line is what stands at the end of every page of the site."""
    return any(_FOOTER.fullmatch(form) for form in plain_forms(block.text))


def plain_forms(text: str) -> tuple[str, ...]:
    """A line as it stands, and as Markdown would show it: without quotation mark, emphasis and backslashes."""
    bare = text.replace("**", "").strip("*_> ")
    shown = [re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", form) for form in (text, bare)]
    return tuple(dict.fromkeys((text, bare, *shown)))


def verdict_pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Matches a line in which this page says which of its artifacts ranks higher.

    Only a line that begins with one of these names and carries scores is one: a capability may well say that something
    "scores higher".
    """
    name = "(?:" + "|".join(re.escape(name) for name in sorted(set(names), key=len, reverse=True)) + ")"
    higher = rf"{name} (?:scores|ranks) (?:higher|lower|the same|equally|equal)\b.{{0,12}}?\d+(?:\.\d+)?/100\b"
    tied = rf"{name} (?:and|ties with|is tied with|vs\.?) {name}\b.{{0,60}}?\d+(?:\.\d+)?/100\b"
    return re.compile(rf"(?:Verdict:\s*)?(?:{higher}|{tied})", re.DOTALL)
