"""Looks at everything an answer depends on, and names the command that mends what is wrong."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sidebyside.errors import GenerationError, LibraryIndexError, SettingsError, SidebysideError
from sidebyside.logs import NO_HOME, OFF, log_path
from sidebyside.settings import Settings

if TYPE_CHECKING:
    from sidebyside.models.fitting import Fitting

State = Literal["ok", "warning", "broken"]

_INSTALL = "install the package again: in a clone `make setup`, else pip install --force-reinstall sidebyside"
_ENGINE = "get it: sidebyside models engine; or do without it: SIDEBYSIDE_MODEL=none"
# The environment as it was when the program started: commands settle proxies before they begin.
_AS_GIVEN = dict(os.environ)

_PACKAGES = ("sidebyside", "chromadb", "gradio")
# Packages that a light installation does without, and what takes them.
_OPTIONAL = {
    "llama-cpp-python": "only language models take it",
    "sentence-transformers": "only encoders that are not in the catalogue, and large libraries, take it",
    "torch": "goes with sentence-transformers",
}
# What llama.cpp gains most from, in the words of /proc/cpuinfo.
_CPU_FEATURES = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimd", "i8mm")
_LLAMA_CHECK = "import llama_cpp; print(llama_cpp.llama_print_system_info().decode())"
_GGUF_CHECK = "import sys; from sidebyside.llm.engine import load_model; load_model(sys.argv[1], vocabulary_only=True)"
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
        ("temporary folder", _temporary),
        ("variables", _variables),
        ("proxies", _proxies),
        ("log", _log),
        ("match graph", _match_graph),
        ("server", _server),
        ("LLM server", _llm_server),
        ("Chroma server", _chroma_server),
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
            found.append(Check(name, "broken", f"{type(error).__name__}: {error}", _INSTALL))
    return Report(tuple(found))


def _packages(_settings: Settings) -> Iterator[Check]:
    yield Check("python", "ok", f"{platform.python_version()} on {platform.platform(terse=True)}")
    for name in _PACKAGES:
        try:
            yield Check(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, "broken", "not installed", _INSTALL)
    for name, why in _OPTIONAL.items():
        try:
            yield Check(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, "ok", f"not installed: {why}")


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
    from sidebyside.models.engine import engine_installed

    if settings.llm_url:
        yield Check("llama.cpp", "ok", f"not used: answers come from {settings.llm_url}")
        return
    if settings.model == "none":
        yield Check("llama.cpp", "ok", "not used: answers are made of tables and quotes")
        return
    if not engine_installed():
        yield Check("llama.cpp", "warning", "not installed: answers come from tables and quotes", _ENGINE)
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
        "build it for this machine: sidebyside models engine --again",
    )


def _memory(settings: Settings) -> Iterator[Check]:
    import psutil

    from sidebyside.models.catalogue import load_catalogue
    from sidebyside.models.machine import total_memory

    catalogue = load_catalogue(settings.models)
    fitting = _fitting(settings)
    need = 1e6 * sum(catalogue[name].ram_mb for name in (settings.encoder, fitting.model) if name in catalogue)
    total = total_memory()
    free = min(total, psutil.virtual_memory().available)
    found = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free, about {need / 1e9:.1f} GB needed"
    if fitting.notice:
        yield Check("model for this machine", "ok", fitting.notice)
    if free < need:
        yield Check("memory", "warning", found, "close other programs, use a smaller --model, or --no-llm")
    else:
        yield Check("memory", "ok", found)


def _fitting(settings: Settings) -> Fitting:
    from sidebyside.models.fitting import fitting_model
    from sidebyside.models.machine import usable_cores

    return fitting_model(settings, usable_cores())


def _temporary(_settings: Settings) -> Iterator[Check]:
    """Where Chroma's copy of the index lies while questions are answered."""
    wanted = os.environ.get("TMPDIR", "")
    try:
        folder = Path(tempfile.gettempdir())
        free = shutil.disk_usage(folder).free
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
            probe.flush()
    except OSError as error:
        told = f"cannot be written: {error.strerror or error}"
        yield Check("temporary folder", "warning", told, "make room there, or set TMPDIR to a folder you may write to")
        return
    found = f"{folder}: {free / 1e9:.1f} GB free"
    if wanted and Path(wanted) != folder:
        yield Check("temporary folder", "warning", f"TMPDIR={wanted} cannot be used; {found}", "make that folder")
    elif free < _SPARE_BYTES:
        remedy = "make room there, or set TMPDIR to another folder: Chroma's copy of the index lies there"
        yield Check("temporary folder", "warning", found, remedy)
    else:
        yield Check("temporary folder", "ok", found)


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


