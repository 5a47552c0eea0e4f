"""MCP tools for a decision: make a record of what the pages say, and ask a record again.

The server keeps nothing between calls, so a record is made from questions and needs that are answered here, and comes
back whole: who wants to replay it hands it in again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from sidebyside.decisions.forms import FORMS
from sidebyside.errors import SidebysideError
from sidebyside.records import (
    Answer,
    AnswerReplay,
    ArtifactReplay,
    CellReplay,
    DecisionRecord,
    Match,
    OwnCell,
    PageReplay,
    QuoteReplay,
    Replay,
    Told,
)
from sidebyside.records.decisions import record_from_dict
from sidebyside.records.display import plain
from sidebyside.server.core import Core
from sidebyside.server.fitting import MOST_CHARACTERS
from sidebyside.server.mcp_arguments import Arguments, decoded, names_in, texts_in
from sidebyside.server.mcp_tools import Result, Tell, Tool, last_answer
from sidebyside.server.records import SENT, Keep, check, made
from sidebyside.server.schemas import MAX_TEXT, Criteria, Name, NeedText, QuestionText

# Questions, needs and own cells of one record.
_MOST_ASKED, _MOST_OWN = 20, 100
# Changed cells, quotes and pages that the text of a replay names; its data has all.
_TOLD = 20


def _own(value: Any) -> Any:
    """Own cells that come as [artifact, criterion, text]."""
    value = decoded(value)
    fields = ("artifact", "criterion", "text")
    if not isinstance(value, list):
        return value
    return [
        dict(zip(fields, item, strict=True)) if isinstance(item, list) and len(item) == 3 else item for item in value
    ]


def _object(value: Any) -> Any:
    """A record that comes as JSON text, or inside the data of the tool record."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return value["record"] if isinstance(value, dict) and set(value) == {"record"} else value


class RecordArguments(Arguments):
    questions: Annotated[list[QuestionText], BeforeValidator(decoded)] = Field(
        default=[], max_length=_MOST_ASKED, description="questions to record with their answers, one conversation"
    )
    needs: Annotated[list[NeedText], BeforeValidator(decoded)] = Field(
        default=[], max_length=_MOST_ASKED, description="needs to record with what matches them"
    )
    artifacts: Annotated[list[Name], BeforeValidator(names_in)] = Field(
        default=[], max_length=50, description="the shortlist: labels, names or ids"
    )
    criteria: Annotated[Criteria, BeforeValidator(texts_in)] = Field(
        default=[], description="criteria in words on which the artifacts are compared, a row for each"
    )
    taken: str = Field(default="", max_length=300, description="the artifact that the user took, if they decided")
    why: str = Field(default="", max_length=MAX_TEXT, description="the user's reason, in their own words")
    own: Annotated[list[OwnCell], BeforeValidator(_own)] = Field(
        default=[], max_length=_MOST_OWN, description="what the user measured or knows themselves and no page says"
    )
    title: str = Field(default="", max_length=300, description="what to call the record")
    no_llm: bool = Field(default=False, description="answer from tables and quotes alone")

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if not (self.questions or self.needs or self.artifacts):
            raise ValueError("give questions, needs, or artifacts")
        if self.criteria and not self.artifacts:
            raise ValueError("criteria need artifacts to be compared on them")
        return self


class ReplayArguments(Arguments):
    record: Annotated[dict[str, Any], BeforeValidator(_object)] = Field(
        description="a record as the tool record gives it, whole", json_schema_extra={"maxProperties": 20}
    )
    no_llm: bool = Field(default=False, description="answer from tables and quotes alone")


class Recorded(BaseModel):
    """A record: to be kept as a file, and to be handed to `replay` as it is."""

    record: DecisionRecord


class Replayed(BaseModel):
    """A record asked again: cell by cell same, reworded, changed, gone or new; its quotes and pages of today."""

    same: bool = Field(description="whether all that the record shows still reads so")
    title: str
    created: str
    answers: list[AnswerReplay]
    artifacts: list[ArtifactReplay]
    quotes: list[QuoteReplay]
    pages: list[PageReplay]
    notes: list[str]
    generation: str
    product: str


