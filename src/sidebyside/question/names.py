"""Artifact names in a question: exact, by alias, in part, or misspelt."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sidebyside.question.types import find_types
from sidebyside.records import Artifact, Library
from sidebyside.text.words import ASKING_WORDS, STOP_WORDS, Token, is_common, is_rare, tokens

How = Literal["exact", "part", "misspelt"]
# Ids that a window of words (all words, first, size) may name.
Matcher = Callable[["Sequence[Token]", int, int], Iterable[str]]

# A spelling this close to a name is taken for it (rapidfuzz ratio, 0-100); short words leave no room for guesses.
_MISSPELT = 84.0
# From here on a word may be a name, and is left as it is written.
_RESEMBLING = 75
_MISSPELT_LETTERS = 5
# Letters by which the beginning of a name stands for it.
_BEGINNING = 4
# How like a word of a name a word that is known to name something has to be.
_ALIKE = 0.75
# ... and one that stands beside other words of it.
_NEIGHBOUR = 0.84
_LONGEST_NAME = 10

# Words that come before a name in a question, or after it: an everyday word counts as a name only beside one of them.
_BEFORE_NAME = frozenset(
    "is does can has are do could will about vs versus or and than between with to like of by on for".split()
)
_AFTER_NAME = frozenset("vs versus or and compared against".split())
# A type within this many characters before or after an ambiguous name says which one is meant, unless it is ruled out.
_TYPE_BEFORE, _TYPE_AFTER = 24, 40
_RULED_OUT = re.compile(r"\b(?:not|isn't|rather than|instead of)\s+(?:an?\s+|the\s+)?$")
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_VERSION = re.compile(r"v?\d+(?:\.\d+)*[bkm]?$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: characters [start, end), and the ids it may mean (more than one where it is ambiguous)."""

    text: str
    start: int
    end: int
    artifacts: tuple[str, ...]
    how: How


@dataclass(frozen=True, slots=True)
class FoundNames:
    """What `NameIndex.find` saw: mentions in order, and near misses such as another version of a known name."""

    mentions: tuple[Mention, ...]
    misses: tuple[Mention, ...] = ()


