"""What is kept of a decision: answers with their evidence, the pages as they were, and the reader's own words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from sidebyside.errors import RecordError
from sidebyside.records.answers import OWN_CRITERIA, Answer, Citation, Grid, Status, Table, check_shapes
from sidebyside.records.matches import Match
from sidebyside.records.pages import Fact
from sidebyside.records.questions import Wish

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# What a file says of itself.
KIND = "sidebyside-record"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer to a question, or what was found for a need, as it was given.

    `earlier` are the questions of the conversation that it leans on, oldest first. `understood` tells how it was read,
    "" where that is plain. `artifacts` are labels, of a need best first; `excludes` counts for each wish of a need how
    many of `total` artifacts it rules out; `wishes` are those that it was read as, `among` the only artifacts that were
    looked at. An answer on criteria in one's own words has these as `wishes`, and its artifacts as `among`: it is
    compared on them again, not asked. `status` is "" for a need. `written` tells whether an LLM took part, `model`
    which one wrote cells. `generation` is the version of the index that answered.
    """

    kind: Literal["question", "need"]
    asked: str
    text: str
    status: Status | Literal[""] = ""
    earlier: tuple[str, ...] = ()
    understood: str = ""
    artifacts: tuple[str, ...] = ()
    grid: Grid | None = None
    table: Table | None = None
    citations: tuple[Citation, ...] = ()
    notes: tuple[str, ...] = ()
    excludes: tuple[int, ...] = ()
    total: int = 0
    wishes: tuple[Wish, ...] = ()
    among: tuple[str, ...] = ()
    written: bool = False
    model: str | None = None
    generation: str = ""

    @classmethod
    def of(cls, given: Answer | Match, earlier: tuple[str, ...] = ()) -> RecordedAnswer:
        """What a record keeps of an answer or a match."""
        if isinstance(given, Match):
            return cls(
                "need",
                given.need,
                given.text,
                artifacts=tuple(artifact.label for artifact in given.artifacts),
                grid=given.grid,
                citations=given.citations,
                notes=given.notes,
                excludes=given.excludes,
                total=given.total,
                wishes=given.asked,
                among=given.among,
                generation=given.generation,
            )
        own = given.grid if given.kind == OWN_CRITERIA else None
        return cls(
            "question",
            given.question,
            given.text,
            given.status,
            earlier,
            understood=given.reading.shown if given.reading else "",
            artifacts=given.artifacts,
            grid=given.grid,
            table=given.table,
            citations=given.citations,
            notes=given.notes,
            wishes=tuple(map(Wish, own.criteria)) if own else (),
            among=own.artifacts if own else (),
            written=given.model is not None or bool(given.stats.get("prompt_tokens")),
            model=given.model,
            generation=given.generation,
        )


@dataclass(frozen=True, slots=True)
class KeptArtifact:
    """An artifact on the shortlist, with its table as the pages had it."""

    label: str
    type: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnCell:
    """What the reader knows and no page says ("we measured 40 ms ourselves"): never shown as a quote."""

    artifact: str
    criterion: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordedPage:
    """A page that is cited: its file, and that file's SHA-256 as it was when indexed ("" where nobody knows any more).

    `read` is when these contents were first read (UTC, ISO), "" where that is unknown.
    """

    source: str
    sha256: str
    read: str = ""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision and what it rests on; `sidebyside.write_record` and `read_record` take it to a file and back.

    `answers` and `artifacts` are the shortlist: what was answered, and what was considered. `taken` is the label of the
    one that was taken, "" while nothing is decided; `why` and `own` are the reader's words, never from pages. `created`
    is the time of the record (UTC, ISO), `product` the version of this package. `kind` and `format` are what a file
    says of itself; `format` is raised when older programs would read a record wrongly.
    """

    title: str
    answers: tuple[RecordedAnswer, ...] = ()
    artifacts: tuple[KeptArtifact, ...] = ()
    taken: str = ""
    why: str = ""
    own: tuple[OwnCell, ...] = ()
    pages: tuple[RecordedPage, ...] = ()
    created: str = ""
    product: str = ""
    kind: Literal["sidebyside-record"] = "sidebyside-record"
    format: Literal[1] = 1

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types."""
        return {"kind": self.kind, "format": self.format} | asdict(self)

    def to_json(self) -> str:
        """The record as a JSON text, which `record_from_json` reads."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n"


def record_from_json(text: str | bytes, source: str) -> DecisionRecord:
    """The record in a JSON text; `source` names it in the error. Raises RecordError for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise RecordError(source, "this is not JSON; only the JSON form of a record can be read") from None
    return record_from_dict(data, source)


def record_from_dict(data: Any, source: str) -> DecisionRecord:
    """The same for what JSON holds. Every field is checked. Raises RecordError."""
    if not isinstance(data, Mapping) or data.get("kind") != KIND:
        raise RecordError(source, f'this is no record ("kind" is not "{KIND}"); make one with: sidebyside ask --record')
    written = data.get("format")
    if isinstance(written, int) and written > FORMAT:
        raise RecordError(source, f"it has format {written}, this program reads {FORMAT}; update sidebyside")
    try:
        record = _stored().validate_python(data)
    except (ValueError, RecursionError) as error:
        raise _wrong(source, _first(error)) from None
    return check_record(record, source)


def check_record(record: DecisionRecord, source: str) -> DecisionRecord:
    """The record, whose tables and grids are rectangles. Raises RecordError."""
    try:
        for answer in record.answers:
            check_shapes(answer.table, answer.grid)
    except ValueError as error:
        raise _wrong(source, str(error)) from None
    return record


def _wrong(source: str, what: str) -> RecordError:
    return RecordError(source, f"its fields are not those of a record ({what}); export it again")


def _first(error: Exception) -> str:
    """Where the first wrong field stands, and what is wrong with it."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    wrong = errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}"


@cache
def _stored() -> TypeAdapter[DecisionRecord]:
    from pydantic import TypeAdapter

    return TypeAdapter(DecisionRecord)
