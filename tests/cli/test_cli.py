"""The shell: what each command prints, its exit codes, and errors in one line."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from fakes import FakeEncoder
from sidebyside.cli import cli
from sidebyside.records import Answer, Citation, Event, Table
from sidebyside.settings import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "index" / "seeds"
LLAMA, DIFFUSION = "Llama 3.2 90B Vision", "Stable-Diffusion"


def shell(*arguments: object, **options) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="sidebyside", **options)


@pytest.fixture
def fake_encoder(monkeypatch: pytest.MonkeyPatch) -> FakeEncoder:
    """Builds without weights."""
    encoder = FakeEncoder()
    monkeypatch.setattr("sidebyside.building.build.load_encoder", lambda settings: encoder)
    return encoder


@pytest.fixture
def index(tmp_path: Path, fake_encoder: FakeEncoder) -> Path:
    """An index of the two seed pages."""
    from sidebyside.building.build import build_index

    build_index([SEEDS], index=tmp_path / "index", encoder=fake_encoder)
    return tmp_path / "index"


# --- the whole -------------------------------------------------------------------------------------------------------


def test_help_lists_every_command_with_a_whole_sentence():
    result = shell("--help")
    assert result.exit_code == 0
    listed = result.output.partition("Commands:\n")[2].strip().splitlines()
    assert [line.split()[0] for line in listed] == sorted(
        [
            "ask",
            "card",
            "chat",
            "compare",
            "completion",
            "doctor",
            "eval",
            "index",
            "library",
            "match",
            "mcp",
            "models",
            "replay",
            "serve",
        ]
    )
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


@pytest.mark.parametrize(
    "command",
    [
        *("ask", "card", "chat", "compare", "doctor", "eval", "index", "library show", "library diff", "models list"),
        *("match", "mcp", "serve", "models engine", "completion"),
    ],
)
def test_every_command_takes_an_index(command):
    assert "--index DIR" in shell(*command.split(), "--help").output


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_is_for_the_shell_that_is_named(name):
    result = shell("completion", name)
    assert result.exit_code == 0
    assert f"_SIDEBYSIDE_COMPLETE={name}_complete" in result.output


def test_version_is_the_packages():
    from importlib.metadata import version

    assert shell("--version").output == f"sidebyside {version('sidebyside')}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["match"],
        ["compare", "one"],
        ["nonsense"],
        ["ask", "x", "--no-llm", "--model", "y"],
        ["chat", "--port", "0"],
    ],
    ids=["no question", "no need", "one name", "no such command", "both models", "no such port"],
)
def test_usage_errors_exit_with_2(arguments):
    result = shell(*arguments)
    assert result.exit_code == 2
    assert "Usage: sidebyside" in result.stderr


def test_errors_are_one_line_on_stderr_and_exit_with_1(tmp_path):
    result = shell("library", "--index", tmp_path)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "there is no index in" in result.stderr
    assert "sidebyside index" in result.stderr


def test_a_setting_that_cannot_be_is_named(monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_PORT", "many")
    result = shell("models", "list")
    assert result.exit_code == 1
    assert "SIDEBYSIDE_PORT" in result.stderr


# --- index -----------------------------------------------------------------------------------------------------------


def test_index_reports_what_it_read(tmp_path, fake_encoder):
    result = shell("index", SEEDS, "--index", tmp_path / "new")
    assert result.exit_code == 0, result.stderr
    rows = dict(line.split(maxsplit=1) for line in result.stdout.splitlines()[2:])
    assert rows["pages"] == "2 (2 text)"
    assert rows["artifacts"] == "4"
    assert rows["capabilities"] == "32"
    assert rows["skipped"] == "0"
    assert (tmp_path / "new" / "CURRENT").exists()


def test_index_json_is_the_report(tmp_path, fake_encoder):
    report = json.loads(shell("index", SEEDS, "--index", tmp_path / "new", "--json").stdout)
    assert (report["pages"], report["artifacts"], report["capabilities"]) == (2, 4, 32)
    assert report["generation"] == (tmp_path / "new" / "CURRENT").read_text().strip()


def test_index_says_when_nothing_has_changed(index):
    result = shell("index", "--index", index)
    assert result.exit_code == 0
    assert result.stdout.startswith("nothing has changed: 2 pages, version ")


def test_a_folder_that_is_away_is_told_although_nothing_has_changed(tmp_path, fake_encoder):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "ab.txt").write_text(next(SEEDS.iterdir()).read_text(encoding="utf-8"), encoding="utf-8")
    index = tmp_path / "index"
    assert shell("index", tmp_path / "pages", "--index", index).exit_code == 0
    (tmp_path / "pages").rename(tmp_path / "away")
    told = shell("index", "--index", index)
    assert told.exit_code == 0
    assert "nothing has changed: 1 pages" in told.stdout
    assert "is not there now; its page stays as it was read" in " ".join(told.stdout.split())


def test_index_lists_skipped_files_with_reasons_and_still_succeeds(tmp_path, fake_encoder):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "good.txt").write_bytes(next(SEEDS.glob("000_*")).read_bytes())
    (pages / "empty.txt").write_bytes(b"")
    result = shell("index", pages, "--index", tmp_path / "new")
    assert result.exit_code == 0, result.stderr
    skipped = result.stdout.partition("Skipped")[2]
    assert "empty.txt" in skipped
    assert "empty" in skipped.replace("empty.txt", "")


def test_index_fails_only_when_nothing_could_be_read(tmp_path, fake_encoder):
    (tmp_path / "empty.txt").write_bytes(b"")
    result = shell("index", tmp_path / "empty.txt", "--index", tmp_path / "new")
    assert result.exit_code == 1
    assert not (tmp_path / "new" / "CURRENT").exists()


def test_a_path_that_does_not_exist_is_named_before_anything_is_read(tmp_path, fake_encoder):
    result = shell("index", SEEDS, tmp_path / "nowhere", "--index", tmp_path / "new")
    assert result.exit_code == 1
    assert f"{tmp_path / 'nowhere'}: no such file or folder" in result.stderr
    assert not (tmp_path / "new" / "CURRENT").exists()


def test_a_page_can_be_taken_out_again(index):
    name = next(SEEDS.glob("004_*")).name
    result = shell("index", "--remove", name, "--index", index)
    assert result.exit_code == 0, result.stderr
    assert "1 (1 text)" in result.stdout
    assert "LLaVA" not in shell("library", "--index", index).stdout


def test_many_files_with_one_reason_are_one_line(tmp_path, fake_encoder):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "good.txt").write_bytes(next(SEEDS.glob("000_*")).read_bytes())
    for number in range(300):
        (pages / f"note {number:03}.md").write_text(f"# Note {number}\n\nsome text\n")
    (pages / "empty.txt").write_bytes(b"")
    result = shell("index", pages, "--index", tmp_path / "new")
    skipped = result.stdout.partition("Skipped")[2].splitlines()
    assert len(skipped) < 8
    assert any(line.startswith("empty.txt") for line in skipped)
    assert any(line.startswith("300 files, such as note 000.md") for line in skipped)


PASTED = "Feature\tPaper Lantern\tTin Lamp\nType\tProduct\tProduct\nPricing\tFree\tPaid\n"


def test_a_page_comes_through_standard_input_replaces_and_is_taken_back(index):
    options = ("--index", index, "--name", "lamps", "--url", "https://example.org/lamps")
    result = shell("index", "-", *options, input=PASTED)
    assert result.exit_code == 0, result.stderr
    shown = shell("library", "pages", "--index", index).stdout
    assert "https://example.org/lamps" in shown
    assert "added lamps.txt" in shown
    again = shell("index", "-", *options, input=PASTED.replace("Free", "Paid"))
    assert "replaces lamps.txt" in again.stderr
    assert "~ Paper Lantern: Pricing: Free -> Paid" in again.stderr
    assert shell("index", "--undo", "--index", index).exit_code == 0
    facts = json.loads(shell("library", "Paper Lantern", "--json", "--index", index).stdout)["artifacts"][0]["facts"]
    assert facts["Pricing"] == [{"value": "Free", "source": "lamps.txt"}]


def test_standard_input_without_a_page_is_told(index):
    result = shell("index", "-", "--index", index, input="hello")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "pasted text: no comparison table" in result.stderr


@pytest.mark.parametrize(
    "words", [("--name", "x"), ("-", "--undo"), ("-", "page.txt"), ("--undo", "--remove", "x"), ("--undo", "page.txt")]
)
def test_changes_of_the_pages_are_made_one_at_a_time(words):
    assert shell("index", *words).exit_code == 2


def test_watching_tells_what_changes_until_it_is_interrupted(index, monkeypatch):
    from sidebyside.building import watching
    from sidebyside.library import LibraryDiff
    from sidebyside.records import BuildReport

    def looks(_settings, _stop, known):
        assert known.pages == 2
        report = BuildReport(1, (), 2, 3, "g2", 0.1)
        yield watching.Looked(report, LibraryDiff(artifacts_added=("Lantern",)))
        yield watching.Looked(report, notices=(("lantern.md", "only in the cloud now"),))
        yield watching.Looked(error="the disk is full")
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "watch_index", looks)
    result = shell("index", "--watch", "--index", index)
    assert result.exit_code == 0
    assert "version g2: 1 pages\n  + Lantern" in result.stdout
    assert "\nlantern.md: only in the cloud now\n" in result.stdout
    assert "the disk is full\nno longer watching" in result.stderr


# --- library ---------------------------------------------------------------------------------------------------------


def test_library_pages_tells_where_every_page_stands(index):
    data = json.loads(shell("library", "pages", "--older-than", "2999-01-01", "--json", "--index", index).stdout)
    assert len(data["pages"]) == 2
    assert all(page["stale"] and page["read"] and page["place"] for page in data["pages"])
    assert "stale" in shell("library", "pages", "--older-than", "2999-01-01", "--index", index).stdout
    wrong = shell("library", "pages", "--older-than", "soon", "--index", index)
    assert (wrong.exit_code, "2026-01-31" in wrong.stderr) == (1, True)


def test_library_diff_compares_any_two_versions(index):
    for name in ("004", "000"):
        shell("index", "-", "--name", name, "--index", index, input=PASTED.replace("Paper", name))
    versions = json.loads(shell("library", "versions", "--json", "--index", index).stdout)
    assert len(versions) == 3
    told = shell("library", "diff", versions[2]["name"], versions[1]["name"], "--index", index).stdout
    assert told.splitlines()[:2] == ["+ 004 Lantern", "+ Tin Lamp"]
    back = shell("library", "diff", versions[0]["name"], versions[2]["name"], "--index", index).stdout
    assert "- 000 Lantern" in back
    assert "no version 'nothing' is kept" in shell("library", "diff", "nothing", "--index", index).stderr


def test_library_lists_the_artifacts(index):
    lines = shell("library", "--index", index).stdout.splitlines()
    assert len(lines) == 2 + 4
    row = next(line for line in lines if line.startswith(DIFFUSION))
    assert row.split() == [DIFFUSION, "Repository", "55/100", "8", "of", "13", "1"]


def test_library_json_keeps_its_contract(index):
    data = json.loads(shell("library", "--json", "--index", index).stdout)
    assert set(data) == {"artifacts", "conflicts"}
    assert data["conflicts"] == []
    by_name = {artifact["name"]: artifact for artifact in data["artifacts"]}
    llama = by_name[LLAMA]
    page = next(SEEDS.glob("000_*")).name
    assert llama["type"] == "Model"
    assert llama["facts"]["UnfragileRank"] == [{"value": "45/100", "source": page}]
    assert llama["capabilities_total"] == 12
    assert len(llama["capabilities"]) == 8
    assert llama["sources"] == [page]
    first = llama["capabilities"][0]
    assert first["title"] is None
    assert first["description"].startswith("Processes images and text simultaneously within a 128K token context")
    assert first["unique"].startswith("Integrates vision encoder directly")
    assert first["alternatives"].startswith("Larger parameter count (90B)")
    assert first["source"] == page


def test_library_json_lists_conflicts_with_both_values(tmp_path, fake_encoder):
    pages = tmp_path / "pages"
    pages.mkdir()
    text = next(SEEDS.glob("000_*")).read_text(encoding="utf-8")
    (pages / "a.txt").write_text(text, encoding="utf-8")
    (pages / "b.txt").write_text(text.replace("45/100", "47/100"), encoding="utf-8")
    shell("index", pages, "--index", tmp_path / "new")
    data = json.loads(shell("library", LLAMA, "--json", "--index", tmp_path / "new").stdout)
    assert [artifact["name"] for artifact in data["artifacts"]] == [LLAMA]
    assert data["conflicts"] == [
        {
            "artifact": LLAMA,
            "label": "UnfragileRank",
            "values": [{"value": "45/100", "source": "a.txt"}, {"value": "47/100", "source": "b.txt"}],
        }
    ]
    shown = shell("library", LLAMA, "--index", tmp_path / "new").stdout
    assert "The pages disagree on UnfragileRank: 45/100 (a.txt), 47/100 (b.txt)" in shown


@pytest.mark.parametrize("name", [DIFFUSION, "stable-diffusion"])
def test_library_shows_one_artifact_by_its_name(index, name):
    text = shell("library", name, "--index", index).stdout
    assert text.startswith(f"{DIFFUSION}\n")
    assert "UnfragileRank" in text
    assert "8.  " in text
    assert "9.  " not in text


def test_library_searches_names_and_types(index):
    lines = shell("library", "llama", "--index", index).stdout.splitlines()[2:]
    assert [line.split("  ")[0] for line in lines] == [LLAMA, "LLaVA Llama 3 (8B)"]
    lines = shell("library", "repository", "--index", index).stdout.splitlines()[2:]
    assert len(lines) == 2


def test_library_names_the_nearest_when_nothing_fits(index):
    result = shell("library", "Stabel Difusion", "--index", index)
    assert result.exit_code == 1
    assert "no artifact is called 'Stabel Difusion'; the nearest are" in result.stderr
    assert DIFFUSION in result.stderr


def test_an_artifact_named_like_a_command_can_be_reached(tmp_path, fake_encoder):
    pages = tmp_path / "pages"
    pages.mkdir()
    text = next(SEEDS.glob("000_*")).read_text(encoding="utf-8").replace(LLAMA, "diff")
    (pages / "a.txt").write_text(text, encoding="utf-8")
    shell("index", pages, "--index", tmp_path / "new")
    assert shell("library", "show", "diff", "--index", tmp_path / "new").stdout.startswith("diff\n")


def test_library_diff_tells_what_the_last_rebuild_changed(tmp_path, fake_encoder):
    pages, new = tmp_path / "pages", tmp_path / "new"
    pages.mkdir()
    (pages / "a.txt").write_bytes(next(SEEDS.glob("000_*")).read_bytes())
    shell("index", pages, "--index", new)
    result = shell("library", "diff", "--index", new)
    assert result.exit_code == 1
    assert "one version only" in result.stderr
    text = (pages / "a.txt").read_text(encoding="utf-8").replace("| UnfragileRank | 45/100", "| UnfragileRank | 46/100")
    (pages / "a.txt").write_text(text, encoding="utf-8")
    (pages / "b.txt").write_bytes(next(SEEDS.glob("004_*")).read_bytes())
    shell("index", "--index", new)
    lines = shell("library", "diff", "--index", new).stdout.splitlines()
    assert "+ LLaVA Llama 3 (8B)" in lines
    assert f"~ {LLAMA}: UnfragileRank: 45/100 -> 46/100" in lines
    changes = json.loads(shell("library", "diff", "--json", "--index", new).stdout)
    assert "LLaVA Llama 3 (8B)" in changes["artifacts_added"]


def test_control_characters_of_a_page_do_not_reach_the_terminal(monkeypatch):
    from sidebyside.cli.shell import one_line, printable

    assert printable("a\x1b[31mred\x07\u202eb\tc\nd") == "a\ufffd[31mred\ufffd\ufffdb\tc\nd"
    assert one_line("two\nlines\x1b") == "two lines\ufffd"


# --- card ------------------------------------------------------------------------------------------------------------


def test_card_prints_a_page_to_fill_in(tmp_path):
    text = shell("card", "My thing").stdout
    assert "My thing" in text
    target = tmp_path / "card.md"
    assert shell("card", "My thing", "-o", target).exit_code == 0
    assert target.read_text(encoding="utf-8").strip() == text.strip()
    again = shell("card", "Other", "-o", target)
    assert again.exit_code == 1
    assert "exists" in again.stderr
    assert "My thing" in target.read_text(encoding="utf-8")


# --- models ----------------------------------------------------------------------------------------------------------


def test_models_list_says_what_is_here_and_what_is_in_use(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_MODELS", str(tmp_path))
    listed = json.loads(shell("models", "list", "--json").stdout)["models"]
    by_name = {model["name"]: model for model in listed}
    assert by_name["qwen2.5-coder-1.5b"] == {
        "name": "qwen2.5-coder-1.5b",
        "kind": "llm",
        "state": "missing",
        "in_use": True,
        "bytes": 1117320768,
        "ram_mb": 1700,
        "context": 32768,
        "license": "Apache-2.0",
        "upstream": "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        "files": ["qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"],
    }
    assert not by_name["smollm2-135m"]["in_use"]


def test_models_pull_without_a_name_takes_what_the_settings_ask_for(monkeypatch):
    pulled = []
    monkeypatch.setattr("sidebyside.models.catalogue.installed", lambda name, settings: name == "all-minilm-l6-v2")
    monkeypatch.setattr(
        "sidebyside.models.catalogue.pull", lambda name, settings, **_: pulled.append(name) or Path("here")
    )
    result = shell("models", "pull")
    assert pulled == ["qwen2.5-coder-1.5b"]
    assert result.stdout.splitlines() == [
        "all-minilm-l6-v2 is installed and verified",
        "qwen2.5-coder-1.5b is installed and verified: here",
    ]


def test_models_pull_of_an_unknown_name_lists_the_known_ones():
    result = shell("models", "pull", "gpt-9")
    assert result.exit_code == 1
    assert "no model is called 'gpt-9': choose one of all-minilm-l6-v2" in result.stderr


def test_models_verify_without_any_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_MODELS", str(tmp_path))
    result = shell("models", "verify")
    assert result.exit_code == 1
    assert "sidebyside models pull" in result.stderr


# --- ask and compare, with a scripted assistant ----------------------------------------------------------------------

CITATION = Citation(1, LLAMA, "fact", "UnfragileRank: 45/100", "a.txt", 10, 31)
TABLE = Table(("", LLAMA, DIFFUSION), (("UnfragileRank", "45/100", "55/100"),))
FACTS = Answer("q", f"**{DIFFUSION}** ranks higher. [1]\n", "answered", (CITATION,), table=TABLE)
WHOLE = Answer(
    "q", FACTS.text + "It draws.\n", "answered", (CITATION,), (LLAMA, DIFFUSION), ("The pages disagree.",), TABLE
)


class ScriptedAssistant:
    """Answers every question in three steps and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[tuple[str, str]]]] = []
        self.settings = None

    def open(self, index, *, settings=None, model=None) -> ScriptedAssistant:
        self.settings = settings
        return self

    def __enter__(self) -> ScriptedAssistant:
        return self

    def __exit__(self, *exception) -> None:
        pass

    def compare(self, names) -> SimpleNamespace:
        return SimpleNamespace(artifacts=[SimpleNamespace(label=name.title(), id=f"{name}-id") for name in names])

    def compare_on(self, names, criteria) -> Iterator[Event]:
        return self._steps((tuple(names), tuple(criteria)))

    def stream(self, question, history=()) -> Iterator[Event]:
        return self._steps((question, list(history)))

    def _steps(self, asked) -> Iterator[Event]:
        self.asked.append(asked)
        yield Event("facts", FACTS.text, FACTS)
        yield Event("sentence", "It draws.\n", WHOLE)
        yield Event("answer", "", WHOLE)


