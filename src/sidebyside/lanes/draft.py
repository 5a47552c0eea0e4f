"""A draft: an answer while it is put together, with citations numbered in order of appearance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sidebyside.evidence import Side
from sidebyside.records import Answer, Artifact, Citation, Evidence, Library, Question, Status, Table

# "[7]" in a page's text would look like a citation of the answer.
_LIKE_CITATION = re.compile(r"\[(?=\d+\])")


def verbatim(text: str) -> str:
    """A page's text in quotation marks; an invisible word joiner keeps "[7]" in it from being taken for a citation."""
    return "“" + _LIKE_CITATION.sub("[\N{WORD JOINER}", text) + "”"


@dataclass(slots=True)
class Draft:
    """Collects blocks of Markdown, citations, notes and the sides that the prose lane may write about."""

    question: Question
    library: Library
    status: Status = "answered"
    blocks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)
    table: Table | None = None
    sides: list[Side] = field(default_factory=list)
    # Sides that sound silent and may not be, and how many sound silent in all.
    doubtful: list[Side] = field(default_factory=list)
    silent: int = 0
    aspect: str = ""
    closing: str = ""
    _cited: dict[tuple[str, str, int, int, str], Citation] = field(default_factory=dict)
    _consulted: dict[tuple[str, str, int, int, str], Evidence] = field(default_factory=dict)

    def cite(self, evidence: Evidence) -> str:
        """ "[n]" for this evidence; the same evidence keeps its number."""
        key = _key(evidence)
        if key not in self._cited:
            self._cited[key] = self._citation(evidence, len(self._cited) + 1)
        return f"[{self._cited[key].number}]"

    def consult(self, evidence: Iterable[Evidence]) -> None:
        """Remember what was read, cited or not."""
        for item in evidence:
            self._consulted.setdefault(_key(item), item)

    def name(self, artifacts: Sequence[Artifact]) -> None:
        """The artifacts the answer is about, each once."""
        self.artifacts = list(dict.fromkeys([*self.artifacts, *(a.label for a in artifacts)]))

    def quote(self, evidence: Evidence) -> str:
        """A quote with its citation; a page's own claim is worded as one."""
        claim = "its page claims: " if evidence.evidence_class == "claim" else ""
        return f"{claim}{verbatim(evidence.quote)} {self.cite(evidence)}"

    def answer(self, *, extra: Sequence[str] = ()) -> Answer:
        """The answer so far; `extra` are further blocks (the prose)."""
        blocks = [*self.blocks, *extra, *([self.closing] if self.closing else [])]
        unused = [item for key, item in self._consulted.items() if key not in self._cited]
        return Answer(
            question=self.question.text,
            text="\n\n".join(block for block in blocks if block),
            status=self.status,
            citations=tuple(self._cited.values()),
            artifacts=tuple(self.artifacts),
            notes=tuple(dict.fromkeys(self.notes)),
            table=self.table,
            kind=self.question.kind,
            consulted=tuple(self._citation(item, 0) for item in unused),
        )

    def _citation(self, evidence: Evidence, number: int) -> Citation:
        label = self.library.get(evidence.artifact).label if evidence.artifact else ""
        source = evidence.source
        return Citation(
            number, label, evidence.evidence_class, evidence.quote, source.file, source.start, source.end,
            evidence.context or evidence.quote,
        )  # fmt: skip


def _key(evidence: Evidence) -> tuple[str, str, int, int, str]:
    # Two artifacts of one page share the span of a table row: the artifact belongs to the key.
    return evidence.artifact, evidence.source.file, evidence.source.start, evidence.source.end, evidence.quote
