"""Reads a passport: the JSON description of one artifact, its capabilities with intents, limits and needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sidebyside.errors import PageError
from sidebyside.pages.blocks import Block
from sidebyside.pages.comparison import check_names
from sidebyside.pages.decoding import LineCounter
from sidebyside.pages.drafts import Draft
from sidebyside.pages.json_spans import Node, fold_string, read_json
from sidebyside.records import Fact, Page, PageArtifact, Source

# Words of passports as comparison pages put them; other words are kept, with capitals.
_TYPES: Mapping[str, str] = {
    "model": "Model",
    "repo": "Repository",
    "repository": "Repository",
    "github repo": "Repository",
    "github repository": "Repository",
    "mcp": "MCP Server",
    "mcp server": "MCP Server",
    "extension": "Extension",
    "browser extension": "Extension",
    "chrome extension": "Extension",
    "vscode extension": "Extension",
    "vs code extension": "Extension",
    "product": "Product",
    "agent": "Agent",
    "api": "API",
    "benchmark": "Benchmark",
    "cli": "CLI",
    "cli tool": "CLI",
    "dataset": "Dataset",
    "framework": "Framework",
    "platform": "Platform",
    "prompt": "Prompt",
    "skill": "Skill",
    "template": "Template",
    "web app": "Web App",
    "webapp": "Web App",
    "workflow": "Workflow",
}
_PRICING: Mapping[str, str] = {"free": "Free", "freemium": "Freemium", "paid": "Paid", "free trial": "Free Trial"}
_LISTS = {"intents": "intent", "best_for": "best_for", "limitations": "limitation", "requires": "requirement"}
_ITEM_TEXT = ("text", "description", "name", "label", "value")
_DATES = ("updated_at", "modified_at", "generated_at", "created_at", "date")


def read_passport(text: str, source: str, sha256: str) -> Page:
    """Read one passport or an array of them. Raises PageError for any other JSON."""
    root = read_json(text, source)
    found = [passport for passport in map(_find, root.items()) if passport]
    if not found:
        raise PageError(source, "JSON, but not a passport: it lacks an artifact with capabilities")
    lines = LineCounter(text)
    artifacts = tuple(_Reader(text, source, _date(passport), lines).artifact(passport) for passport in found)
    if not any(artifact.capabilities for artifact in artifacts):
        raise PageError(source, "a passport without capabilities")
    return Page(source, sha256, "passport", artifacts, date=_date(found[0]) if len(found) == 1 else None)


def _find(node: Node) -> Node | None:
    """The object that holds the artifact, with or without what it is wrapped in."""
    for keys in (("passport", "unfragile"), ("unfragile",), ("passport",), ()):
        inner = node.get(*keys)
        if inner and inner.string("artifact", "name"):
            return inner
    return None


def _date(passport: Node) -> str | None:
    for holder in (("artifact",), ()):
        for key in _DATES:
            match = re.match(r"\d{4}-[01]\d-[0-3]\d", passport.string(*holder, key))
            if match:
                return match.group()
    return None


class _Reader:
    """Reads one passport of a file."""

    def __init__(self, text: str, source: str, date: str | None, lines: LineCounter) -> None:
        self.text = text
        self.source = source
        self.date = date
        self.lines = lines

    def artifact(self, passport: Node) -> PageArtifact:
        name = passport.string("artifact", "name")
        check_names([name], self.source, None)
        facts = tuple(self._facts(passport))
        slug = passport.string("artifact", "slug")
        capabilities = passport.get("capabilities")
        drafts = [self._draft(node) for node in (capabilities.items() if capabilities else [])]
        return PageArtifact(
            name=name,
            type=next((fact.value for fact in facts if fact.label == "Type"), ""),
            facts=facts,
            capabilities=tuple(
                draft.finish(self.source, self.date, self.text) for draft in drafts if draft and draft.parts
            ),
            aliases=(slug,) if slug and slug != name else (),
            url=passport.string("artifact", "url") or passport.string("artifact", "page_url") or None,
        )

    def _facts(self, passport: Node) -> Iterator[Fact]:
        artifact = passport.get("artifact")
        if artifact is None:
            return
        yield from self._fact("Type", artifact.get("type"), _TYPES)
        yield from self._pricing(artifact)
        yield from self._fact("Starting Price", artifact.get("pricing", "starting_price"))
        yield from self._fact("Status", artifact.get("status"), {})
        for label, key in (("Categories", "categories"), ("Tags", "tags")):
            node = artifact.get(key)
            words = [item.string() for item in node.items()] if node else []
            if node and any(words):
                yield self._at(label, ", ".join(word for word in words if word), node)

    def _pricing(self, artifact: Node) -> Iterator[Fact]:
        free = artifact.get("pricing", "free")
        if artifact.string("pricing", "model"):
            yield from self._fact("Pricing", artifact.get("pricing", "model"), _PRICING)
        elif artifact.string("pricing"):
            yield from self._fact("Pricing", artifact.get("pricing"), _PRICING)
        elif free and free.value is True:
            yield self._at("Pricing", "Free", free)

    def _fact(self, label: str, node: Node | None, words: Mapping[str, str] | None = None) -> Iterator[Fact]:
        value = node.string() if node else ""
        if node and value:
            yield self._at(label, value if words is None else _in_page_words(value, words), node)

    def _at(self, label: str, value: str, node: Node) -> Fact:
        return Fact(label, value, Source(self.source, node.start, node.end, self.date))

    def _draft(self, node: Node) -> Draft | None:
        if not isinstance(node.value, dict):
            return None
        draft = Draft(self.lines.line_at(node.start))
        for part, key in (("title", "name"), ("description", "description")):
            block = self._block(node.get(key))
            if block:
                draft.parts[part] = [block]
        for key, part in _LISTS.items():
            listed = node.get(key)
            blocks = [self._block(_item(item)) for item in listed.items()] if listed else []
            if any(blocks):
                draft.parts[part] = [block for block in blocks if block]
        return draft

    def _block(self, node: Node | None) -> Block | None:
        if node is None or not isinstance(node.value, str):
            return None
        folded = fold_string(self.text, node)
        if not folded.length:
            return None
        line = self.lines.line_at(node.start)
        return Block("text", folded.text, folded.start, folded.end, line, folded.steps())


def _item(node: Node) -> Node | None:
    """A list's item is a string, or an object that holds one."""
    if not isinstance(node.value, dict):
        return node
    return next((inner for key in _ITEM_TEXT if (inner := node.get(key)) and isinstance(inner.value, str)), None)


def _in_page_words(value: str, words: Mapping[str, str]) -> str:
    """ "mcp_server" -> "MCP Server"; a word that is in no list gets capitals, unless it has some."""
    plain = " ".join(re.split(r"[\s_-]+", value)).strip()
    known = words.get(plain.casefold())
    return known or (plain.title() if plain.islower() else value)
