"""Words that point at things of the conversation: "it", "both", "the second one", "the other".

The reader tells that words point; this module tells at what. Its few patterns are structure of the language (ordinals,
"other", plurals), not wordings of questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidebyside.question.conditions import with_digits
from sidebyside.records import Turn

_PLACES = {"first": 0, "former": 0, "1st": 0, "second": 1, "2nd": 1, "latter": -1, "third": 2, "3rd": 2, "last": -1}
_PLACE = re.compile(rf"\b({'|'.join(_PLACES)})\b")
_NUMBERED = re.compile(r"(?:\bnumber|\bno\.|#)\s*(\d+)\b")
_OTHER = re.compile(r"\bother")
_SEVERAL = re.compile(r"\b(?:both|two|three|four|these|those|they|them|their|all|each|either|neither|ones|others)\b")


def resolve(words: str, turns: Sequence[Turn], named: Sequence[str] = ()) -> tuple[str, ...]:
    """The ids that `words` point at; () where the conversation has nothing for them.

    `named` holds the ids that the question itself names: "the other one" is none of them,
    and "it" is one of them.
    """
    words = words.lower()
    if not turns or (named and not (_OTHER.search(words) or _PLACE.search(words) or _SEVERAL.search(words))):
        return ()
    before = _things(turns)
    talked = _of(turns[-1])
    if _OTHER.search(words):
        told = {*named, turns[-1].focus, *(talked if len(talked) == 1 else ())}
        others = tuple(a for a in before if a not in told)
        return others if _SEVERAL.search(words) else others[:1]
    numbered, place = _NUMBERED.search(with_digits(words)), _PLACE.search(words)
    if numbered or place:
        # Places count among what the last answer listed, or what was asked about with it.
        listed = next((things for turn in reversed(turns) if len(things := _of(turn)) > 1), before)
        at = int(numbered[1]) - 1 if numbered else _PLACES[place[1]] if place else 0
        return listed[at : at + 1 or None] if -len(listed) <= at < len(listed) else ()
    latest = _of(turns[-1]) or before
    focus = turns[-1].focus
    if focus and not _SEVERAL.search(words):
        return (focus,)
    if _SEVERAL.search(words) and len(latest) < 2:
        return before[:2] if re.search(r"\b(?:both|two|either|neither)\b", words) else before
    return latest


def _of(turn: Turn) -> tuple[str, ...]:
    """What a turn is about: what it asked for, or what its answer found."""
    return turn.question.artifacts or turn.artifacts


def _things(turns: Sequence[Turn]) -> tuple[str, ...]:
    """Everything talked about, latest turn first, in its order."""
    return tuple(dict.fromkeys(artifact for turn in reversed(turns) for artifact in _of(turn)))
