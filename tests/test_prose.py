"""Prose: what the model writes is shown only where its side's evidence supports it, and always cited."""

from __future__ import annotations

import re

import pytest

import invented
from sidebyside.errors import GenerationError
from sidebyside.evidence import Side
from sidebyside.generation import Generation, ScriptedGenerator, Usage
from sidebyside.lanes.draft import Draft
from sidebyside.lanes.prose import Writer
from sidebyside.records import Evidence, Question, Source

CONTEXT = "Answers prompts of up to 32K tokens of context in one call."
SPEECH = "Transcribes recorded speech in twelve languages, with a latency of 300 ms per sentence."
OFFLINE = "Runs fully offline, so no code leaves the laptop."
SYMBOLS = "Indexes source code for search by symbol, with an index of 2 GB for a million lines."

GOOD_KESTREL = "Kestrel 7B handles up to 32K tokens of context."
GOOD_OSPREY = "Osprey Index searches source code by symbol."


def side(label: str, *quotes: str) -> Side:
    artifact = invented.library().get(invented.artifact_id(label))
    page = f"{artifact.id}.txt"
    evidence = (Evidence(artifact.id, "description", quote, Source(page, 0, len(quote))) for quote in quotes)
    return Side(artifact, tuple(evidence), True, 1.0)


@pytest.fixture
def draft() -> Draft:
    """A draft about two artifacts, with nothing on screen yet."""
    question = Question("What do they do?", "compare", ("kestrel-7b", "osprey-index"), aspect="what they do")
    return Draft(
        question,
        invented.library(),
        sides=[side("Kestrel 7B", CONTEXT, SPEECH), side("Osprey Index", OFFLINE, SYMBOLS)],
    )


def write(draft: Draft, *replies) -> tuple[list[str], Writer, ScriptedGenerator]:
    generator = ScriptedGenerator(list(replies))
    writer = Writer(draft, generator, max_tokens=96)
    return list(writer.sentences()), writer, generator


def assert_marked(sentences: list[str], draft: Draft) -> None:
    """Every sentence carries at least one marker, and each marker has a citation."""
    numbers = {citation.number for citation in draft.answer().citations}
    for sentence in sentences:
        markers = {int(number) for number in re.findall(r"\[(\d+)\]", sentence)}
        assert markers
        assert markers <= numbers


def test_supported_sentences_are_shown_with_the_citation_of_their_evidence(draft):
    sentences, writer, _ = write(draft, GOOD_KESTREL, GOOD_OSPREY)
    assert sentences == [
        "Kestrel 7B handles up to 32K tokens of context [1].",
        "Osprey Index searches source code by symbol [2].",
    ]
    assert [(c.artifact, c.quote) for c in draft.answer().citations] == [
        ("Kestrel 7B", CONTEXT),
        ("Osprey Index", SYMBOLS),
    ]
    assert writer.blocks() == [" ".join(sentences)]
    assert_marked(sentences, draft)


def test_a_copied_sentence_ends_where_it_has_said_what_was_asked():
    quote = (
        "Runs on a laptop without a network by keeping all its weights in 4 GB of memory, which spares a server and "
        "keeps every document of the user on the machine."
    )
    question = Question("Does it run on a laptop?", "support", ("kestrel-7b",), aspect="run on a laptop")
    draft = Draft(question, invented.library(), sides=[side("Kestrel 7B", quote)])
    copied = f"Kestrel 7B r{quote[1:]}"
    sentences, writer, _ = write(draft, copied)
    assert sentences == [
        "Kestrel 7B runs on a laptop without a network by keeping all its weights in 4 GB of memory [1]."
    ]
    assert writer.counts()["completion_tokens"] < len(copied.split())
    # Where the rest has a word of the question, the sentence stays whole; it says the quote again then.
    draft = Draft(
        Question("Does it spare a server?", "support", ("kestrel-7b",), aspect="spares a server"),
        invented.library(),
        sides=[side("Kestrel 7B", quote)],
    )
    assert write(draft, copied)[0] == [f"{copied[:-1]} [1]."]


