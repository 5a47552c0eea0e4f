"""The local match graph as HTML: what the library lacks, the switch, forgetting, and what one artifact met here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.app.markup import clean, message_html
from sidebyside.records.schema import TIMES_MATCHED_HERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.records import AskedWish, MatchCounts

# Wishes that are listed, at most.
_LISTED = 50


def graph_html(counts: MatchCounts, *, can_count: bool, problem: str = "") -> str:
    """The section below the table: wishes that found nothing, whether matches are counted, and what forgets them."""
    notices = "".join(f'<p class="problem">{message_html(text)}</p>' for text in (*counts.notices, problem) if text)
    return (
        '<section class="match-graph report" aria-labelledby="match-graph-title">'
        f'<h3 id="match-graph-title">Matched here</h3>{notices}{_told(counts)}'
        f"{_switch(counts) if can_count else _settings()}{_missing(counts)}{_forgetting(counts)}</section>"
    )


def _told(counts: MatchCounts) -> str:
    wishes = len(counts.wishes)
    counted = f"{wishes:,} {'wish' if wishes == 1 else 'wishes'} counted so far. " if wishes else ""
    return (
        f'<p role="status">{counted}Which wishes led to which artifacts is counted on this machine alone and never '
        "sent. It changes the order of no match.</p>"
    )


def _missing(counts: MatchCounts) -> str:
    missing = counts.missing
    if not missing:
        return "<p>No wish has found nothing.</p>" if counts.wishes else ""
    items = "".join(map(_wish, missing[:_LISTED]))
    more = f"<p>And {len(missing) - _LISTED:,} more.</p>" if len(missing) > _LISTED else ""
    return f'<h3>What the library lacks</h3><ul class="missing">{items}</ul>{more}'


def _wish(wish: AskedWish) -> str:
    times = "once" if wish.times == 1 else f"{wish.times:,} times"
    return f'<li><q dir="auto">{clean(wish.text)}</q> asked {times}, last on {clean(wish.last[:10])}</li>'


def _switch(counts: MatchCounts) -> str:
    state = "true" if counts.counting else "false"
    return (
        f'<p><button type="button" class="small" role="switch" aria-checked="{state}" data-action="counting" '
        f'data-on="{"" if counts.counting else "yes"}">Count matches: {"on" if counts.counting else "off"}</button></p>'
    )


def _settings() -> str:
    return "<p>Matches are not counted: SIDEBYSIDE_MATCHES is off, or no data folder is known.</p>"


def _forgetting(counts: MatchCounts) -> str:
    """Folded, so that it takes two presses."""
    if not counts.wishes and not counts.notices:
        return ""
    return (
        '<details><summary>Forget what was counted</summary><p>It cannot be brought back.</p><button type="button" '
        'class="small" data-action="forget">Forget all wishes</button></details>'
    )


def met_row_html(met: Sequence[tuple[str, int]]) -> str:
    """A row for an artifact's table of facts: how often it met a wish here; "" where it met none."""
    if not met:
        return ""
    return (
        f'<tr class="same"><th scope="row">{TIMES_MATCHED_HERE}</th><td>{sum(times for _wish, times in met):,} '
        '<span class="where">counted on this machine</span></td></tr>'
    )


def met_html(met: Sequence[tuple[str, int]]) -> str:
    """The wishes that an artifact met here, most often first."""
    items = "".join(f'<li><q dir="auto">{clean(wish)}</q> {times:,}×</li>' for wish, times in met[:_LISTED])
    return f"<h3>Wishes it met here</h3><ul>{items}</ul>" if items else ""
