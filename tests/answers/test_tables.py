"""Lanes for tables and verdicts: rows, conflicts, and what pages conclude against what they show."""

from __future__ import annotations

import re

import pytest

import invented
from invented import assert_cited, assert_says, quotes_of
from sidebyside import Assistant

KESTREL, MARTEN, OSPREY = "Kestrel 7B", "Marten Studio", "Osprey Index"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, encoder):
    assert encoder is not None  # the real one has to be installed
    with Assistant.open(invented.real_index(tmp_path_factory), model="none") as opened:
        yield opened


# All ranks, highest first, both values where pages disagree.
ORDER = [
    (MARTEN, "UnfragileRank: 58/100"),
    (OSPREY, "UnfragileRank: 52/100"),
    (KESTREL, "UnfragileRank: 44/100"),
    (KESTREL, "UnfragileRank: 41/100"),
    ("Lantern (Model)", "UnfragileRank: 30/100"),
    ("Lantern (Product)", "UnfragileRank: 30/100"),
]


@pytest.mark.parametrize(
    ("question", "says", "cited"),
    [
        ("Is Kestrel 7B free?", ["Yes", KESTREL, "Free"], [(KESTREL, "Pricing: Free")]),
        ("Is Marten Studio free?", ["No", MARTEN, "Paid"], [(MARTEN, "Pricing: Paid")]),
        ("What type is Osprey Index?", [OSPREY, "Repository"], [(OSPREY, "Type: Repository")]),
        ("How many capabilities does Marten Studio have?", [MARTEN, "3"], [(MARTEN, "Capabilities: 3 decomposed")]),
        (
            "What is the rank of Kestrel 7B?",
            ["44/100", "41/100", "kestrel-vs-lantern.txt", "kestrel-vs-marten.txt"],
            [(KESTREL, "UnfragileRank: 44/100"), (KESTREL, "UnfragileRank: 41/100")],
        ),
        (
            "Which has the better adoption, Kestrel 7B or Marten Studio?",
            [KESTREL, MARTEN, "same", "1"],
            [(KESTREL, "Adoption: 1"), (MARTEN, "Adoption: 1")],
        ),
        ("Which artifact has the highest UnfragileRank?", [MARTEN, "58/100"], [(MARTEN, "UnfragileRank: 58/100")]),
        ("put all of them in order of rank", [MARTEN, "58/100", "Behind it"], ORDER),
        ("list the repositories", [OSPREY], [(OSPREY, "Type: Repository")]),
        ("models ranked above 43", [KESTREL], [(KESTREL, "Type: Model"), (KESTREL, "UnfragileRank: 44/100")]),
    ],
)  # fmt: skip
def test_tables_answer_with_their_rows(assistant, question, says, cited):
    answer = assistant.answer(question)
    assert answer.status == "answered"
    assert_says(answer, *says)
    assert [(citation.artifact, citation.quote) for citation in answer.citations] == cited
    assert {citation.evidence_class for citation in answer.citations} == {"fact"}
    assert_cited(answer)


def test_the_higher_rank_wins_and_a_table_shows_all_rows(assistant):
    answer = assistant.answer("Which ranks higher, Kestrel 7B or Marten Studio?")
    assert answer.text.index(MARTEN) < answer.text.index(KESTREL)
    assert quotes_of(answer, MARTEN) == ["UnfragileRank: 58/100"]
    assert answer.table.header == ("", KESTREL, MARTEN)
    assert ("Pricing", "Free", "Paid") in answer.table.rows


def test_compared_prices_come_with_the_figures_of_the_texts(assistant):
    answer = assistant.answer("Which is cheaper, Kestrel 7B or Marten Studio?")
    assert "The Team plan is $12/mo for every seat." in quotes_of(answer, MARTEN)
    assert "Pricing: Free" in quotes_of(answer, KESTREL)
    assert_cited(answer)


def test_a_count_is_the_number_of_artifacts(assistant):
    answer = assistant.answer("How many artifacts do you have?")
    assert re.search(r"\b5\b", answer.text)
    assert len(answer.citations) == 5
    assert_cited(answer)


def test_one_name_for_two_is_answered_for_both_with_a_note(assistant):
    answer = assistant.answer("What type is Lantern?")
    assert quotes_of(answer, "Lantern (Model)") == ["Type: Model"]
    assert quotes_of(answer, "Lantern (Product)") == ["Type: Product"]
    assert any("Lantern (Model)" in note and "Lantern (Product)" in note for note in answer.notes)


