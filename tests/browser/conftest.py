"""Chromium, and the page it visits; a request to anywhere else fails the test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from driving import FLAGS, NAMES, Site, serve
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright


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
        for leaving in ("goto", "reload", "go_back", "go_forward"):
            setattr(page, leaving, _leaving(getattr(page, leaving), errors))
        there = (".hero:not(.opening)", ".turn", "#sides-links a", "#models table", ".match")
        page.wait_for_selector(", ".join(f"{part}:visible" for part in there))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert strangers == []
    assert errors == []


def _leaving(leave: Callable[..., Any], errors: list[str]) -> Callable[..., Any]:
    """A step that may cut off a stream of the page that is left: what that page says of it is no fault."""

    def left(*positional: Any, **options: Any) -> Any:
        before = len(errors)
        response = leave(*positional, **options)
        errors[before:] = [e for e in errors[before:] if "AbortError" not in e and "Connection errored out" not in e]
        return response

    return left


def _note_stranger(requested: str, served: str, strangers: list[str]) -> None:
    parts = urlsplit(requested)
    if parts.scheme in ("data", "blob"):
        return
    if parts.netloc != urlsplit(served).netloc:
        strangers.append(requested)
