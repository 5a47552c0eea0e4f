"""Measures what `verify_sentence` lets through: on claims that people checked, and on errors planted by code.

    python benchmarks/verification.py [--claims FOLDER] [--llm N]

The claims are those of WiCE's development half (Kamoi et al., 2023): sentences of an encyclopedia against the pages
they cite. They are read from ../shared/public-data/wice, or the folder given, and are not part of this repository.
A partly supported claim counts as unsupported. "marked" takes the sentences that the annotators marked, and claims
that have any; "found" takes the five sentences of the page that share most words with the claim, for all claims. They
are left out where the folder is not there. --llm N also asks the default language model whether the evidence supports
the claim, of N claims with marked evidence.

data/model_sentences.jsonl holds what the default model wrote about quotes of tests/data/library*, and whether people
would take it from these quotes, judged by hand: what is accepted of it is what reaches a reader.

The planted errors are made from the sentences of tests/data/library*; see _planting.py. What is accepted of them is
the share of unsupported sentences that would be shown.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from _planting import PLANTED, TRUE, Ground, grounds
from _reporting import auroc, auroc_interval, machine, print_table, share, write_results
from numpy.typing import NDArray

from sidebyside.encoding.embedding import load_encoder
from sidebyside.index.passages import build_passages
from sidebyside.library import build_library
from sidebyside.llm.generator import Generator, load_generator
from sidebyside.models.catalogue import resolve_model
from sidebyside.pages import parse_page
from sidebyside.prose import verify
from sidebyside.prose.verify import COVERAGE, Check, verify_sentence
from sidebyside.records import Message
from sidebyside.settings import DEFAULT_ENCODER, DEFAULT_MODEL, Settings
from sidebyside.text.words import tokens

ROOT = Path(__file__).parents[1]
WRITTEN = Path(__file__).parent / "data" / "model_sentences.jsonl"
CLAIMS = ROOT.parent / "shared" / "public-data" / "wice"
# Verification was tuned with the sentences of the first two in sight; the third shows what it does on others.
LIBRARIES = ("library", "library2")
OTHERS = ("library3",)
# Sentences of a page that a claim is held against where nobody marked them.
FOUND = 5
THRESHOLDS = (0.0, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0)
EXAMPLES = 5
# What a reason says -> the check it comes from.
_CHECKS = {
    "of its words": "words",
    "another unit": "unit",
    "is not in the evidence": "figure or name",
    "denies": "negation",
    "affirms": "negation",
    "belongs to something else": "binding",
    "compares with": "comparison",
    "leaves out": "limit left out",
    "where the evidence says": "opposite",
    "judges": "judgement",
    "nothing is stated": "empty reply",
}


# --- claims ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim about `title` with the evidence it is held against; claims about one title stay in one fold."""

    text: str
    title: str
    evidence: tuple[str, ...]
    supported: bool


def read_claims(folder: Path) -> dict[str, list[Claim]]:
    """The claims with marked and with found evidence."""
    rows = [json.loads(line) for line in (folder / "claim_dev.jsonl").read_text("utf-8").splitlines()]
    claims: dict[str, list[Claim]] = {"marked": [], "found": []}
    for row in rows:
        title, supported = row["meta"]["claim_title"], row["label"] == "supported"
        marked = sorted({place for group in row["supporting_sentences"] for place in group})
        nearest = sorted(row["evidence"], key=lambda text: -overlap(row["claim"], [text]))[:FOUND]
        if marked:
            evidence = tuple(row["evidence"][place] for place in marked)
            claims["marked"].append(Claim(row["claim"], title, evidence, supported))
        claims["found"].append(Claim(row["claim"], title, tuple(nearest), supported))
    return claims


def overlap(sentence: str, evidence: Sequence[str]) -> float:
    """The plainest measure: the share of a sentence's words, as they are written, that its evidence has."""
    words = {token.folded for token in tokens(sentence)}
    return len(words & {token.folded for text in evidence for token in tokens(text)}) / len(words) if words else 0.0


