"""A need beside all artifacts of the library: which wishes each meets, and which wish rules out most.

All artifacts are candidates. Conditions are told from every table; for the texts, retrieval names those that come near,
the judge looks at their best sentences, and the best of them get whole cells. A wish has a role: a "must" has to be
met, a "not" must not be stated, a "nice" puts those in order that keep these equally.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sidebyside.answers.compose import Evidences, condition_state, fill_rows, row_state, said_condition
from sidebyside.answers.draft import Draft, DraftCell, shorten, verbatim
from sidebyside.answers.table_sentences import alternatives
from sidebyside.errors import SidebysideError
from sidebyside.question.conditions import bound_in, with_digits
from sidebyside.question.replies import foreign_reply
from sidebyside.records import (
    SHOWN,
    Artifact,
    CellState,
    Criterion,
    Filter,
    Hit,
    Library,
    Match,
    MatchedArtifact,
    Question,
    ReadWish,
    Role,
    Wish,
)
from sidebyside.text.comparing import meets
from sidebyside.text.quantities import Quantity, find_quantities
from sidebyside.text.values import common_unit
from sidebyside.text.words import content_words, fold_in_place, join_names, stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sidebyside.evidence.retrieval import Retriever

# Artifacts that retrieval names for a wish, those that the judge looks at for all of them, and sentences of each. A
# library of up to _SMALL is looked at whole.
_NEAR, _LOOKED_AT, _FIRST_LOOK, _SMALL = 60, 24, 2, 100
# Wishes of one need: more is no longer a table.
_MOST_WISHES = 8
# From this probability on a wish counts as met. An answer about one artifact quotes from less on: see
# evidence.grid.STATED; most of a library say nothing of a wish, and what comes faintly near it is no reason to take it.
_LIKELY = 0.5
# A cell less sure than _FAINT counts only where its sentence comes near one with which others of the row state the
# wish, from _PLAINLY on (cosine of the pages' vectors). With 48 topics in libraries of 100 artifacts, this took back 74
# of 183 cells that said what no page does, and 24 of 2,283 that were right.
_FAINT, _PLAINLY, _LIKE = 0.7, 0.8, 0.35
# Names in the lead.
_NAMED = 4


def match_need(question: Question, library: Library, sources: Evidences, most: int = SHOWN) -> Match:
    """The library beside a need that `question.needs` has read; at most so many artifacts get cells and are shown.

    Raises SidebysideError where it names nothing that an artifact could meet.
    """
    wanted = _wanted(question)
    draft = Draft(question, library)
    pool = [library.get(a) for a in question.artifacts if a not in question.excluded]
    pool = pool or [a for a in library.artifacts if a.id not in question.excluded]
    looked = _Looked(pool, wanted, sources)
    fill_rows(draft, looked.best(most), [row.asks for row in wanted], sources)
    grid = draft.grid
    assert grid is not None
    grid.criteria = [row.wish.said for row in wanted]
    kept = [_without_faint(cells, sources.retriever) for cells in grid.cells]
    grid.cells = [[decided(cell, row) for cell in cells] for cells, row in zip(kept, wanted, strict=True)]
    wishes = [row.wish for row in wanted]
    columns = {a.id: [row[place] for row in grid.cells] for place, a in enumerate(grid.artifacts)}
    order = sorted(range(len(grid.artifacts)), key=lambda place: _worth(columns[grid.artifacts[place].id], wishes))
    grid.artifacts = [grid.artifacts[place] for place in order]
    grid.cells = [[row[place] for place in order] for row in grid.cells]
    _number(draft, [cell for artifact in grid.artifacts for cell in columns[artifact.id]])
    told = draft.grid_record()
    assert told is not None
    match = Match(
        question.text,
        told.criteria,
        tuple(_matched(artifact, columns[artifact.id]) for artifact in grid.artifacts),
        told,
        tuple(looked.ruled_out(place, columns) for place in range(len(wishes))),
        tuple(_without(place, grid.artifacts, columns, wishes) for place in range(len(wishes))),
        draft.citations,
        len(pool),
        notes=_notes(question, library),
        asked=tuple(wishes),
        excluded=tuple(library.get(artifact).label for artifact in question.excluded),
        among=tuple(library.get(artifact).label for artifact in question.artifacts),
    )
    return replace(match, text=_lead(match))


def _number(draft: Draft, cells: Sequence[DraftCell]) -> None:
    """Number what is cited artifact by artifact, as the table shows it."""
    for cell in cells:
        if cell.state != "silent":
            for item in cell.evidence:
                draft.cite(item)


@dataclass(frozen=True)
class WishRow:
    """A row of the grid: a wish, and the criterion or the conditions that it is."""

    wish: Wish
    asks: Criterion | tuple[Filter, ...]

    @cached_property
    def bound(self) -> _Bound | None:
        return _Bound.of(self.asks.text) if isinstance(self.asks, Criterion) and not self.asks.label else None


def _wanted(question: Question) -> list[WishRow]:
    """The rows of the grid, at most so many: wishes in free words, texts before conditions, then those given apart."""
    if question.language != "en" and question.by == "trained":
        raise SidebysideError(foreign_reply(question.language))
    free = [ReadWish(Wish(c.text, query=c.query, row=c.label), c) for c in question.criteria]
    free += [ReadWish(Wish(c.label), conditions=(c,)) for c in question.filters]
    once: dict[Criterion | tuple[Filter, ...], WishRow] = {}
    # What is said twice counts as it was given apart, with its role.
    for row in [*rows_of(free), *(row for read in question.wishes for row in rows_of([read]))]:
        once[row.asks] = row
    if not once:
        raise SidebysideError(
            "the need names nothing that an artifact could meet; say what it should do or be, "
            "such as: runs offline, answers questions about pictures, free"
        )
    return list(once.values())[:_MOST_WISHES]


def rows_of(read: Sequence[ReadWish]) -> list[WishRow]:
    """Rows of wishes that belong together; conditions are worded as tables have them."""
    rows = [WishRow(one.wish, one.criterion) for one in read if one.criterion]
    if conditions := [(one.wish, condition) for one in read for condition in one.conditions]:
        wish = conditions[0][0]
        for group in alternatives([condition for _, condition in conditions]):
            rows.append(WishRow(replace(wish, text=said_condition(*group), query="", row=""), group))
    return rows


@dataclass
class _Looked:
    """A first look at all artifacts: what their tables say of each wish, and how likely their texts do."""

    pool: Sequence[Artifact]
    rows: Sequence[WishRow]
    sources: Evidences

    def __post_init__(self) -> None:
        tables = [self._table(row.asks) for row in self.rows]
        texts = iter(self._texts([(row.wish, told) for row, told in zip(self.rows, tables, strict=True) if told]))
        # One mapping for each row of the grid, artifact id -> how likely the words of the wish are stated.
        self._likely = [next(texts) if told is None else told for told in tables]

    def best(self, most: int) -> list[Artifact]:
        """The artifacts that meet most, as far as a first look tells."""
        worth = {a.id: (self._worth(a.id, nice=False), self._worth(a.id, nice=True)) for a in self.pool}
        return sorted(self.pool, key=lambda a: (*(-w for w in worth[a.id]), a.label, a.id))[:most]

    def ruled_out(self, place: int, columns: Mapping[str, Sequence[DraftCell]]) -> int:
        """How many artifacts a wish rules out: by their cells, and by the first look where they have none."""
        role, likely = self.rows[place].wish.role, self._likely[place]
        return sum(
            not _keeps(columns[a.id][place].state, role)
            if a.id in columns
            else role != "nice" and (likely.get(a.id, 0.0) >= _LIKELY) == (role == "not")
            for a in self.pool
        )

    def _worth(self, artifact: str, *, nice: bool) -> float:
        """The weight of what an artifact is likely to meet: of nice wishes, or of all others."""
        told = zip(self.rows, self._likely, strict=True)
        return sum(
            row.wish.weight * (1 - p if row.wish.role == "not" else p)
            for row, p in ((row, likely.get(artifact, 0.0)) for row, likely in told)
            if (row.wish.role == "nice") == nice
        )

    def _table(self, asks: Criterion | tuple[Filter, ...]) -> Mapping[str, float] | None:
        """What tables say of a wish, by artifact id; None where texts have to say it."""
        if not isinstance(asks, Criterion):
            return {a.id: _met(condition_state(a, *asks)) for a in self.pool}
        return {a.id: _met(row_state(a, asks.label)) for a in self.pool} if asks.label else None

    def _texts(self, tables: Sequence[tuple[Wish, Mapping[str, float]]]) -> list[Mapping[str, float]]:
        """How likely the texts state each wish that no row answers: of the artifacts that come near any of them."""
        texts = [row.asks for row in self.rows if isinstance(row.asks, Criterion) and not row.asks.label]
        wished = [row.wish for row in self.rows if isinstance(row.asks, Criterion) and not row.asks.label]
        by_id = {artifact.id: artifact for artifact in self.pool}
        ids = by_id.keys()
        retriever = self.sources.retriever
        near: dict[str, float] = {}
        found: list[dict[str, list[Hit]]] = []
        for criterion in texts:
            hits = retriever.across(criterion.wordings, artifacts=_NEAR, each=_FIRST_LOOK)
            found.append({artifact: own for artifact, own in hits.items() if artifact in ids})
        for artifact in sorted(ids if len(ids) <= _SMALL else {a for hits in found for a in hits}):
            for criterion, hits in zip(texts, found, strict=True):
                if artifact not in hits:
                    # What is near in one wish is looked at for the others too.
                    hits[artifact] = retriever.inside(artifact, criterion.wordings, k=_FIRST_LOOK)
            near[artifact] = sum(
                hits[artifact][0].score * _pull(wish)
                for hits, wish in zip(found, wished, strict=True)
                if hits[artifact]
            )
            near[artifact] += sum(told[artifact] * _pull(wish) for wish, told in tables)
        most = _SMALL if len(ids) <= _SMALL else _LOOKED_AT
        kept = sorted(near, key=lambda artifact: (-near[artifact], artifact))[:most]
        return [
            self.sources.grid.chances(criterion, [(by_id[artifact], hits[artifact]) for artifact in kept])
            for criterion, hits in zip(texts, found, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Bound:
    """A bound that a wish states on what texts say: "at least 32K context"."""

    op: str
    figure: Quantity
    stems: frozenset[str]

    @classmethod
    def of(cls, words: str) -> _Bound | None:
        bound, figures = bound_in(words), find_quantities(words)
        if bound is None or len(figures) != 1:
            return None
        return cls(bound[0], figures[0], frozenset(map(stem, content_words(words))))

    def measures(self, figure: Quantity) -> bool:
        """Whether a figure of a text is of the bound's measure: by its unit, or else by the words beside it."""
        if self.figure.unit:
            return common_unit(figure.unit)[0] == common_unit(self.figure.unit)[0]
        return bool(self.stems & figure.nouns)


