"""Tells what changed from one library to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rapidfuzz import fuzz

from sidebyside.library.matching import fold_text
from sidebyside.records import Artifact, Capability, Library

# A capability that is this like one that went (0 to 100) is that one, reworded.
_REWORDED = 70.0


@dataclass(frozen=True, slots=True)
class FactChange:
    """One label of one artifact: its distinct values before and after; empty where there was none."""

    artifact: str
    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CapabilityChange:
    """A capability that came (`before` empty), went (`after` empty) or is worded differently."""

    artifact: str
    before: str
    after: str
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LibraryDiff:
    """What the newer library has that the older has not, and the other way round; artifacts by label."""

    artifacts_added: tuple[str, ...] = ()
    artifacts_removed: tuple[str, ...] = ()
    facts: tuple[FactChange, ...] = ()
    capabilities: tuple[CapabilityChange, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.artifacts_added or self.artifacts_removed or self.facts or self.capabilities)

    def to_dict(self) -> dict[str, Any]:
        """The difference as plain JSON types."""
        return asdict(self)


def diff_libraries(old: Library, new: Library) -> LibraryDiff:
    """Compare two libraries, artifact by artifact (by id)."""
    before = {artifact.id: artifact for artifact in old.artifacts}
    after = {artifact.id: artifact for artifact in new.artifacts}
    facts: list[FactChange] = []
    capabilities: list[CapabilityChange] = []
    for identity in sorted(before.keys() & after.keys()):
        facts.extend(_diff_facts(before[identity], after[identity]))
        capabilities.extend(_diff_capabilities(before[identity], after[identity]))
    return LibraryDiff(
        tuple(after[identity].label for identity in sorted(after.keys() - before.keys())),
        tuple(before[identity].label for identity in sorted(before.keys() - after.keys())),
        tuple(facts),
        tuple(capabilities),
    )


def _diff_facts(old: Artifact, new: Artifact) -> Iterable[FactChange]:
    before, after = _values(old), _values(new)
    for label in dict.fromkeys([*before, *after]):
        first, second = before.get(label, ()), after.get(label, ())
        if first != second:
            yield FactChange(new.label, label, first, second)


def _values(artifact: Artifact) -> Mapping[str, tuple[str, ...]]:
    values: dict[str, set[str]] = {}
    for fact in artifact.facts:
        values.setdefault(fact.label, set()).add(fact.value)
    return {label: tuple(sorted(found)) for label, found in values.items()}


def _diff_capabilities(old: Artifact, new: Artifact) -> Iterable[CapabilityChange]:
    before = {capability.id: capability for capability in old.capabilities}
    after = {capability.id: capability for capability in new.capabilities}
    pairs = [(before[identity], after[identity]) for identity in before if identity in after]
    gone = [capability for identity, capability in before.items() if identity not in after]
    come = [capability for identity, capability in after.items() if identity not in before]
    for capability in list(gone):
        successor = max(come, key=lambda other: _likeness(capability, other), default=None)
        if successor and _likeness(capability, successor) >= _REWORDED:
            pairs.append((capability, successor))
            gone.remove(capability)
            come.remove(successor)
    for first, second in pairs:
        changed = _changed_parts(first, second)
        if changed:
            yield CapabilityChange(new.label, _headline(first), _headline(second), changed)
    yield from (CapabilityChange(new.label, _headline(capability), "") for capability in gone)
    yield from (CapabilityChange(new.label, "", _headline(capability)) for capability in come)


def _likeness(first: Capability, second: Capability) -> float:
    """0 to 100, by characters of the description, or of the first text if one has none."""
    if first.description and second.description:
        return fuzz.ratio(fold_text(first.description.text), fold_text(second.description.text))
    return fuzz.ratio(fold_text(_headline(first)), fold_text(_headline(second)))


def _changed_parts(old: Capability, new: Capability) -> tuple[str, ...]:
    before, after = _texts(old), _texts(new)
    return tuple(part for part in dict.fromkeys([*before, *after]) if before.get(part) != after.get(part))


def _texts(capability: Capability) -> Mapping[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for part, excerpt in capability.parts():
        texts.setdefault(part, []).append(fold_text(excerpt.text))
    return texts


def _headline(capability: Capability) -> str:
    """The first text of a capability, by which people recognise it."""
    return next((" ".join(excerpt.text.split()) for _, excerpt in capability.parts()), "")
