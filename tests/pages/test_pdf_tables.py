"""Tables of PDFs that are not tagged, from words where they stand on paper."""

from __future__ import annotations

import pytest

from sidebyside.pages.pdf_tables import bands_of, find_table, rows_of
from sidebyside.pages.pdf_words import Word, joined, lines_of

SIZE = 10.0
SPACE = 2.5


def line(top: float, *texts: tuple[float, str], size: float = SIZE) -> list[Word]:
    """Words on one line; each text begins at its place, letters are half as wide as the size."""
    words = []
    for left, text in texts:
        for word in text.split():
            right = left + len(word) * size / 2
            words.append(Word(word, 1, (left, top, right, top + size), size, False, -1))
            left = right + SPACE
    return words


def read(lines: list[list[Word]], *, first: int = 0, rules: tuple[float, ...] = (), spacing: float = 12.0):
    """The rows of the table that begins with one of these bands."""
    bands = bands_of(lines_of([word for found in lines for word in found]))
    found = find_table(bands, first)
    if found is None:
        return None
    rows = rows_of(bands[found.first : found.end], found.rivers, rules, spacing)
    return [[joined(cell) for cell in row] for row in rows]


def test_head_cells_may_be_centred_and_columns_nearer_than_words():
    lines = [
        line(0, (15, "Feature"), (73, "Wharfbase"), (122, "Pier One")),
        line(16, (0, "Free plan"), (68, "3 users"), (122, "None")),
        line(32, (0, "API calls day"), (68, "10,000 each"), (122, "250,000")),
        line(48, (0, "Uptime"), (68, "99.9%"), (122, "99.5%")),
    ]
    assert read(lines) == [
        ["Feature", "Wharfbase", "Pier One"],
        ["Free plan", "3 users", "None"],
        ["API calls day", "10,000 each", "250,000"],
        ["Uptime", "99.9%", "99.5%"],
    ]


def test_figures_may_stand_on_the_right():
    lines = [
        line(0, (0, "Feature"), (85, "Tarn"), (140, "Beck")),
        line(16, (0, "Seats"), (100, "5"), (150, "12")),
        line(32, (0, "Letters a day"), (80, "90000"), (155, "7")),
        line(48, (0, "Price"), (95, "12"), (145, "100")),
    ]
    assert read(lines) == [
        ["Feature", "Tarn", "Beck"],
        ["Seats", "5", "12"],
        ["Letters a day", "90000", "7"],
        ["Price", "12", "100"],
    ]


def test_a_label_in_the_middle_of_its_row_belongs_to_the_lines_above_and_below():
    lines = [
        line(0, (0, "Feature"), (80, "Tarn"), (160, "Beck")),
        line(16, (0, "Seats"), (80, "5"), (160, "12")),
        line(32, (80, "2 TB for")),
        line(38, (0, "Storage"), (160, "1 TB")),
        line(44, (80, "each of us")),
        line(60, (0, "Price"), (80, "Free"), (160, "$5")),
    ]
    assert read(lines) == [
        ["Feature", "Tarn", "Beck"],
        ["Seats", "5", "12"],
        ["Storage", "2 TB for each of us", "1 TB"],
        ["Price", "Free", "$5"],
    ]


def test_lines_without_a_label_go_on_with_the_row_above():
    lines = [
        line(0, (0, "Feature"), (80, "Tarn"), (160, "Beck")),
        line(18, (0, "Storage"), (80, "2 TB for"), (160, "1 TB")),
        line(30, (80, "each of us")),
        line(48, (0, "Price"), (80, "Free"), (160, "$5")),
        line(66, (0, "Seats"), (80, "5"), (160, "12")),
    ]
    assert read(lines)[1] == ["Storage", "2 TB for each of us", "1 TB"]


def test_ruled_lines_tell_rows():
    lines = [
        line(0, (0, "Feature"), (80, "Tarn"), (160, "Beck")),
        line(20, (0, "Storage for"), (80, "2 TB"), (160, "1 TB")),
        line(32, (0, "everybody"), (80, "each")),
        line(52, (0, "Price"), (80, "Free"), (160, "$5")),
        line(72, (0, "Seats"), (80, "5"), (160, "12")),
    ]
    assert read(lines, rules=(15, 47, 67), spacing=30.0)[1] == ["Storage for everybody", "2 TB each", "1 TB"]


def test_a_row_of_pictures_and_a_heading_inside_do_not_end_a_table():
    lines = [
        line(0, (80, "Tarn"), (160, "Beck")),
        line(20, (0, "Storage"), (80, "2 TB"), (160, "1 TB")),
        line(40, (0, "Offline")),
        line(60, (0, "Price"), (80, "Free"), (160, "$5")),
        line(80, (0, "Seats"), (80, "5"), (160, "12")),
    ]
    assert read(lines) == [
        ["", "Tarn", "Beck"],
        ["Storage", "2 TB", "1 TB"],
        ["Offline", "", ""],
        ["Price", "Free", "$5"],
        ["Seats", "5", "12"],
    ]


@pytest.mark.parametrize("first", [0, 1])
def test_prose_is_no_table(first):
    prose = (
        "keeps the accounts of clubs with many members and",
        "reminds those who are late with a letter in their",
        "own language, which it finds out by itself after a",
        "few weeks; then it stops and waits for an answer of",
        "the one who was asked for it at first",
    )
    lines = [line(12 * place, (0, text)) for place, text in enumerate(prose)]
    assert read(lines, first=first) is None


def test_text_before_a_table_is_not_its_head():
    lines = [
        line(0, (0, "The two of them differ in what they cost, not in the rest")),
        line(16, (0, "Feature"), (80, "Tarn"), (160, "Beck")),
        line(32, (0, "Storage"), (80, "2 TB"), (160, "1 TB")),
        line(48, (0, "Price"), (80, "Free"), (160, "$5")),
    ]
    assert read(lines) is None
    assert read(lines, first=1)[0] == ["Feature", "Tarn", "Beck"]
