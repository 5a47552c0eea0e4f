"""What is answered and reported: answers with their citations, comparisons, prompts, build reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sidebyside.records.pages import Artifact, EvidenceClass
from sidebyside.records.questions import Evidence

Status = Literal["answered", "partial", "not_found"]
# The `kind` of an answer to no question: artifacts of one's choice on criteria in one's own words.
OWN_CRITERIA = "criteria"


@dataclass(frozen=True, slots=True)
class Citation:
    """What stands behind one [n] of an answer.

    `artifact` is its label; `quote` is verbatim ("UnfragileRank: 45/100" for a table row); `context` is the passage
    around the quote (the quote itself where there is none).
    """

    number: int
    artifact: str
    evidence_class: EvidenceClass
    quote: str
    source: str
    start: int
    end: int
    context: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A small comparison table: header[0] is empty, then one artifact label per column; rows start with their label."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


CellState = Literal["stated", "denied", "silent", "conflict"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one artifact's pages say about one criterion.

    `text` is short Markdown that may hold [n]; `by` tells where it is from: a table row, the LLM (verified against the
    quotes), or a clause of a quote. `citations` are numbers, `probability` (0 to 1) is how sure the state is.
    """

    state: CellState
    text: str
    by: Literal["table", "model", "quote"] = "quote"
    citations: tuple[int, ...] = ()
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Criteria down, artifacts (labels) across: cells[row][column]; `met` counts per artifact the criteria it meets."""

    criteria: tuple[str, ...]
    artifacts: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    met: tuple[int, ...]


def check_shapes(table: Table | None, grid: Grid | None) -> None:
    """Raise ValueError for a table or a grid that is no rectangle: what comes from outside may be anything."""
    if table is not None and any(len(row) != len(table.header) for row in table.rows):
        raise ValueError("a table must have as many cells in every row as in its header")
    if grid is not None:
        width = len(grid.artifacts)
        rows = [len(grid.met), *map(len, grid.cells)]
        if len(grid.cells) != len(grid.criteria) or any(cells != width for cells in rows):
            raise ValueError("a grid must have a row for each criterion and a cell for each artifact")


@dataclass(frozen=True, slots=True)
class Understood:
    """How a question was read.

    `artifacts` holds labels, `unknown` names that the library does not hold, `criteria`, `conditions` and `premise` are
    in words; `language` is ISO 639-1; `by` tells which reader read it. `shown` is one line for people, "" where the
    reading is plain.
    """

    intent: str
    artifacts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    premise: tuple[str, ...] = ()
    language: str = "en"
    by: Literal["trained", "model"] = "trained"
    shown: str = ""


@dataclass(frozen=True, slots=True)
class IndirectLink:
    """How two artifacts that share no page compare all the same: indirectly, through a third, or by meaning alone.

    `first`, `through` and `last` are labels; `through` is "" where no artifact is compared with both. `pages` names one
    that compares `first` with `through` and one that compares `through` with `last`; `claims` holds what such pages
    claim of the first side and of the last, if they do of both. `shared` are capabilities that mean the same, one of
    each in that order. `note` says it in words.
    """

    first: str
    through: str
    last: str
    pages: tuple[str, ...] = ()
    claims: tuple[Evidence, ...] = ()
    shared: tuple[Evidence, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or as much of it as is known so far.

    `text` is Markdown with [n] pointing into `citations`. `artifacts` holds the labels of the artifacts it is about.
    `stats` holds facts_ms, first_sentence_ms, total_ms (milliseconds, None where it did not happen), model_sentences,
    quoted_sentences, rejected_sentences (not supported), repeated_sentences (supported, but only what a shown quote
    says), prompt_tokens, cached_tokens and completion_tokens. `model` is None where no LLM took part. `consulted` holds
    what was read but not cited. `suggestions` are questions that the library can answer next. `grid` is None
    where a question has no criteria, `reading` where nothing was read (an error). `indirect` tells how artifacts that
    share no page compare all the same; `notes` say it too.
    """

    question: str
    text: str
    status: Status
    citations: tuple[Citation, ...] = ()
    artifacts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    table: Table | None = None
    stats: Mapping[str, float | int | None] = field(default_factory=dict)
    model: str | None = None
    kind: str = ""
    generation: str = ""
    consulted: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()
    grid: Grid | None = None
    reading: Understood | None = None
    indirect: tuple[IndirectLink, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain JSON types."""
        data = asdict(self)
        data["stats"] = dict(self.stats)
        return data

    def _repr_markdown_(self) -> str:
        """What a notebook shows for it."""
        from sidebyside.records.display import answer_markdown

        return answer_markdown(self)


@dataclass(frozen=True, slots=True)
class SharedCapability:
    """Capabilities of different artifacts that mean the same.

    `evidence` holds one sentence per artifact; `similarity` is the lowest cosine similarity between two of them.
    """

    evidence: tuple[Evidence, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two or more artifacts side by side.

    `only` maps an artifact's id to sentences for the capabilities that no other has; `verdicts` are the pages' own
    conclusions about these artifacts, `notes` conflicts and contradictions; `indirect` has what links those that share
    no page.
    """

    artifacts: tuple[Artifact, ...]
    table: Table | None
    shared: tuple[SharedCapability, ...]
    only: Mapping[str, tuple[Evidence, ...]]
    verdicts: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()
    indirect: tuple[IndirectLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a streamed answer.

    `type` is "facts" once (the facts lane is done), "sentence" for every verified cell that the LLM adds, and
    "answer" once, last. `answer` is the whole answer so far, `text` what this step added to its Markdown.
    """

    type: Literal["facts", "sentence", "answer"]
    text: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt.

    `reusable` are texts that stand before `content` and come back in other prompts (an artifact's sentences, say): the
    work done for it is kept and used again, as is that for the system message. Keep what comes before it the same too.
    """

    role: Literal["system", "user", "assistant"]
    content: str
    reusable: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole turn."""
        return "".join(self.reusable) + self.content


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What an index build did; `skipped` and `warnings` hold (path, reason) pairs, `formats` pages by format.

    `parsed` counts the pages that were read anew, `embedded` the sentences; `published` is False where nothing had
    changed and `generation` is the one that was live before. Where files were handed over, `taken` names those that are
    in the library now, and `replaced` has (page that was there, file that took its place).
    """

    pages: int
    skipped: tuple[tuple[str, str], ...]
    artifacts: int
    passages: int
    generation: str
    seconds: float
    capabilities: int = 0
    conflicts: int = 0
    formats: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[tuple[str, str], ...] = ()
    parsed: int = 0
    embedded: int = 0
    published: bool = True
    taken: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON types."""
        return asdict(self) | {"formats": dict(self.formats)}
