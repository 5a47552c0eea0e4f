"""Tables with a row for each thing, tables with a column for each, and lists that compare nothing."""

from __future__ import annotations

import csv
import io

import pytest

from sidebyside.errors import PageError
from sidebyside.pages import decode_page, parse_page, parse_pages

ROWS = [
    ["Tool", "Price", "Storage", "Offline"],
    ["Dovecote", "$12", "2 TB", "Yes"],
    ["Loftbird", "$0", "512 GB", "No"],
    ["Pigeonry", "$9", "1 TB", "Yes"],
]
FACTS = {
    "Dovecote": {"Price": "$12", "Storage": "2 TB", "Offline": "Yes"},
    "Loftbird": {"Price": "$0", "Storage": "512 GB", "Offline": "No"},
    "Pigeonry": {"Price": "$9", "Storage": "1 TB", "Offline": "Yes"},
}
UNDERSTOOD = (
    "understood as a table with a row for each of Dovecote, Loftbird and Pigeonry; its columns are the criteria: "
    "Price, Storage and Offline"
)


def as_csv(rows, delimiter=","):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue().encode()


def as_markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]).encode()


def as_html(rows):
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return ("<html><body><p>x</p><table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table></body>").encode()


def as_xlsx(rows):
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def as_docx(rows):
    import docx

    made = docx.Document()
    table = made.add_table(rows=0, cols=len(rows[0]))
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


FORMS = {
    "CSV": as_csv,
    "semicolons": lambda rows: as_csv(rows, ";"),
    "tabs, pasted": lambda rows: ("Copied on Monday\n\n" + "\n".join(map("\t".join, rows)) + "\n").encode(),
    "TSV": lambda rows: as_csv(rows, "\t"),
    "Markdown": as_markdown,
    "HTML": as_html,
    "XLSX": as_xlsx,
    "DOCX": as_docx,
}


def facts(page):
    return {found.name: {fact.label: fact.value for fact in found.facts} for found in page.artifacts}


@pytest.mark.parametrize("form", FORMS)
def test_a_row_for_each_thing_is_read_in_every_format(form):
    page = parse_page(FORMS[form](ROWS), "tools")
    assert facts(page) == FACTS
    assert page.warnings == (UNDERSTOOD,)


@pytest.mark.parametrize("form", FORMS)
def test_a_value_leads_to_the_row_of_its_thing(form):
    data = FORMS[form](ROWS)
    text = decode_page(data, "tools").text
    for found in parse_page(data, "tools").artifacts:
        for fact in found.facts:
            row = text[fact.source.start : fact.source.end]
            assert row.lstrip("| ").startswith(found.name)
            assert fact.value in row
            assert sum(name in row for name in FACTS) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_same_table_with_a_column_for_each_thing_says_the_same(form):
    turned = [
        ["Feature", *(row[0] for row in ROWS[1:])],
        *([ROWS[0][n], *(row[n] for row in ROWS[1:])] for n in (1, 2, 3)),
    ]
    page = parse_page(FORMS[form](turned), "tools")
    assert facts(page) == FACTS
    assert page.warnings == ("understood as a feature table of Dovecote, Loftbird and Pigeonry: 3 rows",)


def down(*rows):
    return [line.split("|") for line in rows]


