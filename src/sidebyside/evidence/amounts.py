"""Amounts that a question asks for ("how long", "how many photos"), and whether a sentence gives one of that kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sidebyside.records import Criterion
from sidebyside.text.quantities import find_quantities, is_known_unit
from sidebyside.text.words import stem

# The question words of English that ask for an amount.
_HOW = re.compile(
    r"\bhow\s+(?:(?P<time>long|fast|quick(?:ly)?|soon)|many\s+(?P<noun>[a-z]+)|(?P<size>much|big|large))\b",
    re.IGNORECASE,
)
# "How much" of these asks for money, which the table tells.
_MONEY = re.compile(r"\b(?:cost|pay|paid|pric|charg|fee|money|spend|budget|expens)\w*", re.IGNORECASE)
# A port is a figure behind the name of a machine: "localhost:8080".
_PORT = re.compile(r"\bports?\b(?!\s+(?:it|to|from|over)\b)", re.IGNORECASE)
_AT_PORT = re.compile(r"(?:\blocalhost|\d\.\d{1,3}|[a-z]\.[a-z]{2,}):\d{2,5}\b|\bport\s+\d{2,5}\b", re.IGNORECASE)
# Units of what something holds: "how much can it take in one go".
_SIZES = frozenset({"token", "bytes"})
# What a figure counts stands in the few words behind it: "3-5 user-provided images".
_BEHIND = 60
_WORDS = re.compile(r"[A-Za-z]{3,}")
_FEW = 3
# Cosine similarity from which two nouns count the same kind of thing ("photos", "images"), and what that is worth.
_ALIKE, _WORTH = 0.5, 0.9


class Vectors(Protocol):
    """What is needed of retrieval; see `retrieval.Retriever.vectors`."""

    def vectors(self, texts: Sequence[str]) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Amount:
    """The unit that is asked for ("time", "bytes", "port"; "size" for any of what something holds), or the noun of what
    is counted."""

    unit: str = ""
    noun: str = ""


def asked_amount(criterion: Criterion) -> Amount | None:
    """The amount that a criterion asks for; None where it asks for none."""
    found = next(filter(None, map(_HOW.search, reversed(criterion.wordings))), None)
    if found is None:
        return Amount(unit="port") if _PORT.search(criterion.text) else None
    if found["time"]:
        return Amount(unit="time")
    if found["size"]:
        return None if any(map(_MONEY.search, criterion.wordings)) else Amount(unit="size")
    noun = found["noun"].lower()
    measured = find_quantities(f"3 {noun}")
    if measured and is_known_unit(measured[0].unit):
        return Amount(unit=measured[0].unit.split("/")[0])
    return Amount(noun=noun)


def gives(amount: Amount, text: str, vectors: Vectors) -> float:
    """How well some figure of a text answers, 0 to 1: 1 in the unit or of the noun that is asked for."""
    if amount.unit == "port":
        return float(bool(_AT_PORT.search(text)))
    best = 0.0
    for quantity in find_quantities(text):
        base = quantity.unit.split("/")[0]
        if amount.unit:
            if base == amount.unit or (amount.unit == "size" and base in _SIZES):
                return 1.0
            continue
        if stem(amount.noun) in quantity.nouns or stem(amount.noun) == base:
            return 1.0
        if base and base != "percent" and not is_known_unit(quantity.unit):
            behind = _WORDS.findall(text[quantity.start : quantity.start + _BEHIND])[:_FEW]
            rows = vectors.vectors([amount.noun, *behind])
            if behind and float((rows[1:] @ rows[0]).max()) >= _ALIKE:
                best = _WORTH
    return best


def may_give(amount: Amount, text: str, vectors: Vectors) -> bool:
    """Whether a text gives the amount, or counts anything where a count is asked for."""
    bases = [quantity.unit.split("/")[0] for quantity in find_quantities(text)]
    counted = any(base != "percent" and not is_known_unit(base) for base in bases)
    return gives(amount, text, vectors) > 0 or (not amount.unit and counted)
