"""OpenAI-compatible routes, so that chat clients work as they are: /v1/chat/completions and /v1/models."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from sidebyside.errors import SidebysideError
from sidebyside.records import Answer, Event
from sidebyside.server.answers import unfailing, with_pauses
from sidebyside.server.chat_models import (
    ChatError,
    ChatRequest,
    Choice,
    Chunk,
    ChunkChoice,
    Completion,
    Delta,
    Models,
    OfferedModel,
    Reply,
    Usage,
)
from sidebyside.server.chat_text import Growing, conversation, ending
from sidebyside.server.core import Core
from sidebyside.server.problems import NotHereError, kind_of

# The models on offer: with the LLM's sentences, and from tables and quotes alone.
FULL, QUOTES = "sidebyside", "sidebyside-quotes"


def chat_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])
    errors: dict[int | str, dict[str, Any]] = {
        status: {"model": ChatError} for status in (400, 401, 403, 404, 411, 413, 422, 503)
    }

    @router.get("/models", responses={status: errors[status] for status in (401, 403)}, summary="List the models")
    def models() -> Models:
        """ "sidebyside" answers as the chat page does, "sidebyside-quotes" leaves the LLM out."""
        return Models(data=[OfferedModel(id=FULL), OfferedModel(id=QUOTES)])

    @router.post("/chat/completions", response_model=Completion, responses=errors, summary="Answer the last message")
    async def completions(asked: ChatRequest, request: Request) -> Any:
        """The answer to the last user message; earlier messages are the conversation, system messages are not used.

        The text ends with a list of sources; `citations` and `sidebyside` hold the same as data.
        """
        if asked.model not in (FULL, QUOTES):
            raise NotHereError(f"there is no model {asked.model!r}; {FULL!r} and {QUOTES!r} are on offer")
        question, history = conversation(asked.messages)
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": asked.model}
        write = asked.model == FULL
        if asked.stream:
            events = await core.started(question, history, write=write)
            return EventSourceResponse(chunks(events, head, usage=asked.wants_usage))
        answer = await core.answer(request, question, history, write=write)
        return completion(answer, head)

    return router


def completion(answer: Answer, head: dict[str, Any]) -> Completion:
    """A whole answer as a chat completion."""
    return Completion(
        **head,
        choices=[Choice(message=Reply(content=answer.text + ending(answer)))],
        usage=usage_of(answer),
        citations=list(answer.citations),
        sidebyside=about(answer),
    )


def about(answer: Answer) -> dict[str, Any]:
    """What is known of an answer beside its text and its citations."""
    return {key: value for key, value in answer.to_dict().items() if key not in ("question", "text", "citations")}


def usage_of(answer: Answer) -> Usage:
    """What the LLM read and wrote."""
    stats = answer.stats
    read, written = int(stats.get("prompt_tokens") or 0), int(stats.get("completion_tokens") or 0)
    return Usage(
        prompt_tokens=read,
        completion_tokens=written,
        total_tokens=read + written,
        prompt_tokens_details={"cached_tokens": int(stats.get("cached_tokens") or 0)},
    )


async def chunks(
    events: AsyncGenerator[Event, None], head: dict[str, Any], *, usage: bool
) -> AsyncGenerator[bytes, None]:
    """An answer as it grows, as chunks of a chat completion."""
    growing = Growing()
    yield _data(_chunk(head, Delta(role="assistant", content="")))
    async for item in unfailing(with_pauses(events)):
        if item is None:
            yield KEEPALIVE_COMMENT
        elif isinstance(item, SidebysideError):
            yield _data({"error": {"message": str(item), "type": "server_error", "param": None, "code": kind_of(item)}})
            return
        elif item.type != "answer":
            if added := growing.add(item):
                yield _data(_chunk(head, Delta(content=added)))
        else:
            for chunk in _last(item.answer, growing, head, usage=usage):
                yield _data(chunk)
    yield format_sse_event(data_str="[DONE]")


def _last(answer: Answer, growing: Growing, head: dict[str, Any], *, usage: bool) -> list[dict[str, Any]]:
    """What closes a stream: the rest of the text with its sources, the reason, and what it took."""
    closing = _chunk(head, Delta(), finish="stop")
    closing |= {"citations": [asdict(citation) for citation in answer.citations], "sidebyside": about(answer)}
    last = [_chunk(head, Delta(content=growing.rest(answer) + ending(answer))), closing]
    if usage:
        last.append({**_chunk(head, None), "usage": usage_of(answer).model_dump()})
    return last


def _chunk(head: dict[str, Any], delta: Delta | None, *, finish: str | None = None) -> dict[str, Any]:
    choices = [] if delta is None else [ChunkChoice(delta=delta, finish_reason=finish)]
    chunk = Chunk(**head, choices=choices).model_dump()
    for choice in chunk["choices"]:  # clients tell "no role" from "role null"
        choice["delta"] = {key: value for key, value in choice["delta"].items() if value is not None}
    return chunk


def _data(data: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False))
