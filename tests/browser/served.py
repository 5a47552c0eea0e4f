"""Serves the page for the browser tests, in a process of its own: python served.py INDEX PORT ASSISTANT.

ASSISTANT is "scripted", "rivals" (scripted, about two that are each ahead in something), "missing" (there is no index),
"empty" (a library without artifacts), "opening" (the page is up when there is a file "ready" in INDEX), "completing"
(the LLM is on its way: a file "ready" in INDEX lets it join, a file "broken" lets it fail), "real" (no LLM), "default"
(the default LLM) or the path of a GGUF file.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from sidebyside.app import Provider, launch
from sidebyside.app.environment import set_up_gradio
from sidebyside.errors import IndexMissingError, ModelError
from sidebyside.records import Fact, Library
from sidebyside.serving.completing import Step, Tell
from sidebyside.serving.provider import open_assistant
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


def on_its_way(index: Path, tell: Tell, _cancelled: object) -> None:
    """The engine at 30%, until a file says how it ends."""
    tell("compiling", 30, 100)
    while not (index / "ready").exists():
        if (index / "broken").exists():
            raise ModelError("no compiler: on Debian, apt install build-essential")
        time.sleep(0.05)


def main() -> None:
    index, port, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    index.mkdir(parents=True, exist_ok=True)
    model = kind if kind.endswith(".gguf") else "none" if kind == "real" else None
    settings = Settings.load(index=index, port=port, model=model)
    if kind == "completing":
        set_up_gradio()  # before gradio is imported
        from sidebyside.app import serve

        parts = {Step("engine", "LLM engine (compiled)"): lambda *given: on_its_way(index, *given)}
        serve.missing_parts = lambda *_: parts
    if kind == "opening":
        set_up_gradio()
        from sidebyside.app import serve

        build_page = serve.build_page

        def built(*given: Any) -> Any:
            """The page, as soon as a file says that it may be there."""
            while not (index / "ready").exists():
                time.sleep(0.05)
            return build_page(*given)

        serve.build_page = built
    provider = Provider(settings, opener=opener(kind, index), model="none" if kind == "completing" else None)
    launch(settings, provider=provider, get_llm=kind == "completing")


if __name__ == "__main__":
    main()
