"""Follow-ups: pronouns, ordinals, ellipsis and inherited conditions, resolved against the conversation."""

from __future__ import annotations

import pytest

import invented
from sidebyside.conversation import State, advance
from sidebyside.question import MAX_TURNS, understand
from sidebyside.records import Question

KESTREL, MARTEN, OSPREY = "kestrel-7b", "marten-studio", "osprey-index"
RANKED = (
    "Which ranks higher, Kestrel 7B or Marten Studio?",
    "**Marten Studio** has the higher UnfragileRank: 58/100 [1], against 44/100 [2] for **Kestrel 7B**.",
)
FREE_MODELS = ("which models are free?", "1 of 5 artifacts: **Kestrel 7B** [1].")


def read(text: str, *history: tuple[str, str]) -> Question:
    return understand(text, history, invented.names(), invented.library())


@pytest.mark.parametrize(
    ("text", "kind", "artifacts", "label"),
    [
        ("what about pricing?", "rank", (KESTREL, MARTEN), "Pricing"),
        ("which is cheaper?", "rank", (KESTREL, MARTEN), "Pricing"),
        ("what do both cost?", "rank", (KESTREL, MARTEN), "Pricing"),
        ("are they free?", "rank", (KESTREL, MARTEN), "Pricing"),
        ("is it free?", "fact", (MARTEN,), "Pricing"),
        ("and the other one?", "fact", (KESTREL,), "UnfragileRank"),
        ("what about the first one?", "fact", (KESTREL,), "UnfragileRank"),
        ("and the second?", "fact", (MARTEN,), "UnfragileRank"),
        ("the latter?", "fact", (MARTEN,), "UnfragileRank"),
        ("and Osprey Index?", "fact", (OSPREY,), "UnfragileRank"),
        ("compare it with Osprey Index", "rank", (MARTEN, OSPREY), "UnfragileRank"),
        ("add Osprey Index", "rank", (KESTREL, MARTEN, OSPREY), "UnfragileRank"),
        ("do they transcribe speech?", "compare", (KESTREL, MARTEN), ""),
        ("which has a longer context?", "compare", (KESTREL, MARTEN), ""),
        ("does it run offline?", "support", (MARTEN,), ""),
        ("does the winner run offline?", "support", (MARTEN,), ""),
        ("alternatives to it?", "alternatives", (MARTEN,), ""),
        ("compare them", "overall", (KESTREL, MARTEN), ""),
        ("tell me more about the first", "describe", (KESTREL,), ""),
    ],
)
def test_a_follow_up_takes_what_it_leaves_out_from_the_conversation(text, kind, artifacts, label):
    question = read(text, RANKED)
    assert (question.kind, question.artifacts, question.label) == (kind, artifacts, label)


@pytest.mark.parametrize(
    ("text", "kind", "artifacts"),
    [
        ("which artifacts are free?", "library", ()),
        ("how many artifacts are there?", "library", ()),
        ("which free models are there?", "library", ()),
        ("what is Lantern (Product)?", "describe", ("lantern-product",)),
        ("Is Osprey Index free?", "fact", (OSPREY,)),
        ("hi", "chat", ()),
        ("thanks", "chat", ()),
    ],
)
def test_a_complete_question_stands_for_itself(text, kind, artifacts):
    question = read(text, RANKED)
    assert (question.kind, question.artifacts) == (kind, artifacts)
    alone = read(text)
    assert (alone.kind, alone.artifacts, alone.label) == (question.kind, question.artifacts, question.label)


def test_the_other_one_still_means_something_after_one_of_a_pair():
    turn = ("and the second?", "The UnfragileRank of **Marten Studio** is 58/100 [1].")
    assert read("and the other one?", RANKED, turn).artifacts == (KESTREL,)


def test_small_talk_in_between_changes_nothing():
    assert read("is it free?", RANKED, ("thanks", "You are welcome.")).artifacts == (MARTEN,)


def test_artifacts_found_by_a_search_can_be_asked_about():
    turn = ("Which schedules backups?", "**Lantern (Product)**: “Schedules nightly backups.” [1]")
    assert read("what about pricing?", turn).artifacts == ("lantern-product",)


