"""Lets through only what the page and the API are asked for, by whom they may be asked, and tells browsers to load
nothing else.

Gradio serves far more than this page uses (files by path, proxies, monitoring, code generation). An allow-list keeps
all of it out, whatever a later version adds. Host and Origin are checked because a foreign site can point its own
name at 127.0.0.1 (DNS rebinding) and because any site may send requests here. Where a token or password is set, it is
checked here, before anything else sees the request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response

from sidebyside.serving.access import Access
from sidebyside.serving.bodies import TooLongError, run_bounded
from sidebyside.serving.brake import Brake
from sidebyside.serving.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]{1,30}://[\w.-]{1,200}(?::\d{1,5})?", re.ASCII)
_HEADER_NAMES = re.compile(r"[\w ,-]{1,500}", re.ASCII)
_EXPOSED = "Location, Mcp-Session-Id, Retry-After, X-Request-ID"
# The path under which a proxy serves this, as it says itself; the page's addresses begin with it.
_PREFIX = re.compile(r"(?:/[\w.~-]{1,60}){1,8}", re.ASCII)
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

# Bytes in the body of a request: dropped files, conversations (with pictures in them that are not read), and all else.
MAX_UPLOAD = 64_000_000
MAX_CHAT = 32_000_000
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


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: int
    reason: str
    retry_after: int = 0


class Guard:
    """ASGI middleware. `access` says who may ask, under which names, and which pages of others may."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._hosts = LOOPBACK | {host.casefold().strip("[]") for host in access.hosts}
        self._brake = Brake()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        scope = _plain(scope)
        headers = Headers(scope=scope)
        scope = _below(scope, headers.get("x-forwarded-prefix", "").rstrip("/"))
        guest = self._guest(scope, headers)
        given = HEADERS | (_shared_with(guest) if guest else {})
        refusal = self._refusal(scope, headers, guest)
        if refusal is not None:
            await self._response(scope, refusal, given)(scope, receive, send)
            return
        if guest and scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=given | _preflight(headers))(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(given)
            await send(message)

        if "content-length" in headers:
            await self._app(scope, receive, send_with_headers)
            return
        limit = _limit(scope["path"])
        try:
            await run_bounded(self._app, scope, receive, send_with_headers, limit)
        except TooLongError:
            await self._response(scope, _too_long(limit), given)(scope, receive, send)

    def _guest(self, scope: Scope, headers: Headers) -> str:
        """The origin of a page of others that asks the API and may; "" for all other requests."""
        origin = headers.get("origin", "")
        return origin if origin in self._access.origins and _API.fullmatch(scope["path"]) else ""

    def _refusal(self, scope: Scope, headers: Headers, guest: str) -> _Refusal | None:
        """Why a request is not let through; None where it is."""
        method, path = scope["method"], scope["path"]
        if _host(headers.get("host", "")) not in self._hosts:
            return _Refusal(403, "this server answers under localhost and the names given with --allowed-host only")
        if not guest and _foreign(headers, method):
            return _Refusal(403, _foreign_reason(headers))
        if guest and method == "OPTIONS":
            return None  # a browser asks before it asks; it sends no token with that
        if self._access.required and path not in _OPEN:
            refusal = self._unknown(scope, headers.get("authorization", ""))
            if refusal is not None:
                return refusal
        if _API.fullmatch(path) and "/.." not in path:
            return _oversized(headers, path) if method in ("POST", "PUT", "PATCH") else None
        allowed = {"GET": _GET, "HEAD": _GET, "POST": _POST}.get(method)
        if allowed is None or not allowed.fullmatch(path) or ".." in path:
            return _Refusal(404, "not here")
        return _oversized(headers, path) if method == "POST" else None

    def _unknown(self, scope: Scope, authorization: str) -> _Refusal | None:
        """The refusal of who does not give the token or the password, or tries too many."""
        if self._brake.known(authorization):
            return None
        address = str((scope.get("client") or ("",))[0])
        seconds = self._brake.wait(address) if authorization else 0.0
        if seconds > 0:
            return _Refusal(429, "too many wrong tokens or passwords; wait a little", retry_after=int(seconds) + 1)
        if self._access.allows(authorization):
            self._brake.right(authorization)
            return None
        if authorization:
            self._brake.wrong(address)
        return _Refusal(401, "a token or password is needed: Authorization: Bearer TOKEN")

    def _response(self, scope: Scope, refusal: _Refusal, given: dict[str, str]) -> Response:
        """What tells of a refusal: to programs a problem, to people a line."""
        if _API.fullmatch(scope["path"]):
            response = problem(scope, refusal.status, refusal.reason)
        else:
            response = PlainTextResponse(refusal.reason, status_code=refusal.status)
        response.headers.update(given)
        if refusal.retry_after:
            response.headers["Retry-After"] = str(refusal.retry_after)
        if refusal.status == 401:
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


def _plain(scope: Scope) -> Scope:
    """The request with the path of its route: some clients send /v1//models for /v1/models, or /mcp/ for /mcp."""
    path = re.sub("/{2,}", "/", scope["path"]).rstrip("/")
    if path == scope["path"] or not _API.fullmatch(path):
        return scope
    return {**scope, "path": path, "raw_path": path.encode()}


def _below(scope: Scope, prefix: str) -> Scope:
    """The request as one for an app below this path of a proxy, which has taken the path off."""
    if not _PREFIX.fullmatch(prefix) or "/.." in prefix or scope["path"].startswith(prefix):
        return scope
    return {**scope, "root_path": prefix}


def _foreign(headers: Headers, method: str) -> bool:
    """Whether another site sent this: by its Origin, or by what the browser says about who asked."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.casefold() != headers.get("host", "").casefold():
        return True
    return method == "POST" and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _foreign_reason(headers: Headers) -> str:
    """Why a request from another site is refused, and what lets it in where it is meant well."""
    origin = headers.get("origin", "")
    if not _ORIGIN.fullmatch(origin):
        return "requests from other sites are refused"
    name = origin.partition("://")[2].partition(":")[0]
    return (
        f"requests from other sites are refused, and this one comes from {origin} for {headers.get('host')}. If both "
        "are this server behind a proxy, let the proxy pass on the Host that it was asked for (nginx: proxy_set_header "
        f"Host $http_host) and start with --allowed-host {name}; if it is a page or plug-in of yours, start with "
        f"--allowed-origin {origin}"
    )


def _shared_with(origin: str) -> dict[str, str]:
    """Headers by which a browser lets a page of this origin read a response."""
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", "Access-Control-Expose-Headers": _EXPOSED}


def _preflight(headers: Headers) -> dict[str, str]:
    """What a browser wants to know before it sends a page's request."""
    wanted = headers.get("access-control-request-headers", "")
    return {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": wanted if _HEADER_NAMES.fullmatch(wanted) else "authorization, content-type",
        "Access-Control-Allow-Private-Network": "true",
        "Access-Control-Max-Age": "600",
    }


def _oversized(headers: Headers, path: str) -> _Refusal | None:
    """Bodies are not too long: nothing can fill memory or disk. Those of the page say how long they are."""
    limit, length = _limit(path), headers.get("content-length")
    if length is None and _API.fullmatch(path):
        return None  # counted while it comes
    if length is None or not length.isascii() or not length.isdigit():
        return _Refusal(411, "the length of the request is missing")
    return _too_long(limit) if int(length) > limit else None


def _too_long(limit: int) -> _Refusal:
    return _Refusal(413, f"more than {limit // 1_000_000} MB at a time")


def _limit(path: str) -> int:
    if path.startswith(("/gradio_api/upload", "/api/pages")):
        return MAX_UPLOAD
    return MAX_CHAT if path.startswith("/v1/") else MAX_BODY


def _host(header: str) -> str:
    """The name in a Host header, without port and brackets; "" for anything that is not a plain name or address."""
    match = _HOST.fullmatch(header)
    return match[1].strip("[]").casefold() if match else ""
