"""Quantities: figures with units and rates, and which may be compared."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidebyside.text.quantities import find_quantities
from sidebyside.text.words import stem


def only(text: str):
    found = find_quantities(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "value", "unit", "written"),
    [
        ("a 128K token window", 128_000, "token", "128K token"),
        ("up to 128,000 tokens", 128_000, "token", "128,000 tokens"),
        ("128K context", 128_000, "token", "128K context"),
        ("8 million tokens", 8_000_000, "token", "8 million tokens"),
        ("300 ms per sentence", 0.3, "time", "300 ms"),
        ("2 s", 2, "time", "2 s"),
        ("30 minutes", 1_800, "time", "30 minutes"),
        ("5.5GB", 5.5e9, "bytes", "5.5GB"),
        ("sub-5.5GB deployment", 5.5e9, "bytes", "5.5GB"),
        ("512 MB", 5.12e8, "bytes", "512 MB"),
        ("~40% faster", 40, "percent", "40%"),
        ("$20/mo", 20, "usd/month", "$20/mo"),
        ("$12/mo for every seat", 12, "usd/month", "$12/mo"),
        ("$5 per user per month", 5, "usd/month/user", "$5 per user per month"),
        ("$5 a month and user", 5, "usd/month/user", "$5 a month and user"),
        ("€9 monthly", 9, "eur/month", "€9 monthly"),
        ("$1.5M", 1_500_000, "usd", "$1.5M"),
        ("20 dollars", 20, "usd", "20 dollars"),
        ("1,000 requests per second", 1_000, "request/second", "1,000 requests per second"),
        ("30 fps", 30, "frame/second", "30 fps"),
        ("2.4 GHz", 2.4e9, "hertz", "2.4 GHz"),
        ("90B parameters", 9e10, stem("parameters"), "90B parameters"),
        ("100 languages", 100, stem("languages"), "100 languages"),
        ("42", 42, "", "42"),
        ("10x", 10, "", "10"),
        ("the 3rd one", 3, "", "3"),
    ],
)
def test_figures_are_read_in_base_units(text, value, unit, written):
    quantity = only(text)
    assert quantity.value == pytest.approx(value)
    assert (quantity.unit, quantity.text) == (unit, written)


@pytest.mark.parametrize("text", ["GPT-4", "v2", "fp16", "T4", "H100", "SDXL-1", "Llama-3", "no figures here", ""])
def test_figures_inside_names_are_no_quantities(text):
    assert find_quantities(text) == ()


def test_a_name_with_a_figure_hides_no_quantity_beside_it():
    assert [(q.value, q.unit) for q in find_quantities("GPT-4 reads 8K tokens, v2 reads 16K tokens")] == [
        (8_000, "token"),
        (16_000, "token"),
    ]


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("3-5 images", [3, 5], stem("images")),
        ("30-60 minutes", [1_800, 3_600], "time"),
        ("20-60s", [20, 60], "time"),
        ("10 to 20 seconds", [10, 20], "time"),
    ],
)
def test_both_ends_of_a_range_share_its_unit(text, values, unit):
    found = find_quantities(text)
    assert [q.value for q in found] == pytest.approx(values)
    assert {q.unit for q in found} == {unit}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("128K context", "8,000 tokens"),
        ("2 s", "300 ms"),
        ("512 MB", "2 GB"),
        ("$20/mo", "$100 per month"),
        ("$5 per user per month", "$60 per month per user"),
        ("30 fps", "24 fps"),
    ],
)
def test_same_things_in_other_units_have_one_unit(one, other):
    assert only(one).unit == only(other).unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$20/mo", "$20/yr"),
        ("$20/mo", "€20/mo"),
        ("$20/mo", "$20"),
        ("$5 per user per month", "$5 per month"),
        ("2 GB", "2 s"),
        ("8K tokens", "8K images"),
    ],
)
def test_different_things_have_different_units(one, other):
    assert only(one).unit != only(other).unit


def test_prices_for_different_numbers_of_a_thing_are_brought_to_one():
    one, other = find_quantities("$0.002 per 1K tokens")[0], find_quantities("$1 per 1M tokens")[0]
    assert one.unit == other.unit
    assert (one.value, other.value) == (pytest.approx(2e-6), pytest.approx(1e-6))


@pytest.mark.parametrize(("text", "shown"), [("a 128K context", "128K tokens"), ("8K tokens", "8K tokens")])
def test_tokens_are_named_when_shown(text, shown):
    assert only(text).shown == shown


def test_nouns_are_the_words_around_a_figure_in_its_own_clause():
    quantity = find_quantities("The cache is large; an index of 2 GB for a million lines. Alerts are sent.")[0]
    assert stem("index") in quantity.nouns
    assert stem("lines") in quantity.nouns
    assert not {stem("cache"), stem("alerts")} & quantity.nouns


@given(st.text(alphabet="ab K%$€/permonth,.()-–0123456789MGBtoks½ ", max_size=50))
def test_quantities_stand_where_they_say_in_order(text):
    found = find_quantities(text)
    assert all(text[q.start : q.end].strip() == q.text for q in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(st.text(max_size=50))
def test_any_text_can_be_read(text):
    assert all(q.value >= 0 for q in find_quantities(text))


@given(st.integers(1, 10**9), st.sampled_from(["tokens", "GB", "ms", "images", "%"]))
def test_thousands_separators_do_not_change_a_figure(number, unit):
    plain, separated = only(f"{number} {unit}"), only(f"{number:,} {unit}")
    assert (plain.value, plain.unit) == (separated.value, separated.unit)
