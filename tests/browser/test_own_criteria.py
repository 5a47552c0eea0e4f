"""Side by side on criteria in one's own words: rows that fill at once, an order, and what can be taken along."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from urllib.parse import urlencode

import pytest
from driving import open_tab
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from standin import DIFFUSION, LLAMA, LLAVA

pytestmark = pytest.mark.browser

SIDES = [("compare", LLAMA), ("compare", LLAVA), ("compare", DIFFUSION)]
VIEW = f"/?{urlencode(SIDES)}"


def add(page: Page, words: str) -> None:
    page.get_by_label("Compare on anything, in your words").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator("#sides-own .criterion").last).to_have_text(words)
    expect(page.locator(".own-criteria")).not_to_have_attribute("aria-busy", "true")


def expect_heads(page: Page, part: str, names: list[str]) -> None:
    """Wait until these artifacts stand in the head of a table, in this order."""
    page.wait_for_function(
        """([part, names]) => {
            const heads = [...document.querySelectorAll(`${part} thead th`)].map((head) => head.firstChild.textContent);
            return JSON.stringify(heads) === JSON.stringify(names);
        }""",
        arg=[part, names],
    )


def test_a_criterion_becomes_a_row_with_quotes_then_with_the_models_words(site, visit):
    page = visit(f"{site.url}{VIEW}")
    expect(page.locator("#sides-own .grid")).to_have_count(0)
    add(page, "context length")
    row = page.locator("#sides-own tbody tr").first
    expect(row.locator("td.side-1")).to_contain_text("128K tokens for text and images together")
    expect(row.locator("td.side-1 .pen")).to_have_count(1)
    expect(row.locator("td.side-3")).to_contain_text("not stated")
    expect(page.get_by_label("Compare on anything, in your words")).to_be_focused()
    expect(page.locator("#sides-add [role=status]")).to_have_text("1 criteria compared")
    row.locator(".cite").first.click()
    expect(page.locator("#quote mark")).to_be_visible()
    page.keyboard.press("Escape")
    add(page, "captions in a chosen style")
    page.wait_for_function("location.search.endsWith('on=context+length&on=captions+in+a+chosen+style')")
    page.reload()
    page.wait_for_selector("#sides-own .criterion", timeout=60_000)
    expect(page.locator("#sides-own .criterion")).to_have_text(["context length", "captions in a chosen style"])
    page.get_by_role("button", name="Remove criterion context length").click()
    expect(page.locator("#sides-own .criterion")).to_have_text(["captions in a chosen style"])
    expect(page.get_by_label("Compare on anything, in your words")).to_be_focused()
    last = [entry for entry in site.log() if "compared" in entry][-1]
    assert last["criteria"] == ["captions in a chosen style"]


def test_columns_are_ordered_in_every_table_and_what_is_the_same_is_hidden(site, visit):
    page = visit(f"{site.url}{VIEW}&on=context+length&on=captions+in+a+chosen+style&on=fine-tuning")
    expect(page.locator("#sides-own tbody tr")).to_have_count(3)
    expect_heads(page, "#sides-own", [LLAMA, LLAVA, DIFFUSION])
    page.get_by_label("Order artifacts by").select_option("captions in a chosen style")
    expect_heads(page, "#sides-own", [LLAVA, LLAMA, DIFFUSION])
    expect_heads(page, "#sides-facts .differing-table", [LLAVA, LLAMA, DIFFUSION])
    page.get_by_label("Order artifacts by").select_option("as chosen")
    expect_heads(page, "#sides-own", [LLAMA, LLAVA, DIFFUSION])
    page.goto(f"{site.url}/?{urlencode([('compare', DIFFUSION), ('compare', 'Dreambooth-Stable-Diffusion')])}&on=speed")
    page.wait_for_selector("#sides-own tr.same", timeout=60_000)
    page.get_by_label("Differences only").check()
    expect(page.locator("#sides-own tr.same")).to_be_hidden()


def test_another_artifact_is_compared_on_the_same_criteria(site, visit):
    page = visit(f"{site.url}/?{urlencode(SIDES[:2])}&on=context+length")
    expect(page.locator("#sides-own thead th")).to_have_count(2)
    page.locator("#sides-names input").fill("Dreambooth")
    page.get_by_role("option", name="Dreambooth-Stable-Diffusion").click()
    expect(page.locator("#sides-own thead th")).to_have_count(3)
    expect(page.get_by_role("link", name="CSV")).to_have_attribute(
        "href", "sidebyside/export.csv?" + page.url.split("?")[1]
    )


def test_shown_tables_are_copied_as_one(site, visit):
    page = visit(f"{site.url}{VIEW}&on=context+length", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#sides-own tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Copy as a table").click()
    expect(page.locator("#sides-links .action")).to_have_text("Copied")
    rows = [line.split("\t") for line in page.evaluate("navigator.clipboard.readText()").splitlines()]
    assert rows[0] == ["", LLAMA, LLAVA, DIFFUSION]
    assert rows[1][0] == "context length"
    assert rows[1][3] == "not stated"
    assert any(row[:2] == ["Type", "Model"] for row in rows)


def test_exports_carry_the_criteria_with_their_quotes(site, visit):
    query = f"{VIEW[2:]}&on=context+length"

    def export(form: str) -> bytes:
        with urllib.request.urlopen(f"{site.url}/sidebyside/export.{form}?{query}") as answer:
            return answer.read()

    rows = list(csv.reader(io.StringIO(export("csv").decode("utf-8-sig"))))
    assert [row[0] for row in rows[:3]] == ["", "context length", "context length: quotes"]
    assert "128K" in rows[2][1].replace("k", "K")
    book = load_workbook(io.BytesIO(export("xlsx")))
    assert book.sheetnames == ["Comparison", "Quotes"]
    assert book["Comparison"]["A2"].value == "context length"
    assert book["Quotes"]["C2"].value
    assert json.loads(export("json"))["criteria"]["grid"]["criteria"] == ["context length"]
    assert "context length" in export("md").decode()
    assert "<q>" in export("html").decode()


def test_criteria_are_text_and_fit_a_narrow_screen(site, visit):
    page = visit(f"{site.url}{VIEW}&on=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E", width=360, height=740)
    expect(page.locator("#sides-own .criterion")).to_have_text("<img src=x onerror=alert(1)>")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    open_tab(page, "Ask")
