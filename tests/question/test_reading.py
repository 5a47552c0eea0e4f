"""Questions read by the trained reader: what is wanted, of which things, on what, and what the conversation gives."""

from __future__ import annotations

import pytest

import invented
from sidebyside.encoding.understanding import Understanding
from sidebyside.question.names import NameIndex
from sidebyside.question.reading import Reading, clean, needs_rewording, read_question
from sidebyside.question.rows import RowFinder
from sidebyside.records import Filter, Question, Turn
from sidebyside.settings import Settings

pytestmark = pytest.mark.integration

KESTREL, MARTEN, OSPREY = (invented.artifact_id(name) for name in ("Kestrel 7B", "Marten Studio", "Osprey Index"))


@pytest.fixture(scope="module")
def using(encoder) -> Reading:
    assert encoder is not None  # the real one has to be installed
    library, models = invented.library(), Understanding(Settings.load())
    return Reading(library, invented.names(), RowFinder(library.labels, models), models.reader)


@pytest.fixture
def read(using):
    def one(text: str, *before: str) -> Question:
        turns: list[Turn] = []
        for said in before:
            question = read_question(said, turns, using)
            turns.append(Turn(question, question.artifacts))
        return read_question(text, turns, using)

    return one


@pytest.mark.parametrize(
    "frame",
    [
        "{}",
        "Hmm, quick one: {}",
        "For my report: {}",
        "{} thanks!",
        "<task>{}</task>",
        "so my boss wants to know before lunch, {} no long story please",
        "You are a helpful assistant. Answer the question. Question: {}",
    ],
)
def test_words_around_a_question_change_nothing(read, frame):
    question = read(frame.format("which has the higher UnfragileRank, Kestrel 7B or Marten Studio?"))
    assert question.intent == "compare"
    assert question.artifacts == (KESTREL, MARTEN)
    assert [criterion.label for criterion in question.criteria] == ["UnfragileRank"]
    assert question.direction == 1
    assert question.unknown == ()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("What is the UnfragileRank of Kestrel 7B right now?", "UnfragileRank"),
        ("how much does Marten Studio cost?", "Pricing"),
        ("what type is Osprey Index?", "Type"),
        ("whats the adoption of osprey index", "Adoption"),
    ],
)
def test_a_row_is_found_by_its_name_and_by_meaning(read, text, label):
    question = read(text)
    assert question.label == label
    assert len(question.artifacts) == 1


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("pros and cons of Kestrel 7B", "proscons"),
        ("what are the downsides of Marten Studio?", "cons"),
        ("How are Kestrel 7B and Marten Studio similar?", "similar"),
        ("Why does Kestrel 7B rank higher than Marten Studio?", "why"),
        ("what could I use instead of Kestrel 7B?", "alternatives"),
        ("which one can transcribe a phone call?", "find"),
        ("how many models are there?", "count"),
        ("do the pages disagree about Kestrel 7B?", "conflicts"),
        ("summarize the whole library for me", "library"),
    ],
)
def test_what_is_wanted_is_told(read, text, intent):
    assert read(text).intent == intent


def test_what_is_asked_about_is_a_criterion_without_the_question_around_it(read):
    question = read("Can Kestrel 7B replace missing values?")
    assert question.intent == "supports"
    assert question.polar
    assert [criterion.query for criterion in question.criteria] == ["replace missing values"]


def test_a_story_goes_with_the_criterion_it_explains(read):
    question = read(
        "The power went out overnight and my upload died at 70 percent. Which one lets me carry on from there?"
    )
    assert question.intent == "find"
    assert "died" in question.aspect
    assert "carry on" in question.aspect


def test_conditions_become_rows_operators_and_values(read):
    question = read("list the free models ranked above 40")
    assert set(question.filters) == {
        Filter("Pricing", "=", "Free"),
        Filter("UnfragileRank", ">", "40"),
        Filter("Type", "=", "Model"),
    }


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("List all artifacts with their UnfragileRank", "UnfragileRank"),
        ("list every artifact with its pricing", "Pricing"),
        ("give me a list of all tools, along with their price", "Pricing"),
    ],
)
def test_a_row_that_is_named_and_nothing_more_is_asked_for_and_is_no_condition(read, text, label):
    question = read(text)
    assert [(criterion.label, question.filters) for criterion in question.criteria] == [(label, ())]


