"""Stored vectors: the same rows whether they are held in memory or read one by one, and errors for broken files."""

from __future__ import annotations

import numpy as np
import pytest

from sidebyside.errors import IndexDamagedError
from sidebyside.index import vectors
from sidebyside.index.vectors import StoredVectors

ROWS = np.arange(120, dtype=np.float32).reshape(40, 3)


@pytest.fixture(params=["held in memory", "read row by row"])
def stored(request, tmp_path, monkeypatch):
    if request.param == "read row by row":
        monkeypatch.setattr(vectors, "_MOST_IN_MEMORY", 0)
    np.save(tmp_path / "rows.npy", ROWS)
    return StoredVectors(tmp_path / "rows.npy")


def test_rows_are_those_of_the_file(stored):
    assert (len(stored), stored.shape) == (40, (40, 3))
    assert np.array_equal(stored.rows(3, 7), ROWS[3:7])
    assert stored.rows(5, 5).shape == (0, 3)
    assert np.array_equal(stored.all(), ROWS)


@pytest.mark.parametrize("step", [1, 3, 9, 100])
def test_every_so_many_rows_are_sampled(stored, step):
    sample = stored.every(step)
    assert np.array_equal(sample, ROWS[::step])
    assert sample.flags.c_contiguous


def test_nobody_can_change_them(stored):
    for rows in (stored.rows(0, 2), stored.all()):
        with pytest.raises(ValueError, match="read-only"):
            rows[0] = 0


def test_a_file_that_is_cut_off_later_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "_MOST_IN_MEMORY", 0)
    path = tmp_path / "rows.npy"
    np.save(path, ROWS)
    stored = StoredVectors(path)
    with path.open("r+b") as file:
        file.truncate(200)
    with pytest.raises(
        IndexDamagedError, match=r"rows.npy was cut off while it was in use; mend with: sidebyside index"
    ):
        stored.rows(38, 40)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (ROWS.astype(np.float64), "holds float64"),
        (ROWS[0], r"holds float32 \(3,\)"),
        (np.asfortranarray(ROWS), "not float32 rows"),
    ],
)
def test_other_arrays_are_refused(tmp_path, array, message):
    np.save(tmp_path / "rows.npy", array)
    with pytest.raises(ValueError, match=message):
        StoredVectors(tmp_path / "rows.npy")


def test_a_short_file_is_refused(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, ROWS)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match=r"rows.npy ends early"):
        StoredVectors(path)
