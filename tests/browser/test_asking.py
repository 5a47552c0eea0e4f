"""Asking in the chat page, as a reader does it."""

from __future__ import annotations

import re
import time

import pytest
from driving import ask, ask_and_wait
from playwright.sync_api import Page, expect

from standin import DREAMBOOTH, EIGHT_K, LLAMA, LLAVA

pytestmark = pytest.mark.browser

CONTEXT = f"Which handles a longer context: {LLAVA} or {LLAMA}?"


def wait_until(condition, seconds=1.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_first_view_is_composer_jobs_and_an_example(site, visit):
    page = visit(site.url)
    expect(page.locator("#question textarea")).to_be_focused()
    expect(page.locator(".holdings")).to_contain_text(LLAVA)
    expect(page.locator(".welcome .ask")).to_have_count(4)
    top = [page.locator(part).bounding_box()["y"] for part in (".hero h2", "#question", ".welcome .ask >> nth=0")]
    assert top == sorted(top)
    expect(page.locator(".example .grid tbody tr")).to_have_count(3)
    page.locator(".example .cite").first.click()
    expect(page.locator("#quote mark")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="I want to process images and text together. Which should I take?").click()
    expect(page.locator("#turn-1 .direct")).to_contain_text("handles the longer context")
    expect(page.locator(".example, .hero, .welcome")).to_have_count(3)
    for part in (".example", ".hero", ".welcome"):
        expect(page.locator(part)).to_be_hidden()


def test_answer_streams_facts_first_without_moving_what_is_shown(site, visit):
    page = visit(site.url)
    ask(page, CONTEXT)
    page.wait_for_selector(".turn-writing .direct")
    expect(page.locator(".turn-writing .facts")).to_contain_text("128K tokens")
    place = "document.querySelector('.direct').getBoundingClientRect().top + scrollY"
    before = page.evaluate(place)
    page.wait_for_selector("#turn-1.turn-done")
    assert page.evaluate(place) == before
    expect(page.locator(".prose-lane p")).to_have_count(2)
    expect(page.locator(".notes")).to_contain_text("Both are of type Model")


def test_nothing_on_screen_moves_while_the_answer_grows(site, visit):
    page = visit(site.url)
    page.evaluate(
        """() => { window.moved = 0; new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
        }).observe({ type: 'layout-shift' }); }"""
    )
    ask(page, "slow question")
    page.wait_for_selector("#turn-1.turn-done")
    # Only the line that says that more is being written makes way. 0.1 counts as good (web.dev/articles/cls).
    assert page.evaluate("window.moved") < 0.02


def test_citation_opens_its_passage_where_it_stands(site, visit):
    page = visit(site.url)
    ask_and_wait(page, CONTEXT)
    chip = page.locator(".direct .cite", has_text="2")
    chip.click()
    quote = page.locator("#quote")
    expect(quote).to_be_focused()
    expect(quote.locator("mark")).to_have_text(EIGHT_K)
    expect(quote.locator(".passage")).to_contain_text("The model inherits Llama 3 Instruct's")
    expect(quote.locator(".page-title")).to_have_text(f"{LLAVA} vs {DREAMBOOTH}")
    expect(quote.locator(".where")).to_contain_text("004_56e9c64ebf7cdd1a.txt")
    at, box = chip.bounding_box(), quote.bounding_box()
    assert 0 < box["y"] - (at["y"] + at["height"]) < 20
    page.locator(".direct .cite", has_text="1").click()
    expect(quote.locator("mark")).to_contain_text("128K token context window")
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()
    expect(page.locator(".direct .cite", has_text="1")).to_be_focused()


def test_quotes_are_folded_below_and_tell_cited_and_consulted_apart(site, visit):
    page = visit(site.url)
    ask_and_wait(page, CONTEXT)
    expect(page.locator("#turn-1-c3")).to_be_hidden()
    page.get_by_text("All 3 quotes behind this answer").click()
    expect(page.locator("#turn-1-c3 .class")).to_have_text("page's claim")
    expect(page.locator(".consulted summary").first).to_have_text("Also read, not cited (1)")


def test_quote_is_a_sheet_at_the_foot_of_a_narrow_screen(site, visit):
    page = visit(site.url, width=360, height=740)
    ask_and_wait(page, CONTEXT)
    page.locator(".direct .cite", has_text="2").click()
    expect(page.locator("#quote mark")).to_be_in_viewport()
    box = page.locator("#quote").bounding_box()
    assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, 360, 740)
    page.get_by_role("button", name="Close the quote").click()
    expect(page.locator("#quote")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_stop_ends_the_answer_within_a_second_and_keeps_what_was_checked(site, visit):
    page = visit(site.url)
    stopped = site.count("stopped")
    ask(page, "slow question")
    page.wait_for_selector(".turn-writing .direct")
    page.get_by_role("button", name="Stop").click()
    wait_until(lambda: site.count("stopped") == stopped + 1)
    expect(page.locator("#turn-1")).to_have_class("turn turn-stopped")
    expect(page.locator("#turn-1 .direct")).to_contain_text("handles the longer context")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    ask_and_wait(page, "What do they cost?")


def test_escape_stops_the_answer(site, visit):
    page = visit(site.url)
    ask(page, "slow question")
    page.wait_for_selector(".turn-writing .direct")
    page.keyboard.press("Escape")
    expect(page.locator("#turn-1")).to_have_class("turn turn-stopped", timeout=1000)


def test_closing_the_page_stops_the_answer(site, visit):
    page = visit(site.url)
    stopped = site.count("stopped")
    ask(page, "slow question")
    page.wait_for_selector(".turn-writing .direct")
    page.close()
    wait_until(lambda: site.count("stopped") == stopped + 1, seconds=3)


def test_follow_up_carries_the_conversation(site, visit):
    page = visit(site.url)
    ask_and_wait(page, CONTEXT)
    page.get_by_role("button", name="What about pricing?").click()
    page.wait_for_selector("#turn-2.turn-done")
    asked, answered = site.history()[0]
    assert asked == CONTEXT
    assert "128K tokens [1]" in answered
    expect(page.locator("#turn-2 .status")).to_have_text("Only part of this is stated on the pages")
    # What can be asked next stands under the last answer only.
    expect(page.locator("#turn-1 .suggestions")).to_have_count(0)


def test_unknown_names_are_said_to_be_unknown(site, visit):
    page = visit(site.url)
    ask_and_wait(page, "Is Midjourney better than GPT-4?")
    expect(page.locator("#turn-1 .status")).to_have_text("Not in your library")
    expect(page.locator("#turn-1 .direct")).to_contain_text("Neither Midjourney nor GPT-4")


def test_retry_and_edit_replace_the_last_answer(site, visit):
    page = visit(site.url)
    ask_and_wait(page, CONTEXT)
    first = page.locator("#turn-1").get_attribute("data-key")
    page.get_by_role("button", name="Retry").click()
    page.wait_for_function(f"document.querySelector('#turn-1.turn-done')?.dataset.key !== '{first}'")
    page.wait_for_selector("#turn-1.turn-done")
    page.get_by_role("button", name="Edit").click()
    page.fill(".edit-box", "Which has the highest rank?")
    page.press(".edit-box", "Enter")
    expect(page.locator("#turn-1 .question")).to_have_text("Which has the highest rank?")
    expect(page.locator("#turn-1 .direct")).to_contain_text("55/100")
    expect(page.locator(".turn")).to_have_count(1)


def test_escape_leaves_the_question_as_it_was(site, visit):
    page = visit(site.url)
    ask_and_wait(page, CONTEXT)
    page.get_by_role("button", name="Edit").click()
    page.fill(".edit-box", "something else")
    page.press(".edit-box", "Escape")
    expect(page.locator("#turn-1 .question")).to_have_text(CONTEXT)
    expect(page.locator(".edit-box")).to_have_count(0)


def test_copy_takes_the_answer_with_its_quotes(site, visit):
    page = visit(site.url, permissions=["clipboard-read", "clipboard-write"])
    ask_and_wait(page, CONTEXT)
    page.get_by_role("button", name="Copy").click()
    expect(page.locator(".action-copy")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"**{CONTEXT}**")
    assert (
        f'[2] {LLAVA}, description: "{EIGHT_K}" ({LLAVA} vs {DREAMBOOTH}: 004_56e9c64ebf7cdd1a.txt, characters '
        in copied
    )


def test_reload_keeps_the_conversation(site, visit):
    page = visit(site.url)
    ask_and_wait(page, CONTEXT)
    ask_and_wait(page, "What do the tiers cost?")
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    # Reading goes on where it ended.
    expect(page.locator("#turn-2 .question")).to_be_in_viewport()
    expect(page.locator("#turn-1 .direct")).to_contain_text("128K tokens")
    page.locator("#turn-1 .direct .cite", has_text="2").click()
    expect(page.locator("#quote mark")).to_have_text(EIGHT_K)
    page.keyboard.press("Escape")
    ask_and_wait(page, "And the rank?")
    assert [asked for asked, _ in site.history()] == [CONTEXT, "What do the tiers cost?"]


def test_conversations_can_be_opened_renamed_deleted_and_brought_back(site, visit):
    page = visit(site.url)
    ask_and_wait(page, CONTEXT)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    ask_and_wait(page, "What do the tiers cost?")
    # On a wide screen they stand in a rail beside the answer.
    expect(page.locator(".menu-open")).to_have_text(["What do the tiers cost?", CONTEXT])
    rail, answer = page.locator(".menu-list").bounding_box(), page.locator("#turn-1").bounding_box()
    assert rail["x"] + rail["width"] <= answer["x"]
    page.locator(".menu-list li", has_text="longer context").hover()
    page.get_by_role("button", name=f"Rename {CONTEXT}").click()
    page.locator(".menu-list input").fill("Context windows")
    page.locator(".menu-list input").press("Enter")
    page.get_by_role("button", name="Open Context windows").click()
    expect(page.locator("#turn-1 .question")).to_have_text(CONTEXT)
    page.locator(".menu-list li", has_text="Context windows").hover()
    page.get_by_role("button", name="Delete Context windows").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator(".menu summary")).to_have_text("Conversations (1)")
    page.get_by_role("button", name="Undo: keep Context windows").click()
    expect(page.locator("#turn-1 .question")).to_have_text(CONTEXT)
    expect(page.locator(".menu-open")).to_have_text(["What do the tiers cost?", "Context windows"])
    page.locator(".menu-list li", has_text="Context windows").hover()
    page.get_by_role("button", name="Delete Context windows").click()
    expect(page.locator(".menu summary")).to_have_text("Conversations (1)")
    page.reload()
    expect(page.locator(".menu summary")).to_have_text("Conversations (1)")