def similarities(claims: Sequence[Claim]) -> NDArray[np.float32]:
    """(claims, 2): cosine of each claim and its nearest evidence sentence, and of it and all evidence as one text."""
    texts = [text for claim in claims for text in (claim.text, " ".join(claim.evidence), *claim.evidence)]
    rows = load_encoder(Settings.load(encoder=DEFAULT_ENCODER)).encode(texts)
    found, start = [], 0
    for claim in claims:
        own, joined, *each = rows[start : start + 2 + len(claim.evidence)]
        found.append((max(own @ row for row in each), own @ joined))
        start += 2 + len(claim.evidence)
    return np.array(found, dtype=np.float32)


def judge_claims(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Every score of the claims, and all of them together."""
    checked = [check(claim.text, claim.evidence, claim.title) for claim in claims]
    nearest, joined = similarities(claims).T
    scores: dict[str, NDArray[Any]] = {
        "word overlap": np.array([overlap(claim.text, claim.evidence) for claim in claims]),
        "word coverage": np.array([item.check.coverage for item in checked]),
        "verify_sentence": np.array([float(item.accepted()) for item in checked]),
        "similarity, nearest sentence": nearest,
        "similarity, all evidence": joined,
    }
    truth = np.array([claim.supported for claim in claims])
    groups = [claim.title for claim in claims]
    rows = []
    for name, columns in {**{name: [name] for name in scores}, "all together": list(scores)}.items():
        features = np.stack([scores[column] for column in columns], axis=1)
        guesses = cross_validated(features, truth, groups)
        values = scores.get(name, guesses)
        taken = values > 0.5 if name == "verify_sentence" else guesses > 0.5
        rows.append({"score": name, **_measures(values, taken, truth)})
        if name == "verify_sentence":
            rejected = Counter(item.rejected_by for item in np.array(checked, dtype=object)[truth & ~taken])
            rows[-1]["supported rejected by"] = dict(rejected.most_common())
    return rows


def judge_by_model(claims: Sequence[Claim], count: int) -> list[dict[str, Any]]:
    """What the default model's probability of Yes is worth on `count` claims, alone and with word coverage."""
    generator = open_model()
    # Every third claim, so that the sample is spread over the articles.
    chosen = [*claims[::3], *claims[1::3], *claims[2::3]][:count]
    start = time.perf_counter()
    yes = [generator.option_probabilities(_question(claim), ("Yes", "No"))["Yes"] for claim in chosen]
    seconds = (time.perf_counter() - start) / len(chosen)
    generator.close()
    coverage = np.array([check(c.text, c.evidence, c.title).check.coverage for c in chosen])
    truth = np.array([claim.supported for claim in chosen])
    scores = {
        "word coverage": coverage,
        "model says yes": np.array(yes),
        "mean of both": (coverage + np.array(yes)) / 2,
    }
    rows = [{"score": name, **_measures(values, values > 0.5, truth)} for name, values in scores.items()]
    return [{**row, "n": len(chosen), "seconds a claim": round(seconds, 2)} for row in rows]


def open_model() -> Generator:
    """The default language model on one thread, so that the answer does not depend on the machine's cores."""
    # A whole article is long to read for a machine with other things to do.
    settings = Settings.load(threads=1, model=DEFAULT_MODEL, generation_timeout=900)
    return load_generator(settings, resolve_model(settings))


def _question(claim: Claim) -> tuple[Message, ...]:
    evidence = "\n".join(claim.evidence)
    return (
        Message("system", "You check whether a text supports a claim. Answer with Yes or No only."),
        Message("user", f"Text:\n{evidence}\n\nClaim: {claim.text}\n\nDoes the text support all of the claim?"),
    )


def _measures(values: NDArray[Any], taken: NDArray[Any], truth: NDArray[Any]) -> dict[str, Any]:
    shown, wrong = float(taken[truth].mean()), float(taken[~truth].mean())
    return {
        "AUROC": round(auroc(values[truth], values[~truth]), 3),
        "AUROC 95%": list(auroc_interval(values[truth], values[~truth])),
        "balanced accuracy": round((shown + 1 - wrong) / 2, 3),
        "supported accepted": round(shown, 3),
        "others accepted": round(wrong, 3),
    }


def cross_validated(features: NDArray[Any], truth: NDArray[Any], groups: Sequence[str]) -> NDArray[Any]:
    """Probability of support by a logistic regression fitted on the other four fifths; both classes weigh the same."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    found = cross_val_predict(model, features, truth, groups=groups, cv=GroupKFold(5), method="predict_proba")
    return np.asarray(found)[:, 1]


# --- planted errors -------------------------------------------------------------------------------------------------


def read_grounds(folders: Sequence[str] = LIBRARIES) -> list[Ground]:
    """The sentences of these libraries; titles are no sentences."""
    found: list[Ground] = []
    for folder in folders:
        paths = sorted((ROOT / "tests" / "data" / folder).iterdir())
        library = build_library([parse_page(path.read_bytes(), path.name) for path in paths])
        sentences: dict[str, list[str]] = {}
        for passage in build_passages(library):
            if passage.part != "title":
                label = library.get(passage.artifact).label
                sentences.setdefault(label, []).extend(sentence.text for sentence in passage.sentences)
        # An artifact that two sentences are known of has no evidence to speak of.
        found += grounds({label: list(dict.fromkeys(texts)) for label, texts in sentences.items() if len(texts) > 3})
    return found


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence with its evidence and the result of checking it, taken with a COVERAGE of 0."""

    sentence: str
    evidence: tuple[str, ...]
    check: Check

    def accepted(self, threshold: float = COVERAGE) -> bool:
        """Whether it passes when that share of its words must be covered, which is the last of the checks."""
        return self.check.supported and self.check.coverage >= threshold

    @property
    def rejected_by(self) -> str:
        """The check that it fails, "" where it passes."""
        reason = self.check.reason
        named = next((check for words, check in _CHECKS.items() if words in reason), reason)
        return named or ("" if self.accepted() else "words")


def check(sentence: str, evidence: Sequence[str], name: str) -> Checked:
    """Check a sentence as prose/writer.py does, however few of its words the evidence has."""
    with patch.object(verify, "COVERAGE", 0.0):
        found = verify_sentence(sentence, evidence, name=name)
    return Checked(sentence, tuple(evidence), found)


def check_planted(
    found: Sequence[Ground], ways: Mapping[str, Callable[[Ground], str | None]]
) -> dict[str, list[Checked]]:
    """The sentences that every way of planting makes."""
    return {
        name: [check(sentence, ground.evidence, ground.name) for ground in found if (sentence := plant(ground))]
        for name, plant in ways.items()
    }


def summarise(checked: Mapping[str, Sequence[Checked]], *, true: bool) -> list[dict[str, Any]]:
    """How much is accepted of every way of planting, by all checks and by word coverage alone, with examples.

    The last row is the mean over the ways, so that frequent ones weigh no more than rare ones.
    """
    rows: list[dict[str, Any]] = []
    for name, items in checked.items():
        mistakes = [item for item in items if item.accepted() != true]
        rows.append(
            {
                "sentences": name,
                "n": len(items),
                "accepted": share([item.accepted() for item in items]),
                "by words alone": share([item.check.coverage >= COVERAGE for item in items]),
                "rejected by": dict(Counter(item.rejected_by for item in items if item.rejected_by)),
                "examples of mistakes": [
                    {"sentence": item.sentence, "evidence": list(item.evidence), "rejected by": item.rejected_by}
                    for item in mistakes[:: max(1, len(mistakes) // EXAMPLES)][:EXAMPLES]
                ],
            }
        )
    means = {key: round(float(np.mean([row[key] for row in rows])), 3) for key in ("accepted", "by words alone")}
    return [*rows, {"sentences": "mean of these", "n": sum(row["n"] for row in rows), **means}]


# --- what the model wrote -------------------------------------------------------------------------------------------


def judge_written() -> list[dict[str, Any]]:
    """How many of the model's sentences are shown, and how many of the shown ones their quotes do not support."""
    rows = [json.loads(line) for line in WRITTEN.read_text("utf-8").splitlines()]
    checked = [check(row["sentence"], row["quotes"], row["name"]) for row in rows]
    truth = [row["supported"] for row in rows]
    shown = [item.accepted() for item in checked]
    groups = {
        "supported": [item for item, true in zip(checked, truth, strict=True) if true],
        "not supported": [item for item, true in zip(checked, truth, strict=True) if not true],
    }
    table = [
        {
            "sentences": name,
            "n": len(items),
            "shown": share([item.accepted() for item in items]),
            "rejected by": dict(Counter(item.rejected_by for item in items if item.rejected_by)),
            "mistakes": [item.sentence for item in items if item.accepted() != (name == "supported")],
        }
        for name, items in groups.items()
    ]
    wrong = sum(a and not t for a, t in zip(shown, truth, strict=True))
    return [
        *table,
        {"sentences": "not supported, of those shown", "n": sum(shown), "shown": round(wrong / sum(shown), 3)},
    ]


# --- thresholds -----------------------------------------------------------------------------------------------------


def sweep(
    true: Mapping[str, Sequence[Checked]], planted: Mapping[str, Sequence[Checked]], claims: Sequence[Claim]
) -> list[dict[str, Any]]:
    """What every share of words that must be covered would accept, the other checks as they are."""

    def accepted(groups: Iterable[Sequence[Checked]], threshold: float) -> float | None:
        groups = [items for items in groups if items]
        if not groups:
            return None
        return round(float(np.mean([np.mean([item.accepted(threshold) for item in items]) for items in groups])), 3)

    held = {
        truth: [check(c.text, c.evidence, c.title) for c in claims if c.supported == truth] for truth in (True, False)
    }
    return [
        {
            "COVERAGE": threshold,
            "true": accepted(true.values(), threshold),
            "planted": accepted(planted.values(), threshold),
            "supported claims": accepted([held[True]], threshold),
            "other claims": accepted([held[False]], threshold),
        }
        for threshold in THRESHOLDS
    ]


def main() -> None:
    """Take the figures, print them as tables and keep them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=Path, default=CLAIMS, help="folder that holds WiCE's claim_dev.jsonl")
    parser.add_argument("--llm", type=int, default=0, help="ask the default language model about so many claims")
    options = parser.parse_args()
    report: dict[str, Any] = {"machine": machine("scikit-learn", "sentence-transformers", "torch")}
    report["encoder"] = DEFAULT_ENCODER
    claims = read_claims(options.claims) if (options.claims / "claim_dev.jsonl").is_file() else {}
    if not claims:
        print(
            f"{options.claims / 'claim_dev.jsonl'} is missing: without WiCE's claims (--claims FOLDER)", file=sys.stderr
        )
    report["claims"] = {name: judge_claims(chosen) for name, chosen in claims.items()}
    for name, rows in report["claims"].items():
        supported = sum(claim.supported for claim in claims[name])
        print_table(f"WiCE, {name} evidence: {len(claims[name])} claims, {supported} supported", rows)
    if options.llm and claims:
        report["claims, by the model"] = judge_by_model(claims["marked"], options.llm)
        print_table(f"WiCE, marked evidence, {DEFAULT_MODEL}", report["claims, by the model"])
    report["written"] = judge_written()
    print_table("Sentences of the model", report["written"])
    found = read_grounds()
    true, planted = check_planted(found, TRUE), check_planted(found, PLANTED)
    report["true"], report["planted"] = summarise(true, true=True), summarise(planted, true=False)
    print_table("True sentences accepted", report["true"])
    print_table("Planted errors accepted", report["planted"])
    others = read_grounds(OTHERS)
    for truth, ways in (("true", TRUE), ("planted", PLANTED)):
        rows = report[f"{truth}, {OTHERS[0]}"] = summarise(check_planted(others, ways), true=truth == "true")
        print_table(f"{truth.capitalize()} sentences accepted, {OTHERS[0]}", rows)
    report["thresholds"] = sweep(true, planted, claims.get("marked", []))
    print_table("Accepted at other values of COVERAGE (claims: marked evidence)", report["thresholds"])
    write_results("verification", report)


if __name__ == "__main__":
    main()
