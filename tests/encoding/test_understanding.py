"""The models that read questions: what they encoded is kept."""

from __future__ import annotations

import numpy as np
import pytest

from sidebyside.encoding import understanding
from sidebyside.encoding.understanding import Understanding
from sidebyside.settings import Settings


class Counting:
    """Counts what it encodes; a text's vector depends on the texts beside it, as last bits do."""

    bert = None

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def encode(self, texts):
        self.calls.append(list(texts))
        return np.full((len(texts), 2), len(texts), dtype=np.float32)


def test_texts_are_encoded_once_and_kept_as_they_were_asked_for(monkeypatch):
    counting = Counting()
    monkeypatch.setattr(understanding, "load_encoder", lambda _settings: counting)
    monkeypatch.setattr(understanding, "_MOST_KEPT", 2)
    models = Understanding(Settings.load())
    assert models.encode_texts(["a", "b"])[0, 0] == 2
    assert models.encode_texts(["a"])[0, 0] == 1
    assert models.encode_texts(["a", "b"])[0, 0] == 2
    assert counting.calls == [["a", "b"], ["a"]]
    # The call that was made longest ago is forgotten.
    models.encode_texts(["c"])
    models.encode_texts(["a", "b"])
    models.encode_texts(["a"])
    assert counting.calls[2:] == [["c"], ["a"]]


@pytest.mark.integration
def test_texts_together_have_the_vectors_that_they_have_one_by_one(encoder):
    texts = ["Requires a licence.", "Slower than hosted models, but free."]
    assert np.abs(Understanding(Settings.load()).encode_texts(texts) - encoder.encode(texts)).max() < 1e-5
