"""A side-by-side comparison as Markdown, as a web page that needs nothing else, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING, Any

from sidebyside.app.markup import clean
from sidebyside.app.plot import plot_html

if TYPE_CHECKING:
    from sidebyside.app.sides import Row, Sides
    from sidebyside.records import Artifact, Capability, Fact

FORMATS = {"md": "text/markdown", "html": "text/html", "json": "application/json"}


def export(sides: Sides, form: str) -> str:
    """The comparison in one of FORMATS."""
    return {"md": to_markdown, "html": to_html, "json": to_json}[form](sides)


def title(sides: Sides) -> str:
    """Names of the artifacts, joined."""
    return " vs ".join(artifact.label for artifact in sides.artifacts)


def to_markdown(sides: Sides) -> str:
    """Tables and quotes, with a numbered list of places in the page files."""
    names = [_plain(artifact.label) for artifact in sides.artifacts]
    places: dict[str, int] = {}
    lines = [f"# {_plain(title(sides))}", "", f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for row in sides.rows:
        cells = [_markdown_cell(cell, places) for cell in row.cells]
        mark = " (differs)" if row.differs else ""
        lines.append(f"| {_plain(row.label)}{mark} | {' | '.join(cells)} |")
    lines += ["", f"Order by these weights ({_weights(sides)}): {_plain(_order(sides))}"]
    for artifact in sides.artifacts:
        lines += ["", f"## {_plain(artifact.label)}", ""]
        for capability in artifact.capabilities:
            lines += _markdown_capability(capability, places)
    lines += ["", "## Places", "", *(f"{number}. {_code(place)}" for place, number in places.items()), ""]
    return "\n".join(lines)


def _markdown_cell(cell: tuple[Fact, ...], places: dict[str, int]) -> str:
    if not cell:
        return "not stated"
    return " / ".join(f"{_plain(fact.value)} [{_place(_where(fact), places)}]" for fact in cell)


def _markdown_capability(capability: Capability, places: dict[str, int]) -> list[str]:
    lines = []
    for label, excerpt in capability.parts():
        place = f"{excerpt.source.file}, characters {excerpt.source.start}-{excerpt.source.end}"
        lines.append(f"> {label}: {_plain(excerpt.text)} [{_place(place, places)}]")
    return [*lines, ""]


def to_json(sides: Sides) -> str:
    """All of it, with every fact's and quote's place."""
    data: dict[str, Any] = {
        "artifacts": [_artifact_data(artifact) for artifact in sides.artifacts],
        "rows": [
            {
                "label": row.label,
                "differs": row.differs,
                "values": [[fact.value for fact in cell] for cell in row.cells],
            }
            for row in sides.rows
        ],
        "scores": {label: [asdict(score) for score in scores] for label, scores in sides.scores.items()},
        "weights": dict(sides.weights),
        "totals": [asdict(total) for total in sides.totals],
        "settled": sides.settled,
        "flips": [asdict(flip) for flip in sides.flips],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _artifact_data(artifact: Artifact) -> dict[str, Any]:
    data = asdict(artifact)
    return {key: data[key] for key in ("label", "name", "type", "facts", "capabilities", "sources", "url")}


def to_html(sides: Sides) -> str:
    """One page with its style and drawings inside; nothing is loaded from anywhere."""
    heads = "".join(
        f'<th scope="col" class="side-{position}">{clean(artifact.label)}</th>'
        for position, artifact in enumerate(sides.artifacts, start=1)
    )
    rows = "".join(_html_row(row) for row in sides.rows)
    quotes = "".join(_html_artifact(artifact, number) for number, artifact in enumerate(sides.artifacts, start=1))
    name = clean(title(sides))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{_EXPORT_STYLE}</style></head><body><main><h1>{name}</h1>"
        f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<h2>Scores</h2>{plot_html(sides)}"
        f"<p>Order by these weights ({clean(_weights(sides))}): {clean(_order(sides))}</p>"
        f"{quotes}</main></body></html>\n"
    )


def _html_row(row: Row) -> str:
    cells = "".join(f"<td>{_html_cell(cell)}</td>" for cell in row.cells)
    mark = " <small>differs</small>" if row.differs else ""
    return (
        f'<tr class="{"differs" if row.differs else "same"}"><th scope="row">{clean(row.label)}{mark}</th>{cells}</tr>'
    )


def _html_cell(cell: tuple[Fact, ...]) -> str:
    if not cell:
        return "<em>not stated</em>"
    return "<br>".join(f"{clean(fact.value)} <small>{clean(_where(fact))}</small>" for fact in cell)


def _html_artifact(artifact: Artifact, number: int) -> str:
    items = "".join(
        f"<li>{''.join(_html_part(label, part.text, part.source.file) for label, part in capability.parts())}</li>"
        for capability in artifact.capabilities
    )
    return f'<h2 class="side-{number}">{clean(artifact.label)}</h2><ul>{items}</ul>'


def _html_part(label: str, text: str, file: str) -> str:
    return f"<p><b>{escape(label)}</b> <q>{clean(text)}</q> <small>{clean(file)}</small></p>"


def _weights(sides: Sides) -> str:
    return ", ".join(f"{label} {weight:g}" for label, weight in sides.weights.items())


def _order(sides: Sides) -> str:
    parts = [
        f"{total.artifact} {total.low:.0f}"
        if total.low == total.high
        else f"{total.artifact} {total.low:.0f} to {total.high:.0f}"
        for total in sides.totals
    ]
    return "; ".join(parts) + ("" if sides.settled else " (ranges overlap: the order is not settled)")


def _where(fact: Fact) -> str:
    return f"{fact.source.file}, characters {fact.source.start}-{fact.source.end}"


def _place(place: str, places: dict[str, int]) -> int:
    return places.setdefault(place, len(places) + 1)


def _code(text: str) -> str:
    """Text as a Markdown code span."""
    return "`" + " ".join(text.split()).replace("`", "'") + "`"


def _plain(text: str) -> str:
    """Text as one Markdown line in which nothing is markup."""
    flat = " ".join(text.split())
    for mark in "\\`*_[]<>|#!":
        flat = flat.replace(mark, "\\" + mark)
    return flat


_EXPORT_STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1c1e21,#eceae4);--soft:light-dark(#565b63,#a9aeb7);
--line:light-dark(#dedbd3,#343941);--paper:light-dark(#faf9f6,#14161a);
--side-1:light-dark(#0a5a9e,#7dbcf7);--side-2:light-dark(#a8430b,#f5ad78);
--side-3:light-dark(#6d3aa6,#cbaaf5);--side-4:light-dark(#23703a,#8ad19c)}
body{background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif;margin:0}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}
small,em{color:var(--soft)}.differs td{font-weight:600}
.side-1{color:var(--side-1);fill:var(--side-1);stroke:var(--side-1)}
.side-2{color:var(--side-2);fill:var(--side-2);stroke:var(--side-2)}
.side-3{color:var(--side-3);fill:var(--side-3);stroke:var(--side-3)}
.side-4{color:var(--side-4);fill:var(--side-4);stroke:var(--side-4)}
.bar,.dot{stroke:none}.band{stroke:none;opacity:.35}.tick{stroke:var(--line)}.tick-label,.unstated{fill:var(--soft);font-size:12px}
figure{margin:0 0 1rem}
"""
