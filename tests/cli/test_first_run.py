"""The first `sidebyside chat`: what is missing is asked for with sizes, and nothing is fetched without a yes."""

from __future__ import annotations

import pytest

from fakes import FakeEncoder
from sidebyside.cli import first_run
from sidebyside.cli.first_run import guide, sample_pages
from sidebyside.models import catalogue
from sidebyside.settings import Settings


class Terminal:
    """A terminal on which the answers are typed one after the other."""

    def __init__(self, monkeypatch, *answers: str) -> None:
        self._answers = list(answers)
        monkeypatch.setattr(first_run.sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(first_run.sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("click.termui.visible_prompt_func", lambda _text="": self._answers.pop(0))

    @property
    def done(self) -> bool:
        return not self._answers


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """Nothing is here yet; pulling and encoding are played."""
    pulled = tmp_path / "pulled"

    def folder(settings):
        if not pulled.exists():
            raise catalogue.ModelMissingError("not installed")
        return tmp_path

    monkeypatch.setattr(catalogue, "encoder_folder", folder)
    monkeypatch.setattr(catalogue, "pull", lambda *_args, **_options: pulled.touch())
    monkeypatch.setattr("sidebyside.building.build.load_encoder", lambda _settings: FakeEncoder())
    monkeypatch.setattr("sidebyside.serving.completing.missing_parts", lambda *_: {})
    return Settings(index=tmp_path / "data" / "index", models=tmp_path / "models")


def test_enter_alone_takes_encoder_and_samples(settings, monkeypatch, capsys):
    terminal = Terminal(monkeypatch, "", "")
    assert guide(settings) is True
    told = capsys.readouterr().out
    assert terminal.done
    assert "==> all-minilm-l6-v2, 92 MB" in told
    assert "2 pages, 4 artifacts" in told
    assert (settings.index / "CURRENT").is_file()
    assert {path.name for path in (settings.index / "seeds").iterdir()} == {
        path.name for path in sample_pages().iterdir()
    }


def test_no_means_no(settings, monkeypatch, capsys):
    Terminal(monkeypatch, "n")
    assert guide(settings) is False
    assert "sidebyside models pull all-minilm-l6-v2" in capsys.readouterr().out
    assert not (settings.index / "CURRENT").exists()


def test_ones_own_pages_are_read(settings, monkeypatch, capsys, seeds):
    Terminal(monkeypatch, "y", str(next(iter(sorted(seeds.glob("*.txt"))))))
    guide(settings)
    assert "1 pages, 2 artifacts" in capsys.readouterr().out


def test_a_folder_that_is_not_there_leaves_the_page_to_it(settings, monkeypatch, capsys):
    Terminal(monkeypatch, "y", "/nowhere/at/all")
    guide(settings)
    assert "/nowhere/at/all is not there; pages can be dropped on the Library tab" in capsys.readouterr().err


def test_yes_asks_nothing_and_leaves_the_large_model_out(settings, capsys):
    assert guide(settings, yes=True) is False
    assert (settings.index / "CURRENT").is_file()


def test_without_a_terminal_it_says_what_is_missing_and_fetches_nothing(settings, capsys):
    assert guide(settings, get_llm=True) is True
    told = capsys.readouterr().err
    assert "no encoder: fetch it with: sidebyside models pull all-minilm-l6-v2" in told
    assert "start with: sidebyside chat --yes" in told
    assert not settings.index.exists()


def test_with_everything_there_nothing_is_asked(settings, monkeypatch, capsys):
    guide(settings, yes=True)
    capsys.readouterr()
    Terminal(monkeypatch)
    assert guide(settings) is False
    assert capsys.readouterr().out == ""
