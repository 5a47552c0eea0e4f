"""Pages in the many ways in which people's programs save them: one small file for each kind that was once refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from sidebyside.errors import PageError
from sidebyside.pages import parse_page, parse_pages, read_page

SAVED = Path(__file__).parents[1] / "data" / "saved"
ROWS = (("Type", "Model", "Product"), ("Pricing", "Free", "Paid"), ("Capabilities", "1 decomposed", "1 decomposed"))
TEXTS = ("Reads receipts out loud in nine languages.", "Sorts receipts by the shop they are from.")
NAMES = ("Pennywhistle", "Tallow Till")
FACTS = [
    [("Type", "Model"), ("Pricing", "Free"), ("Capabilities", "1 decomposed")],
    [("Type", "Product"), ("Pricing", "Paid"), ("Capabilities", "1 decomposed")],
]


def piped(rows, edge="| ", end=" |"):
    """Rows as a pipe table's lines."""
    return [edge + " | ".join(row) + end for row in rows]


HEAD = ("Feature", *NAMES)
TABLE = "\n".join([*piped([HEAD]), "|---|---|---|", *piped(ROWS)])
DRAWN = "\n".join("  " + "".join(f"{cell:16}" for cell in row) for row in (HEAD, ("-" * 15,) * 3, *ROWS))
SECTIONS = f"## {NAMES[0]}\n\n{TEXTS[0]}\n\n## {NAMES[1]}\n\n{TEXTS[1]}\n"
MARKDOWN = f"# {NAMES[0]} vs {NAMES[1]}\n\n{TABLE}\n\n{SECTIONS}"
HTML_ROWS = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
HTML_TEXTS = f"<h2>{NAMES[0]}</h2><p>{TEXTS[0]}</p><h2>{NAMES[1]}</h2><p>{TEXTS[1]}</p>"
HTML_HEAD = "<th>Feature</th><th>Pennywhistle</th><th>Tallow Till</th>"
HTML = (
    f"<html><head><title>{NAMES[0]} vs {NAMES[1]}</title></head><body><h1>{NAMES[0]} vs {NAMES[1]}</h1>"
    f"<table><thead><tr>{HTML_HEAD}</tr></thead><tbody>{HTML_ROWS}</tbody></table>{HTML_TEXTS}</body></html>"
)
PICTURE = '<img src="data:image/png;base64,' + "iVBORw0K" * 750_000 + '">'


