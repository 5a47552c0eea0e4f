"""Files that hold no page are read once, and their reasons are told as often as they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import FakeEncoder, comparison_page
from sidebyside.building import refusals, scanning
from sidebyside.building.build import build_index
from sidebyside.building.refusals import REFUSALS, Refusals
from sidebyside.settings import Settings

SETTINGS = Settings.load()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "page.txt").write_text(comparison_page("Alpha", "Beta"))
    for number in range(8):
        (folder / f"note {number}.md").write_text(f"# Note {number}\n\nNothing to compare.\n")
    return folder


@pytest.fixture
def read(monkeypatch) -> list[str]:
    """The names of the files that were read through, in order."""
    names: list[str] = []
    real = scanning.parse_pages

    def parse(data, source, **options):
        names.append(source)
        return real(data, source, **options)

    monkeypatch.setattr(scanning, "parse_pages", parse)
    return names


def build(notes: Path, settings: Settings = SETTINGS):
    return build_index([notes], index=notes.parent / "index", settings=settings, encoder=FakeEncoder())


def test_a_folder_of_notes_is_read_through_once_and_told_of_each_time(notes, read):
    first = build(notes)
    assert len(read) == 9
    read.clear()
    assert build(notes).skipped == first.skipped
    assert len(first.skipped) == 8
    assert read == []


def test_a_note_that_changes_or_is_called_otherwise_is_read_again(notes, read):
    build(notes)
    read.clear()
    (notes / "note 1.md").write_text(comparison_page("Gamma", "Delta"))
    (notes / "note 2.md").rename(notes / "note 2.csv")
    assert build(notes).pages == 2
    assert sorted(read) == ["note 1.md", "note 2.csv"]


def test_other_readers_another_limit_and_a_damaged_memory_read_again(notes, read, monkeypatch):
    build(notes)
    for spoil in (
        lambda: monkeypatch.setattr(refusals, "READER_VERSION", refusals.READER_VERSION + 1),
        lambda: (notes.parent / "index" / REFUSALS).write_bytes(b"\x1f\x8bnothing"),
        lambda: (notes.parent / "index" / REFUSALS).unlink(),
    ):
        spoil()
        read.clear()
        assert len(build(notes).skipped) == 8
        assert len(read) == 8
    read.clear()
    build(notes, SETTINGS.model_copy(update={"max_page_bytes": 1_000_000}))
    assert len(read) == 8


def test_only_what_was_seen_is_kept_and_a_pdf_that_took_too_long_is_not(tmp_path):
    kept = Refusals(tmp_path, 10)
    kept.add("a", "a.md", "no comparison table")
    kept.add("b", "b.pdf", "a PDF that could not be read within 30 seconds; save the page as HTML")
    kept.save()
    again = Refusals(tmp_path, 10)
    assert again.get("a", "a.md") == "no comparison table"
    assert again.get("a", "b.md") is None
    assert again.get("b", "b.pdf") is None
    assert b"a.md" not in (tmp_path / REFUSALS).read_bytes()
    Refusals(tmp_path, 10).save()
    assert Refusals(tmp_path, 10).get("a", "a.md") is None, "what is no longer there is forgotten"


def test_an_index_that_cannot_be_written_beside_is_no_error(tmp_path):
    kept = Refusals(tmp_path / "nowhere", 10)
    kept.add("a", "a.md", "no comparison table")
    kept.save()
    assert not (tmp_path / "nowhere").exists()
