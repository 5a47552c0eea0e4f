"""Measures the model process against llama.cpp driven directly, what kept prompt beginnings save, and cancellation.

    python benchmarks/generation.py [--rounds 5] [--model PATH] [--out results.json] [--note TEXT]

Same GGUF, prompt, threads and number of tokens on both sides, rounds interleaved. "raw" is the bare loop of
llama_decode and argmax in a process of its own, once with OpenMP's own way of waiting for other threads and once with
that of our process. "contended" repeats decoding with one busy process per two cores beside it. Prints JSON.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil

from sidebyside.llm.process import THREAD_WAITING, LocalGenerator, physical_cores
from sidebyside.models.catalogue import resolve_model
from sidebyside.records import Message
from sidebyside.settings import Settings

TOKENS = 32
SYSTEM = "You answer a question about one artifact from its sentences alone, in one short sentence."
QUESTION = "Copy all its sentences, word for word.\nAnswer:"


def sentences(count: int, seed: int = 0) -> str:
    """A passage as prompts have them: numbered sentences; another seed, another passage of the same length."""
    lines = (
        f"{n + 1}. Release {seed * 100 + n} handles {17 * n + seed} kinds of documents, streams its results in parts "
        f"of {n + 3} KB, and keeps {2 * n + 1} jobs in flight without loading a page twice.\n"
        for n in range(count)
    )
    return f"Sentences about Artifact {seed}:\n{''.join(lines)}\n"


def prompt(seed: int) -> list[Message]:
    """Some 450 tokens, of which all but the question are reusable."""
    return [Message("system", SYSTEM), Message("user", QUESTION, reusable=(sentences(10, seed),))]


class Raw:
    """llama.cpp driven directly, in a process of its own that answers one line per request."""

    def __init__(self, path: Path, threads: int, environment: dict[str, str]) -> None:
        command = [sys.executable, __file__, "--raw", str(path), str(threads)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
        )
        self._line()

    def run(self, text: str) -> dict[str, float]:
        """Tokens per second of prefill and decoding for a finished prompt."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self._line()))

    def close(self) -> None:
        """End the process."""
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


def serve_raw(path: str, threads: int) -> None:
    """The process of `Raw`: llama.cpp's defaults, flash attention, one decode call per prompt of up to 512 tokens."""
    import llama_cpp as llama
    import numpy as np

    quiet = llama.llama_log_callback(lambda *_: None)
    llama.llama_log_set(quiet, ctypes.c_void_p(0))
    model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
    params = llama.llama_context_default_params()
    params.n_ctx, params.n_threads, params.n_threads_batch = 4096, threads, threads
    params.n_batch = params.n_ubatch = 512
    params.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_ENABLED
    context = llama.llama_init_from_model(model, params)
    vocabulary = llama.llama_model_get_vocab(model)
    size = llama.llama_vocab_n_tokens(vocabulary)
    print("ready", flush=True)
    for line in sys.stdin:
        data = json.loads(line).encode()
        tokens = (llama.llama_token * len(data))()
        count = llama.llama_tokenize(vocabulary, data, len(data), tokens, len(data), False, True)
        llama.llama_memory_clear(llama.llama_get_memory(context), False)
        started = time.monotonic()
        for place in range(0, count, 512):
            part = (llama.llama_token * min(512, count - place))(*tokens[place : min(count, place + 512)])
            llama.llama_decode(context, llama.llama_batch_get_one(part, len(part)))
        prefilled = time.monotonic()
        for _ in range(TOKENS):
            scores = np.ctypeslib.as_array(llama.llama_get_logits_ith(context, -1), shape=(size,))
            one = (llama.llama_token * 1)(int(scores.argmax()))
            llama.llama_decode(context, llama.llama_batch_get_one(one, 1))
        ended = time.monotonic()
        print(
            json.dumps({"prefill": count / (prefilled - started), "decode": TOKENS / (ended - prefilled)}), flush=True
        )


def run_ours(generator: LocalGenerator, messages: Sequence[Message], tokens: int = TOKENS) -> dict[str, float]:
    """The same numbers for our path, and how long it took to the first piece and in all, as a caller sees it."""
    started = time.monotonic()
    reply = generator.stream(messages, max_tokens=tokens)
    next(reply)
    first = time.monotonic() - started
    reply.read()
    usage = reply.usage
    assert usage is not None
    assert usage.completion_tokens == tokens, f"the reply ended after {usage.completion_tokens} tokens"
    total = time.monotonic() - started
    # The last token is picked but not evaluated. Its time ends with the caller, not in the model process.
    decoding = total - usage.prefill_seconds
    return {
        "prefill": (usage.prompt_tokens - usage.cached_tokens) / usage.prefill_seconds,
        "decode": (tokens - 1) / decoding,
        "first": first,
        "cached": usage.cached_tokens,
        "prompt": usage.prompt_tokens,
    }


