"""Whatever artifacts there are, a page rendered from them in any format reads back as them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import page_rendering as rendering
from sidebyside.pages import decode_page, parse_page

EVERYWAY = settings(
    max_examples=450, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SEEDS = st.integers(0, 2**32)


def seen(page, parts=("title", "description", "unique", "alternatives")):
    """A page in the form of rendering.expected."""
    return [
        {
            "name": artifact.name,
            "type": artifact.type,
            "facts": [(fact.label, fact.value) for fact in artifact.facts],
            "capabilities": [
                {part: excerpt.text for part, excerpt in capability.parts() if part in parts}
                for capability in artifact.capabilities
            ],
        }
        for artifact in page.artifacts
    ]


def assert_exact(page, data):
    """Every excerpt is the characters of its span."""
    text = decode_page(data, "page").text
    for artifact in page.artifacts:
        for capability in artifact.capabilities:
            for _, excerpt in capability.parts():
                assert text[excerpt.source.start : excerpt.source.end] == excerpt.text


@EVERYWAY
@given(rendering.pairs(), SEEDS)
def test_text_extract_reads_back(pair, seed):
    data = rendering.render_text(pair, seed)
    page = parse_page(data, "page.txt")
    assert page.format == "text"
    assert seen(page) == rendering.expected(pair)
    assert [verdict.text for verdict in page.verdicts] == [rendering.verdict_of(pair)]
    assert page.warnings == ()
    assert_exact(page, data)


@EVERYWAY
@given(rendering.pairs(titled=True), SEEDS)
def test_html_reads_back(pair, seed):
    page = parse_page(rendering.render_html(pair, seed), "page.html")
    assert page.format == "html"
    assert seen(page) == rendering.expected(pair)
    assert [verdict.text for verdict in page.verdicts] == [rendering.verdict_of(pair)]
    assert page.warnings == ()


@EVERYWAY
@given(rendering.pairs(titled=True), SEEDS)
def test_markdown_reads_back(pair, seed):
    data = rendering.render_markdown(pair, seed)
    page = parse_page(data, "page.md")
    assert page.format == "markdown"
    assert seen(page) == rendering.expected(pair)
    assert [verdict.text for verdict in page.verdicts] == [rendering.escape_markdown(rendering.verdict_of(pair))]
    assert page.warnings == ()
    assert_exact(page, data)


@EVERYWAY
@given(rendering.names().flatmap(lambda name: rendering.things(name, titled=True)), SEEDS)
def test_card_reads_back(thing, seed):
    data = rendering.render_card(thing, seed)
    page = parse_page(data, "card.md")
    (wanted,) = rendering.expected([thing])
    assert page.format == "card"
    assert seen(page) == [wanted | {"facts": [("Type", thing.kind), *thing.facts]}]
    assert_exact(page, data)


@EVERYWAY
@given(rendering.names().flatmap(lambda name: rendering.things(name, titled=True, claims=False)), SEEDS)
def test_passport_reads_back(thing, seed):
    page = parse_page(rendering.render_passport(thing, seed), "passport.json")
    (wanted,) = rendering.expected([thing])
    assert page.format == "passport"
    assert seen(page) == [wanted | {"facts": [("Type", thing.kind), ("Pricing", dict(thing.facts)["Pricing"])]}]
    intents = [[excerpt.text for excerpt in capability.intents] for capability in page.artifacts[0].capabilities]
    assert intents == [[ability.title] for ability in thing.abilities]
