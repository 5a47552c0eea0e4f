"""Question understanding: a text and its conversation become a Question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sidebyside import labels as table
from sidebyside.chatter import reply_to_chatter
from sidebyside.names import Mention, NameIndex
from sidebyside.records import Filter, Library, Question, QuestionKind
from sidebyside.strangers import find_strangers
from sidebyside.words import ASKING_WORDS, STOP_WORDS, content_words, fold, is_common, tokens

# Longer questions are read up to here; nobody asks one thing in more.
MAX_QUESTION = 2_000
# Turns of the conversation that a follow-up can reach back to.
MAX_TURNS = 8

_ALTERNATIVES = re.compile(
    r"\b(?:alternatives?|substitutes?|replacements?|competitors?|rivals?|similar (?:to|artifacts?|tools?)|instead of|something like|"
    r"anything like|comparable to|replaces?|switch(?:ing)? (?:away )?from|others? like)\b"
)
_BEST_FOR = re.compile(
    r"\b(?:best (?:for|at|suited|used)|use[- ]?cases?|who should|who (?:is|would)|when (?:should|would|to)|"
    r"(?:ideal|suited|meant|intended|designed|made|good|useful|used) for|what for|purpose)\b"
)
_DESCRIBE_WORDS = frozenset(
    """about overview summary summarize summarise describe description explain detail details info information tell main
    key strengths strength does do offers everything general introduction intro facts unique special""".split()
)
_COUNT = re.compile(r"\b(?:how many|number of|count(?: of)?|total(?: number)?(?: of)?)\b")
_GENERIC_NOUNS = frozenset(
    """artifact artifacts tool tools entry entries item items option options thing things project projects product
    products page pages library libraries index one ones system systems solution solutions app apps software candidates
    seeds catalog catalogue collection database list comparison total overall currently listed indexed stored saved
    value values number""".split()
)
_LIBRARY_WIDE = re.compile(
    r"\b(?:which|what|list|show|any|all|every|name|find|how many|the) (?:of the )?(?:\w+ ){0,3}?"
    r"(?:artifacts?|tools?|entries|items|options|projects|products?|ones? in|pages?|library|index)\b|\b(?:in|across|of) the (?:whole |entire )?(?:library|index|list|collection)\b"
)
_PLURAL = re.compile(
    r"\b(?:they|them|their|both|these|those|the (?:two|three)|either|neither|which(?: one)?|who|each|all of them)\b"
)
_SINGULAR = re.compile(r"\b(?:it|its|it's|this(?: one)?|that(?: one)?|he|she|the (?:same|winner))\b")
_ORDINAL = re.compile(
    r"\b(?:the )?(first|former|second|latter|third|last)(?: one| artifact| option| of (?:them|those|these|the two))?\b"
)
_OTHER = re.compile(r"\b(?:the )?other (?:one|artifact|option|side|model|tool)?\b|\bthe other\b")
_ELLIPSIS = re.compile(
    r"^(?:(?:and|ok(?:ay)?|but|so|then|also|now|hm+|well)\b[\s,]*)*(?:what about|how about|what of|and\b|same (?:for|question)|also\b|why\b|versus|vs\b|"
    r"compared (?:to|with)|add\b|(?:and )?(?:for|in terms of|regarding)\b)",
)
_JOINS = re.compile(
    r"\b(?:add|also (?:compare|include)|include|as well|too|compared? (?:it |them |that |this )?(?:to|with|against)|versus|vs\.?|against|"
    r"better than|worse than|than|and (?:how )?(?:does|do) (?:it|they|that) compare)\b"
)
_POLAR = re.compile(
    r"^(?:(?:and|so|but|ok|then)\s+)?(?:is|are|does|do|can|could|will|has|have|was|were|would|should)\b"
)
_LEAD = STOP_WORDS | frozenset(
    "compare comparing versus difference differences better worse choose pick use between terms".split()
)


@dataclass(frozen=True, slots=True)
class _State:
    """What a conversation is about: the last question and the artifacts it left in focus, in order of mention."""

    question: Question | None = None
    group: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()


def understand(text: str, history: Sequence[tuple[str, str]], names: NameIndex, library: Library) -> Question:
    """Read a question in the light of the conversation.

    `history` holds (user, assistant) texts, oldest first. Never raises: what cannot be read becomes a question of
    kind "chat" whose `reply` says what can be asked.
    """
    state = _State()
    for user, assistant in history[-MAX_TURNS:]:
        asked = _read(clean(user), state, names, library)
        state = _advance(state, asked, names, assistant)
    return _read(clean(text), state, names, library)


def clean(text: str) -> str:
    """A question without control, bidirectional and zero-width characters, cut to MAX_QUESTION characters."""
    text = unicodedata.normalize("NFC", text)
    kept = "".join(
        " " if c in "\t\n\r" else c
        for c in text
        if c in "\t\n\r" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"}
    )
    return re.sub(r"\s+", " ", kept).strip()[:MAX_QUESTION]


def _advance(state: _State, asked: Question, names: NameIndex, reply: str) -> _State:
    """The conversation after one turn; an answer's names count where the question had none of its own."""
    answered = tuple(dict.fromkeys(a for m in names.find(reply).mentions if len(m.artifacts) == 1 for a in m.artifacts))
    if asked.kind == "chat":
        return state
    group = asked.artifacts or answered[:5]
    if not group:
        return replace(state, question=asked)
    lead = [a for a in answered if a in group] or list(group)
    focus = group if len(group) == 1 else tuple(lead[:1])
    # A single follow-up ("and the second?") keeps the pair it came from, so that "the other one" still has a meaning.
    kept = state.group if len(group) == 1 and group[0] in state.group else group
    return _State(asked, kept, focus)


