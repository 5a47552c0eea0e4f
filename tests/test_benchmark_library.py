"""The libraries that benchmarks make: the same every time, read as they are meant, varied as real ones are."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from sidebyside.library import build_library
from sidebyside.pages import read_page
from sidebyside.text.words import content_words

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import _large_library as maker


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return maker.write_library(tmp_path_factory.mktemp("large") / "pages", 300)


def test_the_same_pages_come_every_time(pages, tmp_path):
    again = maker.write_library(tmp_path / "pages", 300)
    assert [path.name for path in again] == [path.name for path in pages]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in pages]


def test_pages_are_read_as_they_are_meant(pages):
    library = build_library(read_page(path) for path in pages)
    assert 300 <= sum(len(artifact.capabilities) for artifact in library.artifacts) < 316
    for artifact in library.artifacts:
        assert len(artifact.capabilities) == artifact.capabilities_total
        assert all(c.description and c.unique and c.alternatives for c in artifact.capabilities)
    assert len({artifact.name for artifact in library.artifacts}) == len(library.artifacts)
    assert any(len(artifact.sources) > 1 for artifact in library.artifacts)
    assert library.conflicts()


def test_words_are_as_unequal_as_in_a_language(pages):
    counts = Counter(word for path in pages for word in content_words(path.read_text("utf-8")))
    assert len(counts) > 800
    assert sum(count == 1 for count in counts.values()) > len(counts) / 4


def test_a_revision_changes_one_capability():
    before, after = maker.page(7).splitlines(), maker.page(7, 2).splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 1
    assert changed[0].endswith("Revision 2 adds 2 more checks.")


def test_questions_name_artifacts_of_the_library(pages):
    library = build_library(read_page(path) for path in pages)
    names = {artifact.name for artifact in library.artifacts}
    for question in maker.questions(len(pages) * 2, 20):
        assert sum(name in question for name in names) == 2
