"""Writes a GGUF file with a tiny model of random weights: real llama.cpp in tests, in milliseconds.

The layout is version 3 of the format as the ggml repository's docs/gguf.md describes it. The model is a one-layer
Llama whose tokens are the 256 bytes, the markers of ChatML and one pair of letters. What it writes is noise, but always
the same noise.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

MARKERS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_EMBEDDING, _HEADS, _HIDDEN, _CONTEXT = 64, 2, 96, 1024
_NORMAL, _CONTROL = 1, 3
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9


def write_tiny_model(path: Path, *, template: str = "", seed: int = 0, context: int = _CONTEXT) -> Path:
    """Write the model; `template` becomes its chat template, `context` is its window in tokens."""
    tokens = [*map(_byte_name, range(256)), *MARKERS, "th"]
    metadata = {
        "general.architecture": "llama",
        "llama.context_length": context,
        "llama.embedding_length": _EMBEDDING,
        "llama.block_count": 1,
        "llama.feed_forward_length": _HIDDEN,
        "llama.attention.head_count": _HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.vocab_size": len(tokens),
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
    path.write_bytes(_encode(metadata, _weights(len(tokens), seed)))
    return path


def _weights(vocabulary: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (rng.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float32)

    square = {f"blk.0.attn_{name}.weight": matrix(_EMBEDDING, _EMBEDDING) * 2 for name in ("q", "k", "v", "output")}
    ones = np.ones(_EMBEDDING, np.float32)
    return {
        "token_embd.weight": matrix(vocabulary, _EMBEDDING) * 8,
        "output.weight": matrix(vocabulary, _EMBEDDING) * 2,
        "output_norm.weight": ones,
        "blk.0.attn_norm.weight": ones,
        "blk.0.ffn_norm.weight": ones,
        **square,
        "blk.0.ffn_gate.weight": matrix(_HIDDEN, _EMBEDDING),
        "blk.0.ffn_up.weight": matrix(_HIDDEN, _EMBEDDING),
        "blk.0.ffn_down.weight": matrix(_EMBEDDING, _HIDDEN),
    }


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
