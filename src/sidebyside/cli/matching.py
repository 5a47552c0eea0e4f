"""The command match: a need beside all artifacts of the library."""

from __future__ import annotations

import re
from pathlib import Path

import click

from sidebyside.cli.asking import answer_settings, model_option, no_llm_option, source_line
from sidebyside.cli.records import record_option, save
from sidebyside.cli.shell import index_option, json_option, print_json, print_markdown, print_table, printable
from sidebyside.records import MOST_SHOWN, ROLES, SHOWN, Match, Role, Wish

_WEIGHED = re.compile(r"(\d+(?:\.\d+)?)\s*\*\s*(.+)", re.DOTALL)


@click.command(short_help="Find what meets a need, wish by wish.")
@click.argument("need", nargs=-1)
@click.option("--must", multiple=True, metavar="WISH", help="A wish that has to be met; may be repeated.")
@click.option("--nice", multiple=True, metavar="WISH", help="A wish that is nice to have; counts behind the others.")
@click.option("--not", "nots", multiple=True, metavar="WISH", help="What must not be; or an artifact to leave out.")
@click.option("--among", multiple=True, metavar="NAME", help="Look at this artifact and others named so, only.")
@click.option(
    "--most", type=click.IntRange(1, MOST_SHOWN), default=SHOWN, show_default=True, help="Most artifacts to show."
)
@record_option
@model_option
@no_llm_option
@json_option
@index_option
def match(
    need: tuple[str, ...],
    must: tuple[str, ...],
    nice: tuple[str, ...],
    nots: tuple[str, ...],
    among: tuple[str, ...],
    most: int,
    record: Path | None,
    model: str | None,
    no_llm: bool,
    as_json: bool,
    index_dir: Path | None,
) -> None:
    """Match NEED, wishes joined by commas, with all artifacts: what each meets, denies, or says nothing of.

    Wishes in NEED have to be met. Options give one wish each; "3*offline" weighs three times as much as others.
    """
    from sidebyside.assistant import Assistant

    given = {"must": must, "nice": nice, "not": nots}
    if not need and not any(given.values()):
        raise click.UsageError("Missing argument 'NEED...', or a wish: --must, --nice or --not.")
    wishes = [_wish(words, role) for role in ROLES for words in given[role]]
    settings = answer_settings(index_dir, model, no_llm)
    with Assistant.open(settings.index, settings=settings) as assistant:
        found = assistant.match(" ".join(need), wishes, among=among, most=most)
        if as_json:
            print_json(found.to_dict())
        else:
            print_match(found)
        if record:
            save(assistant, found, record)


def _wish(words: str, role: Role) -> Wish:
    """ "3*offline" is the wish "offline" with the weight 3."""
    weighed = _WEIGHED.fullmatch(words)
    return Wish(weighed[2], role, float(weighed[1])) if weighed else Wish(words, role)


def print_match(found: Match) -> None:
    """The point, artifacts by wishes, what each wish rules out, notes, and the quotes behind the numbers."""
    print_markdown(found.text)
    if found.artifacts:
        click.echo()
        print_table(found.table.header, found.table.rows)
    if found.total:
        click.echo()
        rows = zip(found.table.header[1:], found.excludes, found.without, strict=True)
        shown = [(wish, f"{number} of {found.total}", ", ".join(left) or "none") for wish, number, left in rows]
        print_table(("wish", "rules out", "meets all the others"), shown)
    for note in found.notes:
        click.echo(f"\nNote: {printable(note)}")
    if found.citations:
        click.echo("\nSources")
    for citation in found.citations:
        click.echo(source_line(citation))
