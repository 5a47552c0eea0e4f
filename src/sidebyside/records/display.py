"""An answer as Markdown for notebooks: with its table, notes and sources, and none of the pages' own markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sidebyside.text.safe import safe

if TYPE_CHECKING:
    from sidebyside.records.answers import Answer, Citation, Table
    from sidebyside.records.matches import Match

# What would begin a code span, a formula ("$20 and $100" is one in Jupyter), a link or an image.
_LIVE = re.compile(r"[`$]|(?<=\])[(\[:]|!(?=\[)|:(?=//)|(?<=www)\.", re.IGNORECASE)
_MARKS = re.compile(r"[\\`*_\[\]|#!$~]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def answer_markdown(answer: Answer) -> str:
    """The whole answer. Links in it are text: what pages say is shown, never followed."""
    parts = [inert(answer.text)]
    if answer.table is not None:
        parts.append("\n".join(table_lines(answer.table)))
    parts += [f"> {inert(note)}" for note in answer.notes if note not in answer.text]
    if answer.citations:
        parts.append("\n".join(["Sources", "", *map(source_line, answer.citations)]))
    return "\n\n".join(parts) + "\n"


def match_markdown(match: Match) -> str:
    """A whole match: its lead, a table of artifacts and wishes, notes and sources. Links in it are text."""
    parts = [inert(match.text)]
    if match.artifacts:
        parts.append("\n".join(table_lines(match.table)))
    parts += [f"> {inert(note)}" for note in match.notes]
    if match.citations:
        parts.append("\n".join(["Sources", "", *map(source_line, match.citations)]))
    return "\n\n".join(parts) + "\n"


def inert(text: str) -> str:
    """Markdown of ours with texts of pages in it: emphasis and lists stay, HTML, links and code do not."""
    return _LIVE.sub(_escape, _without_tags(safe(text)))


def plain(text: str) -> str:
    """Text as one line of Markdown in which nothing is markup."""
    return _without_tags(_MARKS.sub(_escape, safe(" ".join(text.split()))))


def _escape(match: re.Match[str]) -> str:
    return "\\" + match[0]


def _without_tags(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table_lines(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(plain, table.header))} |"
    yield "|---" * len(table.header) + "|"
    for row in table.rows:
        yield f"| {' | '.join(map(plain, row))} |"


def source_line(citation: Citation) -> str:
    place = f"{plain(citation.source)}, characters {citation.start}-{citation.end}"
    artifact = f"{plain(citation.artifact)}, " if citation.artifact else ""
    return f"{citation.number}. {artifact}{citation.evidence_class}: “{plain(citation.quote)}” ({place})"
