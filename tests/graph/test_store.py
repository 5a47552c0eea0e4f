"""The file of the match graph: counts, bounds, several processes, and files that cannot be read."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from sidebyside.errors import SidebysideError
from sidebyside.graph import store
from sidebyside.graph.store import MatchFile, Outcome
from sidebyside.records import LedTo

SPEECH = Outcome("transcribes speech", (("kestrel", "kestrel-2"), ("marten", "marten-3")), lacking=False)
TEA = Outcome("makes tea", (), lacking=True)


@pytest.fixture
def file(tmp_path) -> MatchFile:
    return MatchFile(tmp_path / "data" / "matches.sqlite3")


def texts(file: MatchFile, library: str = "lib") -> list[str]:
    return [wish.text for wish in file.read(library)]


def test_wishes_and_what_they_led_to_are_counted(file):
    assert file.read("lib") == ()
    assert not file.path.exists()
    file.count("lib", [SPEECH, TEA])
    file.count("lib", [Outcome("Transcribes  SPEECH", (("kestrel", "kestrel-2"),), lacking=False)])
    speech, tea = sorted(file.read("lib"), key=lambda wish: wish.lacking)
    assert (speech.text, speech.times, speech.lacking) == ("Transcribes  SPEECH", 2, False)
    assert speech.led_to == (LedTo("kestrel", "kestrel-2", 2), LedTo("marten", "marten-3", 1))
    assert (tea.text, tea.times, tea.lacking, tea.led_to) == ("makes tea", 1, True, ())
    assert tea.last.endswith("+00:00")


def test_a_wish_lacks_until_something_meets_it_and_again_when_nothing_does(file):
    file.count("lib", [TEA])
    file.count("lib", [Outcome("makes tea", (), lacking=None)])
    assert [wish.lacking for wish in file.read("lib")] == [True]
    file.count("lib", [Outcome("makes tea", (("pot", "pot-1"),), lacking=False)])
    assert [wish.lacking for wish in file.read("lib")] == [False]
    file.count("lib", [TEA])
    assert [(wish.lacking, wish.times) for wish in file.read("lib")] == [(True, 4)]


def test_libraries_are_counted_apart_and_forgotten_apart(file, tmp_path):
    here, other = str(tmp_path), str(tmp_path.parent)
    file.count(here, [SPEECH])
    file.count(other, [TEA])
    file.count(str(tmp_path / "gone"), [TEA])
    file.forget(here)
    assert (texts(file, here), texts(file, other)) == ([], ["makes tea"])
    # What was counted for a library that is no longer there goes with it.
    assert texts(file, str(tmp_path / "gone")) == []
    assert b"transcribes" not in file.path.read_bytes()


def test_only_its_owner_can_read_it(file):
    file.count("lib", [TEA])
    assert file.path.stat().st_mode & 0o077 == 0


def test_it_is_bounded_and_what_was_asked_longest_ago_goes_first(file, monkeypatch):
    monkeypatch.setattr(store, "MOST_WISHES", 3)
    monkeypatch.setattr(store, "MOST_LED_TO", 2)
    for number in range(5):
        file.count("lib", [Outcome(f"wish {number}", (("a", ""), ("b", ""), ("c", "")), lacking=False)])
    assert texts(file) == ["wish 4", "wish 3", "wish 2"]
    assert {len(wish.led_to) for wish in file.read("lib")} == {2}
    file.count("lib", [Outcome("x" * 10_000, (), lacking=True)])
    assert max(map(len, texts(file))) == store.MOST_CHARACTERS
    with sqlite3.connect(file.path) as opened:
        assert opened.execute("SELECT count(*) FROM led_to").fetchone() == (4,)


PROCESS = """
import sys
from pathlib import Path
from sidebyside.graph import store
from sidebyside.graph.store import MatchFile, Outcome
store._PATIENCE = 100  # how busy the machine is does not matter here
file = MatchFile(Path(sys.argv[1]))
for number in range(25):
    file.count("lib", [Outcome("together", (("a", ""),), False), Outcome(f"{sys.argv[2]} {number}", (), True)])
"""


@pytest.mark.parametrize("damaged", [False, True])
def test_several_processes_lose_nothing(file, damaged):
    file.path.parent.mkdir()
    if damaged:
        file.path.write_bytes(b"not a database " * 100)
    command = (sys.executable, "-c", PROCESS, str(file.path))
    running = [subprocess.Popen((*command, name), stderr=subprocess.PIPE) for name in "abcd"]
    assert [process.communicate(timeout=120)[1] for process in running] == [b""] * 4
    together = next(wish for wish in file.read("lib") if wish.text == "together")
    assert (together.times, together.led_to) == (100, (LedTo("a", "", 100),))
    assert len(texts(file)) == 101
    assert file.set_aside.exists() is damaged


def foreign(path):
    with sqlite3.connect(path) as opened:
        opened.execute("CREATE TABLE wishes (other TEXT)")


def newer(path):
    with sqlite3.connect(path) as opened:
        opened.execute("PRAGMA user_version = 7")


def altered(path):
    MatchFile(path).count("lib", [TEA])
    with sqlite3.connect(path) as opened:
        opened.execute("ALTER TABLE wishes DROP COLUMN last")


def cut_off(path):
    for number in range(100):
        MatchFile(path).count("lib", [Outcome(f"a wish with many words, number {number}", (("a", "b"),), False)])
    path.write_bytes(path.read_bytes()[:5000])


def no_number(path):
    MatchFile(path).count("lib", [TEA])
    with sqlite3.connect(path) as opened:
        opened.execute("UPDATE wishes SET times = 'many'")


@pytest.mark.parametrize("damage", [foreign, newer, altered, cut_off, no_number])
def test_a_file_that_cannot_be_read_is_set_aside_and_counting_begins_anew(file, damage):
    file.path.parent.mkdir()
    damage(file.path)
    before = file.path.read_bytes()
    assert file.read("lib") == ()
    assert file.set_aside.read_bytes() == before
    file.count("lib", [SPEECH])
    assert texts(file) == ["transcribes speech"]
    file.forget("lib")
    assert not file.set_aside.exists()


def test_one_set_aside_before_gives_way(file):
    file.path.parent.mkdir()
    for content in (b"first ", b"second "):
        file.path.write_bytes(content * 500)
        assert file.read("lib") == ()
    assert file.set_aside.read_bytes() == b"second " * 500
    assert {path.name for path in file.path.parent.iterdir()} == {file.path.name, file.set_aside.name} | {
        path.name for path in file.path.parent.glob("*.lock")
    }


def test_what_cannot_be_used_is_an_error_with_file_and_next_step(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SidebysideError, match=r"the match graph in .*file/matches cannot be used .*SIDEBYSIDE_MATCHES"):
        MatchFile(tmp_path / "file" / "matches").count("lib", [TEA])
    (tmp_path / "folder").mkdir()
    with pytest.raises(SidebysideError, match="folder cannot be used"):
        MatchFile(tmp_path / "folder").read("lib")


def test_a_file_that_others_keep_locked_is_an_error_not_damage(file, monkeypatch):
    monkeypatch.setattr(store, "_PATIENCE", 0.1)
    file.count("lib", [TEA])
    with sqlite3.connect(file.path, isolation_level=None) as opened:
        opened.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SidebysideError, match="database is locked"):
            file.count("lib", [TEA])
        opened.execute("ROLLBACK")
    assert [wish.times for wish in file.read("lib")] == [1]
    assert not file.set_aside.exists()
