"""Serves the page on this machine only, and refuses what the page itself never asks for."""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware

from sidebyside.app.assets import STATIC
from sidebyside.app.guard import MAX_UPLOAD, Guard
from sidebyside.app.page import build_page, stylesheet, theme
from sidebyside.app.provider import Provider
from sidebyside.app.routes import download_routes
from sidebyside.errors import SettingsError

if TYPE_CHECKING:
    import gradio as gr

    from sidebyside.settings import Settings


def launch(settings: Settings, *, prevent_block: bool = False, provider: Provider | None = None) -> gr.Blocks:
    """Serve the page until interrupted, or return at once with the running page if `prevent_block`.

    `page.local_url` is its address and `page.close()` ends it. Raises SettingsError when the address cannot be used.
    """
    _check_host(settings.host)
    _set_up_gradio()
    provider = provider or Provider(settings)
    provider.warm()
    page = build_page(provider, settings)
    try:
        page.queue(max_size=64, default_concurrency_limit=8, api_open=False).launch(
            **_launch_options(settings, provider)
        )
    except OSError as error:
        raise SettingsError(
            f"port {settings.port} on {settings.host} cannot be used ({error}); choose another with --port"
        ) from None
    print(f"sidebyside is at {page.local_url} (Ctrl+C ends it)")
    if not prevent_block:
        try:
            page.block_thread()
        finally:
            provider.close()
    return page


def _launch_options(settings: Settings, provider: Provider) -> dict[str, Any]:
    return {
        "app_kwargs": {
            "routes": download_routes(provider, settings.index),
            "middleware": [Middleware(Guard, hosts=[settings.host])],
        },
        "server_name": settings.host,
        "server_port": settings.port,
        "share": False,
        "quiet": True,
        "inbrowser": False,
        "prevent_thread_lock": True,
        "show_error": False,
        "ssr_mode": False,
        "mcp_server": False,
        "pwa": False,
        "enable_monitoring": False,
        "run_history": False,
        "footer_links": [],
        "favicon_path": STATIC / "favicon.png",
        "max_file_size": MAX_UPLOAD,
        "theme": theme(),
        "css": stylesheet(),
    }


def _set_up_gradio() -> None:
    """Settings that gradio reads from the environment.

    It reports to its makers and tallies every event for a dashboard: this page wants neither. Dropped files wait in a
    folder that only this user can read and that goes when the server ends.
    """
    uploads = tempfile.mkdtemp(prefix="sidebyside-")
    atexit.register(shutil.rmtree, uploads, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = uploads
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(sys.maxsize)


def _check_host(host: str) -> None:
    """The page has no password, so it listens on this machine only."""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise SettingsError(
            f"host {host}: the chat page has no password and listens on this machine only; use 127.0.0.1"
        )
