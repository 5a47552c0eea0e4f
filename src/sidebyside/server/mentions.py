"""Which artifacts a text mentions, by their labels as they stand: for titles, and for names given in one text."""

from __future__ import annotations

from collections.abc import Iterable

from sidebyside.text.words import fold_in_place


def mentioned(text: str, labels: Iterable[str]) -> list[str]:
    """The labels that stand in the text as whole words, in its order; a longer label wins over one inside it.

    Capitals do not matter, except for labels of small letters alone ("cli"), which may be everyday words: they count
    only where they are written so.
    """
    left = fold_in_place(text)
    found: list[tuple[int, str]] = []
    for label in sorted(set(labels), key=len, reverse=True):
        place = _place(fold_in_place(label), left)
        if place >= 0 and (not label.islower() or text[place : place + len(label)] == label):
            found.append((place, label))
            left = left[:place] + "\0" * len(label) + left[place + len(label) :]
    return [label for _place, label in sorted(found)]


def _place(label: str, text: str) -> int:
    """Where the label stands in the text as whole words, -1 where it does not."""
    start = text.find(label) if label else -1
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(label) : start + len(label) + 1]
        if not before.isalnum() and not after.isalnum():
            return start
        start = text.find(label, start + 1)
    return -1
