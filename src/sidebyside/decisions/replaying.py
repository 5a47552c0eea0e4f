"""Compares a record with the answers that the same questions get today, and its quotes with today's pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from importlib.metadata import version
from typing import Literal

from sidebyside.decisions.making import Hashes, file_of
from sidebyside.records import (
    AnswerReplay,
    Artifact,
    ArtifactReplay,
    CellReplay,
    DecisionRecord,
    Fact,
    Grid,
    KeptArtifact,
    Library,
    PageReplay,
    QuoteReplay,
    RecordedAnswer,
    RecordedPage,
    Replay,
    Table,
    Told,
)
from sidebyside.records.replays import CellOutcome
from sidebyside.text.markup import CITATION
from sidebyside.text.sentences import split_sentences

# How much of its characters a sentence has to share with a quote to be told as what became of it (0 to 1).
_ALIKE = 0.55
_SPACES = re.compile(r"\s+")
# (criterion, artifact) of a cell.
_Place = tuple[str, str]


def compare_record(
    record: DecisionRecord,
    again: Sequence[RecordedAnswer],
    library: Library,
    hashes: Hashes,
    generation: str,
    notes: Sequence[str] = (),
) -> Replay:
    """The record beside `again`, its answers of today in the same order, and today's library with its page hashes."""
    by_label = {artifact.label: artifact for artifact in library.artifacts}
    answers = tuple(_answer(before, after) for before, after in zip(record.answers, again, strict=True))
    artifacts = tuple(_artifact(kept, by_label.get(kept.label)) for kept in record.artifacts)
    quotes = tuple(_quotes(record.answers, again, library))
    outcomes = {a.outcome for a in answers} | {a.outcome for a in artifacts} | {q.outcome for q in quotes}
    return Replay(
        same=outcomes <= {"same"},
        title=record.title,
        created=record.created,
        answers=answers,
        artifacts=artifacts,
        quotes=quotes,
        pages=tuple(_page(page, hashes) for page in record.pages),
        notes=tuple(notes),
        generation=generation,
        product=version("sidebyside"),
    )


# --- Answers ----------------------------------------------------------------------------------------------------------


def _answer(before: RecordedAnswer, after: RecordedAnswer) -> AnswerReplay:
    cells = tuple(_cells(_told(before), _told(after)))
    same = before.status == after.status and all(cell.outcome in ("same", "reworded") for cell in cells)
    return AnswerReplay(
        before.asked,
        "same" if same else "changed",
        cells,
        after.text,
        before.status,
        after.status,
        after.generation,
    )


def _told(answer: RecordedAnswer) -> dict[_Place, Told]:
    """Every cell of an answer; one of text alone is a single cell without a name."""
    quotes = {citation.number: citation.quote for citation in answer.citations}
    if answer.grid is not None:
        return dict(_grid_cells(answer.grid, quotes))
    if answer.table is not None:
        return dict(_table_cells(answer.table, quotes))
    text = " ".join(_unnumbered(answer.text).split())
    state: Literal["silent", "stated"] = "silent" if answer.status == "not_found" else "stated"
    by: Literal["table", "model"] = "model" if answer.model else "table"
    return {("", ""): Told(state, text, tuple(sorted({*quotes.values()})), by)}


def _grid_cells(grid: Grid, quotes: Mapping[int, str]) -> Iterator[tuple[_Place, Told]]:
    for criterion, row in zip(grid.criteria, grid.cells, strict=True):
        for artifact, cell in zip(grid.artifacts, row, strict=True):
            behind = sorted({quotes[number] for number in cell.citations if number in quotes})
            text = "" if cell.state == "silent" else _unnumbered(cell.text)
            yield (criterion, artifact), Told(cell.state, text, tuple(behind), cell.by)


def _table_cells(table: Table, quotes: Mapping[int, str]) -> Iterator[tuple[_Place, Told]]:
    for label, *cells in table.rows:
        for artifact, text in zip(table.header[1:], cells, strict=True):
            behind = sorted({quotes[int(n)] for n in CITATION.findall(text) if int(n) in quotes})
            yield (label, artifact), Told("stated", _unnumbered(text), tuple(behind))


def _unnumbered(text: str) -> str:
    """A text without its [n]: the same quotes have other numbers where an answer cites more."""
    return re.sub(rf"\s*{CITATION.pattern}", "", text)


def _cells(before: Mapping[_Place, Told], after: Mapping[_Place, Told]) -> Iterator[CellReplay]:
    for place in dict.fromkeys([*before, *after]):
        then, now = before.get(place), after.get(place)
        yield CellReplay(*place, _outcome(then, now), then, now)


def _outcome(then: Told | None, now: Told | None) -> CellOutcome:
    """What rests on the same quotes may be worded anew, but not what code reads and counts: a count is its text."""
    if then is None or now is None:
        return "new" if then is None else "gone"
    if then.state != now.state or then.quotes != now.quotes:
        return "changed"
    if then.text == now.text:
        return "same"
    return "reworded" if then.quotes and "table" not in (then.by, now.by) else "changed"


