"""The generator that asks an OpenAI-compatible server: llama-server, Ollama, vLLM or a paid service.

The openai package was tried in place of this code. Closing its stream does not wake a thread that waits for the server
(3.5 s to the end of a pause, against 0.03 s for cutting the connection as here), a call that is cut before the first
byte is sent again, its pauses between tries cannot be broken off, lines have no limit, and it takes 0.5 s to import.
"""

from __future__ import annotations

import itertools
import json
import math
import queue
import random
import socket
import threading
import time
from collections.abc import Generator as Coroutine
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sidebyside.errors import GenerationError, SettingsError
from sidebyside.llm.chat_formats import defuse
from sidebyside.llm.generator import Finish, Generation, Usage
from sidebyside.llm.stop_text import TextAssembler
from sidebyside.llm.thinking import Thoughts
from sidebyside.records import Message

if TYPE_CHECKING:
    import httpx

    from sidebyside.settings import Settings

TRIES = 3  # per call, as long as no text has come
PAUSE = 0.6  # seconds before the second try, give or take a half; doubled for the third
CONNECT_TIMEOUT = 5.0  # seconds
LOADING_PAUSE = 1.0  # seconds before a server that is loading its model is asked again
THINKING_TOKENS = 1024  # what a model that thinks before it answers gets for that
_LINE_LIMIT = 1_000_000  # bytes; no server sends more in one event
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class _RetryError(Exception):
    """The try failed in a way that may pass; the text says how. A server that is loading is given its time."""

    def __init__(self, reason: str, *, loading: bool = False) -> None:
        super().__init__(reason)
        self.loading = loading


class _OnlyThoughtError(Exception):
    """The reply held a trace of thoughts and nothing else."""


@dataclass(eq=False)
class _Call:
    """One request on its way. `outbox` gets text pieces, then a Usage or an exception as the end."""

    body: dict[str, Any]
    deadline: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    outbox: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    connection: Any = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note the connection when httpcore has made it, so that `cancel` can cut it from another thread."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self.connection = info["return_value"].get_extra_info("socket")
            if self.cancelled.is_set():
                self.cancel()

    def cancel(self) -> None:
        """Cut the connection: the server stops writing, and a thread that waits for it wakes up."""
        self.cancelled.set()
        if self.connection is not None:
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # closed already
                return

    @property
    def left(self) -> float:
        """Seconds left, at least a little, since 0 would mean no limit."""
        return max(0.01, self.deadline - time.monotonic())


