"""What the LLM may do before it writes: read a question again, and say how a page might word what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import invented
from invented import assert_cited
from sidebyside import Assistant
from sidebyside.building.build import build_index
from sidebyside.llm.generator import ScriptedGenerator
from sidebyside.records import Event, Message

pytestmark = pytest.mark.integration

SILENT = "Does Osprey Index yodel?"
UNSURE = "kestrel 7b wibble dough-wise, eh"


@pytest.fixture(scope="module")
def index(tmp_path_factory, encoder) -> Path:
    assert encoder is not None  # the real one has to be installed
    folder = tmp_path_factory.mktemp("second")
    for name, text in invented.PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    build_index([folder], index=folder / "index")
    return folder / "index"


class Script(ScriptedGenerator):
    """Answers the two questions that may come before the cells, and leaves the cells alone."""

    def __init__(self, phrases: str = "", english: str = "") -> None:
        super().__init__(lambda messages: self._reply(messages))
        self._phrases, self._english = phrases, english

    def _reply(self, messages: tuple[Message, ...]) -> str:
        asked = messages[-1].text
        return self._phrases if asked.startswith("Asked:") else self._english if asked.startswith("Text:") else ""


def events(index: Path, script: Script, question: str) -> list[Event]:
    with Assistant.open(index, generator=script) as assistant:
        return list(assistant.stream(question))


def test_a_silent_page_is_looked_at_again_by_the_wording_of_pages(index):
    script = Script(phrases="- runs fully offline\n- no code leaves the laptop")
    facts, again, answer = events(index, script, SILENT)
    assert (facts.type, facts.answer.status) == ("facts", "not_found")
    assert (again.type, again.text.split("\n")[0]) == ("sentence", "On a second look:")
    assert answer.answer.status == "answered"
    assert answer.answer.citations[0].quote == "Runs fully offline, so no code leaves the laptop."
    assert answer.answer.grid.cells[0][0].probability < 0.9, "a guessed wording is less sure than the question's"
    assert_cited(answer.answer)


@pytest.mark.parametrize("phrases", ["", "- waters plants in pots\n- grows tomatoes on a balcony"])
def test_wordings_that_no_page_has_change_nothing(index, phrases):
    facts, answer = events(index, Script(phrases=phrases), SILENT)
    assert answer.answer.status == "not_found"
    assert answer.answer.text == facts.answer.text


def test_what_is_stated_is_not_looked_for_again(index):
    script = Script(phrases="- runs fully offline")
    events(index, script, "Does Kestrel 7B transcribe recorded speech?")
    assert not [call for call in script.calls if call[-1].text.startswith("Asked:")]


def test_an_unsure_reading_is_shown_while_the_model_reads(index):
    facts, again, *_, answer = events(index, Script(english="How much does Kestrel 7B cost?"), UNSURE)
    assert facts.answer.reading.by == "trained"
    assert again.text.startswith("Read again:")
    assert answer.answer.reading.by == "model"
    assert answer.answer.citations[0].quote == "Pricing: Free"
    assert_cited(answer.answer)


def test_a_second_reading_that_the_pages_answer_less_is_left(index):
    facts, *_, answer = events(index, Script(english="Does Kestrel 7B yodel?"), UNSURE)
    assert answer.answer.reading.by == "trained"
    assert answer.answer.status == facts.answer.status


def test_what_the_pages_answered_is_not_read_again(index):
    script = Script(english="Does Kestrel 7B yodel?")
    facts, *_ = events(index, script, "kestrel 7b lolwut dosh wotsit innit")
    assert facts.answer.status == "answered"
    assert facts.answer.reading.shown.startswith("Understood as (a guess)")
    assert not [call for call in script.calls if call[-1].text.startswith("Text:")]


def test_notes_stay_through_a_second_reading(index):
    script = Script(english="How much does Kestrel 7B cost?")
    with Assistant.open(index, generator=script) as assistant:
        before = assistant.answer(UNSURE, write=False).notes
        assert set(before) <= set(assistant.answer(UNSURE).notes)


@pytest.mark.parametrize("question", [SILENT, UNSURE])
def test_stop_ends_the_second_reading(index, question):
    script = Script(phrases="- runs fully offline", english="How much does Kestrel 7B cost?")
    with Assistant.open(index, generator=script) as assistant:
        stream: Iterator[Event] = assistant.stream(question)
        facts = next(stream)
        stream.cancel()
        rest = list(stream)
    assert [event.type for event in rest] == ["answer"]
    assert rest[0].answer.text == facts.answer.text
    assert script.calls == []
