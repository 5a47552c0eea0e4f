"""Questions to begin with and to go on with: different kinds, nothing twice, and all of them can be answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

import invented
from invented import open_assistant
from sidebyside.answers.suggestions import first_questions, next_questions
from sidebyside.assistant import Assistant
from sidebyside.records import Answer, Artifact, Capability, Excerpt, Library, Source, Understood
from standin import CONTEXT, LIBRARY, LLAMA, LLAVA, RANK, UNKNOWN

KESTREL, MARTEN, OSPREY = "Kestrel 7B", "Marten Studio", "Osprey Index"


def library_of(described: dict[str, list[str]]) -> Library:
    """Artifacts of one page by name, with what their capabilities say."""

    def capabilities(name: str, texts: list[str]) -> tuple[Capability, ...]:
        return tuple(Capability(f"{name}/{text}", Excerpt(text, Source("page.txt", 0, len(text)))) for text in texts)

    return Library(
        tuple(
            Artifact(name, name, "Model", name, (), (), capabilities(name, texts), None, ("page.txt",))
            for name, texts in described.items()
        )
    )


def about(*labels: str, kind: str = "compare", question: str = "Which is lighter?") -> Answer:
    return Answer(question, "Text.", "answered", artifacts=labels, kind=kind)


def test_first_questions_are_jobs_about_what_the_library_holds():
    assert first_questions(invented.library()) == (
        f"Compare {KESTREL} and Lantern (Model) on price",
        "I want to index source code. Which should I take?",
        f"How do {KESTREL} and Lantern (Model) differ?",
        f"What are the drawbacks of {OSPREY}?",
    )


def test_nothing_is_suggested_where_there_is_nothing():
    assert first_questions(Library(())) == ()
    assert next_questions(CONTEXT, Library(())) == ()


def test_an_answer_about_two_leads_to_criteria_that_it_does_not_have():
    assert next_questions(CONTEXT, LIBRARY) == (
        f"How do {LLAVA} and {LLAMA} compare on price?",
        f"What are the drawbacks of {LLAVA} and {LLAMA}?",
        f"How do {LLAVA} and {LLAMA} differ?",
    )


def test_what_both_pages_speak_of_comes_first_and_nothing_of_a_score_or_a_name():
    library = library_of(
        {
            "Stable-Diffusion": ["Trains a Stable Diffusion model. It keeps the training loop short."],
            "Dreambooth": ["Selects image captions by hand.", "Orchestrates the training loop for several cards."],
        }
    )
    questions = next_questions(about("Stable-Diffusion", "Dreambooth"), library)
    assert questions[0] == "How do Stable-Diffusion and Dreambooth compare on training loop?"
    assert not any("Rank" in question or "Diffusion model" in question for question in questions)


def test_what_the_grid_has_and_what_was_asked_do_not_come_again():
    answer = about(LLAVA, LLAMA, question="What do they cost?")
    answer = replace(answer, reading=Understood("value", (LLAVA, LLAMA), criteria=("Pricing",)))
    drawbacks = f"What are the drawbacks of {LLAVA} and {LLAMA}?"
    assert not any("price" in question for question in next_questions(answer, LIBRARY))
    assert drawbacks in next_questions(answer, LIBRARY)
    assert drawbacks not in next_questions(answer, LIBRARY, [drawbacks.upper()])
    opinions = replace(answer, reading=replace(answer.reading, intent="cons"))
    assert drawbacks not in next_questions(opinions, LIBRARY)


def test_an_answer_about_one_leads_to_another_of_its_type():
    assert next_questions(about(LLAMA, kind="fact"), LIBRARY)[0] == f"How do {LLAMA} and {LLAVA} compare on price?"


def test_pages_that_disagree_are_asked_about():
    questions = next_questions(about(KESTREL, MARTEN), invented.library())
    assert f"Where do the pages disagree about {KESTREL}?" in questions


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
    assert first == f"Where do the pages disagree about {KESTREL}?"
    assert first not in again.suggestions
