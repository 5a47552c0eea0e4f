"""Lanes: what each kind of question is answered with, from code alone, every statement with its citation."""

from __future__ import annotations

import re
from itertools import permutations

import pytest

import invented
from invented import assert_cited, assert_says, quotes_of
from sidebyside import Assistant
from sidebyside.answers import overviews
from sidebyside.records import Comparison, Evidence, SharedCapability, Source

KESTREL, MARTEN, OSPREY = "Kestrel 7B", "Marten Studio", "Osprey Index"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, encoder):
    assert encoder is not None  # the real one has to be installed
    with Assistant.open(invented.real_index(tmp_path_factory), model="none") as opened:
        yield opened


# --- aspects ---------------------------------------------------------------------------------------------------------


def test_a_figure_in_the_same_unit_decides(assistant):
    answer = assistant.answer("Which handles a longer context, Kestrel 7B or Marten Studio?")
    assert answer.status == "answered"
    first = answer.text.split("\n\n")[0]
    assert first.index(KESTREL) < first.index(MARTEN)
    assert_says(answer, "32K", "8K")
    assert any("32K" in quote for quote in quotes_of(answer, KESTREL))
    assert any("8K" in quote for quote in quotes_of(answer, MARTEN))
    assert_cited(answer)


@pytest.mark.parametrize(
    ("question", "winner"),
    [
        ("Which handles a shorter context, Kestrel 7B or Marten Studio?", MARTEN),
        ("Which is faster at transcribing speech, Kestrel 7B or Marten Studio?", KESTREL),
        ("Which is slower at transcribing speech, Kestrel 7B or Marten Studio?", MARTEN),
    ],
)
def test_the_direction_asked_for_decides_who_is_ahead(assistant, question, winner):
    first = assistant.answer(question).text.split("\n\n")[0]
    assert first.startswith(f"**{winner}**")
    assert KESTREL in first
    assert MARTEN in first


def test_without_figures_no_winner_is_named(assistant):
    answer = assistant.answer("Which is better at recorded speech, Kestrel 7B or Marten Studio?")
    assert answer.status == "answered"
    assert "do not settle" in answer.text
    assert {KESTREL, MARTEN} == {citation.artifact for citation in answer.citations}
    assert_cited(answer)


def test_a_silent_side_makes_the_answer_partial_and_is_named(assistant):
    answer = assistant.answer("context of Kestrel 7B or Osprey Index")
    assert answer.status == "partial"
    assert re.search(r"not state[^\n]*Osprey Index", answer.text)
    assert {citation.artifact for citation in answer.citations} == {KESTREL}
    assert_cited(answer)


def test_two_silent_sides_are_not_found_and_the_missing_word_is_named(assistant):
    answer = assistant.answer("Which has the better MMLU score, Kestrel 7B or Marten Studio?")
    assert (answer.status, answer.citations) == ("not_found", ())
    assert_says(answer, "MMLU", KESTREL, MARTEN)
    assert answer.consulted


def test_an_unknown_side_makes_the_answer_partial(assistant):
    answer = assistant.answer("Which handles a longer context, Kestrel 7B or Falconer?")
    assert answer.status == "partial"
    assert re.search(r"Falconer\W+is not in the library", answer.text)
    assert any("32K" in quote for quote in quotes_of(answer, KESTREL))


@pytest.mark.parametrize(
    ("question", "lead", "quote"),
    [
        ("Can Kestrel 7B transcribe recorded speech?", "Yes", "Transcribes recorded speech in twelve languages"),
        ("Does Kestrel 7B support watermarking?", "No", "Does not support watermarking of generated pictures."),
    ],
)
def test_a_yes_or_no_question_gets_what_the_page_affirms_or_denies(assistant, question, lead, quote):
    answer = assistant.answer(question)
    assert answer.status == "answered"
    assert answer.text.startswith(lead)
    assert quotes_of(answer, KESTREL)[0].startswith(quote)
    assert_cited(answer)


@pytest.mark.parametrize("question", ["Does Kestrel 7B use Whisperwind?", "Does Kestrel 7B use Falconer?"])
def test_what_only_a_claim_about_others_mentions_gets_no_yes(assistant, question):
    assert not assistant.answer(question).text.startswith("Yes")


def test_a_question_for_a_price_gets_at_least_the_price_class(assistant):
    assert quotes_of(assistant.answer("What does Kestrel 7B cost per month?"), KESTREL) == ["Pricing: Free"]


