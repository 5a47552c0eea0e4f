"""Puts the routes together into one FastAPI app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request
from starlette.routing import Route

from sidebyside.server.answers import answer_routes
from sidebyside.server.chat import chat_routes
from sidebyside.server.core import Core, GoneError
from sidebyside.server.json_bodies import JsonBodies
from sidebyside.server.library import library_routes
from sidebyside.server.mcp_server import mcp_mount
from sidebyside.server.mounts import Mounted
from sidebyside.server.pages import page_routes
from sidebyside.server.records import record_routes
from sidebyside.server.responses import response_routes
from sidebyside.server.schemas import Health
from sidebyside.server.tending import tending_routes
from sidebyside.serving.problems import Problem, handle_problems, problem_responses

if TYPE_CHECKING:
    from sidebyside.serving.provider import Provider
    from sidebyside.settings import Settings

ABOUT = (
    "Answers comparison questions from saved comparison pages; every sentence carries the quote that supports it. "
    "The routes under /v1 speak the language of OpenAI's chat completions and responses."
)
_bearer = HTTPBearer(auto_error=False, description="needed where the server was given a token")


def create_api(provider: Provider, settings: Settings, *, owns_provider: bool = False) -> FastAPI:
    """The app; `api.state.core` holds what its routes share. An app that owns its provider closes it when it ends."""
    core = Core(provider, settings)
    # What is served beside the routes; app.guard has to let its path through.
    mounts: Sequence[Mounted] = (mcp_mount(core),)
    api = FastAPI(
        title="sidebyside",
        version=version("sidebyside"),
        description=ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(core, mounts, provider.close if owns_provider else None),
        separate_input_output_schemas=False,
        redirect_slashes=False,
    )
    api.state.core = core
    api.add_middleware(JsonBodies)
    handle_problems(api)
    api.add_exception_handler(GoneError, _gone)
    parts = (answer_routes, record_routes, library_routes, page_routes, tending_routes, chat_routes, response_routes)
    for routes in parts:
        api.include_router(routes(core), dependencies=[Security(_named_in_openapi)])
    _add_own_routes(api, core)
    for mounted in mounts:
        # A route, not a mount: that would send "/mcp" on to "/mcp/".
        api.router.routes.append(Route(mounted.path, endpoint=mounted.app))
    _complete_openapi(api)
    return api


def _lifespan(core: Core, mounts: Sequence[Mounted], close: Callable[[], None] | None) -> Any:
    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for mounted in mounts:
                if mounted.lifespan is not None:
                    await stack.enter_async_context(mounted.lifespan())
            yield
        core.jobs.close()
        if close is not None:
            close()

    return lifespan


async def _named_in_openapi(_token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> None:
    """Tells OpenAPI about the token; it is checked before any route is reached, by app.guard."""


async def _gone(_request: Request, _error: Exception) -> Response:
    """Nobody reads this; nginx's status for it shows up in the figures."""
    return Response(status_code=499)


def _add_own_routes(api: FastAPI, core: Core) -> None:
    @api.get("/healthz", responses=problem_responses(403, 503), tags=["running"], summary="Whether it can answer")
    def healthz() -> Health:
        """200 when questions can be answered, 503 when not. Needs no token."""
        with core.provider.lease() as assistant:
            del assistant
        return Health()

    @api.get(
        "/metrics",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Figures"},
            **problem_responses(401, 403, 429),
        },
        tags=["running"],
        summary="Figures in Prometheus' text format",
        dependencies=[Security(_named_in_openapi)],
    )
    def metrics() -> Response:
        """Requests, answers and their times since the server began."""
        return Response(core.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _complete_openapi(api: FastAPI) -> None:
    """Add the schema that the problem responses refer to."""
    made = api.openapi

    def openapi() -> dict[str, Any]:
        schema = made()
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        return schema

    api.openapi = openapi  # type: ignore[method-assign]
