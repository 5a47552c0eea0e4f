"""Commands about pages and what they say: index, library, card."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sidebyside.cli.shell import (
    ProgressReport,
    index_option,
    json_option,
    load_settings,
    one_line,
    print_json,
    print_table,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.library import LibraryDiff
    from sidebyside.records import Artifact, BuildReport, Capability, Library


@click.command(short_help="Read pages and publish a new index.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--remove", multiple=True, metavar="NAME", help="Take a page out again, by the name citations show.")
@json_option
@index_option
def index(paths: tuple[str, ...], remove: tuple[str, ...], as_json: bool, index_dir: Path | None) -> None:
    """Read pages and publish a new index.

    PATH is a page, a folder, a glob or a zip file; it is added to the pages read before. Without a PATH, everything is
    looked at again: the seeds folder of the index, and whatever was added. Only changed pages are read and embedded.
    """
    from sidebyside.indexing import build_index

    for path in paths:
        # A pattern that matches nothing is reported by the build, among what was skipped.
        if not Path(path).expanduser().exists() and not glob.has_magic(path):
            raise click.ClickException(f"{path}: no such file or folder")
    settings = load_settings(index_dir)
    with ProgressReport() as report:
        built = build_index(paths, index=settings.index, settings=settings, remove=remove, progress=report)
    if as_json:
        print_json(built.to_dict())
    else:
        _print_report(built, settings.index)
    if built.pages == 0:
        raise click.ClickException("no page could be read: the reasons are listed above")


def _print_report(report: BuildReport, index_dir: Path) -> None:
    if not report.published:
        click.echo(f"nothing has changed: {report.pages} pages, generation {report.generation} in {index_dir}")
        return
    formats = ", ".join(f"{count} {name}" for name, count in sorted(report.formats.items()))
    rows = [
        ("pages", f"{report.pages} ({formats})" if formats else str(report.pages)),
        ("artifacts", report.artifacts),
        ("capabilities", report.capabilities),
        ("passages", report.passages),
        ("conflicts", report.conflicts),
        ("skipped", len(report.skipped)),
        ("warnings", len(report.warnings)),
        ("generation", f"{report.generation} in {index_dir}, {report.seconds:.1f} s"),
    ]
    print_table(("read", ""), rows)
    for title, pairs in (("Skipped", report.skipped), ("Warnings", report.warnings)):
        if pairs:
            click.echo()
            print_table((title, "reason"), pairs)


class DefaultCommand(click.Group):
    """A group whose first word may be left out: `library NAME` is `library show NAME`.

    `library show diff` reaches an artifact that is called like a command.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=DefaultCommand,
    short_help="List, search and show artifacts.",
    options_metavar="[OPTIONS]",
    subcommand_metavar="[NAME | COMMAND]",
)
def library() -> None:
    """List the artifacts, search them, or show one: its facts, capabilities and sources.

    `sidebyside library` lists all; `sidebyside library NAME` shows the artifact of that name, or lists those whose
    name or type contains it. --json prints everything that is known.
    """


@library.command(short_help="List all artifacts, or show one.")
@click.argument("name", required=False)
@json_option
@index_option
def show(name: str | None, as_json: bool, index_dir: Path | None) -> None:
    """List all artifacts, or show the one with this NAME."""
    from sidebyside.index import open_index

    with open_index(load_settings(index_dir).index) as opened:
        found = opened.library.artifacts if name is None else find_artifacts(opened.library, name)
        if as_json:
            print_json(library_data(opened.library, found))
        elif name is not None and len(found) == 1:
            _print_artifact(opened.library, found[0])
        else:
            _print_list(opened.library, found)


@library.command(short_help="Tell what the last rebuild changed.")
@json_option
@index_option
def diff(as_json: bool, index_dir: Path | None) -> None:
    """Tell what the last rebuild changed: artifacts, facts and capabilities added, removed, altered."""
    from sidebyside.errors import IndexMissingError
    from sidebyside.generations import other_names
    from sidebyside.index import open_index
    from sidebyside.library import diff_libraries, read_library

    settings = load_settings(index_dir)
    with open_index(settings.index) as opened:
        earlier = other_names(settings.index, opened.generation)
        if not earlier:
            raise IndexMissingError(
                f"{settings.index} holds one generation only: `sidebyside index` has not been run twice yet"
            )
        before = read_library(settings.index / "generations" / earlier[0] / "library.jsonl")
        changes = diff_libraries(before, opened.library)
    if as_json:
        print_json(changes.to_dict())
    else:
        print_changes(changes)


@click.command(short_help="Print a page to fill in yourself.")
@click.argument("name")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write instead.")
@index_option
def card(name: str, output: Path | None, index_dir: Path | None) -> None:
    """Print a card to fill in: a page of your own about NAME, for things that no page exists for."""
    from sidebyside.pages import card_template

    del index_dir  # taken like everywhere, but a card belongs to no index
    text = card_template(name)
    if output is None:
        click.echo(text.rstrip("\n"))
        return
    if output.exists():
        raise click.ClickException(f"{output} exists: choose another file")
    output.write_text(text, encoding="utf-8")
    click.echo(f"Fill in {output}, then run: sidebyside index {output}")


