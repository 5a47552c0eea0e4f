"""While the page is being opened, a browser already takes a question, and the page answers it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def waiting(browser, start, tmp_path):
    """A browser at the address of a page that is not up yet, and the folder where a file lets it be."""
    site = start(tmp_path, "opening")
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(site.url)
    page.wait_for_selector("text=Opening your library")
    yield page, tmp_path
    context.close()


def test_a_question_asked_meanwhile_is_answered(waiting):
    page, index = waiting
    page.keyboard.type("Which supports LoRA?")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=answered as soon as the library is open")
    (index / "ready").touch()
    page.wait_for_selector("#turn-1.turn-done")
    assert page.text_content("#turn-1 .question") == "Which supports LoRA?"


def test_words_that_were_not_sent_stand_in_the_composer(waiting):
    page, index = waiting
    page.keyboard.type("Which supp")
    (index / "ready").touch()
    page.wait_for_selector(".hero:not(.opening)")
    page.wait_for_function("document.querySelector('#question textarea')?.value === 'Which supp'")
    page.keyboard.type("orts LoRA?")
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-1.turn-done")
    assert page.text_content("#turn-1 .question") == "Which supports LoRA?"
    page.reload()
    page.wait_for_selector(".turn")
    assert page.input_value("#question textarea") == ""


def test_a_page_that_only_waits_goes_on_by_itself(waiting):
    page, index = waiting
    (index / "ready").touch()
    page.wait_for_selector(".hero:not(.opening)")
    assert page.locator("#tabs").count() == 1
