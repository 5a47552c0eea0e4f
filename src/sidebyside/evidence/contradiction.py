"""Disagreement: whether two pages say opposite things of one artifact, or a page's bounds rule out what is asked."""

from __future__ import annotations

import re

from sidebyside.text.polarity import NEGATIONS, OPPOSITES, negations
from sidebyside.text.quantities import find_quantities
from sidebyside.text.units import MONEY
from sidebyside.text.words import content_words, stem

# Share of the shorter sentence's words that must be common before a difference counts as a contradiction.
_SAME_MATTER = 0.7
# What makes a figure behind it the most there may be, and a pair of figures bounds.
_AT_MOST = re.compile(
    r"\b(?:up to|at most|no more than|not more than|max(?:imum)?(?: of)?|limited to)\s*$", re.IGNORECASE
)
_FROM = re.compile(r"\b(?:between|from)\s*$", re.IGNORECASE)
_TO = re.compile(r"\s*(?:and|to|-|–)\s*[$€£]?")
# Figures behind these ask for less than they say.
_LESS = re.compile(r"\b(?:under|below|less than|fewer than|within|at most|up to|shorter than)\s*$", re.IGNORECASE)


def contradicts(one: str, other: str) -> bool:
    """Whether two sentences speak of the same and differ in what they say: one denies it, turns it round, or gives
    another figure in the same unit. Sentences with different matter never contradict each other.
    """
    first, second = _matter(one), _matter(other)
    common = first & second
    turned = {word for word in first - second if OPPOSITES.get(word, set()) & (second - first)}
    if len(common) < 2 or len(common) + len(turned) < _SAME_MATTER * min(len(first), len(second)):
        return False
    if turned or bool(negations(one)) != bool(negations(other)):
        return True
    figures = {quantity.unit: quantity.value for quantity in find_quantities(one) if quantity.unit}
    return any(
        quantity.unit in figures and quantity.value != figures[quantity.unit]
        for quantity in find_quantities(other)
        if len(figures) == 1
    )


def rules_out(asked: str, said: str) -> bool:
    """Whether a figure that is asked about lies outside the bounds that a sentence gives in its unit.

    "Rolls 80 mm wide" of "rolls between 20 and 48 mm in width", "two hours" of "up to 90 minutes". Amounts of money
    have no such bounds, and a unit with several leaves it open.
    """
    bounds = _bounds(said)
    for quantity in find_quantities(asked):
        own = [(least, most) for unit, least, most in bounds if unit == quantity.unit]
        if len(own) == 1 and not _LESS.search(asked[: quantity.start]) and quantity.unit.split("/")[0] not in MONEY:
            least, most = own[0]
            return not least <= quantity.value <= most
    return False


def _bounds(text: str) -> list[tuple[str, float, float]]:
    """(unit, least, most) of the bounds in a text."""
    quantities = find_quantities(text)
    found = []
    for place, quantity in enumerate(quantities):
        before = quantities[place - 1] if place else None
        if quantity.unit and _AT_MOST.search(text[: quantity.start]):
            found.append((quantity.unit, 0.0, quantity.value))
        elif quantity.unit and before and _FROM.search(text[: before.start]):
            # "Between 20 and 48 mm": the first has the unit of the second.
            unit = re.sub(r"^[\d.,]+", "", quantity.text)
            first = before if before.unit else next(iter(find_quantities(before.text + unit)), before)
            if _TO.fullmatch(text[before.end : quantity.start]) and first.unit == quantity.unit:
                found.append((quantity.unit, first.value, quantity.value))
    return found


def _matter(text: str) -> set[str]:
    """Stems of what a sentence speaks of: its words without figures and negations."""
    return {stem(word) for word in content_words(text) if not re.search(r"\d", word) and word not in NEGATIONS}
