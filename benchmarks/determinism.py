"""Whether the same question on the same library gives the same bytes, with tables and quotes alone.

    python benchmarks/determinism.py [--index DIR] [--restarts 10] [--rounds 100] [--jobs 1] [--keep]

A repeat is all questions and needs once over. Each restart is a process of its own (with another seed of Python's
hashes), which asks them `--rounds` times: first with nothing kept, then with what earlier rounds left; every round in
another order, every second one on two threads; `--jobs` restarts run side by side. An answer's bytes are those of
`Answer.to_dict()` (`Match.to_dict()` for a need) as JSON, times left out. Printed are the repeats and the share of
answers that equal the first of all; what differs is shown with the place. `--keep` writes results/determinism.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from _reporting import machine, write_results

from sidebyside.assistant import Assistant
from sidebyside.graph import OFF
from sidebyside.settings import Settings

QUESTIONS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Which artifact has the highest UnfragileRank?", ()),
    ("Which handles a longer context: LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?", ()),
    ("Compare Stable-Diffusion and Dreambooth-Stable-Diffusion", ()),
    ("Which of them can be fine-tuned on a few pictures?", ()),
    ("Can LLaVA Llama 3 (8B) read text in images?", ()),
    ("What are the drawbacks of Llama 3.2 90B Vision?", ()),
    ("How many free models are there?", ()),
    ("What are alternatives to Stable-Diffusion?", ()),
    ("I want to run it on a laptop and ask about pictures, which should I take?", ()),
    ("Why does Stable-Diffusion rank higher than Dreambooth-Stable-Diffusion?", ()),
    ("What do Llama 3.2 90B Vision and LLaVA Llama 3 (8B) have in common?", ()),
    ("Since Llama 3.2 90B Vision has a 1M context, is it better for long documents?", ()),
    ("Is Midjourney better than GPT-4?", ()),
    ("And what does it cost?", (("What is Stable-Diffusion?", "A repository."),)),
    ("What is in the library?", ()),
    ("Where do the pages disagree?", ()),
)
NEEDS = (
    "answers questions about pictures, free, context of at least 64K tokens",
    "fine-tune on a few pictures, a repository, rank above 50",
    "offline on a phone, licence that allows selling",
)
_TIMES = ("facts_ms", "first_sentence_ms", "total_ms")


def answered(assistant: Assistant, place: int) -> str:
    """One question or need as canonical JSON, times left out."""
    if place < len(QUESTIONS):
        question, history = QUESTIONS[place]
        data = assistant.answer(question, history).to_dict()
        for name in _TIMES:
            data["stats"].pop(name, None)
    else:
        data = assistant.match(NEEDS[place - len(QUESTIONS)]).to_dict()
    return json.dumps(data, ensure_ascii=False)


def child(index: Path, rounds: int, seed: int) -> None:
    """One process: a line for each answer, [round, place, hash, JSON where it is new]."""
    orders, known = random.Random(seed), set[str]()
    with Assistant.open(index, settings=Settings.load(matches=OFF), model="none") as assistant:
        for number in range(rounds):
            places = list(range(len(QUESTIONS) + len(NEEDS)))
            orders.shuffle(places)
            with ThreadPoolExecutor(1 + number % 2) as pool:
                told = list(pool.map(lambda place: answered(assistant, place), places))
            for place, text in zip(places, told, strict=True):
                digest = hashlib.sha256(text.encode()).hexdigest()
                print(json.dumps([number, place, digest, "" if digest in known else text]))
                known.add(digest)


def restart(index: Path, rounds: int, seed: int) -> list[list[Any]]:
    """The lines of one process."""
    command = [sys.executable, __file__, "--index", str(index), "--rounds", str(rounds), "--child", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Where two answers differ, and how."""
    if type(one) is type(other) and isinstance(one, dict) and one.keys() == other.keys():
        for key in one:
            yield from differences(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differences(a, b, f"{place}[{number}]")
    elif one != other:
        yield f"{place.lstrip('.')}: {one!r} / {other!r}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        child(options.index, options.rounds, options.child)
        return
    first: dict[int, tuple[str, str]] = {}
    texts: dict[str, str] = {}
    shown: set[str] = set()
    same = total = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        restarts = pool.map(lambda seed: restart(options.index, options.rounds, seed), range(options.restarts))
        for seed, lines in enumerate(restarts):
            for number, place, digest, text in lines:
                texts.setdefault(digest, text)
                reference, words = first.setdefault(place, (digest, text))
                total += 1
                same += digest == reference
                if digest != reference and digest not in shown:
                    shown.add(digest)
                    asked = QUESTIONS[place][0] if place < len(QUESTIONS) else NEEDS[place - len(QUESTIONS)]
                    print(f"restart {seed}, round {number}: {asked}")
                    for line in differences(json.loads(words), json.loads(texts[digest])):
                        print(f"    {line}")
            print(f"{seed + 1} of {options.restarts} restarts: {same} of {total} the same", flush=True)
    repeats = options.restarts * options.rounds
    print(f"{repeats} repeats of {len(first)} questions and needs: {same} of {total} the same ({same / total:.2%})")
    if options.keep:
        found = {"restarts": options.restarts, "repeats": repeats, "answers": total, "same": same}
        write_results("determinism", {"machine": machine(), **found})
    if same != total:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
