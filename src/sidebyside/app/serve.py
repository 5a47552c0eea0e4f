"""Serves the page with the API beside it, and refuses what neither is asked for."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware

from sidebyside.app.assets import STATIC
from sidebyside.app.guard import MAX_UPLOAD, Doorway, Guard
from sidebyside.app.page import build_page, stylesheet, theme
from sidebyside.app.provider import Provider
from sidebyside.app.routes import download_routes
from sidebyside.errors import SettingsError
from sidebyside.server.access import Access, access_from, check_reach
from sidebyside.server.api import create_api
from sidebyside.server.observing import Observed

if TYPE_CHECKING:
    import gradio as gr

    from sidebyside.settings import Settings


def launch(settings: Settings, *, prevent_block: bool = False, provider: Provider | None = None) -> gr.Blocks:
    """Serve the page until interrupted, or return at once with the running page if `prevent_block`.

    `page.local_url` is its address and `page.close()` ends it. Raises SettingsError when the address cannot be used.
    """
    access = access_from(settings)
    check_reach(settings, access)
    provider = provider or Provider(settings)
    provider.warm()
    page = build_page(provider, settings)
    try:
        page.queue(max_size=64, default_concurrency_limit=8, api_open=False).launch(
            **_launch_options(settings, provider, access)
        )
    except OSError as error:
        raise SettingsError(
            f"port {settings.port} on {settings.host} cannot be used ({error}); choose another with --port"
        ) from None
    if prevent_block:
        _tell_address(page)
    else:
        _wait_for_end(page, provider)
    return page


def _tell_address(page: gr.Blocks) -> None:
    print(f"sidebyside is at {page.local_url} (Ctrl+C ends it)", flush=True)


def _wait_for_end(page: gr.Blocks, provider: Provider) -> None:
    """Serve until Ctrl+C or a polite kill; either way the model process ends and nothing stays behind."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # Told only now: whoever reads it may end the server at once, and that must already be a clean end.
        _tell_address(page)
        while page.is_running:
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    finally:
        page.close(verbose=False)
        provider.close()


def _launch_options(settings: Settings, provider: Provider, access: Access) -> dict[str, Any]:
    api = create_api(provider, settings)
    return {
        "app_kwargs": {
            "routes": download_routes(provider, settings.index),
            "middleware": [
                Middleware(Observed, metrics=api.state.core.metrics),
                Middleware(Guard, access=access),
                Middleware(Doorway, api=api),
            ],
            "lifespan": api.router.lifespan_context,
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
