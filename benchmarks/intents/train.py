"""Fits the classifier of `sidebyside.intents` and measures it on wordings it has not seen.

    python benchmarks/intents/train.py [--encoder all-minilm-l6-v2]

Every line of examples.jsonl is a question with {} for each artifact's name, and the class that it is about. Accuracy
is measured by leaving out a fifth of them, five times; the weights that are kept are fitted on all.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from _reporting import machine, print_table, write_results  # noqa: E402

from sidebyside.embedding import load_encoder  # noqa: E402
from sidebyside.intents import SUBJECTS, features  # noqa: E402
from sidebyside.settings import DEFAULT_ENCODER, Settings  # noqa: E402

WEIGHTS = HERE.parents[1] / "src" / "sidebyside" / "weights"
# Inverse strength of the L2 penalty; 3 to 100 were compared, 10 to 30 are level.
_C = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    encoder = parser.parse_args().encoder
    rows, classes = read_examples(encoder)
    report = measure(rows, classes)
    print_table(f"Subjects of questions, {encoder}, one fifth left out at a time", report)
    keep(encoder, rows, classes)
    name = "intents" if encoder == DEFAULT_ENCODER else f"intents-{encoder}"
    write_results(name, {"machine": machine("scikit-learn"), "encoder": encoder, "by subject": report})


def read_examples(encoder: str) -> tuple[np.ndarray, np.ndarray]:
    """(rows for the classifier, class of each)."""
    examples = [json.loads(line) for line in (HERE / "examples.jsonl").read_text("utf-8").splitlines()]
    texts = [example["text"].replace("{}", "it") for example in examples]
    named = np.array([example["text"].count("{}") for example in examples])
    vectors = load_encoder(Settings.load(encoder=encoder)).encode_questions(texts)
    return features(vectors, named), np.array([example["class"] for example in examples])


def measure(rows: np.ndarray, classes: np.ndarray) -> list[dict[str, object]]:
    """Recall and precision of each subject where its wording was not learnt from, and those of sure guesses (.9)."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(5, shuffle=True, random_state=7)
    odds = cross_val_predict(_classifier(), rows, classes, cv=folds, method="predict_proba")
    names = np.unique(classes)
    guessed, sure = names[odds.argmax(axis=1)], odds.max(axis=1) >= 0.9
    report: list[dict[str, object]] = []
    for subject in (*SUBJECTS, "all"):
        own = np.ones(len(classes), bool) if subject == "all" else classes == subject
        said = np.ones(len(classes), bool) if subject == "all" else guessed == subject
        report.append(
            {
                "subject": subject,
                "examples": int(own.sum()),
                "recall": round(float((guessed == classes)[own].mean()), 3),
                "precision": round(float((guessed == classes)[said].mean()), 3),
                "sure": round(float(sure[own].mean()), 3),
                "precision when sure": round(float((guessed == classes)[said & sure].mean()), 3),
            }
        )
    return report


def keep(encoder: str, rows: np.ndarray, classes: np.ndarray) -> None:
    """Fit on all examples and write the weights, half precision."""
    fitted = _classifier().fit(rows, classes)
    WEIGHTS.mkdir(exist_ok=True)
    np.savez_compressed(
        WEIGHTS / f"intents-{encoder}.npz",
        weights=fitted.coef_.astype(np.float16),
        bias=fitted.intercept_.astype(np.float16),
        subjects=fitted.classes_,
    )


def _classifier() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=_C, max_iter=5000)


if __name__ == "__main__":
    main()
