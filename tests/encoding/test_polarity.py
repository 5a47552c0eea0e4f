"""Drawbacks and strengths: told by clauses that differ in little, and read once."""

from __future__ import annotations

import numpy as np
import pytest

from sidebyside.encoding.embedding import load_encoder
from sidebyside.encoding.polarity import KINDS, Polarity
from sidebyside.settings import Settings

pytestmark = pytest.mark.integration


@pytest.fixture
def polarity(encoder) -> Polarity:
    assert encoder is not None  # the real one has to be installed
    found = Polarity.load(load_encoder(Settings.load()))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        ("much faster than Cartomancer thanks to cached tiles", "pro"),
        ("much slower than Cartomancer, as no tile is cached", "con"),
        ("requires no account and no internet connection", "pro"),
        ("but requires a paid account for every member", "con"),
        ("and lacks any way to export the drawings", "con"),
        ("reads CSV and JSON files", "neither"),
    ],
)
def test_a_clause_is_told_by_what_a_buyer_would_call_it(polarity, clause, kind):
    assert KINDS[int(polarity.of_texts([clause])[0].argmax())] == kind


def test_texts_together_are_told_as_one_by_one_and_sum_to_one(polarity):
    texts = [f"slower than model {number}, but free of charge" for number in range(30)]
    together = polarity.of_texts(texts)
    alone = np.concatenate([polarity.of_texts([text]) for text in texts[:3]])
    assert together.shape == (30, 3)
    assert np.abs(together[:3] - alone).max() < 1e-4
    assert np.abs(together.sum(axis=1) - 1).max() < 1e-5
    assert polarity.of_texts([]).shape == (0, 3)


def test_a_text_is_read_once(polarity, monkeypatch):
    read: list[str] = []
    whole = Polarity._read
    monkeypatch.setattr(Polarity, "_read", lambda self, texts: read.extend(texts) or whole(self, texts))
    polarity.of_texts(["requires a licence", "draws maps"])
    polarity.of_texts(["draws maps", "requires a licence", "draws maps"])
    assert read == ["requires a licence", "draws maps"]


def test_a_first_look_at_stored_vectors_needs_no_text(polarity, encoder):
    vectors = encoder.encode(["But it requires a paid account for every member.", "Reads CSV and JSON files."])
    told = polarity.of_vectors(vectors)
    assert told.shape == (2, 3)
    assert told[0, KINDS.index("con")] > told[1, KINDS.index("con")]
    assert polarity.dimension == vectors.shape[1]


def test_weights_of_another_encoder_are_not_taken(encoder):
    class Other:
        name, folder, fingerprint = "all-minilm-l6-v2", None, "another"

    assert Polarity.load(Other()) is None
