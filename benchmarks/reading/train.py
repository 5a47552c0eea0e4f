"""Trains the reader: the model that reads a question (`sidebyside.encoding.reader`), and measures it.

    python benchmarks/reading/train.py [--epochs 12] [--left-out w03,w11,...] [--out weights.npz] [--measure-only]

Joint intent and slot reading on the product's own encoder (Chen et al., "BERT for joint intent classification and slot
filling", 2019), changed by low-rank products (Hu et al., "LoRA", 2021). Names of artifacts are exchanged all the time:
half of them for a placeholder, as known names are replaced before reading, the others for names of everywhere, so that
nothing is learnt about any name. Writers that are left out are never trained on; the figures come from them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _data import DATA, WORD, Example, folders, page_names, read_questions, read_situations  # noqa: E402

from sidebyside.encoding.embedding import load_encoder  # noqa: E402
from sidebyside.encoding.reader import FLAGS, INTENTS, LAYERS, MOST_PIECES, PLACEHOLDERS, TAGS, decode_tags  # noqa: E402
from sidebyside.settings import DEFAULT_ENCODER, Settings  # noqa: E402

WEIGHTS = HERE.parents[1] / "src" / "sidebyside" / "weights"
RANK = 24
_BATCH = 48
_RATE = 2e-3
_PLACEHOLDER = re.compile(r"⟦(\d+)⟧")


class LowRank(nn.Module):
    """A linear layer whose weight gets the product of two thin matrices added; zero before training."""

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))
        self.drop = nn.Dropout(0.05)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layer(rows) + (self.drop(rows) @ self.down.T) @ self.up.T


class Reader(nn.Module):
    """The encoder with low-rank changes, placeholders of its own, and three heads."""

    def __init__(self, encoder: str) -> None:
        super().__init__()
        loaded = load_encoder(Settings.load(encoder=encoder))
        self.fingerprint = loaded.fingerprint
        model = loaded._loaded_model()
        self.tokenizer = model.tokenizer
        self.bert = model[0].auto_model.requires_grad_(False)
        # The upper layers turn words into one vector for a sentence; labels of words come as well without them.
        self.bert.encoder.layer = self.bert.encoder.layer[:LAYERS]
        self.changed: dict[str, LowRank] = {}
        for name, layer in list(self.bert.named_modules()):
            if isinstance(layer, nn.Linear) and name.startswith("encoder."):
                parent, _, own = name.rpartition(".")
                self.changed[name] = LowRank(layer, RANK)
                setattr(self.bert.get_submodule(parent), own, self.changed[name])
        width = self.bert.config.hidden_size
        self.placeholders = nn.Parameter(torch.randn(PLACEHOLDERS, width) * 0.05)
        self.intent = nn.Linear(2 * width, len(INTENTS))
        self.flags = nn.Linear(2 * width, len(FLAGS))
        self.tags = nn.Linear(width, len(TAGS))
        self.drop = nn.Dropout(0.1)

    def forward(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        words = self.bert.embeddings.word_embeddings(batch["ids"])
        slots = batch["slots"]
        words = torch.where(slots.unsqueeze(-1) >= 0, self.placeholders[slots.clamp(min=0)], words)
        hidden = self.bert(
            inputs_embeds=words, attention_mask=batch["mask"], token_type_ids=batch["segments"]
        ).last_hidden_state
        own = batch["own"].unsqueeze(-1).float()
        pooled = torch.cat([hidden[:, 0], (hidden * own).sum(1) / own.sum(1).clamp(min=1)], dim=1)
        pooled = self.drop(pooled)
        return self.intent(pooled), self.flags(pooled), self.tags(self.drop(hidden))


# --- examples as tensors ----------------------------------------------------------------------------------------------


class Pieces:
    """Words -> word pieces, remembered."""

    def __init__(self, tokenizer) -> None:  # noqa: ANN001
        self._tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}
        self.cls, self.sep = tokenizer.cls_token_id, tokenizer.sep_token_id

    def of(self, word: str) -> list[int]:
        if word not in self._known:
            self._known[word] = self._tokenizer.encode(word, add_special_tokens=False)
        return self._known[word]


def words_of(text: str) -> list[tuple[str, int, int]]:
    """(word, start, end); a placeholder ⟦3⟧ is one word."""
    found, end = [], 0
    for slot in [*_PLACEHOLDER.finditer(text), None]:
        stop = slot.start() if slot else len(text)
        found += [(m[0], end + m.start(), end + m.end()) for m in WORD.finditer(text[end:stop])]
        if slot:
            found.append((slot[0], slot.start(), slot.end()))
            end = slot.end()
    return found


def tensors(example: Example, pieces: Pieces) -> dict[str, list[int]]:
    ids, slots, segments, own, tags = [pieces.cls], [-1], [0], [0], [-100]

    def put(word: str, segment: int, tag: int) -> None:
        if slot := _PLACEHOLDER.fullmatch(word):
            ids.append(0)
            slots.append(int(slot[1]) % PLACEHOLDERS)
            tags.append(tag)
            segments.append(segment)
            own.append(1 - segment)
            return
        for place, piece in enumerate(pieces.of(word)[:12]):
            ids.append(piece)
            slots.append(-1)
            tags.append(tag if place == 0 else -100)
            segments.append(segment)
            own.append(1 - segment)

    for word, start, end in words_of(example.text):
        label = next((s for s in example.spans if s[1] <= start and end <= s[2]), None)
        tag = 0 if label is None else TAGS.index(("B-" if start == label[1] else "I-") + label[0])
        put(word, 0, tag)
    del ids[MOST_PIECES:], slots[MOST_PIECES:], segments[MOST_PIECES:], own[MOST_PIECES:], tags[MOST_PIECES:]
    ids.append(pieces.sep)
    slots.append(-1), segments.append(0), own.append(0), tags.append(-100)
    for turn in reversed(example.before[-3:]):
        for word, _start, _end in words_of(turn)[:40]:
            put(word, 1, -100)
        ids.append(pieces.sep)
        slots.append(-1), segments.append(1), own.append(0), tags.append(-100)
    most = MOST_PIECES + 96
    return {
        "ids": ids[:most],
        "slots": slots[:most],
        "segments": segments[:most],
        "own": own[:most],
        "tags": tags[:most],
    }


def collate(examples: list[Example], pieces: Pieces) -> dict[str, torch.Tensor]:
    rows = [tensors(example, pieces) for example in examples]
    longest = max(len(row["ids"]) for row in rows)
    fill = {"ids": 0, "slots": -1, "segments": 0, "own": 0, "tags": -100}
    batch = {
        name: torch.tensor([row[name] + [empty] * (longest - len(row[name])) for row in rows])
        for name, empty in fill.items()
    }
    batch["mask"] = torch.tensor([[1] * len(row["ids"]) + [0] * (longest - len(row["ids"])) for row in rows])
    batch["intent"] = torch.tensor([INTENTS.index(e.intent) if e.intent else -100 for e in examples])
    batch["flags"] = torch.tensor([[float(flag in e.flags) for flag in FLAGS] for e in examples])
    batch["known"] = torch.tensor([float(e.intent is not None) for e in examples])
    return batch


# --- variation --------------------------------------------------------------------------------------------------------


class Variation:
    """Other names, openings, endings, slips: a question as somebody else might have typed it."""

    def __init__(self, names: list[str], openings: list[str], endings: list[str], frames: list[str], seed: int) -> None:
        self.names, self.openings, self.endings, self.frames = names, openings, endings, frames
        self.random = random.Random(seed)
        self.known = {folder.name: sorted(page_names(folder), key=len, reverse=True) for folder in folders()}

    def vary(self, example: Example) -> Example:
        example = self._renamed(example)
        draw = self.random.random
        if draw() < 0.25:
            example = self._slipped(example)
        if draw() < 0.15:
            example = _lowered(example)
        if self.openings and draw() < 0.22:
            example = _prefixed(example, self.random.choice(self.openings) + " ")
        if self.endings and draw() < 0.14:
            example = replace(example, text=f"{example.text} {self.random.choice(self.endings)}")
        if self.frames and draw() < 0.08:
            before, _, after = self.random.choice(self.frames).partition("QUESTION")
            example = replace(_prefixed(example, before), text=before + example.text + after)
        return example

    def _renamed(self, example: Example) -> Example:
        names = {example.text[a:b].casefold() for label, a, b in example.spans if label in "ax"}
        new: dict[str, str] = {}
        slots = self.random.sample(range(PLACEHOLDERS), PLACEHOLDERS) if self.random.random() < 0.5 else None
        for name in sorted(names, key=lambda n: (example.text.casefold().find(n), n)):
            draw = self.random.random()
            if draw < 0.5:
                place = len([v for v in new.values() if _PLACEHOLDER.match(v)])
                new[name] = f"⟦{(slots or range(PLACEHOLDERS))[place % PLACEHOLDERS]}⟧"
            elif draw < 0.8:
                new[name] = self.random.choice(self.names)
        text, spans, end = "", [], 0
        for label, a, b in example.spans:
            text += example.text[end:a]
            words = new.get(example.text[a:b].casefold(), example.text[a:b]) if label in "ax" else example.text[a:b]
            spans.append((label, len(text), len(text) + len(words)))
            text += words
            end = b
        text += example.text[end:]
        before = []
        for turn in example.before:
            for old, name in sorted(new.items(), key=lambda pair: -len(pair[0])):
                turn = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _m, n=name: n, turn, flags=re.IGNORECASE)
            # Names that only earlier turns say are known to the library as a rule.
            for name in self.known.get(example.writer, ()):
                if self.random.random() < 0.6:
                    slot = f"⟦{self.random.randrange(len(new), PLACEHOLDERS) if len(new) < PLACEHOLDERS else 0}⟧"
                    turn = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", slot, turn, flags=re.IGNORECASE)
            before.append(turn)
        return replace(example, text=text, spans=tuple(spans), before=tuple(before))

    def _slipped(self, example: Example) -> Example:
        """One or two slips of the finger, in words of four letters and more; lengths stay equal or spans are moved."""
        for _ in range(self.random.choice((1, 1, 2))):
            places = [(w, a, b) for w, a, b in words_of(example.text) if b - a >= 4 and w.isalpha()]
            if not places:
                return example
            word, start, _end = self.random.choice(places)
            at = self.random.randrange(1, len(word) - 1)
            kind = self.random.choice("swap drop double other".split())
            if kind == "swap":
                new = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            elif kind == "drop":
                new = word[:at] + word[at + 1 :]
            elif kind == "double":
                new = word[:at] + word[at] + word[at:]
            else:
                new = word[:at] + self.random.choice("abcdefghiklmnoprstuvwy") + word[at + 1 :]
            example = _replaced(example, start, start + len(word), new)
        return example


def _replaced(example: Example, start: int, end: int, new: str) -> Example:
    shift = len(new) - (end - start)
    spans = tuple(
        (label, a + (shift if a >= end else 0), b + (shift if b >= end else 0)) for label, a, b in example.spans
    )
    return replace(example, text=example.text[:start] + new + example.text[end:], spans=spans)


def _prefixed(example: Example, prefix: str) -> Example:
    spans = tuple((label, a + len(prefix), b + len(prefix)) for label, a, b in example.spans)
    return replace(example, text=prefix + example.text, spans=spans)


def _lowered(example: Example) -> Example:
    """Without question mark and full stop at the end."""
    text = example.text.rstrip("?.! ")
    spans = tuple(s for s in example.spans if s[2] <= len(text))
    return replace(example, text=text, spans=spans) if len(spans) == len(example.spans) else example


# --- training and measuring -------------------------------------------------------------------------------------------


def fit(
    examples: list[Example], variation: Variation, encoder: str, epochs: int, start: Path | None = None, seed: int = 7
) -> Reader:
    torch.manual_seed(seed)
    model = Reader(encoder)
    if start is not None:
        load(model, start)
    torch.set_num_threads(options_threads())
    pieces = Pieces(model.tokenizer)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=_RATE if start is None else _RATE / 2, weight_decay=0.01)
    steps = epochs * math.ceil(len(examples) / _BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * min(1, step / steps)))
    )
    order = random.Random(seed)
    began = time.time()
    for epoch in range(epochs):
        model.train()
        varied = [variation.vary(example) for example in examples]
        order.shuffle(varied)
        # Texts of like length share a batch: little padding.
        chunks = [
            sorted(varied[i : i + _BATCH * 16], key=lambda e: len(e.text)) for i in range(0, len(varied), _BATCH * 16)
        ]
        batches = [chunk[i : i + _BATCH] for chunk in chunks for i in range(0, len(chunk), _BATCH)]
        order.shuffle(batches)
        total = 0.0
        for rows in batches:
            batch = collate(rows, pieces)
            intent, flags, tags = model(batch)
            loss = nn.functional.cross_entropy(intent, batch["intent"], ignore_index=-100, label_smoothing=0.05)
            loss = torch.nan_to_num(loss)
            per_flag = nn.functional.binary_cross_entropy_with_logits(flags, batch["flags"], reduction="none").mean(1)
            loss = loss + 2 * (per_flag * batch["known"]).sum() / batch["known"].sum().clamp(min=1)
            loss = loss + 2 * nn.functional.cross_entropy(tags.transpose(1, 2), batch["tags"], ignore_index=-100)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(batches):.3f}, {time.time() - began:.0f} s", flush=True)
    return model


@torch.no_grad()
def measure(model: Reader, examples: list[Example]) -> dict[str, float]:
    """Accuracy of intents and flags, F1 of whole spans by label, share of questions read right in all."""
    model.eval()
    pieces = Pieces(model.tokenizer)
    right, of = Counter(), Counter()
    spans: dict[str, Counter] = defaultdict(Counter)
    confused: Counter = Counter()
    flag_wrong: Counter = Counter()
    for start in range(0, len(examples), 64):
        rows = examples[start : start + 64]
        batch = collate(rows, pieces)
        intents, flags, tags = model(batch)
        for place, example in enumerate(rows):
            keep = [i for i, t in enumerate(batch["tags"][place].tolist()) if t != -100]
            told = decode_tags(torch.log_softmax(tags[place][keep], -1).numpy())
            want = [int(batch["tags"][place][i]) for i in keep]
            got_spans, want_spans = _spans(told), _spans(want)
            for label in "arstckpxn":
                a, b = {s for s in got_spans if s[0] == label}, {s for s in want_spans if s[0] == label}
                spans[label].update(hit=len(a & b), got=len(a), want=len(b))
            if example.intent is None:
                continue
            intent = INTENTS[int(intents[place].argmax())]
            said = {flag for flag, value in zip(FLAGS, flags[place].tolist(), strict=True) if value > 0}
            of["n"] += 1
            right["intent"] += intent == example.intent
            right["flags"] += said == example.flags
            for flag in said ^ example.flags:
                flag_wrong[flag] += 1
            same = {s for s in got_spans if s[0] in "axr"} == {s for s in want_spans if s[0] in "axr"}
            right["names"] += same
            right["all"] += same and intent == example.intent
            if intent != example.intent:
                confused[f"{example.intent} -> {intent}"] += 1
    figures = {name: round(right[name] / max(1, of["n"]), 4) for name in ("intent", "flags", "names", "all")}
    for label, c in spans.items():
        figures[f"F1 {label}"] = round(2 * c["hit"] / max(1, c["got"] + c["want"]), 4)
    print("confused:", confused.most_common(14))
    print("flags wrong:", flag_wrong.most_common())
    return figures


def _spans(tags: list[int]) -> set[tuple[str, int, int]]:
    found, start, label = set(), None, ""
    for place, tag in enumerate([*tags, 0]):
        name = TAGS[tag]
        if start is not None and (name[:1] != "I" or name[2:] != label):
            found.add((label, start, place))
            start = None
        if name[:1] == "B" or (name[:1] == "I" and start is None):
            start, label = place, name[2:]
    return found


def load(model: Reader, path: Path) -> None:
    """Go on from weights that were saved."""
    with np.load(path) as stored, torch.no_grad():
        model.placeholders.copy_(torch.tensor(stored["placeholders"].astype(np.float32)))
        for head in ("intent", "flags", "tags"):
            getattr(model, head).weight.copy_(torch.tensor(stored[f"{head}.weight"].astype(np.float32)))
            getattr(model, head).bias.copy_(torch.tensor(stored[f"{head}.bias"]))
        for name, layer in model.changed.items():
            layer.down.copy_(torch.tensor(stored[f"{name}.down"].astype(np.float32)))
            layer.up.copy_(torch.tensor(stored[f"{name}.up"].astype(np.float32)))


def save(model: Reader, path: Path, temperature: float) -> None:
    stored = {"fingerprint": np.array(model.fingerprint), "temperature": np.float32(temperature)}
    stored["placeholders"] = model.placeholders.detach().numpy().astype(np.float16)
    for head in ("intent", "flags", "tags"):
        layer = getattr(model, head)
        stored[f"{head}.weight"] = layer.weight.detach().numpy().astype(np.float16)
        stored[f"{head}.bias"] = layer.bias.detach().numpy().astype(np.float32)
    for name, layer in model.changed.items():
        stored[f"{name}.down"] = layer.down.detach().numpy().astype(np.float16)
        stored[f"{name}.up"] = layer.up.detach().numpy().astype(np.float16)
    np.savez_compressed(path, **stored)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


@torch.no_grad()
def temperature_of(model: Reader, examples: list[Example]) -> float:
    """The temperature that makes the probabilities of intents true on examples not learnt (Guo et al., 2017)."""
    model.eval()
    pieces = Pieces(model.tokenizer)
    known = [e for e in examples if e.intent]
    logits, gold = [], []
    for start in range(0, len(known), 64):
        batch = collate(known[start : start + 64], pieces)
        logits.append(model(batch)[0])
        gold.append(batch["intent"])
    rows, labels = torch.cat(logits), torch.cat(gold)
    grid = np.linspace(0.5, 3, 51)
    return float(min(grid, key=lambda t: float(nn.functional.cross_entropy(rows / t, labels))))


def options_threads() -> int:
    """Threads of torch: SIDEBYSIDE_TRAIN_THREADS, or both cores."""
    return int(os.environ.get("SIDEBYSIDE_TRAIN_THREADS", "2"))


def read_lines(name: str) -> list[str]:
    path = DATA / name
    return [line.rstrip("\n") for line in path.open(encoding="utf-8") if line.strip()] if path.is_file() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--left-out", default="w03,w08,w12,w16")
    parser.add_argument("--all", action="store_true", help="train on all writers; the temperature is that given")
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--start", type=Path, default=None, help="weights to go on from")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument(
        "--measure-only", action="store_true", help="the weights of --start, or those in use, as they are"
    )
    options = parser.parse_args()
    left_out = set() if options.all else set(options.left_out.split(","))
    train: list[Example] = []
    test: list[Example] = []
    names: list[str] = read_lines("names.txt")
    for folder in folders():
        own = [*read_questions(folder)]
        if (folder / "situations.txt").is_file():
            own += [situation.example for situation in read_situations(folder)]
        (test if folder.name in left_out else train).extend(own)
        if folder.name not in left_out:
            names += page_names(folder)
    in_use = WEIGHTS / f"reader-{options.encoder}.npz"
    if options.measure_only:
        model = Reader(options.encoder)
        load(model, options.start or in_use)
        print(json.dumps(measure(model, test), indent=1))
        return
    print(len(train), "to learn from,", len(test), "left out,", len(names), "names")
    variation = Variation(names, read_lines("openings.txt"), read_lines("endings.txt"), read_lines("frames.txt"), 11)
    model = fit(train, variation, options.encoder, options.epochs, options.start)
    temperature = options.temperature or 1.0
    if test:
        temperature = temperature_of(model, test)
        print(json.dumps(measure(model, test) | {"temperature": temperature}, indent=1))
    save(model, options.out or in_use, temperature)


if __name__ == "__main__":
    main()
