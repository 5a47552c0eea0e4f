"""Cuts a library into passages and sentences, each with a stable id and its place in the page."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sidebyside.jsonl import read_jsonl, write_jsonl
from sidebyside.records import Artifact, Capability, Excerpt, Library, Passage, Sentence
from sidebyside.sentences import split_sentences

__all__ = ["build_passages", "read_passages", "split_sentences", "write_passages"]


def build_passages(library: Library) -> tuple[Passage, ...]:
    """One passage per part of every capability, in the library's order, so that an artifact's stand together."""
    return tuple(
        passage
        for artifact in library.artifacts
        for capability in artifact.capabilities
        for passage in _passages(artifact, capability)
    )


def write_passages(passages: Iterable[Passage], path: str | Path) -> None:
    """Write passages as JSON lines."""
    write_jsonl(path, passages)


def read_passages(path: str | Path) -> tuple[Passage, ...]:
    """Read what `write_passages` wrote. Raises IndexDamagedError."""
    return tuple(read_jsonl(path, Passage))


def _passages(artifact: Artifact, capability: Capability) -> list[Passage]:
    found = []
    seen: Counter[str] = Counter()
    for part, excerpt in capability.parts():
        key = f"{artifact.id}\n{capability.id}\n{part}\n{seen[part]}"
        seen[part] += 1
        identity = hashlib.sha256(key.encode()).hexdigest()[:16]
        sentences = _sentences(excerpt)
        found.append(Passage(identity, artifact.id, capability.id, part, excerpt.text, excerpt.source, sentences))
    return found


def _sentences(excerpt: Excerpt) -> tuple[Sentence, ...]:
    spans = split_sentences(excerpt.text)
    return tuple(Sentence(excerpt.text[start:end], *excerpt.span(start, end)) for start, end in spans)
