"""Learns what is a drawback, what a strength, and what neither (`sidebyside.encoding.classes`).

    python benchmarks/judge/polarity.py

reading/data/polarity.txt has lines `w05 37 con | clause`: clauses of the writers' invented pages that a buyer would
call a drawback or a strength. Sentences of the same pages without a line are the third class.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reading"), str(HERE.parent)]

from _data import DATA  # noqa: E402
from _library import products  # noqa: E402
from rows import WEIGHTS, fit  # noqa: E402

from sidebyside.encoding.embedding import load_encoder  # noqa: E402
from sidebyside.settings import DEFAULT_ENCODER, Settings  # noqa: E402

CLASSES = ("con", "neither", "pro")


def examples() -> list[tuple[str, int, str]]:
    """(writer, class, text)."""
    found, told = [], set()
    for line in (DATA / "polarity.txt").read_text("utf-8").splitlines():
        head, _, clause = line.partition("|")
        writer, number, kind = head.split()
        told.add((writer, int(number)))
        found.append((writer, CLASSES.index(kind), clause.strip()))
    for writer in sorted({w for w, _ in told}):
        for _, _, _, capabilities in products(DATA / writer):
            for capability in capabilities:
                found += [(writer, 1, text) for number, text in capability if (writer, number) not in told]
    return found


def main() -> None:
    encoder = load_encoder(Settings.load(encoder=DEFAULT_ENCODER))
    rows = examples()
    vectors = encoder.encode([text for _, _, text in rows])
    labels = np.array([label for _, label, _ in rows])
    writers = sorted({writer for writer, _, _ in rows})
    told = np.zeros(len(rows), dtype=int)
    for part in range(4):
        out = set(writers[part::4])
        own = np.array([writer in out for writer, _, _ in rows])
        weight, bias = fit(vectors[~own], labels[~own], len(CLASSES))
        told[own] = np.argmax(vectors[own] @ weight.T + bias, axis=1)
    for place, name in enumerate(CLASSES):
        hit = ((told == place) & (labels == place)).sum()
        precision, recall = hit / max(1, (told == place).sum()), hit / (labels == place).sum()
        print(f"{name}: precision {precision:.2f}, recall {recall:.2f}")
    weight, bias = fit(vectors, labels, len(CLASSES))
    path = WEIGHTS / f"polarity-{DEFAULT_ENCODER}.npz"
    learnt = {"kinds": np.array(CLASSES), "weight": weight.astype(np.float16), "bias": bias}
    np.savez_compressed(path, fingerprint=np.array(encoder.fingerprint), **learnt)
    print(f"{len(rows)} examples of {len(writers)} writers; {path.name}: {path.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