async def _record(core: Core, given: RecordArguments, tell: Tell) -> Result:
    turns: list[tuple[str, str]] = []
    answers: list[Answer] = []
    for question in given.questions:
        answer = await last_answer(core.events(question, turns, write=not given.no_llm), tell)
        turns.append((question, answer.text))
        answers.append(answer)
    if given.criteria:
        events = core.events_on(given.artifacts, given.criteria, write=not given.no_llm)
        answers.append(await last_answer(events, tell))

    def keep() -> DecisionRecord:
        with core.provider.lease() as assistant:
            matches: list[Match] = [assistant.match(need) for need in given.needs]
            taken = assistant.artifact(given.taken).label if given.taken.strip() else ""
        kept = Keep(
            answers=answers, matches=matches, artifacts=given.artifacts, taken=taken, why=given.why, own=given.own
        )
        return made(core, kept.model_copy(update={"title": given.title or None}))

    record = await asyncio.to_thread(keep)
    data = Recorded(record=record).model_dump(mode="json")
    if (size := len(json.dumps(data, ensure_ascii=False))) > MOST_CHARACTERS:
        # A record that is cut short could not be asked again.
        raise SidebysideError(
            f"this record has {size:,} characters, and clients take {MOST_CHARACTERS:,}: record fewer questions and "
            "needs at a time, or write a file with: sidebyside ask --record FILE"
        )
    return Result(data, FORMS["md"].write(record))


async def _replay(core: Core, given: ReplayArguments, _tell: Tell) -> Result:
    record = check(record_from_dict(given.record, SENT))

    def again() -> Replay:
        with core.provider.answering() as assistant:
            return assistant.replay(record, write=not given.no_llm)

    found = await asyncio.to_thread(again)
    return Result.of(Replayed.model_validate(found.to_dict()), lambda _data: "\n".join(_replay_lines(found)))


def _replay_lines(found: Replay) -> Iterator[str]:
    """What changed, for who reads no data: cells, quotes, pages."""
    changed = [cell for cell in found.cells if cell.outcome not in ("same", "reworded")]
    lost = [quote for quote in found.quotes if quote.outcome != "same"]
    pages = [page for page in found.pages if page.outcome != "same"]
    yield (
        "The same: all that the record shows still reads so."
        if found.same
        else f"Changed: {len(changed)} of {len(found.cells)} cells; {len(lost)} of {len(found.quotes)} quotes are gone "
        "or read otherwise."
    )
    yield from (f"Note: {note}" for note in found.notes)
    yield from (_cell_line(cell) for cell in changed[:_TOLD])
    for quote in lost[:_TOLD]:
        now = f"now: “{plain(quote.after)}”" if quote.after else "now: nothing like it"
        yield f"- quote of {plain(quote.artifact)}, {plain(quote.source)}: “{plain(quote.before)}”; {now}"
    for page in pages[:_TOLD]:
        yield f"- page {page.outcome}: {plain(page.source)}{f', now {plain(page.now)}' if page.now else ''}"


def _cell_line(cell: CellReplay) -> str:
    where = plain(", ".join(filter(None, (cell.artifact, cell.criterion)))) or "the answer"
    return f"- {cell.outcome}: {where}: {_said(cell.before)} -> {_said(cell.after)}"


def _said(told: Told | None) -> str:
    if told is None:
        return "nothing"
    if told.state == "silent":
        return "not stated"
    return f"{'no: ' if told.state == 'denied' else ''}“{plain(told.text)}”"


DECIDING = (
    Tool(
        "record",
        "Record a decision",
        "Make a decision record: answers to questions, what matches needs, or artifacts on criteria, with their "
        "quotes, the SHA-256 of each page, the user's reason and own measurements. It comes as Markdown to be read and "
        "as data to be kept: the tool replay asks it again when pages have changed. Nothing is stored here.",
        RecordArguments,
        Recorded,
        _record,
    ),
    Tool(
        "replay",
        "Ask a record again",
        "Ask a decision record again on the library of today: cell by cell what is the same and what changed, the "
        "quotes that went, and what became of the pages.",
        ReplayArguments,
        Replayed,
        _replay,
    ),
)
