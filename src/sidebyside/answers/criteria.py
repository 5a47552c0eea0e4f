"""Criteria in words of one's own beside artifacts of one's own choice: the grid of what their pages say.

Every criterion is one row under its own words, whatever it is read as: a table row, a condition on one, or texts.
"""

from __future__ import annotations

from collections.abc import Sequence

from sidebyside.answers.compose import Evidences, fill_rows
from sidebyside.answers.draft import Draft
from sidebyside.answers.matching import decided, rows_of
from sidebyside.records import Artifact, Library, Question, ReadWish
from sidebyside.text.words import join_names


def answer_rows(
    criteria: Sequence[ReadWish], artifacts: Sequence[Artifact], library: Library, sources: Evidences
) -> Draft:
    """The grid of these criteria (at most MOST_CRITERIA) and artifacts, with nothing said above it."""
    rows = [row for read in criteria for row in rows_of([read])[:1]]
    named = join_names(artifact.label for artifact in artifacts)
    draft = Draft(Question(f"Compare {named} on {join_names(read.wish.text for read in criteria)}", "compare"), library)
    fill_rows(draft, artifacts, [row.asks for row in rows], sources)
    grid = draft.grid
    assert grid is not None
    grid.criteria = [read.wish.text for read in criteria]
    grid.cells = [[decided(cell, row) for cell in cells] for cells, row in zip(grid.cells, rows, strict=True)]
    draft.name(artifacts)
    states = [cell.state for cells in grid.cells for cell in cells]
    silent = states.count("silent")
    draft.status = "answered" if not silent else "partial" if silent < len(states) else "not_found"
    return draft
