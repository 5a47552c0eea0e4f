"""Who may ask the servers, and what they refuse to start with."""

from __future__ import annotations

import base64
import re

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from serving_routes import LOCAL, TOKEN, api_for, guarded
from sidebyside.cli import cli
from sidebyside.errors import SettingsError
from sidebyside.serving.access import Access, access_from, check_reach, is_loopback
from sidebyside.serving.guard import Guard
from sidebyside.settings import Settings
from standin import StandIn

PASSWORD = "correct-horse"
BOTH = Access(token=TOKEN, user="anna", password=PASSWORD, hosts=("box.example", "fe80::1"))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# --- what is good ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authorization", "good"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer  {TOKEN} ", True),
        (basic("anna", PASSWORD), True),
        (basic("anyone", TOKEN), True),
        ("", False),
        (TOKEN, False),
        ("Bearer", False),
        ("Bearer ", False),
        (f"Bearer {TOKEN}x", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (f"Bearer {PASSWORD}", False),
        (f"Digest {TOKEN}", False),
        ("Bearer \udcff", False),
        (basic("anna", "wrong"), False),
        (basic("bob", PASSWORD), False),
        (basic("anna", ""), False),
        (basic("", ""), False),
        ("Basic not-base64!", False),
        ("Basic /w==", False),
    ],
)
def test_what_opens_the_server(authorization, good):
    assert BOTH.allows(authorization) is good


def test_empty_secrets_open_nothing():
    assert not Access(token=TOKEN).allows(basic("", ""))
    assert not Access(user="anna", password=PASSWORD).allows("Bearer ")
    assert not Access().allows("Bearer ")
    assert not Access().required


def test_secrets_do_not_show():
    assert TOKEN not in repr(BOTH)
    assert PASSWORD not in repr(BOTH)
    settings = Settings(token=TOKEN, auth=f"anna:{PASSWORD}")
    assert TOKEN not in repr(settings)
    assert PASSWORD not in str(settings)


# --- what settings make of it ----------------------------------------------------------------------------------------


def test_settings_become_access(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    settings = Settings(token_file=file, auth="anna:with:colon:in-it", allowed_hosts="Box.example, other")
    access = access_from(settings)
    assert (access.token, access.user, access.password) == (TOKEN, "anna", "with:colon:in-it")
    assert access.hosts == ("127.0.0.1", "box.example", "other")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"token": "short"}, "at least 16"),
        ({"token": "sixteen chars with spaces"}, "without spaces"),
        ({"token": "öööööööööööööööööööö"}, "at least 16 letters"),
        ({"auth": "anna"}, "USER:PASSWORD"),
        ({"auth": ":long-enough-password"}, "USER:PASSWORD"),
        ({"auth": "anna:short"}, "at least 8"),
        ({"token": TOKEN, "token_file": "x"}, "leave one of them out"),
        ({"token_file": "nowhere/token"}, "cannot be read"),
    ],
)
def test_weak_or_unreadable_secrets_are_refused_and_not_repeated(given, told):
    with pytest.raises(SettingsError, match=told) as caught:
        access_from(Settings(**given))
    for secret in {"token", "auth"} & set(given):
        assert given[secret] not in str(caught.value)


def test_origins_are_kept_as_browsers_send_them():
    given = Settings.load(allowed_origins="app://Obsidian.md, http://localhost:5173/")
    assert access_from(given).origins == ("app://obsidian.md", "http://localhost:5173")


@pytest.mark.parametrize("origin", ["*", "https://", "notes.example.org", "https://a.example/path", "null"])
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(SettingsError, match="an origin looks like"):
        access_from(Settings.load(allowed_origins=origin))


def test_empty_token_file_is_refused(tmp_path):
    (tmp_path / "token").touch()
    with pytest.raises(SettingsError, match="is empty"):
        access_from(Settings(token_file=tmp_path / "token"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "box.example", ""])
