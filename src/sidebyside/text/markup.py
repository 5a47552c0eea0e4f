"""Text from pages, people and models -> HTML that can carry no markup of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from sidebyside.text.safe import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

CITATION = re.compile(r"\[(\d{1,3})\]")

# The whole Markdown an answer may use; images, links, headings, raw HTML and everything else stay plain characters.
_RULES = ["emphasis", "backticks", "newline", "escape", "entity", "balance_pairs", "fragments_join", "text_join"]
_BLOCK_RULES = ["list", "blockquote", "paragraph", "code", "fence"]

# A space at which no line ends.
NO_BREAK = "\u00a0"

CitationLink = Callable[[int], str]


def clean(text: str) -> str:
    """`text` as attribute or element content: escaped, without control and direction-changing characters."""
    return escape(safe(text), quote=True)


def answer_html(text: str, link: CitationLink) -> str:
    """Render an answer's Markdown; `link(n)` gives the HTML for a reference [n], or "" to leave it as it stands."""
    parser = _parser()
    tokens = parser.parse(safe(text))
    return str(parser.renderer.render(tokens, parser.options, {"link": link})).strip()


def inline_html(text: str, link: CitationLink) -> str:
    """The same for one line: no paragraph around it, and nothing that starts a block."""
    parser = _parser()
    tokens = parser.parseInline(safe(" ".join(text.split())))
    return str(parser.renderer.render(tokens, parser.options, {"link": link})).strip()


def split_citations(text: str) -> list[str | int]:
    """`text` cut into plain stretches and citation numbers, in order."""
    parts: list[str | int] = []
    position = 0
    for match in CITATION.finditer(text):
        parts += [text[position : match.start()], int(match[1])]
        position = match.end()
    return [part for part in [*parts, text[position:]] if part != ""]


def split_text(text: str) -> tuple[str, str]:
    """The lead and what else there is to read; tables and folded quotes are drawn from the answer's own records."""
    kept, folded = [], False
    for block in text.strip().split("\n\n"):
        opens, closes = block.lstrip().startswith("<details"), "</details>" in block
        if not (folded or opens or block.lstrip().startswith("|")):
            kept.append(block)
        folded = (folded or opens) and not closes
    return (kept[0] if kept else ""), "\n\n".join(kept[1:])


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero", {"html": False, "linkify": False, "breaks": False})
    parser.enable([*_RULES, *_BLOCK_RULES], ignoreInvalid=True)
    parser.add_render_rule("text", _render_text)
    return parser


def _render_text(
    _renderer: object, tokens: Sequence[Token], position: int, _options: object, env: dict[str, CitationLink]
) -> str:
    parts = split_citations(tokens[position].content)
    return "".join(cited_text(parts, env["link"]))


def cited_text(parts: list[str | int], link: CitationLink) -> list[str]:
    """HTML of what `split_citations` gave; a reference never starts a line of its own."""
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(clean(part))
            continue
        if pieces and pieces[-1].endswith(" "):
            pieces[-1] = pieces[-1][:-1] + NO_BREAK
        pieces.append(link(part) or f"[{part}]")
    return pieces
