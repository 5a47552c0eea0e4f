"""Tells whether a table compares things feature by feature, and what the text around it says about each of them.

Such tables stand on vendors' pages, in wikis, READMEs and sheets: the head row names two to six things, the first
column what they are compared by. A table of tasks, readings or prices looks much the same, so more has to speak for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sidebyside.pages.blocks import Block, ComparisonTable, Row
from sidebyside.pages.drafts import Draft
from sidebyside.pages.outline import Cell, Grid
from sidebyside.pages.part_labels import mark_label

MOST_NAMES = 6
LONGEST_NAME = 80
# Text under a heading that is shorter than this is a button or a caption.
_SHORTEST = 25
_FEATURE = frozenset(
    "feature features criterion criteria attribute attributes aspect aspects capability capabilities spec specs "
    "specification specifications property properties characteristic characteristics comparison compare functionality "
    "dimension metric benchmark requirement merkmal merkmale funktion eigenschaft kriterium fonctionnalité critère "
    "caractéristique característica función criterio caratteristica funzione recurso característica".split()
)
# Head cells that name a column and no thing.
_COLUMN_WORDS = frozenset(
    "date day time name value values description descriptions note notes comment comments remark remarks status state "
    "price cost amount total quantity qty unit units type default required optional column columns row field key id "
    "number no nr task tasks owner person who what when where why how link links url source example examples result "
    "results before after old new min max mean avg average median std sd train test dev validation precision recall "
    "f1 accuracy score scores size yes no true false pros cons advantages disadvantages version author year title "
    "page purpose usage use command option argument parameter meaning left right winner verdict difference better "
    "best weight baseline ours month week quarter monday tuesday wednesday thursday friday saturday sunday january "
    "february march april may june july august september october november december jan feb mar apr jun jul aug sep "
    "oct nov dec mon tue wed thu fri sat sun category feature features criteria todo done doing priority deadline "
    "phone email address city country language platform license licence file folder path error message code input "
    "output request response method us them others other competitors competition alternatives everyone".split()
)
_COLUMN_PHRASES = frozenset(
    ("other tools", "the others", "other solutions", "the competition", "traditional tools", "edge", "our pick")
)
_COMPARES = re.compile(r"\b(?:vs\.?|versus|compar\w*|alternatives?|vergleich\w*|comparati\w+)\b", re.IGNORECASE)
_ROWS = frozenset(
    "type pricing price prices license licence licensing platform platforms developer vendor maintainer website stars "
    "language languages storage integrations integration api support memory parameters latency offline hosting "
    "deployment encryption ratings rating".split()
)
_ROW_PHRASES = frozenset(
    "open source|open-source|self-hosted|self hosted|context window|context length|starting price|free plan|free tier|"
    "free trial|latest release|release date|first release|operating system|operating systems|file formats|"
    "mobile app|rate limit|rate limits|maximum file size".split("|")
)
_ARTIFACT_COLUMN = frozenset(
    "name tool tools product products model models software library libraries project app application service "
    "framework".split()
)
_YES = re.compile(
    "[✓✔✅☑🗸][\ufe0e\ufe0f]?|\\[x\\]|:(?:white_check_mark|heavy_check_mark|ballot_box_with_check|check_mark|tick):",
    re.IGNORECASE,
)
_NO = re.compile(
    "[✗✘❌✖✕×❎🗴🗶☐][\ufe0e\ufe0f]?|\\[ \\]|:(?:x|heavy_multiplication_x|negative_squared_cross_mark|no_entry_sign):"
)
# What the cells of a row say that asks whether something is there.
_WHETHER = frozenset("yes no true false partial partially limited planned beta soon".split())


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """A table that compares; `left_out` are head cells of columns that belong to no thing, `mute` its silent rows."""

    table: ComparisonTable
    left_out: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()


def read_features(grid: Grid, title: str, headings: str) -> FeatureTable | str:
    """The table as a comparison, or why it is none.

    `title` is what names it, `headings` are those of the page, a line each.
    """
    rows = [row for row in grid.rows if not is_section(row)]
    if len(rows) < 2:
        return "the table has no rows"
    header, *body = Grid(tuple(rows), grid.start, grid.end, grid.line).squared().rows
    first = 1 if header and header[0].text.strip("#. ").casefold() in ("", "no", "nr") and _is_counted(body) else 0
    label, columns = (header[first], range(first + 1, len(header))) if len(header) > first else (Cell(), range(0))
    kept = [place for place in columns if is_name(header[place].text)]
    names = tuple(name_of(header[place], title) for place in kept)
    told = " | ".join(cell.text[:30] for cell in header[:8])
    if label.text.casefold() in _ARTIFACT_COLUMN and len(rows) > 2 and len(kept) < 2:
        return f"the head row ({told}) names columns; a comparison has one column for each thing"
    if not names or len(set(map(str.casefold, names))) < len(names):
        return f"the head row ({told}) does not name what is compared"
    if len(names) > MOST_NAMES:
        return f"the table has more than {MOST_NAMES} columns of things"
    read = tuple(_rows(body, first, kept, grid))
    if not read or not _speaks(label.text, names, read, title, headings):
        return f'the head row ({told}) could name anything; "vs" in a title or "Feature" before the names would tell'
    table = ComparisonTable(names, read, grid.line, tuple(header[place].url for place in kept))
    left_out = tuple(header[place].text for place in columns if place not in kept and header[place].text)
    mute = tuple(row[first].text for row in body if len(row) > first and any(cell.mute for cell in row))
    return FeatureTable(table, left_out, mute)


def is_section(row: Sequence[Cell]) -> bool:
    """Whether a row is a heading inside the table: one cell over all columns."""
    return len(row) == 1 and row[0].columns > 1


def _is_counted(body: Sequence[Sequence[Cell]]) -> bool:
    return all(row and row[0].text.strip(".) ").isdigit() for row in body)


def is_name(text: str) -> bool:
    """Whether a head cell can be what a thing is called."""
    folded = text.casefold().strip(" .:*†‡")
    if not 0 < len(text) <= LONGEST_NAME or not re.search(r"[^\W\d_]", text):
        return False
    return not (folded in _COLUMN_WORDS or folded in _COLUMN_PHRASES or re.fullmatch(r"[qh]\d(?: \d{4})?", folded))


def name_of(cell: Cell, title: str) -> str:
    """What the head row calls a thing; where it shows another name than it links to, that which the title has."""
    return cell.other if cell.other and cell.other in title and cell.text not in title.split(cell.other) else cell.text


def plain_value(text: str) -> str:
    """A cell; a mark that is all it holds says yes or no."""
    return "Yes" if _YES.fullmatch(text) else "No" if _NO.fullmatch(text) else text


def _rows(body: Sequence[Sequence[Cell]], first: int, kept: Sequence[int], grid: Grid) -> Iterable[Row]:
    for row in body:
        if len(row) <= first or not row[first].text or row[first].text.casefold() in _FEATURE:
            continue
        values = tuple(plain_value(row[place].text) if place < len(row) else "" for place in kept)
        places = [cell for cell in row if cell.start >= 0]
        if any(values):
            yield Row(
                row[first].text,
                values,
                min(cell.start for cell in places),
                max(cell.end for cell in places),
                grid.line,
            )


def _speaks(label: str, names: Sequence[str], rows: Sequence[Row], title: str, headings: str) -> bool:
    """Whether the table, or what stands around it, says that things are compared."""
    featured = any(word in _FEATURE for word in re.findall(r"\w+", label.casefold())) and len(label) < 40
    named = sum(_mentions(title, name) or _mentions(headings, name) for name in names)
    if len(names) == 1:
        return featured and named == 1 and not _COMPARES.search(title)
    known = sum(row.label.casefold() in _ROWS or row.label.casefold() in _ROW_PHRASES for row in rows)
    whether = not label and any(_asks_whether(row.values) for row in rows)
    return featured or bool(_COMPARES.search(f"{title} {label}")) or named > 1 or known > 1 or whether


def _asks_whether(values: Sequence[str]) -> bool:
    """Whether a row tells of each thing if it has something; with no word above the labels, that is a comparison."""
    told = [value.casefold() for value in values if value.strip("-–— ")]
    return (
        len(told) > 1 and all(value in _WHETHER for value in told) and bool({"yes", "no", "true", "false"} & set(told))
    )


def _mentions(text: str, name: str) -> bool:
    return name.casefold() in text.casefold() and _stands_in(text, name)


def _stands_in(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def texts_by_heading(blocks: Iterable[Block], names: Sequence[str]) -> list[list[Draft]]:
    """For each name the text under headings that name it and no other, heading by heading or paragraph by paragraph."""
    found: list[list[Draft]] = [[] for _ in names]
    side: int | None = None
    level = 0
    draft: Draft | None = None
    for block in blocks:
        if block.kind == "heading":
            named = _named(block.text, names)
            if len(named) == 1:
                side, level, draft = named[0], block.level, None
            elif named or side is None or block.level <= level:
                side, draft = None, None
            else:
                draft = Draft(block.line, side)
                draft.parts["title"] = [block]
        elif side is not None:
            draft = _take(block, draft, found[side], side)
    return found


def _named(heading: str, names: Sequence[str]) -> list[int]:
    """The names in a heading; one inside a longer one is not meant."""
    places = [place for place, name in enumerate(names) if _mentions(heading, name)]
    return [
        place
        for place in places
        if not any(other != place and names[place].casefold() in names[other].casefold() for other in places)
    ]


def _take(block: Block, draft: Draft | None, found: list[Draft], side: int) -> Draft | None:
    """Put a block of text where it belongs; returns the draft that the next one may go on with."""
    block = mark_label(block, claims_only=False)
    if block.kind not in ("text", "unique", "alternatives", "best_for", "limitation", "requirement"):
        return draft
    part = "description" if block.kind == "text" else block.kind
    titled = draft is not None and "title" in draft.parts
    if draft is None or not (titled or block.listed or block.kind != "text"):
        if len(block.text) < _SHORTEST:
            return None
        draft = Draft(block.line, side)
    if not block.text:
        return draft
    draft.parts.setdefault(part, []).append(block)
    if not found or found[-1] is not draft:
        found.append(draft)
    return draft
