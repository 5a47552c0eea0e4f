"""What a page is called: the artifacts it is about, as a page's own heading names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidebyside.records import Artifact, Library


def page_titles(library: Library, files: Iterable[str]) -> Mapping[str, str]:
    """For each of these page files "A vs B", or the one name it is about; files that no artifact names are left out."""
    wanted = set(files)
    about: dict[str, list[Artifact]] = {}
    for artifact in library.artifacts:
        for file in wanted.intersection(artifact.sources):
            about.setdefault(file, []).append(artifact)
    return {file: " vs ".join(_in_page_order(found, file)) for file, found in sorted(about.items())}


def _in_page_order(artifacts: list[Artifact], file: str) -> list[str]:
    return [artifact.label for artifact in sorted(artifacts, key=lambda artifact: _begins(artifact, file))]


def _begins(artifact: Artifact, file: str) -> int:
    """Where the page starts to describe an artifact."""
    places = (
        excerpt.source.start
        for capability in artifact.capabilities
        for _, excerpt in capability.parts()
        if excerpt.source.file == file
    )
    return min(places, default=0)