def print_changes(changes: LibraryDiff) -> None:
    """One line per change: "+" came, "-" went, "~" is different."""
    if changes.empty:
        click.echo("the last rebuild changed nothing")
    lines = [f"+ {label}" for label in changes.artifacts_added]
    lines += [f"- {label}" for label in changes.artifacts_removed]
    for fact in changes.facts:
        before, after = (" / ".join(values) or "not stated" for values in (fact.before, fact.after))
        lines.append(f"~ {fact.artifact}: {fact.label}: {before} -> {after}")
    for capability in changes.capabilities:
        sign = "+" if not capability.before else "-" if not capability.after else "~"
        parts = f" ({', '.join(capability.changed)})" if capability.changed else ""
        lines.append(f"{sign} {capability.artifact}: {capability.after or capability.before}{parts}")
    for line in lines:
        click.echo(one_line(line))


def find_artifacts(library: Library, name: str) -> Sequence[Artifact]:
    """The artifacts whose label, id, name or alias is `name`; if there are none, those that contain it.

    Raises click.ClickException naming the nearest if nothing fits.
    """
    wanted = name.casefold().strip()
    exact = [artifact for artifact in library.artifacts if wanted in _names(artifact)]
    if exact:
        return exact
    parts = [
        artifact
        for artifact in library.artifacts
        if any(wanted in known for known in _names(artifact)) or wanted == artifact.type.casefold()
    ]
    if parts:
        return parts
    raise click.ClickException(f"no artifact is called {name!r}; the nearest are {_nearest(library, name)}")


def _names(artifact: Artifact) -> set[str]:
    names = (artifact.id, artifact.label, artifact.name, *artifact.aliases)
    return {known.casefold() for known in names}


def _nearest(library: Library, name: str) -> str:
    from rapidfuzz import fuzz, process, utils

    labels = [artifact.label for artifact in library.artifacts]
    near = process.extract(name, labels, scorer=fuzz.WRatio, processor=utils.default_process, limit=3)
    return ", ".join(one_line(label) for label, _score, _position in near) or "none: the library is empty"


def _print_list(library: Library, artifacts: Sequence[Artifact]) -> None:
    conflicts = {conflict.artifact for conflict in library.conflicts()}
    rows = []
    for artifact in artifacts:
        ranks = dict.fromkeys(fact.value for fact in artifact.values("UnfragileRank"))
        kept, total = artifact.described, artifact.capabilities_total
        count = f"{kept} of {total}" if total is not None and total != kept else str(kept)
        mark = "conflict" if artifact.id in conflicts else ""
        rows.append((artifact.label, artifact.type, " / ".join(ranks), count, len(artifact.sources), mark))
    print_table(("artifact", "type", "rank", "capabilities", "pages", ""), rows, right=(2, 3, 4))


def _print_artifact(library: Library, artifact: Artifact) -> None:
    click.echo(printable(f"{artifact.label}\n"))
    rows = [(fact.label, fact.value, fact.source.file) for fact in artifact.facts]
    print_table(("fact", "value", "source"), rows)
    for position, capability in enumerate(artifact.capabilities, start=1):
        click.echo()
        _print_capability(position, capability)
    for conflict in library.conflicts():
        if conflict.artifact == artifact.id:
            values = ", ".join(f"{fact.value} ({fact.source.file})" for fact in conflict.facts)
            click.echo(printable(f"\nThe pages disagree on {conflict.label}: {values}"))


def _print_capability(position: int, capability: Capability) -> None:
    lead = f"{position}."
    for label, excerpt in capability.parts():
        word = "" if label in ("title", "description") else f"{label.replace('_', ' ')}: "
        click.echo(printable(f"{lead:<4}{word}{excerpt.text}"))
        lead = ""
    click.echo(printable(f"    from {', '.join(capability.sources)}"))


def library_data(library: Library, artifacts: Sequence[Artifact]) -> dict[str, Any]:
    """What `library --json` prints: these artifacts, and the conflicts among their facts."""
    labels = {artifact.id: artifact.label for artifact in artifacts}
    return {
        "artifacts": [_artifact_data(artifact) for artifact in artifacts],
        "conflicts": [
            {
                "artifact": labels[conflict.artifact],
                "label": conflict.label,
                "values": [{"value": fact.value, "source": fact.source.file} for fact in conflict.facts],
            }
            for conflict in library.conflicts()
            if conflict.artifact in labels
        ],
    }


def _artifact_data(artifact: Artifact) -> dict[str, Any]:
    facts: dict[str, list[dict[str, str]]] = {}
    for fact in artifact.facts:
        facts.setdefault(fact.label, []).append({"value": fact.value, "source": fact.source.file})
    return {
        "id": artifact.id,
        "name": artifact.name,
        "label": artifact.label,
        "type": artifact.type,
        "aliases": list(artifact.aliases),
        "url": artifact.url,
        "facts": facts,
        "capabilities_total": artifact.capabilities_total,
        "capabilities": [_capability_data(capability) for capability in artifact.capabilities],
        "sources": list(artifact.sources),
    }


def _capability_data(capability: Capability) -> dict[str, Any]:
    singles = {
        name: excerpt.text if (excerpt := getattr(capability, name)) is not None else None
        for name in ("title", "description", "unique", "alternatives")
    }
    lists = {
        name: [excerpt.text for excerpt in getattr(capability, name)]
        for name in ("intents", "best_for", "limitations", "requires")
    }
    return singles | lists | {"source": capability.sources[0], "sources": list(capability.sources)}
