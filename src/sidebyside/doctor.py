"""Looks at everything an answer depends on, and names the command that mends what is wrong."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from sidebyside.errors import SidebysideError
from sidebyside.logs import log_path
from sidebyside.settings import Settings

State = Literal["ok", "warning", "broken"]

_PACKAGES = ("sidebyside", "llama-cpp-python", "chromadb", "sentence-transformers", "torch", "gradio")
# What llama.cpp gains most from, in the words of /proc/cpuinfo.
_CPU_FEATURES = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimd", "i8mm")
_LLAMA_CHECK = "import llama_cpp; print(llama_cpp.llama_print_system_info().decode())"
_GGUF_CHECK = (
    "import sys; from sidebyside.generation_engine import load_model; load_model(sys.argv[1], vocabulary_only=True)"
)
_LLAMA_SECONDS = 60
_SPARE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` is what to do, "" where nothing needs doing."""

    name: str
    state: State
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, in the order in which they build on each other."""

    checks: tuple[Check, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is broken; warnings do not count."""
        return all(check.state != "broken" for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON types."""
        return {"sound": self.sound, "checks": [asdict(check) for check in self.checks]}


def examine(settings: Settings) -> Report:
    """Run every check; a check that fails in a way nobody foresaw is itself reported as broken."""
    checks: list[tuple[str, Callable[[Settings], Iterator[Check]]]] = [
        ("packages", _packages),
        ("processor", _processor),
        ("llama.cpp", _llama),
        ("memory", _memory),
        ("disk", _disk),
        ("variables", _variables),
        ("log", _log),
        ("server", _server),
        ("encoder", _encoder),
        ("model", _model),
        ("index", _index),
        ("builds", _builds),
        ("pages", _pages),
    ]
    found: list[Check] = []
    for name, check in checks:
        try:
            found.extend(check(settings))
        except SidebysideError as error:
            # Our messages end with the next step, so they are the remedy too.
            found.append(Check(name, "broken", "unusable", str(error)))
        except Exception as error:
            found.append(Check(name, "broken", f"{type(error).__name__}: {error}", "run `make setup`"))
    return Report(tuple(found))


def _packages(_settings: Settings) -> Iterator[Check]:
    yield Check("python", "ok", f"{platform.python_version()} on {platform.platform(terse=True)}")
    for name in _PACKAGES:
        try:
            yield Check(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, "broken", "not installed", "run `make setup`")


def _processor(_settings: Settings) -> Iterator[Check]:
    import psutil

    flags = _cpu_flags()
    known = " ".join(flag for flag in _CPU_FEATURES if flag in flags) or "features unknown"
    found = f"{psutil.cpu_count(logical=False) or '?'} cores, {os.cpu_count()} threads, {platform.machine()}: {known}"
    if platform.machine() in ("x86_64", "AMD64") and flags and "avx2" not in flags:
        yield Check("processor", "warning", found, "without AVX2 an LLM is slow here: use --no-llm or a small model")
    else:
        yield Check("processor", "ok", found)


def _cpu_flags() -> set[str]:
    """Feature flags as Linux names them; empty on other systems."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    lines = (line.partition(":") for line in text.splitlines())
    return {flag for name, _colon, value in lines if name.strip() in ("flags", "Features") for flag in value.split()}


def _llama(settings: Settings) -> Iterator[Check]:
    """Load llama.cpp in a child process: built for another processor, it would take this one down."""
    if settings.llm_url:
        yield Check("llama.cpp", "ok", f"not used: answers come from {settings.llm_url}")
        return
    result = subprocess.run(
        [sys.executable, "-c", _LLAMA_CHECK], capture_output=True, text=True, timeout=_LLAMA_SECONDS, check=False
    )
    if result.returncode == 0:
        features = [word.partition("=")[0].strip().removeprefix("CPU :").strip() for word in result.stdout.split("|")]
        yield Check("llama.cpp", "ok", " ".join(feature for feature in features if feature))
        return
    last = (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1]
    yield Check(
        "llama.cpp",
        "broken",
        f"cannot be loaded ({last})",
        "build it for this machine: .venv/bin/pip install --force-reinstall --no-deps --no-cache-dir "
        "--no-binary llama-cpp-python llama-cpp-python",
    )


def _memory(settings: Settings) -> Iterator[Check]:
    import psutil

    from sidebyside.models import load_catalogue

    catalogue = load_catalogue(settings.models)
    need = 1e6 * sum(catalogue[name].ram_mb for name in (settings.encoder, settings.model) if name in catalogue)
    memory = psutil.virtual_memory()
    found = f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free, about {need / 1e9:.1f} GB needed"
    if memory.available < need:
        yield Check("memory", "warning", found, "close other programs, use a smaller --model, or --no-llm")
    else:
        yield Check("memory", "ok", found)


def _disk(settings: Settings) -> Iterator[Check]:
    for name, folder in (("index", settings.index), ("models", settings.models)):
        there = _existing(folder)
        free = shutil.disk_usage(there).free
        found = f"{folder}: {free / 1e9:.1f} GB free"
        if name == "index" and not os.access(there, os.W_OK):
            remedy = f"{there} cannot be written: give yourself the right, or choose another folder with --index"
            yield Check("index folder", "warning", f"{found}, read-only", remedy)
        elif free < _SPARE_BYTES:
            yield Check(f"{name} folder", "warning", found, "make room: an index build needs space for a second copy")
        else:
            yield Check(f"{name} folder", "ok", found)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _variables(_settings: Settings) -> Iterator[Check]:
    prefix = "SIDEBYSIDE_"
    given = sorted(name for name in os.environ if name.upper().startswith(prefix))
    unknown = [name for name in given if name.upper().removeprefix(prefix).lower() not in Settings.model_fields]
    if unknown:
        names = ", ".join(prefix + field.upper() for field in Settings.model_fields)
        yield Check("variables", "warning", f"unknown: {', '.join(unknown)}", f"the ones there are: {names}")
    else:
        yield Check("variables", "ok", ", ".join(given) or "none set: defaults everywhere")


def _encoder(settings: Settings) -> Iterator[Check]:
    from sidebyside.models import encoder_folder, load_catalogue, verify

    folder = encoder_folder(settings)
    if settings.encoder in load_catalogue(settings.models):
        verify(settings.encoder, settings)
        yield Check("encoder", "ok", f"{settings.encoder}, verified, in {folder}")
    else:
        yield Check("encoder", "ok", f"your own, in {folder}")


def _model(settings: Settings) -> Iterator[Check]:
    from sidebyside.models import load_catalogue, resolve_model, verify

    if settings.llm_url:
        return
    spec = resolve_model(settings)
    if spec is None:
        yield Check("model", "ok", "none: answers are made of tables and quotes")
    elif settings.model in load_catalogue(settings.models):
        verify(settings.model, settings)
        yield Check("model", "ok", f"{spec.name}, verified, {spec.path}")
    else:
        yield _own_model(spec.path)


def _own_model(path: Path) -> Check:
    """Whether llama.cpp can read the head of somebody's own model file, tried where a crash takes nothing down."""
    result = subprocess.run(
        [sys.executable, "-c", _GGUF_CHECK, path], capture_output=True, text=True, timeout=_LLAMA_SECONDS, check=False
    )
    if result.returncode == 0:
        return Check("model", "ok", f"your own, {path}")
    remedy = f"{path} is damaged or no GGUF file that llama.cpp knows: get it again, or choose another with --model"
    return Check("model", "broken", f"your own, {path}, cannot be read", remedy)


def _log(settings: Settings) -> Iterator[Check]:
    path = log_path(settings)
    if path is None:
        yield Check("log", "ok", "off")
        return
    there = path if path.exists() else _existing(path.parent)
    if there.is_dir() == path.exists() or not os.access(there, os.W_OK):
        remedy = "set SIDEBYSIDE_LOG to a file that can be written, or to off"
        yield Check("log", "warning", f"{path} cannot be written", remedy)
    else:
        yield Check("log", "ok", f"{path}{', with questions' if settings.log_questions else ''}")


def _server(settings: Settings) -> Iterator[Check]:
    """Whether a server could start: its address is free, and nobody gets in who should not."""
    from sidebyside.server.access import access_from, check_reach

    check_reach(settings, access_from(settings))
    with socket.socket() as probe:
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    found = f"{settings.host}:{settings.port}"
    if taken:
        yield Check("server", "warning", f"{found} is taken", "if that is no sidebyside of yours: choose a --port")
    else:
        yield Check("server", "ok", f"{found} is free")


def _builds(settings: Settings) -> Iterator[Check]:
    """What builds that were killed have left; the next one clears it away."""
    folder = settings.index / "generations"
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    left = [name for name in names if name.startswith(".")]
    if left:
        yield Check("builds", "warning", f"{len(left)} unfinished in {folder}", "run `sidebyside index`: it clears up")
    else:
        yield Check("builds", "ok", f"{len(names)} generations, none unfinished")


def _pages(settings: Settings) -> Iterator[Check]:
    """Pages that try to instruct an assistant: they are kept out of quotes and prompts, and worth a look."""
    from sidebyside.index import open_index
    from sidebyside.instructions import addresses_assistant

    with open_index(settings.index) as opened:
        files = sorted(
            {
                passage.source.file
                for passage in opened.passages
                for s in passage.sentences
                if addresses_assistant(s.text)
            }
        )
    if files:
        shown = f"{', '.join(files[:3])}{f' and {len(files) - 3} more' if len(files) > 3 else ''}"
        remedy = "look at these pages; `sidebyside index --remove NAME` drops one"
        yield Check("pages", "warning", f"text that instructs an assistant: {shown}", remedy)
    else:
        yield Check("pages", "ok", "none instructs an assistant")


def _index(settings: Settings) -> Iterator[Check]:
    from sidebyside.embedding import load_encoder
    from sidebyside.index import open_index

    with open_index(settings.index, fingerprint=load_encoder(settings).fingerprint) as opened:
        found = (
            f"generation {opened.generation}: {len(opened.library.artifacts)} artifacts, "
            f"{len(opened.passages)} passages, {len(opened.vectors)} sentences"
        )
        if opened.notice:
            yield Check("index", "broken", found, opened.notice)
        else:
            yield Check("index", "ok", found)
