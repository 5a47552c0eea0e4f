"""Slows whoever guesses passwords or tokens: an address may be wrong a few times, then only once in a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

# Wrong tries that an address has at once, and seconds until it gets another one: 14,400 a day, of at least 10^14.
TRIES = 10
SECONDS_A_TRY = 6.0
_MOST_ADDRESSES = 10_000


class Brake:
    """Counts wrong tries by address. What was right once stays let through, so that somebody who guesses from the
    same address (behind one proxy, say) does not lock out those who know.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._right: set[bytes] = set()

    def known(self, authorization: str) -> bool:
        """Whether this very header was right before."""
        return _digest(authorization) in self._right

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0 if it may now."""
        tries = self._tries(address)
        return 0.0 if tries >= 1 else (1 - tries) * SECONDS_A_TRY

    def right(self, authorization: str) -> None:
        """Note that this header opens the server."""
        self._right.add(_digest(authorization))

    def wrong(self, address: str) -> None:
        """Take one try from this address."""
        self._left[address] = (self._tries(address) - 1, self._clock())
        self._left.move_to_end(address)
        while len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)

    def _tries(self, address: str) -> float:
        tries, then = self._left.get(address, (float(TRIES), 0.0))
        return min(float(TRIES), tries + (self._clock() - then) / SECONDS_A_TRY)


def _digest(authorization: str) -> bytes:
    return sha256(authorization.encode(errors="replace")).digest()
