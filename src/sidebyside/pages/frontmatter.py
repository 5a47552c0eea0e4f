"""Reads YAML front matter with the places of its values; values stay as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from sidebyside.errors import PageError
from sidebyside.pages.decoding import line_at

_BLOCK = re.compile(r"---[ \t]*(?:\r\n|\r|\n)(.*?)(?:^|(?<=[\r\n]))---[ \t]*(?:\r\n|\r|\n|$)", re.DOTALL)
_PLAIN = re.compile(r"^([\w-]{1,40}):[ \t]+([^\r\n]*\S)", re.MULTILINE)
_SCHEMES = ("http://", "https://")
_LONGEST = 65_536
_DEEPEST = 20
_OPENING = (
    *(yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken),
    *(yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken),
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
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
    """Keys in lower case with their values; `end` is the first character behind the closing line.

    `failure` is what keeps it from being YAML; then `values` are those of the lines that read "key: value".
    """

    values: dict[str, Value]
    end: int
    failure: PageError | None = None

    def text(self, key: str) -> str:
        """A scalar's text, "" if there is none of this key."""
        value = self.values.get(key)
        return value.text.strip() if isinstance(value, Entry) else ""

    @property
    def date(self) -> str | None:
        """The date of the page (YYYY-MM-DD), if one is given."""
        found = (re.match(r"\d{4}-[01]\d-[0-3]\d(?!\d)", self.text(key)) for key in _DATE_KEYS)
        return next((match.group() for match in found if match), None)

    @property
    def url(self) -> str | None:
        """The address of the page, if one is given."""
        return next((link for key in ("source", "url") if (link := self.text(key)).startswith(_SCHEMES)), None)


def split_front_matter(text: str, source: str) -> FrontMatter | None:
    """The front matter at the beginning of the text; None if there is none. Raises PageError if it is far too long."""
    match = _BLOCK.match(text)
    if not match:
        return None
    if len(match.group(1)) > _LONGEST:
        raise PageError(source, f"front matter longer than {_LONGEST:,} characters", 1)
    try:
        _refuse_strange(match.group(1), source)
        node = yaml.compose(match.group(1), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        return _by_lines(match, PageError(source, f"front matter is not YAML: {error.problem or error.context}", line))
    except (yaml.YAMLError, ValueError) as error:
        return _by_lines(match, PageError(source, f"front matter is not YAML: {str(error).splitlines()[0]}", 1))
    except PageError as error:
        return _by_lines(match, error)
    if node is None:
        return FrontMatter({}, match.end())
    if not isinstance(node, yaml.MappingNode):
        return FrontMatter({}, match.end(), PageError(source, "front matter is not a list of keys and values", 1))
    return FrontMatter(_values(node, text, match.start(1)), match.end())


def _by_lines(match: re.Match[str], failure: PageError) -> FrontMatter:
    """What a person reads out of front matter that is no YAML: a title with a colon, a name that begins with @."""
    values: dict[str, Value] = {}
    for line in _PLAIN.finditer(match.group(1)):
        start, end = match.start(1) + line.start(), match.start(1) + line.end()
        values.setdefault(line.group(1).casefold(), Entry(" ".join(line.group(2).strip("\"' ").split()), start, end))
    return FrontMatter(values, match.end(), failure)


def _refuse_strange(block: str, source: str) -> None:
    """Raises PageError for references, and for lists in lists before a parser calls itself for each of them."""
    depth = 0
    for token in yaml.scan(block, Loader=yaml.SafeLoader):
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > _DEEPEST:
            line = line_at(block, token.start_mark.index) + 1
            raise PageError(source, f"front matter is nested deeper than {_DEEPEST}", line)
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
