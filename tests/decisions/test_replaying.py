"""A record asked again: the same on the same pages, and told cell by cell where they changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

import invented
from invented import ContentEncoder, open_assistant
from sidebyside.building.build import build_index
from sidebyside.decisions.making import edited, in_order
from sidebyside.errors import SidebysideError
from sidebyside.records import (
    OWN_CRITERIA,
    Answer,
    Citation,
    DecisionRecord,
    Grid,
    OwnCell,
    RecordedAnswer,
    RecordedPage,
    Wish,
)
from sidebyside.settings import Settings

OFFLINE = "Which can run offline, Kestrel 7B or Osprey Index?"
FREE = "Is Kestrel 7B free?"
PAGE = "kestrel-vs-marten.txt"
pytestmark = pytest.mark.integration


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return invented.write_index(tmp_path)


def rewrite(index: Path, name: str, *changes: tuple[str, str]) -> None:
    """Change a page and build again; without changes the page goes."""
    page = index / "seeds" / name
    text = page.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    if changes:
        page.write_text(text)
    else:
        page.unlink()
    build_index((), index=index, settings=Settings.load(), encoder=ContentEncoder())


def sha256(index: Path, name: str) -> str:
    return hashlib.sha256((index / "seeds" / name).read_bytes()).hexdigest()


def test_a_record_holds_the_answer_its_evidence_and_the_hashes_of_its_pages(index):
    with open_assistant(index) as assistant:
        answer = assistant.answer(OFFLINE)
        record = assistant.record(answer, why="It has to work in a train.", taken="osprey")
    [kept] = record.answers
    assert (kept.kind, kept.asked, kept.text, kept.grid) == ("question", OFFLINE, answer.text, answer.grid)
    assert (kept.citations, kept.model, kept.written) == (answer.citations, None, False)
    assert (record.title, record.taken, record.why) == (OFFLINE, "Osprey Index", "It has to work in a train.")
    assert record.pages
    assert {page.source for page in record.pages} == {citation.source for citation in answer.citations}
    assert all(page.sha256 == sha256(index, page.source) and page.read for page in record.pages)
    assert (kept.generation, record.product) == (answer.generation, "0.1.0")


def test_pages_are_recorded_as_the_version_had_them_that_answered(index):
    with open_assistant(index) as assistant:
        answer = assistant.answer(FREE)
        before = {citation.source: sha256(index, citation.source) for citation in answer.citations}
        rewrite(index, PAGE, ("58/100", "59/100"))
        record = assistant.record(answer)
        forgotten = assistant.record(replace(answer, generation="../nowhere"))
    assert {page.source: page.sha256 for page in record.pages} == before
    assert {page.sha256 for page in forgotten.pages} == {""}


def test_a_conversation_and_a_shortlist_are_recorded_in_order(index):
    with open_assistant(index) as assistant:
        first = assistant.answer("What is Kestrel 7B?")
        second = assistant.answer("Is it free?", history=[(first.question, first.text)])
        match = assistant.match("runs offline, free")
        record = assistant.record(
            [first, second, match],
            artifacts=["Kestrel 7B", "kestrel-7b", "Osprey Index"],
            own=[("Kestrel 7B", "latency", "40 ms"), OwnCell("Osprey Index", "latency", "2 s")],
            title="What to take",
        )
        replay = assistant.replay(record)
    assert [answer.kind for answer in record.answers] == ["question", "question", "need"]
    assert record.answers[1].earlier == ("What is Kestrel 7B?",)
    assert [artifact.label for artifact in record.artifacts] == ["Kestrel 7B", "Osprey Index"]
    assert record.own == (OwnCell("Kestrel 7B", "latency", "40 ms"), OwnCell("Osprey Index", "latency", "2 s"))
    assert replay.same
    assert {answer.outcome for answer in replay.answers} == {"same"}
    # What the reader adds is no quote, and is asked of no page.
    assert "40 ms" not in str(replay.to_dict())


def test_nothing_to_record_and_names_that_nobody_has_are_errors(index):
    with open_assistant(index) as assistant:
        with pytest.raises(SidebysideError, match="nothing to record"):
            assistant.record()
        with pytest.raises(SidebysideError, match=r"Whisperwind.*not in the library"):
            assistant.record(artifacts=["Whisperwind"])


def test_on_the_same_pages_everything_is_the_same(index):
    with open_assistant(index) as assistant:
        record = assistant.record([assistant.answer(OFFLINE), assistant.match("runs offline, rank above 40")])
        replay = assistant.replay(record)
    assert replay.same
    assert {cell.outcome for cell in replay.cells} == {"same"}
    assert {page.outcome for page in replay.pages} == {"same"}
    assert replay.generation == record.answers[0].generation


def test_a_need_is_asked_again_with_its_wishes_as_they_were_and_counted_once(index, tmp_path):
    settings = Settings.load(matches=str(tmp_path / "matches.sqlite3"))
    with open_assistant(index, settings=settings) as assistant:
        match = assistant.match("runs offline", [Wish("free", "nice", 2), Wish("plays chess", "not")])
        record = assistant.record(match)
        replay = assistant.replay(record)
        counted = {wish.text: wish.times for wish in assistant.match_graph.counts().wishes}
    assert [(wish.role, wish.weight) for wish in record.answers[0].wishes] == [("must", 1), ("nice", 2), ("not", 1)]
    assert replay.same
    assert set(counted.values()) == {1}
    assert len(counted) == 2, "what is not wanted is not counted"


def test_a_changed_row_and_a_changed_sentence_are_told_with_old_and_new_quote(index):
    with open_assistant(index) as assistant:
        record = assistant.record(
            [assistant.answer("Compare Kestrel 7B and Marten Studio on speech transcription latency")],
            artifacts=["Marten Studio"],
        )
        rewrite(index, PAGE, ("a latency of 300 ms per sentence", "a latency of 900 ms per sentence"), ("58/", "59/"))
        rewrite(index, "kestrel-vs-lantern.txt", ("a latency of 300 ms", "a latency of 900 ms"))
        replay = assistant.replay(record)
    assert not replay.same
    [answer] = replay.answers
    changed = {(cell.artifact, cell.outcome) for cell in answer.cells}
    assert changed == {("Kestrel 7B", "changed"), ("Marten Studio", "same")}
    cell = next(cell for cell in answer.cells if cell.outcome == "changed")
    assert "300 ms" in str(cell.before.quotes)
    assert "900 ms" in str(cell.after.quotes)
    quote = next(quote for quote in replay.quotes if quote.outcome == "changed")
    assert ("300 ms" in quote.before, "900 ms" in quote.after) == (True, True)
    assert quote.after == quote.before.replace("300 ms", "900 ms")
    [marten] = replay.artifacts
    [rank] = [cell for cell in marten.cells if cell.outcome == "changed"]
    assert (rank.criterion, rank.before.text, rank.after.text) == ("UnfragileRank", "58/100", "59/100")
    pages = {page.source: page for page in replay.pages}
    assert (pages[PAGE].outcome, pages[PAGE].sha256_after) == ("changed", sha256(index, PAGE))
    assert pages[PAGE].sha256_before != pages[PAGE].sha256_after


def test_a_page_that_changed_elsewhere_changes_nothing_that_was_recorded(index):
    with open_assistant(index) as assistant:
        record = assistant.record(assistant.answer(OFFLINE))
        rewrite(index, "lantern-vs-osprey.txt", ("Sends alerts to pagers", "Sends alerts to telephones"))
        replay = assistant.replay(record)
    assert replay.same
    assert "changed" in {page.outcome for page in replay.pages}


def test_a_page_that_is_gone_takes_its_cells_and_quotes_with_it(index):
    with open_assistant(index) as assistant:
        record = assistant.record(assistant.answer(OFFLINE), artifacts=["Osprey Index"])
        rewrite(index, "lantern-vs-osprey.txt")
        replay = assistant.replay(record)
    assert {page.source: page.outcome for page in replay.pages}["lantern-vs-osprey.txt"] == "gone"
    assert [(artifact.label, artifact.outcome) for artifact in replay.artifacts] == [("Osprey Index", "gone")]
    assert {cell.outcome for cell in replay.artifacts[0].cells} == {"gone"}
    assert {quote.outcome for quote in replay.quotes if quote.artifact == "Osprey Index"} == {"gone"}
    assert replay.answers[0].outcome == "changed"


def test_a_page_under_another_name_is_told_as_moved(index):
    with open_assistant(index) as assistant:
        record = assistant.record(assistant.answer(OFFLINE))
        (index / "seeds" / "lantern-vs-osprey.txt").rename(index / "seeds" / "osprey.txt")
        build_index((), index=index, settings=Settings.load(), encoder=ContentEncoder())
        replay = assistant.replay(record)
    [page] = [page for page in replay.pages if page.source == "lantern-vs-osprey.txt"]
    assert (page.outcome, page.now) == ("moved", "osprey.txt")
    assert replay.same


def test_a_hash_that_nobody_knows_is_told_as_unknown(index):
    with open_assistant(index) as assistant:
        record = assistant.record(assistant.answer(FREE))
        unknown = replace(record, pages=tuple(RecordedPage(page.source, "") for page in record.pages))
        assert {page.outcome for page in assistant.replay(unknown).pages} == {"unknown"}


def test_answers_of_a_model_that_is_not_there_are_compared_by_their_quotes(index):
    with open_assistant(index) as assistant:
        record = assistant.record(assistant.answer(OFFLINE))
        [kept] = record.answers
        cells = tuple(
            tuple(replace(cell, text="said in other words", by="model") for cell in row) for row in kept.grid.cells
        )
        written = replace(kept, model="scripted", written=True, grid=replace(kept.grid, cells=cells))
        replay = assistant.replay(replace(record, answers=(written,)))
    assert replay.same
    assert "reworded" in {cell.outcome for cell in replay.cells}
    assert replay.notes == ("scripted took part in what was recorded and does not now: tables and quotes alone",)


def test_text_alone_is_compared_whole(index):
    with open_assistant(index) as assistant:
        record = assistant.record(assistant.answer("How many artifacts are free?"))
        assert [(cell.criterion, cell.artifact) for cell in assistant.replay(record).cells] == [("", "")]
        rewrite(index, "lantern-vs-osprey.txt", ("| Pricing | Paid | Free |", "| Pricing | Paid | Paid |"))
        assert [cell.outcome for cell in assistant.replay(record).cells] == ["changed"]


def test_a_record_takes_up_more_and_each_answer_once():
    cited = (Citation(1, "A", "fact", "Pricing: Free", "a.txt", 0, 1),)
    first = RecordedAnswer("question", "a?", "A", generation="g1")
    again = RecordedAnswer("question", "a?", "A now", citations=cited, generation="g2")
    other = RecordedAnswer("question", "b?", "B")
    base = DecisionRecord("title", (first,), why="because", taken="A", pages=(RecordedPage("gone.txt", "1"),))
    more = DecisionRecord("other", (again, other), pages=(RecordedPage("a.txt", "2"),))
    both = edited(base, more, taken="")
    assert [answer.text for answer in both.answers] == ["A now", "B"]
    assert (both.title, both.why, both.taken) == ("title", "because", "")
    # A page that nothing cites any more goes with the answer that cited it.
    assert both.pages == (RecordedPage("a.txt", "2"),)
    words = edited(both, None, why="", own=[OwnCell("A", "latency", "40 ms")], title=" ")
    assert (words.title, words.why, words.own) == ("a? and 1 more", "", (OwnCell("A", "latency", "40 ms"),))
    assert words.answers == both.answers


def test_only_questions_lean_on_the_questions_before_them():
    on_criteria = Answer("Compare A and B on price", "", "answered", kind=OWN_CRITERIA, grid=Grid((), (), (), ()))
    kept = in_order([Answer("x?", "X", "answered"), on_criteria, Answer("y?", "Y", "answered")])
    assert [answer.earlier for answer in kept] == [(), (), ("x?",)]


def test_what_was_recorded_already_stays_as_it_is():
    kept = RecordedAnswer("question", "it?", "A", earlier=("x?",))
    assert in_order([kept], [("y?", "Y")]) == (kept,)
