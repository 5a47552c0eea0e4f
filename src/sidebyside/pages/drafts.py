"""Collects blocks into capabilities, with or without headings that title them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sidebyside.pages.blocks import Block, join_blocks, plain_forms
from sidebyside.records import Capability, Excerpt

SINGLES = ("title", "description", "unique", "alternatives")
_NEUTRAL = re.compile(
    r"(?:capabilities|capability comparison|features|all capabilities|(?:top |key )?capabilities decomposed)[:.]?",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:the |our |final )?verdict|conclusion|summary|overview|related(?: comparisons| artifacts)?|more comparisons"
    r"|frequently asked questions|faqs?|alternatives(?: to .*)?|see also|table of contents|share|sources|references",
    re.IGNORECASE,
)
Role = Literal["title", "side", "neutral", "aside", "deeper"]


@dataclass(slots=True)
class Draft:
    """A capability while its blocks are being collected; `side` is the artifact whose heading it stands under.

    `parts` holds the blocks of each part: paragraphs of one text, or items of a list.
    """

    line: int
    side: int | None = None
    parts: dict[str, list[Block]] = field(default_factory=dict)

    @property
    def blank(self) -> bool:
        """Whether there is nothing but a title."""
        return not self.parts.keys() - {"title"}

    @property
    def headless(self) -> bool:
        """Whether its claims stand without what they are about."""
        return not self.parts.keys() & {"title", "description"}

    def finish(self, file: str, date: str | None, page: str) -> Capability:
        """The capability; its id depends on its wording alone until a library gives it its own."""
        texts = {part: join_blocks(self.parts[part], page) for part in SINGLES if part in self.parts}
        singles = {part: block.excerpt(file, date) for part, block in texts.items()}

        def excerpts(kind: str) -> tuple[Excerpt, ...]:
            return tuple(block.excerpt(file, date) for block in self.parts.get(kind, ()))

        words = "\n".join(" ".join(texts[part].text.split()) if part in texts else "" for part in SINGLES)
        return Capability(
            id=hashlib.sha256(words.encode()).hexdigest()[:12],
            title=singles.get("title"),
            description=singles.get("description"),
            unique=singles.get("unique"),
            alternatives=singles.get("alternatives"),
            intents=excerpts("intent"),
            best_for=excerpts("best_for"),
            limitations=excerpts("limitation"),
            requires=excerpts("requirement"),
            sources=(file,),
        )


@dataclass(frozen=True, slots=True)
class More:
    """A "+N more capabilities" line, which closes one artifact's list."""

    count: int
    line: int
    side: int | None = None


Token = Draft | More


def collect(blocks: Sequence[Block], names: Sequence[str], page: str) -> list[Token]:
    """Group blocks: under a heading everything is one capability; without, every text begins one."""
    collector = _Collector(page, _side_patterns(names), _title_level(blocks, names))
    for block in blocks:
        collector.take(block)
    return collector.tokens


@dataclass(slots=True)
class _Collector:
    page: str
    sides: Sequence[re.Pattern[str]]
    level: int
    tokens: list[Token] = field(default_factory=list)
    current: Draft | None = None
    side: int | None = None
    # The part that the next text belongs to, and the part that the last text went to.
    opened: str | None = None
    last: str | None = None
    aside: bool = False

    def take(self, block: Block) -> None:
        if block.kind == "heading":
            self._take_heading(block)
        elif block.kind == "more":
            self.tokens.append(More(int(block.text), block.line, self.side))
            self._close()
        elif block.kind == "text":
            self._take_text(block)
        elif block.kind != "verdict":
            self._take_label(block)

    def _take_heading(self, block: Block) -> None:
        role = heading_role(block, self.sides, self.level)
        self.aside = role == "aside" and self.level > 0
        if role == "deeper":
            self._take_text(block)
        elif role == "title":
            self._begin(block)
            self._put("title", block)
        elif role in ("side", "neutral"):
            self._close()
            if role == "side":
                self.side = _side_of(block.text, self.sides, self.side)

    def _take_text(self, block: Block) -> None:
        if self.opened and (block.listed or self.last != self.opened):
            self._put(self.opened, block)
        elif self.aside:
            return
        elif self.current and ("title" in self.current.parts or (block.listed and self.last)):
            self._extend(block)
        else:
            self._begin(block)
            self._put("description", block)

    def _take_label(self, block: Block) -> None:
        self.aside = False
        if self.current is None or (block.kind in self.current.parts and block.kind in SINGLES):
            self._begin(block)
        self.opened, self.last = block.kind, None
        if block.text:
            self._put(block.kind, block)

    def _extend(self, block: Block) -> None:
        """A further paragraph belongs to the part before it."""
        self._put(self.last if self.last and self.last != "title" else "description", block)

    def _put(self, part: str, block: Block) -> None:
        if self.current is None:
            self._begin(block)
        if self.current is not None:
            self.current.parts.setdefault(part, []).append(block)
        if part in SINGLES:
            self.opened = None
        self.last = part

    def _begin(self, block: Block) -> None:
        self._close()
        self.current = Draft(block.line, self.side)
        self.tokens.append(self.current)

    def _close(self) -> None:
        self.current = None
        self.opened = self.last = None


def heading_role(block: Block, sides: Sequence[re.Pattern[str]], level: int) -> Role:
    """What a heading is for; `level` is that of the headings that title capabilities, 0 if there are none."""
    if _named_sides(block.text, sides):
        return "side"
    text = plain_forms(block.text)[-1]
    if _NEUTRAL.fullmatch(text):
        return "neutral"
    if _ASIDE.fullmatch(text) or block.level < level or level == 0:
        return "aside"
    return "title" if block.level == level else "deeper"


def _named_sides(text: str, sides: Sequence[re.Pattern[str]]) -> list[int]:
    """The artifacts that a heading can mean: in the first form of its text in which it means any."""
    for form in plain_forms(text):
        named = [side for side, pattern in enumerate(sides) if pattern.fullmatch(form)]
        if named:
            return named
    return []


def _title_level(blocks: Iterable[Block], names: Sequence[str]) -> int:
    """The level of most headings that can title a capability; the deeper of two."""
    sides = _side_patterns(names)
    levels = Counter(
        block.level
        for block in blocks
        if block.kind == "heading" and heading_role(block, sides, block.level) == "title"
    )
    return max(levels, key=lambda level: (levels[level], level), default=0)


def _side_patterns(names: Sequence[str]) -> list[re.Pattern[str]]:
    count = r"(?:\s*\(?\d+(?: decomposed)?\)?)?"
    patterns = []
    for name in map(re.escape, names):
        long = rf"(?:{name}(?:['’]s)?:? capabilities|capabilities of {name}){count}"
        patterns.append(re.compile(rf"{name}|{long}", re.IGNORECASE))
    return patterns


def _side_of(text: str, sides: Sequence[re.Pattern[str]], before: int | None) -> int:
    """The artifact that a heading names; of two with one name, the one whose turn it is."""
    named = _named_sides(text, sides)
    return next((side for side in named if before is None or side > before), named[0])