def test_conversations_stay_in_sight_however_far_one_reads(site, visit):
    page = visit(site.url, height=500)
    ask_and_wait(page, CONTEXT)
    ask_and_wait(page, "What do the tiers cost?")
    assert page.evaluate("scrollY") > 200
    expect(page.get_by_role("button", name="New conversation")).to_be_in_viewport()


def test_head_of_a_narrow_screen_has_its_height_from_the_start(site, visit):
    page = visit(site.url, width=360, height=740)
    page.wait_for_function("document.querySelector('.masthead').textContent.includes('from 2 pages')")
    tall = "document.querySelector('.masthead').offsetHeight"
    filled = page.evaluate(tall)
    page.evaluate("""document.querySelectorAll('.masthead p:not(.private)').forEach((part, place) => {
      part.textContent = place ? '' : 'opening the library'
    })""")
    assert page.evaluate(tall) == filled
    lines = page.locator(".masthead h1, .masthead .private").evaluate_all(
        "all => all.map((part) => part.getBoundingClientRect().height)"
    )
    assert max(lines) < 30


def test_opening_another_conversation_drops_the_running_answer(site, visit):
    page = visit(site.url)
    stopped = site.count("stopped")
    ask(page, "slow question")
    page.wait_for_selector(".turn-writing .direct")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    wait_until(lambda: site.count("stopped") == stopped + 1)
    page.wait_for_timeout(300)
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def test_two_browsers_at_once_do_not_mix(site, visit):
    first, second = visit(site.url), visit(site.url)
    ask(first, "slow question about context")
    ask(second, "What do the tiers cost?")
    second.wait_for_selector("#turn-1.turn-done")
    expect(second.locator("#turn-1 .direct")).to_contain_text("$20/mo")
    first.wait_for_selector("#turn-1.turn-done")
    expect(first.locator("#turn-1 .direct")).to_contain_text("128K tokens")
    expect(first.locator(".turn")).to_have_count(1)
    expect(second.locator(".turn")).to_have_count(1)
    expect(second.locator(".menu summary")).to_have_text("Conversations (1)")


