"""The models that read questions, loaded with the first question: the trained reader and what table rows are about.

They belong to one encoder, whichever encodes the pages: weights that were trained on another read nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sidebyside.encoding.classes import Classes
from sidebyside.encoding.embedding import SentenceEncoder, load_encoder
from sidebyside.encoding.judge import Judge
from sidebyside.encoding.polarity import Polarity
from sidebyside.encoding.reader import Reader
from sidebyside.errors import ModelDamagedError
from sidebyside.settings import DEFAULT_ENCODER, Settings


class Understanding:
    """What reading takes of models. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    @property
    def reader(self) -> Reader:
        """The trained reader. Raises ModelMissingError and ModelDamagedError."""
        with self._lock:
            return self._reader

    @property
    def kinds(self) -> Classes | None:
        """What table rows are about; None where it was not learnt for this encoder."""
        with self._lock:
            return Classes.load("rows", self._encoder.name, self._encoder.fingerprint)

    @property
    def polarity(self) -> Polarity | None:
        """Drawbacks and strengths; None where that was not learnt for this encoder."""
        with self._lock:
            return self._polarity

    def judge(self, pairs: Sequence[tuple[str, str, str]]) -> np.ndarray:
        """See `judge.Judge.judge`. Raises ModelMissingError and ModelDamagedError."""
        with self._lock:
            judge = self._judge
        return judge.judge(pairs)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 unit vectors (len(texts), dimension) of questions."""
        with self._lock:
            return self._encoder.encode_questions(list(texts))

    @cached_property
    def _encoder(self) -> SentenceEncoder:
        return load_encoder(self._settings.model_copy(update={"encoder": DEFAULT_ENCODER}))

    @cached_property
    def _reader(self) -> Reader:
        bert = self._encoder.bert
        found = Reader.load(bert, self._encoder.name, self._encoder.fingerprint) if bert is not None else None
        if found is None:
            raise self._damaged()
        return found

    @cached_property
    def _polarity(self) -> Polarity | None:
        return Polarity.load(self._encoder)

    @cached_property
    def _judge(self) -> Judge:
        found = Judge.load(self._encoder)
        if found is None:
            raise self._damaged()
        return found

    def _damaged(self) -> ModelDamagedError:
        return ModelDamagedError(
            f"{self._encoder.folder} is not the {DEFAULT_ENCODER} that questions are read with; "
            f"install it again with: sidebyside models pull {DEFAULT_ENCODER}"
        )