def _read(text: str, state: _State, names: NameIndex, library: Library) -> Question:
    found = names.find(text)
    settled, ambiguous = _settle(found.mentions)
    strangers = find_strangers(text, found.mentions, found.misses)
    if not settled and not ambiguous:
        reply = reply_to_chatter(text)
        if reply is not None:
            return Question(text, "chat", reply=reply)
    spans = [(m.start, m.end) for m in found.mentions] + [(s.start, s.end) for s in strangers]
    question = _classify(text, spans, settled, tuple(s.text for s in strangers), ambiguous, library)
    return _follow_up(question, text, spans, state, library) if state.question else question


def _settle(mentions: Sequence[Mention]) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Ids in order of mention, each once; names that may mean several stand for all of them, and are kept as such."""
    ids: list[str] = []
    ambiguous = []
    clear = {m.artifacts[0] for m in mentions if len(m.artifacts) == 1}
    for mention in mentions:
        if len(mention.artifacts) == 1:
            ids.append(mention.artifacts[0])
            continue
        others = tuple(a for a in mention.artifacts if a not in clear) or mention.artifacts
        ids.extend(others)
        if len(others) > 1:
            ambiguous.append((mention.text, others))
    return tuple(dict.fromkeys(ids)), tuple(ambiguous)


def _classify(
    text: str,
    spans: Sequence[tuple[int, int]],
    artifacts: tuple[str, ...],
    unknown: tuple[str, ...],
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...],
    library: Library,
) -> Question:
    """The question by itself, before the conversation is considered."""
    masked = _mask(text, spans)
    folded = fold(masked)
    uses = table.find_labels(masked, known_labels(library))
    types = table.find_types(masked, {a.type for a in library.artifacts})
    conditions, condition_spans = table.find_conditions(masked, uses)
    prices = table.find_prices(masked)
    type_filters = [Filter("Type", "=", use.label) for use in types]
    label = _asked_label(folded, uses, types, conditions, bool(artifacts))
    covered = [(u.start, u.end) for u in (*uses, *types)] + condition_spans
    aspect = _aspect(masked)
    direction, superlative = table.find_direction(_mask(masked, condition_spans))
    topic = _topic(
        _mask(masked, covered) if label or not artifacts else masked, table_words=bool(label) or not artifacts
    )
    base = Question(
        text, "support", artifacts, unknown, aspect,
        topic=topic, label=label, direction=direction, superlative=superlative, limit=table.find_limit(masked),
        ambiguous=ambiguous, counts=bool(_COUNT.search(folded)), polar=bool(_POLAR.match(folded.strip())),
        negated=bool(re.search(r"\b(?:not|cannot|can't|doesn't|don't|isn't|aren't|without|lacks?|no)\b", folded)),
    )  # fmt: skip
    if artifacts:
        proposed = prices[0].value if prices else types[0].label if types else ""
        return _about_artifacts(replace(base, value=proposed), folded, masked)
    filters = (*type_filters, *prices, *conditions)
    if unknown:
        return replace(base, kind="unknown", filters=filters, topic=_topic(masked, table_words=False))
    return _about_library(replace(base, filters=filters), folded)


def known_labels(library: Library) -> list[str]:
    """Every table label of a library, page vocabulary first."""
    seen = dict.fromkeys(fact.label for artifact in library.artifacts for fact in artifact.facts)
    return list(seen)


def _asked_label(
    folded: str,
    uses: Sequence[table.LabelUse],
    types: Sequence[table.LabelUse],
    conditions: Sequence[Filter],
    named: bool,
) -> str:
    """The one label a question is about: a row it asks for, not one it only filters by."""
    conditioned = {condition.label for condition in conditions}
    wanted = [use for use in uses if use.label not in conditioned or len(uses) == 1]
    counting = _COUNT.search(folded) or re.search(
        r"\b(?:more|most|fewer|fewest|less|least) (?:capabilit|features)", folded
    )
    wanted = [use for use in wanted if use.label != "Capabilities" or counting]
    if not named and not re.search(r"\b(?:what|which|how) (?:type|kind|sort|category)", folded):
        wanted = [use for use in wanted if use.label != "Type"]
    if wanted:
        # "free" or "rank" beside a more telling label gives way: "quality score" is Quality, not UnfragileRank.
        telling = [
            use for use in wanted if folded[use.start : use.end] not in {"score", "scores", "scored", "rated", "rating"}
        ]
        return (telling or wanted)[0].label
    if named and types and re.search(r"\b(?:is|are|was)\b", folded):
        return "Type"
    return ""


def _about_artifacts(base: Question, folded: str, masked: str) -> Question:
    """The kind of a question that names artifacts of the library."""
    several = len(base.artifacts) + len(base.unknown) - sum(len(ids) - 1 for _, ids in base.ambiguous) > 1
    if _ALTERNATIVES.search(folded) and not several:
        return replace(base, kind="alternatives", label="")
    if base.label and not base.topic:
        return replace(base, kind="rank" if several else "fact")
    full_topic = _topic(masked, table_words=False)
    if _BEST_FOR.search(folded) and not [
        w for w in full_topic if not _BEST_FOR.search(w) and w not in {"suited", "ideal", "purpose", "good"}
    ]:
        return replace(base, kind="overall" if several else "best_for", label="", topic=())
    if not [word for word in full_topic if word not in _DESCRIBE_WORDS]:
        return replace(base, kind="overall" if several else "describe", label="", topic=())
    return replace(base, kind="compare" if several else "support", topic=full_topic)


def _about_library(base: Question, folded: str) -> Question:
    """The kind of a question that names no artifact: counts, lists, superlatives, or a search for what can do something."""
    topic = tuple(w for w in base.topic if w not in _GENERIC_NOUNS and w not in _DESCRIBE_WORDS)
    topic = tuple(w for w in topic if not w.isdigit())
    if topic:
        return replace(base, kind="find", topic=topic)
    generic = any(token.folded in _GENERIC_NOUNS for token in tokens(folded)) or re.search(
        r"\bhave\b|\bthere\b", folded
    )
    if (
        base.label
        or base.filters
        or base.counts
        or (generic and re.search(r"\b(?:list|show|what|which|all|every|names?)\b", folded))
    ):
        return replace(base, kind="library", topic=())
    if generic and base.superlative:
        return replace(base, kind="library", topic=(), label="UnfragileRank")
    return replace(base, kind="find", topic=()) if base.aspect else replace(base, kind="chat")


def _follow_up(
    question: Question, text: str, spans: Sequence[tuple[int, int]], state: _State, library: Library
) -> Question:
    """Fill in from the conversation what a follow-up leaves out; a complete question is returned as it is."""
    folded = fold(_mask(text, spans))
    elliptical = bool(_ELLIPSIS.match(folded.strip())) or len(tokens(text)) <= 3
    pointed = _pointed(folded, state)
    if question.artifacts or question.unknown:
        return _renamed_follow_up(question, text, spans, elliptical, pointed, state, library)
    wide = bool(_LIBRARY_WIDE.search(folded)) or any(f.label == "Type" for f in question.filters)
    if not pointed and (wide or not (elliptical or question.kind in {"library", "chat", "find"})):
        return question
    if not pointed and not elliptical and question.kind == "find" and len(content_words(text)) > 4:
        return question
    artifacts = pointed or (state.group if elliptical else ())
    if not artifacts:
        return _inherit_filters(question, state) if elliptical else question
    return _ask_about(question, artifacts, text, spans, state, library)


def _pointed(folded: str, state: _State) -> tuple[str, ...]:
    """The artifacts that pronouns and ordinals point to."""
    group, focus = state.group, state.focus
    if not group:
        return ()
    if _OTHER.search(folded) and len(group) > 1:
        return tuple(a for a in group if a not in focus)
    ordinal = _ORDINAL.search(folded)
    if ordinal and len(group) > 1 and not re.search(rf"\b{ordinal[1]} (?!one|of|artifact|option)[a-z]", folded):
        place = {"first": 0, "former": 0, "second": 1, "latter": len(group) - 1, "third": 2, "last": len(group) - 1}[
            ordinal[1]
        ]
        return (group[place],) if place < len(group) else ()
    if (
        _PLURAL.search(folded)
        and len(group) > 1
        and not re.search(r"\bwhich (?!one|of|is|has|does|can|would|ranks?|scores?|costs?)", folded)
    ):
        return group
    if _SINGULAR.search(folded) and not re.search(
        r"\bis it (?:possible|true)\b|\bthat (?:can|does|support|is|are|have|has)\b", folded
    ):
        return focus
    return ()


def _renamed_follow_up(
    question: Question,
    text: str,
    spans: Sequence[tuple[int, int]],
    elliptical: bool,
    pointed: tuple[str, ...],
    state: _State,
    library: Library,
) -> Question:
    """A follow-up with names of its own: "and X?" keeps the aspect, "compare it with X" keeps the artifact."""
    folded = fold(_mask(text, spans))
    previous = state.question
    assert previous is not None
    adds = bool(_JOINS.search(folded)) and (elliptical or bool(pointed))
    bare = question.kind in {"describe", "overall", "unknown"} and not question.topic
    if adds or (pointed and bare):
        kept = pointed or state.group
        artifacts = tuple(dict.fromkeys((*kept, *question.artifacts)))
        if bare and not re.search(r"\bcompare\b", folded):
            return _reuse(previous, question, artifacts)
        return _ask_about(replace(question, artifacts=artifacts), artifacts, text, spans, state, library)
    if elliptical and bare and question.artifacts:
        return _reuse(previous, question, question.artifacts)
    return question


def _reuse(previous: Question, question: Question, artifacts: tuple[str, ...]) -> Question:
    """The previous question asked about other artifacts."""
    several = len(artifacts) + len(question.unknown) > 1
    kind: QuestionKind = previous.kind
    if kind in {"fact", "rank"}:
        kind = "rank" if several else "fact"
    elif kind in {"support", "compare"} or (kind == "find" and previous.topic):
        kind = "compare" if several else "support"
    elif kind == "library" and previous.label:
        kind = "rank" if several else "fact"
    elif kind in {"describe", "overall", "library", "unknown", "chat"}:
        kind = "overall" if several else "describe"
    return replace(
        previous, text=question.text, kind=kind, artifacts=artifacts, unknown=question.unknown,
        ambiguous=question.ambiguous, filters=(), counts=False,
    )  # fmt: skip


def _ask_about(
    question: Question,
    artifacts: tuple[str, ...],
    text: str,
    spans: Sequence[tuple[int, int]],
    state: _State,
    library: Library,
) -> Question:
    """The question as if it had named these artifacts; where it has no aspect of its own, the previous one's."""
    asked = _classify(text, spans, artifacts, question.unknown, (), library)
    asked = replace(asked, topic=tuple(w for w in asked.topic if not _ORDINAL.fullmatch(w)))
    previous = state.question
    empty = asked.kind in {"describe", "overall"} and not _describes(text)
    if empty and previous is not None:
        return _reuse(previous, replace(question, text=text), artifacts)
    return asked


