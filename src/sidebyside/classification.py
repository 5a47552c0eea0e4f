"""What kind of question a text is by itself, before the conversation is considered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sidebyside import labels as table
from sidebyside.intents import LABELS, Guesser
from sidebyside.records import Filter, Library, Question
from sidebyside.rereading import names_in, reread
from sidebyside.words import ASKING_WORDS, STOP_WORDS, content_words, fold_in_place, tokens

_ALTERNATIVES = re.compile(
    r"\b(?:alternatives?|(?:close|closest|nearest|akin) to(?=\W*$)|"
    r"substitutes?|replacements?|competitors?|rivals?|similar (?:to|artifacts?|tools?|ones?)|"
    r"instead of|"
    r"in place of|(?:something|anything|others?|else|one|tools?|ones)(?: \w+){0,2}? like|comparable to|replaces?|"
    r"besides|other than|"
    r"other (?:options|choices|tools|artifacts|candidates)|along (?:those|these|the same) lines|apart from|"
    r"(?:who|what|anything|something|anyone) else(?= (?:here|in|that|which|who|you|do|is|$)|\W*$)|"
    r"leaving|swap(?:ped)? out|"
    r"switch(?:ing)? (?:away )?from|do(?:es)? (?:\w+ ){0,3}?the same(?! for| as)|"
    r"(?:one|another|something) of (?:the|that|this|its) (?:same )?kind)\b"
)
_BEST_FOR = re.compile(
    r"\b(?:best (?:for|at|suited|used)|use[- ]?cases?|who should|who (?:is|would)|when (?:should|would|to)|"
    r"purpose|what for|in (?:which|what) situations?|makes? sense|"
    r"(?:ideal|suited|suitable|meant|intended|designed|made|good|useful|used|right) for|good at)\b"
)
_BEST_FOR_WORDS = frozenset(
    """best suited suitable ideal purpose good meant intended designed made useful used right case cases use people
    users someone somebody person anyone one choose audience target situation situations make makes sense""".split()
)
_CONFLICT = re.compile(
    r"\b(?:agree|disagree|contradict|conflict|consistent|inconsistent|differ|discrepan|mismatch|"
    r"same (?:everywhere|on (?:all|every|both))|"
    r"(?:all|both|different|other|several|various) (?:pages|sources)|sources say)\w*\b"
)
_VERDICT = re.compile(r"\b(?:verdicts?|conclusions?|conclude[sd]?)\b")
_META_WORDS = frozenset(
    """agree agrees agreed disagree disagrees contradict contradicts contradiction contradictions conflict conflicts
    conflicting consistent inconsistent differ differs discrepancy discrepancies mismatch sources source pages page
    verdict verdicts conclusion table tables numbers fit fits match matches data anywhere everywhere contain facts
    values value""".split()
)
_DESCRIBE_WORDS = frozenset(
    """about overview summary summarize summarise describe description explain detail details info information tell main
    key strengths strength weaknesses pros cons advantages disadvantages tradeoffs trade offs everything general
    introduction intro facts unique special overall whole short quick brief briefly head""".split()
)
_COUNT = re.compile(r"\b(?:how many|number of|count(?: of)?|total(?: number)?(?: of)?)\b")
GENERIC_NOUNS = frozenset(
    """artifact artifacts tool tools entry entries item items option options thing things project projects product
    products page pages library libraries index one ones system systems solution solutions app apps software candidates
    seed seeds catalog catalogue collection database list comparison total overall currently listed indexed stored saved
    value values number numbers table row column status scores score""".split()
)
_NUMBER_WORDS = frozenset("one two three four five six seven eight nine ten".split())
_POLAR = re.compile(
    r"^(?:(?:and|so|but|ok|then)\s+)?(?:is|are|does|do|can|could|will|has|have|was|were|would|should)\b"
)
# "Which cannot...", "does it not...": the verb is denied; "without a network" is part of what is asked about.
_NEGATED = re.compile(
    r"\b(?:cannot|can't|can not|doesn't|does (?:\w+ )?not|don't|do (?:\w+ )?not|isn't|is (?:\w+ )?not|aren't|"
    r"are not|won't|"
    r"will not|unable to|lacks?)\b"
)
_PRICE_PARTS = frozenset(
    """month months monthly year years yearly annually week day hour seat seats user users person people team teams
    developer developers head heads plan plans tier tiers subscription licence license money""".split()
)
_LEAD = STOP_WORDS | frozenset(
    "compare compared comparing versus difference differences better worse choose pick use between terms".split()
)
# Words that put two artifacts beside each other, and lead up to what about: "differ when it comes to memory".
_ABOUT = r"(?:when it comes to|with (?:regard|respect) to|in terms of|as (?:to|regards)|regarding|concerning)"
_COMPARING = re.compile(
    r"\b(?:differ(?:s|ed)?(?:\s+from\b)?|(?:stack|measure|hold)s? up(?:\s+(?:to|with|against)\b)?|"
    rf"(?:different|compares?|compared)\s+(?:from|to|with|against|{_ABOUT}|in|on|for|by))\b"
    rf"(?:\s+(?:{_ABOUT}|in|on|for|at|by)\b)?|\b{_ABOUT}\b",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"\bhow (?:long|big|large|fast|often|far|old|high|well|good|easy|easily|hard|quickly|soon)\b", re.IGNORECASE
)
# Kinds that one sentence of several may settle, unless it leans on another by a pronoun.
_TABLED = frozenset({"fact", "rank", "library", "conflicts", "verdict", "alternatives", "best_for"})
_LEANS_BACK = re.compile(
    r"\b(?:it|its|that(?! (?:is|are|has|have|can)\b)|this|these|those|they|them|their|so|such|there)\b", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.?!]+(?:\s+|$)|\n+")
# A colon ends one too, where no name stands before it.
_CLAUSE_END = re.compile(r"[.?!:]+(?:\s+|$)|\n+")
# A question of fewer words takes what it is about from beside it.
_SHORTEST_SENTENCE = 4
_LISTED = re.compile(r"\s*(?:,|and|or|&|plus)\s*(?:or |and )?(?:the )?")
# Names are blanked; what joined two of them, and what led up to them, says nothing without them: "of     vs    ".
_JOINED_NAMES = re.compile(
    r" {2,}(?:and|or|vs\.?|versus|&|,|than|against|with|to|/)(?: (?:and|or|the|in|of))* {2,}", re.I
)
_STRANDED = re.compile(
    r"\b(?:of|in|for|at|with|by|on|from|do|does|is|are|can|could|will|would|should) {3,}", re.IGNORECASE
)
# A type is a condition where it is what the question looks for, not what somebody works on ("my dataset"): where only
# these words stand before it in its sentence.
_SOUGHT_WORDS = GENERIC_NOUNS | frozenset(
    """now then also well again and so ok but please among only just can could you tell show give me us list name find
    which what how many is are there do does did any all every each the a an of or i need want looking for
    recommend suggest top best highest lowest cheapest worst most least more fewer hold holds first ranked ranking
    rated rank free freemium paid not non other another good those these them got have has had know number count total
    sort sorted order really actually popular expensive available type types kind kinds with in here sum one two
    three four five six seven eight nine ten compare different""".split()
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A question with the names that were found in it: their spans, ids, unknown and ambiguous ones."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    artifacts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def masked(self) -> str:
        """The text with the names blanked, so that every other character keeps its place."""
        characters = list(self.text)
        for start, end in self.spans:
            characters[start:end] = " " * (end - start)
        return "".join(characters)

    @property
    def generic(self) -> str:
        """The text with "it" for every name: the question as it could be asked of any artifact."""
        text = self.text
        for start, end in sorted(self.spans, reverse=True):
            text = f"{text[:start]}it{text[end:]}"
        return text


# Kinds that look for sentences: what no pattern claims ends up as one of them.
LOOKED_UP = frozenset({"support", "compare", "find"})


def classify(reading: Reading, library: Library, guesser: Guesser | None = None) -> Question:
    """The question by itself: by the patterns of its wording, and where none fits, by what `guesser` makes of it."""
    question, bounds = _by_pattern(reading, library)
    if question.kind not in LOOKED_UP:
        return question
    if (core := _core(reading, library, guesser)) is not None:
        return core
    if guesser is None:
        return question
    wanted_next = [question.aspect] if question.aspect else []
    return reread(question, guesser(question.generic, names_in(question), wanted_next), bounds)


def _core(reading: Reading, library: Library, guesser: Guesser | None) -> Question | None:
    """What one sentence of several asks by itself, where that follows a pattern: "worst rank? just curious"."""
    between = _SENTENCE_END if reading.spans else _CLAUSE_END
    ends = [0, *(match.end() for match in between.finditer(reading.masked)), len(reading.text)]
    sentences = [(start, end) for start, end in pairwise(ends) if reading.text[start:end].strip()]
    for start, end in sentences if len(sentences) > 1 else ():
        if not all(start <= begin and stop <= end for begin, stop in reading.spans):
            continue
        text = " " * start + reading.text[start:end] + " " * (len(reading.text) - end)
        question, _ = _by_pattern(replace(reading, text=text), library)
        if question.kind not in _TABLED or _LEANS_BACK.search(replace(reading, text=text).masked):
            continue
        # Without a name, what else is said may be what is looked for: "I need captions. Which are free?"
        rest = reading.masked[:start] + reading.masked[end:]
        whole = len(tokens(text)) >= _SHORTEST_SENTENCE
        if reading.spans or len(list(_topic(rest))) < 2 or (whole and _only_repeats(rest.strip(), question, guesser)):
            return replace(question, text=reading.text)
    return None


def _only_repeats(said: str, question: Question, guesser: Guesser | None) -> bool:
    """Whether something said beside a question is about a row that it asks about too: "I have no budget"."""
    labels = {question.label, *(condition.label for condition in question.filters)}
    return guesser is not None and LABELS.get(guesser(said, 0, ()).subject, "") in labels - {""}


def _by_pattern(reading: Reading, library: Library) -> tuple[Question, tuple[Filter, ...]]:
    """(the question as its wording has it, all conditions in it)."""
    masked = reading.masked
    folded = fold_in_place(masked)
    if len(reading.artifacts) + len(reading.unknown) > 1:
        masked = _COMPARING.sub(lambda found: " " * len(found[0]), masked)
    uses = table.find_labels(masked, known_labels(library))
    types = table.find_types(masked, library.types)
    # "Is the X repo any good?": a type right behind a name belongs to it.
    attached = [(use.start, use.end) for use in types if re.search(r"\w\s{3,}$|^\s{2,}$", folded[: use.start])]
    masked = _blank(masked, attached)
    types = [use for use in types if (use.start, use.end) not in attached]
    conditions, condition_spans = table.find_conditions(masked, uses)
    label = _asked_label(folded, uses, types, conditions, bool(reading.artifacts))
    direction, superlative = table.find_direction(_blank(masked, condition_spans))
    base = Question(
        reading.text, "support", reading.artifacts, reading.unknown, _aspect(masked), reading.generic,
        label=label, direction=direction, superlative=superlative, ordered=table.asks_order(masked),
        limit=table.find_limit(masked),
        ambiguous=reading.ambiguous, counts=bool(_COUNT.search(folded)), polar=bool(_POLAR.match(folded.strip())),
        negated=bool(_NEGATED.search(folded)),
    )  # fmt: skip
    prices = table.find_prices(masked)
    # "Other products like it" are other artifacts of whatever type.
    narrow = [use for use in types if folded[use.start : use.end] not in GENERIC_NOUNS]
    bounds = (*(Filter("Type", "=", use.label) for use in narrow), *prices, *conditions)
    covered = [*((use.start, use.end) for use in uses), *condition_spans]
    if reading.artifacts:
        # "Thimble, the command line one": a type beside a name says which one is meant, not what is asked of it.
        covered += [(use.start, use.end) for use in types if label]
        proposed = [price.value for price in prices] or [use.label for use in types]
        value = proposed[0] if len(proposed) == 1 else ""
        own = tuple(condition for condition in conditions if condition.label == label and condition.op != "absent")
        others = any(re.search(r"\bother\s+$", folded[: use.start]) for use in narrow)
        base = replace(base, value=value, filters=bounds if others or _ALTERNATIVES.search(folded) else own)
        if others and names_in(base) == 1:
            return replace(base, kind="alternatives", label=""), bounds
        return _about_artifacts(base, folded, masked, _blank(masked, covered)), bounds
    if reading.unknown:
        return replace(base, kind="unknown", topic=tuple(_topic(masked))), bounds
    sought = _sought_types(folded, types)
    covered += [(use.start, use.end) for use, _ in sought]
    filters = (*(Filter("Type", op, use.label) for use, op in sought), *prices, *conditions)
    more_of = len(sought) > 1 and bool(re.search(r"\b(?:more|most|fewer|fewest)\b.*\bor\b", folded))
    base = replace(base, filters=tuple(dict.fromkeys(filters)), counts=base.counts or more_of)
    return _about_library(base, folded, _blank(masked, covered)), bounds


def _sought_types(folded: str, types: Sequence[table.LabelUse]) -> list[tuple[table.LabelUse, str]]:
    """The types that are conditions, each with "=" or "!="; one joined to another by "and" or "or" goes with it."""
    sought: list[tuple[table.LabelUse, str]] = []
    for use in types:
        before = folded[: use.start]
        if re.search(r"\b(?:kinds?|types?|sorts?|categor\w+) of\s+$", before):
            continue  # "which kinds of products" asks for types, whatever it calls the things
        if re.search(r"\b(?:not|isn't|aren't|no|except|excluding|other than|but)\s+(?:an?|the|any)?\s*$", before):
            sought.append((use, "!="))
        elif _is_sought(before):
            sought.append((use, "="))
        elif sought and re.fullmatch(
            r"\s*(?:,|and|or|&|plus)\s*(?:or |and )?(?:the )?", folded[sought[-1][0].end : use.start]
        ):
            sought.append((use, sought[-1][1]))
    return sought


def _is_sought(before: str) -> bool:
    """Whether what stands before a type in its sentence leads up to it: "how many artifacts of type"."""
    sentence = re.split(r"[.?!,:;]\s", before)[-1]
    return all(token.folded in _SOUGHT_WORDS or token.folded.isdigit() for token in tokens(sentence))


def known_labels(library: Library) -> list[str]:
    """Every table label of a library."""
    return list(library.labels)


def _asked_label(
    folded: str,
    uses: Sequence[table.LabelUse],
    types: Sequence[table.LabelUse],
    conditions: Sequence[Filter],
    named: bool,
) -> str:
    """The one label a question is about: a row it asks for, not one it only filters by."""
    conditioned = {condition.label for condition in conditions}
    counting = _COUNT.search(folded) or re.search(
        r"\b(?:more|most|fewer|fewest|less|least) (?:capabilit|features)", folded
    )
    wanted = [use for use in uses if use.label not in conditioned or named or len(uses) == 1]
    if not named:
        # In a search, "free" and "paid" are conditions; what is asked for is the price only in other words.
        wanted = [use for use in wanted if folded[use.start : use.end] not in {"free", "paid", "freemium", "gratis"}]
    wanted = [use for use in wanted if use.label != "Capabilities" or counting or "Capabilities" in conditioned]
    if not named and not re.search(r"\b(?:what|which|how many) (?:types?|kinds?|sorts?|categor)", folded):
        wanted = [use for use in wanted if use.label != "Type"]
    after_by = [use for use in wanted if re.search(r"\b(?:by|on|of)\s+(?:the |their )?$", folded[: use.start])]
    if after_by and table.asks_order(folded):
        return after_by[0].label
    if wanted:
        # A bare "score" beside a more telling label gives way: "quality score" is Quality, not UnfragileRank.
        vague = {"score", "scores", "scored", "rated", "rating"}
        telling = [use for use in wanted if folded[use.start : use.end] not in vague]
        return (telling or wanted)[0].label
    if named and types and re.search(r"\b(?:is|are|was)\b", folded):
        return "Type"
    return ""


def _about_artifacts(base: Question, folded: str, masked: str, uncovered: str) -> Question:
    """The kind of a question that names artifacts of the library."""
    topic = tuple(_topic(masked))
    several = names_in(base) > 1
    if _ALTERNATIVES.search(folded) and not several:
        return replace(base, kind="alternatives", label="")
    if _VERDICT.search(folded) and several:
        return replace(base, kind="verdict")
    left = [word for word in _topic(uncovered) if word not in GENERIC_NOUNS]
    of_pages = re.search(r"\b(?:pages?|sources?|everywhere)\b", folded)
    only_meta = all(word in _META_WORDS or word in _DESCRIBE_WORDS for word in left)
    if _CONFLICT.search(folded) and only_meta and (of_pages or not several):
        return replace(base, kind="conflicts")
    if base.label == "Pricing" and not several:
        left = [word for word in left if word not in _PRICE_PARTS]
    if base.label and not left:
        return replace(base, kind="rank" if several else "fact")
    if _BEST_FOR.search(folded) and all(word in _BEST_FOR_WORDS for word in topic):
        return replace(base, kind="overall" if several else "best_for", label="")
    if all(word in _DESCRIBE_WORDS or word in GENERIC_NOUNS or word in {"differ", "differs"} for word in topic):
        return replace(base, kind="overall" if several else "describe", label="")
    return replace(base, kind="compare" if several else "support", topic=topic)


def _about_library(base: Question, folded: str, uncovered: str) -> Question:
    """The kind of a question that names no artifact: counts, lists, superlatives, or what can do something."""
    own = [word for word in _topic(uncovered) if word not in GENERIC_NOUNS and word not in _DESCRIBE_WORDS]
    if _CONFLICT.search(folded) and all(word in _META_WORDS for word in own):
        return replace(base, kind="conflicts")
    if own:
        return replace(base, kind="find", topic=tuple(own))
    generic = any(t.folded in GENERIC_NOUNS for t in tokens(folded)) or re.search(r"\bhave\b|\bthere\b", folded)
    asks = re.search(r"\b(?:list|show|what|which|all|every|names?)\b", folded)
    if not base.label and (base.ordered or base.limit or (base.superlative and (generic or base.filters))):
        return replace(base, kind="library", label="UnfragileRank")
    if base.label or base.filters or base.counts or (generic and asks):
        return replace(base, kind="library")
    return replace(base, kind="find") if base.aspect else replace(base, kind="chat")


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    return Reading(text, tuple(spans)).masked


def _aspect(masked: str) -> str:
    """What is left of a question once names and the words around them are gone: "handles a longer context"."""
    masked = _STRANDED.sub(" ", _JOINED_NAMES.sub(" " * 4, masked))
    words = tokens(masked)
    while words and words[0].folded in _LEAD and words[0].folded not in {"not", "no", "more", "most"}:
        words.pop(0)
    while words and words[-1].folded in _LEAD:
        words.pop()
    if not words:
        return ""
    return re.sub(r"\s+", " ", masked[words[0].start : words[-1].end]).strip()


def _topic(text: str) -> Iterator[str]:
    """Content words that say what a question is about, each once; numbers alone say nothing."""
    seen = set()
    for word in content_words(_HOW.sub(" ", text)):
        bare = word.removesuffix("'s")
        if bare in ASKING_WORDS or bare in _NUMBER_WORDS or bare in seen:
            continue
        if any(char.isalpha() for char in bare):
            seen.add(bare)
            yield bare
