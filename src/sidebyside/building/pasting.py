"""Makes a page file of text that somebody pastes: under a name, with the address it was copied from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sidebyside.building.again import is_same_page
from sidebyside.building.kept import live_pages
from sidebyside.building.seeds import safe_name
from sidebyside.errors import SidebysideError
from sidebyside.pages import parse_pages
from sidebyside.pages.formats import kind_of_text
from sidebyside.pages.sheets import delimiter_of
from sidebyside.records import Page

# What reasons call it while it has no name.
_UNNAMED = "pasted text"
_SUFFIXES = {
    "html": ".html",
    "markdown": ".md",
    "passport": ".json",
    "text": ".txt",
    "asciidoc": ".adoc",
    "rst": ".rst",
    "org": ".org",
}
# Where the address stands in the markup of other writers.
_LINES = {"asciidoc": ":source: {}\n", "rst": ":source: {}\n\n", "org": "#+SOURCE: {}\n"}
_FRONT = re.compile(r"---[ \t]*(\r\n|\r|\n)")
_ADDRESS = re.compile(r"https?://[^\s<>\"'\\]{1,2000}")
_LONGEST_NAME = 100


def paste_page(
    text: str, folder: Path, *, name: str = "", url: str = "", max_bytes: int, replaces_in: Path | None = None
) -> Path:
    """Write pasted text, Markdown or HTML into a new file in `folder`; without a name it is called by its artifacts.

    The address stands in the file, where a reader of such pages looks for it. Where neither `url` nor the text has one,
    it is that of the page which this one replaces in the index `replaces_in`. Raises PageError where the text is no
    page, and SidebysideError for an address that is none.
    """
    if url and not _ADDRESS.fullmatch(url):
        raise SidebysideError(
            f"{url[:100]!r} is no address of a page: it should begin with https:// and hold no spaces"
        )
    told = name.strip() or _UNNAMED
    data = _with_address(text, url).encode("utf-8", "replace")
    pages = parse_pages(data, told, max_bytes=max_bytes)
    path = folder / _file_name(name.strip(), text, pages)
    if replaces_in is not None and not any(page.url for page in pages):
        earlier = _earlier_address([replace(page, source=path.name) for page in pages], live_pages(replaces_in))
        data = _with_address(text, earlier).encode("utf-8", "replace") if earlier else data
    path.write_bytes(data)
    return path


def _earlier_address(pages: Sequence[Page], known: Sequence[Page]) -> str:
    """The address of the page that these replace; "" where there is none, or several."""
    found = {old.url for old in known if old.url and any(is_same_page(page, old) for page in pages)}
    address = next(iter(found), "") if len(found) == 1 else ""
    return address if address and _ADDRESS.fullmatch(address) else ""


def _with_address(text: str, url: str) -> str:
    """The text with its address in front, in the way of its format."""
    kind = kind_of_text(text)
    if not url or kind == "passport":  # which names its address itself
        return text
    if kind == "html":
        return f'<link rel="canonical" href="{url.replace("&", "&amp;")}">\n{text}'
    if kind in _LINES:
        return _LINES[kind].format(url) + text
    front = _FRONT.match(text)
    if front:
        return f"{front.group()}source: {url}{front.group(1)}{_without_source(text[front.end() :])}"
    return f"---\nsource: {url}\n---\n{text}"


def _without_source(text: str) -> str:
    """Front matter (from its second line) without the address it has: a key may stand there once."""
    end = re.search(r"^---", text, re.MULTILINE)
    block = text[: end.start()] if end else ""
    return re.sub(r"^source:[^\r\n]*(\r\n|\r|\n)", "", block, flags=re.MULTILINE) + text[len(block) :]


def _file_name(name: str, text: str, pages: tuple[Page, ...]) -> str:
    kind = kind_of_text(text)
    suffix = ".csv" if kind == "text" and delimiter_of(text, "") in {",", ";"} else _SUFFIXES[kind]
    if not name:
        name = " vs ".join(artifact.name for artifact in pages[0].artifacts)[:_LONGEST_NAME]
    known = re.search(r"\.(?:html?|md|markdown|adoc|rst|org|txt|csv|tsv|json)$", name, re.IGNORECASE)
    return safe_name(name if known else name.replace("/", "-") + suffix)
