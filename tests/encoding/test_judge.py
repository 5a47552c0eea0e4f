"""The judge says of a criterion and a sentence: states it, denies it, neither; the same alone and among others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import numpy as np
import pytest

from sidebyside.encoding.embedding import SentenceEncoder
from sidebyside.encoding.judge import MOST_CRITERION, MOST_SENTENCE, Judge
from sidebyside.settings import DEFAULT_ENCODER

pytestmark = pytest.mark.integration

# Written for this test. A product's sentences; then: criterion, number of the sentence that speaks of it, what it says.
SENTENCES = (
    "Continues interrupted uploads from the last acknowledged block instead of starting over.",
    "Encrypts archives with AES-256 before they leave the computer; the key is never sent.",
    "No application for phones or tablets is provided.",
    "Reports are delivered by e-mail every Monday morning.",
    "Runs on Windows and Linux, whereas macOS is not supported.",
    "Shared folders may be opened by up to 10 people at the same time.",
)
ASKED = (
    ("My train goes through tunnels and the connection drops all the time. pick up where it stopped", 0, "states"),
    ("can the provider read my files", 1, "denies"),
    ("use it on my iphone", 2, "denies"),
    ("weekly summary in my inbox", 3, "states"),
    ("I only have a MacBook. work there", 4, "denies"),
    ("work on a folder together with my three colleagues", 5, "states"),
)
ABSENT = ("translate documents into Spanish", "a dark theme for the night", "recognise faces in photos")


@pytest.fixture(scope="module")
def judge(encoder):
    loaded = Judge.load(encoder)
    assert loaded is not None
    return loaded


def table(judge: Judge, criterion: str) -> np.ndarray:
    return judge.judge([(criterion, sentence, "") for sentence in SENTENCES])


def test_probabilities_are_three_that_make_one(judge):
    rows = table(judge, ASKED[0][0])
    assert rows.shape == (len(SENTENCES), 3)
    assert rows.dtype == np.float32
    assert (rows >= 0).all()
    assert rows.sum(axis=1) == pytest.approx(np.ones(len(SENTENCES)), abs=1e-5)


def test_the_sentence_that_speaks_of_a_criterion_stands_out(judge):
    right = [int(table(judge, asked)[:, :2].sum(axis=1).argmax()) == place for asked, place, _ in ASKED]
    assert sum(right) >= len(ASKED) - 1


def test_what_no_sentence_speaks_of_scores_below_what_one_does(judge):
    stated = [table(judge, asked)[:, :2].sum(axis=1).max() for asked, _, _ in ASKED]
    absent = [table(judge, asked)[:, :2].sum(axis=1).max() for asked in ABSENT]
    assert np.mean(absent) < np.mean(stated)
    assert max(absent) < np.median(stated)


def test_a_sentence_that_says_no_denies_more_than_one_that_says_yes(judge):
    rows = [(says, table(judge, asked)[place]) for asked, place, says in ASKED]
    denied, stated = ([row[1] / row[0] for kind, row in rows if kind == wanted] for wanted in ("denies", "states"))
    above = [no > yes for no in denied for yes in stated]
    assert np.mean(above) >= 0.75


def test_a_pair_is_judged_the_same_alone_and_among_others(judge):
    pairs = [(asked, sentence, "") for asked, _, _ in ASKED for sentence in SENTENCES]
    together = judge.anew().judge(pairs)
    alone = np.concatenate([judge.anew().judge([pair]) for pair in pairs[::7]])
    assert together[::7] == pytest.approx(alone, abs=1e-4)
    # Kept results are those that were computed, in the order asked for.
    assert np.array_equal(judge.judge(pairs)[::-1], judge.judge(pairs[::-1]))


def test_threads_get_what_one_thread_gets(judge):
    expected = [table(judge.anew(), asked) for asked, _, _ in ASKED]
    fresh = judge.anew()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda asked: table(fresh, asked[0]), ASKED * 3))
    for place, rows in enumerate(found):
        assert rows == pytest.approx(expected[place % len(ASKED)], abs=1e-4)


def test_texts_of_any_length_are_judged(judge):
    long = "word " * 400
    rows = judge.judge([("", "", ""), (long, long, long), (long + "x", long + "x", long + "x")])
    assert np.isfinite(rows).all()
    # What lies behind the pieces that are read changes nothing.
    criterion, sentence = "a " * MOST_CRITERION, "b " * MOST_SENTENCE
    rows = judge.judge([(criterion, sentence, ""), (criterion + "other", sentence + "other", "")])
    assert rows[0] == pytest.approx(rows[1], abs=1e-4)


def test_no_pairs_no_rows(judge):
    assert judge.judge([]).shape == (0, 3)


def test_a_judge_belongs_to_one_encoder_and_its_weights(encoder, tmp_path):
    assert Judge.load(SentenceEncoder(encoder.folder, "mine")) is None

    class Other(SentenceEncoder):
        fingerprint = "0" * 32

    assert Judge.load(Other(encoder.folder, DEFAULT_ENCODER)) is None


def test_the_weights_are_small():
    stored = files("sidebyside") / "weights" / f"judge-{DEFAULT_ENCODER}.npz"
    assert len(stored.read_bytes()) <= 3_000_000
