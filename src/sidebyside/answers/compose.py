"""Answers about criteria: a lead that says the point, the grid of evidence, and what is not stated.

Figures, rows and counts decide in code; where the difference is one of quality, the lead says what each states and that
the pages do not settle it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sidebyside.answers.draft import MOST_WORDS, Draft, DraftCell, DraftGrid, in_full, shorten, verbatim
from sidebyside.answers.figures import figures_lead
from sidebyside.answers.table_sentences import alternatives, distinct, row_evidence, satisfies
from sidebyside.evidence.figures import find_measures
from sidebyside.evidence.grid import PER_WORD, EvidenceCell, GridFinder, beginning_costs, clauses
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import Artifact, CellState, Criterion, Filter, Question
from sidebyside.text.polarity import asks_for_absence, denied_stems
from sidebyside.text.words import content_stems, join_names

# Artifacts looked at when the whole library is searched, and shown.
_SEARCHED = 20
_FOUND = 8
# Sentences of each that a first look reads.
_FIRST_LOOK = 2
# Candidates of a recommendation that are shown.
_CANDIDATES = 4
# A found artifact is shown while its probability is at least this share of the best one's.
_NEAR_BEST = 0.8
# Where no page states it, the best candidate is shown from this probability on, as the closest match.
_CLOSE = 0.25
# A yes-or-no question is answered so from this probability on; below it, the page is quoted.
_DECIDED = 0.7
# Words of a quote in a lead, which has forty at most.
_ROOM = 26
# Beside a cell this sure, one that only comes nearest leaves an answer partial: of 3,061 questions seven more are right
# so, two fewer; beside .95 three more and none fewer.
_BEYOND_DOUBT = 0.9


# What asks for the one that does more, where the reader has not marked an end.
_CONTEST = re.compile(r"\b(?:better|best|ahead)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Evidences:
    """What text answers are made from."""

    retriever: Retriever
    grid: GridFinder


def answer_criteria(draft: Draft, artifacts: Sequence[Artifact], question: Question, sources: Evidences) -> None:
    """One or several artifacts on one or several criteria: lead, grid, status."""
    criteria = list(question.criteria)
    fill_grid(draft, artifacts, criteria, question, sources)
    grid = draft.grid
    assert grid is not None
    draft.name(artifacts)
    states = [cell.state for row in grid.cells for cell in row]
    silent = states.count("silent")
    draft.status = "answered" if not silent else "partial" if silent < len(states) else "not_found"
    if len(artifacts) == 1:
        _lead_on_one(draft, artifacts[0], question)
    else:
        _lead_on_several(draft, artifacts, question)


def fill_grid(
    draft: Draft,
    artifacts: Sequence[Artifact],
    criteria: Sequence[Criterion],
    question: Question,
    sources: Evidences,
) -> None:
    """The draft's grid: criteria, then the question's conditions."""
    fill_rows(draft, artifacts, [*criteria, *alternatives(question.filters)], sources)


def fill_rows(
    draft: Draft,
    artifacts: Sequence[Artifact],
    wanted: Sequence[Criterion | tuple[Filter, ...]],
    sources: Evidences,
) -> None:
    """The draft's grid, row by row: rows of tables, conditions on them (any of several will do), and judged cells."""
    texts = [row for row in wanted if isinstance(row, Criterion) and not row.label]
    judged = dict(zip([c.query for c in texts], sources.grid.grid(artifacts, texts), strict=True)) if texts else {}
    names, rows = [], []
    for row in wanted:
        if not isinstance(row, Criterion):
            names.append(said_condition(*row))
            rows.append([condition_cell(artifact, *row) for artifact in artifacts])
            continue
        names.append(row.name if len(texts) == 1 and not row.label else row.text)
        if row.label:
            rows.append([row_cell(artifact, row.label) for artifact in artifacts])
        else:
            rows.append([judged_cell(cell) for cell in judged[row.query]])
    draft.grid = DraftGrid(names, list(artifacts), rows)
    looked_at = (cell.judged.evidence if cell.judged else cell.evidence for row in rows for cell in row)
    draft.consult(item for evidence in looked_at for item in evidence)


