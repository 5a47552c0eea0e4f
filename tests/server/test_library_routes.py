"""Search, artifacts, health and figures over HTTP."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

import invented
from serving_routes import LOCAL, api_for, guarded
from sidebyside.errors import IndexMissingError
from sidebyside.server import create_api
from sidebyside.serving.provider import Provider
from sidebyside.settings import Settings
from standin import DIFFUSION, LIBRARY, StandIn


@pytest.fixture
def client():
    with TestClient(guarded(api_for(StandIn(delay=0))), base_url=LOCAL) as client:
        yield client


@pytest.fixture
def real(tmp_path_factory):
    """The routes on a real assistant with the invented library."""
    index = invented.shared_index(tmp_path_factory)
    with invented.open_assistant(index) as assistant, TestClient(api_for(assistant)) as client:
        yield client


def test_artifacts_come_in_stretches(client):
    body = client.get("/api/artifacts", params={"offset": 1, "limit": 2}).json()
    assert [item["id"] for item in body["artifacts"]] == [item.id for item in LIBRARY.artifacts[1:3]]
    assert (body["total"], body["generation"]) == (4, "g1")


def test_artifacts_by_type(client):
    body = client.get("/api/artifacts", params={"type": "repository"}).json()
    assert {item["type"] for item in body["artifacts"]} == {"Repository"}
    assert body["total"] == 2


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "offset=x"])
def test_stretches_have_bounds(client, query):
    assert client.get(f"/api/artifacts?{query}").status_code == 422


def test_one_artifact_with_its_texts_and_places(client):
    body = client.get("/api/artifacts/stable-diffusion").json()
    assert body["label"] == DIFFUSION
    assert {fact["label"]: fact["value"] for fact in body["facts"]}["UnfragileRank"] == "55/100"
    [detail] = body["details"]
    assert detail["parts"][0]["text"].startswith("Enables low-rank adaptation")
    assert detail["parts"][0]["source"]["file"] == "000_52407efc6c2f28a0.txt"
    assert body["conflicts"] == []


def test_unknown_artifact_is_a_problem_that_says_where_ids_are(client):
    response = client.get("/api/artifacts/nothing")
    assert response.status_code == 404
    assert response.json()["detail"] == "no artifact has the id 'nothing'; ids are listed at /api/artifacts"


def test_unknown_path_and_method_are_problems(client):
    assert client.get("/api/nothing").json()["type"] == "urn:sidebyside:not-found"
    response = client.put("/api/answer", content=b"{}")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.headers["content-type"] == "application/problem+json"


def test_search_leads_from_intent_to_capability_to_artifact_with_verbatim_quotes(real):
    body = real.get("/api/search", params={"q": "search source code by symbol", "k": 3}).json()
    assert body["query"] == "search source code by symbol"
    assert len(body["artifacts"]) == 3
    best = body["artifacts"][0]
    assert best["artifact"]["label"] == "Osprey Index"
    scores = [found["score"] for found in body["artifacts"]]
    assert scores == sorted(scores, reverse=True)
    capability = best["capabilities"][0]
    assert capability["title"]
    assert capability["quotes"]
    for found in body["artifacts"]:
        for quote in (quote for capability in found["capabilities"] for quote in capability["quotes"]):
            place = quote["source"]
            assert invented.PAGES[place["file"]][place["start"] : place["end"]] == quote["quote"]


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=x&k=0", "q=x&k=51", "q=" + "x" * 2001])
def test_search_has_bounds(client, query):
    assert client.get(f"/api/search?{query}").status_code == 422


# --- running ---------------------------------------------------------------------------------------------------------


def test_health_is_good_while_questions_can_be_answered(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_health_is_bad_without_an_index():
    def missing(_settings, _model):
        raise IndexMissingError("there is no index in x yet; build it with: sidebyside index")

    with TestClient(create_api(Provider(Settings(), opener=missing), Settings())) as client:
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["detail"].endswith("build it with: sidebyside index")


def test_request_ids_are_kept_where_they_are_plain(client):
    assert client.get("/healthz", headers={"x-request-id": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"
    for bad in ("a b", "x" * 65, "<script>", ""):
        made = client.get("/healthz", headers={"x-request-id": bad}).headers["x-request-id"]
        assert len(made) == 32
        assert made != bad


def test_figures_count_requests_and_answers(client):
    client.post("/api/answer", json={"question": "rank"})
    client.post("/api/answer", json={"question": "midjourney"})
    client.post("/api/answer", json={"question": ""})
    client.get("/api/artifacts/stable-diffusion")
    client.get("/api/nothing/secret-path")
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }

    def requests(method: str, route: str, status: str) -> float:
        key = ("sidebyside_requests_total", ("method", method), ("route", route), ("status", status))
        return samples[key]

    assert requests("POST", "/api/answer", "200") == 2
    assert requests("POST", "/api/answer", "422") == 1
    assert requests("GET", "/api/artifacts/{artifact_id}", "200") == 1
    assert requests("GET", "other", "404") == 1
    assert samples["sidebyside_answers_total", ("kind", "superlative"), ("status", "answered")] == 1
    assert samples["sidebyside_answers_total", ("kind", "unknown"), ("status", "not_found")] == 1
    assert samples[("sidebyside_requests_running",)] == 1  # the one that asks
    assert "secret-path" not in response.text


def test_the_match_graph_is_read_switched_and_forgotten(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_MATCHES", str(tmp_path / "matches.sqlite3"))
    from sidebyside.graph.store import MatchFile, Outcome

    wishes = [Outcome("draws", (("stable-diffusion", ""),), lacking=False), Outcome("makes tea", (), lacking=True)]
    MatchFile(tmp_path / "matches.sqlite3").count(str((tmp_path / "index").resolve()), wishes)
    with TestClient(guarded(api_for(StandIn(delay=0), tmp_path / "index")), base_url=LOCAL) as client:
        counts = {item["id"]: item["matched_here"] for item in client.get("/api/artifacts").json()["artifacts"]}
        assert (counts["stable-diffusion"], sum(counts.values())) == (1, 1)
        assert client.get("/api/artifacts/stable-diffusion").json()["matched_here"] == 1
        graph = client.get("/api/matches").json()
        assert graph["counting"] is True
        assert [wish["text"] for wish in graph["missing"]] == ["makes tea"]
        assert {wish["text"]: wish["led_to"] for wish in graph["wishes"]}["draws"] == [
            {"artifact": "stable-diffusion", "capability": "", "times": 1}
        ]
        assert client.post("/api/matches/counting", json={"on": False}).json()["counting"] is False
        assert client.post("/api/matches/forget").json() == {
            "counting": False,
            "wishes": [],
            "missing": [],
            "notices": [],
        }
        assert client.post("/api/matches/counting", json={"off": 1}).status_code == 422


def test_counting_that_the_settings_forbid_is_a_problem(client):
    response = client.post("/api/matches/counting", json={"on": True})
    assert response.status_code == 422
    assert "SIDEBYSIDE_MATCHES" in response.json()["detail"]
