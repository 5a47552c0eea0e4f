"""What /v1/responses takes and gives; only the fields that mean something here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sidebyside.records import Citation
from sidebyside.server.chat_models import FULL, ChatMessage

_MAX_ITEMS = 4000


class TextOptions(BaseModel):
    """In which form the text is wanted."""

    format: dict[str, Any] | None = None


class ResponsesRequest(BaseModel):
    """A question, or a conversation to go on with. Fields that are not listed are read over."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "model": "sidebyside",
                "input": "Which artifact has the highest UnfragileRank?",
                "stream": False,
            }
        }
    )

    model: Annotated[str, StringConstraints(max_length=200)] | None = FULL
    input: str | Annotated[list[str | dict[str, Any]], Field(max_length=_MAX_ITEMS)]
    previous_response_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    store: bool | None = True
    stream: bool | None = False
    text: TextOptions | None = None
    metadata: dict[str, Any] | None = None

    @property
    def messages(self) -> list[ChatMessage]:
        """The input as messages; items that are none (calls of tools, reasoning) are left out."""
        items = [self.input] if isinstance(self.input, str) else self.input
        return [message for item in items if (message := _message(item)) is not None]

    @property
    def form(self) -> dict[str, Any] | None:
        """The form in which the text is wanted."""
        return self.text.format if self.text is not None else None


def _message(item: str | dict[str, Any]) -> ChatMessage | None:
    if isinstance(item, str):
        return ChatMessage(role="user", content=item)
    role, content = item.get("role"), item.get("content")
    if item.get("type", "message") != "message" or not isinstance(role, str) or len(role) > 64:
        return None
    if isinstance(content, list):
        return ChatMessage(role=role, content=[part for part in content if isinstance(part, str | dict)])
    return ChatMessage(role=role, content=content) if isinstance(content, str) else None


class FileCitation(BaseModel):
    """A citation as clients know them: the page file, and the place of its [n] in the text; our own fields beside."""

    type: Literal["file_citation"] = "file_citation"
    file_id: str
    filename: str
    index: int
    number: int
    artifact: str
    quote: str


class OutputText(BaseModel):
    """The text of the answer."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[FileCitation]
    logprobs: list[None] = Field(default=[], max_length=0)


class OutputMessage(BaseModel):
    """The answer as a message."""

    id: str
    type: Literal["message"] = "message"
    status: Literal["in_progress", "completed"]
    role: Literal["assistant"] = "assistant"
    content: list[OutputText]


class ResponseUsage(BaseModel):
    """Tokens that the LLM read and wrote; 0 where tables and quotes were enough."""

    input_tokens: int
    input_tokens_details: dict[str, int]
    output_tokens: int
    output_tokens_details: dict[str, int]
    total_tokens: int


class ResponseObject(BaseModel):
    """A response. `citations` and `sidebyside` are additions to OpenAI's form."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Literal["in_progress", "completed", "failed"]
    model: str
    output: list[OutputMessage]
    error: dict[str, Any] | None = None
    incomplete_details: None = None
    instructions: None = None
    metadata: dict[str, Any]
    parallel_tool_calls: bool = False
    previous_response_id: str | None = None
    store: bool
    temperature: None = None
    text: dict[str, Any]
    tool_choice: Literal["none"] = "none"
    tools: list[None] = Field(default=[], max_length=0)
    top_p: None = None
    usage: ResponseUsage | None = None
    citations: list[Citation] = []
    sidebyside: dict[str, Any] = {}
