"""What is asked in particular beside a row, an amount beside the sentence that lacks it, one kind and not another."""

from __future__ import annotations

import pytest

import invented
from invented import assert_cited, quotes_of
from sidebyside import Assistant
from sidebyside.building.build import build_index
from sidebyside.settings import Settings

WICK, FERN = "Wickmail", "Fernpost"
LABELS = ("Type", "Pricing", "Starting Price")
PAGES = {
    "wickmail-vs-fernpost.txt": invented.page_text(
        (
            WICK,
            ("Service", "Paid", "$8/mo"),
            [
                (
                    "Charges $8 a month for every seat, billed each March.",
                    "Unused seats are paid back",
                    "Dearer than Pigeonpost",
                ),
                (
                    "Sends text messages to parents and staff. One text message costs 5 cents after the first 300.",
                    "Messages wait until morning",
                    "Plainer than Pigeonpost",
                ),
                (
                    "Follows the logs of several machines at the same time over SSH. At most 24 sessions can be open.",
                    "Lines are merged by time",
                    "Lighter than Loghound",
                ),
            ],
        ),
        (
            FERN,
            ("CLI Tool", "Free", "—"),
            [
                (
                    "Sorts incoming letters by sender and date.",
                    "Rules are kept in one file",
                    "Quicker than Mailsorter",
                ),
            ],
        ),
        labels=LABELS,
    )
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, encoder):
    assert encoder is not None  # the real one has to be installed
    folder = tmp_path_factory.mktemp("particulars")
    (folder / "pages").mkdir()
    for name, text in PAGES.items():
        (folder / "pages" / name).write_text(text)
    build_index([folder / "pages"], index=folder / "index", settings=Settings.load())
    with Assistant.open(folder / "index", model="none") as opened:
        yield opened


def test_what_one_thing_costs_stands_beside_the_price(assistant):
    answer = assistant.answer("We write home a lot when it snows, so what does one text cost us with Wickmail?")
    assert "One text message costs 5 cents after the first 300." in quotes_of(answer, WICK)
    assert "Starting Price: $8/mo" in quotes_of(answer, WICK)
    assert_cited(answer, PAGES)


def test_a_price_that_only_one_has_leaves_the_price_class_answered(assistant):
    answer = assistant.answer("Pricing of Wickmail and of Fernpost, as the table gives it?")
    assert answer.status == "answered"
    assert "Pricing: Free" in quotes_of(answer, FERN)


def test_how_many_is_answered_by_the_sentence_beside(assistant):
    answer = assistant.answer("How many machines can Wickmail follow at the same time over SSH?")
    assert "At most 24 sessions can be open." in quotes_of(answer, WICK)


def test_one_kind_and_not_another(assistant):
    answer = assistant.answer("How many of the saved products are services and not CLI tools?")
    assert (answer.status, answer.artifacts) == ("answered", (WICK,))
