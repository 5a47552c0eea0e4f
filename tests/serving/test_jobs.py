"""Uploads: a job for each, one at a time, told apart by its id from any process."""

from __future__ import annotations

import errno
import io
import json
import os
import threading
import time

import pytest
from starlette.testclient import TestClient

from fakes import FakeEncoder, comparison_page
from serving_routes import LOCAL, api_for, guarded
from sidebyside.errors import BusyError, IndexBusyError, SidebysideError
from sidebyside.records import BuildReport
from sidebyside.serving import jobs as jobs_module
from sidebyside.serving.jobs import ENDED, MAX_KEPT, MAX_WAITING, Jobs
from sidebyside.settings import Settings
from standin import StandIn

REPORT = BuildReport(1, (), 2, 3, "g2", 0.1)


def wait_for(jobs: Jobs, job_id: str, *states: str):
    """The job as soon as it is in one of these states."""
    deadline = time.monotonic() + 20
    while (job := jobs.get(job_id)) is None or job.state not in states:
        assert time.monotonic() < deadline, job
        time.sleep(0.01)
    return job


def one_file(text: str = "text"):
    return [("page.txt", io.BytesIO(text.encode()))]


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(index=tmp_path / "index")


# --- the jobs themselves ---------------------------------------------------------------------------------------------


def test_job_tells_its_progress_and_its_report(settings, monkeypatch):
    monkeypatch.setattr(jobs_module, "_NOTE_EVERY", 0)
    go_on = threading.Event()
    seen = []

    def work(files, _settings, progress):
        seen.extend((file.name, file.read_text()) for file in files)
        progress("embed", 3, 7)
        assert go_on.wait(10)
        return REPORT

    jobs = Jobs(settings, work)
    job = jobs.submit([("../../a/page.txt", io.BytesIO(b"one")), ("page.txt", io.BytesIO(b"two"))])
    assert (job.state, job.files) == ("waiting", ["page.txt", "page.txt"])
    running = wait_for(jobs, job.id, "running")
    assert (running.stage, running.done, running.total) == ("embed", 3, 7)
    go_on.set()
    done = wait_for(jobs, job.id, "done")
    assert done.report == REPORT
    assert sorted(seen) == [("page.txt", "one"), ("page.txt", "two")]


def test_another_process_can_tell_too(settings):
    jobs = Jobs(settings, lambda *_: REPORT)
    job = jobs.submit(one_file())
    wait_for(jobs, job.id, "done")
    assert Jobs(settings).get(job.id) == jobs.get(job.id)


def test_jobs_run_one_after_the_other(settings):
    running, most = [], []

    def work(files, _settings, _progress):
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()
        return REPORT

    jobs = Jobs(settings, work)
    for job in [jobs.submit(one_file()) for _ in range(4)]:
        wait_for(jobs, job.id, "done")
    assert most == [1, 1, 1, 1]


def test_failure_is_the_products_own(settings):
    def work(*_):
        raise SidebysideError("no page could be read")

    jobs = Jobs(settings, work)
    failed = wait_for(jobs, jobs.submit(one_file()).id, "failed")
    assert (failed.error.status, failed.error.detail) == (422, "no page could be read")


def test_unforeseen_failure_tells_no_details_and_the_next_job_runs(settings):
    work = iter([KeyError("secret"), REPORT])

    def build(*_):
        item = next(work)
        if isinstance(item, Exception):
            raise item
        return item

    jobs = Jobs(settings, build)
    first, second = jobs.submit(one_file()), jobs.submit(one_file())
    assert "secret" not in wait_for(jobs, first.id, "failed").model_dump_json()
    assert wait_for(jobs, second.id, "done").report == REPORT