def judged_cell(cell: EvidenceCell) -> DraftCell:
    """A cell as the judge sees it: the clause that says it."""
    if cell.state == "silent":
        return DraftCell("silent", "", "quote", (), cell.probability, cell)
    return DraftCell(
        cell.state, shorten(cell.clause, about=cell.criterion.query), "quote", cell.evidence, cell.probability, cell
    )


def row_cell(artifact: Artifact, label: str) -> DraftCell:
    """A cell from the table; several values are a conflict."""
    facts = distinct(artifact, label)
    if not facts:
        return DraftCell("silent", "", "table")
    evidence = tuple(row_evidence(artifact, fact) for fact in facts)
    return DraftCell(row_state(artifact, label), " / ".join(fact.value for fact in facts), "table", evidence)


def row_state(artifact: Artifact, label: str) -> CellState:
    """What the table says of a row; several values are a conflict."""
    values = {fact.value for fact in artifact.values(label)}
    return "conflict" if len(values) > 1 else "stated" if values else "silent"


def condition_cell(artifact: Artifact, *conditions: Filter) -> DraftCell:
    """Whether a row meets a condition, or any of several on it."""
    state = condition_state(artifact, *conditions)
    if state == "silent":
        return DraftCell("silent", "", "table")
    cell = row_cell(artifact, conditions[0].label)
    cell.state = state
    return cell


def condition_state(artifact: Artifact, *conditions: Filter) -> CellState:
    """What a row says of a condition, or of any of several on it; "10 seats" says nothing of "at least 1 TB"."""
    values = {fact.value for fact in artifact.values(conditions[0].label)}
    met = {_any(satisfies(value, condition) for condition in conditions) for value in values}
    if not met or None in met:
        return "silent"
    return "conflict" if len(met) > 1 else "stated" if True in met else "denied"


def _any(met: Iterable[bool | None]) -> bool | None:
    """Several conditions of which one will do; one that cannot be told leaves it open."""
    answers = set(met)
    return True if True in answers else None if None in answers else False


def said_condition(condition: Filter, *others: Filter) -> str:
    """ "Pricing: Free", "UnfragileRank > 40"; with `others` of the same row "Pricing: Free or Freemium"."""
    return replace(condition, value=join_names((condition.value, *(other.value for other in others)), "or")).said