def test_beyond_this_machine_it_takes_a_secret(host):
    settings = Settings(host=host)
    with pytest.raises(SettingsError, match="--auth USER:PASSWORD or a token"):
        check_reach(settings, access_from(settings))
    check_reach(settings, Access(token=TOKEN))
    check_reach(settings, Access(user="anna", password=PASSWORD))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_on_this_machine_it_does_not(host):
    assert is_loopback(host)
    check_reach(Settings(host=host), Access())


@pytest.mark.parametrize("command", ["serve", "chat"])
def test_commands_refuse_to_be_open_to_others(command):
    result = CliRunner().invoke(cli, [command, "--no-llm", "--host", "0.0.0.0"], prog_name="sidebyside")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "host 0.0.0.0: others could reach it" in result.stderr
    weak = CliRunner().invoke(cli, [command, "--host", "0.0.0.0", "--token", "hunter2"], prog_name="sidebyside")
    assert weak.exit_code == 1
    assert "hunter2" not in weak.stderr


# --- at the door -----------------------------------------------------------------------------------------------------


@pytest.fixture
def locked():
    with TestClient(guarded(api_for(StandIn(delay=0)), BOTH), base_url=LOCAL) as client:
        yield client


def routes() -> list[tuple[str, str]]:
    """(method, path) of every route of the API, with something in the place of ids."""
    paths = api_for(StandIn()).openapi()["paths"]
    return [(method.upper(), re.sub(r"{\w+}", "x", path)) for path, methods in paths.items() for method in methods]


def test_the_routes_are_all_here():
    assert ("POST", "/api/answer") in routes()
    assert len(routes()) >= 11


@pytest.mark.parametrize(
    ("method", "path"), [*routes(), ("GET", "/api/openapi.json"), ("POST", "/mcp"), ("GET", "/api/none"), ("GET", "/")]
)
def test_every_route_takes_the_secret(locked, method, path):
    response = locked.request(method, path, headers={"content-length": "0"})
    if path == "/healthz":
        assert response.status_code == 200
        return
    assert response.status_code == 401
    assert response.headers.get_list("www-authenticate") == [
        'Bearer realm="sidebyside"',
        'Basic realm="sidebyside", charset="UTF-8"',
    ]
    opened = locked.request(method, path, headers={"authorization": f"Bearer {TOKEN}", "content-length": "0"})
    assert opened.status_code != 401


def test_refusals_come_in_the_form_of_the_route(locked):
    problem = locked.get("/api/artifacts")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["type"] == "urn:sidebyside:unauthorized"
    assert problem.json()["request_id"] == problem.headers["x-request-id"]
    chat = locked.get("/v1/models").json()["error"]
    assert chat["type"] == "authentication_error"
    assert locked.get("/").headers["content-type"].startswith("text/plain")


def test_only_given_names_are_answered(locked):
    good = {"authorization": f"Bearer {TOKEN}"}
    for host, status in (("box.example:8000", 200), ("BOX.example", 200), ("[fe80::1]:80", 200), ("evil.example", 403)):
        assert locked.get("/api/artifacts", headers={**good, "host": host}).status_code == status
    response = locked.get("/api/artifacts", headers={**good, "host": "evil.example"})
    assert "--allowed-host" in response.json()["detail"]


def test_other_sites_are_refused_even_with_the_secret(locked):
    headers = {"authorization": f"Bearer {TOKEN}", "origin": "http://evil.example"}
    assert locked.post("/api/answer", json={"question": "rank"}, headers=headers).status_code == 403


def test_bodies_are_bounded_before_they_are_read(locked):
    good = {"authorization": f"Bearer {TOKEN}"}
    for path, length, status in (
        ("/api/answer", "8000001", 413),
        ("/v1/chat/completions", "32000001", 413),
        ("/api/pages", "8000001", 422),
        ("/api/pages", "64000001", 413),
        ("/api/answer", "x", 411),
    ):
        assert locked.post(path, headers={**good, "content-length": length}).status_code == status


def test_guard_passes_no_websockets():
    import asyncio

    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Guard(app, Access())({"type": "websocket", "path": "/api/answer", "headers": []}, None, None))
    assert seen == []
