"""Generations on disk: what is published is what is opened, damage is noticed, nothing is ever half there."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from fakes import FakeEncoder, comparison_page
from sidebyside.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    LibraryIndexError,
)
from sidebyside.index import versions
from sidebyside.index.chroma import mean_rows
from sidebyside.index.opened import VECTORS, current_version, first_rows, open_index, page_hashes, publish_version
from sidebyside.index.passages import build_passages, write_passages
from sidebyside.library import build_library, write_library, write_pages
from sidebyside.pages import parse_page

ENCODER = FakeEncoder()
OLD = [("Alpha", "Beta")]
NEW = [("Alpha", "Beta"), ("Gamma", "Delta")]


def publish(index: Path, pairs, encoder=ENCODER) -> str:
    """Publish a version about these pairs of artifacts, without a build."""
    pages = [parse_page(comparison_page(*pair).encode(), f"{pair[0]}.txt") for pair in pairs]
    library = build_library(pages)
    passages = build_passages(library)
    with versions.writer_lock(index):
        building = versions.new_folder(index)
        write_library(library, building / "library.jsonl")
        write_passages(passages, building / "passages.jsonl")
        write_pages(pages, building / "pages.jsonl")
        (building / "origins.json").write_text("{}")
        texts = [sentence.text for passage in passages for sentence in passage.sentences]
        np.save(building / VECTORS, encoder.encode(texts))
        identity = (encoder.name, encoder.fingerprint, encoder.dimension)
        live = current_version(index)
        name = publish_version(index, building, passages=passages, encoder=identity, reader=1, counts={})
        versions.clean(index, keep={name, live})
        return name


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with an earlier version (OLD) and the live one (NEW), to be copied."""
    folder = tmp_path_factory.mktemp("template")
    publish(folder, OLD)
    publish(folder, NEW)
    return folder


@pytest.fixture
def index(template: Path, tmp_path: Path) -> Path:
    """A copy of the template to open, damage and write to."""
    return Path(shutil.copytree(template, tmp_path / "index"))


def live(index: Path) -> Path:
    name = current_version(index)
    assert name is not None
    return index / "generations" / name


