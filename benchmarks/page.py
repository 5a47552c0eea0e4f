"""How fast the chat page is for a reader: from the command to the page, Enter to facts on screen, what moves meanwhile.

    python benchmarks/page.py [--questions 30] [--capabilities 600]

Chromium visits `sidebyside chat` over a library of about 100 artifacts (600 capabilities, see large_library.py), with
quotes only: the facts lane is the same with an LLM. A time is from the key press to the moment at which the browser's
DOM holds the direct answer; "server" is the part that the answer itself took. Every question is asked in a conversation
of its own. A start is from the command to the first contentful paint in a browser that is already open (what is painted
first takes a question and waits for the rest), and to the page with its library. Layout shift is the browser's own
measure, without shifts that follow a key press within half a second.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _large_library import questions, write_library
from _reporting import machine, print_table, write_results
from playwright.sync_api import Browser, Error, Page, sync_playwright

from sidebyside.building.build import build_index
from sidebyside.settings import Settings

VISITS = 5
WATCH = """() => {
  window.moved = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
  }).observe({ type: 'layout-shift' });
  window.shownAt = 0;
  const seen = new MutationObserver(() => {
    if (!window.shownAt && document.querySelector('#turn-1 .direct')) window.shownAt = performance.now();
  });
  seen.observe(document.body, { childList: true, subtree: true, attributes: true });
  document.querySelector('#question textarea').addEventListener('keydown', (event) => {
    if (event.key === 'Enter') window.pressedAt = performance.now();
  }, { capture: true });
}"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')"
TOTAL_MS = "JSON.parse(document.querySelector('#turn-1 .turn-data').textContent).answer.stats.total_ms"


@contextmanager
def begun(index: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of `sidebyside chat` over this index, and its process, as soon as that has begun."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sidebyside", "chat", "--index", str(index), "--port", str(port)]
    environment = {**os.environ, "SIDEBYSIDE_MODEL": "none"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def served(index: Path) -> Iterator[str]:
    """The address of the page, once it is up."""
    with begun(index) as (url, process):
        assert process.stdout is not None
        process.stdout.readline()
        yield url


def starts(browser: Browser, index: Path) -> list[tuple[float, float]]:
    """Milliseconds from the command to the first paint and to the page with its library, several times."""
    found = []
    for _ in range(VISITS):
        page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        page.set_default_timeout(60_000)
        command_at = time.time()
        with begun(index) as (url, _process):
            while True:
                try:
                    page.goto(url, wait_until="commit")
                    break
                except Error:  # nobody listens yet
                    time.sleep(0.02)
            page.wait_for_function(f"{FIRST_PAINT}.length > 0")
            painted = page.evaluate(f"(performance.timeOrigin + {FIRST_PAINT}[0].startTime) / 1000") - command_at
            page.wait_for_selector(".hero:not(.opening)")
            found.append((1000 * painted, 1000 * (time.time() - command_at)))
            page.context.close()
    return found


def opened(browser: Browser, url: str) -> Page:
    """The page in a browser that has never seen it."""
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.wait_for_selector(".welcome:not(.opening)")
    return page


def first_paints(browser: Browser, url: str) -> list[float]:
    """Milliseconds to the first contentful paint, in fresh browsers."""
    found = []
    for _ in range(VISITS):
        page = opened(browser, url)
        found.append(page.evaluate(f"{FIRST_PAINT}[0].startTime"))
        page.context.close()
    return found


def asked(browser: Browser, url: str, texts: list[str]) -> list[dict[str, Any]]:
    """For each question: milliseconds to the facts on screen, of which in the server, and the layout shift."""
    page = opened(browser, url)
    page.evaluate(WATCH)
    rows = []
    for text in texts:
        page.get_by_role("button", name="New conversation").click()
        page.wait_for_selector(".welcome:not(.opening)")
        page.evaluate("window.shownAt = 0; window.moved = 0")
        page.fill("#question textarea", text)
        page.press("#question textarea", "Enter")
        page.wait_for_selector("#turn-1.turn-done")
        shown, server, moved = (
            page.evaluate(x) for x in ("window.shownAt - window.pressedAt", TOTAL_MS, "window.moved")
        )
        rows.append({"question": text, "shown_ms": round(shown, 1), "server_ms": server, "shift": round(moved, 4)})
    page.context.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=30)
    parser.add_argument("--capabilities", type=int, default=600)
    options = parser.parse_args()
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        pages = write_library(Path(scratch) / "pages", options.capabilities)
        report = build_index(pages, index=Path(scratch) / "index", settings=Settings.load())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        begins = starts(browser, Path(scratch) / "index")
        with served(Path(scratch) / "index") as url:
            paints = first_paints(browser, url)
            rows = asked(browser, url, list(questions(report.artifacts, options.questions)))
        browser.close()
    times = sorted(row["shown_ms"] for row in rows)
    summary = {
        "artifacts": report.artifacts,
        "command to first paint, median ms": round(statistics.median(painted for painted, _ in begins)),
        "command to the page, median ms": round(statistics.median(there for _, there in begins)),
        "first paint of an open page, median ms": round(statistics.median(paints)),
        "Enter to facts, median ms": round(statistics.median(times)),
        "of which in the server": round(statistics.median(row["server_ms"] for row in rows)),
        "Enter to facts, 95% ms": round(times[int(0.95 * (len(times) - 1))]),
        "most layout shift": max(row["shift"] for row in rows),
        "load of the machine": round(os.getloadavg()[0], 1),
    }
    print_table("The chat page", [summary])
    found = {"machine": machine("gradio", "playwright"), "summary": summary, "first_paint_ms": paints, "asked": rows}
    found["starts_ms"] = [[round(painted), round(there)] for painted, there in begins]
    write_results("page", found)


if __name__ == "__main__":
    main()
