"""The assistant: streams, versions that change under it, models that are missing, many askers at once."""

from __future__ import annotations

import json
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import invented
import sidebyside
from invented import ContentEncoder, assert_cited, open_assistant
from sidebyside.building.build import build_index
from sidebyside.errors import GenerationError, IndexMismatchError, IndexMissingError, ModelError, SidebysideError
from sidebyside.index.opened import current_version
from sidebyside.llm.generator import ScriptedGenerator
from sidebyside.records import Answer, Correction, Message
from sidebyside.settings import DEFAULT_ENCODER, Settings

PAIR = "Compare Kestrel 7B and Osprey Index"
STATS = {
    "facts_ms", "first_sentence_ms", "total_ms", "model_cells", "model_sentences", "quoted_sentences",
    "rejected_sentences", "repeated_sentences", "prompt_tokens", "cached_tokens", "completion_tokens",
}  # fmt: skip


def write_about(messages: tuple[Message, ...]) -> str:
    """One good cell about each artifact that the tests ask about, and nothing about the others."""
    text = messages[-1].text
    if "32K" in text:
        return "answers 32K tokens of context"
    return "searches source code by symbol, 2 GB index" if "symbol" in text else "not stated"


def untimed(answer: Answer) -> Answer:
    """The answer without its timings."""
    return replace(answer, stats={key: value for key, value in answer.stats.items() if not key.endswith("_ms")})


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    return invented.shared_index(tmp_path_factory)


@pytest.fixture
def own_index(index: Path, tmp_path: Path) -> Path:
    """A copy of the index that a test may write to."""
    return Path(shutil.copytree(index, tmp_path / "index"))


@pytest.fixture(scope="module")
def quoting(index: Path):
    """An assistant without a model."""
    with open_assistant(index) as assistant:
        yield assistant


@pytest.fixture
def writing(index: Path):
    """An assistant with a scripted model."""
    with open_assistant(index, generator=ScriptedGenerator(write_about)) as assistant:
        yield assistant


def publish_rank(index: Path, rank: str) -> None:
    """A new version with one more page, on which Marten Studio has this rank."""
    page = invented.page_text(
        ("Marten Studio", ("Product", rank, "1", "1", "Paid"), invented.MARTEN),
        ("Heron", ("Model", "10/100", "0", "0", "Free"), (("Reads maps.", "Maps", "Maps"),)),
    )
    (index / "seeds" / f"marten-{rank[:2]}.txt").write_text(page)
    build_index((), index=index, settings=Settings.load(), encoder=ContentEncoder())


# --- streams ---------------------------------------------------------------------------------------------------------


def test_a_stream_is_facts_then_sentences_then_the_answer(writing):
    events = list(writing.stream(PAIR))
    assert [event.type for event in events] == ["facts", "sentence", "sentence", "answer"]
    assert events[0].text == events[0].answer.text
    assert events[-1].text == ""
    assert [event.text for event in events[1:3]] == [
        "answers 32K tokens of context",
        "searches source code by symbol, 2 GB index",
    ]
    for event in events[1:3]:
        assert re.search(rf"{event.text} \[\d+\]", event.answer.text)
        assert event.text not in events[0].answer.text


def test_every_step_is_an_answer_with_all_its_citations(writing):
    for event in writing.stream(PAIR):
        assert_cited(event.answer)


def test_earlier_events_stay_as_they_were(writing):
    events = []
    frozen = []
    for event in writing.stream(PAIR):
        events.append(event)
        frozen.append(json.dumps(event.answer.to_dict()))
    assert [json.dumps(event.answer.to_dict()) for event in events] == frozen


@pytest.mark.parametrize("question", [PAIR, "Is Kestrel 7B free?", "Is Midjourney better than GPT-4?", "hi", ""])
def test_the_last_event_carries_what_answer_returns(writing, question):
    last = list(writing.stream(question))[-1]
    assert last.type == "answer"
    assert untimed(last.answer) == untimed(writing.answer(question))


@pytest.mark.parametrize("question", [PAIR, "Is Kestrel 7B free?", "hi"])
def test_the_text_of_quotes_stays_when_prose_is_added(quoting, writing, question):
    plain = quoting.answer(question).text.split("\n\n")
    written = writing.answer(question).text.split("\n\n")
    grid = [block for block in plain if block.startswith("| |")]
    assert len(grid) == (question == PAIR)
    assert [block for block in written if block in plain] == [block for block in plain if block not in grid]


