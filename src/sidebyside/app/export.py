"""A side-by-side comparison as Markdown, as a web page that needs nothing else, as JSON, and for spreadsheets.

Criteria in the reader's own words come along as an answer with their grid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING, Any

from sidebyside.app.criteria_view import criteria_rows, quote_rows, said
from sidebyside.app.markup import clean
from sidebyside.app.plot import plot_html
from sidebyside.app.spreadsheets import csv_text, workbook

if TYPE_CHECKING:
    from sidebyside.app.sides import Row, Sides
    from sidebyside.app.spreadsheets import Rows
    from sidebyside.records import Answer, Artifact, Capability, Fact

FORMATS = {
    "md": "text/markdown",
    "html": "text/html",
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export(sides: Sides, form: str, titles: Mapping[str, str] | None = None, own: Answer | None = None) -> bytes:
    """The comparison in one of FORMATS; `titles` say what its pages are called, by file."""
    titles = titles or {}
    if form == "xlsx":
        sheets = {"Comparison": table_rows(sides, titles, own)}
        return workbook(sheets | {"Quotes": quote_rows(own, titles)} if own else sheets)
    if form == "csv":
        # The mark at the front tells spreadsheets that it is UTF-8.
        return csv_text(table_rows(sides, titles, own)).encode("utf-8-sig")
    if form == "json":
        return to_json(sides, own).encode()
    return {"md": to_markdown, "html": to_html}[form](sides, titles, own).encode()


def table_rows(sides: Sides, titles: Mapping[str, str], own: Answer | None = None) -> Rows:
    """The rows of a sheet: the reader's criteria, then the pages' tables, where they disagree every value."""
    heads = ["", *(artifact.label for artifact in sides.artifacts)]
    facts = [[row.label, *(_said_values(cell, titles) for cell in row.cells)] for row in sides.rows]
    return [heads, *(criteria_rows(own, titles) if own else ()), *facts]


def _said_values(cell: tuple[Fact, ...], titles: Mapping[str, str]) -> str:
    if len(cell) < 2:
        return cell[0].value if cell else "not stated"
    return " / ".join(f"{fact.value} ({_where(fact.source.file, titles)})" for fact in cell)


def title(sides: Sides) -> str:
    """Names of the artifacts, joined."""
    return " vs ".join(artifact.label for artifact in sides.artifacts)


def to_markdown(sides: Sides, titles: Mapping[str, str], own: Answer | None = None) -> str:
    """Tables and quotes, with a numbered list of their pages."""
    names = [_plain(artifact.label) for artifact in sides.artifacts]
    places: dict[str, int] = {}
    lines = [f"# {_plain(title(sides))}", "", f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    lines += _markdown_criteria(own, titles, places) if own else []
    for row in sides.rows:
        cells = [_markdown_cell(cell, titles, places) for cell in row.cells]
        mark = " (differs)" if row.differs else ""
        lines.append(f"| {_plain(row.label)}{mark} | {' | '.join(cells)} |")
    lines += ["", f"Order by these weights ({_weights(sides)}): {_plain(_order(sides))}"]
    for artifact in sides.artifacts:
        lines += ["", f"## {_plain(artifact.label)}", ""]
        for capability in artifact.capabilities:
            lines += _markdown_capability(capability, titles, places)
    lines += ["", "## Pages", "", *(f"{number}. {_code(place)}" for place, number in places.items()), ""]
    return "\n".join(lines)


def _markdown_criteria(own: Answer, titles: Mapping[str, str], places: dict[str, int]) -> list[str]:
    """A row for each of the reader's criteria: what is said, the quotes, and their pages."""
    if own.grid is None:
        return []
    cited = {c.number: f"“{_plain(c.quote)}” [{_place(_where(c.source, titles), places)}]" for c in own.citations}
    return [
        f"| {_plain(criterion)} | "
        + " | ".join(" ".join([_plain(said(c)), *(cited[n] for n in c.citations if n in cited)]) for c in cells)
        + " |"
        for criterion, cells in zip(own.grid.criteria, own.grid.cells, strict=True)
    ]


def _markdown_cell(cell: tuple[Fact, ...], titles: Mapping[str, str], places: dict[str, int]) -> str:
    if not cell:
        return "not stated"
    return " / ".join(f"{_plain(fact.value)} [{_place(_where(fact.source.file, titles), places)}]" for fact in cell)


def _markdown_capability(capability: Capability, titles: Mapping[str, str], places: dict[str, int]) -> list[str]:
    lines = []
    for label, excerpt in capability.parts():
        place = _where(excerpt.source.file, titles)
        lines.append(f"> {label}: {_plain(excerpt.text)} [{_place(place, places)}]")
    return [*lines, ""]


def to_json(sides: Sides, own: Answer | None = None) -> str:
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
    if own is not None:
        data["criteria"] = {key: own.to_dict()[key] for key in ("grid", "citations", "generation")}
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _artifact_data(artifact: Artifact) -> dict[str, Any]:
    data = asdict(artifact)
    return {key: data[key] for key in ("label", "name", "type", "facts", "capabilities", "sources", "url")}


def to_html(sides: Sides, titles: Mapping[str, str], own: Answer | None = None) -> str:
    """One page with its style and drawings inside; nothing is loaded from anywhere."""
    heads = "".join(
        f'<th scope="col" class="side-{position}">{clean(artifact.label)}</th>'
        for position, artifact in enumerate(sides.artifacts, start=1)
    )
    rows = _html_criteria(own, titles) if own else ""
    rows += "".join(_html_row(row, titles) for row in sides.rows)
    quotes = "".join(
        _html_artifact(artifact, number, titles) for number, artifact in enumerate(sides.artifacts, start=1)
    )
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