def _figures(text: str) -> list[Quantity]:
    """The figures of a text, small numbers in words among them."""
    figures = find_quantities(text)
    known = {figure.unit for figure in figures}
    return [*figures, *(f for f in find_quantities(with_digits(fold_in_place(text))) if f.unit not in known)]


def _bounded(cell: DraftCell, bound: _Bound | None) -> DraftCell:
    """A cell of the texts whose wish states a bound: the figure in its quotes decides."""
    if bound is None or cell.state not in ("stated", "denied"):
        return cell
    for item in cell.evidence:
        figures = [figure.text for figure in _figures(item.quote) if bound.measures(figure)]
        met = {meets(figure, bound.op, bound.figure.text) for figure in figures} - {None}
        if met:
            state: CellState = "stated" if met == {True} else "denied" if met == {False} else "conflict"
            text = figures[0] if len(figures) == 1 and figures[0] in item.quote else item.quote
            return replace(cell, state=state, text=shorten(text), evidence=(item,))
    return DraftCell("silent", "", cell.by, (), cell.probability, cell.judged)


def _without_faint(cells: Sequence[DraftCell], retriever: Retriever) -> list[DraftCell]:
    """A row without what comes faintly near its wish, where others state it plainly and it speaks of something else."""
    said = [cell.judged is not None and cell.state in ("stated", "denied") for cell in cells]
    plain = [c for c, says in zip(cells, said, strict=True) if says and c.probability >= _PLAINLY]
    rows = [row for cell in plain if (row := _vector(cell, retriever)) is not None]
    if not rows:
        return list(cells)
    stated = np.stack(rows)

    def is_faint(cell: DraftCell) -> bool:
        row = _vector(cell, retriever) if cell.probability < _FAINT else None
        return row is not None and float((stated @ row).max()) < _LIKE

    return [_silent(c) if says and is_faint(c) else c for c, says in zip(cells, said, strict=True)]


