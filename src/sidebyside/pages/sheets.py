"""Reads sheets: Excel workbooks, and text whose lines are the rows of one table (CSV)."""

from __future__ import annotations

import csv
import datetime
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sidebyside.errors import PageError
from sidebyside.pages.decoding import LineCounter
from sidebyside.pages.opened import Body, OpenedFile, Rendering
from sidebyside.pages.outline import MOST_COLUMNS, MOST_ROWS, Cell, Grid, Outline
from sidebyside.records.pages import PageFormat

_DELIMITERS = ",;\t|"
_MOST_SHEETS = 50
_MOST_TEXT = 5_000_000
# Lines that are looked at to tell a CSV file from prose.
_SAMPLE = 200
# A currency is written [$€-407]: the sign, then the number of a language.
_CURRENCY = re.compile(r"\[\$([^\[\]-]{0,8})(?:-[0-9A-Fa-f]{1,8})?\]")
_NUMBER_FORMAT = re.compile(
    r"([^\w#?.,%]{0,4}|[A-Z]{3} ?)(#,##)?[#0]*0(\.0+)?(%)?( ?(?:[^\w#?.,%]{0,4}|[A-Z]{3}|[a-z]{1,12}))"
)
_LINE_END = re.compile(r"\r\n|\r|\n")


def open_xlsx(data: Any, source: str) -> OpenedFile:
    """Open a workbook (a binary file); each sheet is a part of its own. Raises PageError for a damaged one."""
    from openpyxl import load_workbook

    # It says what styles and extensions it does not know; a page has neither.
    warnings.filterwarnings("ignore", module=r"openpyxl\.")
    rendering = Rendering()
    bodies: list[Body] = []
    try:
        book = load_workbook(data, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets[:_MOST_SHEETS]:
            start, blocks, grids = rendering.length, len(rendering.blocks), len(rendering.grids)
            _add_sheet(rendering, sheet.title, _sheet_rows(sheet), source)
            outline = (sheet.title, rendering.blocks[blocks:], rendering.grids[grids:])
            bodies.append(Body(start, rendering.length, _outline("", "xlsx", *outline)))
        book.close()
    except PageError:
        raise
    except Exception as error:
        # openpyxl lets through whatever a damaged part makes go wrong; none of it says more to a reader.
        raise PageError(source, f"a damaged Excel workbook ({type(error).__name__}); save it again or as CSV") from None
    text = rendering.text
    settled = tuple(_with_text(body, text) for body in bodies)
    return OpenedFile(text, "xlsx", format="xlsx", bodies=settled)


def _with_text(body: Body, text: str) -> Body:
    assert body.outline is not None
    outline = body.outline
    return Body(body.start, body.end, _outline(text, outline.format, outline.title, outline.blocks, outline.grids))


def _outline(text: str, kind: PageFormat, title: str, blocks: Sequence[Any], grids: Sequence[Grid]) -> Outline:
    return Outline(text, kind, title, tuple(blocks), tuple(grids))


def _sheet_rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS):
        yield [_shown(cell.value, cell.number_format if isinstance(cell.value, int | float) else "") for cell in row]


def _shown(value: Any, number_format: str = "") -> str:
    """A cell's value as a sheet shows it; of number formats percents, currencies, decimals and thousands are known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    return " ".join(str(value).split())


def _number(value: float, number_format: str) -> str:
    """A number in its format, ECMA-376 part 1, 18.8.31; in a format that is not known it is shown plainly."""
    plain = f"{value:.12g}" if isinstance(value, float) else str(value)
    shown = _CURRENCY.sub(r"\1", number_format.partition(";")[0])
    found = _NUMBER_FORMAT.fullmatch(re.sub(r'"([^"]*)"|\\(.)|[_*].', r"\1\2", shown).strip())
    if not found or not any(found.groups()):
        return plain
    before, thousands, decimals, percent, behind = found.groups()
    places = len(decimals or ".") - 1
    digits = f"{abs(value) * (100 if percent else 1):{',' if thousands else ''}.{places}f}"
    return f"{'-' * (value < 0)}{before}{digits}{percent or ''}{behind}"


def _add_sheet(rendering: Rendering, title: str, rows: Iterable[Sequence[str]], source: str) -> None:
    """A sheet's tables, which empty rows set apart; a row with one filled cell is text."""
    rendering.add_text(title, level=1)
    table: list[Sequence[str]] = []
    for row in rows:
        if rendering.length > _MOST_TEXT:
            raise PageError(source, f"more than {_MOST_TEXT:,} characters of text: not a comparison page")
        filled = sum(map(bool, row))
        if filled > 1 or (filled and table):
            table.append(row)
            continue
        _end_table(rendering, table)
        table = []
        rendering.add_text(" ".join(filter(None, row)), level=2 * (filled == 1))
    _end_table(rendering, table)


def _end_table(rendering: Rendering, table: Sequence[Sequence[str]]) -> None:
    """The rows without the columns that are empty on the left and on the right."""
    used = [place for row in table for place, text in enumerate(row) if text]
    if used:
        first, last = min(used), max(used) + 1
        rendering.add_table([[Cell(text) for text in row[first:last]] for row in table])


# --- CSV -------------------------------------------------------------------------------------------------------------


def delimiter_of(text: str, name: str) -> str:
    """The character between the cells if this text is a table and nothing else; "" if it is not.

    Every row of the sample has as many cells as the first one, or lacks some at its end; a file that is called .csv or
    .tsv is believed where its first line has two cells.
    """
    sample = [line for line in _LINE_END.split(text[:200_000])[:_SAMPLE] if line.strip()]
    if len(sample) < 2:
        return ""
    called = name.lower().endswith((".csv", ".tsv", ".tab"))
    best = max(_DELIMITERS, key=lambda mark: len(_cells(sample[0], mark)))
    width = len(_cells(sample[0], best))
    if width < 2 or (best == "|" and not called):
        return ""
    widths = [len(row) for row in csv.reader(sample, delimiter=best)]
    if called or (width > 2 and len(widths) > 2 and all(1 < found <= width for found in widths)):
        return best
    return ""


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def read_csv(text: str, source: str, delimiter: str) -> Outline:
    """Read a table of which each row is a line, or several where a quoted cell has line ends. Raises PageError."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    ends = [*(match.start() for match in _LINE_END.finditer(text)), len(text)]
    lines = (text[start:end] + "\n" for start, end in zip(starts, ends, strict=True))
    rows: list[tuple[Cell, ...]] = []
    reader = csv.reader(lines, delimiter=delimiter)
    behind = 0
    try:
        for row in reader:
            first, behind = behind, reader.line_num
            start, end = starts[first], ends[behind - 1]
            cells = [" ".join(cell.split()) for cell in row]
            if any(cells):
                rows.append(tuple(Cell(cell, start if cell else -1, end) for cell in cells))
            if len(rows) > MOST_ROWS or len(cells) > MOST_COLUMNS:
                raise PageError(source, f"a table with more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns")
    except csv.Error as error:
        raise PageError(source, f"damaged CSV: {error}", reader.line_num) from None
    line = LineCounter(text).line_at(rows[0][0].start) if rows and rows[0][0].start >= 0 else 1
    grids = (Grid(tuple(rows), 0, len(text), line),) if rows else ()
    title = re.sub(r"\.(?:csv|tsv|tab|txt)$|[_-]+", " ", source.rpartition("/")[2]).strip()
    return Outline(text, "csv", title, (), grids)
