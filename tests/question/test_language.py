"""Which language a question is in."""

from __future__ import annotations

import errno

import pytest

from sidebyside.question import language
from sidebyside.question.language import language_of


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("which of them has the higher rank", "en"),
        ("welches von beiden hat den höheren Rang", "de"),
        ("哪个更好？", "zh"),
        ("42?", "en"),
    ],
)
def test_the_language_is_told(text, told):
    assert language_of(text) == told


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ENOENT])
def test_where_its_model_cannot_be_unpacked_a_question_is_taken_for_english(monkeypatch, number):
    def full():
        raise OSError(number, "no room")

    monkeypatch.setattr(language, "_identifier", full)
    assert language_of("which of them has the higher rank") == "en"
