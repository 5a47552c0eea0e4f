"""sidebyside: answers comparison questions from saved comparison pages, with a quote for every sentence.

import sidebyside
answer = sidebyside.answer("Which handles a longer context, A or B?")
print(answer.text, answer.citations[0].quote)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sidebyside.aio import AsyncAssistant
    from sidebyside.assistant import Assistant, answer
    from sidebyside.building.build import build_index
    from sidebyside.decisions.forms import read_record, write_record
    from sidebyside.errors import PageError, SidebysideError
    from sidebyside.pages import read_page
    from sidebyside.records import (
        Answer,
        BuildReport,
        Citation,
        DecisionRecord,
        Event,
        Match,
        OwnCell,
        Page,
        Replay,
        Wish,
    )
    from sidebyside.settings import Settings

# Where each public name lives; imported on first use, so that importing the package is quick.
_HOMES = {
    "Answer": "records",
    "Assistant": "assistant",
    "AsyncAssistant": "aio",
    "BuildReport": "records",
    "Citation": "records",
    "DecisionRecord": "records",
    "Event": "records",
    "Match": "records",
    "OwnCell": "records",
    "Page": "records",
    "PageError": "errors",
    "Replay": "records",
    "Settings": "settings",
    "SidebysideError": "errors",
    "Wish": "records",
    "answer": "assistant",
    "build_index": "building.build",
    "read_page": "pages",
    "read_record": "decisions.forms",
    "write_record": "decisions.forms",
}

__all__ = [
    "Answer",
    "Assistant",
    "AsyncAssistant",
    "BuildReport",
    "Citation",
    "DecisionRecord",
    "Event",
    "Match",
    "OwnCell",
    "Page",
    "PageError",
    "Replay",
    "Settings",
    "SidebysideError",
    "Wish",
    "answer",
    "build_index",
    "read_page",
    "read_record",
    "write_record",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sidebyside' has no attribute {name!r}")
    return getattr(import_module(f"sidebyside.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
