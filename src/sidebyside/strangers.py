"""Names a question asks about that the library does not hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sidebyside.labels import PAGE_TYPES, PRICES
from sidebyside.names import Mention
from sidebyside.words import ASKING_WORDS, STOP_WORDS, Token, is_common, is_named, tokens


@dataclass(frozen=True, slots=True)
class Stranger:
    """A name that is in no page's title or table: its text and characters [start, end) of the question."""

    text: str
    start: int
    end: int


# A name stands here when it stands beside another ("X or Y", "X vs Y", "better than Y")...
_BESIDE = r"(?:vs\.?|versus|or|and|than|with|to|against|from|/)"
# ...or is compared with it...
_COMPARED = (
    r"(?:(?:any |really |much |a lot )?(?:better|worse|faster|cheaper|slower|stronger|smarter|smaller|bigger|larger|"
    r"more \w+|less \w+)(?: \w+){0,3} than|compares? (?:to|with|against)|"
    r"(?:stack|measure|hold)s? up (?:to|against|with)|differs? from|different (?:from|to|than)|instead of|beats?|"
    r"outperforms?|(?:as )?good as)"
)
# ...or where a question has its subject ("is Y free?", "price of Y", "what about Y", "alternatives to Y").
_SUBJECT = re.compile(
    r"(?:^|\b(?:and|but|so|ok(?:ay)?|then)\s+)(?:please )?(?:is|are|was|does|do|did|can|could|will|would|has|have|"
    r"should i (?:use|pick|choose|take))\s+(?:the\s+)?$"
    r"|\b(?:what|who|how)(?:'s| is| are| does| do| can| about| much is| much does| many \w+ does| good is|"
    r" well does)\s+(?:the\s+)?$"
    r"|\b(?:about|describe|compare|explain|alternatives? (?:to|for|of)|instead of|similar to|replace|"
    r"between)\s+(?:the\s+)?$"
)
# What something has, does or is may be any feature, so these verbs lead up to a name only in a question for a value.
_OF = re.compile(r"\b(?:of|for|in|by|from|(?:what|which|how)\b.*\b(?:does|do|is|has|have))\s+(?:the\s+)?$")
_POSSESSIVE = re.compile(r"^['’]s\b")
# "A friend swears by Y. What would it cost?": what is asked about is what was named before.
_NAMED_BEFORE = re.compile(
    r"^[^.?!]*[.?!]\s+(?:and |so |but )?(?:(?:what|how|when|where|why)\b[^.?!]*?\s)?"
    r"(?:is|does|do|can|could|will|would|has|should|did|was) it\b"
)
# A question that asks which artifact fits names a need, not an artifact: "which tool works with RunPod?".
_SEARCHES = re.compile(
    r"^(?:and |so |ok |but )?(?:which|who|whose|list|show|find|name|recommend|suggest|any\b|is there|are there|"
    r"do you have|do any|does any|"
    r"does anything|can any|what (?:can|could|would|should|artifacts?|tools?|models?|\w+ (?:can|could|supports?|"
    r"does|has|have|is best|lets?|works?))|"
    r"i (?:want|need|would|am|have)|how (?:can|do|could|should|would) i|where|how many)\b"
)
# Words of the table are what a question asks by, however they are written ("APIs", "freemium").
_TABLE_WORDS = frozenset(word.folded for name in (*PAGE_TYPES, *PRICES, "UnfragileRank") for word in tokens(name))
_GENERIC = frozenset(
    """it they them this that these those there he she you i we one ones both either which what who any anything all
    someone something everything artifact artifacts tool tools model models page pages library""".split()
)
_COMPARES_TWO = re.compile(
    r"^(?:is |are |which is |what is |what's )?(?:better|worse|faster|cheaper|best)?[\s,:]*(?P<x>[\w .+-]{2,40}?)\s+"
    r"(?:(?:a |an |the )?(?:better|worse|cheaper|faster|slower|stronger|more \w+|less \w+|"
    r"good)(?: \w+){0,2}? (?:than|as)|vs\.?|versus)\s+(?P<y>[\w .+-]{2,40}?)\W*$",
    re.IGNORECASE,
)


