"""The HTTP interface. Nothing here loads fastapi before `create_api` or `serve` is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from sidebyside.serving.provider import Provider
    from sidebyside.settings import Settings

__all__ = ["create_api", "serve"]


def create_api(provider: Provider, settings: Settings) -> FastAPI:
    """The routes as a FastAPI app that answers with `provider`'s assistant.

    It checks neither Host nor token: what serves it puts `app.guard.Guard` before it.
    """
    from sidebyside.server.api import create_api

    return create_api(provider, settings)


def serve(settings: Settings, *, workers: int = 1) -> None:
    """Serve the routes without the chat page until interrupted, with `workers` processes.

    Raises SettingsError when the address cannot be used, or others could use it without a token or password.
    """
    from sidebyside.server.serving import serve

    serve(settings, workers=workers)