def test_a_silent_page_is_no_no(assistant):
    answer = assistant.answer("Does Kestrel 7B brew coffee?")
    assert answer.status == "not_found"
    assert not re.match(r"(?:No|Yes)\b", answer.text)
    assert answer.citations == ()


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("Which tool schedules nightly backups of databases?", ["Lantern (Product)"]),
        ("who transcribes recorded speech", [KESTREL, MARTEN]),
        ("Which artifacts do not support watermarking?", [KESTREL]),
    ],
)
def test_a_search_names_who_says_so_with_a_quote_each(assistant, question, labels):
    answer = assistant.answer(question)
    assert answer.status == "answered"
    assert sorted(answer.artifacts) == labels
    assert {citation.artifact for citation in answer.citations} == set(labels)
    assert_cited(answer)


def test_a_search_heeds_conditions_and_shows_their_rows(assistant):
    answer = assistant.answer("Which free model transcribes recorded speech?")
    assert answer.artifacts == (KESTREL,)
    assert {"Type: Model", "Pricing: Free"} <= set(quotes_of(answer, KESTREL))
    assert assistant.answer("Which free artifact schedules nightly backups?").status == "not_found"


@pytest.mark.parametrize("question", ["who can brew coffee?", "Which artifacts support watermarking?"])
def test_a_search_for_what_nobody_states_is_not_found(assistant, question):
    answer = assistant.answer(question)
    assert (answer.status, answer.citations, answer.artifacts) == ("not_found", (), ())


def test_a_search_for_who_cannot_leaves_out_who_can(assistant):
    answer = assistant.answer("Which artifact cannot transcribe speech?")
    assert KESTREL not in answer.artifacts


# --- artifacts as a whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "name"), [(2, "both"), (3, "in several")])
def test_what_is_alike_is_named_by_how_many_are_compared(number, name):
    artifacts = invented.library().artifacts[:number]
    pair = tuple(Evidence(a.id, "description", "Answers prompts.", Source("a.txt", 0, 16)) for a in artifacts[:2])
    comparison = Comparison(artifacts, None, (SharedCapability(pair, 0.9),), {})
    [(row, cells)] = overviews._shared_rows(comparison, artifacts)
    assert (row, [cell.state for cell in cells]) == (name, ["stated", "stated", "silent"][:number])


def test_a_comparison_as_a_whole_has_ranks_quotes_a_table_and_no_overall_winner(assistant):
    answer = assistant.answer("Compare Kestrel 7B and Osprey Index")
    assert answer.status == "answered"
    assert_says(answer, "52/100", "44/100", "do not settle")
    for label in (KESTREL, OSPREY):
        assert any(citation.artifact == label and citation.evidence_class != "fact" for citation in answer.citations)
    assert answer.table.header == ("", KESTREL, OSPREY)
    assert any("Model" in note and "Repository" in note for note in answer.notes)
    assert_cited(answer)


def test_the_pages_verdict_is_quoted_where_there_is_one(assistant):
    verdicts = lambda answer: [c.quote for c in answer.citations if c.evidence_class == "verdict"]  # noqa: E731
    assert len(verdicts(assistant.answer("Compare Kestrel 7B and Marten Studio"))) == 1
    assert verdicts(assistant.answer("Compare Kestrel 7B and Osprey Index")) == []


def test_a_comparison_with_a_stranger_is_not_found(assistant):
    answer = assistant.answer("Kestrel 7B vs Zanzibarr")
    assert answer.status == "not_found"
    assert_says(answer, "Zanzibarr", KESTREL)


def test_a_description_shows_the_table_and_the_first_capabilities(assistant):
    answer = assistant.answer("What is Osprey Index?")
    quotes = quotes_of(answer, OSPREY)
    assert {"Type: Repository", "UnfragileRank: 52/100", "Pricing: Free"} <= set(quotes)
    assert any(quote.startswith("Indexes source code") for quote in quotes)
    assert_cited(answer)


def test_what_a_page_says_it_is_for_is_never_made_up(assistant):
    answer = assistant.answer("What is Marten Studio best for?")
    assert "do not say outright" in answer.text
    assert {citation.artifact for citation in answer.citations} == {MARTEN}
    assert_cited(answer)


