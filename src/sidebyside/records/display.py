"""An answer as Markdown for notebooks: with its table, notes and sources, and none of the pages' own markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidebyside.records.answers import Answer, Citation, Table

# Control characters, and those that make text read backwards.
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# What would begin a code span, a formula ("$20 and $100" is one in Jupyter), a link or an image.
_LIVE = re.compile(r"[`$]|(?<=\])[(\[:]|!(?=\[)|:(?=//)|(?<=www)\.", re.IGNORECASE)
_MARKS = re.compile(r"[\\`*_\[\]|#!$~]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def answer_markdown(answer: Answer) -> str:
    """The whole answer. Links in it are text: what pages say is shown, never followed."""
    parts = [_inert(answer.text)]
    if answer.table is not None:
        parts.append("\n".join(_table_lines(answer.table)))
    parts += [f"> {_inert(note)}" for note in answer.notes if note not in answer.text]
    if answer.citations:
        parts.append("\n".join(["Sources", "", *map(_source_line, answer.citations)]))
    return "\n\n".join(parts) + "\n"


def _inert(text: str) -> str:
    """Markdown of ours with texts of pages in it: emphasis and lists stay, HTML, links and code do not."""
    return _LIVE.sub(_escape, _without_tags(_INVISIBLE.sub("", text)))


def _plain(text: str) -> str:
    """Text as one line of Markdown in which nothing is markup."""
    return _without_tags(_MARKS.sub(_escape, _INVISIBLE.sub("", " ".join(text.split()))))


def _escape(match: re.Match[str]) -> str:
    return "\\" + match[0]


def _without_tags(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _table_lines(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(_plain, table.header))} |"
    yield "|---" * len(table.header) + "|"
    for row in table.rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _source_line(citation: Citation) -> str:
    place = f"{_plain(citation.source)}, characters {citation.start}-{citation.end}"
    artifact = f"{_plain(citation.artifact)}, " if citation.artifact else ""
    return f"{citation.number}. {artifact}{citation.evidence_class}: “{_plain(citation.quote)}” ({place})"
