"""`ask --file`: many questions from a file, one JSON line an answer, begun again where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sidebyside.cli.shell import decoded
from sidebyside.errors import SidebysideError

if TYPE_CHECKING:
    from sidebyside.assistant import Assistant

Progress = Callable[[int, int], None]
History = tuple[tuple[str, str], ...]
_FIELDS = {"question", "id", "history"}
_BEGINNING = b'{"line": '
# What tells one question of a file from another: its line, its text, and the conversation before it.
_Key = tuple[int, str, History]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a question file: a question, or the reason why it is none.

    `number` counts from 1 and includes empty lines; `id` is what the file gives, to be found again in the answers.
    """

    number: int
    question: str
    id: str | int | None = None
    history: History = ()
    problem: str = ""

    @property
    def key(self) -> _Key:
        return self.number, self.question, self.history

    def heading(self) -> dict[str, Any]:
        """What its line in the answers begins with."""
        data: dict[str, Any] = {"line": self.number}
        if self.id is not None:
            data["id"] = self.id
        data["question"] = self.question
        if self.history:
            data["history"] = [list(turn) for turn in self.history]
        return data


@dataclass(slots=True)
class BatchReport:
    """What a run did: questions `answered` now, `done` before, `failed` (line number, reason).

    `strays` counts answers in the file that belong to no question of this run; they stay there.
    """

    answered: int = 0
    done: int = 0
    strays: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON types."""
        return {
            "answered": self.answered,
            "done_before": self.done,
            "other_answers": self.strays,
            "failed": [{"line": number, "reason": reason} for number, reason in self.failed],
        }


def read_questions(path: Path) -> list[Line]:
    """The questions of a file: JSON lines where its name ends in .jsonl, else one question a line.

    A JSON line is a text or {"question": text, "id": text or number, "history": [[question, answer], ...]}. Empty
    lines are passed over. A line that cannot be read becomes a Line with a `problem`. Raises ClickException if the
    file is not text in UTF-8 (or UTF-16 with a mark) or holds no question.
    """
    try:
        text = decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    read = _from_json if path.suffix.casefold() == ".jsonl" else _from_text
    # Not splitlines: a line separator inside a JSON text ends no line.
    lines = [read(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise click.ClickException(f"{path} holds no question; write one a line")
    return lines


def _from_text(number: int, line: str) -> Line:
    return Line(number, line)


def _from_json(number: int, line: str) -> Line:
    try:
        data = json.loads(line)
    except ValueError as error:
        return Line(number, line, problem=f"not JSON ({error})")
    if isinstance(data, str):
        data = {"question": data}
    if not isinstance(data, dict) or not isinstance(data.get("question"), str) or not data["question"].strip():
        return Line(number, line, problem='expected {"question": "..."}')
    if unknown := data.keys() - _FIELDS:
        return Line(number, line, problem=f"unknown field {min(unknown)!r}; known are question, id, history")
    if not _is_id(data.get("id")):
        return Line(number, line, problem="id must be a text or a whole number")
    try:
        return Line(number, data["question"].strip(), data.get("id"), _turns(data.get("history") or []))
    except (ValueError, TypeError):
        return Line(number, line, problem="history must be [[question, answer], ...]")


def _is_id(value: object) -> bool:
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))


def _turns(history: Any) -> History:
    turns = tuple((question, answer) for question, answer in history)
    if not all(isinstance(text, str) for turn in turns for text in turn):
        raise TypeError
    return turns


def answer_file(assistant: Assistant, lines: list[Line], out: Path, progress: Progress | None = None) -> BatchReport:
    """Answer the questions that `out` has no answer to yet; each answer is on disk before the next is begun.

    A line of `out` is what `Line.heading` gives, and "answer" (Answer.to_dict) or "error" (a text). Lines with an
    error, and a last line that was cut off, are taken out first and asked again. Raises ClickException where `out`
    holds something else.
    """
    kept = _repair(out)
    answered = {_key(record) for record in kept}
    waiting = [line for line in lines if line.key not in answered]
    report = BatchReport(done=len(lines) - len(waiting))
    report.strays = len(answered - {line.key for line in lines})
    with out.open("ab") as file:
        for line in waiting:
            if progress is not None:
                progress(report.done + report.answered + len(report.failed), len(lines))
            record = _answer(assistant, line)
            _append(file, line.heading() | record)
            if "error" in record:
                report.failed.append((line.number, record["error"]))
            else:
                report.answered += 1
    return report


def _answer(assistant: Assistant, line: Line) -> dict[str, Any]:
    if line.problem:
        return {"error": line.problem}
    try:
        return {"answer": assistant.answer(line.question, line.history).to_dict()}
    except SidebysideError as error:
        return {"error": str(error)}


def _append(file: BinaryIO, record: Mapping[str, Any]) -> None:
    file.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    file.flush()


def _repair(out: Path) -> list[dict[str, Any]]:
    """The answers that a file holds, after taking out of it what failed and what was cut off."""
    if not out.exists():
        return []
    data = out.read_bytes()
    kept, records = [], []
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        record = _read_record(line)
        if record is None and (line.endswith(b"\n") or not _is_beginning(line)):
            raise click.ClickException(f"{out}, line {number} is no answer of `ask --file`; choose another --out")
        if record is not None and "answer" in record and line.endswith(b"\n"):
            kept.append(line)
            records.append(record)
    if len(b"".join(kept)) < len(data):
        # Written aside and renamed: a crash now must not cost answers that took hours.
        aside = out.with_name(f".{out.name}.new")
        aside.write_bytes(b"".join(kept))
        aside.replace(out)
    return records


def _is_beginning(line: bytes) -> bool:
    """Whether a line that was cut off is one of ours: somebody's notes must not be taken for one."""
    length = min(len(line), len(_BEGINNING))
    return line[:length] == _BEGINNING[:length]


def _read_record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
        _key(record)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return record if "answer" in record or "error" in record else None


def _key(record: Mapping[str, Any]) -> _Key:
    return int(record["line"]), str(record["question"]), _turns(record.get("history") or [])


def report_lines(report: BatchReport, out: Path) -> Iterator[str]:
    """What is said at the end."""
    before = f", {report.done} were there before" if report.done else ""
    yield f"{out}: {report.answered} answered{before}, {len(report.failed)} failed"
    if report.strays:
        yield f"{report.strays} answers in it belong to other questions; they were left there"
    for number, reason in report.failed[:10]:
        yield f"line {number}: {reason}"
    if len(report.failed) > 10:
        yield f"and {len(report.failed) - 10} more; each has its reason in {out}"
