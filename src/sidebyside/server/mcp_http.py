"""MCP over HTTP for clients of all habits: also those that accept one type of reply, or do not say which."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from starlette.types import Receive, Scope, Send

_BOTH = "application/json, text/event-stream"
_EVENTS = frozenset({"text/event-stream", "text/*", "*/*"})


class McpOverHttp:
    """The server as an ASGI app. `run` has to be entered while it serves.

    The SDK wants both types accepted. Here, who accepts events gets events, and everybody else one JSON object.
    """

    def __init__(self, make: Callable[[], Server[Any]]) -> None:
        # Stateless: any of several worker processes can take any request.
        self._events = StreamableHTTPSessionManager(make(), stateless=True)
        self._json = StreamableHTTPSessionManager(make(), stateless=True, json_response=True)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve requests until the end of the block."""
        async with self._events.run(), self._json.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        manager = self._events
        if scope["method"] == "POST":
            accepted = Headers(scope=scope).get("accept", "")
            types = {part.partition(";")[0].strip().casefold() for part in accepted.split(",")}
            manager = self._events if types & _EVENTS else self._json
            scope = {**scope, "headers": list(scope["headers"])}
            MutableHeaders(scope=scope)["accept"] = _BOTH
        await StreamableHTTPASGIApp(manager)(scope, receive, send)
