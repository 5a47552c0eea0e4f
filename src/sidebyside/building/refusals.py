"""Remembers why files hold no page, so that a folder of notes is not read through again with every build.

index/refusals.json.gz   the reasons, each with the files (a hash of contents and name) that it is true of

The file can be deleted at any time.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from contextlib import suppress
from pathlib import Path

from sidebyside.pages import READER_VERSION

REFUSALS = "refusals.json.gz"
_MOST = 200_000
_MOST_BYTES = 50_000_000
# A reason that says nothing about the file itself: another time it may be read.
_PASSING = "a PDF that could not be read within"


class Refusals:
    """The refusals known for one index: those of today's readers, with today's limit."""

    def __init__(self, index_dir: Path, max_bytes: int) -> None:
        self._path = index_dir / REFUSALS
        self._head = [READER_VERSION, max_bytes]
        self._before = self._load()
        self._now: dict[str, str] = {}

    def get(self, sha256: str, name: str) -> str | None:
        """Why this file was refused; None where that is not known. What a file is depends on its name too."""
        key = _key(sha256, name)
        reason = self._before.get(key)
        if reason is not None:
            self._now[key] = reason
        return reason

    def add(self, sha256: str, name: str, reason: str) -> None:
        """Note a refusal."""
        if _PASSING not in reason and len(self._now) < _MOST:
            self._now[_key(sha256, name)] = reason

    def save(self) -> None:
        """Keep what was seen this time; where nothing can be written, the next build reads the files again."""
        if self._now == self._before:
            return
        reasons: dict[str, list[str]] = {}
        for key, reason in sorted(self._now.items()):
            reasons.setdefault(reason, []).append(key)
        part = self._path.with_suffix(".part")
        with suppress(OSError):
            part.write_bytes(gzip.compress(json.dumps([self._head, reasons]).encode(), 3, mtime=0))
            part.replace(self._path)

    def _load(self) -> dict[str, str]:
        try:
            with gzip.open(self._path) as file:
                head, reasons = json.loads(file.read(_MOST_BYTES))
            if head != self._head:
                return {}
            return {str(key): str(reason) for reason, keys in reasons.items() for key in keys}
        except (OSError, EOFError, ValueError, TypeError, AttributeError):
            return {}


def _key(sha256: str, name: str) -> str:
    return hashlib.sha256(f"{sha256}/{name}".encode("utf-8", "replace")).hexdigest()[:20]
