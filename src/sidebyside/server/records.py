"""Routes for decisions: /api/record makes a record or writes it in another form, /api/replay asks one again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from sidebyside.decisions.forms import FORMS, Form
from sidebyside.decisions.making import edited
from sidebyside.errors import RecordError
from sidebyside.records import Answer, DecisionRecord, Match, OwnCell, RecordedAnswer, Replay
from sidebyside.records.decisions import check_record
from sidebyside.server.core import Core
from sidebyside.server.schemas import MAX_TEXT, Name, Words
from sidebyside.serving.limits import MAX_QUESTION, MAX_TURNS
from sidebyside.serving.problems import problem_responses

# Answers of one record: each is asked again by a replay.
MAX_RECORDED = 50
# How an error calls what came in a request.
SENT = "the record"


class Keep(BaseModel):
    """What to record: answers of /api/answer, matches of /api/match, artifacts, and the reader's own words.

    With `record`, this is added to it: an answer to the same question takes the place of the earlier one, and words
    that are given replace those that are there.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "artifacts": ["Stable-Diffusion"],
                "taken": "Stable-Diffusion",
                "why": "It is free and runs here.",
                "own": [{"artifact": "Stable-Diffusion", "criterion": "latency", "text": "40 ms, measured by us"}],
            }
        },
    )

    record: DecisionRecord | None = None
    answers: Annotated[list[Answer], Field(max_length=MAX_RECORDED)] = Field(
        default=[], description="of one conversation, oldest first"
    )
    matches: Annotated[list[Match], Field(max_length=MAX_RECORDED)] = []
    history: Annotated[list[tuple[Words, Words]], Field(max_length=MAX_TURNS)] = Field(
        default=[], description="the conversation before `answers`: [question, answer text] pairs"
    )
    artifacts: Annotated[list[Name], Field(max_length=MAX_RECORDED)] = Field(
        default=[], description="the shortlist: names, labels or ids"
    )
    taken: Annotated[str, StringConstraints(max_length=300)] | None = Field(
        default=None, description="the artifact that was taken; empty while nothing is decided"
    )
    why: Annotated[str, StringConstraints(max_length=MAX_TEXT)] | None = Field(
        default=None, description="the reader's own reason"
    )
    own: Annotated[list[OwnCell], Field(max_length=200)] | None = Field(
        default=None, description="what the reader knows and no page says"
    )
    title: Annotated[str, StringConstraints(max_length=300)] | None = None


def record_routes(core: Core) -> APIRouter:
    """The routes on this core."""
    router = APIRouter(tags=["decisions"])
    forms: dict[str, Any] = {
        written.media_type: {"schema": {"type": "string"}} for form, written in FORMS.items() if form != "json"
    }

    @router.post(
        "/api/record",
        response_model=DecisionRecord,
        responses={200: {"content": forms}, **problem_responses(401, 403, 413, 422, 429, 503)},
        summary="Make a decision record, or write one in another form",
    )
    def record(
        keep: Keep,
        form: Annotated[Form, Query(description="json to be replayed; md or html, a file to be read")] = "json",
    ) -> Any:
        """A record holds answers with their quotes and places, the SHA-256 of each cited page as it was when indexed,
        the versions of index, program and model, and the reader's own words, which stand apart from quotes.
        """
        whole = made(core, keep)
        if form == "json":
            return whole
        headers = {"Content-Disposition": f'attachment; filename="decision.{form}"'}
        return Response(FORMS[form].write(whole), media_type=FORMS[form].media_type, headers=headers)

    @router.post(
        "/api/replay",
        responses=problem_responses(401, 403, 413, 422, 429, 503),
        summary="Ask a decision record again",
    )
    def replay(
        record: DecisionRecord,
        no_llm: Annotated[bool, Query(description="answer from tables and quotes alone")] = False,
    ) -> Replay:
        """The record beside what its questions and needs get from today's library: cell by cell the same, reworded,
        changed, gone or new; its quotes on today's pages; and its pages by their hashes.
        """
        check(record)
        with core.provider.answering() as assistant:
            return assistant.replay(record, write=not no_llm)

    return router


def made(core: Core, keep: Keep) -> DecisionRecord:
    """A new record, or the given one with what is added."""
    if keep.record is not None:
        check(keep.record)
    given: list[Answer | Match | RecordedAnswer] = [*keep.answers, *keep.matches]
    if keep.record is not None and not given and not keep.artifacts:
        # Words alone: nothing is looked up, and a record can be written where there is no library.
        return edited(keep.record, None, taken=keep.taken, why=keep.why, own=keep.own, title=keep.title)
    with core.provider.answering() as assistant:
        more = assistant.record(given, history=keep.history, artifacts=keep.artifacts, title=keep.title or "")
    base, added = (more, None) if keep.record is None else (keep.record, more)
    whole = edited(base, added, taken=keep.taken, why=keep.why, own=keep.own, title=keep.title)
    check(whole)
    return whole


def check(record: DecisionRecord) -> DecisionRecord:
    """The record. Raises RecordError for what no field alone shows to be wrong."""
    check_record(record, SENT)
    if len(record.answers) > MAX_RECORDED:
        raise RecordError(SENT, f"it has {len(record.answers)} answers; {MAX_RECORDED} are the most")
    longest = max((len(text) for a in record.answers for text in (a.asked, *a.earlier)), default=0)
    if longest > MAX_QUESTION:
        raise RecordError(SENT, f"a question has {longest:,} characters; {MAX_QUESTION:,} are the most")
    return record
