"""Answers composed as comparisons, the way a question was understood, and what stands in the address."""

from __future__ import annotations

import pytest
from driving import ask, ask_and_wait, open_tab
from playwright.sync_api import Page, expect

from standin import LLAMA, LLAVA

pytestmark = pytest.mark.browser

QUESTION = f"Compare {LLAMA} and {LLAVA} on context length, captions, fine-tuning and price"
PAGE = (
    f"""{LLAMA} vs Newcomer
Side-by-side comparison to help you choose.
| Feature | {LLAMA} | Newcomer |
|---|---|---|
| Type | Model | Model |
"""
    + "Reads images and answers questions about them in one step. " * 12
)

MOVED = """() => { window.moved = 0; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
    }).observe({ type: 'layout-shift' }); }"""


def test_grid_stands_in_the_order_asked_for_with_one_colour_each(site, visit):
    page = visit(site.url)
    ask_and_wait(page, QUESTION)
    expect(page.locator("#turn-1 .grid thead th")).to_have_text([LLAMA, LLAVA])
    ask_and_wait(page, "context")
    colour = "(name) => [...document.querySelectorAll('#turn-1 .grid th, #turn-2 .facts th')].filter("
    colour += "(head) => head.textContent === name).map((head) => getComputedStyle(head).color)"
    for name in (LLAMA, LLAVA):
        first, second = page.evaluate(colour, name)
        assert first == second
    assert page.evaluate(colour, LLAMA) != page.evaluate(colour, LLAVA)


@pytest.mark.parametrize("width", [360, 1280])
def test_cells_change_in_place_and_nothing_jumps(site, visit, width):
    page = visit(site.url, width=width, height=800)
    page.evaluate(MOVED)
    ask(page, QUESTION)
    page.wait_for_selector(".turn-writing .grid")
    assert page.locator(".turn-writing .by-model").count() <= 2
    page.wait_for_selector("#turn-1.turn-done")
    expect(page.locator("#turn-1 .by-model")).to_have_count(2)
    expect(page.locator("#turn-1 .made")).to_contain_text("scripted wrote 2 of 5 cells and the lead")
    assert page.evaluate("window.moved") < 0.05


