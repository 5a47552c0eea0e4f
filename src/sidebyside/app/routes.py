"""Plain HTTP answers beside gradio's: downloads of a comparison and of the feedback."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sidebyside.app.export import FORMATS, export
from sidebyside.app.feedback import FILE_NAME, feedback_file
from sidebyside.app.provider import Provider
from sidebyside.app.sides_tab import requested_sides
from sidebyside.errors import SidebysideError

PREFIX = "/sidebyside"


def download_routes(provider: Provider, index: Path) -> list[Route]:
    """The routes; each answers GET with a file to save."""

    async def comparison(request: Request) -> Response:
        return await run_in_threadpool(_export, provider, request)

    async def feedback(_request: Request) -> Response:
        path = feedback_file(index)
        data = await run_in_threadpool(path.read_bytes) if path.is_file() else b""
        return _download(data, "application/x-ndjson", FILE_NAME)

    return [
        Route(f"{PREFIX}/export.{{form:str}}", comparison, methods=["GET"]),
        Route(f"{PREFIX}/{FILE_NAME}", feedback, methods=["GET"]),
    ]


def _export(provider: Provider, request: Request) -> Response:
    form = request.path_params["form"]
    if form not in FORMATS:
        return PlainTextResponse("no such format", status_code=404)
    query = {key: request.query_params.getlist(key) for key in request.query_params}
    try:
        sides = requested_sides(provider.library(), query)
    except SidebysideError as error:
        return PlainTextResponse(str(error), status_code=503)
    if sides is None:
        return PlainTextResponse("name two to four artifacts of the library: ?compare=A&compare=B", status_code=404)
    return _download(export(sides, form).encode(), FORMATS[form], f"comparison.{form}")


def _download(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=kind, headers=headers)
