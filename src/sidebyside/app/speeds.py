"""Measures how fast a model reads and writes on this machine, on demand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sidebyside.errors import ModelMissingError
from sidebyside.models.speeds import Speed, remember_speed

if TYPE_CHECKING:
    from sidebyside.settings import Settings

# Long enough that reading it takes measurable time, in the words that questions are made of.
_PROMPT = "Compare two artifacts: their context window, pricing, quality, adoption, ecosystem and capabilities. " * 24
_REPLY_TOKENS = 48


def measure(name: str, settings: Settings) -> Speed:
    """Run an installed LLM once and remember how fast it was. Raises ModelError and GenerationError."""
    from sidebyside.llm.generator import load_generator
    from sidebyside.models.catalogue import resolve_model
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
    remember_speed(name, speed, settings.index)
    return speed
