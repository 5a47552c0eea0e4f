"""Finds the comparisons in a file's outline and makes a Page of each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sidebyside.errors import PageError
from sidebyside.pages.assembly import RawPage, as_paragraphs, build_page, page_of_table
from sidebyside.pages.blocks import Block, ComparisonTable, Row
from sidebyside.pages.features import FeatureTable, is_section, name_of, read_features, texts_by_heading
from sidebyside.pages.outline import Cell, Grid, Outline
from sidebyside.pages.pipe_table import KNOWN_LABELS, LONGEST_ROW
from sidebyside.records import Page
from sidebyside.records.pages import PageFormat
from sidebyside.text.marks import plain_value
from sidebyside.text.typography import plain_typography

LONGEST_NAME = 200
# Rows that only pages of the site have which these readers were first made for.
_SITE_LABELS = frozenset(["unfragilerank", "match graph", "times matched", "capabilities"])
# Blocks before a table among which its own title is looked for.
_LEAD_IN = 3
_MOST_TABLES = 500
_UNSURE = (
    'could be meant the other way; "Feature" in the first cell says that criteria are below it, "Tool" that things are'
)
# As many names are listed in a line of the report.
_MOST_LISTED = 8
_WITHOUT: Mapping[PageFormat, str] = {
    "html": "HTML without a comparison table",
    "mhtml": "a web archive without a comparison table",
    "webarchive": "a Safari web archive without a comparison table",
    "email": "an e-mail without a comparison table",
    "docx": "a Word document without a comparison table",
    "xlsx": "an Excel workbook without a comparison table",
    "csv": "a table that compares nothing",
    "asciidoc": "AsciiDoc without a comparison table",
    "rst": "reStructuredText without a comparison table",
    "org": "an Org file without a comparison table",
    "pdf": "a PDF without a comparison table",
}
_NEEDED = "a page needs one whose head row names what is compared; save the whole page as HTML, or copy its table too"


@dataclass(slots=True)
class _Comparison:
    """One comparison of a file: its table, and what belongs to it from character `start` on.

    `strict` is its table where it may be one of the site's, `feature` where it can be read as any feature table.
    """

    grid: Grid
    strict: ComparisonTable | None = None
    feature: FeatureTable | None = None
    error: PageError | None = None
    more: list[Row] = field(default_factory=list)
    start: int = 0
    title: str = ""

    @property
    def table(self) -> ComparisonTable | None:
        return self.strict or (self.feature.table if self.feature else None)


def read_comparisons(outline: Outline, source: str, sha256: str) -> tuple[Page, ...]:
    """A page for each comparison in the file. Raises PageError, with what stands in the way, where there is none."""
    search = _Search(outline, source)
    found = search.find()
    pages: list[Page] = []
    for number, comparison in enumerate(found):
        end = found[number + 1].start if number + 1 < len(found) else len(outline.text) + 1
        blocks = [block for block in outline.blocks if comparison.start <= block.start < end]
        try:
            pages.append(_page(comparison, blocks, outline, source, sha256))
        except PageError as error:
            search.errors.append(error)
    if not pages:
        raise search.refusal()
    notes = [*outline.warnings, *(f"a table was passed over: {_told(error)}" for error in search.errors)]
    return (replace(pages[0], warnings=(*notes, *pages[0].warnings)), *pages[1:]) if notes else tuple(pages)


def _told(error: PageError) -> str:
    return error.reason if error.line is None else f"line {error.line}: {error.reason}"


class _Search:
    """Looks through the tables of one outline; `errors` are those of tables that were meant to be read."""

    def __init__(self, outline: Outline, source: str) -> None:
        self.outline = outline
        self.source = source
        self.errors = [outline.failure] if outline.failure else []
        self.reasons: list[str] = []
        self._starts = [block.start for block in outline.blocks]
        self._headings = "\n".join(block.text for block in outline.blocks if block.kind == "heading")[:100_000]

    def find(self) -> list[_Comparison]:
        """The comparisons in the order of the file; a further table about the same things adds rows to the first."""
        found: dict[tuple[str, ...], _Comparison] = {}
        for grid in self.outline.grids[:_MOST_TABLES]:
            comparison = self._read(grid)
            if comparison.table is None:
                continue
            key = tuple(plain_typography(name).casefold() for name in comparison.table.names)
            if key in found:
                known = {(row.label, row.values) for row in found[key].table.rows}  # type: ignore[union-attr]
                found[key].more += [row for row in comparison.table.rows if (row.label, row.values) not in known]
            else:
                found[key] = comparison
        self._set_apart(list(found.values()))
        return list(found.values())

    def refusal(self) -> PageError:
        """Why there is no page."""
        if self.errors:
            return self.errors[0]
        without = _WITHOUT.get(self.outline.format, "no comparison table")
        return PageError(self.source, f"{without}: {self.reasons[0] if self.reasons else _NEEDED}")

    def _read(self, grid: Grid) -> _Comparison:
        comparison = _Comparison(grid)
        labels = {row[0].text.casefold() for row in grid.rows if row}
        if labels & KNOWN_LABELS or "feature" in labels:
            try:
                comparison.strict = _strict_table(grid, self.outline.title, self.source)
            except PageError as error:
                comparison.error = error
        if not labels & _SITE_LABELS:
            told = read_features(grid, self._name_of(grid), self._headings)
            if isinstance(told, FeatureTable):
                comparison.feature = told
                if told.by_row and not labels & KNOWN_LABELS:
                    comparison.strict = comparison.error = None
            else:
                self.reasons.append(f"at line {grid.line}, {told}")
        if comparison.table is None and comparison.error is not None:
            self.errors.append(comparison.error)
        return comparison

    def _name_of(self, grid: Grid) -> str:
        """What names a table: the page's title, its own caption, and what stands before it."""
        before = bisect_left(self._starts, grid.start)
        lead = self.outline.blocks[before - 1].text[:300] if before else ""
        return "\n".join(filter(None, (self.outline.title, grid.caption, lead)))

    def _set_apart(self, found: Sequence[_Comparison]) -> None:
        """Settle where each comparison begins: at the title that stands before its table."""
        for number, comparison in enumerate(found):
            comparison.title = self.outline.title
            if len(found) == 1 or comparison.table is None:
                continue
            behind = bisect_left(self._starts, comparison.grid.start)
            before = self.outline.blocks[max(0, behind - _LEAD_IN) : behind]
            if number:
                before = [block for block in before if block.start >= found[number - 1].grid.end]
            names = [name.casefold() for name in comparison.table.names]
            lead = next((b for b in before if b.kind == "heading" or any(n in b.text.casefold() for n in names)), None)
            if number:
                comparison.start = lead.start if lead else comparison.grid.start
            comparison.title = lead.text if lead else ""


