"""Figures in answers: rows and texts are compared by their units, and by nothing where they have no common one."""

from __future__ import annotations

import pytest

from sidebyside import Assistant
from sidebyside.answers.draft import Draft
from sidebyside.answers.figures import figures_lead
from sidebyside.building.build import build_index
from sidebyside.evidence.grid import EvidenceCell
from sidebyside.records import Answer, Artifact, Criterion, Evidence, Library, Question, Source
from sidebyside.settings import Settings

HERON, WREN = "Heronry", "Wrenbox"
PAGE = """Heronry vs Wrenbox
Side-by-side comparison to help you choose.
| Feature | Heronry | Wrenbox |
|---|---|---|
| Type | Product | Product |
| UnfragileRank | 38/100 | 44/100 |
| Pricing | Paid | Freemium |
| Storage | 256 GB | 4 TB |
| Context window | 64K tokens | 2M tokens |
| Weight | 870 g | 1.4 kg |
| Response time | 640 ms | 1.6 s |
| Latest version | 2.8 | 2.12 |
| Yearly price | 1.499,00 € | 879,00 € |
| Review score | 4.4/5 | 7/10 |
| Released | May 2024 | February 2025 |
| First release | 2023-11-30 | 2024-02-01 |
| Uptime | N/A | 99.5% |
| Battery life | 2 h 15 min | 95 min |
| Parameters | 800M | 1.3B |
| Stars | 15.2k | 940 |
| Quota | 10 seats | 50 GB |
| Capabilities | 2 decomposed | 2 decomposed |
Keeps folders of several machines alike. The Team plan is $240 per year.
Unique: Shows both versions of a file before it writes one
Sends alerts on every change of a folder. An alert arrives within 900 ms.
Unique: Alerts carry the name of the machine
Drafts letters in the style of earlier ones. The Team plan is $15 per month.
Unique: Marks what it took from where
Sends alerts on every change of a letter. An alert arrives within 2 s.
Unique: Alerts carry the name of the writer
"""


def assert_cited(answer: Answer) -> None:
    """Every citation is a row of the page, cell by cell, and every one is used."""
    assert answer.citations
    for citation in answer.citations:
        row = PAGE[citation.start : citation.end]
        assert all(part in row for part in citation.quote.split(": "))
        assert f"[{citation.number}]" in answer.text


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, encoder):
    assert encoder is not None  # the real one has to be installed
    folder = tmp_path_factory.mktemp("figures")
    (folder / "pages").mkdir()
    (folder / "pages" / "heronry-vs-wrenbox.txt").write_text(PAGE)
    build_index([folder / "pages"], index=folder / "index", settings=Settings.load())
    with Assistant.open(folder / "index", model="none") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("Which has more Storage", f"**{WREN}** has the larger Storage: 4 TB [1], against 256 GB [2]"),
        ("Which has the larger Context window", f"**{WREN}** has the larger Context window: 2M tokens [1]"),
        ("Which has the lower Weight", f"**{HERON}** is lighter: 870 g [1], against 1.4 kg [2]"),
        ("Which has the lower Response time", f"**{HERON}** has the shorter Response time: 640 ms [1]"),
        ("Which has the higher Parameters", f"**{WREN}** has more parameters: 1.3B [1], against 800M [2]"),
        ("Which has the higher Stars", f"**{HERON}** has more stars: 15.2k [1], against 940 [2]"),
        ("Which has the higher Battery life", f"**{HERON}** has the longer Battery life: 2 h 15 min [1]"),
        ("Which has the higher Latest version", f"**{WREN}** has the newer Latest version: 2.12 [1]"),
        ("Which has the lower Yearly price", f"**{WREN}** has the lower Yearly price: 879,00 € [1]"),
        ("Which has the higher Review score", f"**{HERON}** has the higher Review score: 4.4/5 [1], against 7/10 [2]"),
        ("Which was Released later", f"**{WREN}** was released later: February 2025 [1], against May 2024 [2]"),
        ("Which had its First release earlier", f"**{HERON}** has the earlier First release: 2023-11-30 [1]"),
    ],
)
def test_rows_are_compared_by_their_units(assistant, question, begins):
    answer = assistant.answer(f"{question}, {HERON} or {WREN}?")
    assert answer.text.startswith(begins)
    assert answer.status == "answered"
    assert_cited(answer)


