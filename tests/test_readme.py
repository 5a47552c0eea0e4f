"""What README shows is what happens: its commands and examples are run, its tables compared with the code."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sidebyside.cli import cli
from sidebyside.pages import FORMATS, parse_page, read_page
from sidebyside.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def sessions() -> list[tuple[str, str]]:
    """(command, expected output) for every "$ sidebyside ..." in README; "..." stands for anything."""
    found = []
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _newline, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.fixture(autouse=True)
def on_the_seed_index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """README's examples take the default index; here that is one built from the committed pages."""
    if "integration" not in request.keywords:
        yield
        return
    from sidebyside.assistant import close_all

    monkeypatch.setenv("SIDEBYSIDE_INDEX", str(request.getfixturevalue("seed_index")))
    close_all()
    yield
    close_all()


def test_readme_shows_sessions_and_python():
    assert len(sessions()) >= 3
    assert len(blocks("pycon")) >= 1


@pytest.mark.integration
@pytest.mark.parametrize(("command", "expected"), sessions(), ids=[command for command, _output in sessions()])
def test_a_session_in_readme_happens_as_shown(command, expected):
    words = shlex.split(command)
    assert words[0] == "sidebyside"
    result = CliRunner().invoke(cli, words[1:])
    assert result.exit_code == 0, result.stderr
    if not doctest.OutputChecker().check_output(expected, result.stdout, FLAGS):
        pytest.fail(f"README shows\n{expected}\nand the command prints\n{result.stdout}", pytrace=False)


@pytest.mark.integration
@pytest.mark.parametrize("block", blocks("pycon"))
def test_python_in_readme_runs_as_shown(block):
    example = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
    lines: list[str] = []
    failed = doctest.DocTestRunner(optionflags=FLAGS).run(example, out=lines.append).failed
    assert failed == 0, "".join(lines)


def test_the_card_in_readme_reads_as_described():
    [card] = blocks("markdown")
    page = parse_page(card.encode(), "lantern.md")
    assert (page.format, page.date, page.warnings) == ("card", "2026-01-31", ())
    [artifact] = page.artifacts
    assert (artifact.name, artifact.type, artifact.aliases) == ("Paper Lantern", "Product", ("Lantern",))
    assert artifact.url == "https://example.org/lantern"
    facts = {fact.label: fact.value for fact in artifact.facts}
    assert facts == {"Type": "Product", "Pricing": "Free", "UnfragileRank": "41/100"}
    [capability] = artifact.capabilities
    parts = {label: excerpt.text for label, excerpt in capability.parts()}
    assert parts == {
        "title": "Renders notes as web pages",
        "description": "Turns a folder of 2,000 notes into a web site in 3 seconds.",
        "unique": "Keeps the links between notes when files are renamed.",
        "alternatives": "Needs no server, unlike most of its kind.",
        "best_for": "people who keep notes in plain files",
        "limitation": "no search on the pages",
        "requirement": "Python 3.11",
    }


def test_every_page_format_is_in_the_table():
    table = README.partition("| format | what it is |")[2].partition("\n\n")[0]
    named = [name.lower() for name in re.findall(r"^\| (\w+) \|", table, re.MULTILINE)]
    assert sorted(named) == sorted(FORMATS)
    saved = {read_page(path).format for path in (ROOT / "tests" / "data" / "saved").iterdir()}
    assert saved == set(named)


def test_the_commands_at_the_top_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    first = blocks("sh")[0]
    named = re.findall(r"^make (\w+)", first, re.MULTILINE)
    assert named == ["chat", "test"]
    assert set(named) <= targets


def test_every_command_is_in_the_table_and_the_other_way_round():
    named = set(re.findall(r"^\| `sidebyside (\w+)", README, re.MULTILINE))
    assert named == set(cli.commands)


def test_flags_in_readme_exist():
    for command, flags in re.findall(r"`sidebyside (\w+)([^`]*)`", README):
        found = cli.commands[command]
        # `library --missing` is `library show --missing`.
        parts = [found, *getattr(found, "commands", {}).values()]
        known = {option for part in parts for parameter in part.params for option in parameter.opts}
        for flag in re.findall(r"(?<!\w)--?[a-z][a-z-]*", flags):
            assert flag in known, f"sidebyside {command} {flag}"


def test_defaults_in_readme_are_those_of_the_settings():
    rows = re.findall(r"^\| `SIDEBYSIDE_(\w+)` \| `?([^|`]*)`? \|", README, re.MULTILINE)
    assert rows
    for name, default in rows:
        field = Settings.model_fields[name.lower()]
        actual = field.default_factory() if field.default_factory else field.default
        assert str(actual) == default.strip(), name


def test_paths_in_readme_exist():
    for path in re.findall(r"`((?:index|models|src|tests|docs|benchmarks)/[\w./-]*)`", README):
        if path != "index/CURRENT":
            assert (ROOT / path).exists(), path


def test_the_share_of_equal_answers_is_the_one_measured():
    measured = json.loads((ROOT / "benchmarks" / "results" / "determinism.json").read_text(encoding="utf-8"))
    told = f"{measured['same']:,} of {measured['answers']:,} answers in\n{measured['repeats']} repeats"
    assert told in README