def packed(files):
    """A zip archive in bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return data.getvalue()


KINDS = {
    "SingleFile leaves end tags out": HTML.replace("</td>", "").replace("</th>", "").replace("</tr>", ""),
    "and heads and bodies too": HTML.replace("</td>", "").replace("</th>", "").replace("</thead>", ""),
    "an HTML table in Markdown": MARKDOWN.replace(TABLE, f"<table>\n<tr>{HTML_HEAD}</tr>\n{HTML_ROWS}\n</table>"),
    "a colon in the title of the front matter": f"---\ntitle: {NAMES[0]}: a look\nauthor: @ona\n---\n{MARKDOWN}",
    "a name in the front matter": f"---\nname: {NAMES[0]} vs {NAMES[1]}\nrating: 4\n---\n{MARKDOWN}",
    "no outer pipes": MARKDOWN.replace(TABLE, "\n".join([*piped([HEAD], "", ""), "---|---|---", *piped(ROWS, "", "")])),
    "bold cells": MARKDOWN.replace("| Feature |", "| **Feature** |").replace("| Type |", "| **Type** |"),
    "bold names": MARKDOWN.replace(" Pennywhistle |", " **Pennywhistle** |"),
    "wikilinks": MARKDOWN.replace(" Pennywhistle |", " [[Pennywhistle]] |"),
    "a wikilink before everything": f"[[Index]] / [[Tools]]\n\n{MARKDOWN}",
    "tabs, as pasted": MARKDOWN.replace(TABLE, "\n".join("\t".join(row) for row in (HEAD, *ROWS))).replace("#", ""),
    "6 MB of pictures in it": HTML.replace("<h1>", f"{PICTURE}<h1>"),
    "a self-extracting page": b"<!DOCTYPE html><html><script>/*"
    + packed({"index.html": HTML, "images/0.png": b"\x89PNG\r\n\x1a\n"})
    + b"*/</script></html>",
    "a README that begins with its logo": f'<p align="center"><img src="a.png" alt="logo"></p>\n\n{MARKDOWN}',
    "underlined headings": MARKDOWN.replace(
        "# Pennywhistle vs Tallow Till", "All of it\n\nPennywhistle vs Tallow Till\n==="
    )
    .replace("## Pennywhistle\n", "Pennywhistle\n------------\n")
    .replace("## Tallow Till\n", "Tallow Till\n-----------\n"),
    "a table drawn with dashes": MARKDOWN.replace(TABLE, DRAWN),
    "Markdown in an e-mail": f"From: a@b.example\nTo: c@d.example\nMIME-Version: 1.0\n\nLook:\n\n{MARKDOWN}",
    "parts of Pandoc's": MARKDOWN.replace("## ", "::: section\n## "),
    "lines of an old Mac": MARKDOWN.replace("\n", "\r"),
    "no-break spaces": MARKDOWN.replace("Tallow Till", "Tallow\u00a0Till").replace("Free", "Free\u200b"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_like_the_plain_page(kind):
    given = KINDS[kind]
    page = parse_page(given if isinstance(given, bytes) else given.encode(), "page")
    assert [" ".join(found.name.split()) for found in page.artifacts] == list(NAMES)
    facts = [[(fact.label, fact.value.strip("\u200b")) for fact in found.facts] for found in page.artifacts]
    assert facts == FACTS
    texts = [[capability.description.text for capability in found.capabilities] for found in page.artifacts]
    assert texts == [[TEXTS[0]], [TEXTS[1]]]


def test_a_no_break_space_in_a_file_name_is_a_file_name(tmp_path):
    (tmp_path / "Pennywhistle\u00a0vs Tallow Till.md").write_text(MARKDOWN, encoding="utf-8")
    assert read_page(tmp_path / "Pennywhistle\u00a0vs Tallow Till.md").artifacts[0].name == "Pennywhistle"


def test_icons_say_what_their_names_or_labels_say():
    row = '<tr><td>Offline</td><td><img src="a.png" alt="Yes"></td><td><svg role="img" aria-label="No"></svg></td></tr>'
    silent = '<tr><td>Cloud</td><td><i class="fa fa-check"></i></td><td><img src="b.png"></td></tr>'
    page = parse_page(HTML.replace("<tbody>", f"<tbody>{row}{silent}").encode(), "page.html")
    facts = [{fact.label: fact.value for fact in found.facts} for found in page.artifacts]
    assert (facts[0]["Offline"], facts[1]["Offline"]) == ("Yes", "No")
    assert facts[0]["Cloud"] == "Yes"
    assert "Cloud" not in facts[1]
    assert page.warnings == ("pictures without text in the row 'Cloud'",)


def test_several_comparisons_in_one_file_are_several_pages():
    second = MARKDOWN.replace("Pennywhistle", "Corncrake").replace("Tallow Till", "Withy Desk")
    pages = parse_pages(f"{MARKDOWN}\n{second}".encode(), "both.md")
    assert [page.source for page in pages] == ["both.md", "both.md#2"]
    assert [found.name for page in pages for found in page.artifacts] == [*NAMES, "Corncrake", "Withy Desk"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packed({"mimetype": "application/vnd.oasis.opendocument.text"}), "an OpenDocument text (.odt); save it as"),
        (packed({"ppt/presentation.xml": "<x/>"}), "a PowerPoint presentation; copy the table"),
        (packed({"a.txt": "x"}), "it is a zip archive"),
        (b"{\\rtf1 hello}", "a rich text file (.rtf); save it as"),
        (b"\xd0\xcf\x11\xe0 old", "an old Office file"),
        (b"<html>" + packed({"a.txt": "x"}), "HTML with an archive that holds no index.html"),
        (packed({"word/document.xml": "<w>"}), "a damaged Word document; open it in Word and save it again"),
        (packed({"xl/workbook.xml": "<w>"}), "a damaged Excel workbook"),
    ],
)
def test_what_cannot_be_read_is_called_what_it_is(data, reason):
    with pytest.raises(PageError) as caught:
        parse_page(data, "file")
    assert caught.value.reason.startswith(reason)


def changed(name, member, content):
    """A saved package with one more part, or another one in place of its own."""
    with zipfile.ZipFile(SAVED / name) as package:
        files = {part: package.read(part) for part in package.namelist()}
    before = files.get(member, b"")
    return packed(files | {member: content(before) if callable(content) else content})


PARAGRAPHS = b"<w:body>" + b"<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 60_000
CELLS = b"<sheetData>" + b'<row r="1"><c r="A1"><v>1</v></c></row>' * 60_000
BOMBS = {
    "a large part": changed("minutes.docx", "word/document.xml", lambda old: old.replace(b"<w:body>", PARAGRAPHS)),
    "a large sheet": changed(
        "scanners.xlsx", "xl/worksheets/sheet1.xml", lambda old: old.replace(b"<sheetData>", CELLS)
    ),
    "something large beside": changed("minutes.docx", "word/media/a.png", b"\0" * 20_000_000),
    "parts without number": packed({f"{number}": b"" for number in range(10_001)}),
    "a page in a page": b"<html>" + packed({"index.html": b"a" * 2_000_000}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_package_that_unpacks_to_far_more_is_refused(name):
    with pytest.raises(PageError, match=r"page: (?:it unpacks to more than|\S+ in it is larger than) "):
        parse_page(BOMBS[name], "page", max_bytes=1_500_000)


TITLED = """Pennywhistle vs Tallow Till
Side-by-side comparison to help you choose.
Feature\tPennywhistle\tTallow Till
Type\tModel\tProduct
Capabilities\t9 decomposed\t4 decomposed
Pennywhistle Capabilities
Reading out loud
Reads receipts out loud in nine languages.

