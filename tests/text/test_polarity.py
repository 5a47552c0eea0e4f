"""Polarity: what a sentence denies, and which words are each other's opposite."""

from __future__ import annotations

import pytest

from sidebyside.text.polarity import NEGATIONS, OPPOSITES, asks_for_absence, denied_stems, denies, negations
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


@pytest.mark.parametrize(
    ("asked", "said", "told"),
    [
        # The very words, negated.
        ("monitors servers", "It does not monitor servers.", True),
        ("works offline", "There is no offline mode.", True),
        ("monitors servers", "It monitors servers, but does not raise alarms.", None),
        ("monitors servers", "Does not monitor printers.", None),
        # An absence is denied by what requires the thing, and no negation of the thing denies it.
        ("works offline", "Needs a constant internet connection, as every request goes to a remote server.", True),
        ("works offline", "Runs on the local machine, with no network connection at any time.", False),
        ("needs no account", "An account has to be created first.", True),
        ("needs no account", "No registration is asked for.", False),
        ("runs without a graphics card", "Ordinary processors are enough.", None),
        ("works offline", "A connection is needed only for activation.", None),
        ("ad-free", "The free plan is ad-free, and needs an account.", False),
        # Requiring something denies nothing that is asked for as a thing.
        ("integrates with Slack", "Requires a Slack workspace.", None),
    ],
)
def test_a_negation_counts_by_what_is_asked(asked, said, told):
    assert denies(asked, said) is told


@pytest.mark.parametrize(
    ("text", "absence"),
    [("works offline", True), ("no login", True), ("ad-free", True), ("not only for doctors", False), ("free", False)],
)
def test_who_asks_for_an_absence_is_told_from_who_asks_for_a_thing(text, absence):
    assert asks_for_absence(text) is absence
