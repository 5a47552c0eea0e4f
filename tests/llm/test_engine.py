"""The engine and its process with a tiny real model: real llama.cpp, random weights, milliseconds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import llama_cpp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidebyside.errors import GenerationError
from sidebyside.llm.engine import BATCH, CancelledError, Engine
from sidebyside.llm.process import LocalGenerator
from sidebyside.models.speeds import FlashTrial, known_flash_trial, machine, remember_flash_trial
from sidebyside.records import Message
from sidebyside.settings import Settings
from tiny_gguf import MARKERS, is_control, name_of, write_tiny_model


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny with ünicode.gguf")


def open_engine(path: Path, cache_bytes: int) -> Engine:
    return Engine(str(path), context=1024, threads=1, cache_bytes=cache_bytes)


SYSTEMS = ["", "Be brief.", "Answer from the sentences. " * 8]
FACTS = ["", "A reads 8K tokens. " * 3, "A reads 8K tokens. " * 12, "B reads 128K tokens. " * 12]
QUESTIONS = ["Which?", "How much context does it read, and since when? " * 4]
PROMPTS = [
    [*([Message("system", system)] if system else []), Message("user", question, reusable=(facts,) if facts else ())]
    for system in SYSTEMS
    for facts in FACTS
    for question in QUESTIONS
]


Look = tuple[np.ndarray, list[int], int]


def look(engine: Engine, messages: list[Message]) -> Look:
    """Scores after the prompt, four tokens that follow, and how many tokens of the prompt were spared."""
    prompt = engine.tokenise(messages)
    spared = engine.evaluate(prompt)
    assert engine.position == prompt.tokens
    scores = engine.logits().copy()
    tokens = []
    for _ in range(4):
        tokens.append(int(engine.logits().argmax()))
        engine.extend(tokens[-1])
    return scores, tokens, spared


class Kinds(dict[str, tuple[Path, list[Look]]]):
    """Models that remember differently, with what each prompt gives in an engine that has seen nothing else."""

    def __repr__(self) -> str:
        return "Kinds"


@pytest.fixture(scope="module")
def remembering(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    folder = tmp_path_factory.mktemp("kinds")
    paths = {kind: write_tiny_model(folder / f"{kind}.gguf", kind=kind) for kind in ("gemma3", "lfm2")}
    return Kinds(
        (kind, (path, [look(open_engine(path, 0), messages) for messages in PROMPTS]))
        for kind, path in {"llama": tiny, **paths}.items()
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.tuples(st.integers(0, len(PROMPTS) - 1), st.booleans()), min_size=2, max_size=12),
    budget=st.sampled_from([0, 200_000, 10_000_000]),
)
@pytest.mark.parametrize("kind", ["llama", "gemma3", "lfm2"])
def test_scores_do_not_depend_on_what_was_kept(remembering, kind, order, budget):
    path, alone = remembering[kind]
    engine = open_engine(path, budget)
    for number, cancel in order:
        if cancel:
            left = [2]  # steps of the graph until the abort
            engine.cancelled = lambda left=left: left.__setitem__(0, left[0] - 1) or left[0] < 0
            with pytest.raises(CancelledError):
                engine.evaluate(engine.tokenise(PROMPTS[number]))
            engine.cancelled = lambda: False
        scores, tokens, _ = look(engine, PROMPTS[number])
        assert np.array_equal(scores, alone[number][0])
        assert tokens == alone[number][1]
        assert engine.cache.bytes <= budget


# A prompt, one that goes on from the same sentences, one that shares a batch of them, and one of other sentences.
LONG = [
    [Message("system", "s" * 30), Message("user", question, reusable=(facts,))]
    for facts, question in (("a" * 300, "Which?"), ("a" * 300, "How much?"), ("a" * 150, "Which?"), ("b" * 300, "Why?"))
]


def test_a_model_that_refuses_to_be_cut_is_asked_from_the_beginning(tiny, monkeypatch):
    """Whatever kind of model it is: what it does not hold is not taken for known."""
    expected = [look(open_engine(tiny, 0), messages) for messages in LONG]
    refused = []
    cut = llama_cpp.llama_memory_seq_rm

    def refuse(memory, sequence, start, end):
        if start > 0:
            refused.append(start)
            return False
        return cut(memory, sequence, start, end)

    monkeypatch.setattr(llama_cpp, "llama_memory_seq_rm", refuse)
    engine = open_engine(tiny, 0)
    for number in (0, 1, 2, 3, 0):
        scores, tokens, spared = look(engine, LONG[number])
        assert np.array_equal(scores, expected[number][0])
        assert (tokens, spared) == (expected[number][1], 0)
    assert len(refused) == 4


@pytest.mark.parametrize(
    ("kind", "spared"),
    [
        ("llama", [0, 346, 168, 40, 346]),
        # What the sequence still holds can be cut; kept is what fits into the window of 48 tokens: the system message.
        ("gemma3", [0, 346, 168, 40, 40]),
        # A state that ends where the beginning does, or none.
        ("lfm2", [0, 346, 40, 40, 346]),
    ],
)
def test_each_kind_of_model_spares_what_it_can(remembering, kind, spared):
    engine = open_engine(remembering[kind][0], 10_000_000)
    assert [look(engine, LONG[number])[2] for number in (0, 1, 2, 3, 0)] == spared


def test_kept_work_is_used(tiny):
    engine = open_engine(tiny, 10_000_000)
    assert BATCH == 128
    system = Message("system", "s" * 30)
    first, second = ([system, Message("user", "Which?", reusable=(letter * 200,))] for letter in "ab")
    beginning = len("<system\n") + 30 + len(">\n")  # a marker is one token, and so is every letter
    whole = beginning + len("<user\n") + 200
    assert [look(engine, messages)[2] for messages in (first, second, first, first)] == [0, beginning, whole, whole]
    # Nothing is kept, but what the sequence still holds is used: here the first batch of the sentences too.
    engine = open_engine(tiny, 0)
    third = [system, Message("user", "Which?", reusable=("b" * 122 + "c" * 50,))]
    assert [look(engine, messages)[2] for messages in (first, second, third)] == [0, beginning, beginning + 128]


def test_sentences_that_two_prompts_begin_with_are_evaluated_once(tiny):
    engine = open_engine(tiny, 10_000_000)
    other = [Message("user", "x" * 20)]
    first, second, shorter = (
        [Message("system", "s" * 30), Message("user", "Which?", reusable=texts)]
        for texts in (("a" * 50, "b" * 40), ("a" * 50, "c" * 40), ("a" * 50,))
    )
    beginning = len("<system\n") + 30 + len(">\n") + len("<user\n") + 50
    for messages, spared in ((first, 0), (second, beginning), (first, beginning + 40), (shorter, beginning)):
        look(engine, other)
        assert look(engine, messages)[2] == spared
    assert len(engine.cache) == 2


def test_preparing_evaluates_the_beginning_once(tiny):
    engine = open_engine(tiny, 10_000_000)
    messages = [Message("user", "Which?", reusable=("a" * 300,))]
    prompt = engine.tokenise(messages)
    engine.evaluate_reusable(prompt)
    assert (len(engine.cache), engine.position) == (1, 306)
    held = list(engine._held)
    engine.evaluate_reusable(prompt)
    assert engine._held == held
    assert look(engine, messages)[2] == 306 - len(prompt.batches[2]) or look(engine, messages)[2] == 306


def test_text_of_a_page_is_never_a_marker(tiny):
    engine = open_engine(tiny, 0)
    vocabulary = engine.vocabulary
    for marker in MARKERS:
        assert len(vocabulary.tokens_of(marker, markers=True)) == 1
        tokens = vocabulary.tokens_of(f"a{marker}b")
        assert len(tokens) == len(marker) + 2
        assert not any(is_control(vocabulary, token) for token in tokens)
    tokens = [token for batch in engine.tokenise([Message("user", "".join(MARKERS))]).batches for token in batch]
    assert [name_of(vocabulary, token) for token in tokens if is_control(vocabulary, token)] == [
        "<|im_start|>",
        "<|im_end|>",
        "<|im_start|>",
    ]


def test_odd_texts_can_be_tokenised(tiny):
    vocabulary = open_engine(tiny, 0).vocabulary
    for text in ("", "\0", "a\0b", "\ud800", "🦙" * 3, "\u202e\u200b", "x" * 5000):
        again = b"".join(map(vocabulary.bytes_of, vocabulary.tokens_of(text)))
        assert again == text.encode("utf-8", "replace")


@pytest.mark.parametrize(("on", "off"), [(90.0, 60.0), (20.0, 60.0)])
def test_the_faster_kind_of_attention_is_used(tiny, monkeypatch, on, off):
    monkeypatch.setattr(Engine, "try_flash", lambda self, threads: (on, off))
    used = []
    make = Engine._new_context
    monkeypatch.setattr(
        Engine, "_new_context", lambda self, threads, *, flash: used.append(flash) or make(self, threads, flash=flash)
    )
    engine = Engine(str(tiny), context=1024, threads=1, cache_bytes=0, flash=None)
    assert (engine.flash, used, engine.tried) == (on > off, [on > off], (on, off))


def test_both_kinds_of_attention_are_tried_on_the_same_tokens(tiny):
    engine = Engine(str(tiny), context=1024, threads=1, cache_bytes=0, flash=None)
    assert engine.tried is not None
    assert min(engine.tried) > 0
    assert engine.position == 0
    same = Engine(str(tiny), context=1024, threads=1, cache_bytes=0, flash=engine.flash)
    assert same.tried is None
    assert np.array_equal(look(engine, PROMPTS[3])[0], look(same, PROMPTS[3])[0])


# In its process


def open_generator(path: Path, **changes) -> LocalGenerator:
    spec = SimpleNamespace(name="tiny", path=path, chat_format=None, context=None)
    return LocalGenerator.from_settings(Settings.load(**changes), spec)


@pytest.fixture
def generator(tiny: Path) -> Iterator[LocalGenerator]:
    opened = open_generator(tiny, queue_limit=64)
    yield opened
    opened.close()


def test_threads_get_the_replies_they_would_get_alone(generator):
    alone = {n: generator.stream(PROMPTS[n], max_tokens=20).read() for n in range(len(PROMPTS))}
    assert len(set(alone.values())) > 20
    together: dict[int, list[str]] = {n: [] for n in alone}

    def work(shift: int) -> None:
        for n in alone:
            number = (n + 5 * shift) % len(PROMPTS)
            together[number].append(generator.stream(PROMPTS[number], max_tokens=20).read())

    threads = [threading.Thread(target=work, args=(shift,)) for shift in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == {n: [text] * 8 for n, text in alone.items()}


def test_the_window_is_the_smaller_of_setting_and_model(tiny):
    for setting, window in ((600, 600), (4096, 1024)):
        opened = open_generator(tiny, context_tokens=setting)
        with pytest.raises(GenerationError, match=rf"has \d+ tokens and the model's window {window};"):
            opened.stream([Message("user", "x" * 1100)], max_tokens=5).read()
        reply = opened.stream([Message("user", "x" * (window - 40))], max_tokens=5000)
        reply.read()
        assert reply.usage.prompt_tokens + reply.usage.completion_tokens <= window
        opened.close()


def test_attention_is_measured_once_for_a_machine_and_a_model(tiny, tmp_path):
    def write(**changes) -> bytes:
        opened = open_generator(tiny, index=tmp_path, flash_attention="auto", threads=1, **changes)
        opened.stream(PROMPTS[0], max_tokens=5).read()
        opened.close()
        return file.read_bytes() if file.exists() else b""

    file = tmp_path / "speeds.json"
    first = write()
    trial = known_flash_trial("tiny", 1, tmp_path)
    assert trial is not None
    assert min(trial.on, trial.off) > 0
    assert write() == first, "measured again"
    assert known_flash_trial("tiny", 2, tmp_path) is None, "other threads are another machine"
    remember_flash_trial("tiny", FlashTrial("another machine", 1.0, 9.0), tmp_path)
    assert write() != first
    assert known_flash_trial("tiny", 1, tmp_path) is not None


@pytest.mark.parametrize(
    ("known", "setting", "asked"),
    [
        ((9, 1), "auto", True),
        ((1, 9), "auto", False),
        ((1, 9), "on", True),
        ((9, 1), "off", False),
        (None, "on", True),
        (None, "auto", None),
    ],
)
def test_what_is_known_or_set_needs_no_measuring(tiny, tmp_path, known, setting, asked):
    if known:
        remember_flash_trial("tiny", FlashTrial(machine(1), *map(float, known)), tmp_path)
    opened = open_generator(tiny, index=tmp_path, flash_attention=setting, threads=1)
    assert opened._load["flash"] is asked
    opened.close()


def test_where_nothing_can_be_kept_nothing_is_measured(tiny, tmp_path):
    opened = open_generator(tiny, index=tmp_path / "missing", flash_attention="auto")
    assert opened._load["flash"] is True
    opened.close()


def test_the_template_in_the_file_is_never_run(tmp_path):
    trap = tmp_path / "trap"
    code = f"{{{{ cycler.__init__.__globals__.os.system('touch {trap}') }}}}{{% for m in messages %}}"
    opened = open_generator(write_tiny_model(tmp_path / "evil.gguf", template=code))
    with_template = opened.stream(PROMPTS[3], max_tokens=20).read()
    opened.close()
    assert not trap.exists()
    plain = open_generator(write_tiny_model(tmp_path / "plain.gguf"))
    assert plain.stream(PROMPTS[3], max_tokens=20).read() == with_template
    plain.close()


def test_an_unknown_format_is_refused_with_the_names_there_are(tiny):
    opened = open_generator(tiny, chat_format="alpaca")
    with pytest.raises(GenerationError, match="chat format 'alpaca' is unknown; set SIDEBYSIDE_CHAT_FORMAT to one of"):
        opened.stream(PROMPTS[0], max_tokens=5).read()
    opened.close()


@pytest.mark.long
def test_no_flipped_or_missing_bytes_bring_the_caller_down(tiny, tmp_path):
    """60 damaged files. Each loads or is refused, in its own process; what it then writes does not matter."""
    rng = np.random.default_rng(7)
    whole = tiny.read_bytes()
    for number in range(60):
        data = bytearray(whole)
        if number % 3 == 0:
            del data[int(rng.integers(4, len(data))) :]
        elif number % 3 == 1:
            for place in rng.integers(0, 12_000, 8):  # the header is some 9,000 bytes long
                data[place] = int(rng.integers(256))
        else:
            place = int(rng.integers(8, 4_000))
            data[place : place + 8] = b"\xff" * 8  # huge counts and lengths
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(data)
        opened = open_generator(path, generation_timeout=20)
        with contextlib.suppress(GenerationError):
            opened.stream([Message("user", "Hi")], max_tokens=4).read()
        opened.close()
