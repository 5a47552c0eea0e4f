"""Work in the background: its progress, what it returns, what it raises, and that it goes on without a listener."""

from __future__ import annotations

import errno
import threading

import pytest

from sidebyside.errors import SidebysideError
from sidebyside.serving.background import Progress, in_background
from sidebyside.serving.run import UnforeseenError


def followed(work):
    steps = in_background(work, name="test", failed="It failed.")
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return told, end.value


def test_progress_comes_before_the_result():
    def work(tell):
        tell("read", 1, 2)
        tell("read", 2, 2)
        return "done"

    assert followed(work) == ([Progress("read", 1, 2), Progress("read", 2, 2)], "done")


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (SidebysideError("no page in it"), SidebysideError, "no page in it"),
        (KeyError(1), UnforeseenError, "It failed."),
        (OSError(errno.ENOSPC, "No space left on device", "/data"), UnforeseenError, "/data: No space left on device"),
    ],
)
def test_errors_come_to_whoever_waits(error, kind, text):
    def work(_tell):
        raise error

    with pytest.raises(kind, match=text):
        followed(work)


def test_it_begins_at_once_and_goes_on_without_a_listener():
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work(_tell):
        begun.set()
        assert may_end.wait(20)
        ended.set()

    steps = in_background(work, name="test", failed="It failed.")
    assert begun.wait(20)
    steps.close()
    may_end.set()
    assert ended.wait(20)
