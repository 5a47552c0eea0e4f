"""A second look at sides that sound silent: the LLM is asked whether the nearest sentences answer the question.

Of sides whose strength lies in the band, an encoder's similarity tells those that state it from others with an AUROC
of .715, the 1.5B's probability of Yes with .728, and both together with .789 (189 sides of the question sets, 2 cores,
1.2 s a side). What is taken here is shown as a quote, never as the model's word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sidebyside.evidence import STATED, Side
from sidebyside.instructions import addresses_assistant
from sidebyside.prompts import OPTIONS, judging_messages
from sidebyside.records import Question

if TYPE_CHECKING:
    from sidebyside.generation import Generator

# Below this strength next to nothing is stated.
_FAINT = 0.06
# Log-odds that a side states it, from those of its strength and of the model's Yes; from _TAKEN on (.7) it is shown.
_WEIGHTS = (0.74, 1.45)
_BIAS = 3.2
_TAKEN = 0.85


def doubtful(sides: Sequence[Side]) -> list[Side]:
    """The silent sides that a second look may find not silent, nearest first."""
    found = [side for side in sides if _FAINT <= side.strength < STATED and not side.barred and side.evidence]
    return sorted(found, key=lambda side: -side.strength)


def states_it(side: Side, question: Question, generator: Generator) -> bool:
    """Whether the model finds the question answered by the side's sentences. Raises GenerationError."""
    evidence = [item for item in side.evidence if not addresses_assistant(item.quote)]
    messages = judging_messages(side.artifact.label, evidence, question.generic or question.text)
    yes = generator.option_probabilities(messages, OPTIONS)[OPTIONS[0]]
    return _BIAS + _WEIGHTS[0] * _logit(side.strength) + _WEIGHTS[1] * _logit(yes) >= _TAKEN


def _logit(share: float) -> float:
    share = min(max(share, 1e-4), 1 - 1e-4)
    return math.log(share / (1 - share))
