"""How fast models read and write on this machine: measured on demand, kept in <index>/speeds.json."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.errors import ModelMissingError

if TYPE_CHECKING:
    from sidebyside.settings import Settings

FILE_NAME = "speeds.json"
# Long enough that reading it takes measurable time, in the words that questions are made of.
_PROMPT = "Compare two artifacts: their context window, pricing, quality, adoption, ecosystem and capabilities. " * 24
_REPLY_TOKENS = 48


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second: `reads` for the prompt, `writes` for the reply; `measured` is an ISO date."""

    reads: float
    writes: float
    measured: str


def known_speeds(index: Path) -> Mapping[str, Speed]:
    """What has been measured, by model name; nothing where the file is missing or damaged."""
    try:
        data = json.loads((index / FILE_NAME).read_text("utf-8"))
        return {str(name): Speed(**speed) for name, speed in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def measure(name: str, settings: Settings) -> Speed:
    """Run an installed LLM once and remember how fast it was. Raises ModelError and GenerationError."""
    from sidebyside.generation import load_generator
    from sidebyside.models import resolve_model
    from sidebyside.records import Message

    chosen = settings.model_copy(update={"model": name, "llm_url": ""})
    spec = resolve_model(chosen)
    if spec is None:
        raise ModelMissingError("there is no model to measure")
    generator = load_generator(chosen, spec)
    try:
        reply = generator.stream([Message("user", _PROMPT)], max_tokens=_REPLY_TOKENS)
        reply.read()
    finally:
        generator.close()
    usage = reply.usage
    if usage is None or not (usage.prefill_seconds and usage.decode_seconds):
        raise ModelMissingError(f"{name} wrote nothing that could be measured")
    speed = Speed(
        reads=round((usage.prompt_tokens - usage.cached_tokens) / usage.prefill_seconds, 1),
        writes=round(usage.completion_tokens / usage.decode_seconds, 1),
        measured=datetime.now(UTC).date().isoformat(),
    )
    _remember(name, speed, settings.index)
    return speed


def _remember(name: str, speed: Speed, index: Path) -> None:
    speeds = {known: asdict(value) for known, value in known_speeds(index).items()} | {name: asdict(speed)}
    index.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=index, prefix=".speeds-", delete=False, encoding="utf-8") as file:
        json.dump(speeds, file, indent=1, sort_keys=True)
    Path(file.name).replace(index / FILE_NAME)
