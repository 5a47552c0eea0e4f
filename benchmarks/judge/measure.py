"""Measures the judge (`sidebyside.encoding.judge`) on writers that were left out, and on public sets.

    python benchmarks/judge/measure.py [--public ../shared/public-data] [--written]

Inside the product that a question is about, among all its sentences: how often the right one comes first and among
three, by the encoder alone, with learnt questions, with words, with the judge. The weights of the mix are chosen on
half of the writers and measured on the other half, both ways round. "False passes": how many products that say nothing
pass when .93 of those that say something do; near ones are questions that their writer made up beside a sentence,
others are questions put to the other product of the same page (which says it, too, at times) or to another field's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _groups import LEFT_OUT, Ask, Group, situation_groups  # noqa: E402
from _reporting import auroc, machine, print_table, write_results  # noqa: E402

from sidebyside.encoding.bert import Bert  # noqa: E402
from sidebyside.encoding.embedding import load_encoder  # noqa: E402
from sidebyside.encoding.judge import Judge  # noqa: E402
from sidebyside.evidence.retrieval import CAPABILITY_WEIGHT, LEXICAL_WEIGHT  # noqa: E402
from sidebyside.index.lexical import LexicalTable  # noqa: E402
from sidebyside.settings import DEFAULT_ENCODER, Settings  # noqa: E402

# Sentences that the judge gets, and weights of its log odds in the mix.
FEW = (8, 12)
WEIGHTS = (0.0, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4, 1.0, 100.0)
RECALL = 0.93
# Wordings of a question that the judge gets: spans joined, the whole question with names replaced, both.
SPANS, WHOLE, BOTH = slice(0, 1), slice(1, 2), slice(0, 2)


class Measured:
    """Scores of every question against every sentence of its own product and of the others of its writer."""

    def __init__(self, groups: Sequence[Group], encoder: Any, judge: Judge) -> None:
        self.groups = groups
        self.judge = judge
        plain: Bert = encoder._bert
        self.questions: Bert = encoder._question_bert
        sentences = [sentence.text for group in groups for sentence in group.sentences]
        self.rows = in_parts(plain, sentences)
        self.lexical = LexicalTable.build(sentences)
        ends = np.cumsum([0, *(len(group.sentences) for group in groups)]).tolist()
        self.spans = [slice(a, b) for a, b in pairwise(ends)]
        texts = list(dict.fromkeys(ask.wordings[0] for group in groups for ask in group.asks))
        self.plain_of = dict(zip(texts, in_parts(plain, texts), strict=True))
        self.learnt_of = dict(zip(texts, in_parts(self.questions, texts), strict=True))

    def retrieved(self, ask: Ask, place: int, *, learnt: bool, words: bool) -> np.ndarray:
        """One score a sentence of the product at `place`, as retrieval counts them."""
        rows = self.rows[self.spans[place]]
        vector = (self.learnt_of if learnt else self.plain_of)[ask.wordings[0]]
        scores = rows @ vector + CAPABILITY_WEIGHT * self._capabilities(place, rows) @ vector
        if words:
            scores = scores + LEXICAL_WEIGHT * self.lexical.scores(ask.wordings[0])[self.spans[place]]
        return np.asarray(scores)

    def _capabilities(self, place: int, rows: np.ndarray) -> np.ndarray:
        numbers = np.array([sentence.capability for sentence in self.groups[place].sentences])
        means = np.stack([rows[numbers == number].mean(axis=0) for number in numbers])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))

    def judged(self, ask: Ask, place: int, best: np.ndarray, wordings: slice = BOTH) -> np.ndarray:
        """(len(best), 3) probabilities of these sentences, the mean of their logarithms over the wordings."""
        sentences = [self.groups[place].sentences[number].text for number in best]
        each = [self.judge.judge([(said, text, "") for text in sentences]) for said in ask.wordings[wordings]]
        rows = np.exp(np.mean([np.log(told + 1e-9) for told in each], axis=0))
        return np.asarray(rows / rows.sum(axis=1, keepdims=True))


def in_parts(bert: Bert, texts: Sequence[str]) -> np.ndarray:
    """Vectors of any number of texts."""
    return np.concatenate([bert.encode_together(texts[start : start + 16]) for start in range(0, len(texts), 16)])


def odds(rows: np.ndarray) -> np.ndarray:
    """Log odds that a sentence says something of the criterion at all."""
    said = rows[:, 0] + rows[:, 1]
    return np.asarray(np.log(said + 1e-6) - np.log(rows[:, 2] + 1e-6))


def measure(measured: Measured) -> dict[str, Any]:
    """All figures of the left-out writers."""
    items = [(place, ask) for place, group in enumerate(measured.groups) for ask in group.asks]
    says = [(place, ask) for place, ask in items if ask.relation != "~"]
    ways = {
        "encoder": {"learnt": False, "words": False},
        "+ learnt questions": {"learnt": True, "words": False},
        "+ words (today)": {"learnt": True, "words": True},
    }
    table = []
    for name, way in ways.items():
        ranks = [rank(measured.retrieved(ask, place, **way), ask.place) for place, ask in says]
        table.append({"way": name, **shares(ranks)})
    today = {id(ask): measured.retrieved(ask, place, learnt=True, words=True) for place, ask in items}
    most = max(FEW)
    best = {id(ask): np.argsort(-today[id(ask)], kind="stable")[:most] for _, ask in items}
    for name, wordings in (("spans", SPANS), ("whole question", WHOLE), ("both", BOTH)):
        rows = {id(ask): measured.judged(ask, place, best[id(ask)], wordings) for place, ask in items}
        for few in FEW:
            ranks = {weight: [mixed_rank(today, best, rows, ask, few, weight) for _, ask in says] for weight in WEIGHTS}
            told: list[int] = []
            for half in (LEFT_OUT[::2], LEFT_OUT[1::2]):
                own = np.array([measured.groups[place].writer in half for place, _ in says])
                weight = max(WEIGHTS, key=lambda w: float(np.mean(1 / (1 + np.array(ranks[w])[~own]))))
                told += list(np.array(ranks[weight])[own])
            table.append({"way": f"judge on {few}, {name}", **shares(ranks[WEIGHTS[-1]])})
            table.append({"way": f"judge on {few}, {name}, mixed", **shares(told)})
        print(name, {weight: shares(found) for weight, found in ranks.items()}, flush=True)
    return {"ranking": table, "states": states(measured, items, rows, best)}


def mixed_rank(today: dict, best: dict, rows: dict, ask: Ask, few: int, weight: float) -> int:
    """The place of the right sentence after the judge has put the best `few` in order."""
    scores = today[id(ask)] - 1000.0
    chosen = best[id(ask)][:few]
    scores[chosen] += 1000.0 + weight * odds(rows[id(ask)][:few])
    return rank(scores, ask.place)


def rank(scores: np.ndarray, place: int) -> int:
    return int((scores > scores[place]).sum())


def shares(ranks: Sequence[int]) -> dict[str, float]:
    return {
        name: round(float((np.array(ranks) < k).mean()), 3) for name, k in {"first": 1, "three": 3, "five": 5}.items()
    }


def states(measured: Measured, items: list, rows: dict, best: dict) -> dict[str, Any]:
    """Products that say something told from those that do not, denied from stated, and how true probabilities are."""
    said = {id(ask): float((rows[id(ask)][:, 0] + rows[id(ask)][:, 1]).max()) for _, ask in items}
    positive = [said[id(ask)] for _, ask in items if ask.relation != "~"]
    near = [said[id(ask)] for _, ask in items if ask.relation == "~"]
    other: dict[str, list[float]] = {"other product, same page": [], "other field": []}
    for place, ask in items[::6]:
        writer = measured.groups[place].writer
        own = [number for number, group in enumerate(measured.groups) if group.writer == writer]
        page = own.index(place) // 2
        for number in own:
            if number == place or (own.index(number) // 2 == page and ask.relation != "+"):
                continue
            chosen = np.argsort(-measured.retrieved(ask, number, learnt=True, words=True), kind="stable")[: max(FEW)]
            top = measured.judged(ask, number, chosen)
            other["other product, same page" if own.index(number) // 2 == page else "other field"].append(
                float((top[:, 0] + top[:, 1]).max())
            )
    cut = float(np.quantile(positive, 1 - RECALL))
    figures: dict[str, Any] = {"cut": round(cut, 3)}
    for name, negative in {"near": near, **other}.items():
        figures[name] = {
            "n": len(negative),
            "auroc": round(auroc(positive, negative), 3),
            "false passes": round(float((np.array(negative) >= cut).mean()), 3),
        }
    stated, denied = [], []
    for _, ask in items:
        if ask.relation == "~" or ask.place not in best[id(ask)]:
            continue
        row = rows[id(ask)][list(best[id(ask)]).index(ask.place)]
        (denied if ask.relation == "-" else stated).append(float(row[1] / (row[0] + row[1])))
    figures["denied told from stated"] = {
        "auroc": round(auroc(denied, stated), 3),
        "denied found": round(float((np.array(denied) > 0.5).mean()), 3),
        "stated kept": round(float((np.array(stated) <= 0.5).mean()), 3),
    }
    figures["calibration"] = calibration(items, rows, best)
    return figures


def calibration(items: list, rows: dict, best: dict) -> dict[str, Any]:
    """Probability that the first sentence after judging says it, against how often it does."""
    told, right = [], []
    for _, ask in items:
        values = rows[id(ask)][:, 0] + rows[id(ask)][:, 1]
        first = int(values.argmax())
        told.append(float(values[first]))
        right.append(ask.relation != "~" and int(best[id(ask)][first]) == ask.place)
    edges = np.linspace(0, 1, 11)
    bins, error = [], 0.0
    for low, high in pairwise(edges):
        chosen = [place for place, value in enumerate(told) if low <= value < high or (high == 1 and value == 1)]
        if chosen:
            mean, share = np.mean([told[p] for p in chosen]), np.mean([right[p] for p in chosen])
            bins.append({"told": round(float(mean), 3), "right": round(float(share), 3), "n": len(chosen)})
            error += len(chosen) / len(told) * abs(mean - share)
    return {"expected error": round(float(error), 3), "bins": bins}


def speed(measured: Measured) -> dict[str, float]:
    """Milliseconds of two products x 8 and x 12 sentences, of 16 cells, and with sentences that were read before."""
    found: dict[str, list[float]] = {}
    groups = measured.groups
    for start in range(0, len(groups) - 3, 2):
        asks = [groups[start + number].asks[number].wordings[0] for number in range(4)]
        for few in FEW:
            fresh = measured.judge.anew()
            texts = [s.text for group in groups[start : start + 2] for s in group.sentences[:few]]
            for name, ask in (("", asks[0]), (", sentences known", asks[1])):
                began = time.perf_counter()
                fresh.judge([(ask, text, "") for text in texts])
                found.setdefault(f"2 x {few}{name}", []).append(1000 * (time.perf_counter() - began))
        fresh = measured.judge.anew()
        cells = [
            (ask, s.text, "")
            for number, ask in enumerate(asks)
            for group in groups[start : start + 4]
            for s in group.sentences[2 * number : 2 * number + 8]
        ]
        began = time.perf_counter()
        fresh.judge(cells)
        found.setdefault("16 cells x 8", []).append(1000 * (time.perf_counter() - began))
    return {name: round(statistics.median(values)) for name, values in found.items()}


# --- public sets ------------------------------------------------------------------------------------------------------


def public(folder: Path, measured: Measured) -> dict[str, Any]:
    """CLAP NQ, SQuAD 2.0 and WiCE by the judge alone, by vectors alone, and by both."""

    def lines(name: str) -> list[dict]:
        return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]

    figures: dict[str, Any] = {}
    answered: dict[str, list[list[float]]] = {"yes": [], "no": []}
    firsts: list[list[bool]] = []
    for kind, name in (("yes", "clapnq/dev_answerable.half.jsonl"), ("no", "clapnq/dev_unanswerable.half.jsonl")):
        for item in lines(name):
            sentences = [s for s in item["passages"][0]["sentences"] if s.strip()]
            chosen = set(item["output"][0]["selected_sentences"] or ())
            scores = scored(measured, item["input"], sentences)
            answered[kind].append([float(values.max()) for values in scores])
            if chosen:
                firsts.append([sentences[int(values.argmax())] in chosen for values in scores])
    names = ("judge", "vectors", "both")
    figures["CLAP NQ"] = {
        "answerable AUROC": by(names, answered["yes"], answered["no"]),
        "right sentence first": dict(zip(names, np.mean(firsts, axis=0).round(3).tolist(), strict=True)),
        "word overlap": {"answerable AUROC": 0.783, "right sentence first": 0.686},
    }
    yes, no = [], []
    for item in lines("squad2/half.jsonl"):
        sentences = [part.strip() for part in item["context"].replace("? ", "?\n").replace(". ", ".\n").split("\n")]
        best = [float(values.max()) for values in scored(measured, item["question"], [s for s in sentences if s])]
        (no if item["is_impossible"] else yes).append(best)
    figures["SQuAD 2.0"] = {"answerable AUROC": by(names, yes, no)}
    yes, no = [], []
    for item in lines("wice/claim_dev.jsonl")[::3]:
        sentences = [s for s in item["evidence"] if len(s) > 20][:80]
        best = [float(values.max()) for values in scored(measured, item["claim"], sentences, few=12)]
        (yes if item["label"] == "supported" else no).append(best)
    figures["WiCE"] = {"supported AUROC": by(names, yes, no), "word overlap": 0.679}
    return figures


def scored(measured: Measured, question: str, sentences: Sequence[str], few: int = 12) -> list[np.ndarray]:
    """(judge's log odds, vectors, both) of the sentences nearest by vectors."""
    plain: Bert = measured.questions
    vectors = in_parts(Bert(**{**vars(plain), "changes": {}}), sentences) @ plain.encode_together([question])[0]
    best = np.argsort(-vectors)[:few]
    judged = odds(measured.judge.judge([(question, sentences[place], "") for place in best]))
    return [judged, vectors[best], vectors[best] + 0.05 * judged]


def by(names: Sequence[str], yes: list[list[float]], no: list[list[float]]) -> dict[str, float]:
    return {name: round(auroc([v[k] for v in yes], [v[k] for v in no]), 3) for k, name in enumerate(names)}


def worst(measured: Measured, count: int = 10) -> list[dict[str, Any]]:
    """The cells that went most wrong: right sentences far behind, silent products that pass, denied ones as stated."""
    found = []
    for place, group in enumerate(measured.groups):
        for ask in group.asks:
            scores = measured.retrieved(ask, place, learnt=True, words=True)
            best = np.argsort(-scores, kind="stable")[: max(FEW)]
            rows = measured.judged(ask, place, best)
            said = rows[:, 0] + rows[:, 1]
            first = int(said.argmax())
            told = {"asked": ask.whole, "product": group.name, "judged": group.sentences[best[first]].text}
            if ask.relation == "~":
                found.append(
                    (float(said[first]), {**told, "wrong": "silent, passes", "p": round(float(said[first]), 3)})
                )
            elif ask.place in best and best[first] != ask.place:
                own = list(best).index(ask.place)
                wrong = {**told, "right": group.sentences[ask.place].text, "wrong": "another sentence first"}
                found.append((float(said[first] - said[own]), {**wrong, "p": round(float(said[own]), 3)}))
            elif ask.relation == "-" and best[first] == ask.place:
                stated = float(rows[first, 0] / said[first])
                found.append((stated - 0.1, {**told, "wrong": "denied, taken as stated", "p": round(stated, 3)}))
    return [wrong for _, wrong in sorted(found, key=lambda item: -item[0])[:count]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--public", type=Path, default=HERE.parents[2] / "shared" / "public-data")
    parser.add_argument("--no-public", action="store_true")
    parser.add_argument("--written", action="store_true", help="keep the figures in benchmarks/results/judge.json")
    options = parser.parse_args()
    encoder = load_encoder(Settings.load(encoder=DEFAULT_ENCODER))
    judge = Judge.load(encoder)
    assert judge is not None
    groups = [group for group in situation_groups() if group.writer in LEFT_OUT]
    measured = Measured(groups, encoder, judge)
    report: dict[str, Any] = {"machine": machine(), "writers left out": LEFT_OUT, **measure(measured)}
    print_table(
        "the right sentence inside the right product",
        [{**r, "weights": str(r.get("weights", ""))} for r in report["ranking"]],
    )
    print(json.dumps(report["states"], indent=1))
    report["milliseconds"] = speed(measured)
    print(report["milliseconds"])
    if not options.no_public and options.public.is_dir():
        report["public"] = public(options.public, measured)
        print(json.dumps(report["public"], indent=1))
    report["worst"] = worst(measured)
    for wrong in report["worst"]:
        print(json.dumps(wrong, ensure_ascii=False))
    if options.written:
        write_results("judge", report)


if __name__ == "__main__":
    main()
