"""Idle time: the questions an answer offers are prepared in it, and whoever asks ends it at once."""

from __future__ import annotations

import threading
import time

import pytest

import invented
from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index
from sidebyside.llm.generator import ScriptedGenerator
from sidebyside.llm.prepare import IdleWork
from sidebyside.settings import Settings

WAIT = 20  # seconds that only a hang would take
PAIR = "Which handles a longer context: Kestrel 7B or Marten Studio?"


def until(condition) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_steps_are_done_in_order_when_nobody_asks():
    done: list[int] = []
    idle = IdleWork(pause=0)
    idle.put(lambda number=number: done.append(number) for number in range(5))
    until(lambda: len(done) == 5)
    idle.close()
    assert done == [0, 1, 2, 3, 4]


def test_a_question_interrupts_the_step_that_runs_and_drops_the_others():
    begun, interrupted, done = threading.Event(), threading.Event(), []

    def long_step() -> None:
        begun.set()
        assert interrupted.wait(WAIT)

    idle = IdleWork(interrupted.set, pause=0)
    idle.put([long_step, lambda: done.append("second")])
    assert begun.wait(WAIT)
    with idle.busy():
        assert interrupted.is_set()
        idle.put([lambda: done.append("later")])
        time.sleep(0.05)
        assert done == []
    until(lambda: done)
    idle.close()
    assert done == ["later"]


def test_a_step_that_a_question_met_halfway_hands_nothing_on():
    begun, asked, handed = threading.Event(), threading.Event(), []

    def step() -> None:
        idle.hand_on(lambda: handed.append("before"))
        begun.set()
        assert asked.wait(WAIT)
        idle.hand_on(lambda: handed.append("after"))

    idle = IdleWork(pause=0)
    idle.put([step])
    assert begun.wait(WAIT)
    with idle.busy():
        pass
    asked.set()
    idle.put([lambda: idle.hand_on(lambda: handed.append("next"))])
    until(lambda: "next" in handed)
    idle.close()
    assert handed == ["before", "next"]


def test_idle_work_waits_for_every_question():
    done: list[str] = []
    idle = IdleWork(pause=0)
    with idle.busy():
        with idle.busy():
            idle.put([lambda: done.append("step")])
        time.sleep(0.05)
        assert done == []
    until(lambda: done)
    idle.close()


def test_a_step_that_fails_is_dropped_and_the_next_one_is_done():
    done: list[str] = []

    def broken() -> None:
        raise RuntimeError("no matter")

    idle = IdleWork(pause=0)
    idle.put([broken, lambda: done.append("next")])
    until(lambda: done)
    idle.close()


def test_nothing_is_done_after_closing():
    done: list[str] = []
    idle = IdleWork(pause=60)
    idle.put([lambda: done.append("step")])
    idle.close()
    idle.put([lambda: done.append("step")])
    idle.close()
    assert done == []


def test_an_assistant_that_never_answered_has_no_thread():
    before = threading.active_count()
    IdleWork().close()
    assert threading.active_count() == before


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("idle")
    for name, text in invented.PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    build_index([folder], index=folder / "index", encoder=invented.ContentEncoder())
    return folder / "index"


def open_assistant(index, monkeypatch, **settings) -> tuple[Assistant, ScriptedGenerator]:
    monkeypatch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _settings: invented.ContentEncoder())
    generator = ScriptedGenerator(lambda _messages: "Not stated.")
    return Assistant.open(index, settings=Settings(**settings), generator=generator), generator


def test_what_is_prepared_is_what_the_offered_questions_ask(index, monkeypatch):
    assistant, generator = open_assistant(index, monkeypatch)
    with assistant:
        answer = assistant.answer(PAIR)
        assert answer.suggestions
        until(lambda: not assistant._idle._steps and generator.prepared)
        time.sleep(0.1)  # the last step
        prepared = set(generator.prepared)
        for question in answer.suggestions:
            generator.calls.clear()
            assistant.answer(question, history=[(PAIR, answer.text)])
            assert set(generator.calls) <= prepared


def test_answers_are_the_same_with_and_without_preparing(index, monkeypatch):
    texts = []
    for ahead in (True, False):
        assistant, generator = open_assistant(index, monkeypatch, prepare_ahead=ahead)
        with assistant:
            answer = assistant.answer(PAIR)
            if ahead:
                until(lambda generator=generator: generator.prepared)
            follow_ups = [assistant.answer(question).text for question in answer.suggestions]
        texts.append([answer.text, *follow_ups])
        assert bool(generator.prepared) == ahead
    assert texts[0] == texts[1]


def test_answers_without_the_model_prepare_nothing(index, monkeypatch):
    assistant, generator = open_assistant(index, monkeypatch)
    with assistant:
        assistant.answer(PAIR, write=False)
        time.sleep(0.4)
    assert generator.prepared == []


def test_a_stopped_answer_prepares_nothing(index, monkeypatch):
    assistant, generator = open_assistant(index, monkeypatch)
    with assistant:
        stream = assistant.stream(PAIR)
        next(stream)
        stream.cancel()
        assert list(stream)[-1].type == "answer"
        time.sleep(0.4)
    assert generator.prepared == []
