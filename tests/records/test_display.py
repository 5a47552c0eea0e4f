"""An answer in a notebook: complete, and with nothing alive in it that a page wrote."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

import standin
from sidebyside.records import Answer, Citation, Table


def rendered(answer: Answer) -> str:
    """As a Markdown viewer with HTML, tables and strikethrough shows it."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(answer._repr_markdown_())


def test_text_table_notes_and_sources_are_there():
    html = rendered(standin.CONTEXT)
    assert "<strong>Llama 3.2 90B Vision</strong> handles the longer context: 128K tokens [1]" in html
    assert "<td>128K tokens [1]</td>" in html
    assert "<blockquote>\n<p>Both are of type Model" in html
    assert html.count("<li>") == len(standin.CONTEXT.citations)
    first = standin.CONTEXT.citations[0]
    assert f"Llama 3.2 90B Vision, description: “{first.quote}”" in html
    assert f"characters {first.start}-{first.end}" in html


def test_amounts_are_no_formula_and_text_is_unchanged_where_nothing_is_markup():
    shown = standin.PARTIAL._repr_markdown_()
    assert "Pro \\$20/mo, Max \\$100/mo" in shown
    assert not re.search(r"(?<!\\)\$", shown)
    assert "Pro $20/mo, Max $100/mo" in rendered(standin.PARTIAL)


def test_markup_of_pages_stays_characters():
    html = rendered(standin.HOSTILE)
    assert re.search(r"<(?:img|script|a|b|code)\b", html) is None
    assert "&lt;script&gt;" in html
    answer = Answer(
        question="q",
        text="[x][y] ![z][y] `rm` <!-- --> https://example.org www.example.org\n\n[y]: http://192.0.2.1[1] \u202ex",
        status="answered",
        citations=(Citation(1, "A | B", "claim", "# head\n- list $x$ ~~y~~ *em* | `c` <i>", "a_b_c.txt", 0, 1),),
        table=Table(("", "<b>"), (("`x`", "a | b"),)),
        notes=("<u>note</u>",),
    )
    html = rendered(answer)
    assert set(re.findall(r"<(\w+)", html)) <= {
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "blockquote",
        "ol",
        "li",
    }
    assert "192.0.2.1" in html, "a definition would vanish, and with it the text"
    assert "\u202e" not in html
    assert "“# head - list $x$ ~~y~~ *em* | `c` &lt;i&gt;” (a_b_c.txt, characters 0-1)" in html
    # Viewers that turn bare addresses into links find none.
    assert "https\\://" in answer._repr_markdown_()
    assert "www\\." in answer._repr_markdown_()
