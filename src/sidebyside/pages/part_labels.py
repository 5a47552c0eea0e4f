"""Recognises the labels that name a capability's parts: "Unique:", "vs alternatives:", "Best for:" and so on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sidebyside.pages.blocks import Block, BlockKind

_KINDS: Mapping[str, BlockKind] = {
    "unique": "unique",
    "vs alternatives": "alternatives",
    "vs. alternatives": "alternatives",
    "intent": "intent",
    "intents": "intent",
    "best for": "best_for",
    "limitation": "limitation",
    "limitations": "limitation",
    "requires": "requirement",
    "requirement": "requirement",
    "requirements": "requirement",
}
_CLAIM = re.compile(r"(Unique|vs\.? alternatives)\s*:\s*", re.IGNORECASE)
_NAMES = "|".join(re.escape(name) for name in sorted(_KINDS, key=len, reverse=True))
_PART = re.compile(rf"[*_]{{0,3}}({_NAMES})[*_]{{0,3}}\s*:[*_]{{0,3}}\s*", re.IGNORECASE)
_BARE = re.compile(rf"[*_]{{0,3}}({_NAMES})[*_]{{0,3}}\s*:?[*_]{{0,3}}", re.IGNORECASE)


def mark_label(block: Block, *, claims_only: bool) -> Block:
    """The block with its label taken off and told by its kind; its text is "" where the label stands alone.

    A text extract has claims only: there "Requires: ..." is how somebody began a sentence.
    """
    if block.kind not in ("text", "heading"):
        return block
    bare = None if claims_only else _BARE.fullmatch(block.text)
    match = bare or (_CLAIM if claims_only else _PART).match(block.text)
    if not match or (block.kind == "heading" and not bare):
        return block
    kind = _KINDS[re.sub(r"\s+", " ", match.group(1)).casefold()]
    return replace(block.cut(match.end()), kind=kind, listed=False)
