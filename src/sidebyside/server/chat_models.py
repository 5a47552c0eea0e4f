"""What OpenAI-compatible routes take and give; only the fields that mean something here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sidebyside.records import Citation
from sidebyside.server.models import MAX_TEXT

_MAX_MESSAGES = 400


class TextPart(BaseModel):
    """One part of a message; only text is understood."""

    type: Literal["text"]
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class ChatMessage(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: (
        Annotated[str, StringConstraints(max_length=MAX_TEXT)] | Annotated[list[TextPart], Field(max_length=100)] | None
    ) = None

    @property
    def text(self) -> str:
        """All its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """How a stream ends."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A conversation to go on with. Fields that are not listed (temperature and the like) are read over."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "model": "sidebyside",
                "messages": [{"role": "user", "content": "Which artifact has the highest UnfragileRank?"}],
                "stream": False,
            }
        }
    )

    model: Annotated[str, StringConstraints(max_length=200)]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=_MAX_MESSAGES)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = Field(default=1, description="one answer; there is no second best")

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with what it took."""
        return self.stream_options is not None and self.stream_options.include_usage


class Reply(BaseModel):
    """The answer as a message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one answer."""

    index: int = 0
    message: Reply
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Usage(BaseModel):
    """Tokens that the LLM read and wrote; 0 where tables and quotes were enough."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: dict[str, int]


class Completion(BaseModel):
    """A chat completion. `citations` and `sidebyside` are additions to OpenAI's form."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    citations: list[Citation]
    sidebyside: dict[str, Any]


class Delta(BaseModel):
    """What a chunk adds."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(BaseModel):
    """The one answer, in part."""

    index: int = 0
    delta: Delta
    finish_reason: str | None = None
    logprobs: None = None


class Chunk(BaseModel):
    """One step of a streamed chat completion."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]


class OfferedModel(BaseModel):
    """A model by the name that requests give."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "sidebyside"


class Models(BaseModel):
    """All models on offer."""

    object: Literal["list"] = "list"
    data: list[OfferedModel]


class ErrorBody(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ChatError(BaseModel):
    """An error as OpenAI's clients read it."""

    error: ErrorBody