def test_stats_count_and_time_every_answer(writing, quoting):
    written, quoted = writing.answer(PAIR).stats, quoting.answer(PAIR).stats
    assert set(written) == set(quoted) == STATS
    assert (written["model_cells"], written["model_sentences"]) == (2, 2)
    assert written["prompt_tokens"] > 0
    assert 0 <= written["facts_ms"] <= written["first_sentence_ms"] <= written["total_ms"]
    assert (quoted["model_sentences"], quoted["prompt_tokens"], quoted["first_sentence_ms"]) == (0, 0, None)
    assert quoted["quoted_sentences"] > 0


def test_facts_are_streamed_before_the_model_is_asked(index):
    generator = ScriptedGenerator(write_about)
    with open_assistant(index, generator=generator) as assistant:
        events = assistant.stream(PAIR)
        assert next(events).type == "facts"
        assert generator.calls == []
        events.close()
        assert generator.calls == []


def test_closing_the_stream_asks_nothing_more_of_the_model(index):
    generator = ScriptedGenerator(write_about)
    with open_assistant(index, generator=generator) as assistant:
        events = assistant.stream(PAIR)
        assert [next(events).type for _ in range(2)] == ["facts", "sentence"]
        events.close()
        assert len(generator.calls) == 1
        assert assistant.answer("Is Kestrel 7B free?").status == "answered"


def test_cancelling_from_another_thread_ends_the_reply_and_starts_no_other(index):
    generator = ScriptedGenerator(lambda _: "slow " * 2000, delay=0.01)
    with open_assistant(index, generator=generator) as assistant:
        stream = assistant.stream(PAIR)
        assert next(stream).type == "facts"
        threading.Timer(0.2, stream.cancel).start()
        assert [event.type for event in stream] == ["answer"]
        assert len(generator.calls) == 1


def test_the_model_is_named_only_where_it_wrote(writing):
    assert writing.model == "scripted"
    assert writing.answer(PAIR).model == "scripted"
    assert writing.answer("Is Kestrel 7B free?").model is None


def test_a_failing_model_leaves_the_quotes_and_a_note(index):
    generator = ScriptedGenerator([GenerationError("the model process died")])
    with open_assistant(index, generator=generator) as assistant:
        answer = assistant.answer(PAIR)
    assert (answer.status, answer.model) == ("answered", None)
    assert any("the model process died" in note for note in answer.notes)
    assert_cited(answer)


def test_swapped_names_get_the_same_answer_from_the_model_too(index):
    with open_assistant(index, generator=ScriptedGenerator(write_about)) as assistant:
        one, other = assistant.answer(PAIR), assistant.answer("Compare Osprey Index and Kestrel 7B")
    assert one.status == other.status
    assert {(c.artifact, c.quote) for c in one.citations} == {(c.artifact, c.quote) for c in other.citations}
    texts = [[re.sub(r" \[\d+\]", "", cell.text) for cell in row] for row in one.grid.cells]
    assert [[re.sub(r" \[\d+\]", "", cell.text) for cell in row[::-1]] for row in other.grid.cells] == texts
    assert one.stats["model_cells"] == other.stats["model_cells"] == 2


def test_answers_are_plain_data(writing):
    data = json.loads(json.dumps(writing.answer(PAIR).to_dict()))
    assert data["status"] == "answered"
    assert set(data["citations"][0]) >= {"number", "artifact", "evidence_class", "quote", "source", "start", "end"}
    assert set(data["stats"]) == STATS


# --- conversations ---------------------------------------------------------------------------------------------------


def test_a_follow_up_is_answered_from_the_conversation(quoting):
    first = "Which ranks higher, Kestrel 7B or Marten Studio?"
    history = [(first, quoting.answer(first).text)]
    answer = quoting.answer("what about pricing?", history)
    assert [(c.artifact, c.quote) for c in answer.citations] == [
        ("Kestrel 7B", "Pricing: Free"),
        ("Marten Studio", "Pricing: Paid"),
        ("Marten Studio", "The Team plan is $12/mo for every seat."),
    ]
    assert "Marten Studio" in quoting.answer("is it free?", history).artifacts
    other = [*history, ("is it free?", quoting.answer("is it free?", history).text)]
    assert quoting.answer("and the other one?", other).artifacts == ("Kestrel 7B",)


