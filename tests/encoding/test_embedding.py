"""The encoder: what it promises about vectors, identity and missing or broken folders."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from sidebyside.encoding.bert import Bert
from sidebyside.encoding.embedding import SentenceEncoder, load_encoder
from sidebyside.errors import ModelDamagedError, ModelMissingError, SettingsError
from sidebyside.models import catalogue
from sidebyside.settings import DEFAULT_ENCODER, Settings

TEXTS = [
    "The 8K token context window allows multi-turn conversations.",
    "Free",
    "Billing is metered by GPU seconds consumed during inference, not by token count. " * 6,
    "",
    "Naïve café — 北京, 8–16 GB",
]
# Enough texts to go through sentence-transformers and not through the short way for a few.
MANY = [f"{text} {number}" for number in range(26) for text in TEXTS]


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
def test_a_vector_hardly_depends_on_its_batch_or_on_the_way_it_takes(encoder):
    together = encoder.encode(MANY)
    assert np.array_equal(encoder.encode(MANY), together)
    assert np.abs(encoder.encode(MANY[::-1])[::-1] - together).max() < 2e-6
    alone = np.vstack([encoder.encode([text]) for text in MANY[:25]])
    assert np.abs(alone - together[:25]).max() < 2e-6


@pytest.mark.integration
def test_texts_that_are_encoded_together_have_the_vectors_they_have_alone(encoder):
    bert = Bert.load(encoder.folder)
    assert np.abs(bert.encode_together(TEXTS) - np.stack([bert.encode(text) for text in TEXTS])).max() < 2e-6


@pytest.mark.integration
def test_the_short_way_computes_what_sentence_transformers_computes(encoder, seeds):
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(encoder.folder), device="cpu", local_files_only=True)
    lines = [line for page in sorted(seeds.iterdir()) for line in page.read_text("utf-8").splitlines()]
    odd = ["", " ", "\n\t", "word " * 600, "a\x00b", "🙂", "x" * 5000, "[MASK] [SEP]", *TEXTS]
    for text in [*odd, *lines[::4]]:
        expected = reference.encode(text, normalize_embeddings=True, show_progress_bar=False)
        assert np.abs(encoder.encode([text])[0] - expected).max() < 1e-5, text


@pytest.mark.integration
def test_the_short_way_computes_mpnet_models_too(copy):
    """A small MPNet with random weights in the folder of the real encoder; its distances reach past the farthest."""
    import torch
    from safetensors.torch import save_file
    from sentence_transformers import SentenceTransformer
    from transformers import MPNetConfig, MPNetModel

    torch.manual_seed(3)
    config = MPNetConfig(vocab_size=30522, hidden_size=48, num_hidden_layers=2, num_attention_heads=4)
    config.intermediate_size, config.max_position_embeddings = 96, 300
    weights = {name: 20 * tensor.clone() for name, tensor in MPNetModel(config).state_dict().items()}
    for name in ("model.safetensors", "config.json"):
        (copy / name).unlink()
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    config.to_json_file(copy / "config.json", use_diff=False)
    short = Bert.load(copy)
    assert short is not None
    reference = SentenceTransformer(str(copy), device="cpu", local_files_only=True)
    for text in ["Is it free?", "", "[unused0] a [PAD] b", "one two three " * 100]:
        expected = reference.encode(text, normalize_embeddings=True, show_progress_bar=False)
        assert np.abs(short.encode(text) - expected).max() < 1e-5, text


@pytest.mark.integration
def test_a_question_is_encoded_without_loading_torch(encoder):
    code = (
        "import sys; from pathlib import Path; from sidebyside.encoding.embedding import SentenceEncoder\n"
        "SentenceEncoder(Path(sys.argv[1]), 'x').encode(['Is it free?'] * 8)\n"
        "print([name for name in ('torch', 'sentence_transformers', 'transformers') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code, str(encoder.folder)], capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("[]\n", "")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("config.json", '"bert"', '"roberta"'),
        ("config.json", '"gelu"', '"relu"'),
        ("1_Pooling/config.json", '"pooling_mode_cls_token": false', '"pooling_mode_cls_token": true'),
        ("sentence_bert_config.json", '"do_lower_case": false', '"do_lower_case": true'),
        ("modules.json", "sentence_transformers.models.Normalize", "sentence_transformers.models.Dense"),
    ],
)
def test_the_short_way_is_closed_to_models_that_it_does_not_compute(encoder, copy, file, old, new):
    assert Bert.load(copy) is not None
    text = (copy / file).read_text()
    assert old in text
    _replace(copy / file, text.replace(old, new).encode())
    assert Bert.load(copy) is None


@pytest.mark.integration
def test_linear_algebra_gets_its_threads_back(encoder):
    import torch

    encoder.encode(MANY)

    def threads():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    in_torch = torch.get_num_threads()
    workers = [threading.Thread(target=encoder.encode, args=(texts,)) for texts in (TEXTS, TEXTS, TEXTS, MANY, MANY)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert threads() == before
    assert torch.get_num_threads() == in_torch


@pytest.mark.integration
def test_an_error_ends_encoding_at_once(encoder):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(["one two three " * 20] * 20_000, progress=stop)
    assert time.monotonic() - started < 30, "20,000 texts take minutes"


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
    assert [done for done, _ in steps] == [*range(32, 300, 32), 300]
    assert {total for _, total in steps} == {300}
    steps.clear()
    encoder.encode(["word"] * 3, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.integration
@pytest.mark.parametrize("texts", [TEXTS, MANY], ids=["few", "many"])
def test_threads_share_one_encoder(encoder, texts):
    expected = encoder.encode(texts)
    results: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: results.append(encoder.encode(texts))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    assert all(np.array_equal(result, expected) for result in results)


@pytest.mark.integration
def test_loading_and_encoding_open_no_socket(encoder, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    fresh = SentenceEncoder(encoder.folder, encoder.name)
    assert fresh.encode(["Free"]).shape == (1, 384)
    assert fresh.encode(MANY).shape == (len(MANY), 384)


@pytest.mark.integration
def test_loading_prints_nothing(encoder, capfd):
    SentenceEncoder(encoder.folder, encoder.name).encode(MANY)
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


@pytest.fixture
def placed(copy: Path, tmp_path: Path) -> Settings:
    """Settings under which the default encoder is a changeable copy that nobody has verified yet."""
    copy.rename(tmp_path / DEFAULT_ENCODER)
    (tmp_path / DEFAULT_ENCODER / ".verified.json").unlink(missing_ok=True)
    return Settings.load(models=tmp_path, encoder=DEFAULT_ENCODER)


@pytest.mark.integration
def test_weights_that_are_not_those_of_the_catalogue_are_refused(placed):
    weights = placed.models / DEFAULT_ENCODER / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    _replace(weights, bytes(data))
    with pytest.raises(ModelDamagedError, match=f"sidebyside models pull {DEFAULT_ENCODER}"):
        load_encoder(placed)


@pytest.mark.integration
def test_verified_weights_are_not_read_again_until_they_change(placed, monkeypatch):
    read: list[str] = []
    check = catalogue.check_files
    monkeypatch.setattr(catalogue, "check_files", lambda model, folder, **more: read.append(check(model, folder)))
    for _ in range(3):
        load_encoder(placed)
    assert len(read) == 1
    weights = placed.models / DEFAULT_ENCODER / "model.safetensors"
    _replace(weights, weights.read_bytes())
    load_encoder(placed)
    assert len(read) == 2


def test_a_missing_encoder_names_the_command(tmp_path):
    with pytest.raises(ModelMissingError, match="sidebyside models pull all-minilm-l6-v2"):
        load_encoder(Settings.load(models=tmp_path, encoder=DEFAULT_ENCODER))


def test_a_folder_without_an_encoder_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"neither a folder with a config.json nor in the catalogue"):
        load_encoder(Settings.load(encoder=str(tmp_path / "nothing")))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelMissingError, match=r"no encoder in .* \(model.safetensors is missing\).*models list"):
        load_encoder(Settings.load(encoder=str(tmp_path)))


@pytest.mark.integration
def test_broken_weights_are_reported_as_damaged(copy):
    _replace(copy / "model.safetensors", b"not weights")
    for texts in (["Free"], MANY):
        with pytest.raises(ModelDamagedError, match="sidebyside models pull"):
            SentenceEncoder(copy, "copy").encode(texts)


@pytest.mark.parametrize("config", [b"", b"{}", b"[1]", b'{"hidden_size": "many"}'])
def test_a_folder_that_is_no_encoder_is_reported_as_damaged(tmp_path, config):
    (tmp_path / "config.json").write_bytes(config)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelDamagedError, match="not a sentence-transformers folder"):
        load_encoder(Settings.load(encoder=str(tmp_path)))
