"""The doctor finds what is broken and names the command that mends it."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from sidebyside import doctor, models
from sidebyside.cli import cli
from sidebyside.doctor import Check, Report, examine
from sidebyside.settings import Settings

VERIFY = models.verify


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks that take seconds answer at once; tests of those checks put their own in place."""
    good = subprocess.CompletedProcess([], 0, "CPU : SSE3 = 1 | AVX2 = 1 | ", "")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *args, **kwargs: good)
    monkeypatch.setattr(models, "verify", lambda name, settings, **kwargs: settings.models / name)


def checks(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in examine(settings).checks}


@pytest.mark.integration
def test_a_whole_installation_is_sound(seed_index, default_model):
    report = examine(Settings.load(index=seed_index))
    found = {check.name: check for check in report.checks}
    assert report.sound, [check for check in report.checks if check.state == "broken"]
    assert found["sidebyside"].found == metadata.version("sidebyside")
    assert found["index"].found.endswith("4 artifacts, 96 passages, 167 sentences")
    assert "verified" in found["model"].found
    assert "verified" in found["encoder"].found
    assert all(check.remedy for check in report.checks if check.state != "ok")


def test_no_index_names_the_command_that_builds_one(tmp_path, quick):
    check = checks(Settings.load(index=tmp_path))["index"]
    assert check.state == "broken"
    assert "sidebyside index" in check.remedy


@pytest.mark.integration
def test_a_damaged_generation_is_noticed(seed_index, tmp_path, quick):
    copy = tmp_path / "index"
    shutil.copytree(seed_index, copy)
    generation = (copy / "CURRENT").read_text().strip()
    library = copy / "generations" / generation / "library.jsonl"
    data = bytearray(library.read_bytes())
    data[100] ^= 1
    library.write_bytes(bytes(data))
    check = checks(Settings.load(index=copy))["index"]
    assert check.state == "broken"
    assert "library.jsonl" in check.remedy
    assert "sidebyside index" in check.remedy


def test_missing_models_are_broken_with_the_command_that_pulls_them(tmp_path, quick, monkeypatch):
    monkeypatch.setattr(models, "verify", VERIFY)
    found = checks(Settings.load(models=tmp_path, index=tmp_path))
    assert found["encoder"].state == found["model"].state == "broken"
    assert "sidebyside models pull all-minilm-l6-v2" in found["encoder"].remedy
    assert "sidebyside models pull qwen2.5-coder-1.5b" in found["model"].remedy


def test_no_model_on_purpose_is_no_fault(tmp_path, quick):
    found = checks(Settings.load(models=tmp_path, index=tmp_path, model="none"))
    assert found["model"] == Check("model", "ok", "none: answers are made of tables and quotes")


def test_llama_cpp_built_for_another_processor_is_found_without_going_down(tmp_path, quick, monkeypatch):
    killed = subprocess.CompletedProcess([], -4, "", "")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *args, **kwargs: killed)
    check = checks(Settings.load(index=tmp_path))["llama.cpp"]
    assert check.state == "broken"
    assert "exit status -4" in check.found
    assert "--no-binary llama-cpp-python" in check.remedy


def test_llama_cpp_tells_its_processor_features(tmp_path, quick):
    assert checks(Settings.load(index=tmp_path))["llama.cpp"].found == "SSE3 = 1 AVX2 = 1".replace(" = 1", "")


def test_too_little_memory_is_a_warning_with_a_way_out(tmp_path, quick, monkeypatch):
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1e9, total=4e9))
    check = checks(Settings.load(index=tmp_path))["memory"]
    assert (check.state, check.found) == ("warning", "1.0 of 4.0 GB free, about 2.2 GB needed")
    assert "--no-llm" in check.remedy


def test_a_full_disk_is_a_warning(tmp_path, quick, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10_000_000))
    assert checks(Settings.load(index=tmp_path))["index folder"].state == "warning"


def test_an_old_processor_is_a_warning(tmp_path, quick, monkeypatch):
    monkeypatch.setattr(doctor, "_cpu_flags", lambda: {"avx"})
    monkeypatch.setattr(doctor.platform, "machine", lambda: "x86_64")
    assert checks(Settings.load(index=tmp_path))["processor"].state == "warning"


def test_a_mistyped_variable_is_noticed(tmp_path, quick, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_MODLE", "x")
    check = checks(Settings.load(index=tmp_path))["variables"]
    assert (check.state, check.found) == ("warning", "unknown: SIDEBYSIDE_MODLE")
    assert "SIDEBYSIDE_MODEL" in check.remedy


def test_a_missing_package_is_broken(tmp_path, quick, monkeypatch):
    real = metadata.version

    def version(name: str) -> str:
        if name == "gradio":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    assert checks(Settings.load(index=tmp_path))["gradio"] == Check(
        "gradio", "broken", "not installed", "run `make setup`"
    )


def test_a_check_that_fails_unforeseen_does_not_stop_the_others(tmp_path, quick, monkeypatch):
    def broken(_path: Path) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(shutil, "disk_usage", broken)
    found = checks(Settings.load(index=tmp_path))
    assert found["disk"].found == "ZeroDivisionError: odd"
    assert "index" in found


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("warning", 0), ("broken", 1)])
def test_the_command_exits_with_1_only_if_something_is_broken(monkeypatch, state, code):
    report = Report((Check("thing", state, "as it is", "do this" if state != "ok" else ""),))
    monkeypatch.setattr(doctor, "examine", lambda settings: report)
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == code
    assert ("thing: do this" in result.stdout) == (state != "ok")
    as_json = CliRunner().invoke(cli, ["doctor", "--json"])
    assert as_json.exit_code == code
    assert json.loads(as_json.stdout)["sound"] == (code == 0)
