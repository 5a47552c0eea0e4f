"""Our own page format, the card: Markdown with YAML front matter, one heading per capability."""

from __future__ import annotations

import json

from sidebyside.errors import PageError
from sidebyside.pages.assembly import as_paragraphs
from sidebyside.pages.comparison import check_names
from sidebyside.pages.drafts import Draft, collect
from sidebyside.pages.frontmatter import Entry, FrontMatter
from sidebyside.pages.markdown import after_front_matter, markdown_blocks
from sidebyside.pages.part_labels import mark_label
from sidebyside.pages.text import strip_lines
from sidebyside.records import Fact, Page, PageArtifact, Source

MOST_LINES = 50_000
_TEMPLATE = """---
name: {name}
type: Product
aliases: []
url:
date:
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
    return _TEMPLATE.format(name=json.dumps(" ".join(name.split()), ensure_ascii=False))


def read_card(text: str, source: str, sha256: str, front: FrontMatter) -> Page:
    """Read a card. Raises PageError."""
    if front.failure is not None:
        raise front.failure
    name = front.text("name")
    check_names([name], source, 1)
    lines = after_front_matter(strip_lines(text, source), front)
    if len(lines) > MOST_LINES:
        raise PageError(source, f"more than {MOST_LINES:,} lines: not a card")
    blocks = [mark_label(block, claims_only=False) for block in markdown_blocks(lines)]
    tokens = collect(as_paragraphs(blocks, text), [name], card=True).tokens
    drafts = [token for token in tokens if isinstance(token, Draft)]
    if not drafts:
        raise PageError(source, "no capabilities: add a heading and a description for each")
    facts = _facts(front, source)
    artifact = PageArtifact(
        name=name,
        type=next((fact.value for fact in facts if fact.label == "Type"), ""),
        facts=facts,
        capabilities=tuple(draft.finish(source, front.date, text) for draft in drafts),
        aliases=_aliases(front, name),
        url=front.text("url") or None,
    )
    return Page(source, sha256, "card", (artifact,), date=front.date, title=name, url=front.url)


def _facts(front: FrontMatter, source: str) -> tuple[Fact, ...]:
    """The type, then the facts in the order in which they are written."""
    entries = [("Type", front.values.get("type"))]
    listed = front.values.get("facts")
    if isinstance(listed, dict):
        entries += [(label, entry) for label, entry in listed.items() if label.casefold() != "type"]
    return tuple(
        Fact(label, entry.text, Source(source, entry.start, entry.end, front.date))
        for label, entry in entries
        if isinstance(entry, Entry) and entry.text.strip("-–— ")
    )


def _aliases(front: FrontMatter, name: str) -> tuple[str, ...]:
    given = front.values.get("aliases")
    found = [entry.text for entry in given] if isinstance(given, list) else front.text("aliases").split(",")
    return tuple(dict.fromkeys(alias.strip() for alias in found if alias.strip() and alias.strip() != name))
