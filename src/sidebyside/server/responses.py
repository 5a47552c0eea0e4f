"""OpenAI's newer route, /v1/responses: text in, text out as it grows, citations as annotations."""

from __future__ import annotations

import json
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from sidebyside.errors import SidebysideError
from sidebyside.records import Answer, Event
from sidebyside.server.answers import unfailing, with_pauses
from sidebyside.server.chat import ERRORS, about, one_event, usage_of, writes
from sidebyside.server.chat_models import FULL
from sidebyside.server.chat_text import Telling, Wording
from sidebyside.server.conversation import conversation
from sidebyside.server.core import Core
from sidebyside.server.responses_models import (
    FileCitation,
    OutputMessage,
    OutputText,
    ResponseObject,
    ResponsesRequest,
    ResponseUsage,
)
from sidebyside.server.task_answers import task_answer
from sidebyside.server.tasks import task_of
from sidebyside.serving.problems import NotHereError, kind_of

# Conversations that can be gone on with by the id of their last response; older ones have to be sent anew.
MOST_KEPT = 1_000
Turns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Head:
    """What stays the same over one response."""

    asked: ResponsesRequest
    wording: Wording = field(default_factory=Wording)
    id: str = field(default_factory=lambda: f"resp_{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def item(self) -> str:
        """The id of its one message."""
        return self.id.replace("resp_", "msg_")


class _Kept:
    """The turns that led to the latest responses."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, Turns] = OrderedDict()

    def before(self, response: str | None) -> Turns:
        """The conversation up to a response and with it. Raises NotHereError."""
        if response is None:
            return ()
        if response not in self._turns:
            raise NotHereError(f"response {response!r} is not kept here; send the conversation as input instead")
        self._turns.move_to_end(response)
        return self._turns[response]

    def put(self, response: str, turns: Turns) -> None:
        self._turns[response] = turns
        while len(self._turns) > MOST_KEPT:
            self._turns.popitem(last=False)


def response_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])
    kept = _Kept()

    @router.post("/responses", response_model=ResponseObject, responses=ERRORS, summary="Answer the last message")
    async def responses(asked: ResponsesRequest, request: Request) -> Any:
        """The answer to the last user message of the input; instructions are not used.

        With `previous_response_id` a conversation goes on, as long as this process remembers it. Each citation is an
        annotation at its [n]; `citations` and `sidebyside` hold the same as data.
        """
        write = writes(asked.model)
        messages = asked.messages
        task = task_of(messages) if messages else None
        if task is not None:
            answer = await task_answer(core, task, asked.form)
            head = _Head(asked)
            return _streamed(one_event(answer), head) if asked.stream else completed(answer, head)
        turn = conversation(messages)
        history = (*kept.before(asked.previous_response_id), *turn.history)
        head = _Head(asked, Wording(turn.notes, turn.before, turn.after, asked.form))

        def keep(answer: Answer) -> None:
            if asked.store is not False:
                kept.put(head.id, (*history, (turn.question, answer.text)))

        if asked.stream:
            events = await core.started(turn.question, history, write=write)
            return _streamed(_noting(events, keep), head)
        answer = await core.answer(request, turn.question, history, write=write)
        keep(answer)
        return completed(head.wording.noted(answer), head)

    return router


async def _noting(events: AsyncGenerator[Event, None], keep: Any) -> AsyncGenerator[Event, None]:
    async for event in events:
        if event.type == "answer":
            keep(event.answer)
        yield event


def _object(head: _Head, status: str, **more: Any) -> ResponseObject:
    asked = head.asked
    return ResponseObject(
        **{
            "id": head.id,
            "created_at": head.created,
            "status": status,
            "model": asked.model or FULL,
            "output": [],
            "metadata": asked.metadata or {},
            "previous_response_id": asked.previous_response_id,
            "store": asked.store is not False,
            "text": {"format": asked.form or {"type": "text"}},
            **more,
        }
    )


def completed(answer: Answer, head: _Head, text: str | None = None) -> ResponseObject:
    """A whole answer as a response; `text` where it was told already. Raises SidebysideError; see Wording.whole."""
    text = head.wording.whole(answer) if text is None else text
    usage = usage_of(answer)
    return _object(
        head,
        "completed",
        output=[OutputMessage(id=head.item, status="completed", content=[output_text(answer, text)])],
        usage=ResponseUsage(
            input_tokens=usage.prompt_tokens,
            input_tokens_details={**usage.prompt_tokens_details, "cache_write_tokens": 0},
            output_tokens=usage.completion_tokens,
            output_tokens_details={"reasoning_tokens": 0},
            total_tokens=usage.total_tokens,
        ),
        citations=list(answer.citations),
        sidebyside=about(answer),
    )


def output_text(answer: Answer, text: str) -> OutputText:
    """The text with an annotation where each citation first stands in it."""
    places = {citation.number: text.find(f"[{citation.number}]") for citation in answer.citations}
    return OutputText(
        text=text,
        annotations=[
            FileCitation(
                file_id=citation.source,
                filename=citation.source,
                index=places[citation.number],
                number=citation.number,
                artifact=citation.artifact,
                quote=citation.quote,
            )
            for citation in answer.citations
            if places[citation.number] >= 0
        ],
    )


def _streamed(events: AsyncGenerator[Event, None], head: _Head) -> EventSourceResponse:
    return EventSourceResponse(_lines(_stream(events, head)))


async def _lines(stream: AsyncGenerator[dict[str, Any] | None, None]) -> AsyncGenerator[bytes, None]:
    number = 0
    async for event in stream:
        if event is None:
            yield KEEPALIVE_COMMENT
            continue
        data = json.dumps({**event, "sequence_number": number}, ensure_ascii=False)
        number += 1
        yield format_sse_event(event=event["type"], data_str=data)


async def _stream(events: AsyncGenerator[Event, None], head: _Head) -> AsyncGenerator[dict[str, Any] | None, None]:
    """The events of one response; None for a pause."""
    telling, told = Telling(head.wording), ""
    for event in _opening(head):
        yield event
    async for item in unfailing(with_pauses(events)):
        if item is None:
            yield None
        elif isinstance(item, SidebysideError):
            yield _failed(item, head)
        elif item.type != "answer":
            if added := telling.add(item):
                told += added
                yield _delta(added, head)
        else:
            answer = head.wording.noted(item.answer)
            try:
                rest = telling.rest(answer)
            except SidebysideError as error:
                yield _failed(error, head)
                return
            yield _delta(rest, head)
            for event in _closing(completed(answer, head, told + rest), head):
                yield event


def _opening(head: _Head) -> Iterator[dict[str, Any]]:
    begun = _object(head, "in_progress").model_dump()
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    item = OutputMessage(id=head.item, status="in_progress", content=[]).model_dump()
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    part = OutputText(text="", annotations=[]).model_dump()
    yield {"type": "response.content_part.added", **_place(head), "part": part}


def _closing(response: ResponseObject, head: _Head) -> Iterator[dict[str, Any]]:
    item = response.output[0].model_dump()
    [part] = item["content"]
    for number, annotation in enumerate(part["annotations"]):
        place = {**_place(head), "annotation_index": number}
        yield {"type": "response.output_text.annotation.added", **place, "annotation": annotation}
    yield {"type": "response.output_text.done", **_place(head), "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **_place(head), "part": part}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": response.model_dump()}


def _delta(text: str, head: _Head) -> dict[str, Any]:
    return {"type": "response.output_text.delta", **_place(head), "delta": text, "logprobs": []}


def _failed(error: SidebysideError, head: _Head) -> dict[str, Any]:
    told = {"code": kind_of(error), "message": str(error)}
    return {"type": "response.failed", "response": _object(head, "failed", error=told).model_dump()}


def _place(head: _Head) -> dict[str, Any]:
    return {"item_id": head.item, "output_index": 0, "content_index": 0}
