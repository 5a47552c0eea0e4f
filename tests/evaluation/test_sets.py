"""The committed question sets: enough of each kind, and every expected answer is on the pages."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from making_answers import answer, cite
from sidebyside.evaluation import judge, load_questions
from sidebyside.index.passages import build_passages
from sidebyside.library import build_library
from sidebyside.pages import read_page

QUESTIONS = Path(__file__).parents[1] / "data" / "questions"


@pytest.fixture(scope="module")
def committed():
    return {name: load_questions(QUESTIONS / f"{name}.jsonl") for name in ("development", "heldout", "seeds")}


def test_the_committed_sets_have_enough_questions_of_every_kind(committed):
    kinds = Counter(case.kind for name in ("development", "heldout") for case in committed[name])
    assert len(kinds) == 13
    assert min(kinds.values()) >= 12
    assert kinds.total() >= 220
    assert len(committed["seeds"]) == 30


def test_the_two_halves_share_no_question(committed):
    halves = [
        {(case.question.casefold(), case.history) for case in committed[name]} for name in ("development", "heldout")
    ]
    assert not halves[0] & halves[1]
    assert all(sum(case.swap_of is not None for case in committed[name]) >= 8 for name in ("development", "heldout"))


def test_a_refusal_passes_no_committed_question_that_has_an_answer(committed):
    silence = answer("Nothing is known about that.", status="not_found")
    for case in committed["development"] + committed["heldout"]:
        if case.status == ("answered",):
            assert not judge(case, silence).passed, case.id


def test_listing_everything_passes_no_committed_question_about_the_library(committed, pages):
    everything = [cite(n, artifact.label, "All.") for n, artifact in enumerate(pages["library"].artifacts, 1)]
    text = "Here is the whole library: " + ", ".join(f"{c.artifact} [{c.number}]" for c in everything) + "."
    for case in committed["development"] + committed["heldout"]:
        if case.kind in ("library", "which") and case.status == ("answered",):
            assert not judge(case, answer(text, *everything)).passed, case.id


@pytest.fixture(scope="module")
def pages():
    """The libraries that the committed questions are about."""
    folders = {"library": QUESTIONS.parent / "library", "seeds": QUESTIONS.parents[2] / "index" / "seeds"}
    return {
        name: build_library([read_page(path) for path in sorted(folder.iterdir())]) for name, folder in folders.items()
    }


def quotable(library):
    """Everything that can be quoted of each artifact, by its label: table rows and sentences."""
    texts = {artifact.label: [fact.row for fact in artifact.facts] for artifact in library.artifacts}
    for passage in build_passages(library):
        texts[library.get(passage.artifact).label] += [sentence.text for sentence in passage.sentences]
    return texts


@pytest.mark.parametrize(("name", "about"), [("development", "library"), ("heldout", "library"), ("seeds", "seeds")])
def test_expected_artifacts_and_quotes_are_on_the_pages(committed, pages, name, about):
    texts = quotable(pages[about])
    for case in committed[name]:
        assert {*case.cite, *case.allow} - {"*"} <= texts.keys(), case.id
        for pattern in case.quote:
            assert any(re.search(pattern, text, re.I) for label in case.cite for text in texts[label]), case.id


def test_the_silent_side_says_nothing_that_would_match(committed, pages):
    texts = quotable(pages["library"])
    for case in committed["development"] + committed["heldout"]:
        if case.kind == "one_sided":
            said = " ".join(texts[case.allow[0]])
            assert not [pattern for pattern in case.quote if re.search(pattern, said, re.I)], case.id


def listed(library, **wanted):
    """Labels of the artifacts with a row of these values on every page; `above` and `below` bound the rank."""
    found = set()
    for artifact in library.artifacts:
        ranks = [int(fact.value.split("/")[0]) for fact in artifact.values("UnfragileRank")]
        low, high = wanted.get("above", -1), wanted.get("below", 101)
        if not all(low < rank < high for rank in ranks) or not (ranks or (low == -1 and high == 101)):
            continue
        rows = {label: {fact.value for fact in artifact.values(label)} for label in ("Pricing", "Adoption")}
        rows["Type"] = {artifact.type}
        if all(rows[label] == {value} for label, value in wanted.items() if label in rows):
            found.add(artifact.label)
    return found


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("list all free models", {"Type": "Model", "Pricing": "Free"}),
        ("paid MCP servers ranked above 40", {"Type": "MCP Server", "Pricing": "Paid", "above": 40}),
        ("which platforms are freemium?", {"Type": "Platform", "Pricing": "Freemium"}),
        ("show me every dataset", {"Type": "Dataset"}),
        ("Everything ranked over 60, please.", {"above": 60}),
        ("which agents are paid", {"Type": "Agent", "Pricing": "Paid"}),
        ("Which APIs do you have?", {"Type": "API"}),
        ("which products have a rank below 50", {"Type": "Product", "below": 50}),
        ("things with adoption 0 that cost money (pricing: paid)", {"Adoption": "0", "Pricing": "Paid"}),
        ("who ranks between 30 and 39?", {"above": 29, "below": 40}),
    ],
)
def test_expected_lists_follow_from_the_tables(committed, pages, question, wanted):
    (case,) = (case for case in committed["development"] + committed["heldout"] if case.question == question)
    assert set(case.cite) == listed(pages["library"], **wanted)


def test_expected_counts_and_conflicts_follow_from_the_tables(committed, pages):
    library = pages["library"]
    assert len(library.artifacts) == 27
    assert len(listed(library, Pricing="Free")) == 14
    assert len(listed(library, Type="MCP Server")) == 4
    assert len(listed(library, Type="Framework")) == 2
    (case,) = (
        case for case in committed["development"] + committed["heldout"] if "conflicting values" in case.question
    )
    assert set(case.cite) == {library.get(conflict.artifact).label for conflict in library.conflicts()}
