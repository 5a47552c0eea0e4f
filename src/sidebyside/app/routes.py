"""Plain HTTP answers beside gradio's: downloads, and the names one can ask about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sidebyside.app.export import FORMATS, export
from sidebyside.app.feedback import FILE_NAME, feedback_file
from sidebyside.app.sides import Sides
from sidebyside.app.sides_tab import requested_criteria, requested_sides, sides_titles
from sidebyside.errors import SidebysideError
from sidebyside.records import Answer
from sidebyside.serving.provider import Provider

PREFIX = "/sidebyside"
# So many names a browser's list of proposals is still quick with.
MAX_NAMES = 5000


def download_routes(provider: Provider, index: Path) -> list[Route]:
    """The routes; each answers GET with a file to save."""

    async def comparison(request: Request) -> Response:
        return await run_in_threadpool(_export, provider, request)

    async def feedback(_request: Request) -> Response:
        path = feedback_file(index)
        data = await run_in_threadpool(path.read_bytes) if path.is_file() else b""
        return _download(data, "application/x-ndjson", FILE_NAME)

    async def names(_request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(_names, provider))

    return [
        Route(f"{PREFIX}/names.json", names, methods=["GET"]),
        Route(f"{PREFIX}/export.{{form:str}}", comparison, methods=["GET"]),
        Route(f"{PREFIX}/{FILE_NAME}", feedback, methods=["GET"]),
    ]


def _names(provider: Provider) -> list[str]:
    try:
        return sorted((artifact.label for artifact in provider.library().artifacts), key=str.casefold)[:MAX_NAMES]
    except SidebysideError:
        return []


def _export(provider: Provider, request: Request) -> Response:
    form = request.path_params["form"]
    if form not in FORMATS:
        return PlainTextResponse("no such format", status_code=404)
    query = {key: request.query_params.getlist(key) for key in request.query_params}
    try:
        library = provider.library()
        sides = requested_sides(library, query)
        own = _on_criteria(provider, sides, requested_criteria(query)) if sides else None
    except SidebysideError as error:
        return PlainTextResponse(str(error), status_code=503)
    if sides is None:
        return PlainTextResponse("name two to twelve artifacts of the library: ?compare=A&compare=B", status_code=404)
    return _download(export(sides, form, sides_titles(library, sides), own), FORMATS[form], f"comparison.{form}")


def _on_criteria(provider: Provider, sides: Sides, criteria: Sequence[str]) -> Answer | None:
    """What the pages say on criteria in words, in quotes alone; None where none are asked for."""
    if not criteria:
        return None
    with provider.answering() as assistant:
        *_, last = assistant.compare_on([artifact.id for artifact in sides.artifacts], criteria, write=False)
        return last.answer


def _download(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=kind, headers=headers)
