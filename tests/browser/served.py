"""Serves the page for the browser tests, in a process of its own: python served.py INDEX PORT ASSISTANT.

ASSISTANT is "scripted", "real" (no LLM), "missing" (there is no index) or "empty" (a library without artifacts).
"""

from __future__ import annotations

import sys
from pathlib import Path

from sidebyside.app import Provider, launch
from sidebyside.app.provider import open_assistant
from sidebyside.errors import IndexMissingError
from sidebyside.records import Library
from sidebyside.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1]))

from standin import StandIn

LOG = "asked.jsonl"


def opener(kind: str, index: Path):
    """How the page gets its assistant."""

    def scripted(_settings: Settings, model: str | None) -> StandIn:
        library = Library(()) if kind == "empty" else StandIn().library
        return StandIn(None if model == "none" else model or "scripted", library=library, log=index / LOG)

    def missing(_settings: Settings, _model: str | None) -> StandIn:
        raise IndexMissingError(f"there is no index in {index} yet; build it with: sidebyside index")

    return {"real": open_assistant, "missing": missing}.get(kind, scripted)


def main() -> None:
    index, port, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    index.mkdir(parents=True, exist_ok=True)
    settings = Settings.load(index=index, port=port, model="none" if kind == "real" else None)
    launch(settings, provider=Provider(settings, opener=opener(kind, index)))


if __name__ == "__main__":
    main()
