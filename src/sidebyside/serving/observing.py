"""Gives every request an id, and counts and times it."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from sidebyside.serving.problems import REQUEST_ID

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sidebyside.serving.metrics import Metrics

_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Observed:
    """ASGI middleware. A caller's own X-Request-ID is kept where it is a plain one."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        scope[REQUEST_ID] = given if _ID.fullmatch(given) else uuid.uuid4().hex
        status = 500
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = scope[REQUEST_ID]
            await send(message)

        with self._metrics.running.track_inprogress():
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                route = _route(scope)
                method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"
                self._metrics.requests.labels(method, route, str(status)).inc()
                self._metrics.seconds.labels(route).observe(time.perf_counter() - started)


def _route(scope: Scope) -> str:
    """The path as the route has it, without ids; "other" for everything else, so that there are few of them."""
    return str(getattr(scope.get("route"), "path", "") or "other")
