"""The grid of evidence: one cell for each artifact and criterion, with a state, its probability and its quotes.

Retrieval inside the artifact proposes sentences, the trained judge says how well each states the criterion. A cell is
`stated`, `denied`, `silent` or `conflict`; what decides is told in its evidence, best first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sidebyside.evidence.amounts import asked_amount, gives, may_give
from sidebyside.evidence.contradiction import contradicts, rules_out
from sidebyside.evidence.quotes import as_evidence
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import Artifact, CellState, Criterion, Evidence, Hit, Passage
from sidebyside.text.polarity import denies, negations
from sidebyside.text.words import (
    WRITTEN_AS,
    Token,
    content_stems,
    content_words,
    is_common,
    is_named,
    is_unheard,
    stem,
    tokens,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Sentences of one artifact that the judge reads, and at most so many quotes of a cell.
CANDIDATES = 12
_QUOTES = 3
# Among so many of the best a figure is looked for.
_FURTHER = 6
# Ranking: retrieval's score beside the judge's log-odds that a sentence bears on the criterion.
_RETRIEVED = 2.0
# The same for a figure of the kind that is asked for ("how long", "how many photos"), and for a name that is.
_GIVEN = 1.0
# A sentence joins the best one in a cell from this share of its probability on.
_NEAR = 0.6
# "vs alternatives" speaks about third parties: it is the last to be quoted.
_PENALTIES = {"unique": 0.1, "alternatives": 0.9}
# From here on a criterion counts as stated (or denied). On the first four blind sets of tests/data/questions .22
# answered 189 of 240 rightly, .28 185, .34 183. From PLAIN on a page says it plainly; what lies between is told as what
# comes nearest.
STATED = 0.25
PLAIN = 0.5

# Where all names of a criterion stand in "vs alternatives" alone, a cell only comes nearest.
_ALL_LACKING, _NO_YES = 2.0, PLAIN - 0.01

# A page's wording that the LLM guessed counts from this probability on, and as so much less sure than words of the
# question: of 40 statements that a first look had missed two in five were found, of 30 near misses one in six passed.
_GUESSED, _LESS = 0.6, 0.8

# A clause has so many words at least, and each more has to be worth so much of the judge's probability.
_FEWEST_WORDS, PER_WORD = 4, 0.012
# What a clause costs that begins in the middle of its sentence, with a word that joins it to what was said, or in
# brackets. Chosen by reading some forty clauses that it changes; the same questions are right with it and without.
_AMID, _JOINED, _IN_BRACKETS = 0.02, 0.06, 0.25
_JOINING = re.compile(
    r"(?:but|while|which|and|or|rather than|without|to|so|that|where|because|although|though|than)\b", re.IGNORECASE
)
# "Between 20 and 48 mm" is not two of them.
_CLAUSE_END = re.compile(
    r"(?<=[,;:—–)])\s+|\s+(?=[—–(])|\s+(?=(?:and(?!\s[$€£]?\d)|but|while|which|rather than|without)\s)"
)


# Between these probabilities that a quote says no, it is told as neither: of such cells a third to .6 do.
_UNSURE = (0.25, 0.75)


class Judging(Protocol):
    """What is needed of the judge; see `encoding.judge.Judge`."""

    def judge(self, pairs: Sequence[tuple[str, str, str]]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class EvidenceCell:
    """What one artifact's pages say about one criterion.

    `clause` is the part of the first quote that says it, `denial` the probability (0 to 1) that it says no; `further`
    are sentences that came next, which may hold a figure that the quotes lack.
    """

    artifact: Artifact
    criterion: Criterion
    state: CellState
    probability: float
    evidence: tuple[Evidence, ...] = ()
    clause: str = ""
    denial: float = 0.0
    further: tuple[Evidence, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the artifact does what the criterion asks."""
        return self.state == "stated"

    @property
    def is_doubtful(self) -> bool:
        """Whether this may be a denial as well as not; one in the question's own words, without a "not", is none."""
        if not _UNSURE[0] < self.denial < _UNSURE[1]:
            return False
        asked = {stem(word) for word in content_words(self.criterion.query)}
        repeated = len(asked) > 1 and asked <= content_stems(self.clause)
        return not repeated or bool(negations(self.clause))


