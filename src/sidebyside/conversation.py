"""Follow-ups: what a question leaves out is taken from the conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sidebyside.classification import LOOKED_UP, Reading, classify
from sidebyside.intents import Guesser
from sidebyside.names import NameIndex
from sidebyside.records import Library, Question, QuestionKind
from sidebyside.words import content_words, fold_in_place, tokens

_LIBRARY_WIDE = re.compile(
    r"\b(?:which|what|list|show|any|all|every|name|find|how many|the) (?:of the )?(?:\w+ ){0,3}?"
    r"(?:artifacts?|tools?|entries|items|options|projects|products?|ones? in|pages?|library|index)\b|"
    r"\b(?:in|across|of) the (?:whole |entire )?(?:library|index|list|collection)\b"
)
_PLURAL = re.compile(
    r"\b(?:they|them|their|both|these|those|(?:the|all) (?:two|three|four)|either|neither|which(?: one)?|who|each|"
    r"all of them)\b"
)
_SINGULAR = re.compile(r"\b(?:it|its|it's|this(?: one)?|that(?: one)?|he|she|the (?:same|winner))\b")
_ORDINAL = re.compile(
    r"\b(?:the )?(first|former|second|latter|third|last)(?: one| artifact| option| of (?:them|those|these|the two))?\b"
)
_OTHER = re.compile(r"\b(?:the )?other (?:one|artifact|option|side|model|tool)\b|\bthe other\b")
_EARLIER = re.compile(
    r"\bthe (?:one (?:from )?(?:before|earlier)|(?:previous|earlier) (?:one|artifact|tool|model|option))\b"
)
# "Does X do that too?"
_THE_SAME = re.compile(
    r"\b(?:do|does|did|can|could|will|would|has|have|supports?|offers?|manages?|handles?) (?:do |have |offer )?"
    r"(?:that|this|it|so|the same|likewise)\b(?: too| as well| also| either| then)*\W*$"
)
_ELLIPSIS = re.compile(
    r"^(?:(?:and|ok(?:ay)?|but|so|then|also|now|hm+|well)\b[\s,]*)*(?:what about|how about|what of|and\b|also\b|why\b|"
    r"same (?:for|question)|versus|vs\b|compared (?:to|with)|add\b|include\b|(?:and )?(?:for|in terms of|regarding)\b)",
)
_JOINS = re.compile(
    r"\b(?:add|(?:throw|put|bring|chuck)\b.{0,40}?\bin\b|also (?:compare|include)|include|as well|too|"
    r"compared? (?:it |them |that |this )?(?:to|with|against)|"
    r"versus|vs\.?|against|better than|worse than|than|and (?:how )?(?:does|do) (?:it|they|that) compare)\b"
)
_DESCRIBES = re.compile(
    r"\b(?:describe|overview|summar\w+|tell me (?:more )?about|what (?:is|are|does|can|do)|compare|differences?)\b"
)
# "Only the free ones", "which of those are models": the list before, with a further condition.
_NARROWS = re.compile(
    r"\b(?:only|just|which of|of (?:those|them|these)|among (?:those|them|these)|those|them|the ones?)\b"
)
_SEARCHES = re.compile(
    r"^(?:and |so |ok |but )*(?:which (?!one\b|of\b|is\b|has\b|does\b)\w|who\b|anything|something|any\b|"
    r"is there (?:anything|something|any)|"
    r"does any|do any|can any|list|show|find|recommend|suggest|name|got something|looking for|i need|i want|"
    r"what can\b|how many\b)"
)
_ASKS_VALUE = re.compile(
    r"(?:and |so |ok |but )*(?:how (?:much|long|big|fast|often|old)|what(?:'s| is| does)|when|where)\b"
)
# A search that found so many artifacts, or fewer, leaves them in focus.
_FEW_FOUND = 3
# Artifacts of an answer that a follow-up can point to.
_MOST_ANSWERED = 10
_RESET = re.compile(
    r"^(?:(?:ok(?:ay)?|so|well|no)\b[\s,]*)*(?:forget (?:that|it|about (?:that|it))|never ?mind|new (?:question|"
    r"topic)|different (?:question|topic)|"
    r"something else|another (?:question|topic)|changing (?:the )?(?:subject|topic))\b[\s.,:;!-]*",
    re.IGNORECASE,
)
# Words that only add an artifact to what was asked before.
_JOIN_WORDS = frozenset("add include also too well that same question comparison compare compared list".split())


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading a question takes beside its text: the library, its names, and a classifier where there is one."""

    library: Library
    names: NameIndex
    guesser: Guesser | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What a conversation is about: the last question and the artifacts (ids) it left in focus.

    `group` are the artifacts of the last question, in order of mention; `focus` the one that "it" means; `recent` all
    that were talked about, latest last.
    """

    question: Question | None = None
    group: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()

    @property
    def pair(self) -> tuple[str, ...]:
        """What "they" means: the last question's artifacts, or the last two where it had but one."""
        return self.group if len(self.group) > 1 else self.recent[-2:]


