"""Awaited answers: those of the assistant, from threads; a cancelled task stops the model."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

import invented
from invented import ContentEncoder, open_assistant
from sidebyside import AsyncAssistant
from sidebyside.errors import IndexMissingError, SidebysideError
from sidebyside.llm.generator import ScriptedGenerator
from sidebyside.records import Answer

PAIR = "Compare Kestrel 7B and Osprey Index"


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    return invented.shared_index(tmp_path_factory)


def untimed(answer: Answer) -> Answer:
    return replace(answer, stats={key: value for key, value in answer.stats.items() if not key.endswith("_ms")})


def run(index: Path, work, **options):
    """Run `work(async assistant, assistant)` on a loop."""
    with open_assistant(index, **options) as assistant:
        return asyncio.run(asyncio.wait_for(work(AsyncAssistant.around(assistant), assistant), 60))


def finished(name: str = "sidebyside-answer", limit: float = 30.0) -> bool:
    """Whether all threads of this name end in time."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(limit)
    return all(thread.name != name for thread in threading.enumerate())


def test_awaited_answers_are_the_assistants(index):
    async def work(asynchronous, assistant):
        assert untimed(await asynchronous.answer(PAIR)) == untimed(assistant.answer(PAIR))
        history = [("How much is the Team plan of Marten Studio?", "$12/mo")]
        assert untimed(await asynchronous.answer("And of Kestrel 7B?", history)) == untimed(
            assistant.answer("And of Kestrel 7B?", history)
        )
        names = ["Kestrel 7B", "Osprey Index"]
        assert await asynchronous.compare(names) == assistant.compare(names)
        assert await asynchronous.search("transcribe speech") == assistant.search("transcribe speech")
        assert await asynchronous.match("speech, free") == assistant.match("speech, free")
        assert await asynchronous.library() == assistant.library

    run(index, work)


def test_records_and_replays_are_the_assistants(index):
    async def work(asynchronous, assistant):
        answer = assistant.answer(PAIR, write=False)
        words = {"artifacts": ["Kestrel 7B"], "taken": "Kestrel 7B", "why": "small", "own": [("Kestrel 7B", "a", "b")]}
        record = await asynchronous.record(answer, history=[("Hello", "Hi")], title="T", **words)
        same = assistant.record(answer, history=[("Hello", "Hi")], title="T", **words)
        assert replace(record, created="") == replace(same, created="")
        assert await asynchronous.replay(record) == assistant.replay(record)

    run(index, work)


def test_comparisons_on_criteria_are_the_assistants(index):
    names, criteria = ["Kestrel 7B", "Marten Studio"], ["transcribes speech", "price"]

    async def work(assistant):
        async with AsyncAssistant.around(assistant) as asynchronous:
            return [event async for event in asynchronous.compare_on(names, criteria, write=False)]

    with invented.open_assistant(index) as assistant:
        events = asyncio.run(work(assistant))
        *_, expected = assistant.compare_on(names, criteria, write=False)
    assert [event.type for event in events] == ["facts", "answer"]
    assert events[-1].answer.grid == expected.answer.grid
    assert events[-1].answer.grid.criteria == tuple(criteria)


def test_events_come_in_order_and_without_the_model_on_request(index):
    async def work(asynchronous, _):
        with_model = [event.type async for event in asynchronous.stream(PAIR)]
        without = [event.type async for event in asynchronous.stream(PAIR, write=False)]
        return with_model, without

    generator = ScriptedGenerator(lambda _: "up to 32K tokens of context in one call")
    with_model, without = run(index, work, generator=generator)
    assert with_model[0] == "facts"
    assert with_model[-1] == "answer"
    assert "sentence" in with_model
    assert without == ["facts", "answer"]


def test_the_loop_goes_on_while_the_model_writes(index):
    """While one answer waits for the model, another is asked and complete, and the loop ticks."""

    async def work(asynchronous, _):
        slow = asyncio.create_task(asynchronous.answer(PAIR))
        quick = await asynchronous.answer("Is Kestrel 7B free?", write=False)
        ticks = 0
        while not slow.done() and ticks < 20:
            await asyncio.sleep(0.01)
            ticks += 1
        pending = not slow.done()
        slow.cancel()
        return quick.status, ticks, pending

    generator = ScriptedGenerator(lambda _: "word " * 90, delay=0.1)
    assert run(index, work, generator=generator) == ("answered", 20, True)
    assert finished()


@pytest.mark.parametrize("way", ["cancel the task", "leave the loop", "close the stream"])
def test_whoever_stops_waiting_stops_the_model(index, way):
    written: list[float] = []

    def slow(_messages):
        written.append(time.monotonic())
        return "word " * 5000

    async def work(asynchronous, _):
        if way == "cancel the task":
            task = asyncio.create_task(asynchronous.answer(PAIR))
            while not written:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        elif way == "leave the loop":
            async for event in asynchronous.stream(PAIR):
                assert event.type == "facts"
                break
        else:
            async with aclosing(asynchronous.stream(PAIR)) as stream:
                assert (await anext(stream)).type == "facts"
        return await asyncio.to_thread(finished)

    # Two sides of 96 tokens at half a second each would take 96 s: only a stop can end the thread in 30.
    assert run(index, work, generator=ScriptedGenerator(slow, delay=0.5))
    assert len(written) <= 1


def test_errors_reach_the_one_who_waits(index, monkeypatch):
    async def work(asynchronous, assistant):
        monkeypatch.setattr(assistant, "stream", lambda *_, **__: (_ for _ in ()).throw(SidebysideError("no")))
        with pytest.raises(SidebysideError, match="no"):
            await asynchronous.answer(PAIR)
        with pytest.raises(SidebysideError, match="not in the library"):
            await asynchronous.compare(["Kestrel 7B", "Nobody"])

    run(index, work)


def test_it_opens_at_the_first_use_and_ends_what_it_opened(tmp_path, index, monkeypatch):
    monkeypatch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: ContentEncoder())

    async def missing():
        async with AsyncAssistant(index=tmp_path / "none"):
            raise AssertionError("opened")

    with pytest.raises(IndexMissingError):
        asyncio.run(missing())

    async def lifetime():
        generator = ScriptedGenerator(lambda _: "")
        own = AsyncAssistant(index, generator=generator)
        async with own:
            labels = {artifact.label for artifact in (await own.library()).artifacts}
        with pytest.raises(SidebysideError, match="closed"):
            await own.library()
        return generator.closed, labels

    closed, labels = asyncio.run(lifetime())
    assert closed
    assert "Kestrel 7B" in labels


def test_an_assistant_of_somebody_else_stays_open(index):
    async def work(asynchronous, assistant):
        await asynchronous.close()
        with pytest.raises(SidebysideError, match="closed"):
            await asynchronous.answer(PAIR)
        assert assistant.answer("Is Kestrel 7B free?").status == "answered"

    run(index, work)
