"""Verification: a sentence passes only with its figures, units, names, polarity and words in its evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidebyside.prose.verify import COVERAGE, Check, verify_sentence

CONTEXT, SPEECH, MARKS, PLAN, INDEX, RATE = range(6)
EVIDENCE = (
    "Answers prompts of up to 32K tokens of context in one call.",
    "Transcribes recorded speech in twelve languages, with a latency of 300 ms per sentence.",
    "Does not support watermarking of generated pictures.",
    "The Team plan is $12/mo for every seat.",
    "Uses an index of 2 GB for a million lines of code.",
    "Makes 30-60 pictures a minute, without an account.",
)


def check(sentence: str, evidence=EVIDENCE) -> Check:
    return verify_sentence(sentence, evidence, name="Kestrel 7B")


@pytest.mark.parametrize(
    ("sentence", "rests_on"),
    [
        ("Kestrel 7B answers prompts of up to 32K tokens of context in one call.", (CONTEXT,)),
        ("Kestrel 7B handles 32K tokens of context.", (CONTEXT,)),
        ("It transcribes recorded speech in twelve languages.", (SPEECH,)),
        ("Kestrel 7B does not support watermarking of generated pictures.", (MARKS,)),
        ("The Team plan costs $12/mo for every seat.", (PLAN,)),
        ("Kestrel 7B makes 60 pictures a minute without an account.", (RATE,)),
        ("Kestrel 7B transcribes recorded speech in twelve languages and answers prompts of 32K tokens.", (1, 0)),
    ],
)
def test_a_sentence_with_everything_in_its_evidence_passes_and_says_what_it_rests_on(sentence, rests_on):
    result = check(sentence)
    assert (result.supported, result.reason) == (True, "")
    assert result.rests_on == rests_on
    assert result.coverage >= COVERAGE


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Kestrel 7B answers prompts of up to 128K tokens of context in one call.", "128K tokens"),
        ("Kestrel 7B answers prompts of up to 32M tokens of context in one call.", "32M tokens"),
        ("Kestrel 7B answers prompts of up to 32K images of context in one call.", "another unit"),
        ("The Team plan costs €12/mo for every seat.", "another unit"),
        ("Kestrel 7B makes 45 pictures a minute, without an account.", "45 pictures"),
        ("Kestrel 7B transcribes recorded speech in 12 languages.", "12 languages"),
        ("Kestrel 7B transcribes recorded speech using Whisperwind in twelve languages.", "Whisperwind"),
        ("Kestrel 7B transcribes recorded speech in twelve languages on a Raspberry Pi.", "Raspberry"),
        ("Kestrel 7B supports watermarking of generated pictures.", "denies"),
        ("Kestrel 7B does not transcribe recorded speech in twelve languages.", "affirms"),
        ("Kestrel 7B makes 60 pictures a minute with an account.", "without"),
        ("Kestrel 7B brews coffee and toasts bread for recorded speech.", "words"),
        ("Not stated.", "says nothing"),
        ("", "says nothing"),
        ("The quotes do not mention recorded speech.", "nothing is stated"),
        ("Kestrel 7B - recorded speech in twelve languages.", "like the question"),
        ("Some plans are $12/mo for every seat.", "team"),
        ("Transcribes recorded speech in twelve languages [2].", "citation"),
        ("Transcribes recorded speech in twelve languages, see https://example.org.", "link"),
        ("Transcribes recorded speech in <b>twelve</b> languages.", "markup"),
    ],
)
def test_a_sentence_that_adds_or_turns_something_fails_and_says_why(sentence, reason):
    result = check(sentence)
    assert not result.supported
    assert reason in result.reason


@pytest.mark.parametrize(
    "sentence",
    [
        "The Team plan is $12/yr for every seat.",
        "The Team plan is $12 a day for every seat.",
        "Kestrel 7B transcribes recorded speech with a latency of 300 s per sentence.",
        "Kestrel 7B uses an index of 300 GB for a million lines of code, with a latency per sentence.",
        "Kestrel 7B uses an index of 2 GB for a billion lines of code.",
        "Kestrel 7B transcribes recorded speech in thirteen languages with a latency of 300 ms per sentence.",
        "Falconer answers prompts of up to 32K tokens of context in one call.",
        "Kestrel 7B is the best at transcribing recorded speech in twelve languages.",
        "Kestrel 7B is the fastest: it transcribes recorded speech in twelve languages.",
        "Kestrel 7B transcribes recorded speech in twelve languages and supports watermarking of generated pictures.",
    ],
)
def test_a_small_change_of_meaning_fails(sentence):
    assert not check(sentence).supported


BOUND = (
    "Takes 99.2% of calls, parses 93% of replies, and keeps traces for 30 days on the Free plan and 13 months on Team.",
    "Students get the Team plan without charge.",
    "Paths outside the roots are refused, and symbolic links are not followed.",
    "Works only on Linux unless a container is used.",
    "Fewer languages than Whisper, with a lower error rate on telephone audio.",
    "Checks every page of a site twice a day, instead of images.",
    "Admits 120 queries a minute from each client; nothing is sent to a server.",
    "Unlimited exports of time-series tables.",
)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Kestrel 7B takes 93% of calls.", "93% belongs to something else"),
        ("Kestrel 7B keeps traces for 13 months on the Free plan.", "belongs to something else"),
        ("Kestrel 7B gets the Team plan without charge.", "student"),
        ("Symbolic links are followed.", "affirms"),
        ("Paths outside the roots are not refused.", "denies"),
        ("Kestrel 7B works on Linux.", "leaves out only"),
        ("Whisper has fewer languages than Kestrel 7B.", "compares with"),
        ("Kestrel 7B has a lower error rate than Whisper.", "compares with"),
        ("Kestrel 7B checks every site twice a day.", "every belongs to something else"),
        ("Kestrel 7B checks images of a site twice a day.", "affirms"),
        ("Kestrel 7B admits 120 queries an hour from each client.", "another unit"),
        ("Kestrel 7B admits 120 clients a minute.", "another unit"),
        ("Each client is sent to a server.", "affirms"),
        ("Kestrel 7B checks pages without charge.", "student"),
        ("Kestrel 7B parses replies in a container.", "of its words"),
        ("Kestrel 7B offers limited exports.", "limit"),
    ],
)
def test_words_that_are_all_there_but_tied_to_others_fail(sentence, reason):
    result = check(sentence, BOUND)
    assert not result.supported
    assert reason in result.reason


@pytest.mark.parametrize(
    "sentence",
    [
        "Kestrel 7B parses 93% of replies.",
        "Kestrel 7B keeps traces for 30 days on the Free plan.",
        "Kestrel 7B works only on Linux unless a container is used.",
        "Kestrel 7B has fewer languages than Whisper.",
        "Kestrel 7B checks each page of a site twice a day and admits 120 queries per minute.",
        "With Kestrel 7B, nothing is sent to a server.",
        "Kestrel 7B has exports of timeseries tables.",
        "Kestrel 7B does not follow symbolic links.",
    ],
)
def test_shorter_and_joined_sentences_pass(sentence):
    result = check(sentence, BOUND)
    assert (result.supported, result.reason) == (True, "")


def test_figures_and_words_of_the_artifacts_own_name_are_no_claim():
    result = verify_sentence("Heron 3 Chat transcribes recorded speech.", EVIDENCE, name="Heron 3 Chat")
    assert result.supported
    assert not verify_sentence("Heron 4 Chat transcribes recorded speech.", EVIDENCE, name="Heron 3 Chat").supported


def test_acronyms_that_the_evidence_spells_out_are_allowed():
    evidence = ("Reads scanned forms by optical character recognition.",)
    assert check("Kestrel 7B reads scanned forms by OCR.", evidence).supported
    assert not check("Kestrel 7B reads scanned forms by NLP.", evidence).supported


@given(st.text(max_size=80))
def test_nothing_is_supported_without_evidence(sentence):
    result = verify_sentence(sentence, (), name="Kestrel 7B")
    assert not result.supported
    assert result.rests_on == ()


WORDS = "Kestrel 7B the Team plan $12/mo 32K tokens 300 ms not speech without [1] of € 東京 best".split()


@given(
    st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join), st.lists(st.text(), max_size=3)
)
def test_every_check_is_complete(sentence, more):
    evidence = (*EVIDENCE, *more)
    result = check(sentence, evidence)
    assert 0 <= result.coverage <= 1
    assert result.supported == (result.reason == "")
    assert all(0 <= position < len(evidence) for position in result.rests_on)
    assert len(set(result.rests_on)) == len(result.rests_on) <= 4
    assert not result.supported or result.rests_on


@pytest.mark.parametrize("sentence", EVIDENCE)
def test_a_sentence_supports_itself(sentence):
    assert check(sentence, (sentence,)).supported


@pytest.mark.parametrize("position", range(len(EVIDENCE)))
def test_more_evidence_does_not_take_support_away(position):
    others = (*EVIDENCE[position + 1 :], *EVIDENCE[: position + 1])
    assert check(EVIDENCE[position], others).rests_on[0] == others.index(EVIDENCE[position])
    assert check(EVIDENCE[position], others).supported


RIVALS = (
    "Better than Bramblecat 9, which never streams replies.",
    "Bramblecat 9 never streams replies, and Heron Desk draws maps in colour.",
    "Streams replies to Bramblecat 9 through one socket, while Heron Desk is on.",
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Better than Bramblecat 9, which never streams replies.",
        "Better than Bramblecat 9.",
        "Bramblecat 9 never streams replies.",
        "Streams replies to Bramblecat 9, while Heron Desk is on.",
        "Streams replies and Heron Desk draws maps in colour.",
    ],
)
def test_what_a_page_says_of_another_artifact_is_told_as_no_fact(sentence):
    others = [name for name in ("Bramblecat 9", "Heron Desk") if name in sentence]
    result = verify_sentence(sentence, RIVALS, name="Alderfox 9", others=others)
    assert not result.supported
    assert result.reason.startswith("says something of ")


@pytest.mark.parametrize(
    "sentence",
    ["Streams replies to Heron Desk and Bramblecat 9.", "Streams replies to Bramblecat 9 through one socket."],
)
def test_another_artifact_may_be_what_the_own_one_works_with(sentence):
    others = [name for name in ("Bramblecat 9", "Heron Desk") if name in sentence]
    result = verify_sentence(
        sentence,
        ("Streams replies to Heron Desk and Bramblecat 9 through one socket.",),
        name="Alderfox 9",
        others=others,
    )
    assert (result.supported, result.reason) == (True, "")
