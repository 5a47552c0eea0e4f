"""Our own page format, the card: Markdown with YAML front matter, one heading per capability."""

from __future__ import annotations

import json

_TEMPLATE = """---
name: {name}
type: Product
aliases: []
url: https://example.org/
date: 2026-01-31
facts:
  Pricing: Free
---

## What it does first

Describe one thing it does, in full sentences, with the numbers that matter.

Unique: what sets it apart, in your words.

vs alternatives: how it compares with other things of its kind.

Best for:
- the people or tasks it suits

Limitations:
- what it cannot do

Requires:
- what it needs to run

## What it does next

Add one heading for each capability. Every part but the description may be left out.
"""


def card_template(name: str) -> str:
    """A card for the artifact of this name, ready to be filled in."""
    return _TEMPLATE.format(name=json.dumps(name, ensure_ascii=False))
