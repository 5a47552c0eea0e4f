"""`sidebyside.answer`: one call for one question, with one assistant per index behind it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import invented
import sidebyside
from invented import ContentEncoder
from sidebyside import assistant
from sidebyside.errors import IndexMissingError


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    return invented.shared_index(tmp_path_factory)


@pytest.fixture
def own_index(index: Path, tmp_path: Path) -> Path:
    """A copy of the index that a test may write to."""
    return Path(shutil.copytree(index, tmp_path / "index"))


@pytest.fixture
def one_call(index, monkeypatch):
    """`sidebyside.answer` without a model; what it opened is closed afterwards."""
    monkeypatch.setenv("SIDEBYSIDE_MODEL", "none")
    monkeypatch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: ContentEncoder())
    yield
    assistant.close_all()


@pytest.mark.usefixtures("one_call")
def test_one_call_answers_one_question(index):
    answer = sidebyside.answer("Which ranks higher, Kestrel 7B or Marten Studio?", index=index)
    assert "58/100" in answer.text
    history = [(answer.question, answer.text)]
    assert (
        sidebyside.answer("what about pricing?", history=history, index=str(index)).citations[0].quote
        == "Pricing: Free"
    )


@pytest.mark.usefixtures("one_call")
def test_calls_share_one_assistant_per_index(index, own_index, monkeypatch):
    opened = []
    real = sidebyside.Assistant.open
    monkeypatch.setattr(
        sidebyside.Assistant, "open", lambda *args, **options: opened.append(args) or real(*args, **options)
    )
    for folder in (index, str(index), own_index, index / ".." / "index"):
        sidebyside.answer("Is Kestrel 7B free?", index=folder)
    assert len(opened) == 2


@pytest.mark.usefixtures("one_call")
def test_after_closing_all_the_next_call_opens_anew(index):
    sidebyside.answer("hi", index=index)
    assistant.close_all()
    assert sidebyside.answer("Is Kestrel 7B free?", index=index).status == "answered"


@pytest.mark.usefixtures("one_call")
def test_one_call_without_an_index_is_an_error(tmp_path):
    with pytest.raises(IndexMissingError):
        sidebyside.answer("hi", index=tmp_path)
