"""Who may ask the page's server for what."""

from __future__ import annotations

import asyncio
import json

import pytest

from sidebyside.serving.access import Access
from sidebyside.serving.brake import SECONDS_A_TRY, TRIES, Brake
from sidebyside.serving.guard import Guard


def respond(method, path, headers, access=Access(hosts=("127.0.0.1",))):  # noqa: B008
    """The status that the guard gives, 200 where it lets the request through."""
    return answer(method, path, headers, access)[0]


def answer(method, path, headers, access):
    """Status and headers."""
    sent = []

    async def inner(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b""}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
    asyncio.run(Guard(inner, access)(scope, receive, send))
    given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert given["content-security-policy"]
    return sent[0]["status"], given


HOME = {"host": "127.0.0.1:7860"}
LONG = {"content-length": "10"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", HOME, 200),
        ("HEAD", "/", HOME, 200),
        ("GET", "/", {"host": "localhost"}, 200),
        ("GET", "/", {"host": "[::1]:7860"}, 200),
        ("GET", "/assets/index-Dph_v.js", HOME, 200),
        ("GET", "/static/fonts/IBMPlexSans/IBMPlexSans-Bold.woff2", HOME, 200),
        ("POST", "/gradio_api/queue/join", HOME | LONG | {"origin": "http://127.0.0.1:7860"}, 200),
        ("POST", "/gradio_api/call/ask", HOME | LONG, 200),
        ("GET", "/", {}, 403),
        ("GET", "/", {"host": ""}, 403),
        ("GET", "/", {"host": "evil.example"}, 403),
        ("GET", "/", {"host": "127.0.0.1.evil.example:7860"}, 403),
        ("GET", "/", {"host": "evil.example@127.0.0.1.evil"}, 403),
        ("GET", "/", {"host": "192.168.0.5:7860"}, 403),
        ("GET", "/", {"host": "[bad"}, 403),
        ("POST", "/gradio_api/queue/join", HOME | LONG | {"origin": "http://evil.example"}, 403),
        ("POST", "/gradio_api/queue/join", HOME | LONG | {"origin": "null"}, 403),
        ("POST", "/gradio_api/queue/join", HOME | LONG | {"origin": "http://127.0.0.1:9999"}, 403),
        ("POST", "/gradio_api/queue/join", HOME | LONG | {"sec-fetch-site": "cross-site"}, 403),
        ("POST", "/gradio_api/queue/join", HOME | LONG | {"sec-fetch-site": "same-site"}, 403),
        ("GET", "/", HOME | {"origin": "https://127.0.0.1.evil"}, 403),
        ("POST", "/gradio_api/upload", HOME | {"content-length": "64000001"}, 413),
        ("POST", "/gradio_api/queue/join", HOME | {"content-length": "8000001"}, 413),
        ("POST", "/gradio_api/upload", HOME, 411),
        ("POST", "/gradio_api/upload", HOME | {"content-length": "-5"}, 411),
        ("POST", "/gradio_api/upload", HOME | {"content-length": "1_0"}, 411),
        ("PUT", "/", HOME, 404),
        ("DELETE", "/gradio_api/upload", HOME, 404),
        ("OPTIONS", "/", HOME, 404),
        ("POST", "/", HOME | LONG, 404),
    ],
)
def test_guard(method, path, headers, status):
    assert respond(method, path, headers) == status


UNUSED = [
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file/etc/passwd",
    "/gradio_api/proxy=http://192.0.2.1/",
    "/file=/etc/passwd",
    "/monitoring",
    "/monitoring/summary",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/gradio_api/openapi.json",
    "/gradio_api/deep_link",
    "/gradio_api/runs",
    "/gradio_api/run-history/buckets",
    "/gradio_api/custom_component/1/client/component/x.js",
    "/gradio_api/stream/s/r/c/playlist.m3u8",
    "/gradio_api/token",
    "/gradio_api/user",
    "/gradio_api/dev/reload",
    "/gradio_api/vibe-code",
    "/gradio_api/mcp/sse",
    "/login",
    "/logout",
    "/svelte/x",
    "/pwa_icon",
    "/assets/../../../etc/passwd",
    "/assets/..%2f..%2fetc/passwd",
    "/assets/%2e%2e/%2e%2e/etc/passwd",
    "/assets//etc/passwd",
    "/static/fonts/../../../../config.py",
    "/static/../../blocks.py",
    "/static/config.json",
    "/sidebyside/../feedback.jsonl",
    "/sidebyside/x/y",
    "//etc/passwd",
    "/\\..\\..\\windows",
    "/config/../../etc/passwd",
    "/.env",
    "/index/feedback.jsonl",
]


