"""The page with llama.cpp behind it: prose that is written, checked and streamed, and a Stop that stops it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import psutil
import pytest
from driving import Site, ask, ask_and_wait, open_tab
from playwright.sync_api import expect

from standin import LLAMA, LLAVA
from tiny_gguf import write_tiny_model

pytestmark = [pytest.mark.browser, pytest.mark.integration]

CONTEXT = f"Which handles a longer context: {LLAVA} or {LLAMA}?"
# Four cells for the model to write.
WORDS = f"How do {LLAVA} and {LLAMA} compare on reading documents and on answering questions about images?"
# Loading a gigabyte and reading the first prompt, on a machine that is busy with something else.
PATIENCE = 180_000


def own_copy(index: Path, folder: Path) -> Path:
    return Path(shutil.copytree(index, folder / "index"))


def cpu_seconds(site: Site) -> float:
    """Processor time of the model's process."""
    children = psutil.Process(site.pid).children(recursive=True)
    return sum(child.cpu_times().user + child.cpu_times().system for child in children)


def test_default_model_writes_checked_prose_below_the_facts(start, visit, tmp_path, seed_index, default_model):
    site = start(own_copy(seed_index, tmp_path), "default")
    page = visit(site.url)
    page.set_default_timeout(PATIENCE)
    ask(page, WORDS)
    page.wait_for_selector("#turn-1.turn-writing .direct")
    expect(page.locator("#turn-1 .grid .cite").first).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.wait_for_selector("#turn-1.turn-done")
    expect(page.locator("#turn-1 .made")).to_contain_text("qwen2.5-coder-1.5b wrote")
    written = page.locator("#turn-1 .by-model").first
    expect(written).to_contain_text("text")
    expect(written.locator(".cite").first).to_be_visible()
    asked_next = re.compile(re.escape(f"How do {LLAVA} and {LLAMA} compare on ") + r".+\?")
    expect(page.locator("#turn-1 .suggestions button").first).to_have_text(asked_next)


def test_stop_leaves_the_default_model_idle_within_a_second(start, visit, tmp_path, seed_index, default_model):
    site = start(own_copy(seed_index, tmp_path), "default")
    page = visit(site.url)
    page.set_default_timeout(PATIENCE)
    # Loading, and what is prepared while nobody asks, is done after one answer.
    ask_and_wait(page, CONTEXT)
    before = cpu_seconds(site)
    ask(page, WORDS)
    page.wait_for_selector("#turn-2.turn-writing .direct")
    for _ in range(int(PATIENCE / 100)):
        if cpu_seconds(site) > before + 0.5:
            break
        page.wait_for_timeout(100)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#turn-2")).to_have_class("turn turn-stopped", timeout=1000)
    page.wait_for_timeout(1000)
    after = cpu_seconds(site)
    page.wait_for_timeout(1500)
    assert cpu_seconds(site) - after < 0.3, "the model goes on computing"
    ask_and_wait(page, "Which artifact has the highest UnfragileRank?")
    expect(page.locator("#turn-3 .direct")).to_contain_text("Stable-Diffusion")


def test_noise_of_a_model_never_reaches_the_page(start, visit, tmp_path, seed_index):
    model = write_tiny_model(tmp_path / "noise.gguf", context=4096)
    site = start(own_copy(seed_index, tmp_path), str(model))
    page = visit(site.url)
    expect(page.locator(".masthead")).to_contain_text("noise")
    ask_and_wait(page, CONTEXT)
    expect(page.locator("#turn-1 .direct")).to_contain_text("128K tokens")
    expect(page.locator("#turn-1 .made")).to_contain_text("The model wrote nothing that passed the check")
    # Sides as quotes, and nothing else.
    expect(page.locator("#turn-1 .prose-lane > p")).to_have_count(0)


def test_speed_is_measured_one_model_at_a_time(start, visit, tmp_path, default_model):
    site = start(tmp_path / "index")
    page = visit(site.url)
    open_tab(page, "Models")
    told = page.locator("#models-progress")
    measure = page.get_by_role("button", name="Measure the speed of qwen2.5-coder-1.5b")
    measure.click()
    expect(told).to_contain_text("Measuring qwen2.5-coder-1.5b…")
    measure.click()
    expect(told).to_contain_text("Measuring qwen2.5-coder-1.5b is not done yet")
    expect(told).to_contain_text(re.compile(r"reads \d+ and writes \d+ tokens a second"), timeout=PATIENCE)
    expect(page.locator("#models tr", has_text="qwen2.5-coder-1.5b")).to_contain_text(
        re.compile(r"reads \d+, writes \d+")
    )
