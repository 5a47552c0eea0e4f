"""`ask --file`: the answers are those of single questions, and a run that was stopped goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import invented
from invented import ContentEncoder, open_assistant
from sidebyside.cli import batch, cli
from sidebyside.errors import GenerationError

QUESTIONS = [
    "Which ranks higher, Kestrel 7B or Marten Studio?",
    "Is Midjourney better than GPT-4?",
    "How much is the Team plan of Marten Studio?",
]


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    return invented.shared_index(tmp_path_factory)


@pytest.fixture
def shell(index, monkeypatch):
    """Runs `sidebyside ask` on the invented library, without weights."""
    monkeypatch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: ContentEncoder())

    def run(*arguments: object) -> Result:
        words = ["ask", "--no-llm", "--index", index, *arguments]
        return CliRunner().invoke(cli, [str(word) for word in words], prog_name="sidebyside")

    return run


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def records(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def untimed(answer: dict) -> dict:
    stats = {key: value for key, value in answer["stats"].items() if not key.endswith("_ms")}
    return json.loads(json.dumps({**answer, "stats": stats}))


def test_answers_are_those_of_single_questions(shell, index, tmp_path):
    out = tmp_path / "answers.jsonl"
    result = shell("--file", write(tmp_path / "questions.txt", *QUESTIONS), "--out", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{out}: 3 answered, 0 failed" in result.stderr
    with open_assistant(index) as assistant:
        single = [untimed(assistant.answer(question).to_dict()) for question in QUESTIONS]
    found = records(out)
    assert [record["line"] for record in found] == [1, 2, 3]
    assert [record["question"] for record in found] == QUESTIONS
    assert [untimed(record["answer"]) for record in found] == single


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_files_are_read_as_windows_and_old_editors_write_them(tmp_path, encoding, ends):
    path = tmp_path / "questions.txt"
    path.write_bytes(ends.join(["Is Kestrel 7B free?", "", "What does Señal cost?"]).encode(encoding))
    assert [(line.number, line.question) for line in batch.read_questions(path)] == [
        (1, "Is Kestrel 7B free?"),
        (3, "What does Señal cost?"),
    ]


def test_json_lines_carry_ids_and_conversations(shell, index, tmp_path):
    first = "How much is the Team plan of Marten Studio?"
    lines = [
        json.dumps({"question": "And of Kestrel 7B?", "id": "b", "history": [[first, "$12/mo"]]}),
        "",
        json.dumps("Is Kestrel 7B free?"),
        json.dumps({"question": "Is Kestrel 7B\u2028free?", "id": 7}, ensure_ascii=False),
    ]
    out = tmp_path / "answers.jsonl"
    assert shell("--file", write(tmp_path / "q.jsonl", *lines), "--out", out).exit_code == 0
    follow_up, plain, separated = records(out)
    assert (follow_up["line"], follow_up["id"], follow_up["history"]) == (1, "b", [[first, "$12/mo"]])
    assert (plain["line"], "id" in plain, separated["line"], separated["id"]) == (3, False, 4, 7)
    with open_assistant(index) as assistant:
        assert untimed(follow_up["answer"]) == untimed(
            assistant.answer("And of Kestrel 7B?", [(first, "$12/mo")]).to_dict()
        )


def test_lines_that_are_no_question_do_not_end_the_run(shell, tmp_path):
    wrong = {
        "{oops": "not JSON",
        '{"text": "x"}': 'expected {"question": "..."}',
        '{"question": ""}': 'expected {"question": "..."}',
        "[1]": 'expected {"question": "..."}',
        '{"question": "x", "temperature": 1}': "unknown field 'temperature'",
        '{"question": "x", "id": true}': "id must be",
        '{"question": "x", "history": [["a"]]}': "history must be",
        '{"question": "x", "history": [[1, 2]]}': "history must be",
    }
    out = tmp_path / "answers.jsonl"
    file = write(tmp_path / "q.jsonl", *wrong, json.dumps(QUESTIONS[0]))
    result = shell("--file", file, "--out", out)
    assert result.exit_code == 1
    *failed, last = records(out)
    for record, reason in zip(failed, wrong.values(), strict=True):
        assert reason in record["error"]
        assert f"line {record['line']}: {record['error']}" in result.stderr
    assert "58/100" in last["answer"]["text"]


def test_a_run_that_was_stopped_goes_on_and_asks_nothing_twice(index, tmp_path):
    lines = batch.read_questions(write(tmp_path / "q.txt", *QUESTIONS))
    out = tmp_path / "answers.jsonl"

    class StoppedError(Exception):
        pass

    class Counting:
        def __init__(self, inner, limit) -> None:
            self.inner, self.left, self.asked = inner, limit, []

        def answer(self, question, history=()):
            self.left -= 1
            if self.left < 0:
                raise StoppedError
            self.asked.append(question)
            return self.inner.answer(question, history)

    with open_assistant(index) as assistant:
        with pytest.raises(StoppedError):
            batch.answer_file(Counting(assistant, 2), lines, out)
        whole = out.read_bytes()
        assert len(whole.splitlines()) == 2
        for torn in (whole, whole + b"{", whole + b'{"line": 3, "question": "How mu', whole + whole[:-1]):
            out.write_bytes(torn)
            again = Counting(assistant, 9)
            report = batch.answer_file(again, lines, out)
            assert again.asked == [QUESTIONS[2]]
            assert (report.done, report.answered, report.strays, report.failed) == (2, 1, 0, [])
            assert out.read_bytes().startswith(whole)
            assert [record["line"] for record in records(out)][:2] == [1, 2]
            assert records(out)[-1]["question"] == QUESTIONS[2]


def test_the_same_text_on_another_line_is_another_question(index, tmp_path):
    out = tmp_path / "answers.jsonl"
    with open_assistant(index) as assistant:
        batch.answer_file(assistant, batch.read_questions(write(tmp_path / "q.txt", QUESTIONS[0])), out)
        longer = batch.read_questions(write(tmp_path / "q.txt", QUESTIONS[1], QUESTIONS[0]))
        report = batch.answer_file(assistant, longer, out)
    assert (report.answered, report.done, report.strays) == (2, 0, 1)
    assert [(record["line"], record["question"]) for record in records(out)] == [
        (1, QUESTIONS[0]),
        (1, QUESTIONS[1]),
        (2, QUESTIONS[0]),
    ]


def test_what_failed_is_asked_again(index, tmp_path):
    lines = batch.read_questions(write(tmp_path / "q.txt", *QUESTIONS[:2]))
    out = tmp_path / "answers.jsonl"

    class Failing:
        def __init__(self, inner) -> None:
            self.inner = inner

        def answer(self, question, history=()):
            if question == QUESTIONS[0]:
                raise GenerationError("the model process died; ask again")
            return self.inner.answer(question, history)

    with open_assistant(index) as assistant:
        report = batch.answer_file(Failing(assistant), lines, out)
        assert report.failed == [(1, "the model process died; ask again")]
        assert records(out)[0]["error"] == "the model process died; ask again"
        report = batch.answer_file(assistant, lines, out)
    assert (report.answered, report.done, report.failed) == (1, 1, [])
    assert [(record["line"], "answer" in record) for record in records(out)] == [(2, True), (1, True)]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("content", ["my notes\n", "my notes", '{"line": 1}\n', '{"line": "x", "answer": 1}\n', "\n"])
def test_another_file_is_never_written_to(shell, tmp_path, content):
    out = tmp_path / "notes.txt"
    out.write_text(content)
    result = shell("--file", write(tmp_path / "q.txt", *QUESTIONS), "--out", out)
    assert result.exit_code == 1
    assert f"{out}, line 1 is no answer of `ask --file`; choose another --out" in result.stderr
    assert out.read_text() == content


def test_files_without_questions_are_named(shell, tmp_path):
    empty, latin = write(tmp_path / "empty.txt", "", "  "), tmp_path / "latin.txt"
    latin.write_bytes("Größe?".encode("latin-1"))
    for file, reason in ((empty, "holds no question"), (latin, "is not UTF-8 text")):
        result = shell("--file", file, "--out", tmp_path / "out.jsonl")
        assert result.exit_code == 1
        assert str(file) in result.stderr
        assert reason in result.stderr
    assert not (tmp_path / "out.jsonl").exists()


def test_flags_that_do_not_go_together(shell, tmp_path):
    file = write(tmp_path / "q.txt", "x")
    history = write(tmp_path / "h.json", "[]")
    for arguments in (
        [],
        ["x", "--file", file, "--out", "a"],
        ["--file", file],
        ["x", "--out", "a"],
        ["--file", file, "--out", "a", "--history", history],
    ):
        assert shell(*arguments).exit_code == 2


def test_the_report_as_json(shell, tmp_path):
    file = write(tmp_path / "q.jsonl", json.dumps(QUESTIONS[0]), "{")
    result = shell("--file", file, "--out", tmp_path / "a.jsonl", "--json")
    report = json.loads(result.stdout)
    assert (report["answered"], report["done_before"], report["other_answers"]) == (1, 0, 0)
    assert [failure["line"] for failure in report["failed"]] == [2]
