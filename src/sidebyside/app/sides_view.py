"""The parts of the side-by-side view as HTML: facts, plot, order by the reader's weights, capabilities, links."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sidebyside.app.export import FORMATS
from sidebyside.app.markup import clean
from sidebyside.app.plot import plot_html
from sidebyside.app.sides import DEFAULT_WEIGHTS
from sidebyside.app.table_view import meanings
from sidebyside.records.schema import CAPABILITIES, SCALES
from sidebyside.text.short_names import short_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.app.sides import Row, Sides, Total
    from sidebyside.records import Artifact, Capability, Comparison, Evidence, Fact, Library

# Rows that score; they stand last and folded, for they say little about what an artifact does.
SCORE_ROWS = {*SCALES, "Times Matched"}
MOST_CARDS, MOST_PAIRS, MOST_OWN = 24, 4, 5
FORMAT_NAMES = {"md": "Markdown", "html": "Web page", "json": "JSON", "csv": "CSV", "xlsx": "Excel"}


def choose_html(library: Library, chosen: Sequence[str] = (), missing: Sequence[str] = ()) -> str:
    """What stands there before two artifacts are chosen: pairs worth comparing, and a card for every artifact.

    `missing` are names that the library does not hold.
    """
    if len(chosen) == 1:
        hint = f"Choose what to lay beside {clean(chosen[0])}."
    else:
        hint = "Choose two to twelve artifacts to lay side by side."
    return (
        f'{missing_html(missing)}<p class="hint" role="status">{hint}</p>{_pairs_html(library, chosen)}'
        f"{_cards_html(library, chosen)}"
    )


def _pairs_html(library: Library, chosen: Sequence[str]) -> str:
    items = "".join(
        f'<li><button type="button" class="ask" data-action="choose" data-names="{clean(json.dumps(pair))}">'
        f'<b dir="auto">{clean(pair[0])}</b> <span>and</span> <b dir="auto">{clean(pair[1])}</b></button></li>'
        for pair in suggested_pairs(library, chosen)
    )
    return f'<h3>Pairs worth a look</h3><ul class="jobs">{items}</ul>' if items else ""


def suggested_pairs(library: Library, chosen: Sequence[str] = ()) -> list[list[str]]:
    """Pairs of one type before others, pairs from one page before others; each artifact in two of them at most."""
    described = sorted(library.artifacts, key=lambda artifact: (-artifact.described, artifact.id))[:MOST_CARDS]

    def fit(pair: tuple[Artifact, Artifact]) -> tuple[bool, bool]:
        one, other = pair
        return one.type != other.type, set(one.sources).isdisjoint(other.sources)

    pairs = [pair for pair in combinations(described, 2) if not chosen or chosen[0] in (pair[0].label, pair[1].label)]
    used: Counter[str] = Counter()
    found: list[list[str]] = []
    for pair in sorted(pairs, key=fit):
        if all(used[artifact.id] < 2 or artifact.label in chosen for artifact in pair) and len(found) < MOST_PAIRS:
            used.update(artifact.id for artifact in pair)
            found.append([artifact.label for artifact in pair])
    return found


def _cards_html(library: Library, chosen: Sequence[str]) -> str:
    artifacts = sorted(library.artifacts, key=lambda artifact: artifact.label.casefold())
    cards = "".join(_card_html(artifact, chosen) for artifact in artifacts[:MOST_CARDS])
    more = len(artifacts) - MOST_CARDS
    rest = f'<p class="hint">{more:,} more can be found by name above.</p>' if more > 0 else ""
    return (
        f'<h3>Artifacts</h3><ul class="artifact-cards" data-names="{clean(json.dumps(list(chosen)))}">{cards}</ul>'
        f"{rest}"
        if cards
        else ""
    )


def _card_html(artifact: Artifact, chosen: Sequence[str]) -> str:
    picked = str(artifact.label in chosen).lower()
    texts = (capability.title or capability.description for capability in artifact.capabilities)
    does = list(dict.fromkeys(short_name(text.text) for text in texts if text))[:2]
    total = max(artifact.capabilities_total or 0, artifact.described)
    shown = f", {artifact.described} shown" if total != artifact.described else ""
    return (
        f'<li><button type="button" class="artifact-card" data-action="pick" aria-pressed="{picked}" '
        f'data-name="{clean(artifact.label)}"><b dir="auto">{clean(artifact.label)}</b>'
        f"<span>{clean(artifact.type)} · {total} capabilities{shown}</span>"
        f'<span class="does" dir="auto">{"".join(f"<span>{clean(name)}</span>" for name in does)}</span></button></li>'
    )


def missing_html(names: Sequence[str]) -> str:
    """Names of a link that are not in the library, or not any more."""
    if not names:
        return ""
    told = ", ".join(f"“{clean(name)}”" for name in names)
    return f'<p class="problem failed" role="status">Not in your library: {told}</p>'


def facts_html(sides: Sides, comparison: Comparison | None = None, titles: Mapping[str, str] | None = None) -> str:
    """What differs first, then what is the same: rows of the pages without their scores, and what only one does.

    Values that pages disagree on are all shown, with the page that says so.
    """
    rows = [row for row in sides.rows if row.label not in SCORE_ROWS]
    differing = "".join(_row_html(row, sides, titles or {}) for row in rows if row.differs)
    own = _own_row_html(comparison, sides) if comparison else ""
    same = "".join(_row_html(row, sides, titles or {}) for row in rows if not row.differs)
    hint = "" if differing or own else '<p class="hint">Their tables say the same, scores aside.</p>'
    toggle = (
        '<label class="only-differences"><input type="checkbox" data-action="differences"> Differences only</label>'
        if same
        else ""
    )
    return (
        f'<div class="sides-table">{toggle}{hint}{_table_html("Key differences", differing + own, sides)}'
        f"{_table_html('The same for all', same, sides)}</div>"
    )


def score_rows_html(sides: Sides, titles: Mapping[str, str]) -> str:
    """The scores as the pages' tables state them, with a word on what they are."""
    rows = [row for row in sides.rows if row.label in SCORE_ROWS]
    told = meanings([row.label for row in rows])
    return (f"<p>{told}</p>" if told else "") + _table_html(
        "Scores", "".join(_row_html(row, sides, titles) for row in rows), sides
    )