_COMPARE_BOTH = re.compile(
    r"^(?:please )?(?:compare|difference between|what'?s the difference between|what is the difference between)\s+"
    r"(?P<x>[\w.+-]+(?: [\w.+-]+)?)\s+(?:and|with|to|against)\s+(?P<y>[\w.+-]+(?: [\w.+-]+)?)\W*$",
    re.IGNORECASE,
)


def find_strangers(text: str, mentions: Sequence[Mention], misses: Sequence[Mention]) -> list[Stranger]:
    """Unknown names in the places where a question names its artifacts, in order.

    `misses` are names like one of the library's but of another version; they are strangers as they stand.
    """
    runs = _runs(text, mentions, misses)
    found = [run for run in runs if _in_name_place(text, run, mentions, runs)]
    found = _with_listed(text, found, runs, mentions)
    found.extend(_version_of(text, miss) for miss in misses)
    if not found:
        found.extend(_compared_words(text) if not mentions else _compared_subject(text, mentions))
    found = [run for run in found if not any(_part_of(text, run, other) for other in found)]
    return sorted(_apart(found), key=lambda stranger: stranger.start)


def _runs(text: str, mentions: Sequence[Mention], misses: Sequence[Mention]) -> list[Stranger]:
    """Neighbouring words that look like a name: capitals mid-sentence, digits with letters, or no everyday English."""
    taken = [(m.start, m.end) for m in (*mentions, *misses)]
    runs: list[list[Token]] = []
    words = tokens(text)
    for position, word in enumerate(words):
        if any(start < word.end and word.start < end for start, end in taken) or not _looks_named(words, position):
            continue
        last = runs[-1][-1] if runs else None
        if last is not None and re.fullmatch(r"[ \-./]{1,2}", text[last.end : word.start]):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [_grown(text, run, words) for run in runs]


def _grown(text: str, run: Sequence[Token], words: Sequence[Token]) -> Stranger:
    """The run with a version number right after it ("claude 3")."""
    end = run[-1].end
    for word in words:
        if (
            word.start > end
            and text[end : word.start] in {" ", "-"}
            and re.fullmatch(r"v?\d+(?:\.\d+)*[bkm]?", word.folded)
        ):
            end = word.end
    written = text[run[0].start : end]
    return Stranger(re.sub(r"['’]s$", "", written), run[0].start, end)


def _looks_named(words: Sequence[Token], position: int) -> bool:
    word = words[position]
    bare = word.folded.removesuffix("'s")
    if bare in STOP_WORDS or bare.replace(".", "").replace(",", "").isdigit():
        return False
    if bare in ASKING_WORDS or bare in _TABLE_WORDS or bare.removesuffix("s") in _TABLE_WORDS:
        return False
    return not is_common(bare) or is_named(word, sentence_start=position == 0)


def _in_name_place(text: str, run: Stranger, mentions: Sequence[Mention], runs: Sequence[Stranger]) -> bool:
    """Whether the run stands where a question names an artifact rather than what it asks about one."""
    if any(_beside(text, run, other.start, other.end) for other in mentions):
        return True
    before, after = text[: run.start].lower(), text[run.end :].lower()
    if re.search(
        r"\b(?:better|worse|faster|cheaper|slower|stronger|higher|lower|longer|rather|more \w+|less \w+) than\s+$",
        before,
    ):
        return True
    if not mentions and _NAMED_BEFORE.search(after) and _capital(run):
        return True
    if mentions or _searches(text):
        return bool(mentions) and bool(re.search(r"\b(?:compared? (?:to|with|against)|versus|vs\.?)\s+$", before))
    if _SUBJECT.search(before) or _POSSESSIVE.match(text[run.end - 2 :].lower()) or not before.strip():
        return True
    if any(_beside(text, run, other.start, other.end) for other in runs if other is not run):
        return True
    return bool(_OF.search(before)) and not re.search(r"\w", after.strip(" ?.!"))


