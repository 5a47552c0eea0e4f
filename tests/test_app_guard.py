"""Who may ask the page's server for what."""

from __future__ import annotations

import asyncio

import pytest

from sidebyside.app.guard import Guard
from sidebyside.server.access import Access


def respond(method, path, headers):
    """The status that the guard gives, 200 where it lets the request through."""
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
    asyncio.run(Guard(inner, Access(hosts=("127.0.0.1",)))(scope, receive, send))
    assert dict(sent[0]["headers"])[b"content-security-policy"]
    return sent[0]["status"]


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
