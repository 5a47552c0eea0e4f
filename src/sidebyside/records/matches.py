"""What a need is matched with, and what wishes have led to here: the match, and the counts of the local match graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sidebyside.records.answers import Cell, CellState, Citation, Grid, Table
from sidebyside.records.questions import Wish

# Artifacts that a match shows unless more are asked for, and at most. A comparison has at most SHOWN of them.
SHOWN, MOST_SHOWN = 12, 100
# Criteria in words that one grid has rows for.
MOST_CRITERIA = 20


@dataclass(frozen=True, slots=True)
class MatchedArtifact:
    """One artifact beside a need: how many wishes its pages meet, deny, and say nothing of.

    A wish on which pages disagree is none of the three.
    """

    id: str
    label: str
    type: str
    met: int
    denied: int
    silent: int


@dataclass(frozen=True, slots=True)
class Match:
    """A need beside the library.

    `artifacts` come best first: by the weight of what they meet, nice wishes last, then by how sure that is. `grid` has
    the wishes as criteria and these artifacts across; numbers in it point into `citations`. A cell of a "not" is
    `stated` where pages deny its words, `denied` where they state them. `excludes` counts for each wish how many of the
    `total` artifacts it rules out: by a "must", as their pages deny it or do not state it, by a "not", as they state
    it, by a "nice" none. `without` holds for each wish the labels of those shown that keep all others that rule out.
    `text` says the point in Markdown with [n]; `notes` tell what was read otherwise than it may have been meant.
    `asked` holds the wishes as they were read, with their roles and weights: a match of these is the same match.
    `excluded` are the labels of artifacts that were left out, `among` of those that alone were looked at.
    """

    need: str
    wishes: tuple[str, ...]
    artifacts: tuple[MatchedArtifact, ...]
    grid: Grid
    excludes: tuple[int, ...]
    without: tuple[tuple[str, ...], ...] = ()
    citations: tuple[Citation, ...] = ()
    total: int = 0
    text: str = ""
    notes: tuple[str, ...] = ()
    generation: str = ""
    asked: tuple[Wish, ...] = ()
    excluded: tuple[str, ...] = ()
    among: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """Artifacts down, wishes across, best first: for people."""
        rows = (
            (f"{artifact.label} ({self.counted(place)})", *(_shown(row[place]) for row in self.grid.cells))
            for place, artifact in enumerate(self.artifacts)
        )
        return Table(("", *(map(headed, self.asked) if self.asked else self.wishes)), tuple(rows))

    def counted(self, place: int) -> str:
        """How much the artifact at this place meets: "2 of 3", nice wishes apart: "2 of 2, nice 1 of 1"."""
        return counted([row[place].state for row in self.grid.cells], self.asked)

    def to_dict(self) -> dict[str, Any]:
        """The match as plain JSON types."""
        return asdict(self)


def counted(states: Sequence[CellState], wishes: Sequence[Wish]) -> str:
    """How many of these wishes are met, by the states of their cells; without wishes, all are musts."""
    roles = [wish.role for wish in wishes] or ["must"] * len(states)
    nice = [state for state, role in zip(states, roles, strict=True) if role == "nice"]
    needed = [state for state, role in zip(states, roles, strict=True) if role != "nice"]
    parts = [f"{needed.count('stated')} of {len(needed)}"] if needed else []
    parts += [f"nice {nice.count('stated')} of {len(nice)}"] if nice else []
    return ", ".join(parts)


def headed(wish: Wish) -> str:
    """A wish with its role and weight, where these are not the plain ones."""
    role = "nice: " if wish.role == "nice" else ""
    return f"{role}{wish.said}{f' (×{wish.weight:g})' if wish.weight != 1 else ''}"


@dataclass(frozen=True, slots=True)
class LedTo:
    """What met a wish: an artifact (its id), the capability that says so ("" where a table row does), and how often."""

    artifact: str
    capability: str
    times: int


@dataclass(frozen=True, slots=True)
class AskedWish:
    """A wish as it was asked here: how often, when last (UTC, ISO), and what it led to, most often first.

    `lacking` tells that nothing in the library met it when it was last asked.
    """

    text: str
    times: int
    last: str
    lacking: bool = False
    led_to: tuple[LedTo, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """The local match graph of one library: its wishes, last asked first.

    `counting` tells whether new ones are counted; `notices` what could not be read or counted, in words.
    """

    counting: bool
    wishes: tuple[AskedWish, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[AskedWish, ...]:
        """What the library lacks: the wishes that found nothing when they were last asked, most often asked first."""
        return tuple(sorted((wish for wish in self.wishes if wish.lacking), key=lambda wish: -wish.times))

    def times(self) -> dict[str, int]:
        """Artifact id -> how often it met a wish here; artifacts that met none are left out."""
        counted: Counter[str] = Counter()
        for wish in self.wishes:
            for led in wish.led_to:
                counted[led.artifact] += led.times
        return dict(counted)

    def met_by(self, artifact: str) -> tuple[tuple[str, int], ...]:
        """(wish, times) for what the artifact with this id met here, most often first."""
        met = [(w.text, sum(led.times for led in w.led_to if led.artifact == artifact)) for w in self.wishes]
        return tuple(sorted((item for item in met if item[1]), key=lambda item: -item[1]))

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain JSON types."""
        return asdict(self)


def _shown(cell: Cell) -> str:
    """A cell in a few words, its state first where it is not plainly met."""
    if cell.state == "silent":
        return "not stated"
    said = {"stated": "", "denied": "not met: ", "conflict": "pages disagree: "}[cell.state]
    return said + cell.text
