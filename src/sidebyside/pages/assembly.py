"""Makes a Page of a table and the blocks around it, whatever format they were read from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sidebyside.errors import PageError
from sidebyside.pages.blocks import Block, ComparisonTable, classify, join_blocks, verdict_pattern
from sidebyside.pages.drafts import Draft, Token, collect
from sidebyside.pages.labels import mark_label
from sidebyside.pages.sides import Shares, share_by_headings, share_by_marks, share_exactly
from sidebyside.records import Page, PageArtifact

MOST_BLOCKS = 50_000
_CONTINUED = ("text", "unique", "alternatives")


@dataclass(frozen=True, slots=True)
class RawPage:
    """What a reader found: the decoded page, its title ("" if none), its table, all blocks outside the table.

    `claims_only` says that only "Unique:" and "vs alternatives:" are labels; `by_line` that every line is a paragraph.
    """

    text: str
    source: str
    sha256: str
    format: str
    title: str
    table: ComparisonTable
    blocks: Sequence[Block]
    date: str | None = None
    claims_only: bool = False
    by_line: bool = True


def build_page(raw: RawPage) -> Page:
    """Find the capabilities and whose they are, and the verdicts. Raises PageError."""
    if len(raw.blocks) > MOST_BLOCKS:
        raise PageError(raw.source, f"more than {MOST_BLOCKS:,} paragraphs: not a comparison page")
    warnings = _check_title(raw.title, raw.table, raw.source)
    verdict = verdict_pattern(raw.table.names)
    known = [block for block in (classify(block, verdict) for block in raw.blocks) if block]
    body = [mark_label(block, claims_only=raw.claims_only) for block in known if block.start >= raw.table.end]
    shares = _share(body, raw)
    return Page(
        source=raw.source,
        sha256=raw.sha256,
        format=raw.format,
        artifacts=_artifacts(raw, shares),
        verdicts=tuple(block.excerpt(raw.source, raw.date) for block in known if block.kind == "verdict"),
        warnings=(*warnings, *shares.warnings, *_headless(shares)),
        date=raw.date,
    )


def _headless(shares: Shares) -> tuple[str, ...]:
    lines = [draft.line for side in shares.sides for draft in side if draft.headless]
    return tuple(f"a claim stands without a description at line {line}" for line in lines)


def _artifacts(raw: RawPage, shares: Shares) -> tuple[PageArtifact, ...]:
    artifacts = []
    for side, name in enumerate(raw.table.names):
        facts = raw.table.facts(side, raw.source, raw.date)
        kind = next((fact.value for fact in facts if fact.label.casefold() == "type"), "")
        capabilities = tuple(draft.finish(raw.source, raw.date, raw.text) for draft in shares.sides[side])
        url = raw.table.urls[side] if raw.table.urls else None
        artifacts.append(PageArtifact(name, kind, facts, capabilities, url=url))
    return tuple(artifacts)


def _check_title(title: str, table: ComparisonTable, source: str) -> tuple[str, ...]:
    """Raises PageError if the title names more artifacts than the table has columns."""
    names = table.names
    if not re.search(r" vs\.? ", title):
        return ()
    if len(names) == 1 and title != names[0]:
        raise PageError(source, f"the table lacks a column: the title is {title[:120]!r}", table.line)
    missing = [name for name in names if name not in title]
    return (f"the table header decides: the title does not name {' or '.join(missing)}",) if missing else ()


Reading = Callable[[list[Block], str], list[Block]]


def _share(body: list[Block], raw: RawPage) -> Shares:
    """Read paragraphs in the ways a page may mean them, and take the first way that agrees with its own numbers."""
    by_itself: Shares | None = None
    likeliest: _Way | None = None
    for way in _ways_to_read(body, raw):
        shares = _share_exactly(way, raw)
        if shares and not way.headless:
            return shares
        # Joined lines that give headless capabilities and yet add up do so by chance.
        by_itself = by_itself or (None if likeliest else shares)
        likeliest = likeliest or _Way(_without_blank(way.tokens), way.notes)
    names, totals = raw.table.names, raw.table.totals()
    tokens, notes = (likeliest.tokens, likeliest.notes) if likeliest else ([], ())
    shares = by_itself or share_by_headings(tokens, totals, names)
    shares = shares or share_by_marks(tokens, totals, names, raw.source)
    return shares if shares is by_itself else Shares(shares.sides, (*shares.warnings, *notes))


def _share_exactly(way: _Way, raw: RawPage) -> Shares | None:
    """What a way gives if it agrees with the page's own numbers. Raises PageError for a page without capabilities."""
    if not any(isinstance(token, Draft) for token in way.tokens):
        raise PageError(raw.source, "no capabilities behind the table")
    names, totals = raw.table.names, raw.table.totals()
    shares = share_by_headings(way.tokens, totals, names) if len(names) > 1 else None
    exact = share_exactly(way.tokens, totals) if shares is None else shares
    if exact is None or (exact is shares and exact.warnings):
        return None
    return Shares(exact.sides, (*exact.warnings, *way.notes))


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read the blocks, with the warnings that go with it."""

    tokens: list[Token]
    notes: tuple[str, ...] = ()

    @property
    def headless(self) -> bool:
        """Whether a claim stands without what it is about: such a way adds up by chance."""
        return any(isinstance(token, Draft) and token.headless for token in self.tokens)


def _ways_to_read(body: list[Block], raw: RawPage) -> Iterator[_Way]:
    """Every way, likeliest first, each with and without headings that title nothing."""
    likely: tuple[Reading, ...] = (_as_lines, as_paragraphs) if raw.by_line else (as_paragraphs, _as_lines)
    for reading in (*likely, _unwrapped):
        collected = collect(reading(body, raw.text), raw.table.names)
        note = ("lines that were broken inside paragraphs were joined",) if reading is _unwrapped else ()
        yield _Way(collected.tokens, (*collected.notes, *note))
        yield _Way(_without_blank(collected.tokens), (*collected.notes, *note))


def _without_blank(tokens: list[Token]) -> list[Token]:
    """Without headings that title nothing."""
    kept = [token for token in tokens if not (isinstance(token, Draft) and token.blank)]
    return kept if any(isinstance(token, Draft) for token in kept) else tokens


def _as_lines(blocks: list[Block], page: str) -> list[Block]:  # noqa: ARG001
    return blocks


def as_paragraphs(blocks: list[Block], page: str) -> list[Block]:
    """Lines that the page does not set apart are one paragraph."""
    return _join_where(blocks, page, lambda group, block: group[0].paragraph == block.paragraph)


def _unwrapped(blocks: list[Block], page: str) -> list[Block]:
    """A line that begins in lower case, or follows a description without its period, continues the one before."""

    def continues(group: list[Block], block: Block) -> bool:
        # A claim ends without a period more often than not, so only a description is left open by that.
        open_ended = group[0].kind == "text" and not group[-1].text.endswith(tuple(".!?:)\"'”"))
        return block.text[:1].islower() or open_ended

    return _join_where(blocks, page, continues)


def _join_where(blocks: list[Block], page: str, continues: Callable[[list[Block], Block], bool]) -> list[Block]:
    """Blocks with those that continue the one before them joined to it."""
    groups: list[list[Block]] = []
    for block in blocks:
        if groups and _is_plain(groups[-1][0], block) and continues(groups[-1], block):
            groups[-1].append(block)
        else:
            groups.append([block])
    return [join_blocks(group, page) for group in groups]


def _is_plain(before: Block, block: Block) -> bool:
    """Whether two blocks could be one text at all."""
    return block.kind == "text" and not block.listed and before.kind in _CONTINUED and bool(before.text)
