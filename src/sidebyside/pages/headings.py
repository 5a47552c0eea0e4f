"""Tells what a page's headings are for: they name an artifact, title a capability, or begin something else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from sidebyside.pages.blocks import Block, plain_forms

# "aside" is the page's own talk, "elsewhere" a section about other pages, "deeper" a heading inside a capability.
Role = Literal["title", "side", "neutral", "aside", "elsewhere", "deeper"]

_NEUTRAL = re.compile(
    r"(?:capabilities|capability comparison|features|all capabilities|(?:top |key )?capabilities decomposed)[:.]?",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"(?:the |our |final )?verdict|conclusion", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"related(?: comparisons| artifacts)?|(?:more|other|similar|popular) (?:comparisons|artifacts)|see also"
    r"|frequently asked questions|faqs?|alternatives(?: to .*)?|table of contents",
    re.IGNORECASE,
)


class Headings:
    """Knows a page's headings.

    On a comparison page a heading above the level of capability titles, or one of a few well-known words, begins
    something that is not a capability. On a card every heading but the artifact's name titles one.
    """

    def __init__(self, blocks: Iterable[Block], names: Sequence[str], *, card: bool) -> None:
        self._sides = [_side_pattern(name) for name in names]
        self._card = card
        self.level = self._title_level(blocks)

    def role(self, block: Block) -> Role:
        """What this heading is for."""
        if self.sides_named(block):
            return "side"
        text = plain_forms(block.text)[-1]
        if _NEUTRAL.fullmatch(text):
            return "neutral"
        if not self._card and _ELSEWHERE.fullmatch(text):
            return "elsewhere"
        if not self._card and (_ASIDE.fullmatch(text) or block.level < self.level):
            return "aside"
        return "title" if block.level <= self.level else "deeper"

    def is_known_aside(self, block: Block) -> bool:
        """Whether this heading is for the page's own verdict, whose words need no warning when they are passed over."""
        return bool(_ASIDE.fullmatch(plain_forms(block.text)[-1]))

    def sides_named(self, block: Block) -> list[int]:
        """The artifacts that a heading can mean: in the first form of its text in which it means any."""
        for form in plain_forms(block.text):
            named = [side for side, pattern in enumerate(self._sides) if pattern.fullmatch(form)]
            if named:
                return named
        return []

    def _title_level(self, blocks: Iterable[Block]) -> int:
        """The level of most headings that can title a capability; the deeper of two; 0 if there are none."""
        self.level = 0
        levels: Counter[int] = Counter()
        for block in blocks:
            if block.kind == "heading" and self.role(block) == "deeper":
                levels[block.level] += 1
        return max(levels, key=lambda level: (levels[level], level), default=0)


def _side_pattern(name: str) -> re.Pattern[str]:
    name = re.escape(name)
    count = r"(?:\s*\(?\d+(?: decomposed)?\)?)?"
    return re.compile(rf"{name}|(?:{name}(?:['’]s)?:? capabilities|capabilities of {name}){count}", re.IGNORECASE)
