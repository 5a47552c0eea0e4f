"""Text that can be shown: without characters that end a line, steer a terminal or turn the reading direction."""

from __future__ import annotations

import re

# Control characters but tab and new line, marks and overrides of direction, and the byte order mark.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def safe(text: str, instead: str = "") -> str:
    """The text with `instead` for every such character."""
    return _UNSAFE.sub(instead, text)
