"""Messages to a stream of text: what every generator promises, one for tests, and how to get a real one."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Generator as Coroutine
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from sidebyside.errors import GenerationError
from sidebyside.llm.stop_text import cut_at_stop
from sidebyside.records import Message

if TYPE_CHECKING:
    from sidebyside.settings import Settings

Finish = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one reply took.

    `cached_tokens` is how many of the `prompt_tokens` needed no work because their state was kept. `finish` is "stop"
    (the model ended or a stop text came), "length" (max_tokens or the context window) or "cancelled".
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0
    finish: Finish = "stop"

    @property
    def seconds(self) -> float:
        """Time at work, without waiting in the queue."""
        return self.prefill_seconds + self.decode_seconds


class Generation:
    """A reply while it is written: iterate over its pieces of text, once.

    `cancel()` may come from any thread; the iteration then ends without an error. Raises GenerationError while
    iterating when the reply cannot be completed. `usage` is None until the reply has ended. A reply that nobody holds
    any longer is cancelled.
    """

    def __init__(
        self,
        write: Callable[[threading.Event], Coroutine[str, None, Usage]],
        *,
        on_cancel: Callable[[], None] = lambda: None,
    ) -> None:
        self.usage: Usage | None = None
        self._cancelled = threading.Event()
        self._on_cancel = on_cancel
        self._ended = False
        self._pieces = write(self._cancelled)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return next(self._pieces)
        except StopIteration as end:
            self._ended = True
            if end.value is not None:
                self.usage = end.value
            raise StopIteration from None
        except BaseException:  # also Ctrl-C while waiting: the model must not write on for nobody
            self.cancel()
            self._ended = True
            raise

    def cancel(self) -> None:
        """Stop writing, within about a token. Harmless when the reply has ended."""
        if not self._ended and not self._cancelled.is_set():
            self._cancelled.set()
            self._on_cancel()

    def read(self) -> str:
        """All that is left of the reply, in one string."""
        return "".join(self)

    def __del__(self) -> None:
        self.cancel()


class Generator(Protocol):
    """Writes replies. Safe to use from many threads; calls are answered in order."""

    @property
    def name(self) -> str:
        """The model, as an answer names it."""

    @property
    def concurrent(self) -> bool:
        """Whether it works on several replies at once, so that asking for them together saves time."""

    def stream(self, messages: Sequence[Message], *, max_tokens: int, stop: Sequence[str] = ()) -> Generation:
        """A reply of at most `max_tokens` tokens that ends before any text in `stop`; always the likeliest next token.

        Where the last message is the assistant's, it is how the reply begins, and its first piece.

        Raises GenerationError at once when the queue is full or the generator is closed.
        """

    def option_probabilities(self, messages: Sequence[Message], options: Sequence[str]) -> dict[str, float]:
        """How likely each option is as the beginning of the reply; the values add up to 1.

        Only the first token of each option counts. Raises GenerationError if two options share it.
        """

    def prepare(self, messages: Sequence[Message], *, max_tokens: int = 0, stop: Sequence[str] = ()) -> None:
        """Write a reply ahead of time, when nothing else waits; with 0 tokens, only work out its reusable beginning.

        Returns at once; what goes wrong shows in the next reply, not here.
        """

    def stop_preparing(self) -> None:
        """End what `prepare` began, and drop what it has not; returns at once."""

    def warm(self) -> None:
        """Load the model in the background; returns at once."""

    def close(self) -> None:
        """Free everything; later calls raise GenerationError. Safe to repeat."""


class ModelSpec(Protocol):
    """What a generator has to know about a model on disk."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def chat_format(self) -> str | None: ...  # a name in chat_formats.FORMATS; None: told from the model's vocabulary
    @property
    def context(self) -> int | None: ...  # the window it was trained for, in tokens


