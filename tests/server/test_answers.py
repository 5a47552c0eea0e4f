"""Answers over HTTP: JSON, events, comparisons, and what is turned away."""

from __future__ import annotations

import asyncio
import json
import time

import httpx
import pytest
from starlette.testclient import TestClient

from serving_routes import LOCAL, api_for, guarded, serving
from sidebyside.errors import GenerationError, IndexMissingError, ModelMissingError
from sidebyside.server import answers
from sidebyside.serving import provider as provider_module
from standin import FAILURE, GRID, LIBRARY, LLAMA, LLAVA, RANK, StandIn

STREAM = {"accept": "text/event-stream"}


@pytest.fixture
def client():
    with TestClient(guarded(api_for(StandIn(delay=0))), base_url=LOCAL) as client:
        yield client


def events(text: str) -> list[tuple[str, dict]]:
    """(name, data) of each server-sent event."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_answer_is_the_assistants(client):
    response = client.post("/api/answer", json={"question": "  Which rank is highest? "})
    assert response.status_code == 200
    body = response.json()
    assert body["text"] == RANK.text
    assert body["question"] == "Which rank is highest?"
    assert body["citations"][0]["quote"] == "UnfragileRank: 55/100"
    assert body["table"]["rows"] == [["UnfragileRank", "55/100 [1]", "45/100 [2]"], ["Adoption", "1", "1"]]


def test_history_reaches_the_assistant(tmp_path):
    assistant = StandIn(delay=0, log=tmp_path / "log")
    with TestClient(api_for(assistant)) as client:
        client.post("/api/answer", json={"question": "and the rank?", "history": [["context?", "128K"]]})
    assert json.loads((tmp_path / "log").read_text()) == {"asked": "and the rank?", "history": [["context?", "128K"]]}


def test_events_mirror_the_stream(client):
    response = client.post("/api/answer", json={"question": "context"}, headers=STREAM)
    assert response.headers["content-type"].startswith("text/event-stream")
    got = events(response.text)
    expected = list(StandIn(delay=0).stream("context"))
    assert [name for name, _ in got] == [event.type for event in expected]
    for (name, data), event in zip(got, expected, strict=True):
        assert (data["type"], data["text"]) == (name, event.text)
        assert data["answer"] == json.loads(json.dumps(event.answer.to_dict()))


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("text/event-stream", True),
        ("text/event-stream, */*", True),
        ("application/json, text/event-stream", False),
        ("*/*", False),
        ("", False),
        ("text/html", False),
    ],
)
def test_accept_decides_the_form(client, accept, streams):
    response = client.post("/api/answer", json={"question": "rank"}, headers={"accept": accept})
    assert response.headers["content-type"].startswith("text/event-stream" if streams else "application/json")


def test_answer_without_the_llm_names_no_model(client):
    assert client.post("/api/answer", json={"question": "rank"}).json()["model"] == "scripted"
    assert client.post("/api/answer", json={"question": "rank", "no_llm": True}).json()["model"] is None


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.question"),
        ({"question": " "}, "body.question"),
        ({"question": "x" * 2001}, "body.question"),
        ({"question": 5}, "body.question"),
        ({"question": "q", "history": [["only one"]]}, "body.history.0"),
        ({"question": "q", "history": [["a", "b"]] * 201}, "body.history"),
        ({"question": "q", "temperature": 1}, "body.temperature"),
    ],
)
def test_request_that_does_not_fit_is_told_where(client, body, where):
    response = client.post("/api/answer", json=body)
    problem = response.json()
    assert response.status_code == problem["status"] == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["detail"].startswith(where)
    assert problem["type"] == "urn:sidebyside:invalid-request"
    assert problem["request_id"] == response.headers["x-request-id"]


def test_what_does_not_fit_is_not_sent_back(client):
    secret = "x" * 3000
    assert secret[:50] not in client.post("/api/answer", json={"question": secret}).text


def test_lone_surrogates_are_a_problem_and_no_crash(client):
    raw = b'{"question": "\\ud800", "\\ud801": 1}'
    response = client.post("/api/answer", content=raw, headers={"content-type": "application/json"})
    assert response.status_code == 422


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8"])
def test_json_is_read_whatever_it_is_called(client, kind):
    """`curl -d` says it is a form."""
    body = json.dumps({"question": "context"}).encode()
    response = client.post("/api/answer", content=body, headers={"content-type": kind} if kind else {})
    assert response.status_code == 200
    assert response.json()["question"] == "context"
    told = client.post("/api/answer", content=b"question=context", headers={"content-type": kind} if kind else {})
    assert told.status_code == 422
    assert "JSON decode error" in told.json()["detail"]


class Failing(StandIn):
    """Fails before its first step with the error it is given."""

    def __init__(self, error: Exception) -> None:
        super().__init__(delay=0)
        self.failure = error

    def stream(self, question, history=(), *, write=True):
        raise self.failure


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (IndexMissingError("there is no index in x yet; build it with: sidebyside index"), 503, "index-missing"),
        (ModelMissingError("model m is not installed; run: sidebyside models pull m"), 503, "model-missing"),
        (GenerationError("the queue is full"), 503, "generation"),
        (KeyError("secret detail"), 500, "unforeseen"),
    ],
)
@pytest.mark.parametrize("headers", [{}, STREAM], ids=["json", "events"])
def test_errors_before_the_first_step_are_problems(error, status, kind, headers):
    with TestClient(api_for(Failing(error))) as client:
        response = client.post("/api/answer", json={"question": "q"}, headers=headers)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (status, f"urn:sidebyside:{kind}")
    assert response.headers.get("retry-after") == ("5" if status == 503 else None)
    if status == 503:
        assert problem["detail"] == str(error)
    else:
        assert "sidebyside doctor" in problem["detail"]
        assert "secret" not in response.text


def test_error_in_the_middle_ends_the_events_with_it():
    class Breaking(StandIn):
        def stream(self, question, history=(), *, write=True):
            yield next(super().stream(question, history))
            raise GenerationError("the model process died")

    with TestClient(api_for(Breaking(delay=0))) as client:
        got = events(client.post("/api/answer", json={"question": "context"}, headers=STREAM).text)
    assert [name for name, _ in got] == ["facts", "error"]
    assert got[1][1] == {"status": 503, "type": "urn:sidebyside:generation", "detail": "the model process died"}


def test_error_of_the_assistant_carries_its_own_text(client):
    response = client.post("/api/answer", json={"question": "fail"})
    assert (response.status_code, response.json()["detail"]) == (422, FAILURE)


def test_too_many_at_once_are_asked_to_come_back(client, monkeypatch):
    monkeypatch.setattr(provider_module, "MAX_ANSWERS", 0)
    for headers in ({}, STREAM):
        response = client.post("/api/answer", json={"question": "context"}, headers=headers)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "5"
        assert response.json()["type"] == "urn:sidebyside:busy"
        assert response.json()["detail"] == provider_module.BUSY


def test_seats_are_free_again_after_answers_and_failures(client):
    core = client.app._app._app.state.core
    for question in ("context", "fail", "rank"):
        client.post("/api/answer", json={"question": question})
        client.post("/api/answer", json={"question": question}, headers=STREAM)
    deadline = time.monotonic() + 5
    while core.provider.answers:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ask_and_hang_up(address: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{address}/api/answer", json={"question": "slow"}, timeout=0.3)


def read_one_event_and_hang_up(address: str) -> None:
    with httpx.stream("POST", f"{address}/api/answer", json={"question": "slow"}, headers=STREAM) as response:
        assert next(response.iter_lines()) == "event: facts"


@pytest.mark.parametrize("ask", [ask_and_hang_up, read_one_event_and_hang_up])
def test_hanging_up_stops_the_model(tmp_path, ask):
    log = tmp_path / "log"
    with serving(guarded(api_for(StandIn(delay=0.05, log=log)))) as address:
        ask(address)
        deadline = time.monotonic() + 5
        while '"stopped"' not in log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_long_pauses_carry_signs_of_life(monkeypatch):
    monkeypatch.setattr(answers, "QUIET", 0.02)

    async def slow():
        for event in StandIn(delay=0).stream("rank"):
            await asyncio.sleep(0.1)
            yield event

    async def collect():
        return [line async for line in answers.event_lines(slow())]

    lines = asyncio.run(collect())
    assert lines[0] == b": ping\n\n"
    assert [name for name, _ in events(b"".join(lines).decode())] == ["facts", "answer"]


# --- side by side ----------------------------------------------------------------------------------------------------


def test_compare_lays_artifacts_side_by_side(client):
    names = [LIBRARY.artifacts[0].id, LIBRARY.artifacts[1].id, LIBRARY.artifacts[2].id]
    body = client.post("/api/compare", json={"names": names}).json()
    assert [artifact["id"] for artifact in body["artifacts"]] == names
    assert body["shared"][0]["similarity"] == 0.8
    assert list(body["only"]) == names[2:]
    assert body["only"][names[2]][0]["quote"].startswith("Processes images and text together")
    assert body["answer"] is None


def test_compare_on_an_aspect_answers_it(tmp_path):
    assistant = StandIn(delay=0, log=tmp_path / "log")
    with TestClient(api_for(assistant)) as client:
        names = ["llama-3-2-90b-vision", "llava-llama-3-8b"]
        body = client.post("/api/compare", json={"names": names, "aspect": "context length"}).json()
    assert body["answer"]["text"] == GRID.text
    assert body["answer"]["grid"] == json.loads(json.dumps(GRID.to_dict()["grid"]))
    asked = json.loads((tmp_path / "log").read_text())["asked"]
    assert asked == f"Compare {LLAMA} and {LLAVA} on context length"


def test_comparisons_and_searches_take_seats_too(client, monkeypatch):
    monkeypatch.setattr(provider_module, "MAX_ANSWERS", 0)
    names = ["llama-3-2-90b-vision", "llava-llama-3-8b"]
    for response in (client.post("/api/compare", json={"names": names}), client.get("/api/search?q=images")):
        assert (response.status_code, response.json()["type"]) == (503, "urn:sidebyside:busy")


def test_compare_on_criteria_gives_a_row_for_each(tmp_path):
    assistant = StandIn(delay=0, log=tmp_path / "log")
    names = [item.id for item in LIBRARY.artifacts]
    with TestClient(api_for(assistant)) as client:
        sent = {"names": names, "aspect": "context", "criteria": ["captions", " fine-tuning "], "no_llm": True}
        body = client.post("/api/compare", json=sent).json()
    answer = body["answer"]
    assert answer["grid"]["criteria"] == ["context", "captions", "fine-tuning"]
    assert answer["grid"]["artifacts"] == [item.label for item in LIBRARY.artifacts]
    assert (answer["kind"], len(body["artifacts"])) == ("criteria", 4)
    # The log has nothing else: criteria are no question.
    assert [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()] == [
        {"compared": names, "criteria": ["context", "captions", "fine-tuning"], "write": False}
    ]


@pytest.mark.parametrize(
    "body",
    [
        *({"names": names} for names in (["one"], [], ["a"] * 13, ["a", " "], "ab")),
        {"names": ["a", "b"], "criteria": [" "]},
        {"names": ["a", "b"], "criteria": ["c"] * 21},
    ],
)
def test_compare_takes_two_to_twelve_names_and_twenty_criteria(client, body):
    response = client.post("/api/compare", json=body)
    assert (response.status_code, response.json()["type"]) == (422, "urn:sidebyside:invalid-request")


def test_compare_takes_twelve_names(client):
    # The stand-in has four artifacts; each is named three times.
    names = [item.id for item in LIBRARY.artifacts] * 3
    assert len(client.post("/api/compare", json={"names": names}).json()["artifacts"]) == 12


# --- a need ----------------------------------------------------------------------------------------------------------


def test_match_is_the_assistants(client):
    body = client.post("/api/match", json={"need": "  captions "}).json()
    assert body == json.loads(json.dumps(StandIn(delay=0).match("captions").to_dict()))
    assert body["grid"]["cells"][0][0]["state"] == "stated"


def test_wishes_reach_the_assistant_with_role_and_weight(client):
    wishes = [{"text": "captions", "role": "nice", "weight": 2.5, "query": "captions"}, {"text": "fast"}]
    body = client.post("/api/match", json={"wishes": wishes, "most": 5}).json()
    assert body["asked"][0] == {**wishes[0], "row": ""}
    assert body["asked"][1] == {"text": "fast", "role": "must", "weight": 1.0, "query": "", "row": ""}


@pytest.mark.parametrize(
    "body",
    [
        {"wishes": []},
        {"wishes": [{"text": " "}]},
        {"wishes": [{"text": "a", "role": "maybe"}]},
        {"wishes": [{"text": "a", "weight": 0}]},
        {"wishes": [{"text": "a"}] * 21},
        {"need": "a", "most": 101},
    ],
)
def test_wishes_that_are_none_are_told(client, body):
    response = client.post("/api/match", json=body)
    assert (response.status_code, response.json()["type"]) == (422, "urn:sidebyside:invalid-request")


@pytest.mark.parametrize("body", [{}, {"need": ""}, {"need": "  "}, {"need": ["a"]}, {"need": "a", "more": 1}])
def test_a_need_that_is_none_is_told(client, body):
    response = client.post("/api/match", json=body)
    assert (response.status_code, response.json()["type"]) == (422, "urn:sidebyside:invalid-request")


def test_a_need_without_a_wish_is_told(client):
    response = client.post("/api/match", json={"need": "nothing"})
    assert (response.status_code, response.json()["type"]) == (422, "urn:sidebyside:not-possible")
    assert response.json()["detail"].startswith("the need names nothing")


def test_matches_take_seats_too(client, monkeypatch):
    monkeypatch.setattr(provider_module, "MAX_ANSWERS", 0)
    response = client.post("/api/match", json={"need": "captions"})
    assert (response.status_code, response.json()["type"]) == (503, "urn:sidebyside:busy")