class NameIndex:
    """Finds the artifacts of one library in texts; build once, use for every question."""

    def __init__(
        self,
        library: Library,
        is_known_word: Callable[[str], bool] = lambda _: False,
        is_described: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`is_known_word` tells whether a folded word stands in the library's texts: then it is no misspelling.

        `is_described` tells whether it stands in what pages say of their own artifacts.
        """
        self._is_known_word, self._is_described = is_known_word, is_described
        self._exact: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._names: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._by_word: dict[str, set[str]] = defaultdict(set)
        self._first_words: set[str] = set()
        self._joined: dict[str, set[str]] = defaultdict(set)
        self._types: dict[str, str] = {}
        for artifact in library.artifacts:
            self._add(artifact)
        # "MCP servers" asks for a type, whatever artifacts carry the words in their names.
        self._type_words = {token.folded for artifact in library.artifacts for token in tokens(artifact.type)}
        self._spellings = {" ".join(key): key for key in self._exact}
        self._words = [word for word in self._by_word if len(word) >= _MISSPELT_LETTERS and _is_distinctive(word)]

    def _add(self, artifact: Artifact) -> None:
        written = (artifact.name, artifact.label, *artifact.aliases)
        # "LinguaFinch" is "lingua finch" too.
        names = {_key(name) for said in written for name in (said, _INNER_CAPITAL.sub(" ", said))} - {()}
        for key in names:
            self._exact[key].add(artifact.id)
        self._names[artifact.id] = tuple(sorted(names))
        self._types[artifact.id] = artifact.type.casefold()
        self._first_words |= {key[0] for key in names}
        for key in names:
            for length in range(2, len(key) + 1):
                self._joined["".join(key[:length]).replace(".", "")].add(artifact.id)
        for key in names:
            for word in key:
                self._by_word[word].add(artifact.id)

    def knows(self, word: str) -> bool:
        """Whether a folded word is part of a name or stands in the library's texts."""
        return word in self._by_word or self._is_known_word(word)

    def resembles(self, word: str) -> bool:
        """Whether a folded word may be a name's with a slip or two: "murmer"."""
        from rapidfuzz import fuzz, process

        return process.extractOne(word, self._words, scorer=fuzz.ratio, score_cutoff=_RESEMBLING) is not None

    def describes(self, words: str) -> bool:
        """Whether pages use these words of their own artifacts, as one word or several: "LoRA", "V-A-E"."""
        said = [token.folded for token in tokens(words)]
        together = re.sub(r"[^\w]", "", "".join(said))
        return bool(said) and (all(map(self._is_described, said)) or self._is_described(together))

    def owner(self, words: str) -> tuple[str, ...]:
        """The one artifact that a word of these is part of the name of: "the hub" for HearthLoom Hub; else ()."""
        for token in tokens(words):
            word = token.folded
            owners = self._by_word.get(word, set())
            if len(owners) == 1 and len(word) > 2 and word not in STOP_WORDS and word not in ASKING_WORDS:
                return tuple(owners)
        return ()

    def find(self, text: str) -> FoundNames:
        """The names in a text, longest first where they overlap, exact before partial before misspelt."""
        words = tokens(text)
        taken = [False] * len(words)
        found = [
            *self._scan(text, words, taken, self._match_exact, "exact"),
            *self._scan(text, words, taken, self._match_part, "part"),
            *self._scan(text, words, taken, self._match_joined, "part"),
            *self._scan(text, words, taken, self._match_beginning, "part"),
            *self._scan(text, words, taken, self._match_misspelt, "misspelt"),
        ]
        found = self._joined_up(text, sorted(found, key=lambda mention: mention.start))
        misses = [mention for mention in found if self._is_other_version(text, words, mention)]
        mentions = [
            self._with_type(text, self._by_type(text, self._by_neighbour(text, words, mention)))
            for mention in found
            if mention not in misses
        ]
        return FoundNames(tuple(mentions), tuple(misses))

    def resolve(self, words: str) -> tuple[str, ...]:
        """Ids that words which are known to be a name stand for, more than one where they stay ambiguous.

        Unlike `find` it need not tell names from other words: a version alone ("the 90b"), initials ("sd") and any slip
        count, and so does every word ("llama 90b" is not the other Llama).
        """

        said = [_bare(token.folded) for token in tokens(words)]
        said = [w for w in said if w not in STOP_WORDS and w not in self._type_words] or said
        if not any(said):
            return ()
        best: dict[str, float] = {}
        for artifact, names in self._names.items():
            for name in names:
                initials = "".join(word[0] for word in name if word[0].isalpha())
                marks = [max((self._likeness(w, own) for own in name), default=0.0) for w in said]
                if len(said) == 1 and len(initials) > 1 and said[0] == initials:
                    marks = [0.9]
                if "".join(said).replace(".", "") == "".join(name)[: len("".join(said))].replace(".", ""):
                    marks = [1.0]
                if marks and min(marks) >= _ALIKE:
                    best[artifact] = max(best.get(artifact, 0.0), sum(marks) / len(marks))
        top = max(best.values(), default=0.0)
        return tuple(sorted(artifact for artifact, mark in best.items() if mark >= top - 0.02))

    def _likeness(self, word: str, own: str) -> float:
        """How well a word of a question stands for a word of a name, 0 to 1; one that pages write is no slip."""
        from rapidfuzz import fuzz

        if word != own and word not in self._by_word and self._is_known_word(word) and not own.startswith(word):
            return 0.0
        return _alike(word, own, fuzz.ratio)

    def nearest(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Ids of the artifacts whose names look most like `name`, best first; none if nothing does."""
        from rapidfuzz import fuzz, process

        matches = process.extract(
            " ".join(_key(name)), list(self._spellings), scorer=fuzz.WRatio, limit=limit * 3, score_cutoff=60
        )
        ids = (artifact for spelling, _, _ in matches for artifact in sorted(self._exact[self._spellings[spelling]]))
        return tuple(dict.fromkeys(ids))[:limit]

    def _scan(self, text: str, words: Sequence[Token], taken: list[bool], match: Matcher, how: How) -> list[Mention]:
        found = []
        for size in range(min(_LONGEST_NAME, len(words)), 0, -1):
            for first in range(len(words) - size + 1):
                window = words[first : first + size]
                if any(taken[first : first + size]) or _crosses_clause(text, window):
                    continue
                ids = match(words, first, size)
                if ids:
                    taken[first : first + size] = [True] * size
                    start, end = window[0].start, window[-1].end
                    found.append(Mention(text[start:end], start, end, tuple(sorted(ids)), how))
        return found

    def _match_exact(self, words: Sequence[Token], first: int, size: int) -> Iterable[str]:
        key = tuple(_bare(word.folded) for word in words[first : first + size])
        ids = self._exact.get(key, ())
        if ids and size == 1 and not _could_be_name(words, first):
            return ()
        return ids

    def _match_joined(self, words: Sequence[Token], first: int, size: int) -> Iterable[str]:
        """The beginning of a name with its words run together: "llama3.2", "kestrel7b"."""
        joined = "".join(_bare(word.folded) for word in words[first : first + size]).replace(".", "")
        return self._joined.get(joined, ()) if len(joined) >= _MISSPELT_LETTERS else ()

    def _match_beginning(self, words: Sequence[Token], first: int, size: int) -> Iterable[str]:
        """One word that one artifact's name alone begins with: "silt" for Siltstore, where it means nothing else."""
        word = _bare(words[first].folded)
        if size > 1 or len(word) < _BEGINNING or self._is_known_word(word) or word in STOP_WORDS or not word.isalpha():
            return ()
        owners = {a for a, names in self._names.items() if any(name[0].startswith(word) for name in names if name)}
        return owners if len(owners) == 1 and (not is_common(word) or _could_be_name(words, first)) else ()

    def _match_part(self, words: Sequence[Token], first: int, size: int) -> Iterable[str]:
        """Words of one name in their order, at least one of them distinctive: "llama 3.2", "llava"."""
        window = [_bare(word.folded) for word in words[first : first + size]]
        distinctive = any(_is_distinctive(word) and word in self._by_word for word in window)
        if all(word in self._type_words for word in window):
            return ()
        if not distinctive and not (
            window[0] in self._first_words and is_rare(window[0]) and _could_be_name(words, first)
        ):
            return ()
        candidates = set.intersection(*(self._by_word.get(word, set()) for word in window))
        # "The 90B Llama": words of a name in another order are still its words.
        return {
            artifact
            for artifact in candidates
            if any(_in_order(window, name) or len({*window} & {*name}) == len(window) for name in self._names[artifact])
        }

    def _match_misspelt(self, words: Sequence[Token], first: int, size: int) -> Iterable[str]:
        from rapidfuzz import fuzz, process

        window = [_bare(word.folded) for word in words[first : first + size]]
        joined = " ".join(window)
        if len(joined) < _MISSPELT_LETTERS or all(is_common(w) or w in STOP_WORDS for w in window):
            return ()
        if window[0] in STOP_WORDS or window[-1] in STOP_WORDS:
            return ()
        # A word that pages use, or that is part of a name, is spelled as it is meant.
        odd = [w for w in window if not is_common(w) and w not in self._by_word and not self._is_known_word(w)]
        if not odd and size <= 2:
            return ()
        choices = list(self._spellings) if size > 1 else [*self._spellings, *self._words]
        best = process.extractOne(joined, choices, scorer=fuzz.ratio, score_cutoff=_MISSPELT)
        if best is None or _digits(best[0].split()) != _digits(window):
            return ()
        key = self._spellings.get(best[0])
        return self._exact[key] if key else self._by_word[best[0]]

    def _is_other_version(self, text: str, words: Sequence[Token], mention: Mention) -> bool:
        """Whether a number right after the name makes it another thing: "Llama 4" is not Llama 3.2."""
        following = next((word for word in words if word.start >= mention.end), None)
        if (
            following is None
            or not _VERSION.match(following.folded)
            or text[mention.end : following.start] not in {" ", "-"}
        ):
            return False
        after = text[following.end : following.end + 2]
        if after[:1] in {"%", "/", "x"} or re.match(r"\s?(?:%|x\b)", text[following.end :]):
            return False
        # A counted noun after it ("X 3 images") or a full name before it leaves the number to the question.
        if mention.how == "exact" and re.match(r"\s[a-z]{2,}", text[following.end :]) and following.folded.isdigit():
            return False
        return not any(following.folded in name for artifact in mention.artifacts for name in self._names[artifact])

    def _with_type(self, text: str, mention: Mention) -> Mention:
        """ "Lantern (Product)": the type in brackets belongs to the name."""
        if "(" in mention.text and ")" not in mention.text and text[mention.end : mention.end + 1] == ")":
            return Mention(f"{mention.text})", mention.start, mention.end + 1, mention.artifacts, mention.how)
        behind = re.match(r"\s*\(([^()]+)\)", text[mention.end :])
        types = {self._types[artifact] for artifact in mention.artifacts}
        if behind is None or behind[1].casefold() not in types:
            return mention
        end = mention.end + behind.end()
        return Mention(text[mention.start : end], mention.start, end, mention.artifacts, mention.how)

    def _joined_up(self, text: str, found: Sequence[Mention]) -> list[Mention]:
        """Names with nothing between them that are parts of one: "the Dreamboth Stable Diffusion"."""
        joined: list[Mention] = []
        for mention in found:
            last = joined[-1] if joined else None
            if last is not None and text[last.end : mention.start] == " ":
                said = _key(text[last.start : mention.end])
                whole = [a for a in dict.fromkeys((*last.artifacts, *mention.artifacts)) if self._holds(a, said)]
                if len(whole) == 1:
                    joined[-1] = Mention(
                        text[last.start : mention.end], last.start, mention.end, tuple(whole), "misspelt"
                    )
                    continue
            joined.append(mention)
        return joined

    def _holds(self, artifact: str, said: Sequence[str]) -> bool:
        """Whether each of these words is, but for slips, a word of its own of the artifact's name."""
        from rapidfuzz import fuzz

        for name in self._names[artifact]:
            left = list(name)
            for word in said:
                best = max(left, key=lambda own: _alike(word, own, fuzz.ratio), default="")
                if not best or _alike(word, best, fuzz.ratio) < _NEIGHBOUR:
                    break
                left.remove(best)
            else:
                return True
        return False

    def _by_neighbour(self, text: str, words: Sequence[Token], mention: Mention) -> Mention:
        """Settle an ambiguous name by a misspelt word of it right before or after: "Lava Llama 3" is no other Llama."""
        if len(mention.artifacts) < 2:
            return mention
        from rapidfuzz import fuzz

        beside = [word for word in words if text[word.end : mention.start] == " "]
        beside += [word for word in words if text[mention.end : word.start] == " "]
        for word in beside:
            said = _bare(word.folded)
            if len(said) < _BEGINNING or said in STOP_WORDS or self._is_known_word(said):
                continue
            meant = [
                artifact
                for artifact in mention.artifacts
                if any(_alike(said, own, fuzz.ratio) >= _NEIGHBOUR for name in self._names[artifact] for own in name)
            ]
            if len(meant) == 1:
                start, end = min(mention.start, word.start), max(mention.end, word.end)
                return Mention(text[start:end], start, end, tuple(meant), "misspelt")
        return mention

    def _by_type(self, text: str, mention: Mention) -> Mention:
        """Settle an ambiguous name by a type near it: "Lantern (Product)", "the Lantern agent", "the CLI one"."""
        if len(mention.artifacts) < 2:
            return mention
        start, end = max(0, mention.start - _TYPE_BEFORE), mention.end + _TYPE_AFTER
        # What stands beyond the same name again is said of that one.
        again = text.casefold().find(mention.text.casefold(), mention.end, end)
        end = end if again < 0 else again
        meant = {
            use.label.casefold()
            for use in find_types(text, self._types.values())
            if start <= use.start and use.end <= end and not _RULED_OUT.search(text[: use.start].casefold())
        }
        fitting = tuple(a for a in mention.artifacts if self._types[a] in meant)
        return Mention(mention.text, mention.start, mention.end, fitting, mention.how) if len(fitting) == 1 else mention


def _key(name: str) -> tuple[str, ...]:
    return tuple(_bare(token.folded) for token in tokens(name))


def _bare(word: str) -> str:
    return word.removesuffix("'s")


def _digits(words: Iterable[str]) -> list[str]:
    return sorted(word for word in words if any(char.isdigit() for char in word))


def _alike(word: str, own: str, ratio: Callable[[str, str], float]) -> float:
    """0 to 1: equal words, the beginning of a word, or a slip; figures are equal or they are others."""
    if word == own:
        return 1.0
    if word.isdigit() and own.startswith(word) and own[len(word) :].isalpha():
        return 0.95  # "the 90 llama" is the 90B one
    if any(char.isdigit() for char in word + own):
        return 0.95 if len(word) > 1 and (own.startswith(word) or word.startswith(own)) and own[:1].isalpha() else 0.0
    if len(word) >= 4 and own.startswith(word):
        return 0.9
    return ratio(word, own) / 100 if min(len(word), len(own)) >= 3 else 0.0


def _is_distinctive(word: str) -> bool:
    """Whether a word alone can stand for a name: no everyday word, no bare number."""
    return not is_common(word) and not _VERSION.match(word) and word not in STOP_WORDS and len(word) > 2


def _in_order(window: Sequence[str], name: Sequence[str]) -> bool:
    remaining = iter(name)
    return all(word in remaining for word in window)


def _could_be_name(words: Sequence[Token], position: int) -> bool:
    """Whether one everyday word is meant as a name: written with a capital, or where a question names its subject."""
    word = words[position]
    bare = _bare(word.folded)
    if not is_common(bare):
        return True
    if bare in STOP_WORDS or bare in ASKING_WORDS:
        return word.text[0].isupper() and position > 0
    before = words[position - 1].folded if position else ""
    after = words[position + 1].folded if position + 1 < len(words) else ""
    possessed = word.folded != bare
    return word.text[0].isupper() or possessed or before in _BEFORE_NAME or after in _AFTER_NAME or len(words) <= 2


def _crosses_clause(text: str, window: Sequence[Token]) -> bool:
    """Whether punctuation other than a name's own splits the window."""
    return any(re.search(r"[,;:?!]", text[a.end : b.start]) for a, b in pairwise(window))
