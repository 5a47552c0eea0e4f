"""Finds the tables of a PDF that is not tagged: lines of words with the same vertical rivers of white between them.

Edges are not enough: head cells are centred, figures stand on the right, and the widest cell of a column may be nearer
to the next column than two words are to each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from sidebyside.pages.pdf_words import Word

# What parts two columns where they are nearest to each other, in sizes of their letters.
_NARROWEST = 0.15
# What parts them in most rows: no space between words is as wide.
_WIDE = 0.9
# Bands after which it has to be clear whether a table begins.
_CLEAR = 4


@dataclass(frozen=True, slots=True)
class River:
    """White from `left` to `right`; of `both` bands with words on both sides, it is wide in `wide`."""

    left: float
    right: float
    both: int = 0
    wide: int = 0

    @property
    def solid(self) -> bool:
        """Whether it parts columns, and not words that happen to stand below each other."""
        return self.both > 1 and 2 * self.wide >= self.both

    @property
    def endless(self) -> bool:
        """Whether it is the white beside all words."""
        return math.isinf(self.left) or math.isinf(self.right)

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Band:
    """Lines that overlap, as those of cells do that are set in the middle of their row."""

    lines: tuple[list[Word], ...]

    @cached_property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line)

    @cached_property
    def left(self) -> float:
        return min(word.box[0] for word in self.words)

    @cached_property
    def top(self) -> float:
        return min(word.box[1] for word in self.words)

    @cached_property
    def right(self) -> float:
        return max(word.box[2] for word in self.words)

    @cached_property
    def bottom(self) -> float:
        return max(word.box[3] for word in self.words)

    @cached_property
    def size(self) -> float:
        return max(word.size for word in self.words)

    @cached_property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """The white between its words from left to right, and that at both ends, which does not end."""
        found: list[tuple[float, float]] = []
        reached = -math.inf
        for word in sorted(self.words, key=lambda word: word.box[0]):
            if word.box[0] - reached >= _NARROWEST * word.size:
                found.append((reached, word.box[0]))
            reached = max(reached, word.box[2])
        return (*found, (reached, math.inf))

    def cells(self, rivers: Sequence[River]) -> list[list[Word]]:
        """Its words column by column."""
        found: list[list[Word]] = [[] for _ in range(len(rivers) + 1)]
        for word in self.words:
            middle = (word.box[0] + word.box[2]) / 2
            found[sum(river.middle < middle for river in rivers)].append(word)
        return found


@dataclass(frozen=True, slots=True)
class FoundTable:
    """Bands [first, end) are a table; `rivers` part its columns."""

    first: int
    end: int
    rivers: tuple[River, ...]


def bands_of(lines: Sequence[list[Word]]) -> list[Band]:
    """Lines from top to bottom, those that overlap together."""
    bands: list[list[list[Word]]] = []
    for line in lines:
        if bands and _overlap(bands[-1][-1], line):
            bands[-1].append(line)
        else:
            bands.append([line])
    return [Band(tuple(band)) for band in bands]


def _overlap(before: Sequence[Word], line: Sequence[Word]) -> bool:
    return min(word.box[1] for word in line) < max(word.box[3] for word in before) - 0.15 * line[0].size


def find_table(bands: Sequence[Band], first: int, known: Sequence[River] = ()) -> FoundTable | None:
    """The table whose head row is the first of these bands, or that goes on here with columns that are known."""
    rivers = list(known) or [River(left, right) for left, right in bands[first].gaps]
    end = first if known else first + 1
    rows = 0 if known else 1
    for place in range(end, len(bands)):
        if place > first and not _is_near(bands[place - 1], bands[place]):
            break
        narrowed = _narrowed(rivers, bands[place])
        solid = [river for river in narrowed if river.solid]
        if (_crosses(bands[place], rivers) and (known or rows > 2)) or not (solid or place - first < _CLEAR):
            break
        filled = sum(map(bool, bands[place].cells(solid)))
        likely = solid if place - first > _CLEAR else [river for river in narrowed if not river.endless]
        if solid and filled < 2 and not _goes_on(bands, place, likely):
            break
        rivers = narrowed
        rows += filled > 1 or not solid
        end = place + 1
        if place - first == _CLEAR and not known and not _is_head(bands[first], _parting(bands[first:end], solid)):
            return None
    parting = list(known) or _parting(bands[first:end], [river for river in rivers if river.solid])
    enough = rows >= (1 if known else 3) and parting
    if not enough or not (known or _is_head(bands[first], parting)):
        return None
    return FoundTable(first, end, tuple(parting))


def _crosses(band: Band, rivers: Sequence[River]) -> bool:
    """Whether a band has words in the widest river: then it is none of the rows that it parts."""
    widest = max((river for river in rivers if river.solid), key=lambda river: river.right - river.left, default=None)
    return widest is not None and not _narrowed([widest], band)


def _parting(bands: Sequence[Band], rivers: list[River]) -> list[River]:
    """The rivers without those inside a column, which only its longest cells have words on both sides of."""
    while rivers:
        filled = [0] * (len(rivers) + 1)
        for band in bands:
            for column, cell in enumerate(band.cells(rivers)):
                filled[column] += bool(cell)
        thin = min(range(1, len(filled)), key=lambda column: filled[column])
        if 5 * filled[thin] >= 2 * len(bands):
            break
        beside = [place for place in (thin - 1, thin) if place < len(rivers)]
        del rivers[min(beside, key=lambda place: _strength(bands, rivers[place]))]
    return rivers


def _strength(bands: Sequence[Band], river: River) -> tuple[bool, int, float]:
    """How much speaks for a river: that it is no space between words, or that words begin or end right at its banks."""
    width = river.right - river.left
    return width >= _WIDE * bands[0].size, _banked(bands, river), width


def _banked(bands: Sequence[Band], river: River) -> int:
    """How many words stand right at the banks: those of one column begin or end below each other."""
    edges = ((abs(word.box[0] - river.right), abs(word.box[2] - river.left)) for band in bands for word in band.words)
    return sum(min(edge) < 1.5 for edge in edges)


def _is_head(band: Band, rivers: Sequence[River]) -> bool:
    """Whether a band names all columns, or all but the first one, with more than a space between two of them."""
    cells = band.cells(rivers)
    apart = any(
        begin < river.middle < end and end - begin >= _WIDE * band.size for begin, end in band.gaps for river in rivers
    )
    return apart and all(cells[1:]) and len(cells) > 1 + (not cells[0])


def _is_near(before: Band, band: Band) -> bool:
    return band.top - before.bottom < 3 * band.size


def _narrowed(rivers: Sequence[River], band: Band) -> list[River]:
    """What this band leaves of the rivers, with how often each is wide counted."""
    left, right = band.left, band.right
    narrowest = _NARROWEST * band.size
    found: list[River] = []
    for river in rivers:
        for begin, end in band.gaps:
            low, high = max(river.left, begin), min(river.right, end)
            if high - low >= narrowest and not (math.isinf(low) and math.isinf(high)):
                both = left < low and high < right
                wide = both and end - begin >= _WIDE * band.size
                found.append(River(low, high, river.both + both, river.wide + wide))
    return found


def _goes_on(bands: Sequence[Band], place: int, rivers: Sequence[River]) -> bool:
    """Whether a band with words in one column alone is a further line of a cell, or a heading inside the table."""
    band = bands[place]
    if place and abs(band.size - bands[place - 1].size) > 0.6:
        return False
    below = bands[place + 1] if place + 1 < len(bands) else None
    close = place > 0 and band.top - bands[place - 1].bottom < 0.5 * band.size
    if below is None or not _is_near(band, below):
        return close
    fits = len(_narrowed(rivers, below)) == len(rivers) if _all_solid(rivers) else bool(_narrowed(rivers, below))
    inside = fits and sum(map(bool, below.cells(rivers))) > 1 and abs(below.size - band.size) < 0.6
    return inside or (close and not fits and not band.cells(rivers)[0])


def _all_solid(rivers: Sequence[River]) -> bool:
    return all(river.solid for river in rivers)


def rows_of(
    bands: Sequence[Band], rivers: Sequence[River], rules: Sequence[float], spacing: float
) -> list[list[list[Word]]]:
    """The rows of a table, each with the words of its cells; `spacing` is that of lines in a paragraph."""
    ruled = _Ruled.of(bands, rules)
    steps = [after.bottom - before.bottom for before, after in pairwise(bands)]
    tight = 1.08 * spacing if steps and median(steps) > 1.08 * spacing else 0.0
    rows: list[list[list[Word]]] = []
    for place, band in enumerate(bands):
        cells = band.cells(rivers)
        if rows and _same_row(bands, place, rows[-1], cells, ruled, tight):
            for cell, more in zip(rows[-1], cells, strict=True):
                cell += more
        else:
            rows.append(cells)
    return rows


@dataclass(frozen=True, slots=True)
class _Ruled:
    """The ruled lines of a table, and the white that there is around them."""

    rules: Sequence[float]
    white: float

    @classmethod
    def of(cls, bands: Sequence[Band], rules: Sequence[float]) -> _Ruled | None:
        """None for a table of which most rows have no line between them."""
        white = [after.top - before.bottom for before, after in pairwise(bands) if cls(rules, 0).parts(before, after)]
        return cls(rules, median(white)) if 2 * len(white) >= len(bands) > 2 else None

    def parts(self, before: Band, band: Band) -> bool:
        return any(before.bottom - 2 < rule < band.bottom - 2 for rule in self.rules)


def _same_row(
    bands: Sequence[Band],
    place: int,
    row: Sequence[Sequence[Word]],
    cells: Sequence[Sequence[Word]],
    ruled: _Ruled | None,
    tight: float,
) -> bool:
    """Whether a band goes on with the row before it: ruled lines tell, or else its distance."""
    before, band = bands[place - 1], bands[place]
    if ruled is not None:
        return not ruled.parts(before, band) and band.top - before.bottom < 0.7 * ruled.white
    close = band.bottom - before.bottom <= tight
    if cells[0]:
        # A head row may well have no label; other rows begin without theirs where it stands in the middle of them.
        return close and not (all(row[1:]) and not row[0])
    if not row[0]:
        return close
    below = bands[place + 1] if place + 1 < len(bands) else None
    nearer_below = below is not None and below.top - band.bottom < band.top - before.bottom - 0.1 * band.size
    return close or not nearer_below
