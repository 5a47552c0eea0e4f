"""Puts the blocks behind a page's table together: capabilities, whose they are, and the page's verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sidebyside.errors import PageError
from sidebyside.pages.blocks import Block, ComparisonTable
from sidebyside.records import Capability, Excerpt, PageArtifact

# A page shows at most this many capabilities of an artifact and then says how many more there are.
SHOWN = 8


@dataclass(slots=True)
class Draft:
    """A capability while its blocks are being collected."""

    line: int
    title: Block | None = None
    description: Block | None = None
    unique: Block | None = None
    alternatives: Block | None = None
    lists: dict[str, list[Block]] = field(default_factory=dict)

    def finish(self, file: str, date: str | None) -> Capability:
        def excerpt(block: Block | None) -> Excerpt | None:
            return block.excerpt(file, date) if block else None

        def excerpts(kind: str) -> tuple[Excerpt, ...]:
            return tuple(block.excerpt(file, date) for block in self.lists.get(kind, ()))

        return Capability(
            id=self._id(),
            title=excerpt(self.title),
            description=excerpt(self.description),
            unique=excerpt(self.unique),
            alternatives=excerpt(self.alternatives),
            intents=excerpts("intent"),
            best_for=excerpts("best_for"),
            limitations=excerpts("limitation"),
            requires=excerpts("requirement"),
            sources=(file,),
        )

    def _id(self) -> str:
        singles = [self.title, self.description, self.unique, self.alternatives]
        words = [" ".join(block.text.split()) if block else "" for block in singles]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class More:
    """A "+N more capabilities" line, which closes one artifact's list."""

    count: int
    line: int


Token = Draft | More


@dataclass(frozen=True, slots=True)
class Assembled:
    """Capabilities per artifact, in the order of the table header, and what was uncertain."""

    sides: tuple[tuple[Draft, ...], ...]
    warnings: tuple[str, ...]


def build_artifacts(
    table: ComparisonTable, assembled: Assembled, file: str, date: str | None
) -> tuple[PageArtifact, ...]:
    """The page's artifacts in the order of the table header."""
    artifacts = []
    for side, name in enumerate(table.names):
        facts = table.facts(side, file, date)
        kind = next((fact.value for fact in facts if fact.label.casefold() == "type"), "")
        capabilities = tuple(draft.finish(file, date) for draft in assembled.sides[side])
        artifacts.append(PageArtifact(name, kind, facts, capabilities))
    return tuple(artifacts)


def collect_capabilities(blocks: Iterable[Block]) -> list[Token]:
    """Group blocks without headings: every description begins a capability, claims join the one before them."""
    tokens: list[Token] = []
    current: Draft | None = None
    for block in blocks:
        if block.kind == "more":
            tokens.append(More(int(block.text), block.line))
            current = None
        elif block.kind == "text":
            current = Draft(block.line, description=block)
            tokens.append(current)
        elif block.kind in ("unique", "alternatives"):
            if current is None or getattr(current, block.kind) is not None:
                current = Draft(block.line)
                tokens.append(current)
            setattr(current, block.kind, block)
    return tokens


def assign_sides(tokens: Sequence[Token], table: ComparisonTable, file: str) -> Assembled:
    """Share the capabilities out to the artifacts; what the table and the page say about their number must agree.

    Raises PageError where nothing tells whose a capability is.
    """
    totals = table.totals()
    if not any(isinstance(token, Draft) for token in tokens):
        raise PageError(file, "no capabilities behind the table")
    exact = _assign_exactly(tokens, totals)
    return exact if exact else _assign_by_marks(tokens, totals, table.names, file)


def _assign_exactly(tokens: Sequence[Token], totals: Sequence[int | None]) -> Assembled | None:
    """Every side shows its number, at most SHOWN, and "+N more" where it has more; None if that is not so."""
    position = 0
    sides = []
    for total in totals:
        if total is None:
            return None
        shown = tokens[position : position + min(total, SHOWN)]
        drafts = tuple(token for token in shown if isinstance(token, Draft))
        position += len(shown)
        if len(drafts) != min(total, SHOWN):
            return None
        if total > SHOWN:
            if position == len(tokens) or not _closes(tokens[position], total - SHOWN):
                return None
            position += 1
        sides.append(drafts)
    return Assembled(tuple(sides), ()) if position == len(tokens) else None


def _closes(token: Token, count: int) -> bool:
    return isinstance(token, More) and token.count == count


def _assign_by_marks(
    tokens: Sequence[Token], totals: Sequence[int | None], names: Sequence[str], file: str
) -> Assembled:
    """The counts do not add up: go by the first "+N more" line with capabilities behind it, else by the table."""
    drafts = [token for token in tokens if isinstance(token, Draft)]
    if len(names) == 1:
        return Assembled((tuple(drafts),), _count_warnings(tokens, [len(drafts)], totals, names))
    if len(names) > 2:
        raise PageError(file, "the capabilities do not add up, so it is unclear which artifact each belongs to")
    boundary, sure = _boundary(tokens, totals)
    if boundary is None:
        raise PageError(file, f"nothing tells where the capabilities of {names[0]} end and those of {names[1]} begin")
    sides = (tuple(drafts[:boundary]), tuple(drafts[boundary:]))
    warnings = _count_warnings(tokens, [len(side) for side in sides], totals, names)
    if not sure:
        warnings += (
            f"guessed from the table that the capabilities of {names[1]} begin at line {drafts[boundary].line}"
            if boundary < len(drafts)
            else f"guessed from the table that no capability of {names[1]} is shown",
        )
    return Assembled(sides, warnings)


def _boundary(tokens: Sequence[Token], totals: Sequence[int | None]) -> tuple[int | None, bool]:
    """How many capabilities belong to the first of two artifacts, and whether the page itself says so."""
    seen = 0
    total = sum(isinstance(token, Draft) for token in tokens)
    marked = False
    for token in tokens:
        if isinstance(token, Draft):
            seen += 1
        else:
            marked = True
            if 0 < seen < total:
                return seen, True
    first, second = totals
    if first is not None:
        return min(first, SHOWN, total), second is None
    if second is not None:
        return max(total - min(second, SHOWN), 0), True
    # A list that is closed at the end of the page is the second artifact's, and a closed list shows SHOWN.
    return (total - SHOWN, False) if marked and total > SHOWN else (None, False)


def _count_warnings(
    tokens: Sequence[Token], shown: Sequence[int], totals: Sequence[int | None], names: Sequence[str]
) -> tuple[str, ...]:
    marks = [token for token in tokens if isinstance(token, More)]
    warnings = []
    for name, count, total, mark in zip(names, shown, totals, _marks_by_side(marks, len(names)), strict=True):
        more = mark.count if mark else 0
        if total is not None and count + more != total:
            extra = f" and '+{more} more'" if mark else ""
            warnings.append(f"the table says {total} capabilities of {name}, the page shows {count}{extra}")
    return tuple(warnings)


def _marks_by_side(marks: Sequence[More], sides: int) -> list[More | None]:
    """One mark at most per side; a single mark closes the first list unless it ends the page."""
    return [*marks[:sides], *[None] * (sides - len(marks))]
