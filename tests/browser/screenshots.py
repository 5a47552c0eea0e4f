"""Takes the screenshots in docs/ from the two committed pages: python tests/browser/screenshots.py [FOLDER]."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from driving import FLAGS, NAMES, ask_and_wait, serve
from playwright.sync_api import Browser, Page, sync_playwright

from sidebyside.building.build import build_index

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "Which handles a longer context: LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?"
VIEW = "?compare=Llama+3.2+90B+Vision&compare=Stable-Diffusion&compare=LLaVA+Llama+3+%288B%29"
LOOKS = {
    "": (1280, 860, "light"),
    "-dark": (1280, 860, "dark"),
    "-narrow": (360, 740, "light"),
    "-narrow-dark": (360, 740, "dark"),
}
# What README shows; the other looks are for whoever works on the page.
KEPT = {"ask", "side-by-side-dark"}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    looks = LOOKS if len(sys.argv) > 1 else {"": LOOKS[""], "-dark": LOOKS["-dark"]}
    path = next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        index = Path(scratch) / "index"
        shutil.copytree(ROOT / "index" / "seeds", index / "seeds")
        build_index(index=index)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        with serve(index, "default") as site:
            for look in looks:
                take(browser, site.url, folder, look)
        browser.close()
    if len(sys.argv) == 1:
        for picture in folder.glob("*.png"):
            if picture.stem not in KEPT:
                picture.unlink()


def take(browser: Browser, url: str, folder: Path, look: str) -> None:
    """Every view in one look."""
    page = opened(browser, url, look)
    page.screenshot(path=folder / f"welcome{look}.png")
    ask_and_wait(page, QUESTION)
    page.locator("#turn-1 .cite").nth(1).click()
    page.wait_for_timeout(700)
    page.screenshot(path=folder / f"ask{look}.png")
    page.context.close()
    page = opened(browser, f"{url}/{VIEW}", look)
    page.wait_for_selector("#sides-links a")
    page.wait_for_timeout(500)
    page.screenshot(path=folder / f"side-by-side{look}.png", full_page=True)
    page.context.close()


def opened(browser: Browser, url: str, look: str) -> Page:
    width, height, scheme = LOOKS[look]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(url)
    page.wait_for_selector(".hero:not(.opening):visible, #sides-links a:visible")
    page.wait_for_timeout(400)
    return page


if __name__ == "__main__":
    main()
