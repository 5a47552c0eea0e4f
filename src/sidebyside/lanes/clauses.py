"""Where a sentence that is still being written may end: before a clause that only goes on about what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A model that copies a long sentence goes on to its end, half of which nobody asked for. The words that a clause
# begins with here add to what stands before them; those that limit it ("only", "unless", "if", and "that" or "which"
# without a comma) are not among them. The clause's next word has to have begun.
_GOES_ON = re.compile(
    r"(?:(?:,|;|\s[—–])?\s(?:enabling|allowing|ensuring|making|letting|thereby|while|whereas|rather than)"
    r"|(?:,|\s[—–])\swhich)\s\w"
)
_FEWEST_WORDS = 8


def without_next_clause(text: str, since: int = 0) -> Iterator[str]:
    """For each clause of `text` that only goes on, the sentence that ends before it.

    Of these only such as begin to show in the characters from `since` on: the rest was known before they came.
    """
    for begins in _GOES_ON.finditer(text):
        said = text[: begins.start()].rstrip(" ,;—–")
        whole = len(said.split()) >= _FEWEST_WORDS and said.count("(") == said.count(")")
        if begins.end() > since and whole:
            yield said + "."
