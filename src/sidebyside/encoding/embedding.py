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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sidebyside.encoding.bert import WEIGHTS, Bert
from sidebyside.encoding.question_encoding import read_changes
from sidebyside.encoding.threads import OneThread
from sidebyside.errors import ModelDamagedError, ModelMissingError
from sidebyside.models.catalogue import encoder_folder
from sidebyside.models.machine import usable_cores
from sidebyside.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Progress = Callable[[int, int], None]

# Measured on 2 cores: batches of 16 to 64 are equally fast, 128 is half as fast. Half precision (bf16) is no faster at
# these sizes and moves vectors by 3e-3, so float32 it is.
_BATCH = 32
_MOST_WORKERS = 8
# Up to this many texts go the short way: 50 a second at once, against 140 to 260 after 5 seconds of loading. The choice
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

    def encode_questions(self, texts: Sequence[str]) -> np.ndarray:
        """The same for questions, which are put in other words than the sentences that answer them."""
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
        self._fingerprint: str | None = None
        self._model_lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """32 hex digits; reading the weights for it takes about 0.05 s for 90 MB, once."""
        if self._fingerprint is None:
            self._fingerprint = _fingerprint(self.folder)
        return self._fingerprint

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> np.ndarray:
        """See Encoder. Texts longer than the model's limit are cut by its tokenizer (256 tokens for MiniLM)."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        bert = self._bert if len(texts) <= _FEW or not _has_torch() else None
        if bert is not None:
            for position, text in enumerate(texts):
                rows[position] = bert.encode(text)
                if progress is not None:
                    progress(position + 1, len(texts))
            return rows
        model = self._loaded_model()
        # Similar lengths side by side, longest first: little padding, and memory peaks at the start, not midway.
        order = sorted(range(len(texts)), key=lambda position: -len(texts[position]))
        batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]

        def encode_batch(batch: list[int]) -> np.ndarray:
            chosen = [texts[position] for position in batch]
            return np.asarray(model.encode(chosen, normalize_embeddings=True, show_progress_bar=False))

        done = 0
        with _ONE_THREAD, _workers() as pool:
            for batch, vectors in zip(batches, pool.map(encode_batch, batches), strict=True):
                rows[batch] = vectors
                done += len(batch)
                if progress is not None:
                    progress(done, len(order))
        return rows

    def encode_questions(self, texts: Sequence[str]) -> np.ndarray:
        """See Encoder. Encoders that no changes were learnt for encode questions as any text."""
        questions = self._question_bert
        return self.encode(texts) if questions is None or not texts else questions.encode_together(texts)

    @property
    def bert(self) -> Bert | None:
        """Its forward pass in numpy; None where only sentence-transformers knows it."""
        return self._bert

    @cached_property
    def _bert(self) -> Bert | None:
        return Bert.load(self.folder)

    @cached_property
    def _question_bert(self) -> Bert | None:
        changes = read_changes(self.name, self.fingerprint)
        return replace(self._bert, changes=changes) if self._bert is not None and changes is not None else None

    def _loaded_model(self) -> SentenceTransformer:
        with self._model_lock:
            if self._model is None:
                model = _load_model(self.folder)
                # The tokenizer's padding and truncation are state that the first call sets. Later ones only compare
                # it, so from here on threads may share the model.
                model.encode(["a"], show_progress_bar=False)
                self._model = model
            return self._model


class LazyEncoder:
    """The encoder for questions, loaded with the first one that needs it: what tables answer never waits for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    @cached_property
    def _encoder(self) -> Encoder:
        return load_encoder(self._settings)

    @property
    def fingerprint(self) -> str | None:
        """What an index built with this encoder is marked with; None where the encoder is not installed."""
        try:
            with self._lock:
                return str(self._encoder.fingerprint)
        except ModelMissingError:
            return None  # tables can be asked without it; the first question that needs it says what is missing

    def encode_questions(self, texts: Sequence[str]) -> np.ndarray:
        """See Encoder."""
        with self._lock:
            return self._encoder.encode_questions(list(texts))


def _has_torch() -> bool:
    """Whether the packages are there that a light installation leaves out."""
    return find_spec("sentence_transformers") is not None


def load_encoder(settings: Settings) -> SentenceEncoder:
    """The encoder that `settings.encoder` names: one of the catalogue, with the catalogue's own files, or a folder.

    Files that were verified before and have not changed since are not read for that. Raises ModelMissingError,
    ModelDamagedError for other files or a folder that is not an encoder, and SettingsError for a name of nothing.
    """
    folder = encoder_folder(settings)
    if not (folder / WEIGHTS).is_file():
        raise ModelMissingError(
            f"there is no encoder in {folder} ({WEIGHTS} is missing); name another folder, or a catalogue name "
            "that `sidebyside models list` shows"
        )
    return SentenceEncoder(folder, settings.encoder if folder == settings.models / settings.encoder else str(folder))


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
    try:
        from sentence_transformers import SentenceTransformer
    except ModuleNotFoundError:
        raise ModelMissingError(
            f"the encoder in {folder} takes packages that are not installed: pip install 'sidebyside[encoders]', or "
            "choose one of `sidebyside models list`"
        ) from None

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


def _limit_torch() -> Callable[[], object]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    return lambda: torch.set_num_threads(before)


_ONE_THREAD = OneThread(_limit_torch)


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """A thread for every core; after an error, what has not begun is dropped."""
    pool = ThreadPoolExecutor(min(_MOST_WORKERS, usable_cores()), thread_name_prefix="encode")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


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
