"""A record as Markdown that stands by itself: nothing in it that a page wrote is markup."""

from __future__ import annotations

from collections.abc import Iterator

from sidebyside.decisions.showing import answer_table, fact_table, made_with, own_table, wishes_table
from sidebyside.records import DecisionRecord, RecordedAnswer, Table
from sidebyside.records.display import inert, plain, source_line, table_lines
from sidebyside.text.markup import split_text


def record_markdown(record: DecisionRecord) -> str:
    """The decision, the shortlist, what the reader adds, every answer with its quotes, the pages and the versions."""
    parts = [f"# {plain(record.title)}", plain(made_with(record))]
    parts += _decision(record)
    for number, answer in enumerate(record.answers, start=1):
        parts += _answer(number, answer)
    if record.pages:
        pages = tuple((page.source, page.sha256 or "not known any more") for page in record.pages)
        parts += ["## Pages", _table(Table(("page", "SHA-256 of the file, as it was indexed"), pages))]
    return "\n\n".join(parts) + "\n"


def _decision(record: DecisionRecord) -> Iterator[str]:
    if record.taken or record.why:
        yield "## Decision"
    if record.taken:
        yield f"Taken: **{plain(record.taken)}**"
    if record.why:
        yield "Why, in the reader's words:"
        yield "\n".join(f"> {plain(line)}" if line.strip() else ">" for line in record.why.strip().splitlines())
    if record.artifacts:
        yield "## Shortlist"
        yield _table(fact_table(record.artifacts))
    if record.own:
        yield "## The reader's own"
        yield "Measured or known by the reader. No page says this."
        yield _table(own_table(record.own))


def _answer(number: int, answer: RecordedAnswer) -> Iterator[str]:
    yield f"## {number}. {plain(answer.asked)}"
    if answer.earlier:
        yield f"Asked after: {'; '.join(map(plain, answer.earlier))}"
    if answer.understood:
        yield inert(answer.understood)
    yield from filter(None, map(inert, split_text(answer.text)))
    shown = answer_table(answer)
    if shown is not None:
        yield _table(shown)
    if answer.excludes:
        yield _table(wishes_table(answer))
    yield from (f"> {inert(note)}" for note in answer.notes)
    if answer.citations:
        yield "Quotes:"
        yield "\n".join(map(source_line, answer.citations))


def _table(table: Table) -> str:
    return "\n".join(table_lines(table))