def _table_html(name: str, rows: str, sides: Sides) -> str:
    if not rows:
        return ""
    heads = "".join(
        f'<th scope="col" role="columnheader" class="side-{position}" dir="auto">{clean(artifact.label)}</th>'
        for position, artifact in enumerate(sides.artifacts, start=1)
    )
    kind = "same-table" if name.startswith("The same") else "differing-table"
    return (
        f'<section class="{kind}"><h3>{name}</h3><div class="table-scroll grid-scroll" tabindex="0" role="region" '
        f'aria-label="{name}"><table class="grid" role="table"><thead role="rowgroup"><tr role="row">'
        f'<td role="cell"></td>{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table></div></section>'
    )


def _row_html(row: Row, sides: Sides, titles: Mapping[str, str]) -> str:
    cells = "".join(
        _td_html(artifact, position, _counted_html(artifact, row, cell) or _cell_html(cell, titles))
        for position, (artifact, cell) in enumerate(zip(sides.artifacts, row.cells, strict=True), start=1)
    )
    mark = '<span class="sr-only"> (differs)</span>' if row.differs else ""
    return (
        f'<tr role="row" class="{"differs" if row.differs else "same"}">'
        f'<th scope="row" role="rowheader">{clean(row.label)}{mark}</th>{cells}</tr>'
    )


def _counted_html(artifact: Artifact, row: Row, cell: Sequence[Fact]) -> str:
    """How many capabilities a page counts and how many it shows; "" for other rows, and where pages disagree."""
    if row.label != CAPABILITIES or len(cell) != 1 or not artifact.capabilities_total:
        return ""
    total = max(artifact.capabilities_total, artifact.described)
    return f"{total}, {artifact.described} shown" if total != artifact.described else str(total)


def _own_row_html(comparison: Comparison, sides: Sides) -> str:
    """What only one of them does, in names of a few words; its quotes stand below."""
    if not any(comparison.only.values()):
        return ""
    cells = ""
    for position, artifact in enumerate(sides.artifacts, start=1):
        names = list(dict.fromkeys(short_name(item.quote) for item in comparison.only.get(artifact.id, ())))
        items = "".join(f'<li dir="auto">{clean(name)}</li>' for name in names[:MOST_OWN])
        more = f"<li>and {len(names) - MOST_OWN} more</li>" if len(names) > MOST_OWN else ""
        content = f'<ul class="own">{items}{more}</ul>' if items else '<span class="unstated">nothing of its own</span>'
        cells += _td_html(artifact, position, content)
    return f'<tr role="row" class="differs"><th scope="row" role="rowheader">Only this one</th>{cells}</tr>'


def _td_html(artifact: Artifact, position: int, content: str) -> str:
    return (
        f'<td role="cell" class="cell side-{position}" dir="auto"><span class="cell-name" aria-hidden="true" '
        f'dir="auto">{clean(artifact.label)}</span><span class="cell-text">{content}</span></td>'
    )


def _cell_html(cell: Sequence[Fact], titles: Mapping[str, str]) -> str:
    if not cell:
        return '<span class="unstated">not stated</span>'
    if len(cell) == 1:
        return f'<span title="{_place(cell[0], titles)}">{clean(cell[0].value)}</span>'
    values = "".join(f"<li>{clean(fact.value)} <small>{_place(fact, titles)}</small></li>" for fact in cell)
    return f'<ul class="conflict" aria-label="Pages disagree">{values}</ul>'


def _place(fact: Fact, titles: Mapping[str, str]) -> str:
    return clean(titles.get(fact.source.file) or fact.source.file)


