"""Questions: what kind a text is, what it is about, and that any text at all can be read."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from sidebyside.question import MAX_QUESTION, clean, understand
from sidebyside.records import Filter, Question

KESTREL, MARTEN, OSPREY = "kestrel-7b", "marten-studio", "osprey-index"


def read(text: str, *history: tuple[str, str]) -> Question:
    return understand(text, history, invented.names(), invented.library())


def conditions(question: Question) -> list[tuple[str, str, str]]:
    return [(f.label, f.op, f.value) for f in question.filters]


# --- kinds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "artifacts"),
    [
        ("Is Kestrel 7B free?", "fact", (KESTREL,)),
        ("how many capabilities does marten studio have", "fact", (MARTEN,)),
        ("what type is Osprey Index?", "fact", (OSPREY,)),
        ("Is Kestrel 7B a model?", "fact", (KESTREL,)),
        ("kestrel 7b - the llm, not the mcp one - what is its rank", "fact", (KESTREL,)),
        ("I read that Marten Studio outranks Kestrel 7B, is that right?", "rank", (MARTEN, KESTREL)),
        ("what is close to Marten Studio?", "alternatives", (MARTEN,)),
        ("smth cheaper than Marten Studio that does the same", "alternatives", (MARTEN,)),
        ("which are unranked", "library", ()),
        ("is there anything without a price?", "library", ()),
        ("Which ranks higher, Kestrel 7B or Marten Studio?", "rank", (KESTREL, MARTEN)),
        ("adoption of Marten Studio versus Kestrel 7B", "rank", (MARTEN, KESTREL)),
        ("Which artifact has the highest UnfragileRank?", "library", ()),
        ("How many artifacts do you have?", "library", ()),
        ("list the repositories", "library", ()),
        ("which models are free?", "library", ()),
        ("cheapest model", "library", ()),
        ("which tool schedules backups?", "find", ()),
        ("who helps when an index is too large", "find", ()),
        ("best tool for invoices", "find", ()),
        ("Can Kestrel 7B transcribe speech?", "support", (KESTREL,)),
        ("Which handles a longer context, Kestrel 7B or Marten Studio?", "compare", (KESTREL, MARTEN)),
        ("Do Kestrel 7B, Marten Studio and Osprey Index run offline?", "compare", (KESTREL, MARTEN, OSPREY)),
        ("Compare Kestrel 7B and Osprey Index", "overall", (KESTREL, OSPREY)),
        ("kestrel 7b vs osprey", "overall", (KESTREL, OSPREY)),
        ("Which is better, Osprey Index or Kestrel 7B?", "overall", (OSPREY, KESTREL)),
        ("alternatives to Kestrel 7B?", "alternatives", (KESTREL,)),
        ("what could I use instead of Marten Studio", "alternatives", (MARTEN,)),
        ("What is Marten Studio best for?", "best_for", (MARTEN,)),
        ("who should use Osprey Index", "best_for", (OSPREY,)),
        ("What is Osprey Index?", "describe", (OSPREY,)),
        ("Kestrel 7B", "describe", (KESTREL,)),
        ("pros and cons of Kestrel 7B", "describe", (KESTREL,)),
        ("Do the pages agree on Kestrel 7B?", "conflicts", (KESTREL,)),
        ("Do the pages contradict each other?", "conflicts", ()),
        ("Is the verdict on Kestrel 7B and Marten Studio right?", "verdict", (KESTREL, MARTEN)),
        ("Is Midjourney better than GPT-4?", "unknown", ()),
        ("hi", "chat", ()),
        ("", "chat", ()),
    ],
)
def test_a_question_has_a_kind_and_its_artifacts_in_order_of_mention(text, kind, artifacts):
    question = read(text)
    assert (question.kind, question.artifacts) == (kind, artifacts)


def test_what_asks_for_a_yes_is_taken_off_and_what_is_asked_stays():
    assert read("Marten Studio outranks Kestrel 7B, is that right?").text == "Marten Studio outranks Kestrel 7B?"
    assert read("Kestrel 7B is free, isn't it?").text == "Kestrel 7B is free?"
    assert read("Who is right about Kestrel 7B?").text == "Who is right about Kestrel 7B?"
    assert read("One says Kestrel 7B is free. Who is right?").text == "One says Kestrel 7B is free. Who is right?"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Is Kestrel 7B free?", "Pricing"),
        ("what does Marten Studio cost?", "Pricing"),
        ("rank of Kestrel 7B", "UnfragileRank"),
        ("quality score of Kestrel 7B", "Quality"),
        ("how popular is Kestrel 7B?", "Adoption"),
        ("how many features does Kestrel 7B have", "Capabilities"),
        ("what kind of thing is Kestrel 7B?", "Type"),
        ("Can Kestrel 7B transcribe speech?", ""),
    ],
)
def test_the_table_row_that_is_asked_for_is_named(text, label):
    assert read(text).label == label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("which models are free?", [("Type", "=", "Model"), ("Pricing", "=", "Free")]),
        ("models ranked above 40", [("Type", "=", "Model"), ("UnfragileRank", ">", "40")]),
        ("artifacts with a rank between 40 and 50", [("UnfragileRank", ">=", "40"), ("UnfragileRank", "<=", "50")]),
        ("which artifacts are not free", [("Pricing", "!=", "Free")]),
        ("free or freemium artifacts", [("Pricing", "=", "Free"), ("Pricing", "=", "Freemium")]),
        ("which artifacts have more than 2 capabilities", [("Capabilities", ">", "2")]),
        ("how many artifacts are there?", []),
    ],
)
def test_conditions_on_the_table_are_read(text, expected):
    question = read(text)
    assert question.kind == "library"
    assert conditions(question) == expected


@pytest.mark.parametrize(
    ("text", "direction", "superlative", "limit"),
    [
        ("Which artifact has the highest UnfragileRank?", 1, True, None),
        ("Which artifact has the lowest rank?", -1, True, None),
        ("top 3 artifacts by rank", 1, True, 3),
        ("the two lowest ranked artifacts", -1, True, 2),
        ("which artifact is cheapest", -1, True, None),
        ("Which ranks higher, Kestrel 7B or Marten Studio?", 1, False, None),
        ("what is the rank of Kestrel 7B?", 0, False, None),
    ],
)
def test_direction_and_limit_are_read(text, direction, superlative, limit):
    question = read(text)
    assert (question.direction, question.superlative, question.limit) == (direction, superlative, limit)


@pytest.mark.parametrize(
    ("text", "value", "polar"),
    [
        ("Is Kestrel 7B free?", "Free", True),
        ("Is Kestrel 7B a repository?", "Repository", True),
        ("What does Kestrel 7B cost?", "", False),
        ("Is Kestrel 7B free or paid?", "", True),
    ],
)
def test_a_yes_or_no_question_proposes_a_value(text, value, polar):
    question = read(text)
    assert (question.value, question.polar) == (value, polar)


def test_a_bound_in_a_question_about_one_artifact_is_its_condition():
    assert read("Is Kestrel 7B ranked above 40?").filters == (Filter("UnfragileRank", ">", "40"),)


@pytest.mark.parametrize(
    ("text", "topic", "aspect"),
    [
        ("Can Kestrel 7B transcribe speech?", ("transcribe", "speech"), "transcribe speech"),
        ("Which handles a longer context, Kestrel 7B or Marten Studio?", ("context",), "handles a longer context"),
        ("Kestrel 7B or Marten Studio for invoices?", ("invoices",), "invoices"),
    ],
)
def test_the_aspect_is_what_is_left_without_names_and_scaffolding(text, topic, aspect):
    question = read(text)
    assert (question.topic, question.aspect) == (topic, aspect)


def test_the_generic_wording_has_it_for_every_name():
    assert read("Does Kestrel 7B beat Marten Studio at speech?").generic == "Does it beat it at speech?"


def test_counting_and_negation_are_noticed():
    assert read("how many models are free?").counts
    assert not read("which models are free?").counts
    assert read("which tool cannot draw maps?").negated
    assert not read("which tool can draw maps?").negated


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_name_of_two_artifacts_stands_for_both_and_is_ambiguous():
    question = read("Is Lantern free?")
    assert question.artifacts == ("lantern-model", "lantern-product")
    assert question.ambiguous == (("Lantern", ("lantern-model", "lantern-product")),)
    assert question.kind == "fact"


def test_a_name_beside_its_namesake_means_the_other_one():
    question = read("Is Lantern better than Lantern (Model)?")
    assert question.artifacts == ("lantern-product", "lantern-model")
    assert question.ambiguous == ()


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Is Midjourney better than GPT-4?", ("Midjourney", "GPT-4")),
        ("How much is Whisperwind?", ("Whisperwind",)),
        ("Kestrel 8B pricing", ("Kestrel 8B",)),
    ],
)
def test_names_outside_the_library_are_unknown_even_where_passages_mention_them(text, unknown):
    question = read(text)
    assert (question.kind, question.unknown, question.artifacts) == ("unknown", unknown, ())


def test_a_known_name_beside_an_unknown_one_keeps_its_kind():
    question = read("Which handles a longer context, Kestrel 7B or Falconer?")
    assert (question.kind, question.artifacts, question.unknown) == ("compare", (KESTREL,), ("Falconer",))


def test_slips_are_mended_before_a_question_is_read():
    question = read("hihgest ranked artifact")
    assert (question.kind, question.label, question.superlative) == ("library", "UnfragileRank", True)


@pytest.mark.parametrize("text", ["which models… are free?", "Kestrel 7B™ … pricing?"])
def test_characters_that_fold_to_several_move_nothing(text):
    plain = text.replace("…", "...").replace("™", "")
    assert read(text).kind == read(plain).kind


@pytest.mark.parametrize("text", ["which artifacts are repositories?", "how many artifacts are datasets?"])
def test_a_type_behind_are_is_a_condition(text):
    assert read(text).kind == "library"


# --- any text --------------------------------------------------------------------------------------------------------

WORDS = """Kestrel 7B Marten Studio Lantern Osprey Index it the other one first second third what about free paid rank
higher lowest above 40 between and 50 vs or than compare how many models top 3 not cheapest for alternatives to verdict
agree pages price of $5 128K GPT-4 them both ? , . 's ( ) | * [1] < >= 1e999 99999999999999999999""".split()
MESSY = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
TURNS = st.lists(st.tuples(MESSY | st.text(max_size=20), MESSY), max_size=3)