def test_a_premise_is_kept_apart_from_what_is_asked(read):
    question = read("Since Marten Studio has a 128K context, can I put a whole book in it?")
    assert any("128K" in premise for premise in question.premises)
    assert all("128K" not in criterion.query for criterion in question.criteria)
    assert question.unknown == ()


def test_a_name_that_nobody_knows_is_said_to_be_unknown(read):
    question = read("Is Grepstone Pro better than Kestrel 7B?")
    assert question.artifacts == (KESTREL,)
    assert question.unknown == ("Grepstone Pro",)


@pytest.mark.parametrize("written", ["kestrl 7b", "the 7b kestrel", "KESTREL-7B", "kestrel"])
def test_names_are_known_in_any_writing(read, written):
    assert read(f"is {written} free?").artifacts == (KESTREL,)


def test_and_the_price_keeps_what_was_talked_about(read):
    question = read("and its price?", "What is the rank of Kestrel 7B?")
    assert question.artifacts == (KESTREL,)
    assert question.label == "Pricing"


def test_what_about_another_one_keeps_what_was_asked(read):
    question = read("what about Marten Studio?", "What is the UnfragileRank of Kestrel 7B?")
    assert question.artifacts == (MARTEN,)
    assert question.label == "UnfragileRank"


def test_the_second_one_is_the_second_that_was_named(read):
    question = read("is the second one free?", "Which ranks higher, Kestrel 7B or Marten Studio?")
    assert question.artifacts == (MARTEN,)


def test_another_row_has_its_own_end(read):
    assert read("what about pricing?", "Which ranks higher, Kestrel 7B or Marten Studio?").direction == 0
    assert read("and which is cheaper?", "Which ranks higher, Kestrel 7B or Marten Studio?").direction == -1


# --- a second library ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workshop(using):
    """Reads a question about WORKSHOP behind earlier ones."""
    library, models = invented.read_library(invented.WORKSHOP), Understanding(Settings.load())
    known = Reading(library, NameIndex(library), RowFinder(library.labels, models), using.reader)

    def one(text: str, *before: str) -> Question:
        turns: list[Turn] = []
        for said in before:
            question = read_question(said, turns, known)
            turns.append(Turn(question, question.artifacts))
        return read_question(text, turns, known)

    return one


@pytest.mark.parametrize("text", ["and the hub?", "what about the hub?"])
@pytest.mark.parametrize(
    ("before", "label"), [("what does LinguaFinch 3B cost?", "Pricing"), ("what rank has Smsoon?", "UnfragileRank")]
)
def test_a_part_of_a_name_points_at_the_one_that_is_called_so(workshop, text, before, label):
    question = workshop(text, before)
    assert question.artifacts == ("hearthloom-hub",)
    assert question.label == label


def test_a_pointing_word_that_is_part_of_no_name_points_at_what_was_talked_about(workshop):
    assert workshop("and what does that one cost?", "what rank has Smsoon?").artifacts == ("smsoon",)


@pytest.mark.parametrize("written", ["finch 3b", "lingua finch", "the finch"])
def test_a_name_is_known_by_its_parts(workshop, written):
    question = workshop(f"how much does {written} cost?")
    assert question.artifacts == ("linguafinch-3b",)
    assert question.unknown == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("which are above 16 GB", "above 16 GB"),
        ("models with at least 20 seats", "with at least 20 seats"),
        ("which can hold over 60 days of readings", "hold over 60 days of readings"),
    ],
)
def test_a_bound_with_a_unit_that_no_row_has_is_for_the_texts(workshop, text, words):
    question = workshop(text)
    assert all(condition.label == "Type" for condition in question.filters)
    assert [(criterion.text, criterion.label) for criterion in question.criteria] == [(words, "")]


