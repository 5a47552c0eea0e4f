"""What all commands share: options, settings, errors as one line, tables, and text that is safe to print."""

from __future__ import annotations

import codecs
import errno
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sidebyside.errors import SidebysideError, no_room
from sidebyside.text.safe import safe

if TYPE_CHECKING:
    from rich.console import Console

    from sidebyside.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def index_option(command: Command) -> Command:
    """--index DIR, which every command has."""
    return click.option(
        "--index",
        "index_dir",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the index.  [default: SIDEBYSIDE_INDEX, else index here, in the clone, or your data folder]",
    )(command)


def json_option(command: Command) -> Command:
    """--json, which every command has that prints data."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def load_settings(index_dir: Path | None = None, **flags: Any) -> Settings:
    """Settings with the flags of this command; the log is written from here on."""
    from sidebyside.logs import set_up_log
    from sidebyside.serving.proxies import settle_proxies
    from sidebyside.settings import Settings

    settle_proxies()
    settings = Settings.load(index=index_dir, **flags)
    set_up_log(settings)
    return settings


@click.command(short_help="Print what completes commands in your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@index_option
def completion(shell: str, index_dir: Path | None) -> None:
    """Print the lines that complete commands and options in SHELL.

    \b
    bash:  eval "$(sidebyside completion bash)"          in ~/.bashrc
    zsh:   eval "$(sidebyside completion zsh)"           in ~/.zshrc
    fish:  sidebyside completion fish | source           in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    del index_dir  # taken like everywhere
    group = click.get_current_context().find_root().command
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(group, {}, "sidebyside", "_SIDEBYSIDE_COMPLETE").source())


class ErrorLines(click.Group):
    """Turns the errors people can meet into one line on stderr and exit code 1; usage errors stay click's (exit 2)."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SidebysideError as error:
            raise click.ClickException(one_line(str(error))) from error
        except OSError as error:
            # A closed pipe (`sidebyside library | head`) is no error; click ends quietly then.
            if error.errno == errno.EPIPE:
                raise
            where = f"{error.filename}: " if error.filename else ""
            told = no_room(error) or f"{where}{error.strerror or error}"
            raise click.ClickException(one_line(told)) from error


def one_line(text: str) -> str:
    """The text without line breaks or control characters."""
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """The text without what would steer the terminal (escape sequences above all) or turn the reading direction."""
    return safe(text, "\ufffd")


def print_json(data: Any) -> None:
    """Indented JSON; characters stay as they are where the output can carry them."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(data, ensure_ascii=not unicode, indent=2))


def console(*, stderr: bool = False) -> Console:
    """A console that takes markup in texts literally; output into a file or pipe is not wrapped at 80 characters."""
    from rich.console import Console

    plain = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not plain.is_terminal:
        plain.width = 160
    return plain


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """A plain table on stdout; the columns in `right` are aligned to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for position, title in enumerate(header):
        table.add_column(printable(title), justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(printable(str(cell)) for cell in row))
    out = console()
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def print_markdown(text: str) -> None:
    """Markdown as it is into a file or pipe; laid out on a terminal, where links stay text and cannot be followed."""
    out = console()
    if out.is_terminal:
        from rich.markdown import Markdown

        out.print(Markdown(printable(text), hyperlinks=False))
    else:
        click.echo(printable(text).rstrip("\n"))


def progress_bar(*, bytes_: bool = False) -> Any:
    """A rich Progress on stderr: counts, or bytes with speed."""
    from rich import progress

    amount: list[progress.ProgressColumn] = [progress.MofNCompleteColumn()]
    if bytes_:
        amount = [progress.DownloadColumn(), progress.TransferSpeedColumn()]
    columns: tuple[progress.ProgressColumn, ...] = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        *amount,
    )
    out = console(stderr=True)
    columns = (*columns, progress.TimeRemainingColumn())
    return progress.Progress(*columns, console=out, transient=True, disable=not out.is_terminal)


class ProgressReport:
    """Shows progress that comes as (what, done, total); use as a context manager and call it."""

    def __init__(self, *, bytes_: bool = False) -> None:
        self._bar = progress_bar(bytes_=bytes_)
        self._task: Any = None
        self._what = ""

    def __enter__(self) -> ProgressReport:
        self._bar.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.__exit__(*exception)

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._task is None or what != self._what:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task, self._what = self._bar.add_task(what, total=total), what
        self._bar.update(self._task, completed=done, total=total)


def decoded(data: bytes) -> str:
    """Text that somebody gives: UTF-8, or UTF-16 with a mark in front, as PowerShell writes it.

    Raises UnicodeDecodeError for anything else.
    """
    return data.decode("utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig")
