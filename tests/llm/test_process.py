"""Generation without a model: the scripted generator, texts, prompts, and the child process with a fake in it."""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidebyside.errors import GenerationError
from sidebyside.llm import process
from sidebyside.llm.chat_formats import FORMATS, Part, defuse, detect_format, find_format, render
from sidebyside.llm.engine import ReplyCache, StateCache, plan_prompt
from sidebyside.llm.generator import Generator, ScriptedGenerator, load_generator
from sidebyside.llm.process import LocalGenerator
from sidebyside.llm.stop_text import TextAssembler, cut_at_stop
from sidebyside.llm.worker import generate, prepare, weigh_options
from sidebyside.records import Message
from sidebyside.settings import Settings

FAKE = [sys.executable, str(Path(__file__).parents[1] / "fake_model_process.py")]


def ask(text: str) -> list[Message]:
    return [Message("user", text)]


# The scripted generator


def test_scripted_streams_word_by_word_and_records_the_call():
    generator: Generator = ScriptedGenerator(["Llama 3.2 reads\n128K tokens. "])
    reply = generator.stream(ask("Which one?"), max_tokens=50)
    assert reply.usage is None
    assert list(reply) == ["Llama", " 3.2", " reads", "\n128K", " tokens. "]
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.finish) == (2, 5, "stop")
    assert generator.calls == [(Message("user", "Which one?"),)]


def test_scripted_obeys_limit_and_stop():
    generator = ScriptedGenerator(lambda messages: messages[-1].text.upper())
    short = generator.stream(ask("a b c d"), max_tokens=2)
    assert (short.read(), short.usage.finish) == ("A B", "length")
    assert generator.stream(ask("a b\nc d"), max_tokens=9, stop=("\n", "D")).read() == "A B"


def test_scripted_raises_what_the_script_says_and_when_it_is_used_up():
    generator = ScriptedGenerator([GenerationError("out of memory"), "fine"])
    with pytest.raises(GenerationError, match="out of memory"):
        generator.stream(ask("x"), max_tokens=5).read()
    assert generator.stream(ask("x"), max_tokens=5).read() == "fine"
    with pytest.raises(GenerationError, match="used up at call 3"):
        generator.stream(ask("x"), max_tokens=5)


def test_scripted_can_be_cancelled():
    reply = ScriptedGenerator(["one two three"]).stream(ask("x"), max_tokens=9)
    assert next(reply) == "one"
    reply.cancel()
    assert list(reply) == []
    assert (reply.usage.completion_tokens, reply.usage.finish) == (1, "cancelled")


def test_scripted_normalises_option_probabilities():
    generator = ScriptedGenerator(probabilities=lambda messages, options: {"Yes": 3.0, "No": 1.0, "Other": 9.0})
    assert generator.option_probabilities(ask("?"), ["Yes", "No"]) == {"Yes": 0.75, "No": 0.25}
    assert ScriptedGenerator().option_probabilities(ask("?"), ["A", "B"]) == {"A": 0.5, "B": 0.5}


def test_scripted_refuses_calls_when_closed():
    generator = ScriptedGenerator(["x"])
    generator.close()
    with pytest.raises(GenerationError, match="closed"):
        generator.stream(ask("x"), max_tokens=1)


# Texts


def test_characters_split_over_tokens_come_out_whole():
    text = TextAssembler(())
    data = "né 🦙".encode()
    assert [text.feed(data[i : i + 1]) for i in range(len(data))] == ["n", "", "é", " ", "", "", "", "🦙"]
    assert (text.feed(data[-4:-1]), text.rest()) == ("", "")


def test_what_may_become_a_stop_text_is_held_back():
    text = TextAssembler(["\n\n", "END"])
    assert [text.feed(piece) for piece in (b"a", b"\n", b"b E", b"N", b"x")] == ["a", "", "\nb ", "", "ENx"]
    assert (text.feed(b"tail\n"), text.rest(), text.stopped) == ("tail", "\n", False)
    assert (text.feed(b"\nmore"), text.rest(), text.stopped) == ("", "", True)