@pytest.mark.parametrize(
    "reply",
    [
        "Kestrel 7B handles up to 128K tokens of context.",
        "Kestrel 7B handles up to 32K tokens of context, unlike Falconer.",
        "Kestrel 7B does not answer prompts of up to 32K tokens of context.",
        "Kestrel 7B handles up to 32K tokens of context [7].",
        "Not stated.",
        "The quotes do not answer the question.",
        "Kestrel 7B runs fully offline, so no code leaves the laptop.",
        "Kestrel 7B handles 32K tokens of context: ![x](https://example.org/x.png).",
    ],
)
def test_what_its_own_side_does_not_support_is_not_shown(draft, reply):
    sentences, writer, _ = write(draft, reply, GOOD_OSPREY)
    assert len(sentences) == 1
    assert sentences[0].startswith("Osprey Index")
    assert writer.counts()["rejected_sentences"] == 1
    assert writer.counts()["model_sentences"] == 1


def test_without_a_supported_sentence_there_is_no_paragraph(draft):
    sentences, writer, _ = write(draft, "Not stated.", "Not stated.")
    assert (sentences, writer.blocks()) == ([], [])
    assert draft.answer().citations == ()


def test_each_side_is_asked_about_alone(draft):
    _, _, generator = write(draft, GOOD_KESTREL, GOOD_OSPREY)
    first, second = (" ".join(message.text for message in call) for call in generator.calls)
    assert CONTEXT in first
    assert SYMBOLS not in first
    assert SYMBOLS in second
    assert CONTEXT not in second
    assert all("what they do" in text for text in (first, second))


def test_without_a_generator_nothing_is_written(draft):
    writer = Writer(draft, None, max_tokens=96)
    assert list(writer.sentences()) == []
    assert writer.counts()["model_sentences"] == 0


def test_without_sides_the_model_is_not_asked(draft):
    draft.sides = []
    sentences, _, generator = write(draft)
    assert (sentences, generator.calls) == ([], [])


def test_sentences_are_counted_with_their_tokens(draft):
    _, writer, generator = write(draft, GOOD_KESTREL, "Not stated.")
    counts = writer.counts()
    assert (counts["model_sentences"], counts["rejected_sentences"]) == (1, 1)
    words = sum(len(message.text.split()) for call in generator.calls for message in call)
    assert (counts["prompt_tokens"], counts["cached_tokens"]) == (words, 0)


def test_the_tokens_of_a_reply_that_says_too_much_are_counted(draft):
    draft.sides = draft.sides[:1]
    _, writer, _ = write(draft, f"{GOOD_KESTREL} Kestrel 7B transcribes recorded speech. {GOOD_KESTREL} And more.")
    assert writer.counts()["prompt_tokens"] > 0


def test_quoted_sentences_are_counted(draft):
    draft.blocks.append(draft.quote(draft.sides[0].evidence[0]))
    draft.blocks.append(draft.quote(draft.sides[1].evidence[0]))
    assert Writer(draft, None, max_tokens=96).counts()["quoted_sentences"] == 2


def test_two_sentences_about_a_side_are_enough(draft):
    draft.sides = draft.sides[:1]
    reply = (
        "Kestrel 7B handles up to 32K tokens of context. It transcribes recorded speech in twelve languages. "
        "It answers prompts in one call."
    )
    sentences, _, _ = write(draft, reply)
    assert len(sentences) == 2
    assert_marked(sentences, draft)


def test_an_unfinished_sentence_is_left_out(draft):
    draft.sides = draft.sides[:1]
    sentences, _, _ = write(draft, "Kestrel 7B handles up to 32K tokens of context. It transcribes recorded speech in")
    assert len(sentences) == 1


def test_a_sentence_without_the_name_gets_it(draft):
    draft.sides = draft.sides[:1]
    sentences, _, _ = write(draft, "It handles up to 32K tokens of context.")
    assert "Kestrel 7B" in sentences[0]


def test_a_quote_that_is_on_screen_is_not_said_twice(draft):
    draft.sides = draft.sides[:1]
    draft.blocks.append(draft.quote(draft.sides[0].evidence[0]))
    sentences, writer, _ = write(draft, f"Kestrel 7B {CONTEXT[0].lower()}{CONTEXT[1:]}")
    assert sentences == []
    assert (writer.counts()["repeated_sentences"], writer.counts()["rejected_sentences"]) == (1, 0)


