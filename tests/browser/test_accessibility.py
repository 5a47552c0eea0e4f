"""axe-core finds nothing serious, in light and dark, narrow and wide."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from driving import ask_and_wait, open_tab
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LOOKS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]


def serious_findings(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{finding['id']}: {finding['help']} at {[node['target'] for node in finding['nodes']][:4]}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_conversation_is_accessible(site, visit, scheme, width):
    page = visit(site.url, width=width, color_scheme=scheme)
    assert serious_findings(page) == []
    ask_and_wait(page, "context")
    page.locator(".direct .cite").first.click()
    page.wait_for_selector("#quote:popover-open")
    assert serious_findings(page) == []
    # The quote may lie over the buttons.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Not helpful").click()
    page.wait_for_selector(".note-form")
    assert serious_findings(page) == []
    ask_and_wait(page, "Which has the highest rank?")
    if width < 1000:
        # On wide screens the conversations are always there.
        page.locator(".menu summary").click()
    assert page.locator(".menu-list li").first.is_visible()
    assert serious_findings(page) == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_tabs_are_accessible(site, visit, scheme, width):
    page = visit(
        f"{site.url}/?compare=LLaVA+Llama+3+%288B%29&compare=Llama+3.2+90B+Vision&compare=Stable-Diffusion",
        width=width,
        color_scheme=scheme,
    )
    found = {"Side by side": serious_findings(page)}
    open_tab(page, "Match")
    page.get_by_label("What do you need?").fill("captions, free")
    page.keyboard.press("Enter")
    page.get_by_label("Must, nice or not: captions").select_option("not")
    page.wait_for_selector(".match:not([aria-busy]) .role-not")
    found["Match"] = serious_findings(page)
    for name in ("Shortlist", "Library", "Models", "Feedback"):
        open_tab(page, name)
        page.wait_for_timeout(300)
        found[name] = serious_findings(page)
    assert found == {name: [] for name in found}


def test_scan_notices_what_is_wrong(site, visit):
    page = visit(site.url)
    page.evaluate("document.querySelector('.welcome').innerHTML += '<button></button>'")
    assert [finding.split(":")[0] for finding in serious_findings(page)] == ["button-name"]
