"""Forty files written from the descriptions of their formats before anybody looked at how these are read here.

SingleFile, Readability, Defuddle, Turndown, html2text, markdownify, Pandoc, fpdf2 and Chromium wrote what such programs
write; the rest is built here or was typed. 28 of the forty were read rightly at first.
"""

from __future__ import annotations

import datetime
import io
import json
import plistlib
import re
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from sidebyside.errors import PageError
from sidebyside.pages import decode_page, parse_pages

MET = Path(__file__).parents[1] / "data" / "met"
EXPECTED = json.loads((MET / "expected.json").read_text(encoding="utf-8"))
VENDOR = (MET / "vendor.source").read_text(encoding="utf-8")
SITE = (MET / "site.source").read_text(encoding="utf-8")
OLDER = (MET / "16-older-tie-broken.txt").read_text(encoding="utf-8")


def webarchive(page: bytes, encoding: str, form: plistlib.PlistFormat, **more: object) -> bytes:
    """As Safari saves it."""
    main = {"WebResourceData": page, "WebResourceMIMEType": "text/html", "WebResourceTextEncodingName": encoding}
    main |= {"WebResourceURL": "https://compare.example/x", "WebResourceFrameName": ""}
    return plistlib.dumps({"WebMainResource": main, **more}, fmt=form)


def with_frame() -> bytes:
    """A page of an old encoding, with an advert in a frame."""
    advert = {"WebMainResource": {"WebResourceData": b"<html><body>advert</body></html>"}}
    page = SITE.encode("iso-8859-1", "xmlcharrefreplace")
    return webarchive(page, "iso-8859-1", plistlib.FMT_XML, WebSubframeArchives=[advert])


