"""Conditions in a question -> (row, operator, value): numbers, units and operators are read, rows found by meaning.

The patterns here are structure: operators in words and signs, digits, ranges. What a condition is about is told by
`rows.RowFinder`, and that a run of words is a condition at all by the trained reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from sidebyside.records import Filter, Library, Question
from sidebyside.records.schema import RANK, TYPE
from sidebyside.text.dates import date_in
from sidebyside.text.quantities import find_quantities, is_known_unit
from sidebyside.text.words import STOP_WORDS, fold, fold_in_place

_OPERATORS = tuple(
    (re.compile(words), op)
    for words, op in (
        (
            r"at least|no(?:t)? less than|(?<!\d )(?<!\d)min(?:imum)?\b|>=|≥|\+|"
            r"or (?:more|higher|above|better|later|newer)",
            ">=",
        ),
        (r"at most|no(?:t)? more than|max(?:imum)?\b|up to|within|<=|≤|or (?:less|lower|fewer|below|earlier)", "<="),
        (r"above|over|(?:more|greater|higher|better|bigger|longer|newer|later) than|exceed|after|since|beyond|>", ">"),
        (r"below|under|(?:less|lower|fewer|worse|smaller|cheaper|shorter|older|earlier) than|before|<", "<"),
    )
)
_BETWEEN = re.compile(r"(?:between|from)\s+(\S+)\s*(?:and|(?:up )?to|-|–)\s*(\S+)")
_NUMBER = re.compile(r"[$€£]?\s?\d[\d.,/]*")
# What a bound may say besides: a unit and what it is per, "1 h 30 min" in two parts; "45 points" is 45, as "45/100" is.
_UNITS = re.compile(
    r"\s?(?:[%€$£]|(?!(?:an?|per|or|and|out|of|points?)\b)[a-zµ]+)?(?:\s\d+\s?(?:min|s|sec|oz|inch)\w*)?(?:\s?(?:/|per|a|an)\s?[a-z]+)?",
    re.I,
)
_HIGHEST_RANK = 100
# Words of a bound on nothing that is named.
_BARE = 5
# How a condition is worded behind its row.
_WORDED = re.compile(r"\s*(?P<op>:|!=|<=|>=|<|>|=|\babsent\b)\s*(?P<value>\S.*)?")
_LISTED = re.compile(r"\s*,\s*|\s+or\s+")
_WITHOUT = re.compile(r"^(?:no|without(?: an?| any)?|lacks?(?: an?)?)\s+", re.IGNORECASE)
_NEGATED = re.compile(r"\b(?:not|non|no|never|without|except|neither|nor|isn't|aren't|doesn't|don't)\b")
_NUMBER_WORDS = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}
_NUMBER_WORDS |= {"once": "1", "twice": "2", "twelve": "12", "twenty": "20", "thirty": "30", "forty": "40"}
_NUMBER_WORDS |= {"fifty": "50", "sixty": "60"}
_NUMBER_WORDS |= {"seventy": "70", "eighty": "80", "ninety": "90", "hundred": "100"}
_WORD_NUMBER = re.compile(rf"\b({'|'.join(_NUMBER_WORDS)})\b")


def read_condition(words: str, library: Library, find_row: Callable[[str], str], default: str = "") -> list[Filter]:
    """What a condition asks of table rows; [] where no row is meant, so that texts have to say it.

    `find_row` gives the row that words mean; `default` is the row asked about beside the condition ("rank above 40").
    """
    words = re.sub(r"\s+at all$", "", words, flags=re.IGNORECASE)
    folded = with_digits(fold_in_place(words))
    if values := _values_in(folded, library):
        op = "!=" if _NEGATED.search(folded) else "="
        return [Filter(label, op, cell) for label, cell in values]
    numbers = [found for found in _NUMBER.finditer(folded) if re.search(r"\d", found[0])]
    nothing = bool(numbers) and not any(re.search(r"[1-9]", found[0]) for found in numbers)
    if not numbers or (nothing and _by_class(find_row(words), library)):
        label = find_row(words) or find_row(_WITHOUT.sub("", words))
        if priced := _without_number(label, folded, library):
            return priced
        return (
            [Filter(label, "absent", "")]
            if label not in {"", TYPE} and _NEGATED.search(folded) and len(folded.split()) <= 3
            else []
        )
    measuring = _measuring(words, library)
    label = (
        find_row(_NUMBER.sub(" ", folded).strip() or words)
        or find_row(words)
        or (next(iter(measuring)) if len(measuring) == 1 else "")
        or default
        or _ranked(words, library)
    )
    if not label:
        return []
    if len(measuring) == 1 and any(is_known_unit(quantity.unit) for quantity in find_quantities(words)):
        # "Under 1,000 € a year" is about the row with amounts, not about the one with price classes.
        label = next(iter(measuring))
    if between := _BETWEEN.search(folded):
        return [Filter(label, ">=", between[1]), Filter(label, "<=", between[2])]
    op = next((op for pattern, op in _OPERATORS if pattern.search(folded)), "=")
    if _NEGATED.search(folded) and op in "<>=" and not re.search(r"no(?:t)? (?:less|more) than", folded):
        op = {"<": ">=", ">": "<=", "=": "!="}[op]
    return [Filter(label, op, _amount(words if len(words) == len(folded) else folded, numbers[0]))]


def worded_condition(words: str, library: Library) -> tuple[Filter, ...]:
    """Conditions as this program words them: "Pricing: Free or Freemium", "UnfragileRank > 40"; () for other words."""
    label = max((name for name in library.labels if words.startswith(name)), key=len, default="")
    if not label or not (found := _WORDED.fullmatch(words[len(label) :])):
        return ()
    op, value = found["op"], (found["value"] or "").strip()
    if op == "absent":
        return () if value else (Filter(label, op, ""),)
    if op[0] in "<>":
        return (Filter(label, op, value),) if re.search(r"\d", value) else ()
    held = {name for row, name in _values(library) if row == label}
    values = [value] if value in held else _LISTED.split(value)
    if not value or not (held.issuperset(values) or label == TYPE):
        return ()
    return tuple(Filter(label, "!=" if op == "!=" else "=", one) for one in values)


def is_negated(words: str) -> bool:
    """Whether words of a question rule out what they name: "not an API"."""
    return bool(_NEGATED.search(fold_in_place(words)))


def with_bounds(question: Question) -> Question:
    """A question whose criteria that state a bound on their row ("at least 1 TB of storage") are conditions too."""
    having = {condition.label for condition in question.filters}
    found = []
    for criterion in question.criteria:
        bound = bound_in(criterion.text)
        if criterion.label and criterion.label not in having and bound:
            found.append(Filter(criterion.label, *bound))
    return replace(question, filters=(*question.filters, *found)) if found else question


def with_digits(folded: str) -> str:
    """A text in lower case with small numbers as digits: "in twelve languages" is "in 12 languages"."""
    return _WORD_NUMBER.sub(lambda found: _NUMBER_WORDS[found[1]], folded)


def bound_in(words: str) -> tuple[str, str] | None:
    """(operator, amount) of words that state a bound: "at least 32K context"; None where they state none, or two."""
    folded = fold_in_place(words)
    number = _NUMBER.search(folded)
    op = next((op for pattern, op in _OPERATORS if pattern.search(folded)), "")
    if not number or not op or _BETWEEN.search(folded):
        return None
    return op, _amount(words if len(words) == len(folded) else folded, number)


def without_bound(words: str) -> str:
    """What a bound is about: "at least 32K context" is about context; the words as they are where nothing is left."""
    folded = fold_in_place(words)
    for pattern, _op in _OPERATORS:
        folded = pattern.sub(lambda found: " " * len(found[0]), folded)
    kept = "".join(char if folded[place] != " " else " " for place, char in enumerate(words))
    about = " ".join(re.sub(r"[$€£]?\s?\d[\d.,/]*\w*", " ", kept).split())
    return about if re.search(r"[^\W\d_]{3}", about) and len(folded) == len(words) else words


def _amount(words: str, number: re.Match[str]) -> str:
    """The number with its unit as written: "1 TB", "$20 a month"; a date whole: "March 2025"."""
    if day := date_in(words):
        return day
    following = _UNITS.match(words, number.end())
    unit = following[0] if following and fold(following[0].strip()) not in STOP_WORDS else ""
    return (words[number.start() : number.end()] + unit).strip()


def _values_in(folded: str, library: Library) -> list[tuple[str, str]]:
    """(label, value) of the values that a condition names: "free", "neither free nor paid"; types aside."""
    found: list[tuple[str, str]] = []
    for label, value in _values(library):
        own = fold(value)
        if re.search(r"\d", own) or len(own) < 3 or label == TYPE:
            continue
        if re.search(rf"(?<!\w){re.escape(own)}(?!\w)", folded):
            found.append((label, value))
    # A value inside a longer one that is named too is not meant.
    found = [(label, v) for label, v in found if not any(fold(v) != fold(o) and fold(v) in fold(o) for _, o in found)]
    return [pair for pair in found if pair[0] == found[0][0]] if found else []


def exact_value(words: str, library: Library) -> list[Filter]:
    """The row whose value these words are, whole: "freemium" in "is X freemium"."""
    folded = fold_in_place(words.strip())
    return [Filter(label, "=", value) for label, value in _values(library) if fold(value) == folded and label != TYPE][
        :1
    ]


def _values(library: Library) -> Sequence[tuple[str, str]]:
    """Every (label, value) of the library's tables, each once."""
    return tuple(dict.fromkeys((fact.label, fact.value) for artifact in library.artifacts for fact in artifact.facts))


