"""Generations on a real Chroma server: shared by several folders, switched at once, done without when away."""

from __future__ import annotations

import json
import shutil
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import invented
from chroma_running import chroma_running, free_port
from invented import PAGES, ContentEncoder
from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index
from sidebyside.errors import IndexBusyError, LibraryIndexError, SettingsError
from sidebyside.index import chroma_files, chroma_remote, nearest, versions
from sidebyside.index.chroma_remote import ChromaServer
from sidebyside.index.opened import current_version, open_index
from sidebyside.settings import Settings

QUESTION = "Which ranks higher, Kestrel 7B or Marten Studio?"
FIND = "Which artifact transcribes recorded speech?"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with chroma_running(tmp_path_factory.mktemp("chroma") / "store") as address:
        yield address


@pytest.fixture
def settings(url) -> Settings:
    """A library of its own for each test."""
    return Settings.load(chroma_url=url, chroma_library=f"test-{uuid.uuid4().hex[:8]}", model="none")


@pytest.fixture(autouse=True)
def without_weights(monkeypatch):
    monkeypatch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: ContentEncoder())


def build(folder: Path, settings: Settings, pages=PAGES):
    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (seeds / name).write_text(text, "utf-8")
    return build_index((), index=folder, settings=settings, encoder=ContentEncoder())


OPEN: list[ChromaServer] = []


def server_of(settings: Settings) -> ChromaServer:
    server = chroma_remote.chroma_server(settings)
    assert server is not None
    OPEN.append(server)
    return server


@pytest.fixture(autouse=True)
def closed_afterwards():
    yield
    while OPEN:
        OPEN.pop().close()


def collections(settings: Settings) -> list[str]:
    return sorted(
        collection.name
        for collection in server_of(settings).client.list_collections()
        if collection.name.startswith(settings.chroma_library)
    )


def another_page() -> dict[str, str]:
    page = invented.page_text(
        ("Puffin", ("Model", "91/100", "0", "0", "Free"), (("Reads maps.", "Maps", "Maps"),)),
        ("Heron", ("Model", "10/100", "0", "0", "Free"), (("Draws charts.", "Charts", "Charts"),)),
    )
    return {**PAGES, "puffin.txt": page}