def _vector(cell: DraftCell, retriever: Retriever) -> NDArray[np.float32] | None:
    """The vector of the sentence that decides a cell."""
    best = cell.evidence[0] if cell.evidence else None
    return retriever.vector_of(best.artifact, best.quote) if best else None


def _silent(cell: DraftCell) -> DraftCell:
    """A cell of the texts as not stated."""
    return DraftCell("silent", "", cell.by, (), 1 - cell.probability, cell.judged)


def decided(cell: DraftCell, row: WishRow) -> DraftCell:
    """A cell as its wish has it: by its bound, met only where that is likely, and turned where it must not be."""
    return _turned(_surely(_bounded(cell, row.bound)), row.wish.role)


def _surely(cell: DraftCell) -> DraftCell:
    """A cell of the texts as not stated where that is the likelier."""
    return _silent(cell) if cell.state in ("stated", "denied") and cell.probability < _LIKELY else cell


def _turned(cell: DraftCell, role: Role) -> DraftCell:
    """A cell of a "not": stated where the page denies its words, denied where it states them."""
    if role == "not" and cell.state in ("stated", "denied"):
        cell.state = "denied" if cell.state == "stated" else "stated"
    return cell


def _keeps(state: CellState, role: Role) -> bool:
    """Whether a wish does not rule out an artifact whose cell has this state."""
    return role == "nice" or state == "stated" or (role == "not" and state == "silent")


