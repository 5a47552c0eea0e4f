"""Opens web archives and e-mails: MHTML, .eml and Safari's .webarchive; what they hold is HTML or text."""

from __future__ import annotations

import plistlib
import re
import struct
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from typing import Any

from sidebyside.errors import PageError
from sidebyside.pages.decoding import decode_with
from sidebyside.pages.opened import Body, OpenedFile
from sidebyside.records.pages import PageFormat

_HEADER = re.compile(rb"(?:[!-9;-~]{1,60}:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+\r?\n")
_MIME = re.compile(rb"^(?:mime-version|content-type):", re.IGNORECASE | re.MULTILINE)
_LONGEST_HEADER = 65_536
_MOST_PARTS = 1_000
# The parser of messages calls itself for a message in a message, and goes through long headers again and again.
_GROUP = re.compile(rb"(?:\A|[\r\n])content-type:\s*(?:multipart|message)/", re.IGNORECASE)
_MOST_GROUPS = 50
_DASHES = re.compile(rb"[\r\n]--[^\r\n]")
_MOST_DASHES = 50_000
_LONGEST_VALUE = 10_000
_DEEPEST = 50
_HTML = ("text/html", "application/xhtml+xml")


def is_mime(data: bytes) -> bool:
    """Whether these bytes begin with the header of a message or web archive."""
    header = _HEADER.match(data[:_LONGEST_HEADER].lstrip())
    return header is not None and _MIME.search(header.group()) is not None


