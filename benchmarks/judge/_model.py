"""The judge in torch; `sidebyside.encoding.judge` says what it is and runs it in numpy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sidebyside.encoding.bert import Bert, Changes
from sidebyside.encoding.judge import MOST_CRITERION, MOST_SENTENCE

LINEARS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
_WHOLE = 128
# The share of a criterion's pieces that is left out of a comparison in training.
_UNREAD = 0.12


class Tower(nn.Module):
    """The encoder with low-rank changes, learnt from layer `first` on; below it, texts are read once and kept."""

    def __init__(self, bert: Bert, first: int, rank: int, most: int, start: Changes | None = None) -> None:
        """`most` pieces of a text are read; `start` are changes of all layers to begin with."""
        super().__init__()
        self.bert, self.first, self.most = bert, first, most
        self.frozen = {n: torch.from_numpy(np.array(t)) for n, t in bert.weights.items() if t.dtype == np.float32}
        self.down, self.up = nn.ParameterDict(), nn.ParameterDict()
        for layer in range(0 if start else first, bert.layers):
            for name in LINEARS:
                outs, ins = self.frozen[f"encoder.layer.{layer}.{name}.weight"].shape
                down, up = torch.randn(rank, ins) / math.sqrt(ins), torch.zeros(outs, rank)
                if start:
                    begun, ended = map(torch.from_numpy, start[f"encoder.layer.{layer}.{name}"])
                    down[: len(begun)], up[:, : len(begun)] = begun, ended
                    if layer < first:
                        down, up = begun.clone(), ended.clone()
                key = f"encoder.layer.{layer}.{name}".replace(".", "/")
                self.down[key] = nn.Parameter(down, requires_grad=layer >= first)
                self.up[key] = nn.Parameter(up, requires_grad=layer >= first)
        self._known: dict[str, torch.Tensor] = {}

    def forward(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(padded states, which of them are there, unit means)."""
        self._put(texts)
        mask = _padding([len(self._known[text]) for text in texts])
        rows = torch.cat([self._known[text] for text in texts]).float()
        rows = self._layers(rows, mask, range(self.first, self.bert.layers))
        padded = rows.new_zeros(*mask.shape, rows.shape[-1])
        padded[mask] = rows
        return padded, mask, functional.normalize(padded.sum(1), dim=-1)

    @torch.no_grad()
    def _put(self, texts: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for start in range(0, len(new), 64):
            chunk = new[start : start + 64]
            pieces = [self._pieces(text) for text in chunk]
            rows = self._layers(
                torch.cat([self._embed(own) for own in pieces]), _padding(list(map(len, pieces))), range(self.first)
            )
            for text, part in zip(chunk, rows.split(list(map(len, pieces))), strict=True):
                self._known[text] = part.half()

    def _pieces(self, text: str) -> list[int]:
        ids = self.bert.tokenizer.encode(text).ids
        return ids if len(ids) <= self.most else [*ids[: self.most - 1], ids[-1]]

    def _embed(self, ids: list[int]) -> torch.Tensor:
        weights = self.frozen
        rows = weights["embeddings.word_embeddings.weight"][ids]
        rows = rows + weights["embeddings.position_embeddings.weight"][: len(ids)]
        return self._normalise(rows + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")

    def _layers(self, rows: torch.Tensor, mask: torch.Tensor, layers: range) -> torch.Tensor:
        """`rows` holds the tokens of all texts one behind the other; `mask` (texts, longest) says where they belong."""
        texts, longest = mask.shape
        for layer in layers:
            name = f"encoder.layer.{layer}"
            parts = []
            for part in LINEARS[:3]:
                packed = self._linear(rows, f"{name}.{part}")
                padded = packed.new_zeros(texts, longest, packed.shape[-1])
                padded[mask] = packed
                parts.append(padded.view(texts, longest, self.bert.heads, -1).transpose(1, 2))
            mixed = functional.scaled_dot_product_attention(*parts, attn_mask=mask[:, None, None, :])
            mixed = mixed.transpose(1, 2).reshape(texts, longest, -1)[mask]
            mixed = self._linear(mixed, f"{name}.{LINEARS[3]}")
            rows = self._normalise(mixed + rows, f"{name}.attention.output.LayerNorm")
            inner = functional.gelu(self._linear(rows, f"{name}.{LINEARS[4]}"), approximate="tanh")
            rows = self._normalise(self._linear(inner, f"{name}.{LINEARS[5]}") + rows, f"{name}.output.LayerNorm")
        return rows

    def _linear(self, rows: torch.Tensor, name: str) -> torch.Tensor:
        result = functional.linear(rows, self.frozen[f"{name}.weight"], self.frozen[f"{name}.bias"])
        key = name.replace(".", "/")
        if key in self.down:
            result = result + functional.linear(functional.linear(rows, self.down[key]), self.up[key])
        return result

    def _normalise(self, rows: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self.frozen[f"{name}.weight"], self.frozen[f"{name}.bias"]
        return functional.layer_norm(rows, weight.shape, weight, bias, self.bert.epsilon)


def _padding(lengths: Sequence[int]) -> torch.Tensor:
    return torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]


class Judge(nn.Module):
    """Criteria and sentences -> three logits a pair: states, denies, neither."""

    def __init__(
        self, bert: Bert, start: Changes | None, first: int = 3, rank: int = 16, heads: int = 4, inner: int = 128
    ) -> None:
        super().__init__()
        self.criterion = Tower(bert, first, rank, MOST_CRITERION, start)
        self.sentence = Tower(bert, first, rank, MOST_SENTENCE)
        width = len(self.criterion.frozen["embeddings.LayerNorm.weight"])
        self.heads, self.inner = heads, inner
        # All look alike at first: a token finds its like.
        begin = torch.linalg.qr(torch.randn(width, inner))[0].T
        self.key, self.query = nn.Parameter(begin.clone()), nn.Parameter(begin.clone())
        self.value, self.own = nn.Parameter(begin.clone()), nn.Parameter(begin.clone())
        self.sharp = nn.Parameter(torch.full((heads,), 1.5))
        self.compare = nn.Linear(4 * inner + heads, inner)
        self.weigh = nn.Linear(inner + width, 1)
        self.whole = nn.Parameter(torch.linalg.qr(torch.randn(width, _WHOLE))[0].T.clone())
        self.mix = nn.Linear(inner + heads + 4 * _WHOLE + 1, 128)
        self.told = nn.Linear(128, 3)
        # The encoder's own similarity counts from the start.
        self.near = nn.Parameter(torch.tensor(6.0))
        self.drop = nn.Dropout(0.1)

    def forward(
        self,
        criteria: Sequence[str],
        sentences: Sequence[str],
        few: int = 0,
        places: Sequence[int] = (),
        others: Sequence[Sequence[int]] = (),
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(float (criteria, n, 3), the n sentences judged for each criterion): all, or the `few` nearest.

        The sentence at a criterion's place in `places` is among them, as the first; those of `others` are the last.
        """
        q, q_mask, u = self.criterion(criteria)
        s, s_mask, v = self.sentence(sentences)
        if self.training:  # no single word may decide
            q_mask = q_mask & ((torch.rand(q_mask.shape) > _UNREAD) | (torch.arange(q_mask.shape[1]) == 0))
        few = min(few or len(sentences), len(sentences))
        order = (u @ v.T).detach()
        for row, barred in enumerate(others):
            order[row, list(barred)] = -9
        if len(places):
            order[torch.arange(len(criteria)), torch.tensor(places)] = 9
        chosen = order.topk(few, dim=1).indices
        mine, its = torch.arange(len(criteria)).repeat_interleave(few), chosen.flatten()
        each = self.inner // self.heads

        def split(rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
            return functional.linear(rows, weight).view(*rows.shape[:2], self.heads, each).transpose(1, 2)

        sharp = self.sharp.exp()[:, None, None]
        looking = (functional.normalize(split(q, self.query), dim=-1) * sharp)[mine]
        looks, value = functional.normalize(split(s, self.key), dim=-1)[its], split(s, self.value)[its]
        scores = (looking @ looks.transpose(2, 3)).masked_fill(~s_mask[its][:, None, None, :], -1e4)
        best = (scores.amax(-1) / sharp[..., 0]).transpose(1, 2)
        found = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        own = functional.linear(q, self.own)[mine]
        seen = torch.cat([own, found, own * found, (own - found).abs(), best], -1)
        compared = self.drop(functional.gelu(self.compare(seen), approximate="tanh"))
        telling = functional.linear(q, self.weigh.weight[:, self.inner :]).squeeze(-1)[mine]
        weight = functional.linear(compared, self.weigh.weight[:, : self.inner], self.weigh.bias).squeeze(-1) + telling
        weight = weight.masked_fill(~q_mask[mine], -1e4).softmax(-1).unsqueeze(-1)
        pooled, best = (weight * compared).sum(1), (weight * best).sum(1)
        uu, vv = (functional.linear(u, self.whole) * 8)[mine], (functional.linear(v, self.whole) * 8)[its]
        cosine = (u[mine] * v[its]).sum(-1, keepdim=True)
        mixed = torch.cat([pooled, best, uu, vv, uu * vv, (uu - vv).abs(), cosine * 8], -1)
        logits = self.told(functional.gelu(self.mix(self.drop(mixed)), approximate="tanh"))
        push = self.near * (cosine - 0.4) / 2
        return (logits + torch.cat([push, push, -push], -1)).view(len(criteria), few, 3), chosen