def _pull(wish: Wish) -> float:
    """How much coming near a wish speaks for looking at an artifact."""
    return wish.weight * {"must": 1.0, "nice": 0.5, "not": 0.0}[wish.role]


def _met(state: CellState) -> float:
    return 1.0 if state == "stated" else 0.5 if state == "conflict" else 0.0


def _worth(cells: Sequence[DraftCell], wishes: Sequence[Wish]) -> tuple[float, ...]:
    """What artifacts are ordered by, best first: the weight of what they keep, then fewest denied, then how sure it is.

    Nice wishes come behind all others, and probabilities last.
    """
    sure = sum(cell.probability for cell in cells if cell.state == "stated")
    # Of what is silent, the one that came nearest.
    near = sum(1 - cell.probability for cell in cells if cell.state == "silent")
    found: list[float] = []
    for nice in (False, True):
        own = [(c.state, w) for c, w in zip(cells, wishes, strict=True) if (w.role == "nice") == nice]
        kept = sum(w.weight for state, w in own if (state == "stated" if nice else _keeps(state, w.role)))
        counts = [sum(w.weight for state, w in own if state == s) for s in ("denied", "conflict", "stated")]
        found += [-kept, counts[0], -counts[1], -counts[2]]
    return (*found, -sure, -near)


def _matched(artifact: Artifact, cells: Sequence[DraftCell]) -> MatchedArtifact:
    states = [cell.state for cell in cells]
    counts = (states.count("stated"), states.count("denied"), states.count("silent"))
    return MatchedArtifact(artifact.id, artifact.label, artifact.type, *counts)


