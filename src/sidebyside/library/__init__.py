"""Merges pages into one library: the same artifact once, conflicts with their sources, namesakes apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sidebyside.library.diff import CapabilityChange, FactChange, LibraryDiff, diff_libraries
from sidebyside.library.identity import Cluster, cluster_versions, stated_total
from sidebyside.library.matching import match_capabilities, merge_match
from sidebyside.library.naming import assign_aliases, assign_ids, assign_labels
from sidebyside.library.storage import open_library, read_library, read_pages, write_library, write_pages
from sidebyside.library.withholding import withhold
from sidebyside.records import Artifact, Fact, Library, Page, Verdict

__all__ = [
    "CapabilityChange",
    "FactChange",
    "LibraryDiff",
    "build_library",
    "diff_libraries",
    "open_library",
    "read_library",
    "read_pages",
    "write_library",
    "write_pages",
]


def build_library(pages: Iterable[Page]) -> Library:
    """Merge pages; the result does not depend on their order. A page given twice counts once.

    Sentences that address an assistant are taken out of all texts here, and kept as `withheld`.
    """
    unique = {(page.source, page.sha256): page for page in pages}
    ordered = [unique[key] for key in sorted(unique)]
    clusters = cluster_versions(ordered)
    ids = assign_ids(clusters)
    labels = assign_labels(clusters)
    aliases = assign_aliases(clusters)
    merged = [_merge(*parts) for parts in zip(clusters, ids, labels, aliases, strict=True)]
    owners = {
        (version.page.source, version.page.sha256, version.position): identity
        for cluster, identity in zip(clusters, ids, strict=True)
        for version in cluster.versions
    }
    verdicts = [verdict for page in ordered for verdict in _verdicts(page, owners)]
    artifacts, verdicts = withhold(sorted(merged, key=lambda artifact: artifact.id), verdicts)
    return Library(tuple(artifacts), tuple(verdicts))


def _merge(cluster: Cluster, identity: str, label: str, aliases: tuple[str, ...]) -> Artifact:
    versions = cluster.versions
    matches = match_capabilities(
        (f"{version.page.source}\n{version.page.sha256}", version.artifact.capabilities) for version in versions
    )
    return Artifact(
        id=identity,
        name=cluster.name,
        type=cluster.type,
        label=label,
        aliases=aliases,
        facts=_same_labels([fact for version in versions for fact in version.artifact.facts]),
        capabilities=tuple(merge_match(match, identity) for match in matches),
        capabilities_total=_total(cluster, len(matches)),
        sources=tuple(dict.fromkeys(version.page.source for version in versions)),
        url=cluster.url,
    )


def _same_labels(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Labels that differ only in case are one label, spelled as first met."""
    spelling: dict[str, str] = {}
    for fact in facts:
        spelling.setdefault(fact.label.casefold(), fact.label)
    return tuple(
        fact if spelling[fact.label.casefold()] == fact.label else replace(fact, label=spelling[fact.label.casefold()])
        for fact in facts
    )


def _total(cluster: Cluster, known: int) -> int | None:
    """The largest number that a page states; a page that lists everything states it by doing so."""
    stated = [total for version in cluster.versions if (total := stated_total(version.artifact)) is not None]
    if stated:
        return max(stated)
    return known if any(version.complete for version in cluster.versions) else None


def _verdicts(page: Page, owners: dict[tuple[str, str, int], str]) -> Iterable[Verdict]:
    for excerpt in page.verdicts:
        named = [
            position
            for position, artifact in enumerate(page.artifacts)
            if re.search(rf"(?<!\w){re.escape(artifact.name)}(?!\w)", excerpt.text)
        ]
        positions = named if len(named) > 1 else range(len(page.artifacts))
        artifacts = [owners[page.source, page.sha256, position] for position in positions]
        yield Verdict(excerpt, tuple(dict.fromkeys(artifacts)))
