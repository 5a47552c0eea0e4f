"""Disagreement: whether two pages say opposite things of one artifact in nearly the same words."""

from __future__ import annotations

import re

from sidebyside.text.polarity import NEGATIONS, OPPOSITES, negations
from sidebyside.text.quantities import find_quantities
from sidebyside.text.words import content_words, stem

# Share of the shorter sentence's words that must be common before a difference counts as a contradiction.
_SAME_MATTER = 0.7


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


def _matter(text: str) -> set[str]:
    """Stems of what a sentence speaks of: its words without figures and negations."""
    return {stem(word) for word in content_words(text) if not re.search(r"\d", word) and word not in NEGATIONS}
