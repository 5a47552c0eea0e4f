"""What was skipped is told by reason."""

from __future__ import annotations

from sidebyside.cli.indexing import grouped

ROW = "no comparison table: at line {}, the head row ({}) names columns, and the rows could be anything"


def test_files_that_share_a_reason_are_one_line_whatever_their_line_and_head_row():
    pairs = [(f"{number}.md", ROW.format(number, f"Task (a) | {number}")) for number in range(40)]
    pairs += [(f"{number}.png", "it is an image") for number in range(50)]
    pairs += [("bad.json", "line 7: the JSON is cut off")]
    assert grouped(pairs) == [
        ("bad.json", "line 7: the JSON is cut off"),
        (
            "40 files, such as 0.md",
            "no comparison table: the head row names columns, and the rows could be anything",
        ),
        ("50 files, such as 0.png", "it is an image"),
    ]


def test_few_files_have_a_line_each():
    pairs = [(f"{number}.md", ROW.format(number, "A | B")) for number in range(5)]
    assert grouped(pairs) == pairs
