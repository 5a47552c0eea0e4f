"""What the reliability rows share: a result, a clock, and libraries that are written in a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parents[1]
ROOT = BENCHMARKS.parent
TESTS = ROOT / "tests"
PUBLIC = ROOT.parent / "shared" / "public-data"
for folder in (TESTS / "browser", TESTS, BENCHMARKS, Path(__file__).parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@dataclass(slots=True)
class Outcome:
    """How a row ended: trials, one line per failure, further figures, and what could not be run and why."""

    n: int = 0
    failures: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)

    def check(self, passed: bool, told: str) -> None:
        """Count a trial; `told` says what went wrong where it did not pass."""
        self.n += 1
        if not passed:
            self.failures.append(told[:400])


Row = Callable[[Path, int], Outcome]


@contextmanager
def patched(target: object, name: str, value: Any) -> Iterator[None]:
    """Replace an attribute for a while: how a defence is switched off."""
    before = getattr(target, name)
    setattr(target, name, value)
    try:
        yield
    finally:
        setattr(target, name, before)


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Whether `done` came true in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    ordered = sorted(seconds) or [0.0]
    return {
        "p50 ms": round(1000 * ordered[len(ordered) // 2], 1),
        "p95 ms": round(1000 * ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1),
    }
