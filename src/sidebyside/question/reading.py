"""From the words of a question, and the conversation before it, to a Question.

The trained reader labels the words; code resolves what they stand for: names to artifacts, criteria to table rows,
conditions to (row, operator, value), pointing words to things of the conversation. Words with no label are nothing: no
opening, no politeness and no story changes what is answered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sidebyside.encoding.reader import Labelled, Reader, Span
from sidebyside.question import replies
from sidebyside.question.conditions import exact_value, is_negated, read_condition, with_digits
from sidebyside.question.language import language_of
from sidebyside.question.names import Mention, NameIndex
from sidebyside.question.references import resolve
from sidebyside.question.rows import RowFinder
from sidebyside.question.types import find_type, find_types, is_kind
from sidebyside.records import Criterion, Filter, Intent, Library, Question, Turn
from sidebyside.records.schema import CAPABILITIES, RANK, TYPE
from sidebyside.text.polarity import negations
from sidebyside.text.quantities import find_quantities, is_known_unit
from sidebyside.text.spelling import corrected
from sidebyside.text.words import ASKING_WORDS, STOP_WORDS, content_words, fold, is_common, tokens

# Longer questions are read up to here; nobody asks one thing in more.
MAX_QUESTION = 2_000
# Turns of a conversation that a question can reach back to.
MAX_TURNS = 8
# A flag holds from this probability on.
_LIKELY = 0.5
# Common words are a name that nobody knows from this probability on.
_SURE_NAME = 0.85
# Below this probability a reading is a guess, and the LLM reads the question too where it is there.
SURE = 0.45

_CHAT = {"smalltalk": replies.SMALL_TALK, "help": replies.HELP, "other": replies.OTHER}
# Intents that are about something by nature.
_ABOUT_SOMETHING = frozenset({"value", "compare", "supports"})
_ALL = frozenset({"all", "every", "everything", "each", "order", "sort", "sorted"})
# Where a sentence ends, and an opening within it: "Hmm, quick one: ...".
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_OPENING_END = re.compile(r"[,:]\s+")
# Intents whose criterion may be a row that only the whole question tells: "what points did it get out of 100".
_ROWED = frozenset({"value", "compare"})
# What stands before a kind of thing that is ruled out.
_RULED_OUT = re.compile(r"\b(?:rather than|not|isn't|aren't|non|except|no)\s*[- ](?:an?\s+|the\s+)?$")
# What stands before one certain thing.
_DEFINITE = re.compile(r"\b(?:the|that|this)\s+$")
_MOST = frozenset({"most", "least", "best", "worst"})
# What stands before a thing that is somebody's: "our agent dies halfway".
_OWN = re.compile(r"\b(?:my|our|your|his|her|their)\s+$")
# A sentence about the matter of the one before: "for that", "is that possible", "any difference there", "about it"; not
# "better than that", "that one", "that it runs" and "there is".
_POINTS_BACK = re.compile(
    r"(?<!\bthan )\b(?:that|this)(?=\W*$|[,;:.?!]|\s+(?:possible|work|go|with|for|in|on|at|by|to)\b)"
    r"|\babout it\b|(?<!\bis )(?<!\bare )\bthere\b(?!'s|\s+(?:is|are|was|were|an?|any|some|no|exists?)\b)"
)
# "Does that cover pictures as well?": the matter of the turn before is what does.
_THAT_DOES = re.compile(
    r"^\W*(?:(?:and|so|but|ok|okay)\W+)?(?:does|do|is|are|will|would|can|could|did|was)\s+(?:that|this)\s",
    re.IGNORECASE,
)
# Words with capitals, "I" and its like aside.
_CAPITALS = re.compile(r"\b(?!I\b|I')[A-Z][\w-]+(?:\s(?!I\b|I')[A-Z][\w-]*)*")
# Intents that are about things by nature: those talked about where none is named.
_OF_THINGS = frozenset(
    {"value", "compare", "supports", "similar", "differ", "overall", "why", "describe", "verdict", "bestfor"}
) | {"pros", "cons", "proscons", "alternatives"}
# Intents that a row of the tables is likely to answer, if the question names one.
_TABLED = frozenset({"rank", "count", "value"})
# Intents that ask one thing as well as several.
_OF_ONE = frozenset({"supports", "value"})
# Intents that look for things that are not named.
_SEEKING = frozenset({"find", "recommend"})
# Intents that put whole things beside each other.
_ASIDE = frozenset({"overall", "similar", "differ", "verdict"})
# From this probability on a question may as well have another intent; from .08 on three questions fewer of 2,461 are
# right, without any bar four.
_PERHAPS = 0.015
# What is asked of whole things is said in so many words at most, little ones aside.
_LONGEST = 8
# Intents whose things may be some of those that were listed before.
_LISTING = frozenset({"list", "count", "find", "rank"})
# What can be asked of the library as a whole, without naming anything.
_LIBRARY_WIDE = frozenset({"rank", "count", "list", "find", "recommend", "library", "conflicts"})
# Words between two parts of one criterion, at most; what parts two criteria.
_GAP = 3
_PARTS = re.compile(r"[,;:.?!/&]|\b(?:and|or|but|n|then|also|plus|vs)\b")
# What begins examples of what was said.
_EXAMPLES = re.compile(r"(?:,\s*like|\bsuch as|\be\.g\.|\bfor (?:example|instance))\b", re.IGNORECASE)
# Between two things of a list.
_COORDINATED = re.compile(r"\s*(?:[,;/&+]\s*)?(?:(?:and|or|plus)\s+)?")
_COUNTED = re.compile(r"\d+")
# The row "Type" by an everyday word that is not it: what is done with a keyboard, types of something else, "that type".
_OTHER_TYPE = re.compile(
    r"\b(?:I|we|you|they|to|can|just)\s+type\b|\btype\s+(?:in|out|into)\b|\bthat\s+type\b"
    r"|\btypes\s+of\s+(?!\W*⟦|(?:each|both|all|these|those|them|it|the)\b)",
    re.IGNORECASE,
)
_KIND_OF = re.compile(r"\b(?:kinds?|sorts?|types?|categor(?:y|ies))\b", re.IGNORECASE)
# What is counted.
_HOW_MANY = re.compile(r"\bhow many\s+([a-z]+)")
# What begins the points of a list.
_NUMBERED = re.compile(r"(?:^|(?<=\s))\(?(\d)[.)]\s+")
_BULLET = re.compile(r"(?:^|\n)[ \t]*[-*•–]\s+")

# Intents that compare: an unknown name stands beside the known ones.
_JOINING = frozenset({"compare", "recommend", "overall", "similar", "differ", "proscons", "pros", "cons", "verdict"})

# What a question says of its things, by which an artifact is meant to be left in or out.
_WANTED, _LEFT_OUT = "a", "x"


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading takes of one library, made once."""

    library: Library
    names: NameIndex
    rows: RowFinder
    reader: Reader


