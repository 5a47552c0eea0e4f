"""Side by side, library, models and feedback, as a reader uses them."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from driving import ask_and_wait, open_tab
from playwright.sync_api import Page, expect

from fakes import comparison_page
from sidebyside.building.build import build_index
from standin import DIFFUSION, EIGHT_K, LLAMA, LLAVA

pytestmark = pytest.mark.browser

VIEW = "/?compare=LLaVA+Llama+3+%288B%29&compare=Llama+3.2+90B+Vision"


def open_scores(page: Page) -> None:
    if not page.locator("#sides-rows").is_visible():
        page.get_by_role("button", name="Scores, and an order by your own weights").click()


def shown_order(page: Page) -> list[str]:
    return page.locator(".order b").all_inner_texts()


def test_choosing_two_artifacts_lays_them_side_by_side(site, visit):
    page = visit(site.url)
    open_tab(page, "Side by side")
    expect(page.locator("#sides-facts .hint")).to_have_text("Choose two to twelve artifacts to lay side by side.")
    for name in (LLAVA, DIFFUSION):
        page.locator("#sides-names input").click()
        page.get_by_role("option", name=name, exact=True).click()
    expect(page.locator("#sides-facts .differing-table thead th")).to_have_text([LLAVA, DIFFUSION])
    expect(page.locator("#sides-facts tr.differs th").first).to_have_text("Type (differs)")
    expect(page.locator("#sides-facts tr.same th").first).to_have_text("Pricing")
    expect(page.locator("#sides-rest .shared b")).to_have_text([LLAVA, DIFFUSION])
    # Scores and weights are last, and folded.
    expect(page.locator("#sides-rows")).to_be_hidden()
    page.get_by_label("Differences only").check()
    expect(page.locator("#sides-facts tr.same")).to_be_hidden()
    expect(page.locator("#sides-facts tr.differs").first).to_be_visible()
    page.locator("#sides-rest .columns, #sides-rest .shared-part").first.wait_for(state="hidden")


def test_cards_and_pairs_choose(site, visit):
    page = visit(site.url)
    open_tab(page, "Side by side")
    card = page.locator(".artifact-card", has_text=LLAVA)
    expect(card).to_contain_text("Model · 9 capabilities, 1 shown")
    expect(card).to_contain_text("Processes images and text together")
    card.click()
    expect(page.locator("#sides-facts .hint")).to_have_text(f"Choose what to lay beside {LLAVA}.")
    expect(card).to_have_attribute("aria-pressed", "true")
    page.locator(".artifact-card", has_text=LLAMA).click()
    expect(page.locator("#sides-facts .same-table thead th")).to_have_text([LLAVA, LLAMA])
    page.goto(f"{site.url}/?tab=sides")
    page.locator("#sides-facts .jobs .ask", has_text=LLAVA).first.click()
    expect(page.locator("#sides-facts .same-table thead th")).to_have_text([LLAMA, LLAVA])


def test_comparison_needs_no_sideways_scrolling_on_a_narrow_screen(site, visit):
    page = visit(f"{site.url}{VIEW}&compare=Stable-Diffusion&weights=5,4,5,5,5", width=360, height=740)
    expect(page.locator("#sides-rows")).to_be_visible()
    wide = """() => [...document.querySelectorAll('#sides-facts *, #sides-fold *, #sides-rest *')].filter((part) =>
      part.scrollWidth > part.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(part).overflowX))
      .map((part) => part.className || part.tagName)"""
    assert page.evaluate(wide) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_weights_that_are_all_zero_make_no_claim(site, visit):
    page = visit(f"{site.url}{VIEW}&weights=0,0,0,0,0")
    expect(page.locator("#sides-order")).to_contain_text("All weights are 0, so nothing puts them in an order.")
    expect(page.locator(".order")).to_have_count(0)


def test_link_reopens_the_view_with_its_weights(site, visit):
    page = visit(f"{site.url}{VIEW}&weights=0,0,0,0,10")
    expect(page.get_by_role("tab", name="Side by side")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#sides-facts .same-table thead th")).to_have_text([LLAVA, LLAMA])
    expect(page.locator("#weights input[type=number]").last).to_have_value("10")
    link = page.get_by_role("link", name="Link to this view").get_attribute("href")
    assert link == "?compare=LLaVA+Llama+3+%288B%29&compare=Llama+3.2+90B+Vision&weights=0%2C0%2C0%2C0%2C10"


def test_weights_reorder_and_say_what_would_flip(site, visit):
    page = visit(f"{site.url}/?compare=Llama+3.2+90B+Vision&compare=Dreambooth-Stable-Diffusion&weights=5,5,5,0,0")
    # Without Ecosystem both have the same total, and the name decides.
    assert shown_order(page) == ["Dreambooth-Stable-Diffusion", LLAMA]
    number = page.locator("#weights input[type=number]").nth(3)
    number.fill("10")
    number.press("Enter")
    expect(page.locator(".order li").first).to_contain_text("69 of 100")
    expect(page.locator(".order li").last).to_contain_text("29 of 100")


def test_weight_that_would_flip_the_order_is_told_and_does_flip_it(start, visit, tmp_path):
    site = start(tmp_path / "index", "rivals")
    page = visit(f"{site.url}/?compare=Old+Hand&compare=Newcomer&weights=5,2,0,0,0")
    assert shown_order(page) == ["Old Hand", "Newcomer"]
    # (80 - 33) / 100 of the rank's weight 5 is what Adoption must weigh: 2.35.
    expect(page.locator(".flips")).to_contain_text(
        "Newcomer draws level with Old Hand when Adoption rises to 2.3 (now 2)."
    )
    number = page.locator("#weights input[type=number]").nth(1)
    number.fill("3")
    number.press("Enter")
    expect(page.locator(".order b").first).to_have_text("Newcomer")
    expect(page.locator(".flips")).to_contain_text("Adoption falls to 2.3 (now 3)")
    link = page.get_by_role("link", name="Link to this view").get_attribute("href")
    assert link == "?compare=Old+Hand&compare=Newcomer&weights=5%2C3%2C0%2C0%2C0"
    page.goto(f"{site.url}/{link}")
    expect(page.locator(".order b").first).to_have_text("Newcomer")


def test_pages_that_disagree_are_drawn_as_a_range_and_listed_with_their_files(start, visit, tmp_path):
    site = start(tmp_path / "index", "rivals")
    page = visit(f"{site.url}/?compare=Old+Hand&compare=Newcomer")
    open_scores(page)
    drawing = page.locator("#sides-plot figure.rank svg")
    expect(drawing).to_have_attribute(
        "aria-label", "UnfragileRank. Old Hand: 80 of 100; Newcomer: 30 to 36 of 100, pages disagree"
    )
    expect(drawing.locator("rect.band.side-2")).to_have_attribute("width", "6.00%")
    expect(page.locator("#sides-rows .conflict li")).to_have_text(["30/100 Newcomer", "36/100 second.txt"])
    open_tab(page, "Library")
    expect(page.locator("#library tr", has_text="Newcomer")).to_contain_text("30/100 / 36/100")
    expect(page.locator("#library .flag")).to_have_text("conflict")


def test_scores_are_drawn_on_the_whole_scale(site, visit):
    page = visit(site.url + VIEW)
    open_scores(page)
    drawing = page.locator("#sides-plot figure.rank svg")
    expect(drawing).to_have_attribute("aria-label", f"UnfragileRank. {LLAVA}: 22 of 100; {LLAMA}: 45 of 100")
    expect(drawing.locator(".tick-label")).to_have_text(["0", "25", "50", "75", "100"])
    expect(drawing.locator("rect.bar.side-2")).to_have_attribute("width", "45.00%")


def test_comparison_exports_in_three_forms(site, visit):
    page = visit(site.url + VIEW)
    contents = {}
    for name in ("Markdown", "Web page", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        contents[name] = Path(download.value.path()).read_text("utf-8")
    assert "| UnfragileRank (differs) | 22/100 [1] | 45/100 [2] |" in contents["Markdown"]
    assert '<th scope="row">UnfragileRank <small>differs</small></th>' in contents["Web page"]
    assert "src=" not in contents["Web page"]
    data = json.loads(contents["JSON"])
    assert [artifact["label"] for artifact in data["artifacts"]] == [LLAVA, LLAMA]
    described = "Processes images and text simultaneously within a 128K token context window"
    assert f"> description: {described}" in contents["Markdown"]
    assert f"<q>{described}" in contents["Web page"]
    quoted = data["artifacts"][1]["capabilities"][0]["description"]
    assert quoted["text"].startswith(described)
    assert set(quoted["source"]) >= {"file", "start", "end"}
    assert data["rows"][1] == {"label": "UnfragileRank", "differs": True, "values": [["22/100"], ["45/100"]]}


def test_answer_leads_to_the_side_by_side_view(site, visit):
    page = visit(site.url)
    ask_and_wait(page, "context")
    page.get_by_role("link", name="Open side by side").click()
    expect(page.locator("#sides-facts .same-table thead th")).to_have_text([LLAVA, LLAMA])
    open_tab(page, "Ask")
    expect(page.locator("#turn-1 .direct")).to_contain_text("128K tokens")


def test_library_filters_sorts_and_opens_an_artifact(site, visit):
    page = visit(site.url)
    open_tab(page, "Library")
    names = page.locator("#library tbody tr:visible th button")
    expect(names).to_have_count(4)
    page.get_by_label("Filter").fill("model")
    expect(names).to_have_text([LLAMA, LLAVA])
    expect(page.locator(".count")).to_have_text("2 of 4 artifacts")
    page.get_by_label("Filter").fill("")
    page.get_by_role("button", name="UnfragileRank").click()
    expect(names.first).to_have_text(LLAVA)
    page.get_by_role("button", name="UnfragileRank").click()
    expect(names.first).to_have_text(DIFFUSION)
    page.get_by_role("button", name=LLAVA, exact=True).click()
    expect(page.locator("#artifact h2")).to_have_text(LLAVA)
    expect(page.locator("#artifact tr", has_text="UnfragileRank")).to_contain_text("22/100")
    expect(page.locator("#artifact tr", has_text="UnfragileRank")).to_contain_text("004_56e9c64ebf7cdd1a.txt")


def test_switching_the_model_needs_no_restart(start, visit, tmp_path):
    page = visit(start(tmp_path / "index").url)
    expect(page.locator(".masthead")).to_contain_text("scripted")
    open_tab(page, "Models")
    page.get_by_role("button", name="Use no model").click()
    expect(page.locator(".masthead")).to_contain_text("quotes only, no model")
    expect(page.locator("#models tr.used th").first).to_contain_text("No model")
    page.get_by_role("button", name="Answer with qwen2.5-coder-1.5b").click()
    expect(page.locator(".masthead")).to_contain_text("qwen2.5-coder-1.5b")
    open_tab(page, "Ask")
    ask_and_wait(page, "context")


def test_feedback_tab_counts_and_exports(start, visit, tmp_path):
    site = start(tmp_path / "index")
    page = visit(site.url)
    open_tab(page, "Feedback")
    expect(page.locator("#feedback .hint")).to_contain_text("Nothing yet")
    open_tab(page, "Ask")
    ask_and_wait(page, "context")
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.locator(".action-up")).to_have_attribute("aria-pressed", "true")
    open_tab(page, "Feedback")
    expect(page.locator("#feedback .report")).to_contain_text("1 helpful, 0 not helpful, 0 with a note.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as JSONL").click()
    lines = Path(download.value.path()).read_text("utf-8").splitlines()
    kept = json.loads(lines[0])
    assert kept["rating"] == "up"
    assert {"question", "answer", "citations", "generation", "model", "note", "time"} <= set(kept)
    assert kept["citations"][1]["quote"] == EIGHT_K


@pytest.mark.integration
def test_dropping_a_good_and_a_bad_file(start, visit, tmp_path, seeds, encoder):
    index = tmp_path / "index"
    (index / "seeds").mkdir(parents=True)
    first, second = sorted(seeds.glob("*.txt"))
    (index / "seeds" / first.name).write_bytes(first.read_bytes())
    build_index(index=index, encoder=encoder)
    bad = tmp_path / "shopping <b>list<b>.txt"
    bad.write_text("milk\neggs\n")
    with zipfile.ZipFile(tmp_path / "pages.zip", "w") as archive:
        archive.write(second, "inside/second.txt")
    site = start(index, "real")
    page = visit(site.url)
    expect(page.locator(".masthead")).to_contain_text("2 artifacts from 1 page")
    open_tab(page, "Library")
    page.locator("#drop input[type=file]").set_input_files([bad, tmp_path / "pages.zip"])
    expect(page.locator("#report")).to_contain_text("4 artifacts from 2 pages", timeout=60_000)
    expect(page.locator("#report")).to_contain_text(f"New: {LLAVA}")
    expect(page.locator("#report li", has_text="shopping")).to_contain_text("shopping")
    expect(page.locator("#library tbody tr")).to_have_count(4)
    expect(page.locator(".masthead")).to_contain_text("4 artifacts from 2 pages")
    open_tab(page, "Ask")
    ask_and_wait(page, f"Which handles a longer context: {LLAVA} or {LLAMA}?")
    expect(page.locator("#turn-1 .direct")).to_contain_text("128K")
    expect(page.locator("#turn-1 .direct")).to_contain_text("8K")
    page.locator("#turn-1 .direct .cite").first.click()
    expect(page.locator("#quote mark")).to_be_in_viewport()


def test_names_of_a_link_that_are_gone_are_told(site, visit):
    page = visit(f"{site.url}{VIEW}&compare=Gone+%3Cb%3E")
    expect(page.locator("#sides-facts .problem")).to_have_text("Not in your library: “Gone <b>”")
    expect(page.locator("#sides-facts .same-table thead th")).to_have_text([LLAVA, LLAMA])
    page.get_by_label(f"Remove {LLAMA}").or_(page.locator("#sides-names .token-remove").nth(1)).first.click()
    expect(page.locator("#sides-facts .hint")).to_have_text(f"Choose what to lay beside {LLAVA}.")


def test_all_tabs_are_in_sight_on_a_narrow_screen(site, visit):
    page = visit(site.url, width=360, height=740)
    tops = [box["y"] for tab in page.get_by_role("tab").all() if (box := tab.bounding_box())]
    assert len(tops) == 7
    assert len(set(tops)) == 1, "they stand in one row"
    for tab in page.get_by_role("tab").all():
        expect(tab).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_artifact_leads_back_to_its_row(site, visit):
    page = visit(site.url)
    open_tab(page, "Library")
    page.get_by_role("button", name=LLAVA, exact=True).click()
    page.get_by_role("button", name="Back to the list").click()
    expect(page.locator("#library").get_by_role("button", name=LLAVA, exact=True)).to_be_focused()


@pytest.mark.integration
def test_chat_goes_on_while_pages_are_added(start, visit, tmp_path, seed_index):
    index = Path(shutil.copytree(seed_index, tmp_path / "index"))
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(120):
            topics = [f"{word} {number}" for word in ("speed", "memory", "colour", "sound")]
            archive.writestr(f"{number}.txt", comparison_page(f"Heron {number}", f"Wren {number}", topics=topics))
    site = start(index, "real")
    page = visit(site.url)
    ask_and_wait(page, "Which artifact has the highest UnfragileRank?")
    open_tab(page, "Library")
    page.locator("#drop input[type=file]").set_input_files(tmp_path / "many.zip")
    expect(page.locator("#report .adding progress")).to_be_visible()
    open_tab(page, "Ask")
    ask_and_wait(page, f"Which handles a longer context: {LLAVA} or {LLAMA}?")
    expect(page.locator("#turn-2 .direct")).to_contain_text("128K")
    # It was answered from the present index: the new one is still being made.
    expect(page.locator("#report .adding")).to_have_count(1)
    expect(page.locator("#report")).to_contain_text("244 artifacts from 122 pages", timeout=180_000)
    ask_and_wait(page, "What does Heron 7 cost?")
    expect(page.locator("#turn-3 .direct")).to_contain_text("Free")


@pytest.mark.integration
def test_pull_without_a_network_says_what_to_do_and_the_page_goes_on(site, visit):
    page = visit(site.url)
    open_tab(page, "Models")
    page.get_by_role("button", name="Download qwen3-4b").click()
    expect(page.locator("#models-progress .problem")).to_contain_text("qwen3-4b", timeout=60_000)
    expect(page.locator("#models-progress .problem")).to_contain_text("sidebyside models pull qwen3-4b")
    expect(page.locator("#models-progress .problem")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Download qwen3-4b")).to_be_enabled()
    open_tab(page, "Ask")
    ask_and_wait(page, "context")


@pytest.mark.integration
def test_first_page_turns_an_empty_page_into_one_that_answers(start, visit, tmp_path, seeds):
    page = visit(start(tmp_path / "index", "real").url)
    expect(page.locator(".hero h2")).to_have_text("There is nothing to compare yet")
    expect(page.locator(".masthead")).to_contain_text("no library yet")
    open_tab(page, "Library")
    expect(page.locator("#library .problem, #library .hint").first).to_be_visible()
    page.locator("#drop input[type=file]").set_input_files(sorted(seeds.glob("*.txt"))[0])
    expect(page.locator("#report")).to_contain_text("2 artifacts from 1 page", timeout=60_000)
    expect(page.locator(".masthead")).to_contain_text("2 artifacts from 1 page")
    open_tab(page, "Ask")
    page.locator(".welcome .ask", has_text="differ?").click()
    expect(page.locator("#turn-1 .direct")).to_contain_text("Stable-Diffusion")