def message(subject: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@mail.example", "b@mail.example", subject
    letter["Date"] = "Mon, 02 Mar 2026 08:00:00 +0000"
    return letter


def sent() -> bytes:
    letter = message("Fwd: Lindenpost")
    letter.set_content(VENDOR, subtype="html", cte="base64")
    return letter.as_bytes()


def attached() -> bytes:
    letter = message("the page we spoke of")
    letter.set_content("Here it is, see attachment.\n\n-- \nAnna\n")
    letter.add_attachment(SITE.encode(), maintype="text", subtype="html", filename="Brindle vs ostler.html")
    return letter.as_bytes()


def document() -> bytes:
    """The older layout, typed into Word with headings."""
    import docx

    made = docx.Document()
    made.add_heading("Quartz, Ledger & Co vs Exactly", 0)
    made.add_paragraph("Read on Sunday, from the site.")
    lines = OLDER.replace("| UnfragileRank |\n| 47/100\n| 47/100 |", "| UnfragileRank | 47/100 | 47/100 |").split("\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    table = made.add_table(rows=0, cols=3)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    described = [place for place, line in enumerate(lines) if line.startswith("Unique:")]
    for number, place in enumerate(described):
        if number in (0, 2):
            made.add_heading(f"{('Quartz, Ledger & Co', 'Exactly')[number // 2]} Capabilities", 1)
        made.add_heading(f"Point {number}", 2)
        claims = [line for line in lines[place : place + 5] if line.startswith(("Unique:", "vs alternatives:"))][:2]
        for line in (lines[place - 1], *claims):
            made.add_paragraph(line)
    return saved(made)


def minutes() -> bytes:
    """Minutes with a table of who was there, then a comparison under a title over all columns."""
    import docx

    made = docx.Document()
    made.add_paragraph("Team meeting, 3 March")
    there = made.add_table(rows=2, cols=2)
    for place, text in enumerate(("Present", "Anna, Bo", "Absent", "Cem")):
        there.cell(place // 2, place % 2).text = text
    made.add_paragraph("Which sync service shall we take?")
    table = made.add_table(rows=1, cols=4)
    table.cell(0, 0).merge(table.cell(0, 3)).text = "Sync services"
    for row in (
        *(("", "Dovecote", "Loftbird", "Pigeonry"), ("Storage", "2 TB", "500 GB", "1 TB")),
        *(("Encrypted", "☑", "☐", "☑"), ("Seats", "5", "25", "Unlimited")),
        *(("Security", "", "", ""), ("Audit log", "Yes", "Yes", "No")),
    ):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    return saved(made)


def workbook() -> bytes:
    """A sheet of remarks, one with a comparison in formats of numbers, and a budget."""
    import openpyxl

    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "Filled in by Anna"
    sheet = book.create_sheet("Sync")
    sheet["B2"] = "Which sync service?"
    sheet.merge_cells("B2:E2")
    sheet["B5"] = "Basics"
    sheet.merge_cells("B5:E5")
    days = [datetime.datetime(year, 5, 17) for year in (2011, 2019, 2024)]
    rows = {
        4: (("Feature", "Dovecote", "Loftbird", "Pigeonry"), "General"),
        6: (("Price a month", 12.5, 9, 0), '"$"#,##0.00'),
        7: (("Uptime", 0.999, 0.995, 0.9999), "0.0%"),
        8: (("Encrypted", True, False, True), "General"),
        9: (("Released", *days), "yyyy-mm-dd"),
        10: (("Seats", 5, 25, 1000), "#,##0"),
    }
    for number, (row, form) in rows.items():
        for column, value in enumerate(row, start=2):
            sheet.cell(number, column, value).number_format = form
    fill(book.create_sheet("Budget"))
    return saved(book)


def budget() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    fill(book.worksheets[0])
    return saved(book)


def fill(sheet) -> None:
    """Years above sums: no comparison."""
    for row in (("Item", 2023, 2024, 2025), ("Rent", 1200, 1250, 1300), ("Power", 300, 320, 310), ("Tax", 90, 95, 99)):
        sheet.append(row)


def saved(made) -> bytes:
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


BUILT: dict[str, Callable[[], bytes]] = {
    "19-safari-vendor.webarchive": lambda: webarchive(
        VENDOR.replace('<meta charset="utf-8">', "").encode("utf-16-le"), "UTF-16LE", plistlib.FMT_BINARY
    ),
    "20-safari-xml.webarchive": with_frame,
    "21-word.docx": document,
    "23-minutes-merged-title.docx": minutes,
    "29-html-base64.eml": sent,
    "30-attached.eml": attached,
    "35-workbook.xlsx": workbook,
    "36-budget.xlsx": budget,
}
READ = [name for name, told in EXPECTED.items() if "refused" not in told]


def data_of(name: str) -> bytes:
    return BUILT[name]() if name in BUILT else (MET / name).read_bytes()


def test_there_are_forty():
    here = {path.name for path in MET.iterdir()} - {"expected.json", "vendor.source", "site.source"}
    assert here | set(BUILT) == set(EXPECTED)
    assert len(EXPECTED) == 40


@pytest.mark.parametrize("name", READ)
def test_what_was_met_is_read(name):
    pages = parse_pages(data_of(name), name)
    wanted = EXPECTED[name]["pages"]
    assert [[found.name for found in page.artifacts] for page in pages] == [page["names"] for page in wanted]
    for page, told in zip(pages, wanted, strict=True):
        for found in page.artifacts:
            facts = {fact.label: fact.value for fact in found.facts}
            asked = told["facts"].get(found.name, {})
            assert {label: facts.get(label) for label in asked} == asked
            if told["capabilities"] is not None:
                texts = [capability.description.text for capability in found.capabilities if capability.description]
                starts = told["capabilities"][found.name]
                assert [text[: len(start)] for text, start in zip(texts, starts, strict=True)] == starts


@pytest.mark.parametrize("name", READ)
def test_every_quote_leads_to_its_place(name):
    data = data_of(name)
    text = decode_page(data, name).text
    for page in parse_pages(data, name):
        for found in page.artifacts:
            for capability in found.capabilities:
                for _, excerpt in capability.parts():
                    if page.format == "pdf":
                        assert excerpt.source.sheet is not None
                        assert excerpt.source.box is not None
                    start, end = excerpt.span(0, len(excerpt.text))
                    assert letters(text[start:end]) == letters(excerpt.text)


def letters(text: str) -> str:
    """Letters and digits alone: tags, escapes and broken lines aside."""
    return re.sub(r"[\W_]|&#?\w+;", "", re.sub(r"<[^>]*>|&#?\w+;|[*_]", "", text))


@pytest.mark.parametrize("name", [name for name in EXPECTED if name not in READ])
def test_what_compares_nothing_is_refused(name):
    with pytest.raises(PageError) as caught:
        parse_pages(data_of(name), name)
    assert EXPECTED[name]["refused"] in caught.value.reason


def test_a_page_that_stops_in_the_middle_says_so():
    page = parse_pages(data_of("39-cut.txt"), "39-cut.txt")[0]
    assert page.warnings == (
        "the page is cut off: it has 2 of the 8 capabilities of Brindle: Kestrel 7B Instruct and none of the 8 "
        "capabilities of ostler",
    )