def _legend_html(sides: Sides) -> str:
    items = "".join(
        f'<li class="side-{position}" dir="auto">{clean(artifact.label)}</li>'
        for position, artifact in enumerate(sides.artifacts, start=1)
    )
    return f'<ul class="legend" aria-hidden="true">{items}</ul>'


def order_html(sides: Sides) -> str:
    """The order by weighted total, whether it is settled, and which single weight would change it."""
    if not any(sides.weights.values()):
        return '<h3>Order by your weights</h3><p class="hint">All weights are 0, so nothing puts them in an order.</p>'
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
    return f"{_legend_html(sides)}{plot_html(sides)}"


def remarks_html(comparison: Comparison, titles: Mapping[str, str] | None = None) -> str:
    """What the pages themselves conclude, and where they contradict each other or their own tables."""
    titles = titles or {}
    notes = "".join(f'<li class="note">{clean(note)}</li>' for note in comparison.notes)
    verdicts = "".join(
        f'<li><q dir="auto">{clean(verdict.quote)}</q> <span class="where">'
        f"{clean(titles.get(verdict.source.file) or verdict.source.file)}</span></li>"
        for verdict in comparison.verdicts
    )
    told = f'<h3>The pages\' own verdicts</h3><ul class="verdicts">{verdicts}</ul>' if verdicts else ""
    return told + (f'<ul class="notes" aria-label="Notes">{notes}</ul>' if notes else "")


def capabilities_html(comparison: Comparison, titles: Mapping[str, str] | None = None) -> str:
    """Capabilities matched by meaning, named in a few words: what they share, then what only one of them states."""
    titles = titles or {}
    places = {artifact.id: position for position, artifact in enumerate(comparison.artifacts, start=1)}
    names = {artifact.id: artifact.label for artifact in comparison.artifacts}
    shared = "".join(
        '<li class="shared">'
        + "".join(
            _evidence_html(item, titles, f"side-{places[item.artifact]}", names[item.artifact])
            for item in pair.evidence
        )
        + "</li>"
        for pair in comparison.shared
    )
    both = f'<ul class="pairs">{shared}</ul>' if shared else '<p class="hint">No capability is described by both.</p>'
    columns = "".join(
        f'<section class="side-{places[artifact.id]}"><h4 dir="auto">Only {clean(artifact.label)}</h4>'
        f"{_only_html(comparison.only.get(artifact.id, ()), titles)}</section>"
        for artifact in comparison.artifacts
    )
    return (
        f'<section class="shared-part"><h3>What they share</h3>{both}</section>'
        f'<h3>What only one of them states</h3><div class="columns">{columns}</div>'
    )


def _only_html(evidence: Sequence[Evidence], titles: Mapping[str, str]) -> str:
    if not evidence:
        return '<p class="hint">Nothing that the others do not describe too.</p>'
    items = "".join(f"<li>{_evidence_html(item, titles)}</li>" for item in evidence)
    return f'<ul class="capabilities">{items}</ul>'


def _evidence_html(item: Evidence, titles: Mapping[str, str], side: str = "", name: str = "") -> str:
    """A name of a few words that opens on the quote in its passage, and the page's title."""
    head = f'<b class="{side}" dir="auto">{clean(name)}</b> ' if name else ""
    context = item.context or item.quote
    before, found, after = context.partition(item.quote)
    passage = f"{clean(before)}<mark>{clean(found)}</mark>{clean(after)}" if found else clean(context)
    return (
        f'<details><summary dir="auto"><span>{head}{clean(short_name(item.quote))}</span></summary>'
        f'<p class="passage" dir="auto">{passage}</p><p class="where"><span class="page-title" dir="auto">'
        f"{clean(titles.get(item.source.file) or item.source.file)}</span></p></details>"
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


def view_query(sides: Sides, criteria: Sequence[str] = ()) -> str:
    """The query that reopens this view, with the criteria in the reader's own words."""
    pairs = [("compare", artifact.label) for artifact in sides.artifacts]
    if dict(sides.weights) != dict(DEFAULT_WEIGHTS):
        pairs.append(("weights", ",".join(f"{sides.weights[label]:g}" for label in SCALES)))
    return urlencode([*pairs, *(("on", words) for words in criteria)])


def links_html(sides: Sides, criteria: Sequence[str] = ()) -> str:
    """The link to this view and the exports, as plain links."""
    query = view_query(sides, criteria)
    exports = "".join(
        f'<li><a href="sidebyside/export.{form}?{clean(query)}" download>{FORMAT_NAMES[form]}</a></li>'
        for form in FORMATS
    )
    return (
        f'<nav class="links" aria-label="Keep this comparison"><a href="?{clean(query)}">Link to this view</a>'
        f"<span>Export</span><ul>{exports}</ul>"
        '<button type="button" class="action" data-action="copy-table">Copy as a table</button></nav>'
    )