def _capital(run: Stranger) -> bool:
    """Whether every word of a run has a capital or a digit."""
    return all(word.text[0].isupper() or any(c.isdigit() for c in word.text) for word in tokens(run.text))


def _with_listed(
    text: str, found: list[Stranger], runs: Sequence[Stranger], mentions: Sequence[Mention]
) -> list[Stranger]:
    """Also the runs that stand in one list with a name: "compare X, Y and Z"."""
    named = [*((m.start, m.end) for m in mentions), *((s.start, s.end) for s in found)]
    for run in runs:
        if run in found:
            continue
        follows = any(
            re.fullmatch(r"\s*,\s*(?:and |or )?", text[end : run.start]) for _, end in named if end <= run.start
        )
        continues = re.match(r"\s*(?:,|and\b|or\b|vs\b|[?.!]|$)", text[run.end :].lower())
        joined = any(_beside(text, run, start, end) for start, end in named)
        if (follows and continues) or joined:
            found.append(run)
            named.append((run.start, run.end))
    return found


def _searches(text: str) -> bool:
    """Whether any sentence of the text asks which artifact fits."""
    return any(_SEARCHES.match(sentence) for sentence in re.split(r"(?<=[.?!])\s+", text.lower()))


def _beside(text: str, run: Stranger, start: int, end: int) -> bool:
    """Whether only comparing or listing words stand between the run and another name."""
    gap = text[end : run.start] if end <= run.start else text[run.end : start]
    return bool(re.fullmatch(rf"\s*(?:{_BESIDE}|{_COMPARED})\s*(?:the\s+)?(?:or\s+|and\s+)?", gap.lower()))


def _part_of(text: str, run: Stranger, other: Stranger) -> bool:
    """Whether a run names a part of another: "the Pro tier of Ollama Cloud" asks about Ollama Cloud."""
    gap = text[run.end : other.start].lower() if run.end <= other.start else "?"
    return bool(re.fullmatch(r"\s+(?:\w+\s+){0,3}(?:of|in|on|from|for|at|by)\s+(?:the\s+)?", gap))


def _version_of(text: str, miss: Mention) -> Stranger:
    number = re.match(r"[ -]v?\d+(?:\.\d+)*[bkmBKM]?", text[miss.end :])
    end = miss.end + (number.end() if number else 0)
    return Stranger(text[miss.start : end], miss.start, end)


def _compared_words(text: str) -> list[Stranger]:
    """Two sides of a comparison in everyday words ("is claude better than gemini"): names, since nothing else fits."""
    found = _COMPARES_TWO.match(text) or _COMPARE_BOTH.match(text)
    if not found:
        return []
    sides = [Stranger(found[g].strip(), found.start(g), found.end(g)) for g in ("x", "y")]
    return [] if any(word.folded in _GENERIC for side in sides for word in tokens(side.text)) else sides


def _compared_subject(text: str, mentions: Sequence[Mention]) -> list[Stranger]:
    """What is compared with a name of the library, if written like a name: "is runway gen-3 cheaper than X"."""
    found = _COMPARES_TWO.match(text)
    if not found or not any(m.start < found.end("y") and found.start("y") < m.end for m in mentions):
        return []
    words = tokens(found["x"])
    known = any(m.start < found.end("x") and found.start("x") < m.end for m in mentions)
    named = any(
        is_named(word, sentence_start=False) or not is_common(word.folded) or word.folded.isdigit()
        for word in words
        if word.folded not in STOP_WORDS
    )
    if known or not named or any(word.folded in _GENERIC for word in words):
        return []
    return [Stranger(found["x"].strip(), found.start("x"), found.end("x"))]


def _apart(found: Sequence[Stranger]) -> list[Stranger]:
    """Without those that lie inside a longer one."""
    return [
        s
        for s in dict.fromkeys(found)
        if not any(o is not s and o.start <= s.start and s.end <= o.end and o != s for o in found)
    ]
