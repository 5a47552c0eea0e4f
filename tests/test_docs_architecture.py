"""docs/architecture.md names rooms, files and functions that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sidebyside import records

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "sidebyside"
GUIDE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`((?:\w+/)?\w+\.py)` `(\w+)`", GUIDE)


def test_every_room_has_its_row():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    table = GUIDE.partition("## Rooms")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(\w+)/`", table)) == rooms


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_what_a_row_names_is_defined_there(file, name):
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert name in defined


def test_enough_is_named_to_follow_it():
    assert len(NAMED) >= 25


def test_files_exist_and_nouns_are_records():
    for path in re.findall(r"`((?:\w+/)?\w+\.py)`", GUIDE):
        assert (PACKAGE / path).is_file() or (ROOT / path).is_file(), path
    for noun in ("Page", "Library", "Passage", "Question", "Answer", "Event", "Turn", "Artifact", "Excerpt"):
        assert f"`{noun}" in GUIDE
        assert hasattr(records, noun), noun
