"""The lexical table: the scores of bm25s over stems, the same from disk, mapped or not."""

from __future__ import annotations

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from sidebyside.index import lexical
from sidebyside.index.lexical import LexicalTable, terms

TEXTS = [sentence.text for passage in invented.retriever()._index.passages for sentence in passage.sentences]
QUERIES = ["speech in noisy rooms", "maps of tiles and tiles", "the of and", "", "zebra", "Kestrel 7B reads speech"]


def reference(texts, query):
    """The scores as bm25s gives them for whole lists of terms, scaled by the best."""
    corpus = [terms(text) for text in texts]
    known = [term for term in dict.fromkeys(terms(query)) if any(term in found for found in corpus)]
    if not known:
        return np.zeros(len(texts), dtype=np.float32)
    table = bm25s.BM25()
    table.index(corpus, show_progress=False)
    scores = table.get_scores(known)
    return scores / scores.max()


@pytest.fixture(scope="module")
def table() -> LexicalTable:
    return LexicalTable.build(TEXTS)


@pytest.mark.parametrize("query", [*QUERIES, TEXTS[0], TEXTS[-1]])
def test_scores_are_those_of_bm25s_to_the_last_bit(table, query):
    assert table.scores(query).tobytes() == reference(TEXTS, query).tobytes()


@pytest.mark.parametrize("limit", [0, 10**9], ids=["mapped", "in memory"])
def test_a_stored_table_scores_the_same(table, tmp_path, monkeypatch, limit):
    table.save(tmp_path / "lexical")
    monkeypatch.setattr(lexical, "_MOST_IN_MEMORY", limit)
    stored = LexicalTable.load(tmp_path / "lexical", len(TEXTS))
    for query in [*QUERIES, *TEXTS]:
        assert stored.scores(query).tobytes() == table.scores(query).tobytes()
        assert stored.best(query, 7).tolist() == table.best(query, 7).tolist()
        assert [stored.rarity(term) for term in terms(query)] == [table.rarity(term) for term in terms(query)]


def test_the_same_sentences_give_the_same_files(table, tmp_path):
    for name in ("one", "two"):
        LexicalTable.build(TEXTS).save(tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@given(
    st.lists(st.sampled_from(["red fox", "red red hen", "blue fox", "grey owl", ""]), max_size=12), st.integers(1, 14)
)
def test_the_best_rows_are_those_of_a_stable_sort(texts, k):
    table = LexicalTable.build(texts)
    scores = table.scores("red fox")
    order = np.argsort(-scores, kind="stable")[:k]
    assert table.best("red fox", k).tolist() == [row for row in order if scores[row] > 0]


def test_rarity_counts_sentences_not_words():
    table = LexicalTable.build(["red red red", "red owl", "blue owl", "blue hen"])
    assert table.rarity("hen") == 2
    assert table.rarity("red") == table.rarity("owl") == pytest.approx(1)
    assert table.rarity("dragon") == 1


def test_scores_cannot_be_changed(table):
    scores = table.scores(TEXTS[0])
    with pytest.raises(ValueError, match="read-only"):
        scores[0] = 1


def test_sentences_without_words_have_a_table_without_files(tmp_path):
    table = LexicalTable.build(["...", ""])
    table.save(tmp_path / "lexical")
    assert not (tmp_path / "lexical").exists()
    stored = LexicalTable.load(tmp_path / "lexical", 2)
    assert stored.scores("anything").tolist() == [0, 0]
    assert stored.best("anything", 3).tolist() == []
    assert "anything" not in stored


def test_a_table_of_other_sentences_is_refused(table, tmp_path):
    table.save(tmp_path / "lexical")
    with pytest.raises(ValueError, match=f"{len(TEXTS)} sentences instead of 3"):
        LexicalTable.load(tmp_path / "lexical", 3)
