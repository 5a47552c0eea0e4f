"""Cuts HTML into tags and text with their places in the file, in one pass and in time linear in its length.

Parsers that build a tree do not tell where its texts stand in the file, which quotes and highlights need.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Their content is not markup.
_RAW = frozenset(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"])
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_QUOTE_OR_END = re.compile(r"[\"'>]")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")
_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});?")


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag at [start, end); `content` is the raw text of <title>, "" for other tags."""

    name: str
    closing: bool
    source: str
    start: int
    end: int
    content: str = ""

    def attributes(self) -> Mapping[str, str]:
        """Attribute values by lower-case name; "" for those without value."""
        inner = self.source[len(self.name) + 1 : -1]
        pairs = ((match.group(1).lower(), match.group(2) or "") for match in _ATTRIBUTE.finditer(inner))
        return {name: html.unescape(value.strip("\"'")) for name, value in pairs}


@dataclass(frozen=True, slots=True)
class Chars:
    """A run of text at [start, end)."""

    start: int
    end: int


def tokenize(text: str) -> Iterator[Tag | Chars]:
    """Tags and text in order; comments, declarations and the content of scripts and styles are left out."""
    last_quote = {quote: text.rfind(quote) for quote in "\"'"}
    position = 0
    while position < len(text):
        opening = text.find("<", position)
        if opening < 0:
            yield Chars(position, len(text))
            return
        if opening > position:
            yield Chars(position, opening)
        match = _TAG.match(text, opening)
        if match:
            end = _tag_end(text, match.end(), last_quote)
            tag = Tag(match.group(2).lower(), bool(match.group(1)), text[opening:end], opening, end)
            position, tag = _skip_raw(text, tag)
            yield tag
        else:
            position = _skip_markup(text, opening)
            if position == opening + 1:
                yield Chars(opening, position)


def _tag_end(text: str, position: int, last_quote: Mapping[str, int]) -> int:
    """The end of a tag; a > inside a quoted value does not end it."""
    while True:
        match = _QUOTE_OR_END.search(text, position)
        if not match:
            return len(text)
        if match.group() == ">":
            return match.end()
        quoted = text[match.start() - 1] == "=" or text[position : match.start()].rstrip().endswith("=")
        if quoted and match.start() < last_quote[match.group()]:
            position = text.index(match.group(), match.end()) + 1
        else:
            position = match.end()


def _skip_raw(text: str, tag: Tag) -> tuple[int, Tag]:
    if tag.closing or tag.name not in _RAW or tag.source.endswith("/>"):
        return tag.end, tag
    closing = re.compile(rf"</{tag.name}\b", re.IGNORECASE).search(text, tag.end)
    end = closing.start() if closing else len(text)
    content = " ".join(html.unescape(text[tag.end : end]).split()) if tag.name == "title" else ""
    return end, Tag(tag.name, tag.closing, tag.source, tag.start, tag.end, content)


def _skip_markup(text: str, opening: int) -> int:
    """The end of a comment or declaration; one character further for a < that opens nothing."""
    if text.startswith("<!--", opening):
        end = text.find("-->", opening + 4)
        return end + 3 if end >= 0 else len(text)
    if text[opening + 1 : opening + 2] in ("!", "?", "/"):
        end = text.find(">", opening)
        return end + 1 if end >= 0 else len(text)
    return opening + 1


def split_entities(text: str, run: Chars) -> Iterator[tuple[str, int, int]]:
    """A run of text as (decoded text, start, end) pieces; an entity is a piece of its own."""
    position = run.start
    for match in _ENTITY.finditer(text, run.start, run.end):
        decoded = html.unescape(match.group())
        if decoded != match.group():
            yield text[position : match.start()], position, match.start()
            yield decoded, match.start(), match.end()
            position = match.end()
    yield text[position : run.end], position, run.end
