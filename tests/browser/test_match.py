"""The Match tab: a need, its wishes as chips, artifacts by what they meet, and what can be taken along."""

from __future__ import annotations

import csv

import pytest
from driving import Site, open_tab
from playwright.sync_api import Page, expect

from standin import DREAMBOOTH, LLAMA, LLAVA

pytestmark = pytest.mark.browser

NEED = "answers questions about pictures, free, context of at least 64K tokens"
LINK = "/?tab=match&must=captions&must=free"


def enter(page: Page, need: str) -> None:
    open_tab(page, "Match")
    page.get_by_label("What do you need?").fill(need)
    page.keyboard.press("Enter")
    # The first one loads what reads it.
    expect(page.locator(".match, #match-view .problem")).to_be_visible(timeout=60_000)


def wished(site: Site) -> list[list]:
    """The wishes of the last match, each [text, role, weight]."""
    return [entry["wishes"] for entry in site.log() if "matched" in entry][-1]


def expect_wished(page: Page, site: Site, wishes: list[list]) -> None:
    # What is drawn is what was asked last.
    texts = [text for text, _role, _weight in wishes]
    expect(page.locator(".wish .words")).to_have_text(texts)
    page.wait_for_function("!document.querySelector('.match[aria-busy]')")
    assert wished(site) == wishes


@pytest.fixture(scope="module")
def real(tmp_path_factory, seed_index):
    from driving import serve

    with serve(seed_index, "real") as served:
        yield served


@pytest.mark.integration
def test_artifacts_stand_by_what_they_meet_and_silence_is_told_from_a_denial(real, visit):
    page = visit(real.url)
    enter(page, NEED)
    expect(page.locator(".wish .words")).to_have_text(
        ["answers questions about pictures", "context of at least 64K tokens", "Pricing: Free"]
    )
    rows = page.locator(".matched tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(0).locator("th")).to_contain_text(f"{LLAMA}Model · 3 of 3")
    expect(rows.nth(1).locator("th")).to_contain_text(LLAVA)
    expect(rows.nth(1).locator("td").nth(1)).to_contain_text("not met: 8K")
    expect(rows.nth(2).locator("td").nth(0)).to_have_text("answers questions about picturesnot stated")
    expect(page.locator(".match .direct")).to_contain_text("rules out most: 3 of 4. Without it LLaVA Llama 3 (8B)")
    said = f"{LLAMA} comes first of 4, meeting 3 of 3"
    expect(page.locator("#match-need [role=status]")).to_have_text(said)
    rows.nth(1).locator("td").nth(1).locator(".cite").first.click()
    expect(page.locator("#quote mark")).to_contain_text("8K token context window")
    expect(page.locator("#quote .place")).to_contain_text("004_")
    page.keyboard.press("Escape")
    first = page.locator(".ruled-out tbody tr").first
    expect(first).to_contain_text("context of at least 64K tokens3 of 4")
    first.get_by_role("button", name="Drop context of at least 64K tokens").click()
    expect(page.locator(".match .direct")).to_contain_text(f"{LLAVA} and {LLAMA} meet all of it")


@pytest.mark.integration
def test_roles_change_the_order_and_a_link_keeps_them(real, visit):
    page = visit(f"{real.url}/?tab=match&must=free&nice=3*trains+on+a+few+photos&not=answers+questions+about+pictures")
    expect(page.get_by_role("tab", name="Match")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".matched tbody tr th b").first).to_have_text(DREAMBOOTH)
    expect(page.locator(".matched tbody tr").filter(has_text=LLAVA)).to_contain_text("not met: Answers natural")
    expect(page.locator(".matched thead th").nth(2)).to_have_text(
        "not: answers questions about picturesrules out 2 of 4"
    )
    link = page.get_by_role("link", name="Link to this match").get_attribute("href")
    assert link == (
        "?tab=match&must=Pricing%3A+Free&nice=3%2Atrains+on+a+few+photos&not=answers+questions+about+pictures"
    )


