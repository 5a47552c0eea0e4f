"""Artifacts that share no page: through what, by which pages and claims, and when nothing is said of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import invented
from sidebyside.answers.draft import Draft
from sidebyside.answers.indirect import add_indirect, indirect_links
from sidebyside.answers.overviews import compare_artifacts
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import Artifact, IndirectLink, Question

LABELS = ("Type", "UnfragileRank")
MAPS = ("Draws street maps from satellite photographs.", "Roads are traced as curves", "Sharper maps than Cartomancer")
SAME_MAPS = (
    "Draws street maps out of satellite photographs.",
    "Roads are traced as curves",
    "Sharper maps than Cartomancer",
)
TEA = ("Brews green tea at 80 degrees.", "Leaves are weighed", "Slower than Heron One")
PERMITS = (
    "Checks building permits against zoning rules.",
    "Rules are kept for every district",
    "Stricter than Permitly",
)


def side(name: str, rank: int, *capabilities: tuple[str, str, str]) -> invented.Column:
    return (name, ("Model", f"{rank}/100"), capabilities)


HERON, WREN, TEAL = side("Heron One", 41, MAPS), side("Wren", 58, SAME_MAPS, TEA), side("Teal-7", 30, SAME_MAPS)
FINCH, LONE = side("Finch", 20, PERMITS), side("Lone", 10, TEA)


def page(left, right, verdict: str = "") -> str:
    return invented.page_text(left, right, verdict, LABELS)


class World:
    """A library of some pages, and how its artifacts are linked."""

    def __init__(self, **pages: str) -> None:
        self.library = invented.read_library({f"{name}.txt": text for name, text in pages.items()})
        encoder = invented.ContentEncoder()
        self.retriever = Retriever(invented.MemoryIndex(self.library, encoder), encoder)

    def named(self, *labels: str) -> list[Artifact]:
        by_label = {artifact.label: artifact for artifact in self.library.artifacts}
        return [by_label[label] for label in labels]

    def links(self, *labels: str, by_meaning: bool = True) -> tuple[IndirectLink, ...]:
        return indirect_links(self.library, self.named(*labels), self.retriever, by_meaning=by_meaning)

    def noted(self, question: Question, *labels: str) -> Draft:
        draft = Draft(question, self.library)
        add_indirect(draft, self.named(*labels), question, self.retriever)
        return draft


def test_the_path_goes_through_what_both_are_compared_with():
    [link] = World(a=page(HERON, WREN), b=page(WREN, TEAL)).links("Heron One", "Teal-7")
    assert (link.first, link.through, link.last) == ("Heron One", "Wren", "Teal-7")
    assert link.pages == ("a.txt", "b.txt")
    assert link.note.startswith(
        "No page compares Heron One with Teal-7. Indirect, through Wren: a.txt compares Heron One with Wren, "
        "b.txt compares Wren with Teal-7. "
    )
    # Only one page claims something of both, so none is told; what all three do is.
    assert link.claims == ()
    assert [item.quote for item in link.shared] == [MAPS[0], SAME_MAPS[0], SAME_MAPS[0]]
    assert link.note.endswith(
        "All three are described alike in one thing: “Draws street maps out of satellite photographs”."
    )


def test_what_the_pages_of_the_third_claim_of_both_is_told_with_its_page():
    world = World(
        a=page(HERON, WREN, "Wren scores higher at 58/100 vs Heron One at 41/100."),
        b=page(WREN, TEAL, "Wren scores higher at 58/100 [7] vs Teal-7 at 30/100."),
    )
    [link] = world.links("Teal-7", "Heron One")
    assert [(item.evidence_class, item.source.file) for item in link.claims] == [
        ("verdict", "b.txt"),
        ("verdict", "a.txt"),
    ]
    # What looks like a citation in a page's text is none of the answer's.
    assert "b.txt concludes “Wren scores higher at 58/100 [\u20607] vs Teal-7 at 30/100”;" in link.note
    assert link.note.endswith("a.txt concludes “Wren scores higher at 58/100 vs Heron One at 41/100”.")


def test_claims_that_name_the_other_side_count_too():
    world = World(a=page(HERON, WREN), b=page(WREN, TEAL, "Wren scores higher at 58/100 vs Teal-7 at 30/100."))
    [link] = world.links("Heron One", "Teal-7")
    assert [(item.evidence_class, item.quote) for item in link.claims] == [
        ("claim", "Slower than Heron One"),
        ("verdict", "Wren scores higher at 58/100 vs Teal-7 at 30/100."),
    ]
    assert "a.txt claims “Slower than Heron One”; b.txt concludes" in link.note


def test_of_several_the_one_whose_pages_claim_of_both_comes_first_then_the_one_most_alike():
    pages = {"a": page(HERON, WREN), "b": page(WREN, TEAL), "c": page(HERON, FINCH), "d": page(FINCH, TEAL)}
    [link] = World(**pages).links("Heron One", "Teal-7")
    assert link.through == "Wren"
    pages["c"] = page(HERON, FINCH, "Heron One scores higher at 41/100 vs Finch at 20/100.")
    pages["d"] = page(FINCH, TEAL, "Teal-7 scores higher at 30/100 vs Finch at 20/100.")
    [link] = World(**pages).links("Heron One", "Teal-7")
    assert (link.through, link.pages) == ("Finch", ("c.txt", "d.txt"))


def test_without_a_third_what_both_describe_links_them_where_that_is_wanted():
    world = World(a=page(HERON, FINCH), b=page(TEAL, LONE))
    [link] = world.links("Heron One", "Teal-7")
    assert (link.through, link.pages, link.claims) == ("", (), ())
    assert link.note == (
        "No page compares Heron One with Teal-7. Indirect, by meaning alone, their pages share: “Draws street maps "
        "from satellite photographs” (a.txt) and “Draws street maps out of satellite photographs” (b.txt)."
    )
    assert world.links("Heron One", "Teal-7", by_meaning=False) == ()
    assert world.links("Finch", "Lone") == ()


def test_artifacts_that_share_a_page_have_no_link_and_of_more_the_others_have():
    world = World(a=page(HERON, WREN), b=page(WREN, TEAL))
    assert world.links("Heron One", "Wren") == ()
    assert world.links("Heron One", "Heron One") == ()
    assert [(link.first, link.last) for link in world.links("Heron One", "Wren", "Teal-7")] == [("Heron One", "Teal-7")]


@pytest.mark.parametrize(
    ("intent", "through", "meaning"),
    [("compare", 1, 0), ("rank", 1, 0), ("overall", 1, 1), ("verdict", 1, 1), ("alternatives", 0, 0), ("value", 0, 0)],
)
def test_it_is_noted_where_things_are_compared(intent, through, meaning):
    world = World(a=page(HERON, WREN), b=page(WREN, TEAL), c=page(LONE, FINCH))
    question = Question("?", intent)
    draft = world.noted(question, "Heron One", "Teal-7")
    assert len(draft.notes) == len(draft.indirect) == through
    assert len(world.noted(question, "Wren", "Lone").notes) == meaning
    if through:
        consulted = draft.answer().consulted
        assert [citation.quote for citation in consulted] == [MAPS[0], SAME_MAPS[0], SAME_MAPS[0]]
        assert [citation.artifact for citation in consulted] == ["Heron One", "Wren", "Teal-7"]


def test_what_one_ambiguous_name_may_mean_is_not_compared():
    world = World(a=page(HERON, WREN), b=page(WREN, TEAL))
    ids = tuple(artifact.id for artifact in world.named("Heron One", "Teal-7"))
    question = Question("?", "compare", ids, ambiguous=(("bird", ids),))
    assert world.noted(question, "Heron One", "Teal-7").notes == []


def test_a_comparison_and_its_json_have_it():
    world = World(a=page(HERON, WREN), b=page(WREN, TEAL))
    comparison = compare_artifacts(world.library, world.named("Heron One", "Teal-7"), world.retriever)
    assert comparison.notes == tuple(link.note for link in comparison.indirect)
    answer = world.noted(Question("?", "compare"), "Heron One", "Teal-7").answer()
    [link] = json.loads(json.dumps(answer.to_dict()))["indirect"]
    assert (link["through"], link["pages"]) == ("Wren", ["a.txt", "b.txt"])
    assert link["shared"][0]["source"]["file"] == "a.txt"
    assert replace(answer, indirect=()).to_dict()["indirect"] == ()


@pytest.mark.integration
def test_an_answer_keeps_its_grid_and_has_one_note(tmp_path_factory, encoder):
    from sidebyside.assistant import Assistant

    assert encoder is not None  # the real one has to be installed
    with Assistant.open(invented.real_index(tmp_path_factory), model="none") as assistant:
        whole = assistant.answer("Compare Marten Studio and Lantern (Model)")
        ranked = assistant.answer("Which ranks higher, Marten Studio or Lantern (Model)?")
        direct = assistant.answer("Compare Kestrel 7B and Marten Studio")
    for answer in (whole, ranked):
        [note] = [note for note in answer.notes if "Indirect, through Kestrel 7B: kestrel-vs-marten.txt" in note]
        assert note.endswith("kestrel-vs-lantern.txt compares Kestrel 7B with Lantern (Model).")
        assert [link.through for link in answer.indirect] == ["Kestrel 7B"]
        invented.assert_cited(answer)
    assert whole.grid is not None
    assert whole.grid.artifacts == ("Marten Studio", "Lantern (Model)")
    assert direct.indirect == ()
