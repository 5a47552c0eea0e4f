"""Facts: what tables alone settle, and that conflicts, ties and silence are said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from sidebyside.answers.table_sentences import (
    answer_library,
    compare_fact,
    comparison_table,
    conflict_notes,
    distinct,
    matching,
    row_evidence,
    satisfies,
    tell_fact,
)
from sidebyside.records import Artifact, Criterion, Evidence, Fact, Filter, Library, Question, Source


class Cites:
    """Numbers evidence like a draft does, and keeps it."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def __call__(self, evidence: Evidence) -> str:
        row = (evidence.artifact, evidence.quote)
        if row not in self.rows:
            self.rows.append(row)
        return f"[{self.rows.index(row) + 1}]"


def asked(label: str = "", **more) -> Question:
    more.setdefault(
        "intent", "rank" if more.pop("superlative", False) else "count" if more.pop("counts", False) else "value"
    )
    more.pop("ordered", None)
    return Question("?", criteria=(Criterion(label, label, label),) if label else (), **more)


def artifact(name: str, *facts: tuple[str, str], file: str = "a.txt") -> Artifact:
    """An artifact with these rows; the id is the name in lower case."""
    rows = tuple(Fact(label, value, Source(file, place, place + 9)) for place, (label, value) in enumerate(facts))
    return Artifact(name.lower(), name, "Model", name, (), rows, (), None, (file,))


def ranked(name: str, *ranks: int) -> Artifact:
    """An artifact with one rank per page."""
    rows = tuple(Fact("UnfragileRank", f"{rank}/100", Source(f"{n}.txt", 0, 9)) for n, rank in enumerate(ranks))
    return Artifact(name.lower(), name, "Model", name, (), rows, (), None, ("0.txt",))


def get(label: str) -> Artifact:
    return invented.library().get(invented.artifact_id(label))


KESTREL, MARTEN, OSPREY = get("Kestrel 7B"), get("Marten Studio"), get("Osprey Index")


# --- one fact --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label", "says"),
    [
        ("Marten Studio", "UnfragileRank", "58/100"),
        ("Marten Studio", "Pricing", "Paid"),
        ("Osprey Index", "Type", "a Repository"),
        ("Kestrel 7B", "Capabilities", "3 capabilities"),
    ],
)
def test_a_value_is_told_with_its_row(name, label, says):
    cites = Cites()
    finding = tell_fact(get(name), asked(label), cites)
    assert finding.status == "answered"
    assert says in finding.text
    assert f"**{name}**" in finding.text
    assert cites.rows == [(get(name).id, get(name).values(label)[0].row)]


def test_conflicting_values_are_all_told_with_their_pages():
    cites = Cites()
    text = tell_fact(KESTREL, asked("UnfragileRank"), cites).text
    assert [quote for _, quote in cites.rows] == ["UnfragileRank: 44/100", "UnfragileRank: 41/100"]
    for part in ("44/100 [1]", "41/100 [2]", "kestrel-vs-lantern.txt", "kestrel-vs-marten.txt"):
        assert part in text


def test_a_missing_row_is_not_found():
    finding = tell_fact(artifact("Heron"), asked("Pricing"), Cites())
    assert finding.status == "not_found"
    assert "Pricing" in finding.text
    assert "Heron" in finding.text


@pytest.mark.parametrize(
    ("name", "question", "answer"),
    [
        ("Kestrel 7B", asked("Pricing", polar=True, value="Free"), "Yes"),
        ("Marten Studio", asked("Pricing", polar=True, value="Free"), "No"),
        ("Marten Studio", asked("Pricing", polar=True, value="Free", negated=True), "Yes"),
        ("Kestrel 7B", asked("Type", polar=True, value="model"), "Yes"),
        ("Kestrel 7B", asked("Quality", polar=True, filters=(Filter("Quality", "=", "1"),)), "No"),
        (
            "Kestrel 7B",
            asked("UnfragileRank", polar=True, filters=(Filter("UnfragileRank", ">", "40"),)),
            "Yes",
        ),
        (
            "Kestrel 7B",
            asked("UnfragileRank", polar=True, filters=(Filter("UnfragileRank", ">", "42"),)),
            "The pages disagree",
        ),
        ("Kestrel 7B", asked("Pricing", value="Free"), ""),
        ("Kestrel 7B", asked("Pricing", polar=True), ""),
    ],
)
def test_a_proposal_gets_a_yes_or_no(name, question, answer):
    text = tell_fact(get(name), question, Cites()).text
    found = re.match(r"Yes|No|The pages disagree", text)
    assert (found[0] if found else "") == answer


