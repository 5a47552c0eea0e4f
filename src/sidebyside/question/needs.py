"""A need in free words -> its wishes: what is to be met, taken apart at commas and "and", each part read by itself.

"Offline on a phone, answers questions about pictures, free" is three wishes. Short parts read better alone than in a
row of others, so that each goes through `reading.read_question`; what asks nothing ("hello", "for a school project")
is no wish. Wishes can also come each by itself, with a role and a weight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sidebyside.question.conditions import bound_in, read_condition, with_bounds, without_bound, worded_condition
from sidebyside.question.reading import SURE, Reading, clean, read_question
from sidebyside.question.types import find_type
from sidebyside.records import Criterion, Filter, Library, Question, ReadWish, Wish
from sidebyside.text.words import ASKING_WORDS, STOP_WORDS, content_words, fold, stem, tokens

# Where one wish ends: not inside "1,000", and before the mark of a list's next line.
_ENDS = re.compile(r"(?:(?<!\d)[,;]|[,;](?!\d)|\n|(?<=[.!?])\s)\s*(?:[-*•]\s+)?")
_OPENING = re.compile(r"^\s*(?:[-*•]\s+)?(?:\w+:\s+)?(?:(?:and|but|plus|also|or)\s+)*", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|but|plus)\s+(?:also\s+)?", re.IGNORECASE)
_JOINING = re.compile(r"\s+(?:and|but|or|plus)$", re.IGNORECASE)
_NOT = re.compile(r"^\s*(?:not?|isn't|never|without)\b", re.IGNORECASE)
# Words that each side of an "and" has to have to be a wish of its own: "black and white pictures" is one.
_FEWEST = 2
_CHAT = frozenset({"smalltalk", "help", "other"})


def read_need(text: str, using: Reading, translation: str = "") -> Question:
    """A need as a question: criteria and conditions are its wishes, `excluded` the ids that are ruled out.

    `artifacts` holds ids where the need chooses among several by name. `translation` is the need in plain English where
    the LLM has put it so. A need that wishes for nothing has neither criteria nor filters.
    """
    whole = read_question(text, (), using, translation)
    if whole.language != "en" and not translation:
        return whole
    found = [one for part in _parts(translation or text) for one in _read(part, using)]
    criteria = [criterion for one in found for criterion in one.criteria]
    filters = [condition for one in found for condition in one.filters]
    texts, bounded = [], []
    for criterion in criteria:
        conditions = _conditions(criterion, using)
        bounded += conditions
        texts += [] if conditions else [_beyond_rows(criterion)]
    filters = list(dict.fromkeys([*filters, *bounded]))
    settled = {condition.label for condition in filters}
    excluded = (*whole.excluded, *(artifact for one in found for artifact in one.excluded))
    named = tuple(a for a in whole.artifacts if a not in excluded)
    return Question(
        whole.text,
        "recommend",
        named if len(named) > 1 else (),
        excluded=tuple(dict.fromkeys(excluded)),
        criteria=tuple(c for c in _once(map(_trimmed, texts)) if not c.label or c.label not in settled),
        filters=tuple(filters),
        by=whole.by,
        probability=whole.probability,
        language=whole.language,
    )


def read_wishes(wishes: Sequence[Wish], using: Reading) -> Question:
    """Wishes that came one by one, as a question: `wishes` has each as it was read, `excluded` the ids ruled out.

    Words that hold several wishes ("free, offline") become several of that role and weight; words that the reader
    makes nothing of are looked for as they stand. A "not" that names an artifact leaves it out. `language` is that of
    the first wish that is not English.
    """
    found: list[ReadWish] = []
    excluded: list[str] = []
    for wish in wishes:
        if wish.role == "not" and (named := _label(wish.text, using.library)):
            excluded.append(named)
            continue
        known = _known(wish, using.library)
        read = None if known else read_need(wish.text, using)
        if read is not None and read.language != "en":
            return Question(wish.text, "recommend", by=read.by, probability=read.probability, language=read.language)
        excluded += read.excluded if read else ()
        found += [known] if known else _as_written(wish, read, using) if read else []
    return Question(
        ", ".join(wish.said for wish in wishes),
        "recommend",
        excluded=tuple(dict.fromkeys(excluded)),
        wishes=tuple(found),
    )


def read_criteria(texts: Sequence[str], using: Reading, plain: Mapping[str, str]) -> list[ReadWish]:
    """Criteria in words, each one read under its own words; `plain` has the English of those that are not.

    Words that the reader takes apart, or makes nothing of, are looked for as they stand.
    """
    found = []
    for text in texts:
        words = plain.get(text, text)
        read = read_wishes([Wish(words)], using).wishes
        asked = read[0] if len(read) == 1 else ReadWish(Wish(words), Criterion(words, words, using.rows.find(words)))
        found.append(replace(asked, wish=Wish(text)))
    return found


def _label(text: str, library: Library) -> str:
    """The id of the artifact whose label these words are, "" where they are none."""
    return next((a.id for a in library.artifacts if fold(a.label) == fold(text.strip())), "")


def _known(wish: Wish, library: Library) -> ReadWish | None:
    """A wish that was read before: one with its query or row, or a condition worded as matches word it."""
    if wish.query or wish.row:
        row = wish.row if wish.row in library.labels else ""
        return ReadWish(wish, Criterion(wish.text, wish.query or wish.text, row))
    conditions = worded_condition(wish.text, library)
    return ReadWish(wish, conditions=conditions) if conditions else None


def _as_written(wish: Wish, read: Question, using: Reading) -> list[ReadWish]:
    """A wish as the reader takes it apart; where that leaves nothing, its words as they stand."""
    own = [ReadWish(replace(wish, text=c.text, query=c.query, row=c.label), c) for c in read.criteria]
    own += [ReadWish(wish, conditions=(condition,)) for condition in read.filters]
    if own or read.excluded:
        return own
    label = using.rows.find(wish.text)
    return [ReadWish(replace(wish, query=wish.text, row=label), Criterion(wish.text, wish.text, label))]


def _parts(text: str) -> list[str]:
    parts = (clean(_OPENING.sub("", part)) for part in _ENDS.split(text))
    return [part for part in parts if re.search(r"[^\W_]", part)]


def _read(part: str, using: Reading) -> list[Question]:
    """One part of a need, as one question or, where "and" joins wishes in it, as several."""
    one = _with_measures(with_bounds(read_question(part, (), using)))
    sides = _AND.split(part)
    if len(sides) > 1 and not any(re.search(r"\d\W*$", side) for side in sides[:-1]):
        read = [with_bounds(read_question(side, (), using)) for side in sides]
        # "Fast and free": a side that is a condition stands for itself.
        apart = all(map(_wishes, read)) and any(side.filters and not side.criteria for side in read)
        joined = any(_AND.search(criterion.text) for criterion in one.criteria) or not _wishes(one)
        if apart or (joined and _whole(sides[0]) and all(_whole(side) or _begins(side) for side in sides[1:])):
            return [question for side in sides for question in _read(side, using)]
    if one.excluded or one.artifacts or _wishes(one) or not content_words(part):
        return [one]
    words, label = content_words(part), using.rows.find(part)
    # "Small" by itself reads like a greeting; what pages write about is meant.
    known = len(words) == 1 and using.names.knows(words[0])
    sure = one.probability >= SURE or len(words) > _FEWEST
    # "From a few photos: show it on the moon" and "brews espresso" are no questions, and ask for something.
    spans = using.reader.read(part).spans if one.intent == "other" else ()
    marked = any(span.label == "c" and len(part[span.start : span.end].split()) >= _FEWEST for span in spans)
    if one.reply and one.intent in _CHAT and sure and not (label or known or marked):
        return [one]
    # Something is said, and the reader has marked nothing of it.
    return [replace(one, criteria=(Criterion(part, part, label),), reply="")]


def _whole(side: str) -> bool:
    """Whether one side of an "and" says enough to stand alone."""
    return len(content_words(side)) >= _FEWEST


def _begins(side: str) -> bool:
    """ "Without an account": less will do behind a word that begins something of its own."""
    words = tokens(side)
    return bool(words) and words[0].folded in STOP_WORDS and bool(content_words(side))


def _with_measures(question: Question) -> Question:
    """ "A context of at least 32K tokens": one wish, what is measured and its bound, looked for without the bound."""
    found: list[Criterion] = []
    end = 0
    for criterion in question.criteria:
        start = question.text.find(criterion.text)
        if criterion.label or start < end or not bound_in(criterion.text):
            end = max(end, start + len(criterion.text)) if start >= 0 else end
            found.append(criterion)
            continue
        last = found[-1] if found else None
        if last and not last.label and len(question.text[end:start].split()) <= 1:
            # The reader has marked both apart: "latency" and "below 500 ms".
            begin = end - len(last.text)
            found.pop()
        else:
            about = (t.start for t in tokens(question.text[end:start]) if t.folded not in STOP_WORDS | ASKING_WORDS)
            begin = end + next(about, start - end)
        end = start + len(criterion.text)
        words = question.text[begin:end]
        found.append(Criterion(words, without_bound(words)))
    return replace(question, criteria=tuple(found))


def _wishes(question: Question) -> int:
    return len(question.criteria) + len(question.filters)


def _conditions(criterion: Criterion, using: Reading) -> list[Filter]:
    """A wish that names a kind of thing, a price class, or a row of yes and no, as the condition that it is."""
    library = using.library
    if kind := _kind(criterion.text, library):
        return [Filter("Type", "!=" if _NOT.search(criterion.text) else "=", kind)]
    if not criterion.label:
        return []
    if found := read_condition(criterion.text, library, using.rows.find):
        return found
    # Component scores are rounded to 0 and 1: what is wished for there is the 1.
    values = {fact.value.strip() for artifact in library.artifacts for fact in artifact.values(criterion.label)}
    return [Filter(criterion.label, ">", "0")] if values and values <= {"0", "1"} else []


def _beyond_rows(criterion: Criterion) -> Criterion:
    """ "Keeps the best-scoring stage of the training": more than a row, of which nothing is wished, is looked for."""
    if criterion.label and len(content_words(criterion.text)) > _FEWEST:
        return Criterion(criterion.text, criterion.text)
    return criterion


def _kind(words: str, library: Library) -> str:
    """The type that words name and nothing else: "a web app", "not an API"."""
    kind = find_type(words, library)
    own = {stem(token.folded) for token in tokens(fold(kind))}
    return kind if kind and {stem(word) for word in content_words(words)} <= own else ""


def _trimmed(criterion: Criterion) -> Criterion:
    """ "Fast and": without the word that joined it to what became a condition."""
    return replace(criterion, text=_JOINING.sub("", criterion.text), query=_JOINING.sub("", criterion.query))


def _once(criteria: Iterable[Criterion]) -> list[Criterion]:
    kept: dict[str, Criterion] = {}
    for criterion in criteria:
        kept.setdefault(criterion.label or criterion.query.casefold(), criterion)
    return list(kept.values())
