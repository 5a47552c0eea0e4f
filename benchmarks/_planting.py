"""Plants errors in sentences of pages: each way of planting turns a true sentence into one its evidence does not bear.

Whoever reads them knows what is wrong, because code put it there; that they read a little stiffly does not matter
where words are compared. A way that finds nothing to change in a sentence returns None.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sidebyside.text.polarity import OPPOSITES
from sidebyside.text.quantities import find_quantities
from sidebyside.text.words import content_stems, stem, tokens

# What the next unit, period or number word is; a swap is always to another value, never to another name for the same.
_UNITS = {
    one: other
    for one, _, other in (
        pair.partition(">")
        for pair in """ms>s s>ms seconds>minutes second>minute minutes>hours minute>hour hours>days hour>day days>weeks
        day>week weeks>months week>month months>years month>year year>month years>months KB>MB MB>GB GB>MB TB>GB $>€
        €>$ £>$ %>px tokens>pages pages>tokens words>lines lines>words requests>users users>requests images>pages
        dimensions>layers languages>countries""".split()
    )
}
_PERIODS = {"month": "year", "year": "month", "day": "week", "hour": "day", "minute": "hour", "second": "minute"}
_NUMBER = re.compile(r"\d(?:[\d,.]*\d)?")
_NUMBERS = "two three four five six seven eight nine ten eleven twelve".split()
# Words that turn a statement round and that polarity.OPPOSITES does not have.
_TURNS = {
    "up to": "at least", "at least": "at most", "every": "some", "each": "some", "all": "some", "only": "mostly",
    "first": "last", "inside": "outside", "private": "public", "automatically": "manually", "accepts": "rejects",
    "allowed": "forbidden", "included": "excluded", "over": "under", "above": "below", "rises": "falls",
    "unlimited": "limited",
}  # fmt: skip
_CLAUSE_END = re.compile(r"[;:]\s|\s[—–]\s|,\s(?:with|so|which|where|while|but|and|at)\b|,?\s(?:because|so that)\b")
_DENIALS = (
    (r"\bcannot\b", "can"),
    (r"\b(?:does|do|did) not\b ", ""),
    (r"\b(is|are|was|were|has|have|will|must) not\b", r"\1"),
    (r"\b(is|are) never\b", r"\1"),
    (r"\bwithout\b", "with"),
    (r"\bno\b", "a"),
    (r"\b(?:not|never)\b ", ""),
)


@dataclass(frozen=True, slots=True)
class Ground:
    """A sentence of a page about the artifact `name`, the evidence it stands in, and what belongs to other artifacts.

    `stranger` is the name of an artifact and `strange` a sentence about one, both foreign to the evidence.
    """

    name: str
    sentence: str
    evidence: tuple[str, ...]
    stranger: str
    strange: str

    def told(self, sentence: str, name: str = "") -> str:
        """A sentence as the model is asked to write it: the artifact's name first."""
        body = sentence[0].lower() + sentence[1:] if re.match(r"[A-Z][a-z]|A\s", sentence) else sentence
        return f"{name or self.name} {body.rstrip(' .')}."


def grounds(sentences: Mapping[str, Sequence[str]]) -> list[Ground]:
    """One ground per sentence; `sentences` maps an artifact's name to its sentences in page order.

    The evidence of a sentence is itself and the two after it, as much as an answer quotes of a side.
    """
    rng = random.Random(7)
    stems = {text: content_stems(text) for texts in sentences.values() for text in texts}
    found = []
    for name, texts in sentences.items():
        foreign = [text for other, others in sentences.items() if other != name for text in others]
        for place, sentence in enumerate(texts):
            evidence = tuple(dict.fromkeys([*texts, *texts][place : place + 3]))
            known = {token.folded for text in (name, *evidence) for token in tokens(text)}
            strangers = [other for other in sentences if known.isdisjoint(t.folded for t in tokens(other))]
            strange = _nearest(sentence, evidence, foreign, stems)
            found.append(Ground(name, sentence, evidence, rng.choice(strangers), strange))
    return found


def _nearest(sentence: str, evidence: Sequence[str], others: Sequence[str], stems: Mapping[str, set[str]]) -> str:
    """The other sentence most like this one, a random one being too easy to tell, that says more than its evidence."""
    own, known = stems[sentence], set().union(*(stems[text] for text in evidence))
    saying_more = (text for text in others if stems[text] - known)
    return max(saying_more, key=lambda text: (len(own & stems[text]) / len(own | stems[text]), text))


# --- true restatements ----------------------------------------------------------------------------------------------


def whole(ground: Ground) -> str:
    """The sentence with the artifact's name in front."""
    return ground.told(ground.sentence)


def first_clause(ground: Ground) -> str | None:
    """Its beginning, where that can stand by itself."""
    end = _CLAUSE_END.search(ground.sentence)
    clause = ground.sentence[: end.start()] if end else ""
    return ground.told(clause) if len(content_stems(clause)) >= 4 else None