def press_until(page: Page, key: str, reached: str) -> None:
    """Press a key until an expression about `it`, the focused element, holds."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate(f"(() => {{ const it = document.activeElement; return Boolean({reached}); }})()"):
            return
    raise AssertionError(f"{key} does not lead to {reached}")


def test_keyboard_alone_is_enough_on_every_tab(start, visit, tmp_path):
    page = visit(start(tmp_path / "index").url)
    ask_and_wait(page, CONTEXT)
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")

    def tab(name: str) -> None:
        press_until(
            page, "Tab" if name == "Side by side" else "Shift+Tab", f"it.role === 'tab' && it.textContent === '{name}'"
        )
        page.keyboard.press("Enter")

    tab("Side by side")
    press_until(page, "Tab", "it.closest('#sides-names') && it.tagName === 'INPUT'")
    for name in (LLAVA, LLAMA):
        page.keyboard.type(name[:9])
        expect(page.get_by_role("option", name=name)).to_be_visible()
        page.keyboard.press("Enter")
    expect(page.locator("#sides-facts .same-table thead th")).to_have_text([LLAVA, LLAMA])
    page.keyboard.press("Escape")
    press_until(page, "Tab", "it.textContent.startsWith('Scores, and an order')")
    page.keyboard.press("Enter")
    press_until(page, "Tab", "it.type === 'range'")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#sides-links a").first).to_have_attribute("href", re.compile(r"weights=6%2C5%2C5%2C5%2C5$"))
    press_until(page, "Tab", "it.textContent === 'JSON'")
    tab("Library")
    press_until(page, "Tab", "it.type === 'search'")
    page.keyboard.type("llava")
    press_until(page, "Tab", f"it.textContent === '{LLAVA}'")
    page.keyboard.press("Enter")
    expect(page.locator("#artifact h2")).to_be_focused()
    tab("Models")
    press_until(page, "Tab", "it.ariaLabel === 'Use no model'")
    page.keyboard.press("Enter")
    expect(page.locator(".masthead")).to_contain_text("quotes only")
    page.locator("#models-progress .report").wait_for()
    tab("Ask")
    press_until(page, "Tab", "it.textContent === 'Not helpful'")
    page.keyboard.press("Enter")
    press_until(page, "Tab", "it.name === 'note'")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.locator(".note-saved")).to_contain_text("by keyboard")


def test_keyboard_alone_is_enough(site, visit):
    page = visit(site.url)
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type(CONTEXT)
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-1.turn-done")
    press_until(page, "Shift+Tab", "it.dataset.cite === 'turn-1-c2'")
    page.keyboard.press("Enter")
    expect(page.locator("#quote mark")).to_have_text(EIGHT_K)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Close the quote")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.cite") == "turn-1-c2"


def test_rows_that_are_the_same_open_on_request(site, visit):
    page = visit(site.url)
    ask_and_wait(page, "table question")
    expect(page.locator("#turn-1 .same-rows")).to_be_hidden()
    page.get_by_role("button", name="4 rows are the same").click()
    expect(page.locator("#turn-1 .same-rows tr")).to_have_count(4)
    expect(page.locator("#turn-1 .same-rows")).to_be_visible()


def test_thumbs_and_notes_are_kept_on_this_machine(site, visit):
    from sidebyside.app.feedback import latest

    page = visit(site.url)
    ask_and_wait(page, CONTEXT)
    page.get_by_role("button", name="Not helpful").click()
    page.get_by_label("What was wrong or missing?").fill("No word about <b>output</b> tokens")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator(".note-saved")).to_contain_text("No word about <b>output</b> tokens")
    kept = latest(site.index)[-1]
    assert (kept["rating"], kept["note"]) == ("down", "No word about <b>output</b> tokens")
    assert (kept["question"], kept["generation"], kept["model"]) == (CONTEXT, "g1", "scripted")
    page.get_by_role("button", name="Not helpful").click()
    expect(page.locator(".action-down")).to_have_attribute("aria-pressed", "false")
    assert latest(site.index)[-1]["rating"] == ""


def test_long_questions_are_said_to_be_too_long_and_not_cut(site, visit):
    page = visit(site.url)
    asked = site.count("asked")
    ask(page, "x" * 3000)
    expect(page.locator(".problem.failed")).to_contain_text("3,000 characters; 2,000 are the most")
    assert len(page.input_value("#question textarea")) == 3000
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".turn")).to_have_count(0)
    assert site.count("asked") == asked
    page.fill("#question textarea", "x")
    expect(page.locator(".problem.failed")).to_be_hidden()
