"""AsciiDoc, reStructuredText and Org as their manuals describe them; Pandoc's are among the saved files."""

from __future__ import annotations

import time

import pytest

from sidebyside.errors import PageError
from sidebyside.pages import decode_page, parse_page
from sidebyside.pages.formats import kind_of_text

ASCIIDOC = """= Tarn vs Beck: a look
Ona Writer
:source: https://notes.example/tarn
:revdate: 2026-02-03

// nobody reads this
.What they do
[cols="2*,1", options="header"]
|===
|Feature |link:https://tarn.example[Tarn] |*Beck*

|Price |$5 |$6
|Storage 2+|2 TB
|Offline
|icon:check[] | icon:times[]
.2+|Formats |PDF |PDF
|`TIFF` |—
|Shell |a \\| b |{plus}1
|===

== Tarn

Keeps {plus}20 versions of every file,
and says which one was read last.

* Finds a word in scans of letters.

----
|===
|Feature |No |Table
|===
----

== Beck

NOTE: Sorts receipts by the shop they are from.
"""

RST = """==============
Tarn vs Beck
==============

:source: https://notes.example/tarn
:date: 2026-02-03

.. |yes| unicode:: U+2713
.. |no| replace:: No

.. list-table:: What they do
   :header-rows: 1
   :widths: 20 40 40

   * - Feature
     - `Tarn <https://tarn.example>`_
     - **Beck**
   * - Price
     - $5
     - $6
   * - Offline
     - |yes|
     - |no|
   * - Formats
     - PDF and
       ``TIFF``
     - PDF

Tarn
----

Keeps 20 versions of every file,
and says which one was read last.

.. note:: Beside
   Nobody can be told.

.. code-block:: sh

   tarn --keep 20

- Finds a word in scans of letters.

Beck
----

.. container:: text

   Sorts receipts by the shop they are from.
"""

ORG = """#+TITLE: Tarn vs Beck
#+SOURCE: https://notes.example/tarn
#+DATE: <2026-02-03 Tue>

#+CAPTION: What they do
|---------+-----------------------------+--------|
| Feature | [[https://tarn.example][Tarn]] | *Beck* |
| <l>     | <r>                         |        |
|---------+-----------------------------+--------|
| Price   | $5                          | $6     |
| Offline | ✓                           | ✗      |
| Shell   | a \\vert{} b                 | =run=  |
#+TBLFM: $2=1

* TODO [#A] Tarn                                   :tools:later:
:PROPERTIES:
:CUSTOM_ID: tarn
:END:
Keeps 20 versions of every file,
and says which one was read last.

- [X] Finds a word in scans of letters.

#+begin_src sh
tarn --keep 20 and nothing else of it
#+end_src

* Beck
# a remark
Sorts receipts by the shop they are from.
"""


def told(page):
    return {found.name: {fact.label: fact.value for fact in found.facts} for found in page.artifacts}


def texts(page):
    return [[" ".join(c.description.text.split()) for c in found.capabilities] for found in page.artifacts]


# Items of a list go with the paragraph before them.
TEXTS = [
    ["Keeps 20 versions of every file, and says which one was read last. Finds a word in scans of letters."],
    ["Sorts receipts by the shop they are from."],
]


def test_asciidoc_is_read():
    page = parse_page(ASCIIDOC.encode(), "a.adoc")
    assert (page.format, page.title) == ("asciidoc", "Tarn vs Beck: a look")
    assert (page.url, page.date) == ("https://notes.example/tarn", "2026-02-03")
    assert told(page) == {
        "Tarn": {"Price": "$5", "Storage": "2 TB", "Offline": "Yes", "Formats": "TIFF", "Shell": "a | b"},
        "Beck": {"Price": "$6", "Storage": "2 TB", "Offline": "No", "Formats": "PDF", "Shell": "+1"},
    }
    assert page.artifacts[0].url == "https://tarn.example"
    assert texts(page)[0] == [TEXTS[0][0].replace("20", "+20")]


def test_restructured_text_is_read():
    page = parse_page(RST.encode(), "a.rst")
    assert (page.format, page.title) == ("rst", "Tarn vs Beck")
    assert (page.url, page.date) == ("https://notes.example/tarn", "2026-02-03")
    assert told(page) == {
        "Tarn": {"Price": "$5", "Offline": "Yes", "Formats": "PDF and TIFF"},
        "Beck": {"Price": "$6", "Offline": "No", "Formats": "PDF"},
    }
    assert page.artifacts[0].url == "https://tarn.example"
    assert texts(page) == [
        [TEXTS[0][0].split(" Finds")[0], "Nobody can be told. Finds a word in scans of letters."],
        TEXTS[1],
    ]


def test_org_is_read():
    page = parse_page(ORG.encode(), "a.org")
    assert (page.format, page.title) == ("org", "Tarn vs Beck")
    assert (page.url, page.date) == ("https://notes.example/tarn", "2026-02-03")
    assert told(page) == {
        "Tarn": {"Price": "$5", "Offline": "Yes", "Shell": "a | b"},
        "Beck": {"Price": "$6", "Offline": "No", "Shell": "run"},
    }
    assert page.artifacts[0].url == "https://tarn.example"
    assert texts(page) == TEXTS


