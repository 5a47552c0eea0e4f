"""A record as one web page that needs nothing else: no script, no link out, nothing loaded, light or dark."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sidebyside.decisions.showing import answer_table, fact_table, made_with, wishes_table
from sidebyside.records import Citation, DecisionRecord, OwnCell, RecordedAnswer, RecordedPage, Table
from sidebyside.text.markup import answer_html, clean, inline_html, split_text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CLASSES = {
    "fact": "table value",
    "description": "description",
    "claim": "page's claim",
    "verdict": "page's verdict",
}
_Link = Callable[[int], str]


def record_html(record: DecisionRecord) -> str:
    """The same as the Markdown form, with each number leading to its quote."""
    title = clean(record.title)
    answers = "".join(_answer_html(number, answer) for number, answer in enumerate(record.answers, start=1))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f'<header><h1 dir="auto">{title}</h1><p class="soft">{clean(made_with(record))}</p></header>'
        f"{_decision_html(record)}{answers}{_pages_html(record.pages)}</main></body></html>\n"
    )


def _decision_html(record: DecisionRecord) -> str:
    parts = []
    if record.taken or record.why:
        taken = f'<p class="taken">Taken: <strong dir="auto">{clean(record.taken)}</strong></p>' if record.taken else ""
        lines = "<br>".join(clean(line) for line in record.why.strip().splitlines())
        why = f'<p class="soft">Why, in the reader’s words</p><p class="own" dir="auto">{lines}</p>' if lines else ""
        parts.append(f"<section><h2>Decision</h2>{taken}{why}</section>")
    if record.artifacts:
        table = _table_html(fact_table(record.artifacts), clean, "Shortlist")
        parts.append(f"<section><h2>Shortlist</h2>{table}</section>")
    if record.own:
        parts.append(_own_html(record.own))
    return "".join(parts)


def _own_html(own: Sequence[OwnCell]) -> str:
    rows = "".join(
        f'<li class="own" dir="auto"><b>{clean(cell.artifact)}</b>, {clean(cell.criterion)}: {clean(cell.text)}</li>'
        for cell in own
    )
    return (
        "<section><h2>The reader’s own</h2>"
        f'<p class="soft">Measured or known by the reader. No page says this.</p><ul class="owns">{rows}</ul></section>'
    )


def _answer_html(number: int, answer: RecordedAnswer) -> str:
    def link(cited: int) -> str:
        if not any(citation.number == cited for citation in answer.citations):
            return ""
        return f'<a class="cite" href="#q{number}-{cited}">{cited}</a>'

    lead, rest = split_text(answer.text)
    earlier = f'<p class="soft">Asked after: {clean("; ".join(answer.earlier))}</p>' if answer.earlier else ""
    read = f'<p class="soft" dir="auto">{clean(answer.understood)}</p>' if answer.understood else ""
    table = answer_table(answer)
    cells = _table_html(table, lambda text: inline_html(text, link), "Answer") if table else ""
    wishes = _table_html(wishes_table(answer), clean, "Wishes") if answer.excludes else ""
    notes = "".join(f'<p class="note" dir="auto">{inline_html(note, link)}</p>' for note in answer.notes)
    return (
        f'<section><h2 dir="auto">{number}. {clean(answer.asked)}</h2>{earlier}{read}'
        f'<div class="lead" dir="auto">{answer_html(lead, link)}</div>{cells}{wishes}'
        f'<div dir="auto">{answer_html(rest, link)}</div>{notes}{_quotes_html(number, answer.citations)}</section>'
    )


def _quotes_html(number: int, citations: Sequence[Citation]) -> str:
    if not citations:
        return ""
    items = "".join(
        f'<li id="q{number}-{item.number}" value="{item.number}">'
        f'<blockquote dir="auto">{clean(item.quote)}</blockquote>'
        f'<p class="soft"><b dir="auto">{clean(item.artifact)}</b>{", " if item.artifact else ""}'
        f"{_CLASSES[item.evidence_class]}, {clean(item.source)}, characters {item.start}–{item.end}</p></li>"
        for item in citations
    )
    return f'<h3>Quotes</h3><ol class="quotes">{items}</ol>'


def _pages_html(pages: Sequence[RecordedPage]) -> str:
    if not pages:
        return ""
    items = "".join(
        f"<li>{clean(page.source)}<br><code>{clean(page.sha256) or 'hash not known any more'}</code></li>"
        for page in pages
    )
    return (
        "<section><h2>Pages</h2>"
        f'<p class="soft">With the SHA-256 of each file, as it was indexed.</p><ul class="pages">{items}</ul></section>'
    )


def _table_html(table: Table, body: Callable[[str], str], name: str) -> str:
    """A table whose rows become cards on a narrow screen: each cell carries the name of its column."""
    head = "".join(f'<th scope="col" role="columnheader" dir="auto">{clean(label)}</th>' for label in table.header[1:])
    rows = "".join(
        f'<tr role="row"><th scope="row" role="rowheader" dir="auto">{body(label)}</th>'
        + "".join(
            f'<td role="cell" data-name="{clean(column)}" dir="auto">{body(cell)}</td>'
            for column, cell in zip(table.header[1:], cells, strict=True)
        )
        + "</tr>"
        for label, *cells in table.rows
    )
    first = clean(table.header[0])
    corner = f'<th scope="col" role="columnheader">{first}</th>' if first else '<td role="cell"></td>'
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table role="table">'
        f'<thead role="rowgroup"><tr role="row">{corner}{head}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table></div>'
    )


_STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1c1e21,#eceae4);--soft:light-dark(#565b63,#a9aeb7);
--line:light-dark(#dedbd3,#343941);--paper:light-dark(#faf9f6,#14161a);--sheet:light-dark(#fff,#1b1e23);
--own:light-dark(#6d3aa6,#cbaaf5)}
*{box-sizing:border-box}
body{background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif;margin:0;overflow-wrap:anywhere}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.5rem;line-height:1.3;margin:0 0 .4rem}h2{font-size:1.125rem;line-height:1.4;margin:0 0 .6rem}
h3{font-size:.875rem;margin:1rem 0 .3rem;color:var(--soft)}
section{border-top:1px solid var(--line);padding:1.5rem 0 .5rem;margin-top:1.5rem}
p{margin:0 0 .6rem}.soft{color:var(--soft);font-size:.875rem}.lead{font-size:1.1875rem;line-height:1.45}
.own{border-left:3px solid var(--own);padding:.2rem 0 .2rem .8rem;margin:0 0 .6rem}
.own::before{content:"reader";float:right;margin-left:.8rem;font-size:.75rem;color:var(--own)}
.owns{list-style:none;padding:0;margin:0}.taken{font-size:1.1875rem}
.note{border-left:2px solid var(--line);padding-left:.8rem;color:var(--soft);font-size:.9375rem}
.scroll{overflow-x:auto;margin:.6rem 0 1rem}
table{border-collapse:collapse;width:100%;font-size:.9375rem;font-variant-numeric:tabular-nums}
td,th{text-align:left;vertical-align:top;padding:8px 16px 8px 0;border-bottom:1px solid var(--line);min-width:6.5rem;
overflow-wrap:break-word}
thead th,thead td{border-bottom:2px solid var(--ink)}tbody th{font-weight:400;color:var(--soft)}
.cite{white-space:nowrap;color:inherit;font:600 .75em/1.5 ui-monospace,monospace;border:1px solid var(--soft);
border-radius:4px;padding:.1em .42em;text-decoration:none}
.quotes{padding-left:1.6rem}.quotes li:target blockquote{background:light-dark(#fff0b8,#5a4a12)}
blockquote{margin:0 0 .2rem;padding:.1rem 0 .1rem .8rem;border-left:2px solid var(--soft)}
code{font:.8125rem ui-monospace,monospace;color:var(--soft)}.pages{padding-left:1.2rem}
a:focus-visible,.scroll:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
@media(max-width:40rem){main{padding:1.25rem .9rem 3rem}.scroll{overflow:visible}
table,tbody,tr,tbody th,td{display:block;width:auto}thead{display:none}
tbody tr{background:var(--sheet);border:1px solid var(--line);border-radius:10px;padding:10px 14px 2px;margin:0 0 10px}
tbody th{border:0;padding:0 0 4px;font-weight:700;color:var(--ink)}
td{border:0;border-top:1px solid var(--line);padding:6px 0 8px}
td::before{content:attr(data-name);display:block;font-size:.8125rem;color:var(--soft)}}
@media print{section{break-inside:avoid-page}}
"""
