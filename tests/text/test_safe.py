"""What may not be shown is taken out of every output by the same list."""

from __future__ import annotations

import unicodedata

import pytest

from making_answers import answer
from sidebyside.app.markup import answer_html, clean
from sidebyside.cli.shell import printable
from sidebyside.records.display import answer_markdown
from sidebyside.text.safe import safe

EVERY = [chr(code) for code in range(0x110000)]
CONTROLS = [char for char in EVERY if unicodedata.category(char) == "Cc" and char not in "\t\n"]
TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
TURNING = [char for char in EVERY if unicodedata.bidirectional(char) in TURNS]
OUTPUTS = {
    "page": clean,
    "answer": lambda text: answer_html(text, lambda _number: ""),
    "notebook": lambda text: answer_markdown(answer(text)),
    "terminal": printable,
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_control_and_no_turned_text_gets_through(output):
    for char in [*CONTROLS, *TURNING, "\u200e", "\u200f", "\ufeff"]:
        assert char not in OUTPUTS[output](f"ab{char}cd"), f"U+{ord(char):04X}"


def test_everything_else_stays():
    text = "Größe\tof 北京 — “8–16 GB” 🦙\u200d\nשלום\N{WORD JOINER}"
    assert safe(text) == text
    assert safe("a\x1b[31mb\rc", "?") == "a?[31mb?c"