@pytest.fixture
def assistant(monkeypatch: pytest.MonkeyPatch) -> ScriptedAssistant:
    scripted = ScriptedAssistant()
    monkeypatch.setattr("sidebyside.assistant.Assistant", scripted)
    return scripted


def test_ask_prints_facts_table_prose_notes_and_sources_in_this_order(assistant):
    result = shell("ask", "which ranks higher?")
    assert result.exit_code == 0, result.stderr
    places = [
        result.stdout.index(words)
        for words in ("ranks higher. [1]", "45/100  ", "It draws.", "Note: The pages disagree.", "Sources", "[1] Llama")
    ]
    assert places == sorted(places)
    assert result.stdout.splitlines()[-1] == f'[1] {LLAMA}, fact: "UnfragileRank: 45/100" (a.txt:10-31)'


def test_ask_takes_a_question_without_quotes(assistant):
    shell("ask", "which", "ranks", "higher?")
    assert assistant.asked == [("which ranks higher?", [])]


@pytest.mark.parametrize(
    ("words", "piped"),
    [
        ((), "which ranks higher?\n"),
        (("-",), "which ranks\n  higher?\n"),
        ((), "\ufeffwhich ranks higher?".encode()),
        ((), "which ranks higher?".encode("utf-16")),
    ],
)
def test_a_question_comes_through_a_pipe(assistant, words, piped):
    assert shell("ask", *words, input=piped).exit_code == 0
    assert assistant.asked == [("which ranks higher?", [])]


