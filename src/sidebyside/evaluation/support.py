"""A second, simple opinion on whether a shown sentence is supported by its quotes.

It shares no code with the verification inside the assistant, so that one does not vouch for itself. It reads only
words: every number and every name must occur in the quotes, and half of the content words must, compared by their
first five letters; a sentence that carries a verbatim quote needs no further content. Sentences without a marker are
compared with all quotes of the answer, and may name any artifact of the library. How many artifacts there are is no
matter of quotes and not checked here. It misses swapped meanings and false polarity; those are for `must_not`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from sidebyside.evaluation.shown import MARKER, QUOTE, plain, shown_sentences
from sidebyside.records import Answer

CONTENT_SHARE = 0.5
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LIBRARY_COUNT = re.compile(r"\b\d+ (?:of (?:the )?\d+ )?(?:artifacts?|more)\b")
_NAME = re.compile(r"(?<![.!?:] )(?<!^)(?<![\w\"])([A-Z][\w-]*[\w])")
_WORD = re.compile(r"[^\W\d_]{4,}")
# Words in which code phrases an answer; they carry no claim of their own.
_GLUE = frozenset(
    "about above according against ahead alike also answer artifact artifacts back because been being below best both "
    "capabilities capability cite cited class compare compared comparison conflict contradict contradicts counts does "
    "different each either english equal equally every find follows found from gives have higher highest indexed into "
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


def check_support(answer: Answer, library: Collection[str] = ()) -> tuple[int, tuple[Unsupported, ...]]:
    """How many sentences the answer shows, and those found unsupported; `library` holds the labels of all artifacts."""
    sentences = shown_sentences(answer)
    findings = []
    for sentence in sentences:
        reason = _objection(sentence, answer, library)
        if reason:
            findings.append(Unsupported(sentence, reason))
    return len(sentences), tuple(findings)


def _objection(sentence: str, answer: Answer, library: Collection[str]) -> str:
    """Why the sentence is unsupported, or "" if it is not."""
    numbers = {int(number) for number in MARKER.findall(sentence)}
    words = MARKER.sub(" ", sentence).replace(QUOTE, " ").strip()
    known = " ".join((_vocabulary(answer, numbers), *(() if numbers else library)))
    counted = _figures(known) | _counts(answer)
    missing = [n for n in _NUMBER.findall(_LIBRARY_COUNT.sub(" ", words)) if _figure(n) not in counted]
    if missing:
        return f"number {missing[0]} is in none of its quotes"
    known = " ".join((known, *_cells(answer)))
    names = [n for n in _NAME.findall(words) if n.casefold() not in _GLUE and n.casefold() not in known.casefold()]
    if names:
        return f"name {names[0]} is in none of its quotes"
    content = [word for word in map(str.casefold, _WORD.findall(words)) if word not in _GLUE]
    stems = {word[:5] for word in map(str.casefold, _WORD.findall(known))}
    covered = sum(word[:5] in stems for word in content)
    if numbers and QUOTE not in sentence and len(content) >= 3 and covered < CONTENT_SHARE * len(content):
        return f"only {covered} of {len(content)} content words are in its quotes"
    return ""


def _vocabulary(answer: Answer, numbers: set[int]) -> str:
    """The quotes with these numbers, or all of them, the question, and the names of the artifacts."""
    quotes = [plain(citation.quote) for citation in answer.citations if not numbers or citation.number in numbers]
    names = (*answer.artifacts, *(citation.artifact for citation in answer.citations))
    return " ".join((*quotes, plain(answer.question), *names))


def _cells(answer: Answer) -> list[str]:
    return [cell for row in (answer.table.rows if answer.table else ()) for cell in row]


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
