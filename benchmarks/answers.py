"""Compares the language models of the catalogue on comparison questions: what they write, what is shown, how fast.

    python benchmarks/answers.py [--models NAME ...] [--questions N] [--minutes M]

The questions are those of tests/data/questions/development*.jsonl and seeds.jsonl that compare two or more artifacts,
swapped twins left out, spread over the sets. Every model answers the same ones, in the same order and on the same
indexes. A sentence that is supported but only repeats a quote on screen is not shown: "supported" counts it, "shown"
does not. "unsupported" is the share of shown sentences, code's and model's, to which evaluation/support.py objects; it
shares no code with the verification. A model that is not installed is left out, and so is one that has no time left.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from _reporting import machine, print_table, write_results

from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index
from sidebyside.evaluation import Case, load_questions
from sidebyside.evaluation.scores import percentiles
from sidebyside.evaluation.support import check_support
from sidebyside.models.catalogue import installed
from sidebyside.records import Answer
from sidebyside.settings import Settings

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
MODELS = ("qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m")
SETS = (
    ("development", DATA / "library"),
    ("development2", DATA / "library2"),
    ("seeds", ROOT / "index" / "seeds"),
)
KINDS = ("compare_aspect", "compare_overall")
Asked = tuple[Path, Case]


def questions(count: int) -> list[Asked]:
    """The first `count` comparison questions, the sets and kinds taking turns, each with its folder of pages."""
    groups: list[list[Asked]] = []
    for name, pages in SETS:
        cases = load_questions(DATA / "questions" / f"{name}.jsonl")
        groups += [[(pages, c) for c in cases if c.kind == kind and c.swap_of is None] for kind in KINDS]
    turns = chain.from_iterable(zip_longest(*groups))
    return [asked for asked in turns if asked is not None][:count]


def ask(model: str, asked: Sequence[Asked], indexes: dict[Path, Path], until: float) -> list[tuple[Answer, int, int]]:
    """(answer, sentences shown, of which unsupported) for as many questions as there is time for."""
    found: list[tuple[Answer, int, int]] = []
    for pages in dict.fromkeys(folder for folder, _ in asked):
        with Assistant.open(indexes[pages], model=model) as assistant:
            labels = tuple(artifact.label for artifact in assistant.library.artifacts)
            # Loading the model is no part of any answer.
            assistant.answer(next(case for folder, case in asked if folder == pages).question)
            for folder, case in asked:
                if folder != pages or time.time() >= until:
                    continue
                answer = assistant.answer(case.question, case.history)
                shown, unsupported = check_support(answer, labels)
                found.append((answer, shown, len(unsupported)))
                print(model, case.id, answer.stats["total_ms"], file=sys.stderr, flush=True)
    return found


def summarise(model: str, found: Sequence[tuple[Answer, int, int]]) -> dict[str, Any]:
    """One row of the table. Answers that tables give, for which no model is asked, are left out."""
    prose = [(answer, shown, wrong) for answer, shown, wrong in found if answer.stats["prompt_tokens"]]
    answers = [answer for answer, _, _ in prose]
    counts = [[int(a.stats[f"{name}_sentences"] or 0) for a in answers] for name in ("model", "repeated", "rejected")]
    model_sentences, repeated, rejected = counts
    written = sum(map(sum, counts))
    return {
        "model": model,
        "questions": len(found),
        "answers with prose": len(answers),
        "with a supported sentence": _share(sum(m + r > 0 for m, r in zip(*counts[:2], strict=True)), len(answers)),
        "with a shown sentence": _share(sum(m > 0 for m in model_sentences), len(answers)),
        "sentences written": written,
        "shown": _share(sum(model_sentences), written),
        "repeating": _share(sum(repeated), written),
        "rejected": _share(sum(rejected), written),
        "unsupported": _share(sum(wrong for _, _, wrong in prose), sum(shown for _, shown, _ in prose)),
        "ms to facts": _times(answers, "facts_ms"),
        "ms to first sentence": _times(answers, "first_sentence_ms"),
        "ms to end": _times(answers, "total_ms"),
        "examples": [answer.text for answer in answers[:6]],
    }


def _share(count: int, total: int) -> float | None:
    return round(count / total, 3) if total else None


def _times(answers: Sequence[Answer], name: str) -> str | None:
    pair = percentiles([answer.stats[name] for answer in answers])
    return f"{pair[0]:.0f} / {pair[1]:.0f}" if pair else None


def main() -> None:
    """Ask all models, print the table, keep it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="NAME")
    parser.add_argument("--questions", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=10, help="begin no question after so long")
    options = parser.parse_args()
    asked = questions(options.questions)
    chosen = [model for model in options.models if installed(model)]
    for model in set(options.models) - set(chosen):
        print(f"{model} is not installed: sidebyside models pull {model}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as work:
        indexes = {pages: Path(work) / name for name, pages in SETS}
        for pages, index in indexes.items():
            build_index([pages], index=index, settings=Settings.load())
        start = time.time()
        # Time that is short is shared: a slow model leaves the others theirs.
        ends = [start + 60 * options.minutes * (place + 1) / len(chosen) for place in range(len(chosen))]
        rows = [summarise(m, ask(m, asked, indexes, end)) for m, end in zip(chosen, ends, strict=True)]
    print_table(f"{len(asked)} comparison questions (times: p50 / p95)", rows)
    report = {"machine": machine("llama-cpp-python", "sentence-transformers"), "models": rows}
    if len(asked) >= parser.get_default("questions"):
        write_results("answers", report)


if __name__ == "__main__":
    main()
