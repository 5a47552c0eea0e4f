"""Lets through only what the page itself asks for, from this machine only, and tells the browser to load nothing else.

Gradio serves far more than this page uses (files by path, proxies, monitoring, code generation). An allow-list keeps
all of it out, whatever a later version adds. Host and Origin are checked because a foreign site can point its own
name at 127.0.0.1 (DNS rebinding) and because any site may send requests here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_GET = re.compile(
    r"/(?:|config/?|theme\.css|favicon\.ico|manifest\.json|robots\.txt"
    r"|assets/[\w.-]+|static/(?:fonts|img|js)/[\w./-]+"
    r"|sidebyside/[\w.-]+"
    r"|gradio_api/(?:info|app_id|startup-events|theme\.css|queue/data|upload_progress|heartbeat/\w+"
    r"|call/(?:v2/)?ask/\w+|file=.+/api_info\.json))"
)
_POST = re.compile(r"/gradio_api/(?:queue/join|run/predict|cancel|reset|upload|call/(?:v2/)?ask)/?")

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
    """ASGI middleware. `hosts` are the names under which the page may be asked for."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.casefold() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope) if scope["type"] == "http" else "not here"
        if refusal:
            if scope["type"] == "http":
                await PlainTextResponse(refusal, status_code=403, headers=HEADERS)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        if _host(headers.get("host", "")) not in self._hosts:
            return "this page answers under localhost only"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.casefold() != headers.get("host", "").casefold():
            return "requests from other sites are refused"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") and scope["method"] != "GET":
            return "requests from other sites are refused"
        allowed = _GET if scope["method"] in ("GET", "HEAD") else _POST if scope["method"] == "POST" else None
        if allowed is None or not allowed.fullmatch(scope["path"]) or ".." in scope["path"]:
            return "not here"
        return ""


def _host(header: str) -> str:
    """The name in a Host header, without port and brackets."""
    try:
        return (urlsplit(f"//{header}").hostname or "").casefold()
    except ValueError:
        return ""
