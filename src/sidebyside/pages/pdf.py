"""Reads a PDF that a browser or an editor printed: by the structure it is tagged with, else by where its words are."""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import sys
import threading
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from sidebyside.errors import PageError
from sidebyside.pages.opened import Body, OpenedFile, Piece, Rendering
from sidebyside.pages.outline import Cell, Outline
from sidebyside.pages.pdf_tables import River, bands_of, find_table, rows_of
from sidebyside.pages.pdf_words import Word, around, joined, lines_of
from sidebyside.pages.places import with_places
from sidebyside.records import Page, Source
from sidebyside.text.hyphens import joined_lines
from sidebyside.text.typography import visible_text

SECONDS = 30.0

_HEADING = re.compile(r"H([1-6])|(H|Title)")
_GROUPS = frozenset("Document Part Art Sect Div NonStruct BlockQuote TOC TOCI Index L LI LBody Form Aside".split())
_PARAGRAPHS = frozenset("P Lbl Note Caption Code Quote Reference BibEntry".split())
# A browser prints date and title above a page, address and number below it.
_PRINTED = re.compile(
    r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b.*|(?:https?|file)://\S+\s+\d+/\d+|\d+\s*/\s*\d+|Page \d+ of \d+"
)
_ADDRESS = re.compile(r"(https?://\S*[^\s…])\s+\d+/\d+")
_SIGNS = ".,;:!?()[]\"'“”‘’"
_DATE = re.compile(r"D:(\d{4})([01]\d)([0-3]\d)")


def open_pdf(data: bytes, source: str) -> OpenedFile:
    """Open a PDF; its text is that of its structure or lines. Raises PageError."""
    told = _WORKER.ask(data, source)
    if "error" in told:
        raise PageError(source, f"a PDF that cannot be read: {told['error']}; save the page as HTML")
    sheets = told["pages"]
    words = [_words(sheet, number) for number, sheet in enumerate(sheets, start=1)]
    if not any(words):
        raise PageError(source, "a PDF without text (a scan, perhaps); save the page as HTML")
    known = frozenset(word.text.strip(_SIGNS).casefold() for found in words for word in found)
    written = _Writer(known)
    if not _write_structure(written, sheets, words):
        written = _Writer(known)
        _write_lines(written, sheets, words)
    text = written.rendering.text
    title = next((block.text for block in written.rendering.blocks if block.level == 1), told["title"])
    outline = Outline(text, "pdf", title, written.rendering.blocks, written.rendering.grids)
    date = _DATE.match(told["date"])
    body = Body(0, len(text), outline, url=_address(words), date="-".join(date.groups()) if date else None)
    return OpenedFile(text, "pdf", format="pdf", bodies=(body,), layout=tuple(written.pieces))


def _words(sheet: dict[str, Any], number: int) -> list[Word]:
    return [
        Word(text, number, (x0, top, x1, bottom), size, bold, mark)
        for text, x0, top, x1, bottom, size, bold, mark in sheet["words"]
    ]


def _address(sheets: Sequence[Sequence[Word]]) -> str | None:
    for words in sheets:
        lines = lines_of(words)
        found = _ADDRESS.fullmatch(joined(lines[-1])) if lines else None
        if found:
            return found.group(1)
    return None


# --- the process that reads -----------------------------------------------------------------------------------------


