"""The command `index`: read pages, take one from standard input, take a change back, watch."""

from __future__ import annotations

import glob
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sidebyside.cli.libraries import change_lines
from sidebyside.cli.shell import (
    ProgressReport,
    index_option,
    json_option,
    load_settings,
    one_line,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.records import BuildReport
    from sidebyside.settings import Settings

# As many files that share a reason still have a line each.
_FEW = 5
_AT_LINE = re.compile(r"^line \d+: |\bat line \d+, ")
_HEAD_ROW = re.compile(r"(the head row) \(.*?\)(?= (?:names|could|does))")


@click.command(short_help="Read pages and publish a new index.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--remove", multiple=True, metavar="NAME", help="Take a page out again, by the name citations show.")
@click.option("--undo", is_flag=True, help="Take back the last page that was pasted, uploaded or removed.")
@click.option("--watch", is_flag=True, help="Stay, and look again when something in the folders changes.")
@click.option("--name", default="", help="With -: what to call the page.")
@click.option("--url", default="", help="With -: the address the page is from.")
@click.option("--keep-both", is_flag=True, help="With -: keep a page that comes again beside the earlier one.")
@json_option
@index_option
def index(
    paths: tuple[str, ...],
    remove: tuple[str, ...],
    undo: bool,
    watch: bool,
    name: str,
    url: str,
    keep_both: bool,
    as_json: bool,
    index_dir: Path | None,
) -> None:
    """Read pages and publish a new index.

    PATH is a page, a folder, a glob or a zip file; it is added to the pages read before. Without a PATH, everything is
    looked at again: the seeds folder of the index, and whatever was added. Only changed pages are read and embedded.
    A PATH of - takes one page from standard input: text, Markdown or HTML, as copied out of a browser.
    """
    from sidebyside.building.build import build_index, undo_build

    pasted = "-" in paths
    if (name or url or keep_both) and not pasted:
        raise click.UsageError("--name, --url and --keep-both go with a page from standard input: sidebyside index -")
    if sum((pasted, undo, bool(remove))) > 1 or ((pasted or undo) and len(paths) > pasted):
        raise click.UsageError("a page from standard input, --remove and --undo are changes of their own")
    for path in paths if not pasted else ():
        # A pattern that matches nothing is reported by the build, among what was skipped.
        if not Path(path).expanduser().exists() and not glob.has_magic(path):
            raise click.ClickException(f"{path}: no such file or folder")
    settings = load_settings(index_dir)
    with ProgressReport() as report:
        if pasted:
            built = _take_pasted(settings, name, url, keep_both, report)
        elif undo:
            built = undo_build(index=settings.index, settings=settings, progress=report)
        else:
            built = build_index(paths, index=settings.index, settings=settings, remove=remove, progress=report)
    if as_json:
        print_json(built.to_dict())
    else:
        _print_report(built, settings.index)
    if built.pages == 0:
        raise click.ClickException("no page could be read: the reasons are listed above")
    if watch:
        _watch(settings, built, as_json)


def _take_pasted(settings: Settings, name: str, url: str, keep_both: bool, progress: ProgressReport) -> BuildReport:
    """Add the page that comes through standard input; what it replaces is told first."""
    from tempfile import TemporaryDirectory

    from sidebyside.building.build import add_pages
    from sidebyside.building.pasting import paste_page
    from sidebyside.building.preview import preview_pages
    from sidebyside.pages import read_page
    from sidebyside.pages.decoding import decode_page

    text = decode_page(sys.stdin.buffer.read(settings.max_page_bytes + 1), "pasted text").text
    with TemporaryDirectory(prefix="sidebyside-paste-") as folder:
        limit, earlier = settings.max_page_bytes, None if keep_both else settings.index
        file = paste_page(text, Path(folder), name=name, url=url, max_bytes=limit, replaces_in=earlier)
        told_first = () if keep_both else preview_pages([file], index=settings.index, settings=settings)
        for told in told_first:
            click.echo(one_line(f"replaces {told.old} (sidebyside index --undo brings it back)"), err=True)
            for line in change_lines(told.changes):
                click.echo(f"  {line}", err=True)
        kept = read_page(file, max_bytes=limit + 1_000).url or ""
        if told_first and not url and kept not in text:
            click.echo(one_line(f"it keeps the address {kept}"), err=True)
        return add_pages(
            [file], index=settings.index, settings=settings, progress=progress, replace_earlier=not keep_both
        )


def _watch(settings: Settings, built: BuildReport, as_json: bool) -> None:
    """Tell what changes, look by look, until somebody interrupts."""
    import threading

    from sidebyside.building.watching import watch_index

    if not as_json:
        click.echo("watching the folders; Ctrl-C ends it")
    try:
        for looked in watch_index(settings, threading.Event(), known=built):
            if as_json:
                report = looked.report.to_dict() if looked.report is not None else None
                changes = looked.changes.to_dict() if looked.changes else None
                notices = [list(notice) for notice in looked.notices]
                print_json({"report": report, "changes": changes, "notices": notices, "error": looked.error})
            elif looked.report is None:
                click.echo(one_line(looked.error), err=True)
            else:
                if looked.changes is not None:
                    click.echo(f"version {looked.report.generation}: {looked.report.pages} pages")
                    for line in change_lines(looked.changes):
                        click.echo(f"  {line}")
                for name, reason in grouped(looked.notices):
                    click.echo(one_line(f"{name}: {reason}"))
    except KeyboardInterrupt:
        click.echo("no longer watching", err=True)


def _print_report(report: BuildReport, index_dir: Path) -> None:
    for old, new in report.replaced:
        click.echo(one_line(f"{new} replaced {old}"))
    if not report.published:
        click.echo(f"nothing has changed: {report.pages} pages, version {report.generation} in {index_dir}")
        _print_notices(report)
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
    _print_notices(report)


def _print_notices(report: BuildReport) -> None:
    """What was not read, and what is uncertain; pages that stay although their files are away are told here too."""
    for title, pairs in (("Skipped", report.skipped), ("Warnings", report.warnings)):
        if pairs:
            click.echo()
            print_table((title, "reason"), grouped(pairs))


def grouped(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(file, reason) pairs for reading: many files that share a reason are one line, the rarest reasons first."""
    folded: dict[str, list[tuple[str, str]]] = {}
    for name, reason in pairs:
        folded.setdefault(_folded(reason) if len(pairs) > _FEW else reason, []).append((name, reason))
    lines: list[tuple[str, str]] = []
    for reason, found in sorted(folded.items(), key=lambda item: len(item[1])):
        if len(found) <= _FEW:
            lines += found
        else:
            lines.append((f"{len(found):,} files, such as {found[0][0]}", reason))
    return lines


def _folded(reason: str) -> str:
    """A reason without what only this one file has: a line, a head row."""
    return _HEAD_ROW.sub(r"\1", _AT_LINE.sub("", reason))
