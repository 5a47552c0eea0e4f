"""Serves the chat page for the rows: python _page_server.py INDEX PORT [real]. The model is a stand-in, and so is the
encoder unless the real one is asked for; all else is as it is.

The model process is tests/fake_model_process.py: it writes one word, or, for a question with "slowly" in it, words for
20 seconds unless it is stopped; "unhurried" takes a quarter of one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _rows import TESTS

from invented import ContentEncoder
from sidebyside.app import Provider, launch
from sidebyside.assistant import Assistant
from sidebyside.building import build
from sidebyside.encoding import embedding
from sidebyside.llm.process import LocalGenerator
from sidebyside.records import Message
from sidebyside.settings import Settings


class Directed(LocalGenerator):
    """Tells the fake model process what to do by what the question says."""

    def stream(self, messages: Sequence[Message], **given: Any) -> Any:
        """One word, or many for a slow question."""
        text = " ".join(message.text for message in messages if message.role == "user")
        words = 1000 if "slowly" in text else 12 if "unhurried" in text else 1
        return super().stream([Message("user", f"count {words}")], **given)


def main() -> None:
    index, port = Path(sys.argv[1]), int(sys.argv[2])
    if "real" not in sys.argv:
        for module in (embedding, build):
            module.load_encoder = lambda _settings: ContentEncoder()  # type: ignore[assignment,return-value]
    command = [sys.executable, str(TESTS / "fake_model_process.py")]
    settings = Settings.load(index=index, port=port)

    def opener(given: Settings, _model: str | None) -> Assistant:
        generator = Directed("stand-in", {"op": "load", "path": "none"}, timeout=60, queue_limit=16, command=command)
        return Assistant.open(given.index, settings=given, generator=generator)

    launch(settings, provider=Provider(settings, opener=opener))


if __name__ == "__main__":
    main()
