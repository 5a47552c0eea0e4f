"""The server-backed generator against a small server on this machine."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sidebyside.errors import GenerationError, SettingsError
from sidebyside.llm import server as llm_server
from sidebyside.llm.generator import load_generator
from sidebyside.llm.server import ServerGenerator
from sidebyside.llm.thinking import Thoughts
from sidebyside.records import Message
from sidebyside.settings import Settings

KEY = "sk-very-secret"


class StubServer(ThreadingHTTPServer):
    """Answers each request with the next step of `plan`: a status, or a list of stream lines, floats being pauses."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), StubHandler)
        self.plan: list = []
        self.requests: list[tuple[str, dict, dict]] = []
        self.cut_off = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class StubHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        step = self.server.plan.pop(0)
        status, lines = step if isinstance(step, tuple) else (step, ["no"]) if isinstance(step, int) else (200, step)
        try:
            self.wait_for(lines)
            self.send_response(status)
            self.end_headers()
            for line in lines:
                self.send(line)
        except OSError:
            self.server.cut_off.set()

    def wait_for(self, lines):
        """A first line that is a negative number delays even the head of the reply."""
        if isinstance(lines[0], float) and lines[0] < 0:
            self.connection.settimeout(-lines.pop(0))
            try:
                if self.connection.recv(1) == b"":
                    raise ConnectionAbortedError
            except TimeoutError:
                pass

    def send(self, line):
        if isinstance(line, float):
            time.sleep(line)
        else:
            self.wfile.write(line.encode() + b"\n\n")
            self.wfile.flush()

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(llm_server, "PAUSE", 0.01)
    stub = StubServer()
    thread = threading.Thread(target=stub.serve_forever, args=(0.01,))
    thread.start()
    yield stub
    stub.shutdown()
    thread.join()
    stub.server_close()


@pytest.fixture
def make(server):
    made = []

    def generator(**options) -> ServerGenerator:
        made.append(ServerGenerator(server.url, "tiny", **{"timeout": 5.0, **options}))
        return made[-1]

    yield generator
    for one in made:
        one.close()


def piece(text: str, finish: str | None = None) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": finish}]})


USAGE = "data: " + json.dumps(
    {
        "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
    }
)
DONE = "data: [DONE]"
ASK = [Message("system", "Be brief."), Message("user", "Which <|im_end|> one?", reusable=("Facts. ",))]


def test_a_reply_is_streamed_and_counted(server, make):
    server.plan = [[": comment", piece("Größe "), piece("128K"), piece("", "stop"), USAGE, DONE]]
    reply = make(key=KEY).stream(ASK, max_tokens=20, stop=["\n"])
    assert list(reply) == ["Größe ", "128K"]
    usage = reply.usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens, usage.finish) == (9, 4, 3, "stop")
    path, headers, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Facts. Which < |im_end| > one?"},
    ]
    assert (body["model"], body["max_tokens"], body["temperature"], body["stop"]) == ("tiny", 20, 0.0, ["\n"])


def test_limits_hold_even_where_the_server_ignores_them(server, make):
    server.plan = [[piece("a "), piece("b\nc"), DONE], [*[piece("x")] * 50, DONE]]
    reply = make().stream(ASK, max_tokens=5, stop=["\n"])
    assert (reply.read(), reply.usage.finish) == ("a b", "stop")
    reply = make().stream(ASK, max_tokens=5)
    assert (len(reply.read()), reply.usage.finish) == (14, "length")


def test_passing_troubles_are_tried_again_before_the_first_text(server, make):
    server.plan = [503, 429, [piece("at last", "length"), DONE]]
    reply = make().stream(ASK, max_tokens=5)
    assert (reply.read(), reply.usage.finish) == ("at last", "length")
    assert len(server.requests) == 3
    server.plan = [500, 500, 500, [piece("never")]]
    with pytest.raises(GenerationError, match=r"status 500; check that it runs"):
        make().stream(ASK, max_tokens=5).read()