# --- planted errors -------------------------------------------------------------------------------------------------


def number(ground: Ground) -> str | None:
    """80 becomes 90, 0.97 becomes 1.97."""
    for quantity in find_quantities(ground.sentence):
        place = quantity.start + re.search(r"\d", quantity.text).start()  # type: ignore[union-attr]
        other = str(int(ground.sentence[place]) % 9 + 1)
        return ground.told(f"{ground.sentence[:place]}{other}{ground.sentence[place + 1 :]}")
    return None


def number_in_words(ground: Ground) -> str | None:
    """ "Five" becomes "six"."""
    swaps = dict(zip(_NUMBERS, _NUMBERS[1:] + _NUMBERS[:1], strict=True))
    return _swap_word(ground, swaps)


def unit(ground: Ground) -> str | None:
    """The unit beside a figure: "12 ms" becomes "12 s"."""
    swap = re.compile(rf"[$€£%]|\b(?:{'|'.join(word for word in _UNITS if word.isalpha())})\b")
    for quantity in find_quantities(ground.sentence):
        written = re.split(r"(?<=\w)\s(?:per|a|an|each|every)\s|/", ground.sentence[quantity.start : quantity.end])[0]
        changed = swap.sub(lambda match: _UNITS[match.group()], written, count=1)
        if changed != written:
            start, end = quantity.start, quantity.start + len(written)
            return ground.told(f"{ground.sentence[:start]}{changed}{ground.sentence[end:]}")
    return None


def period(ground: Ground) -> str | None:
    """What a figure is counted by: "$25 a month" becomes "$25 a year"."""
    for quantity in find_quantities(ground.sentence):
        written = ground.sentence[quantity.start : quantity.end]
        found = re.search(rf"(?<=\s|/)({'|'.join(_PERIODS)})$", written)
        if found and "/" in quantity.unit:
            changed = written[: found.start()] + _PERIODS[found[1]]
            return ground.told(ground.sentence[: quantity.start] + changed + ground.sentence[quantity.end :])
    return None


def figures_exchanged(ground: Ground) -> str | None:
    """Two figures of one sentence change places."""
    figures = [q for q in find_quantities(ground.sentence) if q.unit]
    for one in figures:
        for other in figures:
            # Closer together they are a range, which says the same either way round.
            if other.start - one.end > 4 and one.text != other.text and one.unit == other.unit:
                text = ground.sentence
                return ground.told(
                    f"{text[: one.start]}{other.text}{text[one.end : other.start]}{one.text}{text[other.end :]}"
                )
    return None


def figure_of_another_quote(ground: Ground) -> str | None:
    """A number of other evidence stands in this sentence: "20 states" beside "60 days" becomes "60 states"."""
    own = find_quantities(ground.sentence)
    numbers = [_NUMBER.findall(other.text)[0] for text in ground.evidence[1:] for other in find_quantities(text)]
    for other in numbers:
        if own and other not in ground.sentence:
            changed = _NUMBER.sub(other, own[0].text, count=1)
            return ground.told(ground.sentence[: own[0].start] + changed + ground.sentence[own[0].end :])
    return None


def opposite(ground: Ground) -> str | None:
    """A word becomes its opposite of polarity.OPPOSITES, which holds stems: nothing but stems is compared."""
    for token in tokens(ground.sentence):
        if others := OPPOSITES.get(stem(token.folded)):
            other = sorted(others)[0]
            return ground.told(f"{ground.sentence[: token.start]}{other}{ground.sentence[token.end :]}")
    return None


def opposite_not_listed(ground: Ground) -> str | None:
    """ "Up to" becomes "at least"."""
    return _swap_word(ground, _TURNS)


def negation(ground: Ground) -> str | None:
    """A "not" where there was none."""
    if re.search(r"\b(?:no|not|never|cannot|without)\b", ground.sentence, re.IGNORECASE):
        return None
    changed, count = re.subn(r"\b(can|must|may|will|is|are|was|were)\b", r"\1 not", ground.sentence, count=1)
    verb = re.match(r"([A-Z][a-z]+)s\b", ground.sentence)
    if not count and verb:
        changed = f"does not {verb[1].lower()}{ground.sentence[verb.end() :]}"
    return ground.told(changed) if count or verb else None


def negation_removed(ground: Ground) -> str | None:
    """The "not" taken out."""
    for denial, plain in _DENIALS:
        changed, count = re.subn(denial, plain, ground.sentence, count=1)
        if count:
            return ground.told(changed)
    return None


def name_in_front(ground: Ground) -> str:
    """The sentence is told of another artifact."""
    return ground.told(ground.sentence, ground.stranger)


def name_behind(ground: Ground) -> str:
    """Another artifact does it as well."""
    return ground.told(f"{ground.sentence.rstrip(' .')}, together with {ground.stranger}")


