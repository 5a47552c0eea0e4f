"""--record and the command replay, on an invented library."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

import invented
from sidebyside import read_record
from sidebyside.building.build import build_index
from sidebyside.cli import cli
from sidebyside.settings import Settings

pytestmark = pytest.mark.integration
SPEECH = "Compare Kestrel 7B and Marten Studio on speech transcription latency"


@pytest.fixture
def index(tmp_path_factory, tmp_path, encoder):
    assert encoder is not None  # the real one has to be installed
    made = invented.real_index(tmp_path_factory)
    shutil.copytree(made.parent / "pages", tmp_path / "pages")
    build_index([tmp_path / "pages"], index=tmp_path / "index", settings=Settings.load())
    return tmp_path / "index"


def run(*words: str):
    return CliRunner().invoke(cli, list(words))


def change(index, old: str, new: str) -> None:
    for page in (index.parent / "pages").iterdir():
        page.write_text(page.read_text().replace(old, new))
    build_index([], index=index, settings=Settings.load())


def test_an_answer_is_recorded_and_asked_again(index, tmp_path):
    path = tmp_path / "speech.json"
    asked = run("ask", "--no-llm", "--index", str(index), SPEECH, "--record", str(path))
    assert asked.exit_code == 0, asked.stderr
    assert asked.stderr == f"Recorded in {path}\n"
    assert read_record(path).answers[0].asked == SPEECH
    same = run("replay", "--index", str(index), str(path))
    assert same.exit_code == 0, same.stderr
    assert "2 of 2 cells are the same" in same.stdout
    assert same.stdout.endswith("The same: all that the record shows still reads so.\n")
    change(index, "latency of 300 ms", "latency of 900 ms")
    changed = run("replay", "--index", str(index), str(path))
    assert changed.exit_code == 3
    assert f"changed: {SPEECH}" in changed.stdout
    lost = changed.stdout.partition("\nQuotes that are not on the pages any more\n")[2]
    assert lost.startswith('- Kestrel 7B: "Transcribes recorded speech in twelve languages, with a latency of 300 ms')
    assert 'now: "Transcribes recorded speech in twelve languages, with a latency of 900 ms' in lost
    assert "- changed: kestrel-vs-" in lost
    data = json.loads(run("replay", "--json", "--index", str(index), str(path)).stdout)
    assert (data["same"], data["answers"][0]["outcome"]) == (False, "changed")
    assert {cell["outcome"] for cell in data["answers"][0]["cells"]} == {"changed", "same"}


def test_a_match_is_recorded_in_every_form(index, tmp_path):
    for form in ("md", "html", "json"):
        path = tmp_path / f"need.{form}"
        result = run("match", "--no-llm", "--index", str(index), "runs offline, free", "--record", str(path))
        assert result.exit_code == 0, result.stderr
        assert "Osprey Index" in path.read_text("utf-8")
    assert run("replay", "--index", str(index), str(tmp_path / "need.json")).exit_code == 0


def test_a_conversation_leans_on_what_came_before(index, tmp_path):
    (tmp_path / "history.json").write_text('[["What is Kestrel 7B?", "A model."]]')
    path = tmp_path / "a.json"
    words = ("ask", "--no-llm", "--index", str(index), "Is it free?", "--history", str(tmp_path / "history.json"))
    assert run(*words, "--record", str(path)).exit_code == 0
    assert read_record(path).answers[0].earlier == ("What is Kestrel 7B?",)
    assert run("replay", "--index", str(index), str(path)).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("ask", "x", "--record", "a.txt"), 1, "a.txt: the suffix decides the form of a record"),
        (("match", "x", "--record", "a"), 1, "a: the suffix decides the form of a record"),
        (
            ("ask", "--file", "README.md", "--out", "o", "--record", "a.md"),
            2,
            "without --history, --exit-code and --rec",
        ),
        (("replay", "README.md"), 1, "README.md: this form is for reading; only the JSON form can be replayed"),
        (("replay", "pyproject.toml"), 1, "pyproject.toml: this is not JSON"),
        (("replay", "none.json"), 2, "does not exist"),
    ],
)
def test_bad_input_is_told_before_anything_is_answered(words, code, told):
    result = run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr
