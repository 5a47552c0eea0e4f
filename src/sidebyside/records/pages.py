"""What pages say: pages, artifacts, facts, capabilities, and the passages they are cut into."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

EvidenceClass = Literal["fact", "description", "claim", "verdict"]
# What a page was read from; README has a row for each.
PageFormat = Literal[
    "text",
    "html",
    "markdown",
    "asciidoc",
    "rst",
    "org",
    "passport",
    "card",
    "csv",
    "xlsx",
    "docx",
    "pdf",
    "mhtml",
    "webarchive",
    "email",
]


# The labels of a capability's parts, in the order in which they are stored and shown, and the class of
# evidence each one is. "Unique" and "vs alternatives" are what a page claims; the rest describes.
PART_CLASSES: Mapping[str, EvidenceClass] = {
    "title": "description",
    "description": "description",
    "unique": "claim",
    "alternatives": "claim",
    "intent": "description",
    "best_for": "description",
    "limitation": "description",
    "requirement": "description",
}
# Those a capability has one of, and those it has lists of, with the names of their fields.
TEXT_PARTS = ("title", "description", "unique", "alternatives")
LIST_PARTS: Mapping[str, str] = {
    "intent": "intents",
    "best_for": "best_for",
    "limitation": "limitations",
    "requirement": "requires",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a page: file name, characters [start, end) of the decoded file, page date if known (ISO).

    For a PDF also the sheet (from 1) and there the box: left, top, right, bottom, in points from its upper left corner.
    """

    file: str
    start: int
    end: int
    date: str | None = None
    sheet: int | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of page text with its place.

    For plain text and Markdown `text` is exactly the characters of the span; for HTML and JSON it is the text
    that the span decodes to (tags and escapes resolved, white space folded). `anchors` then holds
    (offset in text, character of the file) wherever the two stop running in step, in order.
    """

    text: str
    source: Source
    anchors: tuple[tuple[int, int], ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters [start, end) of the text stand in the file."""
        return self._locate(start), self._locate(end)

    def _locate(self, offset: int) -> int:
        position = bisect_right(self.anchors, (offset, sys.maxsize))
        text, file = self.anchors[position - 1] if position else (0, self.source.start)
        return file + offset - text


@dataclass(frozen=True, slots=True)
class Fact:
    """One table row for one artifact, for example label "UnfragileRank", value "45/100"; `source` spans the row."""

    label: str
    value: str
    source: Source

    @property
    def row(self) -> str:
        """The row as it is quoted: "UnfragileRank: 45/100"."""
        return f"{self.label}: {self.value}"


@dataclass(frozen=True, slots=True)
class Capability:
    """Something an artifact does, as one or more pages word it.

    `id` is stable: it depends on the artifact and the wording, not on the order of reading. `sources` names every
    file that carries the capability; the excerpts are taken from the first of them in file-name order. `further` has
    (label, excerpt) where one text is left as several, because a sentence within it is withheld.
    """

    id: str
    description: Excerpt | None
    title: Excerpt | None = None
    unique: Excerpt | None = None
    alternatives: Excerpt | None = None
    intents: tuple[Excerpt, ...] = ()
    best_for: tuple[Excerpt, ...] = ()
    limitations: tuple[Excerpt, ...] = ()
    requires: tuple[Excerpt, ...] = ()
    sources: tuple[str, ...] = ()
    further: tuple[tuple[str, Excerpt], ...] = ()

    def parts(self) -> Iterator[tuple[str, Excerpt]]:
        """Yield (label, excerpt) for every text of the capability; labels are the keys of PART_CLASSES."""
        for label in TEXT_PARTS:
            excerpt = getattr(self, label)
            if excerpt is not None:
                yield label, excerpt
        for label, name in LIST_PARTS.items():
            for excerpt in getattr(self, name):
                yield label, excerpt
        yield from self.further


@dataclass(frozen=True, slots=True)
class PageArtifact:
    """One artifact as one page shows it; `type` is "" where the page does not say."""

    name: str
    type: str
    facts: tuple[Fact, ...]
    capabilities: tuple[Capability, ...]
    aliases: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page that was read.

    `source` is its file name as citations show it, followed by "#2" for the second page of one file; `sha256` is of the
    file's bytes. `title` and `url` are those the page gives itself.
    """

    source: str
    sha256: str
    format: PageFormat
    artifacts: tuple[PageArtifact, ...]
    verdicts: tuple[Excerpt, ...] = ()
    warnings: tuple[str, ...] = ()
    date: str | None = None
    title: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact as all pages together show it.

    `id` is unique in the library. `label` is the name, with the type in brackets where another artifact has the
    same name ("Lantern (Product)"). `facts` keeps every value with its source, so one label can occur more than once.
    `withheld` is what its pages say to an assistant: it can be looked at, and is in nothing that answers are made of.
    """

    id: str
    name: str
    type: str
    label: str
    aliases: tuple[str, ...]
    facts: tuple[Fact, ...]
    capabilities: tuple[Capability, ...]
    capabilities_total: int | None
    sources: tuple[str, ...]
    url: str | None = None
    withheld: tuple[Excerpt, ...] = ()

    @property
    def described(self) -> int:
        """How many capabilities the pages describe."""
        return len(self.capabilities)

    def values(self, label: str) -> tuple[Fact, ...]:
        """Every fact with this label (case ignored), in source order; more than one distinct value is a conflict."""
        wanted = label.casefold()
        return tuple(fact for fact in self.facts if fact.label.casefold() == wanted)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a page concludes about the artifacts it compares; `artifacts` holds their ids in page order."""

    excerpt: Excerpt
    artifacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One label of one artifact for which pages give different values."""

    artifact: str
    label: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """All artifacts, sorted by id, with the pages' verdicts."""

    artifacts: tuple[Artifact, ...]
    verdicts: tuple[Verdict, ...] = ()
    # What every question asks for, found once.
    _labels: tuple[str, ...] | None = field(default=None, init=False, repr=False, compare=False)
    _types: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all facts, each once, in the order in which they come."""
        if self._labels is None:
            labels = dict.fromkeys(fact.label for artifact in self.artifacts for fact in artifact.facts)
            object.__setattr__(self, "_labels", tuple(labels))
        return self._labels or ()

    @property
    def types(self) -> frozenset[str]:
        """The types of all artifacts."""
        if self._types is None:
            object.__setattr__(self, "_types", frozenset(artifact.type for artifact in self.artifacts))
        return self._types or frozenset()

    def get(self, artifact_id: str) -> Artifact:
        """The artifact with this id; KeyError if there is none."""
        place = bisect_left(self.artifacts, artifact_id, key=lambda artifact: artifact.id)
        if place < len(self.artifacts) and self.artifacts[place].id == artifact_id:
            return self.artifacts[place]
        raise KeyError(artifact_id)

    def conflicts(self) -> tuple[Conflict, ...]:
        """Every (artifact, label) with more than one distinct value."""
        found = []
        for artifact in self.artifacts:
            for label in dict.fromkeys(fact.label for fact in artifact.facts):
                facts = artifact.values(label)
                if len({fact.value for fact in facts}) > 1:
                    found.append(Conflict(artifact.id, label, facts))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a passage: its text and its characters [start, end) in the page file."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One part of one capability, split into sentences: the unit that is stored in Chroma.

    `id` is stable over rebuilds; `part` is a key of PART_CLASSES.
    """

    id: str
    artifact: str
    capability: str
    part: str
    text: str
    source: Source
    sentences: tuple[Sentence, ...]

    @property
    def evidence_class(self) -> EvidenceClass:
        return PART_CLASSES[self.part]
