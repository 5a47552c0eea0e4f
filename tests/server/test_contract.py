"""The same question has the same answer through every interface: Python, HTTP, its events, and OpenAI's client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from click.testing import CliRunner

import invented
from invented import ContentEncoder, open_assistant
from serving_routes import api_for, guarded, serving
from sidebyside.cli import cli
from sidebyside.llm.generator import ScriptedGenerator

QUESTIONS = [
    "Which artifact has the highest UnfragileRank?",
    "Compare Kestrel 7B and Osprey Index",
    "What is the context window of Kestrel 7B?",
    "Does Osprey Index search source code by symbol?",
    "Is Midjourney better than GPT-4?",
    "How many artifacts are in the library?",
    "hello",
]
FOLLOW_UP = "And what about pricing?"


def write_about(messages: Any) -> str:
    """A cell that the evidence supports, where there is one."""
    text = " ".join(message.text for message in messages)
    return "answers 32K tokens of context" if "32K" in text else "searches source code by symbol"


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    return invented.shared_index(tmp_path_factory)


@pytest.fixture(scope="module")
def assistant(index):
    with open_assistant(index, generator=ScriptedGenerator(write_about)) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def address(assistant):
    with serving(guarded(api_for(assistant))) as address:
        yield address


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as JSON without its timings."""
    plain = json.loads(json.dumps(answer))
    return plain | {"stats": {key: value for key, value in plain["stats"].items() if not key.endswith("_ms")}}


def over_http(address: str, question: str, history: Any) -> dict[str, Any]:
    return httpx.post(f"{address}/api/answer", json={"question": question, "history": history}).json()


def by_events(address: str, question: str, history: Any) -> dict[str, Any]:
    response = httpx.post(
        f"{address}/api/answer",
        json={"question": question, "history": history},
        headers={"accept": "text/event-stream"},
    )
    name, data = response.text.strip().split("\n\n")[-1].split("\n")
    assert name == "event: answer"
    return json.loads(data.removeprefix("data: "))["answer"]


def by_openai(address: str, question: str, history: Any, *, stream: bool) -> dict[str, Any]:
    """The answer put together again from what the client got."""
    messages = [
        {"role": role, "content": text}
        for pair in history
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    messages.append({"role": "user", "content": question})
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        got: Any = client.chat.completions.create(model="sidebyside", messages=messages, stream=stream)
        if stream:
            chunks = list(got)
            content = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
            extra = chunks[-1].model_extra
        else:
            content, extra = got.choices[0].message.content, got.model_extra
    text = content.partition("\n\n---\n\n")[0]
    return {**extra["sidebyside"], "citations": extra["citations"], "question": question, "text": text}


INTERFACES = {
    "http": over_http,
    "events": by_events,
    "openai": lambda *asked: by_openai(*asked, stream=False),
    "openai streamed": lambda *asked: by_openai(*asked, stream=True),
}


@pytest.mark.parametrize("ask", INTERFACES.values(), ids=INTERFACES.keys())
@pytest.mark.parametrize("question", QUESTIONS)
def test_same_question_same_answer(assistant, address, ask, question):
    expected = assistant.answer(question)
    got = ask(address, question, [])
    assert untimed(got) == untimed(expected.to_dict())
    invented.assert_cited(expected)


@pytest.mark.parametrize("ask", INTERFACES.values(), ids=INTERFACES.keys())
def test_same_follow_up_same_answer(assistant, address, ask):
    before = "Compare Kestrel 7B and Osprey Index"
    history = [(before, assistant.answer(before).text)]
    expected = assistant.answer(FOLLOW_UP, history)
    assert set(expected.artifacts) == {"Kestrel 7B", "Osprey Index"}
    assert untimed(ask(address, FOLLOW_UP, history)) == untimed(expected.to_dict())


def test_prose_took_part(assistant):
    assert assistant.answer(QUESTIONS[1]).stats["model_sentences"] >= 1


def test_shell_gives_the_same_without_the_llm(index, address, monkeypatch):
    monkeypatch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: ContentEncoder())
    for question in QUESTIONS:
        told = CliRunner().invoke(cli, ["ask", "--no-llm", "--json", "--index", str(index), question])
        assert told.exit_code == 0, told.stderr
        got = httpx.post(f"{address}/api/answer", json={"question": question, "no_llm": True}).json()
        assert untimed(got) == untimed(json.loads(told.stdout))


def test_comparison_names_the_same_sides(assistant, address):
    names = ["Kestrel 7B", "Osprey Index"]
    expected = assistant.compare(names)
    body = httpx.post(f"{address}/api/compare", json={"names": names, "aspect": "context window"}).json()
    assert [side["id"] for side in body["artifacts"]] == [artifact.id for artifact in expected.artifacts]
    assert body["notes"] == list(expected.notes)
    assert body["table"]["rows"] == [list(row) for row in expected.table.rows]
    asked = "Compare Kestrel 7B and Osprey Index on context window"
    assert untimed(body["answer"]) == untimed(assistant.answer(asked).to_dict())


def test_what_links_sides_that_share_no_page_is_the_same(assistant, index, address, monkeypatch):
    monkeypatch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: ContentEncoder())
    names = ["Marten Studio", "Lantern (Model)"]
    body = httpx.post(f"{address}/api/compare", json={"names": names}).json()
    told = CliRunner().invoke(cli, ["compare", "--no-llm", "--json", "--index", str(index), *names])
    for data in (body, json.loads(told.stdout)):
        [link] = data["indirect"]
        assert (link["through"], link["pages"]) == ("Kestrel 7B", ["kestrel-vs-marten.txt", "kestrel-vs-lantern.txt"])
        assert link["note"] in data["notes"]


def test_a_match_is_the_assistants_and_the_shells(assistant, index, address, monkeypatch):
    monkeypatch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: ContentEncoder())
    need = "answers long prompts, rank above 40, free"
    expected = json.loads(json.dumps(assistant.match(need).to_dict()))
    assert httpx.post(f"{address}/api/match", json={"need": need}).json() == expected
    told = CliRunner().invoke(cli, ["match", "--no-llm", "--json", "--index", str(index), need])
    assert json.loads(told.stdout) == expected


@pytest.mark.parametrize(
    ("names", "told"),
    [(["Kestrel 7B", "Nothing"], "'Nothing' is not in the library"), (["Kestrel 7B"] * 2, "two different")],
)
def test_names_that_do_not_fit_are_told_as_in_the_shell(address, names, told):
    response = httpx.post(f"{address}/api/compare", json={"names": names})
    assert response.status_code == 422
    assert told in response.json()["detail"]