def _describes(text: str) -> bool:
    return bool(
        re.search(
            r"\b(?:describe|overview|summar\w+|tell me (?:more )?about|what (?:is|are|does|can|do)|compare|differences?)\b",
            fold(text),
        )
    )


def _inherit_filters(question: Question, state: _State) -> Question:
    """ "And the paid ones?" after "which MCP servers are free?" keeps the type and exchanges the price."""
    previous = state.question
    if (
        previous is None
        or previous.kind not in {"library", "find"}
        or not (question.filters or question.label or question.topic)
    ):
        return question
    own = {f.label for f in question.filters}
    filters = (*(f for f in previous.filters if f.label not in own), *question.filters)
    kind: QuestionKind = "find" if question.topic or previous.kind == "find" else "library"
    return replace(question, kind=kind, filters=filters, label=question.label or previous.label, topic=question.topic or previous.topic,
                   aspect=question.aspect if question.topic else previous.aspect, direction=question.direction or previous.direction,
                   counts=question.counts or previous.counts)  # fmt: skip


def _mask(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with spans blanked, so that every other character keeps its place."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _aspect(masked: str) -> str:
    """What is left of a question once names and the words around them are gone: "handles a longer context"."""
    words = tokens(masked)
    while words and words[0].folded in _LEAD and words[0].folded not in {"not", "no", "more", "most"}:
        words.pop(0)
    while words and words[-1].folded in _LEAD:
        words.pop()
    if not words:
        return ""
    return re.sub(r"\s+", " ", masked[words[0].start : words[-1].end]).strip()


def _topic(text: str, *, table_words: bool) -> tuple[str, ...]:
    """Content words that say what a question is about, each once."""
    kept = (word for word in content_words(text) if word.removesuffix("'s") not in ASKING_WORDS)
    if table_words:
        kept = (
            w
            for w in kept
            if w not in _GENERIC_NOUNS and w not in {"table", "row", "value", "score", "scores", "status", "model"}
        )
    return tuple(
        dict.fromkeys(word.removesuffix("'s") for word in kept if word.strip("0123456789.") or not is_common(word))
    )
