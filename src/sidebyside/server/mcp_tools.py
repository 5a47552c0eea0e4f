"""What the MCP tools take, give and do; the protocol around them is mcp_server.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, Field

from sidebyside.records import Answer, Citation, Event, Grid, Match, MatchedArtifact, Table
from sidebyside.records.display import match_markdown
from sidebyside.server.answers import events_about
from sidebyside.server.chat_text import ending
from sidebyside.server.core import Core
from sidebyside.server.fitting import fitted
from sidebyside.server.mcp_arguments import (
    AskArguments,
    CompareArguments,
    MatchArguments,
    NameArguments,
    SearchArguments,
)
from sidebyside.server.schemas import ArtifactDetail, FoundArtifact, Search, Sides, WishWords

MOST_TOLD = 2_000
# Called with the text of each step of an answer.
Tell = Callable[[str], Awaitable[None]]


class Told(BaseModel):
    """An answer: each [n] in `text` is the citation with that number."""

    question: str
    text: str
    status: str = Field(description="answered, partial (one side is silent) or not_found (the pages do not say)")
    citations: list[Citation]
    artifacts: list[str]
    notes: list[str]
    table: Table | None
    grid: Grid | None = Field(default=None, description="what each artifact's pages say of each criterion")
    suggestions: list[str]
    model: str | None
    generation: str

    @classmethod
    def of(cls, answer: Answer) -> Told:
        return cls(
            question=answer.question,
            text=answer.text,
            status=answer.status,
            citations=list(answer.citations),
            artifacts=list(answer.artifacts),
            notes=list(answer.notes),
            table=answer.table,
            grid=answer.grid,
            suggestions=list(answer.suggestions),
            model=answer.model,
            generation=answer.generation,
        )


class Matches(BaseModel):
    """A need beside the library: each [n] in cells is the citation with that number."""

    need: str
    text: str
    wishes: list[str]
    artifacts: list[MatchedArtifact] = Field(description="best first")
    grid: Grid = Field(description="a row for each wish, a column for each of these artifacts")
    excludes: list[int] = Field(description="for each wish, how many of the total it rules out")
    without: list[list[str]] = Field(description="for each wish, who meets all the others")
    citations: list[Citation]
    total: int
    notes: list[str]
    generation: str
    asked: list[WishWords] = Field(description="the wishes as they were read: to be changed and sent again")
    excluded: list[str] = Field(description="artifacts that were left out")
    among: list[str] = Field(description="the only ones that were looked at, where that was asked")

    @classmethod
    def of(cls, match: Match) -> Matches:
        return cls.model_validate(match.to_dict())


class Read(ArtifactDetail):
    """An artifact; `notes` say what was left out of it."""

    notes: list[str] = Field(default=[])


class Nearest(Search):
    """What was found; `notes` say what was left out of it."""

    notes: list[str] = Field(default=[])


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gives: data that fits its output schema, and the same for reading."""

    data: dict[str, Any]
    text: str

    @classmethod
    def of(cls, model: BaseModel, text: Callable[[dict[str, Any]], str] | None = None) -> Result:
        """The data of a model with a list `notes`, as far as clients take it; without `text` it is read as JSON."""
        whole = model.model_dump(mode="json")
        data, notes = fitted(whole)
        if notes:
            data["notes"] += notes
        return cls(data, text(data) if text else type(model).model_validate(data).model_dump_json())


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `run` raises SidebysideError; the first line of `about` is what it is for."""

    name: str
    title: str
    about: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    run: Callable[[Core, Any, Tell], Awaitable[Result]]
    writes: bool = False


async def _ask(core: Core, given: AskArguments, tell: Tell) -> Result:
    history = [(turn.question, turn.answer) for turn in given.history]
    return _answered(await last_answer(core.events(given.question, history, write=not given.no_llm), tell))


async def _compare(core: Core, given: CompareArguments, tell: Tell) -> Result:
    def lay_out() -> Any:
        with core.provider.lease() as assistant:
            return assistant.compare(given.names)

    comparison = await asyncio.to_thread(lay_out)
    events = events_about(core, comparison, given.aspect.strip(), given.criteria, write=not given.no_llm)
    answer = await last_answer(events, tell) if events else None
    return Result.of(Sides.of(comparison, answer), _sides_text)


def _sides_text(data: dict[str, Any]) -> str:
    sides = Sides.model_validate(data)
    if sides.answer is None:
        return sides.model_dump_json()
    return f"{sides.answer.text}{ending(sides.answer)}\n\n{sides.model_dump_json(exclude={'answer'})}"


async def _search(core: Core, given: SearchArguments, _tell: Tell) -> Result:
    def look() -> Any:
        with core.provider.lease() as assistant:
            return assistant.search(given.need, given.limit)

    found = [FoundArtifact.of(item) for item in await asyncio.to_thread(look)]
    return Result.of(Nearest(query=given.need, artifacts=found))


async def _match(core: Core, given: MatchArguments, _tell: Tell) -> Result:
    def look() -> Match:
        with core.provider.lease() as assistant:
            wishes = [wanted.wish() for wanted in given.wishes]
            return assistant.match(given.need, wishes, among=given.among, most=given.most)

    match = await asyncio.to_thread(look)
    return Result.of(Matches.of(match), lambda _data: match_markdown(match))


async def _alternatives(core: Core, given: NameArguments, tell: Tell) -> Result:
    detail = await artifact_detail(core, given.name)
    return _answered(await last_answer(core.events(f"What are alternatives to {detail.label}?", write=False), tell))


async def _artifact(core: Core, given: NameArguments, _tell: Tell) -> Result:
    detail = await artifact_detail(core, given.name)
    return Result.of(Read(**detail.model_dump()))


async def artifact_detail(core: Core, name: str) -> ArtifactDetail:
    """Everything the pages say about one artifact. Raises SidebysideError for a name that fits none or several."""

    def find() -> Any:
        with core.provider.lease() as assistant:
            return assistant.artifact(name)

    found = await asyncio.to_thread(find)
    counts = await asyncio.to_thread(core.graph.counts)
    return ArtifactDetail.of(found, counts.times().get(found.id, 0))


async def last_answer(events: AsyncGenerator[Event, None], tell: Tell) -> Answer:
    answer: Answer | None = None
    async with aclosing(events) as steps:
        async for event in steps:
            answer = event.answer
            if event.type != "answer":
                await tell(event.text[:MOST_TOLD])
    assert answer is not None
    return answer


def _answered(answer: Answer) -> Result:
    def text(data: dict[str, Any]) -> str:
        told = Told.model_validate(data)
        shown = replace(answer, citations=tuple(told.citations), table=told.table, notes=tuple(told.notes))
        return told.text + ending(shown)

    return Result.of(Told.of(answer), text)


TOOLS = (
    Tool(
        "ask",
        "Ask the saved pages",
        "Answer a question about AI artifacts from saved comparison pages, with a quote behind every sentence. "
        "It compares, looks up table values, ranks, counts, and says so where the pages do not settle something.",
        AskArguments,
        Told,
        _ask,
    ),
    Tool(
        "compare",
        "Lay artifacts side by side",
        "Compare two to twelve artifacts of the library: tables, what they share, what only one has, verdicts. "
        "With an aspect, an answer about it as well; with criteria in any words, a grid with a row for each: stated, "
        "denied or not stated, with the quote.",
        CompareArguments,
        Sides,
        _compare,
    ),
    Tool(
        "search",
        "Find artifacts by what they do",
        "From a need to the capabilities that come nearest, and the artifacts that have them, with quotes. "
        "Nearest is not the same as stated: ask tells whether the pages say it.",
        SearchArguments,
        Nearest,
        _search,
    ),
    Tool(
        "match",
        "Match a need, wish by wish",
        "From a need of one or several wishes (joined by commas, or each with a role: must, nice or not) to the "
        "artifacts that meet most of them: each wish stated, denied or not stated, with the quote; and which wish "
        "rules out most.",
        MatchArguments,
        Matches,
        _match,
    ),
    Tool(
        "alternatives",
        "Find alternatives to an artifact",
        "Artifacts of the library that do what this one does, and what its pages claim about others.",
        NameArguments,
        Told,
        _alternatives,
    ),
    Tool(
        "artifact",
        "Read one artifact",
        "Everything the pages say about one artifact: facts, capabilities, conflicts, each with its place.",
        NameArguments,
        Read,
        _artifact,
    ),
)