def open_generator(path: Path, **changes: Any) -> LocalGenerator:
    """Our generator for a GGUF file."""
    spec = SimpleNamespace(name=path.stem, path=path, chat_format=None, context=32768)
    generator = LocalGenerator.from_settings(Settings.load(**changes), spec)
    generator.stream([Message("user", "Hi")], max_tokens=1).read()
    return generator


def as_text(messages: Sequence[Message]) -> str:
    """The same prompt in ChatML, for the raw side."""
    turns = "".join(f"<|im_start|>{message.role}\n{message.text}<|im_end|>\n" for message in messages)
    return f"{turns}<|im_start|>assistant\n"


def middle(runs: Sequence[dict[str, float]], key: str) -> float:
    """The median of one value."""
    return round(statistics.median(run[key] for run in runs), 3)


def measure_speed(path: Path, rounds: int) -> dict[str, Any]:
    """Ours against both kinds of raw, interleaved; every prompt is new to our process."""
    threads = physical_cores()
    raws = {"raw": Raw(path, threads, {}), "raw_waiting_as_ours": Raw(path, threads, THREAD_WAITING)}
    ours = open_generator(path, kv_cache_bytes=0)
    runs: dict[str, list[dict[str, float]]] = {"ours": [], "raw": [], "raw_waiting_as_ours": []}
    busy: list[subprocess.Popen[bytes]] = []
    result: dict[str, Any] = {"tokens": TOKENS}
    for label in ("alone", "contended"):
        if label == "contended":
            spin = [sys.executable, "-c", "while True: pass"]
            busy = [subprocess.Popen(spin) for _ in range(max(1, threads // 2))]
        for number in range(rounds):
            seed = number + (1000 if busy else 1)
            runs["ours"].append(run_ours(ours, prompt(seed)))
            for name, raw in raws.items():
                runs[name].append(raw.run(as_text(prompt(seed))))
        for process in busy:
            process.kill()
            process.wait()
        result[label] = {
            name: {key: middle(values, key) for key in ("prefill", "decode")} for name, values in runs.items()
        }
        pairs = zip(runs["ours"], runs["raw"], strict=True)
        result[label]["decode_ours_over_raw"] = round(statistics.median(o["decode"] / r["decode"] for o, r in pairs), 3)
        for values in runs.values():
            values.clear()
    for raw in raws.values():
        raw.close()
    ours.close()
    return result


def measure_reuse(path: Path, rounds: int) -> dict[str, Any]:
    """Seconds to the first piece: never seen; its sentences restored from a kept state; still in the sequence."""
    generator = open_generator(path)
    runs: dict[str, list[dict[str, float]]] = {"never_seen": [], "restored": [], "still_held": []}
    for number in range(rounds):
        first, second = prompt(2000 + 2 * number), prompt(2001 + 2 * number)
        runs["never_seen"].append(run_ours(generator, first, 2))
        run_ours(generator, second, 2)
        runs["restored"].append(run_ours(generator, first, 2))
        runs["still_held"].append(run_ours(generator, first, 2))
    memory = psutil.Process(generator.pid).memory_info().rss if generator.pid else 0
    generator.close()
    result: dict[str, Any] = {
        name: {"first_piece_s": middle(values, "first"), "cached_tokens": int(middle(values, "cached"))}
        for name, values in runs.items()
    }
    return {"prompt_tokens": int(middle(runs["restored"], "prompt")), **result, "model_process_mb": memory // 2**20}


def measure_cancel(path: Path, rounds: int) -> dict[str, float]:
    """Milliseconds from `cancel` to the end of the iteration."""
    generator = open_generator(path)
    waits: dict[str, list[float]] = {"prefill": [], "decode": []}
    for number in range(rounds):
        for stage, took in waits.items():
            reply = generator.stream(prompt(3000 + number), max_tokens=200)
            if stage == "decode":
                next(reply)
            else:
                time.sleep(0.3)
            began = time.monotonic()
            reply.cancel()
            reply.read()
            took.append(1000 * (time.monotonic() - began))
    generator.close()
    return {
        f"{stage}_{name}_ms": round(value, 1)
        for stage, took in waits.items()
        for name, value in (("median", statistics.median(took)), ("worst", max(took)))
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": cpu,
        "physical_cores": physical_cores(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "llama-cpp-python": version("llama-cpp-python"),
    }


def main() -> None:
    """Run everything and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--note", default="", help="what else to say about the run")
    options = parser.parse_args()
    spec = resolve_model(Settings.load())
    path = options.model or (spec and spec.path)
    if path is None:
        parser.error("no model: set SIDEBYSIDE_MODEL or give --model")
    before = machine()
    result = {
        "model": path.name,
        "note": options.note,
        "machine": before,
        "speed": measure_speed(path, options.rounds),
        "reuse": measure_reuse(path, options.rounds),
        "cancel": measure_cancel(path, options.rounds),
        "load_average_after": machine()["load_average"],
    }
    text = json.dumps(result, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--raw"]:
        serve_raw(sys.argv[2], int(sys.argv[3]))
    else:
        main()
