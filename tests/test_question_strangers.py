"""Names outside the library, slips of spelling, and texts that ask nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from sidebyside.chatter import FOREIGN_REPLY, is_foreign, reply_to_chatter
from sidebyside.spelling import correct
from sidebyside.strangers import find_strangers


def strangers(text: str) -> list[str]:
    found = invented.names().find(text)
    seen = find_strangers(text, found.mentions, found.misses)
    assert all(stranger.text in text[stranger.start : stranger.end] for stranger in seen)
    return [stranger.text for stranger in seen]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Is Midjourney better than GPT-4?", ["Midjourney", "GPT-4"]),
        ("Kestrel 7B vs Falconer", ["Falconer"]),
        ("Kestrel 7B or Falconer 2?", ["Falconer 2"]),
        ("Kestrel 7B compared to Falconer", ["Falconer"]),
        ("price of Whisperwind", ["Whisperwind"]),
        ("what about Whisperwind", ["Whisperwind"]),
        ("alternatives to Grepstone", ["Grepstone"]),
        ("Falconer's price", ["Falconer"]),
        ("claude 3 vs gpt 4", ["claude 3", "gpt 4"]),
        ("is claude better than gemini", ["claude", "gemini"]),
        ("is it better than Falconer?", ["Falconer"]),
        ("is falconerix better than Kestrel 7B?", ["falconerix"]),
        ("how does falconerix compare to grepstonal for charts", ["falconerix", "grepstonal"]),
        ("how does Kestrel 7B stack up against falconerix", ["falconerix"]),
        ("does falconerix beat Kestrel 7B", ["falconerix"]),
        ("is runway gen-3 cheaper than Kestrel 7B", ["runway gen-3"]),
        ("My sister loves Grepstone Pro. What would it cost me?", ["Grepstone Pro"]),
    ],
)
def test_a_strange_name_where_names_stand_is_noticed(text, names):
    assert strangers(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Is Kestrel 7B free?",
        "does Kestrel 7B work with RunPod?",
        "Does Kestrel 7B support LoRA?",
        "Which has the better MMLU score, Kestrel 7B or Marten Studio?",
        "which works with RunPod?",
        "who uses PyTorch?",
        "is one better than the other?",
        "I have an old ThinkPad. What would run on it?",
        "something cheaper than Kestrel 7B",
        "is the free plan better than Kestrel 7B?",
        "",
    ],
)
def test_what_is_asked_about_a_name_is_no_name(text):
    assert strangers(text) == []


def test_another_version_is_a_stranger_as_it_is_written():
    assert strangers("Kestrel 8B or Marten Studio") == ["Kestrel 8B"]


def test_the_part_of_a_thing_gives_way_to_the_thing():
    assert strangers("How much is the Pro tier of Ollama Cloud?") == ["Ollama Cloud"]


def test_every_stranger_of_a_list_is_noticed():
    assert strangers("Compare Kestrel 7B, Falconer and Grepstone") == ["Falconer", "Grepstone"]


@pytest.mark.parametrize("thing", ["LoRA", "watermarking", "RunPod"])
def test_what_is_asked_for_before_the_names_is_no_name(thing):
    assert strangers(f"Which supports {thing}, Kestrel 7B or Marten Studio?") == []


@given(st.text(max_size=60))
def test_strangers_are_found_in_order_in_any_text(text):
    found = find_strangers(text, (), ())
    assert all(0 <= s.start < s.end <= len(text) for s in found)
    assert [s.start for s in found] == sorted(s.start for s in found)


# --- spelling --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("hihgest rank", "highest rank"),
        ("capabilites of Kestrel", "capabilities of Kestrel"),
        ("rnaking of repositry", "ranking of repository"),
        ("alternitives", "alternatives"),
        ("which is best?", "which is best?"),
        ("", ""),
    ],
)
def test_slips_in_words_of_asking_are_mended(text, mended):
    assert correct(text, lambda _: False) == mended


@pytest.mark.parametrize("text", ["Is Suport free?", "kestral", "dreambooth", "whats 3 suports1"])
def test_names_and_figures_are_left_alone(text):
    assert correct(text, lambda _: False) == text


def test_words_of_the_library_are_left_alone():
    assert correct("freemum", lambda _: False) == "freemium"
    assert correct("freemum", {"freemum"}.__contains__) == "freemum"


@given(st.text(max_size=60))
def test_any_text_can_be_corrected_and_stays_so(text):
    once = correct(text, lambda _: False)
    assert correct(once, lambda _: False) == once


# --- chatter ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("hi", "Hello"),
        ("Good morning!", "Hello"),
        ("thanks a lot", "welcome"),
        ("bye", "Goodbye"),
        ("help", "compare"),
        ("what can you do?", "compare"),
        ("", "Ask"),
        ("?", "answer"),
        ("...", "Ask"),
        ("12", "could not find"),
    ],
)
def test_what_asks_nothing_gets_a_reply(text, part):
    reply = reply_to_chatter(text)
    assert reply is not None
    assert part in reply


@pytest.mark.parametrize(
    "text", ["hi, which model is free?", "Which model is best?", "kestrel", "help me find a free model"]
)
def test_what_may_be_a_question_gets_no_reply(text):
    assert reply_to_chatter(text) is None


@pytest.mark.parametrize(
    "text", ["¿Qué modelo es mejor?", "Welches Modell ist besser und warum", "最高のモデルは？", "Какая модель лучше?"]
)
def test_other_languages_are_told_so(text):
    assert is_foreign(text)
    assert reply_to_chatter(text) == FOREIGN_REPLY


@pytest.mark.parametrize("text", ["LoRA vs QLoRA", "Which runs ExecuTorch and torchtune?", "kestrel", "3 4 5 6", ""])
def test_names_and_jargon_are_not_foreign(text):
    assert not is_foreign(text)


@given(st.text(max_size=60))
def test_any_text_can_be_replied_to(text):
    reply = reply_to_chatter(text)
    assert reply is None or reply.strip()
