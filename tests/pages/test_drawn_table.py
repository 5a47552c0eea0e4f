"""Tables that are drawn with dashes."""

from __future__ import annotations

import pytest

from sidebyside.pages.drawn_table import read_drawn
from sidebyside.pages.text import strip_lines

SIMPLE = """
  Feature       Tarn          Fell Side
  ------------- ------------- -----------
  Storage       2 TB          1 TB
  Offline mode  yes, mostly

after
"""
WRAPPED = """
------------------------------------------
Feature       Tarn           Fell Side
------------- -------------- -------------
Storage       2 TB for       1 TB
              everybody

Offline mode  yes, mostly
------------------------------------------
after
"""
RST = """
============  ===========  =========
Feature       Tarn         Fell Side
============  ===========  =========
Storage       2 TB         1 TB
Offline mode  yes, mostly
============  ===========  =========
after
"""
BOXES = """
+--------------+-------------+-----------+
| Feature      | Tarn        | Fell Side |
+==============+=============+===========+
| Storage      | 2 TB        | 1 TB      |
+--------------+-------------+-----------+
| Offline mode | yes,        |           |
|              | mostly      |           |
+--------------+-------------+-----------+
after
"""
TERMINAL = """
+--------------+-------------+-----------+
| Feature      | Tarn        | Fell Side |
+--------------+-------------+-----------+
| Storage      | 2 TB        | 1 TB      |
| Offline mode | yes, mostly |           |
| Seats        | 5           | 12        |
+--------------+-------------+-----------+
after
"""


def read(text: str):
    """The rows of the table in a text, and the first line behind it."""
    lines = strip_lines(text, "x")
    grid, behind = read_drawn(lines, 1, text)
    assert grid is not None
    rest = next(line[0] for line in lines[behind:] if line[0])
    return [[cell.text for cell in row] for row in grid.rows], rest


@pytest.mark.parametrize("text", [SIMPLE, RST, BOXES], ids=["simple", "rst", "boxes"])
def test_columns_stand_under_their_dashes_or_between_pipes(text):
    rows = [["Feature", "Tarn", "Fell Side"], ["Storage", "2 TB", "1 TB"], ["Offline mode", "yes, mostly", ""]]
    assert read(text) == (rows, "after")


def test_wrapped_cells_are_joined_where_empty_lines_part_the_rows():
    rows = [
        ["Feature", "Tarn", "Fell Side"],
        ["Storage", "2 TB for everybody", "1 TB"],
        ["Offline mode", "yes, mostly", ""],
    ]
    assert read(WRAPPED) == (rows, "after")


def test_terminals_draw_no_rules_between_rows():
    assert read(TERMINAL)[0][1:] == [
        ["Storage", "2 TB", "1 TB"],
        ["Offline mode", "yes, mostly", ""],
        ["Seats", "5", "12"],
    ]


@pytest.mark.parametrize(
    "text", ["\na heading\n---------\ntext\n", "\ntext\n---\n", "\n- a\n- b\n", "\n----------\na\n"]
)
def test_headings_lists_and_lines_are_no_tables(text):
    lines = strip_lines(text, "x")
    assert read_drawn(lines, 1, text) == (None, 1)
