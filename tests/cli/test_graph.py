"""The local match graph in the shell: beside the library, what it lacks, the switch, forgetting."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import invented
from sidebyside.cli import cli
from sidebyside.graph import MatchGraph
from sidebyside.graph.store import MatchFile, Outcome
from sidebyside.settings import Settings

KESTREL, OSPREY = (invented.artifact_id(name) for name in ("Kestrel 7B", "Osprey Index"))


@pytest.fixture
def index(tmp_path_factory, tmp_path, monkeypatch):
    """The invented library, of which speech was asked twice, "free" once, and tea in vain."""
    monkeypatch.setenv("SIDEBYSIDE_MATCHES", str(tmp_path / "matches.sqlite3"))
    folder = invented.shared_index(tmp_path_factory)
    file = MatchFile(tmp_path / "matches.sqlite3")
    speech = Outcome("transcribes speech", ((KESTREL, "k-2"),), lacking=False)
    free = Outcome("Pricing: Free", ((KESTREL, ""), (OSPREY, ""), ("gone", "")), lacking=False)
    file.count(str(folder.resolve()), [speech, free, Outcome("makes tea", (), lacking=True)])
    file.count(str(folder.resolve()), [speech])
    return folder


def shell(index, *words):
    result = CliRunner().invoke(cli, ["library", *words, "--index", str(index)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_the_list_has_a_column_where_something_was_counted(index, monkeypatch):
    head, _rule, kestrel, *_rest, osprey = shell(index).splitlines()
    assert head.split()[-3:] == ["pages", "matched", "here"]
    assert kestrel.split()[-2:] == ["3", "conflict"]
    assert osprey.split()[-1] == "1"
    monkeypatch.setenv("SIDEBYSIDE_MATCHES", "off")
    assert "matched here" not in shell(index)


def test_an_artifact_has_its_count_among_its_facts_and_the_wishes_it_met(index):
    lines = shell(index, "Kestrel 7B").splitlines()
    here = next(line for line in lines if line.startswith("Times matched here"))
    assert here.split() == ["Times", "matched", "here", "3", "counted", "on", "this", "machine"]
    assert "Wishes it met here: transcribes speech (2), Pricing: Free (1)" in lines
    assert "matched here" not in shell(index, "Marten Studio")


def test_the_count_stands_beside_the_pages_own(tmp_path_factory, tmp_path, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_MATCHES", str(tmp_path / "matches.sqlite3"))
    labels = ("Type", "Times Matched", "Pricing")
    a, b = (("Heron", ("Model", "7", "Free"), invented.OSPREY), ("Wren", ("Model", "9", "Paid"), invented.MARTEN))
    folder = invented.write_index(tmp_path, {"a.txt": invented.page_text(a, b, labels=labels)})
    heron = json.loads(shell(folder, "Heron", "--json"))["artifacts"][0]
    MatchFile(tmp_path / "matches.sqlite3").count(str(folder.resolve()), [Outcome("free", ((heron["id"], ""),), False)])
    facts = [line.split("  ")[0] for line in shell(folder, "Heron").splitlines()[4:9]]
    assert facts == ["Type", "Times Matched", "Times matched here", "Pricing", "Capabilities"]


def test_json_has_the_count_of_every_artifact(index):
    artifacts = json.loads(shell(index, "--json"))["artifacts"]
    assert {a["label"]: a["matched_here"] for a in artifacts} == {
        "Kestrel 7B": 3,
        "Lantern (Model)": 0,
        "Lantern (Product)": 0,
        "Marten Studio": 0,
        "Osprey Index": 1,
    }


def test_what_the_library_lacks(index):
    assert shell(index, "--missing").splitlines()[2].split()[:3] == ["makes", "tea", "1"]
    data = json.loads(shell(index, "--missing", "--json"))
    assert [(wish["wish"], wish["times"]) for wish in data["missing"]] == [("makes tea", 1)]
    assert data["counting"] is True
    result = CliRunner().invoke(cli, ["library", "Kestrel 7B", "--missing", "--index", str(index)])
    assert (result.exit_code, "takes no NAME" in result.stderr) == (2, True)


def test_matches_tells_what_wishes_led_to(index):
    lines = shell(index, "matches").splitlines()
    assert lines[0] == "Matches are counted on this machine; to stop: sidebyside library matches --off"
    led = {line.split("  ")[0]: line for line in lines[4:]}
    assert "Kestrel 7B (2)" in led["transcribes speech"]
    # What is no longer in the library is left out.
    assert "Kestrel 7B (1), Osprey Index (1) " in led["Pricing: Free"]
    assert " nothing " in led["makes tea"]


def test_off_on_and_forget(index):
    assert shell(index, "matches", "--off").startswith("Matches are not counted; to count them:")
    assert not MatchGraph(Settings.load(index=index)).counting
    assert shell(index, "matches", "--forget") == "Forgotten.\n"
    assert shell(index, "--missing") == "Matches are not counted here: sidebyside library matches --on\n"
    assert json.loads(shell(index, "matches", "--on", "--json")) == {"counting": True, "wishes": [], "notices": []}
    assert shell(index, "--missing") == "No wish that was asked here found nothing.\n"


def test_a_file_that_cannot_be_read_is_said_and_the_library_shown(index, tmp_path):
    (tmp_path / "matches.sqlite3").write_bytes(b"damaged " * 500)
    result = CliRunner().invoke(cli, ["library", "--index", str(index)])
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2 + 5
    assert result.stderr.startswith("Note: the match graph could not be read and was set aside as ")
    assert result.stderr.count("\n") == 1


def test_no_switch_turns_it_on_where_the_setting_is_off(index, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_MATCHES", "off")
    assert shell(index, "matches").startswith("Matches are not counted: SIDEBYSIDE_MATCHES is off")
    result = CliRunner().invoke(cli, ["library", "matches", "--on", "--index", str(index)])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
