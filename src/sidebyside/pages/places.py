"""Changes where a page says that it stands: its name, or what else is known of every place it quotes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from sidebyside.records import Capability, Page, Source


def with_places(page: Page, change: Callable[[Source], Source]) -> Page:
    """The page with every place in it changed."""

    def changed(value: Any) -> Any:
        if isinstance(value, Source):
            return change(value)
        if isinstance(value, tuple):
            return tuple(map(changed, value))
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{item.name: changed(getattr(value, item.name)) for item in fields(value)})
        return value

    found: Page = changed(page)
    return found


def renamed(page: Page, name: str) -> Page:
    """The page as it is read from a file of another name."""
    if page.source == name:
        return page
    moved = with_places(page, lambda place: replace(place, file=name))
    artifacts = tuple(
        replace(
            artifact, capabilities=tuple(_renamed_capability(capability, name) for capability in artifact.capabilities)
        )
        for artifact in moved.artifacts
    )
    return replace(moved, source=name, artifacts=artifacts)


def _renamed_capability(capability: Capability, name: str) -> Capability:
    return replace(capability, sources=(name,) * len(capability.sources))
