"""Reads JSON and remembers where each value stands in the file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from sidebyside.errors import PageError
from sidebyside.pages.decoding import line_at
from sidebyside.pages.folded import FoldedText

DEEPEST = 50
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
# A string, a cut-off one too, or a bracket; possessive, so that no string is gone through twice.
_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|([\[{])|[\]}]', re.DOTALL)
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value at [start, end) of the file; objects hold nodes by key, arrays hold nodes."""

    value: Any
    start: int
    end: int

    def get(self, *keys: str) -> Node | None:
        """The value behind a chain of keys; None if it is not there or null."""
        node: Node | None = self
        for key in keys:
            node = node.value.get(key) if node and isinstance(node.value, dict) else None
        return node if node and node.value is not None else None

    def items(self) -> list[Node]:
        """The members of an array; a single other value counts as an array of one."""
        return self.value if isinstance(self.value, list) else [self]

    def string(self, *keys: str) -> str:
        """A string or number behind a chain of keys, white space folded; "" if there is none."""
        node = self.get(*keys)
        if node is None or isinstance(node.value, bool | dict | list):
            return ""
        return " ".join(str(node.value).split())


def read_json(text: str, source: str) -> Node:
    """Read a JSON file. Raises PageError for anything else."""
    _check_depth(text, source)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        reason = "cut off" if cut_off else "damaged"
        raise PageError(source, f"the JSON is {reason}: {error.msg}", error.lineno) from None
    except ValueError:
        raise PageError(source, "the JSON holds a number that is too long; put it in quotes") from None
    return _read(text, _skip(text, 0))


def _check_depth(text: str, source: str) -> None:
    """Raises PageError for brackets in brackets, before a parser calls itself for each of them.

    Caught at its limit, recursion is no harmless error: whatever is cleaned up meanwhile fails as well.
    """
    depth = 0
    for match in _BRACKET.finditer(text):
        if match.group(1):
            depth += 1
        elif match.group() in "]}":
            depth -= 1
        if depth > DEEPEST:
            reason = f"the JSON is nested deeper than {DEEPEST}; a passport is not, so save it again"
            raise PageError(source, reason, line_at(text, match.start()))


def fold_string(text: str, node: Node) -> FoldedText:
    """A JSON string with its escapes resolved and its white space folded, every character's place remembered."""
    folded = FoldedText()
    position, last = node.start + 1, node.end - 1
    for match in _ESCAPE.finditer(text, position, last):
        folded.add(text[position : match.start()], position, match.start())
        folded.add(json.loads(f'"{match.group()}"'), match.start(), match.end())
        position = match.end()
    folded.add(text[position:last], position, last)
    return folded


def _read(text: str, position: int) -> Node:
    """One value; the text is known to be valid JSON, and not too deep."""
    opening = text[position]
    if opening == "{":
        return _read_object(text, position)
    if opening == "[":
        return _read_array(text, position)
    value, end = _DECODER.raw_decode(text, position)
    return Node(value, position, end)


def _read_object(text: str, start: int) -> Node:
    members: dict[str, Node] = {}
    position = _skip(text, start + 1)
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _skip(text, position) + 1)
        node = _read(text, position)
        members[key] = node
        position = _skip(text, node.end)
        if text[position] == ",":
            position = _skip(text, position + 1)
    return Node(members, start, position + 1)


def _read_array(text: str, start: int) -> Node:
    items: list[Node] = []
    position = _skip(text, start + 1)
    while text[position] != "]":
        node = _read(text, position)
        items.append(node)
        position = _skip(text, node.end)
        if text[position] == ",":
            position = _skip(text, position + 1)
    return Node(items, start, position + 1)


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