class _Worker:
    """The process in which PDFs are read, started with the first one; one that takes too long is ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, data: bytes, source: str) -> dict[str, Any]:
        """What the worker says about a PDF. Raises PageError where it gives no answer."""
        with self._lock:
            process = self._started()
            timer = threading.Timer(SECONDS, process.kill)
            timer.start()
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(len(data).to_bytes(8, "big") + data)
                process.stdin.flush()
                size = process.stdout.read(8)
                reply = process.stdout.read(int.from_bytes(size, "big")) if len(size) == 8 else b""
                told: dict[str, Any] = json.loads(reply)
                return told
            except (OSError, ValueError):
                self._end(process)
                raise PageError(
                    source, f"a PDF that could not be read within {SECONDS:.0f} seconds; save the page as HTML"
                ) from None
            finally:
                timer.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            # -P: the folder of this file holds an html.py of its own, which must not stand in for Python's.
            command = [sys.executable, "-P", str(Path(__file__).with_name("pdf_worker.py"))]
            atexit.register(self.close)
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._process

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._end(self._process)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process = None


_WORKER = _Worker()


# --- writing down ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Writer:
    """The text as it grows, and where each of its pieces stands on paper; `known` are the words of all sheets."""

    known: frozenset[str]
    rendering: Rendering = field(default_factory=Rendering)
    pieces: list[Piece] = field(default_factory=list)

    def add_text(self, words: Sequence[Word], *, level: int = 0, listed: bool = False) -> None:
        """A paragraph or heading."""
        start = self.rendering.length
        lines = self._lines(words)
        self.rendering.add_text(_whole(lines), level=level, listed=listed)
        self._place(lines, start)

    def add_table(self, rows: Sequence[Sequence[tuple[Sequence[Word], Cell]]]) -> None:
        """A table, given as the words of each cell with what else is known of it."""
        read = [[(self._lines(words), cell) for words, cell in row] for row in rows]
        self.rendering.add_table(
            [[replace(cell, text=_whole(lines) or cell.text) for lines, cell in row] for row in read]
        )
        written = self.rendering.grids[-1].rows if rows else ()
        for row, cells in zip(read, written, strict=True):
            for (lines, _), cell in zip(row, cells, strict=True):
                if cell.start >= 0:
                    self._place(lines, cell.start)

    def _lines(self, words: Sequence[Word]) -> list[tuple[list[Word], str]]:
        """Words line by line, with the text of each line as far as the next one."""
        lines = lines_of(words, keep_order=True)
        texts = [joined(line) for line in lines]
        whole = [joined_lines(text, after, self.known) for text, after in pairwise(texts)] + texts[-1:]
        return [(line, visible_text(text) + " " * text.endswith(" ")) for line, text in zip(lines, whole, strict=True)]

    def _place(self, lines: Sequence[tuple[list[Word], str]], start: int) -> None:
        """Note the boxes line by line."""
        for line, text in lines:
            end = start + len(text)
            self.pieces.append(
                Piece(start, end - text.endswith(" "), line[0].sheet, around([word.box for word in line]))
            )
            start = end


def _whole(lines: Sequence[tuple[list[Word], str]]) -> str:
    return "".join(text for _, text in lines)


def place_in_pdf(page: Page, layout: Sequence[Piece]) -> Page:
    """The page with the sheet and the box of everything that it quotes."""
    starts = [piece.start for piece in layout]

    def placed(place: Source) -> Source:
        first = max(0, bisect_right(starts, place.start) - 1)
        found = [piece for piece in layout[first : bisect_left(starts, place.end)] if piece.end > place.start]
        boxes = [piece.box for piece in found if piece.sheet == found[0].sheet]
        return replace(place, sheet=found[0].sheet, box=around(boxes)) if found else place

    return with_places(page, placed)


# --- tagged ---------------------------------------------------------------------------------------------------------


def _write_structure(written: _Writer, sheets: Sequence[dict[str, Any]], words: Sequence[Sequence[Word]]) -> bool:
    """Write what the structure holds; False where it does not hold most of the words."""
    reader = _Structure(written)
    for sheet, found in zip(sheets, words, strict=True):
        reader.read(sheet["tree"], found)
    reader.end()
    return reader.used >= 0.6 * sum(map(len, words))


class _Structure:
    """Walks the structure sheet by sheet; a table or paragraph may go on on the next."""

    def __init__(self, written: _Writer) -> None:
        self.used = 0
        self._written = written
        self._by_mark: dict[int, list[Word]] = {}
        self._waiting: list[Word] = []
        self._listed = False
        self._table: list[list[tuple[list[Word], Cell]]] = []
        self._heads: dict[str, int] = {}

    def read(self, tree: Sequence[dict[str, Any]], words: Sequence[Word]) -> None:
        self._by_mark = {}
        for word in words:
            self._by_mark.setdefault(word.mark, []).append(word)
        self._walk(tree, listed=False)

    def end(self) -> None:
        """Write what waits for more."""
        self._end_text()
        self._end_table()

    def _walk(self, nodes: Sequence[dict[str, Any]], *, listed: bool) -> None:
        for node in nodes:
            kind = node["kind"]
            heading = _HEADING.fullmatch(kind)
            if kind == "Table":
                self._end_text()
                self._add_table(node)
            elif heading:
                self.end()
                words = self._take(node)
                self._written.add_text(words, level=int(heading.group(1) or 1))
            elif kind in _GROUPS and any(_is_block(child) for child in node["inside"]):
                self._walk(node["inside"], listed=listed or kind == "LI")
            else:
                self._add_text(self._take(node, skip_labels=True), listed=listed or kind == "LI")

    def _add_text(self, words: list[Word], *, listed: bool) -> None:
        if not words:
            return
        self._end_table()
        # A paragraph that goes over to the next sheet comes as two.
        goes_on = self._waiting and self._waiting[-1].sheet < words[0].sheet
        if not (goes_on and not self._waiting[-1].text.endswith((".", ":", "!", "?"))):
            self._end_text()
            self._listed = listed
        self._waiting += words

    def _end_text(self) -> None:
        self._written.add_text(self._waiting, listed=self._listed)
        self._waiting = []

    def _take(self, node: dict[str, Any], *, skip_labels: bool = False) -> list[Word]:
        """All words in a node; each is taken once."""
        if skip_labels and node["kind"] == "Lbl":
            return []
        words = [word for mark in node["marks"] for word in self._by_mark.pop(mark, ())]
        self.used += len(words)
        for child in node["inside"]:
            words += self._take(child, skip_labels=skip_labels)
        return words

    def _add_table(self, table: dict[str, Any]) -> None:
        rows = [self._row(row) for row in _rows_of(table)]
        rows = [row for row in rows if any(words or cell.text for words, cell in row)]
        # The head row is printed again on every sheet.
        if self._table and rows and _texts(rows[0]) == _texts(self._table[0]):
            rows = rows[1:]
        self._table += rows

    def _row(self, row: dict[str, Any]) -> list[tuple[list[Word], Cell]]:
        cells: list[tuple[list[Word], Cell]] = []
        for node in row["inside"]:
            if node["kind"] not in ("TH", "TD"):
                continue
            column = next((self._heads[head] for head in node["heads"] if head in self._heads), len(cells))
            while len(cells) < min(column, 64):
                cells.append(([], Cell()))
            if node["kind"] == "TH" and node["id"] and node["id"] not in self._heads:
                self._heads[node["id"]] = len(cells)
            alt = _alt(node)
            span = min(max(node["columns"], 1), 64), min(max(node["rows"], 1), 5000)
            cells.append((self._take(node), Cell(alt, columns=span[0], rows=span[1])))
        return cells

    def _end_table(self) -> None:
        if self._table:
            self._written.add_table(self._table)
        self._table, self._heads = [], {}


def _is_block(node: dict[str, Any]) -> bool:
    kind = str(node["kind"])
    if kind in _PARAGRAPHS or kind == "Table" or _HEADING.fullmatch(kind):
        return kind != "Lbl"
    return kind in _GROUPS and (kind in ("L", "LI") or any(_is_block(child) for child in node["inside"]))


def _rows_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in node["inside"]:
        if child["kind"] == "TR":
            yield child
        elif child["kind"] != "Table":
            yield from _rows_of(child)


def _alt(node: dict[str, Any]) -> str:
    """What pictures in a cell say they show."""
    return node["alt"] or next(filter(None, map(_alt, node["inside"])), "")


def _texts(row: Sequence[tuple[list[Word], Cell]]) -> list[str]:
    return [joined(words) for words, _ in row]


# --- not tagged -----------------------------------------------------------------------------------------------------


def _write_lines(written: _Writer, sheets: Sequence[dict[str, Any]], words: Sequence[Sequence[Word]]) -> None:
    """Write lines: those with gaps at the same places are a table, larger or bolder ones headings."""
    sizes = Counter(round(word.size, 1) for found in words for word in found for _ in word.text)
    usual = sizes.most_common(1)[0][0]
    layout = _Lines(written, usual, _heading_sizes(words, usual))
    for sheet, found in zip(sheets, words, strict=True):
        lines = [line for line in lines_of(found) if not _is_printed(line, sheet["height"])]
        layout.read(lines, sheet["rules"])
    layout.end()


def _is_printed(line: Sequence[Word], height: float) -> bool:
    """Whether a browser put this line above or below the page."""
    outside = line[0].box[3] < 40 or line[0].box[1] > height - 40
    return outside and _PRINTED.fullmatch(joined(line)) is not None


def _heading_sizes(words: Sequence[Sequence[Word]], usual: float) -> list[float]:
    """Sizes of headings, largest first."""
    return sorted({round(word.size, 1) for found in words for word in found if word.size > 1.12 * usual}, reverse=True)


class _Lines:
    """Takes lines from top to bottom and tells paragraphs, headings and tables."""

    def __init__(self, written: _Writer, usual: float, sizes: Sequence[float]) -> None:
        self._written = written
        self._usual = usual
        self._sizes = sizes
        self._waiting: list[Word] = []
        self._level_waiting = 0
        self._table: list[list[list[Word]]] = []
        self._rivers: Sequence[River] = ()

    def read(self, lines: Sequence[list[Word]], rules: Sequence[float]) -> None:
        spacing = _spacing(lines)
        bands = bands_of(lines)
        before: list[Word] | None = None
        place = 0
        if self._table and bands:
            # The table at the end of one sheet may go on at the top of the next, with its head row printed again.
            found = find_table(bands, 0, self._rivers)
            if found is None:
                self._end_table()
            else:
                self._add_rows(rows_of(bands[: found.end], self._rivers, rules, spacing))
                place = found.end
        while place < len(bands):
            found = find_table(bands, place)
            if found is not None:
                self.end()
                self._rivers = found.rivers
                self._add_rows(rows_of(bands[place : found.end], found.rivers, rules, spacing))
                place = found.end
                continue
            self._end_table()
            for line in bands[place].lines:
                self._add_line(line, before, spacing)
                before = line
            place += 1

    def end(self) -> None:
        self._end_text()
        self._end_table()

    def _add_rows(self, rows: Sequence[list[list[Word]]]) -> None:
        head = [joined(cell) for cell in self._table[0]] if self._table else None
        self._table += [row for row in rows if [joined(cell) for cell in row] != head]

    def _add_line(self, line: list[Word], before: Sequence[Word] | None, spacing: float) -> None:
        level = self._level(line)
        same = before is not None and bool(self._waiting) and before[0].sheet == line[0].sheet
        close = same and before is not None and line[0].box[3] - before[0].box[3] < 1.25 * spacing
        if level:
            # A heading too long for its line: the space above another one would be wider.
            near = same and before is not None and line[0].box[1] - before[0].box[3] < 0.7 * line[0].size
            goes_on = near and level == self._level_waiting and level <= len(self._sizes)
        else:
            over = bool(self._waiting) and not same and not self._waiting[-1].text.endswith((".", ":", "!", "?"))
            goes_on = self._level_waiting == 0 and (close or over)
        if not goes_on:
            self._end_text()
            self._level_waiting = level
        self._waiting += line

    def _level(self, line: Sequence[Word]) -> int:
        size = round(max(word.size for word in line), 1)
        if size in self._sizes:
            return min(self._sizes.index(size) + 1, 6)
        short = len(joined(line)) < 80
        return min(len(self._sizes) + 1, 6) if short and all(word.bold for word in line) else 0

    def _end_text(self) -> None:
        self._written.add_text(self._waiting, level=self._level_waiting)
        self._waiting, self._level_waiting = [], 0

    def _end_table(self) -> None:
        if len(self._table) > 1:
            self._written.add_table([[(cell, Cell()) for cell in row] for row in self._table])
        self._table = []


def _spacing(lines: Sequence[Sequence[Word]]) -> float:
    """The usual distance between two lines of one paragraph, of which the first one is full."""
    full = 0.7 * max((line[-1].box[2] for line in lines), default=0)
    steps = [after[0].box[3] - before[0].box[3] for before, after in pairwise(lines) if before[-1].box[2] >= full]
    sizes = [line[0].size for line in lines]
    near = [step for step in steps if 0 < step < 2 * (median(sizes) if sizes else 12)]
    return min(near, default=1.3 * (median(sizes) if sizes else 12))
