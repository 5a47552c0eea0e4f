"""The engine and its process with a tiny real model: real llama.cpp, random weights, milliseconds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidebyside.errors import GenerationError
from sidebyside.generation_engine import CancelledError, Engine
from sidebyside.generation_process import LocalGenerator
from sidebyside.generation_tokens import BATCH
from sidebyside.records import Message
from sidebyside.settings import Settings
from tiny_gguf import MARKERS, write_tiny_model


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


def look(engine: Engine, messages: list[Message]) -> tuple[np.ndarray, list[int], int]:
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


@pytest.fixture(scope="module")
def alone(tiny: Path) -> list[tuple[np.ndarray, list[int], int]]:
    """What each prompt gives in an engine that has seen nothing else."""
    return [look(open_engine(tiny, 0), messages) for messages in PROMPTS]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.tuples(st.integers(0, len(PROMPTS) - 1), st.booleans()), min_size=2, max_size=12),
    budget=st.sampled_from([0, 200_000, 10_000_000]),
)
def test_scores_do_not_depend_on_what_was_kept(tiny, alone, order, budget):
    engine = open_engine(tiny, budget)
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
        assert not any(map(vocabulary.is_control, tokens))
    tokens = [token for batch in engine.tokenise([Message("user", "".join(MARKERS))]).batches for token in batch]
    assert [vocabulary.name_of(token) for token in tokens if vocabulary.is_control(token)] == [
        "<|im_start|>",
        "<|im_end|>",
        "<|im_start|>",
    ]


def test_odd_texts_can_be_tokenised(tiny):
    vocabulary = open_engine(tiny, 0).vocabulary
    for text in ("", "\0", "a\0b", "\ud800", "🦙" * 3, "\u202e\u200b", "x" * 5000):
        again = b"".join(map(vocabulary.bytes_of, vocabulary.tokens_of(text)))
        assert again == text.encode("utf-8", "replace")


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