def test_words_win_over_what_comes_through_a_pipe(assistant):
    shell("ask", "which ranks higher?", input="something else")
    assert assistant.asked == [("which ranks higher?", [])]


@pytest.mark.parametrize(
    ("piped", "code", "told"),
    [
        ("", 2, "give either a QUESTION, as words or through a pipe"),
        (" \n", 2, "give either a QUESTION"),
        ("x" * 100_001, 1, "more than 100,000 bytes"),
        ("caf\u00e9?".encode("latin-1"), 1, "not UTF-8 text"),
    ],
)
def test_a_pipe_without_a_question_is_told(assistant, piped, code, told):
    result = shell("ask", input=piped)
    assert (result.exit_code, assistant.asked) == (code, [])
    assert told in result.stderr


@pytest.mark.parametrize(("status", "code"), [("answered", 0), ("partial", 3), ("not_found", 4)])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_scripts_are_told_the_status_by_the_exit_code(assistant, monkeypatch, status, code, form):
    monkeypatch.setattr(f"{__name__}.WHOLE", replace(WHOLE, status=status))
    assert shell("ask", "which?", "--exit-code", *form).exit_code == code
    assert shell("ask", "which?", *form).exit_code == 0


def test_ask_json_is_the_answer(assistant):
    data = json.loads(shell("ask", "--json", "which?").stdout)
    assert data == json.loads(json.dumps(WHOLE.to_dict()))


