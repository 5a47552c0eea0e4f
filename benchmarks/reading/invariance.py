"""Whether harmless words change an answer: questions behind openings, before endings, in frames, and other slips.

    python benchmarks/reading/invariance.py [--openings FILE] [--endings FILE] [--frames FILE] [--share 0.05]

20 questions about the committed pages, each with every opening, ending and frame, and a share of all their
combinations; each also in capitals, in lower case, without its signs, with one slip of the finger in a long word, and
with its names swapped. Counted is whether status, artifacts and cited rows are those of the question as it stands.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import tempfile
from collections import defaultdict
from pathlib import Path

from sidebyside import Assistant
from sidebyside.building.build import build_index
from sidebyside.records import Answer

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "index" / "seeds"
QUESTIONS = (
    "What is the UnfragileRank of Stable-Diffusion?",
    "Which has the higher UnfragileRank, Stable-Diffusion or Llama 3.2 90B Vision?",
    "What type is LLaVA Llama 3 (8B)?",
    "How many capabilities does Dreambooth-Stable-Diffusion have?",
    "Is LLaVA Llama 3 (8B) free?",
    "Which artifact has the most capabilities?",
    "How many repositories are there?",
    "List the models.",
    "Compare the pricing of Stable-Diffusion and LLaVA Llama 3 (8B).",
    "Which artifacts have a rank above 40?",
    "Can Llama 3.2 90B Vision read handwriting?",
    "Does Dreambooth-Stable-Diffusion resume interrupted training?",
    "Which handles a longer context, Llama 3.2 90B Vision or LLaVA Llama 3 (8B)?",
    "Which artifact can fill in a masked part of an image?",
    "How do Stable-Diffusion and Dreambooth-Stable-Diffusion compare on training with several GPUs?",
    "What are the drawbacks of LLaVA Llama 3 (8B)?",
    "What is Dreambooth-Stable-Diffusion best for?",
    "Can I use Llama 3.2 90B Vision commercially?",
    "What are alternatives to Stable-Diffusion?",
    "How do Llama 3.2 90B Vision and LLaVA Llama 3 (8B) differ?",
)
SWAPS = tuple(q for q in QUESTIONS if re.search(r"\b(?:or|and) [A-Z]", q))


def told(answer: Answer) -> tuple[str, frozenset[str], frozenset[str]]:
    """Status, artifacts and cited rows."""
    rows = frozenset(f"{c.artifact}: {c.quote}" for c in answer.citations if c.evidence_class == "fact")
    return answer.status, frozenset(answer.artifacts), rows


def slipped(question: str, chance: random.Random) -> str:
    """Two letters of one long word changed about."""
    places = list(re.finditer(r"[A-Za-z]{5,}", question))
    word = chance.choice(places)
    at = chance.randrange(word.start() + 1, word.end() - 2)
    return question[:at] + question[at + 1] + question[at] + question[at + 2 :]


def swapped(question: str) -> str:
    """The two names of a comparison in the other order."""
    # The longer names first: one holds another.
    names = ("Dreambooth-Stable-Diffusion", "Llama 3.2 90B Vision", "LLaVA Llama 3 (8B)", "Stable-Diffusion")
    found = list(re.finditer("|".join(map(re.escape, names)), question))
    a, b = found[0], found[1]
    return question[: a.start()] + b[0] + question[a.end() : b.start()] + a[0] + question[b.end() :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("openings", "endings", "frames"):
        parser.add_argument(f"--{name}", type=Path, default=HERE / "data" / "unseen" / f"{name}.txt")
    parser.add_argument("--share", type=float, default=0.02, help="share of all combinations that is asked")
    options = parser.parse_args()
    lines = {
        name: [line for line in getattr(options, name).read_text("utf-8").splitlines() if line.strip()]
        for name in ("openings", "endings", "frames")
    }
    chance = random.Random(7)
    asked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for question in QUESTIONS:
        asked["opening"] += [(question, f"{line} {question}") for line in lines["openings"]]
        asked["ending"] += [(question, f"{question} {line}") for line in lines["endings"]]
        asked["frame"] += [(question, line.replace("QUESTION", question)) for line in lines["frames"]]
        for opening, ending, frame in itertools.product(*lines.values()):
            if chance.random() < options.share:
                asked["all three"].append((question, frame.replace("QUESTION", f"{opening} {question} {ending}")))
        asked["lower case"].append((question, question.lower()))
        asked["capitals"].append((question, question.upper()))
        asked["without signs"].append((question, re.sub(r"[?.,]+(?=\s|$)", "", question)))
        asked["one slip"] += [(question, slipped(question, chance)) for _ in range(3)]
    asked["swapped"] = [(question, swapped(question)) for question in SWAPS]
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        build_index([SEEDS], index=index)
        with Assistant.open(index, model="none") as assistant:
            plain = {question: told(assistant.answer(question)) for question in QUESTIONS}
            for kind, pairs in asked.items():
                wrong = [varied for question, varied in pairs if told(assistant.answer(varied)) != plain[question]]
                print(f"{kind:<14}{len(pairs) - len(wrong)} of {len(pairs)} ({1 - len(wrong) / len(pairs):.1%})")
                for varied in wrong[:8]:
                    print("    ", varied[:170])


if __name__ == "__main__":
    main()
