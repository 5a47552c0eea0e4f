"""Pages over HTTP and MCP: listed, pasted, replaced, removed after asking twice, taken back."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from mcp import Client
from starlette.testclient import TestClient

from fakes import FakeEncoder, comparison_page
from serving_routes import LOCAL, api_for, guarded
from sidebyside.building.build import build_index
from sidebyside.server.core import Core
from sidebyside.server.mcp_server import create_mcp
from sidebyside.serving.provider import Provider
from sidebyside.settings import Settings
from standin import StandIn

OLD = comparison_page("Alpha One", "Beta Two")
NEW = comparison_page("Alpha One", "Beta Two", ranks=(77, 50))
URL = "https://example.org/ab"


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """Settings of an index with one page."""
    monkeypatch.setattr("sidebyside.building.build.load_encoder", lambda _settings: FakeEncoder())
    seeds = tmp_path / "index" / "seeds"
    seeds.mkdir(parents=True)
    (seeds / "ab.txt").write_text(OLD)
    build_index(index=tmp_path / "index", encoder=FakeEncoder())
    return Settings(index=tmp_path / "index")


@pytest.fixture
def client(settings):
    with TestClient(guarded(api_for(StandIn(delay=0), settings.index)), base_url=LOCAL) as client:
        yield client


def ended(client, response) -> dict:
    assert response.status_code == 202, response.text
    deadline = time.monotonic() + 30
    while (body := client.get(response.headers["location"]).json())["state"] not in ("done", "failed"):
        assert time.monotonic() < deadline, body
        time.sleep(0.02)
    return body


def sources(client) -> list[str]:
    return [page["source"] for page in client.get("/api/pages").json()["pages"]]


def test_pages_tell_where_they_stand_and_no_path_of_the_server(client, tmp_path):
    response = client.get("/api/pages", params={"older_than": "2999-01-01"})
    [page] = response.json()["pages"]
    assert (page["source"], page["artifacts"], page["given"]) == ("ab.txt", ["Alpha One", "Beta Two"], True)
    assert page["stale"], "read before that day"
    assert str(tmp_path) not in response.text
    assert client.get("/api/pages", params={"older_than": "2026-13-01"}).status_code == 422


def test_a_pasted_page_is_added_with_its_address(client):
    text = comparison_page("Gamma", "Delta")
    job = ended(client, client.post("/api/pages/paste", json={"text": text, "name": "gd", "url": URL}))
    assert (job["state"], job["what"], job["files"]) == ("done", "add", ["gd.txt"])
    assert {page["source"]: page["url"] for page in client.get("/api/pages").json()["pages"]} == {
        "ab.txt": "",
        "gd.txt": URL,
    }


def test_pasted_text_that_is_no_page_is_told_at_once(client):
    response = client.post("/api/pages/paste", json={"text": "hello"})
    assert response.status_code == 422
    assert response.json()["detail"].startswith("pasted text: no comparison table")


def test_an_upload_replaces_after_a_preview_and_can_be_taken_back(client):
    files = [("files", ("ab.txt", NEW.encode()))]
    [told] = client.post("/api/pages/preview", files=files).json()
    assert (told["old"], told["new"]) == ("ab.txt", "ab.txt")
    assert told["changes"]["facts"][0]["after"] == ["77/100"]
    job = ended(client, client.post("/api/pages", files=files))
    assert job["report"]["replaced"] == [["ab.txt", "ab.txt"]]
    assert sources(client) == ["ab.txt"]
    assert client.get("/api/pages").json()["undo"] == "added ab.txt"
    assert ended(client, client.post("/api/pages/undo"))["state"] == "done"
    [told] = client.post("/api/pages/preview", files=files).json()
    assert told["changes"]["facts"][0]["before"] == ["40/100"]
    assert client.get("/api/pages").json()["undo"] == ""
    again = ended(client, client.post("/api/pages/undo"))
    assert (again["state"], again["error"]["title"]) == ("failed", "Nothing was taken back")


def test_both_are_kept_where_that_is_asked_for(client):
    ended(client, client.post("/api/pages?keep_both=true", files=[("files", ("ab.txt", NEW.encode()))]))
    assert sources(client) == ["ab (2).txt", "ab.txt"]


def test_removal_is_asked_for_twice(client):
    ended(client, client.post("/api/pages/paste", json={"text": comparison_page("Gamma", "Delta"), "name": "gd"}))
    told = client.post("/api/pages/remove", json={"names": ["gd.txt"]})
    assert told.status_code == 200
    assert told.json()["changes"]["artifacts_removed"] == ["Delta", "Gamma"]
    assert len(sources(client)) == 2
    wrong = client.post("/api/pages/remove", json={"names": ["ab.txt"], "confirm": told.json()["confirm"]})
    assert wrong.status_code == 422
    response = client.post("/api/pages/remove", json={"names": ["gd.txt"], "confirm": told.json()["confirm"]})
    assert ended(client, response)["state"] == "done"
    assert sources(client) == ["ab.txt"]
    ended(client, client.post("/api/pages/undo"))
    assert sources(client) == ["ab.txt", "gd.txt"]


def test_removing_an_unknown_page_or_a_path_is_not_found(client, settings):
    for name in ("nothing.txt", str(settings.index / "seeds"), "../x"):
        response = client.post("/api/pages/remove", json={"names": [name]})
        assert response.status_code == 404
        assert "pages are listed at /api/pages" in response.json()["detail"]


def test_an_upload_of_which_nothing_is_a_page_has_failed_and_tells_no_path(client, settings):
    names = [f"no{number}.txt" for number in range(4)]
    files = [("files", (name, b"nothing here")) for name in names]
    job = ended(client, client.post("/api/pages", files=files))
    assert (job["state"], job["error"]["type"], job["error"]["status"]) == ("failed", "urn:sidebyside:no-page", 422)
    assert [item["loc"][1] for item in job["error"]["errors"]] == names
    assert str(settings.index) not in json.dumps(job)
    assert "/tmp" not in json.dumps(job)


def test_the_last_page_cannot_be_removed_and_no_path_is_told(client, settings):
    told = client.post("/api/pages/remove", json={"names": ["ab.txt"]}).json()
    job = ended(client, client.post("/api/pages/remove", json={"names": ["ab.txt"], "confirm": told["confirm"]}))
    assert job["state"] == "failed"
    assert str(settings.index) not in json.dumps(job)
    assert sources(client) == ["ab.txt"]


# --- MCP -------------------------------------------------------------------------------------------------------------


def talk(settings, work):
    core = Core(Provider(settings, lambda *_: StandIn(delay=0)), settings)

    async def run():
        async with Client(create_mcp(core)) as client:
            return await asyncio.wait_for(work(client.call_tool), 60)

    try:
        return asyncio.run(run())
    finally:
        core.jobs.close()


def test_a_model_has_to_ask_twice_before_a_page_is_replaced_or_removed(settings, tmp_path):
    async def work(call):
        before = await call("pages", {"older_than": "2999-01-01"})
        told = await call("add_page", {"text": NEW, "name": "ab.txt"})
        between = await call("pages", {})
        confirm = told.structured_content["confirm"]
        wrong = await call("add_page", {"text": NEW + " ", "name": "ab.txt", "confirm": confirm})
        added = await call("add_page", {"text": NEW, "name": "ab.txt", "confirm": confirm})
        back = await call("undo_change", {})
        await call("add_page", {"text": comparison_page("Gamma", "Delta"), "name": "gd.txt"})
        asked = await call("remove_page", {"name": "gd.txt"})
        removed = await call("remove_page", {"name": "gd.txt", "confirm": asked.structured_content["confirm"]})
        return before, told, between, wrong, added, back, asked, removed, await call("pages", {})

    before, told, between, wrong, added, back, asked, removed, after = talk(settings, work)
    [page] = before.structured_content["pages"]
    assert page["stale"]
    assert str(tmp_path) not in before.content[0].text
    assert not told.structured_content["done"]
    assert told.structured_content["replaces"][0]["old"] == "ab.txt"
    assert between.structured_content["pages"][0]["version"] == page["version"]
    assert wrong.is_error
    assert added.structured_content["done"]
    assert back.structured_content["done"]
    assert asked.structured_content["removes"]["changes"]["artifacts_removed"] == ["Delta", "Gamma"]
    assert removed.structured_content["pages"] == 1
    assert [item["version"] for item in after.structured_content["pages"]] == [page["version"]]


def test_what_changed_between_any_two_versions_is_told(client, tmp_path):
    assert client.get("/api/changes").status_code == 404, "there is one version only"
    first = client.get("/api/versions").json()[0]["name"]
    ended(client, client.post("/api/pages/paste", json={"text": comparison_page("Gamma", "Delta"), "name": "gd"}))
    ended(client, client.post("/api/pages/paste", json={"text": NEW, "name": "ab"}))
    latest = client.get("/api/changes").json()
    [fact] = latest["changes"]["facts"]
    assert (fact["artifact"], fact["after"]) == ("Alpha One", ["77/100"])
    assert latest["changes"]["artifacts_added"] == []
    since = client.get("/api/changes", params={"old": first}).json()
    assert since["old"]["name"] == first
    assert since["changes"]["artifacts_added"] == ["Delta", "Gamma"]
    back = client.get("/api/changes", params={"old": since["new"]["name"], "new": first}).json()
    assert back["changes"]["artifacts_removed"] == ["Delta", "Gamma"]
    unknown = client.get("/api/changes", params={"old": "nothing"})
    assert unknown.status_code == 404
    assert str(tmp_path) not in unknown.text
    assert [version["name"] for version in client.get("/api/versions").json()][-1] == first
