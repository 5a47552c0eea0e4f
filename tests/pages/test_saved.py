"""Files as people save pages, one at least of every format, written by the programs that write such files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sidebyside.pages import FORMATS, decode_page, read_page
from sidebyside.records import Page

SAVED = Path(__file__).parents[1] / "data" / "saved"


@dataclass(frozen=True)
class Saved:
    """What a file holds: its format, date and address, its artifacts with their facts and capabilities."""

    format: str
    artifacts: list[dict[str, Any]]
    title: str = ""
    date: str | None = None
    url: str | None = None
    warnings: tuple[str, ...] = ()


def artifact(name: str, facts: dict[str, str], *capabilities: dict[str, str], kind: str = "") -> dict[str, Any]:
    """An artifact in the form of `seen`."""
    facts = {"Type": kind, **facts} if kind else facts
    return {"name": name, "type": kind, "facts": facts, "capabilities": list(capabilities)}


def seen(page: Page) -> list[dict[str, Any]]:
    """What a page says of each artifact."""
    return [
        {
            "name": found.name,
            "type": found.type,
            "facts": {fact.label: fact.value for fact in found.facts},
            "capabilities": [{part: e.text for part, e in capability.parts()} for capability in found.capabilities],
        }
        for found in page.artifacts
    ]


QUILLFIRE = [
    artifact(
        "Quillfire Office",
        {"UnfragileRank": "58/100", "Adoption": "1", "Pricing": "Paid", "Capabilities": "2 decomposed"},
        {
            "title": "Offline filing of office files",
            "description": "Files scanned offers and affidavits offline in a fraction of a second, with a certificate "
            "for every affidavit. Configuration stays on the machine, and afterwards an affirmative confirmation is "
            "written beside the document.",
            "unique": "Fingerprints each file before filing it",
            "alternatives": "Sufficiently faster than shuffling files by hand",
        },
        {
            "title": "Reconciles conflicting figures",
            "description": "Finds conflicting figures in different offices' spreadsheets and reconciles them "
            "automatically. Administrators are notified whenever the reconciliation could not be completed "
            "satisfactorily.",
        },
        kind="Product",
    ),
    artifact(
        "Waffle Desk",
        {"UnfragileRank": "41/100", "Adoption": "0", "Pricing": "Free", "Capabilities": "1 decomposed"},
        {
            "title": "Affordable floor plans",
            "description": "Draws floor plans of offices from photographs, self-contained and state-of-the-art, in a "
            "file of 1.5 MB at most. Measurements are interpolated wherever photographs overlap insufficiently.",
        },
        kind="Web App",
    ),
]
VERSUS = "Quillfire Office vs Waffle Desk"
ADDRESS = "https://pages.example/quillfire-office-vs-waffle-desk"

FILES = {
    "pasted-tabs.txt": Saved(
        "text",
        [
            artifact(
                "Draywain Notes",
                {"UnfragileRank": "37/100", "Pricing": "Freemium", "Capabilities": "1 decomposed"},
                {
                    "description": "Clips a page into a note with its pictures. Links between notes stay whole when a "
                    "note is renamed.",
                    "unique": "Keeps the address of every clipped paragraph",
                },
                kind="Extension",
            ),
            artifact(
                "Oatfield Vault",
                {"UnfragileRank": "30/100", "Pricing": "Free", "Capabilities": "1 decomposed"},
                {
                    "description": "Keeps notes as encrypted files in a folder of your own.",
                    "alternatives": "Needs no account, unlike Evernote",
                },
                kind="Repository",
            ),
        ],
        title="Draywain Notes vs Oatfield Vault",
    ),
    "quillfire-complete.html": Saved("html", QUILLFIRE, VERSUS, "2026-03-14", ADDRESS),
    "quillfire-chromium.mhtml": Saved("mhtml", QUILLFIRE, VERSUS, "2026-03-14", ADDRESS),
    "quillfire-safari.webarchive": Saved("webarchive", QUILLFIRE, VERSUS, "2026-03-14", ADDRESS),
    "quillfire-forwarded.eml": Saved("email", QUILLFIRE, VERSUS, "2026-03-14", ADDRESS),
    "quillfire-pandoc.adoc": Saved("asciidoc", QUILLFIRE, VERSUS, "2026-03-14", ADDRESS),
    "quillfire-pandoc.rst": Saved("rst", QUILLFIRE, VERSUS, "2026-03-14", ADDRESS),
    "quillfire-pandoc.org": Saved("org", QUILLFIRE, VERSUS, "2026-03-14", ADDRESS),
    "quillfire-printed.pdf": Saved("pdf", QUILLFIRE, VERSUS, "2026-03-15", ADDRESS),
    "quillfire-typeset.pdf": Saved("pdf", QUILLFIRE, VERSUS),
    "bluff-tex.pdf": Saved(
        "pdf",
        [
            artifact(
                "Bluff Filer",
                {"Licence": "MIT", "Platforms": "Linux, macOS", "Offline": "Yes"},
                {
                    "description": "Files the affidavits of an office by their certificates and keeps every "
                    "configuration beside them; its first run profits from multi-core machines, and later "
                    "self-contained runs do not. Sorts pre- and postscripts of letters, in English (GPT-4 is "
                    "not asked)."
                },
            ),
            artifact(
                "Raffia",
                {"Licence": "AGPL-3.0", "Platforms": "Linux", "Offline": "No"},
                {"description": "Reflows the fields of forms until they fit, without a single network request."},
            ),
        ],
        title="Bluff Filer vs Raffia",
        date="2026-01-02",
    ),
    "clipped.md": Saved(
        "markdown",
        [
            artifact(
                "Hearthlamp",
                {"Hub needed": "Yes", "Protocol": "Zigbee 3.0", "Starting price": "€49"},
                {"description": "Dims the lights of a room with the daylight that its own sensor measures."},
            ),
            artifact(
                "Gloamkeeper",
                {"Hub needed": "No", "Protocol": "Thread", "Starting price": "€65"},
                {
                    "description": "Answers without the cloud, also while the line is down. "
                    "Learns when somebody usually comes home."
                },
            ),
        ],
        title="Hearthlamp vs. Gloamkeeper: a comparison",
        date="2026-04-06",
        url="https://notes.example/hearthlamp-gloamkeeper",
    ),
    "card.md": Saved(
        "card",
        [
            artifact(
                "Tin Kestrel",
                {"Pricing": "Free", "Licence": "Apache-2.0"},
                {
                    "title": "Watches log files",
                    "description": "Follows 200 log files at once and says which one has grown unusually.",
                    "unique": "Learns each file's own rhythm.",
                    "limitation": "no Windows service",
                },
                kind="CLI Tool",
            )
        ],
        title="Tin Kestrel",
        date="2026-05-06",
        url="https://kestrel.example",
    ),
    "passport.json": Saved(
        "passport",
        [
            artifact(
                "Sedgewick Parser",
                {"Pricing": "Free"},
                {
                    "title": "Table extraction",
                    "description": "Takes tables out of scanned invoices – headings and totals included.",
                    "intent": "extract tables from invoices",
                    "best_for": "bookkeepers",
                    "limitation": "no handwriting",
                    "requirement": "Java 21",
                },
                kind="MCP Server",
            )
        ],
        date="2026-02-28",
    ),
    "turned.csv": Saved(
        "csv",
        [
            artifact("Tillerbox", {"License": "MIT", "Stars": "12.4k", "Offline": "Yes"}),
            artifact("Marrow Quill", {"License": "GPL-3.0", "Stars": "980", "Offline": "No"}),
            artifact("Osier", {"License": "proprietary", "Offline": "Yes"}),
        ],
        title="turned",
        warnings=(
            "understood as a table with a row for each of Tillerbox, Marrow Quill and Osier; its columns are the "
            "criteria: License, Stars and Offline",
        ),
    ),
    "merkmale.csv": Saved(
        "csv",
        [
            artifact("Kiesel DB", {"Lizenz": "MIT; seit 2024", "Replikation": "ja", "Größte Datei": "4,5 GB"}),
            artifact("Tonkrug", {"Lizenz": "proprietär", "Replikation": "nein", "Größte Datei": "900 MB je Tabelle"}),
        ],
        title="merkmale",
        warnings=("understood as a feature table of Kiesel DB and Tonkrug: 3 rows",),
    ),
    "scanners.xlsx": Saved(
        "xlsx",
        [
            artifact(
                "Inkhollow",
                {"Price": "19.5", "Open source": "No", "Latest release": "2026-01-09", "Pages per minute": "24"}
                | {"Formats": "PDF, TIFF"},
            ),
            artifact(
                "Pagecricket 2",
                {"Price": "0", "Open source": "Yes", "Latest release": "2025-11-30", "Pages per minute": "31.25"},
            ),
        ],
        title="Scanners",
        warnings=("understood as a feature table of Inkhollow and Pagecricket 2: 5 rows",),
    ),
    "minutes.docx": Saved(
        "docx",
        [
            artifact(
                "Murmurwell",
                {"Languages": "14", "Runs offline": "Yes", "Price": "€4 a month"},
                {
                    "description": "Writes down who said what, and keeps the recording encrypted on the laptop.\n"
                    "Exports minutes as a Word document with an agenda."
                },
            ),
            artifact(
                "Stenoleaf",
                {"Languages": "31", "Runs offline": "No", "Price": "free"},
                {"description": "Transcribes meetings in the browser while they are still going on."},
            ),
        ],
        title="Which tool for minutes: Murmurwell or Stenoleaf",
        date="2026-02-03",
    ),
}


def test_every_format_has_a_saved_file_and_every_saved_file_is_read():
    assert {path.name for path in SAVED.iterdir()} == set(FILES)
    assert {saved.format for saved in FILES.values()} == set(FORMATS)


@pytest.mark.parametrize("name", FILES)
def test_a_saved_file_says_what_its_program_wrote(name):
    saved = FILES[name]
    page = read_page(SAVED / name)
    assert page.format == saved.format
    assert seen(page) == saved.artifacts
    assert page.title == saved.title
    assert page.url == saved.url
    assert page.warnings == saved.warnings
    assert page.date == saved.date


@pytest.mark.parametrize("name", FILES)
def test_what_is_quoted_stands_where_it_says(name):
    page = read_page(SAVED / name)
    text = decode_page((SAVED / name).read_bytes(), name).text
    for found in page.artifacts:
        for fact in found.facts:
            first = fact.value.split()[0]
            row = text[fact.source.start : fact.source.end]
            assert first in row or (first in ("Yes", "No") and {"✓", "✗"} & set(row)) or page.format == "passport"
        for capability in found.capabilities:
            for _, excerpt in capability.parts():
                for word in {word for word in excerpt.text.split() if word.isalpha() and excerpt.text.count(word) == 1}:
                    place = excerpt.text.index(word)
                    start, end = excerpt.span(place, place + len(word))
                    assert text[start:end].replace("&shy;", "").replace("\u00ad", "") == word


@pytest.mark.parametrize("name", [name for name, saved in FILES.items() if saved.format == "pdf"])
def test_quotes_of_a_pdf_have_a_box_on_a_sheet(name):
    for found in read_page(SAVED / name).artifacts:
        for capability in found.capabilities:
            for _, excerpt in capability.parts():
                left, top, right, bottom = excerpt.source.box
                assert excerpt.source.sheet >= 1
                assert 0 < left < right < 600
                assert 0 < top < bottom < 850