@given(MESSY | st.text(max_size=60), TURNS)
def test_any_text_after_any_conversation_is_a_question_of_a_kind(text, history):
    question = read(text, *history)
    known = {artifact.id for artifact in invented.library().artifacts}
    assert set(question.artifacts) <= known
    assert len(set(question.artifacts)) == len(question.artifacts)
    assert all(set(ids) <= set(question.artifacts) for _, ids in question.ambiguous)
    assert question.kind != "chat" or not question.artifacts or question.reply


@given(st.text(st.characters(codec=None), max_size=200))
def test_clean_leaves_no_character_that_does_not_show(text):
    cleaned = clean(text)
    assert not {unicodedata.category(char) for char in cleaned} & {"Cc", "Cf", "Cs", "Co"}
    assert cleaned == cleaned.strip()
    assert "  " not in cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\u202eb", "ab"),
        ("Kes\u200btrel", "Kestrel"),
        ("  a \n b\t", "a b"),
        ("a\x00b", "ab"),
        ("\ud800a", "a"),
        ("e\u0301", "é"),
        ("\ue000", ""),
    ],
)
def test_clean_drops_what_hides_and_folds_white_space(text, cleaned):
    assert clean(text) == cleaned


def test_long_questions_are_cut():
    assert len(clean("x" * 50_000)) == MAX_QUESTION
    assert read("Is Kestrel 7B free? " + "and " * 5_000).artifacts == (KESTREL,)


