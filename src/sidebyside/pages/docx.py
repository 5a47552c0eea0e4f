"""Reads a Word document: its headings, paragraphs, lists and tables, as text with places of its own."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sidebyside.errors import PageError
from sidebyside.pages.opened import Body, OpenedFile, Rendering
from sidebyside.pages.outline import Cell, Outline
from sidebyside.pages.packages import read_member

if TYPE_CHECKING:
    from docx.oxml.table import CT_Tbl
    from docx.oxml.text.paragraph import CT_P

_DOCUMENT = "word/document.xml"
_HEADING = re.compile(r"heading\s*([1-9])|(title)", re.IGNORECASE)
_LIST = re.compile(r"list", re.IGNORECASE)
_MOST_PARTS = 50_000


def open_docx(package: zipfile.ZipFile, source: str, max_bytes: int) -> OpenedFile:
    """Open a Word document. Raises PageError for one that is damaged or far too large."""
    # Not docx.Document, which wants every part of the package in order: converters leave out or break some of them.
    from docx.oxml import parse_xml
    from lxml.etree import LxmlError

    styles: Mapping[str, tuple[int, bool]] = {}
    try:
        body = parse_xml(read_member(package, _DOCUMENT, source, max_bytes)).body
        if "word/styles.xml" in package.namelist():
            styles = dict(_styles(parse_xml(read_member(package, "word/styles.xml", source, max_bytes))))
    except (LxmlError, AttributeError, ValueError):
        raise PageError(source, "a damaged Word document; open it in Word and save it again") from None
    rendering = Rendering()
    for number, (kind, element) in enumerate(_inner(body)):
        if number > _MOST_PARTS:
            raise PageError(source, f"more than {_MOST_PARTS:,} paragraphs: not a comparison page")
        if kind == "table":
            _add_table(rendering, element, source)
        else:
            _add_paragraph(rendering, element, styles)
    text = rendering.text
    outline = Outline(text, "docx", _title(rendering), rendering.blocks, rendering.grids)
    return OpenedFile(text, "docx", format="docx", bodies=(Body(0, len(text), outline, date=_date(package)),))


def _inner(body: Any) -> Iterator[tuple[str, Any]]:
    """Paragraphs and tables in order, those in content controls and text boxes too, but not those inside tables."""
    waiting = list(reversed(body))
    while waiting:
        element = waiting.pop()
        name = _local(element)
        if name == "p":
            yield "paragraph", element
        elif name == "tbl":
            yield "table", element
        elif name in ("sdt", "sdtContent", "customXml", "ins", "smartTag"):
            waiting.extend(reversed(element))


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _styles(styles: Any) -> Iterator[tuple[str, tuple[int, bool]]]:
    """(style id, (heading level or 0, whether it is for list items)); names are English in every language's Word."""
    for style in styles:
        if _local(style) == "style":
            name = next((child for child in style if _local(child) == "name"), None)
            written = next(iter(name.values()), "") if name is not None else ""
            identity = next((value for key, value in style.items() if key.endswith("}styleId")), "")
            yield identity, (_level(written), bool(_LIST.search(written)))


def _level(name: str) -> int:
    found = _HEADING.match(name)
    if not found or name.lower() == "titlepg":
        return 0
    return min(int(found.group(1)), 6) if found.group(1) else 1


def _add_paragraph(rendering: Rendering, paragraph: CT_P, styles: Mapping[str, tuple[int, bool]]) -> None:
    style = paragraph.style or ""
    level, listed = styles.get(style, (_level(style), bool(_LIST.search(style))))
    numbered = any(_local(child) == "numPr" for child in (paragraph.pPr if paragraph.pPr is not None else ()))
    rendering.add_text(_text(paragraph), level=level, listed=listed or (numbered and not level))


def _text(element: Any) -> str:
    """All text in an element; line breaks and tabs are spaces, deleted and hidden text is none."""
    pieces: list[str] = []
    for part in element.iter():
        name = _local(part)
        if name == "t":
            pieces.append(part.text or "")
        elif name in ("tab", "br", "cr"):
            pieces.append(" ")
        elif name == "noBreakHyphen":
            pieces.append("-")
        elif name == "p" and pieces:
            pieces.append(" ")
    return "".join(pieces)


def _add_table(rendering: Rendering, table: CT_Tbl, source: str) -> None:
    rows: list[list[Cell]] = []
    for row in table.tr_lst:
        cells = [
            Cell(_text(cell), columns=max(1, min(int(cell.grid_span), 64)), mute=_is_mute(cell)) for cell in row.tc_lst
        ]
        rows.append(cells)
        if len(rows) > 5000 or len(cells) > 64:
            raise PageError(source, "a table with more than 5,000 rows or 64 columns: not a comparison page")
    rendering.add_table(rows)


def _is_mute(cell: Any) -> bool:
    return any(_local(part) in ("drawing", "pict") for part in cell.iter()) and not _text(cell).strip()


def _title(rendering: Rendering) -> str:
    return rendering.blocks[0].text[:500] if rendering.blocks else ""


def _date(package: zipfile.ZipFile) -> str | None:
    """When the document was last changed."""
    try:
        core = package.open("docProps/core.xml").read(65_536).decode("utf-8", "replace")
    except (KeyError, OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError):
        return None
    found = re.search(r"<dcterms:modified[^>]*>\s*(\d{4}-[01]\d-[0-3]\d)", core)
    return found.group(1) if found else None
