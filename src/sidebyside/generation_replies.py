"""Replies that the model process has written: at temperature 0 the same prompt brings the same reply."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """What was written; `finish` as in Usage, where "cancelled" means that more may have followed."""

    text: str
    tokens: int
    finish: str


class ReplyCache:
    """The replies that were wanted last, by whatever decides a reply."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._replies: OrderedDict[Hashable, Reply] = OrderedDict()

    def get(self, key: Hashable) -> Reply | None:
        """The reply, now the most recently used one."""
        if key in self._replies:
            self._replies.move_to_end(key)
        return self._replies.get(key)

    def put(self, key: Hashable, reply: Reply) -> None:
        """Keep a reply, unless more of it is known."""
        known = self._replies.get(key)
        if known is None or known.tokens < reply.tokens or known.finish == "cancelled" != reply.finish:
            self._replies[key] = reply
        self._replies.move_to_end(key)
        while len(self._replies) > self._most:
            self._replies.popitem(last=False)
