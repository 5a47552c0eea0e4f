"""Writes the files of tests/data/saved that programs write, with those programs: `python tests/making_saved.py`.

Chromium prints and snapshots the page, WeasyPrint (`pip install weasyprint`, not among our packages) typesets it with
broken words, python-docx and openpyxl write theirs. The other files there were written by hand.
"""

from __future__ import annotations

import datetime
import plistlib
import re
import shutil
import sys
import zlib
from email.message import EmailMessage
from pathlib import Path

SAVED = Path(__file__).parent / "data" / "saved"
ADDRESS = "https://pages.example/quillfire-office-vs-waffle-desk"

# Its words are full of ligatures, and long enough to be broken at the ends of lines.
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Quillfire Office vs Waffle Desk</title>
<meta property="article:modified_time" content="2026-03-14T09:30:00Z">
<link rel="canonical" href="ADDRESS">
<style>
body { font: 11pt/1.4 "DejaVu Serif", serif; hyphens: auto; text-align: justify; max-width: 32em }
table { border-collapse: collapse; width: 100% } td, th { border: 1px solid #999; padding: 3px 6px; text-align: left }
@media print { nav, footer { display: none } }
</style></head><body>
<nav><a href="/">Home</a> <a href="/all">All comparisons</a></nav>
<main>
<h1>Quillfire Office vs Waffle Desk</h1>
<p>Quillfire Office scores higher at 58/100 vs Waffle Desk at 41/100. Quillfire Office leads on adoption.</p>
<table><thead><tr><th>Feature</th><th>Quillfire Office</th><th>Waffle Desk</th></tr></thead><tbody>
<tr><td>Type</td><td>Product</td><td>Web App</td></tr>
<tr><td>UnfragileRank</td><td>58/100</td><td>41/100</td></tr>
<tr><td>Adoption</td><td>1</td><td>0</td></tr>
<tr><td>Pricing</td><td>Paid</td><td>Free</td></tr>
<tr><td>Capabilities</td><td>2 decomposed</td><td>1 decomposed</td></tr>
</tbody></table>
<h2>Quillfire Office Capabilities</h2>
<h3>Offline filing of office files</h3>
<p>Files scanned offers and affidavits offline in a fraction of a second, with a certificate for every
affidavit. Con&shy;fig&shy;u&shy;ra&shy;tion stays on the machine, and afterwards an affirma&shy;tive
con&shy;fir&shy;ma&shy;tion is written beside the document.</p>
<p>Unique: Fingerprints each file before filing it</p>
<p>vs alternatives: Sufficiently faster than shuffling files by hand</p>
<h3>Reconciles conflicting figures</h3>
<p>Finds conflicting figures in different offices' spreadsheets and reconciles them automatically. Administrators are
notified whenever the recon&shy;cilia&shy;tion could not be completed satis&shy;fac&shy;to&shy;rily.</p>
<h2>Waffle Desk Capabilities</h2>
<h3>Affordable floor plans</h3>
<p>Draws floor plans of offices from photographs, self-contained and state-of-the-art, in a file of 1.5 MB at most.
Measure&shy;ments are inter&shy;po&shy;lated wherever photographs overlap insuf&shy;fi&shy;ciently.</p>
</main>
<footer>Need something different?</footer>
</body></html>
""".replace("ADDRESS", ADDRESS)


def main() -> None:
    """Write every file whose program is here."""
    SAVED.mkdir(exist_ok=True)
    write_html()
    write_webarchive()
    write_email()
    write_pdf_by_hand()
    write_docx()
    write_xlsx()
    print_with_chromium()
    typeset()


def write_html() -> None:
    """As "Web page, complete" leaves it: where it is from, its pictures and styles in a folder beside it."""
    saved = f"<!DOCTYPE html>\n<!-- saved from url=({len(ADDRESS):04}){ADDRESS} -->\n"
    page = PAGE.replace("<!DOCTYPE html>\n", saved).replace('<link rel="canonical" href="' + ADDRESS + '">\n', "")
    logo = '<img src="./Quillfire Office vs Waffle Desk_files/logo.png" alt="Pages">'
    script = '<script async="" src="./Quillfire Office vs Waffle Desk_files/count.js.download"></script>'
    page = page.replace("<nav>", f"<nav>{logo}").replace("</body>", f"{script}</body>")
    (SAVED / "quillfire-complete.html").write_text(page, encoding="utf-8")


def write_webarchive() -> None:
    """As Safari saves it."""
    page = {"WebResourceData": PAGE.encode(), "WebResourceMIMEType": "text/html", "WebResourceFrameName": ""}
    page |= {"WebResourceTextEncodingName": "UTF-8", "WebResourceURL": ADDRESS}
    style = {"WebResourceData": b"body { margin: 0 }", "WebResourceMIMEType": "text/css"}
    style["WebResourceURL"] = "https://pages.example/style.css"
    archive = {"WebMainResource": page, "WebSubresources": [style]}
    (SAVED / "quillfire-safari.webarchive").write_bytes(plistlib.dumps(archive, fmt=plistlib.FMT_BINARY))


def write_email() -> None:
    """The page, sent by somebody to themselves."""
    message = EmailMessage()
    message["From"] = "Ärmel <aermel@mail.example>"
    message["To"] = "aermel@mail.example"
    message["Subject"] = "Für später: Quillfire Office vs Waffle Desk"
    message["Date"] = "Sat, 14 Mar 2026 18:02:11 +0100"
    message.set_content("Zum Lesen bitte in HTML ansehen.\n", cte="quoted-printable")
    message.add_alternative(PAGE, subtype="html", cte="quoted-printable")
    message.set_boundary("----=_Part_5031")
    (SAVED / "quillfire-forwarded.eml").write_bytes(message.as_bytes())


def print_with_chromium() -> None:
    """Print to PDF with Chromium, tagged, with its head and foot lines; and take its MHTML snapshot."""
    from playwright.sync_api import sync_playwright

    style = "font-size: 8px; margin-left: 24px"
    foot = f"<span class=url style='{style}'></span><span style='{style}'><span class=pageNumber></span>/"
    foot += "<span class=totalPages></span></span>"
    head = f"<span class=date style='{style}'></span><span class=title style='{style}'></span>"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html; charset=utf-8"))
        page.goto(ADDRESS)
        page.pdf(
            path=SAVED / "quillfire-printed.pdf",
            tagged=True,
            format="A5",
            margin={"top": "60px", "bottom": "60px"},
            display_header_footer=True,
            header_template=head,
            footer_template=foot,
        )
        printed = (SAVED / "quillfire-printed.pdf").read_bytes()
        (SAVED / "quillfire-printed.pdf").write_bytes(re.sub(rb"\(D:\d{14}", b"(D:20260315080000", printed))
        session = page.context.new_cdp_session(page)
        snapshot = session.send("Page.captureSnapshot", {"format": "mhtml"})["data"]
        (SAVED / "quillfire-chromium.mhtml").write_bytes(snapshot.encode())
        browser.close()


def typeset() -> None:
    """Typeset without tags, words broken by the rules of the language."""
    try:
        from weasyprint import HTML
    except ImportError:
        print("no WeasyPrint here: quillfire-typeset.pdf stays as it is", file=sys.stderr)
        return
    HTML(string=PAGE.replace("&shy;", "")).write_pdf(SAVED / "quillfire-typeset.pdf")


LINES = (
    *(("B", 15, 60, 0, "Bluff Filer vs Raffia"), ("B", 10, 60, 30, "Feature"), ("B", 10, 200, 0, "Bluff Filer")),
    *(
        ("B", 10, 330, 0, "Raffia"),
        ("R", 10, 60, 16, "Licence"),
        ("R", 10, 200, 0, "MIT"),
        ("R", 10, 330, 0, "AGPL-3.0"),
    ),
    *(("R", 10, 60, 16, "Platforms"), ("R", 10, 200, 0, "Linux, macOS"), ("R", 10, 330, 0, "Linux")),
    *(("R", 10, 60, 16, "Offline"), ("R", 10, 200, 0, "Yes"), ("R", 10, 330, 0, "No")),
    ("B", 12, 60, 34, "Bluff Filer"),
    ("R", 10, 60, 20, "Files the affidavits of an office by their certificates and keeps every con-"),
    ("R", 10, 60, 13, "figuration beside them; its first run profits from multi-core machines, and later self-"),
    ("R", 10, 60, 13, "contained runs do not. Sorts pre- and postscripts of letters, in English (GPT-"),
    ("R", 10, 60, 13, "4 is not asked)."),
    ("B", 12, 60, 34, "Raffia"),
    ("R", 10, 60, 20, "Reflows the fields of forms until they fit, without a single network request."),
)


def write_pdf_by_hand() -> None:
    """As TeX's output is: the letters fi and fl are one character each, and hyphens that break words are hyphens."""
    y = 760
    drawn = []
    for font, size, x, down, text in LINES:
        y -= down
        ligatures = text.replace("fi", "\xae").replace("fl", "\xaf")
        escaped = ligatures.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        drawn.append(f"BT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET")
    stream = zlib.compress("\n".join(drawn).encode("latin-1"))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /StandardEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /R 5 0 R /B 6 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
        font.format("Times-Roman").encode(),
        font.format("Times-Bold").encode(),
        b"<< /Title (Bluff Filer vs Raffia) /CreationDate (D:20260102120000Z) >>",
    ]
    data = b"%PDF-1.5\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    end = b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    (SAVED / "bluff-tex.pdf").write_bytes(data + end % (len(objects) + 1, data.rindex(b"xref\n0 ")))