def test_a_sentence_that_picks_out_a_part_of_a_quote_is_shown(draft):
    draft.sides = draft.sides[:1]
    draft.blocks.append(draft.quote(draft.sides[0].evidence[1]))
    sentences, _, _ = write(draft, "Kestrel 7B transcribes recorded speech in twelve languages.")
    assert sentences == ["Kestrel 7B transcribes recorded speech in twelve languages [1]."]


def test_a_sentence_that_joins_a_quote_that_is_not_on_screen_is_shown(draft):
    draft.sides = draft.sides[:1]
    draft.blocks.append(draft.quote(draft.sides[0].evidence[0]))
    reply = f"Kestrel 7B {CONTEXT[0].lower()}{CONTEXT[1:-1]}, and transcribes recorded speech in twelve languages."
    sentences, _, _ = write(draft, reply)
    assert len(sentences) == 1
    assert sentences[0].endswith("twelve languages [1][2].")


def test_a_sentence_that_only_says_the_question_again_is_not_shown(draft):
    draft.sides = draft.sides[:1]
    draft.aspect = "context"
    sentences, writer, _ = write(draft, "Kestrel 7B handles the context.")
    assert sentences == []
    assert (writer.counts()["repeated_sentences"], writer.counts()["rejected_sentences"]) == (1, 0)


def test_markdown_in_a_reply_does_not_reach_the_page(draft):
    draft.sides = draft.sides[:1]
    sentences, _, _ = write(draft, "`Kestrel 7B` handles up to *32K tokens* of context.")
    assert sentences == ["Kestrel 7B handles up to 32K tokens of context [1]."]


# --- failures --------------------------------------------------------------------------------------------------------


class Breaking(ScriptedGenerator):
    """Writes a whole sentence and a half, then fails."""

    def stream(self, messages, *, max_tokens, stop=(), temperature=0.0):
        self.calls.append(tuple(messages))

        def write(cancelled):
            yield GOOD_KESTREL + " It "
            yield "transcribes recorded"
            raise GenerationError("the model process died")
            return Usage()

        return Generation(write)


def test_an_error_in_the_middle_keeps_what_was_supported_and_leaves_a_note(draft):
    writer = Writer(draft, Breaking(), max_tokens=96)
    sentences = list(writer.sentences())
    assert sentences == ["Kestrel 7B handles up to 32K tokens of context [1]."]
    assert any("the model process died" in note for note in draft.notes)
    assert len(draft.notes) == 1


def test_an_error_at_once_leaves_the_quotes(draft):
    draft.blocks.append(draft.quote(draft.sides[0].evidence[0]))
    sentences, _, _ = write(draft, GenerationError("the queue is full"))
    assert sentences == []
    assert CONTEXT in draft.answer().text
    assert any("the queue is full" in note for note in draft.notes)


def test_a_closed_generator_leaves_the_quotes(draft):
    generator = ScriptedGenerator([GOOD_KESTREL])
    generator.close()
    assert list(Writer(draft, generator, max_tokens=96).sentences()) == []
    assert len(draft.notes) == 1


def test_closing_the_stream_stops_the_model(draft):
    stopped: list[str] = []

    class Endless(ScriptedGenerator):
        def stream(self, messages, *, max_tokens, stop=(), temperature=0.0):
            def write(cancelled):
                yield GOOD_KESTREL + " It "
                while not cancelled.is_set():
                    yield "goes on "
                stopped.append("ended")
                return Usage(finish="cancelled")

            return Generation(write, on_cancel=lambda: stopped.append("cancelled"))

    sentences = Writer(draft, Endless(), max_tokens=96).sentences()
    assert next(sentences).startswith("Kestrel 7B")
    sentences.close()
    assert stopped == ["cancelled", "ended"]
    assert draft.notes == []


def test_a_side_with_nothing_usable_stops_the_model_too(draft):
    cancelled: list[str] = []

    class Talkative(ScriptedGenerator):
        def stream(self, messages, *, max_tokens, stop=(), temperature=0.0):
            def write(_):
                for _ in range(1_000):
                    yield "Not stated at all here. "
                return Usage()

            return Generation(write, on_cancel=lambda: cancelled.append("yes"))

    assert list(Writer(draft, Talkative(), max_tokens=96).sentences()) == []
    assert cancelled == ["yes", "yes"]
