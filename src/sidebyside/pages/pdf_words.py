"""The words of a PDF's sheets, and how they stand on lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its sheet (from 1) and box, the size and weight of its letters, and the mark of its structure."""

    text: str
    sheet: int
    box: Box
    size: float
    bold: bool
    mark: int


def joined(words: Sequence[Word]) -> str:
    """Words with spaces between them, but for those that only change their style in the middle."""
    pieces: list[str] = []
    before: Word | None = None
    for word in words:
        if before is not None and not _touches(before, word):
            pieces.append(" ")
        pieces.append(word.text)
        before = word
    return "".join(pieces)


def _touches(before: Word, word: Word) -> bool:
    same = before.sheet == word.sheet and abs(before.box[3] - word.box[3]) < 0.5 * word.size
    return same and abs(word.box[0] - before.box[2]) < 0.12 * word.size


def around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def lines_of(words: Sequence[Word], *, keep_order: bool = False) -> list[list[Word]]:
    """Words that stand on one line, from top to bottom and left to right, or in the order in which they come."""
    ordered = words if keep_order else sorted(words, key=lambda word: (word.sheet, word.box[3]))
    lines: list[list[Word]] = []
    for word in ordered:
        last = lines[-1][-1] if lines else None
        if last is not None and last.sheet == word.sheet and abs(last.box[3] - word.box[3]) < 0.4 * word.size:
            lines[-1].append(word)
        else:
            lines.append([word])
    return lines if keep_order else [sorted(line, key=lambda word: word.box[0]) for line in lines]
