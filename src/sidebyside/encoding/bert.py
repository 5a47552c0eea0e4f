"""The forward pass of BERT and MPNet encoders in numpy: a question gets its vector without loading torch.

The formulas are those of Devlin et al., "BERT" (2019), and Song et al., "MPNet" (2020, relative positions as in Raffel
et al., "T5", 2020), with the mean pooling of Reimers and Gurevych, "Sentence-BERT" (2019). sentence-transformers stays
the reference: tests compare the two on the real weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sidebyside.encoding.threads import limit_blas

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WEIGHTS = "model.safetensors"

# Linear layer -> (down, up): float32 (rank, inputs) and (outputs, rank).
Changes = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class _Family:
    """What differs between model families: names of tensors below "encoder.layer.N.", and positions."""

    query: str
    key: str
    value: str
    output: str
    output_norm: str
    # The token that pads, where positions count from the one after it and skip it; None: positions count from 0.
    padding: int | None
    # Whether every position adds the vector of segment 0, and whether scores depend on the distance of tokens.
    segment: bool
    distances: bool


_FAMILIES = {
    "bert": _Family(
        query="attention.self.query",
        key="attention.self.key",
        value="attention.self.value",
        output="attention.output.dense",
        output_norm="attention.output.LayerNorm",
        padding=None,
        segment=True,
        distances=False,
    ),
    "mpnet": _Family(
        query="attention.attn.q",
        key="attention.attn.k",
        value="attention.attn.v",
        output="attention.attn.o",
        output_norm="attention.LayerNorm",
        padding=1,
        segment=False,
        distances=True,
    ),
}
# The rows of one text among those of all, and what distances add to its scores.
_Text = tuple[slice, np.ndarray | np.float32]
# What else a configuration must say for the formulas below to be the model's.
_MODULES = ["Transformer", "Pooling", "Normalize"]
# Distances of this many tokens and more are one.
_FARTHEST = 128


@dataclass(frozen=True)
class Bert:
    """Weights and tokenizer of one encoder. Safe to use from several threads.

    `changes` adds the product of two thin matrices, up @ down, to the weight of the linear layer it names. `quick`
    takes the usual approximation of GELU by tanh, off by 1e-3 at most: for models that were trained with it.
    """

    family: _Family
    weights: dict[str, np.ndarray]
    tokenizer: Tokenizer
    layers: int
    heads: int
    epsilon: float
    changes: Changes = field(default_factory=dict)
    quick: bool = False

    @classmethod
    def load(cls, folder: Path) -> Bert | None:
        """Load an encoder; None if it is of a kind that only sentence-transformers knows, or cannot be loaded."""
        try:
            return cls._load(folder)
        except Exception:  # tokenizers raises Exception itself; the other way of loading reports what is wrong
            return None

    @classmethod
    def _load(cls, folder: Path) -> Bert | None:
        from tokenizers import Tokenizer

        config, length = _configuration(folder)
        if config is None:
            return None
        limit_blas()
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(length)
        return cls(
            family=_FAMILIES[config["model_type"]],
            weights={name.removeprefix(f"{config['model_type']}."): tensor for name, tensor in _map_weights(folder)},
            tokenizer=tokenizer,
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            epsilon=config["layer_norm_eps"],
        )

    def encode(self, text: str) -> np.ndarray:
        """float32 (dimension,), L2-normalised."""
        row: np.ndarray = self.encode_together([text])[0]
        return row

    def encode_together(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (len(texts), dimension), rows L2-normalised.

        The tokens of all texts go through the layers side by side, and every token looks at those of its own text. Two
        questions take 15 ms like this and 25 ms one after the other: the weights are read once.
        """
        hidden, spans = self.states([np.array(self.tokenizer.encode(text).ids) for text in texts])
        means = np.stack([hidden[span].mean(axis=0) for span in spans])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)

    def pieces(self, text: str, most: int) -> np.ndarray:
        """int (n,), the tokens of a text, `most` at the utmost: what is left out stands before the last one."""
        ids = self.tokenizer.encode(text).ids
        return np.array(ids if len(ids) <= most else [*ids[: most - 1], ids[-1]])

    def states(self, tokens: Sequence[np.ndarray]) -> tuple[np.ndarray, list[slice]]:
        """float32 (tokens of all texts, dimension) behind the last layer, and where each text lies in it."""
        ends = np.cumsum([0, *map(len, tokens)]).tolist()
        spans = [slice(start, end) for start, end in pairwise(ends)]
        hidden = np.concatenate([self.embed(own) for own in tokens])
        return self.through(hidden, spans, range(self.layers)), spans

    def through(self, hidden: np.ndarray, spans: Sequence[slice], layers: range) -> np.ndarray:
        """float32 (tokens, dimension) of texts that lie at `spans`, as these layers leave it."""
        lengths = [span.stop - span.start for span in spans]
        biases = [self._distance_bias(length) if self.family.distances else np.float32(0) for length in lengths]
        for layer in layers:
            hidden = self._layer(hidden, list(zip(spans, biases, strict=True)), f"encoder.layer.{layer}")
        return hidden

    def word_vectors(self, tokens: Sequence[int] | np.ndarray) -> np.ndarray:
        """float32 (tokens, dimension): the vectors of tokens before anything is added to them."""
        rows: np.ndarray = self.weights["embeddings.word_embeddings.weight"][np.asarray(tokens, dtype=np.int64)]
        return rows

    def embed(self, tokens: np.ndarray, segments: np.ndarray | int = 0, words: np.ndarray | None = None) -> np.ndarray:
        """float32 (tokens, dimension) of one text before the first layer; `words` stand for the tokens' own vectors."""
        positions = np.arange(len(tokens))
        if self.family.padding is not None:
            counted = tokens != self.family.padding
            positions = np.cumsum(counted) * counted + self.family.padding
        hidden = self.word_vectors(tokens) if words is None else words
        hidden = hidden + self.weights["embeddings.position_embeddings.weight"][positions]
        if self.family.segment:
            hidden = hidden + self.weights["embeddings.token_type_embeddings.weight"][segments]
        return self._normalise(hidden, "embeddings.LayerNorm")

    def _layer(self, hidden: np.ndarray, texts: Sequence[_Text], name: str) -> np.ndarray:
        attended = self._linear(self._attend(hidden, texts, name), f"{name}.{self.family.output}")
        hidden = self._normalise(attended + hidden, f"{name}.{self.family.output_norm}")
        inner = (quick_gelu if self.quick else _gelu)(self._linear(hidden, f"{name}.intermediate.dense"))
        return self._normalise(self._linear(inner, f"{name}.output.dense") + hidden, f"{name}.output.LayerNorm")

    def _attend(self, hidden: np.ndarray, texts: Sequence[_Text], name: str) -> np.ndarray:
        tokens, width = hidden.shape

        def heads(part: str) -> np.ndarray:
            return self._linear(hidden, f"{name}.{part}").reshape(tokens, self.heads, -1).transpose(1, 0, 2)

        query, key, value = heads(self.family.query), heads(self.family.key), heads(self.family.value)
        scale = np.float32(np.sqrt(width / self.heads))
        mixed = np.empty_like(hidden)
        for span, bias in texts:
            scores = query[:, span] @ key[:, span].transpose(0, 2, 1) / scale + bias
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            weights /= weights.sum(axis=-1, keepdims=True)
            mixed[span] = (weights @ value[:, span]).transpose(1, 0, 2).reshape(-1, width)
        return mixed

    def _distance_bias(self, tokens: int) -> np.ndarray:
        """float32 (heads, tokens, tokens): what the distance from one token to another adds to its score."""
        table = self.weights["encoder.relative_attention_bias.weight"]
        places = np.arange(tokens)
        bias: np.ndarray = table[_distance_class(places[:, None] - places[None, :], len(table))].transpose(2, 0, 1)
        return bias

    def _linear(self, hidden: np.ndarray, name: str) -> np.ndarray:
        result: np.ndarray = hidden @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        if name in self.changes:
            down, up = self.changes[name]
            result += hidden @ down.T @ up.T
        return result

    def _normalise(self, hidden: np.ndarray, name: str) -> np.ndarray:
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(variance + np.float32(self.epsilon))
        result: np.ndarray = scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
        return result


