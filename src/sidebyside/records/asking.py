"""What is asked, and what was found for it: questions, hits, evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sidebyside.records.pages import Artifact, EvidenceClass, Passage, Sentence, Source

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
    neither; `superlative` tells highest from higher, `ordered` asks for the whole list in order, `limit` is how many of
    a ranking. `ambiguous` holds (name as written, ids it may mean). `value` is what a yes-or-no question proposes
    ("free" in "is X free?"). `counts` is true for "how many", `polar` for a yes-or-no question, `negated` for "which
    cannot...". `reply` answers a "chat". `second` is how else the question may be meant, for when this reading finds
    nothing; `outside` is true where it sounds like nothing that pages are about. `before` is the aspect of the question
    that a follow-up builds upon.
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
    ordered: bool = False
    limit: int | None = None
    filters: tuple[Filter, ...] = ()
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    value: str = ""
    counts: bool = False
    polar: bool = False
    negated: bool = False
    reply: str = ""
    second: Question | None = None
    outside: bool = False
    before: str = ""

    @property
    def wording(self) -> str:
        """All its words: "and Y?" has its text from this turn and its aspect from the one before."""
        return self.text if self.aspect in self.text else f"{self.text} {self.aspect}"


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
class Found:
    """An artifact that was searched for by what it does: `hits` are the sentences that say so, best first."""

    artifact: Artifact
    hits: tuple[Hit, ...]


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
