"""Characters that look alike or cannot be seen: what a keyboard types for what a page sets."""

from __future__ import annotations

import re

# Zero-width spaces and joiners, soft hyphens, marks of direction, byte order marks, variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
# The same but for joiners, without which some scripts and emoji are not what they are.
SUPERFLUOUS = "\u00ad\u034f\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_SUPERFLUOUS = re.compile(f"[{SUPERFLUOUS}]")
_PLAIN = str.maketrans(
    dict.fromkeys("‘’‚‛ʹʻʼʽˈ′‵＇´`", "'")
    | dict.fromkeys("“”„‟″‶＂«»", '"')
    | dict.fromkeys("‐‑‒–—―−﹘﹣－⁃", "-")
    | {"…": "...", "⁄": "/", "∕": "/"}
)


def plain_typography(text: str) -> str:
    """The text as a keyboard would have typed it: plain quotes and hyphens, nothing that cannot be seen."""
    return _INVISIBLE.sub("", text).translate(_PLAIN)


def visible_text(text: str) -> str:
    """A text without characters that cannot be seen, its white space folded; everything else as it is written."""
    return " ".join(_SUPERFLUOUS.sub("", text).split())
