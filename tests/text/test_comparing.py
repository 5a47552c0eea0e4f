"""Rows compared: the right cell is ahead, or rightly none; conditions hold, fail, or cannot be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidebyside.text.comparatives import adjective, named_end, predicate
from sidebyside.text.comparing import Comparison, compare_cells, compare_sides, meets
from text.pairs_of_cells import PAIRS


def said(comparison: Comparison) -> str:
    """What a comparison of two cells says, in the signs of the table of pairs."""
    winner = comparison.winner()
    if winner is not None:
        assert comparison.winner(-1) == 1 - winner
        return "><"[winner]
    if len(comparison.stated) < 2:
        return "only"
    return "=" if comparison.same else "none"


@pytest.mark.parametrize(("kind", "row", "one", "other", "holds"), PAIRS)
def test_the_greater_of_two_cells_is_ahead_or_rightly_none_is(kind, row, one, other, holds):
    assert said(compare_cells([one, other], row)) == holds
    assert said(compare_cells([other, one], row)) == {">": "<", "<": ">"}.get(holds, holds)


@pytest.mark.parametrize(("kind", "row", "one", "other", "holds"), [pair for pair in PAIRS if pair[-1] == "none"])
def test_where_none_is_ahead_it_is_said_why(kind, row, one, other, holds):
    assert compare_cells([one, other], row).why_none()


@pytest.mark.parametrize(
    ("row", "cells", "reason"),
    [
        ("Storage", ("10 seats", "2 TB"), "10 seats is a number of seats, 2 TB is a size in bytes"),
        ("Price", ("$20", "€20"), "$20 is a price in $, €20 is a price in €"),
        (
            "Price",
            ("$12/seat/mo", "$0.002 per 1K tokens"),
            "$12/seat/mo is a price in $ per month and seat, $0.002 per 1K tokens is a price in $ per token",
        ),
        ("Battery life", ("10-20 h", "15 h"), "10-20 h may be longer or shorter than 15 h"),
        ("Released", ("2025", "March 2025"), "2025 may be later or earlier than March 2025"),
        ("Storage", ("5 GB", "No"), "5 GB is a size in bytes, “No” is no single figure"),
        ("Licence", ("MIT", "GPL"), "words have no order"),
        ("Uptime", ("N/A", "99%"), "only one states it"),
        ("Uptime", ("N/A", "—"), "none states it"),
        ("Storage", ("1 TB", "1000 GB"), "they are the same"),
        ("Storage", ("1 TB", "2 TB"), ""),
    ],
)
def test_reasons_are_told_in_words(row, cells, reason):
    assert compare_cells(cells, row).why_none() == reason


@pytest.mark.parametrize(
    ("row", "cells", "note"),
    [
        ("Review score", ("4.5/5", "8/10"), "as shares of their scales, 4.5/5 is 90% and 8/10 is 80%"),
        ("Review score", ("4.5/5", "4/5"), ""),
        ("Price", ("$20/mo", "$180/yr"), "$180/yr is $15 a month"),
        ("Price", ("$200/yr", "$180/yr"), ""),
        ("Rate limit", ("60 requests/min", "2 requests/s"), "60 requests/min is 1 a second"),
        ("Bandwidth", ("100 Mbps", "20 MB/s"), "20 MB/s is 160 Mbit a second"),
        ("Languages", ("100+", "90+"), "as stated; each may be more"),
        ("Storage", ("512 GB", "2 TB"), ""),
    ],
)
def test_what_was_converted_is_said(row, cells, note):
    assert compare_cells(cells, row).note == note


def test_more_than_two_cells_are_put_in_order():
    comparison = compare_cells(["512 GB", "2 TB", "N/A", "750 MB"], "Storage")
    assert comparison.order(1) == [1, 0, 3]
    assert comparison.order(-1) == [3, 0, 1]
    assert (comparison.winner(1), comparison.winner(-1)) == (1, 3)
    assert comparison.stated == (0, 1, 3)


def test_one_cell_that_does_not_compare_leaves_no_winner_and_the_rest_in_order():
    comparison = compare_cells(["512 GB", "2 TB", "10 seats"], "Storage")
    assert comparison.winner() is None
    assert (comparison.order(1), comparison.apart) == ([1, 0], (2,))
    assert "10 seats is a number of seats" in comparison.reason


def test_nothing_is_ranked_where_no_measure_has_the_majority():
    comparison = compare_cells(["$20", "$30", "€10", "€40"], "Price")
    assert comparison.order(1) == []
    assert comparison.apart == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("sides", "winner"),
    [
        ((("512 GB", "1 TB"), ("2 TB",)), 1),
        ((("512 GB", "4 TB"), ("2 TB",)), None),
        ((("512 GB", "N/A"), ("2 TB",)), 1),
        ((("1 TB", "1000 GB"), ("2 TB",)), 1),
        ((("512 GB", "10 seats"), ("2 TB",)), None),
    ],
)
def test_a_side_of_several_pages_wins_only_by_all_of_them(sides, winner):
    assert compare_sides(sides, "Storage").winner() == winner


CONDITIONS = (
    ("Storage", "512 GB", ">=", "1 TB", False),
    ("Storage", "2 TB", ">=", "1 TB", True),
    ("Storage", "1 TB", ">=", "1000 GB", True),
    ("Storage", "512 GB", "<", "1 TB", True),
    ("Storage", "512 GB", ">=", "1", None),
    ("Storage", "10 seats", ">=", "1 TB", None),
    ("Storage", "N/A", ">=", "1 TB", None),
    ("Storage", "Unlimited", ">=", "1 TB", True),
    ("Storage (GB)", "512", ">=", "1 TB", False),
    ("Context window", "128K tokens", ">", "100,000 tokens", True),
    ("Context window", "128K tokens", ">=", "200k", False),
    ("Context window", "1M", ">", "128000", True),
    ("Parameters", "900M", ">=", "1B", False),
    ("Stars", "12.4k", ">", "10000", True),
    ("Languages", "100+", ">=", "100", True),
    ("Languages", "90+", ">=", "100", None),
    ("Languages", "90+", ">=", "80", True),
    ("Price", "$180/yr", "<", "$20 a month", True),
    ("Price", "$180/yr", "<", "$15 a month", False),
    ("Price", "$180/yr", "<", "$10 a month", False),
    ("Price", "$15/mo", "<", "$20", True),
    ("Price", "$180/yr", "<", "$20", None),
    ("Price", "$180/yr", "<", "$200", True),
    ("Price", "$12/seat/mo", "<", "$20 a month", None),
    ("Price", "€12/mo", "<", "$20 a month", None),
    ("Price", "Free", "<", "$20 a month", True),
    ("Price", "Contact sales", "<", "$20 a month", None),
    ("Yearly price", "1.299,00 €", "<", "1000 €", False),
    ("Yearly price", "949,00 €", "<", "1,000 euros", True),
    ("Starting Price", "$2.00e-7 per prompt token", "<", "$1 per 1M input tokens", True),
    ("Battery life", "1 h 30 min", ">", "80 minutes", True),
    ("Battery life", "10-20 h", ">=", "15 h", None),
    ("Battery life", "10-20 h", ">=", "8 h", True),
    ("Response time", "850 ms", "<", "1 second", True),
    ("Response time", "1.2 s", "<=", "1 second", False),
    ("Weight", "950 g", "<", "2 lb", False),
    ("Weight", "950 g", "<=", "1 kg", True),
    ("Latest version", "3.9", ">=", "3.10", False),
    ("Latest version", "3.11", ">=", "3.10", True),
    ("Runtime", "v18", ">=", "9", True),
    ("Released", "March 2025", ">=", "2025", True),
    ("Released", "March 2025", ">", "2025", False),
    ("Released", "January 2026", ">", "2025", True),
    ("Released", "2025", "<", "June 2025", None),
    ("Released", "March 2025", "=", "2025", True),
    ("Released", "2025", "=", "March 2025", None),
    ("Released", "2026-01-31", "<", "February 2026", True),
    ("Review score", "4.5/5", ">=", "8/10", True),
    ("Review score", "4.5/5", ">", "4", True),
    ("UnfragileRank", "45/100", ">", "40", True),
    ("UnfragileRank", "45/100", ">", "45", False),
    ("Uptime", "99.9%", ">", "99", True),
    ("Uptime", "99.9%", ">=", "99.95%", False),
    ("Capabilities", "12 decomposed", ">", "10", True),
    ("Pricing", "Free", "=", "free", True),
    ("Pricing", "Free", "!=", "Paid", True),
    ("Pricing", "$9/mo", "=", "Paid", True),
    ("Pricing", "$0", "=", "Free", True),
    ("Pricing", "Free", ">", "40", None),
    ("Type", "Model", "=", "model", True),
    ("Type", "Model", "=", "Dataset", False),
    ("Licence", "MIT", ">", "Apache", None),
)


@pytest.mark.parametrize(("row", "cell", "op", "wanted", "met"), CONDITIONS)
def test_conditions_hold_fail_or_cannot_be_told(row, cell, op, wanted, met):
    assert meets(cell, op, wanted, row) is met


@pytest.mark.parametrize(
    ("measure", "row", "more", "less", "most"),
    [
        ("mass", "Weight", "is heavier", "is lighter", "is heaviest"),
        ("mass", "Weight (kg)", "is heavier", "is lighter", "is heaviest"),
        ("mass", "Weight capacity", "has the higher Weight capacity", "has the lower Weight capacity", None),
        ("date", "Released", "was released later", "was released earlier", "was released last"),
        ("date", "Last updated", "was updated later", "was updated earlier", "was updated last"),
        ("date", "First release", "has the later First release", "has the earlier First release", None),
        ("bytes", "Storage", "has the larger Storage", "has the smaller Storage", "has the largest Storage"),
        ("time", "Battery life", "has the longer Battery life", "has the shorter Battery life", None),
        ("version", "Latest version", "has the newer Latest version", "has the older Latest version", None),
        ("money", "Price", "costs more", "costs less", "costs most"),
        ("money", "Yearly price", "has the higher Yearly price", "has the lower Yearly price", None),
        ("class", "Pricing", "costs more", "costs less", "costs most"),
        ("count", "Stars", "has more stars", "has fewer stars", "has the most stars"),
        ("number", "API calls", "has more API calls", "has fewer API calls", "has the most API calls"),
        ("number", "Access", "has the higher Access", "has the lower Access", None),
        ("rating", "Review score", "has the higher Review score", "has the lower Review score", None),
        ("token", "Context window", "has the larger Context window", "has the smaller Context window", None),
    ],
)
def test_being_ahead_has_the_words_of_its_measure(measure, row, more, less, most):
    assert predicate(measure, row, 1) == more
    assert predicate(measure, row, -1) == less
    assert most is None or predicate(measure, row, 1, superlative=True) == most


@pytest.mark.parametrize(
    ("text", "measure", "row", "end"),
    [
        ("which is faster", "time", "Response time", -1),
        ("which is faster", "rate", "Speed", 1),
        ("the cheaper one", "money", "Price", -1),
        ("which is lighter", "mass", "Weight", -1),
        ("which was released first", "date", "Released", -1),
        ("which had the later First release", "date", "First release", 1),
        ("the oldest of the latest version", "version", "Latest version", -1),
        ("which is faster", "bytes", "Storage", 0),
        ("earlier or later", "date", "Released", 0),
    ],
)
def test_an_end_is_named_by_the_words_of_its_measure(text, measure, row, end):
    assert named_end(text, measure, row) == end


def test_an_adjective_goes_both_ways_and_to_the_end():
    words = {adjective("date", way, superlative=end) for way in (1, -1) for end in (True, False)}
    assert words == {"later", "earlier", "latest", "earliest"}


CELLS = st.sampled_from(sorted({cell for pair in PAIRS for cell in pair[2:4]}))
ROWS = st.sampled_from(["Storage", "Price", "Latest version", "Released", "Score"])


@given(CELLS, CELLS, ROWS)
def test_turning_two_cells_round_turns_the_result_round(one, other, row):
    there, back = said(compare_cells([one, other], row)), said(compare_cells([other, one], row))
    assert back == {">": "<", "<": ">"}.get(there, there)


def test_what_a_letter_is_does_not_hang_on_which_cell_comes_first():
    for cells in (["30 m", "2 hours"], ["2 hours", "30 m"]):
        assert compare_cells(cells, "Battery life").measure == "time"
    for cells in (["1.8 m", "2 hours", "4 km"], ["4 km", "1.8 m", "2 hours"]):
        assert compare_cells(cells, "Reach").spans[cells.index("1.8 m")] == (1.8, 1.8)


@given(CELLS, ROWS)
def test_no_cell_is_ahead_of_itself(cell, row):
    assert said(compare_cells([cell, cell], row)) in {"=", "only", "none"}


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.text(max_size=12))
def test_any_cells_can_be_compared(cells, row):
    comparison = compare_cells(cells, row)
    assert len(comparison.spans) == len(cells)
    assert comparison.winner() is not None or comparison.why_none()
    assert meets(cells[0], ">=", cells[-1], row) in {True, False, None}
