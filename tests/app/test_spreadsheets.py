"""Tables for spreadsheets carry what pages say as text, never as something to calculate."""

from __future__ import annotations

import csv
import io

from openpyxl import load_workbook

from sidebyside.app.spreadsheets import csv_text, workbook

ROWS = [["", "A, B"], ['=HYPERLINK("x")', "-3.5"], ["+cmd|' /C calc'!A0", 'says "yes"\nand no'], ["@a\x00", "-a"]]


def test_csv_cells_are_text_and_numbers_stay_numbers():
    rows = list(csv.reader(io.StringIO(csv_text(ROWS))))
    assert rows == [
        ["", "A, B"],
        ['\'=HYPERLINK("x")', "-3.5"],
        ["'+cmd|' /C calc'!A0", 'says "yes" and no'],
        ["'@a", "'-a"],
    ]


def test_workbook_cells_are_text():
    book = load_workbook(io.BytesIO(workbook({"One": ROWS, "Two": []})))
    assert book.sheetnames == ["One", "Two"]
    assert book["One"]["A2"].value == '=HYPERLINK("x")'
    assert book["One"]["A2"].data_type == "s"
    assert book["One"]["B1"].value == "A, B"
