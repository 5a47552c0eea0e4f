"""The page's parts without a browser: conversations, the assistant behind them, feedback, and how it is started."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from sidebyside.app import Provider
from sidebyside.app import feedback as fb
from sidebyside.app.answers import turn_html
from sidebyside.app.conversation import BUSY, MAX_TURNS, Conversation, restored
from sidebyside.app.turns import Turn, history, turn_from_dict
from sidebyside.errors import IndexMissingError, SettingsError, SidebysideError
from sidebyside.records import Cell, Grid, Table, Understood
from sidebyside.serving.run import Run, asking
from sidebyside.settings import Settings
from standin import CONTEXT, EIGHT_K, GRID, LIBRARY, RANK, StandIn

# --- what the browser keeps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [CONTEXT, GRID])
def test_turn_survives_the_browser(answer):
    turn = Turn("q", answer, "done", rating="up", note="good", titles={"file": "title"})
    assert turn_from_dict(json.loads(json.dumps(turn.to_dict()))) == turn


def test_a_grid_and_how_the_question_was_read_survive_the_browser():
    cells = ((Cell("stated", "32K tokens [1]", "model", (1,), 0.9), Cell("silent", "")),)
    grid = Grid(("context",), ("Kestrel 7B", "Marten Studio"), cells, (1, 0))
    read = Understood("compare", ("Kestrel 7B", "Marten Studio"), criteria=("context",), shown="Understood as: ...")
    turn = Turn("q", replace(CONTEXT, grid=grid, reading=read), "done")
    assert turn_from_dict(json.loads(json.dumps(turn.to_dict()))) == turn


def test_turn_that_was_running_comes_back_as_stopped():
    assert turn_from_dict(Turn("q", CONTEXT, "writing").to_dict()).state == "stopped"


@pytest.mark.parametrize(
    "stored",
    [
        None,
        7,
        "text",
        {},
        [7, None, "x", [], {"question": 5}],
        [{"question": "q", "answer": {"status": "winner"}}],
        [{"question": "q", "answer": {"status": "answered", "citations": 5}}],
        [{"question": "q", "answer": {"status": "answered", "citations": [{"evidence_class": "fact"}]}}],
        [{"question": "q", "answer": {"status": "answered", "table": "x"}}],
        [
            Turn(
                "q", replace(CONTEXT, grid=Grid(("a", "b"), ("X", "Y"), ((Cell("stated", "x"),),), ())), "done"
            ).to_dict()
        ],
        [Turn("q", replace(CONTEXT, table=Table(("", "X"), (("a",), ()))), "done").to_dict()],
        [{"question": "q", "answer": {"status": "answered", "grid": "x"}}],
        [{"question": "q", "answer": {"status": "answered", "grid": {"criteria": ["a"], "artifacts": ["b"]}}}],
        [{"question": "q", "answer": {"status": "answered", "grid": {"criteria": ["a"], "cells": [7]}}}],
        [
            {
                "question": "q",
                "answer": {"status": "answered", "grid": {"criteria": ["a"], "cells": [["x"]], "artifacts": ["b"]}},
            }
        ],
        [{"question": "q", "answer": {"status": "answered", "reading": 7}}],
        [{"question": "q", "titles": [1], "answer": {"status": "answered", "reading": {"artifacts": 7}}}],
    ],
)
def test_tampered_storage_never_raises(stored):
    for turn in restored(stored):
        turn_html(turn, 1)


def test_only_so_many_turns_come_back():
    assert len(restored([Turn("q", RANK, "done").to_dict()] * (MAX_TURNS + 50))) == MAX_TURNS


def test_history_holds_answered_turns_only():
    turns = [Turn("one", RANK, "done"), Turn("two", None, "failed"), Turn("three", CONTEXT, "stopped")]
    assert history(turns) == [("one", RANK.text), ("three", CONTEXT.text)]


# --- one running answer ----------------------------------------------------------------------------------------------


def lend(assistant):
    @contextmanager
    def lease():
        yield assistant

    return lease()


async def ask_all(conversation, question, session="s"):
    return [turns[-1] async for turns in conversation.ask(question, [], session)]


def provider_of(assistant):
    return Provider(Settings(), opener=lambda _settings, _model: assistant)


def test_conversation_yields_the_answer_as_it_grows():
    frames = asyncio.run(ask_all(Conversation(provider_of(StandIn(delay=0))), " context "))
    assert [turn.state for turn in frames] == ["waiting", "writing", "writing", "writing", "done"]
    assert frames[-1].question == "context"
    assert frames[-1].answer.text == CONTEXT.text
    assert frames[1].answer.text == CONTEXT.text.split("\n\n")[0]


def test_too_many_at_once_are_told_so(monkeypatch):
    monkeypatch.setattr("sidebyside.app.conversation.MAX_RUNNING", 0)
    frames = asyncio.run(ask_all(Conversation(provider_of(StandIn())), "context"))
    assert [(turn.state, turn.error) for turn in frames] == [("failed", BUSY)]


def test_blank_question_is_no_question():
    assert asyncio.run(ask_all(Conversation(provider_of(StandIn())), " \n ")) == []


def test_stopping_ends_the_answer_and_the_stream(tmp_path):
    log = tmp_path / "log"

    async def run():
        conversation = Conversation(provider_of(StandIn(delay=0.02, log=log)))
        frames = []
        started = time.monotonic()
        async for turns in conversation.ask("slow", [], "s"):
            frames.append(turns[-1])
            if len(frames) == 3:
                conversation.stop("another page")
                conversation.stop("s")
        return frames, time.monotonic() - started

    frames, seconds = asyncio.run(run())
    assert frames[-1].state == "stopped"
    assert seconds < 0.5
    deadline = time.monotonic() + 1
    while '"stopped"' not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_second_question_of_a_page_waits_for_the_first():
    async def run():
        conversation = Conversation(provider_of(StandIn(delay=0.01)))
        first = conversation.ask("context", [], "s")
        await anext(first)
        blocked = [turns async for turns in conversation.ask("rank", [], "s")]
        other = [turns async for turns in conversation.ask("rank", [], "other page")]
        rest = [turns async for turns in first]
        return blocked, other[-1][-1].state, rest[-1][-1].state

    assert asyncio.run(run()) == ([], "done", "done")


def test_abandoned_answer_says_nothing_more():
    async def run():
        conversation = Conversation(provider_of(StandIn(delay=0.01)))
        frames = []
        async for turns in conversation.ask("slow", [], "s"):
            frames.append(turns[-1].state)
            if len(frames) == 2:
                conversation.abandon("s")
        return frames

    assert asyncio.run(run()) == ["waiting", "writing"]


def test_error_of_the_assistant_is_told_and_others_are_not():
    class Broken(StandIn):
        def stream(self, question, history=()):
            raise KeyError("secret detail")

    known = asyncio.run(ask_all(Conversation(provider_of(StandIn())), "fail"))[-1]
    assert (known.state, known.error.startswith("the pages are gone")) == ("failed", True)
    unknown = asyncio.run(ask_all(Conversation(provider_of(Broken())), "q"))[-1]
    assert unknown.state == "failed"
    assert "secret" not in unknown.error


def test_cancel_of_the_stream_is_used_where_there_is_one():
    cancelled = threading.Event()

    class Stream:
        def __iter__(self) -> Iterator[object]:
            cancelled.wait(5)
            return iter(())

        def cancel(self):
            cancelled.set()

    class Blocking(StandIn):
        def stream(self, question, history=()):
            return Stream()

    async def run():
        job = Run(lend(Blocking()), asking("q"))
        waiting = asyncio.ensure_future(anext(job.events(), None))
        await asyncio.sleep(0.05)
        job.stop()
        return await asyncio.wait_for(waiting, 1)

    assert asyncio.run(run()) is None
    assert cancelled.is_set()


# --- the assistant behind the page -----------------------------------------------------------------------------------


def test_switching_keeps_the_old_model_until_its_answer_is_done():
    opened = []

    def opener(_settings, model):
        opened.append(StandIn(model))
        return opened[-1]

    provider = Provider(Settings(), opener=opener)
    with provider.lease() as first:
        provider.switch("other")
        assert not first.closed
        with provider.lease() as second:
            assert second.model == "other"
    assert first.closed
    assert not second.closed
    provider.close()
    assert second.closed


def test_failed_switch_keeps_what_is_there():
    def opener(_settings, model):
        if model == "bad":
            raise SidebysideError("no such model")
        return StandIn(model)

    provider = Provider(Settings(), opener=opener)
    with provider.lease() as before:
        pass
    with pytest.raises(SidebysideError):
        provider.switch("bad")
    with provider.lease() as after:
        assert after is before
    assert not before.closed


def test_index_that_appears_later_is_found():
    missing = [True]

    def opener(_settings, _model):
        if missing.pop() if missing else False:
            raise IndexMissingError("nothing yet")
        return StandIn()

    provider = Provider(Settings(), opener=opener)
    with pytest.raises(IndexMissingError):
        provider.library()
    assert provider.library() is LIBRARY


# --- feedback --------------------------------------------------------------------------------------------------------


def test_last_word_on_an_answer_counts(tmp_path):
    turn = Turn("q", CONTEXT, "done", rating="up")
    other = Turn("r", RANK, "done", rating="down", note="wrong")
    for rated in (turn, other, replace(turn, rating="down")):
        fb.record(tmp_path, rated)
    with fb.feedback_file(tmp_path).open("a") as file:
        file.write('{"half a li\n[]\n{"no": "id"}\n')
    assert fb.counts(tmp_path) == fb.Counts(up=0, down=2, notes=1)
    assert [record["question"] for record in fb.latest(tmp_path)] == ["r", "q"]
    assert fb.latest(tmp_path)[1]["citations"][1]["quote"] == EIGHT_K


def test_feedback_of_many_at_once_keeps_its_lines_whole(tmp_path):
    turns = [Turn(f"q{number}", RANK, "done", rating="up") for number in range(40)]
    threads = [threading.Thread(target=fb.record, args=(tmp_path, turn)) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fb.counts(tmp_path).up == 40


# --- models ----------------------------------------------------------------------------------------------------------


class Reply:
    """A finished generation with this usage."""

    def __init__(self, usage) -> None:
        self.usage = usage

    def read(self):
        return "text"


def test_speed_is_measured_and_remembered(tmp_path, monkeypatch):
    from sidebyside.app.speeds import measure
    from sidebyside.llm.generator import Usage
    from sidebyside.models.speeds import known_speeds

    usage = Usage(prompt_tokens=500, cached_tokens=100, completion_tokens=40, prefill_seconds=5.0, decode_seconds=2.0)
    closed = []

    class Model:
        def stream(self, messages, *, max_tokens):
            return Reply(usage)

        def close(self):
            closed.append(True)

    monkeypatch.setattr("sidebyside.models.catalogue.resolve_model", lambda settings: settings.model)
    monkeypatch.setattr("sidebyside.llm.generator.load_generator", lambda settings, spec: Model())
    settings = Settings(index=tmp_path)
    measure("one", settings)
    measure("two", settings)
    speeds = known_speeds(tmp_path)
    assert (speeds["one"].reads, speeds["one"].writes) == (80.0, 20.0)
    assert set(speeds) == {"one", "two"}
    assert closed == [True, True]


def test_damaged_speeds_are_no_speeds(tmp_path):
    from sidebyside.models.speeds import known_speeds

    for text in ("", "[]", '{"one": 5}', '{"one": {"reads": 1}}', "\0"):
        (tmp_path / "speeds.json").write_text(text)
        assert known_speeds(tmp_path) == {}


# --- how it is started ----------------------------------------------------------------------------------------------


def test_closed_provider_lends_nothing_and_closes_what_was_still_opening():
    opening, go = threading.Event(), threading.Event()
    assistant = StandIn()

    def opener(_settings, _model):
        opening.set()
        assert go.wait(5)
        return assistant

    provider = Provider(Settings(), opener=opener)
    provider.warm()
    assert opening.wait(5)
    provider.close()
    go.set()
    deadline = time.monotonic() + 5
    while not assistant.closed:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(SidebysideError, match="start it again with: sidebyside chat"), provider.lease():
        pass


CLOSING = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from standin import StandIn
from sidebyside.app import Provider, launch
from sidebyside.settings import Settings
import socket
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
assistant = StandIn()
settings = Settings.load(index=Path(sys.argv[1]), port=port)
page = launch(settings, prevent_block=True, provider=Provider(settings, opener=lambda *_: assistant))
page.close(verbose=False)
page.close(verbose=False)
print("closed", assistant.closed, page.is_running)
"""


def test_closing_a_page_closes_the_assistant_behind_it(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", CLOSING, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.stdout.splitlines()[-1:] == ["closed True False"], ended.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::", ""])
def test_page_listens_on_this_machine_only(host):
    from sidebyside.app import launch

    with pytest.raises(SettingsError, match="this machine only"):
        launch(Settings(host=host))


def test_importing_the_app_loads_nothing_heavy():
    code = (
        "import sys, sidebyside.app; print([name for name in ('gradio', 'torch', 'chromadb') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