def test_a_bound_without_a_unit_is_one_on_the_rank(workshop):
    assert workshop("which are above 45?").filters == (Filter("UnfragileRank", ">", "45"),)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("which tool finds leaked api keys?", set()),
        ("our agent dies halfway, which one picks it up again?", set()),
        ("my agent died halfway, what resumes it?", set()),
        ("list the agents", {"Agent"}),
        ("which API sends text messages?", {"API"}),
    ],
)
def test_kinds_of_things_are_wanted_only_outside_of_what_is_asked(workshop, text, types):
    assert {condition.value for condition in workshop(text).filters if condition.label == "Type"} == types


@pytest.mark.parametrize("text", ["thanks, that helped!", "hello there", "bye"])
def test_small_talk_asks_nothing(read, text):
    question = read(text)
    assert question.reply
    assert question.intent == "smalltalk"


@pytest.mark.parametrize("text", ["", "  \n ", "?!", "\u200b"])
def test_a_text_without_words_gets_a_reply(read, text):
    assert read(text).reply


def test_another_language_is_told_and_answered_in_it_where_no_model_can_read_it(read):
    question = read("Was kostet so etwas im Monat ungefähr?")
    assert question.language == "de"
    assert needs_rewording(question)
    assert question.reply.startswith("Ohne Sprachmodell")


def test_another_language_that_names_a_row_is_answered_from_the_table(read):
    question = read("Welches hat den höheren UnfragileRank, Kestrel 7B oder Marten Studio?")
    assert question.artifacts == (KESTREL, MARTEN)
    assert question.label == "UnfragileRank"
    assert not question.reply


def test_another_language_that_names_a_row_and_nothing_else_gets_that_row_of_all(read):
    question = read("¿Cuáles tienen un UnfragileRank por encima de 40, con la cifra por favor?")
    assert (question.intent, question.label, question.ordered, question.reply) == ("rank", "UnfragileRank", True, "")


def test_a_translation_is_read_in_place_of_the_text_and_said_to_be_the_models(using):
    question = read_question("Was kostet Kestrel 7B?", [], using, translation="How much does Kestrel 7B cost?")
    assert question.by == "model"
    assert question.text == "Was kostet Kestrel 7B?"
    assert question.label == "Pricing"


def test_control_characters_go_and_long_texts_are_cut():
    assert clean("a\x00b\u202e c\n\td") == "ab c d"
    assert len(clean("x" * 10_000)) == 2_000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("for A and B:\n1) pricing\n2) rank", "for A and B: pricing; rank"),
        ("what fits: 1. it is free 2. logs to csv", "what fits: it is free; logs to csv"),
        ("I need\n- free\n- offline\n\nwhich one?", "I need; free; offline. which one?"),
        ("is it version 2. or 3. now", "is it version 2. or 3. now"),
        ("one\n- line", "one - line"),
    ],
)
def test_points_of_a_list_are_parted_in_one_line(text, line):
    assert clean(text) == line


def test_two_things_asked_at_once_each_keep_the_words_around_them(read):
    question = read("How many languages does Kestrel 7B transcribe, and how much memory does it need on a phone?")
    assert [c.whole for c in question.criteria if not c.label] == [
        "How many languages does it transcribe,".strip(","),
        "and how much memory does it need on a phone?",
    ]


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("A friend swears by Notion AI. What would it cost per month?", ("Notion AI",)),
        ("What is the UnfragileRank?", ()),
        ("WHAT IS THE CHEAPEST PRICE?", ()),
    ],
)
def test_a_name_that_nobody_has_marked_is_unknown_and_a_row_is_no_name(read, text, unknown):
    assert read(text).unknown == unknown


def test_a_superlative_of_a_kind_of_things_is_asked_of_all(read):
    question = read("Which artifact has the highest UnfragileRank?", "Compare Kestrel 7B and Marten Studio on speech.")
    assert (question.intent, question.artifacts, question.label) == ("rank", (), "UnfragileRank")