def test_without_a_conversation_a_follow_up_is_no_follow_up(quoting):
    assert quoting.answer("and the other one?").citations == ()


# --- versions -----------------------------------------------------------------------------------------------------


def test_a_new_version_is_picked_up_by_the_next_question(own_index):
    with open_assistant(own_index) as assistant:
        before = assistant.generation
        assert "58/100" in assistant.answer("rank of Marten Studio").text
        publish_rank(own_index, "61/100")
        answer = assistant.answer("rank of Marten Studio")
        assert answer.generation == assistant.generation == current_version(own_index) != before
        assert "61/100" in answer.text
        assert "Heron" in [artifact.name for artifact in assistant.library.artifacts]


def test_running_answers_finish_on_the_version_they_began_with(own_index):
    with open_assistant(own_index, generator=ScriptedGenerator(write_about)) as assistant:
        before = assistant.generation
        events = assistant.stream(PAIR)
        first = next(events)
        publish_rank(own_index, "61/100")
        assert "61/100" in assistant.answer("rank of Marten Studio").text
        publish_rank(own_index, "62/100")
        assert "62/100" in assistant.answer("rank of Marten Studio").text
        rest = list(events)
    assert {event.answer.generation for event in (first, *rest)} == {before}
    assert rest[-1].answer.stats["model_cells"] == 2
    assert_cited(rest[-1].answer)


def test_a_damaged_new_version_leaves_the_open_one_answering(own_index):
    with open_assistant(own_index) as assistant:
        publish_rank(own_index, "61/100")
        live = own_index / "generations" / str(current_version(own_index))
        (live / "library.jsonl").write_text("{")
        assert "58/100" in assistant.answer("rank of Marten Studio").text


def test_a_mended_index_is_picked_up(own_index):
    with open_assistant(own_index) as assistant:
        publish_rank(own_index, "61/100")
        live = own_index / "generations" / str(current_version(own_index))
        (live / "library.jsonl").write_text("{")
        assert any("mend with" in note for note in assistant.answer("rank of Marten Studio").notes)
        publish_rank(own_index, "62/100")
        answer = assistant.answer("rank of Marten Studio")
    assert "62/100" in answer.text
    assert not any("mend with" in note for note in answer.notes)


@pytest.mark.parametrize("content", ["", "nothing", "../../etc", "\x00"])
def test_a_spoilt_pointer_leaves_the_open_version_answering(own_index, content):
    with open_assistant(own_index) as assistant:
        (own_index / "CURRENT").write_text(content)
        assert "58/100" in assistant.answer("rank of Marten Studio").text


def test_an_index_that_goes_away_leaves_the_open_version_answering(own_index):
    with open_assistant(own_index) as assistant:
        assistant.answer("which tool schedules backups?")
        shutil.rmtree(own_index)
        assert "58/100" in assistant.answer("rank of Marten Studio").text


# --- many at once ----------------------------------------------------------------------------------------------------


def test_many_threads_get_the_answers_that_one_gets(quoting):
    questions = [PAIR, "Is Kestrel 7B free?", "who transcribes recorded speech", "context of Osprey Index", "hi"] * 4
    alone = {question: untimed(quoting.answer(question)) for question in set(questions)}
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(quoting.answer, questions))
    assert [untimed(answer) for answer in together] == [alone[question] for question in questions]


def test_questions_are_answered_while_versions_change(own_index):
    before = current_version(own_index)
    with open_assistant(own_index) as assistant, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(assistant.answer, PAIR) for _ in range(10)]
        publish_rank(own_index, "61/100")
        asked += [pool.submit(assistant.answer, PAIR) for _ in range(10)]
        answers = [future.result() for future in asked]
        last = assistant.answer(PAIR)
    assert {answer.status for answer in answers} == {"answered"}
    # While one question opens the new version, the others are answered from the old one.
    assert {answer.generation for answer in answers} <= {before, current_version(own_index)}
    assert last.generation == current_version(own_index)


