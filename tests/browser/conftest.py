"""Serves the page with scripted answers and drives it in chromium; a request to anywhere else fails the test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
    """Serve the page in a process of its own until the block ends."""
    port = port or free_port()
    command = [sys.executable, str(Path(__file__).with_name("served.py")), str(index), str(port), kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("sidebyside is at "), said
        yield Site(f"http://127.0.0.1:{port}", index, port)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page with scripted answers, one for all tests."""
    with serve(tmp_path_factory.mktemp("page") / "index") as served:
        yield served


# Not for the whole session: while playwright runs, its event loop keeps other tests from starting theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail("the browser tests need chromium: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Site]]:
    """Serve a page for one test: start(index, kind)."""
    with ExitStack() as stack:
        yield lambda *given: stack.enter_context(serve(*given))


@pytest.fixture
def visit(browser: Browser, start) -> Iterator[Callable[..., Page]]:
    """Open an address in a browser of its own; afterwards: no error on the console, no request to another host.

    It comes after `start`, so that browsers are closed before the servers they talk to.
    """
    contexts: list[BrowserContext] = []
    strangers: list[str] = []
    errors: list[str] = []

    def open_page(url: str, *, width: int = 1280, height: int = 900, **options) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.on("request", lambda request: _note_stranger(request.url, url, strangers))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.set_default_timeout(15_000)
        page.goto(url)
        page.wait_for_selector(".welcome:not(.opening):visible, .turn:visible, #sides-links a:visible")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert strangers == []
    assert errors == []


def _note_stranger(requested: str, served: str, strangers: list[str]) -> None:
    parts = urlsplit(requested)
    if parts.scheme in ("data", "blob"):
        return
    if parts.netloc != urlsplit(served).netloc:
        strangers.append(requested)


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


def ask_and_wait(page: Page, question: str) -> None:
    """Ask and wait until the answer is complete."""
    before = page.locator(".turn").count()
    ask(page, question)
    page.wait_for_selector(f"#turn-{before + 1}.turn-done")


def open_tab(page: Page, name: str) -> None:
    """Select a tab, in the bar or in the menu that narrow screens have."""
    tab = page.get_by_role("tab", name=name, exact=True)
    if tab.is_visible():
        tab.click()
        return
    page.locator(".overflow-menu > button").click()
    page.locator(".overflow-dropdown button", has_text=name).click()
