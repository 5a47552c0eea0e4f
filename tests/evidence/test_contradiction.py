"""Figures beyond the bounds that a sentence gives."""

from __future__ import annotations

import pytest

from sidebyside.evidence.contradiction import rules_out

WIDTH = "Accepts label rolls between 20 and 48 mm in width."


@pytest.mark.parametrize(
    ("asked", "said", "ruled_out"),
    [
        ("take rolls 80 mm wide", WIDTH, True),
        ("take rolls 1 cm wide", WIDTH, True),
        ("take rolls 3 cm wide", WIDTH, False),
        ("record a 2 hour lecture", "Recordings last up to 90 minutes.", True),
        ("record a lecture of 60 minutes", "Recordings last up to 90 minutes.", False),
        ("keep 300 loans", "Records up to 200 loans and 500 readers.", True),
        ("keep 300 readers", "Records up to 200 loans.", False),
        # Several bounds in one unit, less than a figure, and money leave it open.
        ("keep 300 loans", "Up to 200 loans, in the large plan up to 400 loans.", False),
        ("answer in under 100 ms", "Answers in at most 40 ms.", False),
        ("cost 80 dollars", "Costs from $20 to $40.", False),
        ("take wide rolls", WIDTH, False),
    ],
)
def test_a_figure_beyond_the_bounds_of_a_sentence_is_ruled_out(asked, said, ruled_out):
    assert rules_out(asked, said) is ruled_out
