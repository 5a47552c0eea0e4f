"""Criteria in words of one's own: a row each, under those words."""

from __future__ import annotations

from dataclasses import replace

import pytest

import invented
from sidebyside.errors import SidebysideError

pytestmark = pytest.mark.integration
NAMES = ("Osprey Index", "Kestrel 7B", "Marten Studio")


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, encoder):
    from sidebyside.assistant import Assistant

    assert encoder is not None  # the real one has to be installed
    with Assistant.open(invented.real_index(tmp_path_factory), model="none") as opened:
        yield opened


def test_every_criterion_is_a_row_under_its_own_words(assistant):
    criteria = ["transcribes recorded speech", "free", "at least 64K context", "searches source code, offline"]
    *_, last = assistant.compare_on(NAMES, [*criteria, "free", " "])
    grid = last.answer.grid
    assert grid.criteria == tuple(criteria)
    assert grid.artifacts == NAMES
    states = [[cell.state for cell in row] for row in grid.cells]
    assert states[0] == ["silent", "stated", "stated"]
    assert states[1] == ["stated", "stated", "denied"]
    assert states[2][1] == "denied"
    assert last.type == "answer"
    assert (last.answer.status, last.answer.generation) == ("partial", assistant.generation)
    for citation in last.answer.citations:
        invented.assert_verbatim(citation, invented.PAGES[citation.source])


def test_what_was_compared_is_recorded_and_compared_again(assistant):
    *_, last = assistant.compare_on(NAMES, ["transcribes recorded speech, free", "price"])
    record = assistant.record(last.answer)
    kept = record.answers[0]
    assert [wish.text for wish in kept.wishes] == ["transcribes recorded speech, free", "price"]
    assert kept.among == NAMES
    replay = assistant.replay(record)
    assert (replay.same, len(replay.cells)) == (True, 6)
    assert {cell.outcome for cell in replay.cells} == {"same"}
    gone = replace(record, answers=(replace(kept, among=("Nobody", "Osprey Index")), replace(kept, among=("Nobody",))))
    some, none = assistant.replay(gone).answers
    assert {(cell.artifact, cell.outcome) for cell in some.cells} == {
        ("Osprey Index", "same"),
        ("Kestrel 7B", "gone"),
        ("Marten Studio", "gone"),
    }
    assert {cell.outcome for cell in none.cells} == {"gone"}
    assert none.status_after == "not_found"


@pytest.mark.parametrize(
    ("names", "criteria", "told"),
    [
        ((), ["free"], "a grid takes 1 to 12 artifacts and 1 to 20 criteria"),
        (NAMES, [], "a grid takes 1 to 12 artifacts and 1 to 20 criteria"),
        (NAMES, [f"wish {n}" for n in range(21)], "a grid takes"),
        (("Nobody", "Kestrel 7B"), ["free"], "'Nobody' is not in the library"),
        (NAMES, ["läuft ohne Internet auf dem Handy"], "in English only"),
    ],
)
def test_what_cannot_be_compared_is_told(assistant, names, criteria, told):
    with pytest.raises(SidebysideError, match=told):
        list(assistant.compare_on(names, criteria))