def test_ask_reads_the_conversation_so_far(assistant, tmp_path):
    history = tmp_path / "history.json"
    history.write_text(json.dumps([["what is A?", "A is a model."]]), encoding="utf-8")
    shell("ask", "and B?", "--history", history)
    assert assistant.asked == [("and B?", [("what is A?", "A is a model.")])]


@pytest.mark.parametrize("text", ["{}x", '[["only one"]]', '[[1, "a"]]', "7"])
def test_a_conversation_file_of_another_shape_is_a_usage_error(assistant, tmp_path, text):
    history = tmp_path / "history.json"
    history.write_text(text, encoding="utf-8")
    result = shell("ask", "and B?", "--history", history)
    assert result.exit_code == 2
    assert "expected [[question, answer], ...]" in result.stderr
    assert assistant.asked == []


def test_no_llm_and_model_choose_what_writes(assistant):
    shell("ask", "q", "--no-llm")
    assert assistant.settings.model == "none"
    shell("ask", "q", "--model", "smollm2-135m")
    assert assistant.settings.model == "smollm2-135m"


@pytest.mark.parametrize(
    ("names", "question"), [(("a", "b"), "Compare A and B"), (("a", "b c", "d"), "Compare A, B C and D")]
)
def test_compare_asks_for_the_overall_comparison_by_the_librarys_own_names(assistant, names, question):
    shell("compare", *names)
    assert assistant.asked == [(question, [])]