@dataclass(frozen=True, slots=True)
class Rated:
    """A sentence with the judge's probabilities that it states or denies the criterion, and what it is ranked by."""

    hit: Hit
    states: float
    denies: float
    rank: float


# What the probability of a cell is made from, and how much each counts: a logistic function, fitted by
# benchmarks/judge/cells.py on questions of writers whom the judge did not learn from.
FEATURES = ("judged", "second", "similarity", "whole", "coverage", "length", "lacking", "named", "amount")
_WEIGHTS = {
    "judged": 0.731,
    "second": 0.381,
    "similarity": 3.662,
    "whole": 1.883,
    "coverage": 0.913,
    "length": -0.129,
    "lacking": -1.4,
    "named": 1.0,
    "amount": 1.2,
}
_BIAS = -1.709
# The log-odds that a quote denies, of the judge's log-ratios for the sentence and its clause, and whether either holds
# a "not" of some kind; fitted like the above.
SIGNS = ("sentence", "clause", "not in clause", "not in sentence")
_DENIAL = {
    "sentence": 1.031,
    "clause": -0.054,
    "not in clause": 1.709,
    "not in sentence": -0.227,
}
_DENIAL_BIAS = -1.594
# Three in ten of those sentences are denials, which people ask for less often: a clause without a "not" takes so much
# more. Chosen on the sets in tests/data/questions.
_RARER = 0.5
# Where its bounds rule it out, or its words alone deny it (`polarity.denies`): of 19 such clauses of writers left out,
# 15 are denials.
_SAID_NO = 0.9
_WORD = re.compile(r"[^\W_]+")
_PART_END = re.compile(r"(?<=[,;:—–])\s+|\s+(?=[—–-]\s)")
# The judge has learnt from sentences of a dozen words: of longer ones the best so many are judged by clauses too. On
# strangers' questions about the real pages the right sentence came first in .70 of 219 cells so, in .67 without.
_LONG, _CLAUSED = 18, 6


@dataclass(frozen=True, slots=True)
class Look:
    """Sentences of one artifact for one criterion, best first, and what is known of them together."""

    rated: tuple[Rated, ...]
    features: dict[str, float]

    @property
    def probability(self) -> float:
        """That the artifact's sentences state or deny the criterion, 0 to 1."""
        odds = _BIAS + sum(_WEIGHTS[name] * value for name, value in self.features.items())
        return 1 / (1 + math.exp(-odds))