def fact_added(ground: Ground) -> str | None:
    """The beginning of a sentence about another artifact, of at most eight words, is put behind."""
    words = re.split(r"[,;:.(—]", ground.strange)[0].split()[:8]
    if len(content_stems(" ".join(words)) - content_stems(" ".join(ground.evidence))) < 2:
        return None
    return ground.told(f"{ground.sentence.rstrip(' .')}, and it {' '.join(words)[0].lower()}{' '.join(words)[1:]}")


def sentence_of_another(ground: Ground) -> str:
    """What another artifact does is told of this one."""
    return ground.told(ground.strange)


def limit_dropped(ground: Ground) -> str | None:
    """ "Only" and its like are taken out."""
    changed, count = re.subn(
        r"\b(only|planned|experimental|almost|nearly|partly|solely) ", "", ground.sentence, count=1, flags=re.IGNORECASE
    )
    return ground.told(changed) if count else None


def plan_dropped(ground: Ground) -> str | None:
    """ "30 days on the Free plan and 13 months on Team" is told as "30 days"."""
    figures = [q for q in find_quantities(ground.sentence) if q.unit]
    for one, other in pairwise(figures):
        between = ground.sentence[one.end : other.start]
        if one.unit == other.unit and one.value != other.value and re.search(r"\band\b", between):
            condition = re.split(r"\band\b", between)[0]
            if content_stems(condition) - content_stems(ground.sentence[other.end :]):
                return ground.told(ground.sentence[: one.end])
    return None


_OTHER_SUBJECT = re.compile(
    r"(?!It\b|They\b|There\b|What\b)(?:The |A |An )?\w+(?: \w+)? "
    r"(?P<rest>(?:gets?|pays?|is|are|stays?|works?|takes?|costs?|has|have) .+)"
)


def subject_dropped(ground: Ground) -> str | None:
    """ "Students get the plan free": the artifact gets it."""
    found = _OTHER_SUBJECT.match(ground.sentence)
    if not found:
        return None
    rest = re.sub(r"^(get|pay|stay|work|take|cost)\b", r"\1s", found["rest"])
    return ground.told(re.sub(r"^(?:are|have)\b", lambda verb: {"are": "is", "have": "has"}[verb.group()], rest))


def condition_dropped(ground: Ground) -> str | None:
    """The end of the sentence from "unless", "except", "when" or "if" on is left out."""
    found = re.search(r"(?<!also)(?<!even),?\s(?:unless|except|when|if)\b", ground.sentence)
    return ground.told(ground.sentence[: found.start()]) if found else None


def comparison_turned(ground: Ground) -> str | None:
    """ "Faster than Aya" becomes "Aya is faster than" it."""
    found = re.match(r"(?P<what>.+?) than (?P<whom>[A-Z][\w.-]*(?: [\w.-]+)*)", ground.sentence)
    if not found:
        return None
    return f"{found['whom']} has {found['what'][0].lower()}{found['what'][1:]} than {ground.name}."


def quotes_mixed(ground: Ground) -> str | None:
    """The beginning of the sentence goes on with the end of another quote: "reads PDF in 300 ms"."""
    place = re.compile(r"\s(?:in|with|for|within|at|by|from|on|to|per|up to)\s")
    head = place.split(ground.sentence)[0]
    for other in ground.evidence[1:]:
        found = place.search(other)
        if found and head != ground.sentence and len(content_stems(head)) >= 2:
            tail = other[found.start() :]
            if len(content_stems(tail) - content_stems(ground.sentence)) >= 2:
                return ground.told(f"{head.rstrip(' ,;:')}{tail}")
    return None


TRUE: Mapping[str, Callable[[Ground], str | None]] = {"the sentence itself": whole, "its first clause": first_clause}
PLANTED: Mapping[str, Callable[[Ground], str | None]] = {
    "number changed": number,
    "number in words changed": number_in_words,
    "unit changed": unit,
    "period of a rate changed": period,
    "two figures exchanged": figures_exchanged,
    "figure of another quote": figure_of_another_quote,
    "opposite from OPPOSITES": opposite,
    "opposite not in OPPOSITES": opposite_not_listed,
    "negation inserted": negation,
    "negation removed": negation_removed,
    "limit dropped": limit_dropped,
    "subject dropped": subject_dropped,
    "plan of a figure dropped": plan_dropped,
    "condition dropped": condition_dropped,
    "comparison turned": comparison_turned,
    "two quotes mixed": quotes_mixed,
    "another artifact's name in front": name_in_front,
    "another artifact's name added": name_behind,
    "fact added": fact_added,
    "sentence of another artifact": sentence_of_another,
}


def _swap_word(ground: Ground, swaps: Mapping[str, str]) -> str | None:
    """The first of these words replaced, its capital kept."""
    found = re.search(rf"\b(?:{'|'.join(swaps)})\b", ground.sentence, re.IGNORECASE)
    if not found:
        return None
    other = swaps[found.group().lower()]
    other = other.capitalize() if found.group()[0].isupper() else other
    return ground.told(f"{ground.sentence[: found.start()]}{other}{ground.sentence[found.end() :]}")
