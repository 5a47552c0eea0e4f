"""Retrieval: the right sentence inside an artifact, the right artifacts in the library, and how ties are settled."""

from __future__ import annotations

import numpy as np
import pytest

import invented
from invented import ContentEncoder, MemoryIndex, artifact_id
from sidebyside.evidence import retrieval
from sidebyside.evidence.retrieval import Retriever
from sidebyside.index.lexical import LexicalTable
from sidebyside.records import Hit, Library

KESTREL, MARTEN, OSPREY = "kestrel-7b", "marten-studio", "osprey-index"


def best(artifact: str, *query: str) -> Hit:
    return invented.retriever().inside(artifact, query)[0]


@pytest.mark.parametrize(
    ("artifact", "query", "words"),
    [
        (KESTREL, "tokens of context", "32K tokens"),
        (KESTREL, "watermarking pictures", "watermarking"),
        (MARTEN, "price of the Team plan", "$12/mo"),
        (OSPREY, "works offline on a laptop", "offline"),
        ("lantern-product", "nightly backups", "backups"),
    ],
)
def test_the_sentence_about_the_query_comes_first(artifact, query, words):
    hit = best(artifact, query)
    assert words in hit.sentence.text
    assert hit.passage.artifact == artifact


def test_only_the_artifact_itself_is_searched():
    for artifact in invented.library().artifacts:
        hits = invented.retriever().inside(artifact.id, ("recorded speech in twelve languages",), k=100)
        assert {hit.passage.artifact for hit in hits} == {artifact.id}


def test_every_sentence_of_an_artifact_is_found_once_best_first():
    hits = invented.retriever().inside(KESTREL, ("speech",), k=1_000)
    places = [(hit.passage.id, hit.sentence.start) for hit in hits]
    expected = [(p.id, s.start) for p in passages() if p.artifact == KESTREL for s in p.sentences]
    assert sorted(places) == sorted(expected)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def passages():
    return MemoryIndex(invented.library(), ContentEncoder()).passages


def test_no_more_hits_than_asked_for():
    assert len(invented.retriever().inside(KESTREL, ("speech",), k=2)) == 2


def test_an_artifact_without_text_has_no_hits():
    assert invented.retriever().inside("nobody", ("speech",)) == []


def test_similarity_is_the_cosine_to_the_query():
    encoder = ContentEncoder()
    hit = best(KESTREL, "recorded speech")
    vectors = encoder.encode(["recorded speech", hit.sentence.text])
    assert hit.similarity == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-5)
    assert -1.001 <= hit.whole <= 1.001


def test_several_wordings_of_a_query_are_averaged():
    encoder = ContentEncoder()
    hit = best(KESTREL, "recorded speech", "twelve languages")
    both = encoder.encode(["recorded speech", "twelve languages"]).mean(axis=0)
    expected = float(encoder.encode([hit.sentence.text])[0] @ (both / np.linalg.norm(both)))
    assert hit.similarity == pytest.approx(expected, abs=1e-5)


def test_the_same_capability_lifts_its_sentences():
    hits = invented.retriever().inside(KESTREL, ("transcribes recorded speech",), k=100)
    speech = hits[0].passage.capability
    neighbour = next(h for h in hits if h.passage.capability == speech and "Speaker" in h.sentence.text)
    stranger = next(h for h in hits if "Longer prompts" in h.sentence.text)
    assert neighbour.whole > stranger.whole
    assert neighbour.score > stranger.score


def test_a_rare_word_counts_beside_similarity():
    plain, rare = (invented.retriever().inside(KESTREL, (query,), k=100) for query in ("zzyzx", "zzyzx Falconer"))
    score = lambda hits: next(h.score - h.similarity - h.whole / 2 for h in hits if "Falconer" in h.sentence.text)  # noqa: E731
    assert score(plain) == pytest.approx(0, abs=1e-5)
    assert score(rare) > 0.05


def test_a_query_of_unknown_words_still_ranks():
    assert len(invented.retriever().inside(KESTREL, ("東京 qqq",), k=3)) == 3


def test_the_query_is_encoded_once():
    encoder = ContentEncoder()
    retriever = Retriever(MemoryIndex(invented.library(), encoder), encoder)
    encoder.calls.clear()
    for artifact in (KESTREL, MARTEN, OSPREY):
        retriever.inside(artifact, ("speech", "languages"))
    assert encoder.calls == ["speech", "languages"]


# --- across the library ----------------------------------------------------------------------------------------------


def test_the_best_artifacts_come_first_each_with_its_own_sentences():
    found = invented.retriever().across(("transcribes recorded speech",))
    assert set(list(found)[:2]) == {KESTREL, MARTEN}
    assert all(hit.passage.artifact == artifact for artifact, hits in found.items() for hit in hits)
    firsts = [hits[0].score for hits in found.values()]
    assert firsts == sorted(firsts, reverse=True)


