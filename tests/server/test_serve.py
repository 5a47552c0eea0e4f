"""`sidebyside serve` and `chat` as processes: how they start, share their work, follow the index, and end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving_routes import TOKEN
from sidebyside.building.build import build_index

QUESTION = {"question": "Which artifact has the highest UnfragileRank?", "no_llm": True}
GOOD = {"Authorization": f"Bearer {TOKEN}"}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(
    command: str, index: Path, *options: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """(address, process) of a server that says it is ready; it is ended with all its children."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "sidebyside", command, "--no-llm", "--index", str(index), "--port", str(port), *options],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Where the tests run in the background of a shell, Ctrl+C is ignored, and children would take that over.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    children: list[psutil.Process] = []
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline, "the server did not get ready"
            try:
                if httpx.get(f"{address}/healthz", timeout=60).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        children = psutil.Process(process.pid).children(recursive=True)
        yield address, process
    finally:
        for left in [*children, psutil.Process(process.pid)] if process.poll() is None else children:
            if left.is_running():
                left.kill()
        process.wait(30)
        process.stdout.close()


def gone(processes: list[psutil.Process]) -> bool:
    """Whether all of them have ended within some seconds."""
    return not psutil.wait_procs(processes, timeout=20)[1]


@pytest.mark.integration
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_answers_and_ends_cleanly(seed_index, ending):
    with running("serve", seed_index) as (address, process):
        body = httpx.post(f"{address}/api/answer", json=QUESTION, timeout=60).json()
        assert body["citations"][0]["quote"] == "UnfragileRank: 55/100"
        process.send_signal(ending)
        assert process.wait(30) == 0
        told = process.stdout.read()
    assert told == f"sidebyside is at {address} (Ctrl+C ends it)\n"


@pytest.mark.integration
def test_workers_share_the_port_and_their_figures_and_follow_the_index(tmp_path, encoder, seeds):
    index = tmp_path / "index"
    build_index([next(seeds.glob("000_*"))], index=index, encoder=encoder)
    with running("serve", index, "--workers", "2", SIDEBYSIDE_TOKEN=TOKEN) as (address, process):
        main = psutil.Process(process.pid)
        workers = [child for child in main.children() if "spawn_main" in " ".join(child.cmdline())]
        assert len(workers) == 2
        for known in (main, *main.children(recursive=True)):
            assert TOKEN not in " ".join(known.cmdline())
        assert httpx.get(f"{address}/api/artifacts").status_code == 401

        def totals() -> set[int]:
            """What each of 12 new connections sees: the system shares them out."""
            return {httpx.get(f"{address}/api/artifacts", headers=GOOD, timeout=60).json()["total"] for _ in range(12)}

        assert totals() == {2}
        build_index([seeds], index=index, encoder=encoder)
        assert totals() == {4}
        figures = httpx.get(f"{address}/metrics", headers=GOOD).text
        [answered] = [
            sample.value
            for family in text_string_to_metric_families(figures)
            for sample in family.samples
            if sample.name == "sidebyside_requests_total" and sample.labels["status"] == "200"
            if sample.labels["route"] == "/api/artifacts"
        ]
        assert answered == 24
        victim = workers[0]
        victim.kill()
        assert gone([victim])
        for _ in range(6):  # the other one answers meanwhile
            assert httpx.get(f"{address}/api/artifacts", headers=GOOD, timeout=60).status_code == 200
        everyone = [main, *main.children(recursive=True)]
        main.kill()
        assert gone(everyone)  # whoever ends the parent has ended the workers


@pytest.mark.integration
def test_page_and_api_share_one_port_and_one_password(seed_index):
    with running("chat", seed_index, SIDEBYSIDE_AUTH="anna:correct-horse") as (address, process):
        paths = ("/", "/config", "/api/artifacts", "/v1/models", "/sidebyside/feedback.jsonl", "/metrics")
        for path in paths:
            assert httpx.get(address + path).status_code == 401, path
            assert httpx.get(address + path, auth=("anna", "wrong")).status_code == 401, path
            assert httpx.get(address + path, auth=("anna", "correct-horse")).status_code == 200, path
        body = httpx.post(f"{address}/api/answer", json=QUESTION, auth=("anna", "correct-horse"), timeout=60).json()
        assert body["status"] == "answered"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert "correct-horse" not in process.stdout.read()


def test_taken_port_is_told_in_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "sidebyside",
            "serve",
            "--no-llm",
            "--index",
            str(tmp_path),
            "--port",
            str(port),
        ]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert f"port {port} on 127.0.0.1 is taken by another program" in result.stderr