@settings(max_examples=200, deadline=None)
@given(st.text("ab\n🦙é", max_size=12), st.lists(st.text("ab\n🦙", max_size=3), max_size=3), st.randoms())
def test_any_split_of_the_bytes_gives_the_same_text(reply, stop, rng: random.Random):
    places = [place for mark in stop if mark and (place := reply.find(mark)) >= 0]
    text, out, data = TextAssembler(stop), "", reply.encode()
    while data and not text.stopped:
        size = rng.randint(1, 3)
        out, data = out + text.feed(data[:size]), data[size:]
    out += text.rest()
    expected = reply[: min(places)] if places else reply
    assert cut_at_stop(reply, stop) == expected
    # The first stop text to be complete decides; a longer one that begins earlier may still be incomplete then.
    assert out == expected or (places and any(reply.startswith(out + mark) for mark in stop if mark))


# Prompts


def plain(messages, name: str) -> str:
    return "".join(part.text for stretch in render(messages, find_format(name)) for part in stretch)


TALK = [
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Hello"),
    Message("user", "Question?", reusable=("Sentences.\n",)),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "chatml",
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
            "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nSentences.\nQuestion?<|im_end|>\n"
            "<|im_start|>assistant\n",
        ),
        (
            "llama-3",
            "<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nSentences.\nQuestion?<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        (
            "gemma",
            "<start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n"
            "<start_of_turn>user\nSentences.\nQuestion?<end_of_turn>\n<start_of_turn>model\n",
        ),
        (
            "phi-3",
            "<|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHello<|end|>\n"
            "<|user|>\nSentences.\nQuestion?<|end|>\n<|assistant|>\n",
        ),
        ("mistral", "[INST] Be brief.\n\nHi[/INST]Hello</s>[INST] Sentences.\nQuestion?[/INST]"),
    ],
)
def test_formats_mark_turns(name, expected):
    assert plain(TALK, name) == expected


def test_no_think_closes_the_thinking_before_it_starts():
    assert plain(ask("Hi"), "chatml-no-think").endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


