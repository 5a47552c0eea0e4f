"""How well cells are judged: fits the probability that a cell is stated and the one that it is a denial.

    python benchmarks/judge/cells.py [--index FOLDER] [--writers w03,w08,...] [--share 1]

Every situation, read as the product reads it, asks one artifact about one sentence: stated or denied by it ("+",
"-"), or nothing of the artifact says it ("~"); and it is put to another artifact of the same library, whose pages are
silent on it but for chance ("other"). Each writer's pages are a library of their own, as small as people's libraries
are; the indexes are built in FOLDER, or used as they are there.

What is fitted are two logistic functions, of what `GridFinder.look` and `GridFinder.signs` know of a cell. Figures are
of writers who were left out of the fit, one at a time; the weights printed in the form of `evidence/grid.py` are
fitted on all of them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reading"), str(HERE.parent)]

from _data import DATA, read_situations  # noqa: E402
from _groups import LEFT_OUT, SETS, SETS_LEFT_OUT, folder_of  # noqa: E402
from _library import build, products  # noqa: E402
from _reporting import auroc, print_table  # noqa: E402

from sidebyside import Assistant  # noqa: E402
from sidebyside.building.build import build_index  # noqa: E402
from sidebyside.evidence.grid import FEATURES, SIGNS, STATED, GridFinder  # noqa: E402
from sidebyside.question.reading import read_question  # noqa: E402
from sidebyside.records import Artifact, Criterion  # noqa: E402

# Writers of whom the judge has learnt nothing.
WRITERS = LEFT_OUT
# Situations are told without names; people ask by them, and what has no paraphrase is not there where it is not named.
# Nor do they ask for amounts ("how many photos"), as people do.
HELD = {"lacking": -1.4, "named": 1.0, "amount": 1.2}
# Strangers' cells count so often: they ask as people do, and are few beside the writers'.
STRANGERS = 4
# Probabilities of a denial between which cells are counted together.
BANDS = (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """One cell: who asked, what its page does ("+", "-", "~", "other"), where the right sentence came, what is known.

    `signs` is empty where the best sentence is not the one that the writer had in mind: it may say anything.
    """

    writer: str
    relation: str
    place: int
    features: dict[str, float]
    signs: dict[str, float] = field(default_factory=dict)

    @property
    def says(self) -> bool:
        """Whether the page says something of it, be it a denial."""
        return self.relation in "+-"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A logistic function of named values."""

    weights: dict[str, float]
    bias: float

    def probability(self, values: dict[str, float]) -> float:
        """0 to 1."""
        odds = self.bias + sum(weight * values[name] for name, weight in self.weights.items())
        return float(1 / (1 + np.exp(-odds)))


def see(writer: str, index: Path, share: float) -> list[Seen]:
    """The cells of one writer's situations, or of a share of them, in the writer's own library."""
    chance = random.Random(writer)
    seen = []
    with Assistant.open(index, model="none") as assistant, assistant._leases.lease() as loaded:
        finder = loaded.sources.grid
        by_name = {artifact.name: artifact for artifact in loaded.sources.library.artifacts}
        told = {n: (name, text) for name, _, _, caps in products(DATA / writer) for cap in caps for n, text in cap}
        for situation in read_situations(DATA / writer):
            if chance.random() > share or situation.sentence not in told:
                continue
            name, sentence = told[situation.sentence]
            criteria = read_question(situation.example.text, [], loaded.reading).texts
            if name not in by_name or len(criteria) != 1:
                continue
            seen.append(_see(finder, by_name[name], criteria[0], writer, situation.relation, sentence))
            other = by_name[chance.choice(sorted(by_name.keys() - {name}))]
            seen.append(_see(finder, other, criteria[0], writer, "other", ""))
    return seen


