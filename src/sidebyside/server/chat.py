"""OpenAI-compatible routes, so that chat clients work as they are: /v1/chat/completions and /v1/models."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from sidebyside.errors import SidebysideError
from sidebyside.records import Answer, Event
from sidebyside.server.answers import unfailing, with_pauses
from sidebyside.server.chat_models import (
    FULL,
    QUOTES,
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
from sidebyside.server.chat_text import Telling, Wording
from sidebyside.server.conversation import conversation
from sidebyside.server.core import Core
from sidebyside.server.task_answers import task_answer
from sidebyside.server.tasks import task_of
from sidebyside.serving.problems import NotHereError, kind_of

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ChatError} for status in (400, 401, 403, 404, 411, 413, 422, 429, 503)
}


def chat_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])

    @router.get("/models", responses={status: ERRORS[status] for status in (401, 403, 429)}, summary="List the models")
    def models() -> Models:
        """ "sidebyside" answers as the chat page does, "sidebyside-quotes" leaves the LLM out."""
        return Models(data=[OfferedModel(id=FULL), OfferedModel(id=QUOTES)])

    @router.get(
        "/models/{name:path}",
        responses={status: ERRORS[status] for status in (401, 403, 404, 422, 429)},
        summary="Tell about one model",
    )
    def model(name: Annotated[str, Path(max_length=200, examples=[FULL])]) -> OfferedModel:
        """One of the models on offer, by its name."""
        writes(name)
        return OfferedModel(id=name)

    @router.post("/chat/completions", response_model=Completion, responses=ERRORS, summary="Answer the last message")
    async def completions(asked: ChatRequest, request: Request) -> Any:
        """The answer to the last user message; earlier messages are the conversation, system messages are not used.

        The text ends with a list of sources; `citations` and `sidebyside` hold the same as data. What clients ask for
        themselves (a title, tags, follow-up questions) is answered in the form they read.
        """
        write = writes(asked.model)
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": asked.model or FULL}
        task = task_of(asked.messages)
        if task is not None:
            answer = await task_answer(core, task, asked.response_format)
            return (
                _streamed(one_event(answer), Wording(), head, asked)
                if asked.stream
                else completion(answer, head, Wording())
            )
        turn = conversation(asked.messages)
        wording = Wording(turn.notes, turn.before, turn.after, asked.response_format)
        if asked.stream:
            events = await core.started(turn.question, turn.history, write=write)
            return _streamed(events, wording, head, asked)
        answer = await core.answer(request, turn.question, turn.history, write=write)
        return completion(answer, head, wording)

    return router


def writes(model: str | None) -> bool:
    """Whether the LLM takes part under this name of a model. Raises NotHereError for names that are not on offer."""
    name = (model or FULL).removesuffix(":latest")
    if name not in (FULL, QUOTES):
        raise NotHereError(f"there is no model {name!r}; {FULL!r} and {QUOTES!r} are on offer")
    return name == FULL


def completion(answer: Answer, head: dict[str, Any], wording: Wording) -> Completion:
    """A whole answer as a chat completion. Raises SidebysideError; see Wording.whole."""
    answer = wording.noted(answer)
    return Completion(
        **head,
        choices=[Choice(message=Reply(content=wording.whole(answer)))],
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


async def one_event(answer: Answer) -> AsyncGenerator[Event, None]:
    """An answer that needs no steps, as the events of one."""
    yield Event("answer", "", answer)


def _streamed(
    events: AsyncGenerator[Event, None], wording: Wording, head: dict[str, Any], asked: ChatRequest
) -> EventSourceResponse:
    return EventSourceResponse(chunks(events, head, wording, usage=asked.wants_usage))


async def chunks(
    events: AsyncGenerator[Event, None], head: dict[str, Any], wording: Wording, *, usage: bool
) -> AsyncGenerator[bytes, None]:
    """An answer as it grows, as chunks of a chat completion."""
    telling = Telling(wording)
    yield _data(_chunk(head, Delta(role="assistant", content="")))
    async for item in unfailing(with_pauses(events)):
        if item is None:
            yield KEEPALIVE_COMMENT
        elif isinstance(item, SidebysideError):
            yield _failed(item)
            return
        elif item.type != "answer":
            if added := telling.add(item):
                yield _data(_chunk(head, Delta(content=added)))
        else:
            try:
                last = _last(wording.noted(item.answer), telling, head, usage=usage)
            except SidebysideError as error:
                yield _failed(error)
                return
            for chunk in last:
                yield _data(chunk)
    yield format_sse_event(data_str="[DONE]")


def _last(answer: Answer, telling: Telling, head: dict[str, Any], *, usage: bool) -> list[dict[str, Any]]:
    """What closes a stream: the rest of the text with its sources, the reason, and what it took."""
    closing = _chunk(head, Delta(), finish="stop")
    closing |= {"citations": [asdict(citation) for citation in answer.citations], "sidebyside": about(answer)}
    last = [_chunk(head, Delta(content=telling.rest(answer))), closing]
    if usage:
        last.append({**_chunk(head, None), "usage": usage_of(answer).model_dump()})
    return last


def _chunk(head: dict[str, Any], delta: Delta | None, *, finish: str | None = None) -> dict[str, Any]:
    choices = [] if delta is None else [ChunkChoice(delta=delta, finish_reason=finish)]
    chunk = Chunk(**head, choices=choices).model_dump()
    for choice in chunk["choices"]:  # clients tell "no role" from "role null"
        choice["delta"] = {key: value for key, value in choice["delta"].items() if value is not None}
    return chunk


def _failed(error: SidebysideError) -> bytes:
    return _data({"error": {"message": str(error), "type": "server_error", "param": None, "code": kind_of(error)}})


def _data(data: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False))