@pytest.mark.parametrize(("text", "name"), [(ASCIIDOC, "a.adoc"), (RST, "a.rst"), (ORG, "a.org")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quotes_lead_to_their_characters(text, name, end):
    data = text.replace("\n", end).encode()
    page = parse_page(data, name)
    written = decode_page(data, name).text
    for found in page.artifacts:
        for fact in found.facts:
            place = written[fact.source.start : fact.source.end]
            assert fact.value.split()[0] in place or fact.value in ("Yes", "No", "+1")
            assert fact.label in place or fact.label == "Formats"
        for capability in found.capabilities:
            for word in ("versions", "letters", "receipts", "read"):
                if word in capability.description.text:
                    at = capability.description.text.index(word)
                    start, stop = capability.description.span(at, at + len(word))
                    assert written[start:stop] == word


def test_a_csv_table_of_each_markup_is_read():
    head = '.. csv-table:: Tools\n   :header: "Tool", "Price", "Offline"\n\n'
    rst = head + '   "Tarn", "$5, a month", "Yes"\n   Beck, $6, No\n'
    adoc = '= Tools\n\n[%header,format=csv]\n|===\nTool,Price,Offline\nTarn,"$5, a month",Yes\nBeck,$6,No\n|===\n'
    for text, name in ((rst, "t.rst"), (adoc, "t.adoc")):
        page = parse_page(text.encode(), name)
        assert told(page) == {
            "Tarn": {"Price": "$5, a month", "Offline": "Yes"},
            "Beck": {"Price": "$6", "Offline": "No"},
        }
        assert "a row for each of Tarn and Beck" in page.warnings[0]


def test_cells_of_a_drawn_table_may_reach_over_columns_and_rows():
    text = """Tarn vs Beck
============

+---------+-------+--------+
| Feature | Tarn  | Beck   |
+=========+=======+========+
| Price   | $5 for both    |
+---------+-------+--------+
| Formats | PDF   | PDF    |
|         +-------+--------+
|         | TIFF  | —      |
+---------+-------+--------+
| Offline | Yes   | No,    |
|         |       | sorry  |
+---------+-------+--------+
"""
    page = parse_page(text.encode(), "t.rst")
    assert [[fact.row for fact in found.facts] for found in page.artifacts] == [
        ["Price: $5 for both", "Formats: PDF", "Formats: TIFF", "Offline: Yes"],
        ["Price: $5 for both", "Formats: PDF", "Offline: No, sorry"],
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("= Notes\n\nNothing to compare.\n", "AsciiDoc without a comparison table"),
        (
            "= A vs B\n\n|===\n|Feature |A |B\n|Price a|\n!===\n!x !y\n!===\n|$6\n|===\n",
            "AsciiDoc with tables inside tables, which are not read; convert the page to HTML (asciidoctor PAGE) and",
        ),
        (
            "= A vs B\n\n[format=csv]\n|===\ninclude::tools.csv[]\n|===\n",
            "AsciiDoc with included tables, which are not read; convert the page to HTML",
        ),
        (
            ".. csv-table::\n   :file: tools.csv\n\nText.\n",
            "reStructuredText with a table from another file, which is not read; convert the page to HTML (rst2html",
        ),
        (".. note:: Nothing to compare.\n", "reStructuredText without a comparison table"),
        ("#+TITLE: Notes\n\n* Nothing to compare\n", "an Org file without a comparison table"),
    ],
)
def test_what_cannot_be_read_is_called_what_it_is_with_the_way_out(text, reason):
    with pytest.raises(PageError) as caught:
        parse_page(text.encode(), "notes")
    assert caught.value.reason.startswith(reason)


def test_a_row_of_an_org_table_with_too_many_cells_is_passed_over_and_told():
    page = parse_page(ORG.replace("| $5                          |", "| 5|6 |").encode(), "a.org")
    assert "Price" not in told(page)["Tarn"]
    assert page.warnings[0] == "line 10: a row with more cells than the table's first was passed over"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("# Title\n\n```rst\n.. note:: x\n```\n", "markdown"),
        ("# Title\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n|===\n", "markdown"),
        ("Title\n=====\n\nText\n", "markdown"),
        ("---\nname: x\n---\n\n#+TITLE: y\n", "markdown"),
        ("A vs B\n\n== 5 ==\n", "text"),
        ("== Wiki ==\n\nText\n", "text"),
        ("#+title: x\n", "org"),
        ("= Title\n", "asciidoc"),
        ("Title\n=====\n\n.. image:: x.png\n", "rst"),
    ],
)
def test_other_texts_are_not_taken_for_these(text, kind):
    assert kind_of_text(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "|===\n" + "|a " * 700_000,
        "|===\n" * 300_000,
        "= a\n" + "*a" * 1_000_000,
        "|===\n|" + "*a" * 500_000 + "\n|===\n",
        ".. list-table::\n\n" + "   * - a\n" * 200_000,
        ".. list-table::\n\n   * - a\n" + "       b\n" * 190_000,
        ".. x::\n\n   " + "`a <" * 500_000,
        ".. note::\n" + "".join(" " * depth + ".. note::\n" for depth in range(1, 1500)),
        "#+TITLE: x\n" + "|a" * 900_000,
        "#+TITLE: x\n| a |\n" + "| [[a" * 400_000,
        "#+TITLE: x\n" + "#+begin_src\n" * 150_000,
        "#+TITLE: x\n" + ":PROPERTIES:\n" * 150_000,
        "----\n....\n" * 90_000,
        "= a\n" + ":a: b\n" * 180_000,
        "+--+--+\n" + "|  |  |\n" * 150_000,
        ("+" + "--+" * 3000 + "\n" + "|" + "  |" * 3000 + "\n") * 100,
    ],
)
def test_hostile_markup_takes_time_in_proportion(text):
    started = time.process_time()
    with pytest.raises(PageError):
        parse_page(text.encode(), "page")
    assert time.process_time() - started < 10