def test_compare_on_criteria_is_a_grid_of_them(assistant):
    result = shell("compare", "a", "b c", "--on", "fine-tuning", "--on", "price, monthly", "--no-llm")
    assert result.exit_code == 0, result.stderr
    assert assistant.asked == [(("a-id", "b c-id"), ("fine-tuning", "price, monthly"))]
    assert "It draws." in result.stdout
    data = json.loads(shell("compare", "a", "b", "--on", "fine-tuning", "--json").stdout)
    assert data == json.loads(json.dumps(WHOLE.to_dict()))


@pytest.mark.parametrize(
    ("flags", "model", "gets"),
    [(("--no-llm",), "none", False), (("--get-llm",), DEFAULT_MODEL, True), (("--get-llm", "--no-llm"), "none", False)],
)
def test_chat_serves_with_its_flags(monkeypatch, index, flags, model, gets):
    launched = []
    monkeypatch.setattr("sidebyside.app.launch", lambda settings, *, get_llm: launched.append((settings, get_llm)))
    result = shell("chat", "--host", "::1", "--port", "8123", *flags, "--index", index)
    assert result.exit_code == 0, result.stderr
    [(settings, get_llm)] = launched
    assert (settings.host, settings.port, settings.model, settings.index) == ("::1", 8123, model, index)
    assert get_llm is gets