def _without(
    dropped: int, artifacts: Sequence[Artifact], columns: Mapping[str, Sequence[DraftCell]], wishes: Sequence[Wish]
) -> tuple[str, ...]:
    """The artifacts that keep every other wish that rules out, whatever they say of this one; none where none does."""
    others = [place for place, wish in enumerate(wishes) if place != dropped and wish.role != "nice"]
    return tuple(
        artifact.label
        for artifact in artifacts
        if others and all(_keeps(columns[artifact.id][place].state, wishes[place].role) for place in others)
    )


def _lead(match: Match) -> str:
    """Who meets most, what is missing there, which wish rules out most, and what is left without it."""
    total = len(match.wishes)
    met = match.artifacts[0].met if match.artifacts else 0
    if not met:
        nearest = "; what comes nearest is shown" if match.artifacts else ""
        return f"No page in the library states any of this{nearest}."
    top = _standing(match, 0)
    best = [artifact.label for place, artifact in enumerate(match.artifacts) if _standing(match, place) == top]
    all_of_it = "all that it must" if _whole(match, 0) else "most"
    what = "it" if total == 1 else "all of it" if met == total else f"{all_of_it}, {met} of {total} wishes"
    if len(best) == 1:
        told = [f"**{best[0]}** meets {what}.", *_missing(match)]
    else:
        each = "" if met == total else " each"
        told = [f"{_named(best)} meet {what}{each}."]
    return " ".join([*told, *_hardest(match)])


def _standing(match: Match, place: int) -> tuple[float, float]:
    """The weight of what the artifact at this place keeps, and of what is nice about it."""
    told = [(row[place].state, wish) for row, wish in zip(match.grid.cells, match.asked, strict=True)]
    kept = sum(wish.weight for state, wish in told if wish.role != "nice" and _keeps(state, wish.role))
    return kept, sum(wish.weight for state, wish in told if wish.role == "nice" and state == "stated")


def _whole(match: Match, place: int) -> bool:
    """Whether nothing rules out the artifact at this place, where anything could."""
    told = [(row[place].state, wish.role) for row, wish in zip(match.grid.cells, match.asked, strict=True)]
    return any(role != "nice" for _, role in told) and all(_keeps(state, role) for state, role in told)


def _named(labels: Sequence[str]) -> str:
    """Names in bold, the first of many."""
    shown = [f"**{label}**" for label in labels[:_NAMED]]
    return join_names([*shown, f"{len(labels) - _NAMED} more"] if len(labels) > _NAMED else shown)


def _missing(match: Match) -> list[str]:
    states = [row[0].state for row in match.grid.cells]
    kinds = (("denied", "Not met"), ("silent", "Not stated"), ("conflict", "Pages disagree on"))
    named = ((head, [w for w, s in zip(match.wishes, states, strict=True) if s == state]) for state, head in kinds)
    return [f"{head}: {join_names(wishes)}." for head, wishes in named if wishes]


def _hardest(match: Match) -> list[str]:
    """The wish that rules out most, and who meets all the others."""
    if len(match.wishes) < 2:
        return []
    worst = max(range(len(match.wishes)), key=lambda place: match.excludes[place])
    wish, number = match.wishes[worst], match.excludes[worst]
    if not number:
        return []
    told = f"{verbatim(wish)} rules out most: {number} of {match.total}."
    whole = {artifact.label for place, artifact in enumerate(match.artifacts) if _whole(match, place)}
    more = [label for label in match.without[worst] if label not in whole]
    if not more:
        return [told]
    verb = "meets" if len(more) == 1 else "meet"
    return [told, f"Without it {_named(more)} {verb} all the rest."]


def _notes(question: Question, library: Library) -> tuple[str, ...]:
    notes = []
    if question.excluded:
        notes.append(f"Left out: {join_names(library.get(artifact).label for artifact in question.excluded)}.")
    if question.artifacts:
        notes.append(f"Only among those named: {join_names(library.get(a).label for a in question.artifacts)}.")
    if len(question.criteria) + len(question.filters) + len(question.wishes) > _MOST_WISHES:
        notes.append(f"Only the first {_MOST_WISHES} wishes are looked at.")
    return tuple(notes)
