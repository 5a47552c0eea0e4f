"""The log is JSON lines in a private, rotated file, without questions and secrets."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import invented
from sidebyside import logs
from sidebyside.cli import cli
from sidebyside.logs import log_path, set_up_log
from sidebyside.settings import Settings

log = logging.getLogger("sidebyside.test")


@pytest.fixture(autouse=True)
def log_off_afterwards() -> Iterator[None]:
    yield
    set_up_log(Settings.load(log="off"))


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_it_lies_in_the_state_folder_unless_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert log_path(Settings.load(log="")) == tmp_path / "sidebyside" / "sidebyside.log"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/reader")
    assert log_path(Settings.load(log="")) == Path("/home/reader/.local/state/sidebyside/sidebyside.log")
    assert log_path(Settings.load(log=str(tmp_path / "x.log"))) == tmp_path / "x.log"
    assert log_path(Settings.load(log="off")) is None


def test_a_record_is_one_json_object_with_its_fields(tmp_path):
    path = tmp_path / "deep" / "a.log"
    set_up_log(Settings.load(log=str(path)))
    log.info("built %s", "it", extra={"pages": 2, "generation": "g1"})
    [entry] = lines(path)
    assert entry.pop("time").endswith("+00:00")
    expected = {"level": "info", "logger": "sidebyside.test", "event": "built it", "pages": 2, "generation": "g1"}
    assert entry == expected
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("asked_for", [False, True])
def test_questions_are_left_out_unless_asked_for(tmp_path, asked_for):
    path = tmp_path / "a.log"
    set_up_log(Settings.load(log=str(path), log_questions=asked_for))
    log.info("answered", extra={"question": "what is Kestrel"})
    try:
        raise ValueError("cannot read 'what is Kestrel'")
    except ValueError:
        log.exception("answering failed")
    text = path.read_text(encoding="utf-8")
    assert ("Kestrel" in text) is asked_for
    answered, failed = lines(path)
    assert answered["question" if asked_for else "question_characters"] == ("what is Kestrel" if asked_for else 15)
    assert failed["error"]["type"] == "ValueError"
    assert failed["error"]["at"][-1].startswith("test_logs.py:")


def test_secrets_never_stand_in_it(tmp_path):
    path = tmp_path / "a.log"
    (tmp_path / "token").write_text("from-a-file-77\n", encoding="utf-8")
    secrets = {"llm_key": 'key"with-quote', "token": "bearer-1234", "auth": "anna:pass-word-5"}
    set_up_log(Settings.load(log=str(path), log_questions=True, token_file=tmp_path / "token", **secrets))
    log.info("called with %s", "bearer-1234", extra={"header": 'Bearer key"with-quote', "given": "anna:pass-word-5"})
    log.info("also pass-word-5 and from-a-file-77")
    text = path.read_text(encoding="utf-8")
    for secret in ("bearer-1234", "with-quote", "pass-word-5", "from-a-file-77"):
        assert secret not in text
    assert [entry["event"] for entry in lines(path)] == ["called with ***", "also *** and ***"]


def test_it_is_rotated(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "MAX_BYTES", 2000)
    path = tmp_path / "a.log"
    set_up_log(Settings.load(log=str(path)))
    for number in range(100):
        log.info("event", extra={"number": number})
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert all(file.stat().st_size <= 2000 for file in tmp_path.iterdir())
    assert lines(path)[-1]["number"] == 99


def test_a_log_that_cannot_be_written_is_told_in_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    set_up_log(Settings.load(log=str(tmp_path / "file" / "a.log")))
    log.info("goes nowhere")
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "no log is kept" in told
    assert "SIDEBYSIDE_LOG" in told


@pytest.fixture
def homeless(monkeypatch):
    """A user without a home folder: an id that the system does not know, as containers have it."""

    def unknown(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.mark.parametrize("where", ["", "~/a.log"])
def test_without_a_home_folder_there_is_no_log_and_one_line_says_so(homeless, capsys, where):
    set_up_log(Settings.load(log=where))
    log.info("goes nowhere")
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "no log is kept: no home folder is known" in told
    assert "SIDEBYSIDE_LOG" in told
    assert log_path(Settings.load(log=where)) is None


def test_without_a_home_folder_commands_answer(homeless, monkeypatch, tmp_path):
    monkeypatch.setenv("SIDEBYSIDE_LOG", "")
    index = invented.write_index(tmp_path)
    for command in (["library"], ["doctor", "--help"], ["library", "Kestrel 7B", "--json"]):
        result = CliRunner().invoke(cli, [*command, *(["--index", str(index)] if "--help" not in command else [])])
        assert (result.exit_code, result.exception) == (0, None)
        assert "Traceback" not in result.output


def test_broken_text_is_logged_and_breaks_nothing(tmp_path):
    path = tmp_path / "a.log"
    set_up_log(Settings.load(log=str(path)))
    log.info("odd", extra={"text": "half \ud800 a\nline\x1b[31m", "path": tmp_path})
    [entry] = lines(path)
    assert entry["path"] == str(tmp_path)
    assert "\x1b" not in path.read_text(encoding="utf-8")