def load_generator(settings: Settings, spec: ModelSpec | None = None) -> Generator:
    """The generator that the settings ask for: a server if `llm_url` is set, else llama.cpp with the model of `spec`.

    Cheap: nothing is loaded until the first call or `warm()`. Raises GenerationError if there is neither.
    """
    if settings.llm_url:
        from sidebyside.llm.server import ServerGenerator

        return ServerGenerator.from_settings(settings)
    if spec is None:
        raise GenerationError("no model to write with; set SIDEBYSIDE_MODEL to an installed one, or SIDEBYSIDE_LLM_URL")
    if find_spec("llama_cpp") is None:
        raise GenerationError(
            "the engine of language models is not installed; get it with: sidebyside models engine, "
            "or set SIDEBYSIDE_LLM_URL"
        )
    from sidebyside.llm.process import LocalGenerator

    return LocalGenerator.from_settings(settings, spec)


Replies = Sequence["str | Exception"] | Callable[[Sequence[Message]], str]
Probabilities = Callable[[Sequence[Message], Sequence[str]], Mapping[str, float]]


@dataclass(slots=True)
class ScriptedGenerator:
    """Replies from a script instead of a model, streamed word by word; every word counts as a token.

    `replies` is a list that is used up (an exception in it is raised while streaming) or a function of the messages.
    `probabilities` answers `option_probabilities`; without it all options are equally likely. `calls` keeps the
    messages of every call, `prepared` those that came to `prepare`. `delay` is a pause in seconds before each word.
    """

    replies: Replies = ()
    probabilities: Probabilities | None = None
    name: str = "scripted"
    delay: float = 0.0
    concurrent: bool = False
    calls: list[tuple[Message, ...]] = field(default_factory=list)
    prepared: list[tuple[Message, ...]] = field(default_factory=list)
    closed: bool = False
    _script: Iterator[str | Exception] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._script = iter(() if callable(self.replies) else self.replies)

    def stream(self, messages: Sequence[Message], *, max_tokens: int, stop: Sequence[str] = ()) -> Generation:
        """The next reply of the script, cut at `stop` and `max_tokens`."""
        reply = self._next_reply(tuple(messages))
        prompt_tokens = sum(len(message.text.split()) for message in messages)

        def write(cancelled: threading.Event) -> Coroutine[str, None, Usage]:
            if isinstance(reply, Exception):
                raise reply
            words = re.findall(r"\s*\S+(?:\s+$)?|\s+$", cut_at_stop(reply, stop))
            written = 0
            for word in words[:max_tokens]:
                if self.delay:
                    time.sleep(self.delay)
                if cancelled.is_set():
                    break
                written += 1
                yield word
            finish: Finish = "cancelled" if cancelled.is_set() else "stop" if written == len(words) else "length"
            return Usage(prompt_tokens, 0, written, finish=finish)

        return Generation(write)

    def option_probabilities(self, messages: Sequence[Message], options: Sequence[str]) -> dict[str, float]:
        """What the script says, normalised over the options."""
        self._check_open()
        self.calls.append(tuple(messages))
        given = self.probabilities(messages, options) if self.probabilities else dict.fromkeys(options, 1.0)
        total = sum(given[option] for option in options)
        return {option: given[option] / total for option in options}

    def prepare(self, messages: Sequence[Message], *, max_tokens: int = 0, stop: Sequence[str] = ()) -> None:  # noqa: ARG002
        """Note what would be prepared."""
        self.prepared.append(tuple(messages))

    def stop_preparing(self) -> None:
        """Nothing runs."""

    def warm(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Refuse later calls."""
        self.closed = True

    def _next_reply(self, messages: tuple[Message, ...]) -> str | Exception:
        self._check_open()
        self.calls.append(messages)
        if callable(self.replies):
            return self.replies(messages)
        reply = next(self._script, None)
        if reply is None:
            raise GenerationError(f"the script is used up at call {len(self.calls)}; give it more replies")
        return reply

    def _check_open(self) -> None:
        if self.closed:
            raise GenerationError("this generator is closed; open a new one")
