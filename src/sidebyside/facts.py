"""The facts lane: what tables alone answer: values, winners, counts, lists, superlatives, conflicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sidebyside.labels import PRICES, number_in
from sidebyside.records import Artifact, Evidence, Fact, Filter, Library, Question, Status, Table
from sidebyside.words import fold, join_names

Cite = Callable[[Evidence], str]

# Rows of the small comparison table, in this order where pages have them; other labels follow.
_TABLE_LABELS = (
    "Type",
    "UnfragileRank",
    "Adoption",
    "Quality",
    "Ecosystem",
    "Match Graph",
    "Pricing",
    "Capabilities",
    "Times Matched",
)
# More names than this in one list, and the rest is counted.
_LONGEST_LIST = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """What the tables say: Markdown with citations, a status, and the artifacts (ids) it is about."""

    text: str
    status: Status
    artifacts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def row_evidence(artifact: Artifact, fact: Fact) -> Evidence:
    """A table row as evidence; its quote is the row ("UnfragileRank: 45/100")."""
    return Evidence(artifact.id, "fact", fact.row, fact.source, context=f"{artifact.label} | {fact.row}")


def distinct(artifact: Artifact, label: str) -> list[Fact]:
    """One fact per distinct value of a label, in source order."""
    by_value: dict[str, Fact] = {}
    for fact in artifact.values(label):
        by_value.setdefault(fact.value, fact)
    return list(by_value.values())


def comparison_table(artifacts: Sequence[Artifact]) -> Table | None:
    """Every label that at least one of the artifacts has; conflicting values are joined with " / "."""
    present = {fact.label: None for artifact in artifacts for fact in artifact.facts}
    labels = [label for label in _TABLE_LABELS if label in present] + [x for x in present if x not in _TABLE_LABELS]
    if not labels or not artifacts:
        return None
    rows = [(label, *(" / ".join(f.value for f in distinct(a, label)) or "–" for a in artifacts)) for label in labels]
    return Table(("", *(a.label for a in artifacts)), tuple(rows))


def conflict_notes(artifacts: Sequence[Artifact], labels: Sequence[str] | None = None) -> list[str]:
    """One note for every label (of `labels`, or any) for which pages give an artifact different values."""
    notes = []
    for artifact in artifacts:
        for label in dict.fromkeys(fact.label for fact in artifact.facts):
            facts = distinct(artifact, label)
            if len(facts) > 1 and (labels is None or label in labels):
                values = join_names((f"{fact.value} ({_where(fact)})" for fact in facts), "or")
                notes.append(f"Pages disagree on {label} of {artifact.label}: {values}.")
    return notes


def tell_fact(artifact: Artifact, question: Question, cite: Cite) -> Finding:
    """One value of one artifact, with yes or no where the question proposes a value."""
    label = question.label
    facts = distinct(artifact, label)
    if not facts:
        return Finding(f"The pages do not state {label} for **{artifact.label}**.", "not_found", (artifact.id,))
    values = _cited_values(artifact, facts, cite)
    return Finding(
        f"{_yes_or_no(facts, question)}{_sentence(artifact, label, values, facts)}", "answered", (artifact.id,)
    )


def _sentence(artifact: Artifact, label: str, values: str, facts: Sequence[Fact]) -> str:
    name = f"**{artifact.label}**"
    if label == "Type":
        article = "an" if facts[0].value[:1].lower() in "aeiou" else "a"
        return f"{name} is {article} {values}."
    if label == "Capabilities" and len(facts) == 1 and (number := number_in(facts[0].value)) is not None:
        return f"{name} has {number:g} capabilities {values.removeprefix(facts[0].value).strip()}."
    if label == "Pricing":
        return f"The pricing of {name} is {values}."
    return f"The {label} of {name} is {values}."


def _cited_values(artifact: Artifact, facts: Sequence[Fact], cite: Cite) -> str:
    """ "45/100 [1]", or with several pages "45/100 [1] on a.txt, or 40/100 [2] on b.txt"."""
    if len(facts) == 1:
        return f"{facts[0].value} {cite(row_evidence(artifact, facts[0]))}"
    told = (f"{fact.value} {cite(row_evidence(artifact, fact))} on {_where(fact)}" for fact in facts)
    return join_names(told, "or")


def _where(fact: Fact) -> str:
    return f"{fact.source.file}, {fact.source.date}" if fact.source.date else fact.source.file


def _yes_or_no(facts: Sequence[Fact], question: Question) -> str:
    """ "Yes. " or "No. " where the question proposes a value or a bound and all pages agree on it."""
    if not question.polar:
        return ""
    if question.filters:
        holds = {all(satisfies(fact.value, f) for f in question.filters if f.label == fact.label) for fact in facts}
    elif question.value:
        holds = {fold(fact.value) == fold(question.value) for fact in facts}
    else:
        return ""
    if len(holds) > 1:
        return "The pages disagree. "
    answer = holds.pop() != (question.negated and not question.filters)
    return "Yes. " if answer else "No. "


def compare_fact(artifacts: Sequence[Artifact], question: Question, cite: Cite) -> Finding:
    """The same label for several artifacts: the winner with all values, or that they tie, or who has none."""
    label = question.label
    stated = [a for a in artifacts if a.values(label)]
    silent = [a for a in artifacts if not a.values(label)]
    ids = tuple(a.id for a in artifacts)
    if not stated:
        return Finding(f"The pages do not state {label} for {_names(artifacts, 'or')}.", "not_found", ids)
    text = _ranking(stated, question, cite) if len(stated) > 1 else _tell_one(stated[0], label, cite)
    if silent:
        text += f" The pages do not state {label} for {_names(silent, 'or')}."
    return Finding(text, "partial" if silent else "answered", ids)


def _tell_one(artifact: Artifact, label: str, cite: Cite) -> str:
    facts = distinct(artifact, label)
    return _sentence(artifact, label, _cited_values(artifact, facts, cite), facts)


def _ranking(artifacts: Sequence[Artifact], question: Question, cite: Cite) -> str:
    """Values of at least two artifacts in order, with the winner first where there is one."""
    label, direction = question.label, question.direction or 1
    if label == "Pricing":
        direction = -1 if question.direction <= 0 else 1
    spans = {a.id: _span(a, label) for a in artifacts}
    if any(span is None for span in spans.values()):
        return _each(artifacts, label, cite)
    known = {key: span for key, span in spans.items() if span is not None}
    ordered = sorted(
        artifacts, key=lambda a: (-direction * (known[a.id][1] if direction > 0 else known[a.id][0]), a.label)
    )
    first, second = known[ordered[0].id], known[ordered[1].id]
    if len(set(known.values())) == 1 and first[0] == first[1]:
        return _tie(ordered, label, cite)
    clear = first[0] > second[1] if direction > 0 else first[1] < second[0]
    if not clear:
        return _unclear(ordered, known, label, cite)
    winner = ordered[0]
    wins = _wins(label, direction, len(ordered) > 2)
    lead = f"**{winner.label}** {wins}: {_cited_values(winner, distinct(winner, label), cite)}"
    others = [f"{_cited_values(a, distinct(a, label), cite)} for **{a.label}**" for a in ordered[1:]]
    return f"{lead}, against {join_names(others)}."


def _wins(label: str, direction: int, many: bool) -> str:
    if label == "Pricing":
        word = "least" if many else "less"
        return f"costs {word}" if direction < 0 else f"costs {'most' if many else 'more'}"
    if label == "Capabilities":
        word = ("the most" if direction > 0 else "the fewest") if many else ("more" if direction > 0 else "fewer")
        return f"has {word} capabilities"
    word = "high" if direction > 0 else "low"
    return f"has the {word}{'est' if many else 'er'} {label}"


def _each(artifacts: Sequence[Artifact], label: str, cite: Cite) -> str:
    """Values that have no order, such as types: each with its own, sameness said."""
    values = {a.id: {fact.value for fact in a.values(label)} for a in artifacts}
    if len({frozenset(v) for v in values.values()}) == 1 and all(len(v) == 1 for v in values.values()):
        return _tie(artifacts, label, cite)
    told = (f"{_cited_values(a, distinct(a, label), cite)} for **{a.label}**" for a in artifacts)
    return f"{label}: {join_names(told)}."


def _tie(artifacts: Sequence[Artifact], label: str, cite: Cite) -> str:
    facts = [distinct(a, label)[0] for a in artifacts]
    marks = "".join(cite(row_evidence(a, fact)) for a, fact in zip(artifacts, facts, strict=True))
    both = "both" if len(artifacts) == 2 else "all"
    return f"{_names(artifacts)} {both} have the same {label}: {facts[0].value} {marks}."


def _unclear(ordered: Sequence[Artifact], spans: dict[str, tuple[float, float]], label: str, cite: Cite) -> str:
    """No single winner: the first ones share the place, or pages disagree enough to change it."""
    told = join_names(f"{_cited_values(a, distinct(a, label), cite)} for **{a.label}**" for a in ordered)
    top = [a for a in ordered if spans[a.id] == spans[ordered[0].id]]
    if len(top) > 1 and all(low == high for low, high in spans.values()):
        return f"{_names(top)} share the first place on {label}: {told}."
    return f"The pages do not settle which is ahead on {label}, because they disagree: {told}."


def _span(artifact: Artifact, label: str) -> tuple[float, float] | None:
    """Lowest and highest value that pages give, as numbers; None where a value has no order."""
    numbers = [_order(fact) for fact in artifact.values(label)]
    known = [number for number in numbers if number is not None]
    return (min(known), max(known)) if known and len(known) == len(numbers) else None


def _order(fact: Fact) -> float | None:
    if fact.label == "Pricing" and fact.value in PRICES:
        return float(PRICES.index(fact.value))
    return number_in(fact.value)


def _names(artifacts: Sequence[Artifact], last: str = "and") -> str:
    return join_names((f"**{a.label}**" for a in artifacts), last)


def satisfies(value: str, condition: Filter) -> bool:
    """Whether a cell meets a condition; words are compared without case, numbers as numbers."""
    wanted, got = number_in(condition.value), number_in(value)
    if wanted is None or got is None:
        same = fold(value) == fold(condition.value)
        return same if condition.op == "=" else not same if condition.op == "!=" else False
    checks = {
        "=": got == wanted,
        "!=": got != wanted,
        "<": got < wanted,
        "<=": got <= wanted,
        ">": got > wanted,
        ">=": got >= wanted,
    }
    return checks[condition.op]


def matching(library: Library, filters: Sequence[Filter]) -> list[tuple[Artifact, list[Fact]]]:
    """Artifacts that meet every condition, each with the rows that show it; several prices mean any of them."""
    found = []
    for artifact in library.artifacts:
        shown = _shown(artifact, filters)
        if shown is not None:
            found.append((artifact, shown))
    return found


def _shown(artifact: Artifact, filters: Sequence[Filter]) -> list[Fact] | None:
    shown = []
    for label in dict.fromkeys(f.label for f in filters):
        group = [f for f in filters if f.label == label]
        if any(f.op == "absent" for f in group):
            if artifact.values(label):
                return None
            continue
        alternatives = label in {"Pricing", "Type"} and all(f.op == "=" for f in group)
        check = any if alternatives else all
        fitting = [fact for fact in distinct(artifact, label) if check(satisfies(fact.value, f) for f in group)]
        if not fitting:
            return None
        shown.append(fitting[0])
    return shown


def answer_library(library: Library, question: Question, cite: Cite) -> Finding:
    """Counts, lists, superlatives and filters over the whole library."""
    rows = matching(library, question.filters)
    if not rows:
        return Finding(
            f"No artifact in the library {_said(question.filters)}.", "answered" if question.filters else "not_found"
        )
    if question.label and (question.superlative or question.limit or question.ordered) and not question.counts:
        return _superlative(rows, question, cite)
    if question.label and question.label != "Capabilities" and not question.counts and not question.filters:
        return _all_values(library, question, cite)
    return _listing(library, rows, question, cite)


def _superlative(rows: Sequence[tuple[Artifact, list[Fact]]], question: Question, cite: Cite) -> Finding:
    """The first ones by a label, or all of them in order, among the artifacts that meet the conditions."""
    label, direction = question.label, question.direction or (-1 if question.label == "Pricing" else 1)
    among = f" among the {len(rows)} artifacts that {_said(question.filters, plural=True)}" if question.filters else ""
    ranked = {a.id: (a, span) for a, _ in rows if (span := _span(a, label)) is not None}
    if not ranked:
        return Finding(f"No page states {label}{among}.", "not_found")
    best = {key: (span[1] if direction > 0 else span[0]) for key, (_, span) in ranked.items()}
    ordered = sorted((a for a, _ in ranked.values()), key=lambda a: (-direction * best[a.id], a.label))
    if label == "Pricing" and any(f.label == "Pricing" for f in question.filters):
        return _unpriced(ordered, among, cite)
    limit = len(ordered) if question.ordered else question.limit or 1
    # A place is not cut in the middle: everyone level with the last one shown is shown.
    last = best[ordered[min(limit, len(ordered)) - 1].id]
    chosen = [a for a in ordered if direction * (best[a.id] - last) >= 0]
    return _tell_first(chosen, question, "highest" if direction > 0 else "lowest", among, cite)


def _tell_first(chosen: Sequence[Artifact], question: Question, word: str, among: str, cite: Cite) -> Finding:
    """The artifacts that come first, as a sentence for one place and as a list for more."""
    label = question.label
    ids = tuple(a.id for a in chosen)
    told = [(a, _cited_values(a, distinct(a, label), cite)) for a in chosen[:_LONGEST_LIST]]
    if len(chosen) == 1:
        return Finding(f"**{chosen[0].label}** has the {word} {label}{among}: {told[0][1]}.", "answered", ids)
    if not question.ordered and (question.limit or 1) == 1:
        values = join_names(f"**{a.label}** {value}" for a, value in told)
        return Finding(f"{len(chosen)} artifacts share the {word} {label}{among}: {values}.", "answered", ids)
    head = (
        f"By {label}, {word} first{among}:"
        if question.limit is None
        else f"The {question.limit} {word} by {label}{among}:"
    )
    lines = [f"{place}. **{a.label}**: {value}" for place, (a, value) in enumerate(told, 1)]
    return Finding(head + "\n\n" + "\n".join(lines), "answered", ids)


def _unpriced(artifacts: Sequence[Artifact], among: str, cite: Cite) -> Finding:
    """Artifacts of one price class cannot be ranked by price: the table has no amounts."""
    names = join_names(f"**{a.label}** {_cited_values(a, distinct(a, 'Pricing'), cite)}" for a in artifacts)
    text = f"The tables give price classes, not amounts, so they do not settle this{among}: {names}."
    return Finding(text, "answered", tuple(a.id for a in artifacts))


def _all_values(library: Library, question: Question, cite: Cite) -> Finding:
    """Every artifact with its value, highest first where values have an order."""
    label = question.label
    stated = [a for a in library.artifacts if a.values(label)]
    if not stated:
        return Finding(f"No page states {label}.", "not_found")
    stated.sort(key=lambda a: (-(_span(a, label) or (0.0, 0.0))[1], a.label))
    lines = [f"- **{a.label}**: {_cited_values(a, distinct(a, label), cite)}" for a in stated[:_LONGEST_LIST]]
    more = [f"- and {len(stated) - _LONGEST_LIST} more"] if len(stated) > _LONGEST_LIST else []
    silent = [a for a in library.artifacts if not a.values(label)]
    unnamed = [f"{len(silent) - _LONGEST_LIST} more"] if len(silent) > _LONGEST_LIST else []
    named = join_names([*(f"**{a.label}**" for a in silent[:_LONGEST_LIST]), *unnamed], "or")
    rest = f"\n\nThe pages do not state it for {named}." if silent else ""
    text = f"{label} of {len(stated)} artifacts:\n\n" + "\n".join(lines + more) + rest
    return Finding(text, "answered", tuple(a.id for a in stated))


def _listing(library: Library, rows: Sequence[tuple[Artifact, list[Fact]]], question: Question, cite: Cite) -> Finding:
    """How many and which artifacts meet the conditions, each with the rows that show it."""
    total = len(library.artifacts)
    ids = tuple(artifact.id for artifact, _ in rows)
    names = [_listed(artifact, shown, cite) for artifact, shown in rows[:_LONGEST_LIST]]
    if len(rows) > _LONGEST_LIST:
        names.append(f"{len(rows) - _LONGEST_LIST} more")
    if not question.filters:
        head = f"The library holds {total} artifact{'s' if total != 1 else ''}"
    elif len(rows) == 1:
        head = f"1 of {total} artifacts {_said(question.filters)}"
    else:
        head = f"{len(rows)} of {total} artifacts {_said(question.filters, plural=True)}{_by_type(rows, question)}"
    return Finding(f"{head}: {join_names(names)}.", "answered", ids)


def _by_type(rows: Sequence[tuple[Artifact, list[Fact]]], question: Question) -> str:
    """How many there are of each type that is asked for, where several are: " (4 Model, 3 MCP Server)"."""
    types = [f for f in question.filters if f.label == "Type" and f.op == "="]
    if len(types) < 2:
        return ""
    counts = {f.value: sum(_shown(artifact, [f]) is not None for artifact, _ in rows) for f in types}
    told = (f"{count} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
    return f" ({', '.join(told)})"


def _listed(artifact: Artifact, shown: Sequence[Fact], cite: Cite) -> str:
    """A name with its rows; without conditions the type row stands for it, so that every name is cited."""
    rows = list(shown) or distinct(artifact, "Type")[:1] or list(artifact.facts[:1])
    numeric = [fact.value for fact in rows if fact.label not in {"Type", "Pricing"}] if shown else []
    value = f" ({', '.join(numeric)})" if numeric else ""
    return f"**{artifact.label}**{value} " + "".join(cite(row_evidence(artifact, fact)) for fact in rows)


def _said(filters: Sequence[Filter], *, plural: bool = False) -> str:
    """Conditions in words, as a predicate: "is a Model, is Free and has UnfragileRank above 40"."""
    be, have = ("are", "have") if plural else ("is", "has")
    words = {">": "above", "<": "below", ">=": "of at least", "<=": "of at most", "=": "of", "!=": "other than"}
    said = []
    for label in dict.fromkeys(f.label for f in filters):
        group = [f for f in filters if f.label == label]
        values = join_names((f.value for f in group), "or")
        if any(f.op == "absent" for f in group):
            said.append(f"{have} no {label}")
        elif label == "Type":
            article = "" if plural else ("an " if values[:1].lower() in "aeiou" else "a ")
            said.append(f"{be} {'of type ' if plural else article}{values}")
        elif label == "Pricing":
            said.append(f"{be} {'not ' if group[0].op == '!=' else ''}{values}")
        else:
            bounds = join_names(f"{words[f.op]} {f.value}" for f in group)
            said.append(
                f"{have} {label} {bounds}" if label != "Capabilities" else f"{have} a number of capabilities {bounds}"
            )
    return join_names(said) or ("exist" if plural else "exists")
