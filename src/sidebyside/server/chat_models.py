"""What OpenAI-compatible routes take and give; only the fields that mean something here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sidebyside.records import Citation

# The models on offer: with the LLM's sentences, and from tables and quotes alone.
FULL, QUOTES = "sidebyside", "sidebyside-quotes"
_MAX_MESSAGES = 4000


class ChatMessage(BaseModel):
    """One message of a conversation. Of its parts the texts are read; `unread` names the others."""

    role: Annotated[str, StringConstraints(max_length=64)]
    content: str | list[str | dict[str, Any]] | dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """All its text."""
        return "\n".join(text for part in self._parts if (text := _text_of(part)) is not None)

    @property
    def unread(self) -> tuple[str, ...]:
        """What it holds beside text, in words: "a picture", "the file notes.pdf"."""
        return tuple(dict.fromkeys(_called(part) for part in self._parts if _text_of(part) is None))

    @property
    def _parts(self) -> list[str | dict[str, Any]]:
        if isinstance(self.content, list):
            return self.content
        return [self.content] if self.content else []


# What the parts of a message are called, by the names that clients give to their types.
_PARTS = {
    "image_url": "a picture",
    "input_image": "a picture",
    "image": "a picture",
    "input_audio": "a recording",
    "audio": "a recording",
    "video_url": "a film",
    "video": "a film",
    "file": "a file",
    "input_file": "a file",
    "document": "a file",
}
_TEXTS = frozenset({"text", "input_text", "output_text", "refusal"})


def _text_of(part: str | dict[str, Any]) -> str | None:
    """The text of a part, None for one of another kind."""
    if isinstance(part, str):
        return part
    if part.get("type", "text") not in _TEXTS:
        return None
    text = part.get("text") or part.get("refusal") or ""
    return text if isinstance(text, str) else ""


def _called(part: str | dict[str, Any]) -> str:
    """A part that is not read, in words."""
    assert isinstance(part, dict)
    kind = part.get("type")
    called = _PARTS.get(kind, "a part of another kind") if isinstance(kind, str) else "a part of another kind"
    file = part.get("file") if isinstance(part.get("file"), dict) else part
    name = file.get("filename") if isinstance(file, dict) else None
    if called == "a file" and isinstance(name, str) and name.strip():
        return f"the file {' '.join(name.split())[:100]}"
    return called


class StreamOptions(BaseModel):
    """How a stream ends."""

    include_usage: bool | None = False


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

    model: Annotated[str, StringConstraints(max_length=200)] | None = FULL
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=_MAX_MESSAGES)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    response_format: dict[str, Any] | None = Field(
        default=None, description='{"type": "json_object"} or "json_schema": the answer as JSON'
    )
    n: Annotated[int, Field(ge=1, le=1)] | None = Field(default=1, description="one answer; there is no second best")

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with what it took."""
        return bool(self.stream_options and self.stream_options.include_usage)


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
