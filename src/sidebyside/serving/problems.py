"""Errors as people and programs get them over HTTP: problem details (RFC 9457) that carry the product's own texts."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from sidebyside.errors import (
    BusyError,
    GenerationError,
    LibraryIndexError,
    ModelError,
    SettingsError,
    SidebysideError,
    no_room,
)
from sidebyside.serving.run import UnforeseenError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import Scope

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# Seconds after which asking again makes sense.
RETRY_AFTER = 5
FAILED = "Something went wrong here. Try again, or run `sidebyside doctor`."
NO_ROOM = "no-room"
REQUEST_ID = "sidebyside.request_id"


class NotHereError(SidebysideError):
    """What was asked for by its id does not exist."""


class Problem(BaseModel):
    """What went wrong (RFC 9457). `type` names the kind of problem, `detail` says what failed and the next step."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:sidebyside:index-missing",
                "title": "Service Unavailable",
                "status": 503,
                "detail": "there is no index in index yet; build it with: sidebyside index",
                "request_id": "6b9f0c6e7c2f4f1d8a3d5e2b1c0f9a87",
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    request_id: str = ""
    errors: list[dict[str, Any]] = Field(
        default_factory=list, description="for a request that does not fit: where (`loc`) and what (`msg`)"
    )


def status_of(error: SidebysideError) -> int:
    """The HTTP status for an error of the product."""
    match error:
        case NotHereError():
            return 404
        case BusyError() | LibraryIndexError() | ModelError() | GenerationError():
            return 503
        case SettingsError() | UnforeseenError():
            return 500
        case _:
            return 422


def kind_of(error: Exception) -> str:
    """The name of an error's kind: IndexMissingError is "index-missing"."""
    if type(error) is SidebysideError:
        return "not-possible"
    name = type(error).__name__.removesuffix("Error")
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def problem(
    scope: Scope,
    status: int,
    detail: str,
    *,
    kind: str = "",
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response that tells of a problem; under /v1 in the form that OpenAI's clients read."""
    openai = scope.get("path", "").startswith("/v1/")
    status = 400 if openai and status == 422 else status
    title = HTTPStatus(status).phrase
    kind = kind or re.sub(r"\W+", "-", title.lower())
    request_id = str(scope.get(REQUEST_ID, ""))
    body: dict[str, Any]
    if openai:
        media_type = "application/json"
        where = ".".join(str(part) for part in errors[0].get("loc", ())) if errors else None
        body = {"error": {"message": detail, "type": _openai_type(status), "param": where, "code": kind}}
    else:
        media_type = MEDIA_TYPE
        body = {
            "type": f"urn:sidebyside:{kind}",
            "title": title,
            "status": status,
            "detail": detail,
            "request_id": request_id,
            "errors": list(errors),
        }
    given = dict(headers or {})
    if status == 503:
        given.setdefault("Retry-After", str(RETRY_AFTER))
    return Response(json.dumps(body, ensure_ascii=False), status, given, media_type)


def problem_of(scope: Scope, error: SidebysideError) -> Response:
    """The response for an error of the product."""
    return problem(scope, status_of(error), str(error), kind=kind_of(error))


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says about these statuses of a route."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def handle_problems(api: FastAPI) -> None:
    """Make every error of the app a problem response."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, SidebysideError)
        return problem_of(request.scope, error)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # What was sent is not sent back: it may be long, or not be text at all.
        told = [{"loc": list(item["loc"]), "msg": item["msg"], "type": item["type"]} for item in error.errors()]
        errors = _encodable(told)
        first = errors[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem(request.scope, 422, f"{where}: {first['msg']}", kind="invalid-request", errors=errors)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if isinstance(error.__cause__, OSError) and no_room(error.__cause__):
            # FastAPI takes it for a body that cannot be read.
            return await disk(request, error.__cause__)
        return problem(request.scope, error.status_code, str(error.detail), headers=error.headers)

    async def disk(request: Request, error: Exception) -> Response:
        log.error("request failed", exc_info=error)
        told = no_room(error) if isinstance(error, OSError) else ""
        if not told:
            return problem(request.scope, 500, FAILED)
        return problem(request.scope, HTTPStatus.INSUFFICIENT_STORAGE, told, kind=NO_ROOM)

    async def unknown(request: Request, error: Exception) -> Response:
        log.error("request failed", exc_info=error)
        return problem(request.scope, 500, FAILED)

    api.add_exception_handler(SidebysideError, known)
    api.add_exception_handler(RequestValidationError, invalid)
    api.add_exception_handler(HTTPException, http)
    api.add_exception_handler(OSError, disk)
    api.add_exception_handler(Exception, unknown)


def _openai_type(status: int) -> str:
    if status in (401, 403):
        return "authentication_error"
    return "invalid_request_error" if status < 500 else "server_error"


def _encodable(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Errors with text that can be encoded, whatever was sent as the name of a field."""
    cleaned: list[dict[str, Any]] = json.loads(
        json.dumps(errors, default=str).encode("utf-8", "replace").decode("utf-8")
    )
    return cleaned
