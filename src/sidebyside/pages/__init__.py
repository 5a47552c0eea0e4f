"""Reads saved comparison pages: `read_page(path)` picks the reader by content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sidebyside.errors import PageError
from sidebyside.instructions import addresses_assistant
from sidebyside.pages.card import card_template, read_card
from sidebyside.pages.collection import MAX_BYTES, CollectedFile, collect_pages
from sidebyside.pages.decoding import check_text, decode_page
from sidebyside.pages.html import read_html
from sidebyside.pages.markdown import read_markdown
from sidebyside.pages.passport import read_passport
from sidebyside.pages.text import read_text
from sidebyside.records import Page
from sidebyside.sentences import split_sentences

# Raise it whenever the same bytes can give another Page, so that stored pages are read again.
READER_VERSION = 2

__all__ = [
    "MAX_BYTES",
    "READER_VERSION",
    "CollectedFile",
    "card_template",
    "collect_pages",
    "decode_page",
    "parse_page",
    "read_page",
]


@dataclass(frozen=True, slots=True)
class Format:
    """A page format: how its text begins or what it contains, and who reads it."""

    name: str
    sign: re.Pattern[str]
    read: Callable[[str, str, str], Page]


_TAGS = (
    "html|head|body|div|article|section|main|header|h[1-6]|p|table|meta|title|span|a|ul|ol|nav|figure|center|link|style"
)
_FRONT = r"\A---[ \t]*(?:\r\n|\r|\n)"
# In the order in which they are tried; what none of the others claims is a text extract.
FORMATS = (
    Format("passport", re.compile(r"\s*(?:\{\s*(?:[\"}]|\Z)|\[\s*(?:[\[{\"]|\Z))"), read_passport),
    Format("html", re.compile(rf"\s*<(?:!doctype|!--|\?xml|(?:{_TAGS})\b)", re.IGNORECASE), read_html),
    Format("card", re.compile(rf"{_FRONT}(?:(?!---)[^\r\n]*+[\r\n]++)*?name[ \t]*:", re.IGNORECASE), read_card),
    Format("markdown", re.compile(rf"{_FRONT}|(?:.*[\r\n])?[ ]{{0,3}}#{{1,6}}[ \t]+\S", re.DOTALL), read_markdown),
    Format("text", re.compile(""), read_text),
)


def read_page(path: str | Path, *, source: str | None = None, max_bytes: int = MAX_BYTES) -> Page:
    """Read one page file; `source` is the name that citations show, by default the file's name. Raises PageError."""
    path = Path(path)
    file = CollectedFile(source or path.name, path, path, max_bytes=max_bytes)
    return parse_page(file.read(), file.source, max_bytes=max_bytes)


def parse_page(data: bytes, source: str, *, max_bytes: int = MAX_BYTES) -> Page:
    """Read a page from bytes; the format is told by its content. Raises PageError."""
    if len(data) > max_bytes:
        raise PageError(source, f"larger than {max_bytes:,} bytes")
    decoded = decode_page(data, source)
    if decoded.text.startswith("From: <Saved by"):
        raise PageError(source, "a web archive (MHTML); save the page as HTML only")
    reader = next(known for known in FORMATS if known.sign.match(decoded.text))
    page = reader.read(decoded.text, source, hashlib.sha256(data).hexdigest())
    _check_texts(page)
    warnings = [text for text in (decoded.warning, _addressed(page)) if text]
    return replace(page, warnings=(*warnings, *page.warnings)) if warnings else page


def _addressed(page: Page) -> str:
    """A warning where sentences of a page tell an assistant what to write; "" where none does."""
    texts = {excerpt.text for a in page.artifacts for capability in a.capabilities for _, excerpt in capability.parts()}
    found = sum(addresses_assistant(text[a:b]) for text in texts for a, b in split_sentences(text))
    if not found:
        return ""
    told = "1 sentence tells" if found == 1 else f"{found} sentences tell"
    return f"{told} an assistant what to write; such text is never quoted or given to the model"


def _check_texts(page: Page) -> None:
    """Escapes can smuggle in what the decoder refuses."""
    for artifact in page.artifacts:
        texts = [artifact.name, artifact.type, *artifact.aliases, artifact.url or ""]
        texts += [text for fact in artifact.facts for text in (fact.label, fact.value)]
        texts += [excerpt.text for capability in artifact.capabilities for _, excerpt in capability.parts()]
        for text in texts:
            check_text(text, page.source)
