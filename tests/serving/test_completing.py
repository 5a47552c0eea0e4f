"""The language model on its way while the page is up: what is got, how far it is, and what it says where it fails."""

from __future__ import annotations

import threading
import time

import pytest

from sidebyside.app.completion_view import completion_html
from sidebyside.errors import ModelError
from sidebyside.serving import completing
from sidebyside.serving.completing import Completion, Step, missing_parts
from sidebyside.settings import Settings

ENGINE, MODEL = Step("engine", "LLM engine"), Step("model", "tiny: 1.0 GB", total=100)


def wait_for(completion: Completion, state: str) -> None:
    deadline = time.monotonic() + 10
    while completion.state != state:
        assert time.monotonic() < deadline, (completion.state, completion.steps)
        time.sleep(0.01)


def test_the_model_joins_once_when_both_parts_are_there():
    joined, release = [], threading.Event()

    def slow(tell, _cancelled):
        tell("x", 50, 100)
        release.wait(10)

    completion = Completion("tiny", {ENGINE: lambda _tell, _cancelled: None, MODEL: slow}, joined.append)
    completion.start()
    deadline = time.monotonic() + 10
    while completion.steps[1].done != 50 or completion.steps[0].state != "done":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (completion.state, joined) == ("running", [])
    assert "You can ask already" in completion_html(completion)
    assert 'value="50" max="100"' in completion_html(completion)
    release.set()
    wait_for(completion, "done")
    assert joined == ["tiny"]
    assert "has joined: tiny" in completion_html(completion)


def test_a_failure_is_told_with_what_to_do_and_nothing_joins():
    def fail(_tell, _cancelled):
        raise ModelError("no compiler: <apt install build-essential>")

    joined: list[str] = []
    completion = Completion("tiny", {ENGINE: fail, MODEL: lambda _tell, _cancelled: None}, joined.append)
    completion.start()
    wait_for(completion, "failed")
    assert joined == []
    assert completion.trouble == "no compiler: <apt install build-essential>"
    assert "tables and quotes alone: no compiler: &lt;apt" in completion_html(completion)


def test_a_bug_is_told_without_its_text():
    def crash(_tell, _cancelled):
        raise RuntimeError("secret")

    completion = Completion("tiny", {ENGINE: crash}, lambda _model: None)
    completion.start()
    wait_for(completion, "failed")
    assert completion.trouble == "RuntimeError while getting the engine; `sidebyside doctor` may say more"


def test_a_model_that_cannot_be_opened_is_told():
    def refuse(_model):
        raise ModelError("damaged")

    completion = Completion("tiny", {ENGINE: lambda _tell, _cancelled: None}, refuse)
    completion.start()
    wait_for(completion, "failed")
    assert completion.trouble == "damaged"


def test_closing_ends_what_runs():
    ended = threading.Event()

    def wait(_tell, cancelled):
        cancelled.wait(10)
        ended.set()

    completion = Completion("tiny", {ENGINE: wait}, pytest.fail)
    completion.start()
    completion.close()
    assert ended.wait(10)


def test_each_stage_is_named_and_counted_from_its_own_beginning():
    now, told, release = [0.0], threading.Event(), threading.Event()

    def work(tell, _cancelled):
        tell("fetching tiny", 60, 100)
        now[0] = 60.0
        tell("checking tiny", 0, 100)
        now[0] = 70.0
        tell("checking tiny", 10, 100)
        told.set()
        release.wait(10)

    completion = Completion("tiny", {MODEL: work}, lambda _model: None, clock=lambda: now[0])
    completion.start()
    assert told.wait(10)
    [step] = completion.steps
    assert (step.stage, step.done, step.began, step.left(70.0)) == ("checking", 10, 60.0, 90.0)
    assert "tiny: 1.0 GB: checking 10%, about 2 min left" in completion_html(completion)
    release.set()


@pytest.mark.parametrize(
    ("step", "now", "left"),
    [
        (Step("model", "", done=50, total=100, began=10.0), 40.0, 30.0),
        (Step("model", "", done=1, total=100, began=10.0), 40.0, None),
        (Step("model", ""), 40.0, None),
        (Step("model", "", "done", 100, 100), 40.0, None),
    ],
)
def test_the_time_left_is_told_from_the_pace(step, now, left):
    assert step.left(now) == left


def test_what_is_missing_depends_on_what_is_here(monkeypatch, tmp_path):
    from sidebyside.models import engine

    settings = Settings(models=tmp_path)
    monkeypatch.delenv("LLAMA_WHEEL", raising=False)
    monkeypatch.setattr(engine, "engine_installed", lambda: False)
    parts = list(missing_parts(settings, "qwen2.5-coder-0.5b"))
    assert [part.name for part in parts] == ["engine", "model"]
    assert parts[0].title.startswith("LLM engine, compiled for this processor (about ")
    assert parts[1].title == "qwen2.5-coder-0.5b (0.5 GB to fetch)"
    monkeypatch.setenv("LLAMA_WHEEL", "yes")
    assert next(iter(missing_parts(settings, "qwen2.5-coder-0.5b"))).title == "LLM engine, a ready wheel"
    assert [part.name for part in missing_parts(settings, "/my/own.gguf")] == ["engine"]
    assert missing_parts(settings, "none") == {}
    assert missing_parts(Settings(models=tmp_path, llm_url="http://127.0.0.1:1/v1"), "x") == {}
    monkeypatch.setattr(engine, "engine_installed", lambda: True)
    [(part, work)] = missing_parts(settings, "qwen2.5-coder-0.5b").items()
    seen = []
    monkeypatch.setattr("sidebyside.models.catalogue.pull", lambda name, *_args, **_options: seen.append(name))
    [(part, work)] = missing_parts(settings, "qwen2.5-coder-0.5b").items()
    work(lambda *_: None, threading.Event())
    assert (part.name, seen) == ("model", ["qwen2.5-coder-0.5b"])
    assert completing.log.name == "sidebyside.serving.completing"