class GridFinder:
    """Finds what artifacts say about criteria, in one open index."""

    def __init__(self, retriever: Retriever, judge: Judging) -> None:
        self._retriever, self._judge = retriever, judge

    def grid(self, artifacts: Sequence[Artifact], criteria: Sequence[Criterion]) -> list[list[EvidenceCell]]:
        """cells[criterion][artifact]; all sentences that have to be judged are judged together."""
        found = {
            (artifact.id, criterion.query): self._propose(artifact.id, criterion)
            for criterion in criteria
            for artifact in artifacts
        }
        wordings = {criterion.query: criterion.wordings for criterion in criteria}
        self._judge.judge(
            [pair for (_, query), hits in found.items() for said in wordings[query] for pair in _pairs(said, hits)]
        )
        return [
            [self._cell(artifact, criterion, found[artifact.id, criterion.query]) for artifact in artifacts]
            for criterion in criteria
        ]

    def cell(self, artifact: Artifact, criterion: Criterion) -> EvidenceCell:
        """One cell."""
        return self._cell(artifact, criterion, self._propose(artifact.id, criterion))

    def first_look(self, criterion: Criterion, found: Mapping[str, Sequence[Hit]]) -> dict[str, float]:
        """By artifact id, the judge's probability that the best of a few sentences bears on the criterion."""
        told = iter(self._told(criterion, [hit for hits in found.values() for hit in hits])[:, :2].sum(axis=1))
        return {artifact: max((float(next(told)) for _ in hits), default=0.0) for artifact, hits in found.items()}

    def chances(self, criterion: Criterion, found: Sequence[tuple[Artifact, Sequence[Hit]]]) -> dict[str, float]:
        """By artifact id, the probability that a few sentences of it state the criterion, with none denying it."""
        # Judged together, and kept: one by one would take as long as whole cells.
        self._told(criterion, [hit for _, hits in found for hit in hits])
        told = {}
        for artifact, hits in found:
            look = self.look(artifact, criterion, hits) if hits else None
            best = look.rated[0] if look else None
            told[artifact.id] = look.probability * best.states / (best.states + best.denies) if look and best else 0.0
        return told

    def _told(self, criterion: Criterion, hits: Sequence[Hit]) -> NDArray[np.float32]:
        """float32 (len(hits), 3): the judge's probabilities, the mean of their logarithms over the wordings."""
        return self._judged(
            criterion, [hit.sentence.text for hit in hits], [_context(h.passage, h.sentence.text) for h in hits]
        )

    def _judged(self, criterion: Criterion, texts: Sequence[str], contexts: Sequence[str] = ()) -> NDArray[np.float32]:
        """The same of texts."""
        if not texts:
            return np.empty((0, 3), dtype=np.float32)
        contexts = contexts or [""] * len(texts)
        each = [
            np.log(self._judge.judge([(said, *pair) for pair in zip(texts, contexts, strict=True)]) + 1e-4)
            for said in criterion.wordings
        ]
        mean = np.exp(np.mean(each, axis=0))
        result: NDArray[np.float32] = (mean / mean.sum(axis=1, keepdims=True)).astype(np.float32)
        return result

    def _propose(self, artifact: str, criterion: Criterion) -> list[Hit]:
        hits = self._retriever.inside(artifact, criterion.wordings, k=CANDIDATES + 4)
        # A title names its capability; what it does stands in the sentences under it.
        return [hit for hit in hits if hit.passage.part != "title"][:CANDIDATES] or hits[:CANDIDATES]

    def look(self, artifact: Artifact, criterion: Criterion, hits: Sequence[Hit] | None = None) -> Look:
        """An artifact's sentences as the judge sees them, best first, and what they say together."""
        hits = self._propose(artifact.id, criterion) if hits is None else hits
        told = self._told(criterion, hits)
        rated = [_rate(hit, row) for hit, row in zip(hits, told, strict=True)]
        rated.sort(key=lambda item: -item.rank)
        rated[:_CLAUSED] = self._by_clause(criterion, rated[:_CLAUSED])
        # A sentence that writes a name of the criterion; acronyms stand for things that many sentences speak of.
        names = [word.folded for word in self._named(criterion) if not word.text.isupper()]
        written = {item.hit: _share_written(names, item.hit) for item in rated}
        rated = [replace(item, rank=item.rank + _GIVEN * written[item.hit]) for item in rated]
        amount = asked_amount(criterion)
        if amount is not None:
            given = {i.hit.sentence.text: gives(amount, i.hit.sentence.text, self._retriever) for i in rated}
            rated = [replace(item, rank=item.rank + _GIVEN * given[item.hit.sentence.text]) for item in rated]
        rated.sort(key=lambda item: -item.rank)
        features = self._features(artifact, criterion, rated)
        features["named"] = written[rated[0].hit] if rated else 0.0
        features["amount"] = given[rated[0].hit.sentence.text] if amount is not None and rated else 0.0
        return Look(tuple(rated), features)

    def _by_clause(self, criterion: Criterion, rated: Sequence[Rated]) -> list[Rated]:
        """Long sentences by the mean of what they and the best of their parts say, where that is more."""
        long = {item.hit.sentence.text for item in rated if len(item.hit.sentence.text.split()) >= _LONG}
        parts = {text: _parts(text) for text in sorted(long)}
        told = iter(self._judged(criterion, [part for own in parts.values() for part in own]))
        best = {t: max((next(told) for _ in own), key=lambda row: row[0] + row[1]) for t, own in parts.items() if own}
        return [self._with_part(item, best.get(item.hit.sentence.text)) for item in rated]

    @staticmethod
    def _with_part(item: Rated, row: NDArray[np.float32] | None) -> Rated:
        if row is None or row[0] + row[1] <= item.states + item.denies:
            return item
        whole = np.array([item.states, item.denies, max(0.0, 1 - item.states - item.denies)])
        mean = np.sqrt((row + 1e-4) * (whole + 1e-4))
        return _rate(item.hit, (mean / mean.sum()).astype(np.float32))

    def _named(self, criterion: Criterion) -> list[Token]:
        """The words of a criterion that are names."""
        words = tokens(criterion.text)
        known = self._retriever.names
        return [
            word
            for word in words
            if len(word.folded) > 2
            and not word.text[0].isdigit()  # "64K" is a figure
            and (word.folded in known or is_named(word, sentence_start=word is words[0]) or is_unheard(word.folded))
        ]

    def _lacking(self, artifact: Artifact, criterion: Criterion) -> float:
        """How many names of the criterion stand nowhere in the artifact's texts, at most 2.

        A name has no paraphrase: what works with other things says nothing of "HomeKit".
        """
        named, known = self._named(criterion), self._retriever.names
        if not named:
            return 0.0
        # Whom a page compares its artifact with says nothing of what it works with.
        texts = [
            hit.sentence.text.casefold()
            for hit in self._retriever.sentences(artifact.id)[0]
            if hit.passage.part != "alternatives"
        ]
        text = " ".join(texts).replace("-", "").replace(" ", "")
        missing = 0
        for word in named:
            # An acronym may be written out, and everyday ones stand for things with many names.
            acronym = word.text.isupper() and (is_common(word.folded) or _writes_out(word.folded, texts))
            short = is_unheard(word.folded) and _writes_in_full(word.folded, texts)
            written = any(name in text for name in (word.folded, *WRITTEN_AS.get(word.folded, ())))
            if not (acronym or short or written):
                # Where another page writes the name, its absence here says more; so does that of an acronym: "MMLU".
                missing += 2 if word.folded in known or (word.text.isupper() and len(word.text) > 2) else 1
        # One of several that are there says something: "fp16 bf16 mixed precision".
        return min(2.0, missing * 2 / (1 + len(named)))

    def _features(self, artifact: Artifact, criterion: Criterion, rated: Sequence[Rated]) -> dict[str, float]:
        words = [word for word in content_words(criterion.query) if word != "it"]
        rarity = self._retriever.rarity(words)
        total = sum(rarity.values())
        shares = [
            sum(weight for word, weight in rarity.items() if word in content_stems(item.hit.sentence.text))
            for item in rated
        ]
        odds = sorted((_odds(item) for item in rated), reverse=True)
        return {
            "judged": odds[0],
            "second": odds[1] if len(odds) > 1 else -5.0,
            "similarity": max(item.hit.similarity for item in rated),
            "whole": max(item.hit.whole for item in rated),
            "coverage": max(shares, default=0.0) / total if total else 0.0,
            "length": min(len(words), 12) / 12,
            "lacking": self._lacking(artifact, criterion),
        }

    def _cell(self, artifact: Artifact, criterion: Criterion, hits: list[Hit]) -> EvidenceCell:
        if not hits:
            return EvidenceCell(artifact, criterion, "silent", 1.0)
        look = self.look(artifact, criterion, hits)
        rated, bears = look.rated, look.probability
        best = rated[0]
        if bears < STATED:
            if (again := self._again(artifact, criterion)) is not None:
                return again
            nearest = tuple(as_evidence(item.hit, item.states) for item in rated[:_QUOTES])
            return EvidenceCell(artifact, criterion, "silent", 1 - bears, nearest)
        if look.features["lacking"] >= _ALL_LACKING and best.hit.passage.part == "alternatives":
            # Whom a page compares its artifact with is not what that works with.
            bears = min(bears, _NO_YES)
        chosen = self._choose(rated)
        against = next((item for item in rated[1:] if _conflicts(best.hit, item.hit)), None)
        quotes = [as_evidence(item.hit, item.states) for item in chosen]
        clause, signs = self.signs(criterion, best)
        odds = _DENIAL_BIAS + sum(_DENIAL[name] * value for name, value in signs.items())
        denial = 1 / (1 + math.exp((0.0 if signs["not in clause"] else _RARER) - odds))
        if denies(criterion.text, clause) or rules_out(criterion.text, best.hit.sentence.text):
            denial = max(denial, _SAID_NO)
        state: CellState = "denied" if denial >= 0.5 else "stated"
        if against is not None:
            state = "conflict"
            quotes = [quotes[0], as_evidence(against.hit, against.states), *quotes[1:]]
        kept = tuple(dict.fromkeys(quotes))[:_QUOTES]
        if (figure := self._figure_beside(criterion, best.hit, kept)) is not None:
            kept = (kept[0], figure, *kept[1:])
        further = (as_evidence(i.hit, i.states) for i in rated[1:_FURTHER] if i.hit.passage.part != "alternatives")
        return EvidenceCell(
            artifact, criterion, state, bears, kept, clause, denial, tuple(e for e in further if e not in kept)
        )

    def _figure_beside(self, criterion: Criterion, best: Hit, quotes: Sequence[Evidence]) -> Evidence | None:
        """The sentence with the amount that is asked for, beside one that lacks it; None where that is not so.

        "Follows logs on several machines at once. At most 24 sessions can be open.": the second answers "how many".
        """
        amount = asked_amount(criterion)
        if amount is None or any(gives(amount, evidence.quote, self._retriever) for evidence in quotes):
            return None
        own = [hit for hit in self._retriever.sentences(best.passage.artifact)[0] if hit.passage.id == best.passage.id]
        beside = [hit for hit in own if may_give(amount, hit.sentence.text, self._retriever)]
        if not beside:
            return None
        told = self._told(criterion, beside)[:, :2].sum(axis=1)
        return as_evidence(beside[int(told.argmax())], float(told.max()))

    def _again(self, artifact: Artifact, criterion: Criterion) -> EvidenceCell | None:
        """A silent cell by the wordings that a page might use; None where they find nothing either."""
        cells = [self.cell(artifact, Criterion(criterion.text, phrase)) for phrase in criterion.phrases]
        best = max(cells, key=lambda cell: cell.probability * (cell.state != "silent"), default=None)
        if best is None or best.state == "silent" or best.probability < _GUESSED:
            return None
        return replace(best, criterion=criterion, probability=best.probability * _LESS)

    def signs(self, criterion: Criterion, best: Rated) -> tuple[str, dict[str, float]]:
        """The clause of a sentence that counts for a criterion, and what tells whether it says no (SIGNS)."""
        sentence = best.hit.sentence.text
        clause = self._clause(criterion.query, sentence)
        states, denied, _ = (float(value) for value in self._judge.judge([(criterion.query, clause, "")])[0])
        counts = denies(criterion.text, clause) is not False
        return clause, {
            "sentence": math.log((best.denies + 0.01) / (best.states + 0.01)),
            "clause": math.log((denied + 0.01) / (states + 0.01)),
            "not in clause": float(counts and bool(negations(clause))),
            "not in sentence": float(counts and bool(negations(sentence))),
        }

    def _choose(self, rated: Sequence[Rated]) -> list[Rated]:
        """The best sentence and those that come near it and add something."""
        chosen = [rated[0]]
        for item in rated[1:]:
            own = content_stems(item.hit.sentence.text)
            repeated = any(len(own & content_stems(c.hit.sentence.text)) >= 0.7 * len(own) for c in chosen)
            near = item.states + item.denies >= max(STATED, _NEAR * (rated[0].states + rated[0].denies))
            if near and not repeated and len(chosen) < _QUOTES:
                chosen.append(item)
        return chosen

    def _clause(self, query: str, sentence: str) -> str:
        """The shortest run of clauses that says it about as well as the whole sentence does."""
        texts = clauses(sentence, together=3)
        if len(texts) < 2:
            return sentence
        told = self._judge.judge([(query, text, "") for text in texts])[:, :2].sum(axis=1)
        worth = [
            float(p) - PER_WORD * len(text.split()) - beginning_costs(text, sentence)
            for p, text in zip(told, texts, strict=True)
        ]
        return _with_its_not(texts[int(np.argmax(worth))], sentence)


