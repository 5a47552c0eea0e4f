"""Table labels in questions: names, directions, limits, types, prices and conditions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidebyside.labels import (
    find_conditions,
    find_direction,
    find_labels,
    find_limit,
    find_prices,
    find_types,
    number_in,
)

KNOWN = ("Type", "UnfragileRank", "Adoption", "Quality", "Match Graph", "Pricing", "Capabilities", "Times Matched")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("UnfragileRank", ["UnfragileRank"]),
        ("which one ranks higher", ["UnfragileRank"]),
        ("what does it cost", ["Pricing"]),
        ("is it free", ["Pricing"]),
        ("how popular is it", ["Adoption"]),
        ("how many capabilities", ["Capabilities"]),
        ("match graph", ["Match Graph"]),
        ("how often was it matched", ["Times Matched"]),
        ("what has been matched the most often", ["Times Matched"]),
        ("what kind of thing", ["Type"]),
        ("quality score", ["Quality"]),
        ("rank and price", ["UnfragileRank", "Pricing"]),
        ("which are unrated", ["UnfragileRank"]),
        ("frank and freedom", []),
        ("", []),
    ],
)
def test_labels_are_found_in_everyday_words_in_order(text, labels):
    assert [use.label for use in find_labels(text, KNOWN)] == labels


def test_labels_that_the_library_does_not_have_are_not_found():
    assert find_labels("rank and price", ["Pricing"])[0].label == "Pricing"
    assert find_labels("rank", ["Pricing"]) == []


def test_labels_of_ones_own_cards_count_under_their_own_name():
    assert [(u.label, u.start, u.end) for u in find_labels("which licence (EU)?", ["Licence (EU)"])] == [
        ("Licence (EU)", 6, 18)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("highest", (1, True)),
        ("most expensive", (1, True)),
        ("higher", (1, False)),
        ("cheapest", (-1, True)),
        ("cheaper", (-1, False)),
        ("less expensive", (-1, False)),
        ("least expensive", (-1, True)),
        ("worse", (-1, False)),
        ("lower than the highest", (-1, False)),
        ("offline", (0, False)),
    ],
)
def test_the_first_word_of_direction_decides(text, expected):
    assert find_direction(text) == expected


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("top 3", 3),
        ("top ten", 10),
        ("three highest", 3),
        ("5 best", 5),
        ("first two", 2),
        ("two of them", None),
        ("", None),
    ],
)
def test_the_number_of_places_is_read(text, limit):
    assert find_limit(text) == limit


def test_the_number_before_cheapest_is_read():
    assert find_limit("three cheapest") == 3


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("repos", ["Repository"]),
        ("repositories", ["Repository"]),
        ("MCP servers", ["MCP Server"]),
        ("the mcp", ["MCP Server"]),
        ("list models and datasets", ["Model", "Dataset"]),
        ("web apps, APIs, a CLI", ["Web App", "API", "CLI"]),
        ("plugins", ["Extension"]),
        ("modeling a sub-model", []),
    ],
)
def test_types_are_found_in_plural_and_by_synonym(text, types):
    assert [use.label for use in find_types(text, ["Model"])] == types


def test_types_of_the_library_count_beside_the_usual_ones():
    assert [use.label for use in find_types("all gadgets", ["Gadget"])] == ["Gadget"]


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ("free", [("=", "Free")]),
        ("not free", [("!=", "Free")]),
        ("non-free", [("!=", "Free")]),
        ("isn't paid", [("!=", "Paid")]),
        ("free or freemium", [("=", "Free"), ("=", "Freemium")]),
        ("costs nothing", [("=", "Free")]),
        ("without paying", [("=", "Free")]),
        ("costs money", [("!=", "Free")]),
        ("freedom", []),
    ],
)
def test_price_classes_are_conditions(text, prices):
    assert [(f.op, f.value) for f in find_prices(text)] == prices
    assert {f.label for f in find_prices(text)} <= {"Pricing"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ranked above 40", [("UnfragileRank", ">", "40")]),
        ("rank of at least 44", [("UnfragileRank", ">=", "44")]),
        ("rank >= 44", [("UnfragileRank", ">=", "44")]),
        ("rank below 60/100", [("UnfragileRank", "<", "60")]),
        ("rank not above 40", [("UnfragileRank", "<=", "40")]),
        ("rank 52", [("UnfragileRank", "=", "52")]),
        ("rank 40 or more", [("UnfragileRank", ">=", "40")]),
        ("rank between 40 and 50", [("UnfragileRank", ">=", "40"), ("UnfragileRank", "<=", "50")]),
        ("rank over 40 and quality 1", [("UnfragileRank", ">", "40"), ("Quality", "=", "1")]),
        ("more than 2 capabilities", [("Capabilities", ">", "2")]),
        ("rank above 40%", []),
        ("free", []),
        ("no rank at all", [("UnfragileRank", "absent", "")]),
        ("without a known price", [("Pricing", "absent", "")]),
        ("unranked", [("UnfragileRank", "absent", "")]),
        ("no charge", []),
        ("without a subscription", []),
        ("no paywall", []),
    ],
)
def test_a_number_bounds_the_label_nearest_to_it_and_a_missing_row_is_one_too(text, expected):
    filters, _ = find_conditions(text, find_labels(text, KNOWN))
    assert sorted((f.label, f.op, f.value) for f in filters) == sorted(expected)


@given(st.lists(st.sampled_from("rank quality above below 40 50 between and at least price 1 or more".split())))
def test_conditions_say_which_characters_they_took(words):
    text = " ".join(words)
    filters, spans = find_conditions(text, find_labels(text, KNOWN))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(any(f.value in text[start:end] for start, end in spans) for f in filters)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("45/100", 45),
        ("12 decomposed", 12),
        ("1,200", 1200),
        ("$20/mo", 20),
        ("-3", -3),
        ("3.5", 3.5),
        ("Free", None),
        ("", None),
    ],
)
def test_the_number_of_a_cell_is_the_one_it_begins_with(cell, number):
    assert number_in(cell) == number


@given(st.text(max_size=40))
def test_any_text_can_be_looked_through(text):
    uses = [*find_labels(text, KNOWN), *find_types(text, ["Model"])]
    assert all(use.start < use.end for use in uses)
    find_conditions(text, uses)
    find_prices(text)
    assert find_direction(text)[0] in {-1, 0, 1}
    assert find_limit(text) is None or find_limit(text) >= 0
    number_in(text)
