"""What the MCP tools take: tight in what they promise to models, lenient in what clients make of it.

`null` and an empty text count as left out where an argument may be, lists may come as JSON text, names as one text,
turns as pairs or as chat messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from sidebyside.records import SHOWN
from sidebyside.server.mentions import mentioned
from sidebyside.server.schemas import MAX_FOUND, Among, Criteria, Most, Name, NeedText, QuestionText, Wishes, Words
from sidebyside.serving.limits import MAX_TURNS

_BETWEEN_NAMES = re.compile(r"\s*(?:[,;\n]|\bvs\b\.?|\bversus\b|\band\b|&)\s*", re.IGNORECASE)
# Not the comma of "1,000 tokens".
_BETWEEN_TEXTS = re.compile(r"[;\n]|,(?!\d)")
# Gives the labels of the library, where a text has to be taken apart into names.
Labels = Callable[[], Sequence[str]]


def decoded(value: Any) -> Any:
    """A list that a client sends as JSON text, as some do."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _turns(value: Any) -> Any:
    """Turns that come as [question, answer] pairs, or as messages with roles."""
    value = decoded(value)
    if not isinstance(value, list):
        return value
    if value and all(isinstance(item, dict) and "role" in item for item in value):
        return _paired(value)
    return [dict(zip(("question", "answer"), item, strict=False)) if _is_pair(item) else item for item in value]


def _is_pair(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2


def _paired(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    asked: Any = None
    for message in messages:
        if message["role"] == "user":
            asked = message.get("content")
        elif message["role"] == "assistant" and asked is not None:
            turns.append({"question": asked, "answer": message.get("content")})
            asked = None
    return turns


def names_in(value: Any, info: ValidationInfo) -> Any:
    """Names that come as one text: the labels in it, or its parts where it holds no two of the library's."""
    value = decoded(value)
    if not isinstance(value, str):
        return value
    labels: Labels = (info.context or {}).get("labels", tuple)
    found = mentioned(value, labels())
    return found if len(found) > 1 else [part for part in _BETWEEN_NAMES.split(value) if part]


def texts_in(value: Any) -> Any:
    """Texts that come as one, between commas."""
    value = decoded(value)
    return [part.strip() for part in _BETWEEN_TEXTS.split(value) if part.strip()] if isinstance(value, str) else value


def _wishes(value: Any) -> Any:
    """Wishes that come as bare texts."""
    value = decoded(value)
    return [{"text": item} if isinstance(item, str) else item for item in value] if isinstance(value, list) else value


class Arguments(BaseModel):
    """Arguments; those that are not listed are left out, and the result says so."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        optional = {name for name, field in cls.model_fields.items() if not field.is_required()}
        given = {name: value for name, value in data.items() if value is not None}
        return {name: value for name, value in given.items() if value != "" or name not in optional}


class Turn(BaseModel):
    """An earlier question of the conversation with the text of its answer."""

    question: Words
    answer: Words


class AskArguments(Arguments):
    question: QuestionText
    history: Annotated[list[Turn], BeforeValidator(_turns)] = Field(
        default=[], max_length=MAX_TURNS, description="the conversation so far, oldest first, for follow-ups"
    )
    no_llm: bool = Field(default=False, description="answer from tables and quotes alone, in milliseconds")


class CompareArguments(Arguments):
    names: Annotated[list[Name], BeforeValidator(names_in)] = Field(
        min_length=2, max_length=SHOWN, description="labels, names or ids of artifacts in the library"
    )
    aspect: str = Field(default="", max_length=300, description="what matters, such as: context length")
    criteria: Annotated[Criteria, BeforeValidator(texts_in)] = []
    no_llm: bool = Field(default=False, description="answer from tables and quotes alone, in milliseconds")


class SearchArguments(Arguments):
    need: QuestionText = Field(description="what an artifact should do, such as: fine-tune on a few photos")
    limit: int = Field(default=10, ge=1, le=MAX_FOUND, description="most artifacts to give")


class MatchArguments(Arguments):
    need: NeedText = ""
    wishes: Annotated[Wishes, BeforeValidator(_wishes)] = []
    among: Annotated[Among, BeforeValidator(names_in)] = []
    most: Most = SHOWN

    @model_validator(mode="after")
    def _wishes_for_something(self) -> Self:
        if not self.need and not self.wishes:
            raise ValueError("give a need, or wishes")
        return self


class NameArguments(Arguments):
    name: Name = Field(description="label, name or id of an artifact in the library")
