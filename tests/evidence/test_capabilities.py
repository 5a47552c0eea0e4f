"""Overlap: capabilities of several artifacts that mean the same are paired once; the rest belong to one alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from sidebyside.evidence.capabilities import SAME, headline, match_capabilities
from sidebyside.records import Artifact, Capability, Excerpt, Source

AXES = dict(zip("abcdef", np.eye(6, dtype=np.float32), strict=True))


def artifact(name: str, *capabilities: str) -> Artifact:
    """An artifact whose capabilities have the ids name-1, name-2...; their descriptions are given."""
    parts = tuple(
        Capability(f"{name}-{number}", Excerpt(text, Source(f"{name}.txt", 100 * number, 100 * number + len(text))))
        for number, text in enumerate(capabilities, 1)
    )
    return Artifact(name, name, "Model", name, (), (), parts, len(parts), (f"{name}.txt",))


def between(one: str, other: str, similarity: float) -> np.ndarray:
    """A unit vector with this cosine to axis `one`, the rest along axis `other`."""
    return similarity * AXES[one] + np.sqrt(1 - similarity**2) * AXES[other]


HERON = artifact("Heron", "Reads maps. Slowly.", "Sings.")
WREN = artifact("Wren", "Reads charts.", "Swims.")


def match(vectors, *artifacts):
    shared, only = match_capabilities(artifacts, vectors)
    pairs = [(tuple(e.quote for e in item.evidence), round(item.similarity, 3)) for item in shared]
    return pairs, {name: [e.quote for e in items] for name, items in only.items()}


def test_like_capabilities_are_shared_and_unlike_ones_belong_to_one():
    vectors = {
        "Heron": {"Heron-1": AXES["a"], "Heron-2": AXES["b"]},
        "Wren": {"Wren-1": between("a", "c", 0.9), "Wren-2": AXES["d"]},
    }
    assert match(vectors, HERON, WREN) == (
        [(("Reads maps.", "Reads charts."), 0.9)],
        {"Heron": ["Sings."], "Wren": ["Swims."]},
    )


@pytest.mark.parametrize(("similarity", "shared"), [(SAME + 0.01, 1), (SAME - 0.01, 0)])
def test_the_threshold_decides(similarity, shared):
    vectors = {
        "Heron": {"Heron-1": AXES["a"], "Heron-2": AXES["b"]},
        "Wren": {"Wren-1": between("a", "c", similarity), "Wren-2": AXES["d"]},
    }
    assert len(match(vectors, HERON, WREN)[0]) == shared


def test_the_best_pairs_come_first_and_use_each_capability_once():
    vectors = {
        "Heron": {"Heron-1": AXES["a"], "Heron-2": between("a", "b", 0.8)},
        "Wren": {"Wren-1": AXES["a"], "Wren-2": between("a", "c", 0.9)},
    }
    pairs, only = match(vectors, HERON, WREN)
    assert pairs[0] == (("Reads maps.", "Reads charts."), 1.0)
    assert len(pairs) == 2
    assert only == {"Heron": [], "Wren": []}


def test_a_capability_can_be_shared_with_each_of_several_others():
    robin = artifact("Robin", "Reads atlases.")
    vectors = {
        "Heron": {"Heron-1": AXES["a"], "Heron-2": AXES["b"]},
        "Wren": {"Wren-1": AXES["a"], "Wren-2": AXES["d"]},
        "Robin": {"Robin-1": AXES["a"]},
    }
    pairs, only = match(vectors, HERON, WREN, robin)
    assert len(pairs) == 3
    assert only == {"Heron": ["Sings."], "Wren": ["Swims."], "Robin": []}


def test_capabilities_without_a_vector_belong_to_one():
    assert match({"Heron": {}, "Wren": {}}, HERON, WREN) == (
        [],
        {"Heron": ["Reads maps.", "Sings."], "Wren": ["Reads charts.", "Swims."]},
    )


@given(st.lists(st.integers(0, 5), min_size=4, max_size=4))
def test_the_order_of_the_artifacts_only_turns_the_pairs_around(axes):
    rows = [list(AXES.values())[axis] for axis in axes]
    vectors = {
        "Heron": {"Heron-1": rows[0], "Heron-2": rows[1]},
        "Wren": {"Wren-1": rows[2], "Wren-2": rows[3]},
    }
    one, only = match(vectors, HERON, WREN)
    other, only_too = match(vectors, WREN, HERON)
    assert {(frozenset(pair), s) for pair, s in one} == {(frozenset(pair), s) for pair, s in other}
    assert only == only_too
    paired = [quote for pair, _ in one for quote in pair]
    assert sorted([*paired, *only["Heron"], *only["Wren"]]) == ["Reads charts.", "Reads maps.", "Sings.", "Swims."]


def test_the_headline_is_the_first_sentence_with_its_place():
    evidence = headline(HERON, HERON.capabilities[0])
    assert (evidence.quote, evidence.evidence_class, evidence.artifact) == ("Reads maps.", "description", "Heron")
    assert (evidence.source.start, evidence.source.end) == (100, 111)
    assert evidence.context == "Reads maps. Slowly."


def test_the_headline_comes_from_the_description_where_there_is_one():
    title = Excerpt("Map reading", Source("a.md", 4, 15))
    description = Excerpt("Reads maps. Slowly.", Source("a.md", 20, 39))
    evidence = headline(HERON, Capability("x", description, title))
    assert (evidence.quote, evidence.source) == ("Reads maps.", Source("a.md", 20, 31))
    alone = headline(HERON, Capability("x", None, title))
    assert (alone.quote, alone.source, alone.context) == ("Map reading", Source("a.md", 4, 15), "Map reading")


def test_every_headline_of_the_invented_library_is_verbatim():
    for one in invented.library().artifacts:
        for capability in one.capabilities:
            evidence = headline(one, capability)
            text = invented.PAGES[evidence.source.file]
            assert text[evidence.source.start : evidence.source.end] == evidence.quote


def test_the_headline_of_text_with_escapes_has_its_place_in_the_file():
    # "Reads &amp; writes maps. Slowly.": the escape is four characters longer in the file.
    excerpt = Excerpt("Reads & writes maps. Slowly.", Source("a.html", 50, 82), anchors=((0, 50), (7, 61)))
    source = headline(HERON, Capability("x", excerpt)).source
    assert (source.start, source.end) == excerpt.span(0, 20) == (50, 74)