def _html_criteria(own: Answer, titles: Mapping[str, str]) -> str:
    """A row for each of the reader's criteria, every cell with its quotes."""
    if own.grid is None:
        return ""
    cited = {
        c.number: f"<br><q>{clean(c.quote)}</q> <small>{clean(_where(c.source, titles))}</small>" for c in own.citations
    }
    return "".join(
        f'<tr><th scope="row">{clean(criterion)}</th>'
        + "".join(f"<td>{clean(said(c))}{''.join(cited.get(n, '') for n in c.citations)}</td>" for c in cells)
        + "</tr>"
        for criterion, cells in zip(own.grid.criteria, own.grid.cells, strict=True)
    )


def _html_row(row: Row, titles: Mapping[str, str]) -> str:
    cells = "".join(f"<td>{_html_cell(cell, titles)}</td>" for cell in row.cells)
    mark = " <small>differs</small>" if row.differs else ""
    return (
        f'<tr class="{"differs" if row.differs else "same"}"><th scope="row">{clean(row.label)}{mark}</th>{cells}</tr>'
    )


def _html_cell(cell: tuple[Fact, ...], titles: Mapping[str, str]) -> str:
    """The value; where pages disagree every value with its page."""
    if not cell:
        return "<em>not stated</em>"
    if len(cell) == 1:
        return clean(cell[0].value)
    return "<br>".join(f"{clean(fact.value)} <small>{clean(_where(fact.source.file, titles))}</small>" for fact in cell)


def _html_artifact(artifact: Artifact, number: int, titles: Mapping[str, str]) -> str:
    items = "".join(f"<li>{_html_capability(capability, titles)}</li>" for capability in artifact.capabilities)
    return f'<h2 class="side-{number}">{clean(artifact.label)}</h2><ul>{items}</ul>'


def _html_capability(capability: Capability, titles: Mapping[str, str]) -> str:
    parts = capability.parts()
    return "".join(_html_part(label, part.text, _where(part.source.file, titles)) for label, part in parts)


def _html_part(label: str, text: str, page: str) -> str:
    return f"<p><b>{escape(label)}</b> <q>{clean(text)}</q> <small>{clean(page)}</small></p>"


def _weights(sides: Sides) -> str:
    return ", ".join(f"{label} {weight:g}" for label, weight in sides.weights.items())


def _order(sides: Sides) -> str:
    if not any(sides.weights.values()):
        return "none, for all weights are 0"
    parts = [
        f"{total.artifact} {total.low:.0f}"
        if total.low == total.high
        else f"{total.artifact} {total.low:.0f} to {total.high:.0f}"
        for total in sides.totals
    ]
    return "; ".join(parts) + ("" if sides.settled else " (ranges overlap: the order is not settled)")


def _where(file: str, titles: Mapping[str, str]) -> str:
    """The page by its title, and by its file for whoever looks for it."""
    return f"{titles[file]} ({file})" if file in titles else file


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
--side-3:light-dark(#6d3aa6,#cbaaf5);--side-4:light-dark(#23703a,#8ad19c);
--side-5:light-dark(#a3246b,#f59ac8);--side-6:light-dark(#0b6a70,#7ad0d6);
--side-7:light-dark(#6b5a00,#d9c766);--side-8:light-dark(#7a4632,#d9ae98);
--side-9:light-dark(#3f6212,#bcd68a);--side-10:light-dark(#3347a8,#a9b6f7);
--side-11:light-dark(#86257f,#e7a6e2);--side-12:light-dark(#4b5563,#bcc4cf)}
body{background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif;margin:0}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}
small,em{color:var(--soft)}.differs td{font-weight:600}
.side-1{color:var(--side-1);fill:var(--side-1);stroke:var(--side-1)}
.side-2{color:var(--side-2);fill:var(--side-2);stroke:var(--side-2)}
.side-3{color:var(--side-3);fill:var(--side-3);stroke:var(--side-3)}
.side-4{color:var(--side-4);fill:var(--side-4);stroke:var(--side-4)}
.side-5{color:var(--side-5);fill:var(--side-5);stroke:var(--side-5)}
.side-6{color:var(--side-6);fill:var(--side-6);stroke:var(--side-6)}
.side-7{color:var(--side-7);fill:var(--side-7);stroke:var(--side-7)}
.side-8{color:var(--side-8);fill:var(--side-8);stroke:var(--side-8)}
.side-9{color:var(--side-9);fill:var(--side-9);stroke:var(--side-9)}
.side-10{color:var(--side-10);fill:var(--side-10);stroke:var(--side-10)}
.side-11{color:var(--side-11);fill:var(--side-11);stroke:var(--side-11)}
.side-12{color:var(--side-12);fill:var(--side-12);stroke:var(--side-12)}
.bar,.dot{stroke:none}.band{stroke:none;opacity:.35}.tick{stroke:var(--line)}.tick-label,.unstated{fill:var(--soft);font-size:12px}
figure{margin:0 0 1rem}
@media(max-width:40rem){main{padding:1rem .75rem}table{table-layout:fixed}
td,th{padding-right:8px;font-size:.875rem;overflow-wrap:anywhere}}
"""
