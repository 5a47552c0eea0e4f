"""Answers composed from the grid: leads, cells, what is missing, and who meets most."""

from __future__ import annotations

import pytest

import invented
from sidebyside.answers.compose import Evidences, answer_criteria, answer_find, answer_recommend
from sidebyside.answers.draft import Draft, shorten
from sidebyside.evidence.grid import EvidenceCell
from sidebyside.records import Criterion, Evidence, Filter, Question, Source

LIBRARY = invented.library()
SPEECH = Criterion("speech", "transcribe speech")
PICTURES = Criterion("watermarks", "watermark pictures")


def artifact(name: str):
    return LIBRARY.get(invented.artifact_id(name))


KESTREL, MARTEN, OSPREY = artifact("Kestrel 7B"), artifact("Marten Studio"), artifact("Osprey Index")


class KnownGrid:
    """A grid of known cells: (artifact id, criterion query) -> (state, quote); all denials are this probable."""

    def __init__(
        self, cells: dict[tuple[str, str], tuple[str, str]], denial: float = 0.0, probability: float = 0.9
    ) -> None:
        self.cells, self.denial, self.probability = cells, denial, probability

    def cell(self, artifact, criterion):
        state, quote = self.cells.get((artifact.id, criterion.query), ("silent", ""))
        quotes = [part for part in quote.split("|") if part]
        evidence = tuple(
            Evidence(artifact.id, "description", part, Source(f"{place}.txt", 0, len(part)))
            for place, part in enumerate(quotes)
        )
        return EvidenceCell(
            artifact, criterion, state, self.probability, evidence, quotes[0].rstrip(".") if quotes else "", self.denial
        )

    def grid(self, artifacts, criteria):
        return [[self.cell(artifact, criterion) for artifact in artifacts] for criterion in criteria]

    def first_look(self, criterion, found):
        return {
            artifact: float(self.cells.get((artifact, criterion.query), ("silent",))[0] != "silent")
            for artifact in found
        }


def sources(**cells: tuple[str, str]) -> Evidences:
    known = {(a, c): value for (a, c), value in cells.pop("known", {}).items()}
    return Evidences(invented.retriever(), KnownGrid(known))


def draft_for(question: Question) -> Draft:
    return Draft(question, LIBRARY)


SAYS = {
    (KESTREL.id, SPEECH.query): ("stated", "Transcribes recorded speech in twelve languages."),
    (MARTEN.id, SPEECH.query): ("stated", "Transcribes recorded speech in four languages."),
    (KESTREL.id, PICTURES.query): ("denied", "Does not support watermarking of generated pictures."),
}


def test_one_artifact_gets_yes_with_the_clause_that_says_it():
    question = Question("can it?", "supports", (KESTREL.id,), criteria=(SPEECH,), polar=True)
    draft = draft_for(question)
    answer_criteria(draft, [KESTREL], question, sources(known=SAYS))
    answer = draft.answer()
    assert answer.status == "answered"
    assert answer.text.startswith("Yes, going by the page of **Kestrel 7B**: “Transcribes recorded speech")
    assert answer.grid.cells[0][0].state == "stated"


def test_what_the_page_denies_is_a_no():
    question = Question("can it?", "supports", (KESTREL.id,), criteria=(PICTURES,), polar=True)
    draft = draft_for(question)
    answer_criteria(draft, [KESTREL], question, sources(known=SAYS))
    assert draft.answer().text.startswith("No, going by the page of **Kestrel 7B**")


@pytest.mark.parametrize(
    ("asked", "quote", "denial", "begins"),
    [
        ("understand Welsh", "Transcribes recorded speech.", 0.1, "Yes, "),
        ("understand Welsh", "Transcribes recorded speech.", 0.4, "The page of "),
        ("transcribe recorded speech", "Transcribes recorded speech.", 0.4, "Yes, "),
        ("transcribe recorded speech", "Transcribes recorded speech, but not well.", 0.4, "The page of "),
        ("speech", "Speech stays as it is.", 0.4, "The page of "),
        ("benchmark scores published", "Benchmark names and scores are not disclosed.", 0.1, "The page of "),
        ("run locally", "Runs locally without cloud connectivity.", 0.1, "Yes, "),
        ("work without internet", "Works without internet.", 0.1, "Yes, "),
    ],
)
def test_yes_is_left_out_where_the_quote_may_be_a_denial(asked, quote, denial, begins):
    criterion = Criterion(asked, asked)
    question = Question("can it?", "supports", (KESTREL.id,), criteria=(criterion,), polar=True)
    draft = draft_for(question)
    known = KnownGrid({(KESTREL.id, asked): ("stated", quote)}, denial)
    answer_criteria(draft, [KESTREL], question, Evidences(invented.retriever(), known))
    assert draft.answer().text.startswith(begins)