def clean(text: str) -> str:
    """A question in one line, at most MAX_QUESTION characters, without control, bidirectional and zero-width ones.

    Points of a list are parted by semicolons.
    """
    text = _inline(unicodedata.normalize("NFC", text[: 4 * MAX_QUESTION]))
    dropped = {"Cc", "Cf", "Cs", "Co"}
    kept = (" " if c in "\t\n\r" else c for c in text if c in "\t\n\r" or unicodedata.category(c) not in dropped)
    return re.sub(r"\s+", " ", "".join(kept)).strip()[:MAX_QUESTION]


def _inline(text: str) -> str:
    """A text with semicolons for what begins the points of a list: dashes in front of lines, or numbers from 1 on."""
    bullets = list(_BULLET.finditer(text))
    numbers = list(_NUMBERED.finditer(text))
    counted = [found for place, found in enumerate(numbers, 1) if int(found[1]) == place]
    marks = counted if len(counted) == len(numbers) > 1 else bullets if len(bullets) > 1 else []
    if marks is bullets and marks:
        # Behind the last point, the question goes on in a line of its own.
        text = re.sub(r"(?<=[^\s:;,.?!])(?=\s*\n\s*[^\s*•–-])", ".", text)
        marks = list(_BULLET.finditer(text))
    for found in reversed(marks):
        before = text[: found.start()].rstrip()
        text = f"{before}{'' if not before or before[-1] in ':;,.?!' else ';'} {text[found.end() :]}"
    return text


def read_question(text: str, turns: Sequence[Turn], using: Reading, translation: str = "") -> Question:
    """Read a question in the light of the conversation (`turns`, oldest first).

    `translation` is the question in plain English where the LLM has put it so; then it is read in place of the text.
    Never raises: what asks nothing becomes a question whose `reply` says what can be asked.
    """
    written = clean(text)
    if not re.search(r"[^\W_]", written):
        return Question(written, "other", reply=replies.NOTHING)
    turns = turns[-MAX_TURNS:]
    asked = clean(translation) or written
    masked = _mask(asked, using.names)
    language = language_of(masked.without_names)
    if language == "en" and (spelled := _spelled(asked, masked, using.names)) != asked:
        asked, masked = spelled, _mask(spelled, using.names)
    before = [_mask(turn.question.text, using.names).text for turn in turns]
    labelled = using.reader.read(masked.text, before)
    question = _Resolver(asked, masked, labelled, turns, using).question()
    if not translation:
        question = replace(question, text=written, language=language)
        return question if language == "en" else _without_english(question, using)
    return replace(question, text=written, by="model", language=language_of(_mask(written, using.names).without_names))


def _spelled(text: str, masked: _Masked, names: NameIndex) -> str:
    """A text with slips of the finger put right, but in names that the library knows."""
    bounds = [0, *(at for *_, mention in masked.mentions for at in (mention.start, mention.end)), len(text)]
    parts = [text[a:b] for a, b in pairwise(bounds)]
    return "".join(
        part if place % 2 else corrected(part, names.knows, names.resembles) for place, part in enumerate(parts)
    )


def _without_english(question: Question, using: Reading) -> Question:
    """A question in another language by its names and the rows it names in the tables' words; else what to do.

    One that names a row and no artifact gets that row of all of them.
    """
    labels = using.rows.named_in(question.text)
    if not labels:
        return replace(question, reply=replies.foreign_reply(question.language))
    several: Intent = "compare" if question.artifacts else "rank"
    return replace(
        question,
        intent="value" if len(question.artifacts) == 1 else several,
        criteria=tuple(Criterion(label, label, label) for label in labels),
        filters=(),
        premises=(),
        unknown=(),
        direction=0,
        ordered=not question.artifacts,
        reply="",
    )


def needs_rewording(question: Question) -> bool:
    """Whether a second reader should read the question: it is in another language, or the first one is unsure."""
    return (
        question.by == "trained"
        and (question.language != "en" or question.probability < SURE)
        and bool(re.search(r"[^\W\d_]{2}", question.text))
    )


# --- known names as placeholders


@dataclass(frozen=True, slots=True)
class _Masked:
    """A text with a placeholder for every known name, and where each piece of it comes from."""

    text: str
    mentions: tuple[tuple[int, int, Mention], ...]
    shifts: tuple[tuple[int, int], ...]
    without_names: str

    def original(self, position: int) -> int:
        """The place in the text as written for a place in `text`."""
        moved = 0
        for start, shift in self.shifts:
            if position < start:
                break
            moved = shift
        return position + moved


def _mask(text: str, names: NameIndex) -> _Masked:
    found = names.find(text)
    slots: dict[tuple[str, ...], int] = {}
    out, blank, end = "", "", 0
    mentions, shifts = [], []
    for mention in found.mentions:
        out += text[end : mention.start]
        blank += text[end : mention.start]
        slot = f"⟦{slots.setdefault(mention.artifacts, len(slots)) % 8}⟧"
        mentions.append((len(out), len(out) + len(slot), mention))
        out += slot
        end = mention.end
        shifts.append((len(out), end - len(out)))
    return _Masked(out + text[end:], tuple(mentions), tuple(shifts), blank + text[end:])


# --- resolution


def _with_units(spans: Sequence[Span], text: str) -> tuple[Span, ...]:
    """Conditions with the unit behind their number, and what is marked with it: "over 60", "days of readings"."""
    found: list[Span] = []
    for span in spans:
        if found and span.label == "c" and span.start < found[-1].end:
            # The condition has taken it in.
            continue
        unit = next((word for word in tokens(text) if word.start >= span.end), None)
        if (
            span.label == "k"
            and unit is not None
            and _is_unit(text[span.start : span.end], text[span.start : unit.end])
        ):
            marked = next((other for other in spans if other.start <= unit.start < other.end), None)
            if marked is None or marked.label == "c":
                span = replace(span, end=marked.end if marked else unit.end)
        found.append(span)
    return tuple(found)