def test_what_has_no_value_takes_no_part(assistant):
    answer = assistant.answer(f"Which has the higher Uptime, {HERON} or {WREN}?")
    assert answer.status == "partial"
    assert answer.text.startswith(f"The Uptime of **{WREN}** is 99.5% [1].")
    assert f"do not state Uptime for **{HERON}** (N/A [2])" in answer.text


def test_what_does_not_compare_has_no_winner_and_a_reason(assistant):
    answer = assistant.answer(f"Which has the higher Quota, {HERON} or {WREN}?")
    assert f"Quota: 10 seats [1] for **{HERON}** and 50 GB [2] for **{WREN}**." in answer.text
    assert "They do not compare: 10 seats is a number of seats, 50 GB is a size in bytes." in answer.text


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("Which has at least 1 TB of storage?", f"1 of 2 artifacts has Storage of at least 1 TB: **{WREN}** (4 TB)"),
        ("Which weigh less than 1 kg?", f"1 of 2 artifacts has Weight below 1 kg: **{HERON}** (870 g)"),
        ("Which was released after June 2024?", f"1 of 2 artifacts has Released after June 2024: **{WREN}**"),
        (f"Does {HERON} have at least 1 TB of storage?", f"No. The Storage of **{HERON}** is 256 GB"),
        ("Which has the lowest Response time?", f"**{HERON}** has the shortest Response time: 640 ms"),
        ("Which has the newest Latest version?", f"**{WREN}** has the newest Latest version: 2.12"),
    ],
)
def test_conditions_and_superlatives_go_by_units(assistant, question, begins):
    answer = assistant.answer(question)
    assert answer.text.startswith(begins)
    assert_cited(answer)


def cell(name: str, *sentences: str) -> EvidenceCell:
    """What the texts of an artifact say on a criterion."""
    artifact = Artifact(name.lower(), name, "Product", name, (), (), (), None, ("a.txt",))
    source = Source("a.txt", 0, 9)
    evidence = tuple(Evidence(artifact.id, "description", sentence, source) for sentence in sentences)
    return EvidenceCell(artifact, Criterion("x", "x"), "stated", 1.0, evidence)


def lead(asked: str, *cells: EvidenceCell, direction: int = 0) -> tuple[str, str]:
    """(the sentence that figures give, the status)."""
    question = Question(asked, criteria=(Criterion(asked, asked),), direction=direction)
    draft = Draft(question, Library(tuple(one.artifact for one in cells)), status="answered")
    return figures_lead(draft, cells, question), draft.status


@pytest.mark.parametrize(
    ("asked", "one", "other", "says", "status"),
    [
        (
            "Which alerts faster?", "within 900 ms", "within 2 s",
            "**Heronry** is faster: 900 ms [1], against 2 s [2] for **Wrenbox**.", "answered",
        ),
        (
            "Which is cheaper?", "The plan is $240 per year.", "The plan is $15 per month.",
            "**Wrenbox** costs less: $15 per month [1], against $240 per year [2] for **Heronry** "
            "($240 per year is $20 a month).", "answered",
        ),
        (
            "Which is cheaper?", "The plan is $180 per year.", "The plan is $15 per month.",
            "state the same figure", "answered",
        ),
        (
            "Which is cheaper?", "It costs €20 a month.", "It costs $15 a month.",
            "The figures do not compare: €20 a month [1] for **Heronry** and $15 a month [2] for **Wrenbox**; "
            "€20 a month is a price in € per month, $15 a month is a price in $ per month.", "answered",
        ),
        (
            "Which has the larger storage?", "Storage of 256 GB", "Storage of 4 TB",
            "**Wrenbox** has the larger storage: 4 TB [1], against 256 GB [2]", "answered",
        ),
        (
            "Which alerts faster?", "within 900 ms", "at once",
            "The only figure is 900 ms [1] for **Heronry**; the pages give none for **Wrenbox**.", "partial",
        ),
        ("Which alerts faster?", "soon", "at once", "", "answered"),
    ],
)  # fmt: skip
def test_figures_of_texts_are_compared_by_their_units(asked, one, other, says, status):
    told, got = lead(asked, cell(HERON, one), cell(WREN, other))
    assert says in told
    assert bool(told) is bool(says)
    assert got == status
