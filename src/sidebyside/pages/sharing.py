"""Shares a page's capabilities out to its artifacts: by count, by "+N more" lines, never by a silent guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sidebyside.errors import PageError
from sidebyside.pages.drafts import Draft, More, Token

# A page shows at most this many capabilities of an artifact and then says how many more there are.
SHOWN = 8
# A bare line this short behind the last capability that the table counts is page furniture, not a capability.
_SHORTEST = 80


@dataclass(frozen=True, slots=True)
class Shares:
    """Capabilities per artifact, in the order of the table header, and what was uncertain."""

    sides: tuple[tuple[Draft, ...], ...]
    warnings: tuple[str, ...] = ()


def share_exactly(tokens: Sequence[Token], totals: Sequence[int | None]) -> Shares | None:
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
    rest = tokens[position:]
    if not all(isinstance(token, Draft) and _is_stray(token) for token in rest):
        return None
    return Shares(
        tuple(sides), (f"ignored what follows the last capability, from line {rest[0].line}",) if rest else ()
    )


def _closes(token: Token, count: int) -> bool:
    return isinstance(token, More) and token.count == count


def _is_stray(draft: Draft) -> bool:
    texts = draft.parts.get("description", [])
    return draft.parts.keys() == {"description"} and len(texts) == 1 and len(texts[0].text) < _SHORTEST


def share_cut_off(tokens: Sequence[Token], totals: Sequence[int | None], names: Sequence[str]) -> Shares | None:
    """As `share_exactly`, for a page that stops before all is shown; None where more than its end is amiss."""
    sides: list[tuple[Draft, ...]] = []
    position = 0
    for total in totals:
        if total is None:
            return None
        shown = tokens[position : position + min(total, SHOWN)]
        if not all(isinstance(token, Draft) for token in shown):
            return None
        sides.append(tuple(token for token in shown if isinstance(token, Draft)))
        position += len(shown)
        if len(shown) == min(total, SHOWN) and total > SHOWN and position < len(tokens):
            if not _closes(tokens[position], total - SHOWN):
                return None
            position += 1
    if position < len(tokens) or not sides[0]:
        return None
    there = " and ".join(
        f"{len(side) or 'none'} of the {min(total or 0, SHOWN)} capabilities of {name}"
        for name, side, total in zip(names, sides, totals, strict=True)
        if len(side) < min(total or 0, SHOWN)
    )
    if not there:
        return None
    begins = next((f", if those from line {side[0].line} on are its own" for side in sides[1:] if side), "")
    return Shares(tuple(sides), (f"the page is cut off: it has {there}{begins}",))


def share_by_headings(
    tokens: Sequence[Token], totals: Sequence[int | None], names: Sequence[str], *, all_named: bool = True
) -> Shares | None:
    """Go by headings that name the artifacts; None unless every capability stands under one.

    With `all_named`, every artifact has to have a heading with capabilities, unless the table says that it has none:
    a heading for the first alone says where its part begins, not where it ends.
    """
    drafts = [token for token in tokens if isinstance(token, Draft)]
    under = {draft.side for draft in drafts}
    if under - set(range(len(names))) or not drafts:
        return None
    if all_named and any(side not in under and totals[side] != 0 for side in range(len(names))):
        return None
    sides = tuple(tuple(draft for draft in drafts if draft.side == side) for side in range(len(names)))
    more = [
        sum(token.count for token in tokens if isinstance(token, More) and token.side == side)
        for side in range(len(names))
    ]
    return Shares(sides, _count_warnings(sides, more, totals, names))


def share_by_marks(tokens: Sequence[Token], totals: Sequence[int | None], names: Sequence[str], file: str) -> Shares:
    """The counts do not add up: go by the first "+N more" line with capabilities behind it, else by the table.

    Raises PageError where nothing tells whose a capability is.
    """
    drafts = tuple(token for token in tokens if isinstance(token, Draft))
    if len(names) > 2:
        raise PageError(file, "the capabilities do not add up, so it is unclear which artifact each belongs to")
    boundary, sure = (len(drafts), True) if len(names) == 1 else _boundary(tokens, totals)
    if boundary is None:
        raise PageError(file, f"nothing tells where the capabilities of {names[0]} end and those of {names[1]} begin")
    sides = (drafts,) if len(names) == 1 else (drafts[:boundary], drafts[boundary:])
    warnings = _count_warnings(sides, _more_by_side(tokens, boundary, len(names)), totals, names)
    return Shares(sides, warnings if sure else (*warnings, _guess(drafts, boundary, names)))


def _guess(drafts: Sequence[Draft], boundary: int, names: Sequence[str]) -> str:
    if boundary == len(drafts):
        return f"a guess from the table's numbers: no capability of {names[1]} is shown"
    return f"a guess from the table's numbers: the capabilities of {names[1]} begin at line {drafts[boundary].line}"


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


def _more_by_side(tokens: Sequence[Token], boundary: int, sides: int) -> list[int]:
    """What the "+N more" lines add up to on each side; a line right at the boundary closes the first list."""
    more = [0] * sides
    seen = 0
    for token in tokens:
        if isinstance(token, Draft):
            seen += 1
        else:
            more[0 if seen <= boundary and (seen > 0 or boundary == 0) and not more[0] else sides - 1] += token.count
    return more


def _count_warnings(
    sides: Sequence[Sequence[Draft]], more: Sequence[int], totals: Sequence[int | None], names: Sequence[str]
) -> tuple[str, ...]:
    warnings = []
    for name, drafts, extra, total in zip(names, sides, more, totals, strict=True):
        if total is not None and len(drafts) + extra != total:
            hidden = f" and '+{extra} more'" if extra else ""
            warnings.append(f"the table says {total} capabilities of {name}, the page shows {len(drafts)}{hidden}")
    return tuple(warnings)
