"""Lets through only what the page and the API are asked for, by whom they may be asked, and tells browsers to load
nothing else.

Gradio serves far more than this page uses (files by path, proxies, monitoring, code generation). An allow-list keeps
all of it out, whatever a later version adds. Host and Origin are checked because a foreign site can point its own
name at 127.0.0.1 (DNS rebinding) and because any site may send requests here. Where a token or password is set, it is
checked here, before anything else sees the request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response

from sidebyside.server.access import Access
from sidebyside.server.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")

# What the page and gradio's own client ask for; /gradio_api/call/ask is the programmatic question.
_GET = re.compile(
    r"/(?:|config/?|theme\.css|favicon\.ico|assets/[\w.-]+|static/(?:fonts|img|js)/[\w./-]+|sidebyside/[\w.-]+"
    r"|gradio_api/(?:info/?|app_id|startup-events|queue/data|upload_progress|heartbeat/\w+|call/(?:v2/)?ask/\w+))"
)
_POST = re.compile(r"/gradio_api/(?:queue/join|run/predict|cancel|reset|upload|call/(?:v2/)?ask)/?")

# The routes of the API, which tells by itself what it does not have.
_API = re.compile(r"/(?:api|v1|mcp)(?:/.*)?|/healthz|/metrics", re.DOTALL)
# Needs no token: whether the server is up, for what watches over it; gradio asks itself once, when it starts.
_OPEN = frozenset({"/healthz", "/gradio_api/startup-events"})

# Bytes in the body of a request: dropped files, and everything else.
MAX_UPLOAD = 64_000_000
MAX_BODY = 8_000_000

# 'unsafe-eval' and inline scripts are gradio's own needs; handlers inside markup ('script-src-attr') are not.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """ASGI middleware. `access` says who may ask, and under which names beside those of this machine."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._hosts = LOOPBACK | {host.casefold().strip("[]") for host in access.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await self._response(scope, *refusal)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason for what is not let through."""
        headers = Headers(scope=scope)
        method, path = scope["method"], scope["path"]
        if _host(headers.get("host", "")) not in self._hosts:
            return 403, "this server answers under localhost and the names given with --allowed-host only"
        if _foreign(headers, method):
            return 403, "requests from other sites are refused"
        if self._access.required and path not in _OPEN and not self._access.allows(headers.get("authorization", "")):
            return 401, "a token or password is needed: Authorization: Bearer TOKEN"
        if _API.fullmatch(path) and "/.." not in path:
            return _too_large(headers, path) if method in ("POST", "PUT", "PATCH") else None
        allowed = {"GET": _GET, "HEAD": _GET, "POST": _POST}.get(method)
        if allowed is None or not allowed.fullmatch(path) or ".." in path:
            return 404, "not here"
        return _too_large(headers, path) if method == "POST" else None

    def _response(self, scope: Scope, status: int, reason: str) -> Response:
        """What tells of a refusal: to programs a problem, to people a line."""
        if _API.fullmatch(scope["path"]):
            response = problem(scope, status, reason)
        else:
            response = PlainTextResponse(reason, status_code=status)
        response.headers.update(HEADERS)
        if status == 401:
            for challenge in self._access.challenges:
                response.headers.append("WWW-Authenticate", challenge)
        return response


class Doorway:
    """ASGI middleware: requests for the API go to the API, all others on to the page."""

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._app = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        to_api = scope["type"] == "http" and _API.fullmatch(scope["path"])
        await (self._api if to_api else self._app)(scope, receive, send)


def _foreign(headers: Headers, method: str) -> bool:
    """Whether another site sent this: by its Origin, or by what the browser says about who asked."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.casefold() != headers.get("host", "").casefold():
        return True
    return method == "POST" and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _too_large(headers: Headers, path: str) -> tuple[int, str] | None:
    """Bodies say how long they are, and are not too long: nothing can fill memory or disk."""
    length = headers.get("content-length", "")
    if not length.isascii() or not length.isdigit():
        return 411, "the length of the request is missing"
    limit = MAX_UPLOAD if path.startswith(("/gradio_api/upload", "/api/pages")) else MAX_BODY
    return (413, f"more than {limit // 1_000_000} MB at a time") if int(length) > limit else None


def _host(header: str) -> str:
    """The name in a Host header, without port and brackets; "" for anything that is not a plain name or address."""
    match = _HOST.fullmatch(header)
    return match[1].strip("[]").casefold() if match else ""
