"""The match graph in the Library tab, as a reader uses it: by keyboard, with nothing serious for a screen reader."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from driving import open_tab
from playwright.sync_api import expect

from sidebyside.graph.store import MatchFile, Outcome
from standin import DIFFUSION

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_switched_and_forgotten_by_keyboard(start, visit, tmp_path, monkeypatch, width):
    monkeypatch.setenv("SIDEBYSIDE_MATCHES", str(tmp_path / "matches.sqlite3"))
    file, index = MatchFile(tmp_path / "matches.sqlite3"), tmp_path / "index"
    met = Outcome("draws pictures", (("stable-diffusion", ""),), lacking=False)
    file.count(str(index.resolve()), [met, Outcome("makes <b>tea</b>", (), lacking=True)])
    page = visit(start(index).url, width=width)
    open_tab(page, "Library")
    section = page.locator(".match-graph")
    expect(section.locator(".missing")).to_have_text("makes <b>tea</b> asked once, last on " + today(file, index))
    expect(page.locator("#library tr", has_text=DIFFUSION).first.locator("td").last).to_have_text("0")
    expect(page.locator("#library tbody tr td:last-child", has_text="1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    assert [item["id"] for item in found if item["impact"] in ("serious", "critical")] == []

    switch = section.get_by_role("switch")
    expect(switch).to_be_checked()
    switch.press("Enter")
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()
    switch.press(" ")
    expect(switch).to_be_checked()
    section.locator("summary").press("Enter")
    section.get_by_role("button", name="Forget all wishes").press("Enter")
    expect(section.locator(".missing")).to_have_count(0)
    expect(switch).to_be_focused()
    assert file.read(str(index.resolve())) == ()

    page.get_by_role("button", name=DIFFUSION, exact=True).click()
    expect(page.locator("#artifact h2")).to_have_text(DIFFUSION)


def today(file: MatchFile, index) -> str:
    return file.read(str(index.resolve()))[0].last[:10]
