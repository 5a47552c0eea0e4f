"""A second, simple opinion on whether a shown sentence is supported by its quotes.

It shares no code with the verification inside the assistant, so that one does not vouch for itself. It reads only
words: every number and every name must occur in the quotes, and half of the content words must, compared by their
first five letters. It therefore misses swapped meanings and false polarity; those are for `must_not`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sidebyside.evaluation.shown import MARKER, QUOTE, plain, shown_sentences
from sidebyside.records import Answer

CONTENT_SHARE = 0.5
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![.!?:] )(?<!^)(?<![\w\"])([A-Z][\w-]*[\w])")
_WORD = re.compile(r"[^\W\d_]{4,}")
# Words in which code phrases an answer; they carry no claim of their own.
_GLUE = frozenset(
    "about above according against ahead alike also answer artifact artifacts back because been being below best both "
    "capabilities capability cite cited class compare compared comparison conflict contradict contradicts counts does "
    "different each either equal equally every find follows found from gives have higher highest says indexed into "
    "itself leads less library like list listed lists lower lowest match matches mention mentions more most much "
    "names neither none nothing only other over page pages points quote quotes rank ranked ranks same saved score "
    "scores says settle shared show shows side sides some source sources state stated states table than that their "
    "them then there these they this tied those type types under unsettled value values verdict what where which while "
    "with within without words your".split()
)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A shown sentence that its quotes do not support, and why."""

    sentence: str
    reason: str


def check_support(answer: Answer) -> tuple[int, tuple[Unsupported, ...]]:
    """How many sentences the answer shows, and those of them that this checker finds unsupported."""
    sentences = shown_sentences(answer)
    findings = []
    for sentence in sentences:
        reason = _objection(sentence, answer)
        if reason:
            findings.append(Unsupported(sentence, reason))
    return len(sentences), tuple(findings)


def _objection(sentence: str, answer: Answer) -> str:
    """Why the sentence is unsupported, or "" if it is not."""
    numbers = {int(number) for number in MARKER.findall(sentence)}
    words = MARKER.sub(" ", sentence).replace(QUOTE, " ").strip()
    quotes = " ".join(plain(c.quote) for c in answer.citations if not numbers or c.number in numbers)
    known = " ".join((quotes, plain(answer.question), *answer.artifacts, *(c.artifact for c in answer.citations)))
    missing = [n for n in _NUMBER.findall(words) if _figure(n) not in _figures(known) | _counts(answer)]
    if missing:
        return f"number {missing[0]} is in none of its quotes"
    known += " " + " ".join(cell for row in (answer.table.rows if answer.table else ()) for cell in row)
    names = [name for name in _NAME.findall(words) if name.casefold() not in known.casefold()]
    if names:
        return f"name {names[0]} is in none of its quotes"
    content = [word for word in map(str.casefold, _WORD.findall(words)) if word not in _GLUE]
    stems = {word[:5] for word in map(str.casefold, _WORD.findall(known))}
    covered = sum(word[:5] in stems for word in content)
    if numbers and len(content) >= 3 and covered < CONTENT_SHARE * len(content):
        return f"only {covered} of {len(content)} content words are in its quotes"
    return ""


def _figure(number: str) -> str:
    return number.replace(",", "")


def _figures(text: str) -> set[str]:
    return {_figure(number) for number in _NUMBER.findall(text)}


def _counts(answer: Answer) -> set[str]:
    """Figures that code may state because it counted: of artifacts, of citations, of table rows and columns."""
    artifacts = {citation.artifact for citation in answer.citations} | set(answer.artifacts)
    table = (len(answer.table.rows), len(answer.table.header) - 1) if answer.table else ()
    items = len(re.findall(r"^\s*(?:[-*•]|\d+[.)])\s", answer.text, re.MULTILINE))
    return {str(count) for count in (len(artifacts), len(answer.citations), items, *table)}
