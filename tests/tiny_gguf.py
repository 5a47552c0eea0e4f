"""Writes a GGUF file with a tiny model of random weights: real llama.cpp in tests, in milliseconds.

The layout is version 3 of the format as the ggml repository's docs/gguf.md describes it. The model is a one-layer
Llama whose tokens are the 256 bytes, the markers of ChatML and one pair of letters. What it writes is noise, but always
the same noise. Two more kinds remember differently: a Gemma 3 whose first layer looks back WINDOW tokens, and an LFM2
whose first layer keeps a state that cannot be taken back.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import llama_cpp
import numpy as np

from sidebyside.llm.engine import Vocabulary

MARKERS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
WINDOW = 48
_EMBEDDING, _HEADS, _HIDDEN, _CONTEXT = 64, 2, 96, 1024
_STATE = 3  # tokens that an LFM2 layer keeps
Kind = Literal["llama", "gemma3", "lfm2"]
_NORMAL, _CONTROL = 1, 3
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9


def write_tiny_model(
    path: Path, *, kind: Kind = "llama", template: str = "", seed: int = 0, context: int = _CONTEXT
) -> Path:
    """Write the model; `template` becomes its chat template, `context` is its window in tokens."""
    tokens = [*map(_byte_name, range(256)), *MARKERS, "th"]
    metadata = {
        "general.architecture": kind,
        f"{kind}.context_length": context,
        f"{kind}.embedding_length": _EMBEDDING,
        f"{kind}.block_count": 1 if kind == "llama" else 2,
        f"{kind}.feed_forward_length": _HIDDEN,
        f"{kind}.attention.head_count": _HEADS,
        f"{kind}.attention.layer_norm_rms_epsilon": 1e-5,
        f"{kind}.vocab_size": len(tokens),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [*[_NORMAL] * 256, *[_CONTROL] * len(MARKERS), _NORMAL],
        "tokenizer.ggml.merges": ["t h"],
        "tokenizer.ggml.bos_token_id": 256,
        "tokenizer.ggml.eos_token_id": 258,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": template,
    }
    if kind == "gemma3":
        metadata |= {"gemma3.attention.sliding_window": WINDOW, "gemma3.attention.sliding_window_pattern": 2}
    if kind == "lfm2":
        metadata |= {"lfm2.shortconv.l_cache": _STATE, "lfm2.attention.head_count_kv": [0, _HEADS]}
    path.write_bytes(_encode(metadata, _weights(kind, len(tokens), seed)))
    return path


def is_control(vocabulary: Vocabulary, token: int) -> bool:
    """Whether a token is a marker rather than text."""
    return bool(llama_cpp.llama_vocab_is_control(vocabulary._vocab, token))


def name_of(vocabulary: Vocabulary, token: int) -> str:
    """A token as the vocabulary spells it."""
    return llama_cpp.llama_vocab_get_text(vocabulary._vocab, token).decode("utf-8", "replace")


def _weights(kind: Kind, vocabulary: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (rng.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float32)

    ones = np.ones(_EMBEDDING, np.float32)

    def attention(layer: str) -> dict[str, np.ndarray]:
        square = {f"{layer}attn_{name}.weight": matrix(_EMBEDDING, _EMBEDDING) * 2 for name in "qkv"}
        square[f"{layer}attn_output.weight"] = matrix(_EMBEDDING, _EMBEDDING) * 2
        if kind == "llama":
            return square
        short = np.ones(_EMBEDDING // _HEADS, np.float32)
        return square | {f"{layer}attn_q_norm.weight": short, f"{layer}attn_k_norm.weight": short}

    def state(layer: str) -> dict[str, np.ndarray]:
        return {
            f"{layer}shortconv.conv.weight": matrix(_EMBEDDING, _STATE),
            f"{layer}shortconv.in_proj.weight": matrix(3 * _EMBEDDING, _EMBEDDING),
            f"{layer}shortconv.out_proj.weight": matrix(_EMBEDDING, _EMBEDDING),
        }

    weights = {
        "token_embd.weight": matrix(vocabulary, _EMBEDDING) * 8,
        "output.weight": matrix(vocabulary, _EMBEDDING) * 2,
        "token_embd_norm.weight" if kind == "lfm2" else "output_norm.weight": ones,
    }
    for layer in ("blk.0.",) if kind == "llama" else ("blk.0.", "blk.1."):
        weights |= state(layer) if kind == "lfm2" and layer == "blk.0." else attention(layer)
        if kind == "gemma3":
            weights |= {f"{layer}post_attention_norm.weight": ones, f"{layer}post_ffw_norm.weight": ones}
        weights |= {
            f"{layer}attn_norm.weight": ones,
            f"{layer}ffn_norm.weight": ones,
            f"{layer}ffn_gate.weight": matrix(_HIDDEN, _EMBEDDING),
            f"{layer}ffn_up.weight": matrix(_HIDDEN, _EMBEDDING),
            f"{layer}ffn_down.weight": matrix(_EMBEDDING, _HIDDEN),
        }
    return weights


def _byte_name(byte: int) -> str:
    """A byte as the GPT-2 vocabulary spells it: itself where it is printable, else a letter from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [other for other in range(256) if other not in printable].index(byte))


def _encode(metadata: Mapping[str, object], tensors: Mapping[str, np.ndarray]) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(_string(key) + _typed(value) for key, value in metadata.items())
    data = b""
    for name, tensor in tensors.items():
        dims = tensor.shape[::-1]
        head += _string(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, 0, len(data))
        data = _padded(data + tensor.tobytes())
    return _padded(head) + data


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 32)


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _typed(value: object) -> bytes:
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _U32, value)
    if isinstance(value, float):
        return struct.pack("<If", _F32, value)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    assert isinstance(value, Sequence)
    if value and isinstance(value[0], str):
        return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + b"".join(map(_string, value))
    return struct.pack(f"<IIQ{len(value)}i", _ARRAY, _I32, len(value), *value)