def clauses(sentence: str, together: int = 1) -> list[str]:
    """Runs of at most so many clauses of a sentence that stand beside each other, each of a few words at least."""
    ends = [found.end() for found in _CLAUSE_END.finditer(sentence)]
    # Half of a bracket says nothing: "FLUX) across quality metrics".
    bounds = [0, *(end for end in ends if not _is_open(sentence[:end])), len(sentence)]
    parts = [(a, b) for a, b in pairwise(bounds) if b > a]
    runs = [(parts[i][0], parts[j][1]) for i in range(len(parts)) for j in range(i, min(i + together, len(parts)))]
    texts = [sentence[a:b].strip(" ,;:—–") for a, b in runs]
    return [text for text in dict.fromkeys(texts) if len(text.split()) >= _FEWEST_WORDS]


def beginning_costs(clause: str, sentence: str) -> float:
    """What a clause has to make up for in probability because of how it begins, 0 for that of its sentence.

    Examples in brackets, "and forms" or "but slower than" say little by themselves.
    """
    if sentence.startswith(clause):
        return 0.0
    return _IN_BRACKETS if clause[0] == "(" else _JOINED if _JOINING.match(clause) else _AMID


def _with_its_not(clause: str, sentence: str) -> str:
    """A clause up to the comma behind it, where a "not" follows there: "names and scores are not disclosed"."""
    start = sentence.find(clause)
    rest = _PART_END.split(sentence[start + len(clause) :], maxsplit=1)[0]
    return (clause + rest).rstrip(" ,;:—–.") if start >= 0 and negations(rest) and not negations(clause) else clause


