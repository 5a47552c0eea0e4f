"""Judges one answer against its case, and two answers to one question with the names swapped against each other."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sidebyside.evaluation.cases import Case
from sidebyside.evaluation.shown import QUOTE, own_words, plain, shown_sentences, shown_text
from sidebyside.records import Answer, Citation

_COMPARED = re.compile(
    r"\b(higher|lower|more|fewer|less|longer|shorter|larger|bigger|smaller|cheaper|dearer|faster|slower|quicker|better|"
    r"worse|ahead|leads?|wins?|newer|older|highest|lowest|tied?|ties|same|equal|settled?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an answer passed; `reasons` says what is wrong and is empty for a right answer."""

    reasons: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.reasons


def judge(case: Case, answer: Answer) -> Judgement:
    """Compare an answer with what its case expects."""
    text, said = shown_text(answer), own_words(answer)
    reasons = []
    if answer.status not in case.status:
        reasons.append(f"status {answer.status}, expected {' or '.join(case.status)}")
    reasons += [f"does not say /{pattern}/" for pattern in case.must if not _search(pattern, text)]
    reasons += [f"says /{pattern}/" for pattern in case.must_not if _search(pattern, said)]
    reasons += [f"does not cite {name}" for name in case.cite if not cites(name, answer)]
    quotes = [plain(citation.quote) for citation in answer.citations]
    reasons += [
        f"no quote matches /{pattern}/"
        for pattern in case.quote
        if not any(_search(pattern, quote) for quote in quotes)
    ]
    reasons += [f"marker [{number}] has no citation" for number in dangling_markers(answer)]
    return Judgement(tuple(reasons))


def cites(name: str, answer: Answer) -> bool:
    """Whether some citation of the answer is of the artifact with this name or label."""
    return any(is_artifact(name, citation.artifact) for citation in answer.citations)


def is_artifact(name: str, label: str) -> bool:
    """Whether an expected name means the artifact with this label: "Lantern" also means "Lantern (Product)"."""
    name, label = name.casefold(), label.casefold()
    return label == name or re.fullmatch(re.escape(name) + r" \([^()]+\)", label) is not None


def expected(case: Case, citation: Citation) -> bool:
    """Whether the citation is of an artifact that the case expects or allows."""
    names = (*case.cite, *case.allow)
    return "*" in names or any(is_artifact(name, citation.artifact) for name in names)


def dangling_markers(answer: Answer) -> list[int]:
    """Numbers of markers [n] in the text for which there is no citation."""
    numbers = {citation.number for citation in answer.citations}
    quoted = {match for citation in answer.citations for match in re.findall(r"\[\d+\]", citation.quote)}
    markers = {marker for marker in re.findall(r"\[\d+\]", answer.text) if marker not in quoted}
    return sorted(number for number in map(int, (marker[1:-1] for marker in markers)) if number not in numbers)


def compare_swapped(first: Answer, second: Answer) -> Judgement:
    """Compare the answers to a question and to its swap: status, what is quoted of whom, and who is said to win."""
    reasons = []
    if first.status != second.status:
        reasons.append(f"status {first.status} and {second.status}")
    if _cited(first) != _cited(second):
        reasons.append(f"only one of the two cites {sorted(_cited(first) ^ _cited(second))}")
    winners = winner_statements(first), winner_statements(second)
    if winners[0] != winners[1]:
        reasons.append(f"says {sorted(winners[0])} and {sorted(winners[1])}")
    return Judgement(tuple(reasons))


def winner_statements(answer: Answer) -> frozenset[tuple[str, str]]:
    """(artifact, comparing word) of every sentence that compares in the answer's own words, quotes left out.

    The artifact is the last one named before the comparing word, or else the first one behind it; it is "" where
    both are declared alike or nothing is settled.
    """
    names = {_bare(name): name for name in (*answer.artifacts, *(citation.artifact for citation in answer.citations))}
    names |= {name: name for name in (*answer.artifacts, *(citation.artifact for citation in answer.citations))}
    found = set()
    for sentence in shown_sentences(answer):
        words = re.sub(r'"[^"]*"', QUOTE, sentence)
        compared = _COMPARED.search(words)
        if compared:
            found.add((_named_nearest(words, compared, names), compared.group().casefold()))
    return frozenset(found)


def _named_nearest(words: str, compared: re.Match[str], names: dict[str, str]) -> str:
    if re.match(r"tie|same|equal|settle", compared.group(), re.IGNORECASE) or not names:
        return ""
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    places = list(re.finditer(longest_first, words))
    before = [place.group() for place in places if place.start() < compared.start()]
    after = [place.group() for place in places if place.start() > compared.start()]
    return names[before[-1]] if before else names[after[0]] if after else ""


def _bare(label: str) -> str:
    return re.sub(r" \([^()]+\)$", "", label)


def _cited(answer: Answer) -> frozenset[tuple[str, str]]:
    return frozenset((citation.artifact, citation.quote) for citation in answer.citations)


def _search(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None
