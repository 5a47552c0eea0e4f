"""Words that point at things of the conversation."""

from __future__ import annotations

import pytest

from sidebyside.question.references import resolve
from sidebyside.records import Question, Turn

TWO = [Turn(Question("a or b?", "compare", ("a", "b")), ("a", "b"))]
FOUND = [Turn(Question("which can?", "find"), ("c", "a", "b"))]


@pytest.mark.parametrize(
    ("words", "turns", "named", "expected"),
    [
        ("it", TWO, (), ("a", "b")),
        ("both", TWO, (), ("a", "b")),
        ("the first one", TWO, (), ("a",)),
        ("the latter", TWO, (), ("b",)),
        ("the last one", FOUND, (), ("b",)),
        ("the third one", TWO, (), ()),
        ("number three", FOUND, (), ("b",)),
        ("#9", FOUND, (), ()),
        ("the other one", TWO, ("a",), ("b",)),
        ("it", TWO, ("c",), ()),
        ("they", FOUND, (), ("c", "a", "b")),
        ("it", [], (), ()),
    ],
)
def test_pointing_words_mean_what_was_talked_about(words, turns, named, expected):
    assert resolve(words, turns, named) == expected
