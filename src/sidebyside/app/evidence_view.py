"""The evidence beside an answer: how much each side has, every quote in its passage, and what was only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.app.markup import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.records import Answer, Citation

CLASS_NAMES = {
    "fact": ("table value", "A cell of the page's comparison table"),
    "description": ("description", "The page describes the artifact"),
    "claim": ("page's claim", "The page claims this; it is not a measurement"),
    "verdict": ("page's verdict", "What the page itself concludes"),
}
MAX_SIDES = 4


def side_class(artifact: str, artifacts: Sequence[str]) -> str:
    """The class that carries an artifact's colour: side-1 to side-4 in the order of the comparison, else side-0."""
    position = artifacts.index(artifact) + 1 if artifact in artifacts else 0
    return f"side-{position if position <= MAX_SIDES else 0}"


def evidence_html(answer: Answer, prefix: str) -> str:
    """Everything that stands behind an answer; on narrow screens it opens on request."""
    if not answer.citations and not answer.consulted:
        return ""
    cards = "".join(card_html(item, answer, f"{prefix}-c{item.number}") for item in answer.citations)
    count = len(answer.citations)
    title = f"{count} quote{'' if count == 1 else 's'}" if count else "Nothing cited"
    return (
        f'<aside class="evidence" id="{prefix}-evidence" aria-label="Evidence for this answer">'
        f'<button type="button" class="evidence-toggle" id="{prefix}-drawer" data-action="evidence" '
        f'aria-expanded="false" aria-controls="{prefix}-cards">{title} behind this answer</button>'
        f'<div class="evidence-body" id="{prefix}-cards"><h3 class="evidence-title">Evidence</h3>'
        f"{_balance_html(answer)}{cards}{_consulted_html(answer, prefix)}</div></aside>"
    )


def _balance_html(answer: Answer) -> str:
    counts = [(name, sum(item.artifact == name for item in answer.citations)) for name in answer.artifacts[:MAX_SIDES]]
    if len(counts) < 2 or not any(count for _, count in counts):
        return ""
    bars = "".join(
        f'<span class="{side_class(name, answer.artifacts)}" style="flex-grow:{count}"></span>'
        for name, count in counts
        if count
    )
    words = "".join(
        f'<li class="{side_class(name, answer.artifacts)}"><span dir="auto">{clean(name)}</span> '
        f"<b>{count or 'none'}</b></li>"
        for name, count in counts
    )
    return (
        f'<div class="balance"><div class="balance-bar" aria-hidden="true">{bars}</div>'
        f'<ul aria-label="Quotes per side">{words}</ul></div>'
    )


def card_html(citation: Citation, answer: Answer, anchor: str, *, cited: bool = True) -> str:
    """One piece of evidence: quote first, the passage around it on opening, and where it stands in which file."""
    side = side_class(citation.artifact, answer.artifacts)
    name, meaning = CLASS_NAMES[citation.evidence_class]
    mark = f'<span class="ref">{citation.number}</span>' if cited else '<span class="ref" aria-hidden="true">·</span>'
    return (
        f'<details class="card {side}" id="{anchor}"><summary>{mark}'
        f'<span class="card-head"><b dir="auto">{clean(citation.artifact)}</b> '
        f'<span class="class class-{citation.evidence_class}" title="{meaning}">{name}</span></span>'
        f'<span class="quote" dir="auto">{clean(citation.quote)}</span></summary>'
        f'<blockquote class="passage" dir="auto">{highlighted(citation)}</blockquote>'
        f'<p class="where"><span class="file">{clean(citation.source)}</span> '
        f"characters {citation.start:,}–{citation.end:,}</p></details>"
    )


def highlighted(citation: Citation) -> str:
    """The passage with the quoted sentence marked; the quote alone where the passage does not hold it."""
    before, found, after = citation.context.partition(citation.quote) if citation.quote else ("", "", "")
    if not found:
        return f"<mark>{clean(citation.quote)}</mark>"
    return f"{clean(before)}<mark>{clean(found)}</mark>{clean(after)}"


def _consulted_html(answer: Answer, prefix: str) -> str:
    if not answer.consulted:
        return ""
    cards = "".join(
        card_html(item, answer, f"{prefix}-s{position}", cited=False)
        for position, item in enumerate(answer.consulted, start=1)
    )
    return (
        f'<details class="consulted"><summary>Also read, not cited ({len(answer.consulted)})</summary>{cards}</details>'
    )
