"""Finds where sentences begin and end in technical English."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

# Never end a sentence.
_OPEN_ABBREVIATIONS = frozenset(
    "e.g i.e eg ie vs v cf approx ca fig figs eq eqs sec ch vol pp dr mr mrs ms prof st dept est resp incl excl "
    "esp min max avg ver rev ref refs".split()
)
# May end one: only a capital letter (or a plain beginning of a sentence) behind them tells.
_CLOSING_ABBREVIATIONS = frozenset("etc inc ltd corp co llc al jr sr a.m p.m".split())
_STARTERS = frozenset(
    "the a an it its this that these those they there their he she we you your i in on at by for from to with "
    "without when while where if as and but or so both each all any most some one unlike using designed built "
    "however".split()
)
_NEWLINE = r"(?:\r\n|\r|\n)[ \t]*"
_END = re.compile(
    r"""(?P<mark>[.!?…]+)(?P<close>["'”’»)\]*_`]*)(?=\s)"""
    r"""|(?P<wide>[。！？]+)[」』）”’]*"""
    # An empty line or a list item ends a sentence that has no mark of its own.
    rf"""|(?P<blank>{_NEWLINE}(?:\r\n|\r|\n)|{_NEWLINE}(?=(?:[-*+•]|\d{{1,2}}[.)])[ \t]))"""
)
_LAST_WORD = re.compile(r"""[^\s("'“‘\[]+$""")
_NEXT_WORD = re.compile(r"""\s*["'“‘«(\[*_`]*([^\s]+)""")
_ENUMERATION = re.compile(r"(?:^|[:;.\s(])1\.\s")
_QUOTED = re.compile(r"“[^“”]{1,300}”|\"[^\"\n]{1,200}\"|`[^`\n]{1,300}`")
_BRACKET = re.compile(r"[()\[\]{}]")
_LONGEST_BRACKET = 400
LONG_SENTENCE = 400
# "llama.cpp", "scikit_learn": a name in lower case, which a sentence may begin with.
_FILE_NAME = re.compile(r"[a-z]\w+[._]\w{2,}")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """The character spans of the sentences of a text, surrounding white space excluded.

    A sentence longer than LONG_SENTENCE characters is split behind its semicolons too.
    """
    protected = _protected(text)
    cuts = [cut for cut in _ends(text) if not _inside(protected, cut)]
    spans = []
    start = 0
    for cut in [*cuts, len(text)]:
        span = _trim(text, start, cut)
        if span:
            spans.extend(_split_long(text, span, protected))
        start = cut
    return spans


def _ends(text: str) -> Iterator[int]:
    numbered = bool(_ENUMERATION.search(text))
    for match in _END.finditer(text):
        if match["mark"] is None or _ends_sentence(text, match, numbered):
            yield match.end() if match["blank"] is None else match.start()


def _ends_sentence(text: str, match: re.Match[str], numbered: bool) -> bool:
    following = _NEXT_WORD.match(text, match.end())
    if not following:
        return True
    beginning = following.group(1)
    before = _LAST_WORD.search(text, max(match.start() - 60, 0), match.start("mark"))
    word = before.group() if before else ""
    if match["mark"] != ".":
        return not beginning[0].islower()
    return _ends_at_period(text, match, word, beginning, numbered)


def _ends_at_period(text: str, match: re.Match[str], word: str, beginning: str, numbered: bool) -> bool:
    lowered = word.casefold().rstrip(".")
    starter = beginning[0].isupper() and beginning.casefold().strip(".,:;") in _STARTERS
    if lowered in _OPEN_ABBREVIATIONS:
        return False
    if lowered in _CLOSING_ABBREVIATIONS:
        return starter or (lowered == "etc" and beginning[0].isupper())
    if lowered in ("no", "nos") and not match["close"]:
        return not beginning[0].isdigit()
    if re.fullmatch(r"[A-Z]|(?:[A-Za-z]\.)+[A-Za-z]", word):
        return starter
    if word.isdigit() and (_opens_item(text, match.start() - len(word)) or (numbered and len(word) < 3)):
        return False
    return not beginning[0].islower() or _is_plain_word(word) or bool(_FILE_NAME.match(beginning))


def _opens_item(text: str, start: int) -> bool:
    """A number at the beginning of a line counts an item: "1. Install"."""
    while start and text[start - 1] in " \t":
        start -= 1
    return not start or text[start - 1] in "\r\n"


def _is_plain_word(word: str) -> bool:
    """Behind an ordinary word a period ends the sentence even if the next one begins with a name in lower case."""
    return len(word) > 2 and word.isalpha() and word.islower()


def _protected(text: str) -> list[tuple[int, int]]:
    """Spans of brackets, quotations and code, in which no sentence ends; apart and in order."""
    spans = [match.span() for match in _QUOTED.finditer(text)]
    pairs = {")": "(", "]": "[", "}": "{"}
    stack: list[tuple[str, int]] = []
    for match in _BRACKET.finditer(text):
        char, place = match.group(), match.start()
        if char in "([{":
            stack.append((char, place))
        elif stack and stack[-1][0] == pairs[char]:
            _, opened = stack.pop()
            if place - opened <= _LONGEST_BRACKET:
                spans.append((opened, place + 1))
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _inside(spans: list[tuple[int, int]], cut: int) -> bool:
    position = bisect_left(spans, (cut, 0))
    return position > 0 and cut < spans[position - 1][1]


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    return (start, end) if end > start else None


def _split_long(text: str, span: tuple[int, int], protected: list[tuple[int, int]]) -> list[tuple[int, int]]:
    start, end = span
    if end - start <= LONG_SENTENCE:
        return [span]
    spans = []
    for match in re.finditer(r";(?=\s)", text[start:end]):
        cut = span[0] + match.end()
        if not _inside(protected, cut):
            spans.append(_trim(text, start, cut))
            start = cut
    spans.append(_trim(text, start, end))
    return [piece for piece in spans if piece]
