"""Serves the page for the browser tests, in a process of its own: python served.py INDEX PORT ASSISTANT.

ASSISTANT is "scripted", "rivals" (scripted, about two that are each ahead in something), "missing" (there is no index),
"empty" (a library without artifacts), "real" (no LLM), "default" (the real default LLM) or the path of a GGUF file.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from sidebyside.app import Provider, launch
from sidebyside.app.provider import open_assistant
from sidebyside.errors import IndexMissingError
from sidebyside.records import Fact, Library
from sidebyside.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1]))

from standin import FIRST, SECOND, StandIn, artifact, excerpt, facts

LOG = "asked.jsonl"


def rivals() -> Library:
    """Two artifacts, each ahead in something; pages disagree about the rank of one."""
    does = excerpt(FIRST, "Enables low-rank adaptation", "architectures.")
    hand = artifact("Old Hand", "Model", FIRST, facts("80/100", "0", "0", "0"), does, 3)
    comer = artifact("Newcomer", "Model", SECOND, facts("30/100", "1", "0", "0"), does, 3)
    second = Fact("UnfragileRank", "36/100", replace(comer.facts[1].source, file="second.txt"))
    return Library((replace(comer, facts=(*comer.facts, second)), hand))


def opener(kind: str, index: Path):
    """How the page gets its assistant."""

    def scripted(_settings: Settings, model: str | None) -> StandIn:
        library = {"empty": Library(()), "rivals": rivals()}.get(kind, StandIn().library)
        return StandIn(None if model == "none" else model or "scripted", library=library, log=index / LOG)

    def missing(_settings: Settings, _model: str | None) -> StandIn:
        raise IndexMissingError(f"there is no index in {index} yet; build it with: sidebyside index")

    if kind in ("real", "default") or kind.endswith(".gguf"):
        return open_assistant
    return missing if kind == "missing" else scripted


def main() -> None:
    index, port, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    index.mkdir(parents=True, exist_ok=True)
    model = kind if kind.endswith(".gguf") else "none" if kind == "real" else None
    settings = Settings.load(index=index, port=port, model=model)
    launch(settings, provider=Provider(settings, opener=opener(kind, index)))


if __name__ == "__main__":
    main()