def _proxies(_settings: Settings) -> Iterator[Check]:
    """Proxies of the environment; this machine's own addresses never go through one."""
    from sidebyside.serving.proxies import given_proxies

    used, unknown = given_proxies(_AS_GIVEN)
    if unknown:
        told = ", ".join(f"{name}={_without_secret(value)}" for name, value in unknown.items())
        remedy = "unset it, or give it as http://, https:// or socks5://"
        yield Check("proxies", "warning", f"of a kind that nothing here speaks, and set aside: {told}", remedy)
    elif used:
        told = ", ".join(f"{name}={_without_secret(value)}" for name, value in used.items())
        yield Check("proxies", "ok", f"{told}; not for this machine's own addresses")
    else:
        yield Check("proxies", "ok", "none")


def _without_secret(proxy: str) -> str:
    """The address of a proxy without a name and password."""
    scheme, mark, rest = proxy.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _llm_server(settings: Settings) -> Iterator[Check]:
    """Whether the LLM server answers and knows the model."""
    from sidebyside.llm.server import ServerGenerator

    if not settings.llm_url:
        return
    try:
        names = ServerGenerator.from_settings(settings).models()
    except GenerationError as error:
        remedy = f"start it, or see SIDEBYSIDE_LLM_URL; until then, tables and quotes answer ({settings.model})"
        yield Check("LLM server", "warning", str(error), remedy)
        return
    # Ollama adds ":latest" to names.
    if settings.model in (*names, *(name.removesuffix(":latest") for name in names)):
        yield Check("LLM server", "ok", f"{settings.llm_url} has {settings.model}")
    else:
        shown = ", ".join(names[:5]) or "none"
        yield Check(
            "LLM server",
            "warning",
            f"{settings.llm_url} does not list {settings.model}; its models: {shown}",
            "set SIDEBYSIDE_MODEL to one of them",
        )


def _chroma_server(settings: Settings) -> Iterator[Check]:
    """Whether the Chroma server answers and holds this library."""
    from sidebyside.index.chroma_remote import chroma_server

    server = chroma_server(settings)
    if server is None:
        return
    try:
        live = server.live()
    except LibraryIndexError as error:
        remedy = "start it, or see SIDEBYSIDE_CHROMA_URL and SIDEBYSIDE_CHROMA_TOKEN"
        yield Check("Chroma server", "broken", str(error), remedy)
        return
    finally:
        server.close()
    if live is None:
        remedy = "put it there with: sidebyside index"
        yield Check("Chroma server", "warning", f"{server.where} has no library {settings.chroma_library}", remedy)
    else:
        yield Check("Chroma server", "ok", f"{server.where} has {settings.chroma_library}: {live.generation}")


def _encoder(settings: Settings) -> Iterator[Check]:
    from sidebyside.models.catalogue import encoder_folder, load_catalogue, verify

    folder = encoder_folder(settings)
    if settings.encoder in load_catalogue(settings.models):
        verify(settings.encoder, settings)
        yield Check("encoder", "ok", f"{settings.encoder}, verified, in {folder}")
    else:
        yield Check("encoder", "ok", f"your own, in {folder}")


def _model(settings: Settings) -> Iterator[Check]:
    from sidebyside.models.catalogue import load_catalogue, model_state, resolve_model, verify

    if settings.llm_url:
        return
    fitting, chosen = _fitting(settings), "model" in settings.model_fields_set
    settings = settings.model_copy(update={"model": fitting.model})
    if not chosen and fitting.model != "none" and model_state(fitting.model, settings) == "missing":
        found = f"{fitting.model} is not installed: answers come from tables and quotes"
        yield Check("model", "warning", found, f"get it: sidebyside models pull {fitting.model}")
        return
    spec = resolve_model(settings)
    if spec is None:
        yield Check("model", "ok", "none: answers are made of tables and quotes")
    elif settings.model in load_catalogue(settings.models):
        verify(settings.model, settings)
        yield Check("model", "ok", f"{spec.name}, verified, {spec.path}")
    else:
        yield _own_model(spec.path)
    if spec is not None:
        yield Check("attention", "ok", _attention(settings, spec.name))