Unique: It stops where a receipt is torn

Counting
Counts what a month has cost, shop by shop, and says so.

Tallow Till Capabilities
Sorting
Sorts receipts by the shop they are from, and by the day.

Unique: It knows 300 shops

Verdict
"""


def test_lines_that_title_every_text_of_a_copied_page_are_titles():
    page = parse_page(TITLED.encode(), "copied.txt")
    titles = [[c.title and c.title.text for c in found.capabilities] for found in page.artifacts]
    assert titles == [["Reading out loud", "Counting"], ["Sorting"]]
    assert (
        page.artifacts[0].capabilities[1].description.text == "Counts what a month has cost, shop by shop, and says so."
    )


def test_a_short_line_that_stands_before_one_text_alone_is_none():
    page = parse_page(TITLED.replace("Reading out loud\n", "").encode(), "copied.txt")
    assert all(capability.title is None for found in page.artifacts for capability in found.capabilities)


@pytest.mark.parametrize(
    ("head", "row", "read"),
    [
        ("| | Tarn | Beck |", "| Offline | ✅ | ❌ |", True),
        ("| | Tarn | Beck |", "| Offline | :white_check_mark: | :x: |", True),
        ("| | Tarn | Beck |", "| Offline | true | partial |", True),
        ("| | Tarn | Beck |", "| Measured | 3 | 4 |", False),
        ("| Task | Anna | Bo |", "| Dishes | ✅ | ❌ |", False),
    ],
)
def test_a_head_row_that_begins_empty_needs_a_row_that_says_yes_or_no(head, row, read):
    table = f"# Notes\n\n{head}\n|---|---|---|\n{row}\n| Sum | 5 | 6 |\n"
    if read:
        assert [found.name for found in parse_page(table.encode(), "t.md").artifacts] == ["Tarn", "Beck"]
    else:
        with pytest.raises(PageError, match="could name anything"):
            parse_page(table.encode(), "t.md")


def test_cells_of_markdown_lose_tags_and_notes():
    row = '| Retries | 3<br>at most[^1] | <img src="a.png" alt="none"> [x](y){.mark} |'
    page = parse_page(f"{MARKDOWN.replace(TABLE, TABLE + chr(10) + row)}\n[^1]: Measured twice.\n".encode(), "t.md")
    assert [fact.value for found in page.artifacts for fact in found.facts if fact.label == "Retries"] == [
        "3 at most",
        "none x",
    ]
    assert [len(found.capabilities) for found in page.artifacts] == [1, 1]


def test_pasted_rows_may_end_in_empty_cells():
    rows = (HEAD, ("Offline", "", ""), *ROWS, ("Cloud", "", "✓"))
    page = parse_page(MARKDOWN.replace(TABLE, "\n".join("\t".join(row) for row in rows)).encode(), "pasted.txt")
    facts = [[fact.row for fact in found.facts] for found in page.artifacts]
    assert facts[0] == ["Type: Model", "Pricing: Free", "Capabilities: 1 decomposed"]
    assert facts[1][-1] == "Cloud: Yes"
