"""Tending pages in the Library tab: paste, replace, remove, take back, watch, what changed."""

from __future__ import annotations

import pytest
from driving import open_tab
from playwright.sync_api import expect

from fakes import comparison_page
from sidebyside.building.build import build_index

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@pytest.fixture
def tended(start, visit, tmp_path, encoder):
    """The page over a library of one page that was handed over, and a folder that is watched."""
    index, own = tmp_path / "index", tmp_path / "own"
    for folder, name, pair in ((index / "seeds", "ab.txt", ("Alpha", "Beta")), (own, "cd.txt", ("Gamma", "Delta"))):
        folder.mkdir(parents=True)
        (folder / name).write_text(comparison_page(*pair), encoding="utf-8")
    build_index([own], index=index, encoder=encoder)
    page = visit(start(index, "real").url)
    open_tab(page, "Library")
    expect(page.locator("#library tbody tr")).to_have_count(4)
    return page, own


def paste(page, text: str, name: str = "", url: str = "") -> None:
    if not page.get_by_label("Text, Markdown or HTML").is_visible():
        page.get_by_role("button", name="Paste a page").click()
    page.get_by_label("Text, Markdown or HTML").fill(text)
    page.get_by_label("Name (may be left out)").fill(name)
    page.get_by_label("Address it is from").fill(url)
    page.get_by_role("button", name="Add the page").click()


def row(page, name: str):
    """The row of a page in the list of pages, which is opened."""
    if page.locator("#pages details").first.get_attribute("open") is None:
        page.locator("#pages summary").first.click()
    return page.locator("#pages tbody tr", has_text=name)


def test_a_page_is_pasted_replaced_and_taken_back(tended):
    page, _ = tended
    text = comparison_page("Epsilon", "Zeta")
    paste(page, text, "letters", "https://pages.example/letters")
    expect(page.locator("#report")).to_contain_text("New: Epsilon", timeout=60_000)
    expect(page.get_by_label("Text, Markdown or HTML")).to_have_value("")
    expect(row(page, "letters.txt")).to_contain_text("https://pages.example/letters")
    paste(page, comparison_page("Epsilon", "Zeta", ranks=(1, 50)), "letters")
    expect(page.locator("#report")).to_contain_text("letters.txt comes again: it would replace letters.txt.")
    expect(page.locator("#report")).to_contain_text("Epsilon, UnfragileRank")
    page.get_by_role("button", name="Replace", exact=True).click()
    expect(page.locator("#report")).to_contain_text("letters.txt replaced letters.txt.", timeout=60_000)
    row(page, "letters.txt")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#report")).to_contain_text("1/100 →", timeout=60_000)
    paste(page, "milk and eggs")
    expect(page.locator("#report .failed")).to_contain_text("no comparison table")
    expect(page.get_by_label("Text, Markdown or HTML")).to_have_value("milk and eggs")


def test_a_page_is_removed_after_it_was_shown_what_goes(tended):
    page, _ = tended
    row(page, "ab.txt").get_by_role("button", name="Remove ab.txt").click()
    expect(page.locator("#report")).to_contain_text("Gone: Alpha")
    page.get_by_role("button", name="Leave it as it is").click()
    expect(page.locator("#library tbody tr")).to_have_count(4)
    row(page, "ab.txt").get_by_role("button", name="Remove ab.txt").click()
    page.locator("#report").get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator("#library tbody tr")).to_have_count(2, timeout=60_000)
    row(page, "cd.txt")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#library tbody tr")).to_have_count(4, timeout=60_000)
    page.get_by_text("What changed between two versions").click()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#report")).to_contain_text("New: Alpha")


def test_dropped_files_that_come_again_are_shown_first(tended, tmp_path):
    page, _ = tended
    again = tmp_path / "again" / "ab.txt"
    again.parent.mkdir()
    again.write_text(comparison_page("Alpha", "Beta", ranks=(2, 50)), encoding="utf-8")
    page.locator("#drop input[type=file]").set_input_files(again)
    expect(page.locator("#report")).to_contain_text("ab.txt comes again: it would replace ab.txt.")
    page.get_by_role("button", name="Keep both").click()
    expect(page.locator("#report")).to_contain_text("The library is up to date.", timeout=60_000)
    expect(page.locator("#pages tbody tr")).to_have_count(3)
    # The one that was there before is the older one.
    expect(row(page, "ab.txt")).to_contain_text("newer: ab (2).txt")


def test_pages_tell_where_they_stand_without_a_path_and_old_ones_are_marked(tended):
    page, own = tended
    expect(row(page, "cd.txt")).to_contain_text("a watched folder")
    assert str(own) not in page.locator("#pages").inner_text()
    expect(page.locator("#pages .old:visible")).to_have_count(0)
    page.get_by_label("Mark as old what is dated before").fill("2999-01-01")
    expect(page.locator("#pages .old:visible")).to_have_count(2)


def test_watched_folders_bring_new_pages_by_themselves(tended):
    page, own = tended
    page.get_by_label("Watch the folders").check()
    expect(page.locator("#noticed")).to_contain_text("Watching; nothing has changed yet.")
    (own / "ef.txt").write_text(comparison_page("Eta", "Theta"), encoding="utf-8")
    expect(page.locator("#noticed")).to_contain_text("New: Eta", timeout=60_000)
    expect(page.locator("#library tbody tr")).to_have_count(6)
    page.get_by_label("Watch the folders").uncheck()
