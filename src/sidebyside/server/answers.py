"""Routes that answer: /api/answer, as JSON or as a stream of events, /api/compare and /api/match."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool

from sidebyside.errors import SidebysideError
from sidebyside.records import Answer, Comparison, Event, Match
from sidebyside.server.core import Core
from sidebyside.server.examples import ANSWER, EVENTS
from sidebyside.server.schemas import Ask, Compare, Need, Sides
from sidebyside.serving.problems import kind_of, problem_responses, status_of
from sidebyside.text.words import join_names

STREAM = "text/event-stream"
# Seconds of silence after which a comment shows proxies that the answer is still being written.
QUIET = 15.0


def answer_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(tags=["answers"])
    streamed: dict[str, Any] = {
        "application/json": {"example": ANSWER},
        STREAM: {"schema": {"type": "string"}, "example": EVENTS},
    }

    @router.post(
        "/api/answer",
        response_model=Answer,
        responses={200: {"content": streamed}, **problem_responses(401, 403, 413, 422, 429, 503)},
        summary="Answer a question",
    )
    async def answer(asked: Ask, request: Request) -> Any:
        """Answer with citations. With `Accept: text/event-stream` it comes step by step: a "facts" event once
        tables and quotes are ready, a "sentence" event for each verified sentence, and last an "answer" event; each
        holds the whole answer so far.
        """
        if wants_stream(request):
            events = await core.started(asked.question, asked.history, write=not asked.no_llm)
            return EventSourceResponse(event_lines(events))
        return await core.answer(request, asked.question, asked.history, write=not asked.no_llm)

    @router.post(
        "/api/compare",
        responses=problem_responses(401, 403, 413, 422, 429, 503),
        summary="Lay two to twelve artifacts side by side",
    )
    async def compare(sides: Compare, request: Request) -> Sides:
        """The tables, what they share, what only one has, and the pages' verdicts; with `aspect` or `criteria`, an
        answer as well: that of `criteria` has a grid with a row for each, in the order of `names`.
        """
        comparison = await run_in_threadpool(_compare, core, sides.names)
        events = events_about(core, comparison, sides.aspect, sides.criteria, write=not sides.no_llm)
        return Sides.of(comparison, await core.last(request, events) if events else None)

    @router.post(
        "/api/match",
        responses=problem_responses(401, 403, 413, 422, 429, 503),
        summary="Match a need with the library, wish by wish",
    )
    def match(wanted: Need) -> Match:
        """All artifacts by the wishes they meet, with a cell for each: stated, denied, silent or conflict, each with
        its quotes; how many artifacts each wish rules out, and who meets all the others. Wishes in `need` are musts;
        those in `wishes` have a role and a weight, and `asked` gives all of them back as they were read.
        """
        with core.provider.answering() as assistant:
            wishes = [given.wish() for given in wanted.wishes]
            return assistant.match(wanted.need, wishes, among=wanted.among, most=wanted.most)

    return router


def events_about(
    core: Core, comparison: Comparison, aspect: str, criteria: Sequence[str], *, write: bool
) -> AsyncGenerator[Event, None] | None:
    """The steps of the answer about what matters in a comparison; None where nothing in particular does."""
    if criteria:
        texts = [aspect, *criteria] if aspect else criteria
        return core.events_on([artifact.id for artifact in comparison.artifacts], texts, write=write)
    if aspect:
        labels = join_names(artifact.label for artifact in comparison.artifacts)
        return core.events(f"Compare {labels} on {aspect}", write=write)
    return None


def _compare(core: Core, names: list[str]) -> Comparison:
    with core.provider.answering() as assistant:
        return assistant.compare(names)


def wants_stream(request: Request) -> bool:
    """Whether a request asks for events rather than JSON: the first of the two that its Accept header names."""
    for part in request.headers.get("accept", "").split(","):
        kind = part.partition(";")[0].strip().casefold()
        if kind in (STREAM, "application/json", "*/*"):
            return kind == STREAM
    return False


async def event_lines(events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    """The events of `Assistant.stream` as server-sent events; "error" ends a failed one, comments fill long pauses."""
    async for item in unfailing(with_pauses(events)):
        if item is None:
            yield KEEPALIVE_COMMENT
        elif isinstance(item, SidebysideError):
            data = {"status": status_of(item), "type": f"urn:sidebyside:{kind_of(item)}", "detail": str(item)}
            yield line("error", data)
        else:
            yield line(item.type, asdict(item) | {"answer": item.answer.to_dict()})


def line(event: str, data: Mapping[str, Any]) -> bytes:
    """One server-sent event."""
    return format_sse_event(event=event or None, data_str=json.dumps(data, ensure_ascii=False))


async def with_pauses(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event | None, None]:
    """The events, and None after every QUIET seconds without one."""
    async with aclosing(events) as source:
        while True:
            coming = asyncio.ensure_future(anext(source, None))
            try:
                while not (await asyncio.wait({coming}, timeout=QUIET))[0]:
                    yield None
            except BaseException:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                raise
            event = await coming
            if event is None:
                return
            yield event


async def unfailing(events: AsyncGenerator[Event | None, None]) -> AsyncGenerator[Event | SidebysideError | None, None]:
    """The events; what ends them early comes last, as a value."""
    try:
        async with aclosing(events) as source:
            async for event in source:
                yield event
    except SidebysideError as error:
        yield error
