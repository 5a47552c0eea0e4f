"""Words broken over two lines are put together, and hyphens that belong to a word stay."""

from __future__ import annotations

import pytest

from sidebyside.text.hyphens import joined_lines


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("every con-", "figuration beside", "every configuration beside"),
        ("an affirma‐", "tive word", "an affirmative word"),
        ("recon\u00ad", "ciliation", "reconciliation"),
        ("in-", "sufficiently", "insufficiently"),
        ("a self-", "contained run", "a self-contained run"),
        ("an end-to-", "end test", "an end-to-end test"),
        ("with GPT-", "4 and", "with GPT-4 and"),
        ("Jean-", "Paul", "Jean-Paul"),
        ("pre- and post-", "processing", "pre- and post-processing"),
        ("pre-", "and post-processing", "pre- and post-processing"),
        ("it works -", "mostly", "it works - mostly"),
        ("the flag --", "all", "the flag -- all"),
        ("plain", "words", "plain words"),
        ("last line", "", "last line "),
    ],
)
def test_two_lines_as_one(before, after, whole):
    assert joined_lines(before, after, ()) + after == whole


def test_the_text_itself_says_how_a_word_is_written():
    assert joined_lines("Quill-", "fire", ()) == "Quill-"
    assert joined_lines("Quill-", "fire", {"quillfire"}) == "Quill"
    assert joined_lines("multi-", "modal", ()) == "multi"
    assert joined_lines("multi-", "modal", {"multi-modal"}) == "multi-"
