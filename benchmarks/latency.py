"""Measures what people wait for, and what a large library costs, beside the targets: one command, one table.

    python benchmarks/latency.py [--only NAME...] [--skip NAME...] [--large DIR] [--keep]

facts      question to tables and quotes, on the seeds and on libraries of 600, 10,000 and 100,000 capabilities
prose      question to the first verified sentence and to the end, with the default model: sentences never seen, seen
           before, and prepared in idle time; and the same question once more
cold       `--help` and `ask --no-llm` as processes of their own
build      an index from nothing with the real encoder, and one changed page of 1,000
app        memory of the chat page with everything loaded
large      opening and searching 100,000 capabilities, recall against comparing every row, memory

"facts" on more than 600 capabilities, "large" and the changed page use random word vectors for the pages, because the
real encoder would take hours; each query is encoded by the real one all the same, so that its time is counted.
`--large` keeps the folder with the generated indexes for the next run. `--keep` writes results/latency.json, and leaves
there what earlier runs measured of other jobs. `--sizes` are the capabilities of the libraries for "facts".
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import _large_library as library
import numpy as np
import psutil
from _reporting import RESULTS, machine, print_table, write_results
from index_build import WordEncoder, measure, measure_build, read_side

from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index
from sidebyside.encoding import embedding
from sidebyside.evidence.retrieval import Retriever
from sidebyside.index.opened import open_index
from sidebyside.settings import Settings

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "index" / "seeds"
SIZES = (600, 10_000, 100_000)
PAGES = 1000
# Sides of the two seed pages, and what one may ask about them.
PAIRS = (("LLaVA Llama 3 (8B)", "Llama 3.2 90B Vision"), ("Stable-Diffusion", "Dreambooth-Stable-Diffusion"))
ASPECTS = (
    "Which handles {thing} better: {one} or {other}?",
    "Does {one} or {other} support {thing}?",
    "How do {one} and {other} differ in {thing}?",
)
THINGS = {
    PAIRS[0]: ("a longer context", "document understanding", "running on a laptop", "several images", "fine-tuning"),
    PAIRS[1]: ("few example images", "inpainting", "several samplers", "memory use", "training"),
}
WHOLE = ("Compare {one} and {other}.", "Which has the higher UnfragileRank: {one} or {other}?", "Is {one} free?")


LOAD_ENCODER = embedding.load_encoder


class TimedEncoder(WordEncoder):
    """Word vectors, but every text is encoded by the real encoder as well: for its time."""

    def __init__(self) -> None:
        super().__init__()
        self._real = LOAD_ENCODER(Settings.load())

    def encode(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        self._real.encode(list(texts))
        return super().encode(texts, progress=progress)

    def encode_questions(self, texts: Sequence[str]) -> np.ndarray:
        self._real.encode_questions(texts)
        return super().encode(texts)


# --- facts ----------------------------------------------------------------------------------------------------------


def seed_questions() -> Iterator[str]:
    """Questions about the seeds, no two alike."""
    for (one, other), things in THINGS.items():
        for thing in things:
            for form in ASPECTS:
                yield form.format(one=one, other=other, thing=thing)
        yield from (form.format(one=one, other=other) for form in WHOLE)


def aspect_questions(form: str) -> Iterator[str]:
    """One question in this form about every thing and pair."""
    for (one, other), things in THINGS.items():
        yield from (form.format(one=one, other=other, thing=thing) for thing in things)


def measure_facts(index: Path, questions: Sequence[str]) -> dict[str, Any]:
    """Milliseconds to tables and quotes in a warm process; every question is new."""
    with Assistant.open(index, settings=Settings(index=index), model="none") as assistant:
        assistant.warm()
        for question in questions[:3]:
            assistant.answer(question)
        answers, cpu = [], []
        for question in questions[3:]:
            begun = time.process_time()
            answers.append(assistant.answer(question))
            cpu.append(1000 * (time.process_time() - begun))
        loaded = assistant.library
    times = [float(answer.stats["facts_ms"] or 0) for answer in answers]
    return {
        "artifacts": len(loaded.artifacts),
        "capabilities": sum(artifact.described for artifact in loaded.artifacts),
        "questions": len(times),
        "answered": sum(answer.status != "not_found" for answer in answers),
        **percentiles("facts", times),
        **percentiles("cpu", cpu),
    }


def facts(folder: Path, sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """The facts lane over library sizes; the seeds and 600 capabilities with real vectors."""
    build_index([SEEDS], index=folder / "seeds")
    rows = [{"library": "seeds", **measure_facts(folder / "seeds", list(seed_questions()))}]
    for size in sizes:
        index = built(folder, size, real=size == SIZES[0])
        rows.append({"library": f"{size:,}", **in_process("facts", index)})
    return rows


def facts_of(index: Path) -> dict[str, Any]:
    """`measure_facts` for one generated library."""
    with open_index(index) as opened:
        artifacts, real = len(opened.library.artifacts), opened.manifest.encoder != WordEncoder.name
    if not real:
        embedding.load_encoder = lambda _settings: TimedEncoder()  # type: ignore[assignment,return-value]
    return measure_facts(index, list(library.questions(artifacts, 53)))


# --- prose ----------------------------------------------------------------------------------------------------------


def prose(folder: Path) -> dict[str, Any]:
    """First sentence and whole answer: sentences never seen, offered by the answer before, seen, and asked again.

    "seen" are questions in other words about what earlier ones were about: most of their sentences were read before.
    """
    index = folder / "prose"
    build_index([SEEDS], index=index)
    runs: dict[str, list[dict[str, Any]]] = {"never_seen": [], "prepared": [], "seen": [], "asked_again": []}
    questions, reworded = ([*aspect_questions(form)] for form in (ASPECTS[0], ASPECTS[2]))
    with Assistant.open(index) as assistant:
        assistant.warm()
        assistant.answer(next(iter(seed_questions())) + " Please.")
        for question in questions:
            answer = assistant.answer(question)
            runs["never_seen"].append(dict(answer.stats))
            wait_for_idle(assistant)
            offered = [text for text in answer.suggestions if " differ?" in text][:1]
            runs["prepared"] += [dict(assistant.answer(text, [(question, answer.text)]).stats) for text in offered]
        for name, again in (("seen", reworded), ("asked_again", questions)):
            runs[name] += [dict(assistant.answer(question).stats) for question in again]
    return {"model": Settings.load().model, **{name: summarise(stats) for name, stats in runs.items()}}


def wait_for_idle(assistant: Assistant) -> None:
    """Until what the last answer offered is prepared."""
    time.sleep(0.6)
    generator: Any = assistant._generator
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (assistant._idle._steps or generator._preparing or generator._current):
        time.sleep(0.05)


def summarise(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of the answers that called the model: times, and the share of prompt tokens that was kept."""
    asked = [run for run in runs if run["prompt_tokens"]]
    first = [run["first_sentence_ms"] for run in asked if run["first_sentence_ms"]]
    prompt = sum(run["prompt_tokens"] for run in asked)
    return {
        "answers": len(asked),
        "with_a_sentence": len(first),
        "kept_share_of_prompt": round(sum(run["cached_tokens"] for run in asked) / prompt, 3) if prompt else None,
        **percentiles("first_sentence", first),
        **percentiles("total", [run["total_ms"] for run in asked]),
    }


