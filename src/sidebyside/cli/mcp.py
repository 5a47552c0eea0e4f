"""The command that serves other programs' assistants: mcp."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sidebyside.cli.asking import answer_settings, model_option, no_llm_option
from sidebyside.cli.shell import index_option

if TYPE_CHECKING:
    from sidebyside.settings import Settings


@click.command(short_help="Serve tools and artifacts to an MCP client.")
@click.option("--http", is_flag=True, help="Serve over HTTP at /mcp, beside the API, instead of stdin and stdout.")
@click.option("--host", help="With --http: address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="With --http: port to listen on.  [default: 7860]")
@model_option
@no_llm_option
@index_option
def mcp(
    http: bool, host: str | None, port: int | None, model: str | None, no_llm: bool, index_dir: Path | None
) -> None:
    """Serve the tools ask, compare, search, alternatives and artifact to an MCP client.

    A client starts this command itself and speaks with it over stdin and stdout.
    """
    if not http and (host or port):
        raise click.UsageError("--host and --port go with --http")
    settings = answer_settings(index_dir, model, no_llm, host=host, port=port)
    if http:
        from sidebyside.server import serve

        click.echo("MCP clients connect to /mcp")
        serve(settings)
    else:
        _serve_stdio(settings)


def _serve_stdio(settings: Settings) -> None:
    import anyio

    from sidebyside.server.core import Core
    from sidebyside.server.mcp_server import serve_stdio
    from sidebyside.serving.provider import Provider

    # The client reads stdout: warnings go to stderr.
    warnings = logging.StreamHandler(sys.stderr)
    warnings.setLevel(logging.WARNING)
    logging.getLogger().addHandler(warnings)
    provider = Provider(settings)
    provider.warm()
    core = Core(provider, settings)
    try:
        anyio.run(serve_stdio, core)
    except KeyboardInterrupt:
        return
    finally:
        core.jobs.close()
        provider.close()
