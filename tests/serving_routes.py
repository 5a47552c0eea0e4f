"""Serves an app on loopback from a thread of the test, with a stand-in or a given assistant behind it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from sidebyside.server import create_api
from sidebyside.serving.access import Access
from sidebyside.serving.guard import Guard
from sidebyside.serving.observing import Observed
from sidebyside.serving.provider import Provider
from sidebyside.settings import Settings

# A Host header that the guard lets through, for clients that talk to the app directly.
LOCAL = "http://127.0.0.1:7860"
TOKEN = "a-token-for-these-tests"


def provider_of(assistant: Any) -> Provider:
    """A provider that lends this assistant."""
    return Provider(Settings(), opener=lambda _settings, _model: assistant)


def api_for(assistant: Any, index: Path | None = None) -> Any:
    """The bare API on this assistant; uploads go into `index`."""
    return create_api(provider_of(assistant), Settings() if index is None else Settings(index=index))


def guarded(api: Any, access: Access = Access()) -> Any:  # noqa: B008
    """The API as it is served: with ids, figures and the guard."""
    return Observed(Guard(api, access), api.state.core.metrics)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of a server on a free port; it ends with the block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 30
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()