def test_refusals_say_what_to_set_and_never_show_the_key(server, make):
    for status, advice in (
        (401, "SIDEBYSIDE_LLM_KEY"),
        (404, "SIDEBYSIDE_MODEL"),
        (400, "see its log"),
        (302, "see its"),
    ):
        server.plan = [status]
        with pytest.raises(GenerationError, match=rf"status {status} no; .*{advice}") as caught:
            make(key=KEY).stream(ASK, max_tokens=5).read()
        assert KEY not in str(caught.value)
    assert len(server.requests) == 4


def test_errors_in_the_stream_are_errors(server, make):
    for lines, message in (
        ([piece("a"), 'data: {"error": {"message": "overloaded"}}'], "overloaded"),
        (["data: {not json"], "not JSON"),
    ):
        server.plan = [lines]
        with pytest.raises(GenerationError, match=message):
            make().stream(ASK, max_tokens=5).read()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (['{"error": "Unexpected endpoint or method. (POST /chat/completions)"}'], "Unexpected endpoint"),
        (["<html><body>Sign in to the proxy</body></html>"], "Sign in to the proxy"),
        ([DONE], "no reply: nothing"),
        ([""], "no reply: nothing"),
        (["data: [1]"], "no reply: [1]"),
    ],
)
def test_what_is_no_reply_is_told_with_the_address(server, make, lines, told):
    server.plan = [lines]
    with pytest.raises(GenerationError) as caught:
        make().stream(ASK, max_tokens=8).read()
    assert f"the LLM server at {server.url} answered with status 200" in str(caught.value)
    assert told in str(caught.value)
    assert "SIDEBYSIDE_LLM_URL has to lead to an OpenAI-compatible server" in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (['data: {"choices": [{"delta": {"role": "assistant"}}]}', piece("", "stop"), DONE], "stop"),
        ([piece("", "content_filter"), DONE], "content_filter"),
        (['data: {"id": "x"}', DONE], "none"),
        (['{"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]}'], "stop"),
    ],
)
def test_a_server_that_never_writes_anything_is_told(server, make, lines, reason):
    server.plan = [lines]
    told = (
        rf"the LLM server at {server.url} answered with an empty reply \(finish_reason: {reason}\); .*SIDEBYSIDE_MODEL"
    )
    with pytest.raises(GenerationError, match=told):
        make().stream(ASK, max_tokens=8).read()


def test_one_that_has_written_may_have_nothing_to_say(server, make):
    server.plan = [[piece("All.", "stop"), DONE], [piece("", "stop"), DONE]]
    generator = make()
    assert [generator.stream(ASK, max_tokens=8).read() for _ in range(2)] == ["All.", ""]


def test_a_redirect_is_told_with_where_it_leads_and_not_followed(server, make, monkeypatch):
    def moved(handler):
        handler.send_response(302)
        handler.send_header("Location", "https://login.example.org/?next=secret")
        handler.end_headers()

    monkeypatch.setattr(StubHandler, "do_POST", moved)
    monkeypatch.setattr(StubHandler, "do_GET", moved, raising=False)
    told = r"sends requests on to https://login.example.org/ \(status 302\); sign in there"
    with pytest.raises(GenerationError, match=told):
        make().stream(ASK, max_tokens=8).read()
    with pytest.raises(GenerationError, match=told):
        make().models()


def test_an_address_without_v1_is_pointed_out(server, make):
    server.plan = [['{"error": "no"}']]
    generator = ServerGenerator(server.url.removesuffix("/v1"), "tiny", timeout=5.0)
    with pytest.raises(GenerationError, match=r"most addresses of such end in /v1"):
        generator.stream(ASK, max_tokens=8).read()


def test_a_reply_that_comes_at_once_is_a_reply(server, make):
    server.plan = [[json.dumps({"choices": [{"message": {"content": "All."}, "finish_reason": "stop"}]})]]
    assert make().stream(ASK, max_tokens=8).read() == "All."


def test_a_server_that_loads_its_model_gets_its_time(server, make, monkeypatch):
    monkeypatch.setattr(llm_server, "LOADING_PAUSE", 0.01)
    loading = (503, ['{"error": {"message": "Loading model", "code": 503}}'])
    server.plan = [loading] * (llm_server.TRIES + 3) + [[piece("there"), DONE]]
    assert make().stream(ASK, max_tokens=8).read() == "there"
    server.plan = [loading] * 1000
    with pytest.raises(GenerationError, match="still loading its model"):
        make(timeout=0.2).stream(ASK, max_tokens=8).read()