def test_reusable_beginnings_end_after_the_system_message_and_the_reusable_text():
    stretches = render(TALK, find_format("chatml"))
    assert [stretch[-1].text for stretch in stretches[:-1]] == ["<|im_end|>\n", "Sentences.\n"]
    assert [stretch[-1].text for stretch in render(TALK, find_format("gemma"))[:-1]] == [
        "Be brief.\n\n",
        "Sentences.\n",
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_page_text_is_never_a_marker(name):
    marker = FORMATS[name].closing
    messages = [Message("system", marker), Message("user", f"a{marker}b", reusable=(f"c{marker}",))]
    parts = [part for stretch in render(messages, find_format(name)) for part in stretch]
    assert [part.text for part in parts if not part.marker and marker in part.text] == [
        marker if FORMATS[name].system else f"{marker}\n\n",
        f"c{marker}",
        f"a{marker}b",
    ]


def test_prompts_that_no_model_expects_are_refused():
    with pytest.raises(GenerationError, match="must end with a message of the user"):
        render([Message("system", "x")], find_format("chatml"))
    with pytest.raises(GenerationError, match="must end with a message of the user"):
        render([Message("assistant", "x")], find_format("chatml"))
    with pytest.raises(GenerationError, match="only the first message"):
        render([Message("user", "a"), Message("system", "b"), Message("user", "c")], find_format("chatml"))
    with pytest.raises(GenerationError, match=r"'alpaca' is unknown; .* chatml, chatml-no-think, gemma"):
        find_format("alpaca")


def test_the_format_is_told_from_the_vocabulary():
    assert detect_format({"<|im_start|>", "<think>"}.__contains__) == "chatml-no-think"
    assert detect_format({"<|im_start|>"}.__contains__) == "chatml"
    assert detect_format({"<|start_header_id|>", "<|eot_id|>"}.__contains__) == "llama-3"
    assert detect_format(set().__contains__) == "chatml"


def test_defused_text_holds_no_marker():
    text = "x <|im_end|> <|im_start|>system [/INST] <start_of_turn>model <think> a|b <b> [1]"
    defused = defuse(text)
    assert defused == ("x < |im_end| > < |im_start| >system [ /INST ] < start_of_turn >model < think > a|b <b> [1]")


def test_batches_never_span_two_stretches():
    prompt = plan_prompt([[1, 2, 3], [4, 5], [6]], batch=2)
    assert prompt.batches == ((1, 2), (3,), (4, 5), (6,))
    assert prompt.borders == (2, 3)
    assert prompt.tokens == 6


def test_states_unused_for_longest_go_first():
    cache = StateCache(budget=20)
    states = {key: np.full(10, number, np.uint8) for number, key in enumerate([((1,),), ((2,),), ((3,),)])}
    keys = list(states)
    cache.put(keys[0], states[keys[0]])
    cache.put(keys[1], states[keys[1]])
    assert cache.get(keys[0]) is states[keys[0]]
    cache.put(keys[2], states[keys[2]])
    assert [key in cache for key in keys] == [True, False, True]
    assert cache.bytes == 20
    cache.put(((4,),), np.zeros(21, np.uint8))
    assert (len(cache), cache.bytes) == (2, 20)
    cache.shrink(15)
    cache.put(keys[1], states[keys[1]])
    assert [key in cache for key in keys] == [False, True, False]


def test_a_state_stands_for_all_its_beginnings():
    cache = StateCache(budget=100)
    one, two, three = (1,), (2,), (3,)
    cache.put((one,), np.zeros(10, np.uint8))
    cache.put((one, two), np.zeros(20, np.uint8))
    assert (len(cache), cache.bytes) == (1, 20)
    cache.put((one,), np.zeros(10, np.uint8))
    assert (len(cache), cache.bytes) == (1, 20)
    assert (one,) in cache
    assert (two,) not in cache
    cache.put((one, three), np.zeros(20, np.uint8))
    assert cache.nearest((one, three, two)) == (2, (one, three))
    assert cache.nearest((one, two, two)) == (2, (one, two))
    assert cache.nearest((two,))[0] == 0
    assert StateCache(9).nearest((one,)) == (0, ())


# Writing, with scores from a script instead of a model


class FakeEngine:
    """Tokens are single bytes; scores always favour the next byte of the script."""

    END = 256

    def __init__(self, script: bytes, context: int = 100) -> None:
        self.script, self.context, self.written = script, context, 0
        self.cancelled = lambda: False
        self.vocabulary = self
        self.replies = ReplyCache(2)
        self.evaluated = 0

    def tokenise(self, messages):
        return SimpleNamespace(tokens=10, batches=tuple(message.text for message in messages))

    def evaluate(self, prompt):
        self.evaluated += 1
        self.written = 0
        return 4

    def tokens_of(self, text):
        return list(text.encode())

    def logits(self):
        scores = np.zeros(257, np.float32)
        scores[self.script[self.written] if self.written < len(self.script) else self.END] = 2.0
        return scores

    def is_end(self, token):
        return token == self.END

    def bytes_of(self, token):
        return bytes([token])

    def extend(self, token):
        self.written += 1


def write(engine, **changes):
    events = []
    messages = [{"role": "user", "content": "Which?"}]
    request = {"messages": messages, "max_tokens": 50, "stop": [], **changes}
    generate(engine, request, lambda event, **data: events.append((event, data)))
    usage = events[-1][1]["usage"]
    return "".join(data["text"] for event, data in events if event == "piece"), usage


def test_worker_ends_at_the_end_token():
    text, usage = write(FakeEngine("Größe.".encode()))
    assert text == "Größe."
    assert (usage["prompt_tokens"], usage["cached_tokens"]) == (10, 4)
    assert (usage["completion_tokens"], usage["finish"]) == (8, "stop")


def test_worker_ends_at_a_stop_text_without_showing_it():
    text, usage = write(FakeEngine(b"one.\ntwo"), stop=["\n"])
    assert (text, usage["completion_tokens"], usage["finish"]) == ("one.", 5, "stop")


def test_worker_ends_at_the_limit_and_evaluates_no_token_for_nothing():
    engine = FakeEngine(b"abcdef")
    text, usage = write(engine, max_tokens=3)
    assert (text, usage["finish"], engine.written) == ("abc", "length", 2)
    text, usage = write(FakeEngine(b"abcdef", context=12))
    assert (text, usage["completion_tokens"], usage["finish"]) == ("ab", 2, "length")


def test_worker_writes_a_reply_once():
    engine = FakeEngine(b"one.\ntwo")
    first = write(engine, stop=["\n"])
    again = write(engine, stop=["\n"])
    assert (again[0], engine.evaluated) == (first[0], 1) == ("one.", 1)
    assert again[1] == {"prompt_tokens": 10, "cached_tokens": 10, "completion_tokens": 5, "finish": "stop"}
    assert write(engine, stop=["two"])[0] == "one.\n"
    assert write(engine, max_tokens=2)[0] == "on"
    assert engine.evaluated == 3
    # Two replies are kept: the first one has to be written again.
    assert write(engine, stop=["\n"])[0] == "one."
    assert engine.evaluated == 4


def test_worker_goes_on_where_a_cancelled_reply_ended():
    engine = FakeEngine(b"abcdef")
    engine.cancelled = lambda: engine.written >= 2
    text, usage = write(engine)
    assert (text, usage["finish"]) == ("abc", "cancelled")
    engine.cancelled = lambda: False
    events = []
    request = {"messages": [{"role": "user", "content": "Which?"}], "max_tokens": 50, "stop": []}
    generate(engine, request, lambda event, **data: events.append(data.get("text")))
    assert [text for text in events if text] == ["abc", "d", "e", "f"]
    # A shorter part of it does not take its place.
    engine.cancelled = lambda: True
    assert write(engine)[0] == "abcdef"


@pytest.mark.parametrize("name", FORMATS)
def test_a_reply_that_is_begun_stands_after_its_marker(name):
    chat_format = find_format(name)
    asked = render(TALK, chat_format)
    begun = render([*TALK, Message("assistant", "Kestrel <|im_end|> 7B")], chat_format)
    assert begun[:-1] == asked[:-1]
    assert begun[-1] == [*asked[-1], Part("Kestrel <|im_end|> 7B", False)]


def test_worker_begins_a_reply_as_it_is_told():
    messages = [{"role": "user", "content": "Which?"}, {"role": "assistant", "content": "Kestrel 7B"}]
    text, usage = write(FakeEngine(b" is."), messages=messages)
    assert (text, usage["completion_tokens"]) == ("Kestrel 7B is.", 4)


def test_worker_prepares_a_whole_reply_or_its_beginning():
    engine = FakeEngine(b"one.")
    events = []
    request = {"messages": [{"role": "user", "content": "Which?"}], "max_tokens": 50, "stop": []}
    prepare(engine, request, lambda event, **data: events.append((event, data)))
    assert events == [("done", {"usage": {}})]
    assert write(engine)[0] == "one."
    assert engine.evaluated == 1
    begun = []
    engine.evaluate_reusable = begun.append
    prepare(engine, {**request, "max_tokens": 0}, lambda event, **data: events.append((event, data)))
    assert len(begun) == 1
    assert engine.evaluated == 1


def test_worker_weighs_options_by_their_first_tokens():
    events = []
    engine = FakeEngine(b"Y")
    weigh_options(engine, {"messages": [], "options": ["Yes", "No"]}, lambda event, **data: events.append(data))
    share = np.exp(2.0) / (np.exp(2.0) + 1)
    assert events[0]["probabilities"] == pytest.approx({"Yes": share, "No": 1 - share})
    with pytest.raises(GenerationError, match="'Yes', 'Yep' do not all begin with different tokens"):
        weigh_options(engine, {"messages": [], "options": ["Yes", "Yep"]}, print)


# The child process, with a fake model in it


@pytest.fixture
def local(monkeypatch):
    """Makes generators whose child is the fake; closes them and checks that nothing is left."""
    made = []
    monkeypatch.setattr(process, "CANCEL_GRACE", 0.4)

    def make(*arguments: str, **options) -> LocalGenerator:
        load = {"op": "load", "path": "weights.gguf"}
        made.append(LocalGenerator("fake", load, command=[*FAKE, *arguments], **{"timeout": 10.0, **options}))
        return made[-1]

    yield make
    for generator in made:
        generator.close()
    assert [child for child in psutil.Process().children() if child.cmdline()[:2] == FAKE] == []


def until(condition, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.005)


def test_nothing_starts_before_it_is_needed_and_warm_starts_it(local):
    generator = local()
    assert generator.pid is None
    generator.warm()
    until(lambda: generator.pid)
    pid = generator.pid
    assert generator.stream(ask("hello"), max_tokens=5).read() == "hello"
    assert generator.pid == pid


def test_many_threads_get_their_own_answers(local):
    generator = local(queue_limit=40)
    answers: dict[str, str] = {}

    def work(name: str) -> None:
        for number in range(5):
            marker = f"{name}-{number}"
            answers[marker] = generator.stream(ask(marker), max_tokens=5).read()

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {f"t{n}-{number}": f"t{n}-{number}" for n in range(8) for number in range(5)}
    assert generator.option_probabilities(ask("?"), ["Yes", "No"]) == {"Yes": 0.5, "No": 0.5}


def test_beyond_the_limit_it_is_busy(local):
    generator = local(queue_limit=2)
    running = generator.stream(ask("count 1000"), max_tokens=5)
    next(running)
    waiting = [generator.stream(ask(f"w{n}"), max_tokens=5) for n in range(2)]
    with pytest.raises(GenerationError, match="busy: 2 calls are waiting"):
        generator.stream(ask("too many"), max_tokens=5)
    running.cancel()
    assert [reply.read() for reply in waiting] == ["w0", "w1"]


def test_cancelling_frees_the_model_for_the_next_call(local):
    generator = local()
    running = generator.stream(ask("count 1000"), max_tokens=5)
    assert next(running) == "0 "
    queued = generator.stream(ask("queued"), max_tokens=5)
    queued.cancel()
    assert (queued.read(), queued.usage.finish) == ("", "cancelled")
    pid = generator.pid
    began = time.monotonic()
    running.cancel()
    assert list(running) == []
    assert running.usage.finish == "cancelled"
    assert generator.stream(ask("next"), max_tokens=5).read() == "next"
    assert time.monotonic() - began < 2
    assert generator.pid == pid


def test_a_reply_cancelled_before_it_was_read_is_empty(local):
    reply = local("slow-load").stream(ask("hello"), max_tokens=5)
    began = time.monotonic()
    reply.cancel()
    assert reply.read() == ""
    assert time.monotonic() - began < 0.3


def test_a_reply_that_nobody_holds_is_cancelled(local):
    generator = local()
    for _piece in generator.stream(ask("count 1000"), max_tokens=5):
        break
    gc.collect()
    began = time.monotonic()
    assert generator.stream(ask("next"), max_tokens=5).read() == "next"
    assert time.monotonic() - began < 2


def test_a_model_that_ignores_a_cancellation_is_ended(local):
    generator = local()
    running = generator.stream(ask("stubborn 1000"), max_tokens=5)
    next(running)
    pid = generator.pid
    running.cancel()
    assert list(running) == []
    assert generator.stream(ask("next"), max_tokens=5).read() == "next"
    assert generator.pid != pid


def test_death_in_the_middle_is_an_error_and_the_next_call_works(local):
    generator = local()
    reply = generator.stream(ask("die"), max_tokens=5)
    assert next(reply) == "half "
    with pytest.raises(GenerationError, match=r"ended while it worked \(exit status 7: out of luck\)"):
        reply.read()
    assert generator.stream(ask("again"), max_tokens=5).read() == "again"


def test_death_between_calls_is_not_noticed_and_leaves_no_zombie(local):
    generator = local()
    assert generator.stream(ask("one"), max_tokens=5).read() == "one"
    pid = generator.pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(pid))
    assert generator.stream(ask("two"), max_tokens=5).read() == "two"


