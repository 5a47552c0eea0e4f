"""Kinds of things in words -> the types that tables have: "repos", "MCP servers", "command line tools"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sidebyside.records import Library
from sidebyside.text.words import fold, fold_in_place, stem, tokens

# Type words of pages, used when a library does not (yet) hold such a thing: "no datasets here" is an answer. Behind
# each what else people call it, where no word is shared.
PAGE_TYPES: dict[str, tuple[str, ...]] = {
    "Agent": (),
    "API": (),
    "Benchmark": (),
    "CLI": ("command line", "terminal"),
    "CLI Tool": ("command line", "terminal"),
    "Dataset": ("data set",),
    "Extension": ("plugin", "plug in", "add on"),
    "Framework": (),
    "MCP Server": ("mcp",),
    "Model": ("llm",),
    "Platform": (),
    "Product": (),
    "Prompt": (),
    "Repository": ("repo",),
    "Skill": (),
    "Template": (),
    "Web App": ("webapp", "web application"),
    "Workflow": (),
}


# The type whose word people also use for anything.
PRODUCT = "Product"


@dataclass(frozen=True, slots=True)
class TypeUse:
    """A type that a text names, as pages word it, with the characters [start, end) that name it."""

    label: str
    start: int
    end: int


# Words for anything, which name no type.
_ANYTHING = frozenset(map(stem, "artifact tool thing item option entry one solution software program app".split()))


def is_kind(word: str) -> bool:
    """Whether a word stands for things of any kind, or for a type: "tool", "models"."""
    own = stem(fold(word))
    return own in _ANYTHING or any(own == stem(fold(name)) for name in PAGE_TYPES)


def find_type(words: str, library: Library) -> str:
    """The type that these words mean, as tables have it; "" where they mean anything.

    Types of the library come first; of several the one with most words in common.
    """
    own = {stem(token.folded) for token in tokens(words)}
    best = (0.0, "")
    known = {name: name in library.types for name in (*PAGE_TYPES, *sorted(library.types)) if name}
    for name, here in known.items():
        for spelling in (name, *PAGE_TYPES.get(name, ())):
            stems = {stem(token.folded) for token in tokens(spelling)}
            # "Which of the products": anything, where no page calls its own so.
            if name == PRODUCT and not here:
                continue
            if stems and stems <= own and not stems <= _ANYTHING - {stem(fold(name))}:
                best = max(best, (len(stems) + (0.5 if here else 0.0), name))
    return best[1]


def find_types(text: str, known: Iterable[str]) -> list[TypeUse]:
    """Every type that a text names, in singular or plural, in order; `known` are types beside the usual ones."""
    folded = fold_in_place(text)
    spellings = {fold_in_place(name): name for name in (*PAGE_TYPES, *known) if name}
    spellings |= {other: name for name, others in PAGE_TYPES.items() for other in others if fold(name) in spellings}
    found: list[TypeUse] = []
    for word in sorted(spellings, key=len, reverse=True):
        plural = rf"{re.escape(word[:-1])}(?:y|ies)" if word.endswith("y") else rf"{re.escape(word)}s?"
        for m in re.finditer(rf"(?<![\w-]){plural}(?![\w-])", folded):
            if not any(use.start <= m.start() < use.end for use in found):
                found.append(TypeUse(spellings[word], m.start(), m.end()))
    return sorted(found, key=lambda use: use.start)
