"""Commands that serve: chat, serve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sidebyside.cli.asking import answer_settings, model_option, no_llm_option
from sidebyside.cli.shell import index_option

Command = TypeVar("Command", bound=Callable[..., Any])

# More processes than this are no longer one machine's work.
MAX_WORKERS = 32


def address_options(command: Command) -> Command:
    """Where to listen, and who may ask: what both servers have."""
    options = [
        click.option("--host", help="Address to listen on.  [default: 127.0.0.1]"),
        click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: 7860]"),
        click.option(
            "--allowed-host",
            "allowed_hosts",
            multiple=True,
            metavar="NAME",
            help="Name under which others reach this machine; may be given several times.",
        ),
        click.option(
            "--token-file",
            type=click.Path(dir_okay=False, path_type=Path),
            help="File with the token that programs have to send.",
        ),
        click.option(
            "--token",
            metavar="TOKEN",
            help="The token itself; other users of this machine can see it here, SIDEBYSIDE_TOKEN hides it.",
        ),
        click.option(
            "--auth",
            metavar="USER:PASSWORD",
            help="What people have to give; SIDEBYSIDE_AUTH hides it from other users of this machine.",
        ),
        model_option,
        no_llm_option,
        index_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@address_options
def chat(index_dir: Path | None, model: str | None, no_llm: bool, **address: Any) -> None:
    """Serve the chat page, with the API beside it, until Ctrl+C.

    Beyond this machine (--host) it takes a password or a token.
    """
    from sidebyside.app import launch

    launch(_settings(index_dir, model, no_llm, address))


@click.command()
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    default=1,
    show_default=True,
    help="Processes; each has an LLM of its own, unless SIDEBYSIDE_LLM_URL names a server.",
)
@address_options
def serve(workers: int, index_dir: Path | None, model: str | None, no_llm: bool, **address: Any) -> None:
    """Serve the API alone, for other programs, until Ctrl+C.

    Beyond this machine (--host) it takes a password or a token.
    """
    from sidebyside.server import serve

    serve(_settings(index_dir, model, no_llm, address), workers=workers)


def _settings(index_dir: Path | None, model: str | None, no_llm: bool, address: dict[str, Any]) -> Any:
    hosts = ",".join(address.pop("allowed_hosts")) or None
    return answer_settings(index_dir, model, no_llm, allowed_hosts=hosts, **address)
