"""Reads saved comparison pages: `read_page(path)` picks the reader by content."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from sidebyside.errors import PageError
from sidebyside.pages.card import card_template
from sidebyside.pages.collection import MAX_BYTES, CollectedFile, collect_pages
from sidebyside.pages.decoding import decode_page
from sidebyside.pages.text import read_text
from sidebyside.records import Page

# Raise it whenever the same bytes can give another Page, so that stored pages are read again.
READER_VERSION = 1

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


def read_page(path: str | Path, *, source: str | None = None, max_bytes: int = MAX_BYTES) -> Page:
    """Read one page file; `source` is the name that citations show, by default the file's name. Raises PageError."""
    path = Path(path)
    source = source or path.name
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise PageError(source, f"cannot be opened: {error.strerror or error}") from None
    return parse_page(data, source, max_bytes=max_bytes)


def parse_page(data: bytes, source: str, *, max_bytes: int = MAX_BYTES) -> Page:
    """Read a page from bytes. Raises PageError."""
    if len(data) > max_bytes:
        raise PageError(source, f"larger than {max_bytes:,} bytes")
    decoded = decode_page(data, source)
    page = read_text(decoded.text, source, hashlib.sha256(data).hexdigest())
    return replace(page, warnings=(decoded.warning, *page.warnings)) if decoded.warning else page
