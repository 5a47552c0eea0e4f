"""Keeps the bodies of requests within a limit, also of those that do not say how long they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TooLongError(HTTPException):
    """More came than the limit allows."""

    def __init__(self) -> None:
        super().__init__(413)


async def run_bounded(app: ASGIApp, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    """Run `app` with a body that ends after `limit` bytes.

    Raises TooLongError where more comes before the app has begun to answer; whatever the app makes of that is not sent.
    """
    received = 0
    exceeded = answering = False

    async def counted() -> Message:
        nonlocal received, exceeded
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            exceeded = True
            raise TooLongError
        return message

    async def noted(message: Message) -> None:
        nonlocal answering
        if exceeded and not answering:
            raise TooLongError
        answering = True
        await send(message)

    try:
        await app(scope, counted, noted)
    except Exception as error:
        if exceeded and not answering:
            raise TooLongError from error
        raise