def _without_number(label: str, folded: str, library: Library) -> list[Filter]:
    """ "Costs nothing", "no budget": a condition on price classes without a number asks for what is free."""
    free = _by_class(label, library)
    if not free or fold(label) in folded:
        return []
    paid = re.search(r"\bpaid\b|\bcosts? (?:money|something)\b", folded)
    return [Filter(label, "!=" if paid else "=", free)]


def _by_class(label: str, library: Library) -> str:
    """The value that a row of price classes has for what is free; "" where the row has none."""
    return next((value for name, value in _values(library) if name == label and fold(value) == "free"), "")


def _ranked(words: str, library: Library) -> str:
    """ "Above 40", and nothing else: the row of the site's own rank, which all pages have; it has no unit."""
    if RANK not in library.labels or len(words.split()) > _BARE:
        return ""
    bounds = (_BETWEEN, *(pattern for pattern, _ in _OPERATORS))
    if re.search(r"\b[A-Z][a-z]+ \d", words) and not any(bound.search(fold_in_place(words)) for bound in bounds):
        return ""  # "Windows 11" is a name, "Above 40" is none
    # "Over 100K", "more than 10 languages": beyond the rank's scale, or of something else.
    other = any(quantity.unit or quantity.value > _HIGHEST_RANK for quantity in find_quantities(words))
    return "" if other else RANK


def _measuring(words: str, library: Library) -> set[str]:
    """The rows whose cells have the unit of a condition's number."""
    units = {quantity.unit.split("/")[0] for quantity in find_quantities(words)} - {""}
    return {
        label
        for label, value in _values(library)
        for quantity in (find_quantities(value) if units else ())
        if quantity.unit.split("/")[0] in units
    }
