"""The nouns of the package: frozen values that pass from stage to stage."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

EvidenceClass = Literal["fact", "description", "claim", "verdict"]
Status = Literal["answered", "partial", "not_found"]

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


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a page: file name, characters [start, end) of the decoded file, page date if known (ISO)."""

    file: str
    start: int
    end: int
    date: str | None = None


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
    file that carries the capability; the excerpts are taken from the first of them in file-name order.
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

    def parts(self) -> Iterator[tuple[str, Excerpt]]:
        """Yield (label, excerpt) for every text of the capability; labels are the keys of PART_CLASSES."""
        singles = {
            "title": self.title,
            "description": self.description,
            "unique": self.unique,
            "alternatives": self.alternatives,
        }
        for label, excerpt in singles.items():
            if excerpt is not None:
                yield label, excerpt
        lists = {
            "intent": self.intents,
            "best_for": self.best_for,
            "limitation": self.limitations,
            "requirement": self.requires,
        }
        for label, excerpts in lists.items():
            for excerpt in excerpts:
                yield label, excerpt


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
    """One page that was read. `source` is its file name as citations show it; `sha256` is of the file's bytes."""

    source: str
    sha256: str
    format: str
    artifacts: tuple[PageArtifact, ...]
    verdicts: tuple[Excerpt, ...] = ()
    warnings: tuple[str, ...] = ()
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact as all pages together show it.

    `id` is unique in the library. `label` is the name, with the type in brackets where another artifact has the
    same name ("Lantern (Product)"). `facts` keeps every value with its source, so one label can occur more than once.
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

    def get(self, artifact_id: str) -> Artifact:
        """The artifact with this id; KeyError if there is none."""
        for artifact in self.artifacts:
            if artifact.id == artifact_id:
                return artifact
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


QuestionKind = Literal[
    "chat",
    "fact",
    "rank",
    "library",
    "find",
    "support",
    "compare",
    "overall",
    "alternatives",
    "best_for",
    "describe",
    "conflicts",
    "verdict",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on a table label: op is one of = != < <= > >=; value is a number or a word as the table has it."""

    label: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to know.

    `artifacts` holds ids in the order of mention; `unknown` names that the library does not hold; `aspect` is the
    question without names and scaffolding, `generic` the question with "it" for every name, `topic` the content words;
    `label` the table label it asks for ("" if none); `direction` is 1 for more/highest, -1 for less/lowest, 0 for
    neither; `superlative` tells highest from higher; `limit` is how many of a ranking. `ambiguous` holds (name as
    written, ids it may mean). `value` is what a yes-or-no question proposes ("free" in "is X free?"). `counts` is true
    for "how many", `polar` for a yes-or-no question, `negated` for "which cannot...". `reply` answers a "chat".
    """

    text: str
    kind: QuestionKind
    artifacts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    aspect: str = ""
    generic: str = ""
    topic: tuple[str, ...] = ()
    label: str = ""
    direction: int = 0
    superlative: bool = False
    limit: int | None = None
    filters: tuple[Filter, ...] = ()
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    value: str = ""
    counts: bool = False
    polar: bool = False
    negated: bool = False
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence found for a query.

    `similarity` is its cosine similarity to the query (-1 to 1), `whole` that of its capability, `score` what hits are
    ranked by; higher is better.
    """

    passage: Passage
    sentence: Sentence
    score: float
    similarity: float
    whole: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something a page says about one artifact (`artifact` is its id), ready to be cited.

    `context` is the passage around the quote, `score` and `similarity` are those of the hit (1.0 for a table row).
    """

    artifact: str
    evidence_class: EvidenceClass
    quote: str
    source: Source
    context: str = ""
    score: float = 1.0
    similarity: float = 1.0


@dataclass(frozen=True, slots=True)
class Citation:
    """What stands behind one [n] of an answer.

    `artifact` is its label; `quote` is verbatim ("UnfragileRank: 45/100" for a table row); `context` is the passage
    around the quote (the quote itself where there is none).
    """

    number: int
    artifact: str
    evidence_class: EvidenceClass
    quote: str
    source: str
    start: int
    end: int
    context: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A small comparison table: header[0] is empty, then one artifact label per column; rows start with their label."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or as much of it as is known so far.

    `text` is Markdown with [n] pointing into `citations`. `artifacts` holds the labels of the artifacts it is about.
    `stats` holds facts_ms, first_sentence_ms, total_ms (milliseconds, None where it did not happen), model_sentences,
    quoted_sentences, rejected_sentences, prompt_tokens and cached_tokens. `model` is None where no LLM took part.
    `consulted` holds what was read but not cited. `suggestions` are questions that the library can answer next.
    """

    question: str
    text: str
    status: Status
    citations: tuple[Citation, ...] = ()
    artifacts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    table: Table | None = None
    stats: Mapping[str, float | int | None] = field(default_factory=dict)
    model: str | None = None
    kind: str = ""
    generation: str = ""
    consulted: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain JSON types."""
        data = asdict(self)
        data["stats"] = dict(self.stats)
        return data


@dataclass(frozen=True, slots=True)
class SharedCapability:
    """Capabilities of different artifacts that mean the same.

    `evidence` holds one sentence per artifact; `similarity` is the lowest cosine similarity between two of them.
    """

    evidence: tuple[Evidence, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two or more artifacts side by side.

    `only` maps an artifact's id to sentences for the capabilities that no other has; `verdicts` are the pages' own
    conclusions about these artifacts, `notes` conflicts and contradictions.
    """

    artifacts: tuple[Artifact, ...]
    table: Table | None
    shared: tuple[SharedCapability, ...]
    only: Mapping[str, tuple[Evidence, ...]]
    verdicts: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a streamed answer.

    `type` is "facts" once (the facts lane is done), "sentence" for every verified sentence that is added, and
    "answer" once, last. `answer` is the whole answer so far, `text` what this step added to its Markdown.
    """

    type: Literal["facts", "sentence", "answer"]
    text: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt.

    `reusable` is text that stands before `content` and comes back in other prompts (an artifact's sentences, say): the
    work done for it is kept and used again, as is that for the system message. Keep what comes before it the same too.
    """

    role: Literal["system", "user", "assistant"]
    content: str
    reusable: str = ""

    @property
    def text(self) -> str:
        """The whole turn."""
        return self.reusable + self.content


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What an index build did; `skipped` and `warnings` hold (path, reason) pairs, `formats` pages by format.

    `parsed` counts the pages that were read anew, `embedded` the sentences; `published` is False where nothing had
    changed and `generation` is the one that was live before.
    """

    pages: int
    skipped: tuple[tuple[str, str], ...]
    artifacts: int
    passages: int
    generation: str
    seconds: float
    capabilities: int = 0
    conflicts: int = 0
    formats: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[tuple[str, str], ...] = ()
    parsed: int = 0
    embedded: int = 0
    published: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON types."""
        return asdict(self) | {"formats": dict(self.formats)}