# --- several artifacts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "direction", "winner", "loser"),
    [
        ("UnfragileRank", 1, "Marten Studio", "Kestrel 7B"),
        ("UnfragileRank", 0, "Marten Studio", "Kestrel 7B"),
        ("UnfragileRank", -1, "Kestrel 7B", "Marten Studio"),
        ("Quality", 1, "Marten Studio", "Kestrel 7B"),
        ("Pricing", 0, "Kestrel 7B", "Marten Studio"),
        ("Pricing", -1, "Kestrel 7B", "Marten Studio"),
        ("Pricing", 1, "Marten Studio", "Kestrel 7B"),
    ],
)
def test_the_winner_comes_first_with_all_values(label, direction, winner, loser):
    cites = Cites()
    finding = compare_fact([KESTREL, MARTEN], asked(label, direction=direction), cites)
    assert finding.status == "answered"
    assert finding.text.index(f"**{winner}**") < finding.text.index(f"**{loser}**")
    assert {quote for _, quote in cites.rows} == {f.row for a in (KESTREL, MARTEN) for f in a.values(label)}


def test_equal_values_are_a_tie():
    cites = Cites()
    finding = compare_fact([KESTREL, MARTEN], asked("Adoption", direction=1), cites)
    assert "same" in finding.text
    assert len(cites.rows) == 2


def test_values_without_an_order_are_told_side_by_side():
    text = compare_fact([KESTREL, OSPREY], asked("Type"), Cites()).text
    assert "Model [1] for **Kestrel 7B**" in text
    assert "Repository [2] for **Osprey Index**" in text
    assert "higher" not in text


@pytest.mark.parametrize(
    ("one", "other", "settled"),
    [((41, 44), (58,), True), ((41, 60), (58,), False), ((41, 58), (58,), False), ((41,), (30, 39), True)],
)
def test_pages_that_disagree_leave_a_winner_only_where_every_value_has_it(one, other, settled):
    finding = compare_fact([ranked("Heron", *one), ranked("Wren", *other)], asked("UnfragileRank"), Cites())
    assert ("do not settle" not in finding.text) is settled
    assert all(f"{rank}/100" in finding.text for rank in (*one, *other))


def test_a_shared_first_place_names_both():
    text = compare_fact(
        [ranked("Heron", 50), ranked("Wren", 50), ranked("Robin", 40)], asked("UnfragileRank"), Cites()
    ).text
    assert "**Heron** and **Wren** share" in text


def test_a_side_without_the_row_makes_it_partial():
    finding = compare_fact([ranked("Heron", 50), artifact("Wren")], asked("UnfragileRank"), Cites())
    assert finding.status == "partial"
    assert "50/100" in finding.text
    assert re.search(r"do not state UnfragileRank for \*\*Wren\*\*", finding.text)


def test_no_side_with_the_row_is_not_found():
    finding = compare_fact([artifact("Heron"), artifact("Wren")], asked("Pricing"), Cites())
    assert finding.status == "not_found"


RANKS = st.lists(st.integers(0, 100), min_size=1, max_size=2).map(tuple)


@given(st.lists(RANKS, min_size=2, max_size=3), st.sampled_from([-1, 0, 1]), st.randoms())
def test_the_order_of_the_artifacts_makes_no_difference(ranks, direction, random):
    artifacts = [ranked(f"Heron{n}", *values) for n, values in enumerate(ranks)]
    turned = random.sample(artifacts, len(artifacts))
    question = asked("UnfragileRank", direction=direction)
    # The assistant sorts artifacts by id before it asks; ties are told in the order given.
    ordered = [sorted(order, key=lambda a: a.id) for order in (artifacts, turned)]
    assert compare_fact(ordered[0], question, Cites()) == compare_fact(ordered[1], question, Cites())


@given(st.lists(RANKS, min_size=2, max_size=4), st.sampled_from([-1, 1]))
def test_a_winner_is_better_by_every_page(ranks, direction):
    artifacts = [ranked(f"Heron{n}", *values) for n, values in enumerate(ranks)]
    text = compare_fact(artifacts, asked("UnfragileRank", direction=direction), Cites()).text
    won = re.match(r"\*\*Heron(\d)\*\* has the (?:high|low)", text)
    if won:
        own = [direction * value for value in ranks[int(won[1])]]
        rest = [direction * value for n, values in enumerate(ranks) if n != int(won[1]) for value in values]
        assert min(own) > max(rest)


