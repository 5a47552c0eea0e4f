"""Short names for what an artifact does: three to five words out of a page's title or sentence."""

from __future__ import annotations

import re

MOST_WORDS = 5
# Verbs that say no more than that there is something: the name begins after them.
_EMPTY = re.compile(
    r"(?:enables?|supports?|provides?|implements?|offers?|allows?|leverages?|uses?|utilizes?|includes?|features?|"
    r"delivers?|exposes?|specializes in|capable of|ability to)\s+(?=\S+\s+\S)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"((?:[^\s,;:]+\s+){1,6}?)(?:is|are)\s+(?=\S+\s+\S)")
# Where a clause begins that says how, what for or where.
_ENDS = set(
    """by within using with via through that which to for from based enabling allowing while without across rather
    into where so as on during when at than including such of over about against is are""".split()
)
_WEAK_LAST = {"and", "or", "the", "a", "an", "in", "its", "their", "both", "long", "up", *_ENDS}
_ARTICLES = {"a", "an", "the"}
_FEW = 3
# Words of a topic; longer ones are half a sentence.
_LONGEST_TOPIC = 4


def short_name(text: str) -> str:
    """The name: "Low-rank adaptation training" of "Enables low-rank adaptation (LoRA) training of ..."."""
    words = core_words(text)
    return words[0][:1].upper() + words[0][1:] + "".join(f" {word}" for word in words[1:]) if words else ""


def core_words(text: str, *, articles: bool = False) -> list[str]:
    """The words of the name as they would stand inside a sentence; with their `articles` where wanted."""
    plain = re.sub(r"\s*\([^)]*\)", "", " ".join(text.split()))
    begun = _EMPTY.sub("", plain, count=1) if _EMPTY.match(plain) else _predicate(plain)
    words: list[str] = []
    said = 0
    for word in re.split(r"[;:—–.]\s", begun)[0].rstrip(".").split():
        if said >= _FEW and (word.casefold() in _ENDS or words[-1].endswith(",")):
            break
        article = word.casefold() in _ARTICLES
        if said >= MOST_WORDS:
            whole = word.casefold() in _ENDS or words[-1].casefold() in _WEAK_LAST
            words = words if whole else _before_last_clause(words)
            break
        if articles or not article:
            words.append(word)
        said += not article
    while len(words) > 1 and words[-1].casefold() in _WEAK_LAST:
        words.pop()
    words[-1:] = [word.rstrip(",") for word in words[-1:]]
    # A capital that only begins the sentence is none inside of one; "Jupyter" after a verb is a name.
    if words and begun is plain and words[0][1:].islower():
        words[0] = words[0].lower()
    return words


def _before_last_clause(words: list[str]) -> list[str]:
    """Words that stop in the middle of a clause, without it, where two are left before it."""
    ends = [place for place, word in enumerate(words) if place > 1 and word.casefold() in _ENDS]
    return words[: ends[-1]] if ends else words


def _predicate(sentence: str) -> str:
    """What is said of a subject that only "is": "distributed as ..." of "The model is distributed as ..."."""
    found = _SUBJECT.match(sentence)
    if found is None:
        return sentence
    subject = found[1].casefold().split()
    return sentence if _is_verb(subject[0]) or _ENDS.intersection(subject) else sentence[found.end() :]


def infinitive(text: str) -> str:
    """ "process the images" of "Processes the images within ..."; "" where it does not begin with a verb."""
    words = core_words(text, articles=True)
    given = text.split()
    if len(words) < 2 or not given or words[0] != given[0].lower() or not _is_verb(words[0]) or words[1] == "not":
        return ""
    if words[1] == "and" and len(words) > 3 and _is_verb(words[2]):
        words[2] = _base(words[2])
    return " ".join([_base(words[0]), *words[1:]])


def topic(text: str) -> str:
    """What a title or sentence is about, to stand after "on": "training loop" of "Orchestrates the training loop".

    "" where no noun of a few words is left once verbs and adverbs before it are taken off.
    """
    words, given = core_words(text), text.split()
    if words and given and words[0].casefold() == given[0].casefold():
        while words and words[0].endswith("ly"):
            words = words[1:]
        if words and _is_verb(words[0]):
            words = words[3 if words[1:2] == ["and"] and _is_verb(words[2]) else 1 :]
    words = words[1:] if words[:1] == ["only"] else words
    ends = (place for place, word in enumerate(words) if word.casefold() in _WEAK_LAST)
    words = words[: next(ends, len(words))]
    no_noun = words[:1] == ["not"] or any(word.endswith((",", "ly")) for word in words) or words[-1:] == ["together"]
    return "" if no_noun or not 2 <= len(words) <= _LONGEST_TOPIC else " ".join(words)


def _is_verb(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3


def _base(verb: str) -> str:
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    return verb[:-2] if verb.endswith(("sses", "shes", "ches", "xes", "zzes")) else verb[:-1]