# --- cold, app ------------------------------------------------------------------------------------------------------


def cold(folder: Path) -> dict[str, float]:
    """Seconds of a whole process: the least and the middle of five."""
    build_index([SEEDS], index=folder / "cold")
    question = next(iter(seed_questions()))
    commands = {"help": ["--help"], "ask_no_llm": ["ask", "--no-llm", "--index", str(folder / "cold"), question]}
    result = {}
    for name, arguments in commands.items():
        command = [sys.executable, "-m", "sidebyside", *arguments]
        times = [measure(lambda command=command: run_quietly(command))[0] for _ in range(5)]
        result |= {f"{name}_least_s": round(min(times), 3), f"{name}_median_s": round(float(np.median(times)), 3)}
    return result


def run_quietly(command: Sequence[str]) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


def app_of(index: Path) -> dict[str, Any]:
    """Memory of the chat page and its model process after an answer, in MB."""
    from sidebyside.app.serve import launch
    from sidebyside.serving.provider import Provider

    settings = Settings(index=index, port=free_port())
    provider = Provider(settings)
    page = launch(settings, prevent_block=True, provider=provider)
    with provider.lease() as assistant:
        answer = list(assistant.stream(next(iter(seed_questions()))))[-1].answer
        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        sizes = [round(process.memory_full_info().pss / 1e6) for process in processes]
    page.close()
    provider.close()
    return {"model": answer.model, "page_mb": sizes[0], "children_mb": sizes[1:], "all_mb": sum(sizes)}


