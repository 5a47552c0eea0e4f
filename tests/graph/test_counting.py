"""What of a match is counted, the switch, forgetting, and that no match is the worse for any of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

import invented
from sidebyside.errors import SidebysideError
from sidebyside.graph import MatchGraph
from sidebyside.records import Cell, Citation, Grid, Match, MatchedArtifact
from sidebyside.settings import Settings

LIBRARY = invented.library()
KESTREL, OSPREY = (LIBRARY.get(invented.artifact_id(name)) for name in ("Kestrel 7B", "Osprey Index"))
SPEECH = KESTREL.capabilities[1]
FREE = next(fact for fact in KESTREL.facts if fact.label == "Pricing")
WISHES = ("transcribes speech", "Pricing: Free", "makes tea")


def a_match() -> Match:
    """Kestrel transcribes and is free, Osprey is free; nobody makes tea."""
    assert SPEECH.description is not None
    source = SPEECH.description.source
    quote = SPEECH.description.text
    cells = (
        (Cell("stated", "Transcribes [1]", "quote", (1,)), Cell("silent", "")),
        (Cell("stated", "Free [2]", "table", (2,)), Cell("stated", "Free [3]", "table", (3,))),
        (Cell("denied", "no tea [1]", "quote", (1,)), Cell("silent", "")),
    )
    citations = (
        Citation(1, KESTREL.label, "description", quote, source.file, source.start, source.end),
        Citation(2, KESTREL.label, "fact", FREE.row, FREE.source.file, FREE.source.start, FREE.source.end),
        Citation(3, OSPREY.label, "fact", "Pricing: Free", "lantern-vs-osprey.txt", 0, 1),
    )
    artifacts = tuple(MatchedArtifact(a.id, a.label, a.type, met, 0, 3 - met) for a, met in ((KESTREL, 2), (OSPREY, 1)))
    grid = Grid(WISHES, (KESTREL.label, OSPREY.label), cells, (2, 1))
    return Match("the need", WISHES, artifacts, grid, (4, 3, 5), citations=citations, total=len(LIBRARY.artifacts))


@pytest.fixture
def graph(tmp_path) -> MatchGraph:
    return graph_in(tmp_path)


def graph_in(folder: Path) -> MatchGraph:
    return MatchGraph(Settings.load(matches=str(folder / "matches.sqlite3"), index=folder / "index"))


def test_what_meets_a_wish_is_counted_with_the_capability_that_says_so(graph):
    graph.count(a_match(), LIBRARY)
    graph.count(a_match(), LIBRARY)
    counts = graph.counts()
    assert counts.counting
    assert counts.notices == ()
    by_text = {wish.text: wish for wish in counts.wishes}
    assert by_text.keys() == set(WISHES)
    [speech] = by_text["transcribes speech"].led_to
    assert (speech.artifact, speech.capability, speech.times) == (KESTREL.id, SPEECH.id, 2)
    assert {(led.artifact, led.capability) for led in by_text["Pricing: Free"].led_to} == {
        (KESTREL.id, ""),
        (OSPREY.id, ""),
    }
    assert counts.times() == {KESTREL.id: 4, OSPREY.id: 2}
    assert counts.met_by(OSPREY.id) == (("Pricing: Free", 2),)
    assert [(wish.text, wish.times) for wish in counts.missing] == [("makes tea", 2)]


def test_a_wish_asked_of_a_few_says_nothing_of_what_the_library_lacks(graph):
    few = replace(a_match(), total=2, excludes=(1, 0, 2))
    graph.count(few, LIBRARY)
    assert graph.counts().missing == ()
    graph.count(a_match(), LIBRARY)
    graph.count(few, LIBRARY)
    assert [wish.text for wish in graph.counts().missing] == ["makes tea"]


def test_what_meets_a_wish_beyond_what_is_shown_keeps_it_from_lacking(graph):
    graph.count(replace(a_match(), excludes=(4, 3, 4)), LIBRARY)
    assert graph.counts().missing == ()


def test_pages_that_disagree_are_no_lack(graph):
    match = a_match()
    row = (Cell("conflict", "both [1]", "quote", (1,)), Cell("silent", ""))
    graph.count(replace(match, grid=replace(match.grid, cells=(*match.grid.cells[:2], row))), LIBRARY)
    assert graph.counts().missing == ()


def test_the_switch_holds_for_every_process_and_keeps_what_was_counted(graph, tmp_path):
    graph.count(a_match(), LIBRARY)
    graph.switch(False)
    other = graph_in(tmp_path)
    assert not other.counting
    other.count(a_match(), LIBRARY)
    assert (other.counts().counting, other.counts().times()[OSPREY.id]) == (False, 1)
    # Neither forgetting nor a damaged file turns it on again.
    other.forget()
    (tmp_path / "matches.sqlite3").write_bytes(b"damaged " * 500)
    assert not graph.counting
    other.switch(True)
    graph.count(a_match(), LIBRARY)
    assert graph.counts().times()[OSPREY.id] == 1


def test_forgetting_leaves_nothing(graph, tmp_path):
    graph.count(a_match(), LIBRARY)
    graph.forget()
    assert graph.counts().wishes == ()
    assert b"tea" not in (tmp_path / "matches.sqlite3").read_bytes()


def test_where_the_setting_is_off_nothing_is_kept_and_no_switch_turns_it_on(tmp_path):
    graph = MatchGraph(Settings.load(matches="off", index=tmp_path))
    graph.count(a_match(), LIBRARY)
    graph.forget()
    assert (graph.can_count, graph.counting, graph.counts().wishes) == (False, False, ())
    with pytest.raises(SidebysideError, match="SIDEBYSIDE_MATCHES"):
        graph.switch(True)


def test_it_lies_in_the_data_folder_or_nowhere_without_a_home(tmp_path, monkeypatch):
    monkeypatch.delenv("SIDEBYSIDE_MATCHES")
    monkeypatch.setattr("sidebyside.graph.counting.data_folder", lambda: tmp_path / "data")
    MatchGraph(Settings.load(index=tmp_path)).count(a_match(), LIBRARY)
    assert (tmp_path / "data" / "matches.sqlite3").is_file()
    monkeypatch.setattr("sidebyside.graph.counting.data_folder", lambda: None)
    assert not MatchGraph(Settings.load(index=tmp_path)).can_count


def test_a_damaged_file_is_said_and_one_that_cannot_be_used_too(graph, tmp_path, caplog):
    (tmp_path / "matches.sqlite3").write_bytes(b"damaged " * 500)
    with caplog.at_level(logging.WARNING):
        graph.count(a_match(), LIBRARY)
    assert [record.message for record in caplog.records] == ["match graph set aside"]
    counts = graph.counts()
    assert counts.times()[OSPREY.id] == 1
    [notice] = counts.notices
    assert notice.startswith("the match graph could not be read and was set aside as ")
    assert notice.endswith("sidebyside library matches --forget")
    graph.forget()
    assert graph.counts().notices == ()
    nowhere = MatchGraph(Settings.load(matches=str(tmp_path), index=tmp_path))
    with caplog.at_level(logging.WARNING):
        nowhere.count(a_match(), LIBRARY)
    assert caplog.records[-1].message == "match not counted"
    assert "cannot be used" in nowhere.counts().notices[0]


@pytest.mark.integration
def test_matching_counts_and_counts_change_no_match(tmp_path_factory, tmp_path, encoder):
    from sidebyside.assistant import Assistant

    assert encoder is not None  # the real one has to be installed
    index = invented.real_index(tmp_path_factory)
    settings = Settings.load(matches=str(tmp_path / "counts"), index=index)
    with Assistant.open(index, settings=settings, model="none") as assistant:
        first = assistant.match("transcribes recorded speech, free, brews espresso")
        for _ in range(3):
            assistant.match("runs offline")
        assert assistant.match("transcribes recorded speech, free, brews espresso") == first
        counts = assistant.match_graph.counts()
        (tmp_path / "counts").write_bytes(b"damaged " * 500)
        assert assistant.match("transcribes recorded speech, free, brews espresso") == first
    assert counts.times() == {KESTREL.id: 4, invented.artifact_id("Marten Studio"): 2, OSPREY.id: 5}
    assert [(wish.text, wish.times) for wish in counts.missing] == [("brews espresso", 2)]
    kept = {led.capability for wish in counts.wishes for led in wish.led_to if led.artifact == OSPREY.id}
    assert kept == {"", OSPREY.capabilities[1].id}
    # In the library of one index, and of no other.
    assert MatchGraph(settings, tmp_path).counts().wishes == ()
