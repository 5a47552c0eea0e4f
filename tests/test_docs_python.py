"""What docs/python.md shows is what happens."""

from __future__ import annotations

import doctest
import re
from dataclasses import fields
from pathlib import Path

import pytest

import sidebyside

GUIDE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```pycon\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.integration
def test_the_examples_run_as_shown(seed_index, monkeypatch):
    from sidebyside.assistant import close_all

    monkeypatch.setenv("SIDEBYSIDE_INDEX", str(seed_index))
    close_all()
    # One after the other, in one namespace: later examples use what earlier ones imported.
    example = doctest.DocTestParser().get_doctest("\n".join(BLOCKS), {}, "docs/python.md", None, 0)
    assert len(example.examples) >= 15
    lines: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=lines.append).failed
    close_all()
    assert failed == 0, "".join(lines)


def test_every_public_name_and_every_field_of_an_answer_is_explained():
    used = set(re.findall(r"\w+", GUIDE))
    assert set(sidebyside.__all__) - {"PageError", "Event", "Page"} <= used
    assert {field.name for field in fields(sidebyside.Answer)} - {"question"} <= used
    assert {field.name for field in fields(sidebyside.Match)} <= used
    assert {field.name for field in fields(sidebyside.Citation)} <= used
