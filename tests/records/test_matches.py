"""Wishes and what a match tells about them."""

from __future__ import annotations

import pytest

from sidebyside.errors import SidebysideError
from sidebyside.records import Wish


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"text": "  "}, "a wish is empty"),
        ({"text": "free", "role": "maybe"}, "'maybe' is no role of a wish; use one of: must, nice, not"),
        ({"text": "free", "weight": 0}, "the weight of 'free' is 0; use more than 0 and at most 10"),
        ({"text": "free", "weight": float("nan")}, "the weight of 'free' is nan"),
        ({"text": "free", "weight": 10.5}, "the weight of 'free' is 10.5"),
    ],
)
def test_wishes_that_are_none_are_errors(given, told):
    with pytest.raises(SidebysideError, match=told):
        Wish(**given)


def test_a_not_says_so():
    assert (Wish("free").said, Wish("an API", "not").said) == ("free", "not: an API")
