"""Drafts: citations numbered in order of appearance, each piece of evidence once."""

from __future__ import annotations

import pytest

import invented
from sidebyside.answers.draft import Draft
from sidebyside.records import Evidence, Question, Source


def evidence(artifact: str, quote: str, start: int = 0) -> Evidence:
    return Evidence(artifact, "description", quote, Source("a.txt", start, start + len(quote)))


@pytest.fixture
def draft() -> Draft:
    return Draft(Question("?", "support"), invented.library())


def test_the_same_evidence_keeps_its_number(draft):
    one, other = evidence("kestrel-7b", "One."), evidence("kestrel-7b", "Other.", 9)
    assert [draft.cite(item) for item in (one, other, one, other)] == ["[1]", "[2]", "[1]", "[2]"]
    draft.blocks.append("Both [1][2].")
    assert [citation.quote for citation in draft.answer().citations] == ["One.", "Other."]


def test_only_what_is_shown_is_cited(draft):
    one, other = evidence("kestrel-7b", "One."), evidence("kestrel-7b", "Other.", 9)
    draft.consult([one, other])
    draft.cite(one)
    draft.blocks.append(f"What the other says {draft.cite(other)}.")
    answer = draft.answer()
    assert answer.text == "What the other says [1]."
    assert [citation.quote for citation in answer.citations] == ["Other."]
    assert [citation.quote for citation in answer.consulted] == ["One."]


def test_a_table_row_is_cited_for_each_artifact_of_its_line(draft):
    assert draft.cite(evidence("kestrel-7b", "Pricing: Free")) != draft.cite(evidence("osprey-index", "Pricing: Free"))


def test_what_was_read_but_not_cited_is_consulted(draft):
    cited, unused = evidence("kestrel-7b", "One."), evidence("kestrel-7b", "Other.", 9)
    draft.consult([cited, unused, unused])
    draft.blocks.append(draft.quote(cited))
    assert [citation.quote for citation in draft.answer().consulted] == ["Other."]


def test_a_claim_is_worded_as_one(draft):
    claim = Evidence("kestrel-7b", "claim", "Best of all", Source("a.txt", 0, 11))
    assert "claims" in draft.quote(claim)
    assert "claims" not in draft.quote(evidence("kestrel-7b", "One."))
    assert "“Best of all” [1]" in draft.quote(claim)


def test_notes_and_names_are_kept_once(draft):
    kestrel = invented.library().get("kestrel-7b")
    draft.notes += ["a", "b", "a"]
    draft.name([kestrel, kestrel])
    assert (draft.answer().notes, draft.answer().artifacts) == (("a", "b"), ("Kestrel 7B",))


def test_an_answer_so_far_is_not_changed_by_what_comes_later(draft):
    draft.blocks.append("First.")
    early = draft.answer()
    draft.blocks.append(draft.quote(evidence("kestrel-7b", "One.")))
    assert (early.text, early.citations) == ("First.", ())
