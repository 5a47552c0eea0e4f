"""A draft: an answer while it is put together, with citations numbered in order of appearance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Literal

from sidebyside.evidence.grid import PLAIN, EvidenceCell
from sidebyside.records import (
    Answer,
    Artifact,
    Cell,
    CellState,
    Citation,
    Evidence,
    Grid,
    IndirectLink,
    Library,
    Question,
    Status,
    Table,
    Understood,
)
from sidebyside.text.words import content_stems

# "[7]" in a page's text would look like a citation of the answer.
_LIKE_CITATION = re.compile(r"\[(?=\d+\])")
_MARKER = re.compile(r"\[(\d+)\]")
# Words of a cell, at most.
MOST_WORDS = 12


def verbatim(text: str) -> str:
    """A page's text in quotation marks; an invisible word joiner keeps "[7]" in it from being taken for a citation."""
    return "“" + _LIKE_CITATION.sub("[\N{WORD JOINER}", text) + "”"


@dataclass(slots=True)
class DraftCell:
    """A cell of the grid while the answer grows: the LLM may put other words in it."""

    state: CellState
    text: str
    by: Literal["table", "model", "quote"]
    evidence: tuple[Evidence, ...] = ()
    probability: float = 1.0
    judged: EvidenceCell | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the page says it plainly, as a table does; else the cell shows what comes nearest."""
        return self.judged is None or self.probability >= PLAIN

    @property
    def is_doubtful(self) -> bool:
        """Whether the page may say yes as well as no; a table does not."""
        return self.judged is not None and self.judged.is_doubtful


@dataclass(slots=True)
class DraftGrid:
    """The grid while the answer grows: cells[criterion][artifact]."""

    criteria: list[str]
    artifacts: list[Artifact]
    cells: list[list[DraftCell]]


@dataclass(slots=True)
class Draft:
    """Collects blocks of Markdown, the grid, citations and notes."""

    question: Question
    library: Library
    status: Status = "answered"
    blocks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)
    table: Table | None = None
    grid: DraftGrid | None = None
    reading: Understood | None = None
    # The id of the one artifact that the answer puts first, "" where it is about several alike.
    winner: str = ""
    # A verdict that ends the answer: it is cited behind everything else.
    verdict: Evidence | None = None
    # What links artifacts that share no page.
    indirect: tuple[IndirectLink, ...] = ()
    _cited: dict[tuple[str, str, int, int, str], Citation] = field(default_factory=dict)
    _consulted: dict[tuple[str, str, int, int, str], Evidence] = field(default_factory=dict)

    def cite(self, evidence: Evidence) -> str:
        """ "[n]" for this evidence; the same evidence keeps its number."""
        key = _key(evidence)
        if key not in self._cited:
            self._cited[key] = self._citation(evidence, len(self._cited) + 1)
        return f"[{self._cited[key].number}]"

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What is cited so far, by number."""
        return tuple(self._cited.values())

    def consult(self, evidence: Iterable[Evidence]) -> None:
        """Remember what was read, cited or not."""
        for item in evidence:
            self._consulted.setdefault(_key(item), item)

    def name(self, artifacts: Sequence[Artifact]) -> None:
        """The artifacts the answer is about, each once."""
        self.artifacts = list(dict.fromkeys([*self.artifacts, *(a.label for a in artifacts)]))

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the artifacts the answer is about, in its order."""
        by_label = {artifact.label: artifact.id for artifact in self.library.artifacts}
        return tuple(by_label[label] for label in self.artifacts)

    def quote(self, evidence: Evidence) -> str:
        """A quote with its citation; a page's own claim is worded as one."""
        claim = "its page claims: " if evidence.evidence_class == "claim" else ""
        return f"{claim}{verbatim(evidence.quote)} {self.cite(evidence)}"

    def silent(self) -> tuple[str, ...]:
        """The criteria asked of texts on which a page says nothing, as far as was found."""
        if self.grid is None:
            return tuple(criterion.text for criterion in self.question.texts) if self.status == "not_found" else ()
        rows = zip(self.grid.criteria, self.grid.cells, strict=True)
        return tuple(text for text, cells in rows if any(c.judged and c.state == "silent" for c in cells))

    def said(self) -> int:
        """How many cells of the grid say something."""
        return sum(cell.state != "silent" for row in self.grid.cells for cell in row) if self.grid else 0

    def answer(self) -> Answer:
        """The answer so far."""
        drawn = self._drawn_grid()
        blocks = [*self.blocks, *drawn, *self._closing(), *self._quotes()]
        text = "\n\n".join(block for block in blocks if block)
        grid = self.grid_record()
        # A cell that the LLM wrote may rest on other quotes than its clause did: what is shown now is cited, in order.
        in_cells = [n for row in grid.cells for cell in row for n in cell.citations] if grid else []
        new = {old: new for new, old in enumerate(dict.fromkeys([*map(int, _MARKER.findall(text)), *in_cells]), 1)}
        cited = {key: replace(c, number=new[c.number]) for key, c in self._cited.items() if c.number in new}
        unused = [item for key, item in self._consulted.items() if key not in cited]
        return Answer(
            question=self.question.text,
            text=_renumbered(text, new),
            status=self.status,
            citations=tuple(sorted(cited.values(), key=_number)),
            artifacts=tuple(self.artifacts),
            notes=tuple(dict.fromkeys(self.notes)),
            table=self.table,
            kind=self.question.intent,
            consulted=tuple(self._citation(item, 0) for item in unused),
            grid=_renumbered_grid(grid, new),
            reading=self.reading,
            indirect=self.indirect,
        )

    def _closing(self) -> list[str]:
        if self.verdict is None:
            return []
        return [f"The page's own verdict: {verbatim(self.verdict.quote)} {self.cite(self.verdict)}"]

    def grid_record(self) -> Grid | None:
        """The grid as it is now; evidence of its cells that has no number yet gets one, row by row."""
        if self.grid is None:
            return None
        cells = tuple(tuple(map(self._cell, row)) for row in self.grid.cells)
        met = [sum(row[place].state == "stated" for row in cells) for place in range(len(self.grid.artifacts))]
        return Grid(tuple(self.grid.criteria), tuple(a.label for a in self.grid.artifacts), cells, tuple(met))

    def _cell(self, cell: DraftCell) -> Cell:
        numbers = tuple(int(self.cite(item)[1:-1]) for item in cell.evidence) if cell.state != "silent" else ()
        marks = "".join(f"[{number}]" for number in numbers[: 2 if cell.state == "conflict" else 1])
        text = f"{cell.text} {marks}".strip()
        return Cell(cell.state, text, cell.by, numbers, round(cell.probability, 3))

    def _drawn_grid(self) -> list[str]:
        """The grid as a Markdown table, where it has more than one cell."""
        if self.grid is None or (
            len(self.grid.criteria) * len(self.grid.artifacts) < 2 and self.grid.cells[0][0].judged
        ):
            return []
        head = "| | " + " | ".join(f"**{_in_table(a.label)}**" for a in self.grid.artifacts) + " |"
        rule = "|---" * (len(self.grid.artifacts) + 1) + "|"
        rows = [
            f"| {_in_table(criterion)} | " + " | ".join(self._drawn(cell) for cell in row) + " |"
            for criterion, row in zip(self.grid.criteria, self.grid.cells, strict=True)
        ]
        return ["\n".join([head, rule, *rows])]

    def _drawn(self, cell: DraftCell) -> str:
        if cell.state == "silent":
            return "not stated"
        text = _in_table(cell.text)
        text = verbatim(text) if cell.by == "quote" else text
        marks = "".join(map(self.cite, cell.evidence[: 2 if cell.state == "conflict" else 1]))
        return (
            f"{'no: ' if cell.state == 'denied' and cell.by != 'table' and not cell.is_doubtful else ''}{text} {marks}"
        )

    def _quotes(self) -> list[str]:
        """The sentences behind the cells, folded away: whoever reads Markdown opens them."""
        if self.grid is None:
            return []
        lines = [
            f"- **{artifact.label}**: {' '.join(self.quote(item) for item in cell.evidence)}"
            for row in self.grid.cells
            for artifact, cell in zip(self.grid.artifacts, row, strict=True)
            if cell.by != "table" and cell.state != "silent"
        ]
        if not lines:
            return []
        return ["<details><summary>Quotes</summary>\n\n" + "\n".join(dict.fromkeys(lines)) + "\n\n</details>"]

    def _citation(self, evidence: Evidence, number: int) -> Citation:
        label = self.library.get(evidence.artifact).label if evidence.artifact else ""
        source = evidence.source
        return Citation(
            number, label, evidence.evidence_class, evidence.quote, source.file, source.start, source.end,
            evidence.context or evidence.quote,
        )  # fmt: skip


