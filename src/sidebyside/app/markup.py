"""What the page shows of texts: the package's safe HTML (text/markup.py), and messages of the program."""

from __future__ import annotations

import re

from sidebyside.text.markup import (
    CITATION,
    NO_BREAK,
    CitationLink,
    answer_html,
    cited_text,
    clean,
    inline_html,
    split_citations,
)

__all__ = [
    "CITATION",
    "NO_BREAK",
    "CitationLink",
    "answer_html",
    "cited_text",
    "clean",
    "inline_html",
    "message_html",
    "split_citations",
]


def message_html(text: str) -> str:
    """A message of the program: escaped, with `commands` set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", clean(text))
