"""Indirect comparison: how artifacts that share no page are linked, by what both are compared with, or by meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from sidebyside.answers.draft import Draft, shorten, verbatim
from sidebyside.answers.verdicts import verdict_evidence
from sidebyside.evidence.capabilities import SAME, headline
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import PART_CLASSES, Artifact, Evidence, IndirectLink, Library, Question, Verdict
from sidebyside.text.words import is_common

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sidebyside.evidence.capabilities import Vectors

# What a question has to want for a link to say something; of artifacts as wholes, one by meaning alone does too.
_WHOLES = frozenset({"overall", "similar", "differ", "why", "verdict"})
_COMPARING = _WHOLES | {"compare", "rank", "recommend"}
# Pairs that are told of, and artifacts in the middle whose texts are looked at.
_PAIRS = 3
_BETWEEN = 12
# Words of a quote in a note.
_WORDS = 24


def add_indirect(draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever) -> None:
    """A note for artifacts that the question compares and no page does; what the answer says stays as it is."""
    if draft.indirect or question.intent not in _COMPARING:
        return
    # Where one name may mean several, these are not what is compared.
    apart = {artifact for _name, ids in question.ambiguous for artifact in ids}
    named = [artifact for artifact in artifacts if artifact.id not in apart]
    draft.indirect = indirect_links(draft.library, named, retriever, by_meaning=question.intent in _WHOLES)
    draft.notes.extend(link.note for link in draft.indirect)
    draft.consult(item for link in draft.indirect for item in (*link.claims, *link.shared))


def indirect_links(
    library: Library, artifacts: Sequence[Artifact], retriever: Retriever, *, by_meaning: bool
) -> tuple[IndirectLink, ...]:
    """A link for each pair of these artifacts that shares no page, as far as there is one; the first few pairs.

    With `by_meaning` also where no artifact is compared with both: through what the texts of both describe.
    """
    once = list({artifact.id: artifact for artifact in artifacts}.values())
    links: list[IndirectLink] = []
    for first, last in combinations(once, 2):
        if len(links) < _PAIRS and not _meet(first, last):
            links += _through_third(library, first, last, retriever)[:1] or (
                _by_meaning(first, last, retriever) if by_meaning else []
            )
    return tuple(links)


def _meet(one: Artifact, other: Artifact) -> bool:
    return not set(one.sources).isdisjoint(other.sources)


def _through_third(library: Library, first: Artifact, last: Artifact, retriever: Retriever) -> list[IndirectLink]:
    """The artifact that is compared with both, as a link: one whose pages claim something of both, or the likest."""
    pages, others = set(first.sources), set(last.sources)
    # Looked through once: whatever is popular has many on its pages.
    of_first, of_last = ([v for v in library.verdicts if side.id in v.artifacts] for side in (first, last))
    found = [
        (_claims(of_first, first, third), _claims(of_last, last, third), third)
        for third in library.artifacts
        if not pages.isdisjoint(third.sources) and not others.isdisjoint(third.sources)
    ]
    found.sort(key=lambda item: (-bool(item[0]) - bool(item[1]), item[2].label, item[2].id))
    rated = []
    for one, other, third in found[:_BETWEEN]:
        likeness, shared = _alike([first, third, last], retriever)
        claims = (one[0], other[0]) if one and other else ()
        rated.append((bool(claims), likeness, third, claims, shared))
    rated.sort(key=lambda item: (-item[0], -item[1], item[2].label, item[2].id))
    return [_link(first, third, last, claims, shared) for _both, _likeness, third, claims, shared in rated[:1]]


def _link(
    first: Artifact,
    third: Artifact,
    last: Artifact,
    claims: tuple[Evidence, ...],
    shared: tuple[Evidence, ...],
) -> IndirectLink:
    """The link with its pages: those of the claims, where these are of pages that compare the two."""
    said = [item.source.file for item in claims] or ["", ""]
    pages = tuple(_page(side, third, file) for side, file in zip((first, last), said, strict=True))
    note = (
        f"No page compares {first.label} with {last.label}. Indirect, through {third.label}: {pages[0]} compares "
        f"{first.label} with {third.label}, {pages[1]} compares {third.label} with {last.label}."
    )
    if claims:
        note += f" {_said(claims[0])}; {_said(claims[1])}."
    elif shared:
        note += f" All three are described alike in one thing: {verbatim(shorten(shared[1].quote, _WORDS))}."
    return IndirectLink(first.label, third.label, last.label, pages, claims, shared, note)


def _page(side: Artifact, third: Artifact, preferred: str) -> str:
    common = sorted(set(side.sources) & set(third.sources))
    return preferred if preferred in common else common[0]


def _by_meaning(first: Artifact, last: Artifact, retriever: Retriever) -> list[IndirectLink]:
    """The capabilities of both that are most alike, as a link."""
    _likeness, shared = _alike([first, last], retriever)
    if not shared:
        return []
    told = " and ".join(f"{verbatim(shorten(item.quote, _WORDS))} ({item.source.file})" for item in shared)
    note = f"No page compares {first.label} with {last.label}. Indirect, by meaning alone, their pages share: {told}."
    return [IndirectLink(first.label, "", last.label, shared=shared, note=note)]


def _said(evidence: Evidence) -> str:
    """What a page says of two artifacts, as its word."""
    verb = "concludes" if evidence.evidence_class == "verdict" else "claims"
    return f"{evidence.source.file} {verb} {verbatim(shorten(evidence.quote, _WORDS))}"


def _claims(about: Sequence[Verdict], side: Artifact, third: Artifact) -> list[Evidence]:
    """What pages claim of a side beside the third: of verdicts on the side, then claims that name the other."""
    verdicts = [verdict_evidence(verdict) for verdict in about if third.id in verdict.artifacts]
    return [*verdicts, *_naming(third, side), *_naming(side, third)]


def _naming(artifact: Artifact, other: Artifact) -> Iterator[Evidence]:
    """The claims of an artifact's pages that name another; a name that is an everyday word names nothing."""
    names = [
        name for name in dict.fromkeys((other.label, other.name, *other.aliases)) if not is_common(name.casefold())
    ]
    sign = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names)) if names else None
    for capability in artifact.capabilities if sign else ():
        for part, excerpt in capability.parts():
            if sign and PART_CLASSES[part] == "claim" and sign.search(excerpt.text):
                yield Evidence(artifact.id, "claim", excerpt.text, excerpt.source, excerpt.text)


def _alike(artifacts: Sequence[Artifact], retriever: Retriever) -> tuple[float, tuple[Evidence, ...]]:
    """The capabilities, one of each artifact, that mean the same as one of the middle artifact, and how alike they are.

    Of two artifacts the second is the middle. (0, ()) where none are alike enough.
    """
    vectors: list[Vectors] = [retriever.capability_vectors(artifact.id) for artifact in artifacts]
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    for centre, vector in vectors[1].items():
        nearest = [_nearest(own, vector) for own in (vectors[0], *vectors[2:])]
        names = (nearest[0][1], centre, *(name for _likeness, name in nearest[1:]))
        best = max(best, (min(likeness for likeness, _name in nearest), names))
    if best[0] < SAME:
        return 0.0, ()
    found = (
        next(headline(artifact, capability) for capability in artifact.capabilities if capability.id == name)
        for artifact, name in zip(artifacts, best[1], strict=True)
    )
    return best[0], tuple(found)


def _nearest(own: Vectors, vector: NDArray[np.float32]) -> tuple[float, str]:
    """The capability that comes nearest to a vector, and its cosine similarity."""
    return max(((float(row @ vector), name) for name, row in own.items()), default=(0.0, ""))
