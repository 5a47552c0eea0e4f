"""What a reader sees of an answer, as plain text and plain sentences: Markdown, markers and look-alikes resolved."""

from __future__ import annotations

import html
import re

from sidebyside.records import Answer

QUOTE = "‹quote›"
MARKER = re.compile(r"\[(\d+)\]")
_LOOK_ALIKES = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"}
)
_SPLIT = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])")


def plain(markdown: str) -> str:
    """Markdown as plain text: no emphasis or escapes, straight quotation marks, single spaces; lines stay lines."""
    text = html.unescape(markdown).translate(_LOOK_ALIKES)
    text = re.sub(r"\\([\\`*_{}\[\]()#+.!|<>~$@&-])", r"\1", text)
    text = re.sub(r"\*\*|\*(?=\S)|(?<=\S)\*|`|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)", "", text)
    text = re.sub(r"^[ \t]*(?:>|#+|[-•])[ \t]+", "", text, flags=re.MULTILINE)
    return re.sub(r"[ \t]+", " ", text).strip()


def shown_text(answer: Answer) -> str:
    """Text and notes, plain and without citation markers: what `must` and `must_not` are searched in."""
    text = "\n".join(plain(part) for part in (answer.text, *answer.notes))
    return re.sub(r"[ ]?(?:\[\d+\])+", "", text)


def shown_sentences(answer: Answer) -> list[str]:
    """The sentences of the text, markers kept, with every verbatim citation quote replaced by QUOTE."""
    text = plain(answer.text)
    quotes = {plain(citation.quote).replace("\n", " ") for citation in answer.citations}
    for quote in sorted(quotes, key=len, reverse=True):
        if quote:
            text = text.replace(quote, QUOTE)
    # A marker behind the full stop belongs to the sentence before it.
    text = re.sub(r"([.!?])(\"?)\s*((?:\[\d+\]\s?)+)", r"\2 \3\1 ", text)
    sentences = [piece.strip() for line in text.splitlines() for piece in _SPLIT.split(line)]
    return [sentence for sentence in sentences if re.search(r"\w", MARKER.sub("", sentence))]
