"""The parts of the side-by-side view as HTML: facts, plot, order by the reader's weights, capabilities, links."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sidebyside.app.export import FORMATS
from sidebyside.app.markup import clean
from sidebyside.app.plot import plot_html
from sidebyside.app.sides import DEFAULT_WEIGHTS, SCALES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.app.sides import Row, Sides, Total
    from sidebyside.records import Artifact, Capability, Comparison, Evidence, Fact

FORMAT_NAMES = {"md": "Markdown", "html": "Web page", "json": "JSON"}


def choose_html(missing: Sequence[str] = ()) -> str:
    """What stands there before two artifacts are chosen; `missing` are names that the library does not hold."""
    return missing_html(missing) + '<p class="hint" role="status">Choose two to four artifacts to lay side by side.</p>'


def missing_html(names: Sequence[str]) -> str:
    """Names of a link that are not in the library, or not any more."""
    if not names:
        return ""
    told = ", ".join(f"“{clean(name)}”" for name in names)
    return f'<p class="problem failed" role="status">Not in your library: {told}</p>'


def facts_html(sides: Sides) -> str:
    """The facts table; rows that differ are marked, values that pages disagree on are all shown with their file."""
    heads = "".join(
        f'<th scope="col" class="side-{position}" dir="auto">{clean(artifact.label)}</th>'
        for position, artifact in enumerate(sides.artifacts, start=1)
    )
    rows = "".join(_row_html(row) for row in sides.rows)
    return (
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Facts side by side"><table class="facts">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row_html(row: Row) -> str:
    cells = "".join(f'<td dir="auto">{_cell_html(cell)}</td>' for cell in row.cells)
    mark = '<span class="sr-only"> (differs)</span>' if row.differs else ""
    return (
        f'<tr class="{"differs" if row.differs else "same"}"><th scope="row">{clean(row.label)}{mark}</th>{cells}</tr>'
    )


def _cell_html(cell: Sequence[Fact]) -> str:
    if not cell:
        return '<span class="unstated">not stated</span>'
    if len(cell) == 1:
        return f'<span title="{_place(cell[0])}">{clean(cell[0].value)}</span>'
    values = "".join(f"<li>{clean(fact.value)} <small>{clean(fact.source.file)}</small></li>" for fact in cell)
    return f'<ul class="conflict" aria-label="Pages disagree">{values}</ul>'


def _place(fact: Fact) -> str:
    return clean(f"{fact.source.file}, characters {fact.source.start}–{fact.source.end}")


def _legend_html(sides: Sides) -> str:
    items = "".join(
        f'<li class="side-{position}" dir="auto">{clean(artifact.label)}</li>'
        for position, artifact in enumerate(sides.artifacts, start=1)
    )
    return f'<ul class="legend" aria-hidden="true">{items}</ul>'


def order_html(sides: Sides) -> str:
    """The order by weighted total, whether it is settled, and which single weight would change it."""
    colours = {artifact.label: f"side-{place}" for place, artifact in enumerate(sides.artifacts, start=1)}
    items = "".join(_total_html(total, colours[total.artifact]) for total in sides.totals)
    flips = "".join(
        f"<li>{clean(flip.below)} draws level with {clean(flip.above)} when <b>{clean(flip.label)}</b> "
        f"{'rises' if flip.weight > sides.weights[flip.label] else 'falls'} to {flip.weight:.1f} "
        f"(now {sides.weights[flip.label]:g}).</li>"
        for flip in sides.flips
    )
    words = flips or "<li>No single weight between 0 and 10 changes this order.</li>"
    doubt = (
        "" if sides.settled else '<p class="note">The ranges overlap, so the pages do not settle the first place.</p>'
    )
    return (
        f'<h3>Order by your weights</h3><ol class="order">{items}</ol>'
        f'{doubt}<ul class="flips" aria-label="What would change the order">{words}</ul>'
    )


def _total_html(total: Total, side: str) -> str:
    value = f"{total.low:.0f}" if round(total.low) == round(total.high) else f"{total.low:.0f}–{total.high:.0f}"
    return f'<li class="{side}"><b dir="auto">{clean(total.artifact)}</b> <span>{value} of 100</span></li>'


def scores_html(sides: Sides) -> str:
    """The plot with the names in their colours."""
    return f"<h3>Scores</h3>{_legend_html(sides)}{plot_html(sides)}"


def remarks_html(comparison: Comparison) -> str:
    """What the pages themselves conclude, and where they contradict each other or their own tables."""
    notes = "".join(f'<li class="note">{clean(note)}</li>' for note in comparison.notes)
    verdicts = "".join(
        f'<li><q dir="auto">{clean(verdict.quote)}</q> <span class="where">{clean(verdict.source.file)}</span></li>'
        for verdict in comparison.verdicts
    )
    told = f'<h3>The pages\' own verdicts</h3><ul class="verdicts">{verdicts}</ul>' if verdicts else ""
    return told + (f'<ul class="notes" aria-label="Notes">{notes}</ul>' if notes else "")


def capabilities_html(comparison: Comparison) -> str:
    """Capabilities matched by meaning: what they share, then what only one of them states."""
    places = {artifact.id: position for position, artifact in enumerate(comparison.artifacts, start=1)}
    names = {artifact.id: artifact.label for artifact in comparison.artifacts}
    shared = "".join(
        '<li class="shared">'
        + "".join(_evidence_html(item, f"side-{places[item.artifact]}", names[item.artifact]) for item in pair.evidence)
        + "</li>"
        for pair in comparison.shared
    )
    both = f'<ul class="pairs">{shared}</ul>' if shared else '<p class="hint">No capability is described by both.</p>'
    columns = "".join(
        f'<section class="side-{places[artifact.id]}"><h4 dir="auto">Only {clean(artifact.label)}</h4>'
        f"{_only_html(comparison.only.get(artifact.id, ()))}</section>"
        for artifact in comparison.artifacts
    )
    return f'<h3>What they share</h3>{both}<h3>What only one of them states</h3><div class="columns">{columns}</div>'


def _only_html(evidence: Sequence[Evidence]) -> str:
    if not evidence:
        return '<p class="hint">Nothing that the others do not describe too.</p>'
    items = "".join(f"<li>{_evidence_html(item, '', '')}</li>" for item in evidence)
    return f'<ul class="capabilities">{items}</ul>'


def _evidence_html(item: Evidence, side: str, name: str) -> str:
    """A quote that opens on its passage and place."""
    head = f'<b class="{side}" dir="auto">{clean(name)}</b> ' if name else ""
    context = item.context or item.quote
    before, found, after = context.partition(item.quote)
    passage = f"{clean(before)}<mark>{clean(found)}</mark>{clean(after)}" if found else clean(context)
    return (
        f'<details><summary dir="auto"><span>{head}{clean(item.quote)}</span></summary>'
        f'<p class="passage" dir="auto">{passage}</p><p class="where">{clean(item.source.file)} '
        f"characters {item.source.start:,}–{item.source.end:,}</p></details>"
    )


def capability_list_html(artifact: Artifact) -> str:
    """The capabilities of one artifact, each opening on its claims and its file; says how many no page details."""
    items = "".join(f"<li>{_capability_html(capability)}</li>" for capability in artifact.capabilities)
    missing = (artifact.capabilities_total or 0) - len(artifact.capabilities)
    rest = f'<p class="hint">{missing} more are counted on the page but not described.</p>' if missing > 0 else ""
    return f'<ul class="capabilities">{items}</ul>{rest}'


def _capability_html(capability: Capability) -> str:
    parts = list(capability.parts())
    head = next((part.text for label, part in parts if label == "title"), parts[0][1].text if parts else "")
    body = "".join(
        f'<p><span class="class">{clean(label.replace("_", " "))}</span> <span dir="auto">{clean(part.text)}</span></p>'
        f'<p class="where">{clean(part.source.file)} characters {part.source.start:,}–{part.source.end:,}</p>'
        for label, part in parts
    )
    return f'<details><summary dir="auto"><span>{clean(head)}</span></summary>{body}</details>'


def view_query(sides: Sides) -> str:
    """The query that reopens this view."""
    pairs = [("compare", artifact.label) for artifact in sides.artifacts]
    if dict(sides.weights) != dict(DEFAULT_WEIGHTS):
        pairs.append(("weights", ",".join(f"{sides.weights[label]:g}" for label in SCALES)))
    return urlencode(pairs)


def links_html(sides: Sides) -> str:
    """The link to this view and the exports, as plain links."""
    query = view_query(sides)
    exports = "".join(
        f'<li><a href="sidebyside/export.{form}?{clean(query)}" download>{FORMAT_NAMES[form]}</a></li>'
        for form in FORMATS
    )
    return (
        f'<nav class="links" aria-label="Keep this comparison"><a href="?{clean(query)}">Link to this view</a>'
        f"<span>Export</span><ul>{exports}</ul></nav>"
    )
