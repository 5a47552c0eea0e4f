"""A second reading: what a guessed subject makes of a question that no pattern claims."""

from __future__ import annotations

import pytest

import invented
from sidebyside import Assistant
from sidebyside.intents import Guess
from sidebyside.question import understand
from sidebyside.records import Filter, Question

KESTREL, MARTEN = "kestrel-7b", "marten-studio"
RANKS = "who places better out of Kestrel 7B and Marten Studio"


def read(text: str, subject: str, probability: float) -> Question:
    """A question as read with a classifier that always guesses the same."""
    guess = Guess(subject, probability)
    return understand(text, (), invented.names(), invented.library(), lambda _text, _named, _beside: guess)


@pytest.mark.parametrize(
    ("text", "subject", "kind", "label"),
    [
        (RANKS, "rank", "rank", "UnfragileRank"),
        ("where does Kestrel 7B stand overall", "rank", "fact", "UnfragileRank"),
        ("worst one of the lot, just curious", "rank", "library", "UnfragileRank"),
        ("how often did Kestrel 7B come up so far", "matched", "fact", "Times Matched"),
        ("what could stand in for Kestrel 7B", "alternatives", "alternatives", ""),
        ("whom would Kestrel 7B suit", "best_for", "best_for", ""),
        ("do your pages tell one story about Kestrel 7B", "conflicts", "conflicts", ""),
        ("who takes it, by the page, Kestrel 7B or Marten Studio", "verdict", "verdict", ""),
    ],
)
def test_a_sure_guess_is_the_reading(text, subject, kind, label):
    question = read(text, subject, 0.97)
    assert (question.kind, question.label, question.second) == (kind, label, None)


def test_a_likely_guess_is_tried_second():
    question = read(RANKS, "rank", 0.70)
    assert question.kind == "compare"
    assert question.second is not None
    assert (question.second.kind, question.second.artifacts) == ("rank", (KESTREL, MARTEN))


def test_an_unlikely_guess_changes_nothing():
    assert read(RANKS, "rank", 0.50) == understand(RANKS, (), invented.names(), invented.library())


@pytest.mark.parametrize("subject", ["pricing", "overview"])
def test_pages_are_asked_before_a_table_or_an_overview(subject):
    question = read("students of mine would like Kestrel 7B or Marten Studio", subject, 0.99)
    assert question.kind == "compare"
    assert question.second is not None


def test_a_word_of_no_everyday_language_makes_it_another_figure():
    question = read("better MMLU number, Kestrel 7B or Marten Studio", "rank", 0.97)
    assert (question.kind, question.second) == ("compare", None)


def test_what_the_wording_settles_is_not_guessed_at():
    assert read("Is Kestrel 7B free?", "overview", 1.0).label == "Pricing"


def test_alternatives_keep_the_conditions():
    question = read("something free that could stand in for Kestrel 7B", "alternatives", 0.97)
    assert Filter("Pricing", "=", "Free") in question.filters


def test_what_sounds_like_nothing_on_any_page_is_marked():
    assert read("who painted the ceiling of the chapel", "outside", 0.95).outside
    assert not read("who painted the ceiling of the chapel", "outside", 0.60).outside
    assert not read("can Kestrel 7B write me a poem", "outside", 0.95).outside


def test_a_task_is_declined():
    question = read("write me a poem about rivers", "outside", 0.95)
    assert question.kind == "chat"
    assert question.reply.startswith("I only answer questions about the artifacts of the saved pages.")


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        ("diff between dreambooth and llava llama 3", "overall", "answered"),
        ("who places better in the ranking out of llava llama 3 and dreambooth", "rank", "answered"),
        ("Which has the better MMLU score, LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?", "compare", "not_found"),
    ],
)
def test_free_wordings_are_answered_on_the_real_pages(seed_index, text, kind, status):
    with Assistant.open(seed_index, model="none") as assistant:
        answer = assistant.answer(text)
    assert (answer.kind, answer.status) == (kind, status)


def test_a_question_about_prices_gets_the_table_and_the_texts(seed_index):
    with Assistant.open(seed_index, model="none") as assistant:
        answer = assistant.answer("ok random one, is llava llama 3 gonna cost me anything")
    assert answer.text.startswith("The pricing of **LLaVA Llama 3 (8B)** is Free [1].")
    assert {citation.evidence_class for citation in answer.citations} > {"fact"}
