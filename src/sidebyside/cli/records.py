"""Decision records in the shell: --record of the commands that answer, and the command replay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sidebyside.cli.shell import index_option, json_option, one_line, print_json, print_table, printable

if TYPE_CHECKING:
    from sidebyside.assistant import Assistant, History
    from sidebyside.records import Answer, CellReplay, Match, Replay, Told

# What scripts are told; 1 and 2 are errors.
CHANGED = 3
# Characters of a cell in a table, so that two of them fit beside their names on 80 columns.
_CELL = 60


def _known_form(_context: Any, _option: Any, path: Path | None) -> Path | None:
    """Tell of a wrong suffix before a question is answered, not after."""
    if path is not None:
        from sidebyside.decisions.forms import form_of

        form_of(path)
    return path


record_option = click.option(
    "--record",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_known_form,
    help="Write it as a decision record, too: to be read (.md, .html) or replayed (.json).",
)


def save(assistant: Assistant, given: Answer | Match, path: Path, history: History = ()) -> None:
    """Write a record of what was just answered."""
    from sidebyside.decisions.forms import write_record

    write_record(assistant.record(given, history=history), path)
    click.echo(one_line(f"Recorded in {path}"), err=True)


@click.command(short_help="Ask a decision record again, and tell what changed.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", metavar="NAME", help="LLM, for answers it took part in.  [default: SIDEBYSIDE_MODEL]")
@click.option("--no-llm", is_flag=True, help="Answer from tables and quotes alone.")
@json_option
@index_option
def replay(file: Path, model: str | None, no_llm: bool, as_json: bool, index_dir: Path | None) -> None:
    """Ask the record in FILE (JSON) again on today's library: what is the same, what changed, and on which pages.

    Exit code 0 if everything that the record shows still reads so, 3 if something changed.
    """
    from sidebyside.assistant import Assistant
    from sidebyside.cli.asking import answer_settings
    from sidebyside.decisions.forms import read_record

    record = read_record(file)
    # An LLM that did not take part need not be opened.
    written = any(answer.written for answer in record.answers)
    settings = answer_settings(index_dir, model, no_llm or (not written and not model))
    with Assistant.open(settings.index, settings=settings) as assistant:
        found = assistant.replay(record)
    if as_json:
        print_json(found.to_dict())
    else:
        print_replay(found)
    if not found.same:
        raise SystemExit(CHANGED)


def print_replay(found: Replay) -> None:
    """What is the same and what changed: answers, the shortlist, quotes, pages."""
    click.echo(printable(found.title))
    click.echo(f"recorded {found.created[:10]}, asked again on index {found.generation}")
    for note in found.notes:
        click.echo(f"Note: {printable(note)}")
    for answer in found.answers:
        click.echo(f"\n{answer.outcome}: {printable(answer.asked)}")
        if answer.status_before != answer.status_after:
            click.echo(f"  {answer.status_before} then, {answer.status_after} now")
        _print_cells(answer.cells)
    for artifact in found.artifacts:
        click.echo(f"\n{artifact.outcome}: {printable(artifact.label)}")
        _print_cells(artifact.cells)
    _print_quotes(found)
    _print_pages(found)
    click.echo(f"\n{_point(found)}")


def _print_cells(cells: tuple[CellReplay, ...]) -> None:
    """A count of what is the same, and each cell that is not."""
    same = [cell for cell in cells if cell.outcome in ("same", "reworded")]
    worded = sum(cell.outcome == "reworded" for cell in cells)
    also = f", {worded} of them in other words" if worded else ""
    click.echo(f"  {len(same)} of {len(cells)} cells are the same{also}")
    other = [cell for cell in cells if cell not in same]
    if other:
        rows = [(cell.artifact, cell.criterion, _said(cell.before), _said(cell.after)) for cell in other]
        print_table(("artifact", "criterion", "then", "now"), rows)


def _said(told: Told | None) -> str:
    if told is None:
        return "-"
    if told.state == "silent":
        return "not stated"
    text = f"no: {told.text}" if told.state == "denied" else told.text
    return text if len(text) <= _CELL else f"{text[: _CELL - 1].rstrip()}…"


def _print_quotes(found: Replay) -> None:
    """Quotes that no page has any more, and what stands there now."""
    lost = [quote for quote in found.quotes if quote.outcome != "same"]
    if lost:
        click.echo("\nQuotes that are not on the pages any more")
    for quote in lost:
        click.echo(printable(f'- {quote.artifact}: "{quote.before}" ({quote.source})'))
        click.echo(printable(f'  now: "{quote.after}"' if quote.after else "  now: nothing like it"))


def _print_pages(found: Replay) -> None:
    if not found.pages:
        return
    click.echo("\nPages")
    for page in found.pages:
        where = f", now {page.now}" if page.now else ""
        hashes = f" (SHA-256 {page.sha256_before[:8]} then, {page.sha256_after[:8]} now)"
        told = (
            hashes
            if page.outcome == "changed"
            else " (its hash of then is not known)"
            if page.outcome == "unknown"
            else ""
        )
        click.echo(printable(f"- {page.outcome}: {page.source}{where}{told}"))


def _point(found: Replay) -> str:
    if found.same:
        return "The same: all that the record shows still reads so."
    changed = sum(cell.outcome not in ("same", "reworded") for cell in found.cells)
    lost = sum(quote.outcome != "same" for quote in found.quotes)
    cells, quotes = len(found.cells), len(found.quotes)
    return f"Changed: {changed} of {cells} cells; {lost} of {quotes} quotes are gone or read otherwise."
