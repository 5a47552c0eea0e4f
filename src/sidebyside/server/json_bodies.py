"""Takes bodies for JSON that do not say what they are: `curl -d` calls everything a form, some clients say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# What programs send that were not told a type. Uploads are "multipart/form-data", MCP has rules of its own.
_UNTOLD = frozenset({"", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream"})


class JsonBodies:
    """ASGI middleware. Pages of other sites could send such bodies too: serving.guard refuses them by their origin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(("/api/", "/v1/")):
            headers = MutableHeaders(scope=scope)
            told = headers.get("content-type", "").partition(";")[0].strip().casefold()
            if told in _UNTOLD:
                headers["content-type"] = "application/json"
        await self._app(scope, receive, send)
