"""The Shortlist tab: answers and artifacts are kept, decided about, taken away as a record, and asked again."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from driving import ask_and_wait, open_tab
from playwright.sync_api import Page, expect

import sidebyside
from standin import LLAMA, LLAVA

pytestmark = pytest.mark.browser


def keep_last(page: Page) -> None:
    page.locator("#live .action-keep").click()
    expect(page.locator("#live .action-keep")).to_have_attribute("aria-pressed", "true")


def add_artifact(page: Page, name: str) -> None:
    page.get_by_label("Add an artifact").fill(name)
    page.get_by_label("Add an artifact").press("Enter")


def download(page: Page, name: str, folder) -> str:
    with page.expect_download() as started:
        page.get_by_role("button", name=name, exact=True).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_a_decision_is_kept_written_and_taken_away(site, visit, tmp_path):
    page = visit(site.url)
    ask_and_wait(page, "Compare them")
    keep_last(page)
    expect(page.locator(".kept-note")).to_have_text("Kept: 1 on the shortlist, in this browser.")
    ask_and_wait(page, "Which has the highest rank?")
    keep_last(page)
    open_tab(page, "Shortlist")
    expect(page.locator(".kept-answers h3")).to_have_count(2)
    page.get_by_role("button", name=f"Add {LLAVA}").click()
    add_artifact(page, LLAMA)
    expect(page.locator(".kept-artifacts b")).to_have_text([LLAVA, LLAMA])
    page.get_by_label("What is to be decided").fill("What runs on the laptop")
    page.get_by_label("Taken").select_option(LLAVA)
    page.get_by_label("Why, in your words").fill("It is <b>small</b>.")
    own = page.locator('[data-form="own"]')
    own.get_by_label("Artifact").fill(LLAVA)
    own.get_by_label("Criterion").fill("latency")
    own.get_by_label("What you found").fill("we measured 40 ms ourselves")
    own.get_by_role("button", name="Add").click()
    expect(page.locator(".own-cells li")).to_contain_text(["latency: we measured 40 ms ourselves"])
    expect(page.locator(".own-cells .yours")).to_have_text("yours")
    # A reload loses nothing: the browser has it.
    page.goto(f"{site.url}/?tab=shortlist")
    expect(page.get_by_label("Taken")).to_have_value(LLAVA)
    record = sidebyside.read_record(download(page, "JSON", tmp_path))
    assert (record.title, record.taken, record.why) == ("What runs on the laptop", LLAVA, "It is <b>small</b>.")
    assert [artifact.label for artifact in record.artifacts] == [LLAVA, LLAMA]
    assert [cell.text for cell in record.own] == ["we measured 40 ms ourselves"]
    assert record.answers[1].earlier == (record.answers[0].asked,)
    assert all(len(found.sha256) == 64 for found in record.pages)
    html = download(page, "Web page", tmp_path).read_text("utf-8")
    assert "It is &lt;b&gt;small&lt;/b&gt;." in html
    assert download(page, "Markdown", tmp_path).read_text("utf-8").startswith("# What runs on the laptop\n")


def test_keeping_again_takes_an_answer_off(site, visit):
    page = visit(site.url)
    ask_and_wait(page, "Which has the highest rank?")
    keep_last(page)
    # A rating draws the turn anew; it stays kept.
    page.get_by_role("button", name="Helpful", exact=True).click()
    page.wait_for_selector(".note-form")
    expect(page.locator("#live .action-keep")).to_have_attribute("aria-pressed", "true")
    page.locator("#live .action-keep").click()
    expect(page.locator("#live .action-keep")).to_have_attribute("aria-pressed", "false")
    open_tab(page, "Shortlist")
    expect(page.locator('#shortlist [data-part="empty"]')).to_be_visible()
    expect(page.get_by_role("button", name="JSON", exact=True)).to_be_disabled()


def test_what_is_kept_is_asked_again(site, visit):
    page = visit(site.url)
    ask_and_wait(page, "Compare them")
    keep_last(page)
    open_tab(page, "Shortlist")
    page.get_by_role("button", name="Ask again on today’s pages").click()
    expect(page.locator(".shortlist-status")).to_contain_text("The same:")
    # As if the pages had said something else when it was kept.
    page.evaluate(
        """() => { const record = JSON.parse(localStorage.getItem('sidebyside.shortlist'));
          record.answers[0].citations[0].quote = 'No page says this <i>sentence</i>.';
          localStorage.setItem('sidebyside.shortlist', JSON.stringify(record)); }"""
    )
    page.get_by_role("button", name="Ask again on today’s pages").click()
    expect(page.locator(".shortlist-status")).to_contain_text("Changed:")
    expect(page.locator(".replay")).to_contain_text("Quotes that are not on the pages any more")
    expect(page.locator(".replay")).to_contain_text("No page says this <i>sentence</i>.")
    expect(page.locator(".replay i")).to_have_count(0)


def test_emptying_can_be_taken_back_and_unknown_names_are_told(site, visit):
    page = visit(f"{site.url}/?tab=ask")
    ask_and_wait(page, "Which has the highest rank?")
    keep_last(page)
    open_tab(page, "Shortlist")
    page.get_by_role("button", name="Empty the shortlist").click()
    expect(page.locator(".kept-answers li")).to_have_count(0)
    page.get_by_role("button", name="Undo: keep the shortlist").click()
    expect(page.locator(".kept-answers li")).to_have_count(1)
    page.get_by_role("button", name="Remove: Which has the highest rank?").click()
    expect(page.locator(".kept-answers li")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('sidebyside.shortlist') !== null"), "its title is still there"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_tab_is_accessible_and_fits(site, visit, scheme, width):
    page = visit(site.url, width=width, color_scheme=scheme)
    ask_and_wait(page, "Compare them")
    keep_last(page)
    open_tab(page, "Shortlist")
    add_artifact(page, LLAVA)
    expect(page.locator(".kept-artifacts b")).to_have_text([LLAVA])
    page.get_by_role("button", name="Ask again on today’s pages").click()
    expect(page.locator(".shortlist-status")).to_contain_text("The same:")
    found = Axe().run(page).response["violations"]
    assert [finding["id"] for finding in found if finding["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_record_as_a_web_page_is_accessible_and_fits_a_phone(site, visit, tmp_path, scheme):
    page = visit(site.url, width=360, height=740, color_scheme=scheme)
    ask_and_wait(page, "Compare them")
    keep_last(page)
    open_tab(page, "Shortlist")
    path = download(page, "Web page", tmp_path)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(path.read_text("utf-8"))
    assert asked == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page).response["violations"]
    assert [finding["id"] for finding in found if finding["impact"] in ("serious", "critical")] == []
