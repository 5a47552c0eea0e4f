"""What is asked, and what was found for it: questions, hits, evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sidebyside.errors import SidebysideError
from sidebyside.records.pages import Artifact, EvidenceClass, Passage, Sentence, Source

# What somebody wants; DESIGN of the answers goes by these.
Intent = Literal[
    "value",
    "compare",
    "rank",
    "count",
    "list",
    "supports",
    "find",
    "recommend",
    "pros",
    "cons",
    "proscons",
    "similar",
    "differ",
    "overall",
    "why",
    "describe",
    "library",
    "alternatives",
    "bestfor",
    "conflicts",
    "verdict",
    "smalltalk",
    "help",
    "other",
]


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on a table label: op is one of = != < <= > >= absent; value as the question has it."""

    label: str
    op: str
    value: str

    @property
    def said(self) -> str:
        """ "Pricing: Free", "UnfragileRank > 40"."""
        return f"{self.label}: {self.value}" if self.op == "=" else f"{self.label} {self.op} {self.value}".strip()


# Words of a criterion that is called by its situation too.
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that is asked about.

    `text` is as written; `query` is what the pages are searched for, with the situation that the words need to be
    understood; `label` is the table row that it means, "" where it is about the texts. `whole` is the question around
    it with "it" for every name, "" where there is none: it finds sentences better than the bare words do, and what
    texts say of a row in particular.
    `phrases` say it as a page might: a second look, where the first finds nothing. `assumed` says that the reader has
    marked no words as what is asked, and these are what is left of the question.
    """

    text: str
    query: str
    label: str = ""
    whole: str = ""
    phrases: tuple[str, ...] = ()
    assumed: bool = False

    @property
    def wordings(self) -> tuple[str, ...]:
        """What pages are searched for, and sentences judged by."""
        return (self.query, self.whole) if self.whole and self.whole != self.query else (self.query,)

    @property
    def name(self) -> str:
        """What it is called for people: its row, or its words with the situation where that is short."""
        with_situation = self.query.endswith(f": {self.text}") and len(self.query.split()) <= _SHORT
        return self.label or (self.query if with_situation else self.text)


Role = Literal["must", "nice", "not"]
ROLES: tuple[Role, ...] = ("must", "nice", "not")
MAX_WISH_WEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that somebody wishes for, in words.

    A "must" has to be met, a "not" must not be stated, a "nice" counts only behind these. `weight` (above 0, at most
    MAX_WISH_WEIGHT) says how much it counts among its like. `query` and `row` tell how a match has read it: what pages
    are searched for, and the table row that it means. A wish that carries them is taken as it is, not read again.
    Raises SidebysideError for a wish without words, another role or another weight.
    """

    text: str
    role: Role = "must"
    weight: float = 1.0
    query: str = ""
    row: str = ""

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise SidebysideError("a wish is empty; say what you wish for, such as: runs offline")
        if self.role not in ROLES:
            raise SidebysideError(f"{self.role!r} is no role of a wish; use one of: {', '.join(ROLES)}")
        if not 0 < self.weight <= MAX_WISH_WEIGHT:
            raise SidebysideError(
                f"the weight of {self.text!r} is {self.weight:g}; use more than 0 and at most {MAX_WISH_WEIGHT:g}"
            )

    @property
    def said(self) -> str:
        """The wish with its "not"."""
        return f"not: {self.text}" if self.role == "not" else self.text


@dataclass(frozen=True, slots=True)
class ReadWish:
    """A wish as it was read: a criterion, or conditions on one table row of which any will do."""

    wish: Wish
    criterion: Criterion | None = None
    conditions: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Question:
    """What somebody wants to know.

    `artifacts` holds ids in the order of mention; `unknown` names that the library does not hold; `ambiguous`
    (name as written, ids it may mean); `excluded` ids to be left out; `filters` conditions on table rows; `premises`
    what is taken for granted. `direction` is 1 for more/highest, -1 for less/lowest, 0 for neither; `limit` is how many
    are wanted, `ordered` asks for all in order; `polar` asks for yes or no, `negated` for what is not so. `listed` is
    true where its artifacts are those that the conversation listed, `continued` where anything comes from earlier
    turns. `value` is what a polar question proposes ("Free" in "is X free?"). `topic` holds the content words of its
    criteria. `reply` answers what asks nothing. `wishes` came each by itself, with a role and a weight.
    `by` tells which reader read it, `probability` how sure that reading is, `language` its language (ISO 639-1).
    """

    text: str
    intent: Intent = "supports"
    artifacts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    excluded: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    filters: tuple[Filter, ...] = ()
    premises: tuple[str, ...] = ()
    direction: int = 0
    limit: int | None = None
    ordered: bool = False
    polar: bool = False
    negated: bool = False
    listed: bool = False
    continued: bool = False
    value: str = ""
    topic: tuple[str, ...] = ()
    wishes: tuple[ReadWish, ...] = ()
    reply: str = ""
    by: Literal["trained", "model"] = "trained"
    probability: float = 1.0
    language: str = "en"

    @cached_property
    def label(self) -> str:
        """The first table row that is asked about, "" if none is."""
        return next((criterion.label for criterion in self.criteria if criterion.label), "")

    @cached_property
    def texts(self) -> tuple[Criterion, ...]:
        """The criteria that texts have to answer."""
        return tuple(criterion for criterion in self.criteria if not criterion.label)

    @cached_property
    def aspect(self) -> str:
        """What is asked about, in words."""
        return "; ".join(dict.fromkeys(criterion.query for criterion in self.texts or self.criteria))

    @cached_property
    def wording(self) -> str:
        """All its words: "and Y?" has its text from this turn and its criteria from the one before."""
        return self.text if self.aspect in self.text else f"{self.text} {self.aspect}"

    @property
    def counts(self) -> bool:
        """Whether a number of things is asked for."""
        return self.intent == "count"

    @property
    def superlative(self) -> bool:
        """Whether the first one of all is asked for."""
        return self.intent == "rank"


@dataclass(frozen=True, slots=True)
class Correction:
    """How a reader has put right what `question` was taken to mean: what it is about from now on, as people write it.

    What an answer's `Understood` says of names, criteria and conditions, with some of them removed, added or exchanged.
    """

    question: str
    artifacts: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation as state: what was asked, and the ids its answer was about, best first.

    `focus` is the one artifact that the answer puts first ("it" afterwards), "" where it is about several alike.
    """

    question: Question
    artifacts: tuple[str, ...] = ()
    focus: str = ""


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