def test_a_name_outside_the_library_is_missed_in_a_ranking(assistant):
    answer = assistant.answer("Which has the higher rank: Kestrel 7B, Marten Studio or Falconer?")
    assert answer.status == "partial"
    assert_says(answer, "58/100", "Falconer")


# --- conflicts and verdicts ------------------------------------------------------------------------------------------


def test_conflicting_values_come_with_both_pages(assistant):
    answer = assistant.answer("Do the pages agree on Kestrel 7B?")
    assert_says(answer, "44/100", "41/100", "kestrel-vs-lantern.txt", "kestrel-vs-marten.txt")
    assert {citation.source for citation in answer.citations} == {"kestrel-vs-lantern.txt", "kestrel-vs-marten.txt"}
    assert_cited(answer)


def test_agreement_is_said(assistant):
    assert "agree" in assistant.answer("Do the pages agree on Osprey Index?").text
    answer = assistant.answer("Do the pages agree on the pricing of Kestrel 7B?")
    assert quotes_of(answer, KESTREL) == ["Pricing: Free"]


def test_an_answer_that_rests_on_conflicting_rows_has_a_note(assistant):
    notes = assistant.answer("Which ranks higher, Kestrel 7B or Marten Studio?").notes
    assert any("44/100" in note and "41/100" in note and "kestrel-vs-marten.txt" in note for note in notes)
    assert not any("44/100" in note for note in assistant.answer("Is Kestrel 7B free?").notes)


def test_a_verdict_is_quoted_and_held_against_its_table(assistant):
    answer = assistant.answer("Is the verdict on Kestrel 7B and Marten Studio right?")
    verdict = next(citation for citation in answer.citations if citation.evidence_class == "verdict")
    assert verdict.quote.startswith("Marten Studio scores higher at 58/100")
    assert re.search(r"Kestrel 7B leads on Adoption, but its table shows 1 .* 1 ", answer.text)
    assert {"Adoption: 1"} <= set(quotes_of(answer, KESTREL)) & set(quotes_of(answer, MARTEN))
    assert_cited(answer)


def test_a_wrong_verdict_is_noted_wherever_the_two_are_compared(assistant):
    for question in ("Compare Kestrel 7B and Marten Studio", "Which ranks higher, Marten Studio or Kestrel 7B?"):
        assert any("leads on Adoption" in note for note in assistant.answer(question).notes)


def test_without_a_verdict_none_is_made_up(assistant):
    answer = assistant.answer("What is the verdict on Kestrel 7B and Lantern (Product)?")
    assert answer.status == "not_found"
    assert not any(citation.evidence_class == "verdict" for citation in answer.citations)


# --- figures beside classes ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workshop(tmp_path_factory, encoder):
    assert encoder is not None
    with invented.open_assistant(invented.workshop_index(tmp_path_factory)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "cited"),
    [
        (
            "How much does HearthLoom Hub cost?",
            [("HearthLoom Hub", "Starting Price: $12.50/mo"), ("HearthLoom Hub", "Pricing: Paid")],
        ),
        (
            "which is cheaper, HearthLoom Hub or LinguaFinch 3B?",
            [
                ("LinguaFinch 3B", "Starting Price: $9/mo"),
                ("HearthLoom Hub", "Starting Price: $12.50/mo"),
                ("HearthLoom Hub", "Pricing: Paid"),
                ("LinguaFinch 3B", "Pricing: Paid"),
            ],
        ),
        # The row of figures alone where it is named, and the one of classes alone where there are no figures.
        ("what is the starting price of HearthLoom Hub?", [("HearthLoom Hub", "Starting Price: $12.50/mo")]),
        ("what does Relaywright cost?", [("Relaywright", "Pricing: Free")]),
        ("Is HearthLoom Hub free?", [("HearthLoom Hub", "Pricing: Paid")]),
    ],
)
def test_a_row_of_figures_comes_before_the_row_of_classes_it_stands_beside(workshop, question, cited):
    answer = workshop.answer(question)
    assert answer.status == "answered"
    assert [(citation.artifact, citation.quote) for citation in answer.citations] == cited
    assert_cited(answer, invented.WORKSHOP)


def test_what_costs_less_is_decided_by_the_figures(workshop):
    answer = workshop.answer("which is cheaper, HearthLoom Hub or LinguaFinch 3B?")
    assert answer.text.startswith("**LinguaFinch 3B** costs less: $9/mo [1], against $12.50/mo [2]")


@pytest.mark.parametrize(
    "question", ["which have over 45 points", "the ones over 45 out of 100", "which are above 45?"]
)
def test_a_bound_in_points_is_one_on_a_score(workshop, question):
    assert workshop.answer(question).artifacts == ("LinguaFinch 3B", "Relaywright")
