"""Tells whether two texts word the same capability, and merges those that do."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from rapidfuzz import fuzz

from sidebyside.records import Capability, Excerpt

# Two wordings of one capability are this alike by characters (rapidfuzz's normalised indel similarity, 0 to 100) ...
NEAR = 90.0
# ... or this alike where a whole claim is the same.
NEAR_WITH_CLAIM = 75.0
_SHORTEST_CLAIM = 40
# One wording may add this many words to the other, but none may be replaced: "images" is not "videos".
_MOST_ADDED = 3
_NEGATIONS = frozenset(
    "no not never without cannot lack lacks lacking except only non neither nor can't doesn't isn't won't "
    "nicht kein keine keinen ohne nie sin nunca jamás pas sans jamais não sem senza не без нет".split()
)
# Scripts without spaces: a "word" there is a whole clause, and a sign in it can turn its meaning round.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SMALL_WORDS = frozenset("a an the and or of to for in on with by from as is are be this that its it via".split())
_TOKEN = re.compile(r"\w[\w.,%/+'’-]*")


@dataclass(frozen=True)
class Wording:
    """The text by which a capability is recognised (its description, else its title, else a claim) and its claims."""

    text: str
    claims: frozenset[str] = frozenset()

    @classmethod
    def of(cls, capability: Capability) -> Wording:
        excerpts = (capability.description, capability.title, capability.unique, capability.alternatives)
        first = next((excerpt.text for excerpt in excerpts if excerpt), "")
        claims = {fold_text(excerpt.text) for excerpt in (capability.unique, capability.alternatives) if excerpt}
        return cls(first, frozenset(claim for claim in claims if len(claim) >= _SHORTEST_CLAIM))

    @cached_property
    def key(self) -> str:
        """Equal for texts that differ only in case, white space and punctuation."""
        return fold_text(self.text) or self.text

    @cached_property
    def telling(self) -> Counter[str]:
        """Numbers, names and negations: "128K" and "256K" differ in little but are not the same."""
        found: Counter[str] = Counter()
        for match in _TOKEN.finditer(self.text):
            token = match.group().rstrip(".,-/'’")
            opens = not re.search(r"\w[,\w\s(\"'“‘/–—-]*$", self.text[max(match.start() - 12, 0) : match.start()])
            named = any(char.isdigit() for char in token) or token[1:] != token[1:].lower()
            if named or token.casefold() in _NEGATIONS or (token[:1].isupper() and not opens):
                found[token.casefold()] += 1
        return found

    def likeness(self, other: Wording) -> float:
        """0 to 100; 0 unless both word the same capability."""
        if self.key == other.key:
            return 100.0
        shared = bool(self.claims & other.claims)
        score = fuzz.ratio(self.key, other.key, score_cutoff=NEAR_WITH_CLAIM if shared else NEAR)
        if not score or self.telling != other.telling:
            return 0.0
        return score if shared or _only_adds(self.key, other.key) else 0.0


def fold_text(text: str) -> str:
    """Words only, in lower case, with single spaces; signs within numbers and names stay."""
    return " ".join(re.findall(r"\w+(?:[.,]\d+)*[+#%]*", text.casefold()))


def _only_adds(first: str, second: str) -> bool:
    """Whether no content word of one text is replaced in the other; another spelling or ending is no replacement."""
    ones, others = Counter(first.split()), Counter(second.split())
    left = [word for word in (ones - others).elements() if word not in _SMALL_WORDS]
    right = [word for word in (others - ones).elements() if word not in _SMALL_WORDS]
    for word in list(left):
        twin = next((other for other in right if _is_spelling(word, other)), "")
        if twin:
            left.remove(word)
            right.remove(twin)
    return not (left and right) and len(left) + len(right) <= _MOST_ADDED


def _is_spelling(word: str, other: str) -> bool:
    if word[:3] != other[:3] or _UNSPACED.search(word):
        return False
    return fuzz.ratio(word, other) >= NEAR_WITH_CLAIM


@dataclass(slots=True, eq=False)
class Match:
    """One capability as several pages word it; the first is the wording that is shown."""

    wording: Wording
    capabilities: list[Capability]
    pages: set[str] = field(default_factory=set)


def match_capabilities(pages: Iterable[tuple[str, Sequence[Capability]]]) -> list[Match]:
    """Bring the same capabilities of several pages, given as (page key, capabilities) in file order, together.

    Two capabilities of one page are different unless their words are the same.
    """
    matches: list[Match] = []
    by_key: dict[str, Match] = {}
    for page, capabilities in pages:
        earlier = [match for match in matches if page not in match.pages]
        for capability in capabilities:
            wording = Wording.of(capability)
            match = by_key.get(wording.key) or _nearest(wording, earlier)
            if match is None:
                match = Match(wording, [])
                matches.append(match)
            elif match in earlier:
                earlier.remove(match)
            by_key.setdefault(wording.key, match)
            match.capabilities.append(capability)
            match.pages.add(page)
    return matches


def _nearest(wording: Wording, matches: Sequence[Match]) -> Match | None:
    scored = [(wording.likeness(match.wording), match) for match in matches]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] > 0 else None


def merge_match(match: Match, artifact_id: str) -> Capability:
    """One capability out of all its wordings: each part is taken from the first page that has it."""
    merged = match.capabilities[0]
    for other in match.capabilities[1:]:
        merged = replace(
            merged,
            title=merged.title or other.title,
            description=merged.description or other.description,
            unique=merged.unique or other.unique,
            alternatives=merged.alternatives or other.alternatives,
            intents=_union(merged.intents, other.intents),
            best_for=_union(merged.best_for, other.best_for),
            limitations=_union(merged.limitations, other.limitations),
            requires=_union(merged.requires, other.requires),
        )
    identity = hashlib.sha256(f"{artifact_id}\n{match.wording.key}".encode()).hexdigest()[:16]
    files = {file for capability in match.capabilities for file in capability.sources}
    return replace(merged, id=identity, sources=tuple(sorted(files)))


def _union(first: tuple[Excerpt, ...], second: tuple[Excerpt, ...]) -> tuple[Excerpt, ...]:
    known = {fold_text(excerpt.text) for excerpt in first}
    return first + tuple(excerpt for excerpt in second if fold_text(excerpt.text) not in known)
