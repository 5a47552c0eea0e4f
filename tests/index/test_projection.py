"""A second look at large libraries: exact results, whatever Chroma's graph leads to."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from sidebyside.building.build import build_index
from sidebyside.index import nearest, projection
from sidebyside.index.chroma import mean_rows
from sidebyside.index.opened import open_index
from sidebyside.index.projection import Projection
from sidebyside.index.vectors import StoredVectors

PASSAGES = 2000


@pytest.fixture
def stored(tmp_path):
    """Three sentences a passage, in 96 numbers of which a few dozen matter, as in texts of one field."""
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((3 * PASSAGES, 24)) @ rng.standard_normal((24, 96))
    rows += 0.3 * rng.standard_normal(rows.shape)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.save(tmp_path / "rows.npy", rows.astype(np.float32))
    return StoredVectors(tmp_path / "rows.npy")


def exact(stored: StoredVectors, vector: np.ndarray, k: int) -> list[int]:
    scores = mean_rows(stored.all(), np.arange(0, len(stored), 3)) @ vector
    return np.argsort(-scores, kind="stable")[:k].tolist()


def test_the_nearest_of_all_rows_are_found_in_fewer_numbers(stored, monkeypatch):
    monkeypatch.setattr(projection, "DIMENSIONS", 32)
    monkeypatch.setattr(projection, "_CHUNK", 700)
    looked = Projection(stored, np.arange(0, len(stored), 3))
    none = np.zeros(0, dtype=np.int64)
    found = 0
    for row in range(0, len(stored), 150):
        vector = stored.rows(row, row + 1)[0]
        hits = looked.nearest(vector, 10, none)
        scores = [score for _, score in hits]
        assert scores == sorted(scores, reverse=True)
        found += len({place for place, _ in hits} & set(exact(stored, vector, 10)))
    assert found >= 0.98 * 10 * len(range(0, len(stored), 150))


def test_what_is_named_is_compared_wherever_it_stands(stored, monkeypatch):
    monkeypatch.setattr(projection, "DIMENSIONS", 1)
    looked = Projection(stored, np.arange(0, len(stored), 3))
    vector = stored.rows(600, 601)[0]
    wanted = exact(stored, vector, 5)
    assert [place for place, _ in looked.nearest(vector, 5, np.array(wanted))] == wanted


def test_a_large_index_is_looked_at_twice(tmp_path, monkeypatch):
    page = tmp_path / "page.txt"
    page.write_text(fakes.comparison_page("Tern", "Auk", topics=[f"matter {number}" for number in range(30)]), "utf-8")
    encoder = fakes.FakeEncoder(dimension=256)
    build_index([page], index=tmp_path / "index", encoder=encoder)
    vector = encoder.encode(["matter 7 of a tern"])[0]
    with open_index(tmp_path / "index") as small:
        expected = small._nearest.search_exactly(vector, 8)
    monkeypatch.setattr(nearest, "_LARGE", 10)
    with open_index(tmp_path / "index") as large:
        large.warm()
        found = large.search(vector, 8)
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-5)
        # Chroma may be away: the second look finds them alone.
        monkeypatch.setattr(large._nearest, "open", lambda: None)
        assert large.search(vector, 8) == found