def test_a_full_disk_is_told(settings):
    def work(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    jobs = Jobs(settings, work)
    failed = wait_for(jobs, jobs.submit(one_file()).id, "failed")
    assert (failed.error.status, failed.error.type) == (507, "urn:sidebyside:no-room")
    assert "No space left on device; make room there, or set TMPDIR" in failed.error.detail


def test_job_waits_for_another_process_that_builds(settings):
    calls = []

    def work(*_):
        calls.append(1)
        if len(calls) < 2:
            raise IndexBusyError("another process is building")
        return REPORT

    jobs = Jobs(settings, work)
    wait_for(jobs, jobs.submit(one_file()).id, "done")
    assert len(calls) == 2


def test_too_many_uploads_are_turned_away(settings, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    go_on = threading.Event()
    jobs = Jobs(settings, lambda *_: go_on.wait(20) and REPORT)
    accepted = [jobs.submit(one_file())]
    wait_until_taken = time.monotonic() + 5
    while not jobs._waiting.empty():
        assert time.monotonic() < wait_until_taken
        time.sleep(0.01)
    accepted += [jobs.submit(one_file()) for _ in range(MAX_WAITING)]
    with pytest.raises(BusyError):
        jobs.submit(one_file())
    go_on.set()
    for job in accepted:
        wait_for(jobs, job.id, "done")
    deadline = time.monotonic() + 5
    while list(tmp_path.glob("sidebyside-upload-*")):  # nothing that was uploaded stays behind
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_only_the_latest_jobs_are_kept(settings):
    jobs = Jobs(settings, lambda *_: REPORT)
    folder = settings.index / "jobs"
    folder.mkdir(parents=True)
    for number in range(MAX_KEPT + 5):
        (folder / f"{number:016x}.json").write_text("{}")
        os.utime(folder / f"{number:016x}.json", (number, number))
    job = jobs.submit(one_file())
    wait_for(jobs, job.id, "done")
    assert len(list(folder.glob("*.json"))) == MAX_KEPT
    assert not (folder / f"{0:016x}.json").exists()


def test_job_of_a_process_that_is_gone_has_failed(settings):
    jobs = Jobs(settings, lambda *_: REPORT)
    job = jobs.submit(one_file())
    wait_for(jobs, job.id, "done")
    path = settings.index / "jobs" / f"{job.id}.json"
    record = json.loads(path.read_text()) | {"state": "running", "report": None}
    for change in ({"pid": 2**22 + 1}, {"started": 5.0}):
        path.write_text(json.dumps(record | change))
        failed = jobs.get(job.id)
        assert (failed.state, failed.error.detail) == ("failed", ENDED)
    path.write_text(json.dumps(record))
    assert jobs.get(job.id).state == "running"


def test_closing_gives_up_what_waits(settings):
    go_on = threading.Event()
    jobs = Jobs(settings, lambda *_: go_on.wait(20) and REPORT)
    first = jobs.submit(one_file())
    deadline = time.monotonic() + 5
    while not jobs._waiting.empty():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    second = jobs.submit(one_file())
    jobs.close()
    assert jobs.get(second.id).error.detail == ENDED
    with pytest.raises(BusyError):
        jobs.submit(one_file())
    go_on.set()
    assert wait_for(jobs, first.id, "done").report == REPORT


def test_damaged_record_is_no_job(settings):
    (settings.index / "jobs").mkdir(parents=True)
    (settings.index / "jobs" / "0000000000000000.json").write_text("{half")
    assert Jobs(settings).get("0" * 16) is None


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(settings, monkeypatch):
    monkeypatch.setattr("sidebyside.building.build.load_encoder", lambda _settings: FakeEncoder())
    with TestClient(guarded(api_for(StandIn(delay=0), settings.index)), base_url=LOCAL) as client:
        yield client


def ended(client, location: str) -> dict:
    deadline = time.monotonic() + 30
    while (body := client.get(location).json())["state"] not in ("done", "failed"):
        assert time.monotonic() < deadline, body
        time.sleep(0.02)
    return body


def test_uploaded_page_is_in_the_library(client, settings):
    page = comparison_page("Alpha One", "Beta Two").encode()
    response = client.post("/api/pages", files=[("files", ("alpha.txt", page)), ("files", ("no.txt", b""))])
    assert response.status_code == 202
    assert response.headers["location"] == f"/api/jobs/{response.json()['id']}"
    job = ended(client, response.headers["location"])
    assert job["state"] == "done"
    assert (job["report"]["pages"], job["report"]["artifacts"]) == (1, 2)
    assert [name for name, _ in job["report"]["skipped"]] == ["no.txt"]
    assert (settings.index / "seeds" / "alpha.txt").read_bytes() == page
    assert (settings.index / "CURRENT").read_text().strip() == job["report"]["generation"]


def test_upload_without_a_page_fails_and_changes_nothing(client, settings):
    response = client.post("/api/pages", files=[("files", ("no.txt", b"nothing here"))])
    job = ended(client, response.headers["location"])
    assert job["state"] == "failed"
    assert job["error"]["status"] == 422
    assert not (settings.index / "CURRENT").exists()


@pytest.mark.parametrize("name", ["../../etc/evil.txt", "..\\evil.txt", "/etc/evil.txt"])
def test_names_lead_nowhere_else(client, settings, name):
    page = comparison_page("Alpha One", "Beta Two").encode()
    job = ended(client, client.post("/api/pages", files=[("files", (name, page))]).headers["location"])
    assert job["files"] == ["evil.txt"]
    assert [path.name for path in (settings.index / "seeds").iterdir()] == ["evil.txt"]


@pytest.mark.parametrize("at", ["shutil.copyfileobj", "tempfile.mkdtemp"])
def test_an_upload_for_which_there_is_no_room_says_what_is_full(client, monkeypatch, at):
    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(at, full)
    response = client.post("/api/pages", files=[("files", ("alpha.txt", b"x"))])
    assert response.status_code == 507
    assert "temporary folder" in response.json()["detail"]
    assert "No space left on device; make room there, or set TMPDIR" in response.json()["detail"]


def test_an_upload_that_cannot_be_spooled_says_what_is_full(client, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", full)
    response = client.post("/api/pages", files=[("files", ("alpha.txt", b"x"))])
    assert response.status_code == 507
    assert "temporary folder" in response.json()["detail"]


def test_upload_takes_files(client):
    assert client.post("/api/pages", data={"files": "text"}).status_code == 422
    assert client.post("/api/pages", json={}).status_code == 422


@pytest.mark.parametrize(
    ("job_id", "status"), [("0" * 16, 404), ("x", 422), ("..%2f..%2fCURRENT", 404), ("A" * 16, 422)]
)
def test_ids_that_are_none(client, job_id, status):
    assert client.get(f"/api/jobs/{job_id}").status_code == status
