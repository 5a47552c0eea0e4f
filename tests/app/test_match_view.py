"""A match and criteria of one's own as HTML and as rows: nothing in them becomes markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sidebyside.app.criteria_view import criteria_html, criteria_rows, is_same, quote_rows, said
from sidebyside.app.match_tab import requested_need
from sidebyside.app.match_view import match_html, match_query, match_rows
from sidebyside.records import Cell, Wish
from standin import DREAMBOOTH, GRID, LLAMA, LLAVA, StandIn

HOSTILE = '"><script>alert(1)</script>'


def test_a_match_shows_its_wishes_its_cells_and_its_quotes():
    match = StandIn().match("captions", [Wish("an API", "not", 2)])
    html = match_html(match, {})
    assert '<option value="not" selected>' in html
    assert '<option value="2" selected>×2</option>' in html
    assert "not: an API (×2)<small>rules out 3 of 4</small>" in html
    assert f"<b>{DREAMBOOTH}</b><small>Repository · 2 of 2</small>" in html
    assert 'id="match-c3"' in html
    assert html.count('<span class="state">not stated</span>') == 2


def test_no_text_of_a_match_becomes_markup():
    match = StandIn().match(HOSTILE, [Wish(HOSTILE, "nice", query=HOSTILE, row=HOSTILE)])
    artifact = replace(match.artifacts[0], label=HOSTILE, type=HOSTILE)
    hostile = replace(
        match, text=HOSTILE, notes=(HOSTILE,), artifacts=(artifact, *match.artifacts[1:]), excluded=(HOSTILE,),
        among=(HOSTILE,), citations=tuple(replace(c, quote=HOSTILE, source=HOSTILE) for c in match.citations),
    )  # fmt: skip
    assert "<script" not in match_html(hostile, {HOSTILE: HOSTILE})


def test_rows_of_a_sheet_have_state_quote_and_page():
    rows = match_rows(StandIn().match("captions"), {})
    assert rows[0] == ["Artifact", "Type", "Meets", "captions", "captions: quote", "captions: page"]
    assert rows[1][:4] == [DREAMBOOTH, "Repository", "1 of 1", "met"]
    assert rows[1][4].startswith("Leverages Llama 3")
    assert rows[2][3:] == ["not stated", "", ""]


def test_a_link_asks_for_the_same_wishes():
    match = replace(StandIn().match("", [Wish("offline", "must", 3), Wish("fast", "nice")]), excluded=("X",))
    query = match_query(match)
    assert query == "tab=match&must=3%2Aoffline&nice=fast&not=X"
    wanted = requested_need({"must": ["3*offline"], "nice": ["fast"], "not": ["X"]})
    assert wanted["wishes"] == [
        {"text": "offline", "role": "must", "weight": "3"},
        {"text": "fast", "role": "nice"},
        {"text": "X", "role": "not"},
    ]


def test_criteria_stand_as_rows_that_can_be_removed():
    html = criteria_html(GRID, {}, writing=True)
    assert 'aria-busy="true"' in html
    assert 'aria-label="Remove criterion fine-tuning"' in html
    assert f'<th scope="col" role="columnheader" class="side-1" data-met="3" dir="auto">{LLAVA}' in html
    assert "<script" not in criteria_html(replace(GRID, grid=replace(GRID.grid, criteria=(HOSTILE,) * 4)), {})


@pytest.mark.parametrize(
    ("cells", "same"),
    [
        ((Cell("silent", ""), Cell("silent", "")), True),
        ((Cell("stated", "a [1]"), Cell("stated", "b [2]")), True),
        ((Cell("stated", "a [1]"), Cell("denied", "a [1]")), False),
        ((Cell("stated", "Free [1]", "table"), Cell("stated", "Free [2]", "table")), True),
        ((Cell("stated", "Free [1]", "table"), Cell("stated", "Paid [2]", "table")), False),
    ],
)
def test_a_row_is_the_same_where_all_say_the_same(cells, same):
    assert is_same(cells) == same


def test_criteria_rows_of_a_sheet_carry_quotes_and_pages():
    rows = criteria_rows(GRID, {"x": "y"})
    assert rows[0] == [
        "context length",
        "an 8K window for chats with images",
        "128K tokens for text and images together",
    ]
    assert rows[1][0] == "context length: quotes"
    assert "8K" in rows[1][1]
    assert said(Cell("denied", "limited [1]")) == "no: limited"
    assert quote_rows(GRID, {})[1][0] in (LLAMA, LLAVA)