class _ShortHeaders(Compat32):
    """Reads messages with no more of each header than anybody needs."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_VALUE]


def open_mime(data: bytes, source: str) -> OpenedFile:
    """Open a web archive or an e-mail: its HTML parts, or where it has none its text. Raises PageError."""
    if sum(1 for _ in _GROUP.finditer(data)) > _MOST_GROUPS:
        raise PageError(source, f"more than {_MOST_GROUPS} messages or groups in one file; save the page as HTML")
    if sum(1 for _ in _DASHES.finditer(data)) > _MOST_DASHES:
        raise PageError(source, f"more than {_MOST_DASHES:,} parts in one file; save the page as HTML")
    try:
        message = message_from_bytes(data.lstrip(), policy=_ShortHeaders())
        parts = [part for part in _walk(message) if not part.is_multipart()]
        name: PageFormat = "mhtml" if _is_archive(message) else "email"
        chosen = [part for part in parts if part.get_content_type() in _HTML]
        chosen = chosen or [part for part in parts if part.get_content_type() in ("text/plain", "text/markdown")]
        texts = [(_text(part, source), part) for part in chosen]
    except (MessageError, ValueError, LookupError, TypeError, AttributeError):
        raise PageError(source, "a damaged web archive or e-mail; save the page as HTML") from None
    if not texts:
        raise PageError(source, f"{_WHAT[name]} without text; save the page as HTML")
    location = _header(message, "snapshot-content-location")
    bodies = [
        (text, _header(part, "content-location") or location, _date(message), _header(message, "subject"))
        for text, part in texts
    ]
    return _joined(bodies, name)


_WHAT: Mapping[PageFormat, str] = {"mhtml": "a web archive (MHTML)", "email": "an e-mail"}


def _walk(message: Message) -> Iterator[Message]:
    """Every part of a message, at most a thousand, without recursion."""
    waiting = [message]
    seen = 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop()
        seen += 1
        yield part
        payload: Any = part.get_payload() if part.is_multipart() else []
        waiting.extend(inner for inner in reversed(payload) if isinstance(inner, Message))


def _is_archive(message: Message) -> bool:
    """A page saved by a browser, rather than a message from somebody to somebody."""
    related = message.get_content_type() in ("multipart/related", *_HTML)
    saved = "saved by" in str(message.get("from", "")).lower() or message.get("snapshot-content-location") is not None
    return saved or (related and message.get("to") is None)


def _text(part: Message, source: str) -> str:
    payload = part.get_payload(decode=True)
    return decode_with(payload if isinstance(payload, bytes) else b"", str(part.get_content_charset() or ""), source)


def _header(message: Message, name: str) -> str:
    try:
        return " ".join(str(make_header(decode_header(str(message.get(name, ""))))).split())
    except (ValueError, LookupError, MessageError):
        return ""


def _date(message: Message) -> str | None:
    try:
        return parsedate_to_datetime(str(message.get("date", ""))).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def is_webarchive(data: bytes) -> bool:
    """Whether these bytes are a property list of a Safari web archive."""
    return data.startswith((b"bplist00", b"<?xml")) and b"WebMainResource" in data


def open_webarchive(data: bytes, source: str) -> OpenedFile:
    """Open a page that Safari saved, with its frames. Raises PageError."""
    try:
        if data.startswith(b"bplist00"):
            _check_depth(data, source)
        root = plistlib.loads(data)
        resources = list(_resources(root))
        texts = [
            (decode_with(found["WebResourceData"], _string(found, "WebResourceTextEncodingName"), source), found)
            for found in resources
        ]
    except (
        *(plistlib.InvalidFileException, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError),
        *(struct.error, MemoryError, SyntaxError),
    ):
        raise PageError(source, "a damaged Safari web archive; save the page as HTML or text") from None
    except Exception as error:
        if type(error).__module__ == "xml.parsers.expat":
            raise PageError(source, "a damaged Safari web archive; save the page as HTML or text") from None
        raise
    if not texts:
        raise PageError(source, "a Safari web archive without a page; save the page as HTML or text")
    return _joined([(text, _string(found, "WebResourceURL"), None, "") for text, found in texts], "webarchive")


def _check_depth(data: bytes, source: str) -> None:
    """Raises PageError for a binary property list whose parser would call itself too often, or unfold far too much.

    Objects are visited in the order in which plistlib visits them, each once; CFBinaryPList.c describes the format.
    """
    offset_size, ref_size, count, top, table = struct.unpack(">6xBBQQQ", data[-32:])

    def number(place: int, size: int) -> int:
        return int.from_bytes(data[place : place + size], "big")

    waiting = [(top, 0)]
    visited = set()
    held = 0
    while waiting:
        ref, depth = waiting.pop()
        if ref in visited or ref >= count:
            continue
        visited.add(ref)
        if depth > _DEEPEST:
            raise PageError(
                source, f"a Safari web archive that is nested deeper than {_DEEPEST}; save the page as HTML"
            )
        place = number(table + ref * offset_size, offset_size)
        kind, size = number(place, 1) >> 4, number(place, 1) & 15
        if kind not in (10, 13):  # neither a list nor a dictionary
            continue
        place += 1
        if size == 15:
            width = 1 << (number(place, 1) & 3)
            size = number(place + 1, width)
            place += 1 + width
        held += size
        if held > len(data):
            raise PageError(source, "a damaged Safari web archive; save the page as HTML or text")
        inner = [number(place + i * ref_size, ref_size) for i in range(size * (1 + (kind == 13)))]
        if kind == 13:
            inner = [ref for pair in zip(inner[size:], inner[:size], strict=True) for ref in pair]
        waiting += [(ref, depth + 1) for ref in reversed(inner)]


def _resources(root: Any) -> Iterator[dict[str, Any]]:
    """The main resource, then those of frames, if they are HTML or text."""
    waiting = [root]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        archive = waiting.pop(0)
        found = archive["WebMainResource"]
        kind = _string(found, "WebResourceMIMEType") or _HTML[0]
        if isinstance(found["WebResourceData"], bytes) and kind.startswith(("text/", *_HTML)):
            yield found
        waiting.extend(archive.get("WebSubframeArchives", []))


def _string(resource: dict[str, Any], key: str) -> str:
    """A string of a resource, "" if it is none."""
    value = resource.get(key)
    return value if isinstance(value, str) else ""


def _joined(parts: list[tuple[str, str, str | None, str]], name: PageFormat) -> OpenedFile:
    """Several texts as one, a line between them; each is a part of the file."""
    bodies = []
    start = 0
    for text, url, date, title in parts:
        address = url if url.startswith(("http://", "https://", "file://")) else None
        bodies.append(Body(start, start + len(text), url=address, date=date, title=title))
        start += len(text) + 1
    joined = "\n".join(text for text, *_ in parts)
    return OpenedFile(joined, "utf-8", format=name, bodies=tuple(bodies))
