"""What the learnt models share: reading their weights, low-rank changes among them, keeping what was computed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from importlib.resources import files
from typing import Generic, TypeVar

import numpy as np

from sidebyside.encoding.bert import Changes

# The fingerprint of the encoder that weights belong to, beside them.
FINGERPRINT = "fingerprint"

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def read_weights(learnt: str, encoder: str, fingerprint: str) -> dict[str, np.ndarray] | None:
    """What was learnt under this name ("rows") for the catalogue's encoder, numbers as float32.

    None where nothing was learnt, or for other weights of the encoder.
    """
    found = files("sidebyside") / "weights" / f"{learnt}-{encoder}.npz"
    if "/" in encoder or not found.is_file():
        return None
    with found.open("rb") as file, np.load(file) as stored:
        if str(stored[FINGERPRINT]) != fingerprint:
            return None
        arrays = {name: stored[name] for name in stored.files if name != FINGERPRINT}
    return {name: array.astype(np.float32) if array.dtype.kind == "f" else array for name, array in arrays.items()}


def changes_in(arrays: Mapping[str, np.ndarray], tower: str = "") -> Changes:
    """The low-rank changes among arrays whose names begin with `tower`, by the linear layer that each is for."""
    names = [name.removesuffix(".down") for name in arrays if name.startswith(tower) and name.endswith(".down")]
    return {name.removeprefix(tower): (arrays[f"{name}.down"], arrays[f"{name}.up"]) for name in sorted(names)}


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: np.ndarray = grown / grown.sum(axis=-1, keepdims=True)
    return result


class Kept(Generic[Key, Value]):
    """The last so many values by key, for several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, keys: Sequence[Key]) -> dict[Key, Value]:
        with self._lock:
            return {key: self._values[key] for key in keys if key in self._values}

    def put(self, values: Mapping[Key, Value]) -> None:
        with self._lock:
            for key, value in values.items():
                self._values[key] = value
                self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
