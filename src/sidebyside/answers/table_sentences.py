"""The facts lane: what tables alone answer: values, winners, counts, lists, superlatives, conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sidebyside.records import Artifact, Evidence, Fact, Filter, Library, Question, Status, Table
from sidebyside.records.schema import LABELS, TYPE
from sidebyside.text.comparatives import adjective, named_end, predicate
from sidebyside.text.comparing import Comparison, compare_sides, meets
from sidebyside.text.values import read_cell
from sidebyside.text.words import fold, join_names

Cite = Callable[[Evidence], str]

# More names than this in one list, and the rest is counted.
_LONGEST_LIST = 60
# Those behind the first one, or not comparable with it, that are told.
_BEHIND = 9


@dataclass(frozen=True, slots=True)
class Finding:
    """What the tables say: Markdown with citations, a status, the artifacts (ids) it is about, and who is ahead."""

    text: str
    status: Status
    artifacts: tuple[str, ...] = ()
    winner: str = ""


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
    labels = [label for label in LABELS if label in present] + [x for x in present if x not in LABELS]
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
    if not _compare([artifact], label).stated:
        return Finding(_unstated([artifact], label, cite), "not_found", (artifact.id,))
    values = _cited_values(artifact, facts, cite)
    return Finding(
        f"{_yes_or_no(facts, question)}{_sentence(artifact, label, values, facts)}", "answered", (artifact.id,)
    )


def _compare(artifacts: Sequence[Artifact], label: str) -> Comparison:
    """The cells of some artifacts in one row, on one measure."""
    return compare_sides([[fact.value for fact in distinct(artifact, label)] for artifact in artifacts], label)


def _unstated(artifacts: Sequence[Artifact], label: str, cite: Cite) -> str:
    """That pages have no value for these; a row that says so itself ("N/A") is cited."""
    told = (
        f"**{a.label}** ({_cited_values(a, distinct(a, label), cite)})" if a.values(label) else f"**{a.label}**"
        for a in artifacts
    )
    return f"The pages do not state {label} for {join_names(told, 'or')}."


def _sentence(artifact: Artifact, label: str, values: str, facts: Sequence[Fact]) -> str:
    name = f"**{artifact.label}**"
    if label == "Type":
        article = "an" if facts[0].value[:1].lower() in "aeiou" else "a"
        return f"{name} is {article} {values}."
    if label == "Capabilities" and len(facts) == 1 and (value := read_cell(facts[0].value, label)).kind == "figure":
        return f"{name} has {value.stated:g} capabilities {values.removeprefix(facts[0].value).strip()}."
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
        holds = {
            _together(satisfies(fact.value, f) for f in question.filters if f.label == fact.label) for fact in facts
        }
    elif question.value:
        holds = {meets(fact.value, "=", question.value, fact.label) for fact in facts}
    else:
        return ""
    if len(holds) > 1:
        return "The pages disagree. "
    answer = holds.pop()
    if answer is None:
        return "The pages do not settle this. "
    return "Yes. " if answer != (question.negated and not question.filters) else "No. "


def _together(met: Iterable[bool | None]) -> bool | None:
    """Several conditions as one: one that fails decides, one that cannot be told leaves the rest open."""
    answers = set(met)
    return False if False in answers else None if None in answers else True


def compare_fact(artifacts: Sequence[Artifact], question: Question, cite: Cite) -> Finding:
    """The same label for several artifacts: the winner with all values, or that they tie, or who has none."""
    label = question.label
    places = _compare(artifacts, label).stated
    stated = [artifacts[place] for place in places]
    silent = [artifact for place, artifact in enumerate(artifacts) if place not in places]
    ids = tuple(a.id for a in artifacts)
    if not stated:
        return Finding(_unstated(silent, label, cite), "not_found", ids)
    text, winner = _ranking(stated, question, cite) if len(stated) > 1 else (_tell_one(stated[0], label, cite), "")
    if silent:
        text += f" {_unstated(silent, label, cite)}"
    return Finding(text, "partial" if silent else "answered", ids, winner)


def _tell_one(artifact: Artifact, label: str, cite: Cite) -> str:
    facts = distinct(artifact, label)
    return _sentence(artifact, label, _cited_values(artifact, facts, cite), facts)


def _ranking(artifacts: Sequence[Artifact], question: Question, cite: Cite) -> tuple[str, str]:
    """Values of at least two artifacts in order, with the winner first, and its id, where there is one."""
    label, comparison = question.label, _compare(artifacts, question.label)
    direction = _direction(question, comparison)
    if comparison.same:
        return _tie(artifacts, label, cite), ""
    if comparison.apart:
        return _each(artifacts, comparison, question, cite), ""
    ordered = [artifacts[place] for place in comparison.order(direction)]
    if comparison.winner(direction) is None:
        return _unclear(ordered, comparison, direction, cite), ""
    winner = ordered[0]
    wins = predicate(comparison.measure, label, direction, superlative=len(ordered) > 2)
    lead = f"**{winner.label}** {wins}: {_cited_values(winner, distinct(winner, label), cite)}"
    others = [f"{_cited_values(a, distinct(a, label), cite)} for **{a.label}**" for a in ordered[1:]]
    return f"{lead}, against {join_names(others)}{_noted(comparison)}.", winner.id


def _noted(comparison: Comparison) -> str:
    """What was converted: " ($180/yr is $15 a month)"."""
    return f" ({comparison.note})" if comparison.note else ""


def _direction(question: Question, comparison: Comparison) -> int:
    """The end of a row that is asked for: what costs less, where nothing else is said."""
    default = -1 if comparison.measure in {"money", "class"} else 1
    named = named_end(question.wording, comparison.measure, comparison.label)
    return named or question.direction or default


def _each(artifacts: Sequence[Artifact], comparison: Comparison, question: Question, cite: Cite) -> str:
    """Values that have no common order: each with its own, and why none is ahead where that is asked."""
    label = comparison.label
    told = (f"{_cited_values(a, distinct(a, label), cite)} for **{a.label}**" for a in artifacts)
    figures = any(value.kind != "text" for side in comparison.sides for value in side)
    why = f" They do not compare: {comparison.reason}." if figures or question.direction else ""
    return f"{label}: {join_names(told)}.{why}"


def _tie(artifacts: Sequence[Artifact], label: str, cite: Cite) -> str:
    facts = [(a, distinct(a, label)[0]) for a in artifacts]
    both = "both" if len(artifacts) == 2 else "all"
    if len({fold(fact.value) for _, fact in facts}) == 1:
        told = f"{facts[0][1].value} " + "".join(cite(row_evidence(a, fact)) for a, fact in facts)
    else:
        told = join_names(f"{fact.value} {cite(row_evidence(a, fact))}" for a, fact in facts)
    return f"{_names(artifacts)} {both} have the same {label}: {told}."


def _unclear(ordered: Sequence[Artifact], comparison: Comparison, direction: int, cite: Cite) -> str:
    """No single winner: the first ones share the place, or pages disagree, or ranges lie over each other."""
    label = comparison.label
    told = join_names(f"{_cited_values(a, distinct(a, label), cite)} for **{a.label}**" for a in ordered)
    spans = [comparison.spans[place] for place in comparison.order(direction)]
    top = [a for a, span in zip(ordered, spans, strict=True) if span == spans[0]]
    if len(top) > 1 and all(span and span[0] == span[1] for span in spans):
        return f"{_names(top)} share the first place on {label}: {told}{_noted(comparison)}."
    if comparison.disagreeing:
        return f"The pages do not settle which is ahead on {label}, because they disagree: {told}."
    return f"The pages do not settle which is ahead on {label}: {told}; {comparison.why_none(direction)}."


def _names(artifacts: Sequence[Artifact], last: str = "and") -> str:
    return join_names((f"**{a.label}**" for a in artifacts), last)


@lru_cache(maxsize=65_536)
def satisfies(value: str, condition: Filter) -> bool | None:
    """Whether a cell meets a condition, by its unit, date or words; None where that cannot be told."""
    if condition.op == "absent":
        return read_cell(value, condition.label).kind == "none"
    return meets(value, condition.op, condition.value, condition.label)


def matching(library: Library, filters: Sequence[Filter]) -> list[tuple[Artifact, list[Fact]]]:
    """Artifacts that meet every condition, each with the rows that show it; several prices mean any of them."""
    found = []
    for artifact in library.artifacts:
        shown = _shown(artifact, filters)
        if shown is not None:
            found.append((artifact, shown))
    return found


def _shown(artifact: Artifact, filters: Sequence[Filter]) -> list[Fact] | None:
    """The rows by which an artifact meets every condition; None where it does not, or that cannot be told."""
    shown = []
    for label in dict.fromkeys(f.label for f in filters):
        group = [f for f in filters if f.label == label]
        if any(f.op == "absent" for f in group):
            if _compare([artifact], label).stated:
                return None
            continue
        fitting = [fact for fact in distinct(artifact, label) if _meets(fact.value, group)]
        if not fitting:
            return None
        shown.append(fitting[0])
    return shown


def _meets(value: str, group: Sequence[Filter]) -> bool:
    """Whether a value meets the conditions on its row: "services and not CLI tools", "free or freemium"."""
    return all(any(satisfies(value, f) is True for f in either) for either in alternatives(group))


def alternatives(filters: Sequence[Filter]) -> list[tuple[Filter, ...]]:
    """Conditions, each for itself; those on one row that any of them meets ("free or freemium") together."""
    groups: dict[str, list[Filter]] = {}
    for condition in filters:
        groups.setdefault(condition.label, []).append(condition)
    found: list[tuple[Filter, ...]] = []
    for label, group in groups.items():
        either = [condition for condition in group if condition.op == "=" and label in {"Pricing", "Type"}]
        found += [tuple(either)] if either else []
        found += [(condition,) for condition in group if condition not in either]
    return found


def _untold(library: Library, filters: Sequence[Filter], cite: Cite) -> str:
    """Artifacts of which a condition cannot be told, as of "10 seats" whether it is "at least 1 TB"; none is listed."""
    untold = []
    for artifact in library.artifacts:
        open_rows, failed = [], False
        for condition in filters:
            facts = [f for f in distinct(artifact, condition.label) if read_cell(f.value, f.label).kind != "none"]
            met = [satisfies(fact.value, condition) for fact in facts]
            failed |= not facts or (not any(answer is not False for answer in met))
            open_rows += [fact for fact, answer in zip(facts, met, strict=True) if answer is None and True not in met]
        if open_rows and not failed:
            told = join_names(f"{fact.value} {cite(row_evidence(artifact, fact))}" for fact in open_rows)
            untold.append(f"**{artifact.label}** ({told})")
    if not untold:
        return ""
    more = [f"{len(untold) - _BEHIND} more"] if len(untold) > _BEHIND else []
    return f" It cannot be told of {join_names([*untold[:_BEHIND], *more])}."


def answer_library(library: Library, question: Question, cite: Cite) -> Finding:
    """Counts, lists, superlatives and filters over the whole library."""
    rows = matching(library, question.filters)
    if not rows:
        none = f"No artifact in the library {_said(question.filters)}.{_untold(library, question.filters, cite)}"
        if question.filters and all(f.label == TYPE and f.op == "=" for f in question.filters):
            # Who asks for "products" may mean whatever there is.
            labels = [f"**{artifact.label}**" for artifact in library.artifacts]
            more = [f"{len(labels) - _BEHIND} more"] if len(labels) > _BEHIND else []
            none += f" It holds {len(labels)} of other types: {join_names([*labels[:_BEHIND], *more])}."
        return Finding(none, "answered" if question.filters else "not_found")
    if question.label and (question.superlative or question.limit) and not question.counts:
        return _superlative([artifact for artifact, _ in rows], question, cite)
    if question.label and question.label != "Capabilities" and not question.counts and not question.filters:
        return _all_values(library, question, cite)
    return _listing(library, rows, question, cite)


def _superlative(artifacts: Sequence[Artifact], question: Question, cite: Cite) -> Finding:
    """The first ones by a label, or all of them in order, among the artifacts that meet the conditions."""
    label = question.label
    said = _said(question.filters, plural=len(artifacts) > 1)
    number = f"{len(artifacts)} artifacts" if len(artifacts) > 1 else "one artifact"
    among = f" among the {number} that {said}" if question.filters else ""
    candidates = sorted(artifacts, key=lambda a: a.label)
    comparison = _compare(candidates, label)
    direction = _direction(question, comparison)
    order = comparison.order(direction)
    if not comparison.stated:
        return Finding(f"No page states {label}{among}.", "not_found")
    if not order:
        return _without_order(candidates, comparison, among, cite)
    if len(comparison.stated) == 1 < len(candidates):
        (only,) = (candidates[place] for place in comparison.stated)
        told = _cited_values(only, distinct(only, label), cite)
        return Finding(f"Only **{only.label}** states {label}{among}: {told}.", "partial", (only.id,))
    if label == "Pricing" and comparison.measure == "class" and any(f.label == "Pricing" for f in question.filters):
        return _unpriced([candidates[place] for place in order], among, cite)
    limit = question.limit or 1
    # A place is not cut in the middle: everyone level with the last one shown is shown.
    last = comparison.end(order[min(limit, len(order)) - 1], direction)
    chosen = [place for place in order if direction * (comparison.end(place, direction) - last) >= 0]
    close = [place for place in order[1:] if not comparison.ahead(order[0], place, direction)]
    spans = {comparison.spans[place] for place in (order[0], *close)}
    # Those with one and the same figure share the first place; others lie over each other.
    unsettled = limit == 1 and bool(close) and len(spans) > 1
    first = [order[0], *close] if unsettled else chosen
    rest = [candidates[place] for place in order if place not in first]
    behind = _behind(rest, label, cite) if question.ordered and question.limit is None else ""
    tell = _unsettled if unsettled else _tell_first
    finding = tell([candidates[place] for place in first], comparison, question, direction, among, cite)
    apart = _apart([candidates[place] for place in comparison.apart], comparison, cite)
    return replace(finding, text=finding.text + behind + apart)


def _without_order(artifacts: Sequence[Artifact], comparison: Comparison, among: str, cite: Cite) -> Finding:
    """Values of which none is the first, each with its artifact."""
    stated = [artifacts[place] for place in comparison.stated]
    told = [f"**{a.label}** {_cited_values(a, distinct(a, comparison.label), cite)}" for a in stated[:_LONGEST_LIST]]
    told += [f"{len(stated) - _LONGEST_LIST} more"] if len(stated) > _LONGEST_LIST else []
    text = f"The values of {comparison.label}{among} do not compare, as {comparison.reason}: {join_names(told)}."
    return Finding(text, "answered", tuple(a.id for a in stated))


def _unsettled(
    artifacts: Sequence[Artifact],
    comparison: Comparison,
    question: Question,
    direction: int,
    among: str,
    cite: Cite,
) -> Finding:
    """Several that may each be the first, because pages disagree on them or ranges lie over each other."""
    told = join_names(f"**{a.label}** {_cited_values(a, distinct(a, question.label), cite)}" for a in artifacts)
    which = predicate(comparison.measure, comparison.label, direction, superlative=True)
    near = _compare(artifacts, question.label)
    why = "the pages disagree" if near.disagreeing else near.why_none(direction)
    text = f"The pages do not settle which {which}{among}: {told}; {why}."
    return Finding(text, "answered", tuple(a.id for a in artifacts))


def _apart(artifacts: Sequence[Artifact], comparison: Comparison, cite: Cite) -> str:
    """Those with a value that does not compare with the others, and why."""
    if not artifacts:
        return ""
    told = [f"**{a.label}** {_cited_values(a, distinct(a, comparison.label), cite)}" for a in artifacts[:_BEHIND]]
    more = [f"{len(artifacts) - len(told)} more"] if len(artifacts) > len(told) else []
    return f"\n\nNot compared: {join_names([*told, *more])}; {comparison.reason}."


def _behind(artifacts: Sequence[Artifact], label: str, cite: Cite) -> str:
    """The others in their order, as far as a reader wants them."""
    if not artifacts:
        return ""
    told = [f"**{a.label}** {_cited_values(a, distinct(a, label), cite)}" for a in artifacts[:_BEHIND]]
    more = len(artifacts) - len(told)
    return f"\n\nBehind it: {join_names([*told, *([f'{more} more'] if more else [])])}."


def _tell_first(
    chosen: Sequence[Artifact],
    comparison: Comparison,
    question: Question,
    direction: int,
    among: str,
    cite: Cite,
) -> Finding:
    """The artifacts that come first, as a sentence for one place and as a list for more."""
    label, note = comparison.label, _noted(comparison)
    word = adjective(comparison.measure, direction, superlative=True)
    ids = tuple(a.id for a in chosen)
    told = [(a, _cited_values(a, distinct(a, label), cite)) for a in chosen[:_LONGEST_LIST]]
    if len(chosen) == 1:
        wins = predicate(comparison.measure, label, direction, superlative=True)
        return Finding(f"**{chosen[0].label}** {wins}{among}: {told[0][1]}{note}.", "answered", ids)
    if (question.limit or 1) == 1:
        values = join_names(f"**{a.label}** {value}" for a, value in told)
        return Finding(f"{len(chosen)} artifacts share the {word} {label}{among}: {values}{note}.", "answered", ids)
    head = (
        f"By {label}, {word} first{among}{note}:"
        if question.limit is None
        else f"The {question.limit} {word} by {label}{among}{note}:"
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
    artifacts = sorted(library.artifacts, key=lambda a: a.label)
    comparison = _compare(artifacts, label)
    if not comparison.stated:
        return Finding(f"No page states {label}.", "not_found")
    stated = [artifacts[place] for place in (*comparison.order(1), *comparison.apart)]
    lines = [f"- **{a.label}**: {_cited_values(a, distinct(a, label), cite)}" for a in stated[:_LONGEST_LIST]]
    more = [f"- and {len(stated) - _LONGEST_LIST} more"] if len(stated) > _LONGEST_LIST else []
    having = set(comparison.stated)
    silent = [a for place, a in enumerate(artifacts) if place not in having]
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
    untold = _untold(library, question.filters, cite)
    return Finding(f"{head}: {join_names(names)}.{untold}", "answered", ids)


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


_OF_DATES = {">": "after", "<": "before", ">=": "not before", "<=": "not after", "=": "of", "!=": "other than"}


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
            # What is of one type is of no other: "a model and not a repository".
            of = [f for f in group if f.op == "="] or group
            values = join_names((f.value for f in of), "or")
            article = "" if plural else ("an " if values[:1].lower() in "aeiou" else "a ")
            said.append(f"{be} {'' if of[0].op == '=' else 'not '}{'of type ' if plural else article}{values}")
        elif label == "Pricing" and all(f.op in {"=", "!="} for f in group):
            said.append(f"{be} {'not ' if group[0].op == '!=' else ''}{values}")
        else:
            dated = all(read_cell(f.value, label).kind == "date" for f in group)
            bounds = join_names(f"{(_OF_DATES if dated else words)[f.op]} {f.value}" for f in group)
            said.append(
                f"{have} {label} {bounds}" if label != "Capabilities" else f"{have} a number of capabilities {bounds}"
            )
    return join_names(said) or ("exist" if plural else "exists")
