"""What `sidebyside chat` asks the first time: pages to compare, the encoder, the language model; sizes said, nothing
fetched without consent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sidebyside.cli.shell import ProgressReport, one_line

if TYPE_CHECKING:
    from sidebyside.settings import Settings

# Where the sample pages lie: in the package, or in a clone beside it.
_SAMPLES = Path(__file__).resolve().parents[1] / "samples"
_CLONE_SAMPLES = Path(__file__).resolve().parents[3] / "index" / "seeds"


def guide(settings: Settings, *, yes: bool = False, get_llm: bool = False) -> bool:
    """Get what is missing for a first answer; whether the language model is wanted.

    Asks on a terminal; with `yes` it takes the suggestions. Elsewhere it says what is missing and how to get it, and
    the page says so too.
    """
    asking = not yes and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    lacking = _lacking(settings)
    if not lacking:
        return get_llm
    if not (yes or asking):
        for name in lacking:
            click.echo(_how_to_get(name, settings), err=True)
        return get_llm
    click.echo(f"The index is kept in {settings.index.absolute()}, models in {settings.models.absolute()}.")
    if "encoder" in lacking and not _get_encoder(settings, yes=yes):
        return get_llm
    if "index" in lacking:
        _get_pages(settings, yes=yes)
    return get_llm or (asking and _wants_llm(settings))


def _lacking(settings: Settings) -> list[str]:
    from sidebyside.errors import ModelError, SettingsError
    from sidebyside.models.catalogue import encoder_folder

    lacking = []
    try:
        encoder_folder(settings)
    except (ModelError, SettingsError):
        lacking.append("encoder")
    if not settings.chroma_url and not (settings.index / "CURRENT").is_file():
        lacking.append("index")
    return lacking


def _how_to_get(name: str, settings: Settings) -> str:
    if name == "encoder":
        return f"no encoder: fetch it with: sidebyside models pull {settings.encoder}"
    return f"no index in {settings.index}: build it with: sidebyside index PAGES, or start with: sidebyside chat --yes"


def _get_encoder(settings: Settings, *, yes: bool) -> bool:
    """Fetch the encoder with consent; whether it is here now."""
    from sidebyside.models.catalogue import load_catalogue, pull

    model = load_catalogue(settings.models).get(settings.encoder)
    if model is None:
        click.echo(f"The encoder {settings.encoder} is not there, and no catalogue has it.", err=True)
        return False
    size = f"{model.bytes / 1e6:,.0f} MB"
    question = f"Questions are read with an encoder, {model.name} ({size}, {model.license}). Fetch it now?"
    if not (yes or click.confirm(question, default=True)):
        click.echo(_how_to_get("encoder", settings))
        return False
    click.echo(f"==> {model.name}, {size}")
    with ProgressReport(bytes_=True) as report:
        pull(model.name, settings, progress=report, notify=lambda line: click.echo(one_line(line), err=True))
    return True


def _get_pages(settings: Settings, *, yes: bool) -> None:
    """Build an index of pages that the reader names, or of the samples."""
    from sidebyside.building.build import build_index
    from sidebyside.building.seeds import read_given, store_pages

    given = ""
    if not yes:
        click.echo("Which pages shall be compared? Name a file or folder of saved comparison pages;")
        given = click.prompt("Enter alone takes two sample pages", default="", show_default=False).strip()
    roots: list[Path] = [Path(given).expanduser()] if given else []
    if given and not roots[0].exists():
        click.echo(f"{given} is not there; pages can be dropped on the Library tab of the page as well", err=True)
        return
    if not given:
        # Into the index's own folder: a package may be gone or elsewhere after its next release.
        samples = [path for path in sorted(sample_pages().iterdir()) if path.is_file()]
        found, _ = read_given(samples, max_bytes=settings.max_page_bytes)
        store_pages(found, settings.index / "seeds")
    click.echo("==> index")
    with ProgressReport() as report:
        built = build_index(roots, index=settings.index, settings=settings, progress=report)
    click.echo(f"{built.pages} pages, {built.artifacts} artifacts")


def sample_pages() -> Path:
    """The folder with the sample pages."""
    return _SAMPLES if _SAMPLES.is_dir() else _CLONE_SAMPLES


def _wants_llm(settings: Settings) -> bool:
    """Whether to get the language model while the page is up; asked only where something is missing."""
    from sidebyside.models.fitting import fitting_model
    from sidebyside.models.machine import usable_cores
    from sidebyside.serving.completing import missing_parts

    parts = missing_parts(settings, fitting_model(settings, usable_cores()).model)
    if not parts:
        return True
    click.echo("Tables and quotes answer without a language model; one adds short wordings. It would take:")
    for step in parts:
        click.echo(f"  {step.title}")
    return click.confirm("Get it while the page is up?", default=True)
