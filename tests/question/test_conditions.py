"""Conditions in words -> rows, operators and values."""

from __future__ import annotations

import pytest

import invented
from sidebyside.question.conditions import exact_value, read_condition, with_bounds, worded_condition
from sidebyside.records import Criterion, Filter, Question

LIBRARY = invented.library()
ROWS = {"rank": "UnfragileRank", "score": "UnfragileRank", "price": "Pricing", "budget": "Pricing"}


def find_row(words: str) -> str:
    return next((label for word, label in ROWS.items() if word in words), "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("free", [Filter("Pricing", "=", "Free")]),
        ("not free", [Filter("Pricing", "!=", "Free")]),
        ("no budget", [Filter("Pricing", "=", "Free")]),
        ("a budget of 0", [Filter("Pricing", "=", "Free")]),
        ("no price", [Filter("Pricing", "=", "Free")]),
        ("no rank", [Filter("UnfragileRank", "absent", "")]),
        ("rank above 40", [Filter("UnfragileRank", ">", "40")]),
        ("a rank of at least forty", [Filter("UnfragileRank", ">=", "40")]),
        ("score under 30", [Filter("UnfragileRank", "<", "30")]),
        ("rank between 20 and 40", [Filter("UnfragileRank", ">=", "20"), Filter("UnfragileRank", "<=", "40")]),
        ("rank from 20 up to 40", [Filter("UnfragileRank", ">=", "20"), Filter("UnfragileRank", "<=", "40")]),
        ("score of at least 1 TB", [Filter("UnfragileRank", ">=", "1 TB")]),
        ("price under $20 a month", [Filter("Pricing", "<", "$20 a month")]),
        ("price below 1.000 € a year", [Filter("Pricing", "<", "1.000 € a year")]),
        ("score after March 2025", [Filter("UnfragileRank", ">", "March 2025")]),
        ("above 45", [Filter("UnfragileRank", ">", "45")]),
        ("Above 45", [Filter("UnfragileRank", ">", "45")]),
        ("Between 20 and 40", [Filter("UnfragileRank", ">=", "20"), Filter("UnfragileRank", "<=", "40")]),
        ("Windows 11", []),
        ("rank above 45 points", [Filter("UnfragileRank", ">", "45")]),
        ("rank over 45 out of 100", [Filter("UnfragileRank", ">", "45")]),
        # The rank has no unit: these are for the texts to say.
        ("above 16 GB", []),
        ("over 60 days", []),
        ("under $20", []),
        ("at least 20 seats", []),
        ("works on a train", []),
    ],
)
def test_a_condition_is_read(words, expected):
    assert read_condition(words, LIBRARY, find_row) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Pricing: Free", (Filter("Pricing", "=", "Free"),)),
        ("Pricing: Free or Freemium", (Filter("Pricing", "=", "Free"), Filter("Pricing", "=", "Freemium"))),
        ("Pricing != Free", (Filter("Pricing", "!=", "Free"),)),
        ("Type: Web App", (Filter("Type", "=", "Web App"),)),
        ("UnfragileRank > 40", (Filter("UnfragileRank", ">", "40"),)),
        ("UnfragileRank >= 1 TB", (Filter("UnfragileRank", ">=", "1 TB"),)),
        ("UnfragileRank absent", (Filter("UnfragileRank", "absent", ""),)),
        ("Pricing: as low as it gets", ()),
        ("Pricing", ()),
        ("Pricing:", ()),
        ("UnfragileRank < high", ()),
        ("free", ()),
    ],
)
def test_a_condition_as_this_program_words_it_is_that_condition(words, expected):
    assert worded_condition(words, LIBRARY) == expected


def test_a_value_as_it_stands_in_the_table_is_one():
    assert exact_value("free", LIBRARY) == [Filter("Pricing", "=", "Free")]
    assert exact_value("free of noise", LIBRARY) == []


@pytest.mark.parametrize(
    ("text", "label", "filters"),
    [
        ("at least 1 TB of storage", "Storage", (Filter("Storage", ">=", "1 TB"),)),
        ("battery life over 1 h 30 min", "Battery life", (Filter("Battery life", ">", "1 h 30 min"),)),
        ("released before 2026-02-10", "Released", (Filter("Released", "<", "2026-02-10"),)),
        ("at least 1 TB of storage", "", ()),
        ("storage", "Storage", ()),
        ("version 3.11", "Version", ()),
    ],
)
def test_a_bound_on_a_row_is_a_condition(text, label, filters):
    assert with_bounds(Question("?", criteria=(Criterion(text, text, label),))).filters == filters
