"""/v1/responses, asked by OpenAI's own client."""

from __future__ import annotations

import json

import openai
import pytest
from starlette.testclient import TestClient

from serving_routes import TOKEN, api_for, guarded, serving
from sidebyside.errors import GenerationError
from sidebyside.serving.access import Access
from standin import CONTEXT, FAILURE, StandIn

Q = "context"
OPENING = ("created", "in_progress", "output_item.added", "content_part.added")
CLOSING = ("output_text.done", "content_part.done", "output_item.done", "completed")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("responses") / "log"


@pytest.fixture(scope="module")
def address(log):
    with serving(guarded(api_for(StandIn(delay=0, log=log)), Access(token=TOKEN))) as address:
        yield address


@pytest.fixture
def client(address):
    with openai.OpenAI(base_url=f"{address}/v1", api_key=TOKEN, max_retries=0, timeout=20) as client:
        yield client


def last_asked(log) -> dict:
    return json.loads(log.read_text().splitlines()[-1])


def test_a_question_is_answered_with_citations_as_annotations(client):
    made = client.responses.create(model="sidebyside", input=Q, instructions="Be brief.", max_output_tokens=5)
    assert (made.status, made.object, made.model) == ("completed", "response", "sidebyside")
    assert made.output_text.startswith(CONTEXT.text)
    [message] = made.output
    first = message.content[0].annotations[0]
    assert (first.type, first.filename) == ("file_citation", CONTEXT.citations[0].source)
    assert made.output_text[first.index :].startswith("[1]")
    assert first.model_extra["quote"] == CONTEXT.citations[0].quote
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens
    assert made.model_extra["sidebyside"]["status"] == "answered"


def test_the_stream_adds_up_to_the_same_and_ends_with_it(client):
    whole = client.responses.create(model="sidebyside", input=Q)
    with client.responses.stream(model="sidebyside", input=Q) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:4] == [f"response.{kind}" for kind in OPENING]
    assert kinds[-4:] == [f"response.{kind}" for kind in CLOSING]
    assert kinds.count("response.output_text.delta") >= 3
    assert kinds.count("response.output_text.annotation.added") == len(whole.output[0].content[0].annotations)
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text
    assert final.output_text == whole.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_a_conversation_comes_as_items_or_goes_on_by_the_id_of_a_response(client, log):
    first = client.responses.create(model="sidebyside", input=Q)
    second = client.responses.create(model="sidebyside", input="And the rank?", previous_response_id=first.id)
    assert last_asked(log) == {"asked": "And the rank?", "history": [[Q, CONTEXT.text]]}
    client.responses.create(model="sidebyside", input="why", previous_response_id=second.id)
    assert [asked for asked, _ in last_asked(log)["history"]] == [Q, "And the rank?"]
    items = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": Q}]},
        {"type": "reasoning", "summary": [], "id": "r"},
        *[item.model_dump() for item in first.output],
        {"type": "function_call_output", "call_id": "1", "output": "x"},
        {"type": "message", "role": "user", "content": "And the rank?"},
    ]
    client.responses.create(model="sidebyside", input=items)
    assert last_asked(log) == {"asked": "And the rank?", "history": [[Q, CONTEXT.text]]}


def test_what_is_not_kept_cannot_be_gone_on_with(client):
    first = client.responses.create(model="sidebyside", input=Q, store=False)
    for unknown in (first.id, "resp_0"):
        with pytest.raises(openai.NotFoundError, match="send the conversation as input instead"):
            client.responses.create(model="sidebyside", input="and?", previous_response_id=unknown)


def test_what_is_not_read_is_said(client):
    parts = [{"type": "input_text", "text": Q}, {"type": "input_image", "image_url": "data:,"}]
    text = client.responses.create(model="sidebyside", input=[{"role": "user", "content": parts}]).output_text
    assert "Note: The message also holds a picture" in text


def test_json_is_given_where_it_is_wanted(client):
    form = {"format": {"type": "json_object"}}
    assert (
        json.loads(client.responses.create(model="sidebyside", input=Q, text=form).output_text)["answer"]
        == CONTEXT.text
    )
    answer = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
    schema = {"format": {"type": "json_schema", "name": "x", "schema": answer}}
    for more in ({}, {"stream": True}):
        made = client.responses.create(model="sidebyside", input=Q, text=schema, **more)
        text = list(made)[-1].response.output[0].content[0].text if more else made.output_text
        assert json.loads(text) == {"answer": CONTEXT.text}


def test_a_clients_own_task_is_done(client):
    prompt = (
        "Provide a concise, 5-word-or-less title for the conversation. Only return the title itself.\nUser: What is it?"
    )
    assert client.responses.create(model="sidebyside", input=prompt).output_text == "What is it"
    with client.responses.stream(model="sidebyside", input=prompt) as stream:
        assert stream.get_final_response().output_text == "What is it"


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"model": "gpt-4"}, openai.NotFoundError, "are on offer"),
        ({"input": " "}, openai.BadRequestError, "there is no question"),
        ({"input": []}, openai.BadRequestError, "there is no question"),
        ({"input": "fail"}, openai.BadRequestError, FAILURE),
        ({"input": "fail", "stream": True}, openai.BadRequestError, FAILURE),
    ],
)
def test_errors_reach_the_client_with_their_texts(client, given, error, told):
    with pytest.raises(error) as caught:
        client.responses.create(**{"model": "sidebyside", "input": Q, **given})
    assert told in caught.value.body["message"]


def test_a_stream_that_breaks_off_ends_as_failed():
    class Breaking(StandIn):
        def stream(self, question, history=(), *, write=True):
            yield next(super().stream(question, history))
            raise GenerationError("the model process died")

    with TestClient(api_for(Breaking(delay=0))) as client:
        lines = client.post("/v1/responses", json={"input": Q, "stream": True}).text.strip().split("\n\n")
    last = json.loads(lines[-1].partition("data: ")[2])
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    assert last["response"]["error"] == {"code": "generation", "message": "the model process died"}
