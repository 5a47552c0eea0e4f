"""How a question was read, in words: for `Answer.reading`, and for the line that says it where it is not plain."""

from __future__ import annotations

from sidebyside.answers.compose import said_condition
from sidebyside.question.reading import SURE
from sidebyside.records import Library, Question, Understood
from sidebyside.text.words import join_names

_WANTED = {
    "value": "what is said of",
    "compare": "a comparison of",
    "rank": "the order of all by",
    "count": "how many there are",
    "list": "a list",
    "supports": "whether it does",
    "find": "which of all does",
    "recommend": "which one to take",
    "pros": "strengths of",
    "cons": "drawbacks of",
    "proscons": "strengths and drawbacks of",
    "similar": "what is shared by",
    "differ": "what sets apart",
    "overall": "an overall comparison of",
    "why": "why",
    "describe": "what is",
    "library": "what the library holds",
    "alternatives": "what could replace",
    "bestfor": "what is good for",
    "conflicts": "where pages disagree",
    "verdict": "the page's verdict on",
}


def understood(question: Question, library: Library) -> Understood:
    """The reading of a question, names as the library has them."""
    artifacts = tuple(library.get(artifact).label for artifact in question.artifacts)
    single = len(question.texts) == 1
    criteria = tuple(c.name if single else c.label or c.text for c in question.criteria)
    conditions = tuple(map(said_condition, question.filters))
    return Understood(
        question.intent,
        artifacts,
        question.unknown,
        criteria,
        conditions,
        question.premises,
        question.language,
        question.by,
        _shown(question, artifacts, criteria, conditions),
    )


def _shown(
    question: Question, artifacts: tuple[str, ...], criteria: tuple[str, ...], conditions: tuple[str, ...]
) -> str:
    """One line where a reader has to be told: the LLM read it, it is a guess, or it leans on the conversation."""
    guess = question.probability < SURE
    if question.reply or not (guess or question.by == "model" or question.continued):
        return ""
    parts = [_WANTED.get(question.intent, question.intent)]
    if artifacts:
        parts.append(join_names(artifacts))
    if criteria:
        parts.append(f"on {join_names(criteria)}" if artifacts else join_names(criteria))
    if conditions:
        parts.append(f"where {join_names(conditions)}")
    return f"Understood as{' (a guess)' if guess else ''}: {' '.join(parts)}."