# (rows, what names the page, things, whether they stand in rows)
BOTH = {
    "site rows": (
        down("Name|Type|UnfragileRank|Pricing", "Tarn|Model|45/100|Free", "Beck|Agent|40/100|Paid"),
        "",
        "Tarn Beck",
        True,
    ),
    "known criteria above": (down("Name|Price|Licence", "Tarn|$5|MIT", "Beck|$6|GPL"), "", "Tarn Beck", True),
    "no corner": (down("|Price|Open source", "Tarn|$5|Yes", "Beck|$6|No"), "", "Tarn Beck", True),
    "a count before": (down("#|Model|Context window", "1|Tarn|8K", "2|Beck|128K"), "", "Tarn Beck", True),
    "a rank before": (down("Rank|Model|Elo", "1|Tarn|1210", "2|Beck|1190"), "", "Tarn Beck", True),
    "a vendor before": (down("Vendor|Model|Price", "Ona|Tarn|$5", "Ona|Beck|$6"), "", "Tarn Beck", True),
    "two things, one criterion": (down("Library|Stars", "Tarn|12.4k", "Beck|980"), "", "Tarn Beck", True),
    "German": (
        down("Produkt|Lizenz|Größte Datei", "Kiesel|MIT|4,5 GB", "Tonkrug|proprietär|900 MB"),
        "",
        "Kiesel Tonkrug",
        True,
    ),
    "the title names the rows": (
        down("|Taste|Colour", "Tarn|sweet|red", "Beck|sour|blue"),
        "Tarn vs Beck",
        "Tarn Beck",
        True,
    ),
    "the title names the head row": (
        down("|Tarn|Beck", "Taste|sweet|sour", "Colour|red|blue"),
        "Tarn vs Beck",
        "Tarn Beck",
        False,
    ),
    "platforms above": (
        down("App|Windows|macOS|Linux", "Tarn|Yes|No|No", "Beck|Yes|Yes|No"),
        "Comparison of apps",
        "Tarn Beck",
        True,
    ),
    "more criteria than six": (
        down("Model|A|B|C|D|E|F|G|H", "Tarn|1|2|3|4|5|6|7|8", "Beck|2|3|4|5|6|7|8|9"),
        "",
        "Tarn Beck",
        True,
    ),
    "kinds of cells alone": (
        down("Kamera|Bild|Takt|Blitz", "Tarn|12 MB|20 ms|ja", "Beck|9 MB|35 ms|nein"),
        "Kameras: ein Vergleich",
        "Tarn Beck",
        True,
    ),
    "kinds of cells alone, turned": (
        down("Kamera|Tarn|Beck", "Bild|12 MB|9 MB", "Takt|20 ms|35 ms", "Blitz|ja|nein"),
        "Kameras: ein Vergleich",
        "Tarn Beck",
        False,
    ),
    "a provider": (
        down("Provider|Models|Price per 1M|Latency", "Tarn|12|$1|300 ms", "Beck|3|$2|200 ms"),
        "",
        "Tarn Beck",
        True,
    ),
    "Feature above things": (down("Feature|Price|License", "Tarn|$1|MIT", "Beck|$2|GPL"), "", "Tarn Beck", True),
    "a benchmark above names": (down("Benchmark|Tarn|Beck", "MMLU|86|88", "HumanEval|67|80"), "", "Tarn Beck", False),
    "benchmarks above": (down("Model|MMLU|HumanEval", "Tarn|86|67", "Beck|88|80"), "", "Tarn Beck", True),
    "a model above names": (down("Model|Tarn|Beck", "Context window|8K|128K", "Price|$5|$6"), "", "Tarn Beck", False),
    "Feature before names that are criteria": (down("Feature|Tarn|Beck", "Tool use|Yes|No"), "", "Tarn Beck", False),
}


@pytest.mark.parametrize("case", BOTH)
def test_the_direction_is_told(case):
    rows, title, names, in_rows = BOTH[case]
    head = f"# {title}\n\n".encode() if title else b""
    page = parse_page(head + as_markdown(rows), "table.md")
    assert " ".join(found.name for found in page.artifacts) == names
    assert ("a row for each of" in page.warnings[0]) == in_rows


LISTS = {
    "a budget": down("Item|2023|2024", "Rent|1200|1250", "Power|300|320"),
    "duties": down("Task|Owner|Deadline", "Dishes|Anna|Monday", "Floor|Bo|Tuesday"),
    "an order": down("Product|Qty|Price", "Lamp|2|$5", "Shade|1|$6"),
    "contacts": down("Name|Phone|Email", "Anna|123|a@b.example", "Bo|456|b@b.example"),
    "options": down("Option|Type|Default|Description", "retries|int|3|How often", "wait|float|1.0|How long"),
    "parameters": down("Name|Type|Required|Description", "retries|int|no|How often", "wait|float|yes|How long"),
    "versions": down("Version|Date|Notes", "1.0|2025-01-02|First", "1.1|2025-02-03|Second"),
    "tiers": down("Plan|Price|Storage", "Basic|$5|1 GB", "Team|$9|2 GB"),
    "hours": down("Day|Opens|Closes", "Monday|9|17", "Tuesday|9|18"),
    "words": down("Term|Meaning", "Shard|A piece", "Quorum|Enough of them"),
    "readings": down("Month|Visits|Sales", "January|120|3", "February|130|4"),
    "packages of one program": down("Package|Version|Downloads", "core|1.2.0|12k", "cli|1.2.1|3k"),
    "browsers": down("Browser|Version", "Chrome|90+", "Firefox|88+"),
    "addresses of an API": down("Method|Path|Description", "GET|/a|x", "POST|/b|y"),
    "books": down("Title|Author|Year|Rating", "Tarn|Ona|1999|4", "Beck|Ib|2001|5"),
    "machines": down("Server|IP|Owner", "web|10.0.0.1|Ona", "db|10.0.0.2|Bo"),
    "who was there": down("Name|Monday|Tuesday", "Anna|Yes|No", "Bo|Yes|Yes"),
    "one thing": down("Tool|Price|Storage", "Tarn|$5|1 GB"),
    "one thing again and again": down("Tool|Day|Price", *(f"Tarn|{day}|${day}" for day in range(1, 9)), "Beck|1|$2"),
}


@pytest.mark.parametrize("case", LISTS)
@pytest.mark.parametrize("form", ["CSV", "Markdown"])
def test_a_list_that_compares_nothing_is_refused(case, form):
    with pytest.raises(PageError, match=r"the head row|comparison table|compares nothing"):
        parse_page(FORMS[form](LISTS[case]), "notes")


