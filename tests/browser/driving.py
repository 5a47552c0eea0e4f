"""Serves the page in a process of its own and drives it as a reader does."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

LOG = "asked.jsonl"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A served page: its address, the index folder behind it, and what its scripted assistant has seen."""

    url: str
    index: Path
    port: int
    pid: int

    def log(self) -> list[dict[str, Any]]:
        """Everything the assistant noted, oldest first."""
        path = self.index / LOG
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def count(self, what: str) -> int:
        return sum(what in entry for entry in self.log())

    def history(self) -> list[list[str]]:
        """The (question, answer) pairs that came with the last question."""
        return [entry for entry in self.log() if "asked" in entry][-1]["history"]


@contextmanager
def serve(index: Path, kind: str = "scripted", port: int = 0) -> Iterator[Site]:
    """Serve the page in a process of its own until the block ends; of kind "opening" it is still being opened."""
    port = port or free_port()
    command = [sys.executable, str(Path(__file__).with_name("served.py")), str(index), str(port), kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if kind == "opening":
            _wait_for_listener(port)
        else:
            said = process.stdout.readline()
            assert said.startswith("sidebyside is at "), said
        yield Site(f"http://127.0.0.1:{port}", index, port, process.pid)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def _wait_for_listener(port: int) -> None:
    """Wait until somebody listens on a port of this machine."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on port {port}")


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


def ask_and_wait(page: Page, question: str) -> None:
    """Ask and wait until the answer is complete and the browser has kept it."""
    before = page.locator(".turn").count()
    ask(page, question)
    turn = page.wait_for_selector(f"#turn-{before + 1}.turn-done")
    kept = "key => Object.values({...localStorage}).some((value) => value.includes(key))"
    page.wait_for_function(kept, arg=turn.get_attribute("data-key"))


def open_tab(page: Page, name: str) -> None:
    """Select a tab, in the bar or in the menu that narrow screens have."""
    tab = page.get_by_role("tab", name=name, exact=True)
    if tab.is_visible():
        tab.click()
        return
    page.locator(".overflow-menu > button").click()
    page.locator(".overflow-dropdown button", has_text=name).click()
