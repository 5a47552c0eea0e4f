"""Fits the low-rank change that `sidebyside.encoding.bert` adds for questions, and measures what it brings.

    python benchmarks/queries/train.py [--encoder all-minilm-l6-v2] [--epochs 4] [--measure-only]

Every line of pairs.jsonl is a statement as pages make it, six or seven ways to ask for it (`asks`), and for some three
questions near by that it does not answer (`near`, for measuring only: a model that learns from them learns their
style). Lines with the same `topic` are one page. Only questions are encoded anew: vectors of pages stay as they are, so
no index changes. A question is pulled towards its statement and away from the others of its page, and half as much
from all others (Oord et al., "Representation learning with contrastive predictive coding", 2018). The change has
low rank (Hu et al., "LoRA", 2021).

The figures come from topics that the measured weights have not seen: one fifth of them is left out.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from _reporting import auroc, machine, print_table, write_results  # noqa: E402

from sidebyside.encoding.embedding import load_encoder  # noqa: E402
from sidebyside.encoding.learnt import FINGERPRINT  # noqa: E402
from sidebyside.settings import DEFAULT_ENCODER, Settings  # noqa: E402

WEIGHTS = HERE.parents[1] / "src" / "sidebyside" / "weights"
RANK = 8
_BATCH = 96
_RATE = 1e-3
_TEMPERATURE = 0.05
# A question has to find its statement among those of the same page above all; among all pages others may answer it too.
_ACROSS = 0.5
# How much of the change is kept: between the two encoders lies a better one (Wortsman et al., "Robust fine-tuning
# of zero-shot models", 2022). On the question sets of evidence.py the right sentence comes first in .840 of cases
# with a share of .6, in .820 with .4 and .834 with .8; in .820 after learning from 1,920 statements, and in .814 from
# 3,840 without the weight on the own page.
_SHARE = 0.6
# One topic in so many is left out where the change is measured.
_LEFT_OUT = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """One statement with the questions it answers, and questions near by that it does not."""

    topic: str
    statement: str
    asks: tuple[str, ...]
    near: tuple[str, ...]


class LowRank(nn.Module):
    """A linear layer whose weight gets the product of two thin matrices added; zero before training."""

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        changed: torch.Tensor = self.layer(rows) + (rows @ self.down.T) @ self.up.T
        return changed


class QueryEncoder(nn.Module):
    """The encoder with low-rank changes in all its linear layers: texts to unit vectors."""

    def __init__(self, encoder: str, rank: int = RANK) -> None:
        super().__init__()
        loaded: Any = load_encoder(Settings.load(encoder=encoder))
        model = loaded._loaded_model()
        self.tokenizer = model.tokenizer
        self.model = model[0].auto_model.requires_grad_(False).eval()
        self.changed: dict[str, LowRank] = {}
        for name, layer in list(self.model.named_modules()):
            if isinstance(layer, nn.Linear) and name.startswith("encoder."):
                parent, _, own = name.rpartition(".")
                self.changed[name] = LowRank(layer, rank)
                setattr(self.model.get_submodule(parent), own, self.changed[name])

    def forward(self, texts: list[str]) -> torch.Tensor:
        tokens = self.tokenizer(texts, padding=True, truncation=True, max_length=96, return_tensors="pt")
        hidden = self.model(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        vectors: torch.Tensor = nn.functional.normalize(mean, dim=1)
        return vectors

    def rows(self, texts: list[str]) -> np.ndarray:
        """float32 (len(texts), dimension), without gradients."""
        with torch.no_grad():
            parts = [self(texts[start : start + 128]).numpy() for start in range(0, len(texts), 128)]
        return np.concatenate(parts)


def read_pairs() -> list[Pair]:
    """All lines of pairs.jsonl."""
    lines = (HERE / "pairs.jsonl").read_text("utf-8").splitlines()
    read = map(json.loads, lines)
    return [Pair(p["topic"], p["statement"], tuple(p["asks"]), tuple(p.get("near", ()))) for p in read]


def fit(pairs: list[Pair], statements: torch.Tensor, encoder: str, epochs: int, seed: int = 7) -> QueryEncoder:
    """Train on these pairs; `statements` holds one unit vector per pair, which stays as it is."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    queries = QueryEncoder(encoder)
    numbers = {topic: number for number, topic in enumerate(dict.fromkeys(pair.topic for pair in pairs))}
    topics = torch.tensor([numbers[pair.topic] for pair in pairs])
    asks = [(text, place) for place, pair in enumerate(pairs) for text in pair.asks]
    steps = math.ceil((len(asks) + len(pairs)) / _BATCH)
    rates = torch.optim.AdamW([p for p in queries.parameters() if p.requires_grad], lr=_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(rates, _RATE, total_steps=epochs * steps, pct_start=0.1)
    for epoch in range(epochs):
        texts = [*asks, *((_stretch(pair.statement, chance), place) for place, pair in enumerate(pairs))]
        total = 0.0
        for chosen in _batches(texts, chance):
            similar = queries([text for text, _ in chosen]) @ statements.T / _TEMPERATURE
            owner = torch.tensor([place for _, place in chosen])
            inside = similar.masked_fill(topics[owner].unsqueeze(1) != topics.unsqueeze(0), -math.inf)
            loss = nn.functional.cross_entropy(inside, owner) + _ACROSS * nn.functional.cross_entropy(similar, owner)
            rates.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(queries.parameters(), 1.0)
            rates.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1}: loss {total / steps:.3f}", flush=True)
    for layer in queries.changed.values():
        layer.up.data *= _SHARE
    return queries


