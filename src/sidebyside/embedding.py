"""Turns texts into vectors with a local sentence-transformers model: the only importer of that library.

A few texts, such as a question, are encoded by bert.py from the same weights where it knows the model: loading
torch and sentence-transformers takes 5 seconds, the numpy pass 0.1 s to get ready and 20 ms a text.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sidebyside.bert import WEIGHTS, Bert
from sidebyside.errors import ModelDamagedError, ModelMissingError
from sidebyside.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Progress = Callable[[int, int], None]

# Measured on 2 cores with sentences of about 180 characters: 16 to 32 texts a batch give 115-120 texts a second,
# 128 give 43. Half precision (bf16) is no faster at these sizes and moves vectors by 3e-3, so float32 it is.
_BATCH = 32
# Texts per call into the model: what one progress step covers.
_SLICE = 256
# Up to this many texts go the short way: 50 a second at once, against 115 after 5 seconds of loading. The choice
# depends on nothing else, so the same call always gives the same vectors.
_FEW = 128
# Files that decide what a text's vector is; older and newer folders have more or fewer of them.
_IDENTITY = ("config.json", "modules.json", "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json")


class Encoder(Protocol):
    """Turns texts into unit vectors.

    `fingerprint` changes whenever the vectors would: it covers weights, tokenizer, pooling, length and precision.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> np.ndarray:
        """float32 array (len(texts), dimension), rows L2-normalised; `progress` gets (texts done, texts in all)."""
        ...


class SentenceEncoder:
    """A sentence-transformers model from a folder; the model itself is loaded when the first text comes.

    Vectors of the same text differ by at most about 1e-6 between batches and between the two ways of computing them
    (float32 sums in another order). Safe to use from several threads.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.folder = folder
        self.dimension = _dimension(folder)
        self._model: SentenceTransformer | None = None
        self._bert: Bert | None = None
        self._bert_tried = False
        self._fingerprint: str | None = None
        # Two locks, so that a question need not wait for a slice of a build.
        self._model_lock = threading.Lock()
        self._bert_lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """32 hex digits; reading the weights for it takes about 0.05 s for 90 MB, once."""
        if self._fingerprint is None:
            self._fingerprint = _fingerprint(self.folder)
        return self._fingerprint

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> np.ndarray:
        """See Encoder. Texts longer than the model's limit are cut by its tokenizer (256 tokens for MiniLM)."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        bert = self._short_way() if len(texts) <= _FEW else None
        if bert is not None:
            for position, text in enumerate(texts):
                rows[position] = bert.encode(text)
                if progress is not None:
                    progress(position + 1, len(texts))
            return rows
        # Similar lengths side by side, longest first: little padding, and memory peaks at the start, not midway.
        order = sorted(range(len(texts)), key=lambda position: -len(texts[position]))
        for start in range(0, len(order), _SLICE):
            chosen = order[start : start + _SLICE]
            rows[chosen] = self._encode_slice([texts[position] for position in chosen])
            if progress is not None:
                progress(min(start + _SLICE, len(order)), len(order))
        return rows

    def _short_way(self) -> Bert | None:
        with self._bert_lock:
            if not self._bert_tried:
                self._bert_tried = True
                self._bert = Bert.load(self.folder)
            return self._bert

    def _encode_slice(self, texts: list[str]) -> np.ndarray:
        # The tokenizer's padding and truncation are state of one object, so one thread at a time.
        with self._model_lock:
            if self._model is None:
                self._model = _load_model(self.folder)
            rows = self._model.encode(texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32)


def load_encoder(settings: Settings) -> SentenceEncoder:
    """The encoder that `settings.encoder` names: a folder, or a catalogue name installed under `settings.models`.

    Raises ModelMissingError if it is not there and ModelDamagedError if its folder is not an encoder.
    """
    given = Path(settings.encoder).expanduser()
    installed = settings.models / settings.encoder
    folder = given if (given / "config.json").is_file() else installed
    if not (folder / WEIGHTS).is_file():
        if len(given.parts) > 1:
            raise ModelMissingError(
                f"there is no encoder in {given} ({WEIGHTS} is missing); name another folder, or a catalogue name "
                "that `sidebyside models list` shows"
            )
        raise ModelMissingError(
            f"encoder {settings.encoder} is not installed in {installed} "
            f"({WEIGHTS} is missing); install it with: sidebyside models pull {settings.encoder}"
        )
    return SentenceEncoder(folder, settings.encoder if folder == installed else str(folder))


def _dimension(folder: Path) -> int:
    """The length of the vectors, from the model's own configuration, without loading it."""
    pooling = folder / "1_Pooling" / "config.json"
    try:
        if pooling.is_file():
            config = json.loads(pooling.read_text("utf-8"))
            # Renamed in sentence-transformers 5; folders saved by older versions keep the long name.
            return int(config.get("embedding_dimension") or config["word_embedding_dimension"])
        return int(json.loads((folder / "config.json").read_text("utf-8"))["hidden_size"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelDamagedError(
            f"{folder} is not a sentence-transformers folder ({type(error).__name__}: {error}); "
            "install the encoder again with: sidebyside models pull"
        ) from error


def _fingerprint(folder: Path) -> str:
    """Hash over everything that shapes a vector. Precision and normalisation are fixed here, so they are named."""
    identity = hashlib.sha256(b"sidebyside encoder 1; float32; L2-normalised\n")
    pooling = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*_*/config.json"))
    try:
        for name in (WEIGHTS, *_IDENTITY, *pooling):
            path = folder / name
            if path.is_file():
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                identity.update(f"{name} {digest}\n".encode())
    except OSError as error:
        raise ModelDamagedError(f"encoder in {folder} cannot be read: {error}") from error
    return identity.hexdigest()[:32]


def _load_model(folder: Path) -> SentenceTransformer:
    """Load from local files only; other libraries' errors become ModelDamagedError."""
    # Nothing is sent anywhere: a folder is loaded, and these switch off what the libraries would report on use.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    from sentence_transformers import SentenceTransformer

    with _quiet_loading():
        try:
            model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as error:
            raise ModelDamagedError(
                f"encoder in {folder} cannot be loaded ({type(error).__name__}: {error}); "
                "install it again with: sidebyside models pull"
            ) from error
    model.eval()
    return model


@contextmanager
def _quiet_loading() -> Iterator[None]:
    """Hide the "Loading weights" bar, which would land in the middle of our own output, and put bars back after."""
    from transformers.utils import logging

    bars: Any = logging
    were_on = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if were_on:
            bars.enable_progress_bar()
