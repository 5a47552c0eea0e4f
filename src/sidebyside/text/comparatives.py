"""Words for being ahead in a row, by its measure: "is heavier", "was released later", "has the larger Storage"."""

from __future__ import annotations

import re

# measure -> (more, less, most, least)
_ADJECTIVES = {
    **dict.fromkeys(
        ("bytes", "token", "pixel", "energy", "charge", "bit"), ("larger", "smaller", "largest", "smallest")
    ),
    "time": ("longer", "shorter", "longest", "shortest"),
    "date": ("later", "earlier", "latest", "earliest"),
    "version": ("newer", "older", "newest", "oldest"),
    "length": ("greater", "smaller", "greatest", "smallest"),
}
_HIGHER = ("higher", "lower", "highest", "lowest")
_COSTS = ("costs more", "costs less", "costs most", "costs least")
# (measure, rows of it that are an adjective, the adjective): what weighs more is heavier.
_PREDICATES = (
    ("mass", r"(?:net |total |item )?(?:weight|mass)", ("is heavier", "is lighter", "is heaviest", "is lightest")),
    ("length", r"length", ("is longer", "is shorter", "is longest", "is shortest")),
    ("length", r"height", ("is taller", "is lower", "is tallest", "is lowest")),
    ("length", r"width", ("is wider", "is narrower", "is widest", "is narrowest")),
    ("money", r"(?:starting |base |list )?(?:pric(?:e|es|ing)|costs?)", _COSTS),
    ("class", r".*", _COSTS),
)
# Words that name an end of a measure, whatever else a question says: who is faster takes less time, or does more in it.
_MORE_NEW = (r"later|latest|newer|newest|(?:more|most) recent(?:ly)?", r"earlier|earliest|older|oldest|first")
_ENDS = {
    "time": (r"slower|slowest|longer|longest", r"faster|fastest|quicker|quickest|shorter|shortest"),
    "rate": (r"faster|fastest|quicker|quickest", r"slower|slowest"),
    **dict.fromkeys(("money", "class"), (r"dearer|dearest|pricier|priciest", r"cheaper|cheapest")),
    **dict.fromkeys(("date", "version"), _MORE_NEW),
    "mass": (r"heavier|heaviest", r"lighter|lightest"),
}
# A row may end with its unit: "Weight (kg)".
_UNIT = r"(?:,? ?[(\[].*)?"
_PARTICIPLE = re.compile(r"(?:date |last )?(?P<verb>[a-z]+ed)(?: on| in)?", re.IGNORECASE)
_PLURAL = re.compile(r".*(?<![sui])s", re.IGNORECASE)


def adjective(measure: str, direction: int, *, superlative: bool = False) -> str:
    """The word for more (`direction` 1) or less (-1) on a measure: "larger", "earliest"."""
    return _ADJECTIVES.get(measure, _HIGHER)[(direction < 0) + 2 * superlative]


def named_end(text: str, measure: str, label: str = "") -> int:
    """1 or -1 where a text names the upper or lower end of a measure, words of the row itself aside; else 0."""
    words = re.sub(re.escape(label), " ", text, flags=re.IGNORECASE) if label else text
    ends = [
        end
        for end, named in zip((1, -1), _ENDS.get(measure, ()), strict=False)
        if re.search(rf"\b(?:{named})\b", words, re.IGNORECASE)
    ]
    return ends[0] if len(ends) == 1 else 0


def predicate(measure: str, label: str, direction: int, *, superlative: bool = False) -> str:
    """What being ahead in a row is, as a predicate: "is heavier", "was released later", "has the larger Storage"."""
    place = (direction < 0) + 2 * superlative
    for of, row, words in _PREDICATES:
        if of == measure and re.fullmatch(row + _UNIT, label, re.IGNORECASE):
            return words[place]
    if measure == "date" and (told := _PARTICIPLE.fullmatch(label)):
        return f"was {told['verb'].lower()} {('later', 'earlier', 'last', 'first')[place]}"
    if measure in {"count", "number"} and _PLURAL.fullmatch(label):
        # Acronyms keep their capitals: "more API calls".
        noun = label if label[1:2].isupper() else label[:1].lower() + label[1:]
        return f"has {('more', 'fewer', 'the most', 'the fewest')[place]} {noun}"
    return f"has the {adjective(measure, direction, superlative=superlative)} {label}"
