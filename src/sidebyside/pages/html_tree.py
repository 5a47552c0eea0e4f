"""Puts the tags of a saved page in order as a browser does: what is left open is closed, what is crossed is uncrossed.

The rules are lexbor's (an HTML5 parser), the places our tokenizer's: lexbor gets the bare structure, in which numbers
stand for the tags and texts of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sidebyside.errors import PageError
from sidebyside.pages.decoding import line_at
from sidebyside.pages.html_tokens import Chars, Tag, tokenize

DEEPEST = 512
# Tags and stretches of text; each takes 300 bytes of memory while the page is read.
MOST_TOKENS = 500_000
BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary table tbody td tfoot th "
    "thead tr ul".split()
)
# These switch the parser to another language or belong to the page's head; their texts are not read here.
_DROPPED = frozenset(
    "html head body script style textarea iframe xmp noembed noframes plaintext frameset frame colgroup col base link "
    "area embed meta param source track wbr".split()
)
_ALONE = frozenset(["img", "input", "image", "title", "time"])
# A start tag of these ends the one before, so that leaving out their end tags does not nest them.
_CLOSING_THEMSELVES = frozenset("p li dt dd tr td th thead tbody tfoot option h1 h2 h3 h4 h5 h6 summary".split())
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_BEGIN, _END = "\ue000", "\ue001"
_PIECE = re.compile(rf'<(/?)(?:x-)?([a-z][a-z0-9-]*)(?: k="(\d+)")?>|{_BEGIN}(\d+){_END}|(\s+)')


@dataclass(frozen=True, slots=True)
class Opened:
    """An element begins; `tag` is its start tag in the file, None for one that is only implied there."""

    name: str
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class Closed:
    """An element ends."""

    name: str


@dataclass(frozen=True, slots=True)
class Space:
    """White space between two tags."""


Part = Opened | Closed | Chars | Space


def read_tree(text: str, source: str, start: int = 0, end: int | None = None) -> list[Part]:
    """The HTML in [start, end) as elements that begin and end in pairs, with their texts.

    Raises PageError where they are nested too deeply, or far too many.
    Text that stands in a table but in none of its cells is left out: nobody can say where it belongs.
    """
    from selectolax.lexbor import LexborHTMLParser

    tokens: list[Tag | Chars] = list(islice(tokenize(text[start:end]), MOST_TOKENS + 1))
    if len(tokens) > MOST_TOKENS:
        raise PageError(source, f"more than {MOST_TOKENS:,} tags and texts: not a comparison page")
    if start:
        tokens = [replace(token, start=token.start + start, end=token.end + start) for token in tokens]
    html = LexborHTMLParser("<!doctype html>" + "".join(_bare(tokens, text, source))).html or ""
    return list(_parts(html[html.find("<body>") + 6 : html.rfind("</body>")], tokens))


def _bare(tokens: Sequence[Tag | Chars], text: str, source: str) -> Iterator[str]:
    """The structure alone; elements that have no part in it get a name that no rule of the parser knows."""
    depth = 0
    opened: Counter[str] = Counter()
    for number, token in enumerate(tokens):
        if isinstance(token, Chars):
            blank = text[token.start : token.end].isspace()
            yield " " if blank else f"{_BEGIN}{number}{_END}"
            continue
        name = token.name
        if name in _DROPPED or not _NAME.fullmatch(name):
            continue
        known = name if name in BLOCKS else f"x-{name}"
        if name == "br":
            yield "" if token.closing else f"<br k={number}>"
        elif name in _ALONE or (token.source.endswith("/>") and not token.closing):
            yield "" if token.closing else f"<{known} k={number}></{known}>"
        elif token.closing:
            yield f"</{known}>"
            if opened[known]:
                opened[known] -= 1
                depth -= 1
        else:
            yield f"<{known} k={number}>"
            if name not in _CLOSING_THEMSELVES and name != "hr":
                opened[known] += 1
                depth += 1
                if depth > DEEPEST:
                    raise PageError(source, f"elements are nested deeper than {DEEPEST}", line_at(text, token.start))


def _parts(html: str, tokens: Sequence[Tag | Chars]) -> Iterator[Part]:
    pieces = list(_PIECE.finditer(html))
    # What the parser moved out of a table stands before tags that come earlier in the file.
    lowest = len(tokens)
    displaced = set()
    for place in range(len(pieces) - 1, -1, -1):
        number = pieces[place].group(3) or pieces[place].group(4)
        if number is not None:
            if int(number) > lowest:
                displaced.add(place)
            lowest = min(lowest, int(number))
    for place, piece in enumerate(pieces):
        closing, name, tag, chars, space = piece.groups()
        if space:
            yield Space()
        elif chars is not None:
            token = tokens[int(chars)]
            if place not in displaced and isinstance(token, Chars):
                yield token
        elif closing:
            yield Closed(name)
        else:
            found = tokens[int(tag)] if tag is not None else None
            yield Opened(name, found if isinstance(found, Tag) else None)
            if name in ("br", "hr"):
                yield Closed(name)