def advance(state: State, asked: Question, answered: tuple[str, ...]) -> State:
    """The conversation after one turn; `answered` are the artifacts the answer named, in order."""
    if asked.kind == "chat":
        return state
    group = asked.artifacts or answered[:_MOST_ANSWERED]
    if not group:
        return replace(state, question=asked)
    lead = [artifact for artifact in answered if artifact in group] or list(group)
    focus = group if len(group) == 1 else tuple(lead[:1])
    # A follow-up on one of a pair ("and the second?") keeps the pair, so that "the other one" still has a meaning.
    kept = state.group if len(group) == 1 and group[0] in state.group else group
    recent = (*(artifact for artifact in state.recent if artifact not in group), *group)
    return State(asked, kept, focus, recent)


def follow_up(question: Question, reading: Reading, state: State, reader: Reader) -> Question:
    """Fill in what a follow-up leaves out; a complete question is returned as it is."""
    library = reader.library
    folded = fold_in_place(reading.masked)
    elliptical = bool(_ELLIPSIS.match(folded.strip())) or len(tokens(reading.text)) <= 3
    pointed = _pointed(folded, state)
    if not question.artifacts and (namesake := _namesake(folded, state, library)):
        kind = fold_in_place(library.get(namesake).type)
        spans = (*reading.spans, *(m.span() for m in re.finditer(rf"\b{re.escape(kind)}\b", folded)))
        return _ask_about(question, replace(reading, spans=spans), (namesake,), state, reader)
    if question.artifacts or question.unknown:
        return _with_names(question, reading, elliptical, pointed, state, reader)
    if _was_wide(state) and question.filters and (_NARROWS.search(folded) or elliptical):
        return _inherit_filters(question, state)
    if not pointed and not _leans_on(question, folded, elliptical, state):
        return question
    # "Minimum seats?" after a question about one of two is about that one.
    asked_of_one = state.question is not None and len(state.question.artifacts) == 1
    artifacts = pointed or (state.pair if _compares(folded) else state.focus if asked_of_one else state.group)
    if not artifacts:
        return _inherit_filters(question, state) if elliptical else question
    return _ask_about(question, reading, artifacts, state, reader)


def _leans_on(question: Question, folded: str, elliptical: bool, state: State) -> bool:
    """Whether a question without names or pronouns is about what was talked about, not about the whole library."""
    if _LIBRARY_WIDE.search(folded) or any(f.label == "Type" for f in question.filters):
        return False
    if elliptical:
        return True
    if question.kind in {"library", "chat"}:
        return len(content_words(folded)) <= 4 and not question.counts
    # After a question about certain artifacts, "is there a trial too?" is about them; "which tool..." is a new search.
    # After a search that found a few, "how much for five people?" is about these.
    few = len(state.group) <= _FEW_FOUND and bool(_ASKS_VALUE.match(folded.strip()))
    return (few or not _was_wide(state)) and not _SEARCHES.search(folded)


def _namesake(folded: str, state: State, library: Library) -> str:
    """ "I meant the agent": the artifact of the same name and the type that is named now."""
    corrects = re.search(r"\b(?:meant?|mean|rather|instead|not the|actually|(?:that|the same) name)\b", folded)
    if not state.focus or not (corrects or len(tokens(folded)) <= 3):
        return ""
    name = library.get(state.focus[0]).name
    for artifact in library.artifacts:
        named = re.search(rf"\b{re.escape(fold_in_place(artifact.type))}\b", folded) if artifact.type else None
        if artifact.name == name and named:
            return artifact.id
    return ""


def _compares(folded: str) -> bool:
    return bool(re.search(r"\bwhich\b|\b(?:higher|lower|better|cheaper|faster|more|less|fewer)\b|\bcompare\b", folded))


def _was_wide(state: State) -> bool:
    return state.question is not None and state.question.kind in {"library", "find"} and not state.question.artifacts


def _pointed(folded: str, state: State) -> tuple[str, ...]:
    """The artifacts that pronouns and ordinals point to."""
    group, focus = state.group, state.focus
    if not group:
        return ()
    if _OTHER.search(folded) and len(group) > 1:
        return tuple(artifact for artifact in group if artifact not in focus)
    if _EARLIER.search(folded) and (before := [artifact for artifact in state.recent if artifact not in focus]):
        return (before[-1],)
    place = _place(folded, len(group))
    if place is not None:
        return (group[place],) if place < len(group) else ()
    plural = _PLURAL.search(folded)
    if plural and not _asks_library(folded) and (len(state.pair) > 1 or re.search(r"\b(?:they|their|them)\b", folded)):
        return state.pair
    if _SINGULAR.search(folded) and not _empty_it(folded):
        return focus
    return ()


