"""Questions in everyday words lie nearer to the technical sentences that answer them; all other texts stay in place."""

from __future__ import annotations

import numpy as np
import pytest

from sidebyside.encoding.embedding import SentenceEncoder
from sidebyside.encoding.question_encoding import read_changes
from sidebyside.settings import DEFAULT_ENCODER

pytestmark = pytest.mark.integration

# Written for this test: none of these is among the pairs that the changes were learnt from.
PAIRS = (
    ("my hands are dirty in the workshop, can i just talk to it", "Accepts spoken commands through a microphone."),
    ("will it choke on a book of 900 pages", "Processes documents of unlimited length by splitting them into chunks."),
    ("is my stuff used to make it smarter", "Customer content is excluded from model training."),
    ("can we see who changed what last week", "Keeps an audit log of all modifications for 90 days."),
    ("what if the power goes out in the middle", "Resumes interrupted jobs from the most recent checkpoint."),
)


def test_everyday_questions_come_nearer_to_what_answers_them(encoder):
    questions, sentences = zip(*PAIRS, strict=True)
    rows = encoder.encode(sentences)
    plain = encoder.encode(questions) @ rows.T
    learnt = encoder.encode_questions(questions) @ rows.T
    assert np.allclose(np.linalg.norm(encoder.encode_questions(questions), axis=1), 1, atol=1e-5)

    def right(similar: np.ndarray) -> int:
        return int((similar.argmax(axis=1) == np.arange(len(PAIRS))).sum())

    def margin(similar: np.ndarray) -> float:
        own = similar.diagonal()
        others = np.where(np.eye(len(similar), dtype=bool), -1, similar).max(axis=1)
        return float((own - others).mean())

    assert right(learnt) > right(plain)
    assert margin(learnt) > margin(plain) + 0.05


def test_no_questions_have_no_vectors(encoder):
    assert encoder.encode_questions([]).shape == (0, encoder.dimension)


def test_changes_are_for_one_encoder_and_its_weights(encoder):
    changes = read_changes(DEFAULT_ENCODER, encoder.fingerprint)
    assert changes
    for down, up in changes.values():
        assert down.shape[0] == up.shape[1]
        assert down.dtype == up.dtype == np.float32
    assert read_changes(DEFAULT_ENCODER, "0" * 32) is None
    assert read_changes("another-encoder", encoder.fingerprint) is None
    assert read_changes("../weights/questions-all-minilm-l6-v2", encoder.fingerprint) is None


def test_an_encoder_without_changes_encodes_questions_as_texts(encoder):
    other = SentenceEncoder(encoder.folder, "mine")
    questions = [question for question, _ in PAIRS]
    assert other.encode_questions(questions) == pytest.approx(other.encode(questions), abs=1e-6)
    assert encoder.encode_questions(questions) != pytest.approx(other.encode(questions), abs=1e-2)
