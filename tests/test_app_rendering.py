"""Answers, artifacts and comparisons as HTML: what they look like, and that no text in them becomes markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from sidebyside.app.answers import copy_text, turn_html
from sidebyside.app.evidence_view import highlighted
from sidebyside.app.export import export
from sidebyside.app.library_view import artifact_html, library_html
from sidebyside.app.markup import answer_html, clean
from sidebyside.app.plot import plot_html
from sidebyside.app.sides import compare_sides
from sidebyside.app.sides_view import capabilities_html, facts_html, links_html, order_html, remarks_html
from sidebyside.app.turns import Turn
from sidebyside.records import Answer, Citation, Fact, Library, Source, Table
from standin import CONTEXT, DIFFUSION, EIGHT_K, LIBRARY, LLAMA, RANK, StandIn

TAGS = set(
    """a article aside b blockquote br button circle code details div em figcaption figure form h2 h3 h4 input label li
    line mark nav ol p pre q rect section small span strong summary svg table tbody td text th thead tr ul""".split()
)
ATTRIBUTES = set(
    """aria-busy aria-controls aria-expanded aria-hidden aria-label aria-labelledby aria-live aria-pressed aria-sort
    autocomplete class cx cy data-action data-cite data-column data-id data-key data-question data-total data-turn dir
    download for height hidden href id maxlength name r role scope style tabindex text-anchor title type width x x1 x2
    y y1 y2""".split()
)


class Checker(HTMLParser):
    """Collects what the page must never hold: other tags, other attributes, addresses that lead away."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.wrong.append(f"{tag} {name}")
            if name == "href" and not re.match(r"#|\?|sidebyside/", value or ""):
                self.wrong.append(f"href {value}")
            if name == "style" and not re.fullmatch(r"flex-grow:\d+", value or ""):
                self.wrong.append(f"style {value}")

    def handle_data(self, data):
        self.text += data