@pytest.mark.parametrize("path", UNUSED)
def test_guard_knows_no_other_path(path):
    assert respond("GET", path, HOME) == 404


@pytest.mark.parametrize(
    "path", ["/gradio_api/component_server", "/gradio_api/process_recording", "/login", "/gradio_api/vibe-edit"]
)
def test_guard_takes_nothing_else(path):
    assert respond("POST", path, HOME | LONG) == 404


# --- pages of others that may ask ------------------------------------------------------------------------------------

NOTES = "app://obsidian.md"
SHARED = Access(token="a-token-for-these-tests", hosts=("127.0.0.1",), origins=(NOTES, "http://localhost:5173"))
KEY = {"authorization": "Bearer a-token-for-these-tests"}
ASKS_FIRST = {
    "origin": NOTES,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}


def test_a_named_origin_may_ask_the_api():
    status, given = answer("OPTIONS", "/v1/chat/completions", HOME | ASKS_FIRST, SHARED)
    assert status == 204
    assert given["access-control-allow-origin"] == NOTES
    assert given["access-control-allow-headers"] == "authorization,content-type"
    assert "POST" in given["access-control-allow-methods"]
    sent = HOME | LONG | KEY | {"origin": NOTES, "sec-fetch-site": "cross-site"}
    status, given = answer("POST", "/v1/chat/completions", sent, SHARED)
    assert (status, given["access-control-allow-origin"], given["vary"]) == (200, NOTES, "Origin")


def test_a_named_origin_still_needs_the_token_and_can_read_that_it_does():
    status, given = answer("GET", "/v1/models", HOME | {"origin": NOTES}, SHARED)
    assert (status, given["access-control-allow-origin"]) == (401, NOTES)


@pytest.mark.parametrize(
    ("method", "path", "headers", "access"),
    [
        ("OPTIONS", "/v1/models", ASKS_FIRST, Access()),
        ("OPTIONS", "/v1/models", ASKS_FIRST | {"origin": "app://obsidian.md.evil"}, SHARED),
        ("OPTIONS", "/v1/models", ASKS_FIRST | {"origin": "null"}, SHARED),
        ("OPTIONS", "/", ASKS_FIRST, SHARED),
        ("GET", "/", {"origin": NOTES} | KEY, SHARED),
        ("POST", "/gradio_api/queue/join", {"origin": NOTES} | KEY | LONG, SHARED),
        ("GET", "/v1/models", {"origin": NOTES, "host": "evil.example"} | KEY, SHARED),
    ],
)
def test_nobody_else_may_and_nothing_else(method, path, headers, access):
    status, given = answer(method, path, HOME | headers, access)
    assert status == 403
    assert "access-control-allow-origin" not in given or headers.get("host")


def test_the_refusal_of_another_origin_says_what_would_let_it_in():
    sent = []

    async def send(message):
        sent.append(message)

    raw = [(b"host", b"127.0.0.1:7860"), (b"origin", b"https://box.example.org")]
    scope = {"type": "http", "method": "POST", "path": "/api/answer", "headers": raw, "query_string": b""}
    asyncio.run(Guard(None, Access())(scope, None, send))
    detail = json.loads(sent[1]["body"])["detail"]
    assert "comes from https://box.example.org for 127.0.0.1:7860" in detail
    assert "proxy_set_header Host $http_host" in detail
    assert "--allowed-host box.example.org" in detail
    assert "--allowed-origin https://box.example.org" in detail


