"""Slips of the finger: everyday words are put right, words of the pages, names and rare words stay."""

from __future__ import annotations

import pytest

from sidebyside.text.spelling import corrected

PAGES = frozenset({"denoise", "monthly"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("the hihgest rank", "the highest rank"),
        ("works automaticaly, I hope", "works automatically, I hope"),
        ("any langauge", "any language"),
        ("somethng possble", "something possible"),
    ],
)
def test_one_slip_in_an_everyday_word_is_put_right(written, meant):
    assert corrected(written, PAGES.__contains__) == meant


@pytest.mark.parametrize(
    "text",
    [
        "does it denoise",  # a word of the pages
        "is Figmma any good",  # written as a name
        "an optimizer for retrained weights",  # rare, and used
        "teh sme",  # short
        "ein früherer Zustand",  # other letters
        "",
    ],
)
def test_other_words_stay_as_they_are(text):
    assert corrected(text, PAGES.__contains__) == text


def test_a_word_of_the_pages_is_meant_before_a_more_frequent_one():
    assert corrected("the montly fee", frozenset().__contains__) == "the mostly fee"
    assert corrected("the montly fee", PAGES.__contains__) == "the monthly fee"


def test_what_may_be_a_name_stays():
    assert corrected("can murmer do it", PAGES.__contains__, {"murmer"}.__contains__) == "can murmer do it"
