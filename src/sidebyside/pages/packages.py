"""Office files and other zip packages: which kind one is, and how much of it is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sidebyside.errors import PageError

# A package unpacks to at most this many times the size that a page may have, and holds at most this many parts.
_MOST_UNPACKED = 10
_MOST_PARTS = 10_000
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError, KeyError)
# What tells a kind of package, what it is called, and what to do with it where it is not read here.
_KINDS = (
    ("word/document.xml", "docx", ""),
    ("xl/workbook.xml", "xlsx", ""),
    ("ppt/presentation.xml", "", "a PowerPoint presentation; copy the table into a Word document or a text file"),
    ("xl/workbook.bin", "", "a binary Excel workbook (.xlsb); save it as .xlsx or CSV"),
    ("Index/Document.iwa", "", "a Pages, Numbers or Keynote document; export it to Word, Excel or PDF"),
)
_MIMETYPES = (
    ("opendocument.text", "an OpenDocument text (.odt); save it as .docx or HTML"),
    ("opendocument.spreadsheet", "an OpenDocument sheet (.ods); save it as .xlsx or CSV"),
    ("opendocument", "an OpenDocument file; save it as HTML or text"),
    ("epub", "an e-book (EPUB); save the page itself as HTML or text"),
)


def kind_of_package(names: set[str], mimetype: str = "") -> tuple[str, str]:
    """(format, "") for a package that is read as one file, ("", what to do) for a known other one, else ("", "")."""
    for sign, kind, reason in _KINDS:
        if sign in names:
            return kind, reason
    for sign, reason in _MIMETYPES:
        if sign in mimetype:
            return "", reason
    return "", ""


def look_into(package: zipfile.ZipFile) -> tuple[str, str]:
    """`kind_of_package` of an open archive."""
    infos = {info.filename: info for info in package.infolist()[:_MOST_PARTS]}
    mimetype = ""
    if "mimetype" in infos and infos["mimetype"].file_size < 200:
        try:
            mimetype = package.read("mimetype").decode("ascii", "replace")
        except _BROKEN:
            mimetype = ""
    return kind_of_package(set(infos), mimetype)


@contextmanager
def open_package(data: bytes, source: str, max_bytes: int) -> Iterator[zipfile.ZipFile]:
    """The archive in these bytes. Raises PageError where it is damaged, or would unpack to far more than a page."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            infos = package.infolist()
            limit = _MOST_UNPACKED * max_bytes
            if len(infos) > _MOST_PARTS or sum(info.file_size for info in infos) > limit:
                raise PageError(source, f"it unpacks to more than {limit:,} bytes or {_MOST_PARTS:,} parts")
            yield package
    except _BROKEN:
        raise PageError(source, "cannot be unpacked: damaged, encrypted or of an unknown kind") from None


def check_parts(package: zipfile.ZipFile, source: str, max_bytes: int) -> None:
    """Raises PageError where a part that has to be parsed is larger than a page may be."""
    for info in package.infolist():
        if info.file_size > max_bytes and info.filename.endswith((".xml", ".rels")):
            raise PageError(source, f"{info.filename} in it is larger than {max_bytes:,} bytes")


def read_member(package: zipfile.ZipFile, name: str, source: str, max_bytes: int) -> bytes:
    """One part of a package. Raises PageError where it is larger than a page may be."""
    with package.open(name) as member:
        data = member.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise PageError(source, f"{name} in it is larger than {max_bytes:,} bytes")
    return data