@pytest.mark.parametrize(("denial", "begins"), [(0.9, "No, "), (0.55, "The page of ")])
def test_no_is_left_out_where_the_quote_may_state_it(denial, begins):
    question = Question("can it?", "supports", (KESTREL.id,), criteria=(PICTURES,), polar=True)
    draft = draft_for(question)
    answer_criteria(draft, [KESTREL], question, Evidences(invented.retriever(), KnownGrid(SAYS, denial)))
    assert draft.answer().text.startswith(begins)


def test_two_that_both_state_it_have_no_winner_without_figures():
    question = Question("which more?", "compare", (KESTREL.id, MARTEN.id), criteria=(SPEECH,), direction=1)
    draft = draft_for(question)
    answer_criteria(draft, [KESTREL, MARTEN], question, sources(known=SAYS))
    answer = draft.answer()
    assert "do not settle which of them is ahead" in answer.text
    assert answer.grid.artifacts == ("Kestrel 7B", "Marten Studio")
    assert answer.grid.met == (1, 1)
    assert "| speech |" in answer.text


def test_how_both_do_it_asks_for_no_winner():
    question = Question("how do both take it?", "compare", (KESTREL.id, MARTEN.id), criteria=(SPEECH,))
    draft = draft_for(question)
    answer_criteria(draft, [KESTREL, MARTEN], question, sources(known=SAYS))
    assert draft.answer().text.startswith("The pages of **Kestrel 7B** and **Marten Studio** both state it.")


def disagreeing(one: str, other: str) -> tuple[str, str]:
    """A cell whose two pages say these."""
    return ("conflict", f"{one}|{other}")


@pytest.mark.parametrize(
    ("state", "begins"),
    [
        ("stated", "**Marten Studio** states this. The pages about **Kestrel 7B** disagree: "),
        ("denied", "**Marten Studio** does not, going by its page. The pages about **Kestrel 7B** disagree: "),
        ("silent", "The pages do not state this for **Marten Studio**. The pages about **Kestrel 7B** disagree: "),
    ],
)
def test_pages_that_disagree_are_named_beside_what_others_state(state, begins):
    question = Question("which?", "compare", (KESTREL.id, MARTEN.id), criteria=(SPEECH,))
    said = "Transcribes recorded speech in four languages." if state != "silent" else ""
    known = {
        (KESTREL.id, SPEECH.query): disagreeing("Transcribes recorded speech.", "Does not transcribe recorded speech."),
        (MARTEN.id, SPEECH.query): (state, said),
    }
    draft = draft_for(question)
    answer_criteria(draft, [KESTREL, MARTEN], question, sources(known=known))
    text = draft.answer().text
    assert text.startswith(f"{begins}“Transcribes recorded speech” [1] and “Does not transcribe recorded speech” [2].")
    assert draft.winner == ""


def test_of_several_criteria_the_one_that_pages_disagree_on_is_told_apart_from_what_is_missing():
    question = Question("which?", "compare", (KESTREL.id, OSPREY.id), criteria=(SPEECH, PICTURES))
    known = {
        (KESTREL.id, SPEECH.query): SAYS[KESTREL.id, SPEECH.query],
        (KESTREL.id, PICTURES.query): disagreeing("Watermarks pictures.", "Does not watermark pictures."),
    }
    draft = draft_for(question)
    answer_criteria(draft, [KESTREL, OSPREY], question, sources(known=known))
    lead = draft.answer().text.split("\n\n")[0]
    assert lead == f"**Kestrel 7B** meets most, 1 of 2 points; its pages disagree on {PICTURES.text}."
    draft = draft_for(question)
    answer_recommend(draft, [KESTREL, OSPREY], question, sources(known=known))
    assert f"Its pages disagree on {PICTURES.text}." in draft.answer().text