@pytest.mark.parametrize(
    ("prefix", "below"),
    [("/compare", "/compare"), ("/a/compare/", "/a/compare"), ("", ""), ("/", ""), ("//evil.example", ""), ("/..", ""),
     ("/<b>", ""), ("compare", ""), ("/config", "")],
)  # fmt: skip
def test_a_proxy_says_below_which_path_it_serves_this(prefix, below):
    seen = []

    async def inner(scope, _receive, _send):
        seen.append((scope.get("root_path", ""), scope["path"]))

    raw = [(b"host", b"localhost"), (b"x-forwarded-prefix", prefix.encode()), (b"content-length", b"0")]
    scope = {"type": "http", "method": "GET", "path": "/config", "headers": raw, "query_string": b""}
    asyncio.run(Guard(inner, Access())(scope, None, None))
    assert seen == [(below, "/config")]


# --- paths as some clients write them --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1//models", "//v1/models/", "/mcp/", "/healthz/"])
def test_slashes_too_many_lead_to_the_route(path):
    seen = []

    async def inner(scope, _receive, send):
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(_message):
        return

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"localhost")], "query_string": b""}
    asyncio.run(Guard(inner, Access())(scope, None, send))
    assert seen == ["/" + path.replace("//", "/").strip("/")]


# --- guessing --------------------------------------------------------------------------------------------------------


def test_guessing_is_slowed_for_the_address_that_guesses():
    now = [100.0]
    brake = Brake(lambda: now[0])
    for _ in range(TRIES):
        assert brake.wait("a") == 0
        brake.wrong("a")
    assert 0 < brake.wait("a") <= SECONDS_A_TRY
    assert brake.wait("b") == 0
    now[0] += SECONDS_A_TRY
    assert brake.wait("a") == 0
    brake.wrong("a")
    assert brake.wait("a") > 0
    now[0] += 100_000
    for _ in range(TRIES):
        assert brake.wait("a") == 0
        brake.wrong("a")
    assert brake.wait("a") > 0


def statuses(guard, *tokens, address="198.51.100.7"):
    """The status for each of these bearer tokens, one after the other, and the last headers."""
    found, given = [], {}

    async def send(message):
        if message["type"] == "http.response.start":
            found.append(message["status"])
            given.update({name.decode(): value.decode() for name, value in message["headers"]})

    async def run():
        for token in tokens:
            raw = [(b"host", b"localhost")] + ([(b"authorization", f"Bearer {token}".encode())] if token else [])
            scope = {"type": "http", "method": "GET", "path": "/v1/models", "headers": raw, "query_string": b""}
            await guard({**scope, "client": (address, 1)}, None, send)

    asyncio.run(run())
    return found, given


def test_who_guesses_is_told_to_wait_and_who_knows_goes_on():
    async def inner(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guard, good = Guard(inner, Access(token="a-token-for-these-tests")), "a-token-for-these-tests"
    assert statuses(guard, good, address="192.0.2.1")[0] == [200]
    found, given = statuses(guard, *[f"guess-{number}" for number in range(TRIES + 2)])
    assert found == [401] * TRIES + [429] * 2
    assert 1 <= int(given["retry-after"]) <= SECONDS_A_TRY + 1
    assert statuses(guard, "", address="198.51.100.7")[0] == [401]
    assert statuses(guard, good, address="198.51.100.7")[0] == [200]
    fresh = Guard(inner, Access(token="a-token-for-these-tests"))
    assert statuses(fresh, *["guess"] * TRIES, good)[0][-1] == 429


# --- bodies that do not say how long they are ------------------------------------------------------------------------


def chunked(chunks, inner):
    """The status for a body in these chunks; `inner` is what stands behind the guard."""
    sent, left = [], list(chunks)

    async def receive():
        body = left.pop(0) if left else b""
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/answer", "query_string": b""}
    asyncio.run(Guard(inner, Access())({**scope, "headers": [(b"host", b"localhost")]}, receive, send))
    return sent[0]["status"]


async def reading(_scope, receive, send):
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def hiding(scope, receive, send):
    """Answers although reading failed, as frameworks do."""
    try:
        await reading(scope, receive, send)
    except Exception:
        await send({"type": "http.response.start", "status": 400, "headers": []})


@pytest.mark.parametrize("inner", [reading, hiding])
def test_chunked_bodies_are_taken_and_bounded(inner):
    assert chunked([b"x" * 1000] * 8, inner) == 200
    assert chunked([b"x" * 1_000_000] * 8 + [b"x"], inner) == 413