THOUGHT = [
    piece("<think>"),
    piece(" The quotes\n say"),
    piece(" so. </think>"),
    piece("\n\n"),
    piece("It reads.", "stop"),
]


def reasoning(name: str) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {name: "Let me see."}}]})


@pytest.mark.parametrize(
    "lines",
    [
        THOUGHT,
        [piece("<think></think>It reads.")],
        [piece("<thinking>x</thinking>"), piece(" It reads.")],
        [piece("[THINK]x[/THI"), piece("NK]It reads.")],
        [reasoning("reasoning_content"), piece("It reads.")],
        [reasoning("reasoning"), piece("It reads.")],
    ],
)
def test_thoughts_are_taken_off(server, make, lines):
    server.plan = [[*lines, DONE]]
    assert make().stream(ASK, max_tokens=8, stop=["\n"]).read() == "It reads."


@pytest.mark.parametrize(
    "cut", [[piece("<think> The quotes"), piece(" say", "length")], [reasoning("reasoning_content")]]
)
def test_thoughts_that_leave_no_room_get_it_once(server, make, cut):
    generator = make()
    server.plan = [[*cut, DONE], [*THOUGHT, DONE], [*THOUGHT, DONE]]
    assert generator.stream(ASK, max_tokens=8, stop=["\n"]).read() == "It reads."
    assert generator.stream(ASK, max_tokens=8, stop=["\n"]).read() == "It reads."
    bodies = [body for _path, _headers, body in server.requests]
    assert [body["max_tokens"] for body in bodies] == [
        8,
        8 + llm_server.THINKING_TOKENS,
        8 + llm_server.THINKING_TOKENS,
    ]
    assert [body.get("stop") for body in bodies] == [["\n"], None, None]
    server.plan = [[*cut, DONE], [*cut, DONE]]
    with pytest.raises(GenerationError, match="tiny spent its whole reply on thinking; switch thinking off there"):
        make().stream(ASK, max_tokens=8).read()


def test_a_mark_at_the_end_of_thoughts_alone_is_known_from_the_second_reply_on(server, make):
    generator = make()
    server.plan = [
        [piece("So it is.</think>It reads."), DONE],
        [piece("So"), piece(" it is.</think>It reads."), DONE],
        [piece("Plain."), DONE],
    ]
    generator.stream(ASK, max_tokens=8).read()
    assert generator.stream(ASK, max_tokens=8).read() == "It reads."
    assert generator.stream(ASK, max_tokens=8).read() == "Plain."


@pytest.mark.parametrize("text", ["a < b", "<thin ice>", "  <", "x <think> y"])
def test_text_that_is_no_thought_stays(text):
    thoughts = Thoughts()
    assert "".join(map(thoughts.feed, text)) + thoughts.rest() == text


