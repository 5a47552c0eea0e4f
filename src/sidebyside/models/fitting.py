"""Which of the default models this machine can run beside the rest: the usual one, the smaller one, or none."""

from __future__ import annotations

from dataclasses import dataclass

from sidebyside.models.catalogue import NO_MODEL
from sidebyside.models.machine import total_memory
from sidebyside.settings import DEFAULT_MODEL, Settings

SMALLER_MODEL = "qwen2.5-coder-0.5b"
# Bytes of memory in all that a machine needs: for the default model, 1.7 GB while it works, beside encoder, page and
# system; and for the smaller one, 0.9 GB. Machines sold with 4 GB have a little less.
ENOUGH = 4_200_000_000
ENOUGH_FOR_SMALLER = 2_600_000_000


@dataclass(frozen=True, slots=True)
class Fitting:
    """The model to use; `notice` says why it is not the usual one, "" where it is."""

    model: str
    notice: str = ""


def fitting_model(settings: Settings, cores: int, memory: int | None = None) -> Fitting:
    """The model for this machine. What somebody chose is taken as it is, and so is a server."""
    if "model" in settings.model_fields_set or settings.llm_url or settings.model != DEFAULT_MODEL:
        return Fitting(settings.model)
    memory = total_memory() if memory is None else memory
    if memory >= ENOUGH and cores > 1:
        return Fitting(settings.model)
    few = f"{memory / 1e9:.1f} GB of memory" if memory < ENOUGH else "one processor core"
    if memory < ENOUGH_FOR_SMALLER:
        return Fitting(NO_MODEL, f"{few} is too little for a language model here: answers come from tables and quotes")
    return Fitting(
        SMALLER_MODEL, f"{few} is too little for {DEFAULT_MODEL}: {SMALLER_MODEL} writes; --model chooses another"
    )
