"""A question whose reading somebody has put right: its names, criteria and conditions are taken as they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sidebyside.question.conditions import read_condition
from sidebyside.question.reading import Reading, clean
from sidebyside.records import Correction, Criterion, Filter, Intent, Question
from sidebyside.text.words import content_words

# What is asked of one thing, and what of several.
_OF_ONE = frozenset({"value", "supports", "describe"})
_OF_SEVERAL = frozenset({"compare", "overall", "similar", "differ", "why"})
# Intents that put whole things beside each other: a criterion makes a comparison on it of them.
_WHOLES = frozenset({"overall", "similar", "differ", "describe"})
# What can be asked of the library as a whole.
_OF_ALL = frozenset({"rank", "count", "list", "find", "recommend", "library", "conflicts"})
_OPERATOR = re.compile(r"\s*(!=|<=|>=|<|>|:|absent$)\s*(.*)")


def put_right(question: Question, text: str, correction: Correction, using: Reading) -> Question:
    """`question` with what `correction` names in place of what was read; `text` says it in words.

    What is as it was keeps all that was read of it. A name that nobody knows becomes unknown, a condition that no row
    has a criterion.
    """
    artifacts, unknown, ambiguous = _named(correction.artifacts, using)
    filters, open_conditions = _conditions(correction.conditions, question, using)
    criteria = tuple(_criterion(said, question, using) for said in (*correction.criteria, *open_conditions))
    return replace(
        question,
        text=clean(text),
        intent=_fitting(question.intent, len(artifacts) + len(unknown), criteria),
        artifacts=artifacts,
        unknown=unknown,
        ambiguous=ambiguous,
        excluded=tuple(artifact for artifact in question.excluded if artifact not in artifacts),
        criteria=criteria,
        filters=filters,
        polar=question.polar and criteria == question.criteria,
        listed=False,
        continued=False,
        value=question.value if criteria == question.criteria else "",
        topic=tuple(word for criterion in criteria for word in content_words(criterion.query) if word != "it"),
        reply="",
        probability=1.0,
        language="en",
    )


_Named = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]


def _named(names: Sequence[str], using: Reading) -> _Named:
    """Ids, names that nobody knows, and names that several have."""
    labels = {artifact.label: (artifact.id,) for artifact in using.library.artifacts}
    found = {name: labels.get(name) or using.names.resolve(name) for name in names}
    ids = tuple(dict.fromkeys(artifact for several in found.values() for artifact in several))
    unknown = tuple(name for name, several in found.items() if not several)
    return ids, unknown, tuple((name, several) for name, several in found.items() if len(several) > 1)


def _criterion(said: str, question: Question, using: Reading) -> Criterion:
    """The criterion that was read, where it is still the same; else a row of that name or meaning, or the words."""
    for criterion in question.criteria:
        if said in (criterion.label, criterion.text):
            return criterion
    label = using.rows.find(said)
    return Criterion(said, label or said, label)


def _conditions(said: Sequence[str], question: Question, using: Reading) -> tuple[tuple[Filter, ...], tuple[str, ...]]:
    """Filters, and the conditions that are on no row."""
    filters: list[Filter] = []
    others = []
    for words in said:
        same = [condition for condition in question.filters if condition.said == words]
        found = same or _written(words, using) or read_condition(words, using.library, using.rows.find)
        filters.extend(found)
        if not found:
            others.append(words)
    return tuple(dict.fromkeys(filters)), tuple(others)


def _written(words: str, using: Reading) -> list[Filter]:
    """The condition that is written as `Filter.said` writes it."""
    for label in using.library.labels:
        if words.startswith(label) and (found := _OPERATOR.fullmatch(words[len(label) :])):
            return [Filter(label, found[1].replace(":", "="), found[2])]
    return []


def _fitting(intent: Intent, things: int, criteria: Sequence[Criterion]) -> Intent:
    """The intent, or the one nearest to it that so many things and criteria allow."""
    if not things:
        return intent if intent in _OF_ALL else "find"
    if criteria and intent in _WHOLES:
        intent = "compare"
    if things == 1 and intent in _OF_SEVERAL:
        return "describe" if not criteria else "value" if all(c.label for c in criteria) else "supports"
    if things > 1 and intent in _OF_ONE:
        return "compare" if criteria else "overall"
    if not criteria and intent in {"compare", "supports", "value"}:
        return "overall" if things > 1 else "describe"
    return intent
