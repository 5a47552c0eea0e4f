"""Collects blocks into capabilities, with or without headings that title them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sidebyside.pages.blocks import Block, join_blocks
from sidebyside.pages.headings import Headings
from sidebyside.records import Capability, Excerpt

SINGLES = ("title", "description", "unique", "alternatives")


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


@dataclass(frozen=True, slots=True)
class Collected:
    """Capabilities and "+N more" lines in page order, and what was passed over."""

    tokens: list[Token]
    notes: tuple[str, ...] = ()


def collect(blocks: Sequence[Block], names: Sequence[str], *, card: bool = False) -> Collected:
    """Group blocks: under a heading everything is one capability; without, every text begins one."""
    collector = _Collector(Headings(blocks, names, card=card))
    for block in blocks:
        collector.take(block)
    return Collected(collector.tokens, tuple(dict.fromkeys(collector.notes)))


@dataclass(slots=True)
class _Collector:
    headings: Headings
    tokens: list[Token] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    current: Draft | None = None
    side: int | None = None
    # The part that the next text belongs to, and the part that the last text went to.
    opened: str | None = None
    last: str | None = None
    # The heading under which text is passed over; `elsewhere` is its level if that goes for the headings below it too.
    aside: Block | None = None
    elsewhere: int = 0

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
        if self.elsewhere and block.level > self.elsewhere:
            return
        role = self.headings.role(block)
        self.elsewhere = block.level if role == "elsewhere" else 0
        # Where no heading titles a capability, those of the verdict and the like stand in the middle of a list.
        self.aside = block if role in ("aside", "elsewhere") and self.headings.level else None
        if role == "deeper":
            self._take_text(block)
        elif role == "title":
            self._begin(block)
            self._put("title", block)
        elif role in ("side", "neutral"):
            self._close()
            if role == "side":
                self.side = self._side_of(block)

    def _side_of(self, block: Block) -> int:
        """The artifact that a heading names; of two with one name, the one whose turn it is."""
        named = self.headings.sides_named(block)
        return next((side for side in named if self.side is None or side > self.side), named[0])

    def _take_text(self, block: Block) -> None:
        if self.opened and (block.listed or self.last != self.opened):
            self._put(self.opened, block)
        elif self.aside:
            if not (self.elsewhere or self.headings.is_known_aside(self.aside)):
                self.notes.append(f"passed over the text under the heading at line {self.aside.line}")
        elif self.current and ("title" in self.current.parts or (block.listed and self.last)):
            self._extend(block)
        else:
            self._begin(block)
            self._put("description", block)

    def _take_label(self, block: Block) -> None:
        if self.elsewhere:
            return
        self.aside = None
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
