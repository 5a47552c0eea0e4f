"""The OpenAI-compatible routes, asked by OpenAI's own client and by another one."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import httpx
import openai
import pytest
from huggingface_hub import InferenceClient
from starlette.testclient import TestClient

from serving_routes import LOCAL, TOKEN, api_for, guarded, serving
from sidebyside.errors import GenerationError
from sidebyside.records import Answer, Event, Grid
from sidebyside.server.chat_text import Growing, ending
from sidebyside.serving.access import Access
from standin import CONTEXT, FAILURE, HOSTILE, LLAMA, PARTIAL, RANK, StandIn

ASK = [{"role": "user", "content": "context"}]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("chat") / "log"


@pytest.fixture(scope="module")
def address(log):
    with serving(guarded(api_for(StandIn(delay=0, log=log)), Access(token=TOKEN))) as address:
        yield address


@pytest.fixture
def client(address):
    with openai.OpenAI(base_url=f"{address}/v1", api_key=TOKEN, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
def direct():
    with TestClient(guarded(api_for(StandIn(delay=0))), base_url=LOCAL) as client:
        yield client


def last_asked(log) -> dict:
    return json.loads(log.read_text().splitlines()[-1])


# --- OpenAI's client -------------------------------------------------------------------------------------------------


def test_models_are_listed(client):
    assert [model.id for model in client.models.list()] == ["sidebyside", "sidebyside-quotes"]


def test_completion_is_the_answer_with_its_sources(client):
    completion = client.chat.completions.create(model="sidebyside", messages=ASK)
    [choice] = completion.choices
    assert choice.message.role == "assistant"
    assert choice.finish_reason == "stop"
    text, _, rest = choice.message.content.partition("\n\n---\n\n")
    assert text == CONTEXT.text
    assert "| Context window | 8K tokens [2] | 128K tokens [1] |" in rest
    assert "Note: Both are of type Model" in rest
    assert rest.count("\n- [") == 3
    assert f"- [1] {LLAMA}, description: “Supports extended reasoning" in rest
    assert completion.model_extra["citations"] == [asdict(citation) for citation in CONTEXT.citations]
    assert completion.model_extra["sidebyside"]["status"] == "answered"
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_streamed_completion_adds_up_to_the_same_text(client):
    whole = client.chat.completions.create(model="sidebyside", messages=ASK)
    chunks = list(
        client.chat.completions.create(
            model="sidebyside", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert sum(bool(chunk.choices and chunk.choices[0].delta.content) for chunk in chunks) >= 3
    *_, closing, usage = chunks
    assert closing.choices[0].finish_reason == "stop"
    assert closing.model_extra["citations"] == whole.model_extra["citations"]
    assert (usage.choices, usage.usage) == ([], whole.usage)
    assert len({chunk.id for chunk in chunks}) == 1


def test_stream_without_the_option_tells_no_usage(client):
    chunks = list(client.chat.completions.create(model="sidebyside", messages=ASK, stream=True))
    assert all(chunk.usage is None and len(chunk.choices) == 1 for chunk in chunks)


def test_quotes_model_leaves_the_llm_out(client):
    full = client.chat.completions.create(model="sidebyside", messages=ASK)
    quotes = client.chat.completions.create(model="sidebyside-quotes", messages=ASK)
    assert full.model_extra["sidebyside"]["model"] == "scripted"
    assert quotes.model_extra["sidebyside"]["model"] is None
    assert quotes.model == "sidebyside-quotes"


def test_conversation_becomes_history_without_what_was_added(client, log):
    first = client.chat.completions.create(model="sidebyside", messages=ASK).choices[0].message
    client.chat.completions.create(
        model="sidebyside",
        messages=[
            {"role": "system", "content": "Be brief."},
            *ASK,
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": [{"type": "text", "text": "And the rank?"}]},
        ],
    )
    assert last_asked(log) == {"asked": "And the rank?", "history": [["context", CONTEXT.text]]}


def test_parameters_of_other_engines_are_read_over(client):
    completion = client.chat.completions.create(
        model="sidebyside", messages=ASK, temperature=0.2, max_tokens=5, top_p=0.5, seed=1, user="u", n=1, stop=["x"]
    )
    assert completion.choices[0].message.content.startswith(CONTEXT.text)


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"model": "gpt-4"}, openai.NotFoundError, "'sidebyside' and 'sidebyside-quotes' are on offer"),
        ({"messages": []}, openai.BadRequestError, "body.messages"),
        ({"messages": [{"role": "user", "content": " "}]}, openai.BadRequestError, "there is no question of the user"),
        ({"messages": [{"role": "user", "content": "x" * 2001}]}, openai.BadRequestError, "2,000 are the most"),
        ({"n": 2}, openai.BadRequestError, "body.n"),
        ({"messages": [{"role": "user", "content": "fail"}]}, openai.BadRequestError, FAILURE),
        ({"messages": [{"role": "user", "content": "fail"}], "stream": True}, openai.BadRequestError, FAILURE),
    ],
)
def test_errors_reach_the_client_with_their_texts(client, given, error, told):
    with pytest.raises(error) as caught:
        client.chat.completions.create(**{"model": "sidebyside", "messages": ASK, **given})
    assert told in caught.value.body["message"]


def test_wrong_key_is_an_authentication_error(address):
    with (
        openai.OpenAI(base_url=f"{address}/v1", api_key="wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        stranger.models.list()
    assert caught.value.response.headers["www-authenticate"].startswith("Bearer")


def test_busy_server_is_an_error_that_the_client_tries_again(address, client, monkeypatch):
    from sidebyside.serving import provider

    monkeypatch.setattr(provider, "MAX_ANSWERS", 0)
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="sidebyside", messages=ASK)
    assert (caught.value.status_code, caught.value.response.headers["retry-after"]) == (503, "5")


# --- another client --------------------------------------------------------------------------------------------------


def test_another_client_reads_the_same(address, client):
    whole = client.chat.completions.create(model="sidebyside", messages=ASK).choices[0].message.content
    other = InferenceClient(base_url=f"{address}/v1", api_key=TOKEN, timeout=20)
    assert other.chat_completion(ASK, model="sidebyside").choices[0].message.content == whole
    pieces = [
        chunk.choices[0].delta.content or "" for chunk in other.chat_completion(ASK, model="sidebyside", stream=True)
    ]
    assert "".join(pieces) == whole


def test_bare_events_end_with_done(address):
    response = httpx.post(
        f"{address}/v1/chat/completions",
        json={"model": "sidebyside", "messages": ASK, "stream": True},
        headers={"authorization": f"Bearer {TOKEN}"},
    )
    lines = [line for line in response.text.splitlines() if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert "role" not in json.loads(lines[1][6:])["choices"][0]["delta"]


def test_error_in_the_middle_is_told_in_the_stream():
    class Breaking(StandIn):
        def stream(self, question, history=(), *, write=True):
            yield next(super().stream(question, history))
            raise GenerationError("the model process died")

    with TestClient(api_for(Breaking(delay=0))) as client:
        asked = {"model": "sidebyside", "messages": ASK, "stream": True}
        lines = client.post("/v1/chat/completions", json=asked).text.strip().split("\n\n")
    assert json.loads(lines[-1][6:])["error"]["message"] == "the model process died"


# --- the text --------------------------------------------------------------------------------------------------------


def grown(*texts: str) -> tuple[list[str], str]:
    """The pieces that these texts of one answer become, and the complete text."""
    growing = Growing()
    steps = [Answer("q", text, "answered") for text in texts]
    pieces = [
        growing.add(Event("facts" if not position else "sentence", "", step)) for position, step in enumerate(steps)
    ]
    return [*pieces, growing.rest(steps[-1])], texts[-1]


@pytest.mark.parametrize(
    "texts",
    [
        ("one",),
        ("one\n\ntwo",),
        ("one", "one\n\ns1.", "one\n\ns1. s2."),
        ("one\n\nclosing", "one\n\ns1.\n\nclosing", "one\n\ns1. s2.\n\nclosing"),
        ("a\n\nb\n\nclosing", "a\n\nb\n\ns1.\n\nclosing"),
        ("closing", "s1.\n\nclosing", "s1. s2.\n\nclosing"),
        ("", "s1."),
    ],
)
def test_pieces_add_up_and_none_is_taken_back(texts):
    pieces, whole = grown(*texts)
    assert "".join(pieces) == whole


def test_a_grid_is_told_when_it_is_complete():
    growing, grid = Growing(), Grid(("scans",), ("A", "B"), ((), ()), (0, 0))
    texts = [f"A reads scans.\n\n| | **A** |\n|---|---|\n| scans | {cell} |\n\n<details>q</details>" for cell in "xyz"]
    steps = [Answer("q", text, "answered", grid=grid) for text in texts]
    assert [growing.add(Event("sentence", "", step)) for step in steps] == ["A reads scans.", "", ""]
    assert "A reads scans." + growing.rest(steps[-1]) == texts[-1]


def test_sentences_are_told_as_they_come():
    pieces, _ = grown("one\n\nclosing", "one\n\ns1.\n\nclosing", "one\n\ns1. s2.\n\nclosing")
    assert pieces == ["one", "\n\ns1.", " s2.", "\n\nclosing"]


def test_text_that_is_worded_anew_comes_whole_at_the_end():
    pieces, whole = grown("one\n\ntwo", "three\n\nfour")
    assert pieces[0] == "one"
    assert pieces[-1].endswith(whole)


def test_ending_has_table_notes_and_sources_once():
    answer = replace(RANK, text=f"{RANK.text}\n\n{RANK.notes[0]}")
    assert "Note:" not in ending(answer)
    assert "Note:" in ending(RANK)
    assert ending(Answer("q", "t", "not_found")) == ""
    assert ending(PARTIAL).startswith("\n\n---\n\nSources:\n- [1]")


def test_page_text_cannot_break_the_table():
    rows = ending(replace(HOSTILE, table=replace(HOSTILE.table, rows=(("a|b", "c\\|d", "e\nf"),)))).splitlines()
    assert rows[6] == "| a\\|b | c\\\\\\|d | e f |"
