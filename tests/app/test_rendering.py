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
from sidebyside.app.graph_view import graph_html
from sidebyside.app.library_view import artifact_html, library_html
from sidebyside.app.markup import answer_html, clean
from sidebyside.app.palette import palette
from sidebyside.app.plot import plot_html
from sidebyside.app.sides import compare_sides
from sidebyside.app.sides_view import (
    capabilities_html,
    choose_html,
    facts_html,
    links_html,
    order_html,
    remarks_html,
    score_rows_html,
)
from sidebyside.app.titles import page_titles
from sidebyside.app.turns import Turn
from sidebyside.app.understood import corrected_question
from sidebyside.records import (
    Answer,
    AskedWish,
    Cell,
    Citation,
    Fact,
    Grid,
    LedTo,
    Library,
    MatchCounts,
    Source,
    Table,
    Understood,
)
from standin import CONTEXT, DIFFUSION, EIGHT_K, GRID, LIBRARY, LLAMA, LLAVA, RANK, StandIn

TAGS = set(
    """a article aside b blockquote br button circle code details div em figcaption figure form h2 h3 h4 input
    label li line mark nav ol p path pre q rect section small span strong summary svg table tbody td text th
    thead tr ul""".split()
)
ATTRIBUTES = set(
    """aria-busy aria-checked aria-controls aria-expanded aria-haspopup aria-hidden aria-label aria-labelledby aria-live
    aria-pressed aria-sort autocomplete class cx cy d data-action data-cite data-column data-id data-intent
    data-key data-kind data-name data-names data-on data-question data-total data-turn data-value dir disabled download
    for height hidden href id maxlength name r role scope style tabindex text-anchor title type viewbox width x x1 x2
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


CELLS = [("stated", "model"), ("denied", "quote"), ("silent", "quote"), ("conflict", "table")]
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
    cells = tuple((Cell(state, payload, by, (1,)), Cell(state, "", "quote", (1, 9))) for state, by in CELLS)
    grid = Grid((payload,) * len(cells), (payload, "other"), cells, (1, 0))
    reading = Understood(payload, (payload,), (payload,), (payload,), (payload,), (payload,), payload, shown=payload)
    asked = replace(answer, grid=grid, reading=reading, stats={"total_ms": 1})
    rated = Turn(payload, answer, "done", rating="up", note=payload)
    failed = Turn(payload, None, "failed", error=payload)
    drawn = Turn(payload, asked, "done", titles={payload: payload})
    plain = replace(drawn, answer=replace(asked, reading=replace(reading, shown="")))
    for turn in (rated, replace(rated, note=""), failed, Turn(payload), drawn, plain, replace(drawn, state="writing")):
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
    wish = AskedWish(payload, 1, payload, lacking=True, led_to=(LedTo(evil.id, payload, 1),))
    counts = MatchCounts(True, (wish,), (payload,))
    shown = [
        library_html(library),
        artifact_html(evil, library),
        artifact_html(evil, library, counts.met_by(evil.id)),
        graph_html(counts, can_count=True, problem=payload),
        facts_html(sides, comparison, {payload: payload}),
        score_rows_html(sides, {payload: payload}),
        choose_html(library, [payload], [payload]),
        order_html(sides),
        plot_html(sides),
        links_html(sides),
        capabilities_html(comparison),
        remarks_html(replace(comparison, notes=(payload,))),
    ]
    for html in shown:
        assert checked(html).wrong == []
    page = export(sides, "html", {payload: payload}).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert payload in json.loads(export(sides, "json"))["artifacts"][0]["label"]
    assert "\n<" not in export(sides, "md").decode()


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
    assert '<article class="card side-2" id="turn-1-c1">' in html


def drawn(answer, **turn):
    return turn_html(Turn("q", answer, turn.pop("state", "done"), **turn), 1, last=True)


def words(html):
    return " ".join(checked(html).text.split())


def cells(html):
    return re.findall(r'<td role="cell" class="cell ([^"]*)"[^>]*>(.*?)</td>', html, re.DOTALL)


def test_grid_stands_in_the_order_asked_for_and_is_not_drawn_twice():
    html = drawn(GRID)
    heads = re.findall(r'<th scope="col" role="columnheader" class="(side-\d)" dir="auto">([^<]*)', html)
    assert heads == [("side-1", LLAMA), ("side-2", LLAVA)]
    assert re.findall(r'<th scope="row" role="rowheader"[^>]*>([^<]*)', html) == list(GRID.grid.criteria)
    assert "|---" not in html.partition("<pre hidden")[0]
    assert "the page's words" not in html.partition("<pre hidden")[0].replace("&#x27;", "'")


def test_each_cell_says_its_state():
    shown = [(kind.split()[0], words(cell)) for kind, cell in cells(drawn(GRID))]
    assert shown[2] == ("silent", f"{LLAMA}not stated")
    assert shown[4] == ("denied", f"{LLAMA}no: limited by the 128K window 1")
    assert shown[7] == ("conflict", f"{LLAVA}pages disagreeFree 5Pro $20/mo 5")


@pytest.mark.parametrize(
    ("text", "shown"), [("no: it lacks this [1]", "no: it lacks this 1"), ("No [1]", "no 1"), ("", f"no: {EIGHT_K} 1")]
)
def test_denied_cell_says_no_once(text, shown):
    citation = replace(CONTEXT.citations[1], number=1)
    grid = Grid(("x",), (LLAVA,), ((Cell("denied", text, "quote", (1,)),),), (0,))
    html = drawn(Answer("q", "lead", "answered", (citation,), (LLAVA,), grid=grid))
    assert words(cells(html)[0][1]) == f"{LLAVA}{shown}"


def test_what_the_model_wrote_is_marked_with_its_share_and_time():
    html = drawn(GRID)
    assert html.count("(written by the model)") == 2
    assert "scripted wrote 2 of 5 cells and the lead, each checked against its quotes · 2.1 s" in words(html)


def test_clause_of_a_cell_is_marked_inside_its_sentence():
    html = drawn(GRID)
    assert "<b>enable prompt-based caption style control</b>" in html.partition('id="turn-1-c3"')[2]


def test_quote_names_its_page_by_title():
    html = drawn(GRID, titles={GRID.citations[0].source: "One vs Two"})
    assert '<span class="page-title" dir="auto">One vs Two</span>' in html
    assert page_titles(LIBRARY, [GRID.citations[0].source, "no such file"]) == {
        GRID.citations[0].source: f"{LLAMA} vs {DIFFUSION}"
    }


def test_scores_fold_away_below_a_grid_and_say_what_they_are():
    html = drawn(GRID)
    fold = html[html.index('<details class="scores"') : html.index('<details class="evidence"')]
    assert "UnfragileRank</b> is the page publisher" in fold
    assert "45/100" in fold
    assert "45/100" not in html[: html.index(fold)]


def test_a_table_of_scores_says_what_they_are():
    html = drawn(RANK)
    assert html.count("UnfragileRank</b> is the page publisher") == 1
    assert "What these rows are</summary>" in html


def test_how_it_was_understood_can_be_changed_below_the_last_answer_only():
    html = drawn(GRID)
    assert "Understood as: compare two" in html
    assert html.count('data-action="remove"') == 7
    assert 'data-action="remove"' not in turn_html(Turn("q", GRID, "done"), 1)
    assert "Understood as: compare two" in turn_html(Turn("q", GRID, "done"), 1)
    asleep = drawn(GRID, state="writing")
    assert asleep.count('data-action="remove"') == asleep.count(" disabled>×") == 7


@pytest.mark.parametrize(
    ("intent", "artifacts", "criteria", "conditions", "question"),
    [
        ("compare", ["A", "B"], ["price"], [], "Compare A and B: price"),
        ("compare", ["A", "B", "C"], ["x", "y", "z"], ["free"], "Compare A, B and C: x, y, z; only if free"),
        ("recommend", ["A", "B"], ["video"], [], "Which of A and B should I take: video?"),
        ("recommend", [], ["video"], ["rank above 40"], "Which should I take: video; only if rank above 40?"),
        ("find", [], ["LoRA"], [], "Which can do this: LoRA?"),
        ("cons", ["A"], [], [], "What are the drawbacks of A?"),
        ("similar", ["A", "B"], [], [], "How are A and B similar?"),
        ("similar", ["A"], [], [], "What is A?"),
        ("supports", ["A"], ["  fine-\n tuning "], [], "A: fine- tuning"),
        ("<b>", [], [], [], ""),
        (7, "A", None, 3, ""),
    ],
)
def test_chips_make_a_question_in_plain_words(intent, artifacts, criteria, conditions, question):
    chips = {"intent": intent, "artifacts": artifacts, "criteria": criteria, "conditions": conditions}
    assert corrected_question(chips) == question


def test_artifacts_keep_their_colour_through_a_conversation():
    def turn(*labels):
        return Turn("q", Answer("q", "", "answered", artifacts=labels), "done")

    colours = palette([turn("A", "B"), turn("C", "A"), Turn("q"), turn(*"DEFGH"), turn("I", "A")])
    assert colours[0] == {"A": 1, "B": 2}
    assert colours[1] == {"C": 3, "A": 1}
    assert colours[2] == {}
    # All eight are given away; B was not spoken of for longest.
    assert colours[4] == {"I": 2, "A": 1}
    assert palette([turn(*"ABCDEFGHIJ")])[0] == dict(zip("ABCDEFGH", range(1, 9), strict=True))


def test_copied_text_carries_the_grid():
    copied = copy_text(Turn("Which?", GRID, "done", titles={GRID.citations[1].source: "One vs Two"}))
    assert f"|  | {LLAMA} | {LLAVA} |\n|---|---|---|\n| context length | 128K tokens" in copied
    assert "| fine-tuning | no: limited by the 128K window [1] | not stated |" in copied
    assert copied.count("| context length |") == 1
    assert f"(One vs Two: {GRID.citations[1].source}, characters " in copied


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
