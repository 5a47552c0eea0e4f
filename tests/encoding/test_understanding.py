"""The models beside the reader: vectors of pages' texts, kept."""

from __future__ import annotations

import numpy as np
import pytest

from sidebyside.encoding.understanding import Understanding
from sidebyside.settings import Settings

pytestmark = pytest.mark.integration


def test_texts_of_pages_are_encoded_once_and_together_as_one_by_one(encoder):
    models = Understanding(Settings.load())
    texts = ["Requires a licence.", "Slower than hosted models, but free."]
    rows = models.encode_texts(texts)
    assert np.abs(rows - encoder.encode(texts)).max() < 1e-5
    assert models.encode_texts(tuple(texts)) is rows
