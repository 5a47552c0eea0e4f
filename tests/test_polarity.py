"""Polarity: what a sentence denies, and which words are each other's opposite."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidebyside.polarity import NEGATIONS, OPPOSITES, denied_stems, denies, negations
from sidebyside.words import stem


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
    ("text", "word", "denied"),
    [
        ("Does not support watermarking of pictures.", "watermarking", True),
        ("Supports watermarking of pictures.", "watermarking", False),
        ("Edits pictures; watermarking is not offered.", "watermarking", True),
        ("Edits pictures; watermarking is not offered.", "pictures", False),
        ("Watermarking is on by default and cannot mark videos with a watermark.", "watermarking", False),
        ("Watermarking is built in, while videos lack captions.", "watermarking", False),
        ("Edits pictures without an account.", "brewing", False),
    ],
)
def test_a_sentence_denies_what_it_names_only_where_it_negates(text, word, denied):
    assert denies(text, {stem(word)}) is denied


@given(st.text(max_size=60))
def test_a_sentence_denies_nothing_that_is_not_asked(text):
    assert not denies(text, set())


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
