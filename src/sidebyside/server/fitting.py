"""Keeps a tool's result within what MCP clients take, who throw longer ones away: the longest lists are cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

# Clients give up at 25,000 tokens for text and data together. JSON has at least 3 characters a token.
MOST_CHARACTERS = 36_000
_KEPT = 0.8
_MARK = "\n\n(cut here)"


def fitted(data: dict[str, Any], limit: int = MOST_CHARACTERS) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The data with its longest lists and texts cut until it fits, and a note for each that was cut."""
    data = json.loads(_dumps(data))
    lengths: dict[str, int] = {}
    while len(_dumps(data)) > limit:
        parts = list(_long(data))
        if not parts:
            break
        name, holder, key = max(parts, key=lambda part: len(_dumps(part[1][part[2]])))
        value = holder[key]
        if isinstance(value, list):
            lengths.setdefault(name, len(value))
            holder[key] = value[: max(1, int(len(value) * _KEPT))]
        else:
            lengths.setdefault(name, 0)
            holder[key] = value[: int(len(value) * _KEPT)].removesuffix(_MARK) + _MARK
    return data, tuple(_note(name, length) for name, length in lengths.items())


def _note(name: str, length: int) -> str:
    whole = f" (there are {length})" if length else ""
    return f"Shortened, as clients do not take more: {name}{whole}. Ask about less at a time for the rest."


def _long(data: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every list of several items and every long text inside, as (path without positions, what holds it, key)."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        path = name if isinstance(key, int) else f"{name}.{key}".lstrip(".")
        if (isinstance(value, list) and len(value) > 1) or (isinstance(value, str) and len(value) > 2_000):
            yield path, data, key
        yield from _long(value, path)


def _dumps(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
