"""docs/scale.md computes with the figures that were measured, and names settings that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sidebyside.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


def result(name: str) -> Any:
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))


def figure(pattern: str) -> float:
    """The number that stands in the group of a pattern."""
    found = re.search(pattern, GUIDE)
    assert found, pattern
    return float(found[1].replace(",", ""))


def test_files_and_settings_that_it_names_exist():
    for name in re.findall(r"`(\w+)\.json`", GUIDE):
        assert result(name)
    for name in re.findall(r"SIDEBYSIDE_(\w+)", GUIDE):
        assert name.lower() in Settings.model_fields, name


def test_measured_figures_are_those_of_the_files():
    tables, quotes = result("question_cost")["rows"]
    assert figure(r"tables settle \| ([\d.]+) ms") == pytest.approx(tables["cpu_ms_mean"], abs=0.05)
    assert figure(r"asked for before \| ([\d.]+) ms") == pytest.approx(quotes["cpu_ms_mean"], abs=0.5)
    [real] = result("index_build_real")["results"]
    assert figure(r"MiniLM-L6-v2\) \| (\d+) a second") == pytest.approx(
        real["sentences_embedded"] / real["build"]["cpu_s"], abs=0.5
    )
    small, large = result("chroma_server")["results"]
    assert figure(r"fill \| ([\d.]+) ms") == pytest.approx(small["fill_server_cpu_ms_per_1000_rows"] / 1000, abs=0.005)
    assert figure(r"10,000 rows, ([\d.]+)") == pytest.approx(
        large["fill_server_cpu_ms_per_1000_rows"] / 1000, abs=0.006
    )
    assert figure(r"80 rows \| ([\d.]+) ms") == pytest.approx(large["server_cpu_ms_per_query"], abs=0.05)
    assert figure(r"size of a row \| ([\d.]+) kB") == pytest.approx(
        large["server_memory_bytes_per_row"] / 1000, abs=0.05
    )
    speed = result("generation")["speed"]["alone"]["ours"]
    assert figure(r"\| (\d+) tokens a second in") == pytest.approx(speed["prefill"] / 2, abs=0.5)
    assert figure(r"in, (\d+) out") == pytest.approx(speed["decode"] / 2, abs=0.5)


def test_the_arithmetic_is_right():
    sentences = 10e6 * figure(r"a passage, ([\d.]+) sentences")
    hours = sentences / figure(r"MiniLM-L6-v2\) \| (\d+) a second") / 3600
    assert figure(r"\*\*(\d+) core hours\*\*") == pytest.approx(hours, abs=0.5)
    memory = 10e6 * figure(r"size of a row \| ([\d.]+) kB") * 1000 / 1e9
    assert figure(r"\*\*(\d+) GB of memory\*\*") == pytest.approx(memory, abs=0.5)
    assert figure(r"\*\*(\d+) GB\*\* while") == pytest.approx(3 * memory, abs=0.5)
    assert figure(r"16\.6 M x 1,536 bytes = ([\d.]+) GB") == pytest.approx(sentences * 1536 / 1e9, abs=0.05)
    assert figure(r"\*\*(\d+) cores\*\*") == pytest.approx(40 * (490 / 44 + 25 / 14), abs=1)
    assert figure(r"= (\d+) TFLOP/s") == pytest.approx(20_600 * 2 * 1.5e9 / 1e12, abs=0.5)
