"""What comes of asking a record again: cell by cell what is the same, and what changed on the pages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from sidebyside.records.answers import CellState, Status

# "reworded": the same state with the same quotes in other words, which is no change of what pages say.
CellOutcome = Literal["same", "reworded", "changed", "gone", "new"]
PageOutcome = Literal["same", "changed", "moved", "gone", "unknown"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a cell says: its state, its text without numbers of citations, the quotes behind it, and who worded it.

    `by` is as of a `Cell`; what code counts or reads from tables is by "table".
    """

    state: CellState
    text: str
    quotes: tuple[str, ...] = ()
    by: Literal["table", "model", "quote"] = "table"


@dataclass(frozen=True, slots=True)
class CellReplay:
    """One cell then and now; `criterion` and `artifact` are "" for an answer that is text alone.

    `before` is None for a cell that is new, `after` for one that is gone.
    """

    criterion: str
    artifact: str
    outcome: CellOutcome
    before: Told | None
    after: Told | None


@dataclass(frozen=True, slots=True)
class AnswerReplay:
    """A question or need asked again; `text` is today's answer, with the `status` before and after ("" for a need)."""

    asked: str
    outcome: Literal["same", "changed"]
    cells: tuple[CellReplay, ...]
    text: str
    status_before: Status | Literal[""] = ""
    status_after: Status | Literal[""] = ""
    generation: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactReplay:
    """An artifact of the shortlist: the rows of its table then and now; "gone" where the library lacks it today."""

    label: str
    outcome: Literal["same", "changed", "gone"]
    cells: tuple[CellReplay, ...]


@dataclass(frozen=True, slots=True)
class QuoteReplay:
    """A quote of the record on today's pages; `after` is what stands there nearest to it now, "" if nothing does."""

    artifact: str
    source: str
    outcome: Literal["same", "changed", "gone"]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PageReplay:
    """A page of the record today.

    "moved" has the same contents under the name `now`; "unknown" is there, but its hash of then is not known.
    """

    source: str
    outcome: PageOutcome
    sha256_before: str
    sha256_after: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """A record asked again on today's library.

    `same` tells whether all that the record shows still reads so; a page may have changed elsewhere. `notes` tell what
    limits the comparison, such as a model that is not there. `generation` is today's version of the index, `product`
    today's of this package.
    """

    same: bool
    title: str
    created: str
    answers: tuple[AnswerReplay, ...]
    artifacts: tuple[ArtifactReplay, ...]
    quotes: tuple[QuoteReplay, ...]
    pages: tuple[PageReplay, ...]
    notes: tuple[str, ...] = ()
    generation: str = ""
    product: str = ""

    @property
    def cells(self) -> tuple[CellReplay, ...]:
        """All cells of answers and of the shortlist."""
        answers = [cell for answer in self.answers for cell in answer.cells]
        return (*answers, *(cell for artifact in self.artifacts for cell in artifact.cells))

    def to_dict(self) -> dict[str, Any]:
        """The replay as plain JSON types."""
        return asdict(self)
