"""Decision records over HTTP: made from what was answered, written in each form, asked again."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

import standin
from serving_routes import LOCAL, api_for, guarded
from sidebyside.records import RecordedAnswer
from sidebyside.records.decisions import record_from_dict
from sidebyside.server import records
from sidebyside.serving import provider as provider_module
from standin import GRID, LLAMA, LLAVA, StandIn


@pytest.fixture
def client():
    with TestClient(guarded(api_for(StandIn(delay=0))), base_url=LOCAL) as client:
        yield client


def plain(value) -> dict:
    """What JSON makes of a record's parts."""
    return json.loads(json.dumps(value.to_dict()))


def test_an_answer_becomes_a_record_with_its_conversation_and_the_readers_words(client):
    own = [{"artifact": LLAVA, "criterion": "latency", "text": "40 ms"}]
    body = {"answers": [plain(GRID)], "history": [["first?", "yes"]], "artifacts": [LLAVA], "own": own}
    response = client.post("/api/record", json=body | {"taken": LLAVA, "why": "fast", "title": "Which?"})
    assert response.status_code == 200, response.text
    record = record_from_dict(response.json(), "response")
    assert record.answers == (RecordedAnswer.of(GRID, ("first?",)),)
    assert (record.title, record.taken, record.why) == ("Which?", LLAVA, "fast")
    assert [artifact.label for artifact in record.artifacts] == [LLAVA]
    assert [cell.text for cell in record.own] == ["40 ms"]
    # This answer is of no version that is told, but its pages are those of the library.
    assert {page.source for page in record.pages} == {citation.source for citation in GRID.citations}
    assert all(page.sha256 == standin.HASHES[page.source][0] for page in record.pages)


def test_a_record_grows_and_keeps_what_it_has(client):
    first = client.post("/api/record", json={"answers": [plain(GRID)], "why": "because"}).json()
    match = plain(StandIn().match("captions"))
    more = client.post("/api/record", json={"record": first, "matches": [match], "artifacts": [LLAMA]}).json()
    assert [answer["kind"] for answer in more["answers"]] == ["question", "need"]
    assert (more["why"], more["title"]) == ("because", first["title"])
    again = client.post("/api/record", json={"record": more, "answers": [plain(GRID)], "why": ""}).json()
    assert [answer["kind"] for answer in again["answers"]] == ["need", "question"]
    assert again["why"] == ""


@pytest.mark.parametrize(
    ("form", "kind", "begins"), [("md", "text/markdown", "# "), ("html", "text/html", "<!doctype html>")]
)
def test_each_form_is_a_file_to_save(client, form, kind, begins):
    response = client.post(f"/api/record?form={form}", json={"answers": [plain(GRID)]})
    assert response.headers["content-type"].startswith(kind)
    assert response.headers["content-disposition"] == f'attachment; filename="decision.{form}"'
    assert response.text.startswith(begins)
    assert "<script" not in response.text
    assert GRID.citations[0].quote[:40] in response.text


def test_a_record_is_asked_again(client):
    record = client.post("/api/record", json={"answers": [plain(GRID)], "artifacts": [LLAMA]}).json()
    replay = client.post("/api/replay?no_llm=true", json=record).json()
    assert [answer["outcome"] for answer in replay["answers"]] == ["same"]
    assert [artifact["outcome"] for artifact in replay["artifacts"]] == ["same"]
    assert {page["outcome"] for page in replay["pages"]} == {"same"}
    assert replay["same"] is True


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ({}, "not-possible", "there is nothing to record"),
        ({"artifacts": ["Whisperwind"]}, "not-possible", "not in the library"),
        ({"answers": ["x"]}, "invalid-request", ""),
        ({"more": 1}, "invalid-request", ""),
        ({"record": {"title": "x", "format": 2}}, "invalid-request", ""),
    ],
)
def test_what_cannot_be_recorded_is_told(client, body, kind, told):
    response = client.post("/api/record", json=body)
    assert (response.status_code, response.json()["type"]) == (422, f"urn:sidebyside:{kind}")
    assert told in response.json()["detail"]


def test_records_that_are_crooked_or_too_long_are_refused(client, monkeypatch):
    record = client.post("/api/record", json={"answers": [plain(GRID)]}).json()
    crooked = json.loads(json.dumps(record))
    crooked["answers"][0]["grid"]["met"] = []
    response = client.post("/api/replay", json=crooked)
    assert (response.status_code, response.json()["type"]) == (422, "urn:sidebyside:record")
    assert "a grid must have a row for each criterion" in response.json()["detail"]
    long = json.loads(json.dumps(record))
    long["answers"][0]["earlier"] = ["x" * 2001]
    assert "2,001 characters" in client.post("/api/replay", json=long).json()["detail"]
    monkeypatch.setattr(records, "MAX_RECORDED", 0)
    assert "0 are the most" in client.post("/api/replay", json=record).json()["detail"]


def test_replays_take_seats_too(client, monkeypatch):
    record = client.post("/api/record", json={"answers": [plain(GRID)]}).json()
    monkeypatch.setattr(provider_module, "MAX_ANSWERS", 0)
    response = client.post("/api/replay", json=record)
    assert (response.status_code, response.json()["type"]) == (503, "urn:sidebyside:busy")
