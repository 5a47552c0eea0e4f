"""Installs the engine that runs language models, llama-cpp-python: compiled for this processor, or a ready wheel."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from sidebyside.errors import ModelError
from sidebyside.models.machine import usable_cores

Progress = Callable[[str, int, int], None]

PACKAGE = "llama-cpp-python"
# A wheel file or its address, the address of an index of wheels, or "yes" for any that the configured index has.
WHEEL_VARIABLE = "LLAMA_WHEEL"
COMPILING, INSTALLING = "compiling the LLM engine", "installing a ready wheel of the LLM engine"

_LOCK = Path(__file__).resolve().parents[3] / "requirements.lock"
# What ninja ("[12/130] ...") and make ("[ 12%] ...") tell of their progress.
_STEP = re.compile(r"\[\s*(\d+)(?:/(\d+)\]|%\])")
_CHECK = "import llama_cpp; llama_cpp.llama_print_system_info()"
_CHECK_SECONDS = 120
_KEPT_LINES = 40


def engine_installed() -> bool:
    """Whether llama-cpp-python is here, also if it came a moment ago."""
    importlib.invalidate_caches()
    return importlib.util.find_spec("llama_cpp") is not None


def install_engine(
    log: Path,
    *,
    progress: Progress | None = None,
    cancelled: threading.Event | None = None,
    again: bool = False,
) -> None:
    """Install the engine into this environment; `log` gets all that pip and the compilers say.

    With `again` it is compiled anew, whatever is here. Setting `cancelled` ends it. Raises ModelError with what to do.
    """
    if importlib.util.find_spec("pip") is None:
        raise ModelError(f"this environment has no pip: install {requirement()} into it with the tool that made it")
    log.parent.mkdir(parents=True, exist_ok=True)
    anew = ["--force-reinstall", "--no-deps", "--no-cache-dir", "--no-binary", PACKAGE] if again else []
    command = [sys.executable, "-m", "pip", "install", "--verbose", "--progress-bar", "off", *anew, *pip_arguments()]
    code, last = _run(command, log, progress, cancelled or threading.Event())
    if cancelled is not None and cancelled.is_set():
        raise ModelError("the LLM engine was not installed: it was stopped; `sidebyside models engine` does it")
    if code != 0:
        raise ModelError(f"the LLM engine could not be installed: {_advice(last)}. All of it: {log}")
    _check(log)


def pip_arguments() -> list[str]:
    """What pip is asked for, by LLAMA_WHEEL."""
    wheel = os.environ.get(WHEEL_VARIABLE, "").strip()
    if not wheel or wheel.casefold() in ("no", "0", "false"):
        return [requirement()]
    if wheel.split("?")[0].endswith(".whl"):
        return [wheel]
    only_ready = ["--only-binary", PACKAGE, requirement()]
    return ["--extra-index-url", wheel, *only_ready] if wheel.startswith(("http://", "https://")) else only_ready


def compiles() -> bool:
    """Whether the engine is compiled here, as no ready wheel is allowed."""
    return pip_arguments() == [requirement()]


def requirement() -> str:
    """The engine as pip reads it: the version of the clone's lock file, else what the package asks for."""
    if _LOCK.is_file():
        for line in _LOCK.read_text("utf-8").split():
            name, _equals, version = line.partition("==")
            if name.casefold().replace("_", "-") == PACKAGE:
                return f"{PACKAGE}=={version}"
    try:
        asked = [line.partition(";")[0].strip() for line in requires("sidebyside") or () if line.startswith(PACKAGE)]
    except PackageNotFoundError:
        asked = []
    return next((line for line in asked if "[" not in line), PACKAGE)


def _run(command: list[str], log: Path, progress: Progress | None, cancelled: threading.Event) -> tuple[int, list[str]]:
    """Exit code and last lines. Beside everything else: whoever asks meanwhile goes first."""
    polite = shutil.which("nice")
    command = [polite, "-n", "10", *command] if polite else command
    environment = {"CMAKE_BUILD_PARALLEL_LEVEL": str(usable_cores()), **os.environ, "PIP_NO_INPUT": "1"}
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    with (
        log.open("w", encoding="utf-8", errors="replace") as kept,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment,
            start_new_session=True,
        ) as process,
    ):  # fmt: skip
        watcher = threading.Thread(target=_end_when, args=(process, cancelled), daemon=True)
        watcher.start()
        assert process.stdout is not None
        for line in process.stdout:
            kept.write(line)
            last.append(line.strip())
            step = _STEP.search(line)
            if step and progress is not None:
                progress(COMPILING, int(step[1]), int(step[2] or 100))
    return process.returncode, list(last)


def _end_when(process: subprocess.Popen[str], cancelled: threading.Event) -> None:
    """End pip with all that it started once this is cancelled."""
    while process.poll() is None:
        if cancelled.wait(0.2):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, 15)
            else:
                process.terminate()
            return


def _check(log: Path) -> None:
    """Load the engine in a process of its own: one that was built for another processor would end this one."""
    try:
        result = subprocess.run(
            [sys.executable, "-c", _CHECK], capture_output=True, text=True, timeout=_CHECK_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ModelError(f"the LLM engine was installed but does not start within {_CHECK_SECONDS} s") from None
    if result.returncode == 0:
        return
    with log.open("a", encoding="utf-8") as kept:
        kept.write(result.stderr)
    said = (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1]
    raise ModelError(
        f"the LLM engine was installed but cannot be loaded ({said}); a wheel may be for another processor: "
        f"compile it with {WHEEL_VARIABLE} unset and: sidebyside models engine"
    )


def _advice(last: list[str]) -> str:
    """Why pip failed, and what to install or set."""
    said = " ".join(last)
    if not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        return (
            "a C and a C++ compiler are needed, and none is here: on Debian, apt install build-essential "
            "python3-dev; on macOS, xcode-select --install; then run: sidebyside models engine. "
            f"Or allow a ready wheel with {WHEEL_VARIABLE}"
        )
    if "No space left" in said:
        return "the disk is full; make room (TMPDIR chooses another one), then: sidebyside models engine"
    if "Retrying (" in said or "No matching distribution" in said:
        return "the package index cannot be reached; when it can, run: sidebyside models engine"
    wanted = [line for line in last if re.search(r"error|not found", line, re.IGNORECASE)]
    reason = (wanted or last or ["no reason given"])[0][:200]
    return f"{reason}; when that is mended, run: sidebyside models engine"
