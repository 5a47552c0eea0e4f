"""Commands that serve: chat, serve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sidebyside.cli.asking import answer_settings, model_option, no_llm_option
from sidebyside.cli.shell import index_option

Command = TypeVar("Command", bound=Callable[..., Any])

# One machine has no use for more processes.
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
            "--allowed-origin",
            "allowed_origins",
            multiple=True,
            metavar="ORIGIN",
            help="Origin whose pages may ask the API, such as app://obsidian.md; may be given several times.",
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
@click.option(
    "--get-llm", is_flag=True, help="Compile and fetch what the LLM still needs while the page is up; then it joins."
)
@click.option("--yes", "-y", is_flag=True, help="Get what is missing for a first answer without asking.")
@address_options
def chat(get_llm: bool, yes: bool, index_dir: Path | None, model: str | None, no_llm: bool, **address: Any) -> None:
    """Serve the chat page, with the API beside it, until Ctrl+C.

    The first time, it asks for what is missing: pages, the encoder, the LLM. Beyond this machine (--host) it takes a
    password or a token.
    """
    from sidebyside.app import launch
    from sidebyside.cli.first_run import guide
    from sidebyside.serving.access import access_from, check_reach

    settings = _settings(index_dir, model, no_llm, address)
    # Before anything is asked or fetched: a server that may not start needs none of it.
    check_reach(settings, access_from(settings))
    wants_llm = guide(settings, yes=yes, get_llm=get_llm)
    launch(settings, get_llm=wants_llm and not no_llm)


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
    for name in ("allowed_hosts", "allowed_origins"):
        address[name] = ",".join(address[name]) or None
    return answer_settings(index_dir, model, no_llm, **address)
