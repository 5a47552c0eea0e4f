"""A reading that was put right is taken as it stands, and what is as it was keeps all that was read of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

import invented
from sidebyside.encoding.understanding import Understanding
from sidebyside.question.correcting import put_right
from sidebyside.question.reading import Reading, read_question
from sidebyside.question.rows import RowFinder
from sidebyside.records import Correction, Filter, Question
from sidebyside.settings import Settings

pytestmark = pytest.mark.integration

KESTREL, MARTEN, OSPREY = (invented.artifact_id(name) for name in ("Kestrel 7B", "Marten Studio", "Osprey Index"))
ASKED = "Which has the longer context, Kestrel 7B or Marten Studio?"


@pytest.fixture(scope="module")
def using(encoder) -> Reading:
    assert encoder is not None  # the real one has to be installed
    library, models = invented.library(), Understanding(Settings.load())
    return Reading(library, invented.names(), RowFinder(library.labels, models), models.reader)


@pytest.fixture
def right(using):
    def corrected(asked: str = ASKED, **chips: tuple[str, ...]) -> Question:
        question = read_question(asked, [], using)
        shown = Correction(
            asked,
            tuple(using.library.get(artifact).label for artifact in question.artifacts),
            tuple(criterion.label or criterion.text for criterion in question.criteria),
            tuple(condition.said for condition in question.filters),
        )
        return put_right(question, "In words", replace(shown, **chips), using)

    return corrected


def test_what_is_as_it_was_keeps_its_reading(right, using):
    before, question = read_question(ASKED, [], using), right()
    assert question == replace(before, text="In words", probability=1.0)
    assert (question.direction, question.criteria) == (1, before.criteria)


def test_a_criterion_more_is_asked_beside_the_ones_that_were(right):
    question = right(criteria=("longer context", "price", "transcribes speech"))
    assert [criterion.label or criterion.text for criterion in question.criteria[1:]] == [
        "Pricing",
        "transcribes speech",
    ]
    assert question.intent == "compare"


def test_every_criterion_stays_when_an_artifact_goes(right):
    question = right(artifacts=("Kestrel 7B",), criteria=("longer context", "transcribes speech"))
    assert question.artifacts == (KESTREL,)
    assert [criterion.text for criterion in question.criteria] == ["longer context", "transcribes speech"]
    assert question.intent == "supports"


def test_an_artifact_is_exchanged_by_part_of_its_name_and_keeps_its_place(right):
    assert right(artifacts=("osprey", "Marten Studio")).artifacts == (OSPREY, MARTEN)
    assert right(artifacts=("Midjourney", "Marten Studio")).unknown == ("Midjourney",)


def test_conditions_are_rows_or_else_criteria(right):
    question = right(conditions=("free", "UnfragileRank > 40", "runs offline"))
    assert question.filters == (Filter("Pricing", "=", "Free"), Filter("UnfragileRank", ">", "40"))
    assert question.criteria[-1].text == "runs offline"


@pytest.mark.parametrize(
    ("artifacts", "criteria", "intent"),
    [
        ((), ("speech",), "find"),
        (("Kestrel 7B",), (), "describe"),
        (("Kestrel 7B",), ("UnfragileRank",), "value"),
        (("Kestrel 7B", "Marten Studio"), (), "overall"),
    ],
)
def test_the_intent_follows_what_is_left(right, artifacts, criteria, intent):
    assert right(artifacts=artifacts, criteria=criteria).intent == intent
