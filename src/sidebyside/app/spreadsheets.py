"""Tables for spreadsheets: as CSV and as Excel workbooks.

What stands in cells comes from pages: a cell that a spreadsheet would take for a formula is made text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from sidebyside.text.safe import safe

Rows = Sequence[Sequence[str]]
# Characters that a cell of Excel holds.
_MOST_CHARACTERS = 32_767
# What makes a spreadsheet calculate instead of showing; a number may begin with a sign.
_CALCULATES = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Rows) -> str:
    """Rows as CSV (RFC 4180)."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([_inert(cell) for cell in row] for row in rows)
    return out.getvalue()


def _inert(cell: str) -> str:
    """The text of a cell as one line that no spreadsheet takes for a formula."""
    text = " ".join(safe(cell).split())
    return f"'{text}" if text.startswith(_CALCULATES) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    """An Excel workbook with these sheets; every cell is text, wrapped, with the head row and first column held."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for column, text in enumerate(row, start=1):
                cell = sheet.cell(number, column, " ".join(safe(text).split())[:_MOST_CHARACTERS])
                # As text, whatever it begins with.
                cell.data_type = "s"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cell.font = Font(bold=number == 1)
        for column in range(1, max(map(len, rows), default=0) + 1):
            sheet.column_dimensions[sheet.cell(1, column).column_letter].width = 24 if column == 1 else 40
        sheet.freeze_panes = "B2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
