"""Words: tokens with their places, stems, and which words carry content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

# A token is a run of letters and digits; a dot or comma inside a number belongs to it ("3.2", "1,000").
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+[^\W\d_]*|[^\W_]+(?:['’](?:s|t|re|ve|ll|d|m)\b)?", re.UNICODE)

# Zipf frequency (log10 of occurrences per billion words) below which an everyday word can stand for a name.
_RARE = 3.7
# A word has so many letters at least.
_FEWEST_LETTERS = 4

# Words that hold a question together without saying what it is about.
STOP_WORDS = frozenset(
    """a an the this that these those it its it's they them their theirs he she his her him we us our you your i me my
    is are was were be been being am do does did doing done has have had having can could will would shall should may
    might must of in on at to for from by with without within into onto over under about as than then and or but nor so
    if else when where which who whom whose what why how there here not no nor only own same too very just also any
    some each every all both either neither such more most much many less least few fewer other another one ones
    i'm i'd isn't aren't don't doesn't didn't can't cannot couldn't won't wouldn't that's what's which's who's let
    please tell show give say says said know want need me us get got gets let's between among versus vs against per
    via up out off down again ever even still yet really actually exactly actual kind kinds sort sorts thing things
    way ways anything something nothing everything anyone someone whats hows wheres whos thats
    theres pls plz ok okay now you've i've we've they've there's everything's stuff come comes came already
    somebody nobody whoever whichever
    during while after before because since until whether although however also
    sth smth smthg u ur im ive id ill youre theyre dont doesnt isnt cant wont thx btw imo tbh idk rn lol omg fyi asap
    wanna gonna gotta kinda sorta lemme gimme cuz coz bc ppl tho""".split()
)

# Words of asking, comparing and judging: they shape a question but are not its subject.
ASKING_WORDS = frozenset(
    """compare comparison compared comparing comparable difference differences differ different better best worse worst
    good bad great prefer preferred recommend choose choice pick winner wins win beat beats versus side sides sidebyside
    support supports supported supporting offer offers offered offering provide provides provided providing allow allows
    allowed enable enables enabled able capable handle handles handled handling feature features capability capabilities
    option options artifact artifacts tool tools product products library page pages available use used using uses
    list name names mention mentions mentioned state states stated higher highest lower lowest larger largest longer
    longest shorter shortest bigger biggest smaller smallest greater greatest faster fastest slower slowest cheaper
    cheapest top bottom first second third last former latter above below ahead behind outrank outranks
    outranked share shares shared exactly precisely completely totally fully entirely absolutely truly u mean means
    meant rather instead cover covers covered include includes included contain contains contained sort sorted order
    ordered ascending descending here fits""".split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: as written, folded (lower case, no accents), and characters [start, end) of the text."""

    text: str
    folded: str
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case, accents removed, typographic apostrophes made plain: for comparing, never for showing."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def fold_in_place(text: str) -> str:
    """`fold` that keeps every character one character, so that places in the folded text are places in the text."""
    return "".join(_fold_character(char) for char in text)


@lru_cache(maxsize=4096)
def _fold_character(char: str) -> str:
    folded, lowered = fold(char), char.lower()
    return folded if len(folded) == 1 else lowered if len(lowered) == 1 else char


def tokens(text: str) -> list[Token]:
    """All words of a text in order; "Llama 3.2-90B" has the words llama, 3.2, 90b."""
    return [Token(m.group(), fold(m.group()), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def folded_words(text: str) -> list[str]:
    """The `folded` of all `tokens` of a text, in a third of the time."""
    return [fold(word) for word in _TOKEN.findall(text)]


@cache
def _stemmer() -> object:
    import Stemmer

    return Stemmer.Stemmer("english")


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The Snowball stem of a folded word: "tuning" and "tuned" meet in "tune"."""
    # British and American spelling are one word: licence and license, colour and color.
    bare = word.removesuffix("'s").replace("licenc", "licens").replace("colour", "color")
    stemmed: str = _stemmer().stemWord(bare)  # type: ignore[attr-defined]
    return stemmed


# Names that pages write by the suffix of their files as well, or in short.
WRITTEN_AS: Mapping[str, tuple[str, ...]] = {
    "excel": ("xlsx", "xls"),
    "powerpoint": ("pptx", "ppt"),
    "javascript": (".js", "nodejs"),
    "kubernetes": ("k8s",),
    "postgresql": ("postgres",),
    "markdown": (".md",),
}


def content_words(text: str) -> list[str]:
    """Folded words that carry content: no stop words, no single letters; order and repeats kept."""
    return [
        token.folded
        for token in tokens(text)
        if token.folded not in STOP_WORDS and (len(token.folded) > 1 or token.folded.isdigit())
    ]


@lru_cache(maxsize=16_384)
def content_stems(text: str) -> frozenset[str]:
    """The stems of a text's content words, with joined neighbours: "fine-tuning" also gives "finetun"."""
    words = content_words(text)
    joined = (first + second for first, second in pairwise(words))
    return frozenset({stem(word) for word in words} | {stem(pair) for pair in joined if not pair.isdigit()})


def initials(text: str) -> set[str]:
    """Acronyms a text spells out: "optical character recognition" gives ocr (runs of 2 to 5 words)."""
    letters = [token.folded[0] for token in tokens(text)]
    return {"".join(letters[i : i + n]) for n in range(2, 6) for i in range(len(letters) - n + 1)}


@cache
def common_words() -> frozenset[str]:
    """The about 29,000 most frequent words of English, by wordfreq's small list."""
    from wordfreq import get_frequency_dict

    return frozenset(get_frequency_dict("en", "small"))


@lru_cache(maxsize=65_536)
def is_common(word: str) -> bool:
    """Whether a folded word is everyday English (see `common_words`)."""
    bare = word.removesuffix("'s")
    return bare in common_words() or (bare.endswith("s") and bare[:-1] in common_words())


def is_rare(word: str) -> bool:
    """Whether a word, everyday or not, is seldom enough to stand for a name (Zipf frequency below 3.7, by wordfreq)."""
    from wordfreq import zipf_frequency

    return not is_common(word) or zipf_frequency(word, "en") < _RARE


@lru_cache(maxsize=16_384)
def is_unheard(word: str) -> bool:
    """Whether nobody writes a folded word, nor a word that it begins or ends with: "mmmu", and not "deduplicate"."""
    from wordfreq import zipf_frequency

    if not word.isalpha() or len(word) < _FEWEST_LETTERS or is_common(word) or zipf_frequency(word, "en") > 0:
        return False
    lengths = range(_FEWEST_LETTERS, len(word))
    return not any(is_common(word[:n]) or is_common(word[-n:]) for n in lengths)


def is_named(token: Token, *, sentence_start: bool) -> bool:
    """Whether a word looks like a proper name: digits with letters, inner capitals, or a capital mid-sentence."""
    word = token.text
    mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    inner = any(c.isupper() for c in word[1:])
    return mixed or inner or (word[0].isupper() and not sentence_start)


def join_names(names: Iterable[str], last: str = "and") -> str:
    """ "A", "A and B", "A, B and C"."""
    items = list(names)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
