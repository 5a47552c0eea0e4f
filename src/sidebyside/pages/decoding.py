"""Turns the bytes of a page file into text.

Spans count characters of this text: the file as `open(path, newline="")` gives it in the right encoding, that is
with its own line ends and without a byte order mark.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right

from sidebyside.errors import PageError
from sidebyside.pages.opened import OpenedFile

# Longer marks first: the UTF-32 mark begins with the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = (
    (b"PK\x03\x04", "it is a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.doc, .xls) or Outlook message; save it as .docx, .xlsx, .eml or HTML"),
    (b"{\\rtf", "a rich text file (.rtf); save it as .docx, HTML or text"),
    (b"bplist00", "a property list of Apple's, but no web archive"),
    (b"SQLite format 3", "it is a database"),
    (b"\x7fELF", "it is a program"),
    (b"ID3", "it is a recording"),
    (b"OggS", "it is a recording"),
    (b"\x89PNG", "it is an image"),
    (b"\xff\xd8\xff", "it is an image"),
    (b"GIF8", "it is an image"),
    (b"\x1f\x8b", "it is compressed; unpack it first"),
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_DECLARED = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)


def decode_page(data: bytes, source: str) -> OpenedFile:
    """Decode UTF-8, UTF-16 or UTF-32 (with or without mark), a declared HTML charset, or Windows-1252.

    Raises PageError for empty, blank and binary files and for damaged UTF-8.
    """
    if not data:
        raise PageError(source, "the file is empty")
    for magic, reason in _BINARY:
        if data.startswith(magic):
            raise PageError(source, reason)
    decoded = _decode(data, source)
    if not decoded.text.strip():
        raise PageError(source, "the file is blank")
    check_text(decoded.text, source)
    return decoded


def decode_with(data: bytes, charset: str, source: str) -> str:
    """The text of one part of a file, in the encoding that the file names for it. Raises PageError."""
    try:
        text = data.decode(charset or "ascii")
    except (LookupError, UnicodeError, ValueError):
        text = _decode(data, source).text
    check_text(text, source)
    return text


def check_text(text: str, source: str) -> None:
    """Raises PageError for control characters and for halves of surrogate pairs."""
    bad = _CONTROL.search(text)
    if bad:
        reason = f"control character U+{ord(bad.group()):04X}: not a text file"
        raise PageError(source, reason, line_at(text, bad.start()))


class LineCounter:
    """Tells the 1-based line of a character, in time logarithmic in the length of the text."""

    def __init__(self, text: str) -> None:
        self._ends = [match.end() for match in re.finditer(r"\r\n|\r|\n", text)]

    def line_at(self, offset: int) -> int:
        return bisect_right(self._ends, offset) + 1


def line_at(text: str, offset: int) -> int:
    """The 1-based line of one character."""
    return LineCounter(text[: offset + 1]).line_at(offset)


def _decode(data: bytes, source: str) -> OpenedFile:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return OpenedFile(_strictly(data[len(mark) :], encoding, source), encoding)
    wide = _wide_encoding(data)
    if wide:
        return OpenedFile(_strictly(data, wide, source), wide)
    try:
        return OpenedFile(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(data, source)


def _strictly(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        good = data[: error.start].decode(encoding, errors="ignore")
        raise PageError(source, f"not valid {encoding.upper()}", line_at(good, len(good))) from None


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: in Western text every second byte is zero."""
    sample = data[:4096]
    half = len(sample) // 2
    if half < 8 or len(data) % 2:
        return None
    if sample[1::2].count(0) > half * 0.4 and sample[::2].count(0) < half * 0.05:
        return "utf-16-le"
    if sample[::2].count(0) > half * 0.4 and sample[1::2].count(0) < half * 0.05:
        return "utf-16-be"
    return None


def _decode_legacy(data: bytes, source: str) -> OpenedFile:
    declared = _DECLARED.search(data[:2048])
    if declared:
        name = declared.group(1).decode("ascii")
        try:
            if codecs.lookup(name).name != "utf-8":
                return OpenedFile(data.decode(name), codecs.lookup(name).name)
        except (LookupError, UnicodeError, ValueError):
            pass
    _refuse_damaged(data, source)
    try:
        text, name = data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, name = data.decode("latin-1"), "latin-1"
    return OpenedFile(text, name, f"not UTF-8: read as {name}, so check accents and dashes")


def _refuse_damaged(data: bytes, source: str) -> None:
    """Mostly good UTF-8 with a few bad bytes is damage; as Windows-1252 its dashes would become rubbish."""
    text = data.decode("utf-8", errors="surrogateescape")
    bad = [place for place, char in enumerate(text) if "\udc80" <= char <= "\udcff"]
    good = sum(char > "\x7f" for char in text) - len(bad)
    if good > len(bad):
        raise PageError(source, "damaged UTF-8", line_at(text, bad[0]))