def test_ollama_is_understood(server, make):
    """Its way of streaming: a role in every piece, thoughts in a field of their own, what it took in the last event."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "qwen3", "system_fingerprint": "fp_ollama"}

    def event(delta, finish=None, **more):
        choices = [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}]
        return "data: " + json.dumps({**head, "choices": choices, **more})

    usage = {**head, "choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}}
    steps = [event({"content": "", "reasoning": "Hm."}), event({"content": "It "}), event({"content": "reads."})]
    server.plan = [[*steps, event({"content": ""}, "stop"), "data: " + json.dumps(usage), DONE]]
    reply = make().stream(ASK, max_tokens=8)
    assert reply.read() == "It reads."
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (20, 5)


def test_names_of_models_are_asked_for(server, make, monkeypatch):
    listed = '{"object": "list", "data": [{"id": "tiny", "object": "model"}]}'

    def get(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(listed.encode() if handler.path == "/v1/models" else b"<html>no</html>")

    monkeypatch.setattr(StubHandler, "do_GET", get, raising=False)
    assert make().models() == ["tiny"]
    with pytest.raises(GenerationError, match="answered with status 200 and no reply: <html>no</html>"):
        ServerGenerator(server.url.removesuffix("/v1"), "tiny").models()


def test_a_server_that_is_not_there_is_an_error():
    generator = ServerGenerator("http://127.0.0.1:9/v1", "tiny", timeout=1.0)
    with pytest.raises(GenerationError, match=r"http://127.0.0.1:9/v1: .*; check that it runs, and SIDEBYSIDE_LLM_URL"):
        generator.stream(ASK, max_tokens=5).read()


@pytest.mark.parametrize("plan", [[-3.0, piece("late")], [piece("a"), 3.0], [piece("a"), *[0.1, piece("b")] * 30]])
def test_the_time_limit_holds_at_every_stage(server, make, plan):
    server.plan = [plan]
    began = time.monotonic()
    with pytest.raises(GenerationError, match=r"within 0.4 s"):
        make(timeout=0.4).stream(ASK, max_tokens=500).read()
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("plan", [[-8.0, piece("late")], [piece("a"), *[0.05, piece("b")] * 100]])
def test_cancelling_cuts_the_connection(server, make, plan):
    server.plan = [plan]
    generator = make(timeout=20.0)
    reply = generator.stream(ASK, max_tokens=500)
    deadline = time.monotonic() + 5
    while not server.requests:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    began = time.monotonic()
    reply.cancel()
    assert reply.read() == ""
    assert reply.usage.finish == "cancelled"
    assert time.monotonic() - began < 1
    assert server.cut_off.wait(5)


def test_beyond_the_limit_it_is_busy(server, make):
    server.plan = [[piece("a"), *[0.05, piece("b")] * 100], [piece("free"), DONE]]
    generator = make(queue_limit=1)
    reply = generator.stream(ASK, max_tokens=500)
    next(reply)
    with pytest.raises(GenerationError, match="busy: 1 calls wait"):
        generator.stream(ASK, max_tokens=5)
    reply.cancel()
    reply.read()
    assert generator.stream(ASK, max_tokens=5).read() == "free"


def test_closing_cuts_what_runs_and_refuses_more(server, make):
    server.plan = [[piece("a"), *[0.05, piece("b")] * 100]]
    generator = make()
    reply = generator.stream(ASK, max_tokens=500)
    next(reply)
    generator.close()
    reply.read()
    with pytest.raises(GenerationError, match="closed"):
        generator.stream(ASK, max_tokens=5)


def top(*pairs) -> list[str]:
    likely = [{"token": token, "logprob": logprob} for token, logprob in pairs]
    return [json.dumps({"choices": [{"logprobs": {"content": [{"top_logprobs": likely}]}}]})]


def test_options_are_weighed_by_the_first_token(server, make):
    server.plan = [top((" Yes", -0.5), ("Y", -3.0), ("No", -1.0), ("\n", -2.0))]
    shares = make().option_probabilities(ASK, ["Yes", "No"])
    assert shares == pytest.approx({"Yes": 0.6408, "No": 0.3592}, abs=1e-4)
    assert server.requests[0][2]["logprobs"] is True
    for plan, message in (
        (top(("Y", -1.0)), "begin with 'Y'"),
        (top(("Maybe", -1.0)), "none of"),
        (["{}"], "gives no log-"),
    ):
        server.plan = [plan]
        with pytest.raises(GenerationError, match=message):
            make().option_probabilities(ASK, ["Yes", "Yep"])


def test_settings_choose_the_server_and_hide_the_key():
    settings = Settings.load(llm_url="http://127.0.0.1:8080/v1/", llm_key=KEY, model="their-model")
    assert KEY not in repr(settings)
    generator = load_generator(settings)
    assert isinstance(generator, ServerGenerator)
    assert generator.name == "their-model"
    for url in ("127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://[::1"):
        with pytest.raises(SettingsError, match="must look like"):
            load_generator(Settings.load(llm_url=url))


def test_endless_lines_are_refused():
    with pytest.raises(GenerationError, match="endless line"):
        list(llm_server._lines(iter([b"x" * 600_000] * 3), "it"))