def test_a_name_alone_keeps_the_aspect():
    question = read("and Marten Studio?", ("Does Kestrel 7B transcribe speech?", "Yes, **Kestrel 7B** does [1]."))
    assert (question.kind, question.artifacts, question.topic) == ("support", (MARTEN,), ("transcribe", "speech"))


def test_another_price_keeps_the_type():
    question = read("and the paid ones?", FREE_MODELS)
    assert (question.kind, question.artifacts) == ("library", ())
    assert {(f.label, f.value) for f in question.filters} == {("Type", "Model"), ("Pricing", "Paid")}


def test_another_type_keeps_the_price():
    question = read("and products?", FREE_MODELS)
    assert {(f.label, f.value) for f in question.filters} == {("Type", "Product"), ("Pricing", "Free")}


def test_a_list_can_be_ranked():
    turn = ("which artifacts are free?", "**Kestrel 7B** [1] and **Osprey Index** [2].")
    question = read("which of those is ranked highest?", turn)
    assert (question.kind, question.artifacts, question.label) == ("rank", (KESTREL, OSPREY), "UnfragileRank")


@pytest.mark.parametrize("text", ["and the other one?", "what about it?", "the second?"])
def test_a_pronoun_without_a_conversation_points_nowhere(text):
    assert read(text).artifacts == ()
    assert read(text, ("hi", "Hello.")).artifacts == ()


def test_an_ordinal_beyond_the_group_points_nowhere():
    assert read("and the third?", RANKED).artifacts != (OSPREY,)


def test_only_the_last_turns_are_read():
    old = [("What is Osprey Index?", "**Osprey Index** ...")]
    small_talk = [("thanks", "You are welcome.")] * MAX_TURNS
    assert read("is it free?", *old, *small_talk[1:]).artifacts == (OSPREY,)
    assert read("is it free?", *old, *small_talk).artifacts == ()


# --- the state of a conversation -------------------------------------------------------------------------------------


def test_the_first_artifact_of_an_answer_is_in_focus():
    asked = Question("?", "rank", (KESTREL, MARTEN))
    state = advance(State(), asked, (MARTEN, KESTREL))
    assert (state.group, state.focus) == ((KESTREL, MARTEN), (MARTEN,))


def test_an_answer_without_names_leaves_the_first_one_asked_about_in_focus():
    assert advance(State(), Question("?", "rank", (KESTREL, MARTEN)), ()).focus == (KESTREL,)


def test_artifacts_that_only_the_answer_names_become_the_group():
    state = advance(State(), Question("?", "library"), ("a", "b", "c"))
    assert (state.group, state.focus) == (("a", "b", "c"), ("a",))


def test_small_talk_leaves_the_state_alone():
    state = State(None, (KESTREL,), (KESTREL,))
    assert advance(state, Question("hi", "chat"), ()) is state


def test_an_answer_about_nothing_keeps_the_group():
    asked = Question("?", "library")
    state = advance(State(None, (KESTREL,), (KESTREL,)), asked, ())
    assert (state.question, state.group) == (asked, (KESTREL,))


def test_a_short_follow_up_is_about_the_one_that_was_asked_about_last():
    history = (RANKED, ("what does Marten Studio cost?", "The pricing of **Marten Studio** is Paid [1]."))
    assert read("minimum seats?", *history).artifacts == (MARTEN,)
    assert read("and the other one?", *history).artifacts == (KESTREL,)


def test_the_one_before_is_the_one_talked_about_earlier():
    history = (
        ("is Kestrel 7B free?", "Yes. The pricing of **Kestrel 7B** is Free [1]."),
        ("and Osprey Index?", "Yes. The pricing of **Osprey Index** is Free [1]."),
    )
    question = read("which ranks better, Osprey Index or the one before?", *history)
    assert (question.kind, question.label, set(question.artifacts)) == ("rank", "UnfragileRank", {KESTREL, OSPREY})
    assert read("is the previous one a model?", *history).artifacts == (KESTREL,)