@pytest.mark.parametrize("prompt", ["hang", "deaf", "garbage"])
def test_whatever_hangs_is_given_up_and_the_next_call_works(local, prompt):
    generator = local(timeout=0.5)
    began = time.monotonic()
    with pytest.raises(GenerationError, match=r"within 0.5 s|ended while it worked"):
        generator.stream(ask(prompt), max_tokens=5).read()
    assert time.monotonic() - began < 3
    assert generator.stream(ask("next"), max_tokens=5).read() == "next"


def test_a_large_prompt_for_a_process_that_does_not_read_blocks_nobody(local):
    generator = local(timeout=0.5)
    generator.stream(ask("hello"), max_tokens=5).read()
    os.kill(generator.pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(GenerationError, match=r"within 0.5 s"):
        generator.stream(ask("x" * 1_000_000), max_tokens=5).read()
    assert time.monotonic() - began < 3
    assert generator.stream(ask("next"), max_tokens=5).read() == "next"


def test_a_model_that_cannot_be_loaded_is_an_error_and_not_tried_again_at_once(local):
    generator = local("no-load")
    with pytest.raises(GenerationError, match=r"model fake cannot be loaded from weights.gguf: no such model; run "):
        generator.stream(ask("x"), max_tokens=5).read()
    began = time.monotonic()
    with pytest.raises(GenerationError, match="no such model"):
        generator.option_probabilities(ask("x"), ["a", "b"])
    assert time.monotonic() - began < 0.02


def test_preparing_gives_way_to_calls(local):
    generator = local()
    generator.prepare(ask("for ever"))
    until(lambda: generator.pid)
    assert generator.stream(ask("call"), max_tokens=5).read() == "call"


def test_closing_ends_calls_and_refuses_new_ones(local):
    generator = local()
    running = generator.stream(ask("count 1000"), max_tokens=5)
    queued = generator.stream(ask("queued"), max_tokens=5)
    next(running)
    pid = generator.pid
    generator.close()
    generator.close()
    assert not psutil.pid_exists(pid)
    for reply in (running, queued):
        with pytest.raises(GenerationError, match="closed"):
            reply.read()
    with pytest.raises(GenerationError, match="closed"):
        generator.stream(ask("x"), max_tokens=5)


def test_closing_does_not_wait_for_the_model_to_load(local):
    generator = local("slow-load")
    reply = generator.stream(ask("x"), max_tokens=5)
    until(lambda: generator.pid)
    began = time.monotonic()
    generator.close()
    assert time.monotonic() - began < 0.4
    with pytest.raises(GenerationError, match="closed"):
        reply.read()


def test_a_reply_that_is_interrupted_while_waited_for_is_cancelled(local):
    generator = local()
    reply = generator.stream(ask("count 1000"), max_tokens=5)

    def interrupted(cancelled):
        raise KeyboardInterrupt
        yield

    reply._pieces = interrupted(None)
    with pytest.raises(KeyboardInterrupt):
        next(reply)
    began = time.monotonic()
    assert generator.stream(ask("next"), max_tokens=5).read() == "next"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(("allowed", "cores"), [(6.0, 6), (2.5, 2), (0.5, 1), (16.0, 8)])
def test_threads_are_limited_by_what_is_allowed_and_by_the_physical_cores(monkeypatch, allowed, cores):
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: 8)
    monkeypatch.setattr(process, "allowed_cores", lambda: allowed)
    assert process.physical_cores() == cores


# Which generator


def test_settings_choose_the_generator(tmp_path):
    spec = SimpleNamespace(name="mine", path=tmp_path / "x.gguf", chat_format=None, context=2048)
    generator = load_generator(Settings.load(), spec)
    assert isinstance(generator, LocalGenerator)
    assert generator.name == "mine"
    assert generator.pid is None
    with pytest.raises(GenerationError, match="no model to write with"):
        load_generator(Settings.load(), None)


def test_preparing_can_be_stopped(local):
    generator = local()
    generator.prepare(ask("for ever"))
    generator.prepare(ask("never begun"))
    until(lambda: generator.pid and generator._current and generator._current.sent)
    generator.stop_preparing()
    until(lambda: generator._current is None)
    assert not generator._preparing
    assert generator.stream(ask("call"), max_tokens=5).read() == "call"
    generator.stop_preparing()
