"""Torch judge -> the file that `sidebyside.encoding.judge` reads: half precision, with the encoder's fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from _model import Judge

from sidebyside.encoding.learnt import FINGERPRINT


def keep(model: Judge, path: Path, fingerprint: str, said: Sequence[float], denied: Sequence[float]) -> None:
    """Write the changes of both towers and the head; `said` and `denied` make the probabilities true (see `fitted`)."""
    stored = {FINGERPRINT: np.array(fingerprint), "said": np.float32(said), "denied": np.float32(denied)}
    for name, tensor in model.state_dict().items():
        parts = name.split(".")
        if parts[0] in ("criterion", "sentence"):
            name = f"{parts[0]}.{parts[2].replace('/', '.')}.{parts[1]}"
        stored[name] = tensor.numpy().astype(np.float16)
    np.savez_compressed(path, **stored)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def restore(model: Judge, path: Path) -> None:
    """Put what `keep` wrote back into a model of the same size, to learn on from there."""
    state = {}
    with np.load(path) as stored:
        for name in model.state_dict():
            parts = name.split(".")
            held = (
                f"{parts[0]}.{parts[2].replace('/', '.')}.{parts[1]}" if parts[0] in ("criterion", "sentence") else name
            )
            state[name] = torch.from_numpy(stored[held].astype(np.float32))
    model.load_state_dict(state)


def fitted(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float]:
    """(slope, shift) that make log odds true; both kinds weigh the same, however many there are."""
    from sklearn.linear_model import LogisticRegression

    values = np.concatenate([positive, negative])[:, None]
    found = LogisticRegression(C=100, class_weight="balanced").fit(values, np.arange(len(values)) < len(positive))
    return float(found.coef_[0, 0]), float(found.intercept_[0])
