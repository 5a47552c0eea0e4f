"""An opened version reads its records when they are looked at, and they are the ones that were written."""

from __future__ import annotations

import copy
import os
import threading
from dataclasses import replace

import pytest

import invented
from fakes import FakeEncoder
from sidebyside.building.build import build_index
from sidebyside.errors import IndexDamagedError, IndexMismatchError
from sidebyside.evidence.retrieval import Retriever
from sidebyside.index.opened import open_index
from sidebyside.index.passages import StoredPassages, build_passages, write_passages, write_table
from sidebyside.index.versions import FORMAT
from sidebyside.library import open_library, read_library, write_library
from sidebyside.records import Library


@pytest.fixture(scope="module")
def passages():
    return build_passages(invented.library())


@pytest.fixture
def stored(tmp_path, passages) -> StoredPassages:
    write_passages(passages, tmp_path / "passages.jsonl")
    write_table(passages, tmp_path)
    return StoredPassages(tmp_path)


@pytest.fixture
def library_file(tmp_path):
    write_library(invented.library(), tmp_path / "library.jsonl")
    return tmp_path / "library.jsonl"


def test_passages_are_a_sequence_like_the_one_written(stored, passages):
    assert stored == passages
    assert tuple(stored) == passages
    assert [stored[place] for place in range(len(stored))] == list(passages)
    assert stored[-1] == passages[-1]
    assert stored[2:9:3] == passages[2:9:3]
    assert stored != passages[:-1]
    assert stored != (*passages[:-1], passages[0])
    with pytest.raises(IndexError):
        stored[len(passages)]


def test_every_passage_is_found_by_its_id_and_its_artifact(stored, passages):
    assert [stored.position(passage.id) for passage in passages] == list(range(len(passages)))
    with pytest.raises(KeyError):
        stored.position("nowhere")
    for artifact in invented.library().artifacts:
        assert [stored[place].artifact for place in stored.positions(artifact.id)] == [
            passage.artifact for passage in passages if passage.artifact == artifact.id
        ]
        sentences = [s for passage in passages if passage.artifact == artifact.id for s in passage.sentences]
        assert len(stored.rows(artifact.id)) == len(sentences)
    assert stored.positions("nobody") == stored.rows("nobody") == range(0)


def test_passages_stay_readable_after_their_file_is_gone_and_from_many_threads(stored, passages, tmp_path):
    (tmp_path / "passages.jsonl").unlink()
    wrong = []

    def look(first: int) -> None:
        wrong.extend(place for place in range(first, len(passages)) if stored[place] != passages[place])

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_file_with_other_passages_than_the_table_is_refused(tmp_path, passages):
    write_passages(passages[1:], tmp_path / "passages.jsonl")
    with pytest.raises(IndexDamagedError, match=f"{len(passages) - 1} of {len(passages)} passages"):
        write_table(passages, tmp_path)


def test_an_opened_library_equals_the_one_written(library_file):
    opened, read = open_library(library_file), read_library(library_file)
    assert opened == read == invented.library()
    assert read == opened
    assert hash(opened) == hash(read)
    assert repr(opened.artifacts[0]) == repr(read.artifacts[0]).replace("Artifact(", "StoredArtifact(", 1)
    assert [artifact.described for artifact in opened.artifacts] == [len(a.capabilities) for a in read.artifacts]


def test_an_opened_library_can_be_written_copied_and_changed(library_file, tmp_path):
    opened = open_library(library_file)
    write_library(opened, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == library_file.read_bytes()
    first = opened.artifacts[0]
    assert copy.deepcopy(first) == first
    changed = replace(first, capabilities=first.capabilities[:1])
    assert (changed.described, len(changed.capabilities)) == (1, 1)
    assert changed != first
    with pytest.raises(AttributeError):
        first.colour  # noqa: B018


def test_capabilities_are_read_when_they_are_looked_at(library_file):
    opened = open_library(library_file)
    library_file.unlink()
    assert opened == invented.library()


def test_texts_that_look_like_the_file_itself_are_read_as_texts(tmp_path):
    library = invented.library()
    first = library.artifacts[0]
    capability = first.capabilities[0]
    assert capability.description is not None
    tricky = '],"capabilities_total":9,"capabilities":[{"id":'
    described = replace(capability, description=replace(capability.description, text=tricky))
    changed = replace(first, aliases=(tricky,), capabilities=(described, *first.capabilities[1:]))
    wanted = Library((changed, *library.artifacts[1:]), library.verdicts)
    write_library(wanted, tmp_path / "library.jsonl")
    opened = open_library(tmp_path / "library.jsonl")
    assert opened == wanted
    assert opened.artifacts[0].described == len(first.capabilities)


@pytest.mark.parametrize("line", ["{}", "no json", '{"id":"a","capabilities":[', "[]"])
def test_a_damaged_line_is_named(tmp_path, line):
    (tmp_path / "library.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(IndexDamagedError, match=r"library\.jsonl, line 1 is damaged"):
        open_library(tmp_path / "library.jsonl")


def test_damage_that_comes_after_opening_is_named(library_file):
    opened = open_library(library_file)
    with library_file.open("r+b") as file:
        os.truncate(file.fileno(), 200)
    with pytest.raises(IndexDamagedError, match="is cut off"):
        opened.artifacts[-1].capabilities  # noqa: B018


def test_an_index_on_disk_finds_what_one_in_memory_finds(tmp_path):
    encoder = invented.ContentEncoder()
    for name, text in invented.PAGES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    build_index([tmp_path], index=tmp_path / "index", encoder=encoder)
    memory = invented.MemoryIndex(invented.library(), encoder)
    with open_index(tmp_path / "index") as opened:
        assert opened.passages == memory.passages
        ours, theirs = Retriever(opened, encoder), Retriever(memory, encoder)
        for query in ("speech in noisy rooms", "free of charge", "maps", "a thing that no page knows"):
            for artifact in memory.library.artifacts:
                assert ours.inside(artifact.id, (query,)) == theirs.inside(artifact.id, (query,))
                found, wanted = ours.capability_vectors(artifact.id), theirs.capability_vectors(artifact.id)
                assert {key: row.tobytes() for key, row in found.items()} == {
                    key: row.tobytes() for key, row in wanted.items()
                }
            assert ours.across((query,)) == theirs.across((query,))


def test_a_version_of_an_earlier_format_is_refused_with_the_command_and_built_anew(tmp_path):
    encoder = FakeEncoder()
    for name, text in invented.PAGES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    index = tmp_path / "index"
    first = build_index([tmp_path], index=index, encoder=encoder)
    manifest = index / "generations" / first.generation / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace(f'"format": {FORMAT}', '"format": 1'), "utf-8")
    with pytest.raises(
        IndexMismatchError, match=f"has format 1, this program reads {FORMAT}; rebuild with: sidebyside"
    ):
        open_index(index)
    report = build_index(index=index, encoder=encoder)
    assert (report.pages, report.passages) == (first.pages, first.passages)
    with open_index(index) as opened:
        assert opened.notice is None


def test_a_library_knows_its_labels_and_types_once(library_file):
    library = open_library(library_file)
    assert library.labels == tuple(dict.fromkeys(f.label for a in library.artifacts for f in a.facts))
    assert library.labels is library.labels
    assert library.types == {artifact.type for artifact in library.artifacts}
    assert (Library(()).labels, Library(()).types) == ((), frozenset())
    assert library == invented.library()