class ServerGenerator:
    """Sends prompts to `url` (with its /v1). Every call has a thread and a connection of its own.

    What the pages say leaves this process for that server: set `llm_url` only to one that you trust with it.
    """

    concurrent = True

    def __init__(self, url: str, model: str, *, key: str = "", timeout: float = 120.0, queue_limit: int = 16) -> None:
        import httpx

        self.name = model
        try:
            self._url = httpx.URL(url.rstrip("/") + "/chat/completions")
        except httpx.InvalidURL:
            self._url = httpx.URL()
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise SettingsError("SIDEBYSIDE_LLM_URL must look like http://127.0.0.1:8080/v1")
        self._timeout = timeout
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._limit = queue_limit
        self._lock = threading.Lock()
        self._calls: set[_Call] = set()
        self._closed = False
        self._thinks = self._has_written = False

    @classmethod
    def from_settings(cls, settings: Settings) -> ServerGenerator:
        """With the setting `model` as the name that the server knows."""
        return cls(
            settings.llm_url,
            settings.model,
            key=settings.llm_key.get_secret_value(),
            timeout=settings.generation_timeout,
            queue_limit=settings.queue_limit,
        )

    def stream(self, messages: Sequence[Message], *, max_tokens: int, stop: Sequence[str] = ()) -> Generation:
        """A reply; see Generator.stream. How repeatable it is depends on the server."""
        body: dict[str, Any] = {
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if stop:
            body["stop"] = list(stop)[:4]  # the protocol allows four; `_write` looks for all of them
        call = self._begin(body, messages)
        threading.Thread(target=self._work, args=(call, stop), name="sidebyside-server-call", daemon=True).start()

        def write(cancelled: threading.Event) -> Coroutine[str, None, Usage]:
            while not isinstance(item := call.outbox.get(), Usage):
                if isinstance(item, Exception):
                    raise item
                if item and not cancelled.is_set():
                    yield item
            return item

        return Generation(write, on_cancel=call.cancel)

    def option_probabilities(self, messages: Sequence[Message], options: Sequence[str]) -> dict[str, float]:
        """From the log-probabilities of the reply's first token, which the server must be able to give."""
        body = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": 20}
        call = self._begin(body, messages)
        try:
            reply = json.loads(b"".join(self._receive(call)))
        except ValueError:
            raise GenerationError(f"{self._where}: the reply is not JSON; check SIDEBYSIDE_LLM_URL") from None
        finally:
            self._finish(call)
        return _weigh(reply, options, self._where)

    def prepare(self, messages: Sequence[Message], *, max_tokens: int = 0, stop: Sequence[str] = ()) -> None:
        """Nothing: the server keeps what it wants to."""

    def stop_preparing(self) -> None:
        """Nothing was begun."""

    def warm(self) -> None:
        """Nothing: the server is there or not."""

    def close(self) -> None:
        """Cut all connections and refuse later calls."""
        with self._lock:
            self._closed = True
            calls = list(self._calls)
        for call in calls:
            call.cancel()

    def models(self) -> list[str]:
        """The names that the server gives its models. Raises GenerationError."""
        import httpx

        url = self._url.copy_with(path=self._url.path.removesuffix("chat/completions") + "models")
        try:
            with self._client(CONNECT_TIMEOUT) as client:
                response = client.get(url)
            if response.has_redirect_location:
                raise self._sent_on(response)
        except httpx.HTTPError as error:
            raise GenerationError(f"{self._where}: {str(error) or type(error).__name__}; check that it runs") from None
        try:
            return [str(entry["id"]) for entry in response.json()["data"]]
        except (ValueError, KeyError, TypeError):
            raise self._strange(response.text, f"status {response.status_code}") from None

    @property
    def _where(self) -> str:
        """The server as messages name it: never with a password that the URL may hold."""
        url = self._url
        port = f":{url.port}" if url.port else ""
        return f"the LLM server at {url.scheme}://{url.host}{port}{url.path.removesuffix('/chat/completions')}"

    def _strange(self, text: str, status: str = "status 200") -> GenerationError:
        """What came back instead of a reply, and what to set."""
        said = " ".join(text.split())[:120] or "nothing"
        advice = "SIDEBYSIDE_LLM_URL has to lead to an OpenAI-compatible server"
        if not self._url.path.startswith("/v1/"):
            advice += "; most addresses of such end in /v1"
        return GenerationError(f"{self._where} answered with {status} and no reply: {said}; {advice}")

    def _sent_on(self, response: httpx.Response) -> GenerationError:
        """A redirect, to a sign-in page mostly; prompts are not sent to where nobody chose to send them."""
        target = " ".join(response.headers["location"].partition("?")[0].split())[:120]
        return GenerationError(
            f"{self._where} sends requests on to {target} (status {response.status_code}); sign in there, or set "
            "SIDEBYSIDE_LLM_URL to the server itself"
        )

    def _begin(self, body: dict[str, Any], messages: Sequence[Message]) -> _Call:
        # Few servers continue a reply whose beginning they are given; the others take it for a turn to answer.
        asked = messages[:-1] if messages[-1].role == "assistant" else messages
        turns = [{"role": message.role, "content": defuse(message.text)} for message in asked]
        call = _Call({"model": self.name, "messages": turns, **body}, time.monotonic() + self._timeout)
        with self._lock:
            if self._closed:
                raise GenerationError("this generator is closed; open a new one")
            if len(self._calls) >= self._limit:
                raise GenerationError(f"busy: {len(self._calls)} calls wait for {self._where}; ask again shortly")
            self._calls.add(call)
        return call

    def _finish(self, call: _Call) -> None:
        with self._lock:
            self._calls.discard(call)

    def _work(self, call: _Call, stop: Sequence[str]) -> None:
        """The thread of a streamed call."""
        try:
            call.outbox.put(self._write(call, stop))
        except GenerationError as error:
            call.outbox.put(Usage(finish="cancelled") if call.cancelled.is_set() else error)
        except Exception as error:  # whatever happens here, nobody may be left waiting
            call.outbox.put(GenerationError(f"unexpected {type(error).__name__} from {self._where}: {error}"))
        finally:
            self._finish(call)

    def _write(self, call: _Call, stop: Sequence[str]) -> Usage:
        """Put the pieces of the reply into the outbox; returns its usage.

        A model that thinks aloud first is asked again with room for that, once, and at once from then on.
        """
        try:
            return self._written(call, stop)
        except _OnlyThoughtError:
            self._thinks = True
        try:
            return self._written(call, stop)
        except _OnlyThoughtError:
            raise GenerationError(
                f"{self._where}: {self.name} spent its whole reply on thinking; switch thinking off there, "
                "or choose another SIDEBYSIDE_MODEL"
            ) from None

    def _written(self, call: _Call, stop: Sequence[str]) -> Usage:
        """One try of `_write`. Raises _OnlyThoughtError where nothing was left of the reply."""
        started = first = time.monotonic()
        text = TextAssembler(stop)
        thoughts, thought = Thoughts(expected=self._thinks), False
        limit = call.body["max_tokens"] + (THINKING_TOKENS if self._thinks else 0)
        counts: dict[str, Any] = {}
        written, finish, ended = 0, "stop", ""
        told = ""
        for event in self._events(call):
            counts = event.get("usage") or counts
            for choice in event.get("choices") or ():
                delta = choice.get("delta") or choice.get("message") or {}
                piece = delta.get("content") or ""
                thought = thought or bool(delta.get("reasoning_content") or delta.get("reasoning"))
                ended = str(choice.get("finish_reason") or ended)
                finish = "length" if ended == "length" else finish
                if piece:
                    first = first if written else time.monotonic()
                    written += 1
                    told += self._put(call, text.feed(thoughts.feed(piece).encode("utf-8", "replace")))
            if text.stopped or written > limit + 8:
                # The server does not know this stop text, or takes no notice of the limit.
                finish = "stop" if text.stopped else "length"
                break
        if not text.stopped:
            told += self._put(call, text.feed(thoughts.rest().encode("utf-8", "replace")))
        told += self._put(call, text.rest())
        self._thinks = self._thinks or thoughts.seen
        if not told.strip() and (thoughts.seen or thought) and not call.cancelled.is_set():
            raise _OnlyThoughtError
        self._has_written = self._has_written or bool(told) or text.stopped
        if not self._has_written and not call.cancelled.is_set():
            # A model may have nothing to say once; one that has never said anything is no model, or not allowed to.
            raise GenerationError(
                f"{self._where} answered with an empty reply (finish_reason: {ended[:40] or 'none'}); see its log, "
                "and check SIDEBYSIDE_MODEL"
            )
        now = time.monotonic()
        details = counts.get("prompt_tokens_details") or {}
        return Usage(
            counts.get("prompt_tokens") or 0,
            details.get("cached_tokens") or 0,
            counts.get("completion_tokens") or written,
            first - started,
            now - first,
            _finish_name(call, finish),
        )

    @staticmethod
    def _put(call: _Call, text: str) -> str:
        call.outbox.put(text)
        return text

    def _events(self, call: _Call) -> Iterator[dict[str, Any]]:
        """The events of a streamed reply; a server that does not stream sends one. Raises GenerationError for others.

        A page to sign in at, or an error with status 200, is no reply: without an event, what came is told.
        """
        other, events = b"", 0
        for line in _lines(self._receive(call), self._where):
            if not line.startswith(b"data:"):
                other += line[: _LINE_LIMIT - len(other)] if not events else b""
                continue
            data = line[5:].strip()
            if data == b"[DONE]":
                break
            try:
                event = json.loads(data)
            except ValueError:
                raise GenerationError(f"{self._where} sent an event that is not JSON") from None
            if not isinstance(event, dict):
                raise self._strange(data[:1000].decode("utf-8", "replace"))
            if "error" in event:
                raise GenerationError(f"{self._where}: {str(event['error'])[:200]}")
            events += 1
            yield event
        if not events:
            yield self._whole(other)

    def _whole(self, body: bytes) -> dict[str, Any]:
        """A reply that came at once. Raises GenerationError for anything else."""
        try:
            reply = json.loads(body)
        except ValueError:
            reply = None
        if not isinstance(reply, dict) or not reply.get("choices"):
            raise self._strange(body[:1000].decode("utf-8", "replace"))
        return reply

    def _receive(self, call: _Call) -> Iterator[bytes]:
        """The bytes of the reply; tries again, with growing pauses, as long as none has come."""
        for attempt in itertools.count(1):
            try:
                yield from self._receive_once(call)
                return
            except _RetryError as error:
                pause = LOADING_PAUSE if error.loading else random.uniform(0.5, 1.5) * PAUSE * 2 ** (attempt - 1)
                if (attempt >= TRIES and not error.loading) or call.left <= pause or call.cancelled.wait(pause):
                    raise GenerationError(
                        f"{self._where}: {error}; check that it runs, and SIDEBYSIDE_LLM_URL"
                    ) from None

    def _receive_once(self, call: _Call) -> Iterator[bytes]:
        import httpx

        timeout = httpx.Timeout(call.left, connect=min(CONNECT_TIMEOUT, call.left))
        body = call.body
        if self._thinks and body.get("stream"):
            # Its thoughts take tokens and hold line ends; `_written` looks for the stop texts.
            body = {name: value for name, value in body.items() if name != "stop"}
            body["max_tokens"] += THINKING_TOKENS
        received = False
        try:
            with (
                self._client(timeout) as client,
                client.stream("POST", self._url, json=body, extensions={"trace": call.trace}) as response,
            ):
                self._check(response)
                for data in response.iter_bytes():
                    received = True
                    self._check_time(call)
                    yield data
        except httpx.TimeoutException as error:
            if isinstance(error, httpx.ConnectTimeout):
                raise _RetryError("no connection") from None
            raise self._too_slow() from None
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            if received or call.cancelled.is_set():
                raise GenerationError(f"{self._where} broke off: {reason}; ask again") from None
            raise _RetryError(reason) from None

    def _client(self, timeout: Any) -> httpx.Client:
        import httpx

        # A proxy from the environment is not for this machine's own servers.
        environment = self._url.host not in _LOOPBACK
        return httpx.Client(timeout=timeout, trust_env=environment, headers=self._headers)

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        if status in (408, 429) or status >= 500:
            loading = status == 503 and "loading" in response.read().decode("utf-8", "replace").casefold()
            raise _RetryError("still loading its model" if loading else f"status {status}", loading=loading)
        response.read()
        if response.has_redirect_location:
            raise self._sent_on(response)
        advice = {
            401: "set SIDEBYSIDE_LLM_KEY",
            403: "set SIDEBYSIDE_LLM_KEY",
            404: "check SIDEBYSIDE_LLM_URL and SIDEBYSIDE_MODEL",
        }
        words = response.text[:200].strip()
        raise GenerationError(
            f"{self._where} refused: status {status} {words}; {advice.get(status, 'see its log')}".replace("\n", " ")
        )

    def _check_time(self, call: _Call) -> None:
        if time.monotonic() > call.deadline:
            raise self._too_slow()

    def _too_slow(self) -> GenerationError:
        return GenerationError(
            f"no complete reply from {self._where} within {self._timeout:g} s; ask again, "
            "or set SIDEBYSIDE_GENERATION_TIMEOUT higher"
        )


def _finish_name(call: _Call, finish: str) -> Finish:
    if call.cancelled.is_set():
        return "cancelled"
    return "length" if finish == "length" else "stop"


def _lines(blocks: Iterator[bytes], where: str) -> Iterator[bytes]:
    waiting = b""
    for block in blocks:
        *lines, waiting = (waiting + block).split(b"\n")
        yield from lines
        if len(waiting) > _LINE_LIMIT:
            raise GenerationError(f"{where} sent an endless line; check SIDEBYSIDE_LLM_URL")
    yield waiting


def _weigh(reply: Any, options: Sequence[str], where: str) -> dict[str, float]:
    """Probabilities of the options from the likeliest first tokens; each may be the beginning of one option."""
    try:
        candidates = reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        weights = dict.fromkeys(options, 0.0)
        for candidate in candidates:
            word = candidate["token"].strip()
            matching = [option for option in options if word and option.startswith(word)]
            if len(matching) > 1:
                raise GenerationError(f"the options {', '.join(map(repr, matching))} both begin with {word!r}")
            for option in matching:
                weights[option] += math.exp(candidate["logprob"])
    except (KeyError, IndexError, TypeError, AttributeError):
        raise GenerationError(f"{where} gives no log-probabilities; use a local model") from None
    total = sum(weights.values())
    if not total:
        raise GenerationError(f"{where} finds none of {', '.join(map(repr, options))} likely; use a local model")
    return {option: weight / total for option, weight in weights.items()}
