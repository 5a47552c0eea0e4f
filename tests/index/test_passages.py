"""Passages and sentences: stable ids, exact places, and where sentences end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidebyside.errors import IndexDamagedError
from sidebyside.index.passages import build_passages, read_passages, write_passages
from sidebyside.library import build_library
from sidebyside.pages import decode_page, parse_page, read_page
from sidebyside.records import PART_CLASSES
from sidebyside.text.sentences import split_sentences

FIXTURES = Path(__file__).parents[1] / "data" / "pages"
SEEDS = sorted((Path(__file__).parents[2] / "index" / "seeds").glob("*.txt"))


def split(text):
    return [text[start:end] for start, end in split_sentences(text)]


def seed_library():
    return build_library([read_page(path) for path in SEEDS])


def test_every_part_of_every_capability_is_a_passage():
    library = seed_library()
    passages = build_passages(library)
    assert len(passages) == 4 * 8 * 3
    assert [passage.part for passage in passages[:3]] == ["description", "unique", "alternatives"]
    assert [passage.evidence_class for passage in passages[:3]] == ["description", "claim", "claim"]
    assert {passage.part for passage in passages} <= PART_CLASSES.keys()
    assert len({passage.id for passage in passages}) == len(passages)


def test_passages_of_an_artifact_stand_together_in_library_order():
    library = seed_library()
    order = [passage.artifact for passage in build_passages(library)]
    assert list(dict.fromkeys(order)) == [artifact.id for artifact in library.artifacts]
    assert order == sorted(order)


def test_sentences_are_the_characters_of_the_page():
    texts = {path.name: decode_page(path.read_bytes(), path.name).text for path in SEEDS}
    sentences = [
        (passage.source.file, sentence) for passage in build_passages(seed_library()) for sentence in passage.sentences
    ]
    assert len(sentences) == 167
    for file, sentence in sentences:
        assert texts[file][sentence.start : sentence.end] == sentence.text


def test_sentences_of_html_and_json_point_at_their_place():
    html = FIXTURES / "21-saved-html.html"
    text = decode_page(html.read_bytes(), html.name).text
    passages = build_passages(build_library([read_page(html)]))
    found = [text[s.start : s.end] for p in passages for s in p.sentences if "shadows keep" in s.text]
    assert found == ["Trained on raw sensor data instead of finished JPEGs &mdash; shadows keep their detail"]
    json = FIXTURES / "29-passport.json"
    text = decode_page(json.read_bytes(), json.name).text
    passages = build_passages(build_library([read_page(json)]))
    found = [text[s.start : s.end] for p in passages for s in p.sentences if p.part == "intent"]
    assert found == ["when is high water?", "plan a \\u201clow water\\u201d walk"]


def test_passage_ids_are_stable_and_parts_have_their_own():
    first = build_passages(seed_library())
    again = build_passages(seed_library())
    assert [passage.id for passage in first] == [passage.id for passage in again]
    alone = build_passages(build_library([read_page(SEEDS[0])]))
    assert {passage.id for passage in alone} <= {passage.id for passage in first}


def test_list_items_are_passages_of_their_own():
    passages = build_passages(build_library([read_page(FIXTURES / "28-card.md")]))
    parts = [(passage.part, passage.text) for passage in passages if passage.part in ("intent", "best_for")]
    assert parts == [
        ("intent", "plan a garden"),
        ("intent", "share a plan"),
        ("best_for", "allotment clubs"),
        ("best_for", "schools"),
    ]


def test_passages_survive_the_disk(tmp_path):
    pages = [read_page(path) for path in (*SEEDS, FIXTURES / "21-saved-html.html", FIXTURES / "29-passport.json")]
    passages = build_passages(build_library(pages))
    write_passages(passages, tmp_path / "passages.jsonl")
    assert read_passages(tmp_path / "passages.jsonl") == passages
    write_passages([replace(passages[0], text="line\u2028separator")], tmp_path / "odd.jsonl")
    assert read_passages(tmp_path / "odd.jsonl")[0].text == "line\u2028separator"
    (tmp_path / "odd.jsonl").write_text("{")
    with pytest.raises(IndexDamagedError):
        read_passages(tmp_path / "odd.jsonl")


@pytest.mark.parametrize(
    "sentences",
    [
        ["It reads images.", "It writes text."],
        ["Runs Llama 3.2 and GPT-4.1 at 5.5 GB.", "The rest is v2.0.1."],
        ["Uses frameworks (e.g. PyTorch, i.e. the usual ones) vs. others.", "Then it stops."],
        ["Smaller than most, e.g. Llama.", "Others, i.e. GPT-4, are larger."],
        ["Compared with U.S. models it is small.", "It is made in the U.S.", "The rest is not."],
        ["See fig. 3 and No. 5 for more.", "The answer is no.", "Really."],
        ["Costs $20/mo.", "See https://example.org/a.b?c=d. for details."],
        ["Runs `python run.py --all.` quickly.", "Writes out.json."],
        ["Answers questions (e.g., 'what is happening?') and more.", "Works offline."],
        ['It says "Go. Now." and goes.', "Then it waits."],
        ["Does it work?", "Yes!", "Mostly…", "Fine."],
        ["Keeps state (weights, etc.) and more.", "Restores it."],
        ["Reads JPEG, PNG, etc.", "The output is text."],
        ["Made by Acme Inc. and others.", "Sold by Acme Ltd.", "The price is open."],
        ["Does three things: 1) reads, 2) writes, 3) sings.", "That is all."],
        ["Works in steps: 1. Install it 2. Run it 3. Stop."],
        ["Uses llama.cpp.", "llama.cpp is fast."],
        ["Uses plain words.", "llama.cpp is fast."],
        ["Version 3 of Node.js works.", "Node.js 2 does not."],
        ["要約します。", "数字は残ります！", "速い"],
        ["Traduce avisos.", "¿Funciona?", "¡Sí!", "Él lo dice."],
        ["This is bold.**", "Next one."],
        ["J. Smith wrote it.", "Plan B. is unclear."],
        ["Handles up to 1.5M tokens...", "Then it fails."],
        ["Is v1.", "2 files change."],
    ],
)
def test_sentences_end_where_they_end(sentences):
    assert split(" ".join(sentences)) == sentences


def test_empty_lines_and_list_items_end_sentences():
    assert split("First part\n\nsecond part.\n- an item\n- another. One\n1. third") == [
        "First part",
        "second part.",
        "- an item",
        "- another.",
        "One",
        "1. third",
    ]
    assert split("wrapped\nline. Next\r\n\r\nlast") == ["wrapped\nline.", "Next", "last"]


def test_semicolons_split_only_very_long_sentences():
    short = "Reads files; writes files; sings."
    assert split(short) == [short]
    parts = ["a" * 150 + " (b; c);", "d" * 150 + ";", "e" * 150 + "."]
    assert split(" ".join(parts)) == parts


def test_nothing_has_no_sentences():
    assert split("") == []
    assert split(" \n ") == []


@given(st.text(alphabet="aB 1.!?…;。()[]\"'“”`*\n\r,:-", max_size=200))
def test_sentences_cover_all_but_white_space_in_order(text):
    spans = split_sentences(text)
    assert all(start < end for start, end in spans)
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert spans == sorted(spans)


def test_long_text_is_split_in_time_in_proportion():
    text = "A b (c. d) e. " * 100_000
    assert len(split_sentences(text)) == 100_000


def test_page_with_other_line_ends_has_exact_sentences():
    text = "Lantern\r| Feature | Lantern |\r|---|---|\r| Type | Model |\rGlows. Shines at 5 lux.\rUnique: warm; dim\r"
    passages = build_passages(build_library([parse_page(text.encode("utf-16"), "a.txt")]))
    sentences = [sentence for passage in passages for sentence in passage.sentences]
    assert [sentence.text for sentence in sentences] == ["Glows.", "Shines at 5 lux.", "warm; dim"]
    assert [text[sentence.start : sentence.end] for sentence in sentences] == [
        "Glows.",
        "Shines at 5 lux.",
        "warm; dim",
    ]
