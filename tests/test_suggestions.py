"""Questions to begin with and to go on with: different kinds, nothing twice, and all of them can be answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

import invented
from invented import open_assistant
from sidebyside.assistant import Assistant
from sidebyside.records import Answer, Library
from sidebyside.suggestions import first_questions, next_questions
from standin import CONTEXT, DIFFUSION, DREAMBOOTH, LIBRARY, LLAMA, LLAVA, RANK, UNKNOWN

KESTREL, MARTEN, OSPREY = "Kestrel 7B", "Marten Studio", "Osprey Index"


def about(*labels: str, kind: str = "compare", question: str = "Which is lighter?") -> Answer:
    return Answer(question, "Text.", "answered", artifacts=labels, kind=kind)


def test_first_questions_name_what_the_library_holds():
    assert first_questions(LIBRARY) == (
        f"How do {DREAMBOOTH} and {DIFFUSION} differ?",
        "Which artifact has the highest UnfragileRank?",
        f"What is {DIFFUSION}?",
        f"What does {DREAMBOOTH} cost?",
    )


def test_nothing_is_suggested_where_there_is_nothing():
    assert first_questions(Library(())) == ()
    assert next_questions(CONTEXT, Library(())) == ()


def test_an_answer_about_two_leads_to_their_difference_and_ranks():
    assert next_questions(CONTEXT, LIBRARY) == (
        f"How do {LLAVA} and {LLAMA} differ?",
        f"Which has the higher UnfragileRank, {LLAVA} or {LLAMA}?",
        f"What is {LLAVA}?",
    )


def test_equal_ranks_are_not_asked_about():
    questions = next_questions(about(DREAMBOOTH, LLAMA), LIBRARY)
    assert not any("higher" in question for question in questions)


def test_the_kind_just_asked_and_questions_asked_before_do_not_come_again():
    difference = f"How do {LLAVA} and {LLAMA} differ?"
    questions = next_questions(about(LLAVA, LLAMA, kind="rank"), LIBRARY, [difference.upper()])
    assert questions == (f"What is {LLAVA}?", f"What is {LLAMA}?", f"What does {LLAVA} cost?")


def test_an_answer_about_one_leads_to_another_of_its_type():
    assert next_questions(about(LLAMA, kind="fact"), LIBRARY)[0] == f"How do {LLAMA} and {LLAVA} differ?"


def test_pages_that_disagree_are_asked_about():
    questions = next_questions(about(KESTREL, MARTEN), invented.library())
    assert f"Where do the pages disagree about {KESTREL}?" in questions


def test_what_pages_call_unique_is_asked_about():
    assert f"What is unique about {OSPREY}?" in next_questions(about(OSPREY), invented.library())


@pytest.mark.parametrize("answer", [UNKNOWN, replace(RANK, artifacts=("gone",))])
def test_an_answer_about_nothing_known_leads_back_to_the_library(answer):
    assert next_questions(answer, LIBRARY) == first_questions(LIBRARY)[:3]


def everything_that_is_suggested(assistant: Assistant) -> dict[str, Answer]:
    """Answers to all questions that can be reached by asking nothing but what is suggested."""
    answers: dict[str, Answer] = {}
    waiting = list(first_questions(assistant.library))
    while waiting:
        question = waiting.pop()
        if question not in answers:
            answers[question] = assistant.answer(question)
            waiting += answers[question].suggestions
    return answers


def test_the_assistant_answers_whatever_it_suggests(tmp_path_factory):
    with open_assistant(invented.shared_index(tmp_path_factory)) as assistant:
        answers = everything_that_is_suggested(assistant)
    assert len(answers) > 12
    assert {question for question, answer in answers.items() if answer.status != "answered"} == set()
    assert all(len(answer.suggestions) == 3 for answer in answers.values())


@pytest.mark.integration
def test_whatever_is_suggested_about_the_committed_pages_is_answered(seed_index):
    with Assistant.open(seed_index, model="none") as assistant:
        answers = everything_that_is_suggested(assistant)
    assert len(answers) >= 8
    assert {question: answer.status for question, answer in answers.items() if answer.status != "answered"} == {}
    assert all(answer.citations for answer in answers.values())


def test_suggestions_come_with_the_last_event_and_heed_the_conversation(tmp_path_factory):
    with open_assistant(invented.shared_index(tmp_path_factory)) as assistant:
        question = f"Which has the longer context, {KESTREL} or {MARTEN}?"
        events = list(assistant.stream(question))
        assert [bool(event.answer.suggestions) for event in events] == [False] * (len(events) - 1) + [True]
        first = events[-1].answer.suggestions[0]
        again = assistant.answer(question, [(first, "text"), (question, "text")])
    assert first == f"How do {KESTREL} and {MARTEN} differ?"
    assert first not in again.suggestions
