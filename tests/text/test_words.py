"""Words: what counts as one, how they are folded and stemmed, and which carry content."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidebyside.text.words import (
    ASKING_WORDS,
    STOP_WORDS,
    content_stems,
    content_words,
    fold,
    folded_words,
    initials,
    is_common,
    is_named,
    is_unheard,
    join_names,
    stem,
    tokens,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Llama 3.2-90B", ["llama", "3.2", "90b"]),
        ("fine-tuning", ["fine", "tuning"]),
        ("1,000 images", ["1,000", "images"]),
        ("5.5GB", ["5.5gb"]),
        ("It doesn't", ["it", "doesn't"]),
        ("It doesn’t", ["it", "doesn't"]),
        ("Kestrel's", ["kestrel's"]),
        ("snake_case", ["snake", "case"]),
        ("Zürich café", ["zurich", "cafe"]),
        ("東京 42", ["東京", "42"]),
        ("", []),
        ("?! ...", []),
    ],
)
def test_tokens_are_folded_words(text, words):
    assert [token.folded for token in tokens(text)] == words


@given(st.text(max_size=80))
def test_tokens_stand_where_they_say_and_never_overlap(text):
    found = tokens(text)
    assert all(text[token.start : token.end] == token.text for token in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Señal", "senal"), ("ÜBERLAGER", "uberlager"), ("doesn’t", "doesn't"), ("Straße", "strasse"), ("", "")],
)
def test_fold_removes_case_accents_and_typographic_apostrophes(text, folded):
    assert fold(text) == folded


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=40))
def test_fold_ignores_how_accents_are_stored(text):
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("text", ["ℬ", "𝐊𝐞𝐬𝐭𝐫𝐞𝐥", "Kestrel™"])
def test_fold_gives_lower_case_for_compatibility_letters_too(text):
    assert fold(text) == fold(text).lower()


@pytest.mark.parametrize(
    ("one", "other"),
    [("tuning", "tuned"), ("images", "image"), ("capabilities", "capability"), ("kestrel's", "kestrel")],
)
def test_inflections_share_a_stem(one, other):
    assert stem(one) == stem(other)


def test_different_words_keep_different_stems():
    assert len({stem(word) for word in ("context", "content", "contest", "token", "train")}) == 5


def test_content_words_leave_out_scaffolding_and_single_letters():
    assert content_words("What is the context of X, and is it 8 or 128K tokens?") == ["context", "8", "128k", "tokens"]


def test_content_words_keep_order_and_repeats():
    assert content_words("search by symbol, search by name") == ["search", "symbol", "search", "name"]


def test_content_stems_join_neighbours():
    assert {"fine", "tune", "finetun"} <= content_stems("fine-tuning")
    assert content_stems("fine-tuning") & content_stems("finetuning") == {"finetun"}


def test_numbers_in_a_row_are_not_joined():
    assert content_stems("1 2 3") == {"1", "2", "3"}


def test_initials_spell_acronyms():
    assert {"ocr", "cr", "oc"} <= initials("optical character recognition")
    assert initials("word") == set()
    assert "abcdef" not in initials("alpha beta gamma delta epsilon zeta")


def test_everyday_words_are_common_and_names_are_not():
    assert all(is_common(word) for word in ("table", "tables", "price", "model", "model's"))
    assert not any(is_common(word) for word in ("qwertz", "dreambooth", "llava", "executorch"))


@pytest.mark.parametrize(
    ("text", "start", "named"),
    [
        ("Kestrel", False, True),
        ("Kestrel", True, False),
        ("kestrel", False, False),
        ("GPT", True, True),
        ("PyTorch", True, True),
        ("90B", True, True),
        ("90", False, False),
        ("context", True, False),
    ],
)
def test_names_are_told_by_capitals_and_digits(text, start, named):
    assert is_named(tokens(text)[0], sentence_start=start) is named


@pytest.mark.parametrize(
    ("names", "last", "joined"),
    [
        ([], "and", ""),
        (["A"], "and", "A"),
        (["A", "B"], "and", "A and B"),
        (["A", "B", "C"], "or", "A, B or C"),
        (iter("AB"), "but", "A but B"),
    ],
)
def test_names_are_joined_as_in_a_sentence(names, last, joined):
    assert join_names(names, last) == joined


def test_word_lists_are_folded():
    assert all(word == fold(word) for word in STOP_WORDS | ASKING_WORDS)


@given(st.text() | st.sampled_from(["It's the CAFÉ’s 3.2-90B", "IT'S 1,000", "straße İstanbul"]))
def test_folded_words_are_those_of_the_tokens(text):
    assert folded_words(text) == [token.folded for token in tokens(text)]


@given(st.text(st.characters(max_codepoint=127)))
def test_folding_plain_text_is_folding_any_text(text):
    assert fold(text) == fold(text + "é")[:-1]


@pytest.mark.parametrize(
    ("word", "unheard"), [("mmmu", True), ("ckpts", True), ("deduplicate", False), ("table", False)]
)
def test_a_word_that_nobody_writes_is_unheard(word, unheard):
    assert is_unheard(word) is unheard
