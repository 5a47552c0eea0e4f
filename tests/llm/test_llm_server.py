"""Answers with an LLM server: both sides at once, quotes when it is away, and a real server of llama.cpp."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

import invented
from invented import assert_cited, open_assistant
from sidebyside import Assistant
from sidebyside.llm import server as llm_server
from sidebyside.llm.server import ServerGenerator
from sidebyside.records import Message
from sidebyside.settings import Settings
from tiny_gguf import write_tiny_model

PAIR = "How do Kestrel 7B and Marten Studio compare on transcribing speech?"
SENTENCES = {
    "Kestrel 7B": "recorded speech in twelve languages, 300 ms per sentence",
    "Marten Studio": "recorded speech in four languages, 2 s per sentence",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    return invented.shared_index(tmp_path_factory)


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible server that knows a sentence about each side; `hold` runs before each reply."""

    daemon_threads = True

    def __init__(self, hold=lambda: None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hold = hold
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = " ".join(message["content"] for message in body["messages"])
        side = next(name for name in SENTENCES if f"Artifact: {name}" in prompt)
        self.server.asked.append(side)
        try:
            self.server.hold()
            self.send_response(200)
            self.end_headers()
            choice = {"delta": {"content": SENTENCES[side]}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 40, "completion_tokens": 9}
            for event in ({"choices": [choice]}, {"choices": [], "usage": usage}):
                self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass

    def log_message(self, *_):
        """Quiet."""


@contextmanager
def running(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_prompts_of_both_sides_are_sent_at_once(index):
    """Neither reply comes before both were asked for: sent one after the other, the barrier would break."""
    both = threading.Barrier(2)
    with running(Server(hold=lambda: both.wait(20))) as server:
        generator = ServerGenerator(server.url, "tiny", timeout=30.0)
        with open_assistant(index, generator=generator) as assistant:
            events = list(assistant.stream(PAIR))
    assert sorted(server.asked) == sorted(SENTENCES)
    assert [event.type for event in events] == ["facts", "sentence", "sentence", "answer"]
    answer = events[-1].answer
    assert all(sentence.rstrip(".") in answer.text for sentence in SENTENCES.values())
    assert (answer.model, answer.stats["model_sentences"], answer.stats["prompt_tokens"]) == ("tiny", 2, 80)
    assert_cited(answer)


def test_stop_reaches_all_replies_under_way(index):
    release = threading.Event()
    with running(Server(hold=lambda: release.wait(30))) as server:
        generator = ServerGenerator(server.url, "tiny", timeout=60.0)
        with open_assistant(index, generator=generator) as assistant:
            stream = assistant.stream(PAIR)
            assert next(stream).type == "facts"
            threading.Timer(0.5, stream.cancel).start()
            began = time.monotonic()
            last = list(stream)[-1].answer
            assert time.monotonic() - began < 20
            assert not generator._calls, "a call is still under way"
        release.set()
    assert last.stats["model_sentences"] == 0
    assert last.citations


def test_quotes_stand_in_for_a_server_that_is_away(index, monkeypatch):
    monkeypatch.setattr(llm_server, "PAUSE", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    generator = ServerGenerator(f"http://127.0.0.1:{port}/v1", "tiny", timeout=5.0)
    with open_assistant(index, generator=generator) as assistant, open_assistant(index) as quoting:
        answer, quoted = assistant.answer(PAIR), quoting.answer(PAIR)
        assert (answer.text, answer.citations, answer.model) == (quoted.text, quoted.citations, None)
        [note] = set(answer.notes) - set(quoted.notes)
        assert "check that it runs, and SIDEBYSIDE_LLM_URL" in note
        # It is asked again with the next question: coming back needs no restart.
        with running(Server()) as server:
            generator._url = httpx.URL(server.url + "/chat/completions")
            assert assistant.answer(PAIR).model == "tiny"


def test_a_server_that_says_nothing_costs_its_time_limit_and_no_more(index):
    release = threading.Event()
    with running(Server(hold=lambda: release.wait(30))) as server:
        generator = ServerGenerator(server.url, "tiny", timeout=0.5)
        with open_assistant(index, generator=generator) as assistant:
            began = time.monotonic()
            answer = assistant.answer(PAIR)
            assert time.monotonic() - began < 15
        release.set()
    assert answer.citations
    assert any("within 0.5 s" in note for note in answer.notes)


def test_tries_are_spread_so_that_a_server_that_comes_back_is_not_overrun():
    """Pauses grow, and no two callers wait the same time."""
    pauses: list[float] = []

    class Impatient(threading.Event):
        """Notes how long it was to be waited for, and ends the wait at once."""

        def wait(self, timeout=None):
            pauses.append(timeout)
            return False

    for _ in range(8):
        generator = ServerGenerator("http://127.0.0.1:9/v1", "tiny", timeout=100.0)
        call = generator._begin({}, [Message("user", "x")])
        call.cancelled = Impatient()
        with pytest.raises(llm_server.GenerationError):
            list(generator._receive(call))
    first, second = pauses[::2], pauses[1::2]
    assert len(first) == len(second) == 8
    assert len(set(pauses)) == 16
    assert all(0.3 <= pause <= 0.9 for pause in first)
    assert all(0.6 <= pause <= 1.8 for pause in second)


# --- the real one ----------------------------------------------------------------------------------------------------


@contextmanager
def llama_server(model: Path, *options: str) -> Iterator[str]:
    """The server that llama-cpp-python ships with, on loopback; ended by its process id."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1"]
    # By default a new request there ends the one before; both sides' prompts come at once.
    command += ["--port", str(port), "--verbose", "False", "--interrupt_requests", "False", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/v1/models", trust_env=False).status_code == 200:
                    break
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the server does not start"
            if process.poll() is not None:
                pytest.fail(f"the server ended: {process.stderr.read().decode()[-2000:]}", pytrace=False)
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_the_protocol_of_a_real_server(tmp_path):
    """Random weights: what is written is noise, but the stream, its end, the counts and the cut are llama.cpp's own."""
    model = write_tiny_model(tmp_path / "tiny.gguf")
    with llama_server(model, "--chat_format", "chatml", "--n_ctx", "512") as url:
        generator = ServerGenerator(url, "tiny", timeout=60.0)
        reply = generator.stream([Message("user", "Name a number.")], max_tokens=12)
        assert reply.read()
        assert reply.usage is not None
        assert reply.usage.finish in ("stop", "length")
        assert 0 < reply.usage.completion_tokens <= 12 + 1
        reply = generator.stream([Message("user", "Name a number.")], max_tokens=400)
        next(reply)
        reply.cancel()
        reply.read()
        assert reply.usage.finish == "cancelled"
        assert generator.stream([Message("user", "Name a number.")], max_tokens=12).read(), "it still answers"
        generator.close()


@pytest.mark.integration
def test_the_seed_questions_with_the_real_model_behind_a_real_server(seed_index, default_model):
    question = "Which handles a longer context: LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?"
    with llama_server(default_model, "--n_ctx", "4096", "--flash_attn", "True") as url:
        settings = Settings.load(llm_url=url, model="behind-the-server", index=seed_index)
        with Assistant.open(seed_index, settings=settings) as assistant:
            answer = assistant.answer(question)
            unknown = assistant.answer("Is Midjourney better than GPT-4?")
    assert answer.status == "answered"
    assert answer.text.startswith("**Llama 3.2 90B Vision** has the longer context: 128K")
    assert not [note for note in answer.notes if "language model" in note]
    assert answer.stats["completion_tokens"] + answer.stats["rejected_sentences"] > 0
    assert answer.model == ("behind-the-server" if answer.stats["model_sentences"] else None)
    assert (unknown.status, unknown.citations, unknown.model) == ("not_found", (), None)
