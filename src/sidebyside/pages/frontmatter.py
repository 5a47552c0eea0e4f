"""Reads YAML front matter with the places of its values; values stay as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from sidebyside.errors import PageError
from sidebyside.pages.decoding import line_at

_BLOCK = re.compile(r"---[ \t]*(?:\r\n|\r|\n)(.*?)(?:^|(?<=[\r\n]))---[ \t]*(?:\r\n|\r|\n|$)", re.DOTALL)
_LONGEST = 65_536
_DATE_KEYS = ("date", "updated", "modified", "created", "published")


@dataclass(frozen=True, slots=True)
class Entry:
    """One scalar: its text as written (quotes resolved) and the span of its line in the file."""

    text: str
    start: int
    end: int


Value = Entry | list[Entry] | dict[str, Entry]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Keys in lower case with their values; `end` is the first character behind the closing line."""

    values: dict[str, Value]
    end: int

    def text(self, key: str) -> str:
        """A scalar's text, "" if there is none of this key."""
        value = self.values.get(key)
        return value.text.strip() if isinstance(value, Entry) else ""

    @property
    def date(self) -> str | None:
        """The date of the page (YYYY-MM-DD), if one is given."""
        found = (re.match(r"\d{4}-[01]\d-[0-3]\d(?!\d)", self.text(key)) for key in _DATE_KEYS)
        return next((match.group() for match in found if match), None)


def split_front_matter(text: str, source: str) -> FrontMatter | None:
    """The front matter at the beginning of the text; None if there is none. Raises PageError if it is no YAML."""
    match = _BLOCK.match(text)
    if not match:
        return None
    if len(match.group(1)) > _LONGEST:
        raise PageError(source, f"front matter longer than {_LONGEST:,} characters", 1)
    try:
        _refuse_references(match.group(1), source)
        node = yaml.compose(match.group(1), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        raise PageError(source, f"front matter is not YAML: {error.problem or error.context}", line) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PageError(source, f"front matter is not YAML: {str(error).splitlines()[0]}", 1) from None
    if node is None:
        return FrontMatter({}, match.end())
    if not isinstance(node, yaml.MappingNode):
        raise PageError(source, "front matter is not a list of keys and values", 1)
    return FrontMatter(_values(node, text, match.start(1)), match.end())


def _refuse_references(block: str, source: str) -> None:
    for token in yaml.scan(block, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
            line = line_at(block, token.start_mark.index) + 1
            raise PageError(source, "front matter uses YAML references (& or *); put such text in quotes", line)


def _values(node: yaml.MappingNode, text: str, offset: int) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        name = key.value.strip().casefold()
        if isinstance(value, yaml.ScalarNode):
            values[name] = _entry(key, value, text, offset)
        elif isinstance(value, yaml.SequenceNode):
            values[name] = [_entry(item, item, text, offset) for item in _scalars(value.value)]
        elif isinstance(value, yaml.MappingNode):
            values[name] = {
                label.value.strip(): _entry(label, item, text, offset)
                for label, item in value.value
                if isinstance(label, yaml.ScalarNode) and isinstance(item, yaml.ScalarNode)
            }
    return values


def _scalars(nodes: list[yaml.Node]) -> Iterator[yaml.ScalarNode]:
    return (node for node in nodes if isinstance(node, yaml.ScalarNode))


def _entry(key: yaml.ScalarNode, value: yaml.ScalarNode, text: str, offset: int) -> Entry:
    start, end = offset + key.start_mark.index, offset + value.end_mark.index
    end -= len(text[start:end]) - len(text[start:end].rstrip())
    text_given = "" if value.tag == "tag:yaml.org,2002:null" else value.value
    return Entry(" ".join(text_given.split()), start, end)
