"""The parts of a record as small tables and lines, for every form that people read."""

from __future__ import annotations

from collections.abc import Sequence

from sidebyside.records import Cell, DecisionRecord, KeptArtifact, OwnCell, RecordedAnswer, Table
from sidebyside.records.matches import counted, headed

# What stands before a cell's text, so that its state is told in words.
STATES = {"stated": "", "denied": "no: ", "silent": "not stated", "conflict": "pages disagree: "}


def answer_table(answer: RecordedAnswer) -> Table | None:
    """The cells of an answer: criteria down and artifacts across, of a need artifacts down, best first."""
    grid = answer.grid
    if grid is None:
        return answer.table
    if answer.kind == "question":
        rows = [(name, *map(cell_text, row)) for name, row in zip(grid.criteria, grid.cells, strict=True)]
        return Table(("", *grid.artifacts), tuple(rows))
    wishes = answer.wishes if len(answer.wishes) == len(grid.criteria) else ()
    rows = [
        (
            f"{label} (meets {counted([row[column].state for row in grid.cells], wishes)})",
            *(cell_text(row[column]) for row in grid.cells),
        )
        for column, label in enumerate(grid.artifacts)
    ]
    return Table(("", *(map(headed, wishes) if wishes else grid.criteria)), tuple(rows))


def cell_text(cell: Cell) -> str:
    """A cell in words, its state first where it is not plainly stated."""
    if cell.state == "silent":
        return STATES["silent"]
    said = STATES[cell.state]
    return cell.text if said and cell.text.casefold().startswith(said.rstrip(": ")) else said + cell.text


def fact_table(artifacts: Sequence[KeptArtifact]) -> Table:
    """The shortlist with the rows of the pages' tables; of values on which pages differ, each with its page."""
    labels = dict.fromkeys(fact.label for artifact in artifacts for fact in artifact.facts)
    rows = [(label, *(_values(artifact, label) for artifact in artifacts)) for label in labels]
    return Table(("", *(artifact.label for artifact in artifacts)), tuple(rows))


def _values(artifact: KeptArtifact, label: str) -> str:
    facts = [fact for fact in artifact.facts if fact.label == label]
    values = list(dict.fromkeys(fact.value for fact in facts))
    if len(values) < 2:
        return values[0] if values else "not stated"
    return " / ".join(f"{fact.value} ({fact.source.file})" for fact in facts)


def own_table(own: Sequence[OwnCell]) -> Table:
    """What the reader adds, a line each."""
    return Table(("artifact", "criterion", "the reader's own"), tuple((c.artifact, c.criterion, c.text) for c in own))


def wishes_table(answer: RecordedAnswer) -> Table:
    """How many artifacts each wish of a need rules out."""
    wishes = answer.grid.criteria if answer.grid is not None else ()
    rows = zip(wishes, (f"{number} of {answer.total}" for number in answer.excludes), strict=False)
    return Table(("wish", "rules out"), tuple(rows))


def made_with(record: DecisionRecord) -> str:
    """When it was recorded, and with which versions of program, index and model."""
    generations = dict.fromkeys(answer.generation for answer in record.answers if answer.generation)
    models = dict.fromkeys(answer.model for answer in record.answers if answer.model)
    parts = [
        f"Recorded {record.created[:16].replace('T', ' ')} UTC",
        f"sidebyside {record.product}",
        f"index {', '.join(generations)}" if generations else "",
        f"model {', '.join(models)}" if models else "without a language model",
    ]
    return " · ".join(filter(None, parts))