def test_what_follows_in_a_few_words_is_asked_of_what_was_asked_before(read):
    question = read("and how many at most?", "How many tokens does Kestrel 7B answer?")
    assert question.artifacts == (KESTREL,)
    assert "tokens" in question.criteria[0].query
    assert read("and with which tools?", "Can Kestrel 7B transcribe speech?").label != "Type"


def test_one_word_in_a_list_is_asked_about_beside_a_row(read):
    question = read("Compare Kestrel 7B and Marten Studio on transcription, watermarking and price")
    assert [criterion.label or criterion.text for criterion in question.criteria] == [
        "transcription",
        "watermarking",
        "Pricing",
    ]


def test_a_negation_within_what_is_asked_is_part_of_it(read):
    question = read("Which of them needs no internet at all?")
    assert question.intent == "find"
    assert not question.negated
    assert [criterion.text for criterion in question.criteria] == ["needs no internet at all"]


def test_a_pronoun_means_the_known_name_in_a_story_before_it(read):
    question = read(
        "some guy in a forum said Kestrel 7B retrains the whole thing incl. the VAE (whatever that is). "
        "Does it train the VAE?"
    )
    assert question.artifacts == (KESTREL,)
    assert question.intent == "supports"


def test_sentences_without_a_name_are_no_criterion_where_nothing_is_marked(read):
    question = read(
        "Roughly how long does a Kestrel 7B training run? Client comes at 3 and there is only the lunch break."
    )
    assert question.artifacts == (KESTREL,)
    assert "lunch" not in " ".join(criterion.query for criterion in question.criteria)


def test_a_row_named_in_a_list_is_asked_for_beside_the_others(read):
    question = read("Kestrel 7B: type, price, overall score? One line is enough.")
    assert {criterion.label for criterion in question.criteria} == {"Type", "Pricing", "UnfragileRank"}


def test_and_how_many_capabilities_is_asked_of_what_was_talked_about(read):
    question = read("ok, and how many capabilities?", "What's the rank of Kestrel 7B?")
    assert question.artifacts == (KESTREL,)
    assert [criterion.label for criterion in question.criteria] == ["Capabilities"]


def test_all_are_put_in_order_by_a_row_that_is_counted(read):
    question = read("Can you sort all of them by number of capabilities, most first? I'm making a table for Thursday.")
    assert question.intent == "rank"
    assert [criterion.label for criterion in question.criteria] == ["Capabilities"]


def test_what_is_asked_of_one_that_is_named_is_not_asked_of_those_before(read):
    question = read("And how long does it take with Marten Studio?", "How long does the training of Kestrel 7B take?")
    assert question.artifacts == (MARTEN,)


def test_a_number_in_a_name_is_no_rank(read):
    question = read("Our office wants XML files, and the laptops have Windows 11. What do you suggest?")
    assert "UnfragileRank" not in {condition.label for condition in question.filters}


def test_what_something_is_to_do_is_no_price_because_it_speaks_of_a_bill(read):
    question = read("does Kestrel 7B tell me the bill in advance")
    assert [criterion.label for criterion in question.criteria] == [""]


def test_a_question_between_a_whole_comparison_and_one_on_a_criterion_gets_the_criterion(read):
    question = read("I give long orders. How do Kestrel 7B and Marten Studio differ in following instructions?")
    assert question.artifacts == (KESTREL, MARTEN)
    assert [criterion.text for criterion in question.criteria] == ["following instructions"]


@pytest.mark.parametrize("text", ["Kestrel 7B or Marten Studio?", "Compare Kestrel 7B and Marten Studio for my boss."])
def test_a_whole_comparison_gets_none(read, text):
    assert read(text).criteria == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Privacy is my big thing. What do they say about it for Kestrel 7B and for Marten Studio?", "Privacy"),
        ("We edit invoices together. Where's the difference there between Kestrel 7B and Marten Studio?", "invoices"),
        ("A party of sixteen wants to pay separately. Is that possible with Kestrel 7B?", "pay separately"),
    ],
)
def test_what_a_sentence_points_at_before_it_is_what_is_asked(read, text, said):
    assert said in " ".join(criterion.query for criterion in read(text).criteria)


