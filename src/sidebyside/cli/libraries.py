"""Commands about what pages say and where they stand: library, card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sidebyside.cli.graph import matches, print_missing, tell_notices
from sidebyside.cli.shell import (
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
    from sidebyside.records import Artifact, Capability, Library, MatchCounts


# Wishes that are told of one artifact, at most.
_WISHES = 10


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


library.add_command(matches)


@library.command(short_help="List all artifacts, or show one.")
@click.argument("name", required=False)
@click.option("--missing", is_flag=True, help="List what it lacks instead: wishes of matches that found nothing.")
@json_option
@index_option
def show(name: str | None, missing: bool, as_json: bool, index_dir: Path | None) -> None:
    """List all artifacts, or show the one with this NAME."""
    from sidebyside.graph import MatchGraph
    from sidebyside.index.opened import open_index

    if missing and name is not None:
        raise click.UsageError("--missing is about the whole library, so it takes no NAME")
    settings = load_settings(index_dir)
    counts = MatchGraph(settings).counts()
    if missing:
        print_missing(counts, as_json=as_json)
        return
    with open_index(settings.index) as opened:
        found = opened.library.artifacts if name is None else find_artifacts(opened.library, name)
        if as_json:
            print_json(library_data(opened.library, found, counts))
            return
        tell_notices(counts)
        if name is not None and len(found) == 1:
            _print_artifact(opened.library, found[0], counts)
        else:
            _print_list(opened.library, found, counts)


@library.command(short_help="Tell what changed between two versions.")
@click.argument("old", required=False)
@click.argument("new", required=False)
@json_option
@index_option
def diff(old: str | None, new: str | None, as_json: bool, index_dir: Path | None) -> None:
    """Tell what changed: artifacts, facts and capabilities added, removed, altered.

    Without OLD and NEW, by the last rebuild. Each is a version as `library versions` lists it, or a day (2026-01-31)
    for the last version up to then; without NEW it is the live one.
    """
    from sidebyside.building.kept import find_version, kept_versions, library_of
    from sidebyside.errors import IndexMissingError
    from sidebyside.index.opened import open_index
    from sidebyside.library import diff_libraries

    settings = load_settings(index_dir)
    with open_index(settings.index) as opened:
        earlier = [version for version in kept_versions(settings.index) if version.name != opened.version]
        if not earlier and old is None:
            raise IndexMissingError(
                f"{settings.index} holds one version only: `sidebyside index` has not been run twice yet"
            )
        before = earlier[0] if old is None else find_version(settings.index, old)
        after = opened.library if new is None else library_of(find_version(settings.index, new))
        changes = diff_libraries(library_of(before), after)
    if as_json:
        print_json(changes.to_dict())
    else:
        print_changes(changes)


@library.command("versions", short_help="List the versions that can be looked back at.")
@json_option
@index_option
def list_versions(as_json: bool, index_dir: Path | None) -> None:
    """List the versions that `library diff` can compare, newest first."""
    from sidebyside.building.kept import kept_versions

    kept = kept_versions(load_settings(index_dir).index)
    if as_json:
        print_json([{"name": version.name, "created": version.created} for version in kept])
    else:
        print_table(("version", "built (UTC)"), [(item.name, item.created[:19].replace("T", " ")) for item in kept])


@library.command("pages", short_help="Tell where every page stands.")
@click.option("--older-than", default="", metavar="DATE", help="Mark pages before this day (2026-01-31) as stale.")
@json_option
@index_option
def list_pages(older_than: str, as_json: bool, index_dir: Path | None) -> None:
    """Tell of every page when it was read, from where, its date and version, and whether a newer one is beside it."""
    from sidebyside.building.standing import library_standing

    standing = library_standing(load_settings(index_dir).index, older_than=older_than)
    if as_json:
        print_json(standing.to_dict())
        return
    rows = []
    for page in standing.pages:
        marks = ["stale"] * page.stale + [f"newer: {page.newer}"] * bool(page.newer)
        where = page.url or page.place
        rows.append((page.source, page.date, page.read[:16].replace("T", " "), page.version, where, ", ".join(marks)))
    print_table(("page", "dated", "read (UTC)", "version", "from", ""), rows)
    if standing.undo:
        click.echo(one_line(f"\nlast change: {standing.undo} (sidebyside index --undo takes it back)"))


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
        click.echo("nothing changed")
    for line in change_lines(changes):
        click.echo(line)


def change_lines(changes: LibraryDiff) -> list[str]:
    """One line per change: "+" came, "-" went, "~" is different."""
    lines = [f"+ {label}" for label in changes.artifacts_added]
    lines += [f"- {label}" for label in changes.artifacts_removed]
    for fact in changes.facts:
        before, after = (" / ".join(values) or "not stated" for values in (fact.before, fact.after))
        lines.append(f"~ {fact.artifact}: {fact.label}: {before} -> {after}")
    for capability in changes.capabilities:
        sign = "+" if not capability.before else "-" if not capability.after else "~"
        parts = f" ({', '.join(capability.changed)})" if capability.changed else ""
        lines.append(f"{sign} {capability.artifact}: {capability.after or capability.before}{parts}")
    return [one_line(line) for line in lines]


def find_artifacts(library: Library, name: str) -> Sequence[Artifact]:
    """The artifacts whose label, id, name or alias is `name`; if there are none, those that contain it.

    Raises click.ClickException naming the nearest if nothing fits.
    """
    from sidebyside.library.folding import fold_name

    wanted = fold_name(name)
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
    from sidebyside.library.folding import fold_name

    return {fold_name(known) for known in (artifact.id, artifact.label, artifact.name, *artifact.aliases)}


def _nearest(library: Library, name: str) -> str:
    from rapidfuzz import fuzz, process, utils

    labels = [artifact.label for artifact in library.artifacts]
    near = process.extract(name, labels, scorer=fuzz.WRatio, processor=utils.default_process, limit=3)
    return ", ".join(one_line(label) for label, _score, _position in near) or "none: the library is empty"


def _print_list(library: Library, artifacts: Sequence[Artifact], counts: MatchCounts) -> None:
    from sidebyside.records.schema import RANK

    times = counts.times()
    conflicts = {conflict.artifact for conflict in library.conflicts()}
    rows = []
    for artifact in artifacts:
        ranks = dict.fromkeys(fact.value for fact in artifact.values(RANK))
        kept, total = artifact.described, artifact.capabilities_total
        count = f"{kept} of {total}" if total is not None and total != kept else str(kept)
        mark = "conflict" if artifact.id in conflicts else ""
        here = [times.get(artifact.id, 0)] if times else []
        rows.append((artifact.label, artifact.type, " / ".join(ranks), count, len(artifact.sources), *here, mark))
    # Where nothing was counted there is nothing to tell.
    head = ("artifact", "type", "rank", "capabilities", "pages", *(["matched here"] if times else []), "")
    print_table(head, rows, right=range(2, len(head) - 1))


def _print_artifact(library: Library, artifact: Artifact, counts: MatchCounts) -> None:
    from sidebyside.records.schema import TIMES_MATCHED, TIMES_MATCHED_HERE

    click.echo(printable(f"{artifact.label}\n"))
    rows = [(fact.label, fact.value, fact.source.file) for fact in artifact.facts]
    met = counts.met_by(artifact.id)
    if met:
        # Beside the page's own count, where there is one.
        own = [place for place, row in enumerate(rows, start=1) if row[0].casefold() == TIMES_MATCHED.casefold()]
        here = (TIMES_MATCHED_HERE, str(sum(times for _wish, times in met)), "counted on this machine")
        rows.insert(own[-1] if own else len(rows), here)
    print_table(("fact", "value", "source"), rows)
    if met:
        told = ", ".join(f"{wish} ({times})" for wish, times in met[:_WISHES])
        click.echo(printable(f"\nWishes it met here: {told}"))
    for position, capability in enumerate(artifact.capabilities, start=1):
        click.echo()
        _print_capability(position, capability)
    if artifact.withheld:
        click.echo("\nWithheld from answers, as it addresses an assistant:")
        for excerpt in artifact.withheld:
            click.echo(printable(f"    {excerpt.text} ({excerpt.source.file})"))
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


def library_data(library: Library, artifacts: Sequence[Artifact], counts: MatchCounts) -> dict[str, Any]:
    """What `library --json` prints: these artifacts, how often each met a wish here, and where their facts disagree."""
    times = counts.times()
    labels = {artifact.id: artifact.label for artifact in artifacts}
    return {
        "artifacts": [_artifact_data(artifact) | {"matched_here": times.get(artifact.id, 0)} for artifact in artifacts],
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
        "withheld": [{"text": excerpt.text, "source": excerpt.source.file} for excerpt in artifact.withheld],
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
