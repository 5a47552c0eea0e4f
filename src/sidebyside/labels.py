"""Table labels in the wording of questions: which label is meant, which direction, which conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sidebyside.records import Filter
from sidebyside.words import fold_in_place

# How people ask for a row of the table. Page vocabulary comes first, everyday words after it.
_LABEL_WORDS: dict[str, str] = {
    "UnfragileRank": r"unfragile(?: ?rank\w*| ?scor\w+)?|overall (?:rank|score|rating)\w*|rank\w*|outrank\w*|"
    r"un(?:rank|rat|scor)ed|ratings?|rated|scor(?:es?|ed|ing)",
    "Adoption": r"adoption(?: scores?)?|adopted|popularity|popular",
    "Quality": r"quality(?: scores?)?",
    "Ecosystem": r"ecosystem(?: scores?)?",
    "Match Graph": r"match[- ]?graph(?: scores?)?",
    "Pricing": r"pric(?:es?|ing|ed|ey)(?: models?| plans?| tiers?)?|costs?|costing|free|freemium|paid|pay|"
    r"cheap\w*|expensive|money|gratis|for nothing|no charge|charges?|subscriptions?|paywall(?:ed)?",
    "Capabilities": r"(?:number|count|amount) of (?:decomposed )?(?:capabilities|features)|capabilit(?:y|ies) counts?|"
    r"(?:how many|more|most|fewer|fewest|less|least) (?:decomposed |listed |total )?(?:capabilities|features)|"
    r"capabilities|capability",
    "Times Matched": r"times matched|matched (?:the )?(?:more|most|less|fewer|fewest|least)(?: times| often)?|"
    r"(?:often|many times|times) (?:been |has it been |was it |it is )?matched|matched|"
    r"match(?:es)? counts?",
    "Type": r"(?:what|which) (?:types?|kinds?|sorts?|categor(?:y|ies)|class(?:es)?)|artifact types?|\btypes?\b|"
    r"categor(?:y|ies)",
}
# Labels where a bare number is a table cell, so that conditions such as "above 40" make sense.
_WORD_NUMBERS = {
    **{word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())},
    **{word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)},
    "once": 1, "twice": 2,
}  # fmt: skip
# "One" is left out: "the worst rated one" counts nothing.
_NUMBER = rf"(\d+(?:\.\d+)?|{'|'.join(word for word in _WORD_NUMBERS if word != 'one')})(?:\s?/\s?100)?"
_OPS: tuple[tuple[str, str], ...] = (
    (r"(?:at least|no less than|minimum(?: of)?|min|>=|≥|not (?:below|under))", ">="),
    (r"(?:at most|no more than|maximum(?: of)?|max|up to|<=|≤|not (?:above|over))", "<="),
    (r"(?:above|over|more than|greater than|higher than|better than|bigger than|exceeds?|exceeding|>)", ">"),
    (r"(?:below|under|less than|lower than|fewer than|worse than|smaller than|<)", "<"),
    (r"(?:exactly|equal to|equals?|of|is|=|:)", "="),
)
_HIGH = re.compile(
    r"\b(?P<superlative>highest|most|top|best|largest|biggest|greatest|maximum|max|longest|first|strongest|priciest|leading)\b|"
    r"\b(?:higher|better|larger|bigger|greater|leads?|more|longer|stronger|expensive|wins?|ahead|outranks?|beats?)\b"
)
_LOW = re.compile(
    r"\b(?P<superlative>lowest|least|fewest|worst|smallest|bottom|minimum|min|weakest|shortest|cheapest|last|poorest)\b|"
    r"\b(?:lower|fewer|worse|smaller|weaker|less|shorter|cheap|cheaper|behind|loses?|trails?)\b"
)
_LIMIT = re.compile(
    r"\b(?:top|best|first|highest|lowest|bottom|worst|leading)[ -](\d{1,3}|two|three|four|five|six|seven|eight|"
    r"nine|ten)\b"
)
_LIMIT_BEFORE = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|\d{1,2}) (?:highest|lowest|best|top|worst|most|least|"
    r"cheapest|priciest|strongest|weakest)\b"
)

# The type words of pages, used when a library does not (yet) hold such a thing: "no datasets here" is an answer.
PAGE_TYPES = (
    "Agent", "API", "Benchmark", "CLI", "Dataset", "Extension", "Framework", "MCP Server", "Model", "Platform",
    "Product", "Prompt", "Repository", "Skill", "Template", "Web App", "Workflow",
)  # fmt: skip
_TYPE_SYNONYMS = {
    "repo": "Repository",
    "mcp": "MCP Server",
    "webapp": "Web App",
    "web application": "Web App",
    "plugin": "Extension",
    "command line": "CLI",
    "command-line": "CLI",
    "llm": "Model",
    "language model": "Model",
}
PRICES = ("Free", "Freemium", "Paid")


@dataclass(frozen=True, slots=True)
class LabelUse:
    """A label found in a question, with the characters [start, end) that name it."""

    label: str
    start: int
    end: int


def find_labels(text: str, known: Iterable[str]) -> list[LabelUse]:
    """Every table label that a text names, in order; `known` holds the labels of the library, any of which counts."""
    folded = fold_in_place(text)
    found: list[LabelUse] = []
    for label in known:
        words = _LABEL_WORDS.get(label) or re.escape(fold_in_place(label))
        found.extend(LabelUse(label, m.start(), m.end()) for m in re.finditer(rf"(?<!\w)(?:{words})(?!\w)", folded))
    found.sort(key=lambda use: (use.start, -use.end))
    longest: list[LabelUse] = []
    for use in found:
        if not longest or use.start >= longest[-1].end:
            longest.append(use)
    return longest


def find_direction(text: str) -> tuple[int, bool]:
    """(direction, superlative): 1 where a text asks for more or the highest, -1 for less or the lowest, 0 for neither.

    The first such word decides.
    """
    folded = fold_in_place(text)
    high, low = _HIGH.search(folded), _LOW.search(folded)
    if expensive := re.search(r"\b(?:less|(least)) expensive\b", folded):
        return -1, bool(expensive[1])
    if low and (not high or low.start() < high.start()):
        return -1, bool(low["superlative"])
    return (1, bool(high["superlative"])) if high else (0, False)


def find_limit(text: str) -> int | None:
    """How many of a ranking are wanted: 3 for "top 3" and "three highest"; None where no number is named."""
    folded = fold_in_place(text)
    found = _LIMIT.search(folded) or _LIMIT_BEFORE.search(folded)
    if not found:
        return None
    return int(_figure(found[1]))


_SORT = re.compile(
    r"\b(?:sort(?:ed)?|order(?:ed)?|rank(?:ed)? (?:all|them|the|every\w*|these|those|free|paid|freemium)|list \w+ by|"
    r"(?:best|highest|worst|lowest|cheapest) (?:ones? )?first|(?:ranked|listed) by|(?:as|in) (?:a )?(?:ranking|"
    r"order)|(?:best|worst|top|bottom|highest|lowest|high|low|cheapest|most|least)(?: to | ?(?:->|>|→) ?)"
    r"(?:best|worst|top|bottom|highest|lowest|high|low|priciest|most|least))\b"
)


def asks_order(text: str) -> bool:
    """Whether a text asks for all of a list in order: "sort the free ones by rank"."""
    return bool(_SORT.search(fold_in_place(text)))


def find_types(text: str, known: Iterable[str]) -> list[LabelUse]:
    """Every artifact type that a text names ("repos", "MCP servers"); `label` holds the type as pages word it."""
    folded = fold_in_place(text)
    spellings = {fold_in_place(name): name for name in (*PAGE_TYPES, *known) if name}
    spellings |= {word: name for word, name in _TYPE_SYNONYMS.items() if fold_in_place(name) in spellings}
    found: list[LabelUse] = []
    for word in sorted(spellings, key=len, reverse=True):
        plural = rf"{re.escape(word[:-1])}(?:y|ies)" if word.endswith("y") else rf"{re.escape(word)}s?"
        for m in re.finditer(rf"(?<![\w-]){plural}(?![\w-])", folded):
            if not any(use.start <= m.start() < use.end for use in found):
                found.append(LabelUse(spellings[word], m.start(), m.end()))
    return sorted(found, key=lambda use: use.start)


_FOR_MONEY = re.compile(
    r"\b(?:costs?|costing|charges?|wants?|takes?|asks? for) (?:you |me |us )?(?:some )?(?:money|something)\b|"
    r"\bfor money\b"
)
_FOR_NOTHING = re.compile(
    r"\b(?:costs?|costing|for|charges?) nothing\b|\bgratis\b|\b(?:no|without) (?:charges?|costs?|paying|payment|"
    r"spending|fees?)\b|"
    r"\b(?:nobody|no one|not|never|don't|doesn't|needn't)\b[\w' ]{0,16}\b(?:pay|cost|charge)\w*"
)


def find_prices(text: str) -> list[Filter]:
    """Conditions on the price class: "free", "not free"; "free or freemium" gives two, either of which may hold."""
    folded = fold_in_place(text)
    found = []
    for price in PRICES:
        for m in re.finditer(rf"\b{price.lower()}\b", folded):
            negated = re.search(r"\b(?:not|non|isn't|aren't|never|neither|nor)[ -](?:\w+ )?$", folded[: m.start()])
            found.append(Filter("Pricing", "!=" if negated else "=", price))
    if _FOR_MONEY.search(folded):
        found.append(Filter("Pricing", "!=", "Free"))
    if _FOR_NOTHING.search(folded):
        found.append(Filter("Pricing", "=", "Free"))
    # "costs money, pricing: paid" says the same twice; the plainer condition stays.
    plain = [condition for condition in found if condition.op == "="]
    return list(dict.fromkeys(plain or found))


# "No rank", "without a price": the row is missing. "No charge" and "without a subscription" are what a row may say.
_LACKING = re.compile(r"\b(?:no|missing|lacks?|lacking|without)(?: an?| any)?(?: known| stated| given)? $")
_UNRANKED = re.compile(r"un(?:rank|rat|scor)ed")
_ROW_OF_PRICES = re.compile(r"pric(?:es?|ing)")


def _missing_from(folded: str, use: LabelUse) -> int | None:
    """Where the words begin by which a row is said to be missing; None where it is not."""
    word = folded[use.start : use.end]
    if _UNRANKED.fullmatch(word):
        return use.start
    lacking = _LACKING.search(folded[: use.start])
    is_row = use.label != "Pricing" or _ROW_OF_PRICES.fullmatch(word)
    return lacking.start() if lacking and is_row else None


def find_conditions(text: str, labels: Sequence[LabelUse]) -> tuple[list[Filter], list[tuple[int, int]]]:
    """Numeric conditions ("ranked above 40", "quality 1") with the label nearest to each, and the spans they take."""
    folded = fold_in_place(text)
    filters: list[Filter] = []
    spans: list[tuple[int, int]] = []
    labels = labels or _rank_meant(folded)
    between = re.search(rf"\b(?:between|from)\s+{_NUMBER}\s*(?:and|(?:up )?to|-|–)\s*{_NUMBER}(?!\w)", folded)
    if between and (use := _nearest(labels, between.start(), between.end())):
        bounds = [Filter(use.label, ">=", _figure(between[1])), Filter(use.label, "<=", _figure(between[2]))]
        return bounds, [between.span()]
    for words, op in _OPS:
        for m in re.finditer(rf"(?<!\w){words}(?:\s+|(?<=\W)){_NUMBER}(?!\w|%|\.\d)", folded):
            if any(start < m.end() and m.start() < end for start, end in spans):
                continue
            use = _nearest(labels, m.start(), m.end())
            if use:
                filters.append(Filter(use.label, op, _figure(m[1])))
                spans.append(m.span())
    for use in labels:
        if (start := _missing_from(folded, use)) is not None:
            filters.append(Filter(use.label, "absent", ""))
            spans.append((start, use.end))
            continue
        counted = re.search(rf"(?<!\w){_NUMBER}\s+$", folded[: use.start])
        bound = re.match(r"\s*(?:or (more|higher|above)|or (fewer|less)|and (?:up|more)|plus|\+)", folded[use.end :])
        if counted and bound and not any(start < use.start and counted.start() < end for start, end in spans):
            filters.append(Filter(use.label, "<=" if bound[2] else ">=", _figure(counted[1])))
            spans.append((counted.start(), use.end + bound.end()))
            continue
        bare = re.match(rf"(?: score)?\s+{_NUMBER}(?!\w)", folded[use.end :])
        if bare and not any(start <= use.end + bare.start(1) < end for start, end in spans):
            or_more = re.match(r"\s*(?:or (?:more|higher|above|better)|\+)", folded[use.end + bare.end() :])
            filters.append(Filter(use.label, ">=" if or_more else "=", _figure(bare[1])))
            spans.append((use.end, use.end + bare.end() + (or_more.end() if or_more else 0)))
    return filters, spans


def _rank_meant(folded: str) -> list[LabelUse]:
    """ "The ones above 45": where nothing else is named, a bound with no noun after it is on the rank."""
    bound = re.search(
        r"\b(?:above|over|below|under|at least|at most|more than|less than|between \d+ and|from \d+ (?:up )?to) "
        rf"{_NUMBER}"
        r"(?=\s*(?:$|[?.!,]|and\b|or\b))",
        folded,
    )
    return [LabelUse("UnfragileRank", bound.start(), bound.start())] if bound else []


def _figure(written: str) -> str:
    """A number as figures: "ten" and "10" are both "10"."""
    return str(_WORD_NUMBERS.get(written, written))


def _nearest(labels: Sequence[LabelUse], start: int, end: int) -> LabelUse | None:
    countable = [use for use in labels if use.label not in {"Type", "Pricing"}]
    return min(countable, key=lambda use: max(start - use.end, use.start - end, 0), default=None)


def number_in(value: str) -> float | None:
    """The number a cell holds: 45 for "45/100", 12 for "12 decomposed", None for a word."""
    found = re.match(r"\s*[$€£]?\s?(-?\d+(?:,\d{3})*(?:\.\d+)?)", value)
    return float(found[1].replace(",", "")) if found else None
