"""Polarity: what a sentence denies, and which words are each other's opposite."""

from __future__ import annotations

import pytest

from sidebyside.text.polarity import NEGATIONS, OPPOSITES, denied_stems, negations
from sidebyside.text.words import stem


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It does not run offline.", {"not"}),
        ("It doesn’t run, nor walk.", {"doesn't", "nor"}),
        ("Works without a network", {"without"}),
        ("Nothing is noted here", set()),
        ("", set()),
    ],
)
def test_negating_words_are_found(text, found):
    assert negations(text) == found


def test_only_the_clause_with_the_negation_denies():
    denied, affirmed = denied_stems("Transcribes speech, but does not draw maps")
    assert stem("maps") in denied
    assert stem("speech") in affirmed
    assert stem("maps") not in affirmed
    assert stem("speech") not in denied


@pytest.mark.parametrize(
    ("one", "other"),
    [("longer", "shorter"), ("free", "paid"), ("online", "offline"), ("more", "fewer"), ("reduce", "increase")],
)
def test_opposites_hold_both_ways_and_in_stems(one, other):
    assert stem(other) in OPPOSITES[stem(one)]
    assert stem(one) in OPPOSITES[stem(other)]


def test_no_word_is_its_own_opposite():
    assert all(word not in opposites for word, opposites in OPPOSITES.items())


def test_negations_are_words_as_texts_are_folded():
    assert all(negations(f"x {word} y") == {word} for word in NEGATIONS)