def checked(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    return checker


PAYLOADS = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<svg onload=alert(1)>",
    "<iframe src=//192.0.2.1></iframe>",
    '"><img src=x onerror=alert(1)>',
    "'><b onmouseover='alert(1)'>x</b>",
    "<a href=javascript:alert(1)>x</a>",
    "![x](http://192.0.2.1/x.png)",
    "![x][ref]\n\n[ref]: http://192.0.2.1/x.png",
    "[x](http://192.0.2.1/)",
    "[x](javascript:alert(1))",
    "<http://192.0.2.1/>",
    "http://192.0.2.1/auto",
    "<style>@import url(//192.0.2.1)</style>",
    "<link rel=stylesheet href=//192.0.2.1>",
    "<meta http-equiv=refresh content=0;url=//192.0.2.1>",
    "<base href=//192.0.2.1>",
    "<form action=//192.0.2.1><input name=q></form>",
    "</pre></div><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "`<img src=x onerror=alert(1)>`",
    "> <img src=x onerror=alert(1)>",
    "- <img src=x onerror=alert(1)>",
    "    <script>indented</script>",
    "<!--<script>alert(1)</script>-->",
    "<![CDATA[<script>]]>",
    "<scr<script>ipt>alert(1)</script>",
    "<IMG SRC=x OnErRoR=alert(1)>",
    "[1](http://192.0.2.1/) [1] [999]",
    "\u202egnp.x\u202c <b>\u0000</b>",
    "${alert(1)} {{constructor.constructor('alert(1)')()}}",
    "$$\\href{javascript:alert(1)}{x}$$",
    '{"a": "</script><script>alert(1)</script>"}',
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_markup_anywhere_in_a_turn(payload):
    evil = Citation(1, payload, "claim", payload, payload, 0, 1, f"a {payload} b")
    answer = Answer(
        payload,
        f"{payload} [1]\n\n{payload}",
        "partial",
        (evil,),
        (payload, "other"),
        (payload,),
        Table(("", payload, "other"), ((payload, payload, "x"),) * 6),
        model=payload,
        consulted=(evil,),
        suggestions=(payload,),
    )
    rated = Turn(payload, answer, "done", rating="up", note=payload)
    failed = Turn(payload, None, "failed", error=payload)
    for turn in (rated, replace(rated, note=""), failed, Turn(payload)):
        assert checked(turn_html(turn, 1, last=True)).wrong == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_markup_in_library_and_comparison(payload):
    place = Source(payload, 0, 1)
    first, second, *_ = LIBRARY.artifacts
    facts = (Fact(payload, payload, place), Fact("Pricing", payload, place), Fact("Pricing", "Free", place))
    names = {"name": payload, "label": payload, "type": payload, "aliases": (payload,), "sources": (payload,)}
    evil = replace(first, facts=facts, **names)
    library = Library((evil, second))
    sides = compare_sides([evil, second])
    comparison = StandIn(library=library).compare([evil.id, second.id])
    shown = [
        library_html(library),
        artifact_html(evil, library),
        facts_html(sides),
        order_html(sides),
        plot_html(sides),
        links_html(sides),
        capabilities_html(comparison),
        remarks_html(replace(comparison, notes=(payload,))),
    ]
    for html in shown:
        assert checked(html).wrong == []
    page = export(sides, "html")
    assert "<script" not in page
    assert "<img" not in page
    assert payload in json.loads(export(sides, "json"))["artifacts"][0]["label"]
    assert "\n<" not in export(sides, "md")


def test_markdown_of_an_answer_keeps_bold_lists_quotes_code_and_citations():
    html = answer_html(
        "**Bold** and `code` [1].\n\n- one\n- two [2]\n\n> quoted",
        lambda number: f'<a href="#{number}">{number}</a>' if number == 1 else "",
    )
    assert html == (
        '<p><strong>Bold</strong> and <code>code</code>\u00a0<a href="#1">1</a>.</p>\n'
        "<ul>\n<li>one</li>\n<li>two\u00a0[2]</li>\n</ul>\n<blockquote>\n<p>quoted</p>\n</blockquote>"
    )


def test_clean_escapes_and_drops_what_turns_text_around():
    assert clean("a\u202eb\u0007 <\"'&>") == "ab &lt;&quot;&#x27;&amp;&gt;"


def test_highlight_marks_the_quote_in_its_passage():
    citation = CONTEXT.citations[1]
    html = highlighted(citation)
    assert html.startswith("The model inherits Llama 3 Instruct&#x27;s")
    assert html.endswith(f"<mark>{clean(EIGHT_K)}</mark>")
    assert highlighted(replace(citation, context="something else")) == f"<mark>{clean(EIGHT_K)}</mark>"


def test_each_side_has_one_colour_wherever_it_appears():
    html = turn_html(Turn("q", CONTEXT, "done"), 1)
    assert set(re.findall(r'<a class="cite (side-\d)" href="#turn-1-c1"', html)) == {"side-2"}
    assert f'<th scope="col" class="side-2" dir="auto">{LLAMA}</th>' in html
    assert '<details class="card side-2" id="turn-1-c1">' in html


def test_running_turn_is_busy_and_offers_nothing_yet():
    html = turn_html(Turn("q", CONTEXT, "writing"), 1, last=True)
    assert 'aria-busy="true"' in html
    assert 'data-action="retry"' not in html
    assert "turn-data" not in html


def test_copied_text_carries_the_quotes():
    text = copy_text(Turn("Which?", RANK, "done"))
    assert text.startswith("**Which?**\n\n**Stable-Diffusion** has the highest UnfragileRank: 55/100 [1]")
    assert f'[1] {DIFFUSION}, table value: "UnfragileRank: 55/100" (000_52407efc6c2f28a0.txt, characters ' in text
    assert "Note: The page's verdict says" in text


def test_answer_says_who_wrote_it_and_what_was_rejected():
    html = turn_html(Turn("q", CONTEXT, "done"), 1)
    assert "scripted wrote 2 sentences, each checked · 1 failed the check and is left out · 2.1 s" in html
    quotes = replace(CONTEXT, model=None, stats={"total_ms": 14.2})
    assert "From tables and quotes alone · 14 ms" in turn_html(Turn("q", quotes, "done"), 1)


@pytest.mark.parametrize(
    ("kind", "status", "shown"),
    [
        ("chat", "not_found", ""),
        ("unknown", "not_found", "Not in your library"),
        ("compare", "not_found", "Your pages do not state this"),
        ("compare", "partial", "Only part of this is stated on the pages"),
        ("compare", "answered", ""),
    ],
)
def test_status_is_told_where_it_is_news(kind, status, shown):
    html = turn_html(Turn("q", Answer("q", "text", status, kind=kind), "done"), 1)
    assert re.findall(r'<p class="status[^>]*>([^<]*)</p>', html) == ([shown] if shown else [])
