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
    from sidebyside.asking import answer
    from sidebyside.assistant import Assistant
    from sidebyside.errors import PageError, SidebysideError
    from sidebyside.indexing import build_index
    from sidebyside.pages import read_page
    from sidebyside.records import Answer, BuildReport, Citation, Event, Page
    from sidebyside.settings import Settings

# Where each public name lives; imported on first use, so that importing the package is quick.
_HOMES = {
    "Answer": "records",
    "Assistant": "assistant",
    "AsyncAssistant": "aio",
    "BuildReport": "records",
    "Citation": "records",
    "Event": "records",
    "Page": "records",
    "PageError": "errors",
    "Settings": "settings",
    "SidebysideError": "errors",
    "answer": "asking",
    "build_index": "indexing",
    "read_page": "pages",
}

__all__ = [
    "Answer",
    "Assistant",
    "AsyncAssistant",
    "BuildReport",
    "Citation",
    "Event",
    "Page",
    "PageError",
    "Settings",
    "SidebysideError",
    "answer",
    "build_index",
    "read_page",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sidebyside' has no attribute {name!r}")
    return getattr(import_module(f"sidebyside.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
