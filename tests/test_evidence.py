"""Evidence: which sentences bear on an aspect, whether they state it, and which figures settle it."""

from __future__ import annotations

import pytest

import invented
from sidebyside.evidence import (
    Side,
    asks_figure,
    better_end,
    common_measures,
    find_measures,
    measured_unit,
)
from sidebyside.lanes.aspects import gather
from sidebyside.question import understand
from sidebyside.records import Artifact, Evidence, Question, Source

KESTREL, MARTEN, OSPREY = "kestrel-7b", "marten-studio", "osprey-index"


def read(text: str) -> Question:
    return understand(text, (), invented.names(), invented.library())


def side_of(artifact: str, text: str, limit: int = 2) -> Side:
    """What an artifact of the invented library states about a question."""
    return gather(invented.library().get(artifact), read(text), invented.retriever(), limit=limit)


def made(name: str, *quotes: str) -> Side:
    """A side with these quotes as its evidence."""
    artifact = Artifact(name, name, "Model", name, (), (), (), None, ("a.txt",))
    evidence = tuple(Evidence(name, "description", quote, Source("a.txt", 0, len(quote))) for quote in quotes)
    return Side(artifact, evidence, True)


# --- what is chosen --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("artifact", "question", "words"),
    [
        (KESTREL, "Can Kestrel 7B transcribe speech?", "recorded speech"),
        (KESTREL, "How many tokens of context does Kestrel 7B take?", "32K tokens"),
        (MARTEN, "How much is the Team plan of Marten Studio?", "$12/mo"),
        (MARTEN, "How fast does Marten Studio transcribe speech?", "2 s"),
        (OSPREY, "Does Osprey Index run offline?", "offline"),
    ],
)
def test_the_sentence_that_states_it_comes_first(artifact, question, words):
    side = side_of(artifact, question)
    assert side.stated
    assert words in side.evidence[0].quote
    assert side.evidence[0].artifact == artifact


@pytest.mark.parametrize(
    ("artifact", "question"),
    [
        (OSPREY, "Can Osprey Index transcribe speech?"),
        (KESTREL, "Does Kestrel 7B brew coffee?"),
        (KESTREL, "Which has the better MMLU score, Kestrel 7B or Marten Studio?"),
        (KESTREL, "Does Kestrel 7B support ExecuTorch?"),
    ],
)
def test_what_a_page_does_not_say_is_not_stated(artifact, question):
    assert not side_of(artifact, question).stated


def test_names_and_acronyms_that_no_sentence_has_are_absent():
    assert side_of(KESTREL, "Which has the better MMLU score, Kestrel 7B or Marten Studio?").absent == ("mmlu",)
    assert side_of(KESTREL, "Does Kestrel 7B support ExecuTorch?").absent == ("executorch",)
    assert side_of(KESTREL, "Can Kestrel 7B transcribe speech?").absent == ()


def test_a_decade_need_not_occur_and_a_name_must():
    assert not side_of(KESTREL, "Can Kestrel 7B transcribe recorded speech from the 60s?").barred
    assert side_of(KESTREL, "Can Kestrel 7B transcribe recorded speech for ExecuTorch?").barred


def test_a_denial_states_the_matter():
    side = side_of(KESTREL, "Does Kestrel 7B support watermarking?")
    assert side.stated
    assert side.evidence[0].quote == "Does not support watermarking of generated pictures."


def test_strength_is_a_share_and_tells_stated_from_silent():
    stated = side_of(KESTREL, "Can Kestrel 7B transcribe speech?").strength
    silent = side_of(OSPREY, "Can Osprey Index transcribe speech?").strength
    assert 0 <= silent < stated <= 1


def test_no_more_evidence_than_asked_for_best_first():
    for limit in (1, 2, 3):
        side = side_of(MARTEN, "Can Marten Studio transcribe speech?", limit)
        assert 1 <= len(side.evidence) <= limit


def test_evidence_does_not_repeat_itself():
    pages = {
        "a.txt": invented.page_text(
            (
                "Heron",
                ("Model", "1/100", "0", "0", "Free"),
                (("Draws street maps.", "Draws street maps", "Draws street maps"),),
            ),
            ("Wren", ("Model", "1/100", "0", "0", "Free"), (("Sings songs.", "Sings well", "Louder"),)),
        )
    }
    library = invented.read_library(pages)
    encoder = invented.ContentEncoder()
    retriever = invented.Retriever(invented.MemoryIndex(library, encoder), encoder)
    question = Question(
        "Can it draw street maps?", "support", ("heron",), aspect="draw street maps", topic=("draw", "street", "maps")
    )
    side = gather(library.get("heron"), question, retriever, limit=2)
    assert [item.quote for item in side.evidence] == ["Draws street maps."]


def test_what_others_do_worse_comes_last():
    side = side_of(KESTREL, "Which context does Kestrel 7B have?", limit=2)
    assert side.evidence[0].evidence_class == "description"
    assert "Falconer" not in side.evidence[0].quote


