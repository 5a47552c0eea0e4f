"""Subjects of questions: the classifier's arithmetic, and what it makes of wordings it was not fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from sidebyside import intents
from sidebyside.embedding import load_encoder
from sidebyside.intents import SUBJECTS, features, load_guesser
from sidebyside.settings import DEFAULT_ENCODER, Settings


@pytest.fixture(scope="module")
def guess():
    encoder = load_encoder(Settings.load())
    guesser = load_guesser(DEFAULT_ENCODER, encoder.encode_questions)
    assert guesser is not None
    return guesser


@pytest.mark.parametrize(
    ("text", "named", "subject"),
    [
        ("out of it and it, whichever stands further up the ranking", 2, "rank"),
        ("does anybody get to use it without paying, like at all", 1, "pricing"),
        ("how many things is it able to do according to the table", 1, "capabilities"),
        ("in a nutshell, it against it", 2, "overview"),
        ("we are dropping it, what would fill the hole", 1, "alternatives"),
        ("do your sources tell the same story about it", 1, "conflicts"),
        ("does it keep the order of the notes in a folder", 1, "aspect"),
        ("please compose a haiku about autumn", 0, "outside"),
    ],
)
def test_new_wordings_are_recognised(guess, text, named, subject):
    assert guess(text, named).subject == subject


def test_a_guess_is_a_probability(guess):
    found = guess("is it free", 1)
    assert 0 < found.probability <= 1
    assert found.subject in SUBJECTS


def test_another_encoder_has_no_classifier(tmp_path):
    assert load_guesser(str(tmp_path / "own-encoder"), lambda _: np.zeros((1, 384), np.float32)) is None
    assert load_guesser("no-such-encoder", lambda _: np.zeros((1, 384), np.float32)) is None


def test_features_hold_the_vector_and_whether_none_one_or_several_are_named():
    rows = features(np.eye(3, 4, dtype=np.float32), np.array([0, 1, 5]))
    assert rows.shape == (3, 7)
    assert rows[:, :4].tolist() == np.eye(3, 4).tolist()
    assert rows[:, 4:].tolist() == (np.eye(3) * intents._NAMED_WEIGHT).tolist()


def test_every_label_is_a_subject():
    assert set(intents.LABELS) < set(SUBJECTS)
