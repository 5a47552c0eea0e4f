"""Installing the engine of language models: what pip is asked for, how far it is, and what is said where it fails."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from sidebyside.errors import ModelError
from sidebyside.models import engine
from sidebyside.models.engine import compiles, install_engine, pip_arguments, requirement


def test_the_version_is_the_one_of_the_lock_file():
    name, _, version = requirement().partition("==")
    assert name == "llama-cpp-python"
    assert version.count(".") == 2


def test_without_a_lock_file_it_is_what_the_package_asks_for(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_LOCK", tmp_path / "none")
    monkeypatch.setattr(engine, "requires", lambda _name: ["click>=8", 'llama-cpp-python>=0.3; extra == "llm"'])
    assert requirement() == "llama-cpp-python>=0.3"


@pytest.mark.parametrize(
    ("wheel", "arguments"),
    [
        ("", [requirement()]),
        ("no", [requirement()]),
        ("/a b/llama.whl", ["/a b/llama.whl"]),
        ("https://example.org/llama.whl?x=1", ["https://example.org/llama.whl?x=1"]),
        ("yes", ["--only-binary", "llama-cpp-python", requirement()]),
        (
            "https://example.org/cpu",
            ["--extra-index-url", "https://example.org/cpu", "--only-binary", "llama-cpp-python", requirement()],
        ),
    ],
)
def test_a_ready_wheel_is_taken_only_where_it_is_allowed(monkeypatch, wheel, arguments):
    monkeypatch.setenv("LLAMA_WHEEL", wheel)
    assert pip_arguments() == arguments
    assert compiles() == (arguments == [requirement()])


def pip_saying(monkeypatch, tmp_path, script: str) -> None:
    """Have a script run in the place of pip."""
    (tmp_path / "pip.py").write_text(script)
    (tmp_path / "sitecustomize.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(engine, "_CHECK", "pass")


def test_steps_of_the_compiler_become_progress_and_all_is_kept(monkeypatch, tmp_path):
    pip_saying(
        monkeypatch, tmp_path, "print('[1/4] Building'); print('x'); print('[ 50%] Building'); print('[4/4] Linking')"
    )
    told = []
    install_engine(tmp_path / "log", progress=lambda *step: told.append(step))
    assert told == [(engine.COMPILING, 1, 4), (engine.COMPILING, 50, 100), (engine.COMPILING, 4, 4)]
    assert (tmp_path / "log").read_text().splitlines()[1] == "x"


@pytest.mark.parametrize(
    ("said", "compiler", "advice"),
    [
        ("CMake Error: CMAKE_CXX_COMPILER not set", None, "apt install build-essential python3-dev"),
        ("error: No space left on device", "/usr/bin/c++", "the disk is full; make room"),
        (
            "Retrying (Retry(total=1)) after connection broken by error",
            "/usr/bin/c++",
            "package index cannot be reached",
        ),
        (
            "internal compiler error",
            "/usr/bin/c++",
            "internal compiler error; when that is mended, run: sidebyside models engine",
        ),
    ],
)
def test_a_failure_says_what_to_install(monkeypatch, tmp_path, said, compiler, advice):
    pip_saying(monkeypatch, tmp_path, f"import sys; print({said!r}); sys.exit(1)")
    monkeypatch.setattr(engine.shutil, "which", lambda name: compiler if name != "nice" else None)
    with pytest.raises(ModelError) as caught:
        install_engine(tmp_path / "log")
    assert advice in str(caught.value)
    assert str(tmp_path / "log") in str(caught.value)


def test_an_engine_that_does_not_run_here_is_told(monkeypatch, tmp_path):
    pip_saying(monkeypatch, tmp_path, "")
    monkeypatch.setattr(engine, "_CHECK", "raise OSError('Illegal instruction')")
    with pytest.raises(
        ModelError, match=r"cannot be loaded \(OSError: Illegal instruction\); a wheel may be for another"
    ):
        install_engine(tmp_path / "log")


def test_stopping_ends_pip_and_what_it_started(monkeypatch, tmp_path):
    marker = tmp_path / "running"
    child = f"import subprocess, sys, time; open({str(marker)!r}, 'w').close(); time.sleep(60)"
    pip_saying(monkeypatch, tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")
    cancelled = threading.Event()

    def stop():
        while not marker.exists():
            time.sleep(0.01)
        cancelled.set()

    threading.Thread(target=stop).start()
    began = time.monotonic()
    with pytest.raises(ModelError, match="it was stopped"):
        install_engine(tmp_path / "log", cancelled=cancelled)
    assert time.monotonic() - began < 30


def test_an_environment_without_pip_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ModelError, match="this environment has no pip: install llama-cpp-python"):
        install_engine(tmp_path / "log")


def test_the_real_engine_passes_its_check():
    subprocess.run([sys.executable, "-c", engine._CHECK], check=True, capture_output=True, timeout=120)
    assert engine.engine_installed()
