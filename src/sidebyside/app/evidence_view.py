"""The quotes behind an answer: each in its paragraph with what counts marked, and what was only read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sidebyside.app.markup import CITATION, clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sidebyside.app.drawing import Drawing
    from sidebyside.records import Answer, Citation

CLASS_NAMES = {
    "fact": ("table value", "A cell of the page's comparison table"),
    "description": ("description", "The page describes the artifact"),
    "claim": ("page's claim", "The page claims this; it is not a measurement"),
    "verdict": ("page's verdict", "What the page itself concludes"),
}
# A clause is worth a mark of its own only where it leaves something of its sentence out.
_EDGES = " .,;:…\"'“”"


def evidence_html(drawing: Drawing) -> str:
    """Everything that stands behind an answer, folded: a chip opens its own quote where it is."""
    answer = drawing.answer
    if not answer.citations and not answer.consulted:
        return ""
    cards = "".join(
        card_html(item, drawing, f"{drawing.prefix}-c{item.number}", clauses=clauses(answer, item.number))
        for item in answer.citations
    )
    count = len(answer.citations)
    title = f"{'The quote' if count == 1 else f'All {count} quotes'} behind this answer" if count else "What was read"
    return (
        f'<details class="evidence" id="{drawing.prefix}-evidence"><summary>{title}</summary>'
        f'<div class="cards">{cards}</div>{_consulted_html(drawing)}</details>'
    )


def clauses(answer: Answer, number: int) -> list[str]:
    """What the cells of the grid take from quote `number`, word for word."""
    if answer.grid is None:
        return []
    cells = [cell for row in answer.grid.cells for cell in row if cell.by == "quote"]
    return [CITATION.sub("", cell.text).strip(_EDGES) for cell in cells if number in cell.citations]


def card_html(
    citation: Citation, drawing: Drawing, anchor: str, *, cited: bool = True, clauses: Iterable[str] = ()
) -> str:
    """One quote in its paragraph: whose it is, what kind of evidence, and on which page it stands."""
    name, meaning = CLASS_NAMES[citation.evidence_class]
    mark = f'<span class="ref">{citation.number}</span>' if cited else ""
    return (
        f'<article class="card {drawing.side(citation.artifact)}" id="{anchor}"><p class="card-head">{mark}'
        f'<b dir="auto">{clean(citation.artifact)}</b> '
        f'<span class="class class-{citation.evidence_class}" title="{meaning}">{name}</span></p>'
        f'<blockquote class="passage" dir="auto">{highlighted(citation, clauses)}</blockquote>'
        f'<p class="where"><span class="page-title" dir="auto">{clean(drawing.title(citation.source))}</span> '
        f'<span class="place" title="characters {citation.start:,}–{citation.end:,}">{clean(citation.source)}</span>'
        f"</p></article>"
    )


def highlighted(citation: Citation, clauses: Iterable[str] = ()) -> str:
    """The passage with the quoted sentence marked, and in it the clause; the quote alone where it is not in there."""
    before, found, after = citation.context.partition(citation.quote) if citation.quote else ("", "", "")
    if not found:
        return _marked(citation.quote, clauses)
    return f"{clean(before)}{_marked(found, clauses)}{clean(after)}"


def _marked(quote: str, clauses: Iterable[str]) -> str:
    for clause in clauses:
        # A clause may leave something out in the middle.
        words = [".*?" if word == "…" else re.escape(word) for word in clause.split()]
        match = re.search(r"\s+".join(words), quote, re.IGNORECASE) if words else None
        if match and match[0].strip(_EDGES) != quote.strip(_EDGES):
            before, after = quote[: match.start()], quote[match.end() :]
            return f'<mark class="part">{clean(before)}<b>{clean(match[0])}</b>{clean(after)}</mark>'
    return f"<mark>{clean(quote)}</mark>"


def _consulted_html(drawing: Drawing) -> str:
    read = drawing.answer.consulted
    if not read:
        return ""
    cards = "".join(
        card_html(item, drawing, f"{drawing.prefix}-s{position}", cited=False)
        for position, item in enumerate(read, start=1)
    )
    return f'<details class="consulted"><summary>Also read, not cited ({len(read)})</summary>{cards}</details>'
