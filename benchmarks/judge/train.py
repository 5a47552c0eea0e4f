"""Trains the judge (`sidebyside.encoding.judge`) and writes its weights.

    python benchmarks/judge/train.py --seconds 1800 --checkpoint judge.pt [--start earlier.pt or weights.npz]

One step takes one product: all its sentences are read once, three dozen questions put to it are read once, and each
question is compared with its own sentence and those of the product that lie nearest by the judge's own vectors (hard
negatives that follow the training). The question has to choose its sentence, or none where no sentence says it
(near questions); each pair is judged by itself besides; and denials are told from statements. Short ways to ask for a
statement (pairs.jsonl) are learnt between. Writers and topics that are left out are never trained on; on the writers,
slope and shift of the probabilities are fitted (Platt, "Probabilistic outputs for support vector machines", 1999).

One thread: where other work takes a core, torch on two of them is ten times slower than on one.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _groups import LEFT_OUT, SETS_LEFT_OUT, Ask, Group, pair_topics, situation_groups, stranger_groups, topic_groups  # noqa: E402
from _keeping import fitted, keep, restore  # noqa: E402
from _model import Judge  # noqa: E402
from _reporting import auroc  # noqa: E402

from sidebyside.encoding.bert import Bert  # noqa: E402
from sidebyside.encoding.embedding import load_encoder  # noqa: E402
from sidebyside.encoding.question_encoding import read_changes  # noqa: E402
from sidebyside.settings import DEFAULT_ENCODER, Settings  # noqa: E402

WEIGHTS = HERE.parents[1] / "src" / "sidebyside" / "weights"
# Questions of a step, sentences each is compared with, and with how many when it is measured.
_ASKS = 36
_FEW = 10
_MEASURED = 12
_RATE = 1e-3
_WARM = 40
# How often each wording of a question is taken: situation and criterion; all but names; the criterion alone.
_WORDINGS = (0.4, 0.45, 0.15)

Scored = list[tuple[Group, np.ndarray]]


def loss_of(logits: torch.Tensor, group: Group, asks: Sequence[Ask]) -> torch.Tensor:
    """Of (asks, n, 3) logits whose first sentence is the one that the question is about."""
    count, few, _ = logits.shape
    said = torch.logsumexp(logits[..., :2], -1) - logits[..., 2]
    says = torch.tensor([ask.relation != "~" for ask in asks])
    denies = torch.tensor([ask.relation == "-" for ask in asks])
    # Which sentence says it, or none.
    chosen = functional.cross_entropy(torch.cat([said, torch.zeros(count, 1)], 1), torch.where(says, 0, few))
    order = -(said.log_softmax(1)[:, 0] * says).sum() / count
    # Each pair by itself, the hardest of the others above all.
    right = torch.zeros_like(said, dtype=torch.bool)
    right[:, 0] = says
    hard = (said.detach() * 0.7).masked_fill(right, -1e4).softmax(1)
    pairs = (functional.softplus(-said) * right).sum() + (functional.softplus(said) * ~right * hard).sum()
    told = functional.cross_entropy(logits[:, 0, :2], denies.long(), reduction="none") * says
    # Statements of pairs.jsonl are never denied: a model that hears that too often denies nothing.
    polarity = 0.2 * told.mean() if group.writer == "pairs" else told.sum() / says.sum().clamp(min=1)
    return chosen + 0.5 * order + 0.5 * pairs / count + polarity


def fit(
    model: Judge,
    groups: list[Group],
    topics: list,
    seconds: float,
    rate: float,
    checkpoint: Path,
    measure,  # noqa: ANN001
) -> None:
    """Train for so long; the rate falls along a cosine."""
    chance = random.Random(torch.initial_seed())
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.02)
    began, done, losses = time.monotonic(), 0, []
    while True:
        for group, asks in _steps(groups, topics, chance):
            at = (time.monotonic() - began) / seconds
            if at >= 1:
                break
            for parameters in optimizer.param_groups:
                parameters["lr"] = rate * min(1, (done + 1) / _WARM) * (0.51 + 0.49 * math.cos(math.pi * at))
            model.train()
            texts = [sentence.text for sentence in group.sentences]
            criteria = [_wording(ask, chance) for ask in asks]
            logits, _ = model(criteria, texts, _FEW, [ask.place for ask in asks], [ask.others for ask in asks])
            loss = loss_of(logits, group, asks)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            done += 1
            losses.append(loss.item())
            if done % 50 == 0:
                print(f"step {done}: loss {np.mean(losses[-50:]):.3f}, {time.monotonic() - began:.0f} s", flush=True)
        torch.save(model.state_dict(), checkpoint)
        measure()
        if at >= 1:
            return


def _steps(groups: list[Group], topics: list, chance: random.Random) -> list[tuple[Group, list[Ask]]]:
    """Every question of every product once, and one way to ask for every statement, by chance."""
    steps = []
    for group in [*groups, *topic_groups(topics, chance, 1)]:
        asks = list(group.asks)
        chance.shuffle(asks)
        parts = max(1, round(len(asks) / _ASKS))
        steps += [(group, asks[part::parts]) for part in range(parts) if asks[part::parts]]
    chance.shuffle(steps)
    return steps


def _wording(ask: Ask, chance: random.Random) -> str:
    return ask.wordings[0] if len(ask.wordings) == 1 else chance.choices(ask.wordings, _WORDINGS)[0]


@torch.no_grad()
def score(model: Judge, groups: Sequence[Group], wording: int = 0) -> Scored:
    """(group, logits (asks, sentences, 3)); what is not among the nearest is as good as nothing."""
    model.eval()
    scored = []
    for group in groups:
        texts = [sentence.text for sentence in group.sentences]
        rows = []
        for start in range(0, len(group.asks), 32):
            criteria = [ask.wordings[min(wording, len(ask.wordings) - 1)] for ask in group.asks[start : start + 32]]
            logits, chosen = model(criteria, texts, _MEASURED)
            every = torch.tensor([-20.0, -20.0, 0.0]).repeat(len(criteria), len(texts), 1)
            rows.append(every.scatter(1, chosen.unsqueeze(-1).expand(-1, -1, 3), logits))
        scored.append((group, torch.cat(rows).numpy()))
    return scored


def odds(scored: Scored) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """By relation: the best log odds among a product's sentences that it is said, and of a denial by its sentence."""
    said: dict[str, list[float]] = {"+": [], "-": [], "~": []}
    denied: dict[str, list[float]] = {"+": [], "-": [], "~": []}
    for group, logits in scored:
        best = (np.logaddexp(logits[..., 0], logits[..., 1]) - logits[..., 2]).max(axis=1)
        for ask, value, rows in zip(group.asks, best, logits, strict=True):
            said[ask.relation].append(value)
            if rows[ask.place, 0] > -20:
                denied[ask.relation].append(rows[ask.place, 1] - rows[ask.place, 0])
    return {k: np.array(v) for k, v in said.items()}, {k: np.array(v) for k, v in denied.items()}


