"""What the library command tells of the local match graph, and the command that switches and forgets it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sidebyside.cli.shell import index_option, json_option, load_settings, one_line, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidebyside.graph import MatchGraph
    from sidebyside.records import AskedWish, Library, MatchCounts

# Artifacts that a row names, at most.
_NAMED = 3


@click.command("matches", short_help="Tell what wishes led to here; switch counting, forget.")
@click.option("--on/--off", "counting", default=None, help="Count matches from now on, or no longer.")
@click.option("--forget", is_flag=True, help="Forget what was counted for this library.")
@json_option
@index_option
def matches(counting: bool | None, forget: bool, as_json: bool, index_dir: Path | None) -> None:
    """Tell which wishes were matched here, how often, and which artifacts they led to.

    Counts stay on this machine, in your data folder; SIDEBYSIDE_MATCHES names another file, or `off`.
    """
    from sidebyside.graph import MatchGraph
    from sidebyside.index.opened import open_index

    settings = load_settings(index_dir)
    graph = MatchGraph(settings)
    if forget:
        graph.forget()
    if counting is not None:
        graph.switch(counting)
    counts = graph.counts()
    if as_json:
        print_json(counts.to_dict())
        return
    tell_notices(counts)
    click.echo("Forgotten." if forget else _state(graph))
    if counts.wishes:
        click.echo()
        with open_index(settings.index) as opened:
            _print_wishes(counts, opened.library)


def print_missing(counts: MatchCounts, *, as_json: bool) -> None:
    """What the library lacks: the wishes that found nothing when they were last asked."""
    if as_json:
        data = counts.to_dict()
        print_json({"counting": data["counting"], "missing": _wishes(counts.missing), "notices": data["notices"]})
        return
    tell_notices(counts)
    if counts.missing:
        rows = [(wish.text, wish.times, day(wish)) for wish in counts.missing]
        print_table(("wish that found nothing", "asked", "last (UTC)"), rows, right=(1,))
    elif counts.wishes or counts.counting:
        click.echo("No wish that was asked here found nothing.")
    else:
        click.echo("Matches are not counted here: sidebyside library matches --on")


def tell_notices(counts: MatchCounts) -> None:
    """What could not be read, on stderr."""
    for notice in counts.notices:
        click.echo(one_line(f"Note: {notice}"), err=True)


def day(wish: AskedWish) -> str:
    """When a wish was last asked, to the minute."""
    return wish.last[:16].replace("T", " ")


def _state(graph: MatchGraph) -> str:
    if not graph.can_count:
        return "Matches are not counted: SIDEBYSIDE_MATCHES is off, or no data folder is known."
    if not graph.counting:
        return "Matches are not counted; to count them: sidebyside library matches --on"
    return "Matches are counted on this machine; to stop: sidebyside library matches --off"


def _wishes(found: tuple[AskedWish, ...]) -> list[dict[str, Any]]:
    return [{"wish": wish.text, "times": wish.times, "last": wish.last} for wish in found]


def _print_wishes(counts: MatchCounts, library: Library) -> None:
    labels = {artifact.id: artifact.label for artifact in library.artifacts}
    rows = [(wish.text, wish.times, _led_to(wish, labels), day(wish)) for wish in counts.wishes]
    print_table(("wish", "asked", "led to", "last (UTC)"), rows, right=(1,))


def _led_to(wish: AskedWish, labels: Mapping[str, str]) -> str:
    """The artifacts a wish led to most often; those that are no longer in the library are left out."""
    times: dict[str, int] = {}
    for led in wish.led_to:
        if led.artifact in labels:
            times[led.artifact] = times.get(led.artifact, 0) + led.times
    most = sorted(times, key=lambda artifact: (-times[artifact], labels[artifact]))
    told = [f"{labels[artifact]} ({times[artifact]})" for artifact in most[:_NAMED]]
    more = [f"{len(most) - _NAMED} more"] if len(most) > _NAMED else []
    return ", ".join([*told, *more]) or ("nothing" if wish.lacking else "")