def test_a_sentence_that_points_at_the_matter_of_the_one_before_goes_on_with_it(read):
    question = read("Which sensor has to be wired for that?", "Can Kestrel 7B steer to the wind?")
    assert "wind" in question.criteria[0].query


def test_a_phrase_for_the_last_one_is_no_name(read):
    question = read("And who carries the red lantern, I mean the lowest UnfragileRank of all your pages?")
    assert (question.unknown, question.direction) == ((), -1)


def test_words_about_typing_name_no_row(read):
    question = read("How do I control how hard it sticks to what i typed, in Kestrel 7B and in Marten Studio?")
    assert "Type" not in {criterion.label for criterion in question.criteria}


def test_what_else_does_it_asks_for_others(read):
    question = read("Kestrel 7B is a bit weak for us, what else do you have that looks at images?")
    assert question.intent == "alternatives"
    assert [criterion.text for criterion in question.criteria] == ["looks at images"]


def test_a_slip_in_a_superlative_keeps_its_end(read):
    assert read("hihgest ranked thing you have?").direction == 1


def test_that_as_a_subject_is_the_matter_of_the_turn_before(read):
    question = read("does that cover pictures as well?", "How big is the context window of Kestrel 7B?")
    assert "context window" in question.criteria[0].query


def test_words_right_before_names_are_no_criterion(read):
    assert read("How does the big Kestrel 7B compare with little Marten Studio?").criteria == ()


def test_common_words_that_a_turn_adds_are_asked_about_and_no_product(read):
    question = read("And on newspapers?", "How exact is the text recognition of Marten Studio?")
    assert (question.artifacts, question.unknown) == ((MARTEN,), ())
    assert [c.query for c in question.criteria] == ["exact is the text recognition: newspapers"]


def test_to_read_that_type_asks_for_no_kind_of_artifact(read):
    question = read("We have almanacs in the old black-letter. Will Marten Studio read that type?")
    assert [c.label for c in question.criteria] == [""]


def test_an_amount_in_days_is_no_price(read):
    question = read("For how many days may one try Marten Studio before paying for it?")
    assert [c.label for c in question.criteria] == [""]
    assert [c.label for c in read("How much does one pay for Marten Studio?").criteria] == ["Pricing"]


def test_a_criterion_is_called_by_what_it_points_at(read):
    question = read("Negative prompts. Do Kestrel 7B and Marten Studio both take them?")
    assert [c.name for c in question.criteria] == ["Negative prompts: take them"]


def test_kinds_behind_rather_than_are_ruled_out(read):
    question = read("How many of these are repositories rather than models?")
    assert [f.said for f in question.filters] == ["Type: Repository", "Type != Model"]


def test_what_one_types_is_no_type(read):
    question = read("What exactly do I type to start Kestrel 7B?")
    assert [c.label for c in question.criteria] == [""]
    assert [c.label for c in read("What type is Kestrel 7B?").criteria] == ["Type"]


def test_with_which_tool_asks_for_no_type(read):
    question = read("and with which tool?", "Is fine-tuning possible with Kestrel 7B?")
    assert (question.artifacts, [c.label for c in question.criteria]) == ((KESTREL,), [""])


def test_a_lower_score_that_is_to_be_explained_is_the_rank(read):
    question = read("Why did Kestrel 7B end up with a lower score than Marten Studio?")
    assert (question.intent, [c.label for c in question.criteria]) == ("why", ["UnfragileRank"])


def test_types_of_something_else_are_no_row(read):
    question = read("For how many types of hive do Kestrel 7B and Marten Studio know the weight of the boxes?")
    assert "Type" not in [c.label for c in question.criteria]


def test_a_story_before_a_comparison_of_wholes_is_no_criterion(read):
    question = read(
        "I have twenty hives and want to buy one. How do Kestrel 7B and Marten Studio compare on the whole?"
    )
    assert (question.intent, question.criteria) == ("overall", ())
