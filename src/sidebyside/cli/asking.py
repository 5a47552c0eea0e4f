"""Commands that answer: ask, compare, eval."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sidebyside.cli.records import record_option, save
from sidebyside.cli.shell import (
    ProgressReport,
    decoded,
    index_option,
    json_option,
    load_settings,
    one_line,
    print_json,
    print_markdown,
    print_table,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidebyside.assistant import Assistant
    from sidebyside.records import Answer, Citation, Event
    from sidebyside.settings import Settings

MOST_PIPED = 100_000
# What scripts are told with --exit-code; 1 and 2 are errors.
_EXIT_CODES = {"answered": 0, "partial": 3, "not_found": 4}

model_option = click.option(
    "--model", metavar="NAME", help="LLM: a catalogue name or the path of a GGUF file.  [default: SIDEBYSIDE_MODEL]"
)
no_llm_option = click.option("--no-llm", is_flag=True, help="Answer from tables and quotes alone.")


@click.command()
@click.argument("question", nargs=-1)
@click.option(
    "--history",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with the conversation so far: [[question, answer], ...].",
)
@click.option(
    "--file",
    "questions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answer the questions of a file instead: one a line, or JSON lines (.jsonl); with --out.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the answers to --file go, as JSON lines; the same command again goes on where it stopped.",
)
@click.option(
    "--exit-code", "exit_code", is_flag=True, help="Exit with 0 if answered, 3 if in part, 4 if the pages do not say."
)
@record_option
@model_option
@no_llm_option
@json_option
@index_option
def ask(
    question: tuple[str, ...],
    history: Path | None,
    questions: Path | None,
    out: Path | None,
    exit_code: bool,
    record: Path | None,
    model: str | None,
    no_llm: bool,
    as_json: bool,
    index_dir: Path | None,
) -> None:
    """Answer QUESTION from the pages, with sources. It may also come through a pipe: echo QUESTION | sidebyside ask"""
    asked = "" if questions else _asked(question)
    if bool(asked) == bool(questions) or (questions and question):
        raise click.UsageError("give either a QUESTION, as words or through a pipe, or --file")
    if bool(questions) != bool(out) or (questions and (history or exit_code or record)):
        raise click.UsageError("--file and --out go together, and without --history, --exit-code and --record")
    settings = answer_settings(index_dir, model, no_llm)
    if questions and out:
        ask_file(questions, out, settings, as_json=as_json)
        return
    from sidebyside.assistant import Assistant

    turns = read_history(history) if history else []
    with Assistant.open(settings.index, settings=settings) as assistant:
        answer = show_answer(assistant, asked, turns, as_json=as_json)
        if record:
            save(assistant, answer, record, turns)
    if exit_code:
        raise SystemExit(_EXIT_CODES[answer.status])


def _asked(words: tuple[str, ...]) -> str:
    """The question: the words, or what comes through a pipe where there are none or "-" stands for them."""
    if words and words != ("-",):
        return " ".join(words)
    if sys.stdin is None or (not words and sys.stdin.isatty()):
        return ""
    data = sys.stdin.buffer.read(MOST_PIPED + 1)
    if len(data) > MOST_PIPED:
        raise click.ClickException(f"more than {MOST_PIPED:,} bytes came through the pipe; ask one question, or --file")
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"what came through the pipe is not UTF-8 text ({error.reason})") from None
    return " ".join(text.split())


def ask_file(questions: Path, out: Path, settings: Settings, *, as_json: bool) -> None:
    """Answer a file of questions into another; exit code 1 if some failed."""
    from sidebyside.assistant import Assistant
    from sidebyside.cli import batch

    lines = batch.read_questions(questions)
    with Assistant.open(settings.index, settings=settings) as assistant, ProgressReport() as bar:
        report = batch.answer_file(assistant, lines, out, lambda done, total: bar("asking", done, total))
    if as_json:
        print_json(report.to_dict())
    else:
        for line in batch.report_lines(report, out):
            click.echo(one_line(line), err=True)
    if report.failed:
        raise SystemExit(1)


@click.command(short_help="Compare two or more artifacts.")
@click.argument("names", nargs=-1, required=True)
@click.option("--on", "criteria", multiple=True, metavar="WORDS", help="A criterion in any words; may be repeated.")
@record_option
@model_option
@no_llm_option
@json_option
@index_option
def compare(
    names: tuple[str, ...],
    criteria: tuple[str, ...],
    record: Path | None,
    model: str | None,
    no_llm: bool,
    as_json: bool,
    index_dir: Path | None,
) -> None:
    """Compare two to twelve artifacts: what the tables say, and what each offers that the others do not.

    With --on, they are laid beside each other on criteria in your own words: what each page states, denies, or says
    nothing of.
    """
    if len(names) < 2:
        raise click.UsageError("compare needs at least two names; put quotes around names with spaces")
    from sidebyside.assistant import Assistant

    settings = answer_settings(index_dir, model, no_llm)
    with Assistant.open(settings.index, settings=settings) as assistant:
        # Names that fit no artifact, or several, are errors here; in a question they would only be noticed.
        artifacts = assistant.compare(names).artifacts
        if criteria:
            answer = show_events(assistant.compare_on([artifact.id for artifact in artifacts], criteria), as_json)
        else:
            *labels, last = (artifact.label for artifact in artifacts)
            answer = show_answer(assistant, f"Compare {', '.join(labels)} and {last}", [], as_json=as_json)
        if record:
            save(assistant, answer, record)


@click.command("eval", short_help="Score the answers to a question set.")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Most questions to generate.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which questions to generate.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON there as well.")
@model_option
@no_llm_option
@json_option
@index_option
def evaluate(
    file: Path | None,
    limit: int,
    seed: int,
    output: Path | None,
    model: str | None,
    no_llm: bool,
    as_json: bool,
    index_dir: Path | None,
) -> None:
    """Ask the questions of FILE (JSON lines) and score the answers; without FILE, questions about your own library.

    The table has a row for each kind of question; below it stand the questions that failed, and why.
    """
    from sidebyside.evaluation import evaluate, format_report

    settings = answer_settings(index_dir, model, no_llm)
    with ProgressReport() as progress:
        report = evaluate(
            *(settings.index, file),
            settings=settings,
            seed=seed,
            limit=limit,
            progress=lambda done, total: progress("asking", done, total),
        )
    if output is not None:
        output.write_text(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if as_json:
        print_json(report.to_dict())
    else:
        click.echo(printable(format_report(report)))


def answer_settings(index_dir: Path | None, model: str | None, no_llm: bool, **flags: Any) -> Settings:
    """Settings for a command that answers; --no-llm wins over everything."""
    if no_llm and model:
        raise click.UsageError("--model and --no-llm exclude each other")
    return load_settings(index_dir, model="none" if no_llm else model, **flags)


def read_history(path: Path) -> list[tuple[str, str]]:
    """The turns of a conversation file: [[question, answer], ...]."""
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
        return [(_text(question), _text(answer)) for question, answer in turns]
    except (ValueError, TypeError) as error:
        raise click.BadParameter(
            f"{path}: expected [[question, answer], ...] ({error})", param_hint="--history"
        ) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def show_answer(assistant: Assistant, question: str, history: list[tuple[str, str]], *, as_json: bool) -> Answer:
    """Print the answer: as JSON when it is complete, else step by step as it comes. Returns it."""
    return show_events(assistant.stream(question, history=history), as_json)


def show_events(events: Iterator[Event], as_json: bool) -> Answer:
    """The same of any answer's steps."""
    if not as_json:
        return print_events(events)
    *_, last = events
    print_json(last.answer.to_dict())
    return last.answer


def print_events(events: Iterator[Event]) -> Answer:
    """Print what each step adds; when the answer is complete, its notes and sources. Returns it."""
    answer: Answer | None = None
    for event in events:
        answer = event.answer
        if event.type == "answer":
            print_ending(event.answer)
            continue
        print_markdown(event.text)
        if event.type == "facts" and event.answer.table is not None:
            click.echo()
            print_table(event.answer.table.header, event.answer.table.rows)
            click.echo()
        sys.stdout.flush()
    assert answer is not None  # every stream has at least one event
    return answer


def print_ending(answer: Answer) -> None:
    """Notes that the text does not hold, then the sources."""
    for note in answer.notes:
        if note not in answer.text:
            click.echo()
            print_markdown(f"Note: {note}")
    if answer.citations:
        click.echo("\nSources")
    for citation in answer.citations:
        click.echo(source_line(citation))


def source_line(citation: Citation) -> str:
    """One source: number, artifact, class, quote, file and characters."""
    place = f"{citation.source}:{citation.start}-{citation.end}"
    return printable(
        f'[{citation.number}] {citation.artifact}, {citation.evidence_class}: "{citation.quote}" ({place})'
    )