@pytest.mark.parametrize("artifact", [KESTREL, MARTEN, OSPREY])
def test_quotes_are_verbatim_with_their_place_class_and_passage(artifact):
    side = side_of(artifact, "speech, context, offline use and invoices", limit=3)
    assert side.evidence
    for item in side.evidence:
        page = invented.PAGES[item.source.file]
        assert page[item.source.start : item.source.end] == item.quote
        assert item.quote in item.context
        assert item.evidence_class in {"description", "claim"}


def test_unique_lines_and_alternatives_are_claims():
    side = side_of(KESTREL, "Are speaker names kept across recordings by Kestrel 7B?")
    assert side.evidence[0].quote == "Speaker names are kept across recordings"
    assert side.evidence[0].evidence_class == "claim"


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("How much does it cost?", "money"),
        ("Which is cheaper?", "money"),
        ("Which handles a longer context?", "token"),
        ("How many tokens fit?", "token"),
        ("Which is faster?", "time"),
        ("What is the latency?", "time"),
        ("How much memory does it need?", "bytes"),
        ("How many images does it need?", ""),
        ("Does it run offline?", ""),
    ],
)
def test_a_question_says_in_which_unit_it_measures(text, unit):
    assert measured_unit(Question(text, "support")) == unit


@pytest.mark.parametrize(
    ("text", "figure"),
    [("How many images does it need?", True), ("What is the maximum size?", True), ("Does it run offline?", False)],
)
def test_a_question_for_a_figure_is_told_by_its_words(text, figure):
    assert asks_figure(Question(text, "support")) is figure


def figures(question: Question, *sides: Side) -> list[tuple[str, str]] | None:
    measures = common_measures(sides, question)
    return None if measures is None else [(m.artifact.name, m.quantity.text) for m in measures]


CONTEXT = Question("Which handles a longer context?", "compare", topic=("context",), direction=1)
SPEED = Question("Which is faster at speech?", "compare", topic=("speech",))
IMAGES = Question("How many images does it need?", "compare", topic=("images",), counts=True)


@pytest.mark.parametrize(
    ("question", "one", "other", "expected"),
    [
        (CONTEXT, "Reads 32K tokens.", "A 128K context.", [("Wren", "128K context"), ("Heron", "32K tokens")]),
        (CONTEXT, "Reads 32K tokens.", "Reads 2 GB.", None),
        (CONTEXT, "Reads 32K tokens.", "Reads long texts.", None),
        (CONTEXT, "Reads 32K tokens.", "Reads 8K tokens or 16K tokens.", None),
        (CONTEXT, "Reads 32K tokens.", "8K tokens, all 8K tokens.", [("Heron", "32K tokens"), ("Wren", "8K tokens")]),
        (SPEED, "Speech takes 300 ms.", "Speech takes 2 s.", [("Wren", "2 s"), ("Heron", "300 ms")]),
        (IMAGES, "Needs 5 images.", "Needs 1,000 images.", [("Wren", "1,000 images"), ("Heron", "5 images")]),
        (IMAGES, "Needs 3-5 images.", "Needs 10 images.", None),
    ],
)  # fmt: skip
def test_figures_are_compared_only_in_a_shared_unit_and_one_a_side(question, one, other, expected):
    assert figures(question, made("Heron", one), made("Wren", other)) == expected


def test_the_order_of_the_sides_makes_no_difference():
    sides = [made("Heron", "Reads 32K tokens."), made("Wren", "Reads 128K tokens.")]
    assert figures(CONTEXT, *sides) == figures(CONTEXT, *reversed(sides))


def test_one_side_alone_is_no_comparison():
    assert common_measures([made("Heron", "Reads 32K tokens.")], CONTEXT) is None
    assert common_measures([], CONTEXT) is None


def test_prices_for_other_periods_are_not_compared():
    cost = Question("Which costs less?", "compare", topic=("plan",))
    assert figures(cost, made("Heron", "The plan is $12/mo."), made("Wren", "The plan is $100/yr.")) is None
    assert figures(cost, made("Heron", "The plan is $12/mo."), made("Wren", "The plan is $9 per month.")) == [
        ("Heron", "$12/mo"),
        ("Wren", "$9 per month"),
    ]


def test_a_measure_points_at_the_evidence_it_stands_in():
    side = made("Heron", "Runs offline.", "Reads 32K tokens of context.")
    (measure,) = find_measures(side, CONTEXT)
    assert measure.evidence is side.evidence[1]
    assert (measure.quantity.value, measure.quantity.unit) == (32_000, "token")


def test_figures_about_something_else_are_no_measures():
    assert find_measures(made("Heron", "Costs $12/mo. Takes 300 ms."), CONTEXT) == []


@pytest.mark.parametrize(
    ("text", "direction", "unit", "end"),
    [
        ("Which is faster?", 0, "time", -1),
        ("Which is faster?", 0, "token/second", 1),
        ("Which is slower?", 0, "time", 1),
        ("Which is slower?", 0, "token/second", -1),
        ("Which is cheaper?", -1, "usd/month", -1),
        ("Which handles a longer context?", 1, "token", 1),
        ("Which handles a shorter context?", -1, "token", -1),
        ("Which context?", 0, "token", 0),
    ],
)
def test_which_end_is_asked_for_depends_on_question_and_unit(text, direction, unit, end):
    assert better_end(Question(text, "compare", direction=direction), unit) == end