def _batches(texts: list[tuple[str, int]], chance: random.Random) -> list[list[tuple[str, int]]]:
    """The texts in batches by chance, those of one length together as far as that goes: else half is padding."""
    chance.shuffle(texts)
    pools = (texts[start : start + 16 * _BATCH] for start in range(0, len(texts), 16 * _BATCH))
    sorted_pools = (sorted(pool, key=lambda text: len(text[0])) for pool in pools)
    batches = [pool[start : start + _BATCH] for pool in sorted_pools for start in range(0, len(pool), _BATCH)]
    chance.shuffle(batches)
    return batches


def _stretch(statement: str, chance: random.Random) -> str:
    """Three to seven words of a statement as they stand: questions in the page's own words shall stay what they are."""
    words = re.findall(r"[\w'-]+", statement.lower())
    length = min(len(words), chance.randint(3, 7))
    start = chance.randint(0, len(words) - length)
    return " ".join(words[start : start + length])


def measure(queries: Any, pairs: list[Pair], held: list[int], statements: np.ndarray) -> dict[str, float]:
    """Of left-out pairs: the right statement first, among five; own questions told from those near by (AUROC)."""
    texts = [text for place in held for text in pairs[place].asks]
    owner = np.repeat(held, [len(pairs[place].asks) for place in held])
    similar = queries(texts) @ statements.T
    own = similar[np.arange(len(texts)), owner]
    better = (similar > own[:, None]).sum(1)
    near = [text for place in held for text in pairs[place].near]
    missed = (queries(near) * statements[np.repeat(held, [len(pairs[place].near) for place in held])]).sum(1)
    return {
        "first": round(float((better == 0).mean()), 3),
        "among 5": round(float((better < 5).mean()), 3),
        "against near": round(auroc(own.tolist(), missed.tolist()), 3),
        "own similarity": round(float(own.mean()), 3),
        "near similarity": round(float(missed.mean()), 3),
    }


def keep(queries: QueryEncoder, encoder: str) -> Path:
    """Write both thin matrices of every layer, half precision."""
    arrays = {FINGERPRINT: np.array(load_encoder(Settings.load(encoder=encoder)).fingerprint)}
    for name, layer in queries.changed.items():
        arrays[f"{name}.down"] = layer.down.detach().numpy().astype(np.float16)
        arrays[f"{name}.up"] = layer.up.detach().numpy().astype(np.float16)
    path = WEIGHTS / f"questions-{encoder}.npz"
    np.savez_compressed(path, **arrays)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--measure-only", action="store_true", help="leave the weights as they are")
    options = parser.parse_args()
    pairs = read_pairs()
    base = load_encoder(Settings.load(encoder=options.encoder))
    statements = base.encode([pair.statement for pair in pairs])
    # Topics stay together: a fifth of them is left out.
    topics = sorted({pair.topic for pair in pairs})
    random.Random(7).shuffle(topics)
    left_out = set(topics[::_LEFT_OUT])
    held = [place for place, pair in enumerate(pairs) if pair.topic in left_out]
    seen = [place for place, pair in enumerate(pairs) if pair.topic not in left_out]
    rows = [{"encoder": "as it is", **measure(base.encode, pairs, held, statements)}]
    chosen = torch.from_numpy(statements[seen])
    trained = fit([pairs[place] for place in seen], chosen, options.encoder, options.epochs)
    rows.append({"encoder": "changed for questions", **measure(trained.rows, pairs, held, statements)})
    print_table(f"{len(held)} statements of topics left out, {len(pairs)} in all", rows)
    report = {"machine": machine("torch"), "encoder": options.encoder, "epochs": options.epochs}
    write_results("questions", {**report, "statements": len(pairs), "left out": len(held), "rows": rows})
    if not options.measure_only:
        final = fit(pairs, torch.from_numpy(statements), options.encoder, options.epochs)
        print(f"written: {keep(final, options.encoder).name}")


if __name__ == "__main__":
    main()