def test_no_more_artifacts_and_sentences_than_asked_for():
    found = invented.retriever().across(("speech",), artifacts=2, each=1)
    assert len(found) == 2
    assert all(len(hits) == 1 for hits in found.values())


def test_a_word_alone_finds_what_vectors_miss():
    class Blind(MemoryIndex):
        def search(self, vector, k):
            return []

    encoder = ContentEncoder()
    retriever = Retriever(Blind(invented.library(), encoder), encoder)
    assert list(retriever.across(("watermarking",))) == [KESTREL]
    assert retriever.across(("zzyzx",)) == {}


def test_results_do_not_depend_on_the_order_of_asking():
    queries = [("speech",), ("offline laptop",), ("backups", "databases")]

    def answers(order):
        encoder = ContentEncoder()
        retriever = Retriever(MemoryIndex(invented.library(), encoder), encoder)
        return {query: [(h.passage.id, h.score) for h in retriever.inside(OSPREY, query)] for query in order}

    assert answers(queries) == answers(queries[::-1])


def test_equal_sentences_of_two_artifacts_keep_a_stable_order():
    pages = {
        f"{n}.txt": invented.page_text(
            (f"Heron {n}", ("Model", "1/100", "0", "0", "Free"), (("Reads maps.", "Maps", "Maps"),)),
            (f"Wren {n}", ("Model", "1/100", "0", "0", "Free"), (("Reads maps.", "Maps", "Maps"),)),
        )
        for n in range(3)
    }
    library = invented.read_library(pages)
    encoder = ContentEncoder()
    orders = {tuple(Retriever(MemoryIndex(library, encoder), encoder).across(("maps",))) for _ in range(3)}
    assert len(orders) == 1
    assert len(next(iter(orders))) == 6


# --- what is known ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "known"), [("transcribe", True), ("transcribing", True), ("invoice", True), ("coffee", False)]
)
def test_a_word_is_known_in_any_inflection(word, known):
    assert invented.retriever().knows(word) is known


def test_one_unit_vector_per_capability():
    vectors = invented.retriever().capability_vectors(MARTEN)
    assert set(vectors) == {capability.id for capability in invented.library().get(MARTEN).capabilities}
    assert all(np.linalg.norm(vector) == pytest.approx(1, abs=1e-5) for vector in vectors.values())
    assert invented.retriever().capability_vectors("nobody") == {}


def test_texts_are_encoded_once_and_forgotten_when_others_are_wanted_more(monkeypatch):
    monkeypatch.setattr(retrieval, "_MOST_KEPT", 2)
    encoder = ContentEncoder()
    retriever = Retriever(MemoryIndex(invented.library(), ContentEncoder()), encoder)
    both = retriever.vectors(["speech", "maps", "speech"])
    assert encoder.calls == ["speech", "maps"]
    assert np.array_equal(both[0], both[2])
    retriever.vectors(["speech"])
    retriever.vectors(["images"])
    assert encoder.calls == ["speech", "maps", "images"]
    assert np.array_equal(retriever.vectors(["speech", "maps"]), both[:2])
    assert encoder.calls == ["speech", "maps", "images", "maps"]


def test_an_empty_library_finds_nothing():
    class Empty:
        library = Library(())
        passages = ()
        vectors = invented.MemoryVectors(np.zeros((0, 384), dtype=np.float32))
        first_rows = np.zeros(0, dtype=np.int64)
        lexical = LexicalTable.build([])

        def positions(self, artifact_id):
            return range(0)

        def search(self, vector, k):
            return []

    retriever = Retriever(Empty(), ContentEncoder())
    assert retriever.across(("speech",)) == {}
    assert retriever.inside(KESTREL, ("speech",)) == []
    assert not retriever.knows("speech")


def test_ids_of_the_invented_library_are_the_ones_used_here():
    labels = ("Kestrel 7B", "Marten Studio", "Osprey Index", "Lantern (Product)")
    assert [artifact_id(label) for label in labels] == [KESTREL, MARTEN, OSPREY, "lantern-product"]


def test_an_everyday_word_of_a_longer_name_is_no_name_by_itself():
    capability = ("Loads weights from Hugging Face.", "Posts to Slack, Teams and Discord", "Simpler than Cartomancer")
    page = invented.page_text(
        ("Alpha", ("Model", "1/100", "0", "0", "Free"), (capability,)),
        ("Beta", ("Model", "2/100", "0", "0", "Free"), (capability,)),
    )
    library = invented.read_library({"a.txt": page})
    encoder = ContentEncoder()
    names = Retriever(MemoryIndex(library, encoder), encoder).names
    assert "slack" in names
    assert "face" not in names
