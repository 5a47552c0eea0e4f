"""What the MCP tools take, give and do; the protocol around them is mcp_server.py."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sidebyside.app.conversation import MAX_TURNS
from sidebyside.records import Answer, Citation, Event, Table
from sidebyside.server.answers import comparison_question
from sidebyside.server.chat_text import ending
from sidebyside.server.core import Core
from sidebyside.server.models import (
    MAX_FOUND,
    ArtifactDetail,
    FoundArtifact,
    Name,
    QuestionText,
    Search,
    Sides,
    Words,
)

# Called with the text of each step of an answer.
Tell = Callable[[str], Awaitable[None]]


def _decoded(value: Any) -> Any:
    """Lists that a client sends as JSON text, as some do."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Turn(_Arguments):
    """An earlier question of the conversation with the text of its answer."""

    question: Words
    answer: Words


class AskArguments(_Arguments):
    question: QuestionText
    history: Annotated[list[Turn], BeforeValidator(_decoded)] = Field(
        default=[], max_length=MAX_TURNS, description="the conversation so far, oldest first, for follow-ups"
    )
    no_llm: bool = Field(default=False, description="answer from tables and quotes alone, in milliseconds")


class CompareArguments(_Arguments):
    names: Annotated[list[Name], BeforeValidator(_decoded)] = Field(
        min_length=2, max_length=4, description="labels, names or ids of artifacts in the library"
    )
    aspect: str = Field(default="", max_length=300, description="what matters, such as: context length")


class SearchArguments(_Arguments):
    need: QuestionText = Field(description="what an artifact should do, such as: fine-tune on a few photos")
    limit: int = Field(default=10, ge=1, le=MAX_FOUND, description="most artifacts to give")


class NameArguments(_Arguments):
    name: Name = Field(description="label, name or id of an artifact in the library")


class Told(BaseModel):
    """An answer: each [n] in `text` is the citation with that number."""

    question: str
    text: str
    status: str = Field(description="answered, partial (one side is silent) or not_found (the pages do not say)")
    citations: list[Citation]
    artifacts: list[str]
    notes: list[str]
    table: Table | None
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
            suggestions=list(answer.suggestions),
            model=answer.model,
            generation=answer.generation,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gives: data that fits its output schema, and the same for reading."""

    data: BaseModel
    text: str


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `run` raises SidebysideError; the first line of `about` is what it is for."""

    name: str
    title: str
    about: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    run: Callable[[Core, Any, Tell], Awaitable[Result]]


async def _ask(core: Core, given: AskArguments, tell: Tell) -> Result:
    history = [(turn.question, turn.answer) for turn in given.history]
    return _answered(await _last(core.events(given.question, history, write=not given.no_llm), tell))


async def _compare(core: Core, given: CompareArguments, tell: Tell) -> Result:
    def lay_out() -> Any:
        with core.provider.lease() as assistant:
            return assistant.compare(given.names)

    comparison = await asyncio.to_thread(lay_out)
    answer = None
    if aspect := given.aspect.strip():
        answer = await _last(core.events(comparison_question(comparison, aspect)), tell)
    sides = Sides.of(comparison, answer)
    if answer is None:
        return Result(sides, sides.model_dump_json())
    return Result(sides, f"{answer.text}{ending(answer)}\n\n{sides.model_dump_json(exclude={'answer'})}")


async def _search(core: Core, given: SearchArguments, _tell: Tell) -> Result:
    def look() -> Any:
        with core.provider.lease() as assistant:
            return assistant.search(given.need, given.limit)

    found = [FoundArtifact.of(item) for item in await asyncio.to_thread(look)]
    search = Search(query=given.need, artifacts=found)
    return Result(search, search.model_dump_json())


async def _alternatives(core: Core, given: NameArguments, tell: Tell) -> Result:
    detail = await artifact_detail(core, given.name)
    return _answered(await _last(core.events(f"What are alternatives to {detail.label}?", write=False), tell))


async def _artifact(core: Core, given: NameArguments, _tell: Tell) -> Result:
    detail = await artifact_detail(core, given.name)
    return Result(detail, detail.model_dump_json())


async def artifact_detail(core: Core, name: str) -> ArtifactDetail:
    """Everything the pages say about one artifact. Raises SidebysideError for a name that fits none or several."""

    def find() -> Any:
        with core.provider.lease() as assistant:
            return assistant.artifact(name)

    return ArtifactDetail.of(await asyncio.to_thread(find))


async def _last(events: AsyncGenerator[Event, None], tell: Tell) -> Answer:
    answer: Answer | None = None
    async with aclosing(events) as steps:
        async for event in steps:
            answer = event.answer
            if event.type != "answer":
                await tell(event.text)
    assert answer is not None
    return answer


def _answered(answer: Answer) -> Result:
    return Result(Told.of(answer), answer.text + ending(answer))


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
        "Compare two to four artifacts of the library: tables, what they share, what only one has, verdicts. "
        "With an aspect, an answer about it as well.",
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
        Search,
        _search,
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
        ArtifactDetail,
        _artifact,
    ),
)
