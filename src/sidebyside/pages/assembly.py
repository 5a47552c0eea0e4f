"""Makes a Page of a table and the blocks around it, whatever format they were read from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sidebyside.errors import PageError
from sidebyside.pages.blocks import Block, ComparisonTable, classify, is_footer, join_blocks, verdict_pattern
from sidebyside.pages.drafts import Draft, Token, collect
from sidebyside.pages.part_labels import mark_label
from sidebyside.pages.sharing import Shares, share_by_headings, share_by_marks, share_cut_off, share_exactly
from sidebyside.records import Excerpt, Page, PageArtifact
from sidebyside.records.pages import PageFormat
from sidebyside.text.typography import visible_text

MOST_BLOCKS = 50_000
_LONGEST_TITLE = 60
_CONTINUED = ("text", "unique", "alternatives")


@dataclass(frozen=True, slots=True)
class RawPage:
    """What a reader found: the decoded page, its title ("" if none), its table, all blocks outside the table.

    `claims_only` says that only "Unique:" and "vs alternatives:" are labels; `by_line` that every line is a paragraph.
    """

    text: str
    source: str
    sha256: str
    format: PageFormat
    title: str
    table: ComparisonTable
    blocks: Sequence[Block]
    date: str | None = None
    url: str | None = None
    claims_only: bool = False
    by_line: bool = True

    @property
    def ended(self) -> bool:
        """Whether the page's footer is there: then the page does not stop too early."""
        return any(is_footer(block) for block in self.blocks)


def build_page(raw: RawPage) -> Page:
    """Find the capabilities and whose they are, and the verdicts. Raises PageError."""
    if len(raw.blocks) > MOST_BLOCKS:
        raise PageError(raw.source, f"more than {MOST_BLOCKS:,} paragraphs: not a comparison page")
    warnings = _check_title(raw.title, raw.table, raw.source)
    verdict = verdict_pattern(raw.table.names)
    known = [block for block in (classify(block, verdict) for block in raw.blocks) if block]
    if raw.claims_only:
        known = [_side_heading(block, raw.table.names) for block in known]
    body = [mark_label(block, claims_only=raw.claims_only) for block in known if block.start >= raw.table.end]
    shares = _share(body, raw)
    verdicts = tuple(block.excerpt(raw.source, raw.date) for block in known if block.kind == "verdict")
    mute = [f"pictures without text in the row {label!r}" for label in raw.table.mute]
    return _page(raw, shares.sides, verdicts, (*warnings, *mute, *shares.warnings, *_headless(shares)))


def page_of_table(raw: RawPage, texts: Sequence[Sequence[Draft]], notes: Sequence[str]) -> Page:
    """A page of which the table is what counts, with the texts that belong to each of its artifacts."""
    return _page(raw, texts, (), notes)


def _page(
    raw: RawPage, sides: Sequence[Sequence[Draft]], verdicts: tuple[Excerpt, ...], warnings: Sequence[str]
) -> Page:
    return Page(
        source=raw.source,
        sha256=raw.sha256,
        format=raw.format,
        artifacts=_artifacts(raw, sides),
        verdicts=verdicts,
        warnings=tuple(warnings),
        date=raw.date,
        title=visible_text(raw.title),
        url=raw.url,
    )


def _side_heading(block: Block, names: Sequence[str]) -> Block:
    """A line "<name> Capabilities" of a text extract, or a name alone, is the heading that it was on the page."""
    named = block.kind == "text" and block.text.removesuffix(" Capabilities") in names
    return replace(block, kind="heading", level=2) if named else block


def _titled(blocks: list[Block]) -> list[Block] | None:
    """Blocks with the lines that title a capability as headings, where every text has such a line; else None.

    A copied page keeps its titles, an extract has none: a short line then stands before every text, not before some.
    """
    runs: list[list[int]] = [[]]
    for place, block in enumerate(blocks):
        if block.kind == "text":
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    runs = [run for run in runs if run]
    titles: list[int] = []
    for run in runs:
        found = [place for place in run if _is_title(blocks, place)]
        # The last line of a page may be all that is left of what came next, or begin the page's own verdict.
        alone = run is runs[-1] and len(run) == 1 and _could_title(blocks[run[0]])
        if found[:1] != run[:1] and not (alone and titles):
            return None
        titles += run if alone else found
    if len(titles) < 2:
        return None
    return [replace(block, kind="heading", level=3) if at in titles else block for at, block in enumerate(blocks)]


def _is_title(blocks: Sequence[Block], place: int) -> bool:
    """Whether a line is short, no sentence, and followed by a longer text that is."""
    block, below = blocks[place], blocks[place + 1] if place + 1 < len(blocks) else None
    if below is None or below.kind != "text" or not _could_title(block):
        return False
    return len(below.text) > len(block.text) and not _is_title(blocks, place + 1)


def _could_title(block: Block) -> bool:
    return not (block.listed or len(block.text) > _LONGEST_TITLE or block.text.endswith(tuple(".!?:;,…")))


def _headless(shares: Shares) -> tuple[str, ...]:
    lines = [draft.line for side in shares.sides for draft in side if draft.headless]
    return tuple(f"a claim stands without a description at line {line}" for line in lines)


def _artifacts(raw: RawPage, sides: Sequence[Sequence[Draft]]) -> tuple[PageArtifact, ...]:
    artifacts = []
    for side, name in enumerate(raw.table.names):
        facts = raw.table.facts(side, raw.source, raw.date)
        kind = next((fact.value for fact in facts if fact.label.casefold() == "type"), "")
        capabilities = tuple(draft.finish(raw.source, raw.date, raw.text) for draft in sides[side])
        url = raw.table.urls[side] if raw.table.urls else None
        artifacts.append(PageArtifact(visible_text(name), kind, facts, capabilities, url=url))
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
    titled = (_titled(body) or _titled(as_paragraphs(body, raw.text))) if raw.claims_only else None
    for way in _ways_to_read(body, raw, titled):
        shares = _share_exactly(way, raw)
        if shares and not way.headless:
            return shares
        # Joined lines that give headless capabilities and yet add up do so by chance.
        by_itself = by_itself or (None if likeliest else shares)
        likeliest = likeliest or _Way(_without_blank(way.tokens), way.notes)
    if by_itself:
        return by_itself
    if titled is not None:
        collected = collect(titled, raw.table.names)
        likeliest = _Way(_without_blank(collected.tokens), collected.notes)
    names, totals = raw.table.names, raw.table.totals()
    tokens, notes = (likeliest.tokens, likeliest.notes) if likeliest else ([], ())
    shares = share_by_headings(tokens, totals, names) or (None if raw.ended else share_cut_off(tokens, totals, names))
    if shares is None and totals[0] is None:
        shares = share_by_headings(tokens, totals, names, all_named=False)
    shares = shares or share_by_marks(tokens, totals, names, raw.source)
    return Shares(shares.sides, (*shares.warnings, *notes))


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


def _ways_to_read(body: list[Block], raw: RawPage, titled: list[Block] | None) -> Iterator[_Way]:
    """Every way, likeliest first, each with and without headings that title nothing."""
    likely: tuple[Reading, ...] = (_as_lines, as_paragraphs) if raw.by_line else (as_paragraphs, _as_lines)
    if titled is not None:
        likely = (*likely, lambda _blocks, _page: titled)
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