def snapshot(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def names(opened) -> list[str]:
    return [artifact.name for artifact in opened.library.artifacts]


# --- what is opened --------------------------------------------------------------------------------------------------


def test_without_an_index_the_command_to_build_one_is_named(tmp_path):
    assert current_version(tmp_path / "none") is None
    with pytest.raises(IndexMissingError, match="build it with: sidebyside index PAGES --index"):
        open_index(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_what_was_published_is_opened(index):
    with open_index(index, fingerprint=ENCODER.fingerprint) as opened:
        assert opened.version == current_version(index) == live(index).name
        assert opened.notice is None
        assert names(opened) == ["Alpha", "Beta", "Delta", "Gamma"]
        texts = [sentence.text for passage in opened.passages for sentence in passage.sentences]
        assert np.array_equal(opened.vectors.all(), ENCODER.encode(texts))
        assert not opened.vectors.all().flags.writeable
        for position, row in enumerate(opened.first_rows):
            assert texts[row] == opened.passages[position].sentences[0].text


def test_rows_of_an_artifact_are_the_rows_of_its_sentences(index):
    with open_index(index) as opened:
        sentences = [(p.artifact, s) for p in opened.passages for s in p.sentences]
        seen = []
        for artifact in opened.library.artifacts:
            rows = opened.rows(artifact.id)
            assert len(rows) == sum(owner == artifact.id for owner, _ in sentences)
            assert all(sentences[row][0] == artifact.id for row in rows)
            seen += rows
        assert sorted(seen) == list(range(len(sentences)))
        assert opened.rows("nobody") == range(0)


def test_search_finds_passages_as_exact_comparison_does(index):
    with open_index(index) as opened:
        means = mean_rows(opened.vectors.all(), opened.first_rows)
        for query in ("speed table of Gamma", "memory set-up", "before and after every change"):
            vector = ENCODER.encode([query])[0]
            found = opened.search(vector, 5)
            exact = np.sort(means @ vector)[::-1][:5]
            assert [score for _, score in found] == pytest.approx(exact.tolist(), abs=1e-5)
            for position, score in found:
                assert score == pytest.approx(float(means[position] @ vector), abs=1e-5)
        assert opened.notice is None


def test_search_returns_at_most_what_there_is(index):
    with open_index(index) as opened:
        vector = ENCODER.encode(["speed"])[0]
        assert sorted(position for position, _ in opened.search(vector, 10_000)) == list(range(len(opened.passages)))
        assert opened.search(vector, 0) == []


def test_an_empty_collection_of_passages_answers_with_nothing(tmp_path):
    publish(tmp_path, [])
    with open_index(tmp_path) as opened:
        assert opened.passages == ()
        assert opened.vectors.shape == (0, 64)
        assert opened.search(ENCODER.encode(["speed"])[0], 3) == []


def test_mean_rows_are_normalised_means_of_each_passage():
    vectors = np.array([[1, 0], [0, 1], [0, 1], [1, 0]], dtype=np.float32)
    half = np.float32(np.sqrt(0.5))
    first = np.array([0, 2, 3])
    assert mean_rows(vectors, first) == pytest.approx(np.array([[half, half], [0, 1], [1, 0]]))
    assert mean_rows(vectors, first, 1, 2) == pytest.approx(np.array([[0, 1]]))
    assert mean_rows(vectors, first, 2, 2).shape == (0, 2)


def test_first_rows_of_no_passages_are_none():
    assert first_rows([]).tolist() == []


def test_many_vectors_are_read_from_their_file_and_are_the_same(index, monkeypatch):
    with open_index(index) as opened:
        expected = opened.vectors.all()
    monkeypatch.setattr("sidebyside.index.vectors._MOST_IN_MEMORY", 0)
    with open_index(index) as opened:
        assert np.array_equal(opened.vectors.rows(1, 3), expected[1:3])
        assert type(opened.vectors.all()) is np.ndarray
        assert not opened.vectors.all().flags.writeable
        assert np.array_equal(opened.vectors.all(), expected)
        assert len(opened.search(expected[0], 3)) == 3


def test_damage_under_an_open_index_does_not_reach_it(index):
    vector = ENCODER.encode(["speed"])[0]
    with open_index(index) as opened:
        expected = [score for _, score in opened.search(vector, 5)]
        for file in live(index).rglob("*.*"):
            if file.is_file():
                file.write_bytes(b"")
        assert [score for _, score in opened.search(vector, 5)] == expected
        assert opened.vectors.all()[opened.rows("gamma").start] @ vector > -1


def test_reading_leaves_the_version_as_it_was(index):
    before = snapshot(index)
    with open_index(index) as opened:
        opened.warm()
        opened.search(ENCODER.encode(["speed"])[0], 3)
    assert snapshot(index) == before


def test_threads_search_one_opened_index(index):
    with open_index(index) as opened:
        vector = ENCODER.encode(["speed table of Gamma"])[0]
        results: list[object] = []
        threads = [threading.Thread(target=lambda: results.append(opened.search(vector, 5))) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [opened.search(vector, 5)] * 16


def test_private_copies_are_deleted_on_closing_and_after_a_kill(index, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    opened = open_index(index)
    opened.warm()
    copies = list((tmp_path / "temporary").iterdir())
    assert len(copies) == 1
    stale = copies[0].with_name("sidebyside-chroma-stale")
    shutil.copytree(copies[0], stale)  # nobody holds this one: what a killed reader leaves
    with open_index(index) as other:
        other.warm()
        assert not stale.exists()
        assert copies[0].exists()
    opened.close()
    assert list((tmp_path / "temporary").iterdir()) == []


# --- what is refused or worked around -------------------------------------------------------------------------------


def test_another_encoder_is_refused_with_the_command(index):
    with pytest.raises(IndexMismatchError, match=r"built with encoder fake .*rebuild with: sidebyside index"):
        open_index(index, fingerprint="of another encoder")


@pytest.mark.parametrize("found", [0, versions.FORMAT + 1])
def test_another_format_is_refused_with_the_command(index, found):
    manifest = live(index) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": found}))
    with pytest.raises(IndexMismatchError, match=rf"has format {found}.*rebuild with: sidebyside index"):
        open_index(index)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(bytes(data))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGE = [_flip, _truncate, Path.unlink]
FILES = ["library.jsonl", "passages.jsonl", "pages.jsonl", VECTORS, "manifest.json"]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("file", FILES)
def test_damage_is_noticed_and_the_earlier_version_answers(index, file, damage):
    damaged = live(index)
    damage(damaged / file)
    with open_index(index) as opened:
        assert opened.version != damaged.name
        assert names(opened) == ["Alpha", "Beta"]
        assert opened.notice is not None
        assert damaged.name in opened.notice
        assert "sidebyside index" in opened.notice


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("file", FILES)
def test_damage_without_an_earlier_version_names_the_command(index, file, damage):
    for name in versions.other_names(index, current_version(index)):
        shutil.rmtree(index / "generations" / name)
    damage(live(index) / file)
    with pytest.raises(IndexDamagedError, match="rebuild with: sidebyside index"):
        open_index(index)


@pytest.mark.parametrize("text", [None, "", "nothing\n", "../index\n", ".building-x\n", "a/b\n", b"\xff\xfe"])
def test_a_bad_pointer_leads_to_the_newest_intact_version(index, text):
    pointer = index / "CURRENT"
    pointer.unlink()
    if text is not None:
        pointer.write_bytes(text if isinstance(text, bytes) else text.encode())
    with open_index(index) as opened:
        assert names(opened) == ["Alpha", "Beta", "Delta", "Gamma"]
        assert opened.notice is not None


@pytest.mark.parametrize("damage", [*DAMAGE, shutil.rmtree])
def test_search_works_without_chroma(index, damage):
    chroma = live(index) / "chroma"
    damage(chroma if damage is shutil.rmtree else next(chroma.rglob("data_level0.bin")))
    vector = ENCODER.encode(["speed table of Gamma"])[0]
    with open_index(index) as opened:
        assert opened.notice is None
        found = opened.search(vector, 5)
        assert "Chroma" in str(opened.notice)
        exact = np.sort(mean_rows(opened.vectors.all(), opened.first_rows) @ vector)[::-1][:5]
        assert [score for _, score in found] == pytest.approx(exact.tolist(), abs=1e-6)


def test_search_works_where_no_copy_can_be_made(index, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with open_index(index) as opened:
        assert len(opened.search(ENCODER.encode(["speed"])[0], 5)) == 5
        assert "Chroma" in str(opened.notice)


class Panic(BaseException):
    """What a panic in Chroma's native part looks like: no Exception."""


@pytest.mark.parametrize("error", [RuntimeError("query failed"), Panic("index out of bounds")])
def test_a_failure_inside_chroma_is_contained(index, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    vector = ENCODER.encode(["speed table of Gamma"])[0]
    with open_index(index) as opened:
        expected = opened.search(vector, 5)
        monkeypatch.setattr("chromadb.Collection.query", fail)
        assert [score for _, score in opened.search(vector, 5)] == pytest.approx([score for _, score in expected])
        assert str(error) in str(opened.notice)
        before = current_version(index)
        with pytest.raises(LibraryIndexError, match=rf"Chroma failed .*{error}"):
            publish(index, OLD)
        assert current_version(index) == before


def test_readers_never_fail_while_builds_publish(index):
    stop = threading.Event()
    errors: list[BaseException] = []
    seen: dict[int, str] = {}

    def read(number: int) -> None:
        opened = open_index(index)
        vector = ENCODER.encode(["speed"])[0]
        try:
            while not stop.is_set():
                if current_version(index) != opened.version:
                    opened.close()
                    opened = open_index(index)
                assert len(opened.search(vector, 1000)) == len(opened.passages)
                assert opened.notice is None
                seen[number] = opened.version
        except BaseException as error:
            errors.append(error)
        finally:
            opened.close()

    readers = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for reader in readers:
        reader.start()
    try:
        for number in range(6):
            name = publish(index, [*OLD, (f"Extra{number}", "Other")])
            deadline = time.monotonic() + 20
            while set(seen.values()) != {name} and time.monotonic() < deadline and not errors:
                time.sleep(0.01)
            assert (errors, set(seen.values())) == ([], {name})
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert errors == []


@pytest.mark.parametrize("step", ["other_names", "read_manifest"])
def test_a_reader_that_builds_overtake_opens_what_is_live_then(index, monkeypatch, step):
    """Two builds between reading CURRENT and holding what it names delete that version; nothing is damaged."""
    original = getattr(versions, step)
    before = live(index)
    published: list[str] = []

    def overtaken(*args):
        if before.exists():
            monkeypatch.setattr(versions, step, original)
            published[:] = [publish(index, [*OLD, (f"Extra{number}", "Other")]) for number in range(2)]
            assert not before.exists()
        return original(*args)

    monkeypatch.setattr(versions, step, overtaken)
    with open_index(index) as opened:
        assert opened.version == published[-1]
        assert opened.notice is None


# --- writing ---------------------------------------------------------------------------------------------------------


def test_an_open_index_keeps_answering_while_versions_come_and_go(index):
    vector = ENCODER.encode(["speed"])[0]
    opened = open_index(index)
    first = opened.search(vector, 4)
    folder = live(index)
    for number in range(4):
        publish(index, [*OLD, (f"Extra{number}", "Other")])
        assert opened.search(vector, 4) == first
        assert opened.vectors.shape[0] == sum(len(passage.sentences) for passage in opened.passages)
    assert folder.is_dir(), "a version that a reader holds is not deleted"
    opened.close()
    opened.close()
    publish(index, OLD)
    assert not folder.exists()
    assert len(list((index / "generations").iterdir())) == 2


def test_the_earlier_version_stays_and_older_ones_go(tmp_path):
    published = [publish(tmp_path, [*OLD, (f"Extra{number}", "Other")]) for number in range(4)]
    assert sorted(path.name for path in (tmp_path / "generations").iterdir()) == sorted(published[-2:])
    assert current_version(tmp_path) == published[-1]


def test_the_same_content_has_the_same_name_until_that_is_taken(tmp_path):
    first = publish(tmp_path / "a", NEW)
    again = publish(tmp_path / "b", NEW[::-1])
    assert first == again
    assert publish(tmp_path / "a", NEW) == f"{first}-2"
    manifests = [versions.read_manifest(live(tmp_path / name)) for name in ("a", "b")]
    assert manifests[0].content == manifests[1].content
    assert publish(tmp_path / "a", OLD) != first


def test_leftovers_of_killed_builds_are_deleted(index):
    for name in (".building-dead", ".deleting-dead"):
        (index / "generations" / name / "chroma").mkdir(parents=True)
    kept = {path.name for path in (index / "generations").iterdir() if not path.name.startswith(".")}
    with versions.writer_lock(index):
        versions.clean_leftovers(index)
    assert {path.name for path in (index / "generations").iterdir()} == kept
    with open_index(index) as opened:
        assert opened.notice is None


def test_a_second_writer_is_refused_at_once_with_the_pid_of_the_first(index):
    code = (
        "import sys, time; from pathlib import Path; from sidebyside.index import versions\n"
        "with versions.writer_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(index)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        started = time.monotonic()
        with pytest.raises(IndexBusyError, match=f"process {holder.pid} is building"), versions.writer_lock(index):
            pass
        assert time.monotonic() - started < 2
        with open_index(index) as opened:
            assert opened.notice is None
    finally:
        holder.kill()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    assert publish(index, OLD) == current_version(index), "a lock ends with its process"


def test_a_writer_that_is_just_ending_is_waited_for(index, monkeypatch):
    """Between taking the lock and leaving a name, or between taking the name back and the lock, there is no pid."""
    lock = FileLock(index / ".lock", thread_local=False)
    lock.acquire()
    ending = threading.Timer(0.1, lock.release)
    ending.start()
    with versions.writer_lock(index):
        pass
    ending.join()
    monkeypatch.setattr(versions, "_PAUSE", 0)
    expected = pytest.raises(IndexBusyError, match=r"^another process is building")
    with FileLock(index / ".lock"), expected, versions.writer_lock(index):
        pass


def test_two_threads_cannot_both_write(index):
    with versions.writer_lock(index), pytest.raises(IndexBusyError), versions.writer_lock(index):
        pass


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_leaves_the_old_index(index, monkeypatch, code):
    def refuse(path):
        raise OSError(code, os.strerror(code), str(path))

    before = current_version(index)
    monkeypatch.setattr(versions, "_sync", refuse)
    with pytest.raises(LibraryIndexError, match=rf"{os.strerror(code)}; the index in .* stays as it was"):
        publish(index, OLD)
    monkeypatch.undo()
    assert current_version(index) == before
    with open_index(index) as opened:
        assert opened.notice is None


def test_vectors_that_do_not_fit_the_passages_are_never_published(index, monkeypatch):
    before = current_version(index)
    broken = FakeEncoder()
    monkeypatch.setattr(broken, "encode", lambda texts: ENCODER.encode(texts)[:-1])
    with pytest.raises(IndexDamagedError, match="vectors are incomplete; the old index stays"):
        publish(index, [("Other", "Pair")], broken)
    assert current_version(index) == before


def test_paths_may_have_spaces_and_any_script(tmp_path):
    index = tmp_path / "mein Index – 索引"
    publish(index, OLD)
    with open_index(index) as opened:
        assert len(opened.search(ENCODER.encode(["speed"])[0], 3)) == 3
        assert opened.notice is None


BUILDER = """
import sys, itertools
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[2] + "/index"]
import test_opened
for number in itertools.count():
    test_opened.publish(Path(sys.argv[1]), test_opened.OLD if number % 2 else test_opened.NEW)
    print(number, flush=True)
"""


def test_a_kill_at_any_moment_leaves_an_old_or_a_new_version(index):
    random.seed(7)
    vector = ENCODER.encode(["speed"])[0]
    for _ in range(10):
        tests = str(Path(__file__).parents[1])
        builder = subprocess.Popen([sys.executable, "-c", BUILDER, str(index), tests], stdout=subprocess.PIPE)
        assert builder.stdout is not None
        builder.stdout.readline()  # imports are done: from here on every moment is one of a build
        time.sleep(random.uniform(0, 0.4))
        os.kill(builder.pid, signal.SIGKILL)
        builder.wait()
        builder.stdout.close()
        with open_index(index, fingerprint=ENCODER.fingerprint) as opened:
            assert opened.notice is None
            assert names(opened) in (["Alpha", "Beta"], ["Alpha", "Beta", "Delta", "Gamma"])
            assert len(opened.search(vector, 100)) == len(opened.passages)
            assert opened.notice is None
    publish(index, OLD)
    folders = [path.name for path in (index / "generations").iterdir()]
    assert len([name for name in folders if not name.startswith(".")]) <= 2


def test_page_hashes_are_those_of_the_version_that_is_named(tmp_path):
    folder = tmp_path / "generations" / "v1"
    folder.mkdir(parents=True)
    files = [{"source": "a.txt", "sha256": "aa", "read": "2026-11-01"}, {"source": "b.txt", "sha256": "bb"}]
    (folder / "origins.json").write_text(json.dumps({"files": files}))
    assert page_hashes(tmp_path, "v1") == {"a.txt": ("aa", "2026-11-01"), "b.txt": ("bb", "")}
    for text in ("{}", "[]", "{", '{"files": [1]}'):
        (folder / "origins.json").write_text(text)
        assert page_hashes(tmp_path, "v1") == {}
    # A name from outside leads nowhere else.
    assert [page_hashes(tmp_path, name) for name in ("", "v2", ".", "..", "../generations/v1", "v\0")] == [{}] * 6