def _parts(sentence: str) -> list[str]:
    """What stands between commas, semicolons, colons and dashes, where that is a few words or more."""
    return [part for part in _PART_END.split(sentence) if len(part.split()) >= _FEWEST_WORDS]


def _writes_in_full(short: str, texts: Sequence[str]) -> bool:
    """Whether a word that the texts write has the letters of a short one in their order: "checkpoint" for "ckpts"."""
    pattern = re.compile(rf"\b{r'[a-z]*'.join(short.removesuffix('s'))}[a-z]*\b")
    return any(map(pattern.search, texts))


def _writes_out(acronym: str, texts: Sequence[str]) -> bool:
    """Whether words in a row begin with the letters of an acronym: "single sign-on" for "sso"."""
    return any(acronym in "".join(word[0] for word in _WORD.findall(text)) for text in texts)


def _share_written(names: Sequence[str], hit: Hit) -> float:
    """The share of some names that a sentence writes; whom a page compares its artifact with says nothing."""
    if not names or hit.passage.part == "alternatives":
        return 0.0
    text = hit.sentence.text.casefold().replace("-", "").replace(" ", "")
    return sum(name in text for name in names) / len(names)


def _is_open(text: str) -> bool:
    """Whether a text ends inside round brackets."""
    return text.count("(") > text.count(")")


