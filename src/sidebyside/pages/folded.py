"""Builds the text of a block from pieces of the file: white space folded, every character's place remembered.

Soft hyphens and what else can never be seen is left out: nobody who asks for "confirmation" types them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sidebyside.text.typography import SUPERFLUOUS, visible_text

# Words one white space apart: folding changes neither their number of characters nor their places.
_IN_STEP = re.compile(rf"[^\s{SUPERFLUOUS}]+(?:\s[^\s{SUPERFLUOUS}]+)*")
_SPACE = re.compile(r"\s")


@dataclass(slots=True)
class FoldedText:
    """Text that is being put together; see records.Excerpt for what `anchors` mean."""

    pieces: list[str] = field(default_factory=list)
    anchors: list[tuple[int, int]] = field(default_factory=list)
    length: int = 0
    # The place in the file behind the last character, and of white space that waits for the next one.
    end: int = -1
    space: int = -1

    def add(self, text: str, start: int, end: int) -> None:
        """Append what the characters [start, end) of the file decode to."""
        if len(text) != end - start:
            self._add_decoded(text, start, end)
            return
        place = 0
        for match in _IN_STEP.finditer(text):
            if _SPACE.search(text, place, match.start()):
                self.add_space(start + place)
            self._append(_SPACE.sub(" ", match.group()), start + match.start(), start + match.end())
            place = match.end()
        if _SPACE.search(text, place):
            self.add_space(start + place)

    def add_space(self, place: int) -> None:
        """White space, or a tag that stands for it, at this place; several count as one."""
        if self.space < 0:
            self.space = place

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def start(self) -> int:
        return self.anchors[0][1]

    def steps(self) -> tuple[tuple[int, int], ...]:
        """The anchors; none if text and file run in step throughout."""
        return tuple(self.anchors) if len(self.anchors) > 1 else ()

    def _add_decoded(self, text: str, start: int, end: int) -> None:
        if text[:1].isspace():
            self.add_space(start)
        words = visible_text(text)
        if words:
            self._append(words, start, end)
            if text[-1:].isspace():
                self.add_space(end)

    def _append(self, text: str, start: int, end: int) -> None:
        if self.space >= 0 and self.length:
            self._place(" ", self.space)
        self.space = -1
        self._place(text, start)
        if len(text) != end - start:
            self._anchor(end)
        self.end = end

    def _place(self, text: str, start: int) -> None:
        if start != self.end:
            self._anchor(start)
        self.pieces.append(text)
        self.length += len(text)
        self.end = start + len(text)

    def _anchor(self, place: int) -> None:
        if self.anchors and self.anchors[-1][0] == self.length:
            self.anchors.pop()
        self.anchors.append((self.length, place))