def _number(citation: Citation) -> int:
    return citation.number


def _renumbered(text: str, new: Mapping[int, int]) -> str:
    """A text whose markers [n] have the new numbers."""
    return _MARKER.sub(lambda found: f"[{new.get(int(found[1]), int(found[1]))}]", text)


def _renumbered_grid(grid: Grid | None, new: Mapping[int, int]) -> Grid | None:
    if grid is None or all(old == number for old, number in new.items()):
        return grid
    cells = tuple(
        tuple(
            replace(c, text=_renumbered(c.text, new), citations=tuple(new[number] for number in c.citations))
            for c in row
        )
        for row in grid.cells
    )
    return replace(grid, cells=cells)


# Words of a part of a shortened clause, and what a gap in it has to be worth: a figure that it keeps.
_SHORTEST_RUN, _WORTH_A_GAP = 4, 0.59


def shorten(text: str, most: int = MOST_WORDS, about: str = "") -> str:
    """At most so many words of a clause; what is left out is shown to be.

    Kept are the words that say most of what is asked (`about`), figures before others.
    """
    words = text.split()
    if len(words) <= most:
        return text.rstrip(".")
    asked = content_stems(about)
    figures = [any(char.isdigit() for char in word) for word in words]
    # What a figure counts stands behind it: "36 months".
    units = [False, *figures[:-1]]
    worth = [
        bool(asked & content_stems(word)) + 0.6 * figure + 0.2 * unit
        for word, figure, unit in zip(words, figures, units, strict=True)
    ]
    sums = [sum(worth[first : first + most]) for first in range(len(words) - most + 1)]
    best = [place for place, value in enumerate(sums) if value == max(sums)]
    # Of several such runs the middle one: what counts has its words around it.
    first = best[len(best) // 2] if about and max(sums) > sums[0] else 0
    runs = [(first, first + most)]
    if about and (apart := _two_runs(worth, most)) and apart[0] >= sums[first] + _WORTH_A_GAP:
        runs = apart[1]
    kept = " … ".join(" ".join(words[start:end]).rstrip(",;:.") for start, end in runs)
    return f"{'… ' if runs[0][0] else ''}{kept}{' …' if runs[-1][1] < len(words) else ''}"


def _two_runs(worth: Sequence[float], most: int) -> tuple[float, list[tuple[int, int]]] | None:
    """The two runs of words, `most` together, that are worth most, and how much: "Counts loans … for 36 months"."""
    sums = [0.0, *accumulate(worth)]
    found: tuple[float, list[tuple[int, int]]] | None = None
    for length in range(_SHORTEST_RUN, most - _SHORTEST_RUN + 1):
        rest, first = most - length, 0
        for second in range(length + 1, len(worth) - rest + 1):
            # The best first run that ends before the word before the second.
            start = second - 1 - length
            if sums[start + length] - sums[start] > sums[first + length] - sums[first]:
                first = start
            value = sums[first + length] - sums[first] + sums[second + rest] - sums[second]
            if found is None or value > found[0]:
                found = (value, [(first, first + length), (second, second + rest)])
    return found


def in_full(cell: DraftCell, most: int) -> str:
    """A cell's words where there is room for more than in a grid: its whole sentence, or the clause that counts."""
    if cell.by != "quote" or cell.judged is None or not cell.evidence:
        return cell.text
    sentence = cell.evidence[0].quote
    if len(sentence.split()) <= most:
        return sentence.rstrip(".")
    return shorten(cell.judged.clause, most, cell.judged.criterion.query)


def _in_table(text: str) -> str:
    """Text that cannot end a cell of a Markdown table."""
    return re.sub(r"\s+", " ", text.replace("|", "\\|"))


def _key(evidence: Evidence) -> tuple[str, str, int, int, str]:
    # Two artifacts of one page share the span of a table row: the artifact belongs to the key.
    return evidence.artifact, evidence.source.file, evidence.source.start, evidence.source.end, evidence.quote
