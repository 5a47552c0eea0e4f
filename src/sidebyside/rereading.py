"""A second reading of a question whose wording follows no known pattern, by the subject that a classifier guesses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sidebyside.intents import LABELS, Guess
from sidebyside.records import Filter, Question, QuestionKind
from sidebyside.words import is_common

# From this probability on a guess is the reading; of those from .9 on, 98.7% are right on wordings that the classifier
# was not fitted on (benchmarks/intents/train.py).
_SURE = 0.85
# Prices and overviews are what pages also say much about in other words: the pages are asked first, however sure it is.
_ASKED_FIRST = frozenset({"pricing", "overview"})
# From this probability on a guess is tried where the pages do not answer the first reading.
_LIKELY = 0.65
_OUTSIDE = 0.80
# Something to be done rather than something to be told.
_TASK = re.compile(
    r"\W*(?:please |can you |could you |pls )*(?:write|compose|draft|translate|calculate|compute|solve|draw|paint|code|"
    r"generate|rewrite|summari[sz]e|tell me an?|sing|play|book|order|remind) (?:me |us |up )?"
    r"(?:an?|the|this|my|some)\b",
    re.IGNORECASE,
)
_NO_TASKS = (
    "I only answer questions about the artifacts of the saved pages. Name one, compare two, or say what you need one "
    "for."
)


def reread(question: Question, guess: Guess, bounds: Sequence[Filter]) -> Question:
    """The question as its guessed subject has it, or with that as its `second` reading where the guess is less sure.

    `bounds` are all conditions that the text names: types, prices and figures.
    """
    if guess.subject == "outside":
        outside = guess.probability >= _OUTSIDE and question.kind == "find"
        if outside and _TASK.match(question.text):
            return replace(question, kind="chat", reply=_NO_TASKS)
        return replace(question, outside=outside)
    other = _as_subject(question, guess.subject, tuple(bounds))
    if other is None or guess.probability < _LIKELY:
        return question
    # Without a name, "which are paid?" has its answer in the tables; with one, a page may say more about its prices.
    listed = guess.subject == "pricing" and other.kind == "library" and guess.probability >= 0.97
    if listed or (guess.probability >= _SURE and guess.subject not in _ASKED_FIRST):
        return other
    return replace(question, second=other)


def _as_subject(question: Question, subject: str, bounds: tuple[Filter, ...]) -> Question | None:
    """The question read as being about a subject; None where it cannot be."""
    named = names_in(question)
    if label := LABELS.get(subject, ""):
        # "MMLU score": a word that is no everyday one makes it another figure than the table's.
        if not all(is_common(word) for word in question.topic):
            return None
        kind: QuestionKind = "rank" if named > 1 else "fact" if named else "library"
        filters = question.filters if named else tuple(dict.fromkeys(bounds))
        return replace(question, kind=kind, label=label, topic=(), filters=filters)
    if subject == "count" and not named:
        return replace(question, kind="library", counts=True, topic=())
    if subject == "overview" and named:
        return replace(question, kind="overall" if named > 1 else "describe", label="", topic=())
    if subject == "alternatives" and named == 1:
        return replace(question, kind="alternatives", label="", filters=bounds)
    if subject == "best_for" and named == 1:
        return replace(question, kind="best_for", label="")
    if subject == "conflicts":
        return replace(question, kind="conflicts")
    if subject == "verdict" and named > 1:
        return replace(question, kind="verdict")
    return None


def names_in(question: Question) -> int:
    """How many artifacts a question names, known or not; an ambiguous name counts once."""
    return len(question.artifacts) + len(question.unknown) - sum(len(ids) - 1 for _, ids in question.ambiguous)
