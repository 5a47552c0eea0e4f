"""Amounts that are asked for, and sentences that give them."""

from __future__ import annotations

import numpy as np
import pytest

from sidebyside.evidence.amounts import Amount, asked_amount, gives
from sidebyside.records import Criterion


class Nouns:
    """Photos and images are alike, everything else is not."""

    def vectors(self, texts):
        return np.stack([np.float32([1, 0] if text in {"photos", "images"} else [0, 1]) for text in texts])


@pytest.mark.parametrize(
    ("query", "whole", "amount"),
    [
        ("training", "how long does the training of it take", Amount(unit="time")),
        ("how many minutes does it need", "", Amount(unit="time")),
        ("how many gigabytes", "", Amount(unit="bytes")),
        ("how many photos", "how many photos does it want", Amount(noun="photos")),
        ("hold in one go", "how much can it hold in one go", Amount(unit="size")),
        ("cost a month", "how much does it cost a month", None),
        ("how well it reads charts", "", None),
        ("as long as it is free", "", None),
        ("local port", "which local port does it listen on", Amount(unit="port")),
        ("port it to Windows", "", None),
    ],
)
def test_an_amount_is_told_by_the_question_word(query, whole, amount):
    assert asked_amount(Criterion(query, query, whole=whole)) == amount


@pytest.mark.parametrize(
    ("amount", "text", "worth"),
    [
        (Amount(unit="time"), "Faster convergence (30-60 minutes) than others.", 1),
        (Amount(unit="time"), "Holds 60 pieces.", 0),
        (Amount(unit="port"), "Serves its API at localhost:8080 by default.", 1),
        (Amount(unit="port"), "Answers on port 443.", 1),
        (Amount(unit="port"), "Opens at 9:30 and has 12 ports.", 0),
        (Amount(unit="bytes"), "Takes 5.5 GB of memory.", 1),
        (Amount(unit="size"), "Takes prompts of up to 32K tokens.", 1),
        (Amount(unit="size"), "Files of 2 GB are cut.", 1),
        (Amount(unit="size"), "Learns from 12 photos in 3 minutes.", 0),
        (Amount(noun="photos"), "Learns from 12 photos.", 1),
        (Amount(noun="photos"), "Learns from 3-5 user-provided images.", 0.9),
        (Amount(noun="photos"), "Covers 25 items on the free plan.", 0),
        (Amount(noun="photos"), "Costs $5 a month.", 0),
        (Amount(noun="photos"), "Reads images.", 0),
    ],
)
def test_a_sentence_gives_an_amount_of_that_kind_or_none(amount, text, worth):
    assert gives(amount, text, Nouns()) == pytest.approx(worth)
