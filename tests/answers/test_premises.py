"""Premises: what a question takes for granted is corrected, confirmed, or left to the page's words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import invented
from invented import assert_cited
from sidebyside import Assistant
from sidebyside.answers.compose import Evidences
from sidebyside.answers.draft import Draft
from sidebyside.answers.premises import check_premises
from sidebyside.evidence.grid import EvidenceCell
from sidebyside.question.rows import RowFinder
from sidebyside.records import Evidence, Question, Source

HUB, FINCH, RELAY = "HearthLoom Hub", "LinguaFinch 3B", "Relaywright"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, encoder):
    assert encoder is not None  # reader and judge take the real one
    with invented.open_assistant(invented.workshop_index(tmp_path_factory)) as opened:
        yield opened


def first(assistant: Assistant, question: str) -> str:
    """What the answer says before anything else."""
    answer = assistant.answer(question)
    assert_cited(answer, invented.WORKSHOP)
    return answer.text.split("\n\n")[0]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (
            f"Since {HUB} speaks OPC UA, can I read our press with it?",
            f"Not as you say: the page of **{HUB}** says “OPC UA is not spoken” [1].",
        ),
        (
            f"since {RELAY} speaks OPC UA, can it find machines?",
            f"As you say, going by the page of **{RELAY}**: "
            "“Speaks OPC UA and Modbus to machines on the shop floor” [1].",
        ),
        (
            f"As {FINCH} has a 128K context, can it translate subtitles?",
            f"Not as you say: the page of **{FINCH}** gives 32K tokens [1].",
        ),
        (
            f"since {HUB} keeps readings for 365 days, does it export them?",
            f"Not as you say: the page of **{HUB}** gives 90 days [1].",
        ),
        (
            f"since {HUB} has a display, can I see readings?",
            f"The pages do not state that **{HUB}** has a display.",
        ),
    ],
)
def test_a_premise_is_denied_confirmed_or_not_stated(assistant, question, told):
    assert first(assistant, question) == told


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        # "90 days" of the same sentence is no other number of cards.
        (
            f"Since {HUB} keeps sensor readings on 2 memory cards, can I export them?",
            "On what you take for granted, the page of **",
        ),
        (f"since {FINCH} revokes 20 keys at once, is it quiet?", "On what you take for granted, the page of **"),
        # "Readings are exported as CSV" says nothing of five formats.
        (f"as {HUB} exports 5 file formats, can I get CSV?", f"The pages do not state that **{HUB}** exports 5"),
    ],
)
def test_a_premise_with_a_figure_that_the_page_does_not_give_is_neither_confirmed_nor_denied(
    assistant, question, begins
):
    assert first(assistant, question).startswith(begins)


# --- from what is known of a cell ------------------------------------------------------------------------------------

KESTREL = invented.library().get(invented.artifact_id("Kestrel 7B"))
QUOTES = ("Transcribes recorded speech in twelve languages.", "Does not transcribe recorded speech.")


def checked(state: str, probability: float, denial: float) -> str:
    """What is told of a premise whose cell is so."""

    class Known:
        def cell(self, artifact, criterion):
            evidence = tuple(
                Evidence(artifact.id, "description", quote, Source(f"{place}.txt", 0, len(quote)))
                for place, quote in enumerate(QUOTES)
            )
            return EvidenceCell(artifact, criterion, state, probability, evidence, QUOTES[0], denial)

    draft = Draft(Question("?"), invented.library())
    rows = RowFinder(invented.library().labels, SimpleNamespace(kinds=None))
    check_premises(draft, [KESTREL], ["it understands Welsh"], Evidences(invented.retriever(), Known()), rows)
    return draft.blocks[0]


@pytest.mark.parametrize(
    ("state", "probability", "denial", "begins"),
    [
        ("stated", 0.9, 0.1, "As you say, going by the page of "),
        ("stated", 0.4, 0.1, "On what you take for granted, the page of "),
        ("stated", 0.9, 0.4, "On what you take for granted, the page of "),
        ("denied", 0.9, 0.9, "Not as you say: the page of "),
        ("denied", 0.9, 0.55, "On what you take for granted, the page of "),
        ("denied", 0.4, 0.9, "On what you take for granted, the page of "),
        ("conflict", 0.9, 0.1, "On what you take for granted the pages about **Kestrel 7B** disagree: “Transcribes"),
        ("silent", 0.9, 0.0, "The pages do not state that **Kestrel 7B** understands Welsh."),
    ],
)
def test_what_is_not_sure_is_left_to_the_words_of_the_page(state, probability, denial, begins):
    assert checked(state, probability, denial).startswith(begins)
