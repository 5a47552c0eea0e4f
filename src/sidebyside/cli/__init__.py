"""The shell: one command per job; each loads what it needs only when it runs."""

from __future__ import annotations

import sys

import click

from sidebyside.cli.asking import ask, compare, evaluate
from sidebyside.cli.indexing import index
from sidebyside.cli.libraries import card, library
from sidebyside.cli.matching import match
from sidebyside.cli.mcp import mcp
from sidebyside.cli.records import replay
from sidebyside.cli.serving import chat, serve
from sidebyside.cli.setting_up import doctor, models
from sidebyside.cli.shell import ErrorLines, completion

__all__ = ["cli", "main"]


@click.group(cls=ErrorLines, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="sidebyside", message="%(prog)s %(version)s")
def cli() -> None:
    """Ask questions about saved comparison pages; every sentence of an answer carries the quote that supports it.

    Settings come from flags, then from SIDEBYSIDE_* variables, then from defaults.
    """


for command in (
    *(ask, chat, serve, mcp, compare, match, replay, index, library, card),
    *(models, evaluate, doctor, completion),
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; characters that the terminal cannot show become "?", not an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli(prog_name="sidebyside")
