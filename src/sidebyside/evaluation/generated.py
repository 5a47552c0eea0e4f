"""Makes a question set from any library, so that people can check their own index and model.

Only questions whose answer follows from the tables: facts, counts, superlatives, comparisons with the names in both
orders, and names that are nowhere in the library.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice, zip_longest

from sidebyside.evaluation.cases import Case
from sidebyside.records import Artifact, Library
from sidebyside.records.schema import RANK

_MISSING = r"\b(?:not?|none|nothing|unknown|cannot)\b|n't\b"
_SYLLABLES = (
    "ba",
    "dru",
    "fel",
    "gon",
    "hix",
    "jor",
    "kel",
    "lum",
    "mev",
    "nap",
    "oxi",
    "pru",
    "quo",
    "rin",
    "sav",
    "tul",
)
_FACT_WORDINGS = ("What is the {label} of {name}?", "{name}: {label}?", "tell me {name}'s {label}")
_COMPARE_WORDINGS = ("Which has the higher {label}, {a} or {b}?", "{a} vs {b}: higher {label}?")


def generate_questions(library: Library, seed: int = 0, limit: int = 100) -> list[Case]:
    """At most `limit` questions, taking turns between the kinds; the same library and seed give the same questions.

    A question and its swap stay together, so that one question less than `limit` may come back.
    """
    source = random.Random(seed)
    kinds = [
        _facts(library, source),
        _comparisons(library, source),
        _counts(library),
        _superlatives(library),
        _absent_names(library, source),
    ]
    groups = (group for group in chain.from_iterable(zip_longest(*kinds)) if group)
    cases: list[Case] = []
    for group in islice(groups, limit):
        if len(cases) + len(group) > limit:
            break
        cases.extend(group)
    return [_numbered(case, number) for number, case in enumerate(cases, 1)]


def _numbered(case: Case, number: int) -> Case:
    """The case with its final id; a swap directly follows the question it swaps."""
    swap_of = f"generated-{number - 1:03}" if case.swap_of else None
    return replace(case, id=f"generated-{number:03}", swap_of=swap_of)


def _facts(library: Library, source: random.Random) -> Iterator[list[Case]]:
    """Every table value of every artifact, in random order; with a conflict, every value must be said."""
    pairs = [(artifact, label) for artifact in library.artifacts for label in _labels(artifact)]
    for artifact, label in source.sample(pairs, len(pairs)):
        values = dict.fromkeys(fact.value for fact in artifact.values(label))
        wording = source.choice(_FACT_WORDINGS)
        question = wording.format(label=label, name=artifact.label)
        yield [
            Case(
                id="",
                kind="fact",
                question=question,
                must=tuple(_value_pattern(value) for value in values),
                cite=(artifact.label,),
                quote=tuple(re.escape(f"{label}: {value}") for value in values),
                status=("answered",),
            )
        ]


def _comparisons(library: Library, source: random.Random) -> Iterator[list[Case]]:
    """Which of two ranks higher, asked in both orders; pairs whose pages disagree about who does are left out."""
    ranked = [artifact for artifact in library.artifacts if _ranks(artifact)]
    pairs = [(a, b) for place, a in enumerate(ranked) for b in ranked[place + 1 :]]
    for a, b in source.sample(pairs, min(len(pairs), 200)):
        if min(_ranks(a)) > max(_ranks(b)) or min(_ranks(b)) > max(_ranks(a)):
            winner, loser = (a, b) if min(_ranks(a)) > max(_ranks(b)) else (b, a)
            yield _comparison(winner, loser, source.choice(_COMPARE_WORDINGS), *source.sample((a, b), 2))


def _comparison(winner: Artifact, loser: Artifact, wording: str, first: Artifact, second: Artifact) -> list[Case]:
    won, lost = re.escape(winner.name), re.escape(loser.name)
    values = (*_ranks(winner), *_ranks(loser))
    beaten = rf"{lost}(?:(?!{won})[^;\n]){{0,40}}\b(?:has|is|ranks|scores)(?:(?!{won})[^;\n]){{0,20}}\bhigher"
    case = Case(
        id="",
        kind="compare_facts",
        question=wording.format(label=RANK, a=first.label, b=second.label),
        must=(won, *(rf"\b{value}\b" for value in values)),
        must_not=(beaten,),
        cite=(winner.label, loser.label),
        status=("answered",),
    )
    swapped = wording.format(label=RANK, a=second.label, b=first.label)
    return [case, replace(case, question=swapped, swap_of="swap")]


def _counts(library: Library) -> Iterator[list[Case]]:
    """How many artifacts there are, in all and of each type."""
    yield [_count_case("How many artifacts are in the library?", len(library.artifacts))]
    for type_, count in sorted(Counter(artifact.type for artifact in library.artifacts if artifact.type).items()):
        yield [_count_case(f"How many artifacts of type {type_} are there?", count)]


def _count_case(question: str, count: int) -> Case:
    words = dict(enumerate("no one two three four five six seven eight nine ten eleven twelve".split()))
    pattern = rf"\b{count}\b" + (rf"|\b{words[count]}\b" if count in words else "")
    return Case(id="", kind="library", question=question, must=(pattern,), allow=("*",), status=("answered",))


def _superlatives(library: Library) -> Iterator[list[Case]]:
    """The highest and lowest rank, in all and within each type, where the tables name exactly one."""
    types = sorted({artifact.type for artifact in library.artifacts if artifact.type})
    for type_ in ("", *types):
        ranked = [a for a in library.artifacts if _ranks(a) and type_ in ("", a.type)]
        for word, sign in (("highest", 1), ("lowest", -1)):
            best = _only_best(ranked, sign)
            if best is not None and len(ranked) > 1:
                subject = f"artifact of type {type_}" if type_ else "artifact"
                yield [
                    Case(
                        id="",
                        kind="library",
                        question=f"Which {subject} has the {word} {RANK}?",
                        must=(re.escape(best.name), *(rf"\b{value}\b" for value in _ranks(best))),
                        cite=(best.label,),
                        status=("answered",),
                    )
                ]


def _only_best(ranked: list[Artifact], sign: int) -> Artifact | None:
    """The artifact that is first whichever page is believed, or None."""
    for artifact in ranked:
        worst = min(sign * value for value in _ranks(artifact))
        if all(worst > max(sign * value for value in _ranks(other)) for other in ranked if other is not artifact):
            return artifact
    return None


def _absent_names(library: Library, source: random.Random) -> Iterator[list[Case]]:
    """Questions about names that occur in no name and in no text of the library."""
    texts = " ".join(
        part.text
        for artifact in library.artifacts
        for capability in artifact.capabilities
        for _, part in capability.parts()
    )
    known = f"{texts} {' '.join(artifact.name for artifact in library.artifacts)}".casefold()
    for wording in ("Is {name} free?", "What does {name} do?", "How does {name} compare with {other}?") * 20:
        name = "".join(source.choices(_SYLLABLES, k=3)).capitalize()
        if name.casefold() in known or not library.artifacts:
            continue
        other = source.choice(library.artifacts)
        named = "{other}" in wording
        yield [
            Case(
                id="",
                kind="not_stated",
                question=wording.format(name=name, other=other.label),
                must=(name, _MISSING),
                allow=("*",),
                status=("partial", "not_found") if named else ("not_found",),
            )
        ]


def _labels(artifact: Artifact) -> list[str]:
    return list(dict.fromkeys(fact.label for fact in artifact.facts))


def _ranks(artifact: Artifact) -> tuple[int, ...]:
    """The distinct ranks that pages give, in page order."""
    numbers = [re.match(r"\d+", fact.value) for fact in artifact.values(RANK)]
    return tuple(dict.fromkeys(int(number.group()) for number in numbers if number))


def _value_pattern(value: str) -> str:
    """The number that a value begins with, or the whole value where it does not begin with one."""
    number = re.match(r"\d+(?:[.,]\d+)*", value)
    return rf"\b{re.escape(number.group() if number else value)}(?!\w)"