def _distance_class(distances: np.ndarray, classes: int) -> np.ndarray:
    """Half of the classes for each direction; half of those for single distances, the rest in logarithmic steps."""
    side = classes // 2
    single = side // 2
    size = np.abs(distances)
    # Computed in float32, as the model was trained: where a logarithm is a whole number, rounding decides.
    steps = np.log(np.maximum(size, 1).astype(np.float32) / np.float32(single)) / np.float32(np.log(_FARTHEST / single))
    far = np.minimum(single + (steps * np.float32(side - single)).astype(np.int64), side - 1)
    result: np.ndarray = np.where(distances < 0, side, 0) + np.where(size < single, size, far)
    return result


def _map_weights(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, tensor) of a safetensors file as views of the mapped file: nothing is read before it is used.

    The format (https://huggingface.co/docs/safetensors): 8 bytes length of a JSON header, the header, raw tensors.
    safetensors itself copies: 75 ms and 90 MB of every process's own memory, against 1 ms and pages that all share.
    """
    data = np.memmap(folder / WEIGHTS, dtype=np.uint8, mode="r").view(np.ndarray)
    start = 8 + int.from_bytes(data[:8].tobytes(), "little")
    for name, entry in json.loads(data[8:start].tobytes()).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in ("F32", "I64"):
            raise ValueError(f"{name} is {entry['dtype']}")
        begin, end = entry["data_offsets"]
        kind = np.float32 if entry["dtype"] == "F32" else np.int64
        yield name, data[start + begin : start + end].view(kind).reshape(entry["shape"])


def _configuration(folder: Path) -> tuple[dict[str, Any] | None, int]:
    """(configuration, most tokens a text may have); None where something is not as `Bert` computes it."""

    def read(name: str) -> Any:
        return json.loads((folder / name).read_text("utf-8"))

    config = read("config.json")
    modules = [module["type"].rpartition(".")[2] for module in read("modules.json")]
    pooling = read("1_Pooling/config.json")
    sentence = read("sentence_bert_config.json")
    chosen = [name for name, on in pooling.items() if name.startswith("pooling_mode") and on is True]
    mode = pooling.get("pooling_mode", chosen)
    prompts = (folder / "config_sentence_transformers.json").is_file() and read(
        "config_sentence_transformers.json"
    ).get("default_prompt_name")
    fits = (
        config["model_type"] in _FAMILIES
        and config["hidden_act"] == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and modules == _MODULES
        and mode in ("mean", ["pooling_mode_mean_tokens"])
        and not sentence.get("do_lower_case")
        and not prompts
    )
    return (config if fits else None), int(sentence["max_seq_length"])


def _gelu(values: np.ndarray) -> np.ndarray:
    result: np.ndarray = values * (np.float32(0.5) * (1 + _erf(values * np.float32(np.sqrt(0.5)))))
    return result


def quick_gelu(values: np.ndarray) -> np.ndarray:
    """The approximation of GELU by tanh (Hendrycks and Gimpel, 2016): a third of the time of the exact one."""
    result: np.ndarray = values * values
    result *= np.float32(0.044715 * np.sqrt(2 / np.pi))
    result += np.float32(np.sqrt(2 / np.pi))
    result *= values
    np.tanh(result, out=result)
    result += 1
    result *= values
    result *= np.float32(0.5)
    return result


def _erf(values: np.ndarray) -> np.ndarray:
    """The error function to 1.5e-7: Abramowitz and Stegun, formula 7.1.26. numpy has none."""
    size = np.abs(values)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.float32(1.061405429) * t
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + np.float32(coefficient)) * t
    result: np.ndarray = np.copysign(1 - series * np.exp(-size * size), values)
    return result
