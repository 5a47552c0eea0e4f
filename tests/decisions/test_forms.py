"""The three forms of a record: JSON comes back as it was, Markdown and HTML carry nothing alive of a page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

import sidebyside
import standin
from sidebyside.decisions.forms import FORMS, form_of
from sidebyside.errors import RecordError
from sidebyside.records import (
    Cell,
    Citation,
    DecisionRecord,
    Fact,
    Grid,
    KeptArtifact,
    OwnCell,
    RecordedAnswer,
    RecordedPage,
    Source,
    Wish,
)

HOSTILE = '<img src=x onerror=alert(1)> [x](http://192.0.2.1) `a` | "q" \u202e'
RECORD = DecisionRecord(
    title="Which one?",
    answers=(
        RecordedAnswer.of(standin.GRID, earlier=("What is there?",)),
        RecordedAnswer.of(standin.StandIn().match("captions")),
    ),
    artifacts=(KeptArtifact("Stable-Diffusion", "Repository", (Fact("Pricing", "Free", Source("a.txt", 1, 5)),)),),
    taken="Stable-Diffusion",
    why="It is free.\nAnd it is here.",
    own=(OwnCell("Stable-Diffusion", "latency", "we measured 40 ms ourselves"),),
    pages=(RecordedPage("a.txt", "ab" * 32, "2026-11-01T10:00:00+00:00"),),
    created="2026-11-29T10:00:00+00:00",
    product="0.1.0",
)
QUOTED = Citation(1, HOSTILE, "claim", HOSTILE, HOSTILE, 0, 9)
WORST = DecisionRecord(
    HOSTILE,
    (
        RecordedAnswer(
            "question",
            HOSTILE,
            f"{HOSTILE} [1]\n\n{HOSTILE}",
            "answered",
            (HOSTILE,),
            HOSTILE,
            grid=Grid((HOSTILE,), (HOSTILE,), ((Cell("denied", f"{HOSTILE} [1]", citations=(1,)),),), (0,)),
            citations=(QUOTED,),
            notes=(HOSTILE,),
            model=HOSTILE,
            generation=HOSTILE,
        ),
    ),
    (KeptArtifact(HOSTILE, HOSTILE, (Fact(HOSTILE, HOSTILE, Source(HOSTILE, 0, 1)),)),),
    HOSTILE,
    HOSTILE,
    (OwnCell(HOSTILE, HOSTILE, HOSTILE),),
    (RecordedPage(HOSTILE, HOSTILE),),
    HOSTILE,
    HOSTILE,
)


@pytest.mark.parametrize("record", [RECORD, WORST, DecisionRecord("empty")])
def test_json_comes_back_as_it_was(record, tmp_path):
    path = tmp_path / "record.json"
    sidebyside.write_record(record, path)
    assert sidebyside.read_record(path) == record
    data = json.loads(path.read_text("utf-8"))
    assert (data["kind"], data["format"]) == ("sidebyside-record", 1)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", "{", "this is not JSON"),
        ("a.json", "[" * 100_000, "this is not JSON"),
        ("a.json", "[]", "this is no record"),
        ("a.json", '{"question": "x"}', "this is no record"),
        (
            "a.json",
            '{"kind": "sidebyside-record", "format": 2, "title": "x"}',
            "format 2, this program reads 1; update",
        ),
        ("a.json", '{"kind": "sidebyside-record", "format": 1}', "title: Field required"),
        ("a.json", '{"kind": "sidebyside-record", "title": "x", "answers": [1]}', "answers.0"),
        ("a.md", "# x", "only the JSON form can be replayed"),
        ("a.html", "<p>", "only the JSON form can be replayed"),
    ],
)
def test_what_is_no_record_is_told_with_file_and_reason(name, text, told, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(RecordError, match=re.escape(told)) as raised:
        sidebyside.read_record(tmp_path / name)
    assert str(raised.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(raised.value)


def test_a_grid_that_is_no_rectangle_is_refused(tmp_path):
    crooked = replace(RECORD.answers[0], grid=replace(RECORD.answers[0].grid, met=()))
    sidebyside.write_record(replace(RECORD, answers=(crooked,)), tmp_path / "a.json")
    with pytest.raises(RecordError, match="a grid must have a row for each criterion"):
        sidebyside.read_record(tmp_path / "a.json")


def test_a_file_that_is_missing_or_too_long_is_told(tmp_path, monkeypatch):
    with pytest.raises(RecordError, match="cannot be opened"):
        sidebyside.read_record(tmp_path / "none.json")
    monkeypatch.setattr("sidebyside.decisions.forms.MAX_BYTES", 10)
    (tmp_path / "a.json").write_text(" " * 11)
    with pytest.raises(RecordError, match="is no record"):
        sidebyside.read_record(tmp_path / "a.json")


def test_the_suffix_decides_the_form():
    forms = [form_of(f"a.{suffix}") for suffix in ("md", "MD", "markdown", "html", "htm", "json")]
    assert forms == ["md", "md", "md", "html", "html", "json"]
    with pytest.raises(
        RecordError, match=r"a.txt: the suffix decides the form of a record; give it .md, .html or .json"
    ):
        form_of("a.txt")


@pytest.mark.parametrize("form", ["md", "html"])
def test_what_is_read_holds_all_of_it(form):
    text = FORMS[form].write(RECORD)
    plain = re.sub(r"<[^>]+>", "", text).replace("\\", "")
    for part in (
        *("Which one?", "Taken:", "It is free.", "And it is here.", "we measured 40 ms ourselves", "No page says this"),
        *("Asked after: What is there?", "ab" * 32, "0.1.0", "2026-11-29", "rules out", "3 of 4", "not stated"),
    ):
        assert part in plain, part
    for citation in standin.GRID.citations:
        # Markdown writes page text without its markup, HTML escapes it.
        assert citation.source.split("_")[0] in plain
        assert f"{citation.start}" in plain
    assert text.endswith("\n")


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_need_is_shown_with_the_roles_and_weights_of_its_wishes(form):
    match = standin.StandIn().match("captions", [Wish("fast", "nice", 2)])
    text = FORMS[form].write(DecisionRecord("need", (RecordedAnswer.of(match),)))
    assert "nice: fast (×2)" in text
    assert re.search(r"\(meets 1 of 1, nice 1 of 1\)", text)


def test_the_readers_own_stands_apart_from_what_pages_say():
    text = FORMS["md"].write(RECORD)
    own = text.partition("## The reader's own")[2].partition("\n## ")[0]
    assert "40 ms" in own
    assert "40 ms" not in text.replace(own, "")
    html = FORMS["html"].write(RECORD)
    assert re.findall(r'<(\w+) class="own"[^>]*>(?:(?!</\1>).)*40 ms', html) == ["li"]
    assert html.count("40 ms") == 1


def test_markup_of_pages_and_readers_stays_characters():
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(FORMS["md"].write(WORST))
    assert re.search(r"<(?:img|a|script|code)\b", shown) is None
    html = FORMS["html"].write(WORST)
    assert re.search(r"<(?:img|script|iframe|link|form)\b", html) is None
    assert "\u202e" not in shown + html


def test_the_page_asks_for_nothing_and_leads_nowhere_else():
    html = FORMS["html"].write(WORST)
    assert "default-src 'none'" in html
    assert set(re.findall(r'\bhref="([^"]*)"', html)) == {"#q1-1"}
    assert re.search(r"\b(?:src|srcset|action|url\()\s*=?", re.sub(r"src=x", "", html.partition("<body>")[2])) is None
    assert "@import" not in html
    assert "url(" not in html.partition("</style>")[0]
    [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert "color-scheme:light dark" in style
    assert "@media(max-width:40rem)" in style


def test_every_number_leads_to_its_quote():
    html = FORMS["html"].write(RECORD)
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    links = {link.removeprefix("#") for link in re.findall(r'href="([^"]+)"', html)}
    assert links
    assert links <= ids