def app(folder: Path) -> dict[str, Any]:
    """`app_of` the seeds, in a process of its own."""
    build_index([SEEDS], index=folder / "app")
    return in_process("app", folder / "app")


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# --- build, large ---------------------------------------------------------------------------------------------------


def build(folder: Path) -> dict[str, Any]:
    """A cold build of about 1,000 passages; one changed page of 1,000, as a share of what all would take."""
    encoder = embedding.load_encoder(Settings.load())
    encoder.encode(["warm"])
    library.write_library(folder / "some", 334)
    cold_build, report = measure_build(
        lambda note: build_index([folder / "some"], index=folder / "some-index", encoder=encoder, progress=note)
    )
    seconds_each = cold_build["wall_s"] / report.embedded
    words = WordEncoder()
    many = folder / "many"
    many.mkdir()
    for number in range(PAGES):
        (many / f"{number:06}.txt").write_text(library.page(number), encoding="utf-8")
    index = folder / "many-index"
    full, whole = measure_build(lambda note: build_index([many], index=index, encoder=words, progress=note))
    (many / "000500.txt").write_text(library.page(PAGES // 2, 1), encoding="utf-8")
    changed, _ = measure_build(lambda note: build_index(index=index, encoder=words, progress=note))
    estimate = whole.embedded * seconds_each
    return {
        "passages": report.passages,
        "seconds_per_1000_passages": round(1000 * cold_build["wall_s"] / report.passages, 1),
        "full_build_of_1000_pages": full | {"passages": whole.passages, "sentences": whole.embedded},
        "full_build_with_real_encoder_s_estimated": round(estimate),
        "one_page_changed": changed,
        "changed_share": round(changed["wall_s"] / estimate, 4),
        "changed_share_of_cpu": round(changed["cpu_s"] / estimate, 4),
    }


def large(folder: Path) -> dict[str, Any]:
    """100,000 capabilities: see `large_of` and `index_build.read_side`."""
    return in_process("large", built(folder, SIZES[-1]))


def large_of(index: Path) -> dict[str, Any]:
    """Opening, then whole retrieval (real encoder included) inside an artifact and over all."""
    encoder = TimedEncoder()
    encoder.encode(["warm"])
    opening, opened = measure(lambda: open_index(index))
    retriever = Retriever(opened, encoder)
    warming, _ = measure(opened.warm)
    artifacts = opened.library.artifacts
    times: dict[str, list[float]] = {"across": [], "inside": []}
    for number, question in enumerate(library.questions(len(artifacts), 103)):
        owner = artifacts[number * len(artifacts) // 103].id
        times["across"].append(1000 * measure(partial(retriever.across, (question,)))[0])
        times["inside"].append(1000 * measure(partial(retriever.inside, owner, (f"{question} {owner}",)))[0])
    rows = {name: percentiles(name, found[3:]) for name, found in times.items()}
    searching = in_process("recall", index)
    return {
        "passages": len(opened.passages),
        "open_s": round(opening, 2),
        "first_use_of_chroma_s": round(warming, 2),
        **rows["across"],
        **rows["inside"],
        "recall_at_10": searching["recall_at_10"],
        "search_p95_ms": searching["search_p95_ms"],
        "memory_mb": {key: round(value / 1e6) for key, value in vars_of_memory().items()},
    }


def vars_of_memory() -> dict[str, int]:
    """Bytes this process holds: all, and without mapped files, which the system can drop."""
    info = psutil.Process().memory_info()
    return {"rss": info.rss, "private": info.rss - info.shared}


def built(folder: Path, capabilities: int, *, real: bool = False) -> Path:
    """The index of a generated library, built unless it is there."""
    index = folder / f"index-{capabilities}"
    if not (index / "CURRENT").exists():
        pages = folder / f"pages-{capabilities}"
        if not pages.exists():
            library.write_library(pages, capabilities)
        code = "real" if real else "words"
        subprocess.run([sys.executable, __file__, "--child", f"build-{code}", str(pages), str(index)], check=True)
    return index


def build_of(pages: Path, index: Path, code: str) -> dict[str, Any]:
    """Build in this process, so that its memory goes when it ends."""
    build_index([pages], index=index, encoder=None if code == "real" else WordEncoder())
    return {}


# --- putting it together --------------------------------------------------------------------------------------------


def percentiles(name: str, times: Sequence[float]) -> dict[str, float | None]:
    """p50 and p95 in ms."""
    return {
        f"{name}_p{rank}_ms": round(float(np.percentile(times, rank)), 1) if len(times) else None for rank in (50, 95)
    }


def in_process(job: str, *paths: Path) -> dict[str, Any]:
    """The result of a job in a process of its own: nothing is loaded before, nothing stays."""
    command = [sys.executable, __file__, "--child", job, *map(str, paths)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


CHILDREN: dict[str, Callable[..., dict[str, Any]]] = {
    "facts": facts_of,
    "app": app_of,
    "large": large_of,
    "recall": lambda index: read_side(index, 200),
    "build-real": lambda pages, index: build_of(pages, index, "real"),
    "build-words": lambda pages, index: build_of(pages, index, "words"),
}
JOBS: dict[str, Callable[[Path], Any]] = {
    "facts": facts,
    "prose": prose,
    "cold": cold,
    "build": build,
    "app": app,
    "large": large,
}


def targets(results: dict[str, Any]) -> list[dict[str, Any]]:
    """The table of targets beside what was measured."""
    of = lambda job, *keys: dig(results.get(job), keys)  # noqa: E731
    rows = [
        ("facts, seeds, p50 / p95 ms", "30 / 60", [of("facts", 0, f"facts_p{rank}_ms") for rank in (50, 95)]),
        ("facts, 100 artifacts, p50 / p95 ms", "30 / 60", [of("facts", 1, f"facts_p{rank}_ms") for rank in (50, 95)]),
        ("first sentence, seen before, p50 ms", "1000", [of("prose", "seen", "first_sentence_p50_ms")]),
        ("first sentence, prepared, p50 ms", "1000", [of("prose", "prepared", "first_sentence_p50_ms")]),
        ("first sentence, never seen, p50 ms", "2500", [of("prose", "never_seen", "first_sentence_p50_ms")]),
        ("whole comparison, p50 ms", "7000", [of("prose", "never_seen", "total_p50_ms")]),
        ("sidebyside --help, s", "0.2", [of("cold", "help_least_s")]),
        ("ask --no-llm, cold, s", "2.0", [of("cold", "ask_no_llm_least_s")]),
        ("index build per 1,000 passages, s", "25", [of("build", "seconds_per_1000_passages")]),
        ("one changed page of 1,000, share of a full build", "0.02", [of("build", "changed_share")]),
        ("retrieval, 100,000 capabilities, p95 ms", "60", [of("large", "across_p95_ms")]),
        ("recall at 10 there", "0.99", [of("large", "recall_at_10")]),
        ("memory there, MB", "1500", [of("large", "memory_mb", "rss")]),
        ("opening there, s", "2", [of("large", "open_s")]),
        ("memory of the app with the default model, MB", "2500", [of("app", "all_mb")]),
    ]
    return [
        {"what": what, "target": target, "measured": " / ".join("-" if one is None else str(one) for one in measured)}
        for what, target, measured in rows
    ]


def dig(value: Any, keys: Sequence[Any]) -> Any:
    """value[key][key]..., None where that is missing."""
    for key in keys:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(JOBS), default=list(JOBS))
    parser.add_argument("--skip", nargs="+", choices=list(JOBS), default=[])
    parser.add_argument("--large", type=Path, help="folder in which the generated libraries and their indexes stay")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(CHILDREN[options.child[0]](*map(Path, options.child[1:]))))
        return
    results: dict[str, Any] = {}
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        for job in options.only:
            if job in options.skip:
                continue
            folder = options.large if options.large and job in ("facts", "large") else Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            run = partial(facts, sizes=options.sizes) if job == "facts" else JOBS[job]
            seconds, results[job] = measure(lambda run=run, folder=folder: run(folder))
            print(f"{job}: {seconds:.0f} s\n{json.dumps(results[job])}", file=sys.stderr, flush=True)
    if options.keep:
        results = kept() | results
    packages = ("chromadb", "sentence-transformers", "torch", "llama-cpp-python", "bm25s")
    report = {
        "machine": machine(*packages) | {"load_average_before": round(before, 1)},
        "targets": targets(results),
        "results": results,
    }
    print(json.dumps(report, indent=1))
    print_table("targets", report["targets"])
    if options.keep:
        write_results("latency", report)


def kept() -> dict[str, Any]:
    """The results of earlier runs, so that jobs can be measured one at a time."""
    path = RESULTS / "latency.json"
    return dict(json.loads(path.read_text("utf-8"))["results"]) if path.exists() else {}


if __name__ == "__main__":
    main()
