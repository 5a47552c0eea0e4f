"""How fast models are on this machine: what was measured, by model, in <index>/speeds.json."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FILE_NAME = "speeds.json"
_FLASH = "flash_attention"


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second: `reads` for the prompt, `writes` for the reply; `measured` is an ISO date."""

    reads: float
    writes: float
    measured: str


@dataclass(frozen=True, slots=True)
class FlashTrial:
    """Tokens per second with flash attention and without; `machine` is what they were measured on."""

    machine: str
    on: float
    off: float

    @property
    def better(self) -> bool:
        """Whether flash attention is worth having there."""
        return self.on >= self.off


def known_speeds(index: Path) -> Mapping[str, Speed]:
    """What has been measured, by model name; nothing where the file is missing or damaged."""
    found = {}
    for name, known in _read(index).items():
        with suppress(TypeError, AttributeError):
            found[name] = Speed(**{key: value for key, value in known.items() if key != _FLASH})
    return found


def remember_speed(name: str, speed: Speed, index: Path) -> None:
    """Keep what was measured of a model. Raises OSError."""
    _write(index, name, asdict(speed))


def known_flash_trial(name: str, threads: int, index: Path) -> FlashTrial | None:
    """What was measured of a model on this very machine with so many threads; None where nothing was."""
    with suppress(KeyError, TypeError, AttributeError):
        trial = FlashTrial(**_read(index)[name][_FLASH])
        return trial if trial.machine == machine(threads) else None
    return None


def remember_flash_trial(name: str, trial: FlashTrial, index: Path) -> None:
    """Keep what was measured of a model, in place of what another machine measured. Raises OSError."""
    _write(index, name, {_FLASH: asdict(trial)})


def can_remember(index: Path) -> bool:
    """Whether what is measured can be kept, so that it is measured once."""
    return index.is_dir() and os.access(index, os.W_OK)


def machine(threads: int) -> str:
    """What decides which way is faster: the processor, the threads, and llama.cpp's own code."""
    processor = platform.processor() or platform.machine()
    with suppress(OSError):  # Linux says more there
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), processor)
    try:
        engine = version("llama-cpp-python")
    except PackageNotFoundError:
        engine = "unknown"
    return f"{processor}, {threads} threads, llama-cpp-python {engine}"


def _read(index: Path) -> dict[str, Any]:
    try:
        data = json.loads((index / FILE_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {str(name): known for name, known in data.items() if isinstance(known, dict)}


def _write(index: Path, name: str, measured: Mapping[str, Any]) -> None:
    """Put figures beside those that are known of a model, in one step."""
    known = _read(index)
    known[name] = known.get(name, {}) | dict(measured)
    index.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=index, prefix=".speeds-", delete=False, encoding="utf-8") as file:
        json.dump(known, file, indent=1, sort_keys=True)
    Path(file.name).replace(index / FILE_NAME)