def test_a_thing_with_two_rows_keeps_both_and_each_leads_to_its_own():
    rows = [*ROWS, ["Loftbird", "$4", "512 GB", "No"]]
    data = as_csv(rows)
    page = parse_page(data, "tools.csv")
    told = [(fact.label, fact.value) for fact in page.artifacts[1].facts]
    assert told == [("Price", "$0"), ("Price", "$4"), ("Storage", "512 GB"), ("Offline", "No")]
    text = data.decode()
    places = [text[fact.source.start : fact.source.end].strip() for fact in page.artifacts[1].facts[:2]]
    assert places == ["Loftbird,$0,512 GB,No", "Loftbird,$4,512 GB,No"]


def test_what_is_left_out_of_such_a_table_is_told():
    rows = [
        [*ROWS[0], ""],
        *([*row, "x"] for row in ROWS[1:]),
        ["Total", "$21", "", "", ""],
        ["Closed", "", "", "", ""],
    ]
    page = parse_page(as_csv(rows), "tools.csv")
    assert list(facts(page)) == list(FACTS)
    assert page.warnings[1:] == (
        "left out what names nothing: the column 'number 5'",
        "left out what names or says nothing: the row 'Total', 'Closed'",
    )


def test_a_table_may_be_called_something_in_a_row_of_its_own():
    rows = [["Kameras, ein Vergleich", "", ""], ["", "Bild", "Blitz"], ["Tarn", "9 MB", "ja"], ["Beck", "8 MB", "nein"]]
    told = {"Tarn": {"Bild": "9 MB", "Blitz": "ja"}, "Beck": {"Bild": "8 MB", "Blitz": "nein"}}
    assert facts(parse_page(as_csv(rows), "x.csv")) == told
    with pytest.raises(PageError, match="the rows could be anything"):
        parse_page(as_csv(rows[1:]), "x.csv")


def test_where_both_directions_would_do_the_report_says_what_settles_it():
    rows = [["", "Shape", "Taste"], ["Tarn", "round", "sweet"], ["Beck", "flat", "sour"]]
    page = parse_page(b"# A comparison\n\n" + as_markdown(rows), "x.md")
    assert list(facts(page)) == ["Shape", "Taste"]
    assert page.warnings[1].startswith('could be meant the other way; "Feature" in the first cell says')
    settled = parse_page(b"# A comparison\n\n" + as_markdown([["Tool", *rows[0][1:]], *rows[1:]]), "x.md")
    assert list(facts(settled)) == ["Tarn", "Beck"]
    assert len(settled.warnings) == 1


def test_a_head_row_of_two_lines_gives_criteria_of_both():
    html = (
        "<html><body><table><tr><th rowspan=2>Tool<th colspan=2>Price<th rowspan=2>Offline"
        "<tr><th>a month<th>a year<tr><td>Tarn<td>$5<td>$50<td>Yes<tr><td>Beck<td>$6<td>$60<td>No</table>"
    )
    assert facts(parse_page(html.encode(), "x.html"))["Beck"] == {
        "Price a month": "$6",
        "Price a year": "$60",
        "Offline": "No",
    }


def test_many_things_are_read_and_far_too_many_are_refused():
    many = [["Model", "Context window"], *([f"Tarn {number}", f"{number}K"] for number in range(1, 301))]
    page = parse_page(as_csv(many), "models.csv")
    assert len(page.artifacts) == 300
    assert page.artifacts[299].facts[0].value == "300K"
    assert page.warnings[0].startswith(
        "understood as a table with a row for each of Tarn 1, Tarn 2, Tarn 3, Tarn 4, Tarn 5, Tarn 6, Tarn 7, Tarn 8 "
        "and 292 more;"
    )
    more = [*many, *([f"Beck {number}", "1K"] for number in range(1000))]
    with pytest.raises(PageError, match="more than 1,000 rows of things"):
        parse_page(as_csv(more), "models.csv")


def test_text_under_headings_that_name_a_row_is_its_capability():
    page = parse_page(as_markdown(ROWS) + b"\n\n## Loftbird\n\nKeeps every version of a file for a year.\n", "t.md")
    assert [[c.description.text for c in found.capabilities] for found in page.artifacts] == [
        [],
        ["Keeps every version of a file for a year."],
        [],
    ]


def test_sheets_of_one_workbook_may_stand_in_either_direction():
    import openpyxl

    book = openpyxl.Workbook()
    for row in ROWS:
        book.worksheets[0].append(row)
    turned = book.create_sheet("Turned")
    for row in (["Feature", "Tarn", "Beck"], ["Price", "$1", "$2"], ["Offline", "Yes", "No"]):
        turned.append(row)
    data = io.BytesIO()
    book.save(data)
    pages = parse_pages(data.getvalue(), "both.xlsx")
    assert [[found.name for found in page.artifacts] for page in pages] == [list(FACTS), ["Tarn", "Beck"]]
