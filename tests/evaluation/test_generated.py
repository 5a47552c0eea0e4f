"""Questions generated from a library: what is asked, and that the expected answers follow from the tables."""

from __future__ import annotations

from collections import Counter

import pytest

from making_answers import LIBRARY, answer, cite
from sidebyside.evaluation import generate_questions, judge
from sidebyside.records import Library


def test_generated_questions_depend_on_library_and_seed_only():
    assert generate_questions(LIBRARY, seed=3) == generate_questions(LIBRARY, seed=3)
    assert generate_questions(LIBRARY, seed=3) != generate_questions(LIBRARY, seed=4)


def test_generated_questions_cover_every_kind_with_unique_ids():
    cases = generate_questions(LIBRARY, limit=60)
    assert Counter(case.kind for case in cases).keys() == {"fact", "compare_facts", "library", "not_stated"}
    assert len({case.id for case in cases}) == len(cases) <= 60
    by_id = {case.id: case for case in cases}
    swaps = [case for case in cases if case.swap_of]
    assert swaps
    assert all(by_id[case.swap_of].must == case.must for case in swaps)
    assert all(by_id[case.swap_of].question != case.question for case in swaps)


@pytest.mark.parametrize("limit", [0, 1, 2, 5])
def test_no_more_questions_are_generated_than_asked_for(limit):
    cases = generate_questions(LIBRARY, limit=limit)
    assert limit - 1 <= len(cases) <= limit


def test_generated_answers_follow_from_the_tables():
    cases = generate_questions(LIBRARY, limit=200)
    expected = {case.question: case for case in cases}
    assert expected["How many artifacts are in the library?"].must == (r"\b4\b|\bfour\b",)
    assert expected["How many artifacts of type Model are there?"].must == (r"\b3\b|\bthree\b",)
    assert expected["Which artifact has the highest UnfragileRank?"].cite == ("Lantern (Model)",)
    assert expected["Which artifact of type Model has the highest UnfragileRank?"].cite == ("Lantern (Model)",)
    # Heron's pages say 45 and 52, Wren's 50: neither who is lowest nor who is higher follows.
    assert "Which artifact of type Model has the lowest UnfragileRank?" not in expected
    assert not any(set(case.cite) == {"Heron", "Wren"} for case in cases)
    ranks = next(case for case in cases if case.kind == "fact" and case.must == (r"\b45(?!\w)", r"\b52(?!\w)"))
    assert ranks.cite == ("Heron",)
    assert ranks.quote == (r"UnfragileRank:\ 45/100", r"UnfragileRank:\ 52/100")


def test_a_generated_comparison_accepts_the_winner_and_no_other():
    case = next(case for case in generate_questions(LIBRARY, limit=200) if case.cite == ("Lantern (Model)", "Wren"))
    first, second = cite(1, "Lantern (Model)", "UnfragileRank: 60/100"), cite(2, "Wren", "UnfragileRank: 50/100")
    right = answer("Lantern (Model) ranks higher: 60/100 [1] against 50/100 for Wren [2].", first, second)
    wrong = answer("Wren ranks higher, with 50/100 [2]; Lantern (Model) has 60/100 [1].", first, second)
    assert judge(case, right).passed
    assert not judge(case, wrong).passed


def test_absent_names_are_nowhere_in_the_library():
    cases = [case for case in generate_questions(LIBRARY, limit=200) if case.kind == "not_stated"]
    assert cases
    for case in cases:
        name = case.must[0]
        assert name in case.question
        assert name.casefold() not in "heron lantern wren reads tokens."
        assert judge(case, answer(f"{name} is not in the library.", status="not_found")).passed


def test_an_empty_library_still_gives_a_question():
    (case,) = generate_questions(Library(()))
    assert case.must == (r"\b0\b|\bno\b",)