def _lead_on_one(draft: Draft, artifact: Artifact, question: Question) -> None:
    """What the pages say of one artifact, criterion by criterion."""
    assert draft.grid is not None
    name = f"**{artifact.label}**"
    told: list[str] = []
    told_of = draft.grid.criteria
    for criterion, (cell,) in zip(told_of, draft.grid.cells, strict=True):
        about = f" on {criterion}" if len(told_of) > 1 else ""
        if cell.state == "silent":
            told.append(f"The pages do not state this for {name}{about}.")
        elif cell.state == "conflict" and len(cell.evidence) > 1:
            told.append(f"The pages about {name} disagree{about}: {_both(draft, cell)}.")
        else:
            answer = _yes_or_no(cell, question)
            words = cell.text if cell.by == "table" else verbatim(in_full(cell, max(MOST_WORDS, _ROOM // len(told_of))))
            claim = "claims" if cell.evidence[0].evidence_class == "claim" else "says"
            begin = f"The page of {name} {claim}{about}" if cell.is_plain else f"What comes nearest for {name}{about}"
            begin = f"{answer}, going by the page of {name}" if answer else begin
            told.append(f"{begin}: {words} {draft.cite(cell.evidence[0])}.")
    draft.blocks.append(" ".join(told))
    if len(told_of) == 1:
        _add_near(draft, draft.grid.cells[0][0], question)


def _add_near(draft: Draft, cell: DraftCell, question: Question) -> None:
    """Where a page does not say it plainly, or neither yes nor no, what else it says stands in sight."""
    open_ = question.polar and not _yes_or_no(cell, question)
    if cell.by == "quote" and cell.state != "silent" and (open_ or not cell.is_plain):
        more = [
            f"- {verbatim(shorten(e.quote, 2 * MOST_WORDS, _about(cell)))} {draft.cite(e)}" for e in cell.evidence[1:]
        ]
        draft.blocks += ["\n".join(more)] if more else []


def _about(cell: DraftCell) -> str:
    return cell.judged.criterion.query if cell.judged else ""


def _yes_or_no(cell: DraftCell, question: Question) -> str:
    """ "Yes" or "No" where that is asked and the cell decides it."""
    if not question.polar or cell.probability < _DECIDED or cell.is_doubtful or _speaks_against(cell):
        return ""
    return "Yes" if (cell.state == "stated") != question.negated else "No"


def _speaks_against(cell: DraftCell) -> bool:
    """Whether what is taken for a statement negates words of what is asked: "benchmark scores are not disclosed"."""
    if cell.state != "stated" or cell.judged is None or asks_for_absence(cell.judged.criterion.query):
        return False
    return bool(denied_stems(cell.judged.clause)[0] & content_stems(cell.judged.criterion.query))


def _both(draft: Draft, cell: DraftCell) -> str:
    return join_names(f"{verbatim(shorten(item.quote, 20))} {draft.cite(item)}" for item in cell.evidence[:2])


def _lead_on_several(draft: Draft, artifacts: Sequence[Artifact], question: Question) -> None:
    """Who, by what, on which criterion; what is not stated; never a winner that nothing decides."""
    assert draft.grid is not None
    if len(draft.grid.criteria) > 1:
        draft.blocks.append(_counted_lead(draft.grid))
        return
    (row,) = draft.grid.cells
    judged = _judged(draft.grid)
    if lead := figures_lead(draft, judged, question) if len(judged) > 1 else "":
        for cell in row:
            _show_figure(cell, question)
        silent = [a for a, cell in zip(artifacts, row, strict=True) if cell.state == "silent"]
        draft.blocks.append(f"{lead} The pages do not state this for {_names(silent, 'or')}." if silent else lead)
        return
    by_state: dict[CellState, list[Artifact]] = {"stated": [], "denied": [], "silent": [], "conflict": []}
    for artifact, cell in zip(artifacts, row, strict=True):
        by_state[cell.state].append(artifact)
    if len(by_state["stated"]) == 1 and not by_state["conflict"]:
        draft.winner = by_state["stated"][0].id
    disagreeing = [
        f"The pages about **{artifact.label}** disagree: {_both(draft, cell)}."
        for artifact, cell in zip(artifacts, row, strict=True)
        if cell.state == "conflict"
    ]
    near = [
        artifact
        for artifact, cell in zip(artifacts, row, strict=True)
        if (cell.state == "stated" and not cell.is_plain) or (cell.state == "denied" and cell.is_doubtful)
    ]
    if not all(cell.is_plain for cell in row) and any(cell.probability >= _BEYOND_DOUBT for cell in judged):
        # Beside a page that says it beyond doubt, what only comes nearest is no answer.
        draft.status = "partial" if draft.status == "answered" else draft.status
    draft.blocks.append(" ".join(filter(None, [_one_lead(by_state, near, len(artifacts), question), *disagreeing])))


def _show_figure(cell: DraftCell, question: Question) -> None:
    """A cell by the clause with the figure that decides, where its text lacks it."""
    if cell.judged is None or not (measures := find_measures(cell.judged, question)):
        return
    figure, evidence = measures[0].quantity.text, measures[0].evidence
    cell.evidence = (evidence, *(item for item in cell.evidence if item != evidence))
    if figure not in cell.text:
        giving = (text for text in clauses(evidence.quote) if figure in text)
        said = min(giving, key=lambda text: _length(text, evidence.quote), default=evidence.quote)
        cell.text = shorten(said, about=figure)


def _length(clause: str, sentence: str) -> float:
    """Words of a clause, and what it costs as much as words that it begins in the middle of its sentence."""
    return len(clause.split()) + beginning_costs(clause, sentence) / PER_WORD


def _one_lead(
    by_state: Mapping[CellState, Sequence[Artifact]], near: Sequence[Artifact], number: int, question: Question
) -> str:
    """`near` are those whose pages do not say it plainly, or neither yes nor no."""
    stated, denied = ([a for a in by_state[state] if a not in near] for state in ("stated", "denied"))
    silent = by_state["silent"]
    parts = []
    if stated and len(stated) == number:
        both = "both" if number == 2 else "all"
        # "How do both stop it" asks for no winner, nor does "which of them reads PDF".
        contest = question.direction or _CONTEST.search(question.text)
        left = "; they do not settle which of them is ahead" if contest else ""
        parts.append(f"The pages of {_names(stated)} {both} state it{left}.")
    elif stated:
        verb = "states" if len(stated) == 1 else "state"
        # One of pages that disagree may state it too.
        only = "" if by_state["conflict"] else "Only "
        parts.append(f"{only}{_names(stated)} {verb} this{' plainly' if near else ''}.")
    if near:
        parts.append(f"What comes nearest is shown for {_names(near)}.")
    if denied:
        parts.append(f"{_names(denied)} {'does' if len(denied) == 1 else 'do'} not, going by {_whose(denied)}.")
    if silent:
        parts.append(f"The pages do not state this for {_names(silent, 'or')}.")
    return " ".join(parts)


def _counted_lead(grid: DraftGrid) -> str:
    """Which artifact states most of what is asked, what is missing, and where that ties."""
    met = {a.id: [c for c, row in zip(grid.criteria, _column(grid, i), strict=True) if row.state == "stated"]
           for i, a in enumerate(grid.artifacts)}  # fmt: skip
    most = max(map(len, met.values()))
    best = [artifact for artifact in grid.artifacts if len(met[artifact.id]) == most]
    total = len(grid.criteria)
    if not most:
        return f"The pages state none of this for {_names(grid.artifacts, 'or')}."
    if len(best) == 1:
        column = _column(grid, grid.artifacts.index(best[0]))
        left = _left_over(grid.criteria, column)
        return f"{_names(best)} meets {'all' if most == total else f'most, {most} of'} {total} points{left}."
    return f"{_names(best)} meet equally many of the {total} points, {most} each; the pages do not settle the rest."


def _left_over(criteria: Sequence[str], column: Sequence[DraftCell]) -> str:
    """What an artifact is not known to meet: "; not stated or not met: a; its pages disagree on b"."""
    missing = [c for c, cell in zip(criteria, column, strict=True) if cell.state in ("silent", "denied")]
    contested = [c for c, cell in zip(criteria, column, strict=True) if cell.state == "conflict"]
    left = f"; not stated or not met: {join_names(missing)}" if missing else ""
    return left + (f"; its pages disagree on {join_names(contested)}" if contested else "")


def _column(grid: DraftGrid, place: int) -> list[DraftCell]:
    return [row[place] for row in grid.cells]


def answer_find(draft: Draft, question: Question, sources: Evidences, allowed: Sequence[Artifact]) -> None:
    """Which artifacts of the library do something, and only those, best first, each with its own words."""
    criteria = list(question.texts)
    candidates = _candidates(draft, question, sources, allowed)
    rows = sources.grid.grid(candidates, criteria) if candidates else []
    columns = list(zip(*rows, strict=True)) if rows else []
    wanted: CellState = "denied" if question.negated else "stated"
    rated = []
    for artifact, column in zip(candidates, columns, strict=True):
        # What may be a denial as well as not is found too, and told as what comes nearest.
        fits = [cell.state == wanted or (cell.state == "denied" and cell.is_doubtful) for cell in column]
        met = sum(fit or cell.state == "conflict" for fit, cell in zip(fits, column, strict=True))
        sure = sum(cell.probability for fit, cell in zip(fits, column, strict=True) if fit)
        rated.append((met, sure, artifact, column))
    rated.sort(key=lambda item: (-item[0], -item[1], item[2].label))
    best = rated[0][0] if rated else 0
    if not best:
        _not_found(draft, question, rated)
        return
    chosen = [item for item in rated if item[0] == best]
    chosen = [item for item in chosen if item[1] >= _NEAR_BEST * chosen[0][1]][:_FOUND]
    artifacts = [item[2] for item in chosen]
    fill_grid(draft, artifacts, criteria, question, sources)
    draft.name(artifacts)
    assert draft.grid is not None
    draft.status = "answered" if best == len(criteria) else "partial"
    if len(artifacts) == 1:
        draft.winner = artifacts[0].id
        cell = next(row[0] for row in draft.grid.cells if row[0].state != "silent")
        conditions = "".join(_met(draft, artifacts[0], question))
        nearest = "" if _says_so(cell) else "What comes nearest: "
        said = f"{verbatim(in_full(cell, _ROOM))} {draft.cite(cell.evidence[0])}"
        lead = f"{nearest}**{artifacts[0].label}**{conditions}: {said}."
        missing = [c for c, row in zip(draft.grid.criteria, draft.grid.cells, strict=True) if row[0].state == "silent"]
        if missing:
            lead += f" Not stated: {join_names(missing)}."
        draft.blocks.append(lead)
    else:
        of = "" if best == len(criteria) else f" of {best} of {len(criteria)} points"
        told = join_names(f"**{a.label}**{''.join(_met(draft, a, question))}" for a in artifacts)
        cells = [cell for row in draft.grid.cells for cell in row if cell.state != "silent"]
        if any(map(_says_so, cells)):
            draft.blocks.append(f"{len(artifacts)} artifacts say so{of} on their pages: {told}.")
        else:
            draft.blocks.append(f"No page says so plainly. What comes nearest{of} is told of {told}.")


def _says_so(cell: DraftCell) -> bool:
    """Whether a cell says it plainly, and is no denial as likely as not."""
    return cell.is_plain and not (cell.state == "denied" and cell.is_doubtful)


def _candidates(draft: Draft, question: Question, sources: Evidences, allowed: Sequence[Artifact]) -> list[Artifact]:
    """The artifacts whose best sentences say most of the criteria, as far as a first look at them tells."""
    ids = {artifact.id for artifact in allowed} - set(question.excluded)
    sure: dict[str, float] = {}
    for criterion in question.texts:
        most: dict[str, float] = {}
        for said in (criterion, *(Criterion(criterion.text, phrase) for phrase in criterion.phrases)):
            found = sources.retriever.across(said.wordings, artifacts=_SEARCHED, each=_FIRST_LOOK)
            for artifact, probability in sources.grid.first_look(said, found).items():
                most[artifact] = max(most.get(artifact, 0.0), probability)
        for artifact in ids & most.keys():
            sure[artifact] = sure.get(artifact, 0.0) + most[artifact]
    best = sorted(sure, key=lambda artifact: (-sure[artifact], artifact))[:_FOUND]
    return [draft.library.get(artifact) for artifact in best]


def _met(draft: Draft, artifact: Artifact, question: Question) -> list[str]:
    """The table rows by which an artifact meets the question's conditions: " (Free [2])"."""
    rows = [
        fact for label in dict.fromkeys(f.label for f in question.filters) for fact in distinct(artifact, label)[:1]
    ]
    told = ", ".join(f"{fact.value} {draft.cite(row_evidence(artifact, fact))}" for fact in rows)
    return [f" ({told})"] if told else []


def _not_found(
    draft: Draft, question: Question, rated: Sequence[tuple[int, float, Artifact, Sequence[EvidenceCell]]]
) -> None:
    """That no page says it, and what comes closest."""
    where = join_names(said_condition(f) for f in question.filters)
    told = [f"looked for “{question.aspect}”", *([f"where {where}"] if where else [])]
    draft.status = "not_found"
    draft.blocks.append(f"No page in the library says this of any artifact ({', '.join(told)}).")
    near = [cell for *_, column in rated for cell in column if cell.evidence and cell.state == "silent"]
    near.sort(key=lambda cell: cell.probability)
    if near and 1 - near[0].probability >= _CLOSE:
        draft.status = "answered"
        draft.blocks = [f"No page says this outright. The closest match is **{near[0].artifact.label}**: "
                        f"{draft.quote(near[0].evidence[0])}"]  # fmt: skip
        draft.name([near[0].artifact])
    draft.consult(cell.evidence[0] for cell in near[:3])


def answer_recommend(draft: Draft, artifacts: Sequence[Artifact], question: Question, sources: Evidences) -> None:
    """The wish taken apart: what each candidate meets, who meets most and why, and what is not stated."""
    fill_grid(draft, artifacts, list(question.criteria), question, sources)
    grid = draft.grid
    assert grid is not None
    order = sorted(range(len(artifacts)), key=lambda i: (-_score(_column(grid, i)), -_sureness(_column(grid, i)), i))
    if len(artifacts) > _CANDIDATES:
        order = order[:_CANDIDATES]
        grid.artifacts = [artifacts[i] for i in order]
        grid.cells = [[row[i] for i in order] for row in grid.cells]
        order = list(range(len(order)))
    draft.name([grid.artifacts[i] for i in order])
    best, total = order[0], len(grid.criteria)
    column = _column(grid, best)
    met = [c for c, cell in zip(grid.criteria, column, strict=True) if cell.state == "stated"]
    ties = [i for i in order if _score(_column(grid, i)) == _score(column)]
    if not met:
        draft.status = "not_found"
        draft.blocks.append(f"The pages state none of what you need for {_names(grid.artifacts, 'or')}.")
        return
    draft.status = "answered" if len(met) == total else "partial"
    name = f"**{grid.artifacts[best].label}**"
    if len(ties) > 1:
        names = _names([grid.artifacts[i] for i in ties])
        points = f" equally much of what you need ({len(met)} of {total} points)" if total > 1 else " what you need"
        lead = f"{names} meet{points}: the pages do not settle it."
    else:
        reasons = join_names(
            f"{cell.text if cell.by == 'table' else verbatim(cell.text)} {draft.cite(cell.evidence[0])}"
            for cell in column
            if cell.state == "stated"
        )
        lead = f"Take {name}: {reasons}."
        draft.winner = grid.artifacts[best].id
    missing = [c for c, cell in zip(grid.criteria, column, strict=True) if cell.state == "silent"]
    against = [c for c, cell in zip(grid.criteria, column, strict=True) if cell.state == "denied"]
    if against:
        lead += f" Not met: {join_names(against)}."
    if missing:
        lead += f" Not stated: {join_names(missing)}."
    if contested := [c for c, cell in zip(grid.criteria, column, strict=True) if cell.state == "conflict"]:
        lead += f" Its pages disagree on {join_names(contested)}."
    draft.blocks.append(lead)


def _score(column: Sequence[DraftCell]) -> float:
    """How much of what is needed is met; what only comes nearest is half of a point."""
    worth = {"stated": 1.0, "denied": -1.0}
    return sum(worth.get(cell.state, 0.0) / (1 if cell.is_plain or cell.state == "denied" else 2) for cell in column)


def _sureness(column: Sequence[DraftCell]) -> float:
    return sum(cell.probability for cell in column if cell.state == "stated")


def _judged(grid: DraftGrid) -> list[EvidenceCell]:
    """The judged cells of a grid of one criterion that say something."""
    return [cell.judged for row in grid.cells for cell in row if cell.judged is not None and cell.state != "silent"]


def _names(artifacts: Sequence[Artifact], last: str = "and") -> str:
    return join_names((f"**{a.label}**" for a in artifacts), last)


def _whose(artifacts: Sequence[Artifact]) -> str:
    return "its page" if len(artifacts) == 1 else "their pages"