# --- comparing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names", [("Kestrel 7B", "Marten Studio"), ("kestrel-7b", "marten"), ("KESTREL", "Marten studio")]
)
def test_artifacts_are_compared_by_label_id_or_part(quoting, names):
    comparison = quoting.compare(names)
    assert [artifact.label for artifact in comparison.artifacts] == ["Kestrel 7B", "Marten Studio"]
    assert comparison.table.header == ("", "Kestrel 7B", "Marten Studio")
    assert len(comparison.verdicts) == 1
    assert set(comparison.only) == {"kestrel-7b", "marten-studio"}


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("Kestrel 7B", "Lantern"), "Lantern (Model), Lantern (Product)"),
        (("Kestrel 7B", "Whisperwind"), "not in the library"),
        (("Kestrel 7B", "Kestral 8B"), "nearest: Kestrel 7B"),
        (("Kestrel 7B", "kestrel-7b"), "two different"),
        (("Kestrel 7B",), "two different"),
    ],
)
def test_what_cannot_be_compared_says_why(quoting, names, reason):
    with pytest.raises(SidebysideError, match=re.escape(reason)):
        quoting.compare(names)


# --- opening and closing ---------------------------------------------------------------------------------------------


def test_an_assistant_tells_what_it_answers_from(quoting, index):
    assert quoting.index == index
    assert quoting.generation == current_version(index)
    assert len(quoting.library.artifacts) == 5
    assert quoting.model is None


def test_no_index_is_an_error_that_names_the_command(tmp_path):
    with pytest.raises(IndexMissingError, match="sidebyside index"):
        sidebyside.Assistant.open(tmp_path / "none", model="none")


def test_a_model_asked_for_by_name_must_be_there(index):
    with pytest.raises(ModelError, match="no-such-model"):
        sidebyside.Assistant.open(index, model="no-such-model")


def test_a_default_model_that_is_not_installed_is_done_without_and_noted(index, tmp_path):
    models = Settings.load().models
    (tmp_path / "catalog.toml").write_text((models / "catalog.toml").read_text())
    (tmp_path / DEFAULT_ENCODER).symlink_to((models / DEFAULT_ENCODER).resolve())
    with open_assistant(index, settings=Settings.load(models=tmp_path), model=None) as assistant:
        assert assistant.model is None
        assert any("quotes only" in note for note in assistant.answer(PAIR).notes)
        assert not any("quotes only" in note for note in assistant.answer("hi").notes)


def test_closing_frees_the_model_and_may_be_repeated(index):
    generator = ScriptedGenerator(write_about)
    with open_assistant(index, generator=generator) as assistant:
        assistant.close()
    assert generator.closed


def test_a_reading_that_was_put_right_is_answered_as_it_stands_and_carried_on(index):
    names = ("Kestrel 7B", "Marten Studio")
    meant = Correction(PAIR, names, ("transcribes speech", "Pricing"))
    with open_assistant(index) as assistant:
        *_, last = assistant.stream("These two, please", correction=meant)
        after = assistant.answer("And the UnfragileRank?", [("These two, please", last.answer.text)])
    assert (last.answer.question, last.answer.artifacts) == ("These two, please", names)
    assert last.answer.reading.criteria == ("transcribes speech", "Pricing")
    assert last.answer.grid.criteria == ("transcribes speech", "Pricing")
    assert after.artifacts == names


def test_an_answer_that_runs_while_the_assistant_closes_still_ends(index):
    with open_assistant(index, generator=ScriptedGenerator(write_about)) as assistant:
        events = assistant.stream(PAIR)
        next(events)
    last = list(events)[-1].answer
    assert last.status == "answered"
    assert_cited(last)


def test_what_tables_answer_encodes_no_question(index):
    encoder = ContentEncoder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: encoder)
        with sidebyside.Assistant.open(index, model="none") as assistant:
            assistant.answer("Is Kestrel 7B free?")
            assert encoder.calls == []
            assistant.answer("Does Kestrel 7B transcribe speech?")
            assert encoder.calls != []


def test_an_index_of_another_encoder_is_refused_with_the_command_that_mends_it(index):
    other = ContentEncoder()
    other.fingerprint = "another"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: other)
        with pytest.raises(IndexMismatchError, match="sidebyside index"):
            sidebyside.Assistant.open(index, model="none")
