"""Learns what table rows are about (`sidebyside.encoding.classes`), and measures it on words that were left out.

    python benchmarks/reading/rows.py

data/rows.txt has lines `kind label | Context window` (what tables call such a row) and `kind ask | longer context`
(what people call it). Criteria of situations about texts are further examples of "none". Softmax regression with weight
decay, by L-BFGS.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _data import DATA, folders, read_situations  # noqa: E402

from sidebyside.encoding.embedding import load_encoder  # noqa: E402
from sidebyside.settings import DEFAULT_ENCODER, Settings  # noqa: E402

WEIGHTS = HERE.parents[1] / "src" / "sidebyside" / "weights"
_DECAY = 1e-5
_NONE = 1500


def read_rows() -> list[tuple[str, str, str]]:
    """(kind of row, "label" or "ask", words)."""
    rows = []
    for line in (DATA / "rows.txt").read_text("utf-8").splitlines():
        head, _, words = line.partition("|")
        if len(head.split()) == 2 and words.strip():
            kind, part = head.split()
            rows.append((kind, part, words.strip()))
    return rows


def fit(vectors: np.ndarray, labels: np.ndarray, kinds: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = torch.tensor(vectors), torch.tensor(labels)
    weight = torch.zeros(kinds, vectors.shape[1], requires_grad=True)
    bias = torch.zeros(kinds, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(x @ weight.T + bias, y) + _DECAY * (weight**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weight.detach().numpy(), bias.detach().numpy()


def main() -> None:
    encoder = load_encoder(Settings.load(encoder=DEFAULT_ENCODER))
    rows = read_rows()
    chance = random.Random(5)
    silent = [
        situation.example.text[a:b]
        for folder in folders()
        if (folder / "situations.txt").is_file()
        for situation in read_situations(folder)
        for label, a, b in situation.example.spans
        if label == "c"
    ]
    rows += [("none", "ask", text) for text in chance.sample(silent, min(_NONE, len(silent)))]
    kinds = sorted({kind for kind, _, _ in rows})
    vectors = encoder.encode_questions([words for _, _, words in rows])
    labels = np.array([kinds.index(kind) for kind, _, _ in rows])
    order = list(range(len(rows)))
    chance.shuffle(order)
    right, wrong = 0, Counter()
    for part in range(5):
        test = set(order[part::5])
        train = [place for place in order if place not in test]
        weight, bias = fit(vectors[train], labels[train], len(kinds))
        for place in test:
            told = int(np.argmax(vectors[place] @ weight.T + bias))
            right += told == labels[place]
            if told != labels[place]:
                wrong[f"{kinds[labels[place]]} -> {kinds[told]}"] += 1
    print(f"{len(rows)} examples of {len(kinds)} kinds; left out right: {right / len(rows):.3f}")
    print(wrong.most_common(15))
    weight, bias = fit(vectors, labels, len(kinds))
    path = WEIGHTS / f"rows-{DEFAULT_ENCODER}.npz"
    np.savez_compressed(
        path, fingerprint=np.array(encoder.fingerprint), kinds=np.array(kinds), weight=weight.astype(np.float16),
        bias=bias,
    )  # fmt: skip
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