def test_alternatives_are_other_artifacts_of_the_library(assistant):
    answer = assistant.answer("alternatives to Kestrel 7B?")
    assert answer.artifacts[0] == KESTREL
    assert MARTEN in answer.artifacts
    assert any("Transcribes" in quote for quote in quotes_of(answer, MARTEN))
    assert_cited(answer)


def test_third_parties_are_only_quoted_as_a_claim(assistant):
    answer = assistant.answer("alternatives to Kestrel 7B?")
    claims = [citation for citation in answer.citations if citation.evidence_class == "claim"]
    assert [claim.artifact for claim in claims] == [KESTREL]
    assert "claims" in answer.text


def test_alternatives_to_an_ambiguous_name_are_told_for_each(assistant):
    answer = assistant.answer("alternatives to Lantern?")
    assert "All of them are answered" not in " ".join(answer.notes) or {
        "Lantern (Model)",
        "Lantern (Product)",
    } <= set(answer.artifacts)


# --- what is not there -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Is Midjourney better than GPT-4?", ["Midjourney", "GPT-4"]),
        ("How much is Whisperwind?", ["Whisperwind"]),
        ("What is Falconer?", ["Falconer"]),
    ],
)
def test_a_name_that_only_passages_mention_is_not_in_the_library(assistant, question, names):
    answer = assistant.answer(question)
    assert (answer.status, answer.citations) == ("not_found", ())
    assert_says(answer, "not in the library", *names)


def test_the_nearest_name_is_offered(assistant):
    assert_says(assistant.answer("Is Kestrel 8B free?"), "Kestrel 8B", KESTREL)


@pytest.mark.parametrize("question", ["hi", "", "?", "thanks", "最高のモデルは？", "asdf qwer zxcv"])
def test_what_asks_nothing_gets_a_friendly_reply_without_citations(assistant, question):
    answer = assistant.answer(question)
    assert (answer.status, answer.citations) == ("not_found", ())
    assert answer.text


# --- properties of every answer --------------------------------------------------------------------------------------

COMPARISONS = [
    "Which ranks higher, {} or {}?",
    "Which has the better adoption, {} or {}?",
    "Which handles a longer context, {} or {}?",
    "Which is faster at transcribing speech: {} or {}?",
    "Compare {} and {}",
    "{} vs {}",
    "Do {} and {} run offline?",
    "Which is cheaper, {} or {}?",
    "Which has the better MMLU score, {} or {}?",
    "Is the verdict on {} and {} right?",
]


@pytest.mark.parametrize("template", COMPARISONS)
@pytest.mark.parametrize("names", [(KESTREL, MARTEN), (OSPREY, "Lantern (Model)"), ("Lantern (Product)", KESTREL)])
def test_swapping_the_names_changes_nothing_but_the_question(assistant, template, names):
    one, other = (assistant.answer(template.format(*order)) for order in (names, names[::-1]))
    assert one.status == other.status
    assert sorted(one.artifacts) == sorted(other.artifacts)
    assert {(c.artifact, c.quote) for c in one.citations} == {(c.artifact, c.quote) for c in other.citations}
    assert sorted(one.notes) == sorted(other.notes)
    assert_cited(one)
    assert_cited(other)


def test_the_order_of_three_names_changes_nothing(assistant):
    answers = {
        assistant.answer("Which ranks higher, {}, {} or {}?".format(*names)).text
        for names in permutations([KESTREL, MARTEN, OSPREY])
    }
    assert len(answers) == 1