def _is_unit(words: str, longer: str) -> bool:
    """Whether the last number of some words gets its unit from one word more."""
    own, more = find_quantities(words), find_quantities(longer)
    return bool(own) and not own[-1].unit and is_known_unit(more[-1].unit)


class _Resolver:
    """One labelled question on its way to a Question."""

    def __init__(self, text: str, masked: _Masked, labelled: Labelled, turns: Sequence[Turn], using: Reading) -> None:
        labelled = replace(labelled, spans=_with_units(labelled.spans, masked.text))
        self._text, self._masked, self._labelled, self._turns, self._using = text, masked, labelled, turns, using
        self._flags = {flag for flag, value in labelled.flags.items() if value >= _LIKELY}
        # Names that nobody knows and that belong to what is asked.
        self._absorbed: set[str] = set()
        if not turns:
            self._flags -= {"keepA", "keepC", "keepI"}

    def question(self) -> Question:
        intent = self._labelled.intents[0][0]
        last = self._turns[-1].question if self._turns else None
        artifacts, unknown, ambiguous = self._named(_WANTED)
        excluded, _, _ = self._named(_LEFT_OUT)
        excluded = (*excluded, *self._ruled_out())
        if intent == "alternatives" and not artifacts:
            # "What else is there besides X": X is what others stand in for.
            artifacts, excluded = excluded, ()
        kinds = self._types()
        types = [kind.value for kind in kinds if kind.op == "="]
        artifacts, ambiguous = self._by_type(artifacts, ambiguous, types)
        named = artifacts
        pointed = self._pointed(artifacts)
        filters = self._filters()
        criteria = self._criteria()
        if last is not None and "keepI" in self._flags and not last.reply:
            intent = last.intent
        if intent == "compare" and not artifacts and not unknown and self._of_all():
            intent = "rank"
        criteria, filters = self._with_earlier_criteria(intent, criteria, filters)
        if intent == "count" and not (artifacts or pointed or criteria or kinds or filters):
            # "And how many capabilities?": of what is talked about, or of each there is.
            criteria = tuple(
                Criterion(label, label, label) for label in self._using.rows.named_in(self._masked.without_names)[:1]
            )
            if criteria and (things := _kept(self._turns)):
                intent, pointed = "value", things
            elif criteria:
                intent = "rank"
        criteria = self._rowed(intent, criteria, bool(artifacts or pointed), bool(kinds or filters))
        if last is not None and not criteria and intent == "why":
            criteria = last.criteria
        artifacts = self._with_earlier(intent, artifacts, pointed, unknown)
        artifacts = tuple(a for a in artifacts if a not in excluded)
        unknown = tuple(name for name in unknown if name not in self._absorbed)
        artifacts, unknown, criteria = self._mentioned(artifacts, unknown, criteria, intent)
        if intent == "rank" and any(criterion.label for criterion in criteria):
            # "Who carries the red lantern, I mean the lowest rank of all?" ranks all there are.
            unknown = tuple(name for name in unknown if not _is_everyday(name))
        listed = bool(artifacts) and not named
        bare = not artifacts and not self._spans("c") and not self._spans("k")
        talked = artifacts if listed else _kept(self._turns) if bare else ()
        if types and talked and (namesakes := self._namesakes(talked, types)):
            artifacts, listed = namesakes, False
            intent = last.intent if last is not None and not last.reply else intent
            criteria = criteria or (last.criteria if last is not None else ())
        elif not artifacts or (listed and intent in _LISTING):
            filters = [*kinds, *filters]
        if intent in _SEEKING and len(artifacts) == 1 and not pointed and criteria and self._may_be("alternatives"):
            # "X is a bit weak, what else looks at images": X is what others stand in for.
            intent = "alternatives"
        question = Question(
            self._text,
            intent,  # type: ignore[arg-type]
            artifacts,
            unknown,
            ambiguous,
            excluded,
            criteria,
            tuple(dict.fromkeys(filters)),
            tuple(self._words(span) for span in self._spans("p")),
            direction=self._direction(),
            limit=self._limit(),
            ordered=intent == "rank" and self._wants_order(),
            listed=listed,
            continued=bool(pointed) or bool(self._flags & {"keepA", "keepC", "keepI"}),
            polar="yn" in self._flags,
            negated="neg" in self._flags and not any(negations(c.query) for c in criteria),
            value=types[0] if artifacts and types else "",
            topic=tuple(word for c in criteria for word in content_words(c.query) if word != "it"),
            probability=self._labelled.probability,
        )
        return self._settled(question)

    def _with_earlier_criteria(
        self, intent: str, criteria: tuple[Criterion, ...], filters: list[Filter]
    ) -> tuple[tuple[Criterion, ...], list[Filter]]:
        """What is asked, and on which conditions, with what holds on from the turn before."""
        if not self._turns:
            return criteria, filters
        rows, last, text = self._using.rows, self._turns[-1].question, self._masked.without_names
        if "keepC" in self._flags:
            if (added := self._added(criteria)) and last.texts:
                # "And on newspapers?": what was asked, of these.
                return (Criterion(added, f"{last.texts[0].query}: {added}"),), filters
            if not criteria:
                # "And with respect to ecosystem?": a row that is named is what is asked now.
                own = self._named_rows(text)[:1] or (self._meant(rows.certainly(text)),)
                criteria = tuple(Criterion(label, label, label) for label in own if label)
            if not any(criterion.label for criterion in criteria):
                criteria += tuple(c for c in last.criteria if c not in criteria)
                having = {condition.label for condition in filters}
                filters = [*filters, *(f for f in last.filters if f.label not in having)]
        if not criteria and not filters and intent in _ABOUT_SOMETHING and last.texts:
            # "And how many at most?": of what was asked about before.
            said, label = text.strip(" ?.!"), self._meant(rows.certainly(text))
            criteria = (Criterion(said, label or f"{last.texts[0].query}: {said}", label),)
        return criteria, filters

    def _added(self, criteria: Sequence[Criterion]) -> str:
        """Common words that a turn adds to the one before, one that is asked or taken for a name; "" for none."""
        if criteria:
            only = criteria[0] if len(criteria) == 1 and {"keepA", "keepC"} <= self._flags else None
            added = only is not None and not only.label and " " not in only.text and _is_everyday(only.text)
            return criteria[0].text if added else ""
        spans = [span for span in self._unknown_spans() if _is_everyday(self._words(span))]
        if len(spans) != 1 or not self._flags >= {"keepA", "keepC"} or self._spans("c"):
            return ""
        self._absorbed.add(self._words(spans[0]))
        return self._words(spans[0])

    def _of_all(self) -> bool:
        """Whether a superlative is asked of a kind of things, none pointed at: "which artifact has the most"."""
        words = tokens(self._masked.without_names)
        superlative = any(_is_superlative(word.folded) for word in words)
        return superlative and any(is_kind(word.text) for word in words) and not self._spans("r")

    def _rowed(
        self, intent: str, criteria: tuple[Criterion, ...], things: bool, conditions: bool
    ) -> tuple[Criterion, ...]:
        """The criteria with the row that the intent implies or the question names, and without what that makes void."""
        rows, labels = self._using.rows, self._using.library.labels
        if intent == "count" and things and not criteria and not conditions and (label := rows.find(CAPABILITIES)):
            criteria = (Criterion(label, label, label),)
        if intent in _ROWED and criteria and all(c.label for c in criteria):
            # "Type, price, overall score": a row that is named beside others, whatever of it the reader has marked.
            asked = {c.label for c in criteria}
            beside = [label for label in self._named_rows(self._unlabelled()) if label not in asked]
            criteria = (*criteria, *(Criterion(label, label, label) for label in beside))
        if intent in _TABLED and not any(c.label for c in criteria) and len(criteria) < 2:
            # "The largest number of capabilities": the row is named, whatever of it the reader has marked.
            named = self._named_rows(self._masked.without_names)[:1]
            criteria = tuple(Criterion(label, label, label) for label in named) or criteria
        if things and not criteria and intent in _ASIDE and (named := self._named_rows(self._masked.without_names)):
            # "A vs B times matched, give me both": whole things are put beside each other on the rows that are named.
            criteria = tuple(Criterion(label, label, label) for label in named)
        if intent == "rank" and not things and not criteria and RANK in labels:
            criteria = (Criterion("rank", "rank", RANK),)
        if (conditions and intent in _LISTING) or any(c.label for c in criteria):
            # "Which are real models", "what is each scored and which is higher": one word beside a kind of thing or a
            # row is no criterion of its own, but where it is one of a list: "on context, fine-tuning and price".
            listed = self._in_lists()
            criteria = tuple(c for c in criteria if c.label or c.text in listed or len(c.text.split()) > 1)
        return criteria

    def _with_earlier(
        self, intent: str, artifacts: tuple[str, ...], pointed: tuple[str, ...], unknown: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The things of the question with those that the conversation is about, where it leans on them."""
        if self._turns and not pointed:
            kept = _kept(self._turns)
            kinds = self._spans("t") or any(is_kind(token.text) for token in tokens(self._masked.without_names))
            # "Which artifact has the highest rank": of all there are.
            fresh = intent in _LISTING and kinds and not self._spans("r")
            # Nothing is added to two that are named, nor to X in "how long does X take?".
            enough = 1 if intent in _OF_ONE and self._spans("c") else 2
            keeps = "keepA" in self._flags and not fresh and len(artifacts) < enough
            if keeps or (not artifacts and not unknown and intent in _OF_THINGS):
                pointed = kept
        return tuple(dict.fromkeys((*pointed, *artifacts)))

    def _mentioned(
        self, artifacts: tuple[str, ...], unknown: tuple[str, ...], criteria: tuple[Criterion, ...], intent: str
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Criterion, ...]]:
        """Names without a page of their own that pages write are what is asked about: "is Bitbucket supported by X"."""
        names = self._using.names
        if not artifacts and intent not in {"find", "recommend"}:
            return artifacts, unknown, criteria
        if intent in {"compare", "overall", "similar", "differ"}:
            # What pages write of others alone is one of those that are compared: "is X better than Midjourney".
            whole = len(artifacts) < 2 and not criteria and not self._spans("p")
            said = () if whole else tuple(filter(names.describes, unknown))
        else:
            written = {name: [token.folded for token in tokens(name)] for name in unknown}
            said = tuple(n for n, own in written.items() if all(map(names.knows, own)) or names.knows("".join(own)))
        more = tuple(Criterion(name, name) for name in said)
        if more and criteria:
            # "Does it connect to Slack": the name belongs to what is asked.
            first = criteria[0]
            words = " ".join((first.query, *said))
            label = first.label and self._using.rows.find(words)
            more, criteria = (), (Criterion(first.text, words, label), *criteria[1:])
        return artifacts, tuple(n for n in unknown if n not in said), (*criteria, *more)

    def _settled(self, question: Question) -> Question:
        """The question with a reply where it asks nothing, and with an intent that what it names can answer."""
        if question.intent == "conflicts" and question.filters and not question.artifacts:
            question = replace(question, intent="list")
        elif question.intent == "conflicts" and (question.texts or question.premises) and question.artifacts:
            asked = question.criteria or tuple(Criterion(p, p) for p in question.premises)
            question = replace(question, intent="supports", criteria=asked, premises=())
        if len(question.artifacts) < 2 and question.intent in _JOINING and not question.unknown:
            question = replace(question, unknown=self._unmarked())
        last = self._turns[-1].question if self._turns else None
        nothing_new = not (question.artifacts or question.unknown or question.criteria or question.filters)
        if last is not None and not last.reply and nothing_new and question.intent not in {*_CHAT, *_LIBRARY_WIDE}:
            # "Can you show me the wording?": what was asked before is asked again.
            return replace(last, text=question.text, continued=True)
        asks = question.artifacts or question.unknown or question.criteria or question.filters
        if question.intent in _CHAT and not (question.intent == "other" and question.artifacts and question.criteria):
            return replace(question, reply=_CHAT[question.intent], criteria=(), filters=())
        nobody = not question.artifacts and not question.unknown
        pointing = self._spans("r") or question.intent == "value"
        if nobody and pointing and not self._turns and (named := self._capitalised()):
            # "A friend swears by Notion AI. What would it cost?": the pronoun means a name that nobody knows.
            question, nobody = replace(question, intent="value", unknown=named), False
        if nobody and question.intent == "alternatives" and (named := self._capitalised(written=True)):
            # "We use Notion at the moment. What could take its place?"
            question, asks = replace(question, unknown=named), named
        if nobody and self._spans("r") and not self._turns and question.intent in _ABOUT_SOMETHING:
            return replace(question, reply=replies.WHICH, criteria=(), filters=())
        if not asks and question.intent not in _LIBRARY_WIDE:
            return replace(question, reply=replies.NOTHING if not tokens(question.text) else replies.HELP)
        return question

    # names

    def _named(self, label: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
        """(ids, names that nobody knows, ambiguous names) of the spans with this label."""
        ids: list[str] = []
        unknown: list[str] = []
        ambiguous: list[tuple[str, tuple[str, ...]]] = []
        spans = self._spans(label)
        covered: set[int] = set()
        for span in spans:
            inside = [
                (place, mention)
                for place, (a, b, mention) in enumerate(self._masked.mentions)
                if a < span.end and span.start < b
            ]
            covered |= {place for place, _ in inside}
            words = self._words(span)
            # The span as a whole says more than a name inside it: "90b llama" is not any Llama.
            whole = self._using.names.resolve(words)
            mentioned = [mention.artifacts for _, mention in inside]
            if len(mentioned) > 1 or (mentioned and not (whole and set(whole) <= set(mentioned[0]))):
                found = mentioned
            else:
                found = [whole] if whole else []
            if not found and not self._everyday(span) and re.search(r"[^\W\d_]", words):
                unknown.append(words)
            for several in found:
                ids.extend(several)
                if len(several) > 1:
                    ambiguous.append((words, several))
        if label == _WANTED:
            # A known name that no label covers is still named; inside a criterion it is part of what is asked.
            labelled = [(span.start, span.end) for span in self._labelled.spans]
            for place, (start, end, mention) in enumerate(self._masked.mentions):
                if place not in covered and not any(a < end and start < b for a, b in labelled):
                    ids.extend(mention.artifacts)
                    if len(mention.artifacts) > 1:
                        ambiguous.append((mention.text, mention.artifacts))
            if not ids and not unknown and not self._turns and self._spans("r"):
                # "Somebody said X retrains all. Does it train the decoder?": the pronoun means the name before it.
                told = [mention for start, _, mention in self._masked.mentions if self._is_told(start)]
                ids = [artifact for mention in told for artifact in mention.artifacts]
        kinds = {fold(name) for name in self._using.library.types}
        unknown = [name for name in unknown if fold(name) not in kinds]
        clear = set(ids) - {a for _, several in ambiguous for a in several}
        kept = [
            a for a in ids if a in clear or not any(a in several and clear & set(several) for _, several in ambiguous)
        ]
        ambiguous = [(name, several) for name, several in ambiguous if not clear & set(several)]
        order = self._order(kept)
        return order, tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(ambiguous))

    def _is_told(self, start: int) -> bool:
        """Whether a name stands in a situation or a premise, before a word that points at it."""
        inside = any(span.start <= start < span.end for label in "sp" for span in self._spans(label))
        return inside and any(span.start > start for span in self._spans("r"))

    def _ruled_out(self) -> tuple[str, ...]:
        """Names behind a "not": "the plain one, not the Dreambooth one"."""
        return tuple(
            artifact
            for start, _end, mention in self._masked.mentions
            if _RULED_OUT.search(self._masked.text[:start].lower())
            for artifact in mention.artifacts
        )

    def _everyday(self, span: Span) -> bool:
        """Whether a name that nobody knows is rather a slip of the reader: common words that it is not sure of.

        Or such words right before a name that is known: "normal" in "normal Stable Diffusion".
        """
        if not _is_everyday(self._words(span)):
            return False
        beside = any(not self._masked.text[span.end : start].strip() for start, *_ in self._masked.mentions)
        return beside or span.probability < _SURE_NAME

    def _unmarked(self) -> tuple[str, ...]:
        """Words written as names of products that the reader has not marked: "PaddleOCR" in "swears by PaddleOCR"."""
        marked = [(span.start, span.end) for span in self._labelled.spans]
        return tuple(
            token.text
            for token in tokens(re.sub(r"⟦\d+⟧", lambda found: " " * len(found[0]), self._masked.text))
            if re.search(r"[a-z][A-Z]|[A-Z]{2,}[a-z]|[A-Za-z]\d", token.text)
            and not is_common(token.folded)
            and not any(a < token.end and token.start < b for a, b in marked)
        )[:1]

    def _capitalised(self, *, written: bool = False) -> tuple[str, ...]:
        """The first run of words written as a name within a sentence, where nothing is marked and no page writes it.

        With `written`, one that pages write too.
        """
        text = self._masked.text
        if text == text.upper():
            return ()
        marked = [(span.start, span.end) for span in self._labelled.spans]
        for found in _CAPITALS.finditer(text):
            start = text[: found.start()].rstrip()
            inside = any(a < found.end() and found.start() < b for a, b in marked)
            known = not written and all(self._using.names.knows(token.folded) for token in tokens(found[0]))
            if start and start[-1] not in ".!?:" and not inside and not known:
                return (found[0],)
        return ()

    def _order(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Ids in the order of mention."""
        places = {a: start for start, _end, mention in reversed(self._masked.mentions) for a in mention.artifacts}
        return tuple(sorted(dict.fromkeys(ids), key=lambda a: places.get(a, len(self._text))))

    def _by_type(
        self, ids: tuple[str, ...], ambiguous: tuple[tuple[str, tuple[str, ...]], ...], types: Sequence[str]
    ) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
        """Settle names that several artifacts have by the types that the question says."""
        left = []
        for name, several in ambiguous:
            meant = tuple(a for a in several if self._using.library.get(a).type in types)
            if meant:
                ids = tuple(a for a in ids if a not in several or a in meant)
            else:
                left.append((name, several))
        return ids, tuple(left)

    def _namesakes(self, artifacts: Sequence[str], types: Sequence[str]) -> tuple[str, ...]:
        """ "No, I meant the extension": what is called like the one talked about and is of this type."""
        names = {fold(self._using.library.get(artifact).name) for artifact in artifacts}
        if len(names) != 1:
            return ()
        return tuple(a.id for a in self._using.library.artifacts if fold(a.name) in names and a.type in types)

    def _pointed(self, named: Sequence[str]) -> tuple[str, ...]:
        """What words such as "it" and "the second one" stand for."""
        found: list[str] = []
        for span in self._spans("r"):
            # "The first one, can it ...": the pronoun means what was pointed at before it. "The hub" is part of a name.
            found += self._using.names.owner(self._words(span)) or resolve(
                self._words(span), self._turns, (*named, *found)
            )
        for span in self._spans("t") if self._turns else ():
            # "And the hub?" is no kind of thing where one of the library is called so.
            definite = _DEFINITE.search(self._masked.text[: span.start].lower())
            if definite and not find_type(self._words(span), self._using.library):
                found += self._using.names.owner(self._words(span))
        return tuple(dict.fromkeys(found))

    # criteria and conditions

    def _in_lists(self) -> set[str]:
        """What is asked about in a list, between commas or beside an "and"."""
        spans = self._joined(self._spans("c"))
        return {
            self._words(self._whole_words(span))
            for pair in pairwise(spans)
            if _COORDINATED.fullmatch(self._masked.text[pair[0].end : pair[1].start])
            for span in pair
        }

    def _criteria(self) -> tuple[Criterion, ...]:
        situation = " ".join(self._plain(span) for span in self._spans("s")) or self._pointed_at()
        found = []
        for span in self._joined(self._spans("c")):
            span = self._with_name(self._whole_words(span))
            words = self._plain(span)
            if exact_value(self._words(span), self._using.library) or self._absent(span):
                continue
            label = self._row_of(words)
            if label and self._asks_in_another_unit(label):
                label = ""
            before = self._pointed_matter(span) or situation
            # "Getting the money in off members!! A or B on that": what is pointed at is what is marked.
            before = "" if words in before else before
            query, whole = (f"{before}: {words}" if before and not label else words), self._around(span)
            if before and label:
                # What a row means needs no more words; what texts say of it in particular does.
                whole = f"{before}: {whole}"
            found.append(Criterion(self._words(span), query, label, whole))
        for span in self._spans("k"):
            # A condition that no row can answer is asked of the texts. "List all with their rank" asks for a row.
            if not self._conditions(span):
                found.append(Criterion(self._words(span), self._plain(span), self._bare_row(span)))
        named = len({artifact for *_, mention in self._masked.mentions for artifact in mention.artifacts}) > 1
        if not found and (named or not self._spans("r")) and self._is_about_something():
            found += self._unmarked_criterion()
        intent = self._labelled.intents[0][0]
        wholes = intent in _ASIDE and not self._pointed_at()
        if not found and situation and not wholes and not (intent in _LISTING and self._filters()):
            # "Jonas throws out everything under 40. Which would have to go?" asks for nothing but what is under 40, and
            # a story before a comparison of wholes is no criterion.
            found.append(Criterion(situation, situation))
        found = list(dict.fromkeys(found))
        if len(texts := [c for c in found if not c.label]) == 1:
            whole = texts[0].whole if texts[0].assumed else self._core()
            label = self._using.rows.certainly(whole) if self._labelled.intents[0][0] in _ROWED else ""
            label = self._meant(label)
            found[found.index(texts[0])] = replace(texts[0], whole=whole, label=label)
        return tuple(found)

    def _asks_in_another_unit(self, label: str) -> bool:
        """Whether an amount is asked for in a unit that no value of a row has: "how many days may I try it"."""
        found = _HOW_MANY.search(self._masked.text.lower())
        asked = find_quantities(f"3 {found[1]}") if found else []
        if not asked or not is_known_unit(asked[0].unit):
            return False
        values = [f.value for artifact in self._using.library.artifacts for f in artifact.facts if f.label == label]
        return not any(q.unit.split("/")[0] == asked[0].unit for value in values for q in find_quantities(value))

    def _pointed_matter(self, span: Span) -> str:
        """What was asked about before, where a sentence points at it: "which sensor is needed for that?"."""
        last = self._turns[-1].question if self._turns else None
        sentence = _SENTENCE_END.split(self._masked.text[span.start :], maxsplit=1)[0]
        points = _POINTS_BACK.search(sentence.lower()) or _THAT_DOES.search(self._masked.text)
        return last.texts[0].query if last and last.texts and points else ""

    def _unmarked_criterion(self) -> list[Criterion]:
        """ "Context of X or Y": something is asked about, and nothing but the names is marked."""
        situations = [(span.start, span.end) for span in self._spans("s")]
        asked = self._beside_names(situations)
        if not situations and (before := self._pointed_at()):
            asked = before
        rest = [t.text for t in tokens(asked) if t.folded not in STOP_WORDS and t.folded not in ASKING_WORDS]
        if self._labelled.intents[0][0] in _ASIDE:
            # "The big X and little Y": what stands right before a name describes it.
            describing = self._describing()
            rest = [word for word in rest if word.lower() not in describing]
        leans = self._turns and self._flags & {"keepA", "keepC", "keepI"}
        if not rest or leans or self._filters() or self._spans("p") or self._spans("t"):
            return []
        if situations and ("⟦" not in self._without(situations) or _POINTS_BACK.search(asked.lower())):
            # "A party wants to pay separately. Is that possible with X?" asks for the situation.
            return []
        rows, words = self._using.rows, " ".join(rest)
        if self._labelled.intents[0][0] in _ASIDE:
            # More words than a criterion has are a story; one may be any.
            found = [Criterion(words, words, rows.find(asked), asked, assumed=True)]
            return found if 1 < len(rest) <= _LONGEST else []
        # A word that means a row by itself: "the boss only looks at the rank".
        whole = re.sub(r"⟦\d+⟧", "it", self._masked.text)
        label = self._row_of(words)
        if self._labelled.intents[0][0] != "supports":
            label = label or self._meant(rows.certainly(whole) or next(filter(None, map(rows.certainly, rest)), ""))
        # What a situation in the same sentence is, the words need to be understood.
        around = self._beside_names()
        told = [self._plain(span) for span in self._spans("s") if self._plain(span) in around]
        query = words if label or not told else f"{' '.join(told)}: {words}"
        return [Criterion(words, query, label, asked, assumed=True)]

    def _may_be(self, intent: str) -> bool:
        """Whether the intent may as well be this one."""
        return any(other == intent and probability >= _PERHAPS for other, probability in self._labelled.intents)

    def _is_about_something(self) -> bool:
        """Whether one thing is asked of what is named: by the intent, or by one that may be it as well.

        "How do A and B differ in following instructions?" lies between the two: questions that put whole things beside
        each other leave hardly anything to the intents that take a criterion.
        """
        (intent, _), *others = self._labelled.intents
        perhaps = sum(probability for other, probability in others if other in _ABOUT_SOMETHING)
        return intent in _ABOUT_SOMETHING or (intent in _ASIDE and (perhaps >= _PERHAPS or bool(self._pointed_at())))

    def _describing(self) -> set[str]:
        """The words right before names, folded."""
        words = tokens(self._masked.text)
        starts = {start for start, *_ in self._masked.mentions}
        return {
            w.folded for w in words if any(not self._masked.text[w.end : at].strip() for at in starts if at >= w.end)
        }

    def _pointed_at(self) -> str:
        """The sentences before the first with a name, where that points at them: "Graphs! What of X for this?"."""
        before, name, after = self._masked.text.partition("⟦")
        ends = [found.end() for found in _SENTENCE_END.finditer(before)]
        own = (before[ends[-1] :] + name + after) if ends and name else ""
        return before[: ends[-1]].strip() if _POINTS_BACK.search(own.lower()) else ""

    def _row_of(self, words: str) -> str:
        """The row that a criterion means: any where things are put in order, a sure one where they are to do it."""
        rows = self._using.rows
        if self._ordering:
            return rows.nearest(words)
        if self._labelled.intents[0][0] == "supports":
            # "Does it tell me the bill in advance" asks for no price.
            # Nor does "can guests pay by card while the line is down".
            whole = re.sub(r"⟦\d+⟧", "it", self._masked.text)
            label = rows.certainly(words)
            return self._meant(rows.worded(words) or (label if label == rows.find(whole) else ""))
        # "Why did it end up with a lower score": what is to be explained is a row.
        why = self._labelled.intents[0][0] == "why"
        return self._meant(rows.find(words) or (rows.nearest(words) if why else ""))

    def _meant(self, label: str) -> str:
        """A row that words name, "" for the row Type where no kind is asked for: "and with which tools?"."""
        if label != TYPE:
            return label
        text, types = self._masked.text, self._using.library.types
        named = _KIND_OF.search(text) or any(use.label in types for use in find_types(text, types))
        return label if named and not _OTHER_TYPE.search(text) else ""

    def _named_rows(self, text: str) -> tuple[str, ...]:
        """The rows whose words all stand in a text."""
        return tuple(filter(None, map(self._meant, self._using.rows.named_in(text))))

    def _unlabelled(self) -> str:
        """The text without what the reader has marked."""
        return self._without([(span.start, span.end) for span in self._labelled.spans])

    def _without(self, parts: Sequence[tuple[int, int]]) -> str:
        """The text with blanks for parts of it."""
        text = self._masked.text
        for start, end in parts:
            text = text[:start] + " " * (end - start) + text[end:]
        return text

    def _beside_names(self, aside: Sequence[tuple[int, int]] = ()) -> str:
        """The sentences that name known things, names as "it", or the whole text; without what is aside."""
        text = self._without(aside)
        bounds = [0, *(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]
        kept = [text[a:b].strip() for a, b in pairwise(bounds) if "⟦" in text[a:b]] or [text]
        return re.sub(r"⟦\d+⟧", "it", " ".join(kept))

    def _around(self, span: Span) -> str:
        """The words around one of several things that are asked, up to where the next begins, names as "it"."""
        text = self._masked.text
        others = [other for other in self._spans("c") if not (other.start < span.end and span.start < other.end)]
        bounds = [0, *(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]
        start = max(at for at in bounds if at <= span.start)
        end = min((at for at in bounds if at >= span.end), default=len(text))
        before = max((other.end for other in others if start < other.end <= span.start), default=start)
        after = min((other.start for other in others if span.end <= other.start < end), default=end)
        parts = [found for found in _PARTS.finditer(text, before, after) if not span.start <= found.start() < span.end]
        if before > start:
            before = min((found.end() for found in parts if found.start() < span.start), default=span.start)
        if after < end:
            after = max((found.start() for found in parts if found.start() >= span.end), default=span.end)
        return re.sub(r"⟦\d+⟧", "it", text[before:after]).strip(" ,;:")

    def _core(self) -> str:
        """The sentences that hold what is asked, without an opening, names as "it"."""
        text = self._masked.text
        marked = [span for span in self._labelled.spans if span.label in "csk"]
        held = [span for span in self._labelled.spans if span.label in "csktpn"]
        bounds = [0, *(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]
        kept = []
        for start, end in pairwise(bounds):
            own = [span for span in marked if start <= span.start < end]
            if own:
                first = min(span.start for span in held if start <= span.start < end)
                opening = [found.end() for found in _OPENING_END.finditer(text, start, first)]
                names = [a for a, _b, _mention in self._masked.mentions if start <= a < first]
                begin = max((at for at in opening if not names or at <= min(names)), default=start)
                kept.append(text[begin:end].strip())
        return re.sub(r"<[^<>]*>|⟦\d+⟧", lambda found: "it" if found[0][0] == "⟦" else " ", " ".join(kept)).strip()

    def _joined(self, spans: Sequence[Span]) -> list[Span]:
        """Spans that a few words without "and" or a comma part are one: "can I stick X on my phone"."""
        joined: list[Span] = []
        for span in spans:
            last = joined[-1] if joined else None
            gap = self._masked.text[last.end : span.start] if last else ""
            if last and _EXAMPLES.search(gap) and not _SENTENCE_END.search(gap):
                # "The way they send alarms, like push, email or text": examples of one thing.
                continue
            if last and len(gap.split()) <= _GAP and not _PARTS.search(gap):
                joined[-1] = Span(last.label, last.start, span.end, min(last.probability, span.probability))
            else:
                joined.append(span)
        return joined

    def _whole_words(self, span: Span) -> Span:
        """A span that ends with "the" or "at" goes on to the next word of its own, where no other span has it."""
        words = tokens(self._masked.text)
        inside = [word for word in words if span.start <= word.start < span.end]
        if not inside or inside[-1].folded not in STOP_WORDS:
            return span
        taken = [(other.start, other.end) for other in self._labelled.spans if other is not span]
        for word in [word for word in words if word.start >= span.end][:_GAP]:
            between = self._masked.text[span.end : word.start]
            if between.strip() or "⟦" in word.text or any(a < word.end and word.start < b for a, b in taken):
                # "Logs its metrics to TensorBoard": a name that nobody knows belongs to what is asked.
                name = next((o for o in self._unknown_spans() if not between.strip() and o.start == word.start), None)
                if name is None:
                    return span
                self._absorbed.add(self._words(name))
                return Span(span.label, span.start, name.end, span.probability)
            span = Span(span.label, span.start, word.end, span.probability)
            if word.folded not in STOP_WORDS:
                break
        return span

    def _with_name(self, span: Span) -> Span:
        """A wish goes on to a name that nobody knows: "logs to wandb" is one, and names no artifact."""
        if self._labelled.intents[0][0] not in {"find", "recommend"}:
            return span
        for name in self._unknown_spans():
            between = self._masked.text[span.end : name.start] if span.end <= name.start else ","
            if all(word.folded in STOP_WORDS for word in tokens(between)) and not _PARTS.search(between):
                self._absorbed.add(self._words(name))
                return replace(span, end=name.end)
        return span

    def _absent(self, span: Span) -> list[Filter]:
        """The row that things are to be without, where things are listed: "no rank at all"."""
        if self._labelled.intents[0][0] not in _LISTING or self._spans("a"):
            return []
        asked = read_condition(self._words(span), self._using.library, self._using.rows.find)
        return [condition for condition in asked if condition.op == "absent"]

    def _unknown_spans(self) -> list[Span]:
        """The names that nobody knows."""
        mentions = self._masked.mentions
        return [s for s in self._spans(_WANTED) if not any(a < s.end and s.start < b for a, b, _ in mentions)]

    @property
    def _ordering(self) -> bool:
        """Whether things are put in order, which takes a row."""
        return self._labelled.intents[0][0] == "rank" and not self._spans("a")

    def _filters(self) -> list[Filter]:
        library = self._using.library
        found = [f for span in self._spans("c") for f in exact_value(self._words(span), library)]
        found += [condition for span in self._spans("c") for condition in self._absent(span)]
        words = tokens(self._masked.text)
        for value, kind in pairwise(words):
            # "Which free model": a value of the tables right before a kind of thing.
            marked = any(span.start <= value.start < span.end for span in self._labelled.spans)
            if not marked and is_kind(kind.text):
                found += exact_value(value.text, library)
        for span in self._spans("k"):
            found += self._conditions(span)
        return found

    def _bare_row(self, span: Span) -> str:
        """The row that a condition names without asking anything of it: no figure, no "not"; "" for all others."""
        said = self._words(span)
        label = "" if is_negated(said) or re.search(r"\d", said) else self._using.rows.worded(said)
        return label if len(content_words(said)) <= len(content_words(label)) else ""

    def _conditions(self, span: Span) -> list[Filter]:
        """What a condition asks of rows, and of kinds of things: "that isn't an API"."""
        library, said = self._using.library, self._words(span)
        if self._bare_row(span):
            return []
        if kinds := [use for use in find_types(said, library.types) if use.label in library.types]:
            # "Repositories rather than models": what stands before a "not" is wanted.
            return [Filter(TYPE, "!=" if is_negated(said[: use.start]) else "=", use.label) for use in kinds]
        return read_condition(said, library, self._using.rows.find, self._asked_row())

    def _types(self) -> list[Filter]:
        """The kinds of things that are wanted, or ruled out: "not an API"."""
        found = []
        for span in self._spans("t"):
            if self._labelled.intents[0][0] in _SEEKING and self._is_certain(span.start, span.end):
                continue
            if name := find_type(self._words(span), self._using.library):
                ruled_out = _RULED_OUT.search(self._masked.text[: span.start].lower())
                found.append(Filter(TYPE, "!=" if ruled_out else "=", name))
        if not found and self._labelled.intents[0][0] in _LISTING:
            # Outside of what is asked: "leaked API keys" and "my agent" want no API and no agent.
            text = self._masked.text
            marked = [(span.start, span.end) for span in self._labelled.spans if span.label in "cskpxa"]
            found = [
                Filter(TYPE, "=", use.label)
                for use in find_types(text, self._using.library.types)
                if use.label in self._using.library.types
                and not any(a < use.end and use.start < b for a, b in marked)
                and not _OWN.search(text[: use.start].lower())
                and not self._is_certain(use.start, use.end)
            ]
        return list(dict.fromkeys(found))

    def _is_certain(self, start: int, end: int) -> bool:
        """Whether words stand for one certain thing and no kind: "only parts of the model are trained"."""
        return bool(_DEFINITE.search(self._masked.text[:start].lower())) and not self._masked.text[:end].endswith("s")

    def _asked_row(self) -> str:
        return next((label for span in self._spans("c") if (label := self._using.rows.find(self._plain(span)))), "")

    # small things

    def _direction(self) -> int:
        """The end of a row that is asked for: 1 most, -1 least, 0 none."""
        flags = self._labelled.flags
        if self._turns and "keepC" not in self._flags and self._labelled.intents[0][0] == "compare":
            # "What about pricing?" after "which ranks higher?": another row, and its end is not said.
            flags = self._using.reader.read(self._masked.text).flags
        if max(flags["hi"], flags["lo"]) < _LIKELY:
            return 0
        return 1 if flags["hi"] >= flags["lo"] else -1

    def _wants_order(self) -> bool:
        """Whether all are wanted in order rather than the first: no end is named, or several things are."""
        several = any(
            token.folded in _ALL or token.folded.endswith("s")
            for span in self._spans("t")
            for token in tokens(self._words(span))
        )
        return self._direction() == 0 or several or any(token.folded in _ALL for token in tokens(self._text))

    def _limit(self) -> int | None:
        for span in self._spans("n"):
            if number := _COUNTED.search(with_digits(self._words(span).lower())):
                return int(number[0])
        return None

    def _spans(self, label: str) -> list[Span]:
        """The spans with this label; words such as "with a" ask for nothing."""
        own = [span for span in self._labelled.spans if span.label == label]
        return [span for span in own if not (label in "ck" and self._empty(span))]

    def _empty(self, span: Span) -> bool:
        words = tokens(self._masked.text[span.start : span.end])
        return all(word.folded in STOP_WORDS for word in words)

    def _words(self, span: Span) -> str:
        """The words of a span as written."""
        start, end = self._masked.original(span.start), self._masked.original(span.end)
        # A span that begins behind an apostrophe begins with the word: "isn't".
        while start and self._text[start - 1] in "'’":
            start -= 1
            while start and self._text[start - 1].isalnum():
                start -= 1
        return self._text[start:end].strip(" ,;:")

    def _plain(self, span: Span) -> str:
        """The words of a span, known names as "it"."""
        return re.sub(r"⟦\d+⟧", "it", self._masked.text[span.start : span.end]).strip(" ,;:")


def _is_everyday(name: str) -> bool:
    """Whether a name is written in common words without capitals."""
    return all(is_common(word.folded) and word.text.islower() for word in tokens(name))


def _is_superlative(word: str) -> bool:
    """Whether a folded word is one: "highest", as there is "higher", and not "test"."""
    return word in _MOST or (len(word) > 4 and word.endswith("est") and is_common(f"{word[:-2]}r"))


def _kept(turns: Sequence[Turn]) -> tuple[str, ...]:
    """The things that the conversation is about now."""
    for turn in reversed(turns):
        if things := turn.question.artifacts or turn.artifacts:
            return things
    return ()
