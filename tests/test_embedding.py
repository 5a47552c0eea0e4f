"""The encoder: what it promises about vectors, identity and missing or broken folders."""

from __future__ import annotations

import shutil
import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from sidebyside.embedding import SentenceEncoder, load_encoder
from sidebyside.errors import ModelDamagedError, ModelMissingError
from sidebyside.settings import DEFAULT_ENCODER, Settings

TEXTS = [
    "The 8K token context window allows multi-turn conversations.",
    "Free",
    "Billing is metered by GPU seconds consumed during inference, not by token count. " * 6,
    "",
    "Naïve café — 北京, 8–16 GB",
]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_encoder(Settings.load(encoder=DEFAULT_ENCODER))


@pytest.fixture
def copy(encoder: SentenceEncoder, tmp_path: Path) -> Path:
    """A folder with everything but the weights' bytes copied, so that it can be changed."""
    target = tmp_path / "encoder"
    shutil.copytree(encoder.folder, target, copy_function=lambda a, b: Path(b).symlink_to(Path(a).resolve()))
    return target


def _replace(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


@pytest.mark.integration
def test_rows_are_unit_float32_in_the_order_of_the_texts(encoder):
    rows = encoder.encode(TEXTS)
    assert rows.shape == (len(TEXTS), 384)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for text, row in zip(TEXTS, rows, strict=True):
        assert encoder.encode([text])[0] @ row > 1 - 1e-5


@pytest.mark.integration
def test_a_vector_hardly_depends_on_its_batch(encoder):
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert np.abs(encoder.encode(TEXTS * 3)[: len(TEXTS)] - alone).max() < 1e-6
    assert np.array_equal(encoder.encode(TEXTS), encoder.encode(TEXTS))


@pytest.mark.integration
def test_meaning_decides_similarity(encoder):
    rows = encoder.encode(["How long a text can it read?", "It has a context window of 128K tokens.", "It is free."])
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


@pytest.mark.integration
def test_no_texts_give_no_rows(encoder):
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.integration
def test_progress_counts_up_to_all_texts(encoder):
    steps: list[tuple[int, int]] = []
    encoder.encode(["word"] * 300, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(256, 300), (300, 300)]


@pytest.mark.integration
def test_threads_share_one_encoder(encoder):
    expected = encoder.encode(TEXTS)
    results: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: results.append(encoder.encode(TEXTS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(np.array_equal(result, expected) for result in results)


@pytest.mark.integration
def test_loading_and_encoding_open_no_socket(encoder, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    fresh = SentenceEncoder(encoder.folder, encoder.name)
    assert fresh.encode(["Free"]).shape == (1, 384)


@pytest.mark.integration
def test_loading_prints_nothing(encoder, capfd):
    SentenceEncoder(encoder.folder, encoder.name).encode(["Free"])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


@pytest.mark.integration
def test_the_fingerprint_is_the_same_for_the_same_files(encoder, copy):
    assert SentenceEncoder(copy, "copy").fingerprint == encoder.fingerprint
    assert len(encoder.fingerprint) == 32


@pytest.mark.integration
@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer.json", "sentence_bert_config.json", "1_Pooling/config.json"]
)
def test_the_fingerprint_changes_with_every_file_that_shapes_vectors(encoder, copy, name):
    _replace(copy / name, (copy / name).read_bytes() + b" ")
    assert SentenceEncoder(copy, "copy").fingerprint != encoder.fingerprint


@pytest.mark.integration
def test_a_folder_can_be_given_instead_of_a_name(encoder, copy):
    assert load_encoder(Settings.load(encoder=str(copy))).folder == copy


def test_a_missing_encoder_names_the_command(tmp_path):
    with pytest.raises(ModelMissingError, match="sidebyside models pull all-minilm-l6-v2"):
        load_encoder(Settings.load(models=tmp_path, encoder=DEFAULT_ENCODER))


@pytest.mark.integration
def test_broken_weights_are_reported_as_damaged(copy):
    _replace(copy / "model.safetensors", b"not weights")
    with pytest.raises(ModelDamagedError, match="sidebyside models pull"):
        SentenceEncoder(copy, "copy").encode(["Free"])


@pytest.mark.parametrize("config", [b"", b"{}", b"[1]", b'{"hidden_size": "many"}'])
def test_a_folder_that_is_no_encoder_is_reported_as_damaged(tmp_path, config):
    (tmp_path / "config.json").write_bytes(config)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelDamagedError, match="not a sentence-transformers folder"):
        load_encoder(Settings.load(encoder=str(tmp_path)))
