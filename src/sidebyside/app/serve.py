"""Serves the page with the API beside it, and refuses what neither is asked for."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware

from sidebyside.app.assets import STATIC
from sidebyside.app.page import build_page, stylesheet, theme
from sidebyside.app.routes import download_routes
from sidebyside.models.catalogue import NO_MODEL
from sidebyside.models.fitting import fitting_model
from sidebyside.models.machine import usable_cores
from sidebyside.server.api import create_api
from sidebyside.serving.access import Access, access_from
from sidebyside.serving.addresses import taken_error
from sidebyside.serving.completing import Completion, missing_parts
from sidebyside.serving.guard import MAX_UPLOAD, Doorway, Guard
from sidebyside.serving.observing import Observed
from sidebyside.serving.provider import Provider

if TYPE_CHECKING:
    import gradio as gr

    from sidebyside.app.opening import Opening
    from sidebyside.settings import Settings

log = logging.getLogger(__name__)


def launch(
    settings: Settings,
    opening: Opening,
    *,
    prevent_block: bool = False,
    provider: Provider | None = None,
    get_llm: bool = False,
) -> gr.Blocks:
    """Serve the page until interrupted, or return at once with the running page if `prevent_block`.

    With `get_llm`, what the LLM needs and is not here is got meanwhile. `page.local_url` is its address, which
    `opening` holds until then; `page.close()` ends it. Raises SettingsError when the address cannot be used.
    """
    access = access_from(settings)
    fitting = fitting_model(settings, usable_cores())
    parts = missing_parts(settings, fitting.model) if get_llm else {}
    # Until the LLM has joined, answers need not say that it is missing: the page does.
    provider = provider or Provider(settings, model=NO_MODEL if parts else None)
    completion = Completion(fitting.model, parts, _joining(provider)) if parts else None
    if fitting.notice:
        print(fitting.notice, file=sys.stderr, flush=True)
    page = build_page(provider, settings, completion)
    page.queue(max_size=64, default_concurrency_limit=8, api_open=False)
    options = _launch_options(settings, provider, access)
    provider.warm()
    opening.close()
    try:
        page.launch(**options)
    except OSError as error:  # taken in the meantime: gradio's text is about settings of its own
        log.info("gradio could not start", exc_info=error)
        raise taken_error(settings) from None
    if completion is not None:
        completion.start()
    if prevent_block:
        _tell_address(page)
    else:
        _wait_for_end(page, provider, completion)
    return page


def _joining(provider: Provider) -> Callable[[str], None]:
    """Have the LLM answer from the next question on, unless somebody has chosen another one meanwhile."""

    def join(model: str) -> None:
        if provider.model == NO_MODEL:
            provider.switch(model)
            provider.warm()
        print(f"the language model has joined: {model}", flush=True)

    return join


def _tell_address(page: gr.Blocks) -> None:
    print(f"sidebyside is at {page.local_url} (Ctrl+C ends it)", flush=True)


def _wait_for_end(page: gr.Blocks, provider: Provider, completion: Completion | None) -> None:
    """Serve until Ctrl+C or a polite kill; either way the model process ends and nothing stays behind."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # Told only now: whoever reads it may end the server at once, and that must already be a clean end.
        _tell_address(page)
        told = set[str]()
        while page.is_running:
            time.sleep(0.2)
            if completion is not None and completion.trouble not in ("", *told):
                told.add(completion.trouble)
                print(f"{completion.trouble}\nUntil then, answers come from tables and quotes.", flush=True)
    except KeyboardInterrupt:
        pass
    finally:
        if completion is not None:
            completion.close()
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
