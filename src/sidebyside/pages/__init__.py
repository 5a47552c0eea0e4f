"""Reads files with saved comparison pages: `read_page(path)` picks the reader by content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

from sidebyside.errors import PageError
from sidebyside.pages.asciidoc import read_asciidoc
from sidebyside.pages.card import card_template, read_card
from sidebyside.pages.comparison import read_comparisons
from sidebyside.pages.decoding import check_text
from sidebyside.pages.files import MAX_BYTES, CollectedFile
from sidebyside.pages.formats import kind_of_text, open_page
from sidebyside.pages.frontmatter import FrontMatter, split_front_matter
from sidebyside.pages.html import read_html
from sidebyside.pages.markdown import read_markdown
from sidebyside.pages.opened import Body, OpenedFile
from sidebyside.pages.org import read_org
from sidebyside.pages.outline import Outline
from sidebyside.pages.passport import read_passport
from sidebyside.pages.places import renamed
from sidebyside.pages.restructured import read_rst
from sidebyside.pages.sheets import delimiter_of, read_csv
from sidebyside.pages.text import read_text
from sidebyside.records import Page
from sidebyside.records.pages import PageFormat
from sidebyside.text.instructions import addresses_assistant
from sidebyside.text.sentences import split_sentences

# Raise it whenever the same bytes can give another Page, so that stored pages are read again.
READER_VERSION = 7

FORMATS: tuple[PageFormat, ...] = get_args(PageFormat)

# Readers of the markup of other writers, by what `kind_of_text` calls it.
_MARKUPS: Mapping[str, Callable[[str, str, int, int | None], Outline]] = {
    "asciidoc": read_asciidoc,
    "org": read_org,
    "rst": read_rst,
}

__all__ = [
    "FORMATS",
    "READER_VERSION",
    "card_template",
    "decode_page",
    "parse_page",
    "parse_pages",
    "read_page",
    "read_pages",
]


def read_page(path: str | Path, *, source: str | None = None, max_bytes: int = MAX_BYTES) -> Page:
    """Read the first page of a file; `source` is the name that citations show, by default the file's name.

    Raises PageError.
    """
    return _first(read_pages(path, source=source, max_bytes=max_bytes))


def read_pages(path: str | Path, *, source: str | None = None, max_bytes: int = MAX_BYTES) -> tuple[Page, ...]:
    """Read every page of a file. Raises PageError."""
    path = Path(path)
    file = CollectedFile(source or path.name, path, path, max_bytes=max_bytes)
    return parse_pages(file.read(), file.source, max_bytes=max_bytes)


def parse_page(data: bytes, source: str, *, max_bytes: int = MAX_BYTES) -> Page:
    """Read the first page from bytes. Raises PageError."""
    return _first(parse_pages(data, source, max_bytes=max_bytes))


def _first(pages: tuple[Page, ...]) -> Page:
    if len(pages) == 1:
        return pages[0]
    told = f"the file holds {len(pages)} comparisons: this is the first, read_pages gives all"
    return replace(pages[0], warnings=(*pages[0].warnings, told))


def decode_page(data: bytes, source: str, *, max_bytes: int = MAX_BYTES) -> OpenedFile:
    """The text of a page file, in which its places count. Raises PageError."""
    return open_page(data, source, max_bytes)


def parse_pages(data: bytes, source: str, *, max_bytes: int = MAX_BYTES) -> tuple[Page, ...]:
    """Read pages from bytes; what they are is told by their content. Raises PageError where there is none.

    The second page of a file is called by the file's name and "#2".
    """
    opened = open_page(data, source, max_bytes)
    sha256 = hashlib.sha256(data).hexdigest()
    pages: list[Page] = []
    refusals: list[PageError] = []
    for body in opened.bodies or (Body(0, len(opened.text)),):
        try:
            pages += _read_body(body, opened, source, sha256)
        except PageError as error:
            refusals.append(error)
    if not pages:
        raise refusals[0]
    return tuple(_finished(page, number, opened) for number, page in enumerate(pages, start=1))


def _read_body(body: Body, opened: OpenedFile, source: str, sha256: str) -> tuple[Page, ...]:
    """The pages of one part of a file."""
    if body.outline is not None:
        outline = body.outline
    else:
        text = opened.text[body.start : body.end]
        kind = kind_of_text(text)
        if kind == "passport" and not opened.format:
            return (read_passport(text, source, sha256),)
        if kind == "html":
            outline = read_html(opened.text, source, body.start, body.end)
        elif kind in _MARKUPS:
            outline = _MARKUPS[kind](opened.text, source, body.start, body.end)
        elif opened.format and kind == "markdown":
            outline = read_markdown(opened.text, source, None, body.start, body.end)
        elif opened.format:
            outline = read_text(opened.text, source, body.start, body.end)
        elif kind == "markdown" and (front := _address_above(text, source)):
            outline = replace(_read_plain(opened.text, source, body.start + front.end, body.end), url=front.url)
        elif delimiter := delimiter_of(text, source):
            outline = read_csv(text, source, delimiter)
        elif kind == "markdown":
            return _read_markdown(text, source, sha256)
        else:
            outline = read_text(text, source)
    outline = replace(
        outline,
        format=opened.format or outline.format,
        title=outline.title or body.title,
        date=outline.date or body.date,
        url=outline.url or body.url,
    )
    return read_comparisons(outline, source, sha256)


def _address_above(text: str, source: str) -> FrontMatter | None:
    """Front matter that holds an address and nothing else, above what is no Markdown: so pasted text is kept."""
    front = split_front_matter(text, source)
    if front is None or set(front.values) != {"source"} or kind_of_text(text[front.end :]) != "text":
        return None
    return front


def _read_plain(text: str, source: str, start: int, end: int) -> Outline:
    """Text or CSV that begins within a file."""
    if delimiter := delimiter_of(text[start:end], source):
        # What stands before it counts for places alone.
        return read_csv(re.sub(r"[^\r\n]", " ", text[:start]) + text[start:end], source, delimiter)
    return read_text(text, source, start, end)


def _read_markdown(text: str, source: str, sha256: str) -> tuple[Page, ...]:
    """Markdown with a comparison, else a card: its front matter has a name, and its headings title capabilities."""
    front = split_front_matter(text, source)
    outline = read_markdown(text, source, front)
    if front is not None and front.failure is not None:
        failure = front.failure
        told = f"{failure.reason}; read line by line"
        outline = replace(outline, warnings=(told if failure.line is None else f"line {failure.line}: {told}",))
    try:
        return read_comparisons(outline, source, sha256)
    except PageError:
        if front is None or not front.text("name"):
            raise
    return (read_card(text, source, sha256, front),)


def _finished(page: Page, number: int, opened: OpenedFile) -> Page:
    """A page under its own name, with what is uncertain about its file, checked."""
    if number > 1:
        page = renamed(page, f"{page.source}#{number}")
    if opened.layout:
        from sidebyside.pages.pdf import place_in_pdf

        page = place_in_pdf(page, opened.layout)
    _check_texts(page)
    told = [text for text in (opened.warning, _addressed(page)) if text]
    return replace(page, warnings=(*told, *page.warnings)) if told else page


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
