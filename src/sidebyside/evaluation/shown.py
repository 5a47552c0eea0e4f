"""What a reader sees of an answer, as plain text and plain sentences: Markdown, markers and look-alikes resolved."""

from __future__ import annotations

import html
import re

from sidebyside.records import Answer

QUOTE = "‹quote›"
MARKER = re.compile(r"\[(\d+)\]")
_MARKERS = re.compile(r" ?(?:\[\d+\])+")
_LOOK_ALIKES = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u2011": "-"}
)
# A page is named after the artifacts it compares: its file name is not what an answer says about them.
_FILE_NAME = re.compile(r"[\w./@-]+\.(?:txt|html?|md|json)\b", re.IGNORECASE)
_SPLIT = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])")


def plain(markdown: str) -> str:
    """Markdown as plain text: no emphasis or escapes, straight quotation marks, single spaces; lines stay lines."""
    text = html.unescape(markdown).translate(_LOOK_ALIKES)
    text = re.sub(r"\\([\\`*_{}\[\]()#+.!|<>~$@&-])", r"\1", text)
    text = re.sub(r"\*\*|\*(?=\S)|(?<=\S)\*|`|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)", "", text)
    text = re.sub(r"^[ \t]*(?:>|#+|[-•])[ \t]+", "", text, flags=re.MULTILINE)
    return re.sub(r"[ \t]+", " ", text).strip()


def shown_text(answer: Answer) -> str:
    """Text and notes, plain, without citation markers and names of page files."""
    text = "\n".join(plain(part) for part in (answer.text, *answer.notes))
    return _FILE_NAME.sub("", _MARKERS.sub("", text)).strip()


def own_words(answer: Answer) -> str:
    """As `shown_text`, with every verbatim quote of a citation replaced by QUOTE: what the answer itself says."""
    return _without_quotes(shown_text(answer), answer)


def shown_sentences(answer: Answer) -> list[str]:
    """The sentences of the text, markers kept, with every verbatim quote of a citation replaced by QUOTE."""
    text = _without_quotes(_FILE_NAME.sub("", plain(answer.text)), answer)
    # A marker behind the full stop belongs to the sentence before it.
    text = re.sub(r"([.!?])(\"?)\s*(\[\d+\](?: ?\[\d+\])*)", r"\2 \3\1", text)
    # "3." at the head of a line is a place in a list, and no sentence.
    lines = (re.sub(r"^\s*\d+[.)]\s+", "", line) for line in text.splitlines())
    sentences = [piece.strip() for line in lines for piece in _SPLIT.split(line)]
    return [sentence for sentence in sentences if re.search(r"\w", MARKER.sub("", sentence))]


def _without_quotes(text: str, answer: Answer) -> str:
    quotes = {" ".join(plain(citation.quote).split()) for citation in answer.citations} - {""}
    for quote in sorted(quotes, key=len, reverse=True):
        text = text.replace(quote, QUOTE)
    return text