QUESTIONS = [
    *(template.format(KESTREL, MARTEN) for template in COMPARISONS),
    "Is Lantern free?", "Compare Lantern and Kestrel 7B", "What is Lantern?", "alternatives to Marten Studio",
    "top 3 artifacts by rank", "rank of all artifacts", "which artifacts are not free", "What does Marten Studio cost?",
    "Can Osprey Index keep code on the laptop?", "Who draws maps from photographs?", "Do the pages disagree?",
    "What is Kestrel 7B best for?", "Compare Kestrel 7B, Marten Studio and Osprey Index", "How many products?",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_is_cited_in_order_and_verbatim(assistant, question):
    answer = assistant.answer(question)
    assert answer.question
    assert answer.text
    assert_cited(answer)
    labels = {artifact.label for artifact in assistant.library.artifacts}
    assert {citation.artifact for citation in answer.citations} <= labels
    assert set(answer.artifacts) <= labels


# --- names in what is looked for -------------------------------------------------------------------------------------


def test_who_names_what_is_asked_for_comes_before_who_only_does_the_like(tmp_path):
    values = ("Product", "40/100", "1", "1", "Paid")
    page = invented.page_text(
        ("Heron Desk", values, (("Connects to Salesforce and HubSpot.", "Links", "Less than Zapier"),)),
        ("Egret Watch", values, (("Wakes whoever is on duty, and connects to Slack.", "Calls", "Less than Zapier"),)),
    )
    with invented.open_assistant(invented.write_index(tmp_path, {"heron-vs-egret.txt": page})) as opened:
        for question in ("what connects to Slack?", "does anything connect to slack"):
            assert opened.answer(question).artifacts == ("Egret Watch",)
        assert set(opened.answer("which tool connects to other things").artifacts) == {"Egret Watch", "Heron Desk"}


# --- a second library, with the real reader and judge ----------------------------------------------------------------


@pytest.fixture(scope="module")
def workshop(tmp_path_factory, encoder):
    assert encoder is not None
    with invented.open_assistant(invented.workshop_index(tmp_path_factory)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("Does Relaywright speak OPC UA?", "Yes, going by the page of **Relaywright**: “Speaks OPC UA and Modbus"),
        (
            "Does HearthLoom Hub speak OPC UA?",
            "No, going by the page of **HearthLoom Hub**: “OPC UA is not spoken, and industrial buses are left",
        ),
        # 80 mm lie beyond the bounds that the page gives, 3 cm within them.
        (
            "Can HearthLoom Hub take rolls 80 mm wide?",
            "No, going by the page of **HearthLoom Hub**: “Accepts label rolls between 20 and 48 mm",
        ),
        (
            "Can HearthLoom Hub take rolls 3 cm wide?",
            "Yes, going by the page of **HearthLoom Hub**: “Accepts label rolls between 20 and 48 mm",
        ),
    ],
)
def test_a_denial_is_told_from_a_statement_and_a_figure_beyond_bounds_is_one(workshop, question, begins):
    answer = workshop.answer(question)
    assert answer.text.startswith(begins)
    assert_cited(answer, invented.WORKSHOP)


def test_a_comparison_names_who_denies_what_another_states(workshop):
    answer = workshop.answer("is OPC UA spoken by HearthLoom Hub and Relaywright?")
    assert answer.text.startswith("Only **Relaywright** states this. **HearthLoom Hub** does not, going by its page.")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        # Nothing of type API or Agent does this: the words belong to what is asked.
        ("which tool finds leaked api keys?", ("LinguaFinch 3B",)),
        ("our agent dies halfway, which one picks it up again?", ("Smsoon",)),
        ("which agent speaks OPC UA?", ("Relaywright",)),
    ],
)
def test_kinds_of_things_inside_of_what_is_asked_leave_nobody_out(workshop, question, found):
    assert workshop.answer(question).artifacts == found


# --- what pages claim, and what else does it --------------------------------------------------------------------------


def test_a_comparison_with_an_unknown_thing_is_told_as_the_claim_of_the_page(assistant):
    answer = assistant.answer("Kestrel 7B vs Falconer")
    assert answer.status == "partial"
    assert re.search(r"Falconer\W+is not in the library", answer.text)
    assert any("unlike Falconer" in quote for quote in quotes_of(answer, KESTREL))
    assert "its page claims" in answer.text


def test_alternatives_for_something_are_those_whose_pages_say_it(assistant):
    answer = assistant.answer("What else do you hold that could take the place of Kestrel 7B for transcribing speech?")
    assert answer.artifacts == (MARTEN,)
    assert any("four languages" in quote for quote in quotes_of(answer, MARTEN))


def test_what_could_replace_an_unknown_thing_are_pages_that_compare_themselves_with_it(assistant):
    answer = assistant.answer("We use Ledgerly at the moment. Is there anything here that could take its place?")
    assert (answer.status, answer.artifacts) == ("answered", (MARTEN,))
    assert re.search(r"Ledgerly\W+is not in the library", answer.text)
    assert quotes_of(answer, MARTEN) == ["Less costly than Ledgerly"]


def test_prices_that_one_page_gives_leave_the_answer_for_the_other_open(assistant):
    answer = assistant.answer("What do the hosted monthly plans cost for Marten Studio and Kestrel 7B?")
    assert answer.status == "partial"
    assert any("$12/mo" in quote for quote in quotes_of(answer, MARTEN))
    assert re.search(rf"no such figures for \W*{KESTREL}", answer.text)