def _place(folded: str, size: int) -> int | None:
    """Which of a list is pointed to, from 0: "the second one", "number three", "the latter"; None if none is."""
    if size < 2:
        return None
    numbered = re.search(r"\b(?:number|no\.?|nr\.?|#) ?(one|two|three|four|five|[1-5])\b", folded)
    if numbered:
        words = ("one", "two", "three", "four", "five")
        return words.index(numbered[1]) if numbered[1] in words else int(numbered[1]) - 1
    ordinal = _ORDINAL.search(folded)
    if not ordinal:
        return None
    word = ordinal[1]
    if word not in {"former", "latter"} and re.search(rf"\b{word} (?!one|of|artifact|option)[a-z]", folded):
        return None
    return {"first": 0, "former": 0, "second": 1, "third": 2}.get(word, size - 1)


def without_reset(text: str) -> tuple[str, bool]:
    """(the text without "forget that" and its like at the start, whether it had one): the conversation starts anew."""
    rest = _RESET.sub("", text)
    return (rest, True) if rest != text and re.search(r"\w", rest) else (text, False)


def _asks_library(folded: str) -> bool:
    """ "which tool...", "which free model...": a new search, unlike "which is cheaper?"."""
    return bool(
        re.search(
            r"\bwhich (?!one\b|of\b|is\b|has\b|does\b|can\b|would\b|ranks?\b|scores?\b|costs?\b|handles?\b)", folded
        )
    )


def _empty_it(folded: str) -> bool:
    return bool(re.search(r"\bis it (?:possible|true)\b|\bthat (?:can|does|support|is|are|have|has)\b", folded))


def _with_names(
    question: Question, reading: Reading, elliptical: bool, pointed: tuple[str, ...], state: State, reader: Reader
) -> Question:
    """A follow-up with names of its own: "and X?" keeps the aspect, "compare it with X" keeps the artifact."""
    previous = state.question
    assert previous is not None
    folded = fold_in_place(reading.masked)
    own = question.label or set(question.topic) - _JOIN_WORDS
    bare = question.kind in {"describe", "overall", "unknown"} or not own
    if question.artifacts and _THE_SAME.search(folded):
        return _reuse(previous, question, question.artifacts)
    earlier = bool(pointed) and bool(_EARLIER.search(folded))
    adds = earlier or (bool(_JOINS.search(folded)) and (elliptical or bool(pointed)))
    if adds or (pointed and bare):
        kept = pointed if pointed and (earlier or not elliptical) else state.group
        artifacts = tuple(dict.fromkeys((*kept, *question.artifacts)))
        if bare and not re.search(r"\bhow (?:does|do|would) it .*\bcompare\b", folded):
            return _reuse(previous, question, artifacts)
        return _ask_about(replace(question, artifacts=artifacts), reading, artifacts, state, reader)
    if elliptical and bare and question.artifacts:
        return _reuse(previous, question, question.artifacts)
    return question


def _reuse(previous: Question, question: Question, artifacts: tuple[str, ...]) -> Question:
    """The previous question asked about other artifacts."""
    several = len(artifacts) + len(question.unknown) > 1
    kind: QuestionKind = previous.kind
    if kind in {"fact", "rank"} or (kind == "library" and previous.label):
        kind = "rank" if several else "fact"
    elif kind in {"support", "compare"} or (kind in {"find", "unknown"} and previous.topic):
        kind = "compare" if several else "support"
    elif kind in {"describe", "overall", "library", "unknown", "chat", "find"}:
        kind = "overall" if several else "describe"
    return replace(
        previous, text=question.text, kind=kind, artifacts=artifacts, unknown=question.unknown,
        ambiguous=question.ambiguous, filters=(), counts=False,
    )  # fmt: skip


def _ask_about(
    question: Question, reading: Reading, artifacts: tuple[str, ...], state: State, reader: Reader
) -> Question:
    """The question as if it had named these artifacts; where it has no aspect of its own, the previous one's."""
    reading = replace(reading, artifacts=artifacts, unknown=question.unknown, ambiguous=())
    asked = classify(reading, reader.library, reader.guesser)
    asked = replace(asked, topic=tuple(word for word in asked.topic if not _ORDINAL.fullmatch(word)))
    if state.question is not None and state.question.kind in LOOKED_UP:
        asked = replace(asked, before=state.question.aspect)
    empty = asked.kind in {"describe", "overall"} and not _DESCRIBES.search(fold_in_place(reading.text))
    if empty and state.question is not None:
        return _reuse(state.question, replace(question, text=reading.text), artifacts)
    return asked


def _inherit_filters(question: Question, state: State) -> Question:
    """ "And the paid ones?" after "which MCP servers are free?" keeps the type and exchanges the price."""
    previous = state.question
    if previous is None or not _was_wide(state) or not (question.filters or question.label or question.topic):
        return question
    own = {f.label for f in question.filters}
    kind: QuestionKind = "find" if question.topic or previous.kind == "find" else "library"
    return replace(
        question, kind=kind, filters=(*(f for f in previous.filters if f.label not in own), *question.filters),
        label=question.label or previous.label, topic=question.topic or previous.topic,
        aspect=question.aspect if question.topic else previous.aspect,
        generic=question.generic if question.topic else previous.generic,
        direction=question.direction or previous.direction, superlative=question.superlative or previous.superlative,
        counts=question.counts or previous.counts,
    )  # fmt: skip