def see_strangers(name: str, index: Path) -> list[Seen]:
    """The cells of one set of strangers' questions, those that ask of one criterion without earlier turns."""
    seen = []
    with Assistant.open(index, model="none") as assistant, assistant._leases.lease() as loaded:
        by_name = {artifact.label: artifact for artifact in loaded.sources.library.artifacts}
        for line in (DATA / name / "cells.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            criteria = [] if row["before"] else read_question(row["question"], [], loaded.reading).texts
            for artifact, told in row["cells"].items() if len(criteria) == 1 else ():
                relation = next((sign for sign in "+-" if told.get(sign)), "~")
                right = told.get(relation, ()) if relation in "+-" else ()
                seen.append(_see(loaded.sources.grid, by_name[artifact], criteria[0], name, relation, *right))
    return seen


def _see(
    finder: GridFinder, artifact: Artifact, criterion: Criterion, writer: str, relation: str, *sentences: str
) -> Seen:
    look = finder.look(artifact, criterion)
    right_ones = {sentence.strip() for sentence in sentences}
    ranked = [item.hit.sentence.text.strip() for item in look.rated]
    place = next((place for place, text in enumerate(ranked) if text in right_ones), len(ranked))
    right = relation in "+-" and place == 0
    return Seen(writer, relation, place, look.features, finder.signs(criterion, look.rated[0])[1] if right else {})


def fit(
    rows: Sequence[dict[str, float]],
    truths: Sequence[bool],
    names: Sequence[str],
    held: Mapping[str, float] | None = None,
) -> Fitted:
    """Logistic regression on standardised values, with a little weight decay; weights in `held` are not fitted."""
    import torch

    held = held or {}
    names = [name for name in names if name not in held]
    given = torch.tensor(
        [sum(weight * row[name] for name, weight in held.items()) for row in rows], dtype=torch.float32
    )
    x = torch.tensor([[row[name] for name in names] for row in rows], dtype=torch.float32)
    y = torch.tensor(truths, dtype=torch.float32)
    mean, scale = x.mean(0), x.std(0) + 1e-6
    weight, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        odds = (x - mean) / scale @ weight + bias + given
        loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, y)
        loss = loss + 1e-3 * (weight**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    own = (weight / scale).detach().numpy()
    least = float(bias.detach() - (weight * mean / scale).sum().detach())
    return Fitted(dict(zip(names, own.tolist(), strict=True)) | dict(held), least)


def fit_stated(seen: Sequence[Seen]) -> Fitted:
    """The probability that a page says something of a criterion."""
    return fit([cell.features for cell in seen], [cell.says for cell in seen], FEATURES, HELD)


def fit_denial(seen: Sequence[Seen]) -> Fitted:
    """The probability that the best sentence says no, where it is the right one."""
    told = [cell for cell in seen if cell.signs]
    return fit([cell.signs for cell in told], [cell.relation == "-" for cell in told], SIGNS)


def report(seen: Sequence[Seen]) -> None:
    """Figures of every writer with the weights that all the others give."""
    stated: list[tuple[Seen, float]] = []
    denial: list[tuple[Seen, float]] = []
    for writer in dict.fromkeys(cell.writer for cell in seen):
        own = [cell for cell in seen if cell.writer == writer]
        others = [cell for cell in seen if cell.writer != writer]
        says, denies = fit_stated(others), fit_denial(others)
        stated += [(cell, says.probability(cell.features)) for cell in own]
        denial += [(cell, denies.probability(cell.signs)) for cell in own if cell.signs]
    _report_stated(stated)
    _report_denial(denial)


def _report_stated(stated: Sequence[tuple[Seen, float]]) -> None:
    said = [cell for cell, _ in stated if cell.says]
    print_table(
        "Right sentence",
        [{f"among {k}": round(float(np.mean([cell.place < k for cell in said])), 3) for k in (1, 3, 5, 8)}],
    )
    values = {"all together": [p for _, p in stated]}
    values |= {name: [cell.features[name] for cell, _ in stated] for name in FEATURES}
    relations = np.array([cell.relation for cell, _ in stated])
    up = np.isin(relations, ["+", "-"])
    table = []
    for name, found in values.items():
        scores: NDArray[np.float64] = np.array(found)
        table.append(
            {
                "what tells it": name,
                "near misses": round(auroc(scores[up], scores[relations == "~"]), 3),
                "other artifacts": round(auroc(scores[up], scores[relations == "other"]), 3),
            }
        )
    print_table("A page that says something from one that does not: AUROC", table)
    table = []
    for bound in sorted({0.2, 0.3, 0.4, 0.5, STATED}):
        passed = np.array(values["all together"]) >= bound
        table.append(
            {
                "from": bound,
                "recall": round(float(passed[up].mean()), 3),
                "near misses": round(float(passed[relations == "~"].mean()), 3),
                "other artifacts": round(float(passed[relations == "other"].mean()), 3),
            }
        )
    print_table("Share that is taken to say something", table)


def _report_denial(denial: Sequence[tuple[Seen, float]]) -> None:
    values = np.array([p for _, p in denial])
    denied = np.array([cell.relation == "-" for cell, _ in denial])
    judged = np.array([cell.signs["sentence"] > 0 for cell, _ in denial])
    table = [
        {
            "told by": name,
            "denials found": round(float(told[denied].mean()), 3),
            "stated taken for denied": round(float(told[~denied].mean()), 3),
            "right": round(float((told == denied).mean()), 3),
        }
        for name, told in (("the judge alone", judged), ("the fit", values >= 0.5))
    ]
    print_table(f"Denials, where the right sentence is first ({denied.sum()} of {len(denied)} are)", table)
    table = []
    for low, high in pairwise(BANDS):
        inside = (values >= low) & ((values < high) | (high == 1))
        share = round(float(denied[inside].mean()), 3) if inside.any() else None
        table.append({"probability": f"{low} to {high}", "cells": int(inside.sum()), "denied": share})
    print_table("Denials by their probability", table)


def print_weights(name: str, fitted: Fitted, bias: str) -> None:
    """A fit as `evidence/grid.py` has it."""
    print(f"{name} = {{")
    for key, weight in fitted.weights.items():
        print(f'    "{key}": {weight:.3f},')
    print(f"}}\n{bias} = {fitted.bias:.3f}")


def main() -> None:
    """Fit, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, help="a folder that is kept; a temporary one otherwise")
    parser.add_argument("--writers", default=",".join(WRITERS))
    parser.add_argument("--sets", default=",".join(SETS_LEFT_OUT), help="strangers' sets")
    parser.add_argument("--share", type=float, default=1.0, help="of the situations, drawn by chance")
    options = parser.parse_args()
    writers = [*filter(None, options.writers.split(","))]
    seen: list[Seen] = []
    with tempfile.TemporaryDirectory() as temporary:
        for writer in writers:
            folder = (options.index or Path(temporary)) / writer
            index = folder / "index" if (folder / "index" / "CURRENT").exists() else build([writer], folder)
            seen += see(writer, index, options.share)
        for name in filter(None, options.sets.split(",")):
            folder = (options.index or Path(temporary)) / SETS[name]
            if not (folder / "index" / "CURRENT").exists():
                build_index([folder_of(SETS[name])], index=folder / "index")
            seen += see_strangers(name, folder / "index")
    print(f"{len(seen)} cells of {len({cell.writer for cell in seen})} writers and sets")
    if len({cell.writer for cell in seen}) > 1:
        report(seen)
    print(f"\nFitted on all of them, strangers' counted {STRANGERS} times:\n")
    seen += [cell for cell in seen if cell.writer in SETS] * (STRANGERS - 1)
    print_weights("_WEIGHTS", fit_stated(seen), "_BIAS")
    print_weights("_DENIAL", fit_denial(seen), "_DENIAL_BIAS")


if __name__ == "__main__":
    main()