def _page(comparison: _Comparison, blocks: Sequence[Block], outline: Outline, source: str, sha256: str) -> Page:
    """The page of one comparison: as the site writes them if that works out, else as a feature table."""
    error = comparison.error
    raw = RawPage(
        text=outline.text,
        source=source,
        sha256=sha256,
        format=outline.format,
        title=comparison.title,
        table=comparison.strict or ComparisonTable((), (), 0),
        blocks=blocks,
        date=outline.date,
        url=outline.url,
        claims_only=outline.claims_only,
        by_line=outline.by_line,
    )
    if comparison.strict is not None:
        try:
            table = replace(comparison.strict, more=tuple(comparison.more))
            return build_page(replace(raw, table=table))
        except PageError as caught:
            error = caught
    if comparison.feature is None:
        assert error is not None
        raise error
    feature = comparison.feature
    table = replace(feature.table, more=tuple(comparison.more))
    texts = texts_by_heading(blocks if outline.by_line else as_paragraphs(list(blocks), outline.text), table.names)
    return page_of_table(replace(raw, table=table), texts, _understood(feature, table, sum(map(len, texts))))


def _understood(feature: FeatureTable, table: ComparisonTable, texts: int) -> list[str]:
    """How a feature table was read, in a line for the report."""
    labels = list(dict.fromkeys(row.label for row in (*table.rows, *table.more)))
    if feature.by_row:
        told = f"understood as a table with a row for each of {_listed(table.names)}; its columns are the criteria: "
        told += _listed(labels)
    else:
        rows = len(table.rows) + len(table.more)
        told = f"understood as a feature table of {_listed(table.names)}: {rows} row{'s' * (rows != 1)}"
    if texts:
        told += f", and {texts} text{'s' * (texts != 1)} under headings that name one of them"
    notes = [told]
    if feature.unsure:
        notes.append(_UNSURE)
    if feature.left_out:
        notes.append(f"left out what names nothing: the column {', '.join(map(repr, feature.left_out[:6]))}")
    if feature.rows_left_out:
        notes.append(f"left out what names or says nothing: the row {', '.join(map(repr, feature.rows_left_out[:6]))}")
    if feature.mute:
        notes.append(f"pictures without text in the row {', '.join(map(repr, feature.mute[:6]))}")
    return notes


def _listed(names: Sequence[str]) -> str:
    """Names for a line; of many the first ones."""
    if len(names) > _MOST_LISTED:
        return f"{', '.join(names[:_MOST_LISTED])} and {len(names) - _MOST_LISTED:,} more"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


# --- tables as the site writes them ----------------------------------------------------------------------------------


def _strict_table(grid: Grid, title: str, source: str) -> ComparisonTable:
    """A table in which no cell may be missing. Raises PageError."""
    rows = [row for row in grid.rows if not is_section(row)]
    if not rows:
        raise PageError(source, "the table has no rows", grid.line)
    header, *body = replace(grid, rows=tuple(rows)).squared().rows
    names = tuple(name_of(cell, title) for cell in header[1:])
    check_names(names, source, grid.line)
    if header[0].text.casefold() in KNOWN_LABELS:
        raise PageError(source, "the table has no header", grid.line)
    if not body:
        raise PageError(source, "the table has no rows", grid.line)
    read = tuple(_strict_row(row, len(header), grid, source) for row in body)
    mute = tuple(row[0].text for row in body if any(cell.mute for cell in row))
    return ComparisonTable(names, read, grid.line, tuple(cell.url for cell in header[1:]), mute=mute)


def _strict_row(row: Sequence[Cell], width: int, grid: Grid, source: str) -> Row:
    filled = [cell for cell in row if cell.start >= 0]
    if max(len(cell.text) for cell in row) > LONGEST_ROW:
        raise PageError(source, f"a table cell is longer than {LONGEST_ROW:,} characters", grid.line)
    if len(row) != width or not row[0].text:
        raise PageError(source, f"table row {row[0].text[:40]!r} lacks a cell or has one too many", grid.line)
    return Row(
        row[0].text, tuple(plain_value(cell.text) for cell in row[1:]), filled[0].start, filled[-1].end, grid.line
    )


def check_names(names: Sequence[str], source: str, line: int | None) -> None:
    """Raises PageError for a header that names nobody, or cells too long to be names."""
    if not names or not all(names):
        raise PageError(source, "the table header lacks a name", line)
    if max(map(len, names)) > LONGEST_NAME:
        raise PageError(source, f"a name in the table header is longer than {LONGEST_NAME} characters", line)
