"""What a container allows counts, in both ways in which Linux tells it."""

from __future__ import annotations

import os

import pytest

from sidebyside.models import machine
from sidebyside.models.machine import allowed_cores, total_memory, usable_cores


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A folder in place of /sys/fs/cgroup, on a machine of 6 cores."""

    def moved(path: str) -> str:
        return path.replace("/sys/fs/cgroup", str(tmp_path))

    monkeypatch.setattr(machine, "_MEMORY", tuple(map(moved, machine._MEMORY)))
    monkeypatch.setattr(machine, "_SHARES", tuple(tuple(map(moved, files)) for files in machine._SHARES))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(6)), raising=False)
    for folder in ("memory", "cpu"):
        (tmp_path / folder).mkdir()
    return tmp_path


def test_without_a_container_it_is_the_machines_own(groups):
    assert 100_000_000 < total_memory() < 10**14
    assert usable_cores() == 6


@pytest.mark.parametrize(
    ("name", "text", "bytes_"),
    [
        ("memory.max", "3500000\n", 3_500_000),
        ("memory/memory.limit_in_bytes", "3500000\n", 3_500_000),
        ("memory.max", "max\n", None),
    ],
)
def test_a_limit_of_memory_counts(groups, name, text, bytes_):
    before = total_memory()
    (groups / name).write_text(text)
    assert total_memory() == (bytes_ or before)


@pytest.mark.parametrize(
    ("files", "share", "cores"),
    [
        ({"cpu.max": "max 100000\n"}, 6, 6),
        ({"cpu.max": "250000 100000\n"}, 2.5, 2),
        ({"cpu.max": "50000 100000\n"}, 0.5, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 6, 6),
        ({"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1.5, 1),
    ],
)
def test_a_share_of_the_processor_counts(groups, files, share, cores):
    for name, text in files.items():
        (groups / name).write_text(text)
    assert (allowed_cores(), usable_cores()) == (share, cores)