# --- the whole library -----------------------------------------------------------------------------------------------


def whole(question: Question, library: Library | None = None):
    cites = Cites()
    return answer_library(library or invented.library(), question, cites), cites.rows


def library_question(**more) -> Question:
    return asked(**more)


def test_the_highest_is_named_with_its_row():
    finding, rows = whole(library_question(label="UnfragileRank", direction=1, superlative=True))
    assert (finding.artifacts, rows) == (("marten-studio",), [("marten-studio", "UnfragileRank: 58/100")])


def test_a_shared_place_is_not_cut():
    finding, rows = whole(library_question(label="UnfragileRank", direction=-1, superlative=True))
    assert finding.artifacts == ("lantern-model", "lantern-product")
    assert len(rows) == 2


def test_a_ranking_has_as_many_places_as_asked_for():
    finding, _ = whole(library_question(label="UnfragileRank", direction=1, superlative=True, limit=3))
    assert finding.artifacts == ("marten-studio", "osprey-index", "kestrel-7b")
    places = [finding.text.index(label) for label in ("Marten Studio", "Osprey Index", "Kestrel 7B")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("filters", "artifacts"),
    [
        ([("Type", "=", "Model")], ("kestrel-7b", "lantern-model")),
        ([("Type", "=", "Model"), ("Pricing", "=", "Free")], ("kestrel-7b",)),
        ([("Pricing", "!=", "Free")], ("lantern-model", "lantern-product", "marten-studio")),
        ([("Pricing", "=", "Free"), ("Pricing", "=", "Freemium")], ("kestrel-7b", "lantern-model", "osprey-index")),
        ([("UnfragileRank", ">", "43")], ("kestrel-7b", "marten-studio", "osprey-index")),
        ([("UnfragileRank", ">=", "41"), ("UnfragileRank", "<", "44")], ("kestrel-7b",)),
        ([("Type", "=", "Dataset")], ()),
    ],
)
def test_lists_hold_what_meets_every_condition_with_the_rows_that_show_it(filters, artifacts):
    filters = tuple(Filter(*f) for f in filters)
    finding, rows = whole(library_question(filters=filters))
    assert finding.artifacts == artifacts
    assert finding.status == "answered"
    labels = {f.label for f in filters}
    for one in artifacts:
        assert {quote.split(":")[0] for owner, quote in rows if owner == one} == labels


def test_artifacts_without_a_row_can_be_asked_for():
    library = Library((ranked("Heron", 40), artifact("Egret")))
    finding, _ = whole(library_question(filters=(Filter("UnfragileRank", "absent", ""),)), library)
    assert (finding.artifacts, finding.status) == (("egret",), "answered")
    listed, _ = whole(library_question(label="UnfragileRank"), library)
    assert re.search(r"Heron.*do not state it for \*\*Egret\*\*", listed.text, re.DOTALL)


def test_several_types_are_counted_each():
    types = (Filter("Type", "=", "Model"), Filter("Type", "=", "Product"), Filter("Type", "=", "Repository"))
    finding, _ = whole(library_question(counts=True, filters=types))
    assert re.match(r"5 of 5\b.*\(2 Model, 2 Product, 1 Repository\)", finding.text)


def test_a_count_names_what_it_counts():
    finding, rows = whole(library_question(counts=True))
    assert re.search(r"\b5\b", finding.text)
    assert {owner for owner, _ in rows} == {a.id for a in invented.library().artifacts}
    one, _ = whole(library_question(counts=True, filters=(Filter("Type", "=", "Repository"),)))
    assert re.match(r"1 of 5\b", one.text)


def test_all_values_are_listed_highest_first():
    finding, rows = whole(library_question(label="UnfragileRank"))
    assert [owner for owner, _ in rows] == [
        "marten-studio", "osprey-index", "kestrel-7b", "kestrel-7b", "lantern-model", "lantern-product",
    ]  # fmt: skip
    assert finding.status == "answered"


def test_no_library_is_no_answer():
    finding, rows = whole(library_question(counts=True), Library(()))
    assert (finding.status, rows) == ("not_found", [])


