"""Needs beside the library: cells, order, what each wish rules out, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import invented
from sidebyside.answers.compose import Evidences
from sidebyside.answers.matching import match_need
from sidebyside.errors import SidebysideError
from sidebyside.evidence.grid import EvidenceCell
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import Criterion, Evidence, Filter, Library, Match, Question, ReadWish, Source, Wish

LIBRARY = invented.library()
SPEECH = Criterion("speech", "transcribe speech")
PICTURES = Criterion("watermarks", "watermark pictures")
FREE = Filter("Pricing", "=", "Free")
KESTREL, MARTEN, OSPREY = (invented.artifact_id(name) for name in ("Kestrel 7B", "Marten Studio", "Osprey Index"))
SAYS = {
    (KESTREL, SPEECH.query): ("stated", "Transcribes recorded speech in twelve languages.", 0.9),
    (MARTEN, SPEECH.query): ("stated", "Transcribes recorded speech in four languages.", 0.95),
    (OSPREY, SPEECH.query): ("stated", "Symbols are linked.", 0.3),
    (KESTREL, PICTURES.query): ("denied", "Does not support watermarking of generated pictures.", 0.9),
}


class KnownGrid:
    """A grid of known cells: (artifact id, criterion query) -> (state, quote, probability)."""

    def __init__(self, cells) -> None:
        self.cells = cells

    def grid(self, artifacts, criteria):
        return [[self.cell(artifact, criterion) for artifact in artifacts] for criterion in criteria]

    def cell(self, artifact, criterion):
        state, quote, probability = self.cells.get((artifact.id, criterion.query), ("silent", "", 0.9))
        evidence = (Evidence(artifact.id, "description", quote, Source("a.txt", 0, len(quote))),) if quote else ()
        return EvidenceCell(artifact, criterion, state, probability, evidence, quote.rstrip("."))

    def chances(self, criterion, found):
        told = {a.id: self.cells.get((a.id, criterion.query), ("silent", "", 0.0)) for a, _ in found}
        return {a: probability * (state == "stated") for a, (state, _, probability) in told.items()}


class KnownVectors(Retriever):
    """Sentences on speech lie near each other, all others apart from them."""

    def __init__(self) -> None:
        encoder = invented.ContentEncoder()
        super().__init__(invented.MemoryIndex(LIBRARY, encoder), encoder)

    def vector_of(self, artifact, sentence):
        return np.float32((1.0, 0.0) if "speech" in sentence else (0.0, 1.0))


def match(*criteria: Criterion, says=SAYS, library: Library = LIBRARY, most: int = 12, **more) -> Match:
    question = Question("the need", "recommend", criteria=criteria, **more)
    return match_need(question, library, Evidences(invented.retriever(), KnownGrid(says)), most)


def states(found: Match, label: str) -> list[str]:
    place = [artifact.label for artifact in found.artifacts].index(label)
    return [row[place].state for row in found.grid.cells]


def test_cells_tell_met_denied_and_silent():
    found = match(SPEECH, PICTURES, filters=(FREE,))
    assert found.wishes == found.grid.criteria == ("speech", "watermarks", "Pricing: Free")
    assert states(found, "Kestrel 7B") == ["stated", "denied", "stated"]
    assert states(found, "Marten Studio") == ["stated", "silent", "denied"]
    assert states(found, "Lantern (Product)") == ["silent", "silent", "denied"]
    counts = {artifact.label: (artifact.met, artifact.denied, artifact.silent) for artifact in found.artifacts}
    assert counts["Kestrel 7B"] == (2, 1, 0)
    assert counts["Marten Studio"] == (1, 1, 1)
    assert found.grid.met == tuple(artifact.met for artifact in found.artifacts)


def test_best_come_first_by_wishes_met_then_by_what_is_denied():
    labels = [artifact.label for artifact in match(SPEECH, filters=(FREE,)).artifacts]
    # Osprey Index and Marten Studio meet one of two; the page of Marten Studio denies the other.
    assert labels == ["Kestrel 7B", "Osprey Index", "Marten Studio", "Lantern (Model)", "Lantern (Product)"]


def test_what_comes_faintly_near_is_not_stated():
    assert states(match(SPEECH), "Osprey Index") == ["silent"]


@pytest.mark.parametrize(
    ("quote", "probability", "state"),
    [
        ("Symbols are linked across files.", 0.65, "silent"),
        ("Symbols are linked across files.", 0.75, "stated"),
        ("Transcribes recorded speech in four languages.", 0.65, "stated"),
    ],
)
def test_what_is_faint_counts_where_it_speaks_of_what_others_state_plainly(quote, probability, state):
    alone = {(MARTEN, SPEECH.query): ("stated", quote, probability)}
    beside = alone | {(KESTREL, SPEECH.query): SAYS[KESTREL, SPEECH.query]}
    question = Question("the need", "recommend", criteria=(SPEECH,))
    found = match_need(question, LIBRARY, Evidences(KnownVectors(), KnownGrid(beside)))
    assert states(found, "Marten Studio") == [state]
    assert states(found, "Kestrel 7B") == ["stated"]
    # Where nobody states it plainly, there is nothing to be compared with.
    found = match_need(question, LIBRARY, Evidences(KnownVectors(), KnownGrid(alone)))
    assert states(found, "Marten Studio") == ["stated"]


def test_each_wish_says_how_many_it_rules_out_and_who_meets_all_others():
    found = match(SPEECH, PICTURES, filters=(FREE,))
    assert found.total == 5
    assert found.excludes == (3, 5, 3)
    assert found.without == ((), ("Kestrel 7B",), ())
    assert "“watermarks” rules out most: 5 of 5. Without it **Kestrel 7B** meets all the rest." in found.text
    assert found.text.startswith("**Kestrel 7B** meets most, 2 of 3 wishes. Not met: watermarks.")


def test_a_match_of_all_wishes_says_so():
    assert match(SPEECH, filters=(FREE,)).text.startswith("**Kestrel 7B** meets all of it.")
    assert match(filters=(FREE,)).text == "**Kestrel 7B** and **Osprey Index** meet it."


def test_where_nothing_is_met_the_nearest_are_shown_with_an_honest_grid():
    found = match(PICTURES, says={})
    assert len(found.artifacts) == 5
    assert {row.state for (row, *_) in found.grid.cells} == {"silent"}
    assert found.text.startswith("No page in the library states any of this")
    assert found.citations == ()


def test_a_condition_with_a_bound_goes_by_the_table():
    found = match(filters=(Filter("UnfragileRank", ">", "50"),))
    assert states(found, "Osprey Index") == ["stated"]
    assert states(found, "Kestrel 7B") == ["denied"]
    assert found.excludes == (3,)


def test_pages_that_disagree_on_a_condition_are_neither_met_nor_denied():
    found = match(filters=(Filter("UnfragileRank", ">", "42"),))
    assert states(found, "Kestrel 7B") == ["conflict"]
    assert [artifact.label for artifact in found.artifacts][2] == "Kestrel 7B"


def test_alternatives_on_one_row_are_one_wish():
    found = match(filters=(FREE, Filter("Pricing", "=", "Freemium")))
    assert found.wishes == ("Pricing: Free or Freemium",)
    assert found.excludes == (2,)


@pytest.mark.parametrize(
    ("bound", "state"),
    [
        ("at least 32K context", "stated"),
        ("at least 64K context", "denied"),
        ("prompts over 40K", "denied"),
        ("under 500 ms", "silent"),
    ],
)
def test_a_bound_on_what_texts_say_goes_by_their_figure(bound, state):
    context = Criterion(bound, bound)
    says = {(KESTREL, bound): ("stated", "Answers prompts of up to 32K tokens of context in one call.", 0.9)}
    found = match(context, says=says)
    assert states(found, "Kestrel 7B") == [state]
    assert states(found, "Osprey Index") == ["silent"]


@pytest.mark.parametrize(("number", "state"), [(10, "stated"), (15, "denied")])
def test_numbers_in_words_count(number, state):
    wish = Criterion(f"at least {number} languages", "languages")
    says = {(KESTREL, "languages"): ("stated", "Transcribes speech in twelve languages within 300 ms.", 0.9)}
    assert states(match(wish, says=says), "Kestrel 7B") == [state]


def test_numbers_in_cells_are_those_of_the_citations():
    found = match(SPEECH, PICTURES, filters=(FREE,))
    assert [citation.number for citation in found.citations] == list(range(1, len(found.citations) + 1))
    by_number = {citation.number: citation for citation in found.citations}
    for row in found.grid.cells:
        for artifact, cell in zip(found.artifacts, row, strict=True):
            assert {by_number[number].artifact for number in cell.citations} <= {artifact.label}
            assert bool(cell.citations) == (cell.state != "silent")


# --- roles and weights -----------------------------------------------------------------------------------------------


def wish(criterion: Criterion, role: str = "must", weight: float = 1.0) -> ReadWish:
    return ReadWish(Wish(criterion.text, role, weight, criterion.query), criterion)


def condition(*filters: Filter, role: str = "must", weight: float = 1.0) -> ReadWish:
    return ReadWish(Wish("as written", role, weight), conditions=filters)


def test_wishes_keep_their_order_and_conditions_are_worded_as_tables_have_them():
    found = match(wishes=(condition(FREE, role="nice"), wish(SPEECH, weight=2)))
    assert found.wishes == ("Pricing: Free", "speech")
    assert found.asked == (Wish("Pricing: Free", "nice"), Wish("speech", "must", 2, SPEECH.query))
    assert found.table.header == ("", "nice: Pricing: Free", "speech (×2)")
    assert found.table.rows[0][0] == "Kestrel 7B (1 of 1, nice 1 of 1)"


def test_a_nice_wish_counts_only_behind_all_others_and_rules_nobody_out():
    found = match(wishes=(wish(SPEECH), condition(FREE, role="nice", weight=9)))
    labels = [artifact.label for artifact in found.artifacts]
    # Marten Studio is not free, but it transcribes; Osprey Index is free alone.
    assert labels[:3] == ["Kestrel 7B", "Marten Studio", "Osprey Index"]
    assert found.excludes == (3, 0)
    assert found.without == ((), ("Kestrel 7B", "Marten Studio"))


def test_a_not_is_met_by_a_denial_and_broken_by_a_statement():
    found = match(wishes=(condition(FREE), wish(SPEECH, "not")))
    assert found.wishes == ("Pricing: Free", "not: speech")
    assert states(found, "Kestrel 7B") == ["stated", "denied"]
    assert states(found, "Osprey Index") == ["stated", "silent"]
    # Silence does not break a "not", and is not told as a denial either.
    assert [artifact.label for artifact in found.artifacts][:2] == ["Osprey Index", "Kestrel 7B"]
    assert found.text.startswith("**Osprey Index** meets all that it must, 1 of 2 wishes. Not stated: not: speech.")
    assert found.excludes == (3, 2)
    denied = match(wishes=(wish(PICTURES, "not"),))
    assert states(denied, "Kestrel 7B") == ["stated"]
    assert (denied.artifacts[0].label, denied.excludes) == ("Kestrel 7B", (0,))


def test_weights_decide_between_wishes_of_one_role():
    def first(speech: float, free: float) -> str:
        says = {(MARTEN, SPEECH.query): SAYS[MARTEN, SPEECH.query]}
        return match(wishes=(wish(SPEECH, weight=speech), condition(FREE, weight=free)), says=says).artifacts[0].label

    assert first(3, 1) == "Marten Studio"
    assert first(1, 3) == "Kestrel 7B"


def test_wishes_stand_beside_a_need_and_each_only_once():
    found = match(SPEECH, wishes=(wish(SPEECH, "nice"), condition(FREE), condition(Filter("Pricing", "=", "Freemium"))))
    assert found.wishes == ("speech", "Pricing: Free", "Pricing: Freemium")
    assert found.asked[0].role == "nice"


def test_as_many_artifacts_are_shown_as_are_asked_for():
    found = match(SPEECH, most=2)
    assert [artifact.label for artifact in found.artifacts] == ["Marten Studio", "Kestrel 7B"]
    assert (found.total, found.excludes) == (5, (3,))


def test_names_leave_out_or_limit_the_candidates():
    without = match(SPEECH, excluded=(KESTREL,))
    assert "Kestrel 7B" not in without.grid.artifacts
    assert (without.total, without.notes) == (4, ("Left out: Kestrel 7B.",))
    among = match(SPEECH, artifacts=(KESTREL, OSPREY))
    assert among.grid.artifacts == ("Kestrel 7B", "Osprey Index")
    assert among.notes == ("Only among those named: Kestrel 7B and Osprey Index.",)


def test_many_wishes_are_cut_and_that_is_noted():
    found = match(*(Criterion(f"wish {n}", f"wish {n}") for n in range(10)))
    assert len(found.wishes) == 8
    assert found.notes == ("Only the first 8 wishes are looked at.",)


def test_a_need_that_wishes_for_nothing_is_an_error():
    with pytest.raises(SidebysideError, match="names nothing that an artifact could meet"):
        match()
    with pytest.raises(SidebysideError, match="English"):
        match(SPEECH, language="de")


def test_an_empty_library_has_no_match():
    found = match(SPEECH, library=Library(()))
    assert (found.artifacts, found.total, found.excludes) == ((), 0, (0,))


def test_it_is_plain_json():
    import json

    data = json.loads(json.dumps(match(SPEECH, filters=(FREE,)).to_dict()))
    assert data["wishes"] == ["speech", "Pricing: Free"]
    assert data["artifacts"][0]["label"] == "Kestrel 7B"
    assert data["grid"]["cells"][1][0]["text"] == "Free [2]"


# --- with the trained reader and judge -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, encoder):
    from sidebyside.assistant import Assistant

    assert encoder is not None  # the real one has to be installed
    with Assistant.open(invented.real_index(tmp_path_factory), model="none") as opened:
        yield opened


@pytest.mark.integration
@pytest.mark.parametrize(
    ("need", "best", "met"),
    [
        ("runs fully offline, searches source code, free", "Osprey Index", 3),
        ("nightly backups, pager alerts, encrypted storage", "Lantern (Product)", 3),
        ("transcribes recorded speech and is free", "Kestrel 7B", 2),
        ("draws street maps, checks building permits", "Lantern (Model)", 2),
        ("editing invoices together, rank above 50", "Marten Studio", 2),
        ("at least 32K context", "Kestrel 7B", 1),
    ],
)
def test_the_right_artifact_is_first(assistant, need, best, met):
    found = assistant.match(need)
    assert (found.artifacts[0].label, found.artifacts[0].met) == (best, met)
    assert found.generation == assistant.generation


@pytest.mark.integration
def test_a_denial_is_told_from_silence(assistant):
    found = assistant.match("watermarking of generated pictures, free")
    assert states(found, "Kestrel 7B") == ["denied", "stated"]
    assert states(found, "Osprey Index") == ["silent", "stated"]
    assert found.artifacts[0].label == "Osprey Index"
    for citation in found.citations:
        invented.assert_verbatim(citation, invented.PAGES[citation.source])


@pytest.mark.integration
@pytest.mark.parametrize(
    "need",
    [
        "runs fully offline, at least 32K context, free or freemium, rank above 20",
        "transcribes recorded speech; not Marten Studio",
        "is Kestrel 7B or Marten Studio free",
    ],
)
def test_wishes_as_they_were_read_give_the_same_match(assistant, need):
    found = assistant.match(need)
    left_out = [Wish(label, "not") for label in found.excluded]
    again = assistant.match(wishes=[*found.asked, *left_out], among=found.among)
    assert replace(again, need=need) == found


@pytest.mark.integration
def test_wishes_in_words_of_their_own(assistant):
    found = assistant.match(wishes=[Wish("searches source code, free", "nice", 2), Wish("Kestrel 7B", "not")])
    assert [(w.text, w.role, w.weight) for w in found.asked] == [
        ("searches source code", "nice", 2),
        ("Pricing: Free", "nice", 2),
    ]
    assert (found.artifacts[0].label, found.excluded) == ("Osprey Index", ("Kestrel 7B",))
    # Words that ask for nothing in the reader's eyes are looked for as they stand.
    assert assistant.match(wishes=[Wish("hello")]).wishes == ("hello",)
    with pytest.raises(SidebysideError, match="in English only"):
        assistant.match(wishes=[Wish("läuft ohne Internet auf dem Handy")])


@pytest.mark.integration
def test_names_that_are_asked_for_are_the_only_ones(assistant):
    found = assistant.match(wishes=[Wish("free")], among=["Osprey Index", KESTREL])
    assert sorted(artifact.label for artifact in found.artifacts) == ["Kestrel 7B", "Osprey Index"]
    with pytest.raises(SidebysideError, match="'Nobody' is not in the library"):
        assistant.match("free", among=["Nobody"])
    with pytest.raises(SidebysideError, match="use 1 to 100"):
        assistant.match("free", most=0)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("need", "told"), [("", "the need is empty"), (" \n", "the need is empty"), ("hello", "names")]
)
def test_bad_needs_get_a_clear_error(assistant, need, told):
    with pytest.raises(SidebysideError, match=told):
        assistant.match(need)