# --- for real --------------------------------------------------------------------------------------------------------


@pytest.mark.integration
def test_ask_answers_the_seed_question_without_an_llm(seed_index):
    result = shell("ask", "--no-llm", "Which artifact has the highest UnfragileRank?", "--index", seed_index)
    assert result.exit_code == 0, result.stderr
    assert DIFFUSION in result.stdout
    assert "55/100" in result.stdout
    assert "\nSources\n" in result.stdout


@pytest.mark.integration
def test_compare_of_a_name_that_is_not_in_the_library_is_an_error(seed_index):
    result = shell("compare", "--no-llm", LLAMA, "Midjourney", "--index", seed_index)
    assert result.exit_code == 1
    assert "'Midjourney' is not in the library" in result.stderr


def test_help_loads_nothing_but_click():
    import subprocess
    import sys

    told = (
        "import sys\nsys.argv = ['sidebyside', '--help']\nfrom sidebyside.cli import main\n"
        "try: main()\nfinally: print(sorted(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert "Usage: sidebyside" in done.stdout
    loaded = set(ast.literal_eval(done.stderr)) - sys.stdlib_module_names
    # What the environment itself loads before any program.
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(sorted(m for m in sys.modules if '.' not in m))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded - set(ast.literal_eval(bare.stdout)) == {"sidebyside", "click"}