def figures(scored: Scored) -> dict[str, float]:
    """The right sentence first and among three, products that say it told from others, denials from statements."""
    ranks = []
    for group, logits in scored:
        said = np.logaddexp(logits[..., 0], logits[..., 1]) - logits[..., 2]
        for ask, row in zip(group.asks, said, strict=True):
            right = [ask.place, *ask.others]
            if ask.relation != "~" and ask.place == min(right):
                ranks.append((row > row[right].max()).sum())
    said, denied = odds(scored)
    told = {"first": float(np.mean(np.array(ranks) < 1)), "among 3": float(np.mean(np.array(ranks) < 3))}
    if len(said["~"]):
        told["said or not"] = auroc(np.concatenate([said["+"], said["-"]]), said["~"])
        told["denied or stated"] = auroc(denied["-"], denied["+"])
    return {name: round(value, 3) for name, value in told.items()}


def mean(one: Scored, other: Scored) -> Scored:
    return [(group, (a + b) / 2) for (group, a), (_, b) in zip(one, other, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--checkpoint", type=Path, default=Path("judge.pt"))
    parser.add_argument("--first", type=int, default=3, help="the first layer that is changed")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start", type=Path, help="a checkpoint or weights to begin with")
    parser.add_argument("--rate", type=float, default=_RATE, help="the highest learning rate")
    parser.add_argument("--strangers", type=int, default=1, help="how often strangers' questions are taken")
    parser.add_argument("--no-keep", action="store_true", help="only measure")
    parser.add_argument("--keep-only", action="store_true", help="write the weights of --start without training")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    encoder = load_encoder(Settings.load(encoder=DEFAULT_ENCODER))
    bert = Bert.load(encoder.folder)
    assert bert is not None
    model = Judge(bert, read_changes(encoder.name, encoder.fingerprint), options.first, options.rank)
    if options.start and options.start.suffix == ".npz":
        restore(model, options.start)
    elif options.start:
        model.load_state_dict(torch.load(options.start))
    groups = situation_groups()
    strangers = stranger_groups()
    sets_out = [group for group in strangers if group.writer in SETS_LEFT_OUT]
    strangers = [group for group in strangers if group not in sets_out]
    own = [group for group in groups if group.writer not in LEFT_OUT] + options.strangers * strangers
    out = [group for group in groups if group.writer in LEFT_OUT]
    topics, topics_out = pair_topics()
    short = list(topic_groups(topics_out, random.Random(5), 1))
    print(sum(len(group.asks) for group in own), "questions,", sum(map(len, topics)), "statements", flush=True)

    def measure() -> Scored:
        spans, whole = score(model, out, 0), score(model, out, 1)
        both = mean(spans, whole)
        by = {"spans": spans, "whole question": whole, "both": both, "short ways to ask": score(model, short)}
        by |= {"strangers": mean(score(model, sets_out, 0), score(model, sets_out, 1))}
        print(json.dumps({name: figures(scored) for name, scored in by.items()}, indent=1), flush=True)
        return both

    if not options.keep_only:
        fit(model, own, topics, options.seconds, options.rate, options.checkpoint, measure)
    said, denied = odds(measure())
    slopes = fitted(np.concatenate([said["+"], said["-"]]), said["~"]), fitted(denied["-"], denied["+"])
    print("slope and shift:", slopes)
    if options.no_keep:
        return
    keep(model, WEIGHTS / f"judge-{encoder.name}.npz", encoder.fingerprint, *slopes)


if __name__ == "__main__":
    main()