def test_quote_stays_open_while_the_answer_grows_and_escape_closes_it_alone(site, visit):
    page = visit(site.url)
    ask(page, QUESTION)
    page.wait_for_selector(".turn-writing .grid")
    page.locator(".turn-writing .grid .cite").nth(1).click()
    expect(page.locator("#quote mark")).to_be_visible()
    page.wait_for_selector("#turn-1.turn-done")
    expect(page.locator("#quote mark")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#quote")).to_be_hidden()
    # The chip that opened it was drawn anew meanwhile; the focus finds the one in its place.
    assert page.evaluate("document.activeElement.dataset.cite") == "turn-1-c2"
    expect(page.locator("#turn-1")).to_have_class("turn turn-done")


def test_clause_of_a_cell_is_what_is_marked(site, visit):
    page = visit(site.url)
    ask_and_wait(page, QUESTION)
    page.get_by_text("enable prompt-based caption style control").first.click()
    expect(page.locator("#quote mark b")).to_have_text("enable prompt-based caption style control")
    expect(page.locator("#quote mark")).to_contain_text("Leverages Llama 3 Instruct's")


def test_rows_are_cards_on_a_narrow_screen(site, visit):
    page = visit(site.url, width=360, height=740)
    ask_and_wait(page, QUESTION)
    rows = page.locator("#turn-1 .grid tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first.locator(".cell-name")).to_have_text([LLAMA, LLAVA])
    cells = [cell.bounding_box() for cell in rows.first.locator("td").all()]
    assert cells[0]["y"] + cells[0]["height"] <= cells[1]["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def last_asked(site) -> str:
    return [entry["asked"] for entry in site.log() if "asked" in entry][-1]


def test_chips_are_removed_added_and_exchanged_and_the_answer_follows(site, visit):
    page = visit(site.url)
    ask_and_wait(page, QUESTION)
    page.get_by_role("button", name="Remove condition Pricing is Free").click()
    shown = page.locator("#turn-1 .question")
    criteria = ["context length", "captions in a chosen style", "fine-tuning", "price"]
    expect(shown).to_have_text(f"Compare {LLAMA} and {LLAVA}: {', '.join(criteria)}")
    page.wait_for_selector("#turn-1.turn-done")
    expect(page.locator(".turn")).to_have_count(1)
    # What the chips say is what is asked, whatever could be read out of the words; and the next one is at hand.
    asked = {"question": QUESTION, "artifacts": [LLAMA, LLAVA], "criteria": criteria, "conditions": []}
    assert [entry["correction"] for entry in site.log() if "correction" in entry][-1] == asked
    expect(page.get_by_role("button", name="Add condition")).to_be_focused()
    page.get_by_role("button", name="Add criterion").click()
    page.keyboard.type("licence")
    page.keyboard.press("Enter")
    expect(shown).to_contain_text("fine-tuning, price, licence; only if Pricing is Free")
    page.wait_for_selector("#turn-1.turn-done")
    page.get_by_role("button", name=f"Exchange artifact {LLAVA}").click()
    expect(page.locator("#artifact-names option")).to_have_count(4)
    page.keyboard.type("Stable-Diffusion")
    page.keyboard.press("Enter")
    expect(shown).to_contain_text(f"Compare {LLAMA} and Stable-Diffusion: context length")
    page.wait_for_selector("#turn-1.turn-done")
    page.get_by_role("button", name="Exchange criterion price").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Exchange criterion price")).to_be_focused()
    assert last_asked(site) == shown.inner_text()


def test_nothing_jumps_where_chips_are_changed(site, visit):
    page = visit(site.url)
    ask_and_wait(page, QUESTION)
    page.evaluate("""() => {
      window.least = 1e9;
      const look = () => {
        window.least = Math.min(window.least, document.querySelector('#turn-1').offsetHeight);
        requestAnimationFrame(look);
      };
      look();
    }""")
    before = page.locator("#turn-1").bounding_box()["height"]
    page.get_by_role("button", name="Remove condition Pricing is Free").click()
    expect(page.locator("#turn-1 .question")).to_contain_text("Compare")
    page.wait_for_selector("#turn-1.turn-done")
    assert page.evaluate("window.least") > 0.75 * before


def test_scores_are_behind_one_link_that_says_what_they_are(site, visit):
    page = visit(site.url)
    ask_and_wait(page, QUESTION)
    rank = page.locator("#turn-1 .scores").get_by_text("45/100", exact=True)
    expect(rank).to_be_hidden()
    page.get_by_text("Scores and other rows of the pages").click()
    expect(page.locator("#turn-1 .scores")).to_contain_text("the page publisher's overall score, out of 100")
    expect(rank).to_be_visible()


def test_copy_takes_the_grid_along(site, visit):
    page = visit(site.url, permissions=["clipboard-read", "clipboard-write"])
    ask_and_wait(page, QUESTION)
    page.get_by_role("button", name="Copy").click()
    expect(page.locator(".action-copy")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"|  | {LLAMA} | {LLAVA} |" in copied
    assert "| fine-tuning | no: limited by the 128K window [1] | not stated |" in copied


def query(page: Page) -> str:
    return page.evaluate("location.search")


def test_address_names_what_is_shown_and_back_leads_back(site, visit):
    page = visit(site.url)
    page.wait_for_timeout(600)
    ask_and_wait(page, "context")
    page.wait_for_function("location.search === '?q=context'")
    open_tab(page, "Library")
    page.wait_for_function("location.search === '?tab=library'")
    open_tab(page, "Side by side")
    page.wait_for_function("location.search === '?tab=sides'")
    page.locator(".artifact-card", has_text=LLAVA).click()
    page.locator(".artifact-card", has_text=LLAMA).click()
    page.wait_for_function("location.search.startsWith('?compare=')")
    expect(page.locator("#sides-facts table").first).to_be_visible()
    page.go_back()
    # Nothing was chosen there.
    expect(page.locator("#sides-facts .hint")).to_have_text("Choose two to twelve artifacts to lay side by side.")
    expect(page.locator("#sides-names .token")).to_have_count(0)
    assert query(page) == "?tab=sides"
    page.go_back()
    expect(page.get_by_role("tab", name="Library")).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page.get_by_role("tab", name="Ask")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#turn-1 .question")).to_have_text("context")
    page.go_back()
    expect(page.locator(".hero")).to_be_visible()
    page.go_forward()
    expect(page.locator("#turn-1 .question")).to_have_text("context")


def test_question_of_an_address_is_asked_once(site, visit):
    asked = site.count("asked")
    page = visit(f"{site.url}/?q=What+do+the+tiers+cost%3F")
    page.wait_for_selector("#turn-1.turn-done")
    expect(page.locator("#turn-1 .question")).to_have_text("What do the tiers cost?")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator("#turn-1 .direct")).to_contain_text("$20/mo")
    page.wait_for_timeout(500)
    assert site.count("asked") == asked + 1


def test_tab_of_an_address_is_shown(site, visit):
    page = visit(f"{site.url}/?tab=models")
    expect(page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")


def test_arrow_keys_go_from_tab_to_tab(site, visit):
    page = visit(site.url)
    page.get_by_role("tab", name="Ask").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Side by side")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="Side by side")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Feedback")).to_have_attribute("aria-selected", "true")


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """(text) => { const data = new DataTransfer(); data.setData('text/plain', text);
        const box = document.querySelector('#question textarea'); box.focus();
        const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
        if (box.dispatchEvent(event)) document.execCommand('insertText', false, text); }""",
        text,
    )


def test_pasted_page_is_offered_to_be_added(site, visit):
    page = visit(site.url)
    paste(page, "Which is cheaper?")
    expect(page.locator("#question textarea")).to_have_value("Which is cheaper?")
    expect(page.locator(".composer-note")).to_be_hidden()
    page.fill("#question textarea", "")
    paste(page, PAGE)
    expect(page.locator(".composer-note")).to_contain_text(f"This looks like a page: “{LLAMA} vs Newcomer”.")
    expect(page.locator("#question textarea")).to_have_value("")
    page.get_by_role("button", name="Paste it as text").click()
    expect(page.locator("#question textarea")).not_to_have_value("")
    page.fill("#question textarea", "")
    paste(page, PAGE)
    page.get_by_role("button", name="Add it to the library").click()
    expect(page.locator("#added")).not_to_be_empty()
