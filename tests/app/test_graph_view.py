"""The match graph on the page: what it tells of the library, and of one artifact."""

from __future__ import annotations

from sidebyside.app.graph_view import graph_html
from sidebyside.app.library_view import artifact_html, library_html
from sidebyside.records import AskedWish, LedTo, MatchCounts
from standin import LIBRARY

FIRST = LIBRARY.artifacts[0]
MET = AskedWish("draws pictures", 3, "2026-11-29T12:00:00+00:00", led_to=(LedTo(FIRST.id, "", 3),))
TEA = AskedWish("makes tea", 1, "2026-11-28T12:00:00+00:00", lacking=True)


def test_it_tells_what_is_lacking_and_how_to_stop_and_forget():
    html = graph_html(MatchCounts(True, (MET, TEA)), can_count=True)
    assert "2 wishes counted so far." in html
    assert '<q dir="auto">makes tea</q> asked once, last on 2026-11-28</li>' in html
    assert "draws pictures" not in html
    assert 'aria-checked="true" data-action="counting" data-on=""' in html
    assert 'data-action="forget"' in html


def test_where_counting_is_off_or_nothing_is_counted_it_says_so():
    off = graph_html(MatchCounts(False, (MET,)), can_count=True)
    assert 'aria-checked="false" data-action="counting" data-on="yes"' in off
    assert "No wish has found nothing." in off
    never = graph_html(MatchCounts(False), can_count=False)
    assert "SIDEBYSIDE_MATCHES is off" in never
    assert "data-action" not in never
    assert '<p class="problem">it broke' in graph_html(MatchCounts(True), can_count=True, problem="it broke")


def test_many_lacking_wishes_are_cut_and_that_is_said():
    wishes = tuple(AskedWish(f"wish {n}", 1, "2026-11-28", lacking=True) for n in range(53))
    html = graph_html(MatchCounts(True, wishes), can_count=True)
    assert html.count("<li>") == 50
    assert "And 3 more." in html


def test_the_library_has_a_column_only_where_something_was_counted():
    assert "Matched here" not in library_html(LIBRARY, {})
    html = library_html(LIBRARY, {FIRST.id: 1234})
    assert html.count("<th ") == 7 + len(LIBRARY.artifacts)
    assert "<td>1234</td>" in html
    assert html.count("<td>0</td>") == len(LIBRARY.artifacts) - 1


def test_an_artifact_shows_how_often_it_was_matched_and_by_what():
    html = artifact_html(FIRST, LIBRARY, (("draws pictures", 3), ("free", 1)))
    assert '<th scope="row">Times matched here</th><td>4 ' in html
    assert '<li><q dir="auto">draws pictures</q> 3×</li>' in html
    assert "matched here" not in artifact_html(FIRST, LIBRARY)
