"""The text of a reply from its pieces: whole characters only, and nothing of a stop text."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextAssembler:
    """Bytes in as they come, text out as soon as it is certain to belong to the reply."""

    def __init__(self, stop: Sequence[str]) -> None:
        self.stopped = False
        self._stop = [mark for mark in stop if mark]
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""

    def feed(self, data: bytes) -> str:
        """The text that is certain now; after a stop text `stopped` is true and no more may be fed."""
        self._waiting += self._decoder.decode(data)
        places = [place for mark in self._stop if (place := self._waiting.find(mark)) >= 0]
        if places:
            self.stopped = True
            return self._waiting[: min(places)]
        keep = max((_overlap(self._waiting, mark) for mark in self._stop), default=0)
        sure = self._waiting[: len(self._waiting) - keep]
        self._waiting = self._waiting[len(sure) :]
        return sure

    def rest(self) -> str:
        """What was held back when the reply ended without a stop text; half a character is dropped."""
        return "" if self.stopped else self._waiting


def cut_at_stop(text: str, stop: Sequence[str]) -> str:
    """`text` up to the first place where one of the `stop` texts begins."""
    assembler = TextAssembler(stop)
    return assembler.feed(text.encode("utf-8", "replace")) + assembler.rest()


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of `text` could be the beginning of `mark`."""
    return next((size for size in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:size])), 0)
