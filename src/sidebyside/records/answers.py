"""What is answered and reported: answers with their citations, comparisons, prompts, build reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sidebyside.records.asking import Evidence
from sidebyside.records.pages import Artifact, EvidenceClass

Status = Literal["answered", "partial", "not_found"]


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
    quoted_sentences, rejected_sentences (not supported), repeated_sentences (supported, but only what a shown quote
    says), prompt_tokens, cached_tokens and completion_tokens. `model` is None where no LLM took part. `consulted` holds
    what was read but not cited. `suggestions` are questions that the library can answer next.
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

    def _repr_markdown_(self) -> str:
        """What a notebook shows for it."""
        from sidebyside.records.display import answer_markdown

        return answer_markdown(self)


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

    `reusable` are texts that stand before `content` and come back in other prompts (an artifact's sentences, say): the
    work done for it is kept and used again, as is that for the system message. Keep what comes before it the same too.
    """

    role: Literal["system", "user", "assistant"]
    content: str
    reusable: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole turn."""
        return "".join(self.reusable) + self.content


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