def test_hidden_characters_do_not_hide_a_name():
    assert read("Is Kes\u200btrel\u202e 7B free?").artifacts == (KESTREL,)


@pytest.mark.parametrize(
    ("text", "kind", "label"),
    [
        ("worst rank in the whole library? just curious", "library", "UnfragileRank"),
        ("Kestrel 7B or Marten Studio: higher rank? be precise if the pages differ", "rank", "UnfragileRank"),
        ("ok enough of that. is Kestrel 7B free?", "fact", "Pricing"),
        ("I need something that captions films. Which ones are free?", "find", ""),
    ],
)
def test_one_sentence_of_several_may_be_the_question(text, kind, label):
    question = read(text)
    assert (question.kind, question.label) == (kind, label)
    assert question.text == text


def test_a_sentence_that_leans_on_another_is_not_read_alone():
    question = read("Our officer asks how soon documents are deleted. How do Kestrel 7B and Marten Studio handle that?")
    assert question.kind == "compare"
    assert "documents" in question.topic


def test_often_is_no_bound_of_ten():
    assert read("what has been matched the most often?").filters == ()


@pytest.mark.parametrize(
    ("text", "op", "value"),
    [
        ("which ones have seven capabilities or more", ">=", "7"),
        ("anything with 5 capabilities or fewer", "<=", "5"),
        ("rank above 40", ">", "40"),
        ("rank >40", ">", "40"),
    ],
)
def test_bounds_before_and_after_their_label(text, op, value):
    assert [(f.op, f.value) for f in read(text).filters] == [(op, value)]


# --- words that put two artifacts beside each other -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("How do Kestrel 7B and Osprey Index differ in memory use?", "memory"),
        ("where do kestrel 7b and osprey index differ when it comes to plugins", "plugins"),
        ("how does kestrel 7b stack up against osprey index for translation", "translation"),
        ("how does Kestrel 7B compare with Osprey Index regarding offline work", "offline work"),
        ("is kestrel 7b different from osprey index in how it stores images", "stores images"),
    ],
)
def test_comparing_words_are_not_what_is_compared(text, aspect):
    question = read(text)
    assert (question.kind, question.artifacts, question.aspect) == ("compare", (KESTREL, OSPREY), aspect)


@pytest.mark.parametrize(
    "text",
    [
        "how does kestrel 7b differ from osprey index?",
        "is kestrel 7b different from osprey index",
        "how does kestrel 7b stack up against osprey index",
    ],
)
def test_nothing_but_comparing_words_asks_for_everything(text):
    assert read(text).kind == "overall"


def test_comparing_words_are_the_matter_where_one_artifact_is_asked_about():
    assert read("does kestrel 7b tell where drafts differ").aspect == "drafts differ"