def test_a_silent_side_is_named_and_makes_the_answer_partial():
    question = Question("which?", "compare", (KESTREL.id, OSPREY.id), criteria=(SPEECH,))
    draft = draft_for(question)
    answer_criteria(draft, [KESTREL, OSPREY], question, sources(known=SAYS))
    answer = draft.answer()
    assert answer.status == "partial"
    assert "do not state this for **Osprey Index**" in answer.text
    assert "not stated" in answer.text


def test_who_meets_most_is_counted_and_what_is_missing_is_said():
    question = Question("which should I take?", "recommend", (KESTREL.id, MARTEN.id), criteria=(SPEECH, PICTURES))
    known = SAYS | {(MARTEN.id, PICTURES.query): ("stated", "Puts a watermark into pictures.")}
    draft = draft_for(question)
    answer_recommend(draft, [KESTREL, MARTEN], question, sources(known=known))
    answer = draft.answer()
    assert answer.text.startswith("Take **Marten Studio**")
    assert answer.grid.met == (1, 2)
    assert answer.status == "answered"


def test_a_tie_names_no_winner():
    question = Question("which should I take?", "recommend", (KESTREL.id, MARTEN.id), criteria=(SPEECH,))
    draft = draft_for(question)
    answer_recommend(draft, [KESTREL, MARTEN], question, sources(known=SAYS))
    assert "the pages do not settle it" in draft.answer().text


def test_a_condition_on_a_row_is_a_row_of_the_grid():
    free = Filter("Pricing", "=", "Free")
    question = Question("which?", "recommend", (KESTREL.id, MARTEN.id), criteria=(SPEECH,), filters=(free,))
    draft = draft_for(question)
    answer_recommend(draft, [KESTREL, MARTEN], question, sources(known=SAYS))
    grid = draft.answer().grid
    assert grid.criteria == ("speech", "Pricing: Free")
    assert {cell.by for cell in grid.cells[1]} == {"table"}


def test_a_search_shows_those_that_state_it_and_only_those():
    question = Question("which can?", "find", criteria=(SPEECH,))
    draft = draft_for(question)
    answer_find(draft, question, sources(known=SAYS), LIBRARY.artifacts)
    answer = draft.answer()
    assert set(answer.artifacts) == {"Kestrel 7B", "Marten Studio"}
    assert answer.status == "answered"


@pytest.mark.parametrize(
    ("probability", "begins"),
    [(0.9, "2 artifacts say so on their pages: "), (0.4, "No page says so plainly. What comes nearest is told of ")],
)
def test_a_search_tells_what_is_plain_from_what_comes_nearest(probability, begins):
    question = Question("which can?", "find", criteria=(SPEECH,))
    draft = draft_for(question)
    known = KnownGrid({key: value for key, value in SAYS.items() if key[1] == SPEECH.query}, 0.0, probability)
    answer_find(draft, question, Evidences(invented.retriever(), known), LIBRARY.artifacts)
    assert draft.answer().text.startswith(begins)


def test_a_search_that_nobody_answers_says_what_was_looked_for():
    question = Question("which roasts coffee?", "find", criteria=(Criterion("roasts coffee", "roasts coffee"),))
    draft = draft_for(question)
    answer_find(draft, question, sources(), LIBRARY.artifacts)
    assert draft.answer().status == "not_found"
    assert "“roasts coffee”" in draft.answer().text


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Keeps logs for 30 days.", "Keeps logs for 30 days"),
        ("a b c d e f g h i j k l m n", "a b c d e f g h i j k l …"),
    ],
)
def test_cells_have_at_most_twelve_words(text, short):
    assert shorten(text) == short


def test_a_shortened_clause_keeps_the_figure_that_is_asked_for():
    clause = "turns any text into flashcards for Anki, as CSV or APKG, with up to 80 cards for each text"
    kept = shorten(clause, about="how many cards")
    assert "up to 80 cards" in kept
    assert kept.startswith("… ")
    assert len(kept.replace("…", "").split()) <= 12
    assert kept.replace("…", "").strip() in clause


def test_a_shortened_clause_may_leave_out_its_middle():
    clause = "Counts loans, views and downloads without names and keeps the figures for 36 months"
    kept = shorten(clause, about="counting of visits and loans")
    assert kept.startswith("Counts loans")
    assert kept.endswith("for 36 months")
    assert len(kept.replace(" … ", " ").split()) <= 12
    assert all(part in clause for part in kept.split(" … "))
