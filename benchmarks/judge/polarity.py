"""Learns what is a drawback, what a strength, and what neither (`sidebyside.encoding.polarity`).

    python benchmarks/judge/polarity.py [--no-keep]

reading/data/polarity.txt has lines `w05 37 con | clause`: clauses of the writers' invented pages that a buyer would
call a drawback or a strength. Sentences of the same pages without a line are the third class. reading/data/clauses.txt
has lines `p1 con | clause` by three more writers, many in pairs that differ in little but their side. Measured on each
of the three and on a quarter of the others, with what the rest teaches, then learnt from all: about six minutes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reading"), str(HERE.parent)]

from _data import DATA  # noqa: E402
from _library import products  # noqa: E402
from _model import Tower  # noqa: E402
from rows import WEIGHTS, fit  # noqa: E402

from sidebyside.encoding.bert import Bert  # noqa: E402
from sidebyside.encoding.embedding import load_encoder  # noqa: E402
from sidebyside.encoding.learnt import FINGERPRINT  # noqa: E402
from sidebyside.encoding.polarity import KINDS  # noqa: E402
from sidebyside.settings import DEFAULT_ENCODER, Settings  # noqa: E402

_FIRST, _RANK, _PIECES = 2, 8, 56
_EPOCHS, _BATCH, _RATE, _WARM = 5, 32, 1e-3, 20

Example = tuple[str, int, str]


def examples() -> list[Example]:
    """(writer, class, text)."""
    found, told = [], set()
    for line in (DATA / "polarity.txt").read_text("utf-8").splitlines():
        head, _, clause = line.partition("|")
        writer, number, kind = head.split()
        told.add((writer, int(number)))
        found.append((writer, KINDS.index(kind), clause.strip()))
    for writer in sorted({w for w, _ in told}):
        for _, _, _, capabilities in products(DATA / writer):
            for capability in capabilities:
                found += [(writer, 1, text) for number, text in capability if (writer, number) not in told]
    for line in (DATA / "clauses.txt").read_text("utf-8").splitlines():
        head, _, clause = line.partition("|")
        writer, kind = head.split()
        found.append((writer, KINDS.index(kind), clause.strip()))
    return found


class Model(nn.Module):
    """Texts -> three logits: the tokens that count and the mean of all, as `encoding.polarity.Polarity` pools them."""

    def __init__(self, bert: Bert) -> None:
        super().__init__()
        self.text = Tower(bert, _FIRST, _RANK, _PIECES)
        width = len(self.text.frozen["embeddings.LayerNorm.weight"])
        self.weigh, self.told, self.drop = nn.Linear(width, 1, bias=False), nn.Linear(2 * width, 3), nn.Dropout(0.2)

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        states, there, means = self.text(texts)
        weights = self.weigh(states).squeeze(-1).masked_fill(~there, -1e4).softmax(1)
        return self.told(self.drop(torch.cat([(states * weights[..., None]).sum(1), means * 4], -1)))


def learn(bert: Bert, rows: Sequence[Example]) -> Model:
    """A model of these examples."""
    torch.manual_seed(1)
    model, order = Model(bert), list(rows)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=_RATE, weight_decay=0.02)
    steps, done = _EPOCHS * len(order) // _BATCH, 0
    for epoch in range(_EPOCHS):
        random.Random(epoch).shuffle(order)
        model.train()
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            for parameters in optimizer.param_groups:
                parameters["lr"] = _RATE * min(1, (done + 1) / _WARM) * max(0.02, 1 - done / steps)
            logits = model([text for *_, text in batch])
            labels = torch.tensor([label for _, label, _ in batch])
            loss = functional.cross_entropy(logits, labels, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            done += 1
    model.eval()
    return model


@torch.no_grad()
def right(model: Model, rows: Sequence[Example]) -> float:
    """The share that is told rightly."""
    told = [model([text for *_, text in rows[i : i + 128]]).argmax(1) for i in range(0, len(rows), 128)]
    return float((torch.cat(told).numpy() == [label for _, label, _ in rows]).mean())


def keep(model: Model, vectors: np.ndarray, labels: np.ndarray, fingerprint: str) -> None:
    """Write the changes, the head, and the linear layer for a first look."""
    stored = {FINGERPRINT: np.array(fingerprint)}
    for name, tensor in model.state_dict().items():
        parts = name.split(".")
        if parts[0] == "text":
            name = f"text.{parts[2].replace('/', '.')}.{parts[1]}"
        stored[name] = tensor.numpy().astype(np.float16)
    weight, bias = fit(vectors, labels, len(KINDS))
    stored |= {"first.weight": weight.astype(np.float16), "first.bias": bias}
    path = WEIGHTS / f"polarity-{DEFAULT_ENCODER}.npz"
    np.savez_compressed(path, **stored)
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} KB")


def main() -> None:
    torch.set_num_threads(2)
    encoder = load_encoder(Settings.load(encoder=DEFAULT_ENCODER))
    bert = Bert.load(encoder.folder)
    assert bert is not None
    rows = examples()
    vectors, labels = encoder.encode([text for *_, text in rows]), np.array([label for _, label, _ in rows])
    pages = sorted({writer for writer, *_ in rows if writer[0] == "w"})
    for out in ({"p1"}, {"p2"}, {"p3"}, set(pages[::4])):
        left = [row for row in rows if row[0] in out]
        own = np.array([writer in out for writer, *_ in rows])
        weight, bias = fit(vectors[~own], labels[~own], len(KINDS))
        first = float(((vectors[own] @ weight.T + bias).argmax(1) == labels[own]).mean())
        share = right(learn(bert, [row for row in rows if row[0] not in out]), left)
        print(f"{' '.join(sorted(out))}: {share:.3f} right, {first:.3f} at a first look", flush=True)
    if "--no-keep" not in sys.argv:
        # A first look is at sentences of pages, not at pairs that differ in a word.
        whole = np.array([writer in pages for writer, *_ in rows])
        keep(learn(bert, rows), vectors[whole], labels[whole], encoder.fingerprint)


if __name__ == "__main__":
    main()
