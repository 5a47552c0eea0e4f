"""What the page shows where something is missing or fails, what hostile text can do, and how fast it is there."""

from __future__ import annotations

import math

import pytest
from driving import ask, ask_and_wait, open_tab, serve
from playwright.sync_api import Page, expect

from standin import FAILURE, HOSTILE_TEXT, LLAMA, LLAVA

pytestmark = pytest.mark.browser


def test_failing_answer_says_why_and_the_next_one_works(site, visit):
    page = visit(site.url)
    ask(page, "fail please")
    expect(page.locator("#turn-1 .problem.failed")).to_have_text(FAILURE)
    ask(page, "context")
    expect(page.locator("#turn-2 .direct")).to_contain_text("128K tokens")


@pytest.mark.parametrize(
    ("kind", "title", "text"),
    [
        ("missing", "There is nothing to compare yet", "build it with: sidebyside index"),
        ("empty", "The library is empty", "Library tab"),
    ],
)
def test_page_without_a_library_says_what_to_do(start, visit, tmp_path, kind, title, text):
    site = start(tmp_path / "index", kind)
    page = visit(site.url)
    expect(page.locator(".hero h2")).to_have_text(title)
    expect(page.locator(".hero p")).to_contain_text(text)
    open_tab(page, "Match")
    page.get_by_label("What do you need?").fill("free")
    page.keyboard.press("Enter")
    expect(page.locator("#match-view .problem, #match-view .hint").first).to_be_visible()
    for name in ("Side by side", "Shortlist", "Library", "Models", "Feedback"):
        open_tab(page, name)
    open_tab(page, "Ask")
    ask(page, "anything")
    page.wait_for_selector("#turn-1.turn-failed, #turn-1.turn-done")


def test_language_model_joins_while_the_page_is_open(start, visit, tmp_path):
    site = start(tmp_path / "index", "completing")
    page = visit(site.url)
    line = page.locator("#completion")
    expect(line).to_contain_text("You can ask already")
    expect(line.locator("progress")).to_have_attribute("value", "30")
    expect(page.locator("#masthead")).to_contain_text("quotes only")
    ask_and_wait(page, "context")
    (site.index / "ready").touch()
    expect(line).to_contain_text("The language model has joined", timeout=15_000)
    expect(page.locator("#masthead")).not_to_contain_text("quotes only")
    assert page.locator(".turn").count() == 1


def test_language_model_that_cannot_come_says_why(start, visit, tmp_path):
    site = start(tmp_path / "index", "completing")
    page = visit(site.url)
    (site.index / "broken").touch()
    line = page.locator("#completion")
    expect(line).to_contain_text("Answers come from tables and quotes alone: no compiler", timeout=15_000)
    ask(page, "context")
    expect(page.locator("#turn-1 .direct")).to_contain_text("128K tokens")


def test_server_that_goes_away_is_noticed_and_found_again(browser, tmp_path):
    page = browser.new_page()
    with serve(tmp_path / "index") as site:
        page.goto(site.url)
        page.wait_for_selector(".hero:not(.opening)")
        ask_and_wait(page, "context")
    expect(page.locator("#gone")).to_contain_text("The server has stopped", timeout=15_000)
    with serve(tmp_path / "index", port=site.port):
        expect(page.locator("#gone")).to_have_count(0, timeout=15_000)
        expect(page.locator("#turn-1 .direct")).to_contain_text("128K tokens")
        ask_and_wait(page, "What do the tiers cost?")
    page.close()


def test_ended_server_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with serve(tmp_path / "index"):
        assert [path.name[:11] for path in (tmp_path / "tmp").iterdir()] == ["sidebyside-"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_hostile_text_stays_text(site, visit):
    page = visit(site.url)
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    ask_and_wait(page, f"hostile {HOSTILE_TEXT}")
    page.locator(".direct .cite").first.click()
    expect(page.locator(".menu-open")).to_contain_text("<img src=x")
    expect(page.locator("#turn-1 mark")).to_have_text(HOSTILE_TEXT)
    expect(page.locator("#turn-1 .facts thead th").first).to_contain_text("<img src=x")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#live img, #live script, #live iframe, #live a:not(.cite):not([href^='?'])").count() == 0
    assert not [url for url in requested if "192.0.2.1" in url or url.endswith(("/x", "/y"))]
    page.reload()
    page.wait_for_selector("#turn-1")
    assert page.evaluate("window.hacked") is None


def test_browser_refuses_handlers_and_foreign_requests_even_if_markup_got_in(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url)
    page.wait_for_selector(".hero:not(.opening)")
    requested = []
    page.on("requestfinished", lambda request: requested.append(request.url))
    page.evaluate(
        """() => document.body.insertAdjacentHTML('beforeend',
        '<img src=x onerror="window.hacked=1"><img src="http://192.0.2.1/p.png">')"""
    )
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None
    assert not [url for url in requested if "192.0.2.1" in url]
    context.close()


def best_of(measure, limit, rounds=8):
    """The best of up to `rounds` measurements: other work on the machine makes single ones slow, never fast."""
    best = math.inf
    for _ in range(rounds):
        best = min(best, measure())
        if best < limit:
            break
    return best


def first_paint(page: Page) -> float:
    return page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")


def test_first_paint_within_a_second_and_a_half(site, visit):
    def measure():
        page = visit(site.url)
        return first_paint(page)

    assert best_of(measure, 1500) < 1500


def test_facts_are_on_screen_within_200_ms_of_enter(site, visit):
    page = visit(site.url)
    ask_and_wait(page, f"context of {LLAVA} and {LLAMA}")

    def measure():
        before = page.locator(".turn").count()
        page.fill("#question textarea", "Which has the highest rank?")
        page.evaluate(
            """(id) => { window.shownAt = 0;
            const seen = new MutationObserver(() => {
              if (document.querySelector(id)) { window.shownAt = performance.now(); seen.disconnect(); } });
            seen.observe(document.body, { childList: true, subtree: true, attributes: true });
            document.querySelector('#question textarea').addEventListener('keydown',
              () => { window.pressedAt = performance.now(); }, { once: true, capture: true }); }""",
            f"#turn-{before + 1} .direct",
        )
        page.press("#question textarea", "Enter")
        page.wait_for_selector(f"#turn-{before + 1}.turn-done")
        return page.evaluate("window.shownAt - window.pressedAt")

    assert best_of(measure, 200) < 200
