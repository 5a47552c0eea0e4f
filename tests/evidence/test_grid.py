"""Cells: what states, what is silent, what contradicts; clauses; all sentences judged together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import invented
from sidebyside.evidence.grid import GridFinder, _with_its_not, _writes_in_full, clauses
from sidebyside.evidence.retrieval import Retriever
from sidebyside.records import Criterion
from sidebyside.text.words import content_stems


class WordJudge:
    """Judges by common words: a text-determined stand-in."""

    def __init__(self) -> None:
        self.calls = 0

    def judge(self, pairs):
        self.calls += 1
        rows = np.empty((len(pairs), 3), dtype=np.float32)
        for place, (criterion, sentence, _context) in enumerate(pairs):
            wanted = content_stems(criterion)
            bears = 0.02 + 0.96 * len(wanted & content_stems(sentence)) / max(1, len(wanted))
            denied = bears if "not" in sentence.split() else 0.0
            rows[place] = (bears - denied, denied, 1 - bears)
        return rows


@pytest.fixture
def finder() -> GridFinder:
    return GridFinder(invented.retriever(), WordJudge())


def artifact(name: str):
    return invented.library().get(invented.artifact_id(name))


def test_what_a_sentence_says_is_stated_with_its_quote(finder):
    cell = finder.cell(artifact("Kestrel 7B"), Criterion("transcribes speech", "transcribes recorded speech languages"))
    assert cell.state == "stated"
    assert "Transcribes recorded speech in twelve languages" in cell.evidence[0].quote
    assert cell.clause in cell.evidence[0].quote


def test_what_no_sentence_says_is_silent_and_the_nearest_are_kept(finder):
    cell = finder.cell(artifact("Kestrel 7B"), Criterion("roast coffee", "roast coffee beans slowly"))
    assert cell.state == "silent"
    assert cell.evidence


def test_what_a_sentence_denies_is_denied(finder):
    cell = finder.cell(artifact("Kestrel 7B"), Criterion("watermarks", "support watermarking of generated pictures"))
    assert cell.state == "denied"
    assert not cell.met


def test_what_only_a_comparison_with_others_says_is_stated(finder):
    cell = finder.cell(artifact("Osprey Index"), Criterion("private", "more private"))
    assert cell.state == "stated"
    assert cell.evidence[0].quote == "More private than Cloudgrep"


def test_a_name_that_only_a_comparison_with_others_has_is_lacking(finder):
    osprey = artifact("Osprey Index")
    assert finder.look(osprey, Criterion("Cloudgrep", "Cloudgrep")).features["lacking"] > 0
    assert finder.look(osprey, Criterion("offline", "offline")).features["lacking"] == 0


def test_names_that_are_lacking_count_by_their_share(finder):
    def lacking(text: str) -> float:
        return finder.look(artifact("Marten Studio"), Criterion(text, text)).features["lacking"]

    assert lacking("QueXo") == 1
    assert lacking("QueXo VorLax") == pytest.approx(4 / 3)
    # The page writes Team.
    assert lacking("QueXo Team") == pytest.approx(2 / 3)
    assert lacking("MMLU") == 2


class Sure:
    """Judges every sentence to state everything."""

    def judge(self, pairs):
        return np.tile(np.float32([0.95, 0.03, 0.02]), (len(pairs), 1))


@pytest.mark.parametrize(("asked", "state"), [("watermarking of pictures", "denied"), ("no watermarking", "stated")])
def test_words_that_a_sentence_negates_are_denied_however_sure_the_judge_is(asked, state):
    cell = GridFinder(invented.retriever(), Sure()).cell(artifact("Kestrel 7B"), Criterion(asked, asked))
    assert cell.evidence[0].quote == "Does not support watermarking of generated pictures."
    assert cell.state == state


def test_a_name_may_be_written_by_the_suffix_of_its_files():
    class Exporting(Retriever):
        def sentences(self, artifact):
            hits, rows = super().sentences(artifact)
            return [
                replace(hit, sentence=replace(hit.sentence, text="Tables are saved as XLSX.")) for hit in hits
            ], rows

    encoder = invented.ContentEncoder()
    finder = GridFinder(Exporting(invented.MemoryIndex(invented.library(), encoder), encoder), WordJudge())
    lacking = {
        name: finder.look(artifact("Kestrel 7B"), Criterion(name, name)).features["lacking"]
        for name in ("exports to Excel", "exports to Airtable")
    }
    assert lacking == {"exports to Excel": 0.0, "exports to Airtable": 1.0}


def test_a_grid_has_a_row_for_each_criterion_and_a_cell_for_each_artifact(finder):
    artifacts = [artifact("Kestrel 7B"), artifact("Marten Studio")]
    criteria = [Criterion("speech", "transcribes recorded speech"), Criterion("invoices", "edits invoices together")]
    grid = finder.grid(artifacts, criteria)
    assert [[cell.artifact.name for cell in row] for row in grid] == [["Kestrel 7B", "Marten Studio"]] * 2
    assert [cell.state for cell in grid[0]] == ["stated", "stated"]
    assert [cell.state for cell in grid[1]] == ["silent", "stated"]


def test_the_same_question_gives_the_same_cells(finder):
    criterion = Criterion("speech", "transcribes recorded speech")
    assert finder.cell(artifact("Marten Studio"), criterion) == finder.cell(artifact("Marten Studio"), criterion)


def test_a_sentence_is_cut_into_runs_of_clauses_that_stand_in_it():
    sentence = "Keeps logs for 30 days on Basic, and for a whole year on Team, but never copies them abroad."
    runs = clauses(sentence, together=2)
    assert "never copies them abroad" in runs[-1] or any("never copies them abroad" in run for run in runs)
    assert all(run in sentence for run in runs)


def test_a_range_is_not_cut_in_two():
    assert not [run for run in clauses("Compares variants (SD 1.5, SDXL, FLUX) across many metrics.") if "(" not in run]
    assert clauses("Accepts label rolls between 20 and 48 mm in width.") == [
        "Accepts label rolls between 20 and 48 mm in width."
    ]


@pytest.mark.parametrize(
    ("clause", "whole"),
    [
        ("though benchmark names", "though benchmark names and scores are not disclosed"),
        ("Reads charts well", "Reads charts well"),
        ("names and scores are not disclosed", "names and scores are not disclosed"),
    ],
)
def test_a_clause_keeps_the_not_that_follows_in_it(clause, whole):
    sentence = "Reads charts well, though benchmark names and scores are not disclosed."
    assert _with_its_not(clause, sentence) == whole


@pytest.mark.parametrize(
    ("name", "asked", "share"),
    [
        ("Marten Studio", "what the Team plan costs", 1.0),
        ("Marten Studio", "what the Gold plan costs", 0.0),
        ("Marten Studio", "less than Ledgerly", 0.0),  # whom a page compares its artifact with
        ("Marten Studio", "what the plan costs", 0.0),
    ],
)
def test_a_sentence_that_writes_the_name_asked_for_says_more(finder, name, asked, share):
    assert finder.look(artifact(name), Criterion(asked, asked)).features["named"] == share


def test_a_word_that_nobody_writes_is_a_name_in_small_letters_too(finder):
    def lacking(text: str) -> float:
        return finder.look(artifact("Marten Studio"), Criterion(text, text)).features["lacking"]

    assert lacking("score on mmmu") == 1
    assert lacking("score on tables") == 0


def test_a_word_without_its_vowels_is_written_in_full():
    assert _writes_in_full("ckpts", ["saves a checkpoint every hour"])
    assert not _writes_in_full("ckpts", ["keeps nothing, packs and stores"])
