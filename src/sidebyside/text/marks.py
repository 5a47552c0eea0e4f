"""Marks that say yes or no."""

from __future__ import annotations

import re

_YES = re.compile(
    "[✓✔✅☑🗸][\ufe0e\ufe0f]?|\\[x\\]|:(?:white_check_mark|heavy_check_mark|ballot_box_with_check|check_mark|tick):",
    re.IGNORECASE,
)
_NO = re.compile(
    "[✗✘❌✖✕×❎🗴🗶☐][\ufe0e\ufe0f]?|\\[ \\]|:(?:x|heavy_multiplication_x|negative_squared_cross_mark|no_entry_sign):"
)


def plain_value(text: str) -> str:
    """A cell; a mark that is all it holds says yes or no."""
    return "Yes" if _YES.fullmatch(text) else "No" if _NO.fullmatch(text) else text