# --- The shortlist ----------------------------------------------------------------------------------------------------


def _artifact(kept: KeptArtifact, today: Artifact | None) -> ArtifactReplay:
    if today is None:
        return ArtifactReplay(kept.label, "gone", tuple(_cells(_rows(kept.label, kept.facts), {})))
    cells = tuple(_cells(_rows(kept.label, kept.facts), _rows(kept.label, today.facts)))
    return ArtifactReplay(kept.label, "same" if all(cell.outcome == "same" for cell in cells) else "changed", cells)


def _rows(label: str, facts: Sequence[Fact]) -> dict[_Place, Told]:
    """The rows of a table; of values on which pages differ, all, whatever the order of the pages."""
    values: dict[str, set[str]] = {}
    for fact in facts:
        values.setdefault(fact.label, set()).add(fact.value)
    return {
        (row, label): Told(
            "conflict" if len(found) > 1 else "stated",
            " / ".join(sorted(found)),
            tuple(f"{row}: {value}" for value in sorted(found)),
        )
        for row, found in values.items()
    }


# --- Pages ------------------------------------------------------------------------------------------------------------


def _quotes(
    answers: Iterable[RecordedAnswer], again: Iterable[RecordedAnswer], library: Library
) -> Iterator[QuoteReplay]:
    """Every quote of the record once, on today's pages."""
    texts = _Texts(library)
    cited_now = {(c.artifact, c.quote) for answer in again for c in answer.citations}
    seen = set()
    for citation in (c for answer in answers for c in answer.citations):
        key = (citation.artifact, citation.source, citation.quote)
        if key in seen:
            continue
        seen.add(key)
        if (citation.artifact, citation.quote) in cited_now or texts.have(citation.artifact, citation.quote):
            yield QuoteReplay(citation.artifact, citation.source, "same", citation.quote, citation.quote)
        else:
            near = texts.nearest(citation.artifact, citation.source, citation.quote)
            yield QuoteReplay(citation.artifact, citation.source, "changed" if near else "gone", citation.quote, near)


class _Texts:
    """What the pages of today say of each artifact, as (file, text): rows, parts of capabilities, verdicts."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._artifacts = {artifact.label: artifact for artifact in library.artifacts}
        self._read: dict[str, list[tuple[str, str]]] = {}

    def have(self, label: str, quote: str) -> bool:
        """Whether these words stand on a page today, however they are broken into lines."""
        wanted = _flat(quote)
        return any(wanted in text for _file, text in self._of(label))

    def nearest(self, label: str, file: str, quote: str) -> str:
        """The row of the same name, or the sentence most like it, the same page first; "" where nothing is like it."""
        texts = self._of(label)
        own = [text for source, text in texts if source == file]
        rest = [text for source, text in texts if source != file]
        for some in (own, rest):
            near = _row_like(quote, some) or _sentence_like(quote, some)
            if near:
                return near
        return ""

    def _of(self, label: str) -> list[tuple[str, str]]:
        if label not in self._read:
            artifact = self._artifacts.get(label)
            found = list(_said_of(artifact)) if artifact else []
            ids = {artifact.id} if artifact else set()
            found += [
                (verdict.excerpt.source.file, _flat(verdict.excerpt.text))
                for verdict in self._library.verdicts
                if not label or ids & set(verdict.artifacts)
            ]
            self._read[label] = found
        return self._read[label]


def _said_of(artifact: Artifact) -> Iterator[tuple[str, str]]:
    for fact in artifact.facts:
        yield fact.source.file, _flat(fact.row)
    for capability in artifact.capabilities:
        for _part, excerpt in capability.parts():
            yield excerpt.source.file, _flat(excerpt.text)


def _row_like(quote: str, texts: Iterable[str]) -> str:
    """The row of a table with the label of a quoted one ("Pricing: Free" was "Pricing: Paid")."""
    label, colon, _value = quote.partition(": ")
    return next((text for text in texts if colon and text.startswith(f"{label}: ")), "")


def _sentence_like(quote: str, texts: Iterable[str]) -> str:
    best, likeness = "", _ALIKE
    matcher = SequenceMatcher(b=_flat(quote), autojunk=False)
    for sentence in (text[start:end] for text in texts for start, end in split_sentences(text)):
        matcher.set_seq1(sentence)
        if matcher.real_quick_ratio() > likeness and matcher.quick_ratio() > likeness and matcher.ratio() > likeness:
            best, likeness = sentence, matcher.ratio()
    return best


def _flat(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _page(page: RecordedPage, hashes: Hashes) -> PageReplay:
    sha256, _read = file_of(hashes, page.source)
    if not sha256:
        now = next(
            (source for source, (other, _) in sorted(hashes.items()) if page.sha256 and other == page.sha256), ""
        )
        return PageReplay(page.source, "moved" if now else "gone", page.sha256, page.sha256 if now else "", now)
    if not page.sha256:
        return PageReplay(page.source, "unknown", "", sha256)
    return PageReplay(page.source, "same" if sha256 == page.sha256 else "changed", page.sha256, sha256)
