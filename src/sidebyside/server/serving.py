"""Serves the routes without the chat page, in one process or several."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import uvicorn

from sidebyside.serving.access import Access, access_from, check_reach
from sidebyside.serving.addresses import listening
from sidebyside.serving.guard import Guard
from sidebyside.serving.provider import Provider

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sidebyside.settings import Settings

# prometheus_client's own name for the folder in which workers add up their figures. It looks when it is imported, so
# only the workers import it.
_SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# A worker that is loading its libraries on a busy machine answers its parent late, which is no reason to end it.
_WORKER_ANSWERS = 120


@dataclass(frozen=True, slots=True, repr=False)
class AppOf:
    """Makes the app, in the process that serves it; the settings travel there through a pipe, so nobody sees them."""

    settings: Settings
    access: Access

    def __call__(self) -> ASGIApp:
        from sidebyside.server.api import create_api
        from sidebyside.serving.observing import Observed

        _end_with_parent()
        provider = Provider(self.settings)
        provider.warm()
        api = create_api(provider, self.settings, owns_provider=True)
        return Observed(Guard(api, self.access), api.state.core.metrics)


def serve(settings: Settings, *, workers: int = 1) -> None:
    """Serve until interrupted. Raises SettingsError when the address cannot be used or would be open to others."""
    access = access_from(settings)
    check_reach(settings, access)
    if workers > 1 and settings.model != "none" and not settings.llm_url:
        click.echo(
            f"each of the {workers} workers loads the LLM; SIDEBYSIDE_LLM_URL lets them share a server", err=True
        )
    config = uvicorn.Config(
        AppOf(settings, access),
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=_WORKER_ANSWERS,
    )
    with listening(settings) as listener:
        listener.set_inheritable(True)
        host, port = listener.getsockname()[:2]
        name = f"[{host}]" if ":" in host else host
        click.echo(f"sidebyside is at http://{name}:{port} (Ctrl+C ends it)")
        # A polite kill ends it as Ctrl+C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            _run(config, listener, workers)
        except KeyboardInterrupt:
            return


def _run(config: uvicorn.Config, listener: socket.socket, workers: int) -> None:
    if workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
        return
    from uvicorn.supervisors import Multiprocess

    with tempfile.TemporaryDirectory(prefix="sidebyside-metrics-") as folder:
        os.environ[_SHARED_FOLDER] = folder
        try:
            Multiprocess(config, sockets=[listener]).run()
        finally:
            del os.environ[_SHARED_FOLDER]


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()