def test_chips_are_changed_and_the_result_follows_at_once(site, visit):
    page = visit(site.url)
    enter(page, "captions, free")
    page.get_by_label("Must, nice or not: free").select_option("nice")
    expect_wished(page, site, [["captions", "must", 1], ["free", "nice", 1]])
    expect(page.get_by_label("Must, nice or not: free")).to_be_focused()
    page.get_by_label("Weight of captions").select_option("3")
    expect_wished(page, site, [["captions", "must", 3], ["free", "nice", 1]])
    page.get_by_role("button", name="Reword free").click()
    page.keyboard.type("no charge")
    page.keyboard.press("Enter")
    expect_wished(page, site, [["captions", "must", 3], ["no charge", "nice", 1]])
    expect(page.get_by_role("button", name="Reword no charge")).to_be_focused()
    page.get_by_role("button", name="+ wish").click()
    page.keyboard.type("runs offline")
    page.keyboard.press("Enter")
    expect_wished(page, site, [["captions", "must", 3], ["no charge", "nice", 1], ["runs offline", "must", 1]])
    expect(page.get_by_role("button", name="+ wish")).to_be_focused()
    page.get_by_role("button", name="Remove no charge").click()
    expect_wished(page, site, [["captions", "must", 3], ["runs offline", "must", 1]])
    expect(page.get_by_role("button", name="Remove runs offline")).to_be_focused()
    page.get_by_role("button", name="Reword captions").click()
    page.keyboard.type("something else")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Reword captions")).to_be_focused()
    for name in ("runs offline", "captions"):
        page.get_by_role("button", name=f"Remove {name}").click()
    expect(page.locator("#match-view .hint")).to_be_visible()
    expect(page.get_by_label("What do you need?")).to_be_focused()


def test_keyboard_alone_is_enough(site, visit):
    page = visit(site.url)
    page.get_by_role("tab", name="Ask").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("What do you need?")).to_be_visible()
    # Past the other tabs.
    for key in (*["Tab"] * 6, *"captions", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".match")).to_be_visible()
    # Past the button to the chip's role.
    for key in ("Tab", "Tab", "n"):
        page.keyboard.press(key)
    expect_wished(page, site, [["captions", "nice", 1]])
    for key in ("Tab", "Tab", "Tab", "Tab", "Enter", *"fast", "Enter"):
        page.keyboard.press(key)
    expect_wished(page, site, [["captions", "nice", 1], ["fast", "must", 1]])
    # The table's frame, then its first quote.
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#quote mark")).to_be_visible()


def test_csv_is_copied_and_downloaded(site, visit, tmp_path):
    page = visit(f"{site.url}{LINK}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy CSV").click()
    expect(page.locator("#match-need [role=status]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "match.csv"
    download.value.save_as(tmp_path / "match.csv")
    with (tmp_path / "match.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:6] == ["Artifact", "Type", "Meets", "captions", "captions: quote", "captions: page"]
    assert rows[1][:4] == [DREAMBOOTH, "Repository", "2 of 2", "met"]
    assert rows[2][3:6] == ["not stated", "", ""]
    assert [line.split(",")[0] for line in copied.splitlines()] == [row[0] for row in rows]


def test_address_names_the_match_and_back_leads_to_the_one_before(site, visit):
    page = visit(site.url)
    page.wait_for_timeout(600)
    enter(page, "captions")
    page.wait_for_function("location.search === '?tab=match&must=captions'")
    page.get_by_label("Must, nice or not: captions").select_option("nice")
    page.wait_for_function("location.search === '?tab=match&nice=captions'")
    page.go_back()
    expect(page.get_by_label("Must, nice or not: captions")).to_have_value("must")


def test_a_need_that_wishes_for_nothing_and_markup_are_told_as_they_are(site, visit):
    page = visit(site.url)
    enter(page, "<img src=x onerror=alert(1)>")
    expect(page.locator(".wish .words")).to_have_text("<img src=x onerror=alert(1)>")
    page.get_by_label("What do you need?").fill("nothing")
    page.get_by_role("button", name="Match", exact=True).click()
    expect(page.locator("#match-view [role=alert]")).to_have_text("the need names nothing that an artifact could meet")


def test_it_fits_a_narrow_screen(site, visit):
    page = visit(
        f"{site.url}{LINK}&must=a+wish+in+quite+a+few+words+that+take+more+than+one+line", width=360, height=740
    )
    expect(page.locator(".matched tbody tr")).to_have_count(2)
    cells = [cell.bounding_box() for cell in page.locator(".matched tbody tr").first.locator("td").all()]
    assert cells[0]["y"] + cells[0]["height"] <= cells[1]["y"], "one below the other"
    expect(page.locator(".matched td .cell-name").first).to_have_text("captions")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
