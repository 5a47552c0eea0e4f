"""R7: 500 questions to one server, with the real encoder; does its memory grow?

python benchmarks/reliability/soak.py
"""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from _rows import ROOT, Outcome
from askers import Server, serve

from sidebyside.building.build import build_index
from sidebyside.settings import Settings

_MOST_GROWTH = 0.10
_QUESTIONS = (
    "Which handles a longer context: LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?",
    "Is Midjourney better than GPT-4?",
    "Which artifact has the highest UnfragileRank?",
    "How much is the Pro tier of Ollama Cloud?",
    "What is Stable-Diffusion best for?",
    "Compare Stable-Diffusion with Dreambooth-Stable-Diffusion, variant {}",
    "Does Llama 3.2 90B Vision read charts number {}?",
    "Which one can be fine-tuned on {} images?",
    "What could replace LLaVA Llama 3 (8B)?",
    "How many artifacts are in the library?",
)


def _memory(server: Server) -> int:
    """Resident bytes of the server; its model process is a stand-in and does not count."""
    return int(psutil.Process(server.pid).memory_info().rss)


def row(folder: Path, trials: int) -> Outcome:
    """R7: memory after the first fifth of the questions and after all of them."""
    outcome, sizes = Outcome(), []
    index = folder / "index"
    build_index([ROOT / "index" / "seeds"], index=index, settings=Settings.load())
    with serve(index, "real") as server, ThreadPoolExecutor(4) as pool:
        fifth = max(1, trials // 5)
        for part in range(5):
            asked = [_QUESTIONS[n % len(_QUESTIONS)].format(n) for n in range(part * fifth, (part + 1) * fifth)]
            for question, (kind, told) in zip(asked, pool.map(server.ask, asked), strict=True):
                outcome.check(kind == "complete", f"{question}: {kind}: {told}")
            sizes.append(_memory(server))
    growth = sizes[-1] / sizes[0] - 1
    outcome.check(growth < _MOST_GROWTH, f"memory grew by {growth:.1%}: {sizes}")
    outcome.figures = {"RSS MB after each fifth": [round(size / 1e6) for size in sizes], "growth": f"{growth:.1%}"}
    return outcome


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = row(Path(scratch), 500)
        print(found.n, json.dumps(found.figures), *found.failures[:10], sep="\n")
