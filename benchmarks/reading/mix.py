"""Writes the mean of two readers' weights: what was learnt since, without losing what was known.

    python benchmarks/reading/mix.py OLD.npz NEW.npz --share 0.4 [--out weights.npz]

Both have to come from one line of training (`train.py --start`), so that their low-rank changes mean the same
(Wortsman et al., "Robust fine-tuning of zero-shot models", 2022). The temperature is the old one's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).parents[2] / "src" / "sidebyside" / "weights" / "reader-all-minilm-l6-v2.npz"


def mixed(old: dict[str, np.ndarray], new: dict[str, np.ndarray], share: float) -> dict[str, np.ndarray]:
    """Weights with this share (0 to 1) of the new ones. Raises ValueError where the two are not of one shape."""
    if {n: a.shape for n, a in old.items()} != {n: a.shape for n, a in new.items()}:
        raise ValueError("the two files hold weights of different shapes; both have to come from train.py")
    result = dict(old)
    for name, array in old.items():
        if array.dtype.kind == "f" and name != "temperature":
            mean = share * new[name].astype(np.float32) + (1 - share) * array.astype(np.float32)
            result[name] = mean.astype(array.dtype)
    return result


def main() -> None:
    """Mix and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--share", type=float, default=0.4, help="of the new weights")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    with np.load(options.old) as old, np.load(options.new) as new:
        arrays = mixed({name: old[name] for name in old.files}, {name: new[name] for name in new.files}, options.share)
    np.savez_compressed(options.out, **arrays)


if __name__ == "__main__":
    main()
