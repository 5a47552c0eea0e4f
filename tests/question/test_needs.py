"""Needs in free words are taken apart into wishes."""

from __future__ import annotations

import pytest

import invented
from sidebyside.encoding.understanding import Understanding
from sidebyside.question.needs import read_need
from sidebyside.question.reading import Reading
from sidebyside.question.rows import RowFinder
from sidebyside.records import Filter
from sidebyside.settings import Settings

pytestmark = pytest.mark.integration

KESTREL, MARTEN = invented.artifact_id("Kestrel 7B"), invented.artifact_id("Marten Studio")
FREE = Filter("Pricing", "=", "Free")


@pytest.fixture(scope="module")
def read(encoder):
    assert encoder is not None  # the real one has to be installed
    library, models = invented.library(), Understanding(Settings.load())
    using = Reading(library, invented.names(), RowFinder(library.labels, models), models.reader)
    return lambda text: read_need(text, using)


@pytest.mark.parametrize(
    ("need", "texts", "conditions"),
    [
        (
            "offline on a phone, answers questions about pictures, free, licence that allows selling",
            ["offline on a phone", "answers questions about pictures", "licence that allows selling"],
            [FREE],
        ),
        (
            "nightly backups, pager alerts, encrypted storage",
            ["nightly backups", "pager alerts", "encrypted storage"],
            [],
        ),
        ("- runs offline\n- free\n- searches code", ["runs offline", "searches code"], [FREE]),
        ("offline, rank above 40, code search", ["offline", "code search"], [Filter("UnfragileRank", ">", "40")]),
        ("transcribes speech and is free", ["transcribes speech"], [FREE]),
        ("fast and free", ["fast"], [FREE]),
        (
            "I need something that runs offline and searches source code and costs nothing",
            ["runs offline", "searches source code"],
            [FREE],
        ),
        (
            "schedule backups, send alerts and encrypted storage",
            ["schedule backups", "send alerts", "encrypted storage"],
            [],
        ),
        ("black and white pictures", ["black and white pictures"], []),
        (
            "must run offline; nice: code search; not paid",
            ["run offline", "code search"],
            [Filter("Pricing", "!=", "Paid")],
        ),
        ("a model that transcribes recorded speech", ["transcribes recorded speech"], [Filter("Type", "=", "Model")]),
        ("a repository, not an API", [], [Filter("Type", "=", "Repository"), Filter("Type", "!=", "API")]),
        ("popular, cheap", [], [Filter("Adoption", ">", "0"), FREE]),
        ("latency below 500 ms, speech", ["latency below 500 ms", "speech"], []),
        ("free, context of at least 64K tokens", ["context of at least 64K tokens"], [FREE]),
        ("compresses clips within 200 milliseconds, free", ["compresses clips within 200 milliseconds"], [FREE]),
        ("we are a small clinic with old laptops, speech, for a school project", ["speech"], []),
        ("speech in more than 10 languages", ["speech in more than 10 languages"], []),
        ("It should be free. It should draw maps.", ["draw maps"], [FREE]),
    ],
)
def test_each_wish_is_one_criterion_or_condition(read, need, texts, conditions):
    question = read(need)
    assert [criterion.text for criterion in question.criteria] == texts
    assert list(question.filters) == conditions


def test_what_is_bounded_is_looked_for_without_its_bound(read):
    assert [criterion.query for criterion in read("context of at least 64K tokens").criteria] == ["context of tokens"]


def test_names_leave_out_or_choose_among_several(read):
    assert read("transcribes speech, not Kestrel 7B").excluded == (KESTREL,)
    assert read("transcribes speech").artifacts == ()
    assert read("Kestrel 7B or Marten Studio: transcribes speech, free").artifacts == (KESTREL, MARTEN)


@pytest.mark.parametrize("need", ["hello", "thanks!", "how are you?", "???", "Osprey Index", ", ,"])
def test_what_asks_nothing_is_no_wish(read, need):
    question = read(need)
    assert (question.criteria, question.filters) == ((), ())


def test_small_talk_beside_wishes_is_left_out(read):
    assert [criterion.text for criterion in read("hello, maps, thanks").criteria] == ["maps"]


def test_another_language_is_told(read):
    assert read("etwas das offline läuft und Quellcode durchsucht und nichts kostet").language == "de"
