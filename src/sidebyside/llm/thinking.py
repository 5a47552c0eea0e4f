"""Takes the trace of a reasoning model off its reply: what is thought aloud is no part of an answer."""

from __future__ import annotations

_MARKS = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("[THINK]", "[/THINK]"))
_LONGEST = max(len(end) for _begin, end in _MARKS)


class Thoughts:
    """Pieces of a reply in, pieces without the trace out.

    A trace stands at the beginning, and may break off with the reply: then nothing is left. Some models write the mark
    at its end alone; where one is `expected`, the text waits until that mark or the end shows which it was.
    """

    def __init__(self, *, expected: bool = False) -> None:
        self.seen = False
        self._expected = expected
        self._waiting = ""
        self._end: str | None = None
        self._passing = False
        self._stripping = False

    def feed(self, text: str) -> str:
        """What is certain to be no trace."""
        self._waiting += text
        if self._passing:
            return self._passed()
        if self._end is None and not self._begun():
            return ""
        if self._passing:
            return self._passed()
        assert self._end is not None
        _trace, mark, after = self._waiting.partition(self._end)
        if not mark:
            self._waiting = self._waiting[-_LONGEST:]
            return ""
        self._waiting, self._passing, self._stripping = after, True, True
        return self._passed()

    def rest(self) -> str:
        """What was held back, once the reply is complete; "" where it broke off in the trace."""
        waiting, self._waiting = self._waiting, ""
        return "" if self._end is not None and not self._passing else waiting

    def _begun(self) -> bool:
        """Whether it is certain now how the reply begins."""
        start = self._waiting.lstrip()
        for begin, end in _MARKS:
            if start.startswith(begin):
                self.seen, self._end = True, end
                return True
        if any(begin.startswith(start) for begin, _end in _MARKS):
            return False
        if not self._expected:
            self._passing = True
            return True
        for _begin, end in _MARKS:
            if end in self._waiting:
                self.seen, self._end = True, end
                return True
        return False

    def _passed(self) -> str:
        """The text that waits; a mark at the end of a trace in it is noticed, too late for this reply."""
        self.seen = self.seen or any(end in self._waiting for _begin, end in _MARKS)
        passed, self._waiting = self._waiting, ""
        if self._stripping:
            passed = passed.lstrip()
            self._stripping = not passed
        return passed
