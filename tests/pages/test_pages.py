"""Reading pages: every format and variant, from files of invented artifacts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sidebyside.errors import PageError
from sidebyside.pages import decode_page, read_page
from sidebyside.records import Page

FIXTURES = Path(__file__).parents[1] / "data" / "pages"
SEEDS = Path(__file__).parents[2] / "index" / "seeds"
LISTS = ("intent", "best_for", "limitation", "requirement")


def fixture_files():
    """Every page file beside which its expected parse lies."""
    return sorted(path for path in FIXTURES.iterdir() if not path.name.endswith(".expected.json"))


def expected_parse(path: Path):
    return json.loads((FIXTURES / f"{path.stem}.expected.json").read_text(encoding="utf-8"))


def plain_capability(capability):
    """A capability as the data files write it."""
    plain = {}
    for part, excerpt in capability.parts():
        if part in LISTS:
            plain.setdefault(part, []).append(excerpt.text)
        else:
            plain[part] = excerpt.text
    return plain


def plain_page(page: Page):
    """A page as the data files write it."""
    return {
        "format": page.format,
        "date": page.date,
        "warnings": list(page.warnings),
        "verdicts": [verdict.text for verdict in page.verdicts],
        "artifacts": [
            {
                "name": artifact.name,
                "type": artifact.type,
                "aliases": list(artifact.aliases),
                "url": artifact.url,
                "facts": [[fact.label, fact.value] for fact in artifact.facts],
                "capabilities": [plain_capability(capability) for capability in artifact.capabilities],
            }
            for artifact in page.artifacts
        ],
    }


GOOD = [path for path in fixture_files() if "error" not in expected_parse(path)]
BAD = [path for path in fixture_files() if "error" in expected_parse(path)]


def test_there_are_fixtures_of_every_kind():
    assert len(GOOD) == 33
    assert len(BAD) == 21
    assert {expected_parse(path)["format"] for path in GOOD} == {"text", "html", "markdown", "card", "passport"}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_page_is_read_as_expected(path):
    assert plain_page(read_page(path)) == expected_parse(path)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_page_is_refused_with_reason_and_line(path):
    expected = expected_parse(path)
    with pytest.raises(PageError) as caught:
        read_page(path)
    assert caught.value.source == path.name
    assert caught.value.reason == expected["error"]
    assert caught.value.line == expected["line"]


@pytest.mark.parametrize("path", [*GOOD, *sorted(SEEDS.glob("*.txt"))], ids=lambda path: path.stem)
def test_spans_point_at_the_text_in_the_file(path):
    page = read_page(path)
    text = decode_page(path.read_bytes(), path.name).text
    for artifact in page.artifacts:
        for capability in artifact.capabilities:
            for _, excerpt in capability.parts():
                assert_span(excerpt, text, page.format)
        for fact in artifact.facts:
            span = text[fact.source.start : fact.source.end]
            if page.format == "text":
                assert " ".join(span.split("|")[1].split()) == fact.label
            first = fact.value.split()[0].split(",")[0].strip("&")
            assert page.format == "passport" or first in span.replace("\n", " ")


def assert_span(excerpt, text, page_format):
    """Plain text and Markdown stand in the file as they are; every word of the others can be found again."""
    span = text[excerpt.source.start : excerpt.source.end]
    if page_format in ("text", "markdown", "card"):
        assert span == excerpt.text
        return
    offset = 0
    for word in excerpt.text.split():
        offset = excerpt.text.index(word, offset)
        start, end = excerpt.span(offset, offset + len(word))
        assert excerpt.source.start <= start < end <= excerpt.source.end
        if word.isascii() and word.isalnum():
            assert text[start:end].startswith(word)
        offset += len(word)
