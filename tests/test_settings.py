"""Where things lie by default: here, in the clone, or in the user's data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidebyside import settings as module
from sidebyside.settings import Settings


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> Path:
    """A working folder with nothing in it, no clone, and a home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_PROJECT", tmp_path / "none")
    for name in ("SIDEBYSIDE_INDEX", "SIDEBYSIDE_MODELS", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def test_an_installed_package_keeps_its_data_with_the_users(nowhere, monkeypatch):
    settings = Settings()
    assert settings.index == module.user_data_path("sidebyside", appauthor=False) / "index"
    assert settings.models.parent == settings.index.parent
    assert settings.index.is_relative_to(nowhere / "home")


def test_the_working_folder_comes_first(nowhere):
    (nowhere / "index" / "seeds").mkdir(parents=True)
    assert Settings().index == Path("index")


def test_the_clone_comes_next(nowhere, monkeypatch):
    clone = nowhere / "clone"
    (clone / "index" / "seeds").mkdir(parents=True)
    (clone / "pyproject.toml").touch()
    monkeypatch.setattr(module, "_PROJECT", clone)
    assert Settings().index == clone / "index"


def test_a_user_without_a_home_gets_the_working_folder(nowhere, monkeypatch):
    monkeypatch.setattr(module, "user_data_path", lambda *_args, **_options: Path("~/.local/share/sidebyside"))
    assert Settings().index == Path("index")
