"""Side by side: rows, ranges, weights, flips, the plot, and the links that reopen a view."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sidebyside.answers.suggestions import first_questions
from sidebyside.app.export import export
from sidebyside.app.plot import plot_html
from sidebyside.app.sides import compare_sides
from sidebyside.app.sides_tab import find_artifacts, requested_sides
from sidebyside.app.sides_view import facts_html, order_html, score_rows_html, suggested_pairs
from sidebyside.app.titles import page_titles
from sidebyside.records import Fact, Library
from sidebyside.records.schema import SCALES
from sidebyside.text.short_names import infinitive, short_name
from standin import DIFFUSION, DREAMBOOTH, LIBRARY, LLAMA, LLAVA, StandIn


def named(*labels):
    return find_artifacts(LIBRARY, labels)


def with_facts(artifact, **values):
    place = artifact.facts[0].source
    facts = [fact for fact in artifact.facts if fact.label.replace(" ", "_") not in values]
    facts += [Fact(label.replace("_", " "), value, place) for label, all_ in values.items() for value in all_]
    return replace(artifact, facts=tuple(facts))


def test_rows_differ_where_values_differ():
    sides = compare_sides(named(LLAVA, LLAMA))
    assert [row.label for row in sides.rows if row.differs] == ["UnfragileRank", "Adoption"]


def test_totals_weigh_each_score_on_its_own_scale():
    sides = compare_sides(named(LLAMA, DIFFUSION))
    assert [(total.artifact, total.low, total.high) for total in sides.totals] == [
        (DIFFUSION, pytest.approx(71.0), pytest.approx(71.0)),
        (LLAMA, pytest.approx(29.0), pytest.approx(29.0)),
    ]
    assert sides.settled


def test_conflict_is_a_range_and_can_leave_the_order_open():
    llama, diffusion = named(LLAMA, DIFFUSION)
    disputed = with_facts(llama, UnfragileRank=["40/100", "90/100"])
    weights = {"UnfragileRank": 10.0}
    sides = compare_sides([disputed, diffusion], weights)
    assert (sides.scores["UnfragileRank"][0].low, sides.scores["UnfragileRank"][0].high) == (40, 90)
    assert [(total.artifact, total.low, total.high) for total in sides.totals] == [(LLAMA, 40, 90), (DIFFUSION, 55, 55)]
    assert not sides.settled
    assert "the pages do not settle the first place" in order_html(sides)


def test_score_that_no_page_states_is_the_whole_scale():
    llama, diffusion = named(LLAMA, DIFFUSION)
    unknown = with_facts(llama, UnfragileRank=[])
    sides = compare_sides([unknown, diffusion], {"UnfragileRank": 10.0})
    assert not sides.scores["UnfragileRank"][0].stated
    assert [(total.low, total.high) for total in sides.totals if total.artifact == LLAMA] == [(0, 100)]


@pytest.mark.parametrize("label", SCALES)
def test_flip_weight_brings_both_level(label):
    llama, dreambooth = named(LLAMA, DREAMBOOTH)
    first = with_facts(llama, UnfragileRank=["80/100"], Adoption=["0"], Ecosystem=["0"], Quality=["1"])
    weights = {"UnfragileRank": 6, "Adoption": 2, "Quality": 3, "Ecosystem": 3, "Match Graph": 1}
    sides = compare_sides([first, dreambooth], weights)
    flips = {flip.label: flip for flip in sides.flips}
    if label not in flips:
        gap = sides.scores[label][0].low != sides.scores[label][1].low
        assert label == "Match Graph" or gap
        return
    level = compare_sides([first, dreambooth], weights | {label: flips[label].weight})
    assert level.totals[0].low == pytest.approx(level.totals[1].low)


def test_some_weight_flips_this_order():
    llama, dreambooth = named(LLAMA, DREAMBOOTH)
    first = with_facts(llama, UnfragileRank=["80/100"])
    sides = compare_sides([first, dreambooth], {"UnfragileRank": 6, "Ecosystem": 1})
    assert [(flip.label, round(flip.weight, 2)) for flip in sides.flips] == [
        ("UnfragileRank", 2.86),
        ("Ecosystem", 2.1),
    ]
    assert "when <b>Ecosystem</b> rises to 2.1 (now 1)" in order_html(sides)


def test_no_weight_at_all_is_no_division_by_zero():
    sides = compare_sides(named(LLAMA, DIFFUSION), {})
    assert [total.low for total in sides.totals] == [0, 0]
    assert sides.flips == ()


def test_weights_that_are_all_zero_make_no_claim():
    sides = compare_sides(named(LLAMA, DIFFUSION), {})
    assert "nothing puts them in an order" in order_html(sides)
    assert LLAMA not in order_html(sides)
    assert "none, for all weights are 0" in export(sides, "md").decode()


def test_capabilities_tell_how_many_are_counted_and_how_many_shown():
    llama, diffusion = named(LLAMA, DIFFUSION)
    both = [with_facts(llama, Capabilities=["12 decomposed"]), with_facts(diffusion, Capabilities=["1", "13"])]
    html = facts_html(compare_sides(both))
    assert "12, 1 shown" in html
    assert "decomposed" not in html
    assert '<ul class="conflict" aria-label="Pages disagree"><li>1 ' in html


def test_differences_come_first_and_scores_apart():
    sides = compare_sides(named(LLAMA, DIFFUSION))
    html = facts_html(sides, StandIn().compare([artifact.id for artifact in named(LLAMA, DIFFUSION)]))
    assert html.index("Key differences") < html.index("The same for all")
    labels = re.findall(r'role="rowheader">([^<]*)', html)
    assert labels == ["Type", "Pricing"]
    assert set(re.findall(r'role="rowheader">([^<]*)', score_rows_html(sides, {}))) == {*SCALES, "Times Matched"}


def test_pairs_are_of_one_type_or_page_and_no_artifact_is_in_more_than_two():
    pairs = suggested_pairs(LIBRARY)
    assert pairs[:2] == [[DREAMBOOTH, DIFFUSION], [LLAMA, LLAVA]]
    assert all(sum(label in pair for pair in pairs) <= 2 for label in (DREAMBOOTH, DIFFUSION, LLAMA, LLAVA))
    assert all(LLAVA in pair for pair in suggested_pairs(LIBRARY, [LLAVA]))


def test_export_names_pages_by_title_and_no_characters():
    sides = compare_sides(named(LLAMA, LLAVA))
    files = [file for artifact in sides.artifacts for file in artifact.sources]
    titles = page_titles(LIBRARY, files)
    for form in ("md", "html"):
        assert "characters" not in export(sides, form, titles).decode()
        assert f"({files[0]})" in export(sides, form, titles).decode()
    assert f"1. `{LLAMA} vs {DIFFUSION} ({files[0]})`" in export(sides, "md", titles).decode()
    assert export(sides, "md", titles).decode().count(files[0]) == 1


@pytest.mark.parametrize(
    ("text", "name", "wish"),
    [
        ("Processes images and text together by encoding them.", "Processes images and text together", True),
        ("Enables low-rank adaptation (LoRA) training of models.", "Low-rank adaptation training", False),
        ("Saves and restores training state (weights)", "Saves and restores training state", True),
        ("Analyzes documents, screenshots, and diagrams by encoding", "Analyzes documents, screenshots", True),
        ("Kestrel 7B is distributed as an open-weight model for all.", "Distributed as open-weight model", False),
        ("Exposes the vision model through three integration points: one", "Vision model", False),
        ("Provides systematic comparison of Stable Diffusion variants across", "Systematic comparison", False),
        ("image generation", "Image generation", False),
        ("", "", False),
    ],
)
def test_capabilities_have_names_of_a_few_words(text, name, wish):
    assert short_name(text) == name
    assert len(name.split()) <= 5
    assert bool(infinitive(text)) == wish


def test_wishes_are_said_with_the_bare_verb():
    assert infinitive("Saves and restores training state") == "save and restore training state"
    assert infinitive("Classifies images of cats and dogs") == "classify images of cats"


def test_first_questions_are_jobs_about_these_pages():
    jobs = first_questions(LIBRARY)
    assert len(jobs) == 4
    assert jobs[0].startswith("Compare ")
    assert any(job.startswith("I want to ") for job in jobs)
    assert not any("Rank" in job for job in jobs)
    assert first_questions(Library(())) == ()
    assert all(LLAMA in job or job.startswith("I want") for job in first_questions(Library(tuple(named(LLAMA)))))


def test_plot_draws_ranges_zeros_and_what_is_not_stated():
    llama, diffusion = named(LLAMA, DIFFUSION)
    html = plot_html(compare_sides([with_facts(llama, UnfragileRank=["40/100", "90/100"], Quality=[]), diffusion]))
    assert '<rect class="band side-1" x="40.00%" y="3" width="50.00%" height="10"/>' in html
    assert f"{LLAMA}: 40 to 90 of 100, pages disagree" in html
    assert f"{LLAMA}: not stated; {DIFFUSION}: 1 of 1" in html
    assert '<circle class="dot side-1" cx="0.00%"' in html


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ({}, None),
        ({"compare": [LLAMA]}, None),
        ({"compare": [LLAMA, LLAMA]}, None),
        ({"compare": [LLAMA, "unheard of"]}, None),
        ({"compare": [LLAMA, LLAVA]}, [LLAMA, LLAVA]),
        ({"compare": ["llava-llama-3-8b", LLAMA, DIFFUSION, DREAMBOOTH, LLAMA]}, [LLAVA, LLAMA, DIFFUSION, DREAMBOOTH]),
    ],
)
def test_link_names_two_or_more_artifacts(query, labels):
    sides = requested_sides(LIBRARY, query)
    assert (sides and [artifact.label for artifact in sides.artifacts]) == labels


@pytest.mark.parametrize(
    "weights", ["", "1,2", "a,b,c,d,e", "1,2,3,4,99", "-1,1,1,1,1", "nan,1,1,1,1", "1e999,1,1,1,1"]
)
def test_link_with_unusable_weights_gets_the_usual_ones(weights):
    sides = requested_sides(LIBRARY, {"compare": [LLAMA, LLAVA], "weights": [weights]})
    assert set(sides.weights.values()) == {5.0}
