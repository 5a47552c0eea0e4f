"""The written questions: files of marked lines -> examples with a label for every word.

A line is `intent flags | text with {mark:words}`; lines beginning with `>` before it are the user's earlier turns. See
README.md for the marks. Lines of situations.txt (`12+ | text`) carry marks only; their intent is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"

_MARK = re.compile(r"\{([arstckpxn]):([^{}]+)\}")
_LINE = re.compile(r"([a-z]+)\s*([\w ]*)\|\s*(.+)$")
_SITUATION = re.compile(r"(\d+)([+~-])\s*[\w ]*\|\s*(.+)$")
# A word: letters and digits together, or one sign.
WORD = re.compile(r"[^\W_]+|[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class Example:
    """One question: `spans` holds (label, start, end) in `text`; `intent` is None where only spans are known."""

    text: str
    spans: tuple[tuple[str, int, int], ...]
    intent: str | None
    flags: frozenset[str]
    before: tuple[str, ...]
    writer: str


@dataclass(frozen=True, slots=True)
class Situation:
    """A question about one sentence of a page: `relation` is "+" (it says so), "-" (it says no) or "~" (neither)."""

    example: Example
    sentence: int
    relation: str


def unmark(marked: str) -> tuple[str, tuple[tuple[str, int, int], ...]]:
    """(text without marks, spans)."""
    text, spans, end = "", [], 0
    for found in _MARK.finditer(marked):
        text += marked[end : found.start()]
        spans.append((found[1], len(text), len(text) + len(found[2])))
        text += found[2]
        end = found.end()
    return text + marked[end:], tuple(spans)


def read_questions(folder: Path) -> Iterator[Example]:
    """The lines of questions.txt."""
    before: list[str] = []
    for line in (folder / "questions.txt").read_text("utf-8").splitlines():
        if line.startswith(">"):
            before.append(unmark(line[1:].strip())[0])
        elif found := _LINE.match(line):
            text, spans = unmark(found[3].strip())
            yield Example(text, spans, found[1], frozenset(found[2].split()), tuple(before), folder.name)
            before = []


def read_situations(folder: Path) -> Iterator[Situation]:
    """The lines of situations.txt."""
    for line in (folder / "situations.txt").read_text("utf-8").splitlines():
        if found := _SITUATION.match(line):
            text, spans = unmark(found[3].strip())
            example = Example(text, spans, None, frozenset(), (), folder.name)
            yield Situation(example, int(found[1]), found[2])


def folders() -> list[Path]:
    """One folder a writer."""
    return sorted(path.parent for path in DATA.glob("*/questions.txt"))


def page_names(folder: Path) -> list[str]:
    """The names of a writer's invented artifacts."""
    pages = folder / "pages.txt"
    lines = pages.read_text("utf-8").splitlines() if pages.is_file() else []
    return [line[1:].split("|")[0].strip() for line in lines if line.startswith("@")]
