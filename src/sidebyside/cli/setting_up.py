"""Commands that look after the installation: models, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

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
    from sidebyside.models.catalogue import CatalogueModel
    from sidebyside.settings import Settings


@click.group()
def models() -> None:
    """List, pull and verify encoders and LLMs."""


@models.command("list")
@json_option
@index_option
def list_models(as_json: bool, index_dir: Path | None) -> None:
    """The catalogue, and which of it is installed."""
    from sidebyside.models.catalogue import load_catalogue

    settings = load_settings(index_dir)
    entries = list(load_catalogue(settings.models).values())
    rows = [_describe(model, settings) for model in entries]
    if as_json:
        print_json({"models": rows})
        return
    print_table(
        ("name", "kind", "state", "MB", "RAM MB", "context", "license", "from"),
        [
            (
                row["name"],
                row["kind"],
                f"{row['state']}{', in use' if row['in_use'] else ''}",
                f"{model.bytes / 1e6:,.0f}",
                model.ram_mb,
                model.context,
                model.license,
                model.upstream,
            )
            for model, row in zip(entries, rows, strict=True)
        ],
        right=(3, 4, 5),
    )


@models.command()
@click.argument("names", nargs=-1)
@index_option
def pull(names: tuple[str, ...], index_dir: Path | None) -> None:
    """Install models by name; without a name, the encoder and the LLM that the settings ask for."""
    from sidebyside.models.catalogue import installed, pull

    settings = load_settings(index_dir)
    for name in names or _wanted(settings):
        if installed(name, settings):
            click.echo(f"{name} is installed and verified")
            continue
        with ProgressReport(bytes_=True) as report:
            folder = pull(name, settings, progress=report, notify=lambda line: click.echo(one_line(line), err=True))
        click.echo(f"{name} is installed and verified: {folder}")


@models.command()
@click.argument("names", nargs=-1)
@index_option
def verify(names: tuple[str, ...], index_dir: Path | None) -> None:
    """Read installed models again and compare them with the catalogue; without a name, all that are installed."""
    from sidebyside.models.catalogue import load_catalogue, model_state, verify

    settings = load_settings(index_dir)
    here = [name for name in load_catalogue(settings.models) if model_state(name, settings) != "missing"]
    if not (names or here):
        raise click.ClickException(f"no model is installed in {settings.models}: run `sidebyside models pull`")
    for name in names or here:
        with ProgressReport(bytes_=True) as report:
            folder = verify(name, settings, progress=report)
        click.echo(f"{name} is right: {folder}")


@models.command()
@click.option("--again", is_flag=True, help="Compile it anew, also where it is installed.")
@index_option
def engine(again: bool, index_dir: Path | None) -> None:
    """Install the engine that runs LLMs, compiled for this processor.

    It takes a C++ compiler and about 5 minutes on 2 cores. LLAMA_WHEEL names a ready wheel instead (a file, an address,
    an index of wheels, or yes): seconds, but not made for this processor.
    """
    from sidebyside.models.engine import (
        COMPILING,
        INSTALLING,
        compiles,
        engine_installed,
        install_engine,
        pip_arguments,
    )

    settings = load_settings(index_dir)
    if engine_installed() and not again:
        click.echo("the LLM engine is installed")
        return
    click.echo(f"{COMPILING if compiles() else INSTALLING}: {one_line(pip_arguments()[-1])}", err=True)
    with ProgressReport() as report:
        install_engine(settings.models / "engine.log", progress=report, again=again)
    click.echo("the LLM engine is installed")


@click.command(short_help="Check the installation, and say what mends it.")
@json_option
@index_option
def doctor(as_json: bool, index_dir: Path | None) -> None:
    """Check the installation; for each problem, say what mends it. Exit 1 if something is broken."""
    from sidebyside.cli.doctor import examine

    report = examine(load_settings(index_dir))
    if as_json:
        print_json(report.to_dict())
    else:
        signs = {"ok": "ok", "warning": "!", "broken": "BROKEN"}
        print_table(("", "check", "found"), [(signs[check.state], check.name, check.found) for check in report.checks])
        for check in report.checks:
            if check.remedy:
                click.echo(f"{check.name}: {check.remedy}")
    if not report.sound:
        raise SystemExit(1)


def _wanted(settings: Settings) -> list[str]:
    """Catalogue names among the encoder and the LLM for this machine; own files need no pulling."""
    from sidebyside.models.catalogue import load_catalogue
    from sidebyside.models.fitting import fitting_model
    from sidebyside.models.machine import usable_cores

    catalogue = load_catalogue(settings.models)
    return [name for name in (settings.encoder, fitting_model(settings, usable_cores()).model) if name in catalogue]


def _describe(model: CatalogueModel, settings: Settings) -> dict[str, object]:
    from sidebyside.models.catalogue import model_state

    return {
        "name": model.name,
        "kind": model.kind,
        "state": model_state(model.name, settings),
        "in_use": model.name in (settings.encoder, settings.model),
        "bytes": model.bytes,
        "ram_mb": model.ram_mb,
        "context": model.context,
        "license": model.license,
        "upstream": model.upstream,
        "files": [file.path for file in model.files],
    }
