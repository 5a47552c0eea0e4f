"""Facets: what people ask by, in the wording of pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidebyside.facets import find_facets, page_wordings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What does it cost?", "month"),
        ("Which license has it?", "licence"),
        ("Does it work without wifi?", "offline"),
        ("Can I host it on my own servers?", "self-hosted"),
        ("Which is faster?", "latency"),
        ("How much VRAM does it need?", "memory"),
        ("Which handles a longer context?", "tokens"),
    ],
)
def test_a_facet_adds_the_wording_of_pages(text, words):
    assert any(words in facet.wording for facet in find_facets(text))


@pytest.mark.parametrize("text", ["Does it draw maps?", "Which costume fits?", ""])
def test_other_questions_have_no_facet(text):
    assert find_facets(text) == []


def test_two_facets_are_enough():
    assert len(find_facets("cost, license, offline use, speed and memory")) == 2


@given(st.text(max_size=60))
def test_the_same_facet_is_never_found_twice(text):
    wordings = [facet.wording for facet in find_facets(text)]
    assert len(wordings) == len(set(wordings)) <= 2


def test_wordings_can_be_had_ahead_of_time():
    assert {facet.wording for facet in find_facets("price per seat and speed")} <= set(page_wordings())