def test_a_row_that_no_page_has_is_not_found():
    library = Library((artifact("Heron"),))
    assert whole(library_question(label="Pricing", superlative=True, direction=-1), library)[0].status == "not_found"


def test_a_long_list_is_counted_not_told():
    library = Library(tuple(ranked(f"Heron{n:03}", n) for n in range(100)))
    finding, rows = whole(library_question(filters=(Filter("UnfragileRank", ">=", "0"),)), library)
    assert len(finding.artifacts) == 100
    assert len(rows) == 60
    assert "40 more" in finding.text


# --- conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "op", "value", "met"),
    [
        ("45/100", ">", "40", True),
        ("45/100", ">", "45", False),
        ("45/100", ">=", "45", True),
        ("45/100", "<=", "44", False),
        ("45/100", "<", "45.5", True),
        ("45/100", "=", "45", True),
        ("45/100", "!=", "45", False),
        ("Free", "=", "free", True),
        ("Free", "!=", "Paid", True),
        ("Free", ">", "40", None),
        ("45/100", "=", "Free", None),
        ("512 GB", ">=", "1 tb", False),
        ("10 seats", ">=", "1 tb", None),
        ("N/A", "absent", "", True),
    ],
)
def test_cells_meet_conditions_as_numbers_or_words(cell, op, value, met):
    assert satisfies(cell, Filter("x", op, value)) is met


@given(st.integers(0, 100), st.integers(0, 100))
def test_opposite_conditions_split_the_library(cell, bound):
    for op, opposite in ((">", "<="), ("<", ">="), ("=", "!=")):
        met = satisfies(f"{cell}/100", Filter("x", op, str(bound)))
        assert met is not satisfies(f"{cell}/100", Filter("x", opposite, str(bound)))


def test_no_condition_matches_everything():
    assert [a.id for a, _ in matching(invented.library(), ())] == [a.id for a in invented.library().artifacts]


# --- tables and notes ------------------------------------------------------------------------------------------------


def test_the_table_has_a_column_per_artifact_and_shows_conflicts_and_gaps():
    table = comparison_table([KESTREL, artifact("Heron", ("Licence", "MIT"))])
    assert table.header == ("", "Kestrel 7B", "Heron")
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["UnfragileRank"] == ("44/100 / 41/100", "–")
    assert rows["Licence"] == ("–", "MIT")
    assert list(rows)[:2] == ["Type", "UnfragileRank"]
    assert list(rows)[-1] == "Licence"


def test_no_rows_no_table():
    assert comparison_table([artifact("Heron")]) is None
    assert comparison_table([]) is None


def test_a_note_tells_both_values_and_both_pages():
    (note,) = conflict_notes([KESTREL, MARTEN])
    for part in ("UnfragileRank", "Kestrel 7B", "44/100", "41/100", "kestrel-vs-lantern.txt", "kestrel-vs-marten.txt"):
        assert part in note


def test_only_the_labels_asked_about_are_noted():
    assert conflict_notes([KESTREL], ["Pricing"]) == []


def test_page_dates_are_told_where_known():
    dated = Artifact(
        "heron", "Heron", "Model", "Heron", (),
        (Fact("Pricing", "Free", Source("a.md", 0, 9, "2025-01-31")), Fact("Pricing", "Paid", Source("b.md", 0, 9))),
        (), None, ("a.md", "b.md"),
    )  # fmt: skip
    assert "2025-01-31" in conflict_notes([dated])[0]


def test_one_fact_per_distinct_value():
    assert [fact.value for fact in distinct(KESTREL, "Pricing")] == ["Free"]
    assert [fact.value for fact in distinct(KESTREL, "unfragilerank")] == ["44/100", "41/100"]


def test_a_row_is_quoted_as_label_and_value():
    fact = MARTEN.values("Pricing")[0]
    evidence = row_evidence(MARTEN, fact)
    assert (evidence.artifact, evidence.evidence_class, evidence.quote) == ("marten-studio", "fact", "Pricing: Paid")
    place = invented.PAGES[evidence.source.file][evidence.source.start : evidence.source.end]
    assert "Pricing" in place
    assert "Paid" in place


def test_who_asks_for_a_kind_that_is_not_there_is_told_what_there_is():
    finding, _ = whole(library_question(filters=(Filter("Type", "=", "Dataset"),)))
    assert finding.text.startswith("No artifact in the library is a Dataset. It holds 5 of other types: **")
    assert finding.status == "answered"
