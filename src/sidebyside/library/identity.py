"""Decides which artifacts of which pages are one artifact, and what each is called."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sidebyside.library.folding import fold_name, fold_url, loose_name
from sidebyside.library.matching import Wording
from sidebyside.records import Page, PageArtifact
from sidebyside.text.typography import plain_typography

# Cosine of the word counts of two artifacts' capabilities. Halves of one real artifact's eight capabilities never fell
# below .23 (280 splits of four artifacts); below these values two namesakes are about plainly different things.
DIFFERENT = 0.12
# Where both sides show all they count, or have addresses and these differ, a missing overlap says more.
DIFFERENT_IF_TELLING = 0.2
# Fewer capabilities than this say too little to tell two artifacts apart.
_FEWEST = 3
_FEWEST_IF_TELLING = 2
# A text of this length that two pages have word for word is of one artifact, whatever type each of them gives it.
_TELLING_TEXT = 60
_COMMON_WORDS = frozenset(
    "the and for with from that this these those into via using use uses used than but not more most less without "
    "while which where when such through all each per can both rather during across between enables enabling enable "
    "provides provide supports support allows allowing implements implement integrates unlike are its has have".split()
)


@dataclass(frozen=True, slots=True)
class Version:
    """One artifact as one page shows it."""

    page: Page
    position: int
    artifact: PageArtifact

    def wordings(self) -> tuple[Wording, ...]:
        return tuple(Wording.of(capability) for capability in self.artifact.capabilities)

    def words(self) -> Counter[str]:
        """How often each content word occurs in the capabilities."""
        texts = (excerpt.text for capability in self.artifact.capabilities for _, excerpt in capability.parts())
        return Counter(word for text in texts for word in _content_words(text))

    @property
    def counted(self) -> bool:
        """Whether the page says how many capabilities there are, and shows all."""
        return self.page.format == "passport" or stated_total(self.artifact) == len(self.artifact.capabilities)

    @property
    def compared(self) -> bool:
        """Whether the page compares it with others."""
        return self.page.format not in ("card", "passport")

    @property
    def complete(self) -> bool:
        """Whether the page means to show all capabilities."""
        return self.counted or self.page.format == "card"


@dataclass(slots=True)
class Cluster:
    """The versions that are one artifact."""

    versions: list[Version] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    types: Counter[str] = field(default_factory=Counter)
    pages: set[tuple[str, str]] = field(default_factory=set)
    wordings: dict[str, Wording] = field(default_factory=dict)
    urls: set[str] = field(default_factory=set)

    def add(self, version: Version, wordings: Iterable[Wording]) -> None:
        self.versions.append(version)
        self.names.add(fold_name(version.artifact.name))
        if version.artifact.type:
            self.types[version.artifact.type] += 1
        self.pages.add((version.page.source, version.page.sha256))
        for wording in wordings:
            self.wordings.setdefault(wording.key, wording)
        if version.artifact.url:
            self.urls.add(fold_url(version.artifact.url))

    def words(self) -> Counter[str]:
        return sum((version.words() for version in self.versions), Counter[str]())

    @property
    def name(self) -> str:
        """The spelling that most pages use; of equals, the one that a keyboard types."""
        counts = Counter(version.artifact.name for version in self.versions)
        return min(counts, key=lambda name: (-counts[name], plain_typography(name) != name, name))

    @property
    def type(self) -> str:
        """The type that most pages give."""
        return min(self.types, key=lambda kind: (-self.types[kind], kind), default="")

    @property
    def url(self) -> str | None:
        return next((version.artifact.url for version in self.versions if version.artifact.url), None)


def cluster_versions(pages: Iterable[Page]) -> list[Cluster]:
    """Group the artifacts of all pages; the result does not depend on the order of the pages."""
    families: dict[str, list[Version]] = defaultdict(list)
    for page in pages:
        for position, artifact in enumerate(page.artifacts):
            families[loose_name(artifact.name)].append(Version(page, position, artifact))
    clusters = []
    for _, family in sorted(families.items()):
        clusters.extend(_cluster_family(family))
    return clusters


def _cluster_family(family: list[Version]) -> list[Cluster]:
    # What says most comes first: a version without type or without capabilities joins what is there.
    family.sort(key=_reading_order)
    clusters: list[Cluster] = []
    for version in family:
        wordings = version.wordings()
        cluster = _find_cluster(version, wordings, clusters)
        if cluster is None:
            cluster = Cluster()
            clusters.append(cluster)
        cluster.add(version, wordings)
    for cluster in clusters:
        cluster.versions.sort(key=lambda version: (version.page.source, version.page.sha256, version.position))
    return clusters


def _reading_order(version: Version) -> tuple[bool, bool, str, str, int]:
    artifact = version.artifact
    return not artifact.type, not artifact.capabilities, version.page.source, version.page.sha256, version.position


def _find_cluster(version: Version, wordings: Sequence[Wording], clusters: Sequence[Cluster]) -> Cluster | None:
    possible = [cluster for cluster in clusters if _may_be(version, cluster)]
    for cluster in possible:
        if _is_alike(version, wordings, cluster):
            return cluster
    name = fold_name(version.artifact.name)
    named = [
        cluster
        for cluster in possible
        if name in cluster.names and _has_type(version, cluster) and not _is_different(version, cluster)
    ]
    # Without a type of its own a version joins only the one artifact that it can be.
    return named[0] if len(named) == 1 or (named and version.artifact.type) else None


def _may_be(version: Version, cluster: Cluster) -> bool:
    return (version.page.source, version.page.sha256) not in cluster.pages


def _has_type(version: Version, cluster: Cluster) -> bool:
    """Whether the types of both can be one, which is so where either has none."""
    known = {kind.casefold() for kind in cluster.types}
    return not version.artifact.type or not known or version.artifact.type.casefold() in known


def _is_alike(version: Version, wordings: Sequence[Wording], cluster: Cluster) -> bool:
    """Shares its address or the wording of a capability."""
    if not _has_type(version, cluster) and not _is_retyped(version, wordings, cluster):
        return False
    if version.artifact.url and fold_url(version.artifact.url) in cluster.urls:
        return True
    if any(wording.key in cluster.wordings for wording in wordings):
        return True
    return any(wording.likeness(known) for wording in wordings for known in cluster.wordings.values())


def _is_retyped(version: Version, wordings: Sequence[Wording], cluster: Cluster) -> bool:
    """Whether two comparison pages mean the same thing by another type: they have a long text in common, word for word.

    A card or passport is written about one thing, and its type is meant.
    """
    if not version.compared or not any(known.compared for known in cluster.versions):
        return False
    return any(len(wording.key) >= _TELLING_TEXT and wording.key in cluster.wordings for wording in wordings)


def _is_different(version: Version, cluster: Cluster) -> bool:
    """Plainly something else: the two hardly share a word. Only asked where no capability is shared."""
    fewest = min(len(version.artifact.capabilities), len(cluster.wordings))
    complete = version.counted and any(known.counted for known in cluster.versions)
    apart = bool(version.artifact.url and cluster.urls)
    telling = complete or apart
    if fewest < (_FEWEST_IF_TELLING if telling else _FEWEST):
        return False
    return _cosine(version.words(), cluster.words()) < (DIFFERENT_IF_TELLING if telling else DIFFERENT)


def _cosine(first: Counter[str], second: Counter[str]) -> float:
    dot = sum(count * second[word] for word, count in first.items())
    norms = sum(n * n for n in first.values()) * sum(n * n for n in second.values())
    return dot / math.sqrt(norms) if norms else 0.0


def _content_words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w[\w.+#-]*\w\w", text.casefold()) if word not in _COMMON_WORDS]


def stated_total(artifact: PageArtifact) -> int | None:
    """How many capabilities the page says the artifact has."""
    for fact in artifact.facts:
        number = re.search(r"\d{1,6}", fact.value)
        if fact.label.casefold() == "capabilities" and number:
            return int(number.group())
    return None