def _pairs(query: str, hits: Sequence[Hit]) -> list[tuple[str, str, str]]:
    return [(query, hit.sentence.text, _context(hit.passage, hit.sentence.text)) for hit in hits]


def _context(passage: Passage, sentence: str) -> str:
    """The first sentence of the part that a sentence stands in, "" where it is that one."""
    first = passage.sentences[0].text if passage.sentences else ""
    return "" if first == sentence else first


def _rate(hit: Hit, told: NDArray[np.float32]) -> Rated:
    states, denies, _neither = (float(value) for value in told)
    rated = Rated(hit, states, denies, 0.0)
    rank = _odds(rated) + _RETRIEVED * hit.score - _PENALTIES.get(hit.passage.part, 0.0)
    return replace(rated, rank=rank)


def _odds(rated: Rated) -> float:
    """Log-odds that a sentence bears on the criterion."""
    return _log_odds(rated.states + rated.denies)


def _log_odds(bears: float) -> float:
    bears = min(max(bears, 0.0), 1.0)
    return math.log((bears + 1e-3) / (1 - bears + 1e-3))


def _conflicts(best: Hit, other: Hit) -> bool:
    """Whether a sentence of another page says the opposite."""
    return other.passage.source.file != best.passage.source.file and contradicts(
        best.sentence.text, other.sentence.text
    )
