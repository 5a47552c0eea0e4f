"""One colour per artifact, kept through a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidebyside.app.turns import Turn

COLOURS = 8


def palette(turns: Sequence[Turn]) -> list[Mapping[str, int]]:
    """For every turn the colours (1 to COLOURS) of its artifacts.

    An artifact keeps the colour it had first. When all are given away, the artifact that was not spoken of for longest
    loses its own; within one turn no colour is given twice while there are others.
    """
    owners: dict[str, int] = {}
    drawn: list[Mapping[str, int]] = []
    for turn in turns:
        labels = turn_artifacts(turn)[:COLOURS]
        for label in labels:
            colour = owners.pop(label, 0) or _free(owners, labels)
            # Put last: the first of the owners is the one that was not spoken of for longest.
            owners[label] = colour
        drawn.append({label: owners[label] for label in labels})
    return drawn


def _free(owners: dict[str, int], spoken_of: Sequence[str]) -> int:
    unused = [colour for colour in range(1, COLOURS + 1) if colour not in owners.values()]
    if unused:
        return unused[0]
    oldest = next(label for label in owners if label not in spoken_of)
    return owners.pop(oldest)


def turn_artifacts(turn: Turn) -> list[str]:
    """The artifacts of a turn's answer, those that were named first in the order in which they were named."""
    answer = turn.answer
    if answer is None:
        return []
    named = answer.reading.artifacts if answer.reading else ()
    across = answer.grid.artifacts if answer.grid else ()
    there = dict.fromkeys([*answer.artifacts, *across])
    return list(dict.fromkeys([*(label for label in named if label in there), *there]))
