"""Answers, artifacts and the reader's own words -> a record, with the pages as they were when indexed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version

from sidebyside.errors import SidebysideError
from sidebyside.records import (
    OWN_CRITERIA,
    Answer,
    Artifact,
    DecisionRecord,
    KeptArtifact,
    Match,
    OwnCell,
    RecordedAnswer,
    RecordedPage,
)

# The files of a version of the index by the name under which they are cited: (SHA-256, when they were first read).
Hashes = Mapping[str, tuple[str, str]]
# Of a version, by its name; empty where that version is gone.
HashesOf = Callable[[str], Hashes]
Given = Answer | Match | RecordedAnswer


def make_record(
    answers: Sequence[RecordedAnswer],
    artifacts: Sequence[Artifact],
    hashes_of: HashesOf,
    generation: str,
    *,
    taken: str = "",
    why: str = "",
    own: Sequence[OwnCell] = (),
    title: str = "",
) -> DecisionRecord:
    """A record of these answers and artifacts; `generation` is the version that the artifacts are of.

    Raises SidebysideError where there is nothing to record.
    """
    if not answers and not artifacts:
        raise SidebysideError("there is nothing to record; give at least one answer, match or artifact")
    kept = tuple(KeptArtifact(artifact.label, artifact.type, artifact.facts) for artifact in artifacts)
    return DecisionRecord(
        title=title.strip() or _title(answers, kept),
        answers=tuple(answers),
        artifacts=kept,
        taken=taken,
        why=why,
        own=tuple(own),
        pages=_pages(answers, kept, hashes_of, generation),
        created=_now(),
        product=version("sidebyside"),
    )


def in_order(given: Sequence[Given], history: Sequence[tuple[str, str]] = ()) -> tuple[RecordedAnswer, ...]:
    """What a conversation answered, oldest first: each answer leans on the questions before it.

    A match leans on nothing, nor does an answer on criteria of one's own, and what is recorded already stays as it is.
    """
    earlier = [question for question, _answer in history]
    found = []
    for item in given:
        asked = isinstance(item, Answer) and item.kind != OWN_CRITERIA
        leans_on = tuple(earlier) if asked else ()
        found.append(item if isinstance(item, RecordedAnswer) else RecordedAnswer.of(item, leans_on))
        if isinstance(item, Answer) and asked:
            earlier.append(item.question)
    return tuple(found)


def edited(
    record: DecisionRecord,
    more: DecisionRecord | None,
    *,
    taken: str | None = None,
    why: str | None = None,
    own: Sequence[OwnCell] | None = None,
    title: str | None = None,
) -> DecisionRecord:
    """A record with what another one adds, and with the words that are given, None for those that stay.

    What both have is kept once, as the other has it; pages that nothing cites any more are left out.
    """
    changed = replace(record, created=_now(), product=version("sidebyside"))
    if more is not None:
        known = {(answer.kind, answer.asked, answer.earlier) for answer in more.answers}
        labels = {artifact.label for artifact in more.artifacts}
        changed = replace(
            changed,
            answers=(*(a for a in record.answers if (a.kind, a.asked, a.earlier) not in known), *more.answers),
            artifacts=(*(a for a in record.artifacts if a.label not in labels), *more.artifacts),
            pages=tuple(dict.fromkeys((*record.pages, *more.pages))),
        )
    cited = {citation.source for answer in changed.answers for citation in answer.citations}
    cited |= {fact.source.file for artifact in changed.artifacts for fact in artifact.facts}
    return replace(
        changed,
        pages=tuple(page for page in changed.pages if page.source in cited),
        taken=record.taken if taken is None else taken,
        why=record.why if why is None else why,
        own=record.own if own is None else tuple(own),
        title=record.title if title is None else title.strip() or _title(changed.answers, changed.artifacts),
    )


def _title(answers: Sequence[RecordedAnswer], artifacts: Sequence[KeptArtifact]) -> str:
    if answers:
        more = f" and {len(answers) - 1} more" if len(answers) > 1 else ""
        return f"{answers[0].asked}{more}"
    return ", ".join(artifact.label for artifact in artifacts)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _pages(
    answers: Sequence[RecordedAnswer], artifacts: Sequence[KeptArtifact], hashes_of: HashesOf, generation: str
) -> tuple[RecordedPage, ...]:
    """Each cited page once, as the version had it that cites it; where two versions differ, both."""
    cited = [(answer.generation, c.source) for answer in answers for c in answer.citations]
    cited += [(generation, fact.source.file) for artifact in artifacts for fact in artifact.facts]
    pages = dict.fromkeys(_found(cited, hashes_of))
    return tuple(sorted(pages, key=lambda page: (page.source, page.read, page.sha256)))


def _found(cited: Iterable[tuple[str, str]], hashes_of: HashesOf) -> Iterator[RecordedPage]:
    versions: dict[str, Hashes] = {}
    for generation, source in cited:
        if generation not in versions:
            versions[generation] = hashes_of(generation)
        yield RecordedPage(source, *file_of(versions[generation], source))


def file_of(hashes: Hashes, source: str) -> tuple[str, str]:
    """(SHA-256, when first read) of the file that a page stands in; a file's second page is "a.md#2"."""
    file, mark, number = source.rpartition("#")
    whole = file if mark and number.isdigit() else source
    return hashes.get(source) or hashes.get(whole) or ("", "")