def wait_until(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_rows_are_on_the_server_and_found_as_from_the_folder(settings, tmp_path):
    report = build(tmp_path / "remote", settings)
    build(tmp_path / "local", Settings.load())
    folder = tmp_path / "remote" / "generations" / report.generation / "chroma"
    assert [path.name for path in folder.iterdir()] == ["collection.json"]
    vector = ContentEncoder().encode(["transcribes recorded speech"])[0]
    with (
        open_index(tmp_path / "remote", server=server_of(settings)) as remote,
        open_index(tmp_path / "local") as local,
    ):
        found, wanted = remote.search(vector, 5), local.search(vector, 5)
        assert remote.notice is None
        assert [position for position, _ in found] == [position for position, _ in wanted]
        assert np.allclose([score for _, score in found], [score for _, score in wanted], atol=1e-5)


def test_nothing_new_is_nothing_published(settings, tmp_path):
    first = build(tmp_path / "a", settings)
    before = collections(settings)
    again = build(tmp_path / "a", settings)
    assert (again.published, again.generation) == (False, first.generation)
    assert collections(settings) == before


def test_an_index_moves_to_the_server_and_back_by_building(settings, tmp_path):
    assert build(tmp_path / "a", Settings.load()).published
    assert build(tmp_path / "a", settings).published
    assert not build(tmp_path / "a", settings).published
    assert build(tmp_path / "a", Settings.load()).published
    with open_index(tmp_path / "a") as index:
        index.warm()
        assert index.notice is None


def test_a_process_with_an_empty_folder_gets_everything_from_the_server(settings, tmp_path):
    build(tmp_path / "builder", settings)
    with (
        Assistant.open(tmp_path / "reader", settings=settings) as reader,
        Assistant.open(tmp_path / "builder", settings=settings) as builder,
    ):
        for question in (QUESTION, FIND):
            theirs, ours = reader.answer(question), builder.answer(question)
            assert (theirs.text, theirs.citations, theirs.notes) == (ours.text, ours.citations, ours.notes)
    for name in ("library.jsonl", "passages.jsonl", "embeddings.npy", "manifest.json"):
        [sent], [received] = (
            list((tmp_path / side / "generations").glob(f"*/{name}")) for side in ("builder", "reader")
        )
        assert sent.read_bytes() == received.read_bytes()


def test_what_one_publishes_the_others_pick_up(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(chroma_files, "FOLLOW", 0.05)
    build(tmp_path / "builder", settings)
    with (
        Assistant.open(tmp_path / "one", settings=settings) as one,
        Assistant.open(tmp_path / "two", settings=settings) as two,
    ):
        highest = "Which artifact has the highest UnfragileRank?"
        assert "Puffin" not in one.answer(highest).text
        build(tmp_path / "builder", settings, another_page())
        for assistant in (one, two):
            wait_until(lambda assistant=assistant: "Puffin" in assistant.answer(highest).text)
            assert assistant.answer(FIND).notes == one.answer(FIND).notes


def test_another_machine_with_the_same_pages_builds_on_what_is_live(settings, tmp_path):
    build(tmp_path / "one", settings)
    report = build(tmp_path / "two", settings, another_page())
    assert (report.published, report.parsed) == (True, 1), "only the new page is read"
    with Assistant.open(tmp_path / "one", settings=settings) as assistant:
        labels = {artifact.label for artifact in assistant.library.artifacts}
    assert {"Puffin", "Heron", "Kestrel 7B"} <= labels


def test_a_build_that_was_overtaken_publishes_nothing(settings, tmp_path, monkeypatch):
    build(tmp_path / "one", settings)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    build_rows = ChromaServer.build_rows

    def overtaken(self, *arguments):
        monkeypatch.setattr(ChromaServer, "build_rows", build_rows)
        build(tmp_path / "two", settings, another_page())
        build_rows(self, *arguments)

    live = server_of(settings).live()
    monkeypatch.setattr(ChromaServer, "build_rows", overtaken)
    extra = {**PAGES, "late.txt": another_page()["puffin.txt"].replace("Puffin", "Late")}
    before = current_version(tmp_path / "one")
    with pytest.raises(IndexBusyError, match="another machine published"):
        build(tmp_path / "one", settings, extra)
    assert current_version(tmp_path / "one") == before
    after = server_of(settings).live()
    assert after != live
    assert after.generation == current_version(tmp_path / "two")
    assert build(tmp_path / "one", settings, extra).published, "the next build begins from what is live now"


@pytest.mark.parametrize("failing", ["put_all_rows", "_verify_rows", "_upload", "_check_upload", "point"])
def test_a_build_that_fails_anywhere_leaves_the_old_version_live(settings, tmp_path, monkeypatch, failing):
    build(tmp_path / "a", settings)
    live, name = server_of(settings).live(), current_version(tmp_path / "a")

    def fail(*_, **__):
        raise LibraryIndexError("broken by the test")

    owner = {
        "put_all_rows": "sidebyside.index.chroma_remote.put_all_rows",
        "_verify_rows": "sidebyside.index.opened._verify_rows",
        "_upload": "sidebyside.index.chroma_files._upload",
        "_check_upload": "sidebyside.index.chroma_files._check_upload",
        "point": "sidebyside.index.chroma_remote.ChromaServer.point",
    }[failing]
    with monkeypatch.context() as patch:
        patch.setattr(owner, fail)
        with pytest.raises(LibraryIndexError, match="broken by the test"):
            build(tmp_path / "a", settings, another_page())
    assert (server_of(settings).live(), current_version(tmp_path / "a")) == (live, name)
    with Assistant.open(tmp_path / "fresh", settings=settings) as assistant:
        assert assistant.answer(QUESTION).status == "answered"
    assert build(tmp_path / "a", settings, another_page()).published


def test_files_that_were_altered_on_the_server_are_refused(settings, tmp_path):
    build(tmp_path / "a", settings)
    live = server_of(settings).live()
    files = server_of(settings).client.get_collection(
        f"{settings.chroma_library}.files.{live.id}", embedding_function=None
    )
    other = files.get(ids=["00000000/passages.jsonl"], include=["documents"])["documents"][0]
    files.update(ids=["00000000/library.jsonl"], embeddings=[[1.0]], documents=[other])
    with pytest.raises(LibraryIndexError, match=r"library\.jsonl"):
        Assistant.open(tmp_path / "reader", settings=settings)
    assert current_version(tmp_path / "reader") is None


def test_names_of_files_cannot_lead_out_of_the_folder(settings, tmp_path):
    build(tmp_path / "a", settings)
    live = server_of(settings).live()
    files = server_of(settings).client.get_collection(
        f"{settings.chroma_library}.files.{live.id}", embedding_function=None
    )
    files.add(
        ids=["00000000/../../out"], embeddings=[[1.0]], documents=["eA=="], metadatas=[{"file": "../../out", "part": 0}]
    )
    with pytest.raises(LibraryIndexError, match=r"a file is called '\.\./\.\./out'"):
        chroma_files.fetch(server_of(settings), tmp_path / "b")
    assert not (tmp_path / "out").exists()


def test_old_versions_go_and_two_stay(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(chroma_remote, "GRACE", 0)
    pages = dict(PAGES)
    for number in range(4):
        pages[f"extra-{number}.txt"] = another_page()["puffin.txt"].replace("Puffin", f"Bird {number}")
        build(tmp_path / "a", settings, pages)
    live = server_of(settings).live()
    wanted = [f"{kind}.{made}" for kind in ("files", "rows") for made in (live.id, live.previous)]
    assert collections(settings) == sorted(f"{settings.chroma_library}.{name}" for name in ["live", *wanted])


def test_a_shared_folder_needs_no_files_on_the_server(settings, tmp_path):
    shared = settings.model_copy(update={"chroma_files": False})
    build(tmp_path / "shared", shared)
    assert not [name for name in collections(settings) if ".files." in name]
    with (
        Assistant.open(tmp_path / "shared", settings=shared) as one,
        Assistant.open(tmp_path / "shared", settings=shared) as two,
    ):
        assert one.answer(FIND).text == two.answer(FIND).text
        build(tmp_path / "shared", shared, another_page())
        assert one.generation == two.generation == current_version(tmp_path / "shared")


def test_without_the_server_answers_go_on_and_it_is_taken_up_again(tmp_path, monkeypatch):
    monkeypatch.setattr(nearest, "AGAIN", 0.0)
    store, port = tmp_path / "store", free_port()
    settings = Settings.load(chroma_url=f"http://127.0.0.1:{port}", model="none")
    with chroma_running(store, port):
        build(tmp_path / "a", settings)
        opened = Assistant.open(tmp_path / "a", settings=settings)
        whole = opened.answer(FIND)
    with opened:
        alone = opened.answer(FIND)
        assert (alone.text, alone.citations) == (whole.text, whole.citations)
        [note] = [note for note in opened.answer(FIND).notes if "Chroma" in note]
        assert "127.0.0.1 failed" in note
        assert "SIDEBYSIDE_CHROMA_URL" in note
        with Assistant.open(tmp_path / "a", settings=settings) as late:
            assert late.answer(FIND).citations == whole.citations
        with pytest.raises(LibraryIndexError, match="check that it runs"):
            Assistant.open(tmp_path / "empty", settings=settings)
        with pytest.raises(LibraryIndexError, match="check that it runs"):
            build(tmp_path / "a", settings, another_page())
        with chroma_running(store, port):
            opened.answer(FIND)
            assert not [note for note in opened.answer(FIND).notes if "Chroma" in note]


def test_without_the_setting_the_rows_are_not_looked_for(settings, tmp_path):
    build(tmp_path / "a", settings)
    with Assistant.open(tmp_path / "a", settings=Settings.load(model="none")) as assistant:
        assistant.answer(FIND)
        assert any("set SIDEBYSIDE_CHROMA_URL" in note for note in assistant.answer(FIND).notes)


def test_a_collection_that_lost_rows_is_not_trusted(settings, tmp_path):
    build(tmp_path / "a", settings)
    live = server_of(settings).live()
    rows = server_of(settings).client.get_collection(
        f"{settings.chroma_library}.rows.{live.id}", embedding_function=None
    )
    rows.delete(ids=rows.get(limit=1)["ids"])
    with open_index(tmp_path / "a", server=server_of(settings)) as index:
        assert index.search(ContentEncoder().encode(["speech"])[0], 3)
        assert f"{len(index.passages) - 1} rows instead of {len(index.passages)}" in (index.notice or "")
    assert build(tmp_path / "a", settings).published, "building again mends it"


# --- the connection --------------------------------------------------------------------------------------------------


class Recorder(BaseHTTPRequestHandler):
    """Writes down what it is asked, and refuses, or never answers."""

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        if self.server.silent.is_set():
            self.server.release.wait(30)
        body = json.dumps({"error": "Unauthorized", "message": "no"}).encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def recorder():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.daemon_threads = True
    server.seen, server.silent, server.release = [], threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_token_is_sent_and_never_shown(recorder):
    server = ChromaServer(f"http://127.0.0.1:{recorder.server_port}", "lib", token="secret-of-the-tests")
    OPEN.append(server)
    with pytest.raises(LibraryIndexError, match="SIDEBYSIDE_CHROMA_TOKEN") as caught:
        server.live()
    _path, headers = recorder.seen[0]
    lowered = {name.lower(): value for name, value in headers.items()}
    assert lowered["authorization"] == "Bearer secret-of-the-tests"
    assert lowered["x-chroma-token"] == "secret-of-the-tests"
    assert "secret" not in f"{caught.value} {server!r}"


def test_tenant_and_database_stand_in_the_address(settings, tmp_path):
    server_of(settings).client._admin_client.create_database(settings.chroma_library)
    inside = settings.model_copy(
        update={"chroma_url": f"{settings.chroma_url}/default_tenant/{settings.chroma_library}"}
    )
    build(tmp_path / "a", inside)
    assert collections(inside)
    assert collections(settings) == []


def test_a_server_that_hangs_costs_its_time_limit(recorder):
    recorder.silent.set()
    began = time.monotonic()
    with pytest.raises(LibraryIndexError, match=r"Chroma server at 127\.0\.0\.1 failed"):
        ChromaServer(f"http://127.0.0.1:{recorder.server_port}", "lib", timeout=0.5).live()
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host", "http://", "http://host:99999", "http://[::1"])
def test_unusable_addresses_are_refused(url):
    with pytest.raises(SettingsError, match="SIDEBYSIDE_CHROMA_URL must look like"):
        chroma_remote.chroma_server(Settings.load(chroma_url=url))


def test_the_name_in_collection_json_is_an_id_and_nothing_else(tmp_path):
    (tmp_path / "collection.json").write_text(json.dumps({"id": "../other"}))
    with pytest.raises(LibraryIndexError, match=r"collection\.json cannot be read"):
        chroma_remote.collection_id(tmp_path)
    assert versions.hash_bytes(b"") == versions.hash_text("")