def write_docx() -> None:
    """A Word document with styles, a table with a merged row, and lists."""
    from docx import Document

    document = Document()
    document.core_properties.modified = datetime.datetime(2026, 2, 3, 8, 0)
    document.add_heading("Which tool for minutes: Murmurwell or Stenoleaf", level=0)
    document.add_paragraph("Written for the meeting of the board.")
    rows = [
        ("Feature", "Murmurwell", "Stenoleaf"),
        ("Languages", "14", "31"),
        ("Runs offline", "Yes", "No"),
        ("Price", "€4 a month", "free"),
    ]
    table = document.add_table(rows=0, cols=3, style="Table Grid")
    for texts in rows:
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text
    document.add_heading("Murmurwell", level=1)
    document.add_paragraph("Writes down who said what, and keeps the recording encrypted on the laptop.")
    document.add_paragraph("Exports minutes as a Word document with an agenda.", style="List Bullet")
    document.add_heading("Stenoleaf", level=1)
    document.add_paragraph("Transcribes meetings in the browser while they are still going on.")
    document.save(SAVED / "minutes.docx")


def write_xlsx() -> None:
    """A workbook: a title, an empty row, a table that does not begin in the first column; numbers, dates, booleans."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Scanners"
    sheet["B2"] = "Comparison of scanners"
    rows = [
        ("Feature", "Inkhollow", "Pagecricket 2"),
        ("Price", 19.5, 0),
        ("Open source", False, True),
        ("Latest release", datetime.date(2026, 1, 9), datetime.date(2025, 11, 30)),
        ("Pages per minute", 24, 31.25),
        ("Formats", "PDF, TIFF", None),
    ]
    for place, row in enumerate(rows, start=4):
        for column, value in enumerate(row, start=2):
            sheet.cell(place, column, value)
    sheet.merge_cells("B2:D2")
    notes = book.create_sheet("Notes")
    notes.append(["Asked on 9 January"])
    book.save(SAVED / "scanners.xlsx")


if __name__ == "__main__":
    main()