def _attention(settings: Settings, name: str) -> str:
    """Which way of computing attention the LLM uses here, and why."""
    from sidebyside.llm.process import physical_cores
    from sidebyside.models.speeds import known_flash_trial

    if settings.flash_attention != "auto":
        return f"flash attention {settings.flash_attention}, as set"
    trial = known_flash_trial(name, settings.threads or physical_cores(), settings.index)
    if trial is None:
        return "flash attention or not: measured when the LLM is loaded for the first time"
    used = "on" if trial.better else "off"
    return f"flash attention {used}: {trial.on:.0f} tokens a second with it, {trial.off:.0f} without"


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
    if path is None and settings.log != OFF:
        yield Check("log", "warning", f"none: {NO_HOME}", "set SIDEBYSIDE_LOG to a file, or to off")
        return
    if path is None:
        yield Check("log", "ok", "off")
        return
    there = path if path.exists() else _existing(path.parent)
    if there.is_dir() == path.exists() or not os.access(there, os.W_OK):
        remedy = "set SIDEBYSIDE_LOG to a file that can be written, or to off"
        yield Check("log", "warning", f"{path} cannot be written", remedy)
    else:
        yield Check("log", "ok", f"{path}{', with questions' if settings.log_questions else ''}")


def _match_graph(settings: Settings) -> Iterator[Check]:
    from sidebyside.graph import MatchGraph

    graph = MatchGraph(settings)
    counts = graph.counts()
    if counts.notices:
        yield Check("match graph", "warning", "; ".join(counts.notices), "sidebyside library matches --forget")
    elif not graph.can_count:
        yield Check("match graph", "ok", "off" if settings.matches == OFF else f"none: {NO_HOME}")
    else:
        state = "counting" if counts.counting else "switched off"
        yield Check("match graph", "ok", f"{state}, {len(counts.wishes):,} wishes of this library in {graph.path}")


def _server(settings: Settings) -> Iterator[Check]:
    """Whether a server could start: its address can be had, and nobody gets in who should not."""
    from sidebyside.serving.access import access_from, check_reach
    from sidebyside.serving.addresses import check_free

    check_reach(settings, access_from(settings))
    found = f"{settings.host}:{settings.port}"
    try:
        check_free(settings)
    except SettingsError as error:
        yield Check("server", "warning", f"{found} cannot be had", str(error))
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
        yield Check("builds", "ok", f"{len(names)} versions, none unfinished")


def _pages(settings: Settings) -> Iterator[Check]:
    """Pages that try to instruct an assistant: what they say to it is withheld, and worth a look."""
    from sidebyside.index.opened import open_index

    with open_index(settings.index) as opened:
        files = sorted({text.source.file for artifact in opened.library.artifacts for text in artifact.withheld})
    if files:
        shown = f"{', '.join(files[:3])}{f' and {len(files) - 3} more' if len(files) > 3 else ''}"
        remedy = "look at these pages; `sidebyside index --remove NAME` drops one"
        yield Check("pages", "warning", f"text that instructs an assistant: {shown}", remedy)
    else:
        yield Check("pages", "ok", "none instructs an assistant")


def _index(settings: Settings) -> Iterator[Check]:
    from sidebyside.encoding.embedding import load_encoder
    from sidebyside.index.opened import open_index

    with open_index(settings.index, fingerprint=load_encoder(settings).fingerprint) as opened:
        found = (
            f"version {opened.version}: {len(opened.library.artifacts)} artifacts, "
            f"{len(opened.passages)} passages, {len(opened.vectors)} sentences"
        )
        if opened.notice:
            yield Check("index", "broken", found, opened.notice)
        else:
            yield Check("index", "ok", found)
