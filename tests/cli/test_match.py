"""The command match, on an invented library."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import invented
from sidebyside.cli import cli

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def shell(tmp_path_factory, encoder):
    assert encoder is not None  # the real one has to be installed
    index = invented.real_index(tmp_path_factory)
    return lambda *words: CliRunner().invoke(cli, ["match", "--no-llm", "--index", str(index), *words])


def test_artifacts_stand_by_wishes_with_quotes_numbered_below(shell):
    result = shell("transcribes", "speech,", "free,", "watermarking of pictures")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("**Kestrel 7B** meets most, 2 of 3 wishes. Not met: watermarking of pictures.")
    best = next(line for line in lines if line.startswith("Kestrel 7B (2 of 3)"))
    assert "Transcribes recorded speech in twelve languages [1]" in best
    assert "not met: Does not support" in best
    other = next(line for line in lines if line.startswith("Osprey Index (1 of 3)"))
    assert other.count("not stated") == 2
    dropped = next(line for line in lines if line.startswith("watermarking of pictures  "))
    assert "5 of 5" in dropped
    assert dropped.endswith("Kestrel 7B")
    sources = result.stdout.partition("\nSources\n")[2]
    assert sources.startswith('[1] Kestrel 7B, description: "Transcribes recorded speech in twelve languages')


def test_json_is_the_match(shell):
    data = json.loads(shell("--json", "runs offline, rank above 40").stdout)
    assert data["wishes"] == ["runs offline", "UnfragileRank > 40"]
    assert (data["artifacts"][0]["label"], data["artifacts"][0]["met"]) == ("Osprey Index", 2)
    assert data["excludes"] == [4, 2]
    assert data["grid"]["cells"][1][0]["state"] == "stated"
    assert {citation["number"] for citation in data["citations"]} >= {1, 2}


def test_wishes_have_roles_and_weights(shell):
    result = shell(
        "--json", "--must", "2*transcribes speech", "--nice", "free", "--not", "Marten Studio", "--most", "3"
    )
    data = json.loads(result.stdout)
    asked = [(wish["text"], wish["role"], wish["weight"]) for wish in data["asked"]]
    assert asked == [("transcribes speech", "must", 2.0), ("Pricing: Free", "nice", 1.0)]
    assert data["excluded"] == ["Marten Studio"]
    assert data["artifacts"][0]["label"] == "Kestrel 7B"
    assert len(data["artifacts"]) == 3
    lines = shell("speech", "--nice", "free", "--among", "Kestrel 7B", "--among", "Osprey Index").stdout.splitlines()
    assert any(line.startswith("nice: Pricing: Free  ") for line in lines)
    assert any(line.startswith("Kestrel 7B (1 of 1, nice 1 of 1)") for line in lines)


def test_no_wish_at_all_is_a_usage_error(shell):
    result = shell()
    assert result.exit_code == 2
    assert "Missing argument 'NEED...', or a wish" in result.stderr


@pytest.mark.parametrize(("need", "told"), [(" ", "the need is empty"), ("hello", "the need names nothing")])
def test_bad_needs_are_one_line_and_exit_with_1(shell, need, told):
    result = shell(need)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {told}")
    assert result.stderr.count("\n") == 1
